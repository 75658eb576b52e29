//! Registry resources against the reference's payloads, signatures and broken files.

use skep_formats::checksum::Sha256;
use skep_formats::gzip::{self, GzipError};
use skep_formats::key::PublicKey;
use skep_formats::registry::{
    self, MAX_RESOURCE_SIZE, Names, OpenError, Package, Policy, VerifyError, Versions,
};

use crate::golden;

/// Checks one resource both ways: value to payload to file, and back.
macro_rules! check_resource {
    ($type:ident, $name:literal) => {{
        let value: $type = golden::json(concat!("registry/", $name, ".json"));
        let payload = golden::read(concat!("registry/", $name, ".payload.pb"));
        assert_eq!(value.encode(), payload);
        assert_eq!($type::decode(&payload).unwrap(), value);
        check_files($name, &payload);
    }};
}

fn check_files(name: &str, payload: &[u8]) {
    for (key, suffix) in [("rsa2048", ""), ("rsa4096", ".rsa4096")] {
        let file = golden::read(&format!("registry/{name}{suffix}.signed.gz"));
        let private = golden::private_key(key);
        let public = private.public_key();
        assert_eq!(
            registry::verify(&file, &public, MAX_RESOURCE_SIZE).unwrap(),
            payload
        );
        let signed = gzip::decompress(&file[..], MAX_RESOURCE_SIZE).unwrap();
        let ours = registry::sign(payload, &private);
        assert_eq!(
            gzip::decompress(&ours[..], MAX_RESOURCE_SIZE).unwrap(),
            signed
        );
        assert_eq!(ours, registry::sign(payload, &private));
    }
}

#[test]
fn names_are_as_the_reference_writes_them() {
    check_resource!(Names, "names");
}

#[test]
fn versions_are_as_the_reference_writes_them() {
    check_resource!(Versions, "versions");
}

#[test]
fn packages_are_as_the_reference_writes_them() {
    check_resource!(Package, "package");
}

#[test]
fn policies_are_as_the_reference_writes_them() {
    check_resource!(Policy, "policy");
}

#[test]
fn open_checks_whose_resource_it_is() {
    let key = golden::public_key("rsa2048");
    let file = |name: &str| golden::read(&format!("registry/{name}.signed.gz"));
    assert!(Names::open(&file("names"), &key, "acme").is_ok());
    assert!(Versions::open(&file("versions"), &key, "acme").is_ok());
    assert!(Package::open(&file("package"), &key, "acme", "alpha").is_ok());
    assert!(Policy::open(&file("policy"), &key, "acme", "strict-prod").is_ok());

    let error = Package::open(&file("package"), &key, "hexpm", "alpha").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the resource is of the repository `acme`, not of `hexpm`"
    );
    let error = Package::open(&file("package"), &key, "acme", "beta").unwrap_err();
    assert!(matches!(error, OpenError::Name { .. }), "{error}");
    let error = Policy::open(&file("policy"), &key, "acme", "lax").unwrap_err();
    assert!(matches!(error, OpenError::Name { .. }), "{error}");
    for error in [
        Names::open(&file("names"), &key, "x").unwrap_err(),
        Versions::open(&file("versions"), &key, "x").unwrap_err(),
        Policy::open(&file("policy"), &key, "x", "strict-prod").unwrap_err(),
    ] {
        assert!(matches!(error, OpenError::Repository { .. }), "{error}");
    }
}

#[test]
fn every_broken_file_has_its_own_error() {
    let key = golden::public_key("rsa2048");
    let verify = |name: &str, limit| {
        let file = golden::read(&format!("registry/names.{name}signed.gz"));
        registry::verify(&file, &key, limit)
    };
    assert_eq!(
        Names::decode(&verify("empty.", 10_000).unwrap()).unwrap(),
        Names {
            repository: "acme".to_owned(),
            packages: vec![]
        }
    );
    assert!(matches!(
        verify("not_gzip.", 10_000),
        Err(VerifyError::Gzip(GzipError::NotGzip))
    ));
    assert!(matches!(
        verify("truncated.", 10_000),
        Err(VerifyError::Gzip(GzipError::Truncated))
    ));
    assert!(matches!(
        verify("", 50),
        Err(VerifyError::Gzip(GzipError::TooLarge { limit: 50 }))
    ));
    assert!(matches!(
        verify("unsigned.", 10_000),
        Err(VerifyError::Unsigned)
    ));
    let error = verify("bad_signature.", 10_000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the registry resource is not signed with the key \
         `SHA256:pMSyQBRZzSGuBV7DsD7s/94nl2k6qLzEPW5Nsu9IAao`"
    );
    for message in [&b""[..], b"\x12\x01a", b"text that is no protobuf"] {
        let error = registry::verify(&gzip::compress(message), &key, 10_000).unwrap_err();
        assert!(matches!(error, VerifyError::NotSigned(_)), "{error}");
    }
}

#[test]
fn a_file_without_a_good_signature_can_still_be_looked_at() {
    for name in ["names.unsigned", "names.bad_signature", "names"] {
        let file = golden::read(&format!("registry/{name}.signed.gz"));
        let payload = registry::unverified(&file, 10_000).unwrap();
        assert!(Names::decode(&payload).is_ok(), "{name}");
    }
}

#[test]
fn another_key_does_not_verify() {
    let key = golden::public_key("rsa4096");
    let file = golden::read("registry/names.signed.gz");
    let error = Names::open(&file, &key, "acme").unwrap_err();
    assert!(matches!(
        error,
        OpenError::Verify(VerifyError::BadSignature { .. })
    ));
}

#[test]
fn a_resource_of_hex_pm_verifies() {
    let key = PublicKey::from_pem(golden::read("real/hexpm_public_key.pem")).unwrap();
    assert_eq!(
        key.fingerprint(),
        "SHA256:O1LOYhHFW4kcrblKAxROaDEzLD8bn1seWbe5tq8TRsk"
    );
    let file = golden::read("real/packages_exfmt.signed.gz");
    let package = Package::open(&file, &key, "hexpm", "exfmt").unwrap();
    let payload = registry::verify(&file, &key, MAX_RESOURCE_SIZE).unwrap();
    assert_eq!(package.encode(), payload);
    assert!(!package.releases.is_empty());
}

#[test]
fn the_static_registry_opens() {
    let key = PublicKey::from_pem(golden::read("static_registry/public/public_key")).unwrap();
    let file = |name: &str| golden::read(&format!("static_registry/public/{name}"));
    let names = Names::open(&file("names"), &key, "acme").unwrap();
    let versions = Versions::open(&file("versions"), &key, "acme").unwrap();
    for (entry, versions) in names.packages.iter().zip(&versions.packages) {
        assert_eq!(entry.name, versions.name);
        let path = format!("packages/{}", entry.name);
        let package = Package::open(&file(&path), &key, "acme", &entry.name).unwrap();
        for (release, version) in package.releases.iter().zip(versions.versions.iter()) {
            assert_eq!(release.version, version);
            let tarball = file(&format!("tarballs/{}-{version}.tar", entry.name));
            assert_eq!(release.outer_checksum, Some(Sha256::of(&tarball)));
        }
    }
    assert_eq!(names.packages.len(), 4);
}
