//! Secrets that cannot be printed.

use std::fmt;

use http::HeaderValue;
use zeroize::Zeroize as _;

use crate::error::BuildError;

/// A key, token or password. `Debug` prints `****`, there is no `Display`, and dropping it wipes its memory.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret as it is, without trimming.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret as text, for sending or storing it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The value of a header, which `http` and its users do not print either. `what` names the secret in the error.
    ///
    /// # Errors
    /// The secret has a character that cannot stand in a header.
    pub fn to_header(&self, what: &'static str) -> Result<HeaderValue, BuildError> {
        let mut value = HeaderValue::from_str(&self.0).map_err(|_| BuildError::Secret { what })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// Takes as long for a nearly right secret as for a wrong one of the same length.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let (own, other) = (self.0.as_bytes(), other.0.as_bytes());
        let differs = own.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
        own.len() == other.len() && std::hint::black_box(differs) == 0
    }
}

impl Eq for Secret {}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self::new(secret)
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::from("tell-nobody");
        assert_eq!(format!("{secret:?}"), "****");
        let header = secret.to_header("api_key").unwrap();
        assert!(!format!("{header:?}").contains("tell"));
        let error = Secret::from("tell\nnobody")
            .to_header("api_key")
            .unwrap_err();
        assert!(!format!("{error} {error:?}").contains("tell"));
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert_eq!(Secret::from("abc"), Secret::from("abc"));
        assert_ne!(Secret::from("abc"), Secret::from("abd"));
        assert_ne!(Secret::from("abc"), Secret::from("abcd"));
        assert_ne!(Secret::from(""), Secret::from("a"));
    }
}
