use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Reader, default};
use crate::config::error::ConfigError;
use crate::config::secret::DatabaseUrl;
use crate::config::values::Found;
use crate::db::PoolSettings;

/// Keys that only a PostgreSQL server knows what to do with.
const OF_POSTGRES: [&str; 5] = [
    "database.max_connections",
    "database.acquire_timeout_seconds",
    "database.idle_timeout_seconds",
    "database.statement_timeout_seconds",
    "database.lock_timeout_seconds",
];

impl Reader<'_> {
    pub(super) fn database(&self) -> Result<DatabaseUrl, ConfigError> {
        let found = self
            .values
            .secret("database.url", self.base_dir)?
            .unwrap_or_else(|| default("database.url", "sqlite:skep.db"));
        let url = if let Some(path) = found.value.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains('?') || path.starts_with(":memory:") {
                return Err(found.bad("it must name a file, like `sqlite:skep.db`"));
            }
            DatabaseUrl::new(format!("sqlite:{}", self.base_dir.join(path).display()))
        } else if found.value.starts_with("postgres://") || found.value.starts_with("postgresql://")
        {
            DatabaseUrl::new(found.value.clone())
        } else {
            // The value may hold a password: it is not repeated.
            let hidden = Found {
                key: found.key,
                value: "****".to_owned(),
                origin: found.origin,
            };
            return Err(hidden.bad("it must begin with `sqlite:` or `postgres://`"));
        };
        self.values
            .note("database.url", &url.to_string(), &found.origin);
        Ok(url)
    }

    pub(super) fn database_pool(&self, url: &DatabaseUrl) -> Result<PoolSettings, ConfigError> {
        let usual = PoolSettings::default();
        if url.sqlite_file().is_some() {
            self.only_for_postgres()?;
            return Ok(usual);
        }
        let seconds = |key: &str, usual: Duration, allowed: RangeInclusive<u32>| {
            let usual = u32::try_from(usual.as_secs()).unwrap_or(u32::MAX);
            let seconds = self.small(key, usual, allowed)?;
            Ok(Duration::from_secs(seconds.into()))
        };
        let [max_connections, acquire, idle, statement, lock] = OF_POSTGRES;
        Ok(PoolSettings {
            max_connections: self.small(max_connections, usual.max_connections, 3..=1_000)?,
            acquire_timeout: seconds(acquire, usual.acquire_timeout, 1..=60)?,
            idle_timeout: seconds(idle, usual.idle_timeout, 10..=86_400)?,
            statement_timeout: seconds(statement, usual.statement_timeout, 5..=3_600)?,
            lock_timeout: seconds(lock, usual.lock_timeout, 1..=60)?,
        })
    }

    /// With SQLite they would do nothing.
    fn only_for_postgres(&self) -> Result<(), ConfigError> {
        for key in OF_POSTGRES {
            if let Some((given, origin)) = self.values.peek(key) {
                return Err(ConfigError::Value {
                    key: key.to_owned(),
                    origin,
                    given,
                    problem: "it is for `database.url` with postgres://: remove it".to_owned(),
                });
            }
        }
        Ok(())
    }
}
