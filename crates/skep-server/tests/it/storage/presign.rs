//! `[delivery] mode = "presign"`: URLs of the bucket, for those who don't send their key along.

use std::process::Command;

use crate::support::{CURL, GLEAM, MIX, REBAR3, Sale, TestApp, app_on_bucket};

const PATH: &str = "/repo/tarballs/alpha-1.0.0.tar";
const PRESIGN: &[(&str, &str)] = &[("SKEP_DELIVERY__MODE", "presign")];

#[tokio::test]
async fn clients_that_send_their_key_along_are_streamed_to() {
    let (app, s3) = app_on_bucket(PRESIGN).await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    for agent in [MIX, REBAR3, "", "Renovate/39", "curl/7.57.0"] {
        let answer = app.get(PATH).key(&key).agent(agent).send().await;
        assert_eq!((answer.status, &answer.body), (200, &tarball), "{agent}");
        assert!(!answer.header("etag").is_empty(), "{agent}");
    }
    assert_eq!(s3.refused(), 0);
}

#[tokio::test]
async fn others_get_one_url_each_quarter_of_its_life() {
    let (app, s3) = app_on_bucket(PRESIGN).await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let redirect = app.get(PATH).key(&key).agent(GLEAM).send().await;
    assert_eq!(
        (redirect.status, redirect.header("cache-control")),
        (302, "no-store")
    );
    let location = redirect.header("location");
    assert!(
        location.starts_with(&s3.endpoint) && location.contains("X-Amz-Expires="),
        "{location}"
    );
    assert!(!location.contains(&key));
    let again = app.get(PATH).key(&key).agent(CURL).send().await;
    assert_eq!(again.header("location"), location);
    let file = app.get(location).send().await;
    assert_eq!((file.status, &file.body), (200, &tarball));
    // S3 takes one credential only; SeaweedFS alone would not mind.
    let both = app.get(location).key(&key).send().await;
    assert_eq!((both.status, s3.refused()), (400, 1));
    let other = location.replace("alpha-1.0.0", "alpha-1.0.1");
    assert_eq!(app.get(&other).send().await.status, 403);
    app.clock.advance(76);
    let later = app.get(PATH).key(&key).agent(GLEAM).send().await;
    assert_ne!(later.header("location"), location);
    let head = app.ask(reqwest::Method::HEAD, PATH).key(&key).agent(GLEAM);
    assert_eq!(head.send().await.status, 200);
}

#[tokio::test]
async fn a_presigned_url_is_followed_without_the_key() {
    let (app, s3) = app_on_bucket(PRESIGN).await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    // Gleam's HTTP library, following redirects as it does by itself.
    let gleam = reqwest::Client::builder()
        .no_proxy()
        .user_agent(GLEAM)
        .build()
        .unwrap();
    let request = gleam.get(format!("{}{PATH}", app.url));
    let answer = request.header("authorization", &key).send().await.unwrap();
    assert!(answer.url().as_str().starts_with(&s3.endpoint));
    assert_eq!(answer.bytes().await.unwrap(), tarball);
    for arguments in [
        vec!["-H".to_owned(), format!("authorization: {key}")],
        vec!["-u".to_owned(), format!("{key}:")],
    ] {
        assert_eq!(curl(&app, arguments).await, tarball);
    }
    assert_eq!(s3.refused(), 0);
}

/// What the real curl gets when it follows redirects.
async fn curl(app: &TestApp, arguments: Vec<String>) -> Vec<u8> {
    let url = format!("{}{PATH}", app.url);
    let run = move || {
        Command::new("curl")
            .args(["--noproxy", "*", "-sSfL", "--max-time", "20"])
            .args(arguments)
            .arg(url)
            .output()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}
