//! Sources that are not what they should be.

use super::*;
use crate::support::static_files;

#[test]
fn a_bad_release_is_named_and_the_others_come_in() {
    let site = site(&["ab-1.0.0", "ab-1.1.0", "cd-1.0.0", "ef-1.0.0"]);
    let mut tampered = fs_err::read(site.path("tarballs/ab-1.1.0.tar")).unwrap();
    tampered[700] ^= 1;
    site.write("tarballs/ab-1.1.0.tar", &tampered);
    fs_err::remove_file(site.path("tarballs/cd-1.0.0.tar")).unwrap();
    let shop = new_shop();
    let url = static_files::serve(site.path("").as_path());
    let key = site.path("public_key");
    let of_url = [&*url, "--public-key", key.to_str().unwrap()];
    for source in [&[site.root()][..], &of_url] {
        let shop = match source.len() {
            1 => &shop,
            _ => &new_shop(),
        };
        let done = partly_imported(shop, source);
        assert_eq!(names(&done["imported"]), ["ab 1.0.0", "ef 1.0.0"], "{done}");
        let failed = done["failed"].as_array().unwrap();
        let said = |index: usize| {
            let text = |field: &str| failed[index][field].as_str().unwrap().to_owned();
            format!("{}: {}", text("what"), text("error"))
        };
        assert_eq!(failed.len(), 2, "{done}");
        assert!(
            said(0).starts_with("ab 1.1.0: its outer checksum is"),
            "{}",
            said(0)
        );
        assert!(said(1).starts_with("cd 1.0.0: "), "{}", said(1));
        let release = shop.skep(&["package", "show", "cd"]).failed();
        assert_ne!(release.code, 0);
    }
}

#[test]
fn a_tarball_beyond_the_limits_is_refused_without_being_read() {
    let site = site(&["ab-1.0.0"]);
    // The index names a small one, and somebody put a large one in its place.
    site.write("tarballs/ab-1.0.0.tar", &vec![0; 40 << 20]);
    let url = static_files::serve(site.path("").as_path());
    let key = site.path("public_key");
    let shop = new_shop();
    let done = partly_imported(&shop, &[site.root()]);
    let error = done["failed"][0]["error"].as_str().unwrap();
    assert!(error.contains("has 41943040 bytes, the most is"), "{error}");
    let done = partly_imported(&shop, &[&url, "--public-key", key.to_str().unwrap()]);
    let error = done["failed"][0]["error"].as_str().unwrap();
    assert!(error.contains("bytes"), "{error}");
}

#[test]
fn what_is_signed_by_somebody_else_is_not_looked_at() {
    let site = site(&["ab-1.0.0"]);
    let shop = new_shop();
    let other = golden("keys/rsa4096_pub_spki.pem");
    shop.skep(&[
        "import",
        site.root(),
        "--public-key",
        other.to_str().unwrap(),
    ])
    .failed()
    .says("the source is not signed with the key `SHA256:")
    .says("--public-key FILE");
    shop.skep(&["import", site.root(), "--fetch-public-key", "SHA256:wrong"])
        .failed()
        .says("not `SHA256:wrong`");
    let forged = fs_err::read(golden("static_registry/public/packages/tiny")).unwrap();
    fs_err::write(site.path("packages/ab"), forged).unwrap();
    let done = partly_imported(&shop, &[site.root()]);
    assert_eq!(done["failed"][0]["what"], "packages/ab", "{done}");
    // What could not be read counts as there.
    assert_eq!(names(&done["only_here"]).len(), 0);
}

#[test]
fn what_is_no_registry_is_named() {
    let shop = new_shop();
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    shop.skep(&["import", empty])
        .failed()
        .says("there is no `public_key` in `");
    shop.skep(&["import", "nowhere"])
        .failed()
        .says("there is no folder `nowhere`");
    shop.skep(&["import", "http://127.0.0.1:1/repo"])
        .failed()
        .says("127.0.0.1:1");
    let ran = shop.skep(&["import", "ftp://shop.example"]).failed();
    assert_eq!(ran.code, 2, "{}", ran.said());
    shop.skep(&["import", empty, "--repository", "other"])
        .failed()
        .says("there is no repository `other`; the configuration has `acme`");
}
