//! `skep serve`, and commands beside it.

use std::{
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::support::{
    http,
    outside::setup::Setup,
    package::Package,
    run::run,
    shop::{License, Shop},
    story::Story,
};

const LIFETIME: [&str; 2] = ["--plan", "lifetime"];

fn status(shop: &Shop, license: &License, path: &str) -> u16 {
    let url = format!("{}/{path}", shop.repository_url());
    let answer = http::get(&url, &[("authorization", &license.key)]).expect("the server answers");
    answer.status
}

/// A node follows within a second; a busy machine gets more.
#[track_caller]
fn soon(is_true: impl Fn() -> bool) {
    for _ in 0..200 {
        if is_true() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("not within ten seconds");
}

#[test]
fn a_running_server_follows_every_command() {
    let mut shop = Shop::with_widget();
    shop.serve();
    let license = shop.license("rosa@example.com", &LIFETIME);
    let new = "tarballs/widget-1.2.0.tar";
    assert_eq!(
        status(&shop, &license, "tarballs/widget-1.1.0.tar"),
        200,
        "at once"
    );
    shop.publish(&Package::new("widget", "1.2.0"), "2024-09-10");
    soon(|| status(&shop, &license, new) == 200);
    shop.skep(&["license", "suspend", &license.id]).succeeded();
    soon(|| status(&shop, &license, new) == 402);
    shop.skep(&["license", "resume", &license.id]).succeeded();
    soon(|| status(&shop, &license, new) == 200);
    shop.skep(&["package", "delete", "widget", "1.2.0", "--force"])
        .succeeded();
    soon(|| status(&shop, &license, new) == 404);
}

#[test]
fn what_was_downloaded_is_seen_by_the_seller() {
    let mut shop = Shop::with_widget();
    shop.serve();
    let license = shop.license("rosa@example.com", &LIFETIME);
    // mix and rebar3 come no further than this when they are refused.
    assert_eq!(status(&shop, &license, "packages/gadget"), 403);
    // The one that is waited for comes last: what is written down before it is there, too.
    assert_eq!(status(&shop, &license, "tarballs/widget-9.9.9.tar"), 404);
    assert_eq!(status(&shop, &license, "tarballs/widget-1.1.0.tar"), 200);
    shop.wait_for_usage("widget", "1.1.0");
    let mut story = Story::of(&shop);
    story.skep("usage").succeeded();
    story.skep("usage --by customer,package --json").succeeded();
    story
        .skep("usage --refused --by release,status")
        .succeeded();
    story.skep("usage --refused --by release,file").succeeded();
    story.skep("usage --refused --file docs").succeeded();
    story.skep("usage --until 2020-01-01").succeeded();
    story.skep("package delete widget 1.1.0").failed();
    story
        .skep(&format!(
            "license change {} --plan perpetual --updates-until 2024-03-01",
            license.id
        ))
        .succeeded();
    story
        .skep("package delete widget 1.1.0 --force")
        .succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn a_port_in_use_is_named() {
    let mut shop = Shop::init();
    shop.serve();
    let address = shop.url.trim_start_matches("http://").to_owned();
    let mut story = Story::of(&shop);
    story.skep(&format!("serve --listen {address}")).failed();
    insta::assert_snapshot!(story.text());
}

#[test]
fn a_signal_ends_it_with_exit_code_0() {
    let shop = Shop::init();
    let address = shop.url.trim_start_matches("http://").to_owned();
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut child = shop
            .command()
            .args(["serve", "--listen", &address])
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let url = format!("{}/readyz", shop.url);
        soon(|| http::get(&url, &[]).is_ok());
        run(Command::new("kill").args([signal, &child.id().to_string()])).succeeded();
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{signal}");
    }
}

#[test]
fn a_terminal_that_is_closed_ends_it_with_its_usage_written_down() {
    let shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &LIFETIME);
    let address = shop.url.trim_start_matches("http://").to_owned();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut child = shop
        .command()
        .args(["serve", "--listen", &address])
        .stderr(Stdio::from(writer))
        .spawn()
        .expect("it starts");
    soon(|| http::get(&format!("{}/readyz", shop.url), &[]).is_ok());
    assert_eq!(status(&shop, &license, "tarballs/widget-1.1.0.tar"), 200);
    // From now on nothing can be said, as on a terminal that is gone; and it may be told twice.
    drop(reader);
    let id = child.id().to_string();
    run(Command::new("kill").args(["-HUP", &id])).succeeded();
    run(Command::new("kill").args(["-HUP", &id]));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    shop.skep(&["usage"]).succeeded().says("widget");
}

#[test]
fn the_doctor_is_content_beside_a_server_and_without_one() {
    let mut shop = Shop::with_widget();
    shop.skep(&["doctor", "--deep"]).succeeded();
    shop.serve();
    let said = shop.skep(&["doctor"]).succeeded().stdout;
    assert!(
        said.contains("server.listen") && said.contains("skep.toml"),
        "{said}"
    );
}

#[test]
fn the_doctor_names_a_missing_file_and_fails() {
    if Setup::Small.is_for_another_run("it removes a folder of files") {
        return;
    }
    let shop = Shop::with_widget();
    let files = shop
        .repository()
        .join("files/repos/acme/tarballs/widget-1.1.0");
    fs_err::remove_dir_all(&files).expect("it exists");
    let ran = shop.skep(&["doctor"]).failed();
    assert_eq!(ran.code, 1);
    ran.says("FAIL files").says("1.1.0");
}
