//! What a request names and nobody knows.

use std::fmt;

/// A user or an API key that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} `{given}`: `{hint}` shows what is there")]
pub struct Unknown {
    kind: &'static str,
    given: String,
    hint: &'static str,
}

impl Unknown {
    /// No such user, by username, address or id.
    #[must_use]
    pub fn user(given: impl fmt::Display) -> Self {
        Self::new("user", given, "skep user list")
    }

    /// No such API key, by id or by its user and name.
    #[must_use]
    pub fn api_key(given: impl fmt::Display) -> Self {
        Self::new("API key", given, "skep api-key list")
    }

    fn new(kind: &'static str, given: impl fmt::Display, hint: &'static str) -> Self {
        Self {
            kind,
            given: given.to_string().chars().take(120).collect(),
            hint,
        }
    }
}
