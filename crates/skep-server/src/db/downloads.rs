//! Table `downloads`: which releases each license ever fetched. Narrowing a license keeps them for
//! it, and deleting one of them names who has it.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::QueryBuilder;

use crate::clock::Timestamp;
use crate::db::grants::release_name;
use crate::db::row::{At, big, time};
use crate::db::{Conn, DbError, Tx, grants, licenses, usage};
use crate::ids::LicenseId;
use crate::licensing::grant::{Grant, Origin, ReleaseName};

/// A node that has not noticed a change yet serves what was to be had before, for so many seconds.
const LATE_SECONDS: i64 = 4;
/// Rows of one statement. A full one is prepared once.
const CHUNK: usize = 500;

/// A release that a license fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Download {
    /// Who.
    pub license: LicenseId,
    /// What.
    #[serde(flatten)]
    pub release: ReleaseName,
    /// First.
    pub first_at: Timestamp,
    /// Last.
    pub last_at: Timestamp,
    /// How often.
    pub requests: u64,
}

row! {
    struct DownloadRow {
        license_id: String, repository: String, package: String, version: String, first_at: i64,
        last_at: i64, requests: i64,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT license_id, repository, package, version, first_at, last_at, requests FROM downloads", $rest)
    };
}

impl TryFrom<DownloadRow> for Download {
    type Error = DbError;
    fn try_from(row: DownloadRow) -> Result<Self, DbError> {
        let at = At {
            table: "downloads",
            id: &row.license_id,
        };
        Ok(Self {
            license: at.parse(&row.license_id)?,
            release: release_name(at, &row.repository, &row.package, &row.version)?,
            first_at: Timestamp::from_micros(row.first_at),
            last_at: Timestamp::from_micros(row.last_at),
            requests: at.number("requests", row.requests)?,
        })
    }
}

/// What a license fetched, sorted by name.
pub async fn list_by_license(
    conn: &mut Conn,
    license: LicenseId,
) -> Result<Vec<Download>, DbError> {
    let rows = fetch_all!(
        conn,
        DownloadRow,
        select!(" WHERE license_id = $1"),
        license.to_string()
    )?;
    let mut downloads = rows
        .into_iter()
        .map(Download::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    downloads.sort_by(|a, b| a.release.cmp(&b.release));
    Ok(downloads)
}

/// Who downloaded a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Downloader {
    /// The license.
    pub license: LicenseId,
    /// Its customer's address.
    pub customer_email: String,
    /// When last.
    pub last_at: Timestamp,
}

/// Who downloaded a release, the last one first.
pub async fn list_downloaders(
    conn: &mut Conn,
    release: &ReleaseName,
) -> Result<Vec<Downloader>, DbError> {
    let sql = "SELECT downloads.license_id, customers.email, downloads.last_at FROM downloads \
               JOIN licenses ON licenses.id = downloads.license_id \
               JOIN customers ON customers.id = licenses.customer_id \
               WHERE downloads.repository = $1 AND downloads.package = $2 AND downloads.version = $3 \
               ORDER BY downloads.last_at DESC, downloads.license_id";
    let (repository, package) = (release.repository.as_str(), release.package.as_str());
    let rows = fetch_all!(
        conn,
        (String, String, i64),
        sql,
        repository,
        package,
        release.version.to_string()
    )?;
    let downloader = |(license, customer_email, last_at): (String, String, i64)| {
        let license = At {
            table: "downloads",
            id: &license,
        }
        .parse(&license)?;
        Ok(Downloader {
            license,
            customer_email,
            last_at: Timestamp::from_micros(last_at),
        })
    };
    rows.into_iter().map(downloader).collect()
}

/// How often the releases of each package of a repository were fetched, by name.
pub async fn count_by_package(
    conn: &mut Conn,
    repository: &str,
) -> Result<Vec<(String, i64)>, DbError> {
    let sql = "SELECT package, CAST(SUM(requests) AS BIGINT) FROM downloads WHERE repository = $1 GROUP BY package";
    fetch_all!(conn, (String, i64), sql, repository)
}

/// How often each release of a package was fetched, by version.
pub async fn count_by_version(
    conn: &mut Conn,
    repository: &str,
    package: &str,
) -> Result<Vec<(String, i64)>, DbError> {
    let sql = "SELECT version, CAST(SUM(requests) AS BIGINT) FROM downloads \
               WHERE repository = $1 AND package = $2 GROUP BY version";
    fetch_all!(conn, (String, i64), sql, repository, package)
}

/// How often licenses fetched the tarballs of a package on a day (UTC) and the six before, and on the day
/// alone, as far as usage is kept. What users fetch with keys of their own is no download, here as in the
/// table.
pub async fn count_week(
    conn: &mut Conn,
    (repository, package): (&str, &str),
    day: Timestamp,
) -> Result<(i64, i64), DbError> {
    // Single days: so the table's key finds the package in each.
    let sql = "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT), \
               CAST(COALESCE(SUM(CASE WHEN day = $1 THEN requests END), 0) AS BIGINT) FROM usage_daily \
               WHERE day IN ($1, $1 - 1, $1 - 2, $1 - 3, $1 - 4, $1 - 5, $1 - 6) \
               AND repository = $2 AND package = $3 AND file = 'tarball' AND status IN (200, 302) \
               AND license_id <> ''";
    let day = day.micros().div_euclid(usage::DAY_MICROS);
    fetch_one!(conn, (i64, i64), sql, day, repository, package)
}

/// The releases that a license fetched with their dates, sorted by name. Those without a date are not
/// there anymore, or are in a prebuilt repository.
pub async fn list_dated(
    conn: &mut Conn,
    license: LicenseId,
) -> Result<Vec<(ReleaseName, Option<Timestamp>)>, DbError> {
    let sql = "SELECT downloads.repository, downloads.package, downloads.version, releases.published_at \
               FROM downloads \
               LEFT JOIN packages ON packages.repository = downloads.repository AND packages.name = downloads.package \
               LEFT JOIN releases ON releases.package_id = packages.id AND releases.version = downloads.version \
               WHERE downloads.license_id = $1";
    let id = license.to_string();
    let at = At {
        table: "downloads",
        id: &id,
    };
    type Row = (String, String, String, Option<i64>);
    let dated = |(repository, package, version, published_at): Row| {
        Ok((
            release_name(at, &repository, &package, &version)?,
            time(published_at),
        ))
    };
    let rows = fetch_all!(conn, Row, sql, &id)?;
    let mut dated = rows
        .into_iter()
        .map(dated)
        .collect::<Result<Vec<_>, DbError>>()?;
    dated.sort();
    Ok(dated)
}

/// Adds downloads to what is known. One from before its license was narrowed, that arrives only now,
/// becomes a grant: had it been known then, it would be one. What licenses that are gone fetched is
/// left out.
pub async fn record(tx: &mut Tx, downloads: &[Download]) -> Result<(), DbError> {
    let mut ids: Vec<LicenseId> = downloads.iter().map(|download| download.license).collect();
    ids.sort();
    ids.dedup();
    // Whoever narrows a license holds the same lock: either it sees these rows, or they see it.
    licenses::lock(tx, &ids).await?;
    let narrowed_at = licenses::list_narrowed_at(tx, &ids).await?;
    let mut downloads = merged(downloads);
    downloads.retain(|download| narrowed_at.contains_key(&download.license));
    for download in &downloads {
        let Some(narrowed_at) = narrowed_at[&download.license] else {
            continue;
        };
        if download.first_at <= narrowed_at.plus_seconds(LATE_SECONDS)
            && !is_known(tx, download).await?
        {
            let (release, granted_at) = (download.release.clone(), download.first_at);
            let grant = Grant {
                release,
                granted_at,
                origin: Origin::Narrowing,
            };
            grants::insert(tx, download.license, &grant).await?;
        }
    }
    upsert(tx, &downloads).await
}

async fn is_known(conn: &mut Conn, download: &Download) -> Result<bool, DbError> {
    let sql = "SELECT requests FROM downloads \
               WHERE license_id = $1 AND repository = $2 AND package = $3 AND version = $4";
    let name = &download.release;
    let (license, version) = (download.license.to_string(), name.version.to_string());
    let row = fetch_optional!(
        conn,
        (i64,),
        sql,
        license,
        name.repository.as_str(),
        name.package.as_str(),
        version
    )?;
    Ok(row.is_some())
}

async fn upsert(tx: &mut Tx, downloads: &[Download]) -> Result<(), DbError> {
    for chunk in downloads.chunks(CHUNK) {
        on_db!(tx, |c| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO downloads (license_id, repository, package, version, first_at, last_at, requests) ",
            );
            insert.push_values(chunk, |mut row, download| {
                row.push_bind(download.license.to_string())
                    .push_bind(download.release.repository.as_str())
                    .push_bind(download.release.package.as_str())
                    .push_bind(download.release.version.to_string())
                    .push_bind(download.first_at.micros())
                    .push_bind(download.last_at.micros())
                    .push_bind(big(download.requests));
            });
            // MIN and MAX of two values have different names in the two databases; CASE has not.
            insert.push(
                " ON CONFLICT (license_id, repository, package, version) DO UPDATE SET \
                 first_at = CASE WHEN excluded.first_at < downloads.first_at THEN excluded.first_at \
                 ELSE downloads.first_at END, \
                 last_at = CASE WHEN excluded.last_at > downloads.last_at THEN excluded.last_at \
                 ELSE downloads.last_at END, \
                 requests = downloads.requests + excluded.requests",
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

/// PostgreSQL refuses a statement that inserts or updates one row twice.
fn merged(downloads: &[Download]) -> Vec<Download> {
    let mut merged: BTreeMap<(LicenseId, String), Download> = BTreeMap::new();
    for download in downloads {
        // By text, as the table's key: versions that differ only in their build are equal.
        let name = format!("{} {}", download.release.repository, download.release);
        merged
            .entry((download.license, name))
            .and_modify(|known| {
                known.first_at = known.first_at.min(download.first_at);
                known.last_at = known.last_at.max(download.last_at);
                known.requests = known.requests.saturating_add(download.requests);
            })
            .or_insert_with(|| download.clone());
    }
    merged.into_values().collect()
}
