//! A repository as plain files, and back.

use std::path::{Path, PathBuf};

use skep_formats::key::PublicKey;
use skep_formats::registry;

use super::*;
use crate::support::outside::setup::Setup;

fn exported(shop: &Shop, folder: &Path, options: &[&str]) -> Value {
    let folder = folder.to_str().unwrap();
    json(
        shop.skep(&[&["--json", "export", folder], options].concat())
            .succeeded(),
    )
}

fn written(report: &Value) -> Vec<&str> {
    let list = report["written"].as_array().expect("a list");
    list.iter()
        .map(|path| path.as_str().expect("texts"))
        .collect()
}

fn folder(shop: &Shop, name: &str) -> PathBuf {
    shop.repository().with_file_name(name)
}

/// What is signed in `packages/NAME`.
fn payload(folder: &Path, package: &str) -> Vec<u8> {
    let key = fs_err::read(folder.join("public_key")).unwrap();
    let key = PublicKey::from_pem(&key).unwrap();
    let file = fs_err::read(folder.join("packages").join(package)).unwrap();
    registry::verify(&file, &key, registry::MAX_RESOURCE_SIZE).unwrap()
}

#[test]
fn what_is_written_is_a_registry_and_again_writes_nothing() {
    let shop = Shop::with_widget();
    let public = folder(&shop, "public");
    let planned = exported(&shop, &public, &["--dry-run"]);
    assert!(!public.exists());
    let first = exported(&shop, &public, &[]);
    assert_eq!(written(&first), written(&planned));
    assert_eq!(
        written(&first)[2..],
        ["packages/widget", "public_key", "versions", "names"]
    );
    let verify = [
        "registry",
        "verify",
        public.to_str().unwrap(),
        "--name",
        "acme",
    ];
    shop.skep(&verify)
        .succeeded()
        .says("2 releases of 1 package are right");
    let again = exported(&shop, &public, &[]);
    assert_eq!((written(&again).len(), &again["unchanged"]), (0, &6.into()));
    shop.publish(&Package::new("widget", "1.2.0"), "2024-09-01");
    let next = exported(&shop, &public, &[]);
    let expected = [
        "tarballs/widget-1.2.0.tar",
        "packages/widget",
        "versions",
        "names",
    ];
    assert_eq!(written(&next), expected);
    shop.skep(&verify).succeeded();
}

#[test]
fn damage_is_mended_and_what_is_deleted_here_goes_when_asked() {
    let shop = Shop::with_widget();
    let public = folder(&shop, "public");
    exported(&shop, &public, &[]);
    let file = public.join("tarballs/widget-1.0.0.tar");
    let mut damaged = fs_err::read(&file).unwrap();
    damaged[600] ^= 1;
    fs_err::write(&file, damaged).unwrap();
    let mended = exported(&shop, &public, &[]);
    assert_eq!(written(&mended), ["tarballs/widget-1.0.0.tar"]);
    shop.skep(&["package", "delete", "widget", "1.0.0"])
        .succeeded();
    let kept = exported(&shop, &public, &[]);
    assert_eq!(kept["left"][0], "tarballs/widget-1.0.0.tar", "{kept}");
    assert!(file.exists());
    exported(&shop, &public, &["--delete"]);
    assert!(!file.exists());
    shop.skep(&["registry", "verify", public.to_str().unwrap()])
        .succeeded();
}

#[test]
fn another_registry_is_not_overwritten() {
    let site = site(&["ab-1.0.0"]);
    let shop = Shop::with_widget();
    shop.skep(&["export", site.root()])
        .failed()
        .says("customers who added it would refuse the new one");
    assert!(site.path("packages/ab").exists());
}

#[test]
fn a_damaged_store_leaves_the_index_of_before() {
    if Setup::Small.is_for_another_run("it removes a stored file") {
        return;
    }
    let shop = Shop::with_widget();
    let public = folder(&shop, "public");
    exported(&shop, &public, &[]);
    let before = payload(&public, "widget");
    shop.publish(&Package::new("widget", "1.2.0"), "2024-09-01");
    let stored = shop
        .repository()
        .join("files/repos/acme/tarballs/widget-1.2.0");
    let file = fs_err::read_dir(&stored).unwrap().next().unwrap().unwrap();
    fs_err::remove_file(file.path()).unwrap();
    shop.skep(&["export", public.to_str().unwrap()])
        .failed()
        .says("`tarballs/widget-1.2.0.tar` cannot be read");
    assert_eq!(payload(&public, "widget"), before);
}

#[test]
fn out_and_in_and_out_again_is_the_same() {
    let shop = Shop::with_widget();
    let message = ["--message", "use 1.1.0"];
    let retire = ["package", "retire", "widget", "1.0.0", "deprecated"];
    shop.skep(&[&retire[..], &message].concat()).succeeded();
    let docs = golden("docs/valid.tar.gz");
    let tarball = folder(&shop, "widget-1.1.0.tar");
    let publish = ["publish", tarball.to_str().unwrap(), "--replace"];
    shop.skep(&[&publish[..], &["--docs", docs.to_str().unwrap()]].concat())
        .succeeded();
    let first = folder(&shop, "public");
    exported(&shop, &first, &[]);
    let other = new_shop();
    other.license(
        "rosa@example.com",
        &["--plan", "perpetual", "--updates-until", "2024-03-01"],
    );
    imported(&other, &[first.to_str().unwrap()]);
    let second = folder(&other, "public");
    exported(&other, &second, &[]);
    assert_eq!(payload(&second, "widget"), payload(&first, "widget"));
    for file in [
        "tarballs/widget-1.0.0.tar",
        "tarballs/widget-1.1.0.tar",
        "docs/widget-1.1.0.tar.gz",
    ] {
        let read = |folder: &Path| fs_err::read(folder.join(file)).unwrap();
        assert_eq!(read(&second), read(&first), "{file}");
    }
    assert_ne!(
        fs_err::read(second.join("public_key")).unwrap(),
        fs_err::read(first.join("public_key")).unwrap(),
        "each is signed by its own"
    );
}
