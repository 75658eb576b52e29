//! The header `Authorization`, as clients fill it: raw, `Basic` or `Bearer`. What the texts in it are is
//! for others to find out.

use data_encoding::BASE64;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// What the header says. It holds secrets, so it has no `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authorization<'a> {
    /// There is none, or nothing is in it: an unset secret of a CI job, or Dependabot.
    Nothing,
    /// A text without a scheme; also what follows `Basic` and cannot be decoded. Never empty.
    Raw(&'a str),
    /// What follows `Bearer`. Never empty.
    Bearer(&'a str),
    /// `Basic`. One of them may be empty.
    Basic { user: &'a str, password: &'a str },
}

impl Authorization<'_> {
    /// Gives what these headers say to `read`.
    pub(crate) fn read<T>(headers: &HeaderMap, read: impl FnOnce(Authorization<'_>) -> T) -> T {
        let value = headers.get(AUTHORIZATION);
        let text = String::from_utf8_lossy(value.map_or(b"", |value| value.as_bytes()));
        let text = text.trim();
        let (scheme, rest) = text
            .split_once(' ')
            .map_or((text, ""), |(scheme, rest)| (scheme, rest.trim()));
        if scheme.eq_ignore_ascii_case("basic") {
            read_basic(rest, read)
        } else if scheme.eq_ignore_ascii_case("bearer") {
            read(unless_empty(rest, Authorization::Bearer))
        } else {
            read(unless_empty(text, Authorization::Raw))
        }
    }
}

fn read_basic<T>(encoded: &str, read: impl FnOnce(Authorization<'_>) -> T) -> T {
    let Ok(decoded) = BASE64.decode(encoded.as_bytes()) else {
        return read(Authorization::Raw(encoded));
    };
    let text = String::from_utf8_lossy(&decoded);
    read(match text.split_once(':').unwrap_or((&text, "")) {
        ("", "") => Authorization::Nothing,
        (user, password) => Authorization::Basic { user, password },
    })
}

fn unless_empty<'a>(
    text: &'a str,
    make: impl FnOnce(&'a str) -> Authorization<'a>,
) -> Authorization<'a> {
    match text {
        "" => Authorization::Nothing,
        text => make(text),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(value: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        Authorization::read(&headers, |found| match found {
            Authorization::Nothing => "nothing".to_owned(),
            Authorization::Raw(text) => format!("raw {text}"),
            Authorization::Bearer(text) => format!("bearer {text}"),
            Authorization::Basic { user, password } => format!("basic {user} {password}"),
        })
    }

    #[test]
    fn schemes_are_told_apart_in_any_case_and_with_any_space() {
        assert_eq!(read(" key "), "raw key");
        assert_eq!(read("two words"), "raw two words");
        assert_eq!(read("bearer   token"), "bearer token");
        assert_eq!(read("BEARER token"), "bearer token");
        // me:pass:word, :key, key
        assert_eq!(read("basic bWU6cGFzczp3b3Jk"), "basic me pass:word");
        assert_eq!(read("Basic OmtleQ=="), "basic  key");
        assert_eq!(read("Basic a2V5"), "basic key ");
        assert_eq!(read("Basic no-base64"), "raw no-base64");
    }

    #[test]
    fn an_empty_header_says_nothing() {
        for value in [
            "",
            " ",
            "Basic",
            "Basic ",
            "Bearer",
            "bearer  ",
            "Basic Og==",
        ] {
            assert_eq!(read(value), "nothing", "{value:?}");
        }
        let is_nothing = |found: Authorization<'_>| matches!(found, Authorization::Nothing);
        assert!(Authorization::read(&HeaderMap::new(), is_nothing));
    }
}
