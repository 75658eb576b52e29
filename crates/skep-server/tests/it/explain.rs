//! `skep license explain`: the seller reads what the customer is told.

use skep_server::ids::{KeyId, LicenseId};
use skep_server::licensing::explain::{Explain, Explanation, Subject, explain};

use crate::support::{CURL, Sale, TODAY, TestApp};

async fn ask(
    app: &TestApp,
    subject: &str,
    package: Option<&str>,
    version: Option<&str>,
) -> Explanation {
    let question = Explain {
        subject: Subject::from(subject),
        package: package.map(|name| name.parse().expect("a package")),
        version: version.map(|version| version.parse().expect("a version")),
    };
    explain(&app.node.app, &question)
        .await
        .expect("an explanation")
}

#[tokio::test]
async fn the_words_are_those_of_the_server() {
    let app = TestApp::new().await;
    app.publish_at("alpha", "1.0.0", TODAY.plus_days(-300))
        .await;
    app.publish_at("alpha", "2.0.0", TODAY.plus_days(-100))
        .await;
    let ended = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(-2)))
        .await;
    let partly = app
        .sell(Sale::of("alpha").updates_until(TODAY.plus_days(-200)))
        .await;
    for (key, package, version) in [
        (&ended.key, "alpha", None),
        (&partly.key, "gamma", None),
        (&partly.key, "alpha", Some("2.0.0")),
        (&partly.key, "alpha", Some("7.0.0")),
        (&"skl_mistyped".to_owned(), "alpha", None),
        (&"unheard-of".to_owned(), "alpha", None),
    ] {
        let path = match version {
            Some(version) => format!("/repo/tarballs/{package}-{version}.tar"),
            None => format!("/repo/packages/{package}"),
        };
        let told = app.get(&path).key(key).agent(CURL).send().await;
        let explained = ask(&app, key, Some(package), version).await;
        assert_eq!(explained.answers[0].refusal, told.text().trim_end());
        assert!(!explained.answers[0].is_allowed);
    }
}

#[tokio::test]
async fn a_license_shows_all_that_it_gives() {
    let app = TestApp::new().await;
    app.publish_at("alpha", "1.0.0", TODAY.plus_days(-300))
        .await;
    app.publish_at("alpha", "2.0.0", TODAY.plus_days(-100))
        .await;
    app.publish("gamma", "0.1.0").await;
    let sold = app
        .sell(Sale::of("alpha").updates_until(TODAY.plus_days(-200)))
        .await;
    for subject in [&sold.license, &sold.key_id, &sold.key] {
        let explained = ask(&app, subject, None, None).await;
        assert_eq!(explained.customer.as_deref(), Some(sold.email.as_str()));
        assert_eq!(explained.standing, Some("active"));
        let [alpha] = &explained.answers[..] else {
            panic!("{explained:?}")
        };
        assert!(alpha.is_allowed);
        assert_eq!(
            (&alpha.shown[..], &alpha.hidden[..]),
            (&["1.0.0".to_owned()][..], &["2.0.0".to_owned()][..])
        );
        assert!(
            alpha.notices[0].contains("updates ended on 2026-05-06"),
            "{:?}",
            alpha.notices
        );
        assert!(!format!("{explained:?}").contains(&sold.key));
    }
}

#[tokio::test]
async fn an_id_that_names_nothing_is_an_error() {
    let app = TestApp::new().await;
    let clock = &app.node.app.clock;
    for (id, expected) in [
        (
            LicenseId::new(clock).to_string(),
            "there is no license `lic_",
        ),
        (KeyId::new(clock).to_string(), "there is no key `key_"),
    ] {
        let question = Explain {
            subject: Subject::from(id.as_str()),
            package: None,
            version: None,
        };
        let error = explain(&app.node.app, &question).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
