//! The database, by itself: every test runs on SQLite and on PostgreSQL.

mod downloads;
mod opening;
mod outage;
mod postgresql;
pub(crate) mod sample;
mod schema;
mod snapshot;
mod tables;
mod transactions;
mod usage;
mod wake;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// A statement from outside.
async fn raw(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if let Some(path) = url.strip_prefix("sqlite:") {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}
