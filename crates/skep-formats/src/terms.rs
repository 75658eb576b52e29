//! Erlang terms as text: what `metadata.config` is written in.
//!
//! Reads what Hex clients read, which is less than `file:consult` does: no floats, no comments, no
//! `$c`, no `16#ff`. Accepting more here would let a tarball in that its users cannot open.

mod lexer;
mod parser;
mod print;

use std::collections::BTreeMap;

pub use parser::parse;
pub use print::print;

/// How deep lists, tuples and maps may be nested.
pub const MAX_DEPTH: usize = 64;

/// How many terms a text may hold in all; every character of a `"string"` is one.
pub const MAX_TERMS: usize = 1 << 18;

/// An Erlang term, as far as metadata needs them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// One of the few known atoms.
    Atom(Atom),
    /// A whole number.
    Integer(i64),
    /// A binary, which is text in UTF-8 almost always.
    Binary(Vec<u8>),
    /// A list. `"text"` is a list of its characters' numbers.
    List(Vec<Term>),
    /// A tuple.
    Tuple(Vec<Term>),
    /// A map.
    Map(BTreeMap<Term, Term>),
}

/// The atoms that have a meaning in metadata. Any other is refused: atoms are never freed by the
/// virtual machine of a client, so its reader refuses them too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// `true`
    True,
    /// `false`
    False,
    /// `nil`, Elixir's nothing
    Nil,
    /// `undefined`, Erlang's nothing
    Undefined,
    /// `null`
    Null,
}

/// Why a text is not a sequence of terms. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// A character that begins no term.
    #[error("line {line}: `{character}` does not belong here")]
    IllegalCharacter {
        /// Where it stands.
        line: usize,
        /// The character.
        character: char,
    },
    /// An atom that has no meaning in metadata.
    #[error("line {line}: the atom `{atom}` is not allowed")]
    IllegalAtom {
        /// Where it stands.
        line: usize,
        /// Its text, shortened.
        atom: String,
    },
    /// Something else was expected.
    #[error("line {line}: found {found} where {expected} was expected")]
    Unexpected {
        /// Where it stands.
        line: usize,
        /// What stands there.
        found: &'static str,
        /// What could have stood there.
        expected: &'static str,
    },
    /// A number that does not fit 64 bits.
    #[error("line {line}: the number is too large")]
    NumberTooLarge {
        /// Where it stands.
        line: usize,
    },
    /// A text or a quoted atom without its closing quote.
    #[error("line {line}: a quote is opened and never closed")]
    Unterminated {
        /// Where it is opened.
        line: usize,
    },
    /// More than [`MAX_DEPTH`] levels.
    #[error("line {line}: terms are nested more than `{MAX_DEPTH}` deep")]
    TooDeep {
        /// Where the limit is reached.
        line: usize,
    },
    /// More than [`MAX_TERMS`] terms.
    #[error("there are more than `{MAX_TERMS}` terms")]
    TooMany,
}

impl Term {
    /// A binary of `text`.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Binary(text.into().into_bytes())
    }

    /// `true` or `false`.
    pub fn boolean(value: bool) -> Self {
        Self::Atom(if value { Atom::True } else { Atom::False })
    }

    /// The text of a binary; what is not UTF-8 in it is replaced.
    pub fn as_text(&self) -> Option<String> {
        match self {
            Self::Binary(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The keys and values of a list of pairs or of a map. An empty list is an empty map.
    pub fn as_pairs(&self) -> Option<Vec<(&Self, &Self)>> {
        match self {
            Self::Map(map) => Some(map.iter().collect()),
            Self::List(items) => items.iter().map(Self::as_pair).collect(),
            _ => None,
        }
    }

    /// The two items of a pair.
    pub fn as_pair(&self) -> Option<(&Self, &Self)> {
        match self {
            Self::Tuple(items) => match items.as_slice() {
                [first, second] => Some((first, second)),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Atom {
    /// The atom of this name, if it is one of the known.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "true" => Self::True,
            "false" => Self::False,
            "nil" => Self::Nil,
            "undefined" => Self::Undefined,
            "null" => Self::Null,
            _ => return None,
        })
    }

    /// The atom's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Nil => "nil",
            Self::Undefined => "undefined",
            Self::Null => "null",
        }
    }
}

#[cfg(test)]
mod tests;
