use std::net::SocketAddr;

use super::Reader;
use crate::config::Metrics;
use crate::config::error::ConfigError;
use crate::config::secret::Secret;

/// Guessing a shorter token may be worth trying.
const SHORTEST_TOKEN: usize = 16;

impl Reader<'_> {
    pub(super) fn metrics(&self) -> Result<Metrics, ConfigError> {
        let listen = self.optional("metrics.listen")?.map(|found| {
            found
                .value
                .parse::<SocketAddr>()
                .map_err(|_| found.bad("it must be an address and a port, like `127.0.0.1:4001`"))
        });
        Ok(Metrics {
            listen: listen.transpose()?,
            token: self.metrics_token()?,
        })
    }

    fn metrics_token(&self) -> Result<Option<Secret>, ConfigError> {
        let Some(mut found) = self.values.secret("metrics.token", self.base_dir)? else {
            return Ok(None);
        };
        let token = std::mem::replace(&mut found.value, "****".to_owned());
        if token.len() < SHORTEST_TOKEN {
            return Err(found.bad(format!("it must have {SHORTEST_TOKEN} characters at least")));
        }
        Ok(Some(Secret::new(token)))
    }
}
