//! `skep registry sync`: to a folder and to a bucket, read by others all the time.

#![expect(clippy::unwrap_used, reason = "a test that stops there says where")]

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use skep_formats::key::PublicKey;
use skep_formats::registry::{Package, Versions};

use super::site::{Site, golden};
use crate::support::outside::seaweedfs;
use crate::support::run::{Ran, run};

mod reader;

use reader::{Place, Reader};

const RELEASES: [&str; 5] = [
    "ab-1.0.0",
    "ab-1.1.0",
    "cd-1.0.0",
    "cd-1.0.0-rc.1",
    "ef-2.0.0",
];

fn site() -> Site {
    let site = Site::new();
    site.add(&RELEASES);
    site.built(&[]);
    fs_err::create_dir(site.path("docs")).unwrap();
    fs_err::copy(
        golden("docs/valid.tar.gz"),
        site.path("docs/ab-1.0.0.tar.gz"),
    )
    .unwrap();
    site
}

fn sync(site: &Site, place: &Place, options: &[&str]) -> Ran {
    run(command(site, place).args(options))
}

fn command(site: &Site, place: &Place) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
    command.args(["registry", "sync", site.root(), &place.argument()]);
    place.credentials(&mut command);
    command
}

fn synced(site: &Site, place: &Place, options: &[&str]) -> Value {
    let ran = sync(site, place, &[options, &["--json"]].concat()).succeeded();
    serde_json::from_str(&ran.stdout).expect("JSON")
}

fn on_each_place(test: impl Fn(Place)) {
    test(Place::folder());
    test(Place::bucket());
}

fn texts(value: &Value) -> Vec<&str> {
    let list = value.as_array().expect("a list");
    list.iter().map(|it| it.as_str().expect("texts")).collect()
}

#[test]
fn what_is_there_is_left_alone_and_a_dry_run_touches_nothing() {
    on_each_place(|place| {
        let site = site();
        let planned = synced(&site, &place, &["--dry-run"]);
        assert_eq!(texts(&planned["written"]).len(), 12, "{planned}");
        assert_eq!(place.files(), Vec::<String>::new());
        let first = synced(&site, &place, &[]);
        let written = texts(&first["written"]);
        assert_eq!(written, texts(&planned["written"]));
        assert_eq!(written[9..], ["public_key", "versions", "names"]);
        let files = place.files();
        assert_eq!(files.len(), 12, "{files:?}");
        assert!(files.contains(&"docs/ab-1.0.0.tar.gz".to_owned()));
        let again = synced(&site, &place, &[]);
        assert_eq!(
            (texts(&again["written"]).len(), &again["unchanged"]),
            (0, &12.into())
        );
        site.add(&["ab-1.2.0"]);
        site.built(&[]);
        let next = synced(&site, &place, &[]);
        let expected = ["tarballs/ab-1.2.0.tar", "packages/ab", "versions"];
        assert_eq!(texts(&next["written"])[..3], expected, "{next}");
    });
}

#[test]
fn what_is_gone_goes_only_when_asked() {
    on_each_place(|place| {
        let site = site();
        synced(&site, &place, &[]);
        fs_err::remove_file(site.path("tarballs/ef-2.0.0.tar")).unwrap();
        fs_err::remove_file(site.path("tarballs/ab-1.0.0.tar")).unwrap();
        site.built(&[]);
        let kept = synced(&site, &place, &[]);
        let gone = [
            "packages/ef",
            "docs/ab-1.0.0.tar.gz",
            "tarballs/ab-1.0.0.tar",
            "tarballs/ef-2.0.0.tar",
        ];
        assert_eq!(texts(&kept["left"]), gone, "{kept}");
        assert!(place.files().contains(&gone[2].to_owned()));
        let planned = synced(&site, &place, &["--delete", "--dry-run"]);
        assert_eq!(texts(&planned["deleted"]), gone);
        assert!(place.files().contains(&gone[2].to_owned()));
        let deleted = synced(&site, &place, &["--delete"]);
        assert_eq!(texts(&deleted["deleted"]), gone, "{deleted}");
        let files = place.files();
        assert!(gone.iter().all(|path| !files.contains(&(*path).to_owned())));
        assert_eq!(files.len(), 8, "{files:?}");
    });
}

#[test]
fn a_changed_tarball_stops_everything_unless_forced() {
    on_each_place(|place| {
        let site = site();
        synced(&site, &place, &[]);
        let before = place.read("packages/ab");
        let other = crate::support::package::Package::new("ab", "1.0.0").described("Another thing");
        site.write("tarballs/ab-1.0.0.tar", &other.tarball());
        site.add(&["ab-1.2.0"]);
        site.built(&["--full"]);
        sync(&site, &place, &[])
            .failed()
            .says("one tarball is in `")
            .says("tarballs/ab-1.0.0.tar")
            .says("--force");
        assert_eq!(place.read("packages/ab"), before);
        assert_eq!(place.read("tarballs/ab-1.2.0.tar"), None);
        synced(&site, &place, &["--force"]);
        assert_eq!(place.read("tarballs/ab-1.0.0.tar"), Some(other.tarball()));
    });
}

#[test]
fn a_faulty_registry_is_not_uploaded() {
    let place = Place::folder();
    let faulty = site();
    fs_err::remove_file(faulty.path("tarballs/ab-1.0.0.tar")).unwrap();
    sync(&faulty, &place, &[])
        .failed()
        .says("error: tarballs/ab-1.0.0.tar: failed to open")
        .says("nothing was uploaded");
    let unsigned = site();
    fs_err::write(unsigned.path("packages/ab"), "nothing").unwrap();
    sync(&unsigned, &place, &[]).failed().says("packages/ab");
    let empty = Site::new();
    sync(&empty, &place, &[])
        .failed()
        .says("is no registry that could be uploaded")
        .says("`skep registry build` makes one");
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn another_repository_or_key_is_not_replaced_by_mistake() {
    let place = Place::folder();
    synced(&site(), &place, &[]);
    let other = Site::new().called("other");
    other.add(&["gh-1.0.0"]);
    other.built(&[]);
    sync(&other, &place, &[])
        .failed()
        .says("holds the repository `acme`, not `other`");
    let rekeyed = Site::new().with_key("keys/rsa4096.pem");
    rekeyed.add(&RELEASES);
    rekeyed.built(&[]);
    sync(&rekeyed, &place, &[])
        .failed()
        .says("customers who added it would refuse the new one");
    synced(&rekeyed, &place, &["--force"]);
}

#[test]
fn wrong_words_about_a_bucket_are_named() {
    let site = site();
    let endpoint = seaweedfs::endpoint();
    let place = Place::bucket();
    let with = |place: &str, options: &[&str], id: &str, secret: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
        command
            .args(["registry", "sync", site.root(), place])
            .args(options);
        command
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret);
        run(&mut command).failed()
    };
    let (id, secret) = (seaweedfs::ACCESS_KEY_ID, seaweedfs::SECRET_ACCESS_KEY);
    let here = ["--region", "us-east-1", "--endpoint", &endpoint];
    with("s3://another-bucket", &here, id, secret).says("there is no bucket `another-bucket`");
    with(&place.argument(), &here, "AKIAUNKNOWN", secret)
        .says("it does not know AWS_ACCESS_KEY_ID");
    let wrong = with(&place.argument(), &here, id, "swordfish");
    assert!(!wrong.said().contains("swordfish"), "{}", wrong.said());
    wrong.says("AWS_SECRET_ACCESS_KEY is not the one");
    let nowhere = ["--region", "us-east-1", "--endpoint", "http://127.0.0.1:1"];
    with(&place.argument(), &nowhere, id, secret).says("correct `--endpoint`");
    let plain = ["--endpoint", "http://shop.example"];
    let ran = with(&place.argument(), &plain, id, secret).says("it must be https");
    assert_eq!(ran.code, 2);
    let ran = with("ftp://shop.example", &[], id, secret).says("it must be a folder, or a bucket");
    assert_eq!(ran.code, 2);
    let ran = with("site", &["--region", "x"], id, secret).says("it is for `s3://`");
    assert_eq!(ran.code, 2);
}

#[test]
fn whoever_reads_meanwhile_finds_what_the_index_names() {
    on_each_place(|place| {
        let site = Site::new();
        let reader = Reader::start(&place);
        for round in 0..4 {
            let name = format!("ab-1.{round}.0");
            site.add(&[
                &name,
                &format!("p{round}-1.0.0"),
                &format!("cd-1.0.{round}"),
            ]);
            if round == 3 {
                fs_err::remove_file(site.path("tarballs/p0-1.0.0.tar")).unwrap();
            }
            site.built(&[]);
            synced(&site, &place, &["--delete"]);
            thread::sleep(Duration::from_millis(50));
        }
        let looks = reader.stop();
        assert!(looks > 5, "only {looks} looks");
    });
}

#[test]
fn a_killed_sync_goes_on_and_leaves_nothing_wrong() {
    on_each_place(|place| {
        let site = Site::new();
        let names: Vec<String> = (0..60).map(|number| format!("ab-1.{number}.0")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        site.add(&names[..20]);
        site.built(&[]);
        synced(&site, &place, &[]);
        site.add(&names[20..]);
        site.built(&[]);
        let reader = Reader::start(&place);
        let mut kills = 0;
        for milliseconds in [30, 60, 90, 120, 150, 200, 250] {
            kills += u32::from(killed_after(&site, &place, milliseconds));
        }
        assert!(kills > 0, "no kill came in time");
        let rest = synced(&site, &place, &[]);
        assert_eq!(place.files().len(), 60 + 1 + 3, "{rest}");
        reader.stop();
        let whole = synced(&site, &place, &[]);
        assert_eq!(whole["unchanged"], 64);
    });
}

/// Whether the kill is what ended it.
fn killed_after(site: &Site, place: &Place, milliseconds: u64) -> bool {
    let mut command = command(site, place);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child: Child = command.spawn().expect("it starts");
    thread::sleep(Duration::from_millis(milliseconds));
    child.kill().expect("SIGKILL can be sent");
    use std::os::unix::process::ExitStatusExt;
    child.wait().expect("it ends").signal() == Some(9)
}
