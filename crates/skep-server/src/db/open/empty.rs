//! An empty database, for whoever fills it.

use std::path::{Path, PathBuf};

use super::{OpenError, PoolSettings, postgres, schema, sqlite};
use crate::db::transfer::TransferError;
use crate::db::{Conn, Db, DbError, Driver};

/// How many of a stranger's tables are named.
const NAMED: usize = 5;

/// A database without any table. A file that was made for it goes away unless it is kept.
#[derive(Debug)]
pub(crate) struct Empty {
    db: Db,
    made: Option<PathBuf>,
}

impl Empty {
    /// Opens it; the file of a SQLite database is made if it is not there.
    pub(crate) async fn open(url: &str) -> Result<Self, TransferError> {
        let (pools, made) = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let made = (!Path::new(path).exists()).then(|| PathBuf::from(path));
            (sqlite::open_any(path).await?, made)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let settings = PoolSettings::default();
            (postgres::open_any(url, &settings).await?, None)
        } else {
            return Err(OpenError::of_another_kind(url).into());
        };
        let empty = Self {
            db: Db::from_pools(pools),
            made,
        };
        match empty.refuse_content().await {
            Ok(()) => Ok(empty),
            Err(error) => {
                empty.give_up().await;
                Err(error)
            }
        }
    }

    pub(crate) const fn db(&self) -> &Db {
        &self.db
    }

    async fn refuse_content(&self) -> Result<(), TransferError> {
        let mut conn = self.db.read().await?;
        let found = table_names(&mut conn).await?;
        if found.iter().all(|name| name == schema::BOOKKEEPING) {
            return Ok(());
        }
        Err(TransferError::NotEmpty {
            shown: self.db.to_string(),
            found: describe(&mut conn, &found).await?,
        })
    }

    /// Closes it, with what is in it now.
    pub(crate) async fn keep(self) {
        self.db.close().await;
    }

    /// Closes it and takes away the file that was made.
    pub(crate) async fn give_up(self) {
        self.db.close().await;
        let Some(path) = self.made else { return };
        for end in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(end);
            let _ = fs_err::remove_file(PathBuf::from(name));
        }
    }
}

/// Whether two URLs name one database, as far as can be told from them.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    let file = |url: &str| {
        let path = url.strip_prefix("sqlite:")?;
        fs_err::canonicalize(path.strip_prefix("//").unwrap_or(path)).ok()
    };
    match (file(one), file(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => postgres::is_same(one, other),
        _ => false,
    }
}

async fn table_names(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let sql = if matches!(conn.driver(), Driver::Postgres(_)) {
        schema::TABLES_OF_POSTGRES
    } else {
        schema::TABLES_OF_SQLITE
    };
    let rows = fetch_all!(conn, (String,), sql)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// What a seller would lose: counts of a Skep database, names of another one's tables.
async fn describe(conn: &mut Conn, found: &[String]) -> Result<String, DbError> {
    let has = |name: &str| found.iter().any(|table| table == name);
    if !has("feed") || !has("license_keys") {
        let named: Vec<_> = found.iter().take(NAMED).map(String::as_str).collect();
        let others = if found.len() > NAMED {
            " and others"
        } else {
            ""
        };
        return Ok(format!("the tables `{}`{others}", named.join("`, `")));
    }
    let mut counts = Vec::new();
    for table in ["packages", "releases", "customers", "licenses", "users"] {
        if has(table) {
            let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM \"{table}\"");
            let (count,) = fetch_one!(conn, (i64,), sqlx::AssertSqlSafe(sql))?;
            counts.push(format!("{count} {table}"));
        }
    }
    Ok(format!("a Skep installation with {}", counts.join(", ")))
}
