//! What a name, a label, a note or an external id may consist of.

use crate::ids::LicenseId;

/// The longest name of a customer, label of a key or external id, in characters.
pub const LONGEST_LINE: usize = 255;
/// The longest notes, in characters.
pub const LONGEST_NOTES: usize = 10_000;

/// Why a text is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too long.
    #[error("the {what} has `{length}` characters: at most {most}")]
    TooLong {
        /// What it is: `name`, `notes`, …
        what: &'static str,
        /// Its characters.
        length: usize,
        /// What is taken.
        most: usize,
    },
    /// Nobody could read it.
    #[error("the {0} has a control character in it: use letters, digits, punctuation and spaces")]
    Control(&'static str),
    /// Nothing.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// The license could not be found by it.
    #[error("the external id `{0}` looks like the id of a license: use another one")]
    LooksLikeId(String),
}

impl TextError {
    /// What the text is: `name`, `label`, `notes`, `external id`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::TooLong { what, .. } | Self::Control(what) | Self::Empty(what) => what,
            Self::LooksLikeId(_) => "external id",
        }
    }
}

/// Checks a text of one line.
///
/// # Errors
/// Too long, or a control character.
pub fn check_line(what: &'static str, text: &str) -> Result<(), TextError> {
    check(what, text, LONGEST_LINE, |_| false)
}

/// Checks notes, which may have several lines.
///
/// # Errors
/// Too long, or another control character.
pub fn check_notes(text: &str) -> Result<(), TextError> {
    check("notes", text, LONGEST_NOTES, |c| {
        matches!(c, '\n' | '\r' | '\t')
    })
}

/// Checks the seller's own name for a license.
///
/// # Errors
/// Empty, too long, a control character, or like an id of ours.
pub fn check_external_id(text: &str) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty("external id"));
    }
    check_line("external id", text)?;
    if text.parse::<LicenseId>().is_ok() {
        return Err(TextError::LooksLikeId(text.to_owned()));
    }
    Ok(())
}

fn check(
    what: &'static str,
    text: &str,
    most: usize,
    is_fine: impl Fn(char) -> bool,
) -> Result<(), TextError> {
    let length = text.chars().count();
    if length > most {
        return Err(TextError::TooLong { what, length, most });
    }
    if text.chars().any(|c| c.is_control() && !is_fine(c)) {
        return Err(TextError::Control(what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn texts_have_a_length_and_no_control_characters() {
        assert_eq!(check_line("name", "Jo Müller 🐝"), Ok(()));
        assert_eq!(check_line("name", "a\0b"), Err(TextError::Control("name")));
        assert!(check_line("name", "a\nb").is_err());
        assert_eq!(check_notes("a\n\tb"), Ok(()));
        assert!(check_notes("a\u{7}").is_err());
        let long = "é".repeat(256);
        let error = check_line("label", &long).unwrap_err().to_string();
        assert_eq!(error, "the label has `256` characters: at most 255");
        assert_eq!(check_line("label", &long[2..]), Ok(()));
    }

    #[test]
    fn an_external_id_is_not_an_id_of_ours() {
        assert_eq!(check_external_id("order/17 #3"), Ok(()));
        assert!(check_external_id("").is_err());
        let id = LicenseId::new(&Clock::system()).to_string();
        assert_eq!(check_external_id(&id), Err(TextError::LooksLikeId(id)));
    }
}
