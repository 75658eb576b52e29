//! The same test on a folder and on a bucket.

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

/// Runs a test with files in a folder, then with files in a bucket.
pub(crate) async fn on_each_store(settings: &[(&str, &str)], test: impl AsyncFn(TestApp)) {
    let naming = NameWhenFailing("a folder");
    test(TestApp::with(settings).await).await;
    drop(naming);
    let _naming = NameWhenFailing("a bucket");
    let (app, _s3) = app_on_bucket(settings).await;
    test(app).await;
}

struct NameWhenFailing(&'static str);

impl Drop for NameWhenFailing {
    #[expect(clippy::print_stderr, reason = "a failed test says where it failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was with files in {}", self.0);
        }
    }
}
