//! What a request brought to say who it is from.

use std::fmt;

use http::HeaderMap;

use crate::accounts::api_key::ApiKey;
use crate::accounts::password::Password;
use crate::http::authorization::Authorization;
use crate::secret_text::{Form, KeyHash};

/// A token as it was sent. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct BearerToken(String);

impl BearerToken {
    /// The secret.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(****)")
    }
}

/// A credential, before anybody looked it up. Its `Debug` shows no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Nothing, or an empty header.
    Nothing,
    /// What can only be an API key.
    Key(KeyHash),
    /// What may be a token of ours.
    Token(BearerToken),
    /// A name and a password.
    Login {
        /// A username or an address.
        name: String,
        /// Theirs.
        password: Password,
    },
}

impl Sent {
    /// The credential in these headers: raw, `Bearer` or `Basic`.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Authorization::read(headers, |found| match found {
            Authorization::Nothing => Self::Nothing,
            Authorization::Raw(text) => Self::Key(KeyHash::of(text)),
            Authorization::Bearer(text) => Self::bearer(text),
            Authorization::Basic { user, password } => Self::basic(user, password),
        })
    }

    fn bearer(text: &str) -> Self {
        if is_key(text) {
            Self::Key(KeyHash::of(text))
        } else {
            Self::Token(BearerToken(text.to_owned()))
        }
    }

    /// An API key may stand for the name or for the password.
    fn basic(name: &str, password: &str) -> Self {
        match (name, password) {
            ("", key) | (key, "") => Self::Key(KeyHash::of(key)),
            (_, key) | (key, _) if is_key(key) => Self::Key(KeyHash::of(key)),
            (name, password) => Self::Login {
                name: name.to_owned(),
                password: Password::from_text(password),
            },
        }
    }
}

fn is_key(text: &str) -> bool {
    ApiKey::form(text) != Form::Foreign
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use http::HeaderValue;
    use http::header::AUTHORIZATION;

    use super::*;
    use crate::clock::Clock;

    fn sent(value: &str) -> Sent {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        Sent::of(&headers)
    }

    fn basic(login: &str) -> Sent {
        sent(&format!("Basic {}", BASE64.encode(login.as_bytes())))
    }

    #[test]
    fn an_api_key_is_found_wherever_clients_put_it() {
        let key = ApiKey::generate(&Clock::system());
        let text = key.reveal();
        for found in [
            sent(text),
            sent(&format!("Bearer {text}")),
            sent(&format!("bearer  {text}")),
            basic(&format!(":{text}")),
            basic(&format!("{text}:")),
            basic(&format!("rosa:{text}")),
            basic(&format!("{text}:x")),
        ] {
            assert_eq!(found, Sent::Key(key.hash()));
        }
    }

    #[test]
    fn a_name_and_a_password_are_a_login() {
        let login = basic("rosa:pass:word");
        let expected = Sent::Login {
            name: "rosa".to_owned(),
            password: Password::from_text("pass:word"),
        };
        assert_eq!(login, expected);
        assert!(!format!("{login:?}").contains("pass:"), "{login:?}");
    }

    #[test]
    fn another_text_after_bearer_may_be_a_token() {
        let found = sent("Bearer eyJhbGciOiJFUzI1NiJ9.e30.x");
        assert_eq!(
            found,
            Sent::Token(BearerToken("eyJhbGciOiJFUzI1NiJ9.e30.x".to_owned()))
        );
        assert!(!format!("{found:?}").contains("eyJ"), "{found:?}");
    }

    #[test]
    fn an_empty_credential_is_none() {
        for value in ["", " ", "Basic", "Basic ", "Bearer", "Basic Og=="] {
            assert_eq!(sent(value), Sent::Nothing, "{value:?}");
        }
        assert_eq!(Sent::of(&HeaderMap::new()), Sent::Nothing);
    }
}
