//! The private key of a distribution's key group.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

/// What CloudFront takes: RSA of 2048 bits or ECDSA on P-256.
const RSA_BITS: usize = 2048;

/// A private key for CloudFront. ECDSA signs in a tenth of the time and makes shorter URLs.
pub struct SigningKey(Kind);

enum Kind {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(EcdsaKeyPair),
}

/// Why a key is of no use for CloudFront. No variant holds any part of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a private key in PEM.
    #[error(
        "this is not a private key in PEM: it has to begin with `-----BEGIN PRIVATE KEY-----`, \
         `-----BEGIN RSA PRIVATE KEY-----` or `-----BEGIN EC PRIVATE KEY-----`"
    )]
    NotPrivateKeyPem,
    /// A passphrase is needed.
    #[error(
        "the private key is encrypted: decrypt it with `openssl pkey -in KEY.pem -out PLAIN.pem`"
    )]
    Encrypted,
    /// A private key, but of a kind that CloudFront does not know.
    #[error(
        "CloudFront takes RSA keys of 2048 bits and ECDSA keys on the curve P-256: this key is neither"
    )]
    Unsupported,
    /// An RSA key of a size that CloudFront does not take.
    #[error("CloudFront takes RSA keys of 2048 bits: this one has `{0}`")]
    RsaSize(usize),
    /// The cryptographic library refused to sign.
    #[error("signing failed")]
    Sign,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Rsa(_) => "SigningKey(RSA ****)",
            Kind::Ecdsa(_) => "SigningKey(ECDSA ****)",
        })
    }
}

impl SigningKey {
    /// Reads PKCS#1, PKCS#8 or SEC1 in PEM.
    ///
    /// # Errors
    /// It is not a key that CloudFront takes.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        if pem.windows(9).any(|window| window == b"ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        match PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::NotPrivateKeyPem)? {
            PrivateKeyDer::Pkcs1(der) => Self::rsa(RsaKeyPair::from_der(der.secret_pkcs1_der())),
            PrivateKeyDer::Sec1(der) => Self::ecdsa(EcdsaKeyPair::from_private_key_der(
                &ECDSA_P256_SHA256_ASN1_SIGNING,
                der.secret_sec1_der(),
            )),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der) {
                    Ok(key) => Ok(Self(Kind::Ecdsa(key))),
                    Err(_) => Self::rsa(RsaKeyPair::from_pkcs8(der)),
                }
            }
            _ => Err(KeyError::Unsupported),
        }
    }

    pub(super) const fn is_ecdsa(&self) -> bool {
        matches!(self.0, Kind::Ecdsa(_))
    }

    fn rsa<E>(key: Result<RsaKeyPair, E>) -> Result<Self, KeyError> {
        let key = key.map_err(|_| KeyError::Unsupported)?;
        let bits = key.public_modulus_len() * 8;
        if bits == RSA_BITS {
            Ok(Self(Kind::Rsa(Box::new(key))))
        } else {
            Err(KeyError::RsaSize(bits))
        }
    }

    fn ecdsa<E>(key: Result<EcdsaKeyPair, E>) -> Result<Self, KeyError> {
        key.map(|key| Self(Kind::Ecdsa(key)))
            .map_err(|_| KeyError::Unsupported)
    }

    /// The signature over SHA-256 of `message`: PKCS#1 v1.5, or ECDSA in ASN.1.
    ///
    /// # Errors
    /// The cryptographic library refused.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        // Both take a source of randomness and use the library's own.
        let random = SystemRandom::new();
        match &self.0 {
            Kind::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| KeyError::Sign)?;
                Ok(signature)
            }
            Kind::Ecdsa(key) => Ok(key
                .sign(&random, message)
                .map_err(|_| KeyError::Sign)?
                .as_ref()
                .to_vec()),
        }
    }

    /// The public key: an RSAPublicKey in DER, or an uncompressed point. For tests and `doctor`.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        match &self.0 {
            Kind::Rsa(key) => key.public_key().as_ref().to_vec(),
            Kind::Ecdsa(key) => key.public_key().as_ref().to_vec(),
        }
    }
}
