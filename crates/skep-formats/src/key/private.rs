//! The key that signs a registry.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA512, RsaKeyPair};
use zeroize::Zeroizing;

use super::pem::{self, Section};
use super::{KeyError, PublicKey, check_bits, der};

/// An RSA private key of 2048 to 8192 bits. It cannot be printed: `Debug` shows its fingerprint.
#[derive(Clone)]
pub struct PrivateKey {
    pair: RsaKeyPair,
    public: PublicKey,
}

impl PrivateKey {
    /// Reads the first key in a PEM text: PKCS#1 (`RSA PRIVATE KEY`) or PKCS#8 (`PRIVATE KEY`).
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let section = pem::read(text.as_ref())?;
        let pkcs1 = pkcs1(&section)?;
        check_bits(der::pkcs1_private_modulus(pkcs1)?)?;
        let pair = RsaKeyPair::from_der(pkcs1).map_err(|_| KeyError::Damaged)?;
        Self::from_pair(pair)
    }

    /// Makes a new key of 2048, 3072 or 4096 bits from the operating system's randomness.
    pub fn generate(bits: usize) -> Result<Self, KeyError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => return Err(KeyError::GenerateSize(bits)),
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| KeyError::Generate)?;
        Self::from_pair(pair)
    }

    fn from_pair(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let public = PublicKey::from_pkcs1_der(pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }

    /// Signs `message` with RSA PKCS#1 v1.5 over SHA-512; the same message gives the same signature.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA512,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .expect("a checked key of at least 2048 bits can sign a SHA-512 digest");
        signature
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    /// The key as PKCS#8 PEM, to be written to a file that only its owner can read.
    pub fn to_pem(&self) -> SecretPem {
        let der: Pkcs8V1Der<'_> = self
            .pair
            .as_der()
            .expect("a checked key can be written as PKCS#8");
        SecretPem(pem::write("PRIVATE KEY", der.as_ref()))
    }
}

fn pkcs1(section: &Section) -> Result<&[u8], KeyError> {
    match section.label.as_str() {
        "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
        _ if section.is_encrypted => Err(KeyError::Encrypted),
        "RSA PRIVATE KEY" => Ok(&section.der),
        "PRIVATE KEY" => der::pkcs8_inner(&section.der),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Err(KeyError::PublicKeyGiven),
        "EC PRIVATE KEY" => Err(KeyError::NotRsa("an elliptic-curve key")),
        "DSA PRIVATE KEY" => Err(KeyError::NotRsa("a DSA key")),
        "OPENSSH PRIVATE KEY" => Err(KeyError::OpenSsh),
        label => Err(KeyError::NotAKey(label.to_owned())),
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.fingerprint())
    }
}

/// The PEM text of a private key: wiped when dropped, and not shown by `Debug`.
pub struct SecretPem(Zeroizing<String>);

impl SecretPem {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<[u8]> for SecretPem {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SecretPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretPem(****)")
    }
}
