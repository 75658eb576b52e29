//! When a failed job is tried again.

/// After so many attempts a job is given up, some hours after the first one.
pub const MAX_ATTEMPTS: i64 = 12;

const FIRST_SECONDS: i64 = 10;
const LONGEST_SECONDS: i64 = 3600;

/// The pause after an attempt, the first being 1: twice as long each time, and shorter by up to a half at
/// random, so that what failed together does not come back together.
#[must_use]
pub fn pause_seconds(attempt: i64, random: [u8; 4]) -> i64 {
    let doublings = (attempt - 1).clamp(0, 20);
    let longest = (FIRST_SECONDS << doublings).min(LONGEST_SECONDS);
    let half = longest / 2;
    half + i64::from(u32::from_le_bytes(random)) % (longest - half + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_differ_by_up_to_a_half() {
        let bounds = |attempt| {
            let pauses = (0..2_000u32).map(|random| pause_seconds(attempt, random.to_le_bytes()));
            (pauses.clone().min(), pauses.max())
        };
        assert_eq!(bounds(1), (Some(5), Some(10)));
        assert_eq!(bounds(2), (Some(10), Some(20)));
        assert_eq!(bounds(5), (Some(80), Some(160)));
        assert_eq!(bounds(MAX_ATTEMPTS), (Some(1800), Some(3600)));
        assert_eq!(bounds(i64::MAX).1, Some(3600));
    }
}
