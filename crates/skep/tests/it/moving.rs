//! `skep backup`, `skep restore` and `skep db copy`, as a seller types them.

use std::{
    os::unix::fs::{MetadataExt, PermissionsExt},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::Stdio,
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::support::{
    http,
    outside::setup::Setup,
    package::Package,
    run::Ran,
    shop::{License, Shop},
};

const LIFETIME: [&str; 2] = ["--plan", "lifetime"];

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A shop with a license and a backup of all that.
fn backed_up() -> (Shop, License, std::path::PathBuf) {
    let shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &LIFETIME);
    let file = shop.repository().with_file_name("backup.tar");
    let said = shop.skep(&["backup", text(&file)]).succeeded();
    let said = said
        .says("2 releases, 1 customer, 1 license, 0 users, 0 rows of usage")
        .says("Inside: 2 tarballs and docs")
        .says("Inside: skep.toml, keys/acme.pem")
        .says("Not inside: usage of the last seconds")
        .says("restored for a trial, and every table came out the same");
    assert!(said.stderr.is_empty(), "{}", said.stderr);
    let mode = fs_err::metadata(&file)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    (shop, license, file)
}

/// The whole installation is lost.
fn lose(shop: &Shop) {
    fs_err::remove_dir_all(shop.repository()).expect("it is there");
}

/// What the customer paid for comes, signed, and is what was published.
fn fetches(shop: &Shop, license: &License) {
    let key = shop.repository().with_file_name("license-key");
    fs_err::write(&key, &license.key).expect("writable");
    let url = shop.repository_url();
    shop.skep(&["registry", "verify", &url, "--auth-key-file", text(&key)])
        .succeeded();
    let tarball = format!("{url}/tarballs/widget-1.1.0.tar");
    let answer = http::get(&tarball, &[("authorization", &license.key)]).expect("it answers");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.body, Package::new("widget", "1.1.0").tarball());
}

#[test]
fn a_lost_machine_is_made_again_from_one_file() {
    if Setup::Small.is_for_another_run("the folder that is lost has the database") {
        return;
    }
    let (mut shop, license, file) = backed_up();
    shop.skep(&["restore", "--check", text(&file)])
        .succeeded()
        .says("is whole");
    let place = shop.repository();
    // Everything is there still.
    shop.skep(&["restore", text(&file)])
        .failed()
        .says("is not empty");
    shop.skep(&["backup", text(&file)])
        .failed()
        .says("is never overwritten");
    lose(&shop);
    shop.skep(&["restore", "--into", text(&place), text(&file)])
        .succeeded()
        .says("Restored what was there at")
        .says("2 files were written")
        .says("skep doctor --deep");
    shop.skep(&["restore", "--into", text(&place), text(&file)])
        .failed()
        .says("exists: nothing is ever overwritten");
    let key = fs_err::metadata(place.join("signing_key.pem")).expect("it is back");
    assert_eq!(key.mode() & 0o777, 0o600);
    shop.skep(&["doctor", "--deep"]).succeeded();
    shop.serve();
    fetches(&shop, &license);
    // It goes on from there.
    shop.publish(&Package::new("widget", "1.2.0"), "2024-08-10");
    shop.skep(&["license", "explain", &license.id, "widget", "1.2.0"])
        .succeeded();
}

#[test]
fn a_backup_is_taken_while_the_server_runs_and_packages_are_published() {
    if Setup::Small.is_for_another_run("the folder that is lost has the database") {
        return;
    }
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &LIFETIME);
    shop.serve();
    let folder = shop.repository().with_file_name("more");
    fs_err::create_dir(&folder).expect("writable");
    let mut publish = shop.command();
    publish.arg("publish");
    for number in 0..30 {
        let package = Package::new("widget", &format!("2.0.{number}"));
        let file = folder.join(package.file_name());
        fs_err::write(&file, package.tarball()).expect("writable");
        publish.arg(file);
    }
    let mut publishing = publish
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut files = Vec::new();
    for number in 0..3 {
        let file = shop
            .repository()
            .with_file_name(format!("backup-{number}.tar"));
        let made = shop.skep(&["--json", "backup", text(&file)]).succeeded();
        let made: Value = serde_json::from_str(&made.stdout).expect("JSON");
        assert_eq!(made["manifest"]["missing"], Value::Array(Vec::new()));
        files.push(file);
    }
    assert!(publishing.wait().expect("it ends").success());
    fetches(&shop, &license);
    shop.stop();
    for file in files {
        lose(&shop);
        let place = shop.repository();
        shop.skep(&["restore", "--into", text(&place), text(&file)])
            .succeeded();
        shop.skep(&["doctor", "--deep"]).succeeded();
    }
    shop.serve();
    fetches(&shop, &license);
}

/// Runs a command and kills it after a while: whether that was what ended it.
fn killed(shop: &Shop, arguments: &[&str], after: Duration) -> bool {
    let mut command = shop.command();
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    thread::sleep(after);
    child.kill().expect("SIGKILL can be sent");
    child.wait().expect("it ends").signal() == Some(9)
}

#[test]
fn what_is_killed_in_the_middle_leaves_no_half_backup_and_no_half_installation() {
    if Setup::Small.is_for_another_run("the folder that is lost has the database") {
        return;
    }
    let (shop, _, file) = backed_up();
    let (place, partial) = (
        shop.repository(),
        shop.repository().with_file_name("other.tar"),
    );
    let mut kills = 0;
    for round in 0..60 {
        let after = Duration::from_millis(round * 3);
        if killed(&shop, &["backup", text(&partial)], after) && !partial.exists() {
            kills += 1;
        } else {
            // Whatever has the name is whole.
            shop.skep(&["restore", "--check", text(&partial)])
                .succeeded();
            fs_err::remove_file(&partial).expect("it is there");
        }
    }
    assert!(kills > 5, "{kills} kills came in time");

    for name in ["skep.db", "skep.db-wal", "skep.db-shm"] {
        fs_err::remove_file(place.join(name)).ok();
    }
    fs_err::remove_dir_all(place.join("files")).expect("it is there");
    fs_err::create_dir(place.join("files")).expect("writable");
    let mut halves = 0;
    for round in 0..60 {
        if !killed(
            &shop,
            &["restore", text(&file)],
            Duration::from_millis(round * 3),
        ) {
            break;
        }
        let doctor: Ran = shop.skep(&["doctor"]);
        if doctor.code == 0 {
            break;
        }
        let said = doctor.said();
        assert!(
            said.contains("is empty") || said.contains("does not exist"),
            "{said}"
        );
        shop.skep(&["serve", "--listen", "127.0.0.1:0"]).failed();
        halves += 1;
    }
    assert!(halves > 5, "{halves} kills came in time");
    if shop.skep(&["doctor"]).code != 0 {
        shop.skep(&["restore", text(&file)]).succeeded();
    }
    shop.skep(&["doctor", "--deep"]).succeeded();
    shop.skep(&["package", "list"]).succeeded().says("widget");
}

#[test]
fn a_database_is_copied_and_its_server_moves() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &LIFETIME);
    let other = shop.repository().join("other.db");
    let to = format!("sqlite:{}", other.display());
    shop.skep(&["db", "copy", "--to", &to])
        .succeeded()
        .says("license_keys")
        .says("Every table is the same")
        .says("set `url` in section [database]");
    shop.skep(&["db", "copy", "--to", &to])
        .failed()
        .says("is not empty: it has a Skep installation with 1 packages, 2 releases, 1 customers, 1 licenses");
    shop.skep(&["db", "copy", "--from", &to, "--to", &to])
        .failed()
        .says("name the same database");
    shop.skep(&[
        "db",
        "copy",
        "--from",
        &to,
        "--to",
        "mysql://root:s3cret@localhost/x",
    ])
    .failed()
    .says("`mysql:`");
    shop.serve_with(&[("SKEP_DATABASE__URL", &to)]);
    fetches(&shop, &license);
}
