//! Dates as people type them: a day, which means its end in UTC, or an RFC 3339 moment.

use skep_server::clock::Timestamp;
use skep_server::licensing::dates;

/// Parses a `DATE` argument that ends something.
///
/// # Errors
/// A sentence that shows both forms.
pub(crate) fn parse_date(text: &str) -> Result<Timestamp, String> {
    dates::parse_end(text).map_err(|error| error.to_string())
}

/// Parses a `DATE` argument that begins something: a day means its first moment.
///
/// # Errors
/// A sentence that shows both forms.
pub(crate) fn parse_start(text: &str) -> Result<Timestamp, String> {
    dates::parse_start(text).map_err(|error| error.to_string())
}

/// A date, or none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateOrNever {
    /// Until then.
    Date(Timestamp),
    /// Without an end.
    Never,
}

/// Parses a `DATE` argument that may also be `never`.
///
/// # Errors
/// A sentence that shows all forms.
pub(crate) fn parse_date_or_never(text: &str) -> Result<DateOrNever, String> {
    if text == "never" {
        return Ok(DateOrNever::Never);
    }
    parse_date(text)
        .map(DateOrNever::Date)
        .map_err(|error| format!("{error}, or `never`"))
}

/// Parses how long something overlaps, into seconds: `7d`, `12h`, `30m`, `0`.
///
/// # Errors
/// A sentence that shows the forms.
pub(crate) fn parse_overlap(text: &str) -> Result<u32, String> {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let parsed = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)));
    let (number, seconds) = match parsed {
        Some(parsed) => parsed,
        None if text == "0" => ("0", 1),
        None => ("", 1),
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let length = number.parse::<u32>().ok().filter(|_| is_number);
    length
        .and_then(|length| length.checked_mul(seconds))
        .ok_or_else(|| format!("`{text}` is not a length of time: use 7d, 12h, 30m or 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end() {
        let at = parse_date("2027-01-31").unwrap();
        assert_eq!(at.to_string(), "2027-01-31T23:59:59Z");
    }

    #[test]
    fn a_first_day_means_its_beginning() {
        let at = parse_start("2027-01-31").unwrap();
        assert_eq!(at.to_string(), "2027-01-31T00:00:00Z");
    }

    #[test]
    fn a_moment_is_taken_as_it_is() {
        for parse in [parse_date, parse_start] {
            let at = parse("2027-01-31T12:00:00+02:00").unwrap();
            assert_eq!(at.to_string(), "2027-01-31T10:00:00Z");
        }
    }

    #[test]
    fn anything_else_is_shown_with_what_would_do() {
        for text in ["", "tomorrow", "2027-02-30", "31.01.2027", "2027-1-1"] {
            let error = parse_date(text).unwrap_err();
            assert!(
                error.contains(&format!("`{text}`")) && error.contains("2027-01-31"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_end_can_be_never() {
        assert_eq!(parse_date_or_never("never"), Ok(DateOrNever::Never));
        let error = parse_date_or_never("none").unwrap_err();
        assert!(error.contains("`never`"), "{error}");
    }

    #[test]
    fn an_overlap_has_a_unit() {
        let check = |text, seconds| assert_eq!(parse_overlap(text), Ok(seconds));
        check("7d", 604_800);
        check("12h", 43_200);
        check("30m", 1_800);
        check("0", 0);
        for text in [
            "",
            "7",
            "d",
            "-1d",
            "1.5h",
            "7 d",
            "7ü",
            "+7d",
            "99999d",
            "99999999999d",
        ] {
            assert!(
                parse_overlap(text).unwrap_err().contains("7d, 12h"),
                "{text}"
            );
        }
    }
}
