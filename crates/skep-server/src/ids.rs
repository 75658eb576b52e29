//! Ids: a prefix that says what it names and a UUIDv7 in base32, as `lic_06eg5q…`.
//! Sixteen bytes in memory, TEXT in the database.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32_NOPAD, Encoding};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Clock;

/// A text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not the id of a {kind}: one looks like `{prefix}_` and 26 letters and digits"
)]
pub struct IdError {
    given: String,
    kind: &'static str,
    prefix: &'static str,
}

fn format(prefix: &str, uuid: Uuid, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = base32().encode(uuid.as_bytes());
    write!(f, "{prefix}_{text}")
}

fn parse(prefix: &'static str, kind: &'static str, text: &str) -> Result<Uuid, IdError> {
    let error = || IdError {
        given: text.chars().take(64).collect(),
        kind,
        prefix,
    };
    let encoded = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or_else(error)?;
    let bytes = base32().decode(encoded.as_bytes()).map_err(|_| error())?;
    Uuid::from_slice(&bytes).map_err(|_| error())
}

/// Base32 with lower-case letters in ASCII order (Crockford's set), so that later ids sort later.
fn base32() -> &'static Encoding {
    static ENCODING: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
        let mut specification = BASE32_NOPAD.specification();
        specification.symbols = "0123456789abcdefghjkmnpqrstvwxyz".to_owned();
        specification
            .encoding()
            .expect("32 different ASCII symbols")
    });
    &ENCODING
}

macro_rules! id_type {
    ($name:ident, $prefix:literal, $kind:literal) => {
        #[doc = concat!("The id of a ", $kind, ": `", $prefix, "_…`.")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id.
            #[must_use]
            pub fn new(clock: &Clock) -> Self {
                Self(clock.new_uuid())
            }

            /// The sixteen bytes of its UUID, for where its text is too long.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }

            /// The id with this UUID.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                format($prefix, self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                format($prefix, self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($prefix, $kind, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

id_type!(PackageId, "pkg", "package");
id_type!(ReleaseId, "rel", "release");
id_type!(CustomerId, "cus", "customer");
id_type!(ProductId, "prd", "product");
id_type!(LicenseId, "lic", "license");
id_type!(KeyId, "key", "license key");
id_type!(AuditId, "aud", "audit entry");
id_type!(UserId, "usr", "user");
id_type!(ApiKeyId, "apk", "API key");
id_type!(SessionId, "ses", "browser session");
id_type!(TokenGrantId, "tgr", "login of a tool");
id_type!(DeviceId, "dev", "login that waits");
id_type!(JobId, "job", "job");
id_type!(NodeId, "nod", "running node");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{TestClock, Timestamp};

    #[test]
    fn an_id_survives_its_text() {
        let clock = Clock::system();
        let id = LicenseId::new(&clock);
        assert_eq!(id.to_string().parse::<LicenseId>(), Ok(id));
        assert_eq!(id.to_string().len(), 30);
    }

    #[test]
    fn later_ids_sort_later_as_text() {
        let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000));
        let first = LicenseId::new(&clock.clock()).to_string();
        clock.advance(1);
        assert!(first < LicenseId::new(&clock.clock()).to_string());
    }

    #[test]
    fn another_kind_of_id_is_refused() {
        let id = KeyId::new(&Clock::system()).to_string();
        let error = id.parse::<LicenseId>().unwrap_err().to_string();
        assert!(error.contains("is not the id of a license"), "{error}");
    }
}
