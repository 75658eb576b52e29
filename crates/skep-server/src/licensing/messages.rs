//! Who has been told something lately: at most one message for each caller and minute, because mix
//! prints one for every response.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

const INTERVAL_SECONDS: i64 = 60;
/// Callers remembered for each minute; beyond them nobody gets a message.
const MOST_CALLERS: usize = 100_000;

/// Remembers who was told something in the last minute. Its memory is two minutes of callers.
#[derive(Debug, Default)]
pub struct Messages {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    minute: i64,
    this_minute: HashMap<[u8; 16], Timestamp>,
    last_minute: HashMap<[u8; 16], Timestamp>,
}

impl Messages {
    /// Whether a caller may be told something now; if so, it counts as told.
    #[must_use]
    pub fn may_tell(&self, caller: [u8; 16], now: Timestamp) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.turn_to(now.seconds().div_euclid(INTERVAL_SECONDS));
        let last = told
            .this_minute
            .get(&caller)
            .or_else(|| told.last_minute.get(&caller));
        if last.is_some_and(|last| now < last.plus_seconds(INTERVAL_SECONDS) && *last <= now) {
            return false;
        }
        if told.this_minute.len() >= MOST_CALLERS {
            return false;
        }
        told.this_minute.insert(caller, now);
        true
    }
}

impl Told {
    fn turn_to(&mut self, minute: i64) {
        if minute == self.minute {
            return;
        }
        self.last_minute = std::mem::take(&mut self.this_minute);
        if minute != self.minute + 1 {
            self.last_minute.clear();
        }
        self.minute = minute;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_told_once_a_minute() {
        let messages = Messages::default();
        let start = Timestamp::from_seconds(1_000 * 60 + 50);
        let at = |seconds| messages.may_tell([1; 16], start.plus_seconds(seconds));
        assert!(at(0));
        assert!(!at(1));
        assert!(!at(59), "across a full minute");
        assert!(at(60));
        assert!(!at(61));
        assert!(
            messages.may_tell([2; 16], start.plus_seconds(61)),
            "another caller"
        );
        assert!(at(600));
    }
}
