//! The file as it is served: payload and signature in one message, gzipped.

use prost::Message;

use crate::gzip::{self, Compressor, GzipError};
use crate::key::{PrivateKey, PublicKey};
use crate::proto::signed::Signed;
use crate::proto::{self, DecodeError, required};

/// Why a file's payload cannot be trusted, or not be found.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not gzip, truncated, corrupt or too large.
    #[error(transparent)]
    Gzip(#[from] GzipError),
    /// What was compressed is not a signed message.
    #[error("the file is not a signed registry resource")]
    NotSigned(#[source] DecodeError),
    /// The message has no signature.
    #[error("the registry resource has no signature")]
    Unsigned,
    /// The signature is not of this payload, or not by this key.
    #[error("the registry resource is not signed with the key `{fingerprint}`")]
    BadSignature {
        /// The fingerprint of the key that was expected.
        fingerprint: String,
    },
}

/// Signs `payload` and makes the file that is served. Equal payloads give equal files.
pub fn sign(payload: &[u8], key: &PrivateKey) -> Vec<u8> {
    sign_with(payload, key, &mut Compressor::default())
}

/// Does what [`sign`] does, for one payload after the other in the same memory.
pub fn sign_with(payload: &[u8], key: &PrivateKey, compressor: &mut Compressor) -> Vec<u8> {
    let signed = Signed {
        signature: Some(key.sign(payload)),
        payload: Some(payload.to_vec()),
    };
    compressor.compress(&signed.encode_to_vec())
}

/// The payload of `file`, if it is signed with `key`. `limit` bounds the bytes it unpacks to,
/// signature included.
pub fn verify(file: &[u8], key: &PublicKey, limit: u64) -> Result<Vec<u8>, VerifyError> {
    let (payload, signature) = read(file, limit)?;
    let signature = signature.ok_or(VerifyError::Unsigned)?;
    if !key.verify(&payload, &signature) {
        return Err(VerifyError::BadSignature {
            fingerprint: key.fingerprint(),
        });
    }
    Ok(payload)
}

/// The payload of `file` whoever signed it, if anybody did: for looking at it, never for trust.
pub fn unverified(file: &[u8], limit: u64) -> Result<Vec<u8>, VerifyError> {
    read(file, limit).map(|(payload, _)| payload)
}

fn read(file: &[u8], limit: u64) -> Result<(Vec<u8>, Option<Vec<u8>>), VerifyError> {
    let message = gzip::decompress(file, limit)?;
    let signed: Signed = proto::decode(&message).map_err(VerifyError::NotSigned)?;
    let payload = required(signed.payload, "Signed", "payload").map_err(VerifyError::NotSigned)?;
    Ok((payload, signed.signature))
}
