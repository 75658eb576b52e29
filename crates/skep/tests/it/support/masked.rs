//! What differs from run to run, replaced by what it is: ids, keys, checksums, times.

use skep_server::clock::Clock;

/// Replaces each literal text, then everything that looks like an id, a key, a checksum or a time.
pub(crate) fn masked(text: &str, literals: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in literals {
        text = text.replace(from, to);
    }
    text = public_keys(&text);
    // Dates that a test gives are not today's.
    let now = Clock::system().now();
    text = text.replace(&now.date(), "[TODAY]");
    text = text.replace(&now.plus_days(1).date(), "[TOMORROW]");
    let mut masked = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(next) = rest.chars().next() {
        let (length, mask) = token(rest).unwrap_or((next.len_utf8(), ""));
        masked.push_str(if mask.is_empty() {
            &rest[..length]
        } else {
            mask
        });
        rest = &rest[length..];
    }
    masked
}

fn public_keys(text: &str) -> String {
    let (begin, end) = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----");
    let mut parts = text.split(begin);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("[PUBLIC KEY]");
        masked.push_str(part.split_once(end).map_or("", |(_, after)| after));
    }
    masked
}

/// What stands at the beginning of a text: its length and its mask.
fn token(text: &str) -> Option<(usize, &'static str)> {
    const PREFIXED: [(&str, usize, &str); 12] = [
        ("aud_", 26, "[ENTRY]"),
        ("usr_", 26, "[USER]"),
        ("apk_", 26, "[API KEY ID]"),
        ("ska_", 38, "[API KEY]"),
        ("lic_", 26, "[LICENSE]"),
        ("key_", 26, "[KEY ID]"),
        ("cus_", 26, "[CUSTOMER]"),
        ("prd_", 26, "[PRODUCT]"),
        ("pkg_", 26, "[PACKAGE]"),
        ("skl_", 38, "[KEY]"),
        ("SHA256:", 43, "[FINGERPRINT]"),
        ("…", 4, "…[HINT]"),
    ];
    for (prefix, length, mask) in PREFIXED {
        if let Some(rest) = text.strip_prefix(prefix) {
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
            if rest.bytes().take_while(is_word).count() == length {
                return Some((prefix.len() + length, mask));
            }
        }
    }
    let digits = text.bytes().take_while(u8::is_ascii_hexdigit).count();
    if digits == 64 {
        return Some((digits, "[CHECKSUM]"));
    }
    if is_code(text) {
        return Some((CODE_LENGTH, "[CODE]"));
    }
    let day = ["[TODAY]", "[TOMORROW]"];
    let mask = ["[NOW]", "[A DAY FROM NOW]"];
    let days = day.into_iter().zip(mask);
    days.into_iter().find_map(|(day, mask)| {
        let length = time(text.strip_prefix(day)?)?;
        Some((day.len() + length, mask))
    })
}

/// Six groups of four letters and digits.
const CODE_LENGTH: usize = 29;

fn is_code(text: &str) -> bool {
    let is_fine = |(index, byte): (usize, u8)| match index % 5 {
        4 => byte == b'-',
        _ => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
    };
    let code = text.as_bytes().get(..CODE_LENGTH);
    code.is_some_and(|code| code.iter().copied().enumerate().all(is_fine))
}

/// `T12:00:00.123Z` or ` 12:00`: its length.
fn time(text: &str) -> Option<usize> {
    let rest = text.strip_prefix([' ', 'T'])?;
    let is_clock = rest.as_bytes().get(2) == Some(&b':');
    let length = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'Z'))
        .count();
    is_clock.then_some(length + 1)
}
