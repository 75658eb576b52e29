//! What somebody said about one server.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use skep_client::cli_auth::{AuthConfig, Server};
use skep_client::{BaseUrl, Secret};
use skep_formats::key::PublicKey;

/// One server, or an organization's repository on one. `Debug` shows keys as `****`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Where its files are; hex.pm and organizations need none.
    #[serde(default, with = "url", skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<BaseUrl>,
    /// Its HTTP API, where it is not at its usual place.
    #[serde(default, with = "url", skip_serializing_if = "Option::is_none")]
    pub(crate) api_url: Option<BaseUrl>,
    /// What its files are signed with, where that is not built in.
    #[serde(default, with = "pem", skip_serializing_if = "Option::is_none")]
    pub(crate) public_key: Option<PublicKey>,
    /// What its repository wants to see.
    #[serde(default, with = "secret", skip_serializing_if = "Option::is_none")]
    pub(crate) auth_key: Option<Secret>,
    /// What its API wants to see, if nobody logs in there.
    #[serde(default, with = "secret", skip_serializing_if = "Option::is_none")]
    pub(crate) api_key: Option<Secret>,
}

impl Entry {
    /// Its credentials. Who gives an API's URL says with it that a login there opens the repository too.
    pub(super) fn auth_config(&self) -> AuthConfig {
        AuthConfig {
            api_key: self.api_key.clone(),
            auth_key: self.auth_key.clone(),
            server: self.api_url.as_ref().map(Server::of),
            ..AuthConfig::default()
        }
    }
}

/// Reads a text and makes a value of it; the error is about the value's kind and does not repeat it.
fn parsed<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Option<T>,
    kind: &str,
) -> Result<Option<T>, D::Error> {
    let text: String = Deserialize::deserialize(deserializer)?;
    let value = parse(&text);
    value.map(Some).ok_or_else(|| de::Error::custom(kind))
}

fn written<S: Serializer>(serializer: S, text: Option<&str>) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => serializer.serialize_str(text),
        None => serializer.serialize_none(),
    }
}

mod url {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        url: &Option<BaseUrl>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        written(serializer, url.as_ref().map(BaseUrl::as_str))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<BaseUrl>, D::Error> {
        parsed(deserializer, |text| BaseUrl::parse(text).ok(), "no URL")
    }
}

mod pem {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        key: &Option<PublicKey>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        written(serializer, key.as_ref().map(PublicKey::to_pem).as_deref())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PublicKey>, D::Error> {
        parsed(
            deserializer,
            |text| PublicKey::from_pem(text).ok(),
            "no key",
        )
    }
}

mod secret {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        secret: &Option<Secret>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        written(serializer, secret.as_ref().map(Secret::expose))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Secret>, D::Error> {
        parsed(deserializer, |text| Some(Secret::from(text)), "no key")
    }
}
