//! How its tarballs reach clients.

use crate::support::static_site::Site;
use crate::support::{GLEAM, MIX, Sale, TestApp};

const PATH: &str = "/repo/tarballs/alpha-1.0.0+b5.tar";

async fn shop(site: &mut Site, settings: &[(&str, &str)]) -> (TestApp, String, Vec<u8>) {
    let tarball = site.add("alpha", "1.0.0+b5");
    site.write().await;
    let app = site.serve(settings).await;
    let key = app.sell(Sale::of("alpha")).await.key;
    (app, key, tarball)
}

#[tokio::test]
async fn a_local_url_opens_the_file_of_the_place() {
    let settings = [("SKEP_DELIVERY__MODE", "local-url")];
    for mut site in [Site::in_folder(), Site::in_bucket().await] {
        let (app, key, tarball) = shop(&mut site, &settings).await;
        let redirect = app.get(PATH).key(&key).agent(MIX).send().await;
        assert_eq!(redirect.status, 302);
        let url = redirect.header("location");
        assert!(
            url.starts_with(&format!("{}/repo/files/repos/acme/", app.url)),
            "{url}"
        );
        let file = app.get(url).send().await;
        assert_eq!((file.status, &file.body), (200, &tarball));
        assert!(!file.header("etag").is_empty());
    }
}

#[tokio::test]
async fn a_presigned_url_is_the_place_s_own() {
    // The storage has to be a bucket too; it is the same one.
    let mut site = Site::in_bucket().await;
    let own = site.s3().settings();
    let mut settings: Vec<(&str, &str)> = own
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    settings.push(("SKEP_DELIVERY__MODE", "presign"));
    let (app, key, tarball) = shop(&mut site, &settings).await;
    let redirect = app.get(PATH).key(&key).agent(GLEAM).send().await;
    assert_eq!(redirect.status, 302);
    let url = redirect.header("location");
    let place = format!("/{}/tarballs/alpha-1.0.0%2Bb5.tar?", site.s3().prefix);
    assert!(url.contains(&place), "{url}");
    assert_eq!(app.get(url).send().await.body, tarball);
    let streamed = app.get(PATH).key(&key).agent(MIX).send().await;
    assert_eq!((streamed.status, &streamed.body), (200, &tarball));
}

#[tokio::test]
async fn cloudfront_has_its_own_url_for_the_place() {
    let key_file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/keys/rsa2048.pem"
    );
    let settings = [
        ("SKEP_DELIVERY__MODE", "cloudfront"),
        (
            "SKEP_DELIVERY__CLOUDFRONT__URL",
            "https://d111.cloudfront.net",
        ),
        ("SKEP_DELIVERY__CLOUDFRONT__KEY_PAIR_ID", "KEXAMPLE"),
        ("SKEP_DELIVERY__CLOUDFRONT__PRIVATE_KEY_FILE", key_file),
        (
            "SKEP_REPOSITORY__0__CLOUDFRONT_URL",
            "https://d111.cloudfront.net/acme",
        ),
    ];
    let mut site = Site::in_folder();
    let (app, key, _) = shop(&mut site, &settings).await;
    let redirect = app.get(PATH).key(&key).agent(MIX).send().await;
    let url = redirect.header("location");
    let begin = "https://d111.cloudfront.net/acme/tarballs/alpha-1.0.0%2Bb5.tar?";
    assert!(redirect.status == 302 && url.starts_with(begin), "{url}");
    app.publish_as("beta", "1.0.0", |request| {
        request.repository = Some("sub".parse().unwrap());
    })
    .await;
    let other = app.sell(Sale::of("beta").in_repository("sub")).await.key;
    let path = "/repo/repos/sub/tarballs/beta-1.0.0.tar";
    let redirect = app.get(path).key(&other).agent(MIX).send().await;
    let url = redirect.header("location");
    assert!(
        url.starts_with("https://d111.cloudfront.net/repos/sub/tarballs/"),
        "{url}"
    );
}

#[tokio::test]
async fn nginx_has_a_location_of_its_own_for_the_place() {
    let settings = [
        ("SKEP_DELIVERY__MODE", "accel"),
        ("SKEP_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ("SKEP_STORAGE__URL", "file:files"),
        ("SKEP_REPOSITORY__0__ACCEL_LOCATION", "/skep-acme"),
    ];
    let mut site = Site::in_folder();
    let (app, key, _) = shop(&mut site, &settings).await;
    let answer = app.get(PATH).key(&key).agent(MIX).send().await;
    let there = answer.header("x-accel-redirect");
    assert_eq!(there, "/skep-acme/tarballs/alpha-1.0.0+b5.tar");
}
