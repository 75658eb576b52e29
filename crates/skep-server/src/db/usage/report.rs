//! Adding usage up: what was asked for, and which of the two tables can answer it.

mod row;
mod statement;

use sqlx::QueryBuilder;

pub use row::UsageRow;

use super::kept::{Kept, Spans};
use crate::clock::Timestamp;
use crate::db::row::Read;
use crate::db::{Conn, DbError};
use row::Row;

/// What to add up, and by what. A text that is `None` does not restrict anything.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// From this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Of this license.
    pub license: Option<String>,
    /// Of this customer, by id or email.
    pub customer: Option<String>,
    /// Of this repository.
    pub repository: Option<String>,
    /// Of this package.
    pub package: Option<String>,
    /// Of this kind of file.
    pub file: Option<&'static str>,
    /// Only requests that got an error, or only those that did not.
    pub refused: Option<bool>,
    /// A column for each day in UTC.
    pub by_day: bool,
    /// A column for each customer.
    pub by_customer: bool,
    /// A column for each license.
    pub by_license: bool,
    /// A column for each license key.
    pub by_key: bool,
    /// A column for each repository and package.
    pub by_package: bool,
    /// A column for each version.
    pub by_version: bool,
    /// A column for each kind of file.
    pub by_file: bool,
    /// A column for each answer.
    pub by_status: bool,
    /// A column for each way of delivery.
    pub by_delivery: bool,
    /// A column for each address or network, as far as they are recorded.
    pub by_address: bool,
    /// A column for each client.
    pub by_client: bool,
    /// Columns for the versions of client, Elixir and OTP, and for CI.
    pub by_client_version: bool,
    /// A column for CI.
    pub by_ci: bool,
    /// The most rows.
    pub limit: u32,
}

impl Asked {
    /// Whether only single rows know it, which are kept for less long than days.
    #[must_use]
    pub const fn needs_rows(&self) -> bool {
        self.by_key || self.by_address || self.by_client_version
    }

    fn spans(&self, kept: Kept) -> Spans {
        if self.needs_rows() {
            Spans::of_rows(self.since, self.until, kept)
        } else {
            Spans::of_days(self.since, self.until, kept)
        }
    }
}

/// Usage, added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Days first, then whoever has most requests.
    pub rows: Vec<UsageRow>,
    /// More was asked for, and this much of it is kept: from this moment on.
    pub known_since: Option<Timestamp>,
    /// The first or the last day is in as a whole, though a part of it was asked for: no more is known
    /// of it anymore.
    pub has_whole_days: bool,
}

/// Adds up what was asked for.
pub async fn report(conn: &mut Conn, asked: &Asked) -> Result<Report, DbError> {
    let spans = asked.spans(Kept::read(conn).await?);
    let rows = if spans.days.is_empty() && spans.moments.is_empty() {
        Vec::new()
    } else {
        on_db!(conn, |c| {
            let mut query = QueryBuilder::new("");
            statement::push(&mut query, asked, &spans);
            let query = query.build_query_as::<Read<Row>>();
            query.persistent(false).fetch_all(c).await
        })?
    };
    let rows = rows.into_iter().map(|Read(row)| row.try_into());
    Ok(Report {
        rows: rows.collect::<Result<_, _>>()?,
        known_since: spans.known_since,
        has_whole_days: spans.has_whole_days,
    })
}
