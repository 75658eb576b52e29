//! Where a request really comes from.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// Who connected, a client or a proxy: an extension of every request that is not for `/repo`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: the peer itself, or what the proxies in front of us say. Each proxy adds
/// whom it saw at the right, so the list is read from there for as long as a proxy is trusted; what is
/// left of that, a client may have made up.
pub(crate) fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted_proxies: &[IpNet],
) -> IpAddr {
    let mut address = peer.to_canonical();
    let lines: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    for seen in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(address, trusted_proxies) {
            break;
        }
        match parse(seen.trim()) {
            Some(seen) => address = seen,
            None => break,
        }
    }
    address
}

/// Whether it is one of ours.
pub(crate) fn is_trusted(address: IpAddr, trusted_proxies: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted_proxies
        .iter()
        .any(|network| network.contains(&address))
}

/// An address, which some proxies write with a port.
fn parse(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok();
    let address = address.or_else(|| {
        text.parse::<std::net::SocketAddr>()
            .ok()
            .map(|with_port| with_port.ip())
    });
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let trusted = [
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::/32".parse().unwrap(),
        ];
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let found = client_address(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(
            found,
            expected.parse::<IpAddr>().unwrap(),
            "{peer} {forwarded:?}"
        );
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check("192.0.2.1", &[], "192.0.2.1");
        check("192.0.2.1", &["203.0.113.9"], "192.0.2.1");
        check("10.0.0.1", &["203.0.113.9"], "203.0.113.9");
        check(
            "10.0.0.1",
            &["1.1.1.1, 203.0.113.9, 10.0.0.2"],
            "203.0.113.9",
        );
        check(
            "10.0.0.1",
            &["1.1.1.1", "203.0.113.9", "10.0.0.2"],
            "203.0.113.9",
        );
        check("10.0.0.1", &["203.0.113.9, rubbish"], "10.0.0.1");
        check("10.0.0.1", &["10.0.0.3"], "10.0.0.3");
        check("::ffff:10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9");
        check(
            "2001:db8::1",
            &["[2001:db8:1::1]:443, 2001:db8::2"],
            "2001:db8:1::1",
        );
    }
}
