use std::net::IpAddr;

use ipnet::IpNet;

use super::Check;
use crate::config::Config;

/// Who may say where a request is from, and who may see the metrics.
pub(super) fn examine(config: &Config) -> Vec<Check> {
    let proxies = &config.server.trusted_proxies;
    let mut checks: Vec<_> = proxies.iter().filter_map(proxy).collect();
    checks.extend(metrics(config));
    checks
}

/// A network of a cloud or a company is fine; half of the Internet is not.
fn proxy(network: &IpNet) -> Option<Check> {
    let is_wide = match network {
        IpNet::V4(network) => network.prefix_len() < 8,
        IpNet::V6(network) => network.prefix_len() < 16,
    };
    is_wide.then(|| {
        Check::warn(
            "proxy",
            format!(
                "`trusted_proxies` has `{network}`: nearly anybody can say where they are from"
            ),
            "name the addresses of your own proxies only in `trusted_proxies` in [server]",
        )
    })
}

fn metrics(config: &Config) -> Option<Check> {
    let address = config.metrics.listen?;
    let is_private = match address.ip().to_canonical() {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => address.is_loopback(),
    };
    (!is_private && config.metrics.token.is_none()).then(|| {
        Check::warn(
            "metrics",
            format!("whoever reaches {address} may read /metrics"),
            "set `token_file` in [metrics], or listen on 127.0.0.1, or keep others out with a firewall",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(text: &str) -> Vec<&'static str> {
        let text =
            format!("{text}\n[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n");
        let config = Config::parse(&text, std::path::Path::new("/srv"), &[]).unwrap();
        examine(&config)
            .into_iter()
            .map(|check| check.name)
            .collect()
    }

    #[test]
    fn whoever_may_say_anything_is_told() {
        assert!(
            checks("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"127.0.0.1\", \"fd00::/16\"]")
                .is_empty()
        );
        assert_eq!(
            checks("[server]\ntrusted_proxies = [\"0.0.0.0/0\"]"),
            ["proxy"]
        );
        assert_eq!(
            checks("[server]\ntrusted_proxies = [\"::/0\", \"10.0.0.1\"]"),
            ["proxy"]
        );
    }

    #[test]
    fn metrics_for_anybody_are_told() {
        assert!(checks("[metrics]\nlisten = \"127.0.0.1:4001\"").is_empty());
        assert_eq!(checks("[metrics]\nlisten = \"0.0.0.0:4001\""), ["metrics"]);
        let token = "token = \"sixteen-characters-or-more\"";
        assert!(checks(&format!("[metrics]\nlisten = \"0.0.0.0:4001\"\n{token}")).is_empty());
    }
}
