//! What doctor sees where the database and the files are on other machines.

use skep_server::clock::{Clock, TestClock};
use skep_server::doctor::{self, Examination, Status};

use crate::support::{Setup, TestApp};

async fn clocks(app: &TestApp, clock: &Clock) -> Vec<String> {
    let config = &app.node.app.config;
    let checks = doctor::examine(config, clock, Examination::default()).await;
    let told = checks
        .into_iter()
        .filter(|check| check.name == "clock" && check.status == Status::Warn);
    told.map(|check| check.text).collect()
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_an_hour_is_told() {
    let app = TestApp::on(Setup::Large, &[]).await;
    let right = Clock::system();
    assert_eq!(clocks(&app, &right).await, [] as [&str; 0]);
    for seconds in [3_600, -3_600] {
        let wrong = TestClock::at(right.now().plus_seconds(seconds)).clock();
        let told = clocks(&app, &wrong).await;
        let [storage, database] = &told[..] else {
            panic!("{told:?}");
        };
        for (text, place) in [(storage, "the file storage"), (database, "the database")] {
            assert!(text.contains(place), "{text}");
            let is_an_hour =
                text.ends_with("60 minutes apart") || text.ends_with("59 minutes apart");
            assert!(is_an_hour, "{text}");
        }
    }
}
