use super::Check;
use crate::clock::{Clock, Timestamp};
use crate::db::{self, Db};
use crate::files::Files;

const NAME: &str = "clock";
/// Asking takes a moment, and stores write down whole seconds.
const TOLERATED_SECONDS: i64 = 60;
const ADVICE: &str = "set the clock that is wrong, and have it kept right (NTP): licenses, logins and signed URLs \
    begin and end by this machine's";

/// Whether this machine's clock agrees with the database's, where that is another machine.
pub(super) async fn database(db: &Db, clock: &Clock) -> Option<Check> {
    // Whether it answers is looked at elsewhere.
    let there = db::clock::now(db).await.ok()??;
    compare(clock.now(), there, "the database")
}

/// Whether this machine's clock agrees with that of the bucket.
pub(super) async fn storage(files: &Files, clock: &Clock) -> Option<Check> {
    let there = files.now().await.ok()??;
    compare(clock.now(), there, "the file storage")
}

fn compare(here: Timestamp, there: Timestamp, place: &str) -> Option<Check> {
    let seconds = here.seconds() - there.seconds();
    (seconds.abs() > TOLERATED_SECONDS).then(|| {
        let text = format!(
            "it is {here} here, and {there} at {place}: {} apart",
            apart(seconds)
        );
        Check::warn(NAME, text, ADVICE)
    })
}

fn apart(seconds: i64) -> String {
    match seconds.abs() {
        seconds if seconds >= 2 * 86_400 => format!("{} days", seconds / 86_400),
        seconds if seconds >= 2 * 3_600 => format!("{} hours", seconds / 3_600),
        seconds => format!("{} minutes", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told() {
        let here = Timestamp::from_seconds(1_800_000_000);
        for seconds in [0, 60, -60] {
            assert_eq!(compare(here, here.plus_seconds(seconds), "there"), None);
        }
        for (seconds, expected) in [
            (61, "1 minutes"),
            (-3_600, "60 minutes"),
            (864_000, "10 days"),
        ] {
            let check = compare(here, here.plus_seconds(seconds), "there").unwrap();
            assert!(check.text.contains(expected), "{}", check.text);
        }
    }
}
