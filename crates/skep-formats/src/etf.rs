//! Erlang's external term format, as the bodies of the Hex HTTP API use it.
//!
//! What the API says is what JSON can say, so values are [`serde_json::Value`]: binaries are text,
//! `nil` is null, and tuples, pids, functions and every other atom do not occur.

mod decode;
mod encode;

pub use decode::decode;
pub use encode::encode;

/// The media type of a body in this format.
pub const CONTENT_TYPE: &str = "application/vnd.hex+erlang";

/// How deep lists and maps may be nested.
pub const MAX_DEPTH: usize = 64;

/// How many terms a body may hold in all; a few hundred packages with all their releases fit.
pub const MAX_TERMS: usize = 1 << 19;

/// Why bytes are not a body in the external term format. Offsets are in bytes from the beginning, of
/// what is unpacked where the body is compressed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EtfError {
    /// The first byte is not that of the format.
    #[error("the data is not in Erlang's external term format")]
    NotEtf,
    /// The data ends inside a term.
    #[error("the terms end too early, at byte `{offset}`")]
    Truncated {
        /// Where more was expected.
        offset: usize,
    },
    /// A kind of term that has no place in a body: a tuple, a pid, a function.
    #[error("the term of kind `{tag}` at byte `{offset}` is not allowed")]
    IllegalTerm {
        /// The byte that says its kind.
        tag: u8,
        /// Where it stands.
        offset: usize,
    },
    /// An atom other than `true`, `false` and `nil`.
    #[error("the atom `{atom}` at byte `{offset}` is not allowed")]
    IllegalAtom {
        /// Its beginning.
        atom: String,
        /// Where it stands.
        offset: usize,
    },
    /// A binary that is not UTF-8.
    #[error("the binary at byte `{offset}` is not UTF-8")]
    NotText {
        /// Where it stands.
        offset: usize,
    },
    /// A key of a map that is not a binary.
    #[error("the map has a key at byte `{offset}` that is not a binary")]
    IllegalKey {
        /// Where the key stands.
        offset: usize,
    },
    /// A key that stands twice in a map.
    #[error("the map has the key `{key}` twice")]
    DuplicateKey {
        /// The key's beginning.
        key: String,
    },
    /// A list whose end is not the empty list.
    #[error("the list that ends at byte `{offset}` is improper")]
    ImproperList {
        /// Where its end stands.
        offset: usize,
    },
    /// An integer that needs more than 64 bits.
    #[error("the integer at byte `{offset}` is too large")]
    IntegerTooLarge {
        /// Where it stands.
        offset: usize,
    },
    /// A float that is not a number.
    #[error("the float at byte `{offset}` is not a finite number")]
    NotFinite {
        /// Where it stands.
        offset: usize,
    },
    /// Something follows the term.
    #[error("something follows the term, at byte `{offset}`")]
    Trailing {
        /// Where it begins.
        offset: usize,
    },
    /// More than [`MAX_DEPTH`] levels.
    #[error("terms are nested more than `{MAX_DEPTH}` deep")]
    TooDeep,
    /// More than [`MAX_TERMS`] terms.
    #[error("there are more than `{MAX_TERMS}` terms")]
    TooMany,
    /// A compressed body that unpacks to more than allowed.
    #[error("the terms unpack to more than `{limit}` bytes")]
    TooLarge {
        /// The number of bytes allowed.
        limit: usize,
    },
    /// A compressed body that is damaged, or of another size than it says.
    #[error("the compressed terms are corrupt")]
    Corrupt,
}

#[cfg(test)]
mod tests;
