//! Access tokens: JWTs of half an hour that every node verifies without the database. What a token
//! stands for (a login, an API key, a license key) is looked up in the snapshot each time, so a token
//! never outlives it.

mod remembered;

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use skep_formats::checksum::Sha256;

pub(crate) use self::remembered::read_hashed;
pub use self::remembered::{TokenError, VerifiedTokens, verify};
use crate::accounts::permission::Permissions;
use crate::clock::{Clock, Timestamp};
use crate::ids::{LicenseId, TokenGrantId, UserId};
use crate::oauth::scopes;
use crate::oauth::signing::{self, BadKey, SigningKey};
use crate::secret_text::KeyHash;

/// How long a token is good. Clients refresh with five minutes left.
pub const LIFETIME_SECONDS: i64 = 1_800;
/// The clock of the node that verifies may be behind that of the node that signed by so much.
const BACKDATED_SECONDS: i64 = 30;

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user, by a login or by an API key.
    User {
        /// Who.
        user: UserId,
        /// The API key it was exchanged for; `None` after a login.
        key: Option<KeyHash>,
    },
    /// A license, by one of its keys.
    License {
        /// Which.
        license: LicenseId,
        /// The key it was exchanged for.
        key: KeyHash,
    },
}

/// A token whose signature is ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it stands for.
    pub subject: Subject,
    /// What it may be used for.
    pub scope: Permissions,
    /// The login it belongs to; an exchanged key's token has one of its own, so that it can be given up.
    pub grant: TokenGrantId,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Refused before.
    pub not_before: Timestamp,
    /// Refused from then on.
    pub expires_at: Timestamp,
}

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// For people who look into a token: `user:NAME`, `license:ID`.
    sub: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    scope: String,
    grant: TokenGrantId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    license: Option<LicenseId>,
    /// SHA-256 of the key it was exchanged for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// As much of a token's claims as tells whose it would be.
#[derive(Deserialize)]
struct ClaimedIssuer {
    iss: String,
}

/// Signs tokens in the name of this installation, and knows its own.
pub struct TokenSigner {
    key: SigningKey,
    /// The installation's URL.
    issuer: String,
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSigner({})", self.issuer)
    }
}

/// A new token, for the one time it is sent.
#[derive(Clone)]
pub struct SignedToken {
    text: String,
    /// What is granted with it.
    pub scope: String,
}

impl SignedToken {
    /// The secret.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedToken(****)")
    }
}

impl TokenSigner {
    /// The signer of the installation at `url`, which has no slash at its end, with the key that the database keeps.
    ///
    /// # Errors
    /// The text is no key.
    pub fn new(key: &str, url: &str) -> Result<Self, BadKey> {
        Ok(Self {
            key: SigningKey::parse(key)?,
            issuer: url.to_owned(),
        })
    }

    /// A token for `subject`, whom people know as `name`, good from now on.
    pub(super) fn sign(
        &self,
        clock: &Clock,
        (subject, name): (Subject, &str),
        scope: &Permissions,
        grant: TokenGrantId,
    ) -> SignedToken {
        let now = clock.now().seconds();
        let hash = |key: KeyHash| BASE64URL_NOPAD.encode(key.0.as_bytes());
        let (sub, user, license, key) = match subject {
            Subject::User { user, key } => {
                (format!("user:{name}"), Some(user), None, key.map(hash))
            }
            Subject::License { license, key } => (
                format!("license:{name}"),
                None,
                Some(license),
                Some(hash(key)),
            ),
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub,
            jti: BASE64URL_NOPAD.encode(&clock.random::<16>()),
            iat: now,
            nbf: now - BACKDATED_SECONDS,
            exp: now + LIFETIME_SECONDS,
            scope: scope.scope(),
            grant,
            user,
            license,
            key,
        };
        SignedToken {
            text: self.key.sign(&claims),
            scope: claims.scope,
        }
    }

    /// The token of a text, whatever time it is and whatever became of what it stands for.
    ///
    /// # Errors
    /// It is not one of ours.
    pub(super) fn read(&self, text: &str) -> Result<Token, TokenError> {
        let claimed = signing::claimed::<ClaimedIssuer>(text);
        if claimed.is_none_or(|claimed| claimed.iss != self.issuer) {
            return Err(TokenError::Foreign);
        }
        let verified = self.key.verify::<Claims>(text);
        let claims = verified.map_err(|_| TokenError::Forged)?;
        if claims.iss != self.issuer || claims.aud != self.issuer {
            return Err(TokenError::Foreign);
        }
        // Signed by us, but not as this version signs.
        Token::try_from(claims).map_err(|Unreadable| TokenError::Forged)
    }
}

struct Unreadable;

impl TryFrom<Claims> for Token {
    type Error = Unreadable;

    fn try_from(claims: Claims) -> Result<Self, Unreadable> {
        let key = claims.key.as_deref().map(hash_of).transpose()?;
        let subject = match (claims.user, claims.license, key) {
            (Some(user), None, key) => Subject::User { user, key },
            (None, Some(license), Some(key)) => Subject::License { license, key },
            _ => return Err(Unreadable),
        };
        Ok(Self {
            subject,
            scope: scopes::parse(&claims.scope).map_err(|_| Unreadable)?,
            grant: claims.grant,
            issued_at: Timestamp::from_seconds(claims.iat),
            not_before: Timestamp::from_seconds(claims.nbf),
            expires_at: Timestamp::from_seconds(claims.exp),
        })
    }
}

fn hash_of(text: &str) -> Result<KeyHash, Unreadable> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    let bytes = bytes.and_then(|bytes| Sha256::try_from(&bytes[..]).ok());
    bytes.map(KeyHash).ok_or(Unreadable)
}

#[cfg(test)]
mod tests;
