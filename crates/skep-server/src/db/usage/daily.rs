//! Table `usage_daily`: usage by day, for longer than single rows are kept.

use std::collections::BTreeMap;

use sqlx::QueryBuilder;

use super::DAY_MICROS;
use crate::clock::Timestamp;
use crate::db::row::big;
use crate::db::{DbError, Tx};
use crate::delivery::Way;
use crate::ids::LicenseId;
use crate::usage::{Counted, FileKind};

/// Rows of one statement: 13 columns each. A full one is prepared once.
const CHUNK: usize = 500;

/// What tells a row from others, as in the table's key. Sorted: two nodes that add to the same rows then take them in the
/// same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a> {
    day: i64,
    repository: &'a str,
    package: Option<&'a str>,
    version: Option<&'a str>,
    license: Option<LicenseId>,
    file: FileKind,
    status: u16,
    delivery: Option<Way>,
    client: &'a str,
    ci: bool,
}

impl<'a> Name<'a> {
    fn of(row: &'a Counted) -> Self {
        Self {
            day: row.at.micros().div_euclid(DAY_MICROS),
            repository: &row.repository,
            package: row.package.as_deref(),
            version: row.version.as_deref(),
            license: row.license,
            file: row.file,
            status: row.status,
            delivery: row.delivery,
            client: &row.client,
            ci: row.ci,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Sum {
    requests: u64,
    first_at: Timestamp,
    last_at: Timestamp,
}

fn sums(rows: &[Counted]) -> Vec<(Name<'_>, Sum)> {
    let mut sums: BTreeMap<Name<'_>, Sum> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(Name::of(row)).or_insert(Sum {
            requests: 0,
            first_at: row.at,
            last_at: row.at,
        });
        sum.requests = sum.requests.saturating_add(row.requests);
        sum.first_at = sum.first_at.min(row.at);
        sum.last_at = sum.last_at.max(row.at);
    }
    sums.into_iter().collect()
}

/// Adds counted requests to their days.
pub async fn add(tx: &mut Tx, rows: &[Counted]) -> Result<(), DbError> {
    for chunk in sums(rows).chunks(CHUNK) {
        on_db!(tx, |c| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO usage_daily (day, license_id, repository, package, version, file, status, \
                 delivery, client, ci, requests, first_at, last_at) ",
            );
            insert.push_values(chunk, |mut values, (name, sum)| {
                values.push_bind(name.day);
                values.push_bind(name.license.map_or_else(String::new, |id| id.to_string()));
                values.push_bind(name.repository);
                values.push_bind(name.package.unwrap_or_default());
                values.push_bind(name.version.unwrap_or_default());
                values.push_bind(name.file.as_str());
                values.push_bind(i64::from(name.status));
                values.push_bind(name.delivery.map_or("", Way::as_str));
                values.push_bind(name.client);
                values.push_bind(i64::from(name.ci));
                values.push_bind(big(sum.requests));
                values.push_bind(sum.first_at.micros());
                values.push_bind(sum.last_at.micros());
            });
            // MIN and MAX of two values have different names in the two databases; CASE has not.
            insert.push(
                " ON CONFLICT (day, license_id, repository, package, version, file, status, delivery, client, ci) \
                 DO UPDATE SET requests = usage_daily.requests + excluded.requests, \
                 first_at = CASE WHEN excluded.first_at < usage_daily.first_at \
                 THEN excluded.first_at ELSE usage_daily.first_at END, \
                 last_at = CASE WHEN excluded.last_at > usage_daily.last_at \
                 THEN excluded.last_at ELSE usage_daily.last_at END",
            );
            insert
                .build()
                .persistent(chunk.len() == CHUNK)
                .execute(c)
                .await
                .map(|_| ())
        })?;
    }
    Ok(())
}
