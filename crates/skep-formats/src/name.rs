//! Names of packages and repositories.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::shorten;

/// The most characters a name may have. `NAME-VERSION.tar` has to be a file name, and 255 bytes is
/// what common file systems take.
pub const MAX_NAME_LENGTH: usize = 128;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Too short, or with a character that does not belong in a package name.
    #[error(
        "`{0}` is not a package name: it must begin with a lower-case letter, have only lower-case \
         letters, digits and underscores, and at least two characters"
    )]
    Package(String),
    /// Empty, or with a character that does not belong in a repository name.
    #[error(
        "`{0}` is not a repository name: it must begin with a letter or a digit and have only \
         letters, digits, underscores, hyphens and dots"
    )]
    Repository(String),
    /// Longer than [`MAX_NAME_LENGTH`].
    #[error("the name `{start}` has {length} characters, the most is {MAX_NAME_LENGTH}")]
    TooLong {
        /// How the name begins.
        start: String,
        /// How many characters it has.
        length: usize,
    },
}

macro_rules! name_type {
    ($(#[$doc:meta])* $type:ident, $error:ident, $is_valid:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Box<str>);

        impl $type {
            /// Takes `text` if it is such a name.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check_length(text)?;
                if $is_valid(text.as_bytes()) {
                    Ok(Self(text.into()))
                } else {
                    Err(NameError::$error(text.to_owned()))
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0.into()
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

name_type! {
    /// A package's name: `^[a-z][a-z0-9_]*$`, from two to [`MAX_NAME_LENGTH`] characters.
    PackageName, Package, is_package_name
}

name_type! {
    /// A repository's name: `^[A-Za-z0-9][A-Za-z0-9_.-]*$`, up to [`MAX_NAME_LENGTH`] characters. It
    /// is one segment of a path and never `.` or `..`; a colon, which Hex puts between a repository
    /// and its sub-repository, is not part of it.
    RepositoryName, Repository, is_repository_name
}

fn check_length(text: &str) -> Result<(), NameError> {
    let length = text.chars().count();
    if length > MAX_NAME_LENGTH {
        let start = shorten(text);
        return Err(NameError::TooLong { start, length });
    }
    Ok(())
}

fn is_package_name(name: &[u8]) -> bool {
    name.len() >= 2
        && name[0].is_ascii_lowercase()
        && name
            .iter()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn is_repository_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names() {
        for good in ["ab", "a1", "a_", "oban_pro", "z9_9", &"a".repeat(128)] {
            assert_eq!(PackageName::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "", "a", "A1", "1a", "_a", "a-b", "a.b", "ab\n", " ab", "äb", "aB", "../a", "a/b",
        ] {
            assert_eq!(
                PackageName::parse(bad),
                Err(NameError::Package(bad.to_owned()))
            );
        }
        assert!(matches!(
            PackageName::parse(&"a".repeat(129)),
            Err(NameError::TooLong { length: 129, .. })
        ));
    }

    #[test]
    fn repository_names() {
        for good in ["a", "acme", "hexpm", "Acme", "a-b.c_d", "0"] {
            assert_eq!(RepositoryName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "-a", "_a", "a:b", "a/b", "a b", "a\n", "é"] {
            assert_eq!(
                RepositoryName::parse(bad),
                Err(NameError::Repository(bad.to_owned()))
            );
        }
    }

    #[test]
    fn json_is_checked() {
        assert_eq!(
            serde_json::from_str::<PackageName>("\"ab\"").unwrap(),
            PackageName::parse("ab").unwrap()
        );
        assert!(serde_json::from_str::<PackageName>("\"A\"").is_err());
    }
}
