//! Texts inside errors.

/// How many characters of a faulty text an error keeps.
const SHOWN: usize = 80;

/// The text, or its beginning with `…`: an error must not carry a megabyte of input.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_text_is_cut() {
        assert_eq!(shorten("1.0"), "1.0");
        assert_eq!(shorten(&"é".repeat(80)), "é".repeat(80));
        assert_eq!(shorten(&"é".repeat(1000)), format!("{}…", "é".repeat(80)));
    }
}
