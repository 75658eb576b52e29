//! The feed: which of the things that nodes hold in memory changed, in order. A transaction takes
//! its revision as its last statement, and the counter's row stays locked until it is committed;
//! so no revision can become visible before a smaller one.

use std::collections::BTreeSet;

use sqlx::QueryBuilder;

use crate::db::{Conn, Db, DbError, Driver};
use crate::ids::{ApiKeyId, KeyId, LicenseId, PackageId, ProductId, TokenGrantId, UserId};

/// How many revisions are kept; a node further behind than that loads everything.
const KEPT_REVISIONS: i64 = 10_000;

/// Something that nodes hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// A package with its releases.
    Package(PackageId),
    /// A product.
    Product(ProductId),
    /// A license with its products and grants.
    License(LicenseId),
    /// A license key.
    Key(KeyId),
    /// A user.
    User(UserId),
    /// A user's API key.
    ApiKey(ApiKeyId),
    /// A login whose tokens are refused.
    Revocation(TokenGrantId),
}

impl Change {
    fn kind(&self) -> &'static str {
        match self {
            Self::Package(_) => "package",
            Self::Product(_) => "product",
            Self::License(_) => "license",
            Self::Key(_) => "key",
            Self::User(_) => "user",
            Self::ApiKey(_) => "api_key",
            Self::Revocation(_) => "revocation",
        }
    }

    fn id(&self) -> String {
        match self {
            Self::Package(id) => id.to_string(),
            Self::Product(id) => id.to_string(),
            Self::License(id) => id.to_string(),
            Self::Key(id) => id.to_string(),
            Self::User(id) => id.to_string(),
            Self::ApiKey(id) => id.to_string(),
            Self::Revocation(id) => id.to_string(),
        }
    }

    fn parse(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "package" => id.parse().ok().map(Self::Package),
            "product" => id.parse().ok().map(Self::Product),
            "license" => id.parse().ok().map(Self::License),
            "key" => id.parse().ok().map(Self::Key),
            "user" => id.parse().ok().map(Self::User),
            "api_key" => id.parse().ok().map(Self::ApiKey),
            "revocation" => id.parse().ok().map(Self::Revocation),
            _ => None,
        }
    }
}

/// What happened after a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Another one than before: the data was restored or copied, nothing known of it counts.
    pub epoch: String,
    /// The last revision.
    pub revision: i64,
    /// What changed, each once; `None` when the feed does not reach back that far (or has something
    /// that this version does not know): load everything.
    pub changes: Option<BTreeSet<Change>>,
}

impl Db {
    /// What changed after revision `after`.
    pub async fn feed_since(&self, after: i64) -> Result<Feed, DbError> {
        since(&mut self.read().await?, after).await
    }
}

/// Epoch and last revision. Whoever follows the feed learns here of a newer schema, too.
pub(super) async fn head(conn: &mut Conn) -> Result<(String, i64), DbError> {
    let (epoch, revision, schema) = fetch_one!(
        conn,
        (String, i64, i64),
        "SELECT epoch, revision, (SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM _sqlx_migrations) \
         FROM feed WHERE id = 1"
    )?;
    conn.schema.note(schema);
    Ok((epoch, revision))
}

pub(super) async fn since(conn: &mut Conn, after: i64) -> Result<Feed, DbError> {
    let (epoch, revision) = head(conn).await?;
    if revision == after {
        return Ok(Feed {
            epoch,
            revision,
            changes: Some(BTreeSet::new()),
        });
    }
    let rows = fetch_all!(
        conn,
        (i64, String, String),
        "SELECT revision, kind, id FROM changes WHERE revision > $1 AND revision <= $2 ORDER BY revision",
        after,
        revision
    )?;
    let changes = without_gap(after, revision, &rows);
    Ok(Feed {
        epoch,
        revision,
        changes,
    })
}

/// Every revision has at least one row: one without is a gap.
fn without_gap(
    after: i64,
    revision: i64,
    rows: &[(i64, String, String)],
) -> Option<BTreeSet<Change>> {
    let mut last = after;
    let mut changes = BTreeSet::new();
    for (number, kind, id) in rows {
        if *number > last + 1 {
            return None;
        }
        last = *number;
        changes.insert(Change::parse(kind, id)?);
    }
    (last == revision).then_some(changes)
}

/// Takes the next revision and writes what changed under it.
pub(super) async fn append(conn: &mut Conn, changes: &BTreeSet<Change>) -> Result<i64, DbError> {
    let next = "UPDATE feed SET revision = revision + 1 WHERE id = 1 RETURNING revision";
    let (revision,) = fetch_one!(conn, (i64,), next)?;
    let changes: Vec<(&str, String)> = changes
        .iter()
        .map(|change| (change.kind(), change.id()))
        .collect();
    for chunk in changes.chunks(500) {
        on_db!(conn, |c| {
            let mut insert = QueryBuilder::new("INSERT INTO changes (revision, kind, id) ");
            insert.push_values(chunk, |mut row, (kind, id)| {
                row.push_bind(revision).push_bind(*kind).push_bind(id);
            });
            insert
                .build()
                .persistent(false)
                .execute(c)
                .await
                .map(|_| ())
        })?;
    }
    if revision % 100 == 0 {
        execute!(
            conn,
            "DELETE FROM changes WHERE revision < $1",
            revision - KEPT_REVISIONS
        )?;
    }
    // SQLite has no messages between processes: there a follower polls `data_version`.
    if let Driver::Postgres(transaction) = conn.driver() {
        let told = sqlx::query("SELECT pg_notify('skep_feed', '')")
            .execute(&mut **transaction)
            .await;
        conn.checked(told)?;
    }
    Ok(revision)
}
