use std::net::SocketAddr;

use super::Reader;
use crate::config::error::ConfigError;
use crate::config::secret::Secret;
use crate::config::values::Found;
use crate::config::{Metrics, Server};

/// Guessing a shorter token may be worth trying.
const SHORTEST_TOKEN: usize = 16;

impl Reader<'_> {
    pub(super) fn metrics(&self, server: &Server) -> Result<Metrics, ConfigError> {
        let listen = self.optional("metrics.listen")?;
        let listen = listen.map(|found| address(&found, server)).transpose()?;
        Ok(Metrics {
            listen,
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

fn address(found: &Found<String>, server: &Server) -> Result<SocketAddr, ConfigError> {
    let address: SocketAddr = found
        .value
        .parse()
        .map_err(|_| found.bad("it must be an address and a port, like `127.0.0.1:4001`"))?;
    if address == server.listen {
        return Err(found.bad("the repository is there: choose another port, or set `token` alone"));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn read(settings: &str) -> Result<Config, String> {
        let text = format!(
            "[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n[metrics]\n{settings}"
        );
        Config::parse(&text, Path::new("/srv"), &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn nobody_sees_metrics_unless_somebody_says_so() {
        let metrics = read("").unwrap().metrics;
        assert!(metrics.listen.is_none() && metrics.token.is_none());
    }

    #[test]
    fn an_address_of_its_own_is_another_one() {
        let config = read("listen = \"[::1]:4001\"").unwrap();
        assert_eq!(config.metrics.listen, Some("[::1]:4001".parse().unwrap()));
        let error = read("listen = \"127.0.0.1:4000\"").unwrap_err();
        assert!(error.contains("the repository is there"), "{error}");
        assert!(
            read("listen = \"4001\"")
                .unwrap_err()
                .contains("an address and a port")
        );
    }

    #[test]
    fn a_token_is_long_and_never_shown() {
        let error = read("token = \"too-short\"").unwrap_err();
        assert!(
            error.contains("16 characters") && !error.contains("too-short"),
            "{error}"
        );
        let config = read("token = \"sixteen-characters\"").unwrap();
        assert!(!format!("{config:?}").contains("sixteen"), "{config:?}");
        assert_eq!(config.metrics.token.unwrap().reveal(), "sixteen-characters");
    }
}
