use std::time::Duration;

/// How connections to a PostgreSQL server are kept. SQLite needs none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// The most connections of this process; one of them listens for changes.
    pub max_connections: u32,
    /// How long somebody waits for a free connection, and for the server to answer at the start.
    pub acquire_timeout: Duration,
    /// A connection that nobody needed for so long is closed.
    pub idle_timeout: Duration,
    /// How long a statement may take, or a transaction may be left alone.
    pub statement_timeout: Duration,
    /// How long a statement waits for what somebody else is changing.
    pub lock_timeout: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(600),
            statement_timeout: Duration::from_secs(60),
            lock_timeout: Duration::from_secs(5),
        }
    }
}
