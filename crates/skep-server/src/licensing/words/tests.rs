//! Every text, as people read it.

use super::*;

const DAY: Timestamp = Timestamp::from_seconds(1_795_348_800);

fn words() -> Words<'static> {
    let url = "https://hex.acme.example/repo".to_owned();
    Words {
        repository: "acme",
        source: Some((url, "SHA256:qTMYlaZT4fYMeeMAcKDYbq8ZqMxOZzuJeMaEzDYxlqs")),
        renew_url: Some("https://acme.example/account"),
        support: Some("help@acme.example"),
    }
}

fn denials() -> Vec<Denied> {
    let (package, version) = ("alpha".to_owned(), "1.0.0".to_owned());
    let covers = vec!["beta".to_owned(), "gamma_*".to_owned()];
    vec![
        Denied::NoCredential,
        Denied::ForeignToken,
        Denied::UnknownKey { is_mistyped: false },
        Denied::UnknownKey { is_mistyped: true },
        Denied::KeyRevoked { since: DAY },
        Denied::KeyExpired {
            since: DAY,
            was_rotated: false,
        },
        Denied::KeyExpired {
            since: DAY,
            was_rotated: true,
        },
        Denied::LicenseRevoked { since: DAY },
        Denied::LicenseSuspended { since: DAY },
        Denied::LicenseEnded {
            access_until: DAY,
            closed_at: DAY.plus_days(14),
        },
        Denied::LicenseEnded {
            access_until: DAY,
            closed_at: DAY,
        },
        Denied::LicenseNotStarted { starts_at: DAY },
        Denied::NotCovered {
            package: package.clone(),
            covers: covers.clone(),
            more: 0,
            elsewhere: None,
        },
        Denied::NotCovered {
            package: package.clone(),
            covers,
            more: 3,
            elsewhere: None,
        },
        Denied::NotCovered {
            package: package.clone(),
            covers: Vec::new(),
            more: 0,
            elsewhere: None,
        },
        Denied::NotCovered {
            package: package.clone(),
            covers: Vec::new(),
            more: 0,
            elsewhere: Some("sub".to_owned()),
        },
        Denied::UpdatesEnded {
            updates_until: DAY,
            package: package.clone(),
            version: None,
            published_at: DAY.plus_days(1),
        },
        Denied::UpdatesEnded {
            updates_until: DAY,
            package: package.clone(),
            version: Some(version.clone()),
            published_at: DAY.plus_days(1),
        },
        Denied::WindowInPrebuilt { updates_until: DAY },
        Denied::IndexNotCovered,
        Denied::NoSuchPackage {
            package: package.clone(),
        },
        Denied::NoSuchRelease {
            package: package.clone(),
            version: version.clone(),
        },
        Denied::NoDocs { package, version },
        Denied::NoSuchPolicy {
            policy: "strict".to_owned(),
        },
        Denied::NoSuchRepository {
            repository: "nowhere".to_owned(),
        },
    ]
}

fn notices() -> Vec<Notice> {
    let package = "alpha".to_owned();
    vec![
        Notice::Grace {
            access_until: DAY,
            closes_at: DAY.plus_days(14),
        },
        Notice::Ending { access_until: DAY },
        Notice::KeyRotated {
            expires_at: Some(DAY),
        },
        Notice::KeyRotated { expires_at: None },
        Notice::KeyExpiring { expires_at: DAY },
        Notice::UpdatesEnding { updates_until: DAY },
        Notice::UpdatesEnded {
            updates_until: DAY,
            package: package.clone(),
            hidden: 1,
        },
        Notice::UpdatesEnded {
            updates_until: DAY,
            package: package.clone(),
            hidden: 2,
        },
        Notice::NoLongerCovered { package },
    ]
}

fn texts(words: &Words<'_>) -> String {
    let denials = denials()
        .iter()
        .map(|denied| words.denial(denied))
        .collect::<Vec<_>>();
    let notices = notices()
        .iter()
        .map(|notice| words.notice(notice))
        .collect::<Vec<_>>();
    [denials, notices].concat().join("\n")
}

#[test]
fn every_text_with_the_seller_s_addresses() {
    insta::assert_snapshot!(texts(&words()));
}

#[test]
fn every_text_of_a_seller_who_gave_no_addresses() {
    insta::assert_snapshot!(texts(&Words {
        renew_url: None,
        support: None,
        ..words()
    }));
}

#[test]
fn a_repository_that_is_not_there_has_no_line_to_add_it() {
    let text = Words {
        repository: "nowhere",
        source: None,
        ..words()
    }
    .denial(&Denied::NoCredential);
    assert!(
        text.contains("Set it as repo_key in rebar.config"),
        "{text}"
    );
}

#[test]
fn every_text_is_one_line_of_ascii() {
    for text in texts(&words()).lines() {
        assert!(
            text.is_ascii() && !text.contains("  ") && text.len() < 450 && !text.contains('"'),
            "{text}"
        );
    }
}
