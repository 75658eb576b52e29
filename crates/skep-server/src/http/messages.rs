//! `x-hex-message`: a line that mix prints beside whatever else it does.

use http::HeaderValue;

/// The header's name.
pub(crate) const HEADER: &str = "x-hex-message";

/// A header longer than this is refused by some proxies.
const LONGEST_TEXT: usize = 900;

/// How mix prints a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// `API warning: …`
    Warn,
    /// `API error: …`
    Fatal,
}

/// A message as a header: begins with a double quote (else Hex hangs), has none inside (the text
/// would end there), and is ASCII on one line.
pub(crate) fn header(text: &str, level: Level) -> HeaderValue {
    let mut value = String::with_capacity(text.len() + 16);
    value.push('"');
    value.extend(
        text.chars()
            .take(LONGEST_TEXT)
            .map(|character| match character {
                '"' => '\'',
                ' '..='~' => character,
                _ if character.is_whitespace() => ' ',
                _ => '?',
            }),
    );
    value.push_str(match level {
        Level::Warn => "\";level=warn",
        Level::Fatal => "\";level=fatal",
    });
    HeaderValue::try_from(value).expect("visible ASCII and spaces are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_can_be_read_by_hex() {
        let value = header("caf\u{e9} \"ends\"\r\nsoon", Level::Warn);
        assert_eq!(value.to_str().unwrap(), "\"caf? 'ends'  soon\";level=warn");
        assert!(header(&"x".repeat(5_000), Level::Fatal).len() < 1_000);
    }
}
