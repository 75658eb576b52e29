//! A seller's day, command by command.

use serde_json::Value;

use crate::support::{outside::setup::Setup, package::Package, shop::Shop, story::Story};

#[test]
fn setting_up() {
    if Setup::Small.is_for_another_run("a second shop cannot have the same database") {
        return;
    }
    let shop = Shop::init();
    let mut story = Story::of(&shop);
    let again = shop.repository();
    story.skep("package list").succeeded();
    story.skep("product list").succeeded();
    story.skep("customer list").succeeded();
    story.skep("license list").succeeded();
    story.skep("usage").succeeded();
    story
        .skep(&format!("init {} --name acme", again.display()))
        .failed();
    story.skep("init new --name hexpm").failed();
    let key = again.join("signing_key.pem");
    let old = again.with_file_name("old");
    fs_err::create_dir(&old).expect("writable");
    fs_err::copy(&key, old.join("signing_key.pem")).expect("writable");
    story.skep("init old --name acme").failed();
    story
        .skep("init old/../old --name acme --private-key old/signing_key.pem")
        .succeeded();
    let toml = again.join("skep.toml");
    let text = fs_err::read_to_string(&toml).expect("it exists");
    let renamed = text.replace("name = \"acme\"", "name = \"other\"");
    fs_err::write(&toml, renamed).expect("writable");
    story.skep("package list").failed();
    shop.skep(&["doctor"]).failed().says("FAIL repository");
    insta::assert_snapshot!(story.text());
}

#[test]
fn releases() {
    let shop = Shop::with_widget();
    let pre = Package::new("widget", "2.0.0-rc.1");
    shop.publish(&pre, "2024-09-01");
    let mut story = Story::of(&shop);
    story.skep("package list").succeeded();
    story
        .skep("package retire widget 1.0.0 security --message Upgrade")
        .succeeded();
    story.skep("package show widget").succeeded();
    story.skep("package unretire widget 1.0.0").succeeded();
    story.skep("package unretire widget 1.0.0").failed();
    story.skep("package delete widget 2.0.0-rc.1").succeeded();
    story.skep("package show widget --json").succeeded();
    let file = shop.repository().with_file_name(pre.file_name());
    story
        .skep(&format!("publish {}", file.display()))
        .succeeded();
    story
        .skep(&format!("publish {}", file.display()))
        .succeeded();
    let other = shop.repository().with_file_name("other.tar");
    let content = Package::new("widget", "2.0.0-rc.1").described("Another thing");
    fs_err::write(&other, content.tarball()).expect("writable");
    story.skep(&format!("publish {}", other.display())).failed();
    story
        .skep(&format!("publish --replace {}", file.display()))
        .succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn products_and_customers() {
    let shop = Shop::with_widget();
    let mut story = Story::of(&shop);
    story
        .skep("product create later --package later_*")
        .succeeded();
    story
        .skep("product edit later --add-package widget --remove-package later_*")
        .succeeded();
    story.skep("product show later").succeeded();
    story.skep("product list").succeeded();
    story
        .skep("customer create --name Rosa --email Rosa@Example.com")
        .succeeded();
    story
        .skep("customer create --name Rosa --email rosa@example.com")
        .failed();
    story.skep("customer show rosa@example.com").succeeded();
    story.skep("customer list --json").succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn issuing_a_license() {
    let shop = Shop::with_widget();
    let mut story = Story::of(&shop);
    story
        .skep("customer create --name Rosa --email rosa@example.com")
        .succeeded();
    story
        .skep("license issue --customer rosa@example.com --product tools --plan perpetual --updates-until 2024-03-01")
        .succeeded();
    story
        .skep("license issue --json --customer rosa@example.com --product tools --plan lifetime --external-id A-1")
        .succeeded();
    story.skep("license list").succeeded();
    story.skep("customer show rosa@example.com").succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn a_license_through_its_life() {
    let shop = Shop::with_widget();
    let mut story = Story::of(&shop);
    story
        .skep("customer create --name Rosa --email rosa@example.com")
        .succeeded();
    let issue =
        "license issue --json --customer rosa@example.com --product tools --external-id A-1";
    story
        .skep(&format!(
            "{issue} --plan subscription --access-until 2099-12-31"
        ))
        .succeeded();
    story
        .skep("license change A-1 --plan perpetual --updates-until 2024-03-01")
        .succeeded();
    story.skep("license grant A-1 widget 1.1.0").succeeded();
    story.skep("license grant A-1 widget 1.1.0").succeeded();
    story.skep("license suspend A-1").succeeded();
    story.skep("license suspend A-1").failed();
    story.skep("license resume A-1").succeeded();
    story.skep("license show A-1").succeeded();
    story.skep("license explain A-1 widget").succeeded();
    story.skep("license revoke A-1").succeeded();
    story.skep("license resume A-1").failed();
    story.skep("license list").succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn keys() {
    let shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    let mut story = Story::of(&shop);
    let id = license.id;
    story
        .skep(&format!("key create {id} --label ci --expires 2099-12-31"))
        .succeeded();
    let created = story.skep(&format!("key create --json {id}")).succeeded();
    let created: Value = serde_json::from_str(&created.stdout).expect("JSON");
    let key = created["key"]["id"].as_str().expect("an id").to_owned();
    story
        .skep(&format!("key rotate {key} --overlap 0"))
        .succeeded();
    story.skep(&format!("key list {id}")).succeeded();
    story.skep(&format!("key revoke {key}")).succeeded();
    story.skep(&format!("key rotate {key}")).failed();
    insta::assert_snapshot!(story.text());
}

#[test]
fn explaining_to_the_seller() {
    let shop = Shop::with_widget();
    let terms = ["--plan", "perpetual", "--updates-until", "2024-03-01"];
    let license = shop.license("rosa@example.com", &terms);
    let mut story = Story::of(&shop);
    let (id, key) = (license.id, license.key);
    story.skep(&format!("license explain {id}")).succeeded();
    story
        .skep(&format!("license explain {key} widget"))
        .succeeded();
    story
        .skep(&format!("license explain {key} widget 1.1.0"))
        .succeeded();
    story
        .skep(&format!("license explain {id} gadget"))
        .succeeded();
    story
        .skep("license explain skl_mistyped widget")
        .succeeded();
    story
        .skep("license explain somebody-else's-key")
        .succeeded();
    let terms = ["--plan", "perpetual", "--updates-until", "2020-01-01"];
    let early = shop.license("early@example.com", &terms).id;
    story
        .skep(&format!("license explain {early} widget"))
        .succeeded();
    story.skep(&format!("license suspend {id}")).succeeded();
    story
        .skep(&format!("license explain --json {id}"))
        .succeeded();
    insta::assert_snapshot!(story.text());
}
