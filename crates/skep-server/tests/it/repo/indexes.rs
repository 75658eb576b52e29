//! `/repo/names` and `/repo/versions`: what Gleam and Renovate read. They agree with `/repo/packages`.

use crate::support::{GLEAM, Sale, TODAY, TestApp};

async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.publish_at("alpha", "1.0.0", TODAY.plus_days(-300))
        .await;
    app.publish_at("alpha", "2.0.0", TODAY.plus_days(-100))
        .await;
    app.publish_at("beta", "0.1.0", TODAY.plus_days(-50)).await;
    app.publish_at("gamma", "3.0.0", TODAY.plus_days(-400))
        .await;
    app
}

async fn names(app: &TestApp, key: &str) -> Vec<String> {
    let answer = app.get("/repo/names").key(key).agent(GLEAM).send().await;
    answer
        .names("acme")
        .packages
        .into_iter()
        .map(|package| package.name)
        .collect()
}

async fn versions(app: &TestApp, key: &str) -> Vec<(String, Vec<String>)> {
    let answer = app.get("/repo/versions").key(key).agent(GLEAM).send().await;
    answer
        .versions("acme")
        .packages
        .into_iter()
        .map(|package| {
            let versions = package.versions.iter().map(str::to_owned).collect();
            (package.name, versions)
        })
        .collect()
}

#[tokio::test]
async fn an_index_has_exactly_what_the_packages_show() {
    let app = app().await;
    let keys = [
        app.sell(Sale::of("*")).await.key,
        app.sell(Sale::of("*").updates_until(TODAY.plus_days(-150)))
            .await
            .key,
        app.sell(Sale::of("?eta")).await.key,
        app.sell(Sale::of("beta").updates_until(TODAY.plus_days(-60)))
            .await
            .key,
    ];
    let expected: [&[&str]; 4] = [
        &["alpha", "beta", "gamma"],
        &["alpha", "gamma"],
        &["beta"],
        &[],
    ];
    for (key, expected) in keys.iter().zip(expected) {
        assert_eq!(names(&app, key).await, expected);
        let listed = versions(&app, key).await;
        for name in ["alpha", "beta", "gamma"] {
            let in_index = listed
                .iter()
                .find(|(package, _)| package == name)
                .map(|(_, versions)| versions.clone());
            assert_eq!(app.sees(key, name).await.ok(), in_index, "{name}");
        }
    }
}

#[tokio::test]
async fn an_index_follows_what_changes() {
    let app = app().await;
    let key = app.sell(Sale::of("*")).await.key;
    let before = app
        .get("/repo/versions")
        .key(&key)
        .send()
        .await
        .header("etag")
        .to_owned();
    let known = app
        .get("/repo/versions")
        .key(&key)
        .header("if-none-match", &before)
        .send()
        .await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    app.publish("beta", "0.2.0").await;
    let after = app
        .get("/repo/versions")
        .key(&key)
        .header("if-none-match", &before)
        .send()
        .await;
    assert_eq!(after.status, 200);
    assert_eq!(
        versions(&app, &key).await[1],
        (
            "beta".to_owned(),
            vec!["0.1.0".to_owned(), "0.2.0".to_owned()]
        )
    );
    app.sell(Sale::of("*")).await;
    let unchanged = app.get("/repo/versions").key(&key).send().await;
    assert_eq!(
        unchanged.header("etag"),
        after.header("etag"),
        "another license changes no registry"
    );
}

#[tokio::test]
async fn names_carry_the_time_of_the_last_change_seen() {
    let app = app().await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let names = app.get("/repo//names").key(&key).send().await.names("acme");
    assert!(names.packages[0].updated_at.is_some());
}

#[tokio::test]
async fn an_index_needs_a_license_that_is_open() {
    let app = app().await;
    let ended = app
        .sell(Sale::of("*").access_until(TODAY.plus_days(-1)))
        .await
        .key;
    for path in ["/repo/names", "/repo/versions"] {
        assert_eq!(app.get(path).send().await.status, 401);
        assert_eq!(app.get(path).key(&ended).send().await.status, 402);
    }
}
