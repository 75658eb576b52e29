//! Counts unknown keys for each address, so that nobody tries them out. Known keys never pass here:
//! many customers share the address of a build service.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;

use crate::clock::Timestamp;

const WINDOW_SECONDS: i64 = 60;
const MAX_ADDRESSES: usize = 65_536;

/// The count of unknown keys for each address in its minute. Bounded: when it is full of addresses
/// whose minute is not over, new ones share one count.
#[derive(Debug)]
pub struct FailedKeys {
    per_minute: u32,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    started_at: Timestamp,
    failures: u32,
}

impl Window {
    fn is_over(&self, now: Timestamp) -> bool {
        let age = now.seconds() - self.started_at.seconds();
        // A clock that was set back must not lock an address out until it has caught up.
        !(0..WINDOW_SECONDS).contains(&age)
    }
}

/// An address has sent too many unknown keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "too many unknown license keys from this address: try again in `{retry_after_seconds}` seconds"
)]
pub struct TooManyFailedKeys {
    /// When the next one is looked at again; from 1 to 60.
    pub retry_after_seconds: u32,
}

impl FailedKeys {
    /// Lets each address send `per_minute` unknown keys in a minute; 0 = as many as it likes.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            windows: Mutex::default(),
        }
    }

    /// Counts an unknown key of `address`.
    ///
    /// # Errors
    /// The address is over its limit: the key is not to be looked at any further.
    pub fn count(&self, address: IpAddr, now: Timestamp) -> Result<(), TooManyFailedKeys> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let mut windows = self
            .windows
            .lock()
            .expect("nothing panics while it holds this lock");
        let group = group_of(address);
        let slot = if windows.contains_key(&group) || has_room(&mut windows, now) {
            group
        } else {
            OVERFLOW
        };
        let window = windows.entry(slot).or_insert(Window {
            started_at: now,
            failures: 0,
        });
        if window.is_over(now) {
            *window = Window {
                started_at: now,
                failures: 0,
            };
        }
        if window.failures >= self.per_minute {
            let left = WINDOW_SECONDS - (now.seconds() - window.started_at.seconds());
            return Err(TooManyFailedKeys {
                retry_after_seconds: u32::try_from(left).unwrap_or(1).max(1),
            });
        }
        window.failures += 1;
        Ok(())
    }
}

const OVERFLOW: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

fn has_room(windows: &mut HashMap<IpAddr, Window>, now: Timestamp) -> bool {
    if windows.len() >= MAX_ADDRESSES {
        windows.retain(|_, window| !window.is_over(now));
    }
    windows.len() < MAX_ADDRESSES
}

/// Whoever has one IPv6 address has all of its /64.
fn group_of(address: IpAddr) -> IpAddr {
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

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_limit_holds_for_a_minute_and_one_address() {
        let keys = FailedKeys::new(2);
        let count = |text, seconds| {
            keys.count(address(text), NOW.plus_seconds(seconds))
                .map_err(|e| e.retry_after_seconds)
        };
        assert_eq!(count("192.0.2.1", 0), Ok(()));
        assert_eq!(count("192.0.2.1", 10), Ok(()));
        assert_eq!(count("192.0.2.1", 11), Err(49));
        assert_eq!(count("192.0.2.1", 59), Err(1));
        assert_eq!(count("192.0.2.2", 59), Ok(()));
        assert_eq!(count("192.0.2.1", 60), Ok(()));
    }

    #[test]
    fn an_ipv6_network_is_one_address_and_a_mapped_ipv4_address_is_itself() {
        let keys = FailedKeys::new(1);
        keys.count(address("2001:db8::1"), NOW).unwrap();
        keys.count(address("2001:db8::2"), NOW).unwrap_err();
        keys.count(address("2001:db8:0:1::1"), NOW).unwrap();
        keys.count(address("::ffff:192.0.2.1"), NOW).unwrap();
        keys.count(address("192.0.2.1"), NOW).unwrap_err();
    }

    #[test]
    fn zero_is_no_limit_and_a_clock_set_back_locks_nobody_out() {
        FailedKeys::new(0).count(address("192.0.2.1"), NOW).unwrap();
        let keys = FailedKeys::new(1);
        keys.count(address("192.0.2.1"), NOW).unwrap();
        keys.count(address("192.0.2.1"), NOW.plus_days(-1)).unwrap();
    }

    #[test]
    fn memory_is_bounded_and_freed_again() {
        let keys = FailedKeys::new(1);
        for number in 0..u32::try_from(MAX_ADDRESSES).unwrap() + 10 {
            let _ = keys.count(IpAddr::V4(number.into()), NOW);
        }
        assert_eq!(keys.windows.lock().unwrap().len(), MAX_ADDRESSES + 1);
        keys.count(address("203.0.113.1"), NOW.plus_seconds(61))
            .unwrap();
        assert_eq!(keys.windows.lock().unwrap().len(), 1);
    }
}
