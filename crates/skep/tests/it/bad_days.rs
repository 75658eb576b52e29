//! Stores and databases that are wrong, away, changed or full: named when a server starts, by the doctor
//! beforehand, and in the log.

use std::process::Command;

use skep_formats::checksum::Sha256;

use crate::support::{
    hex_server::{Answer, HexServer},
    http,
    outside::{runtime, seaweedfs, setup::Setup},
    run::{Ran, run},
    shop::Shop,
};

const LIFETIME: [&str; 2] = ["--plan", "lifetime"];
/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// `skep` with other settings; a server that starts in spite of them is ended after a minute.
fn skep(shop: &Shop, command: &str, settings: &[(&str, &str)]) -> Ran {
    let skep = shop.command();
    let mut timed = Command::new("timeout");
    timed.args(["60".as_ref(), skep.get_program()]).arg(command);
    for (name, value) in skep.get_envs() {
        timed.env(name, value.expect("no variable is removed"));
    }
    run(timed.envs(settings.iter().copied()))
}

/// Refused by the server and by the doctor, in words that name the setting.
#[track_caller]
fn refused(shop: &Shop, settings: &[(&str, &str)], check: &str, text: &str) {
    let server = skep(shop, "serve", settings);
    assert_eq!(server.code, 1, "{}", server.said());
    let doctor = skep(shop, "doctor", settings);
    assert_eq!(doctor.code, 1, "{}", doctor.said());
    for ran in [&server, &doctor] {
        assert!(ran.said().contains(text), "no `{text}` in {}", ran.said());
        assert!(!ran.said().contains("swordfish"), "{}", ran.said());
    }
    doctor.says(&format!("FAIL {check}"));
}

#[test]
fn a_wrong_setting_of_the_bucket_is_named_by_the_server_and_the_doctor() {
    if Setup::Large.is_for_another_run("it is about the bucket") {
        return;
    }
    let shop = Shop::init_on(Setup::Large);
    skep(&shop, "doctor", &[]).says("can be read and written");
    let other_region = HexServer::start(|_| {
        let code = "<Code>AuthorizationHeaderMalformed</Code>";
        Answer::new(400, format!("<Error>{code}</Error>"))
    });
    for (name, value, text) in [
        (
            "SKEP_STORAGE__URL",
            "s3://another-bucket/x",
            "`url` in [storage]",
        ),
        (
            "SKEP_STORAGE__ACCESS_KEY_ID",
            "AKIAUNKNOWN",
            "`access_key_id` in [storage]",
        ),
        (
            "SKEP_STORAGE__SECRET_ACCESS_KEY",
            "swordfish",
            "`secret_access_key` in [storage]",
        ),
        ("SKEP_STORAGE__ENDPOINT", NOWHERE, "`endpoint` in [storage]"),
        (
            "SKEP_STORAGE__ENDPOINT",
            &other_region.url,
            "`region` in [storage]",
        ),
    ] {
        refused(&shop, &[(name, value)], "storage", text);
    }
}

#[test]
fn with_database_and_bucket_away_a_server_says_what_to_look_at() {
    if Setup::Large.is_for_another_run("it is about PostgreSQL and the bucket") {
        return;
    }
    let shop = Shop::init_on(Setup::Large);
    let database = (
        "SKEP_DATABASE__URL",
        "postgres://skep:swordfish@127.0.0.1:1/skep",
    );
    let both = [database, ("SKEP_STORAGE__ENDPOINT", NOWHERE)];
    refused(&shop, &both, "database", "`[database] url`");
    // The doctor looks at everything at once.
    skep(&shop, "doctor", &both)
        .says("FAIL storage")
        .says("`endpoint` in [storage]");
}

#[test]
fn a_key_that_cloudfront_does_not_take_is_named() {
    let shop = Shop::init();
    let key = shop.repository().join("cloudfront.pem");
    let mut settings = [
        ("SKEP_DELIVERY__MODE", "cloudfront"),
        (
            "SKEP_DELIVERY__CLOUDFRONT__URL",
            "https://d1.cloudfront.net",
        ),
        ("SKEP_DELIVERY__CLOUDFRONT__KEY_PAIR_ID", "K2JCJMDEHXQW5F"),
        (
            "SKEP_DELIVERY__CLOUDFRONT__PRIVATE_KEY_FILE",
            "cloudfront.pem",
        ),
    ];
    for options in [
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    ] {
        let mut openssl = Command::new("openssl");
        openssl.arg("genpkey").args(options).arg("-out").arg(&key);
        run(&mut openssl).succeeded();
        refused(&shop, &settings, "delivery", "`private_key_file`");
    }
    settings[2].1 = "K2JC/MDEHX";
    for command in ["serve", "doctor"] {
        let ran = skep(&shop, command, &settings).failed();
        ran.says("delivery.cloudfront.key_pair_id");
    }
}

#[test]
fn an_object_that_was_changed_by_hand_is_not_served_and_is_reported() {
    if Setup::Large.is_for_another_run("it is about the bucket") {
        return;
    }
    let mut shop = Shop::with_widget_on(Setup::Large);
    let license = shop.license("rosa@example.com", &LIFETIME);
    shop.serve();
    let file = shop.repository().with_file_name("widget-1.1.0.tar");
    let mut tarball = fs_err::read(file).expect("it was published");
    let checksum = Sha256::of(&tarball);
    let middle = tarball.len() / 2;
    tarball[middle] ^= 1;
    let prefix = &shop.s3().expect("it has a bucket").prefix;
    let path = format!("{prefix}/repos/acme/tarballs/widget-1.1.0/{checksum}.tar");
    runtime().block_on(seaweedfs::change_by_hand(&path, &tarball));

    let url = format!("{}/tarballs/widget-1.1.0.tar", shop.repository_url());
    let whole = http::get(&url, &[("authorization", &license.key)])
        .is_ok_and(|answer| answer.body.len() >= tarball.len());
    assert!(!whole, "a damaged tarball was served");
    let log = shop.server_log();
    assert!(log.contains(&checksum.to_string()), "{log}");
    shop.skep(&["doctor", "--deep"])
        .failed()
        .says("is damaged: its checksum is another")
        .says("widget-1.1.0");
}
