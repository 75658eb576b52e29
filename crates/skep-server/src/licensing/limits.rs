//! What is too much. Unknown keys are limited for each address, so that nobody tries them out; known
//! keys never are: many customers share the address of a build service. A license has a limit of its
//! own only where the seller sets one, because mix gives up on a 429 and a limit breaks builds.

use std::net::{IpAddr, Ipv6Addr};

use crate::clock::Timestamp;
use crate::config;
use crate::ids::LicenseId;
use crate::licensing::per_minute::{PerMinute, TooMany};

/// An office may log everybody in after lunch.
const LOGINS_PER_MINUTE: u32 = 120;

/// The counts of this node.
#[derive(Debug)]
pub struct Limits {
    unknown_keys: PerMinute<IpAddr>,
    licenses: PerMinute<LicenseId>,
    logins: PerMinute<IpAddr>,
}

/// Why a request is too much. Both say when the next one is let through, in 1 to 60 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    /// `[limits] failed_keys_per_minute`
    #[error("too many unknown license keys from this address: try again in {} seconds", .0.retry_after_seconds)]
    UnknownKeys(TooMany),
    /// Each is a row until somebody confirms it or it expires.
    #[error("too many logins begun from this address: try again in {} seconds", .0.retry_after_seconds)]
    Logins(TooMany),
    /// `[limits] license_per_minute`
    #[error("too many requests with this license: try again in {} seconds", .0.retry_after_seconds)]
    License(TooMany),
}

impl OverLimit {
    /// When the next request is let through; from 1 to 60.
    #[must_use]
    pub const fn retry_after_seconds(self) -> u32 {
        let (Self::UnknownKeys(too_many) | Self::Logins(too_many) | Self::License(too_many)) = self;
        too_many.retry_after_seconds
    }
}

impl Limits {
    /// The limits that the seller has set.
    #[must_use]
    pub fn new(limits: &config::Limits) -> Self {
        Self {
            unknown_keys: PerMinute::new(limits.failed_keys_per_minute),
            licenses: PerMinute::new(limits.license_per_minute),
            logins: PerMinute::new(LOGINS_PER_MINUTE),
        }
    }

    /// Counts an unknown key of `address`.
    ///
    /// # Errors
    /// The address is over its limit: the key is not to be looked at any further.
    pub fn count_unknown_key(&self, address: IpAddr, now: Timestamp) -> Result<(), OverLimit> {
        self.unknown_keys
            .count(group_of(address), now)
            .map_err(OverLimit::UnknownKeys)
    }

    /// Counts a login that `address` begins.
    ///
    /// # Errors
    /// The address is over its limit.
    pub fn count_login(&self, address: IpAddr, now: Timestamp) -> Result<(), OverLimit> {
        self.logins
            .count(group_of(address), now)
            .map_err(OverLimit::Logins)
    }

    /// Counts a request of a license.
    ///
    /// # Errors
    /// The license is over its limit.
    pub fn count_license(&self, license: LicenseId, now: Timestamp) -> Result<(), OverLimit> {
        self.licenses
            .count(license, now)
            .map_err(OverLimit::License)
    }
}

/// Whoever has one IPv6 address has all of its /64.
pub(crate) fn group_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address_and_a_mapped_ipv4_address_is_itself() {
        let group = |text: &str| group_of(text.parse().unwrap());
        assert_eq!(group("2001:db8::1"), group("2001:db8::2"));
        assert_ne!(group("2001:db8::1"), group("2001:db8:0:1::1"));
        assert_eq!(group("::ffff:192.0.2.1"), group("192.0.2.1"));
        assert_ne!(group("192.0.2.1"), group("192.0.2.2"));
    }
}
