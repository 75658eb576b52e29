mod again;
mod full_disk;
mod rules;

use std::path::Path;

use skep_formats::tarball::{Limits, Metadata, Requirement, create};

use super::*;
use crate::app::tests::{Installation, TODAY};
use crate::catalog::delete::delete;
use crate::catalog::packages;
use crate::catalog::retire::{RetireError, Target, parse_reason, retire, unretire};
use crate::db::{self, Change};

fn metadata(name: &str, version: &str) -> Metadata {
    let mut metadata = Metadata::new(name, version);
    metadata.app = Some(name.to_owned());
    metadata.build_tools = vec!["mix".to_owned()];
    metadata.files = vec!["mix.exs".to_owned()];
    metadata
}

fn tarball(metadata: &Metadata, content: &str) -> Vec<u8> {
    create(metadata, [("mix.exs", 0o644, content)], &Limits::default())
        .unwrap()
        .tarball
}

impl Installation {
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs_err::write(&path, bytes).unwrap();
        path
    }

    fn request(&self, metadata: &Metadata, content: &str) -> Publish {
        let tarball = self.write("release.tar", &tarball(metadata, content));
        Publish {
            tarball,
            docs: None,
            repository: None,
            replace: false,
            published_at: None,
            actor: Actor::Cli,
        }
    }

    async fn publish(&self, name: &str, version: &str) -> Published {
        publish(&self.app, &self.request(&metadata(name, version), ""))
            .await
            .unwrap()
    }

    async fn problems(&self, metadata: &Metadata) -> String {
        let error = publish(&self.app, &self.request(metadata, ""))
            .await
            .unwrap_err();
        let PublishError::Invalid { problems, .. } = error else {
            panic!("{error}")
        };
        problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn target(name: &str, version: &str) -> Target {
        let (package, version) = (name.parse().unwrap(), version.parse().unwrap());
        Target {
            repository: None,
            package,
            version,
            actor: Actor::Cli,
        }
    }

    fn object(&self, published: &Published) -> PathBuf {
        let ReleaseName {
            repository,
            package,
            version,
        } = published.release.clone();
        let key = FileKey::Tarball {
            repository,
            package,
            version,
            checksum: published.checksum,
        };
        self.folder.path().join("files").join(key.path())
    }
}

/// Publishes a small package; gives the path of its object.
pub(crate) async fn publish_release(it: &Installation, name: &str, version: &str) -> PathBuf {
    it.object(&it.publish(name, version).await)
}

#[tokio::test]
async fn a_published_release_is_stored_written_down_and_fed_to_nodes() {
    let it = Installation::new().await;
    let before = it.app.db.feed_since(0).await.unwrap().revision;
    let published = it.publish("alpha", "1.0.0").await;
    assert_eq!(
        (published.outcome, published.published_at),
        (Outcome::Created, TODAY)
    );
    let stored = fs_err::read(it.object(&published)).unwrap();
    assert_eq!(Sha256::of(&stored), published.checksum);
    let shown = packages::show(&it.app, None, &"alpha".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(shown.latest().outer_checksum, published.checksum);
    assert_eq!(shown.metadata["app"], "alpha");
    let feed = it.app.db.feed_since(before).await.unwrap();
    assert_eq!(
        feed.changes.unwrap().into_iter().collect::<Vec<_>>(),
        [Change::Package(shown.package.id)]
    );
    let audit = db::audit::list(&mut it.app.db.read().await.unwrap(), 10)
        .await
        .unwrap();
    assert_eq!(
        (audit[0].action.as_str(), audit[0].subject.as_str()),
        ("release.publish", "acme/alpha 1.0.0")
    );
}

#[tokio::test]
async fn publish_twice_without_replace_is_rejected() {
    let it = Installation::new().await;
    let first = it.publish("alpha", "1.0.0").await;
    let error = publish(&it.app, &it.request(&metadata("alpha", "1.0.0"), "other"))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("must include the --replace flag to update an existing release"),
        "{error}"
    );
    let shown = packages::show(&it.app, None, &"alpha".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(shown.latest().outer_checksum, first.checksum);
}

#[tokio::test]
async fn replacing_keeps_the_date_and_the_old_object() {
    let it = Installation::new().await;
    let first = it.publish("alpha", "1.0.0").await;
    it.clock.advance(86_400);
    let request = Publish {
        replace: true,
        ..it.request(&metadata("alpha", "1.0.0"), "other")
    };
    let second = publish(&it.app, &request).await.unwrap();
    assert_eq!(
        (second.outcome, second.published_at),
        (Outcome::Replaced, first.published_at)
    );
    assert_ne!(second.checksum, first.checksum);
    assert!(it.object(&first).exists() && it.object(&second).exists());
    let again = publish(&it.app, &request).await.unwrap();
    assert_eq!(again.outcome, Outcome::Unchanged);
    let dated = Publish {
        published_at: Some(TODAY.plus_days(-400)),
        ..request
    };
    let dated = publish(&it.app, &dated).await.unwrap();
    assert_eq!(
        (dated.outcome, dated.published_at),
        (Outcome::Replaced, TODAY.plus_days(-400))
    );
}

#[tokio::test]
async fn many_are_published_in_order_and_a_bad_one_stops_no_other() {
    let it = Installation::new().await;
    let mut requests: Vec<Publish> = Vec::new();
    for version in 0..20 {
        let metadata = metadata("alpha", &format!("1.{version}.0"));
        let path = it.write(&format!("{version}.tar"), &tarball(&metadata, ""));
        requests.push(Publish {
            tarball: path,
            ..it.request(&metadata, "")
        });
    }
    requests[7].tarball = "nowhere.tar".into();
    let results: Vec<_> = publish_all(&it.app, &requests).collect().await;
    for (index, result) in results.into_iter().enumerate() {
        match result {
            Ok(published) => assert_eq!(published.release.version.minor, index as u64),
            Err(error) => assert!(
                index == 7 && matches!(error, PublishError::Read(_)),
                "{error}"
            ),
        }
    }
    assert_eq!(packages::list(&it.app, None).await.unwrap()[0].releases, 19);
}

#[tokio::test]
async fn docs_are_stored_and_stay_when_the_tarball_is_replaced() {
    let it = Installation::new().await;
    let docs = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/docs/valid.tar.gz"
    );
    let request = Publish {
        docs: Some(docs.into()),
        ..it.request(&metadata("alpha", "1.0.0"), "")
    };
    publish(&it.app, &request).await.unwrap();
    let request = Publish {
        replace: true,
        ..it.request(&metadata("alpha", "1.0.0"), "other")
    };
    publish(&it.app, &request).await.unwrap();
    let shown = packages::show(&it.app, None, &"alpha".parse().unwrap())
        .await
        .unwrap();
    let key = shown.latest().docs_key(&shown.package).unwrap();
    assert_eq!(
        it.app.files.size(&key).await.unwrap(),
        Some(fs_err::metadata(docs).unwrap().len())
    );
    let broken = it.write("docs.tar.gz", b"no docs");
    let request = Publish {
        docs: Some(broken),
        ..it.request(&metadata("alpha", "2.0.0"), "")
    };
    assert!(matches!(
        publish(&it.app, &request).await,
        Err(PublishError::Docs { .. })
    ));
}

#[tokio::test]
async fn a_retirement_comes_and_goes() {
    let it = Installation::new().await;
    it.publish("alpha", "1.0.0").await;
    it.publish("alpha", "1.1.0").await;
    let target = Installation::target("alpha", "1.1.0");
    let reason = parse_reason("security").unwrap();
    let release = retire(&it.app, &target, reason, Some("CVE-1"))
        .await
        .unwrap();
    assert_eq!(
        release.retirement.unwrap().message.as_deref(),
        Some("CVE-1")
    );
    let list = packages::list(&it.app, None).await.unwrap();
    assert_eq!(
        (list[0].releases, list[0].latest_version.as_str()),
        (2, "1.0.0")
    );
    unretire(&it.app, &target).await.unwrap();
    assert!(matches!(
        unretire(&it.app, &target).await,
        Err(RetireError::NotRetired { .. })
    ));
    assert!(matches!(
        retire(&it.app, &target, reason, Some("no")).await,
        Err(RetireError::MessageLength(2))
    ));
    assert!(parse_reason("boredom").is_err());
    let error = retire(
        &it.app,
        &Installation::target("alpha", "9.9.9"),
        reason,
        None,
    )
    .await
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "package `alpha` has no version `9.9.9`; it has `1.1.0`, `1.0.0`"
    );
    let error = retire(
        &it.app,
        &Installation::target("beta", "1.0.0"),
        reason,
        None,
    )
    .await
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("there is no package `beta` in repository `acme`"),
        "{error}"
    );
}

#[tokio::test]
async fn the_last_release_takes_its_package_along() {
    let it = Installation::new().await;
    it.publish("alpha", "1.0.0").await;
    it.publish("alpha", "1.1.0").await;
    let deleted = delete(&it.app, &Installation::target("alpha", "1.1.0"), false)
        .await
        .unwrap();
    assert!(!deleted.package_is_gone);
    let deleted = delete(&it.app, &Installation::target("alpha", "1.0.0"), false)
        .await
        .unwrap();
    assert!(deleted.package_is_gone);
    assert!(packages::list(&it.app, None).await.unwrap().is_empty());
    it.publish("alpha", "1.0.0").await;
}
