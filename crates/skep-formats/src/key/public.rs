//! The key that everyone verifies a registry with.

use std::fmt;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA512};
use data_encoding::BASE64_NOPAD;

use super::{KeyError, check_bits, der, pem};
use crate::checksum::Sha256Hasher;

/// An RSA public key of 2048 to 8192 bits.
#[derive(Clone)]
pub struct PublicKey {
    verifier: ParsedPublicKey,
    /// `RSAPublicKey` in DER: there is one encoding of a key, so equal bytes are equal keys.
    pkcs1: Box<[u8]>,
}

impl PublicKey {
    /// Reads the first key in a PEM text: SPKI (`PUBLIC KEY`) or PKCS#1 (`RSA PUBLIC KEY`).
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let section = pem::read(text.as_ref())?;
        match section.label.as_str() {
            "PUBLIC KEY" => Self::from_pkcs1_der(der::spki_inner(&section.der)?),
            "RSA PUBLIC KEY" => Self::from_pkcs1_der(&section.der),
            label if label.ends_with("PRIVATE KEY") => Err(KeyError::PrivateKeyGiven),
            label => Err(KeyError::NotAKey(label.to_owned())),
        }
    }

    pub(super) fn from_pkcs1_der(der: &[u8]) -> Result<Self, KeyError> {
        let numbers = der::pkcs1_public(der)?;
        check_bits(numbers.modulus)?;
        let pkcs1 = der::write_pkcs1_public(numbers.modulus, numbers.exponent).into_boxed_slice();
        let verifier = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, &pkcs1)
            .map_err(|_| KeyError::Damaged)?;
        Ok(Self { verifier, pkcs1 })
    }

    /// Whether `signature` was made of `message` with the private half of this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.verify_sig(message, signature).is_ok()
    }

    /// The key as SPKI PEM (`PUBLIC KEY`), which OpenSSL and Hex read.
    pub fn to_pem(&self) -> String {
        let spki = der::write_spki(&self.pkcs1);
        pem::write("PUBLIC KEY", &spki).as_str().to_owned()
    }

    /// The key as PKCS#1 PEM (`RSA PUBLIC KEY`), byte for byte the file that `mix hex.registry build`
    /// writes: Erlang ends a PEM entry with an empty line.
    pub fn to_pkcs1_pem(&self) -> String {
        let mut text = pem::write("RSA PUBLIC KEY", &self.pkcs1)
            .as_str()
            .to_owned();
        text.push('\n');
        text
    }

    /// The fingerprint as OpenSSH and `mix hex.repo` show it: `SHA256:` and 43 characters of base64.
    pub fn fingerprint(&self) -> String {
        let numbers = der::pkcs1_public(&self.pkcs1).expect("the key was written by this module");
        let mut hasher = Sha256Hasher::new();
        let mut field = |sign: &[u8], bytes: &[u8]| {
            let length = (sign.len() + bytes.len()) as u32;
            hasher.update(&length.to_be_bytes());
            hasher.update(sign);
            hasher.update(bytes);
        };
        field(&[], b"ssh-rsa");
        field(sign(numbers.exponent), numbers.exponent);
        field(sign(numbers.modulus), numbers.modulus);
        format!("SHA256:{}", BASE64_NOPAD.encode(&hasher.finish().0))
    }

    /// The size of the modulus in bits.
    pub fn bits(&self) -> usize {
        let numbers = der::pkcs1_public(&self.pkcs1).expect("the key was written by this module");
        super::bits(numbers.modulus)
    }
}

/// The zero byte that keeps a large number from reading as negative.
fn sign(number: &[u8]) -> &'static [u8] {
    match number.first() {
        Some(first) if *first >= 0x80 => &[0],
        _ => &[],
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.pkcs1 == other.pkcs1
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}
