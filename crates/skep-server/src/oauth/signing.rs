//! The key that signs access tokens: ECDSA on P-256 (ES256). Made once for an installation and kept in
//! the database, so that every node verifies what any of them signed.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The key pair of this installation.
pub struct SigningKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

/// What the database has is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a P-256 private key (PKCS#8 in base64)")]
pub struct BadKey;

/// The signature of a token is not ours, or it was made with another algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token's signature is not this server's")]
pub struct BadSignature;

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(****)")
    }
}

impl SigningKey {
    /// The text of a new key, as the database keeps it.
    #[must_use]
    pub fn generate() -> String {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        BASE64.encode(
            document
                .expect("the operating system has randomness")
                .as_ref(),
        )
    }

    /// The key of a text that [`generate`](Self::generate) made.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let pkcs8 = BASE64.decode(text.trim().as_bytes()).map_err(|_| BadKey)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8)
            .map_err(|_| BadKey)?;
        let mut validation = Validation::new(Algorithm::ES256);
        // Times, issuer and audience are compared with our own clock and URL, to the second.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Ok(Self {
            encoding: EncodingKey::from_ec_der(&pkcs8),
            decoding: DecodingKey::from_ec_der(pair.public_key().as_ref()),
            validation,
        })
    }

    /// A signed token with these claims.
    pub(super) fn sign(&self, claims: &impl Serialize) -> String {
        jsonwebtoken::encode(&Header::new(Algorithm::ES256), claims, &self.encoding)
            .expect("a P-256 key signs whatever is JSON")
    }

    /// The claims of a token that this key signed.
    ///
    /// # Errors
    /// It signed no such token: whatever the token's header says, no other algorithm is tried.
    pub(super) fn verify<C: DeserializeOwned>(&self, token: &str) -> Result<C, BadSignature> {
        jsonwebtoken::decode(token, &self.decoding, &self.validation)
            .map(|verified| verified.claims)
            .map_err(|_| BadSignature)
    }
}

/// What a token claims, before anybody has verified it; `None` when it is no token.
pub(super) fn claimed<C: DeserializeOwned>(token: &str) -> Option<C> {
    let mut parts = token.split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let json = BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?;
    serde_json::from_slice(&json).ok()
}
