//! Starting needs the place, with a good registry in it, and the key that customers know.

use std::path::Path;

use skep_server::app::{App, StartError};
use skep_server::config::Config;
use skep_server::db::{Db, OpenMode};
use skep_server::node::{Node, NodeError};

use crate::support::static_site::{Site, public_key_file};

/// A new installation with this as its only repository.
async fn open(dir: &Path, site: &Site, key: &str) -> Result<App, StartError> {
    fs_err::create_dir_all(dir.join("files")).unwrap();
    let url = format!("sqlite:{}", dir.join("skep.db").display());
    if !dir.join("skep.db").exists() {
        Db::open(&url, OpenMode::Create)
            .await
            .unwrap()
            .close()
            .await;
    }
    let text = format!(
        "[[repository]]\nname = \"acme\"\npublic_key_file = \"{key}\"\nregistry_url = \"file:{}\"\n",
        site.folder().display()
    );
    let config = Config::parse(&text, dir, &[]).unwrap();
    App::open(config, skep_server::clock::Clock::system()).await
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[tokio::test]
async fn a_registry_that_is_not_good_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let mut site = Site::in_folder();
    site.add("alpha", "1.0.0");
    site.write().await;
    let mut file = site.package("alpha");
    file.truncate(40);
    site.put("packages/alpha", file).await;
    let app = open(dir.path(), &site, &public_key_file("rsa2048")).await;
    let error = Node::start(app.unwrap()).await.unwrap_err();
    let text = with_causes(&error);
    assert!(matches!(error, NodeError::Prebuilt { .. }));
    let begin = "the static registry of repository `acme` cannot be served: `packages/alpha` in `";
    assert!(text.starts_with(begin), "{text}");
}

#[expect(clippy::disallowed_methods, reason = "how long a real start waits")]
#[tokio::test]
async fn an_empty_place_is_waited_for_and_then_refused() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::in_folder());
    let app = open(dir.path(), &site, &public_key_file("rsa2048")).await;
    let begun = std::time::Instant::now();
    let error = Node::start(app.unwrap()).await.unwrap_err();
    assert!(begun.elapsed().as_secs() >= 9, "an upload may be under way");
    let text = with_causes(&error);
    assert!(text.contains("`names` is missing in `"), "{text}");
}

#[tokio::test]
async fn an_upload_under_way_is_waited_for() {
    let (dir, mut site) = (tempfile::tempdir().unwrap(), Site::in_folder());
    site.add("alpha", "1.0.0");
    let app = open(dir.path(), &site, &public_key_file("rsa2048")).await;
    let (node, ()) = tokio::join!(Node::start(app.unwrap()), async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        site.write().await;
    });
    node.unwrap().stop().await;
}

#[tokio::test]
async fn another_key_than_customers_know_is_refused() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::in_folder());
    let first = open(dir.path(), &site, &public_key_file("rsa2048")).await;
    first.unwrap().db.close().await;
    let error = open(dir.path(), &site, &public_key_file("rsa4096")).await;
    let error = error.unwrap_err();
    assert!(matches!(error, StartError::AnotherKey { .. }), "{error}");
}

#[tokio::test]
async fn a_key_that_is_none_is_named() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::in_folder());
    let check = async |key: &str, expected: &str| {
        let error = open(dir.path(), &site, key).await.unwrap_err();
        let text = with_causes(&error);
        let begin =
            "the public key of repository `acme` cannot be used; `public_key_file` names it: ";
        assert!(text.starts_with(begin) && text.contains(expected), "{text}");
    };
    let private = public_key_file("rsa2048").replace("_pub_spki", "");
    check(&private, "this is a private key, a public key is needed").await;
    check("nowhere.pem", "there is no file `").await;
    check("skep.db", "is not PEM").await;
}

#[tokio::test]
async fn a_place_that_is_not_there_is_named() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::in_folder());
    fs_err::remove_dir(site.folder()).unwrap();
    let error = open(dir.path(), &site, &public_key_file("rsa2048")).await;
    let text = with_causes(&error.unwrap_err());
    assert!(
        text.starts_with("the static registry of repository `acme` cannot be used; `registry_url` names it: there is no folder"),
        "{text}"
    );
}
