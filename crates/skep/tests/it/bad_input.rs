//! What goes wrong is named, with what would do, and loses nothing.

use std::process::{Command, Stdio};

use skep_server::db::{Db, OpenMode};

use crate::support::{
    outside::setup::Setup,
    package::Package,
    run::run,
    shop::Shop,
    story::{Story, told},
};

#[test]
fn malformed_arguments_are_wrong_usage() {
    let shop = Shop::init();
    let mut story = Story::of(&shop);
    for arguments in [
        "pakage list",
        "package show Widget",
        "package retire widget 1.0 security",
        "package retire widget 1.0.0 boredom",
        "product create Pro --package widget",
        "product create pro --package widget-*",
        "product create pro",
        "customer create --name Rosa",
        "license issue --customer rosa@example.com --product pro --plan gold",
        "license issue --customer rosa@example.com --product pro --plan trial --access-until 31.12.2027",
        "license change lic_1 --updates-until soon",
        "key rotate lic_1",
        "key rotate key_1 --overlap week",
        "usage --since yesterday",
        "usage --by weather",
        "serve --listen 4000",
        "init --name Acme!",
        "init --name acme --url hex.acme.dev",
    ] {
        let ran = story.skep(arguments);
        assert_eq!(ran.code, 2, "{arguments}");
    }
    insta::assert_snapshot!(story.text());
}

#[test]
fn what_nobody_knows_is_named() {
    let shop = Shop::with_widget();
    shop.license("rosa@example.com", &["--plan", "lifetime"]);
    let mut story = Story::of(&shop);
    for arguments in [
        "package show gadget",
        "package show widget --repository other",
        "package retire widget 3.0.0 security",
        "package delete gadget 1.0.0",
        "product show pro",
        "product edit tools --remove-package gadget",
        "product edit tools --remove-package widget*",
        "customer show kim@example.com",
        "customer create --name Kim --email kim",
        "license issue --customer kim@example.com --product tools --plan lifetime",
        "license issue --customer rosa@example.com --product pro --plan lifetime",
        "license issue --customer rosa@example.com --product tools --plan subscription",
        "license issue --customer rosa@example.com --product tools --plan perpetual",
        "license show lic_00000000000000000000000000",
        "license show A-1",
        "license show rosa@example.com",
        "license revoke rosa@example.com",
        "license change A-1",
        "license explain lic_00000000000000000000000000",
        "license list --customer kim@example.com",
        "license list --product pro",
        "key rotate key_00000000000000000000000000",
        "key create A-1",
        "usage --customer kim@example.com",
        "usage --license lic_00000000000000000000000000",
    ] {
        let ran = story.skep(arguments);
        assert_eq!(ran.code, 1, "{arguments}");
    }
    insta::assert_snapshot!(story.text());
}

#[test]
fn without_a_configuration_it_says_how_to_get_one() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let mut text = String::new();
    for (arguments, named) in [
        (&["serve"][..], ""),
        (
            &["--config", "nowhere/skep.toml", "package", "list"],
            "gone",
        ),
        (&["package", "list"], "gone/skep.toml"),
    ] {
        let mut skep = Command::new(env!("CARGO_BIN_EXE_skep"));
        skep.args(arguments)
            .current_dir(&folder)
            .env("SKEP_CONFIG", named);
        text.push_str(&told(&run(&mut skep).failed()));
    }
    let folder = folder.path().canonicalize().expect("it exists");
    insta::assert_snapshot!(text.replace(&folder.display().to_string(), "[DIR]"));
}

#[test]
fn a_bad_configuration_is_named_with_where_it_stands() {
    let shop = Shop::init();
    let mut story = Story::of(&shop);
    let file = shop.repository().join("skep.toml");
    let good = fs_err::read_to_string(&file).expect("it exists");
    for (from, to) in [
        ("\n[server]\n", "\n[server]\nlisten_on = \"127.0.0.1:1\"\n"),
        ("\n[server]\n", "\n[server\n"),
        ("mode = \"direct\"", "mode = \"pigeon\""),
        ("mode = \"direct\"", "mode = \"cloudfront\""),
    ] {
        fs_err::write(&file, good.replace(from, to)).expect("it is writable");
        story.skep("package list").failed();
    }
    insta::assert_snapshot!(story.text());
}

#[test]
fn a_missing_or_wrong_signing_key_is_never_replaced() {
    let shop = Shop::with_widget();
    let mut story = Story::of(&shop);
    let file = shop.repository().join("signing_key.pem");
    let kept = fs_err::read(&file).expect("it exists");
    fs_err::remove_file(&file).expect("it can be removed");
    story.skep("serve").failed();
    assert!(!file.exists());
    fs_err::write(&file, "no key").expect("it is writable");
    story.skep("serve").failed();
    let other = Shop::init();
    fs_err::copy(other.repository().join("signing_key.pem"), &file).expect("it can be copied");
    story.skep("serve").failed();
    story.skep("license list").failed();
    fs_err::write(&file, kept).expect("it is writable");
    story.skep("package list").succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn a_wrong_cloudfront_key_is_named() {
    let shop = Shop::init();
    let key = shop.repository().join("cloudfront.pem");
    let settings = "\n[delivery.cloudfront]\nurl = \"https://d1.cloudfront.net\"\nkey_pair_id = \"K1\"\n\
                    private_key_file = \"cloudfront.pem\"\n";
    let file = shop.repository().join("skep.toml");
    let text = fs_err::read_to_string(&file)
        .expect("it exists")
        .replace("\"direct\"\n", "\"cloudfront\"\n");
    fs_err::write(&file, text + settings).expect("it is writable");
    let mut story = Story::of(&shop);
    story.skep("serve").failed();
    fs_err::write(&key, "no key").expect("it is writable");
    story.skep("serve").failed();
    insta::assert_snapshot!(story.text());
}

#[test]
fn a_missing_database_is_not_made_anew() {
    if Setup::Small.is_for_another_run("it is about the file of SQLite") {
        return;
    }
    let shop = Shop::init();
    let file = shop.repository().join("skep.db");
    fs_err::rename(&file, file.with_extension("kept")).expect("it exists");
    let mut story = Story::of(&shop);
    story.skep("serve").failed();
    assert!(!file.exists());
    fs_err::write(&file, "no database, however long this text is").expect("it is writable");
    story.skep("package list").failed();
    insta::assert_snapshot!(story.text());
}

#[test]
fn a_locked_database_is_named_and_nothing_is_lost() {
    if Setup::Small.is_for_another_run("it is about the lock of SQLite") {
        return;
    }
    let shop = Shop::with_widget();
    let url = format!("sqlite:{}", shop.repository().join("skep.db").display());
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let db = runtime
        .block_on(Db::open(&url, OpenMode::Existing))
        .expect("it opens");
    let lock = runtime.block_on(db.begin()).expect("nobody else writes");
    let mut story = Story::of(&shop);
    story.skep("product create pro --package widget").failed();
    runtime.block_on(async { drop(lock) });
    story
        .skep("product create pro --package widget")
        .succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn bad_tarballs_are_named_and_the_others_published() {
    let shop = Shop::init();
    let folder = shop.repository();
    let good = folder.with_file_name("good-1.0.0.tar");
    fs_err::write(&good, Package::new("good", "1.0.0").tarball()).expect("writable");
    let bad = folder.with_file_name("bad.tar");
    fs_err::write(&bad, "no tarball").expect("writable");
    let missing = folder.with_file_name("missing.tar");
    let (good, bad, missing) = (good.display(), bad.display(), missing.display());
    let mut story = Story::of(&shop);
    story
        .skep(&format!("publish {bad} {missing} {good}"))
        .failed();
    story.skep(&format!("publish {bad} {good}")).failed();
    story.skep(&format!("publish --json {bad} {good}")).failed();
    story
        .skep(&format!("publish {good} {good} --docs {good}"))
        .failed();
    story.skep("package list --json").succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn every_invalid_tarball_of_the_golden_set_is_refused() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/tarballs/invalid"
    );
    let shop = Shop::init();
    let mut files: Vec<_> = fs_err::read_dir(folder)
        .expect("the golden set")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tar"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let file = file.to_str().expect("UTF-8");
        let ran = shop.skep(&["publish", file]);
        assert_eq!(ran.code, 1, "{file}: {}", ran.said());
        assert!(ran.stderr.starts_with("error: "), "{file}: {}", ran.said());
    }
    shop.skep(&["package", "list"])
        .succeeded()
        .says("no packages");
}

#[test]
fn a_key_that_could_not_be_shown_is_an_error() {
    let shop = Shop::with_widget();
    shop.license("rosa@example.com", &["--plan", "lifetime"]);
    let full = fs_err::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has one");
    let mut skep = shop.command();
    skep.args([
        "license",
        "issue",
        "--json",
        "--customer",
        "rosa@example.com",
    ])
    .args(["--product", "tools", "--plan", "lifetime"])
    .stdout(full.into_parts().0);
    let output = skep.output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("the key could not be shown") && said.contains("skep key create lic_"),
        "{said}"
    );
}

#[test]
fn publishing_goes_on_when_its_reader_goes_away() {
    let shop = Shop::init();
    let files = ["1.0.0", "1.1.0"].map(|version| {
        let package = Package::new("widget", version);
        let file = shop.repository().with_file_name(package.file_name());
        fs_err::write(&file, package.tarball()).expect("writable");
        file
    });
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut skep = shop.command();
    let output = skep
        .arg("publish")
        .args(files)
        .stdout(Stdio::from(writer))
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(0));
    shop.skep(&["package", "show", "widget"])
        .succeeded()
        .says("1.0.0")
        .says("1.1.0");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let shop = Shop::with_widget();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut skep = shop.command();
    let output = skep
        .args(["package", "list"])
        .stdout(Stdio::from(writer))
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
