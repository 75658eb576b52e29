//! RSA keys: reading every PEM form that turns up, signing as the registry does, fingerprints.

mod der;
mod pem;
mod private;
mod public;

pub use private::{PrivateKey, SecretPem};
pub use public::PublicKey;

/// The smallest key that is taken, in bits of its modulus.
pub const MIN_BITS: usize = 2048;
/// The largest key that is taken, in bits of its modulus.
pub const MAX_BITS: usize = 8192;

/// Why a key could not be read or made. No variant holds anything of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no `-----BEGIN …-----` line.
    #[error("the key is not PEM: a line such as `-----BEGIN RSA PRIVATE KEY-----` is missing")]
    NotPem,
    /// The PEM has no end, or what is inside is not base64.
    #[error("the PEM of the key is damaged or cut off")]
    DamagedPem,
    /// The private key is protected by a passphrase.
    #[error("the private key is encrypted: decrypt it with `openssl pkey -in FILE -out NEW_FILE`")]
    Encrypted,
    /// A public key where a private one is needed.
    #[error("this is a public key, a private key is needed")]
    PublicKeyGiven,
    /// A private key where a public one is needed.
    #[error("this is a private key, a public key is needed")]
    PrivateKeyGiven,
    /// OpenSSH's own format.
    #[error("the key is in OpenSSH's format: convert it with `ssh-keygen -p -m PEM -f FILE`")]
    OpenSsh,
    /// PEM of something else, such as a certificate.
    #[error("the PEM holds `{0}`, which is not a key")]
    NotAKey(String),
    /// A key of another algorithm.
    #[error("this is {0}, the registry is signed with RSA")]
    NotRsa(&'static str),
    /// Fewer than [`MIN_BITS`].
    #[error("the RSA key has `{0}` bits, at least 2048 are needed")]
    TooSmall(usize),
    /// More than [`MAX_BITS`].
    #[error("the RSA key has `{0}` bits, at most 8192 can be used")]
    TooLarge(usize),
    /// The structure inside the PEM is not that of a key, or its numbers do not belong together.
    #[error("the key is damaged: what its PEM holds is not a valid RSA key")]
    Damaged,
    /// A size that cannot be generated.
    #[error("a key of `{0}` bits cannot be made: choose 2048, 3072 or 4096")]
    GenerateSize(usize),
    /// The generator failed.
    #[error("the key could not be generated")]
    Generate,
}

/// Refuses a modulus that is too small to be safe or too large to be computed with.
fn check_bits(modulus: &[u8]) -> Result<(), KeyError> {
    match bits(modulus) {
        bits if bits < MIN_BITS => Err(KeyError::TooSmall(bits)),
        bits if bits > MAX_BITS => Err(KeyError::TooLarge(bits)),
        _ => Ok(()),
    }
}

fn bits(modulus: &[u8]) -> usize {
    let leading = modulus
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    modulus.len() * 8 - leading
}
