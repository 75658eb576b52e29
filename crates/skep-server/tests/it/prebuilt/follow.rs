//! What is new in the place is served within seconds, and what is not good never is.

use std::time::Duration;

use skep_formats::registry::Package;

use crate::support::static_site::{Site, golden_key, on_each_place};
use crate::support::{Sale, TestApp, seaweedfs, tarball};

/// Asks until it is so, for some seconds.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..150 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("after 15 seconds it is not so: {what}");
}

async fn ready(app: &TestApp) -> String {
    let answer = app.get("/readyz").send().await;
    assert_eq!(answer.status, 200);
    answer.text().to_owned()
}

async fn shop(mut site: Site) -> (Site, TestApp, String) {
    site.add("alpha", "1.0.0");
    site.write().await;
    let app = site.serve(&[]).await;
    let key = app.sell(Sale::of("*")).await.key;
    assert_eq!(app.sees(&key, "alpha").await.unwrap(), ["1.0.0"]);
    (site, app, key)
}

#[tokio::test]
async fn a_new_release_appears_and_a_removed_one_goes() {
    on_each_place(async |site: Site| {
        let (mut site, app, key) = shop(site).await;
        let new = site.add("alpha", "1.1.0");
        site.add("beta", "0.1.0");
        site.write().await;
        eventually("alpha 1.1.0 is there", async || {
            app.sees(&key, "alpha").await.unwrap() == ["1.0.0", "1.1.0"]
        })
        .await;
        let tarball = app.get("/repo/tarballs/alpha-1.1.0.tar").key(&key);
        assert_eq!(tarball.send().await.body, new);
        assert_eq!(app.sees(&key, "beta").await.unwrap(), ["0.1.0"]);
        site.remove("beta", "0.1.0");
        site.write().await;
        eventually("beta is gone", async || {
            app.sees(&key, "beta").await == Err(404)
        })
        .await;
        assert_eq!(ready(&app).await, "ready\n");
    })
    .await;
}

#[tokio::test]
async fn an_index_never_names_a_tarball_that_is_not_there() {
    let (mut site, app, key) = shop(Site::in_folder()).await;
    let (url, client) = (app.url.clone(), reqwest::Client::builder().no_proxy());
    let client = client.build().unwrap();
    let reader = tokio::spawn(async move {
        let get = async |path: String| {
            let request = client
                .get(format!("{url}/repo/{path}"))
                .header("authorization", &key);
            request.send().await.unwrap()
        };
        let mut seen = 0;
        let key = golden_key("rsa2048").public_key();
        while seen < 6 {
            let index = get("packages/alpha".to_owned())
                .await
                .bytes()
                .await
                .unwrap();
            let package = Package::open(&index, &key, "acme", "alpha").unwrap();
            seen = package.releases.len();
            for release in package.releases {
                let path = format!("tarballs/alpha-{}.tar", release.version);
                assert_eq!(get(path).await.status(), 200, "{}", release.version);
            }
        }
    });
    for minor in 1..6 {
        site.add("alpha", &format!("1.{minor}.0"));
        site.write().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let read = tokio::time::timeout(Duration::from_secs(20), reader).await;
    read.expect("all six are seen").unwrap();
}

/// What is wrong is not taken over: what was there before is served on, and readiness says so. Put right,
/// it is.
async fn refuses(site: Site, what: &str, spoil: impl AsyncFnOnce(&mut Site)) {
    let (mut site, app, key) = shop(site).await;
    let before = app.get("/repo/packages/alpha").key(&key).send().await.body;
    site.add("alpha", "1.1.0");
    spoil(&mut site).await;
    eventually(what, async || {
        ready(&app).await == "degraded: prebuilt repository\n"
    })
    .await;
    let prebuilt = app.node.app.prebuilt(&"acme".parse().unwrap()).unwrap();
    let fault = prebuilt.fault().unwrap();
    let mut said = fault.to_string();
    if let Some(cause) = std::error::Error::source(&*fault) {
        said = format!("{said}: {cause}");
    }
    assert!(said.contains(what), "{said}");
    let after = app.get("/repo/packages/alpha").key(&key).send().await.body;
    assert_eq!(after, before);
    assert_eq!(app.sees(&key, "alpha").await.unwrap(), ["1.0.0"]);
    (site.repository, site.key) = ("acme".to_owned(), golden_key("rsa2048"));
    site.write().await;
    eventually("it is good again", async || ready(&app).await == "ready\n").await;
    assert_eq!(app.sees(&key, "alpha").await.unwrap(), ["1.0.0", "1.1.0"]);
}

#[tokio::test]
async fn a_tampered_package_is_refused() {
    on_each_place(async |site: Site| {
        refuses(site, "`packages/alpha`", async |site: &mut Site| {
            site.write().await;
            let mut file = site.package("alpha");
            let middle = file.len() / 2;
            file[middle] ^= 1;
            site.put("packages/alpha", file).await;
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn another_repository_s_files_are_refused() {
    let what = "is of the repository `other`, not of `acme`";
    refuses(Site::in_folder(), what, async |site: &mut Site| {
        site.repository = "other".to_owned();
        site.write().await;
    })
    .await;
}

#[tokio::test]
async fn another_key_s_files_are_refused() {
    let what = "is not signed with the key `SHA256:";
    refuses(Site::in_folder(), what, async |site: &mut Site| {
        site.key = golden_key("rsa4096");
        site.write().await;
    })
    .await;
}

#[tokio::test]
async fn another_public_key_in_the_place_is_refused() {
    refuses(Site::in_folder(), "trust only one of them", async |site| {
        site.write().await;
        let pem = golden_key("rsa4096").public_key().to_pem();
        site.put("public_key", pem).await;
    })
    .await;
}

#[tokio::test]
async fn a_missing_tarball_is_refused() {
    on_each_place(async |site: Site| {
        let what = "`tarballs/alpha-1.1.0.tar` is missing";
        refuses(site, what, async |site: &mut Site| {
            // Index first: the wrong order.
            site.put("packages/alpha", site.package("alpha")).await;
            site.put("versions", site.versions()).await;
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_upload_half_way_is_refused() {
    let what = "has `1.1.0`, which `versions` lacks";
    refuses(Site::in_folder(), what, async |site: &mut Site| {
        let file = tarball("alpha", "1.1.0", "# nothing to see");
        site.put("tarballs/alpha-1.1.0.tar", file).await;
        site.put("packages/alpha", site.package("alpha")).await;
    })
    .await;
}

#[tokio::test]
async fn while_the_place_is_away_what_is_known_is_served() {
    let mut site = Site::in_bucket().await;
    let file = site.add("alpha", "1.0.0");
    site.write().await;
    let app = site.serve(&[]).await;
    let key = app.sell(Sale::of("*")).await.key;
    site.s3().become_(crate::support::strict_s3::Mood::Busy);
    eventually("readiness says so", async || {
        ready(&app).await == "degraded: prebuilt repository\n"
    })
    .await;
    assert_eq!(app.sees(&key, "alpha").await.unwrap(), ["1.0.0"]);
    let ask = || app.get("/repo/tarballs/alpha-1.0.0.tar").key(&key);
    let away = ask().send().await;
    assert_eq!((away.status, away.header("retry-after")), (503, ""));
    site.s3().become_(crate::support::strict_s3::Mood::Strict);
    eventually("it is back", async || ready(&app).await == "ready\n").await;
    assert_eq!(ask().send().await.body, file);
}

#[tokio::test]
async fn a_changed_tarball_is_not_served() {
    let other = tarball("alpha", "1.0.0", "# something else");
    let (site, app, key) = shop(Site::in_folder()).await;
    site.put("tarballs/alpha-1.0.0.tar", other.clone()).await;
    not_served(&app, &key, &other).await;
    let (site, app, key) = shop(Site::in_bucket().await).await;
    let path = format!("{}/tarballs/alpha-1.0.0.tar", site.s3().prefix);
    seaweedfs::change_by_hand(&path, &other).await;
    not_served(&app, &key, &other).await;
}

/// A small file breaks off before its first byte, a large one before its last.
async fn not_served(app: &TestApp, key: &str, other: &[u8]) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/repo/tarballs/alpha-1.0.0.tar", app.url);
    let request = client.get(url).header("authorization", key);
    let whole = match request.send().await {
        Ok(answer) => answer.bytes().await,
        Err(error) => Err(error),
    };
    assert!(whole.is_err(), "{whole:?} {}", other.len());
}
