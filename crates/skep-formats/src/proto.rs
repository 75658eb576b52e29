//! The registry's protobuf messages as they are on the wire; proto/*.proto is their schema.
//!
//! Fields that the schema requires are `Option` here, because prost fills in what is missing and the
//! difference would be lost. [`required`] makes the absence an error.

pub(crate) mod names;
pub(crate) mod package;
pub(crate) mod policy;
pub(crate) mod signed;
pub(crate) mod versions;

/// Seconds and nanoseconds since 1970; the same in all messages.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Timestamp {
    #[prost(int64, optional, tag = "1")]
    pub(crate) seconds: Option<i64>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) nanos: Option<i32>,
}

/// Why a payload is not the registry resource it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not a protobuf message of this kind.
    #[error("the payload is not a protobuf message of this kind")]
    Malformed(#[source] prost::DecodeError),
    /// A field that must be there is not.
    #[error("the payload lacks `{field}` in a `{message}`")]
    Missing {
        /// The message, as the schema names it.
        message: &'static str,
        /// The field, as the schema names it.
        field: &'static str,
    },
    /// A checksum is not one of SHA-256.
    #[error("the payload's `{field}` has `{length}` bytes, a SHA-256 checksum has 32")]
    Checksum {
        /// The field, as the schema names it.
        field: &'static str,
        /// How many bytes it has.
        length: usize,
    },
}

/// Takes a field that the schema requires.
pub(crate) fn required<T>(
    value: Option<T>,
    message: &'static str,
    field: &'static str,
) -> Result<T, DecodeError> {
    value.ok_or(DecodeError::Missing { message, field })
}

/// Decodes a message; missing fields are not noticed yet.
pub(crate) fn decode<M: prost::Message + Default>(bytes: &[u8]) -> Result<M, DecodeError> {
    M::decode(bytes).map_err(DecodeError::Malformed)
}
