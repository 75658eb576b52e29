//! A newer version of this program may bring the schema of a database forward while older ones serve from
//! it. What an older one would write then might be wrong; what it reads is as good as before. So each
//! transaction that writes first asks for the schema, and the migration waits for those that have.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::db::open::KNOWN_SCHEMA;
use crate::db::{Conn, DbError};

/// How PostgreSQL calls the lock that writers share and a migration has for itself.
pub(super) const POSTGRES_LOCK: i64 = 0x736b_6570_0000_0001;

/// A transaction that writes, from its first statement on.
pub(super) const POSTGRES_BEGIN: &str =
    "BEGIN; SELECT pg_advisory_xact_lock_shared(8316852668580495361)";

/// The schema that a database was last found with.
#[derive(Debug)]
pub(super) struct Schema(AtomicI64);

impl Schema {
    pub(super) const fn known() -> Self {
        Self(AtomicI64::new(KNOWN_SCHEMA))
    }

    pub(super) fn note(&self, found: i64) {
        self.0.store(found, Ordering::Relaxed);
    }

    /// The number of a schema that is too new for this program.
    pub(super) fn newer(&self) -> Option<i64> {
        let found = self.0.load(Ordering::Relaxed);
        (found > KNOWN_SCHEMA).then_some(found)
    }
}

/// Refuses to write to a schema that this program does not know.
pub(super) async fn refuse_newer(conn: &mut Conn) -> Result<(), DbError> {
    let sql = "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM _sqlx_migrations";
    let (found,) = fetch_one!(conn, (i64,), sql)?;
    conn.schema.note(found);
    match conn.schema.newer() {
        None => Ok(()),
        Some(found) => Err(DbError::NewerSchema {
            found,
            known: KNOWN_SCHEMA,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writers_and_migrations_mean_the_same_lock() {
        assert!(POSTGRES_BEGIN.ends_with(&format!("({POSTGRES_LOCK})")));
    }
}
