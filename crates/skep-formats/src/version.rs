//! Versions of releases, with the order and the grammar of Elixir's `Version`.

mod parse;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use parse::{VersionError, VersionFault};

pub(crate) use parse::{Patch, parse_with};

/// A version: three numbers, then pre-release identifiers after `-`, then build metadata after `+`.
///
/// Order and equality are Elixir's: a pre-release comes before its release, and build metadata does
/// not count, so `1.0.0+a == 1.0.0+b`. Compare [`Version::build`] or the text where it matters.
#[derive(Debug, Clone)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What follows `-`, split at dots; empty for a release proper.
    pub pre: Vec<Identifier>,
    /// What follows `+`, as written.
    pub build: Option<Box<str>>,
}

/// One part of a pre-release: numbers sort by value and before texts, which sort by their bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// Only digits.
    Number(u64),
    /// Letters, digits and hyphens.
    Text(Box<str>),
}

impl Version {
    /// Reads a version as Elixir's `Version.parse` does, except that a number over 2^64 - 1 is
    /// refused.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        parse_with(text, Patch::Required).map(|(version, _)| version)
    }

    /// Whether this is a pre-release such as `1.0.0-rc.1`.
    pub fn is_pre(&self) -> bool {
        !self.pre.is_empty()
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| self.pre.is_empty().cmp(&other.pre.is_empty()))
            .then_with(|| self.pre.cmp(&other.pre))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.major, self.minor, self.patch, &self.pre).hash(state);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        for (index, identifier) in self.pre.iter().enumerate() {
            let separator = if index == 0 { '-' } else { '.' };
            write!(f, "{separator}{identifier}")?;
        }
        match &self.build {
            Some(build) => write!(f, "+{build}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn a_pre_release_comes_before_its_release_and_after_the_one_before() {
        let ordered = [
            "0.9.9",
            "1.0.0-0",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0--",
            "1.0.0-A",
            "1.0.0-a",
            "1.0.0-a.1",
            "1.0.0-a.b",
            "1.0.0-b",
            "1.0.0",
            "1.0.1-a",
        ];
        for pair in ordered.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn build_metadata_does_not_count() {
        assert_eq!(version("1.0.0+a"), version("1.0.0+b"));
        assert_eq!(version("1.0.0-x+a"), version("1.0.0-x"));
        assert_ne!(version("1.0.0-x"), version("1.0.0"));
    }

    #[test]
    fn text_round_trips() {
        for text in ["0.0.0", "1.22.333-rc.1.0+build.7-x.001", "1.0.0+-"] {
            assert_eq!(version(text).to_string(), text);
        }
    }
}
