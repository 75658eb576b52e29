//! Secrets as text: a prefix that says what it opens, random characters, and a checksum, so that
//! scanners can find one and a mistyped one is recognized without a lookup. Only hashes are kept.

use std::fmt;

use skep_formats::checksum::Sha256;

use crate::clock::Clock;

const RANDOM_CHARACTERS: usize = 32;
const CHECKSUM_CHARACTERS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a text that should be a secret looks like, before anybody looks it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One of ours: prefix, length and checksum are right.
    WellFormed,
    /// Begins like one of ours, but a character is wrong, missing or too many.
    Mistyped,
    /// Not one of ours: perhaps a key of an older system, imported.
    Foreign,
}

/// A new secret: `prefix`, 32 random base62 characters, and their CRC-32 in six.
#[must_use]
pub fn generate(prefix: &str, clock: &Clock) -> String {
    let length = prefix.len() + RANDOM_CHARACTERS;
    let mut text = String::with_capacity(length + CHECKSUM_CHARACTERS);
    text.push_str(prefix);
    while text.len() < length {
        let [byte] = clock.random::<1>();
        // 248 = 4 * 62: taking the rest of a larger number would favor some characters.
        if byte < 248 {
            text.push(char::from(BASE62[usize::from(byte % 62)]));
        }
    }
    let checksum = checksum(&text);
    text.push_str(&checksum);
    text
}

/// What a text looks like to somebody who expects a secret of this prefix.
#[must_use]
pub fn form(prefix: &str, text: &str) -> Form {
    if !text.starts_with(prefix) {
        return Form::Foreign;
    }
    let split = prefix.len() + RANDOM_CHARACTERS;
    let is_whole = text.is_ascii() && text.len() == split + CHECKSUM_CHARACTERS;
    if is_whole && checksum(&text[..split]) == text[split..] {
        Form::WellFormed
    } else {
        Form::Mistyped
    }
}

/// The last four characters of a secret long enough to give them away.
#[must_use]
pub fn hint(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() < 16 {
        String::new()
    } else {
        characters[characters.len() - 4..].iter().collect()
    }
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut characters = [b'0'; CHECKSUM_CHARACTERS];
    for character in characters.iter_mut().rev() {
        *character = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    characters.iter().copied().map(char::from).collect()
}

/// The SHA-256 of a secret: looking it up takes the same time whatever was guessed right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub Sha256);

impl KeyHash {
    /// The hash of a secret as it was sent.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::of(text.as_bytes()))
    }
}

/// A hash stands for its key in imports and in the database: no need to see it in a log.
impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(****)")
    }
}
