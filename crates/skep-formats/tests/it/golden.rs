//! Where the golden vectors are.

use std::path::PathBuf;

use skep_formats::key::{PrivateKey, PublicKey};

/// The path of a golden file.
pub(crate) fn path(name: &str) -> PathBuf {
    [
        env!("CARGO_MANIFEST_DIR"),
        "..",
        "..",
        "testdata",
        "golden",
        name,
    ]
    .iter()
    .collect()
}

/// The bytes of a golden file.
#[expect(
    clippy::disallowed_methods,
    reason = "the panic names the path, so fs_err is not needed for it"
)]
pub(crate) fn read(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A golden text.
pub(crate) fn text(name: &str) -> String {
    String::from_utf8(read(name)).unwrap()
}

/// A golden JSON value.
pub(crate) fn json<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&read(name)).unwrap()
}

/// A private key of golden/keys.
pub(crate) fn private_key(name: &str) -> PrivateKey {
    PrivateKey::from_pem(read(&format!("keys/{name}.pem"))).unwrap()
}

/// The public half of a key of golden/keys.
pub(crate) fn public_key(name: &str) -> PublicKey {
    private_key(name).public_key()
}
