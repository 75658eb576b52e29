//! From the spool to the database. A batch, what it says of downloads and of days, and the mark that it
//! has been inserted are one transaction, so each request counts once.

use std::collections::BTreeMap;

use super::Counted;
use super::spool::BatchId;
use crate::clock::{Clock, Timestamp};
use crate::db::downloads::{self, Download};
use crate::db::{Db, DbError, in_tx, keys, usage};
use crate::ids::KeyId;
use crate::licensing::grant::ReleaseName;

/// Inserts a batch, unless it has been before.
///
/// # Errors
/// Nothing of it was inserted.
pub async fn insert(db: &Db, clock: &Clock, id: &BatchId, rows: &[Counted]) -> Result<(), DbError> {
    let (downloaded, used) = (downloads_in(rows), last_use_in(rows));
    in_tx!(db, |tx| {
        if usage::insert_batch(tx, id.as_str(), clock.now()).await? {
            usage::insert(tx, rows).await?;
            downloads::record(tx, &downloaded).await?;
            keys::update_last_used_at(tx, &used).await?;
            // Last: all nodes add to the same rows, and wait for each other from here to the commit.
            usage::add_to_days(tx, rows).await?;
        }
        Ok(())
    })
}

/// What licenses have downloaded, each release once and sorted: two nodes then never wait for each
/// other.
fn downloads_in(rows: &[Counted]) -> Vec<Download> {
    let mut downloads: BTreeMap<_, Download> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_download()) {
        let (Some(license), Some(release)) = (row.license, release_of(row)) else {
            continue;
        };
        let download = downloads
            .entry((license, release.clone()))
            .or_insert_with(|| Download {
                license,
                release,
                first_at: row.at,
                last_at: row.at,
                requests: 0,
            });
        download.first_at = download.first_at.min(row.at);
        download.last_at = download.last_at.max(row.at);
        download.requests += row.requests;
    }
    downloads.into_values().collect()
}

fn release_of(row: &Counted) -> Option<ReleaseName> {
    Some(ReleaseName {
        repository: row.repository.parse().ok()?,
        package: row.package.as_deref()?.parse().ok()?,
        version: row.version.as_deref()?.parse().ok()?,
    })
}

fn last_use_in(rows: &[Counted]) -> Vec<(KeyId, Timestamp)> {
    let mut used = BTreeMap::new();
    for row in rows {
        if let Some(key) = row.key {
            let at = used.entry(key).or_insert(row.at);
            *at = row.at.max(*at);
        }
    }
    used.into_iter().collect()
}
