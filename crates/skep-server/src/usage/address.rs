//! Where requests come from, as far as the seller wants it recorded.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const NETWORK_V4: u32 = 24;
const NETWORK_V6: u32 = 48;

/// `[usage] addresses`: what usage records of where a request came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    /// Nothing.
    #[default]
    None,
    /// The network: the first 24 bits of an IPv4 address, 48 of an IPv6 address.
    Truncated,
    /// The whole address.
    Full,
}

impl Addresses {
    /// What is recorded of `address`.
    #[must_use]
    pub fn of(self, address: IpAddr) -> Option<Address> {
        let ip = address.to_canonical();
        match self {
            Self::None => None,
            Self::Truncated => Some(Address {
                ip: network(ip),
                is_network: true,
            }),
            Self::Full => Some(Address {
                ip,
                is_network: false,
            }),
        }
    }
}

/// An address or a network that requests came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    ip: IpAddr,
    is_network: bool,
}

impl Address {
    pub(super) const fn new(ip: IpAddr, is_network: bool) -> Self {
        Self { ip, is_network }
    }

    pub(super) const fn ip(self) -> IpAddr {
        self.ip
    }

    pub(super) const fn is_network(self) -> bool {
        self.is_network
    }
}

/// `203.0.113.7`, or `203.0.113.0/24` for a network.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_network, self.ip) {
            (false, ip) => write!(f, "{ip}"),
            (true, IpAddr::V4(ip)) => write!(f, "{ip}/{NETWORK_V4}"),
            (true, IpAddr::V6(ip)) => write!(f, "{ip}/{NETWORK_V6}"),
        }
    }
}

fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & !(u32::MAX >> NETWORK_V4)).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !(u128::MAX >> NETWORK_V6)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_recorded_as_far_as_the_seller_wants() {
        for (address, truncated, full) in [
            ("203.0.113.77", "203.0.113.0/24", "203.0.113.77"),
            ("::ffff:203.0.113.77", "203.0.113.0/24", "203.0.113.77"),
            ("2001:db8:1:2::7", "2001:db8:1::/48", "2001:db8:1:2::7"),
        ] {
            let address = address.parse().unwrap();
            let shown = |addresses: Addresses| addresses.of(address).map(|kept| kept.to_string());
            assert_eq!(shown(Addresses::None), None);
            assert_eq!(shown(Addresses::Truncated).as_deref(), Some(truncated));
            assert_eq!(shown(Addresses::Full).as_deref(), Some(full));
        }
    }
}
