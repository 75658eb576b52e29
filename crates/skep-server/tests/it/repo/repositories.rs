//! Further repositories, at `/repo/repos/NAME`, and slashes.

use crate::support::{Sale, TestApp};

#[tokio::test]
async fn a_further_repository_is_one_of_its_own() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    app.publish_as("alpha", "9.0.0", |request| {
        request.repository = Some("sub".parse().unwrap())
    })
    .await;
    let acme = app.sell(Sale::of("*")).await.key;
    let sub = app.sell(Sale::of("*").in_repository("sub")).await.key;
    let versions = async |path: &str, repository: &str, key: &str| {
        let answer = app.get(path).key(key).send().await;
        if answer.status != 200 {
            return Err(answer.status);
        }
        Ok(answer.package(repository, "alpha").releases[0]
            .version
            .clone())
    };
    assert_eq!(
        versions("/repo/packages/alpha", "acme", &acme)
            .await
            .as_deref(),
        Ok("1.0.0")
    );
    assert_eq!(
        versions("/repo/repos/acme/packages/alpha", "acme", &acme)
            .await
            .as_deref(),
        Ok("1.0.0")
    );
    assert_eq!(
        versions("/repo/repos/sub/packages/alpha", "sub", &sub)
            .await
            .as_deref(),
        Ok("9.0.0")
    );
    assert_eq!(
        versions("/repo/packages/alpha", "acme", &sub).await,
        Err(403)
    );
    assert_eq!(
        versions("/repo/repos/sub/packages/alpha", "sub", &acme).await,
        Err(403)
    );
    let tarball = async |key: &str| {
        app.get("/repo/repos/sub/tarballs/alpha-9.0.0.tar")
            .key(key)
            .send()
            .await
            .status
    };
    assert_eq!((tarball(&sub).await, tarball(&acme).await), (200, 403));
    let names = app
        .get("/repo/repos/sub/names")
        .key(&acme)
        .send()
        .await
        .names("sub");
    assert_eq!(names.packages, []);
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_told_to_licenses_only() {
    let app = TestApp::new().await;
    let key = app.sell(Sale::of("*")).await.key;
    for file in ["names", "packages/alpha", "tarballs/alpha-1.0.0.tar"] {
        let path = format!("/repo/repos/nowhere/{file}");
        let answer = app.get(&path).key(&key).send().await;
        assert_eq!(
            (answer.status, answer.text()),
            (404, "There is no repository `nowhere` here.\n")
        );
        assert_eq!(app.get(&path).send().await.status, 401);
    }
}

#[tokio::test]
async fn slashes_may_be_doubled() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("*")).await.key;
    for path in [
        "/repo//packages/alpha",
        "/repo///packages//alpha",
        "/repo/packages/alpha/",
        "/repo//repos/acme//packages/alpha",
    ] {
        assert_eq!(app.get(path).key(&key).send().await.status, 200, "{path}");
    }
    assert_eq!(
        app.get("/repo//tarballs/alpha-1.0.0.tar")
            .key(&key)
            .send()
            .await
            .status,
        200
    );
}
