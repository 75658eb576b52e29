//! The same over HTTP: the server is killed while somebody publishes through it.

use std::{thread, time::Duration};

use super::{Numbers, Release, SEED, is_served, is_shown, the_registry_is_whole};
use crate::support::{outside::runtime, shop::Shop};
use skep_server::clock::Clock;

const KILLS: u64 = 20;
/// What is published one after the other until the server is killed.
const BATCH: u64 = 8;

/// Somebody who publishes.
struct Publisher {
    url: String,
    key: String,
    client: reqwest::Client,
}

impl Publisher {
    /// The status of the answer; `None` when none came.
    fn publish(&self, release: &Release) -> Option<u16> {
        let package = release.name.split(' ').next().expect("it has a name");
        let url = format!("{}/api/packages/{package}/releases?replace=true", self.url);
        let tarball = fs_err::read(&release.file).expect("it is there");
        let request = self.client.post(url).header("authorization", &self.key);
        let request = request.header("content-type", "application/octet-stream");
        let answered = runtime().block_on(async {
            let answer = request.body(tarball).send().await.ok()?;
            let status = answer.status().as_u16();
            Some((status, answer.text().await))
        });
        let (status, text) = answered?;
        assert!(matches!(status, 200 | 201), "{status}: {text:?}");
        Some(status)
    }

    /// How many of them were acknowledged before the server was gone.
    fn publish_all(&self, releases: &[Release]) -> usize {
        let acknowledged = releases.iter().take_while(|it| self.publish(it).is_some());
        acknowledged.count()
    }
}

fn shop_with_publisher() -> (Shop, Publisher) {
    let shop = Shop::init();
    shop.skep(&["product", "create", "tools", "--package", "widget*"])
        .succeeded();
    let client = reqwest::Client::builder()
        .no_proxy()
        .user_agent("hex_core/0.15.0 hex/2.5.0")
        .build();
    let publisher = Publisher {
        url: shop.url.clone(),
        key: shop.member("rosa"),
        client: client.expect("a client"),
    };
    (shop, publisher)
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "a failing test shows what happened before"
)]
fn every_acknowledged_release_survives_20_kills_of_the_server() {
    let mut numbers = Numbers(SEED ^ 0x0711);
    let (mut shop, publisher) = shop_with_publisher();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    let folder = shop.repository().with_file_name("tarballs");
    fs_err::create_dir(&folder).expect("the temporary folder is writable");
    let batch = |number: u64| -> Vec<Release> {
        let numbers = number * BATCH..(number + 1) * BATCH;
        numbers
            .map(|number| Release::new(&folder, number))
            .collect()
    };
    // One undisturbed, to know how long it takes.
    shop.serve();
    let begin = Clock::system().now();
    let mut acknowledged = batch(0);
    assert_eq!(publisher.publish_all(&acknowledged), acknowledged.len());
    let whole = Clock::system().now().micros().abs_diff(begin.micros());
    let mut lost = Vec::new();
    for number in 1..=KILLS {
        let mut releases = batch(number);
        let patience = Duration::from_micros(numbers.below(whole));
        let count = thread::scope(|scope| {
            let publishing = scope.spawn(|| publisher.publish_all(&releases));
            thread::sleep(patience);
            shop.kill_server();
            publishing.join().expect("every answer was good")
        });
        lost.extend(releases.split_off(count));
        acknowledged.extend(releases);
        shop.serve();
    }
    eprintln!("{} acknowledged, {} not", acknowledged.len(), lost.len());
    assert!(!lost.is_empty(), "no kill was in time");
    for release in &acknowledged {
        is_served(&shop, &license, release);
    }
    the_registry_is_whole(&shop, &license);
    for release in &lost {
        publisher.publish(release).expect("nobody kills it now");
        is_shown(&shop, &license, release);
    }
    the_registry_is_whole(&shop, &license);
}
