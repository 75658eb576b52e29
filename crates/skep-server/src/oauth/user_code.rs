//! The code a person carries from one screen to another.

use std::fmt;
use std::str::FromStr;

use crate::clock::Clock;

/// No vowels, which make words, and of characters that look alike (0 O Q D, 1 I L, 2 Z, 5 S, 6 G, 8 B,
/// U V) one at most.
const ALPHABET: &[u8; 20] = b"3479BCFGHJKMNPRTVWXY";
const LENGTH: usize = 8;

/// Eight characters, without a hyphen: mix puts one in, and people may leave it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserCode(String);

/// Nobody was ever given such a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code has 8 characters, as WXYT-4793")]
pub struct NotACode;

impl UserCode {
    /// A new code.
    #[must_use]
    pub fn generate(clock: &Clock) -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let [byte] = clock.random::<1>();
            // 240 = 12 * 20: taking the rest of a larger number would favor some characters.
            if byte < 240 {
                code.push(char::from(ALPHABET[usize::from(byte % 20)]));
            }
        }
        Self(code)
    }

    /// The code, without a hyphen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in two halves, as people read it.
    #[must_use]
    pub fn in_halves(&self) -> String {
        let (first, second) = self.0.split_at(LENGTH / 2);
        format!("{first}-{second}")
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// In any case, with spaces and hyphens anywhere.
impl FromStr for UserCode {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let code: String = text
            .chars()
            .filter(|character| !character.is_whitespace() && *character != '-')
            .map(|character| character.to_ascii_uppercase())
            .take(LENGTH + 1)
            .collect();
        let is_code = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        if is_code {
            Ok(Self(code))
        } else {
            Err(NotACode)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = UserCode::generate(&Clock::system());
        let typed = [
            code.to_string(),
            code.in_halves(),
            code.in_halves().to_lowercase(),
            format!(" {} ", code.in_halves().replace('-', " - ")),
        ];
        for text in typed {
            assert_eq!(text.parse(), Ok(code.clone()), "{text}");
        }
    }

    #[test]
    fn what_nobody_was_given_is_no_code() {
        for text in [
            "",
            "BCFG",
            "BCFGHJKMM",
            "BCFGHJK0",
            "BCFGHJKO",
            "BCFGHJK\u{e9}",
        ] {
            assert_eq!(text.parse::<UserCode>(), Err(NotACode), "{text}");
        }
    }

    #[test]
    fn codes_use_every_character_and_no_look_alikes() {
        let clock = Clock::system();
        let all: String = (0..500)
            .map(|_| UserCode::generate(&clock).to_string())
            .collect();
        assert!(all.bytes().all(|byte| ALPHABET.contains(&byte)));
        assert!(ALPHABET.iter().all(|byte| all.contains(char::from(*byte))));
        assert!(!all.contains(['0', 'O', '1', 'I', 'L', '2', 'Z', '5', 'S', '8', 'U']));
    }
}
