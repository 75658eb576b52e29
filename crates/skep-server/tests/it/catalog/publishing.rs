//! Publishing on both databases.

use std::path::Path;

use futures_util::StreamExt;
use skep_formats::tarball::{Limits, Metadata, create};
use skep_server::app::App;
use skep_server::catalog::delete::delete;
use skep_server::catalog::packages;
use skep_server::catalog::publish::{Outcome, Publish, PublishError, publish, publish_all};
use skep_server::clock::TestClock;
use skep_server::config::Config;
use skep_server::db::audit::Actor;

use super::target;
use crate::support::TODAY;
use crate::support::each_db::{TestDb, on_each_db};

async fn app(test: &TestDb) -> App {
    let key = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/keys/rsa2048.pem"
    );
    let files = test.dir.path().join("files");
    fs_err::create_dir_all(&files).expect("a directory");
    let text = format!(
        "[database]\nurl = \"{}\"\n[[repository]]\nname = \"acme\"\nprivate_key_file = \"{key}\"\n",
        test.url
    );
    let config = Config::parse(&text, test.dir.path(), &[]).expect("a valid configuration");
    App::open(config, TestClock::at(TODAY).clock())
        .await
        .expect("a whole installation")
}

fn request(dir: &Path, name: &str, version: &str, content: &str) -> Publish {
    let mut metadata = Metadata::new(name, version);
    metadata.app = Some(name.to_owned());
    metadata.build_tools = vec!["mix".to_owned()];
    metadata.files = vec!["mix.exs".to_owned()];
    let files = [("mix.exs", 0o644, content)];
    let created = create(&metadata, files, &Limits::default()).expect("a valid package");
    let tarball = dir.join(format!("{name}-{version}-{}.tar", content.len()));
    fs_err::write(&tarball, created.tarball).expect("a file");
    Publish {
        tarball,
        docs: None,
        repository: None,
        replace: false,
        published_at: None,
        actor: Actor::Cli,
    }
}

#[tokio::test]
async fn a_release_is_created_replaced_and_deleted() {
    on_each_db(async |test: TestDb| {
        let (app, dir) = (app(&test).await, test.dir.path());
        let first = publish(&app, &request(dir, "alpha", "1.0.0", "a"))
            .await
            .expect("new");
        assert_eq!(first.outcome, Outcome::Created);
        let other = request(dir, "alpha", "1.0.0", "bb");
        let error = publish(&app, &other).await.expect_err("it exists");
        assert!(matches!(error, PublishError::Exists(_)), "{error}");
        let other = Publish {
            replace: true,
            ..other
        };
        assert_eq!(
            publish(&app, &other).await.expect("replaced").outcome,
            Outcome::Replaced
        );
        assert_eq!(
            publish(&app, &other).await.expect("the same").outcome,
            Outcome::Unchanged
        );
        let deleted = delete(&app, &target("alpha", "1.0.0"), false)
            .await
            .expect("deleted");
        assert!(
            deleted.package_is_gone && packages::list(&app, None).await.expect("a list").is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn publications_that_meet_make_one_package() {
    on_each_db(async |test: TestDb| {
        let app = app(&test).await;
        let versions = 0..12;
        let mut requests: Vec<Publish> = versions
            .map(|n| request(test.dir.path(), "alpha", &format!("1.{n}.0"), "a"))
            .collect();
        // And one of them twice, with other contents: one of the two must lose.
        requests.insert(1, request(test.dir.path(), "alpha", "1.0.0", "bb"));
        let results: Vec<_> = publish_all(&app, &requests).collect().await;
        let lost: Vec<_> = results
            .iter()
            .filter_map(|result| result.as_ref().err())
            .collect();
        assert!(matches!(lost[..], [PublishError::Exists(_)]), "{lost:?}");
        let list = packages::list(&app, None).await.expect("a list");
        assert_eq!((list.len(), list[0].releases), (1, 12));
    })
    .await;
}
