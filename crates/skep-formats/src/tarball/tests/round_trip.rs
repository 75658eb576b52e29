use std::collections::BTreeMap;

use proptest::prelude::*;

use super::build::{check, metadata, package};
use crate::checksum::Sha256;
use crate::docs;
use crate::tarball::{CreateError, Limits, Sink, create, unpack};

#[test]
fn equal_input_gives_equal_bytes() {
    let files = || [("a", 0o644, "1"), ("b/c", 0o755, "2")];
    let first = create(&metadata(), files(), &Limits::default()).unwrap();
    assert_eq!(
        first,
        create(&metadata(), files(), &Limits::default()).unwrap()
    );
    let unpacked = check(&first.tarball).unwrap();
    assert_eq!(unpacked.inner_checksum, first.inner_checksum);
    assert_eq!(unpacked.outer_checksum, first.outer_checksum);
    assert_eq!(unpacked.files[1].mode, 0o755);
}

#[test]
fn what_could_not_be_unpacked_is_not_made() {
    let error = |path: &str, limits: &Limits| {
        create(&metadata(), [(path, 0o644, [0; 100])], limits).unwrap_err()
    };
    let limits = Limits::default();
    assert!(matches!(error("../a", &limits), CreateError::Path(_)));
    let unpacked = Limits {
        unpacked: 1000,
        ..limits
    };
    assert!(matches!(
        error("a", &unpacked),
        CreateError::TooLarge {
            what: "contents",
            ..
        }
    ));
    let compressed = Limits {
        compressed: 1000,
        ..limits
    };
    assert!(matches!(
        error("a", &compressed),
        CreateError::TooLarge {
            what: "tarball",
            ..
        }
    ));
    let files = Limits { files: 0, ..limits };
    assert!(matches!(
        error("a", &files),
        CreateError::TooManyFiles { limit: 0 }
    ));
}

#[test]
fn documentation_round_trips() {
    let long = "d/".repeat(120) + "é.html";
    let pages = [("index.html", "1"), (long.as_str(), "2")];
    let tarball = docs::create(pages, &Limits::default()).unwrap();
    let files = docs::check(&tarball[..], &Limits::default()).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["index.html", &long]);
    let compressed = tarball.len() as u64 - 1;
    let limits = Limits {
        compressed,
        ..Limits::default()
    };
    let error = docs::check(&tarball[..], &limits).unwrap_err();
    assert!(matches!(error, docs::DocsError::TooLarge { .. }), "{error}");
}

#[test]
fn documentation_may_list_its_own_directory() {
    let tarball = |root: &str| {
        let mut tar = tar::Builder::new(Vec::new());
        let mut append = |path: &str, kind, data: &[u8]| {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(kind);
            header.set_mode(0o644);
            header.set_size(data.len() as u64);
            header.set_cksum();
            tar.append(&header, data).unwrap();
        };
        append(root, tar::EntryType::Directory, b"");
        append("./index.html", tar::EntryType::Regular, b"1");
        crate::gzip::compress(&tar.into_inner().unwrap())
    };
    let files = docs::check(&tarball("./")[..], &Limits::default()).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["index.html"]);
    for root in ["../", "/", "./../", ".//.."] {
        let error = docs::check(&tarball(root)[..], &Limits::default()).unwrap_err();
        assert!(error.to_string().contains("unsafe"), "{root}: {error}");
    }
}

fn paths() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé ]{1,8}(/[a-z.]{1,6}x){0,3}",
        "[a-z]{1,60}(/[a-z]{40,60}){2,6}",
        "[a-z]{101,150}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_created_is_read_back(
        files in prop::collection::btree_map(paths(), any::<Vec<u8>>(), 0..6)
    ) {
        // A path below another one is a file in a file.
        let is_below = |path: &String| files.keys().any(|other| path.starts_with(&format!("{other}/")));
        let files: BTreeMap<&String, &Vec<u8>> =
            files.iter().filter(|(path, _)| !is_below(path)).collect();
        let input = files.iter().map(|(path, data)| (path.as_str(), 0o644, data.as_slice()));
        let created = create(&metadata(), input, &Limits::default()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("out");
        let sink = Sink::Directory(&target);
        let unpacked = unpack(&created.tarball[..], &Limits::default(), sink).unwrap();
        prop_assert_eq!(unpacked.metadata, metadata());
        prop_assert_eq!(unpacked.files.len(), files.len());
        for (file, (path, data)) in unpacked.files.iter().zip(files) {
            prop_assert_eq!(&file.path, path);
            prop_assert_eq!(file.sha256, Some(Sha256::of(data)));
            prop_assert_eq!(target.join(path).metadata().unwrap().len(), data.len() as u64);
        }
    }

    #[test]
    fn no_damage_panics(at: prop::sample::Index, value: u8, length: prop::sample::Index) {
        let mut tarball = package(&[super::build::file("a", b"text"), super::build::link("l", "a")]);
        let index = at.index(tarball.len());
        tarball[index] = value;
        let _ = check(&tarball);
        let _ = check(&tarball[..length.index(tarball.len())]);
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = check(&bytes);
        let _ = docs::check(&bytes[..], &Limits::default());
    }
}
