//! Version requirements such as `~> 1.2 or >= 3.0.0-rc.1`, as Elixir's `Version` reads them.

mod lexer;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::text::shorten;
use crate::version::{Patch, Version, VersionError, parse_with};
use lexer::{Junction, Lexer, Token};

/// A requirement on versions. `and` binds tighter than `or`; a version without an operator means
/// `==`; equality is that of the texts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Requirement {
    source: Box<str>,
    /// Groups joined by `or` of comparisons joined by `and`; neither level is ever empty.
    any_of: Vec<Vec<Comparison>>,
}

/// How a requirement treats pre-releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchOptions {
    /// Whether `>`, `>=` and `~>` take a pre-release although their own version is none. Elixir's
    /// default is `true`; Hex resolves dependencies with `false`.
    pub allow_pre: bool,
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self { allow_pre: true }
    }
}

/// Why a text is not a requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequirementError {
    /// There is nothing in it.
    #[error("a version requirement must not be empty")]
    Empty,
    /// Two versions, operators or junctions in a row, or one missing.
    #[error("`{0}` is not a version requirement: it must be comparisons joined by `and` or `or`")]
    Shape(String),
    /// One of its versions is none.
    #[error("`{text}` is not a version requirement")]
    Version {
        /// The requirement, shortened if it is long.
        text: String,
        /// What is wrong with the version.
        #[source]
        source: VersionError,
    },
}

/// What a comparison asks of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Compatible,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Comparison {
    operator: Operator,
    version: Version,
    /// Whether the version has its third number: `~> 1.2` allows more than `~> 1.2.0`.
    has_patch: bool,
}

impl Requirement {
    /// Reads a requirement as Elixir's `Version.parse_requirement` does, the deprecated `!=` and `!`
    /// included.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        let mut any_of = vec![Vec::new()];
        let mut tokens = Lexer::new(text).peekable();
        if tokens.peek().is_none() {
            return Err(RequirementError::Empty);
        }
        loop {
            let comparison = comparison(&mut tokens, text)?;
            let group = any_of.last_mut().expect("there is always a group");
            group.push(comparison);
            match tokens.next() {
                None => break,
                Some(Token::Junction(Junction::And)) => {}
                Some(Token::Junction(Junction::Or)) => any_of.push(Vec::new()),
                Some(_) => return Err(RequirementError::Shape(shorten(text))),
            }
        }
        Ok(Self {
            source: text.into(),
            any_of,
        })
    }

    /// Whether `version` satisfies the requirement, as Elixir's `Version.match?` decides.
    pub fn matches(&self, version: &Version, options: MatchOptions) -> bool {
        self.any_of
            .iter()
            .any(|group| group.iter().all(|each| each.matches(version, options)))
    }

    /// The requirement as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

fn comparison<'a>(
    tokens: &mut impl Iterator<Item = Token<'a>>,
    text: &str,
) -> Result<Comparison, RequirementError> {
    let shape = || RequirementError::Shape(shorten(text));
    let (operator, version) = match tokens.next().ok_or_else(shape)? {
        Token::Version(version) => (Operator::Equal, version),
        Token::Operator(operator) => match tokens.next() {
            Some(Token::Version(version)) => (operator, version),
            _ => return Err(shape()),
        },
        Token::Junction(_) => return Err(shape()),
    };
    let patch = match operator {
        Operator::Compatible => Patch::Optional,
        _ => Patch::Required,
    };
    let (version, has_patch) =
        parse_with(version, patch).map_err(|source| RequirementError::Version {
            text: shorten(text),
            source,
        })?;
    Ok(Comparison {
        operator,
        version,
        has_patch,
    })
}

impl Comparison {
    fn matches(&self, version: &Version, options: MatchOptions) -> bool {
        let order = version.cmp(&self.version);
        let pre_is_allowed = options.allow_pre || !version.is_pre() || self.version.is_pre();
        match self.operator {
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual => order != Ordering::Equal,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater && pre_is_allowed,
            Operator::GreaterOrEqual => order != Ordering::Less && pre_is_allowed,
            Operator::Compatible => {
                order != Ordering::Less && pre_is_allowed && self.is_within_upper_bound(version)
            }
        }
    }

    /// The bound is the lowest pre-release of the next version, so every pre-release of the next
    /// version is outside.
    fn is_within_upper_bound(&self, version: &Version) -> bool {
        version.major == self.version.major
            && (!self.has_patch || version.minor == self.version.minor)
    }
}

impl FromStr for Requirement {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        Self::parse(text)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Requirement({:?})", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_numbers_have_an_upper_bound_too() {
        let max = u64::MAX;
        let requirement = Requirement::parse(&format!("~> {max}.{max}")).unwrap();
        let version = Version::parse(&format!("{max}.{max}.{max}")).unwrap();
        assert!(requirement.matches(&version, MatchOptions::default()));
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let message = |text| Requirement::parse(text).unwrap_err().to_string();
        assert_eq!(message(" "), "a version requirement must not be empty");
        assert!(message("1.0.0 and").contains("comparisons joined by"));
        let Err(RequirementError::Version { source, .. }) = Requirement::parse("> 1.0") else {
            panic!("a version of two numbers must be refused");
        };
        assert_eq!(
            source.to_string(),
            "`1.0` is not a version: it must have three numbers, as in `1.0.0`"
        );
    }
}
