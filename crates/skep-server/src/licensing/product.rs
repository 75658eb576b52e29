//! Products: what is sold, a set of packages of one repository.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use skep_formats::name::RepositoryName;
use wildmatch::WildMatch;

use crate::clock::Timestamp;
use crate::ids::ProductId;

/// What is sold: the packages of one repository whose names match one of the patterns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Product {
    /// The product's id.
    pub id: ProductId,
    /// What the seller calls it in commands.
    pub slug: Slug,
    /// The repository its packages are in.
    pub repository: RepositoryName,
    /// Which packages; never empty.
    pub packages: Vec<Pattern>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Product {
    /// Whether this product has (or would have) a package of this name.
    #[must_use]
    pub fn covers(&self, repository: &str, package: &str) -> bool {
        self.repository.as_str() == repository
            && self.packages.iter().any(|pattern| pattern.matches(package))
    }
}

/// A product's short name: `[a-z0-9][a-z0-9_-]{0,63}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Slug(String);

/// A text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a product's slug: use up to 64 of a-z, 0-9, _ and -, beginning with a letter or digit"
)]
pub struct SlugError(String);

impl Slug {
    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;
    fn from_str(text: &str) -> Result<Self, SlugError> {
        let is_first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_rest = |byte: u8| is_first(byte) || byte == b'_' || byte == b'-';
        match text.as_bytes() {
            [first, rest @ ..]
                if is_first(*first)
                    && rest.len() < 64
                    && rest.iter().all(|byte| is_rest(*byte)) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(SlugError(text.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A package name, in which `*` stands for any characters and `?` for one: `acme_*`.
#[derive(Clone, Debug)]
pub struct Pattern(WildMatch, String);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl Eq for Pattern {}

/// A text is not a pattern of package names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a pattern of package names: use a-z, 0-9 and _, with * for any characters and ? for one"
)]
pub struct PatternError(String);

impl Pattern {
    /// Whether a package name fits.
    #[must_use]
    pub fn matches(&self, package: &str) -> bool {
        self.0.matches(package)
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.1
    }
}

impl FromStr for Pattern {
    type Err = PatternError;
    fn from_str(text: &str) -> Result<Self, PatternError> {
        let is_allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'*' | b'?')
        };
        if text.is_empty() || text.len() > 255 || !text.bytes().all(is_allowed) {
            return Err(PatternError(text.chars().take(80).collect()));
        }
        Ok(Self(WildMatch::new(text), text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.1)
    }
}
