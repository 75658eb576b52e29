//! Which URL of a file is the current one.

use crate::clock::Timestamp;
use crate::files::FileKey;

/// A stretch of time in which a file has one URL. Files change their URLs at different moments, so
/// that a busy server does not sign all of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    /// When it begins.
    pub(super) begun: Timestamp,
    /// When the URL stops working.
    pub(super) expires_at: Timestamp,
}

impl Bucket {
    /// A bucket lasts a quarter of `ttl_seconds`, its URL for `ttl_seconds` from its beginning.
    pub(super) fn of(file: &FileKey, now: Timestamp, ttl_seconds: u32) -> Self {
        let ttl = i64::from(ttl_seconds.max(1));
        let length = (ttl / 4).max(1);
        let [first, second, ..] = file.checksum().0;
        let shift = i64::from(u16::from_be_bytes([first, second]));
        let begun = now.seconds() - (now.seconds() - shift).rem_euclid(length);
        Self {
            begun: Timestamp::from_seconds(begun),
            expires_at: Timestamp::from_seconds(begun + ttl),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::tests::tarball;

    #[test]
    fn a_url_works_for_three_quarters_of_its_time_at_least_and_changes_once_a_quarter() {
        let file = tarball("alpha", "1.0.0");
        let mut seen = Vec::new();
        for second in 0..300 {
            let now = Timestamp::from_seconds(1_700_000_000 + second);
            let left = Bucket::of(&file, now, 300).expires_at.seconds() - now.seconds();
            assert!((226..=300).contains(&left), "{left}");
            seen.push(now.seconds() + left);
        }
        seen.dedup();
        assert!((4..=5).contains(&seen.len()), "{seen:?}");
    }

    #[test]
    fn the_shortest_time_still_makes_urls() {
        let now = Timestamp::from_seconds(1_700_000_000);
        assert!(Bucket::of(&tarball("alpha", "1.0.0"), now, 0).expires_at > now);
    }
}
