//! Who may not, row by row, and what each client is told.

use data_encoding::BASE64;
use skep_server::db::audit::Actor;
use skep_server::licensing::key::LicenseKey;
use skep_server::licensing::{keys, licenses};

use crate::support::{
    CURL, GLEAM, HEX_2_0, HEX_2_1, HEX_2_3, MIX, REBAR3, Sale, Sold, TODAY, TestApp,
};

const EVERYBODY: [&str; 7] = [HEX_2_0, HEX_2_1, HEX_2_3, MIX, REBAR3, GLEAM, CURL];
const HEX_TOKEN: &str = "Bearer eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJoZXhwbSJ9.c2ln";

/// A row of the table, for one package and one of its releases.
struct Row {
    credential: Option<String>,
    package: &'static str,
    version: &'static str,
    package_status: u16,
    tarball_status: u16,
    words: &'static [&'static str],
}

impl Row {
    /// Whoever has this credential gets nothing of `alpha`.
    fn nothing(credential: impl Into<String>, status: u16, words: &'static [&'static str]) -> Self {
        Self {
            credential: Some(credential.into()),
            package: "alpha",
            version: "1.0.0",
            package_status: status,
            tarball_status: status,
            words,
        }
    }

    fn about(
        sold: &Sold,
        package: &'static str,
        version: &'static str,
        status: u16,
        words: &'static [&'static str],
    ) -> Self {
        Self {
            package,
            version,
            ..Self::nothing(&sold.key, status, words)
        }
    }
}

async fn check(app: &TestApp, row: &Row) {
    for agent in EVERYBODY {
        let is_mix = [HEX_2_0, HEX_2_1, HEX_2_3, MIX].contains(&agent);
        let context = format!("{agent}: {} {:?}", row.package, row.words);
        let ask = |path: String| {
            let ask = app.get(&path).agent(agent);
            match &row.credential {
                Some(credential) => ask.header("authorization", credential),
                None => ask,
            }
        };
        let package = ask(format!("/repo//packages/{}", row.package)).send().await;
        let tarball = ask(format!(
            "/repo/tarballs/{}-{}.tar",
            row.package, row.version
        ))
        .send()
        .await;
        assert_eq!(
            package.status,
            if is_mix { 402 } else { row.package_status },
            "{context}"
        );
        assert_eq!(tarball.status, row.tarball_status, "{context}");
        for word in row.words {
            assert!(
                package.text().contains(word),
                "{context}: {}",
                package.text()
            );
        }
        assert!(
            package.text().is_ascii() && package.text().ends_with('\n'),
            "{context}: {}",
            package.text()
        );
        assert_eq!(package.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(package.header("cache-control"), "no-store");
        assert_eq!(package.header("retry-after"), "");
        let challenge = if tarball.status == 401 {
            "Basic realm=\"acme\""
        } else {
            ""
        };
        assert_eq!(tarball.header("www-authenticate"), challenge, "{context}");
    }
}

async fn app() -> TestApp {
    let settings = [
        ("SKEP_LIMITS__FAILED_KEYS_PER_MINUTE", "0"),
        ("SKEP_MESSAGES__RENEW_URL", "https://acme.example/account"),
        ("SKEP_MESSAGES__SUPPORT", "help@acme.example"),
    ];
    let app = TestApp::with(&settings).await;
    app.publish_at("alpha", "1.0.0", TODAY.plus_days(-300))
        .await;
    app.publish_at("alpha", "2.0.0", TODAY.plus_days(-100))
        .await;
    app.publish("gamma", "0.1.0").await;
    app
}

#[tokio::test]
async fn callers_without_an_issued_key() {
    let app = app().await;
    let key = LicenseKey::generate(&app.node.app.clock);
    let mistyped = key.reveal().replacen("skl_", "skl_x", 1);
    let basic = format!("Basic {}", BASE64.encode(b"me:wrong"));
    let needs = [
        "A license key is needed",
        "with `mix hex.repo add acme http://127.0.0.1:",
        "/repo --fetch-public-key SHA256:",
        " --auth-key KEY`, as repo_key in rebar.config, or in ~/.netrc.",
        "https://acme.example/account",
    ];
    let needs: &'static [&'static str] = Box::leak(Box::new(needs));
    check(
        &app,
        &Row {
            credential: None,
            ..Row::nothing("", 401, needs)
        },
    )
    .await;
    check(&app, &Row::nothing("", 401, needs)).await;
    check(
        &app,
        &Row::nothing("nonsense", 401, &["Unknown or incorrect license key"]),
    )
    .await;
    check(
        &app,
        &Row::nothing(basic, 401, &["Unknown or incorrect license key"]),
    )
    .await;
    check(
        &app,
        &Row::nothing(key.reveal(), 401, &["Unknown or incorrect license key"]),
    )
    .await;
    check(
        &app,
        &Row::nothing(
            mistyped,
            401,
            &["Incorrect license key", "wrong, missing or too many"],
        ),
    )
    .await;
    check(
        &app,
        &Row::nothing(
            HEX_TOKEN,
            401,
            &["another server's token", "A license key is needed"],
        ),
    )
    .await;
}

#[tokio::test]
async fn keys_that_do_not_work_anymore() {
    let app = app().await;
    let revoked = app.sell(Sale::of("alpha")).await;
    let rotated = app.sell(Sale::of("alpha")).await;
    keys::revoke(&app.node.app, revoked.key_id.parse().unwrap(), &Actor::Cli)
        .await
        .unwrap();
    keys::rotate(
        &app.node.app,
        rotated.key_id.parse().unwrap(),
        86_400,
        &Actor::Cli,
    )
    .await
    .unwrap();
    app.clock.advance(86_401);
    app.settle().await;
    let words = &[
        "This license key was revoked on 2026-11-22",
        "https://acme.example/account",
    ];
    check(&app, &Row::nothing(revoked.key, 401, words)).await;
    let words = &[
        "replaced by a new one and expired on 2026-11-23",
        "mix hex.repo set acme --auth-key NEW_KEY",
    ];
    check(&app, &Row::nothing(rotated.key, 401, words)).await;
}

#[tokio::test]
async fn licenses_that_are_closed() {
    let app = app().await;
    let revoked = app.sell(Sale::of("alpha")).await;
    let suspended = app.sell(Sale::of("alpha")).await;
    let ended = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(-2)))
        .await;
    let future = app
        .sell(Sale::of("alpha").starts_at(TODAY.plus_days(9)))
        .await;
    licenses::revoke(&app.node.app, &revoked.license, &Actor::Cli)
        .await
        .unwrap();
    licenses::suspend(&app.node.app, &suspended.license, &Actor::Cli)
        .await
        .unwrap();
    app.settle().await;
    check(
        &app,
        &Row::nothing(
            revoked.key,
            402,
            &[
                "license for acme was revoked on 2026-11-22",
                "help@acme.example",
            ],
        ),
    )
    .await;
    check(
        &app,
        &Row::nothing(
            suspended.key,
            402,
            &[
                "suspended since 2026-11-22",
                "For help, ask help@acme.example or see https://acme.example/account",
            ],
        ),
    )
    .await;
    check(
        &app,
        &Row::nothing(
            ended.key,
            402,
            &[
                "ended on 2026-11-20",
                "Renew at https://acme.example/account",
            ],
        ),
    )
    .await;
    check(
        &app,
        &Row::nothing(future.key, 402, &["starts on 2026-12-01"]),
    )
    .await;
}

#[tokio::test]
async fn packages_and_releases_that_were_not_sold() {
    let app = app().await;
    let all = app.sell(Sale::of("alpha*")).await;
    let words = &[
        "Package gamma not allowed: your license covers alpha*",
        "Add gamma at https://acme.example/account",
    ];
    check(&app, &Row::about(&all, "gamma", "0.1.0", 403, words)).await;
    check(
        &app,
        &Row::about(
            &all,
            "unheard_of",
            "1.0.0",
            403,
            &["Package unheard_of not allowed"],
        ),
    )
    .await;
    check(
        &app,
        &Row::about(
            &all,
            "alpha_next",
            "1.0.0",
            404,
            &["acme has no package alpha_next"],
        ),
    )
    .await;

    let old = app
        .sell(Sale::of("alpha").updates_until(TODAY.plus_days(-301)))
        .await;
    let words = &[
        "Updates ended on 2026-01-25",
        "first release of alpha was published on 2026-01-26",
        "Renew at",
    ];
    check(&app, &Row::about(&old, "alpha", "1.0.0", 402, words)).await;
}

#[tokio::test]
async fn another_repository_than_the_one_that_was_sold() {
    let app = app().await;
    let one = app.sell(Sale::of("gamma").in_repository("sub")).await;
    let words = &[
        "Package gamma not allowed in the repository acme",
        "your license covers gamma in the repository sub. Take it from there",
    ];
    check(&app, &Row::about(&one, "gamma", "0.1.0", 403, words)).await;
    let several = app.sell(Sale::of("gam*").in_repository("sub")).await;
    let words =
        &["Package gamma not allowed: your license covers gam* (repository sub). Add gamma at"];
    check(&app, &Row::about(&several, "gamma", "0.1.0", 403, words)).await;
}

#[tokio::test]
async fn releases_of_a_package_that_was_sold() {
    let app = app().await;
    let sold = app
        .sell(Sale::of("alpha").updates_until(TODAY.plus_days(-200)))
        .await;
    let get = async |file: &str| {
        let answer = app
            .get(&format!("/repo/{file}"))
            .key(&sold.key)
            .send()
            .await;
        (
            answer.status,
            answer.text().lines().next().unwrap_or_default().to_owned(),
        )
    };
    let (status, text) = get("tarballs/alpha-2.0.0.tar").await;
    assert_eq!(status, 402);
    assert!(
        text.starts_with(
            "Updates ended on 2026-05-06: alpha 2.0.0 was published on 2026-08-14. Renew"
        ),
        "{text}"
    );
    for (file, expected) in [
        (
            "tarballs/alpha-9.9.9.tar",
            "Package alpha has no release 9.9.9.",
        ),
        ("tarballs/alpha-.tar", "Package alpha has no release ."),
        (
            "tarballs/alpha-1.0.0",
            "Package alpha has no release 1.0.0.",
        ),
        (
            "docs/alpha-1.0.0.tar.gz",
            "Release alpha 1.0.0 has no documentation.",
        ),
        (
            "policies/strict",
            "The repository acme has no policy `strict`.",
        ),
    ] {
        let (status, text) = get(file).await;
        assert_eq!(status, 404, "{file}");
        assert!(text.starts_with(expected), "{file}: {text}");
    }
}
