use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;

use serde_json::Value;

use super::site::{Site, golden, skep};

fn site() -> Site {
    let site = Site::new();
    site.add(&["ab-1.0.0", "ab-1.1.0", "cd-1.0.0"]);
    site.built(&[]);
    site
}

#[test]
fn a_good_registry_is_right() {
    let site = site();
    let fingerprint =
        fs_err::read_to_string(golden("keys/rsa2048.fingerprint")).expect("it is readable");
    let ran = site.verify(&[]).succeeded();
    let expected = format!(
        "acme: 3 releases of 2 packages are right, signed by {}\n",
        fingerprint.trim()
    );
    assert_eq!(ran.stdout, expected);
    let key = golden("keys/rsa2048_pub_spki.pem");
    let options = [
        "--public-key",
        key.to_str().expect("UTF-8 paths"),
        "--name",
        "acme",
    ];
    site.verify(&options).succeeded();
}

#[test]
fn every_kind_of_damage_is_found() {
    let check = |damage: fn(&Site), fault: &str| {
        let site = site();
        damage(&site);
        let ran = site.verify(&[]).failed().says(fault);
        assert_eq!(ran.code, 1);
    };
    check(
        |site| {
            fs_err::remove_file(site.path("tarballs/cd-1.0.0.tar"))
                .expect("the temporary folder is writable")
        },
        "error: tarballs/cd-1.0.0.tar: failed to open",
    );
    check(
        |site| {
            let other = fs_err::read(site.path("tarballs/cd-1.0.0.tar")).expect("it is readable");
            fs_err::write(site.path("tarballs/ab-1.0.0.tar"), other)
                .expect("the temporary folder is writable");
        },
        "error: tarballs/ab-1.0.0.tar: its checksum is",
    );
    check(
        |site| {
            fs_err::remove_file(site.path("packages/ab")).expect("the temporary folder is writable")
        },
        "error: packages/ab: failed to open",
    );
    check(
        |site| {
            let other = fs_err::read(site.path("packages/cd")).expect("it is readable");
            fs_err::write(site.path("packages/ab"), other)
                .expect("the temporary folder is writable");
        },
        "error: packages/ab: the resource is about `cd`, not about `ab`",
    );
    check(
        |site| fs_err::write(site.path("names"), "x").expect("the temporary folder is writable"),
        "`names` cannot be used",
    );
    check(
        |site| {
            let other =
                fs_err::read(golden("static_registry/public/versions")).expect("it is readable");
            fs_err::write(site.path("versions"), other).expect("the temporary folder is writable");
        },
        "error: versions: `ab` is missing, which `names` has",
    );
    check(
        |site| {
            let unsigned =
                fs_err::read(golden("registry/names.unsigned.signed.gz")).expect("it is readable");
            fs_err::write(site.path("names"), unsigned).expect("the temporary folder is writable");
        },
        "the registry resource has no signature",
    );
}

#[test]
fn another_key_or_name_is_not_the_repository() {
    let site = site();
    let key = golden("keys/rsa4096_pub_spki.pem");
    let ran = site
        .verify(&["--public-key", key.to_str().expect("UTF-8 paths")])
        .failed();
    ran.says("is not signed with the key");
    site.verify(&["--name", "other"])
        .failed()
        .says("of the repository `acme`, not of `other`");
    let nowhere = skep(&["verify", "/no/such/directory"]).failed();
    assert_eq!(nowhere.says("/no/such/directory").code, 1);
}

/// Serves the files of a directory to whoever has the key.
fn serve(root: PathBuf, key: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!(
        "http://{}/repo",
        listener.local_addr().expect("a free port")
    );
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 2048];
            let length = stream.read(&mut request).expect("a connection");
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let path = request
                .split(' ')
                .nth(1)
                .expect("the temporary folder is writable")
                .trim_start_matches("/repo/");
            let has_key = request
                .to_lowercase()
                .contains(&format!("authorization: {key}"));
            let (status, body) = match fs_err::read(root.join(path)) {
                _ if !has_key => ("401 Unauthorized", b"a license key is needed".to_vec()),
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", b"no such file".to_vec()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    url
}

#[test]
fn a_served_registry_is_verified_with_a_key() {
    let site = site();
    fs_err::write(site.path("auth_key"), "skl_x\n").expect("the temporary folder is writable");
    let key_file = site.path("auth_key");
    let url = serve(site.path(""), "skl_x");
    let verify = || {
        skep(&[
            "verify",
            &url,
            "--auth-key-file",
            key_file.to_str().expect("UTF-8 paths"),
            "--json",
        ])
    };
    let ran = verify().succeeded();
    let findings: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(findings["releases"], 3);
    assert_eq!(findings["faults"], serde_json::json!([]));
    fs_err::remove_file(site.path("tarballs/cd-1.0.0.tar"))
        .expect("the temporary folder is writable");
    verify()
        .failed()
        .says("the server answered `404 Not Found`");
    let refused = skep(&["verify", &url]).failed();
    assert!(!refused.said().contains("skl_x"));
    refused.says("/repo/public_key`: a license key is needed");
}
