//! A release that is replaced while customers fetch it.

use std::cell::Cell;

use futures_util::future::join3;
use skep_formats::checksum::Sha256;
use skep_server::accounts::role::Role;

use crate::support::{Answer, MIX, Sale, TestApp, tarball};

const REPLACEMENTS: usize = 30;

/// The tarballs of one release, in the order in which they take each other's place.
struct Editions(Vec<Vec<u8>>);

impl Editions {
    fn new() -> Self {
        let notes = 0..=REPLACEMENTS;
        Self(
            notes
                .map(|number| tarball("alpha", "1.0.0", &format!("edition {number}")))
                .collect(),
        )
    }

    /// Which of them has this checksum.
    fn number(&self, checksum: &str) -> usize {
        let mut editions = self.0.iter();
        editions
            .position(|tarball| Sha256::of(tarball).to_string() == checksum)
            .expect("the checksum of an edition")
    }
}

/// A customer with a license.
struct Reader<'a> {
    app: &'a TestApp,
    key: &'a str,
    editions: &'a Editions,
}

impl Reader<'_> {
    async fn get(&self, path: &str, known: &str) -> Answer {
        let ask = self.app.get(path).key(self.key).agent(MIX);
        ask.header("if-none-match", known).send().await
    }

    /// The edition that the registry names, and the `ETag` of the answer.
    async fn registry(&self) -> (usize, String) {
        let answer = self.get("/repo/packages/alpha", "\"none\"").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut releases = answer.package("acme", "alpha").releases;
        assert_eq!(releases.len(), 1);
        let checksum = releases.remove(0).outer_checksum.unwrap().to_string();
        let etag = answer.header("etag").to_owned();
        (self.editions.number(&checksum), etag)
    }

    /// The edition that is served: a whole one, under its own `ETag`.
    async fn tarball(&self) -> usize {
        let path = "/repo/tarballs/alpha-1.0.0.tar";
        let answer = self.get(path, "\"none\"").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let checksum = Sha256::of(&answer.body).to_string();
        assert_eq!(answer.header("etag"), format!("\"{checksum}\""));
        self.editions.number(&checksum)
    }

    /// A client looks at the registry, fetches the tarball, and looks again, as after a checksum that
    /// does not fit. Gives whether it did fit.
    async fn fetch(&self) -> bool {
        let (before, etag) = self.registry().await;
        let fetched = self.tarball().await;
        let is_unchanged = self.get("/repo/packages/alpha", &etag).await.status == 304;
        let (after, _) = self.registry().await;
        assert!(
            before <= fetched && fetched <= after,
            "{before} {fetched} {after}"
        );
        // Whoever's registry was not replaced in between has the tarball that it names.
        assert!(!is_unchanged || fetched == before, "{before} {fetched}");
        fetched == before
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registry_and_tarball_agree_while_a_release_is_replaced() {
    let app = &TestApp::new().await;
    let editions = &Editions::new();
    let rosa = &app.member("rosa", Role::Publisher).await;
    let publish = async |number: usize| {
        let ask = app.ask(reqwest::Method::POST, "/api/publish");
        let ask = ask.key(rosa).agent(MIX);
        let ask = ask.header("content-type", "application/octet-stream");
        let answer = ask.body(editions.0[number].clone()).send().await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
    };
    publish(0).await;
    let license = app.sell(Sale::of("alpha")).await;
    let reader = Reader {
        app,
        key: &license.key,
        editions,
    };
    let is_done = Cell::new(false);
    let read = async || {
        let (mut fetches, mut fits) = (0, 0);
        while !is_done.get() {
            fits += usize::from(reader.fetch().await);
            fetches += 1;
        }
        (fetches, fits)
    };
    let write = async {
        for number in 1..=REPLACEMENTS {
            publish(number).await;
            // Nothing older is served once the publisher has the answer.
            assert_eq!(reader.registry().await.0, number);
            assert_eq!(reader.tarball().await, number);
        }
        is_done.set(true);
    };
    let ((), first, second) = join3(write, read(), read()).await;
    for (fetches, fits) in [first, second] {
        assert!(fetches > 0 && fits > 0, "{fits} of {fetches}");
    }
    assert!(reader.fetch().await, "nothing changes any more");
}
