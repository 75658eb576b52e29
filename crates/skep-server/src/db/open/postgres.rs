//! Connecting to a PostgreSQL server.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{OpenError, OpenMode, schema};
use crate::db::{DbError, Pools};

const CONNECTIONS: u32 = 10;

pub(super) async fn open(url: &str, mode: OpenMode) -> Result<Pools, OpenError> {
    // The parser's own error may quote the URL, and with it the password.
    let server: PgConnectOptions = url
        .parse()
        .map_err(|_| OpenError::Url(" (`postgres:`)".to_owned()))?;
    let database = server
        .get_database()
        .unwrap_or_else(|| server.get_username());
    let shown = format!("{}:{}/{database}", server.get_host(), server.get_port());
    let server = server.application_name("skep").options([
        ("lock_timeout", "5s"),
        ("statement_timeout", "60s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(server)
        .await
        .map_err(|error| refused(&shown, error))?;
    schema::prepare_postgres(&pool, &shown, mode).await?;
    Ok(Pools::Postgres { pool, shown })
}

fn refused(shown: &str, error: sqlx::Error) -> OpenError {
    let shown = shown.to_owned();
    if error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code == "3D000")
    {
        return OpenError::Missing(shown);
    }
    let error = match error {
        // At the start nobody else uses the pool: it is the server that did not answer.
        sqlx::Error::PoolTimedOut => DbError::Unavailable("no answer within 5 seconds".to_owned()),
        error => error.into(),
    };
    OpenError::Refused { shown, error }
}
