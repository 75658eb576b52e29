use serde_json::{Value, json};

use super::site::{Site, golden, skep};
use crate::support::package::Package;

#[test]
fn a_bad_tarball_is_named_and_the_rest_is_built() {
    let site = Site::new();
    site.add(&["ab-1.0.0", "cd-1.0.0"]);
    site.write("tarballs/ab-1.1.0.tar", b"nothing");
    site.write("tarballs/ef-1.0.0.tar", b"");
    let ran = site.build(&["--json"]).failed();
    assert_eq!(ran.code, 1);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let faults = json!([
        {"file": "tarballs/ab-1.1.0.tar", "fault": "this is not a tar archive"},
        {"file": "tarballs/ef-1.0.0.tar", "fault": "the tarball is empty"},
    ]);
    assert_eq!(report["faults"], faults);
    assert_eq!(report["releases"], 2);
    assert!(
        ran.stderr
            .contains("error: tarballs/ef-1.0.0.tar: the tarball is empty")
    );
    site.verify(&[])
        .succeeded()
        .says("tarballs/ab-1.1.0.tar is not in the index");
    site.add(&["ab-1.1.0"]);
    fs_err::remove_file(site.path("tarballs/ef-1.0.0.tar")).unwrap();
    let built = site.built(&[]);
    assert_eq!(built["releases"], 3);
    assert_eq!(built["tarballs_read"], 1);
}

#[test]
fn every_golden_invalid_tarball_is_a_fault() {
    let site = Site::new();
    let mut count = 0;
    for entry in fs_err::read_dir(golden("tarballs/invalid")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "tar") {
            let data = fs_err::read(&path).unwrap();
            site.write(&format!("tarballs/alpha-1.{count}.0.tar"), &data);
            count += 1;
        }
    }
    let ran = site.build(&["--json"]).failed();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["faults"].as_array().unwrap().len(), count);
    assert_eq!(report["packages"], 0);
    site.verify(&[]).succeeded();
}

#[test]
fn names_that_disagree_are_faults() {
    let site = Site::new();
    let tarball = Package::new("ab", "1.0.0").tarball();
    for name in ["ab-1.0.1", "cd-1.0.0", "ab", "ab-1", "AB-1.0.0", "a-1.0.0"] {
        site.write(&format!("tarballs/{name}.tar"), &tarball);
    }
    fs_err::create_dir(site.path("tarballs/ab-2.0.0.tar")).unwrap();
    fs_err::write(site.path("tarballs/README"), "not a tarball").unwrap();
    fs_err::write(site.path("tarballs/.ab-1.0.0.tar"), "hidden").unwrap();
    let ran = site.build(&[]).failed();
    for (file, fault) in [
        (
            "ab-1.0.1",
            "it holds `ab` `1.0.0`, so it should be called `ab-1.0.0.tar`",
        ),
        (
            "cd-1.0.0",
            "it holds `ab` `1.0.0`, so it should be called `ab-1.0.0.tar`",
        ),
        ("ab", "its name is not NAME-VERSION.tar"),
        ("ab-2.0.0", "it is not a file"),
        ("AB-1.0.0", "`AB` is not a package name"),
        ("a-1.0.0", "`a` is not a package name"),
    ] {
        let line = format!("error: tarballs/{file}.tar: {fault}");
        assert!(ran.stderr.contains(&line), "no `{line}` in\n{}", ran.stderr);
    }
    assert_eq!(ran.stderr.lines().count(), 7, "{}", ran.stderr);
}

#[test]
fn a_release_that_turned_bad_leaves_the_index() {
    let site = Site::new();
    site.add(&["ab-1.0.0", "ab-1.1.0"]);
    site.built(&[]);
    site.write("tarballs/ab-1.1.0.tar", b"half");
    site.build(&[]).failed();
    let verified = site.verify(&["--json"]).succeeded();
    let findings: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(findings["releases"], 1);
}

#[test]
fn keys_and_names_that_cannot_be_used_are_refused() {
    let site = Site::new().with_key("keys/rsa2048_pub_spki.pem");
    site.build(&[])
        .failed()
        .says("this is a public key, a private key is needed");
    assert!(!site.path("public_key").exists());
    let ran = skep(&["build", site.root(), "--name", "a/b", "--private-key", "x"]);
    assert_eq!(ran.code, 2);
    let ran = skep(&[
        "build",
        site.root(),
        "--name",
        "ab",
        "--private-key",
        "/no/such/key",
    ]);
    assert_eq!(ran.says("/no/such/key").code, 1);
}
