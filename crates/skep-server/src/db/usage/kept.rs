//! How far back usage is kept, and what of it answers a question: days where those will do, single
//! rows for the rest of the first and the last one.

use std::ops::Range;

use super::DAY_MICROS;
use crate::clock::Timestamp;
use crate::db::{Conn, DbError, Tx, settings};
use crate::usage::WINDOW_SECONDS;

const WINDOW_MICROS: i64 = WINDOW_SECONDS * 1_000_000;
const ROWS_FROM: &str = "usage_rows_from";
const DAYS_FROM: &str = "usage_days_from";

/// From when on usage is whole. `None`: nothing was ever deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Single rows; the beginning of a day in UTC.
    pub(crate) rows_from: Option<Timestamp>,
    /// Days.
    pub(crate) days_from: Option<Timestamp>,
}

impl Kept {
    /// What is noted in the database.
    pub(crate) async fn read(conn: &mut Conn) -> Result<Self, DbError> {
        Ok(Self {
            rows_from: moment(conn, ROWS_FROM).await?,
            days_from: moment(conn, DAYS_FROM).await?,
        })
    }
}

async fn moment(conn: &mut Conn, name: &str) -> Result<Option<Timestamp>, DbError> {
    let text = settings::find(conn, name).await?;
    Ok(text
        .and_then(|text| text.parse().ok())
        .map(Timestamp::from_micros))
}

/// Notes that single rows from before a moment are about to be deleted.
pub(super) async fn rows_go_before(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    go_before(tx, ROWS_FROM, before).await
}

/// Notes that days from before a moment are about to be deleted.
pub(super) async fn days_go_before(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    go_before(tx, DAYS_FROM, before).await
}

// A node with a longer retention must not say that what another one deleted is there.
async fn go_before(tx: &mut Tx, name: &str, before: Timestamp) -> Result<(), DbError> {
    if moment(tx, name).await?.is_some_and(|known| known >= before) {
        return Ok(());
    }
    settings::upsert(tx, name, &before.micros().to_string()).await
}

/// What answers a question about a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spans {
    /// Days since 1970-01-01, from `usage_daily`.
    pub(crate) days: Range<i64>,
    /// Microseconds, from `usage`.
    pub(crate) moments: Vec<Range<i64>>,
    /// The period begins before this, and what is left of that time is not all.
    pub(crate) known_since: Option<Timestamp>,
    /// A day of which only a part was asked for is in as a whole: its rows are gone.
    pub(crate) has_whole_days: bool,
}

impl Spans {
    /// For what only single rows know.
    pub(crate) fn of_rows(since: Option<Timestamp>, until: Option<Timestamp>, kept: Kept) -> Self {
        let (since, until) = bounds(since, until);
        Self {
            moments: std::iter::once(since..until).collect(),
            known_since: missing(kept.rows_from, since),
            ..Self::default()
        }
    }

    /// For what days know as well.
    pub(crate) fn of_days(since: Option<Timestamp>, until: Option<Timestamp>, kept: Kept) -> Self {
        let (since, until) = bounds(since, until);
        let mut spans = Self {
            known_since: missing(kept.days_from, since),
            ..Self::default()
        };
        if since >= until {
            return spans;
        }
        let rows_from = kept.rows_from.map_or(i64::MIN, Timestamp::micros);
        let (first, last) = (
            since.div_euclid(DAY_MICROS),
            (until - 1).div_euclid(DAY_MICROS),
        );
        let begin = |day: i64| day.saturating_mul(DAY_MICROS);
        spans.days = first..last + 1;
        // The end first: when both are in one day, the other one has nothing left to do.
        if until != i64::MAX && until < begin(last + 1) {
            if begin(last) >= rows_from {
                spans.days.end = last;
                spans.moments.push(begin(last).max(since)..until);
            } else {
                spans.has_whole_days = true;
            }
        }
        if since != i64::MIN && since > begin(first) && !spans.days.is_empty() {
            if begin(first) >= rows_from {
                spans.days.start = first + 1;
                spans.moments.push(since..begin(first + 1));
            } else {
                spans.has_whole_days = true;
            }
        }
        spans
    }
}

/// The moments of rows that a period holds: they are multiples of a window.
fn bounds(since: Option<Timestamp>, until: Option<Timestamp>) -> (i64, i64) {
    let up = |at: Timestamp| {
        let over = at.micros().rem_euclid(WINDOW_MICROS);
        let missing = if over == 0 { 0 } else { WINDOW_MICROS - over };
        at.micros().saturating_add(missing)
    };
    (since.map_or(i64::MIN, up), until.map_or(i64::MAX, up))
}

fn missing(from: Option<Timestamp>, since: i64) -> Option<Timestamp> {
    from.filter(|from| since < from.micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment: a day and an hour of it.
    fn at(day: i64, hours: i64) -> Timestamp {
        Timestamp::from_seconds(day * 86_400 + hours * 3_600)
    }

    fn spans(since: Option<Timestamp>, until: Option<Timestamp>, rows_from: i64) -> Spans {
        let kept = Kept {
            rows_from: Some(at(rows_from, 0)),
            days_from: None,
        };
        Spans::of_days(since, until, kept)
    }

    fn rows(from: Timestamp, to: Timestamp) -> Range<i64> {
        from.micros()..to.micros()
    }

    #[test]
    fn whole_days_need_no_rows() {
        for until in [at(12, 0), at(12, 0).plus_seconds(-1)] {
            let spans = spans(Some(at(10, 0)), Some(until), 20);
            assert_eq!((spans.days, spans.moments.len()), (10..12, 0));
            assert!(!spans.has_whole_days);
        }
        let all = spans(None, None, 20);
        assert!(all.days.contains(&-100_000) && all.days.contains(&1_000_000));
        assert!(all.moments.is_empty() && !all.has_whole_days);
    }

    #[test]
    fn parts_of_days_come_from_rows_while_they_are_there() {
        let asked = (Some(at(10, 6)), Some(at(12, 18)));
        let kept = spans(asked.0, asked.1, 10);
        assert_eq!(kept.days, 11..12);
        let expected = [rows(at(12, 0), at(12, 18)), rows(at(10, 6), at(11, 0))];
        assert_eq!(kept.moments, expected);
        let half = spans(asked.0, asked.1, 11);
        assert_eq!((half.days, half.moments.len()), (10..12, 1));
        assert!(half.has_whole_days && !kept.has_whole_days);
        let gone = spans(asked.0, asked.1, 20);
        assert_eq!((gone.days, gone.moments.len()), (10..13, 0));
    }

    #[test]
    fn a_part_of_one_day_is_one_span() {
        let asked = (Some(at(10, 6)), Some(at(10, 18)));
        let kept = spans(asked.0, asked.1, 10);
        assert!(kept.days.is_empty());
        assert_eq!(kept.moments, [rows(at(10, 6), at(10, 18))]);
        let gone = spans(asked.0, asked.1, 11);
        assert_eq!((gone.days, gone.moments.len()), (10..11, 0));
        assert!(gone.has_whole_days);
        let nothing = spans(asked.1, asked.0, 10);
        assert!(nothing.days.is_empty() && nothing.moments.is_empty());
    }

    #[test]
    fn rows_alone_say_since_when_they_are_known() {
        let kept = Kept {
            rows_from: Some(at(10, 0)),
            days_from: Some(at(3, 0)),
        };
        let since = |day| Spans::of_rows(Some(at(day, 0)), None, kept).known_since;
        assert_eq!((since(9), since(10)), (kept.rows_from, None));
        assert_eq!(Spans::of_rows(None, None, kept).known_since, kept.rows_from);
        let days = |day| Spans::of_days(Some(at(day, 0)), None, kept).known_since;
        assert_eq!((days(2), days(3)), (kept.days_from, None));
    }
}
