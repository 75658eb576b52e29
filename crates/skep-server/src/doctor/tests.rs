use super::*;
use crate::app::tests::{Installation, golden_key};
use crate::catalog::publish::tests::publish_release;
use crate::clock::Timestamp;

async fn failures(it: &Installation, is_deep: bool) -> Vec<String> {
    let checks = examine(&it.app.config, &it.app.clock, Examination { is_deep }).await;
    checks
        .into_iter()
        .filter(|check| check.status == Status::Fail)
        .map(|check| check.text)
        .collect()
}

#[tokio::test]
async fn a_new_installation_works_and_is_not_ready_for_customers() {
    let it = Installation::new().await;
    publish_release(&it, "alpha", "1.0.0").await;
    let checks = examine(&it.app.config, &it.app.clock, Examination { is_deep: true }).await;
    assert_eq!(verdict(&checks), Status::Warn);
    let of = |status: Status| {
        checks
            .iter()
            .filter(move |check| check.status == status)
            .map(|check| check.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(Status::Ok),
        [
            "signing key",
            "delivery",
            "spool",
            "database",
            "files",
            "files",
            "names",
            "clock"
        ]
    );
    assert_eq!(of(Status::Warn), ["url", "products", "messages"]);
    assert!(
        checks
            .iter()
            .all(|check| check.status == Status::Ok || check.advice.is_some())
    );
}

#[tokio::test]
async fn missing_and_damaged_tarballs_are_found() {
    let it = Installation::new().await;
    let gone = publish_release(&it, "alpha", "1.0.0").await;
    let damaged = publish_release(&it, "beta", "1.0.0").await;
    fs_err::remove_file(&gone).unwrap();
    let mut bytes = fs_err::read(&damaged).unwrap();
    bytes[1000] ^= 1;
    fs_err::write(&damaged, &bytes).unwrap();
    let found = failures(&it, false).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with(".tar` is missing"), "{found:?}");
    let found = failures(&it, true).await;
    assert!(
        found[1].ends_with("is damaged: its checksum is another"),
        "{found:?}"
    );
    fs_err::write(&damaged, "short").unwrap();
    assert!(failures(&it, false).await[1].contains("has 5 bytes instead of"));
}

#[tokio::test]
async fn a_missing_key_folder_or_database_does_not_stop_it() {
    let it = Installation::new().await;
    fs_err::remove_file(it.folder.path().join("key.pem")).unwrap();
    fs_err::remove_dir(it.folder.path().join("files")).unwrap();
    let found = failures(&it, false).await;
    assert_eq!(found.len(), 2, "{found:?}");
    fs_err::remove_file(it.folder.path().join("skep.db")).unwrap();
    let found = failures(&it, false).await;
    assert!(
        found.iter().any(|text| text.contains("skep.db")),
        "{found:?}"
    );
}

#[tokio::test]
async fn another_signing_key_is_found() {
    let it = Installation::new().await;
    fs_err::copy(golden_key("rsa4096.pem"), it.folder.path().join("key.pem")).unwrap();
    let found = failures(&it, false).await;
    assert!(found[0].contains("was signed with SHA256:"), "{found:?}");
}

#[tokio::test]
async fn a_repository_that_was_renamed_is_found() {
    let it = Installation::new().await;
    let text = "[[repository]]\nname = \"other\"\nprivate_key_file = \"key.pem\"\n";
    let config = Config::parse(text, it.folder.path(), &[]).unwrap();
    let checks = examine(&config, &it.app.clock, Examination::default()).await;
    let check = checks
        .iter()
        .find(|check| check.name == "repository")
        .unwrap();
    assert_eq!(check.status, Status::Fail);
    assert!(check.text.contains("`acme`"), "{check:?}");
}

#[tokio::test]
async fn a_clock_that_was_set_back_is_found() {
    let it = Installation::new().await;
    publish_release(&it, "alpha", "1.0.0").await;
    it.clock.advance(-86_400);
    assert_eq!(failures(&it, false).await.len(), 1);
}

#[test]
fn a_wrong_cloudfront_key_is_found() {
    let check = |file: &str| {
        let text = format!(
            "[delivery]\nmode = \"cloudfront\"\n[delivery.cloudfront]\nurl = \"https://d1.cloudfront.net\"\n\
             key_pair_id = \"K2JCJMDEHXQW5F\"\nprivate_key_file = \"{}\"\n\
             [[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n",
            golden_key(file).display()
        );
        let config = Config::parse(&text, std::path::Path::new("/"), &[]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = crate::config::StorageUrl::Folder(folder.path().to_path_buf());
        let files = crate::files::Files::open(&folder).unwrap();
        delivery::examine(&config, Some(&files), &crate::clock::Clock::system()).swap_remove(0)
    };
    assert_eq!(check("rsa2048.pem").status, Status::Ok);
    for wrong in ["rsa2048_pub_spki.pem", "rsa2048.fingerprint", "missing.pem"] {
        let check = check(wrong);
        assert!(
            check.status == Status::Fail && check.text.contains(wrong),
            "{check:?}"
        );
    }
}

#[test]
fn a_change_of_keys_says_what_to_do_before_and_after() {
    let text = format!(
        "[delivery]\nmode = \"cloudfront\"\n[delivery.cloudfront]\nurl = \"https://d1.cloudfront.net\"\n\
         key_pair_id = \"KOLD\"\nprivate_key_file = \"{key}\"\n\
         [delivery.cloudfront.next]\nkey_pair_id = \"KNEW\"\nprivate_key_file = \"{key}\"\nfrom = \"2026-12-01\"\n\
         [[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n",
        key = golden_key("rsa2048.pem").display()
    );
    let config = Config::parse(&text, std::path::Path::new("/"), &[]).unwrap();
    let clock = crate::clock::TestClock::at(Timestamp::from_seconds(1_796_083_199));
    let last = || {
        let mut checks = delivery::examine(&config, None, &clock.clock());
        let check = checks.pop().unwrap();
        (check.status, check.advice.unwrap_or(check.text))
    };
    let (status, advice) = last();
    assert!(
        status == Status::Ok && advice.contains("have KNEW in the key group"),
        "{advice}"
    );
    clock.advance(1);
    assert!(last().1.contains("some of KOLD are still good"));
    clock.advance(600);
    let (status, advice) = last();
    assert!(
        status == Status::Warn && advice.contains("remove KOLD"),
        "{advice}"
    );
}

#[test]
fn a_public_address_wants_tls_and_a_known_proxy() {
    let repository = "[[repository]]\nname = \"acme\"\nprivate_key_file = \"k\"\n";
    let names = |url: &str| {
        let text = format!("[server]\nurl = \"{url}\"\n{repository}");
        let config = Config::parse(&text, std::path::Path::new("/"), &[]).unwrap();
        surroundings::url(&config)
            .into_iter()
            .map(|check| (check.name, check.status))
            .collect::<Vec<_>>()
    };
    assert_eq!(names("http://[::1]:4000"), [("url", Status::Warn)]);
    assert_eq!(names("http://hex.acme.dev"), [("url", Status::Warn)]);
    assert_eq!(
        names("https://hex.acme.dev"),
        [("url", Status::Ok), ("proxy", Status::Warn)]
    );
}
