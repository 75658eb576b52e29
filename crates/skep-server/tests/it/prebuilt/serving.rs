//! What is served is what the seller built, byte for byte.

use std::path::Path;

use reqwest::Method;
use skep_formats::checksum::Sha256;

use crate::support::static_site::{Site, on_each_place};
use crate::support::{MIX, REBAR3, Sale};

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/golden/static_registry/public"
);

/// Every file of the registry that `mix hex.registry build` made.
fn golden_files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in ["", "packages", "tarballs"] {
        for entry in fs_err::read_dir(Path::new(GOLDEN).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(GOLDEN).unwrap().to_str().unwrap();
                files.push((name.to_owned(), fs_err::read(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 8, "{files:?}");
    files
}

#[tokio::test]
async fn what_mix_built_is_served_byte_for_byte() {
    on_each_place(async |site: Site| {
        for (path, bytes) in golden_files() {
            site.put(&path, bytes).await;
        }
        let app = site.serve(&[]).await;
        let key = app.sell(Sale::of("*")).await.key;
        for (path, bytes) in golden_files() {
            let url = format!("/repo/{path}");
            let answer = app.get(&url).key(&key).agent(MIX).send().await;
            assert_eq!((answer.status, &answer.body), (200, &bytes), "{path}");
            assert_eq!(answer.header("content-encoding"), "", "{path}");
            let etag = answer.header("etag").to_owned();
            assert!(etag.starts_with('"'), "{path}: {etag}");
            let again = app.get(&url).key(&key).header("if-none-match", &etag);
            let again = again.send().await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            let head = app.ask(Method::HEAD, &url).key(&key).send().await;
            let length = bytes.len().to_string();
            assert_eq!(head.status, 200, "{path}");
            assert_eq!(head.header("content-length"), length, "{path}");
        }
        let named = app.get("/repo/repos/acme/names").key(&key).send().await;
        assert_eq!(named.body, site.read("names").await);
    })
    .await;
}

#[tokio::test]
async fn tarballs_have_the_checksum_of_the_registry_as_their_etag() {
    let mut site = Site::in_folder();
    let tarball = site.add("alpha", "1.0.0");
    site.write().await;
    let app = site.serve(&[]).await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let ask = || app.get("/repo/tarballs/alpha-1.0.0.tar").key(&key);
    let answer = ask().agent(REBAR3).header("if-none-match", "").send().await;
    assert_eq!((answer.status, &answer.body), (200, &tarball));
    let etag = format!("\"{}\"", Sha256::of(&tarball));
    assert_eq!(answer.header("etag"), etag);
    assert_eq!(answer.header("accept-ranges"), "none");
    // Only whoever reads all of a file that can change knows that it is the right one.
    let part = ask().header("range", "bytes=0-9").send().await;
    assert_eq!((part.status, &part.body), (200, &tarball));
}

#[tokio::test]
async fn documentation_is_served_where_there_is_some() {
    on_each_place(async |mut site: Site| {
        site.add("alpha", "1.0.0");
        site.add("alpha", "1.1.0");
        site.write().await;
        site.put("docs/alpha-1.0.0.tar.gz", "documentation").await;
        let app = site.serve(&[]).await;
        let key = app.sell(Sale::of("alpha")).await.key;
        let ask = |version: &str| {
            let path = format!("/repo/docs/alpha-{version}.tar.gz");
            app.get(&path).key(&key)
        };
        let found = ask("1.0.0").send().await;
        assert_eq!((found.status, found.text()), (200, "documentation"));
        assert_eq!(found.header("content-type"), "application/gzip");
        let etag = found.header("etag").to_owned();
        let again = ask("1.0.0").header("if-none-match", &etag).send().await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        let absent = ask("1.1.0").send().await;
        assert_eq!(absent.status, 404);
        assert_eq!(absent.text(), "Release alpha 1.1.0 has no documentation.\n");
        assert_eq!(ask("2.0.0").send().await.status, 404);
        let other = app.sell(Sale::of("beta")).await.key;
        let refused = app.get("/repo/docs/alpha-1.0.0.tar.gz").key(&other);
        assert_eq!(refused.send().await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_managed_repository_is_served_beside_it() {
    let mut site = Site::in_folder();
    site.add("alpha", "1.0.0");
    site.write().await;
    let app = site.serve(&[]).await;
    app.publish_as("beta", "1.0.0", |request| {
        request.repository = Some("sub".parse().unwrap());
    })
    .await;
    let key = app.sell(Sale::of("beta").in_repository("sub")).await.key;
    let answer = app.get("/repo/repos/sub/packages/beta").key(&key);
    let package = answer.send().await.package("sub", "beta");
    assert_eq!(package.releases[0].version, "1.0.0");
    let refused = app.get("/repo/packages/alpha").key(&key).send().await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn without_a_key_of_its_own_the_one_of_the_configuration_is_served() {
    let mut site = Site::in_folder();
    site.add("alpha", "1.0.0");
    site.write().await;
    site.delete("public_key").await;
    let app = site.serve(&[]).await;
    let answer = app.get("/repo/public_key").send().await;
    let pem = site.key.public_key().to_pem();
    assert_eq!((answer.status, answer.text()), (200, pem.as_str()));
}

#[tokio::test]
async fn what_is_fetched_is_in_the_usage() {
    let mut site = Site::in_folder();
    site.add("alpha", "1.0.0");
    site.write().await;
    let app = site.serve(&[]).await;
    let sold = app.sell(Sale::of("alpha")).await;
    app.get("/repo/packages/alpha").key(&sold.key).send().await;
    let tarball = app.get("/repo/tarballs/alpha-1.0.0.tar").key(&sold.key);
    assert_eq!(tarball.send().await.status, 200);
    app.node.usage.flush().await;
    let mut conn = app.node.app.db.read().await.unwrap();
    let license = sold.license.parse().unwrap();
    let downloads = skep_server::db::downloads::list_by_license(&mut conn, license)
        .await
        .unwrap();
    assert_eq!(downloads.len(), 1);
    assert_eq!(downloads[0].release.to_string(), "alpha 1.0.0");
}
