//! How often something may happen in a minute: requests with unknown keys from an address, requests of
//! a license. Counted by this node alone, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

use crate::clock::Timestamp;

const WINDOW_SECONDS: i64 = 60;
const MAX_NAMES: usize = 65_536;

/// A count for each name in its minute. When it is full of names whose minute is not over, new ones
/// share one count.
#[derive(Debug)]
pub struct PerMinute<Name> {
    limit: u32,
    // `None` is the count that is shared.
    windows: Mutex<HashMap<Option<Name>, Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    started_at: Timestamp,
    count: u32,
}

impl Window {
    fn is_over(&self, now: Timestamp) -> bool {
        let age = now.seconds() - self.started_at.seconds();
        // A clock that was set back must not lock anybody out until it has caught up.
        !(0..WINDOW_SECONDS).contains(&age)
    }
}

/// There were too many in this minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// When the next one is let through; from 1 to 60.
    pub retry_after_seconds: u32,
}

impl<Name: Copy + Eq + Hash> PerMinute<Name> {
    /// Lets each name have `limit` in a minute; 0 = as many as it likes.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            limit,
            windows: Mutex::default(),
        }
    }

    /// Counts one for `name`.
    ///
    /// # Errors
    /// The name has had its number.
    pub fn count(&self, name: Name, now: Timestamp) -> Result<(), TooMany> {
        if self.limit == 0 {
            return Ok(());
        }
        let mut windows = self
            .windows
            .lock()
            .expect("nothing panics while it holds this lock");
        let has_place = windows.contains_key(&Some(name)) || has_room(&mut windows, now);
        let fresh = Window {
            started_at: now,
            count: 0,
        };
        let window = windows
            .entry(has_place.then_some(name))
            .and_modify(|window| {
                if window.is_over(now) {
                    *window = fresh;
                }
            })
            .or_insert(fresh);
        if window.count >= self.limit {
            let left = WINDOW_SECONDS - (now.seconds() - window.started_at.seconds());
            return Err(TooMany {
                retry_after_seconds: u32::try_from(left).unwrap_or(1).max(1),
            });
        }
        window.count += 1;
        Ok(())
    }
}

fn has_room<Name: Eq + Hash>(windows: &mut HashMap<Option<Name>, Window>, now: Timestamp) -> bool {
    if windows.len() >= MAX_NAMES {
        windows.retain(|_, window| !window.is_over(now));
    }
    windows.len() < MAX_NAMES
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    #[test]
    fn the_limit_holds_for_a_minute_and_one_name() {
        let limit = PerMinute::new(2);
        let count = |name, seconds| {
            limit
                .count(name, NOW.plus_seconds(seconds))
                .map_err(|e| e.retry_after_seconds)
        };
        assert_eq!(count('a', 0), Ok(()));
        assert_eq!(count('a', 10), Ok(()));
        assert_eq!(count('a', 11), Err(49));
        assert_eq!(count('a', 59), Err(1));
        assert_eq!(count('b', 59), Ok(()));
        assert_eq!(count('a', 60), Ok(()));
    }

    #[test]
    fn zero_is_no_limit_and_a_clock_set_back_locks_nobody_out() {
        PerMinute::new(0).count('a', NOW).unwrap();
        let limit = PerMinute::new(1);
        limit.count('a', NOW).unwrap();
        limit.count('a', NOW.plus_days(-1)).unwrap();
    }

    #[test]
    fn memory_is_bounded_and_freed_again() {
        let limit = PerMinute::new(1);
        for number in 0..MAX_NAMES + 10 {
            let _ = limit.count(number, NOW);
        }
        assert_eq!(limit.windows.lock().unwrap().len(), MAX_NAMES + 1);
        limit.count(usize::MAX, NOW.plus_seconds(61)).unwrap();
        assert_eq!(limit.windows.lock().unwrap().len(), 1);
    }
}
