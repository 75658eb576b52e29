//! What `skep doctor` asks a PostgreSQL server about itself.

use std::time::Duration;

use sqlx::postgres::PgListener;

use crate::db::open::APPLICATION;
use crate::db::{Db, DbError, Pools};

/// A notification of our own comes within this time, or never.
const HEARD_WITHIN: Duration = Duration::from_secs(2);

/// A PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// As it calls itself: `15.14 (Debian 15.14-0+deb12u1)`.
    pub version: String,
    /// How many connections ordinary users may have.
    pub connections: i64,
    /// Those that other programs have, in all databases.
    pub of_others: i64,
    /// Those that Skep has, in this database.
    pub of_skep: i64,
    /// How many nodes follow this database just now.
    pub nodes: i64,
}

impl Db {
    /// The server of a PostgreSQL database; `None` for SQLite.
    pub async fn server(&self) -> Result<Option<Server>, DbError> {
        if !self.is_postgres() {
            return Ok(None);
        }
        let (version, connections, of_others, of_skep, nodes) = fetch_one!(
            self.read().await?,
            (String, i64, i64, i64, i64),
            "SELECT current_setting('server_version'), \
             CAST(current_setting('max_connections') AS BIGINT) \
               - CAST(current_setting('superuser_reserved_connections') AS BIGINT), \
             CAST(COUNT(*) FILTER (WHERE NOT is_ours) AS BIGINT), \
             CAST(COUNT(*) FILTER (WHERE is_ours) AS BIGINT), \
             CAST(COUNT(*) FILTER (WHERE is_ours AND query LIKE 'LISTEN%skep_feed%') AS BIGINT) \
             FROM (SELECT query, COALESCE(application_name = $1 AND datname = current_database(), FALSE) AS is_ours \
               FROM pg_stat_activity WHERE backend_type = 'client backend') AS activity",
            APPLICATION
        )?;
        Ok(Some(Server {
            version,
            connections,
            of_others,
            of_skep,
            nodes,
        }))
    }

    /// Whether notifications come through to whoever listens: through some proxies they do not.
    pub async fn is_heard(&self) -> bool {
        let Pools::Postgres { pool, .. } = &self.pools else {
            return true;
        };
        let heard = async {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen("skep_doctor").await?;
            sqlx::query("SELECT pg_notify('skep_doctor', '')")
                .persistent(false)
                .execute(pool)
                .await?;
            listener.recv().await
        };
        matches!(tokio::time::timeout(HEARD_WITHIN, heard).await, Ok(Ok(_)))
    }
}
