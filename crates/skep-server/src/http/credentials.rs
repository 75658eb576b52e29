//! The credential of a request: raw, `Basic` or `Bearer`. Only hashes leave this file, so nothing
//! behind it can log a secret.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::accounts::api_key::ApiKey;
use crate::http::authorization::Authorization;
use crate::licensing::key::{Form, KeyHash, LicenseKey};
use crate::node::Node;
use crate::oauth::tokens::{self, Token};

/// What a request brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Nothing, or an empty header: an unset secret of a CI job, or Dependabot.
    Missing,
    /// What can only be a key.
    Key(Presented),
    /// `Basic`: the key may be the password or the user.
    Either(Presented, Presented),
    /// `Bearer`: a key, or a token that another server made.
    Token(Presented),
}

/// A text that may be a key, without the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Presented {
    /// What it is looked up by.
    pub(crate) hash: KeyHash,
    /// What it looks like.
    pub(crate) form: Form,
}

impl Presented {
    fn new(text: &str) -> Self {
        Self {
            hash: KeyHash::of(text),
            form: match LicenseKey::form(text) {
                Form::Foreign => ApiKey::form(text),
                form => form,
            },
        }
    }
}

impl Credential {
    /// The credential in these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Authorization::read(headers, |found| match found {
            Authorization::Nothing => Self::Missing,
            Authorization::Raw(text) => Self::Key(Presented::new(text)),
            Authorization::Bearer(text) => Self::Token(Presented::new(text)),
            Authorization::Basic { user: "", password } => Self::Key(Presented::new(password)),
            Authorization::Basic { user, password: "" } => Self::Key(Presented::new(user)),
            Authorization::Basic { user, password } => {
                Self::Either(Presented::new(password), Presented::new(user))
            }
        })
    }

    /// Every text that may be the key, the likeliest first.
    pub(crate) fn presented(&self) -> impl Iterator<Item = &Presented> {
        let (first, second) = match self {
            Self::Missing => (None, None),
            Self::Key(one) | Self::Token(one) => (Some(one), None),
            Self::Either(password, user) => (Some(password), Some(user)),
        };
        first.into_iter().chain(second)
    }

    /// The hash of what may be an access token of ours.
    pub(crate) fn token(&self) -> Option<KeyHash> {
        match self {
            Self::Token(presented) if presented.form == Form::Foreign => Some(presented.hash),
            _ => None,
        }
    }

    /// What tells it apart from other credentials.
    pub(crate) fn first_bytes(&self) -> Option<[u8; 16]> {
        self.presented()
            .next()
            .and_then(|presented| presented.hash.0.as_bytes().first_chunk().copied())
    }

    /// Whether one of them could be a key that was issued a moment ago.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.presented()
            .any(|presented| presented.form == Form::WellFormed)
    }

    /// Whether one of them begins like a key of ours but cannot be one.
    pub(crate) fn is_mistyped(&self) -> bool {
        self.presented()
            .any(|presented| presented.form == Form::Mistyped)
    }

    /// Whether it is somebody else's token, given that it is no known key.
    pub(crate) fn is_foreign_token(&self) -> bool {
        matches!(
            self,
            Self::Token(Presented {
                form: Form::Foreign,
                ..
            })
        )
    }
}

/// The token after `Bearer`, whose hash is known, if it is one of ours; good or not.
pub(crate) fn token(node: &Node, headers: &HeaderMap, hash: KeyHash) -> Option<Arc<Token>> {
    let text = || {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        Some(value.trim().split_once(' ')?.1.trim())
    };
    tokens::read_hashed(node, hash, text).ok()
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use http::HeaderValue;

    use super::*;
    use crate::clock::Clock;

    fn credential(value: &str) -> Credential {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        Credential::of(&headers)
    }

    fn basic(login: &str) -> Credential {
        credential(&format!("Basic {}", BASE64.encode(login.as_bytes())))
    }

    #[test]
    fn a_key_is_found_wherever_clients_put_it() {
        let key = LicenseKey::generate(&Clock::system());
        let text = key.reveal();
        let wanted = Presented {
            hash: key.hash(),
            form: Form::WellFormed,
        };
        assert_eq!(credential(text), Credential::Key(wanted));
        assert_eq!(
            credential(&format!("Bearer {text}")),
            Credential::Token(wanted)
        );
        assert_eq!(
            credential(&format!("bearer  {text}")),
            Credential::Token(wanted)
        );
        assert_eq!(basic(&format!(":{text}")), Credential::Key(wanted));
        assert_eq!(basic(&format!("{text}:")), Credential::Key(wanted));
        assert_eq!(basic(text), Credential::Key(wanted));
        assert!(
            basic(&format!("{text}:x"))
                .presented()
                .any(|presented| *presented == wanted)
        );
        assert_eq!(
            basic(&format!("x:{text}")).presented().next(),
            Some(&wanted)
        );
    }

    #[test]
    fn an_empty_credential_is_none() {
        assert_eq!(Credential::of(&HeaderMap::new()), Credential::Missing);
        for value in [
            "",
            " ",
            "Basic",
            "Basic ",
            "Bearer",
            "bearer  ",
            "Basic Og==",
        ] {
            assert_eq!(credential(value), Credential::Missing, "{value:?}");
        }
    }

    #[test]
    fn only_a_bearer_token_can_be_foreign() {
        assert!(credential("Bearer eyJhbGciOiJFUzI1NiJ9.e30.x").is_foreign_token());
        assert!(!credential("eyJhbGciOiJFUzI1NiJ9.e30.x").is_foreign_token());
        assert!(!credential("Bearer skl_mistyped").is_foreign_token());
        assert!(credential("Bearer skl_mistyped").is_mistyped());
    }

    #[test]
    fn no_secret_is_in_the_debug_text() {
        let text = format!(
            "{:?} {:?}",
            credential("sesame-secret"),
            basic("me:sesame-secret")
        );
        assert!(!text.contains("sesame"), "{text}");
    }
}
