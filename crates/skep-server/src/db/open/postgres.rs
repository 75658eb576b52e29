//! Connecting to a PostgreSQL server.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use super::{OpenError, OpenMode, PoolSettings, schema};
use crate::db::Pools;

mod refusal;

/// What the server's own lists of connections call ours.
pub(crate) const APPLICATION: &str = "skep";

/// What has to be known of a server before anything is done with it.
pub(super) struct Facts {
    version: i64,
    encoding: String,
    is_read_only: bool,
}

pub(super) async fn open(
    url: &str,
    mode: OpenMode,
    settings: &PoolSettings,
) -> Result<Pools, OpenError> {
    let (pool, shown) = connect(url, settings).await?;
    schema::prepare_postgres(&pool, &shown, mode).await?;
    Ok(pools(pool, shown, settings))
}

/// The same, whatever is in it.
pub(super) async fn open_any(url: &str, settings: &PoolSettings) -> Result<Pools, OpenError> {
    let (pool, shown) = connect(url, settings).await?;
    Ok(pools(pool, shown, settings))
}

fn pools(pool: PgPool, shown: String, settings: &PoolSettings) -> Pools {
    Pools::Postgres {
        pool,
        shown,
        acquire_timeout: settings.acquire_timeout,
    }
}

async fn connect(url: &str, settings: &PoolSettings) -> Result<(PgPool, String), OpenError> {
    // The parser's own error may quote the URL, and with it the password.
    let server: PgConnectOptions = url
        .parse()
        .map_err(|_| OpenError::Url(" (`postgres:`)".to_owned()))?;
    let shown = shown(&server);
    let server = with_limits(server, settings);
    check(&server, &shown, settings.acquire_timeout).await?;
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(settings.idle_timeout)
        .connect_with(server.clone())
        .await
        .map_err(|error| refusal::name(&server, &shown, error))?;
    Ok((pool, shown))
}

pub(super) fn is_same(one: &str, other: &str) -> bool {
    let place = |url: &str| Some(shown(&url.parse::<PgConnectOptions>().ok()?));
    place(one).is_some_and(|one| place(other) == Some(one))
}

/// Host, port and database.
fn shown(server: &PgConnectOptions) -> String {
    let database = server
        .get_database()
        .unwrap_or_else(|| server.get_username());
    match server.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{}:{}/{database}", server.get_host(), server.get_port()),
    }
}

/// What a server watches over for us: that nothing waits for ever, and that a client which is gone does
/// not keep its locks.
fn with_limits(server: PgConnectOptions, settings: &PoolSettings) -> PgConnectOptions {
    let millis = |time: Duration| time.as_millis().to_string();
    server.application_name(APPLICATION).options([
        ("lock_timeout", millis(settings.lock_timeout)),
        ("statement_timeout", millis(settings.statement_timeout)),
        (
            "idle_in_transaction_session_timeout",
            millis(settings.statement_timeout),
        ),
        ("tcp_keepalives_idle", "60".to_owned()),
        ("tcp_keepalives_interval", "10".to_owned()),
        ("tcp_keepalives_count", "3".to_owned()),
    ])
}

/// Connects once, for the pool does not say why it could not, and looks whether this server will do.
async fn check(
    server: &PgConnectOptions,
    shown: &str,
    patience: Duration,
) -> Result<(), OpenError> {
    let looked = tokio::time::timeout(patience, async {
        let mut connection = patient(server).await?;
        let facts = facts(&mut connection).await?;
        connection.close().await?;
        Ok(facts)
    });
    match looked.await {
        Ok(Ok(facts)) => refusal::judge(shown, &facts),
        Ok(Err(error)) => Err(refusal::name(server, shown, error)),
        Err(_) => Err(refusal::silent(shown, patience)),
    }
}

/// A server that restarts is waited for, as long as our caller does.
async fn patient(server: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    for _ in 0..4 {
        match PgConnection::connect_with(server).await {
            Err(error) if refusal::is_restarting(&error) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            result => return result,
        }
    }
    PgConnection::connect_with(server).await
}

async fn facts(connection: &mut PgConnection) -> sqlx::Result<Facts> {
    let asked = "SELECT CAST(current_setting('server_version_num') AS BIGINT), \
                 current_setting('server_encoding'), \
                 pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'";
    let (version, encoding, is_read_only) = sqlx::query_as(asked)
        .persistent(false)
        .fetch_one(connection)
        .await?;
    Ok(Facts {
        version,
        encoding,
        is_read_only,
    })
}
