//! The same test on both set-ups.

use super::base;
use super::line::Line;
use super::setup::Setup;
use super::strict_s3::StrictS3;
use super::test_app::TestApp;

/// A server with its files in a bucket.
pub(crate) async fn app_on_bucket(settings: &[(&str, &str)]) -> (TestApp, StrictS3) {
    let s3 = StrictS3::start().await;
    let own = s3.settings();
    let mut all: Vec<(&str, &str)> = own
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.extend(settings);
    (TestApp::with(&all).await, s3)
}

/// A server with PostgreSQL at the end of a line.
pub(crate) async fn app_over_line() -> (TestApp, Line) {
    let url = base::migrated().await;
    let server = url.split(['@', '/']).nth(3).expect("its address");
    let line = Line::to(server).await;
    let url = url.replace(server, &line.address);
    let app = TestApp::with(&[("SKEP_DATABASE__URL", &url)]).await;
    (app, line)
}

/// Runs a test on SQLite and a folder, then on PostgreSQL and a bucket; in a run for one of them, on that.
pub(crate) async fn on_each_app(test: impl AsyncFn(TestApp)) {
    on_each_app_with(&[], test).await;
}

/// The same, with some settings.
pub(crate) async fn on_each_app_with(settings: &[(&str, &str)], test: impl AsyncFn(TestApp)) {
    for setup in [Setup::Small, Setup::Large] {
        if setup.is_in_this_run() {
            let _naming = NameWhenFailing(setup);
            test(TestApp::on(setup, settings).await).await;
        }
    }
}

struct NameWhenFailing(Setup);

impl Drop for NameWhenFailing {
    #[expect(clippy::print_stderr, reason = "a failed test says where it failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was on the set-up `{:?}`", self.0);
        }
    }
}
