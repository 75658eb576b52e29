//! The client's example, run against our own server.

use tempfile::TempDir;

use crate::support::package::Package;
use crate::support::shop::{NAME, Shop};

#[path = "../../../../skep-client/examples/fetch_package.rs"]
#[expect(dead_code, reason = "its `main` is for the command line")]
mod fetch_package;

#[tokio::test]
async fn it_fetches_the_newest_release_with_a_license_key() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    shop.serve();
    let folder = TempDir::new().expect("a temporary folder");
    let fingerprint = shop.public_key().fingerprint();
    let mut arguments = vec![
        "widget".to_owned(),
        shop.repository_url(),
        NAME.to_owned(),
        fingerprint,
    ];
    let refused = fetch_package::run(&arguments, folder.path()).await;
    let words = refused.expect_err("it needs a key").to_string();
    assert!(words.contains("A license key is needed"), "{words}");
    arguments.push(license.key);
    let path = fetch_package::run(&arguments, folder.path()).await;
    let tarball = fs_err::read(path.expect("it is fetched")).expect("it is there");
    assert_eq!(tarball, Package::new("widget", "1.1.0").tarball());

    let wrong = "SHA256:O1LOYhHFW4kcrblKAxROaDEzLD8bn1seWbe5tq8TRsk";
    arguments[3] = wrong.to_owned();
    let refused = fetch_package::run(&arguments, folder.path()).await;
    assert!(refused.is_err(), "the key has another fingerprint");
}
