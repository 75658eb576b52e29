//! Dates as people and programs give them: a day in UTC, or an RFC 3339 moment.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};

use crate::clock::Timestamp;

/// A text is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a date: use a day as 2027-01-31 ({meaning}) or a moment as 2027-01-31T12:00:00Z"
)]
pub struct DateError {
    given: String,
    meaning: &'static str,
}

/// A date that ends something: a day means its last second.
///
/// # Errors
/// Neither form; the sentence shows both.
pub fn parse_end(text: &str) -> Result<Timestamp, DateError> {
    let end_of_day = Time::from_hms(23, 59, 59).expect("a time of day");
    parse(text, end_of_day, "its end, UTC")
}

/// A date that begins something: a day means its first moment.
///
/// # Errors
/// Neither form; the sentence shows both.
pub fn parse_start(text: &str) -> Result<Timestamp, DateError> {
    parse(text, Time::MIDNIGHT, "its beginning, UTC")
}

fn parse(text: &str, time_of_day: Time, meaning: &'static str) -> Result<Timestamp, DateError> {
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(moment.into());
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    day.map(|day| day.with_time(time_of_day).assume_utc().into())
        .map_err(|_| DateError {
            given: text.chars().take(64).collect(),
            meaning,
        })
}
