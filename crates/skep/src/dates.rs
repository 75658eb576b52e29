//! Dates as people type them: a day, which means its end in UTC, or an RFC 3339 moment.

use skep_server::clock::Timestamp;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};

/// Parses a `DATE` argument.
///
/// # Errors
/// A sentence that shows both forms.
pub(crate) fn parse_date(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(moment.into());
    }
    let end_of_day = Time::from_hms(23, 59, 59).expect("a time of day");
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map(|day| day.with_time(end_of_day).assume_utc().into())
        .map_err(|_| format!("`{text}` is not a date: use a day as 2027-01-31 (its end, UTC) or a moment as 2027-01-31T12:00:00Z"))
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
    fn a_moment_is_taken_as_it_is() {
        let at = parse_date("2027-01-31T12:00:00+02:00").unwrap();
        assert_eq!(at.to_string(), "2027-01-31T10:00:00Z");
    }

    #[test]
    fn anything_else_is_shown_with_what_would_do() {
        for text in ["", "tomorrow", "2027-02-30", "31.01.2027", "2027-1-1"] {
            let error = parse_date(text).unwrap_err();
            assert!(error.contains(&format!("`{text}`")) && error.contains("2027-01-31"), "{error}");
        }
    }
}
