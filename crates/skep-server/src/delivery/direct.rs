//! Which part of a file a client asks for.

use std::ops::Range;

/// What a `Range` header means for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it: there is no such header, or one that we don't know how to answer.
    Whole,
    /// These bytes of it; never empty.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Unsatisfiable,
}

/// Reads `Range: bytes=…` for a file of `size_bytes`. More than one range is answered by the whole
/// file, as RFC 9110 section 14.2 allows.
#[must_use]
pub fn wanted(header: Option<&str>, size_bytes: u64) -> Wanted {
    let Some(ranges) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = ranges.trim().split_once('-') else {
        return Wanted::Whole;
    };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => Wanted::Whole,
        (Some(first), _) if first >= size_bytes => Wanted::Unsatisfiable,
        (Some(first), Some(last)) => Wanted::Part(first..last.saturating_add(1).min(size_bytes)),
        (Some(first), None) if last.is_empty() => Wanted::Part(first..size_bytes),
        (None, Some(0)) if first.is_empty() => Wanted::Unsatisfiable,
        (None, Some(_)) if first.is_empty() && size_bytes == 0 => Wanted::Unsatisfiable,
        (None, Some(suffix)) if first.is_empty() => {
            Wanted::Part(size_bytes.saturating_sub(suffix)..size_bytes)
        }
        _ => Wanted::Whole,
    }
}

fn number(text: &str) -> Option<u64> {
    // `parse` alone would take a leading `+`.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        None
    } else {
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_bytes_of_the_file() {
        let check = |header, expected| assert_eq!(wanted(header, 100), expected, "{header:?}");
        check(None, Wanted::Whole);
        check(Some("bytes=0-9"), Wanted::Part(0..10));
        check(Some("bytes=90-"), Wanted::Part(90..100));
        check(Some("bytes=90-1000"), Wanted::Part(90..100));
        check(Some("bytes=-10"), Wanted::Part(90..100));
        check(Some("bytes=-1000"), Wanted::Part(0..100));
        check(Some("bytes=99-99"), Wanted::Part(99..100));
        check(Some("bytes=100-"), Wanted::Unsatisfiable);
        check(Some("bytes=-0"), Wanted::Unsatisfiable);
        check(Some("bytes=18446744073709551615-"), Wanted::Unsatisfiable);
        check(Some("bytes=0-18446744073709551615"), Wanted::Part(0..100));
    }

    #[test]
    fn what_is_not_one_range_is_the_whole_file() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=9-1",
            "bytes=0-1,5-6",
            "items=0-1",
            "bytes=+1-2",
            "bytes=a-b",
        ] {
            assert_eq!(wanted(Some(header), 100), Wanted::Whole, "{header}");
        }
        assert_eq!(wanted(Some("bytes=-5"), 0), Wanted::Unsatisfiable);
    }
}
