//! Debian's rebar3, as it is, against a spawned server.

mod delivery;

use std::{path::PathBuf, process::Command};

use tempfile::TempDir;

use crate::support::{
    outside::setup::Setup,
    run::{Ran, run},
    shop::{License, NAME, Shop},
    static_files,
};

/// Every release there will ever be.
const LIFETIME: [&str; 2] = ["--plan", "lifetime"];
/// Only widget 1.0.0.
const UNTIL_MARCH: [&str; 4] = ["--plan", "perpetual", "--updates-until", "2024-03-01"];

/// A customer's project, with everything rebar3 remembers kept inside it.
struct Project {
    folder: TempDir,
}

impl Project {
    /// Depends on widget; knows the repository, and the key if there is one.
    fn new(shop: &Shop, requirement: &str, key: Option<&str>) -> Self {
        Self::of(
            &shop.repository_url(),
            &shop.public_key().to_pem(),
            requirement,
            key,
        )
    }

    /// The same of any repository.
    fn of(url: &str, public_key: &str, requirement: &str, key: Option<&str>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let repo_key = key.map_or(String::new(), |key| format!("repo_key => <<\"{key}\">>,"));
        // rebar3 asks hexpm for whatever it did not get: let it ask a port where nobody answers.
        let config = format!(
            r#"{{deps, [{{widget, "{requirement}"}}]}}.
{{hex, [{{repos, [
    #{{name => <<"{NAME}">>, repo_url => <<"{url}">>, {repo_key} repo_public_key => <<"{public_key}">>}},
    #{{name => <<"hexpm">>, repo_url => <<"http://127.0.0.1:9">>, api_url => <<"http://127.0.0.1:9/api">>}}
]}}]}}.
"#
        );
        fs_err::write(folder.path().join("rebar.config"), config).expect("writable");
        Self { folder }
    }

    fn get_deps(&self) -> Ran {
        let home = self.folder.path().join("home");
        run(Command::new("rebar3")
            .arg("get-deps")
            .current_dir(self.folder.path())
            .env("HOME", &home)
            .env("REBAR_CACHE_DIR", home.join("cache"))
            .env("REBAR_GLOBAL_CONFIG_DIR", home.join("config"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache")))
    }

    /// Whether this version of widget lies in the project, unpacked.
    fn has_widget(&self, version: &str) -> bool {
        let app = self.installed().join("src/widget.app.src");
        fs_err::read_to_string(app).is_ok_and(|text| text.contains(&format!("\"{version}\"")))
    }

    fn installed(&self) -> PathBuf {
        self.folder.path().join("_build/default/lib/widget")
    }

    /// What a fresh checkout on a fresh machine has: the project and its lock file.
    fn keep_only_the_lock(&self) {
        for folder in ["_build", "home"] {
            fs_err::remove_dir_all(self.folder.path().join(folder)).expect("it was there");
        }
        assert!(self.folder.path().join("rebar.lock").is_file());
    }
}

fn shop_with_license(terms: &[&str]) -> (Shop, License) {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", terms);
    shop.serve();
    (shop, license)
}

#[test]
fn gets_the_package_with_a_license_key() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let project = Project::new(&shop, "~> 1.0", Some(&license.key));
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"));
    project.keep_only_the_lock();
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"), "again, from the lock");
}

/// The project knows the public key and has a lock file from before: nothing may be different.
#[test]
fn goes_on_after_the_server_was_restored_from_a_backup() {
    if Setup::Small.is_for_another_run("the folder that is lost has the database") {
        return;
    }
    let (mut shop, license) = shop_with_license(&LIFETIME);
    let project = Project::new(&shop, "~> 1.0", Some(&license.key));
    project.get_deps().succeeded();
    let (place, file) = (
        shop.repository(),
        shop.repository().with_file_name("backup.tar"),
    );
    let (place, file) = (
        place.to_str().expect("UTF-8"),
        file.to_str().expect("UTF-8"),
    );
    shop.skep(&["backup", file]).succeeded();
    shop.stop();
    fs_err::remove_dir_all(place).expect("it was there");
    shop.skep(&["restore", "--into", place, file]).succeeded();
    shop.serve();
    project.keep_only_the_lock();
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"));
}

#[test]
fn gets_nothing_without_a_license_key() {
    let (shop, _) = shop_with_license(&LIFETIME);
    let project = Project::new(&shop, "~> 1.0", None);
    project.get_deps().failed().says("widget");
    assert!(!project.installed().exists());
}

#[test]
fn gets_nothing_with_a_wrong_license_key() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let mut mistyped = license.key.clone();
    let last = if mistyped.ends_with('0') { '1' } else { '0' };
    mistyped.pop();
    mistyped.push(last);
    for wrong in [mistyped.as_str(), "somebody-else's-key"] {
        let project = Project::new(&shop, "~> 1.0", Some(wrong));
        project.get_deps().failed().says("widget");
        assert!(!project.installed().exists(), "{wrong}");
    }
}

#[test]
fn does_not_see_a_release_after_the_end_of_updates() {
    let (shop, license) = shop_with_license(&UNTIL_MARCH);
    let project = Project::new(&shop, "~> 1.0", Some(&license.key));
    project.get_deps().succeeded();
    assert!(project.has_widget("1.0.0"), "the newest that it may have");
    let too_new = Project::new(&shop, "1.1.0", Some(&license.key));
    too_new.get_deps().failed();
    assert!(!too_new.installed().exists());
}

#[test]
fn a_locked_build_survives_a_narrower_license() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let project = Project::new(&shop, "~> 1.0", Some(&license.key));
    project.get_deps().succeeded();
    shop.wait_for_usage("widget", "1.1.0");
    shop.skep(&[
        "license",
        "change",
        &license.id,
        "--plan",
        "perpetual",
        "--updates-until",
        "2024-03-01",
    ])
    .succeeded()
    .says("1.1.0");
    project.keep_only_the_lock();
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"));
}

#[test]
fn an_exported_repository_needs_no_server_of_ours() {
    let shop = Shop::with_widget();
    let public = shop.repository().with_file_name("public");
    shop.skep(&["export", public.to_str().expect("UTF-8")])
        .succeeded();
    let key = fs_err::read_to_string(public.join("public_key")).expect("it is there");
    let url = static_files::serve(&public);
    let project = Project::of(&url, &key, "~> 1.0", None);
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"));
    project.keep_only_the_lock();
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"), "again, from the lock");
}
