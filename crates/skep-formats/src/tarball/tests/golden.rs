use std::path::{Path, PathBuf};

use fs_err::{File, read_dir};
use serde_json::Value;

use super::build::story;
use crate::tarball::{FileKind, Limits, Sink, read_release, unpack};

fn golden() -> PathBuf {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden"
    ))
    .to_owned()
}

fn tarballs(folder: &str) -> Vec<PathBuf> {
    let paths = read_dir(golden().join(folder)).unwrap();
    let paths = paths.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "tar"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn agrees_with_its_json(path: &Path) {
    let json = File::open(path.with_extension("json")).unwrap();
    let expected: Value = serde_json::from_reader(json).unwrap();
    let tarball = File::open(path).unwrap();
    let unpacked = unpack(&tarball, &Limits::default(), Sink::Discard).unwrap();
    assert_eq!(
        unpacked.metadata.to_json(),
        expected["metadata"],
        "{path:?}"
    );
    assert_eq!(
        unpacked.inner_checksum.to_string(),
        expected["inner_checksum"]
    );
    assert_eq!(
        unpacked.outer_checksum.to_string(),
        expected["outer_checksum"]
    );
    assert_eq!(unpacked.size_bytes, tarball.metadata().unwrap().len());
    if let Some(files) = expected["files"].as_array() {
        let found: Vec<Value> = unpacked
            .files
            .iter()
            .map(|file| {
                let sha256 = file.sha256.map(|sha256| sha256.to_string());
                serde_json::json!({"path": file.path, "sha256": sha256, "size": file.size_bytes})
            })
            .collect();
        assert_eq!(&found, files, "{path:?}");
    }
    let release = read_release(File::open(path).unwrap(), &Limits::default()).unwrap();
    assert_eq!(release.metadata, unpacked.metadata);
    assert_eq!(release.inner_checksum, unpacked.inner_checksum);
    assert_eq!(release.outer_checksum, unpacked.outer_checksum);
}

#[test]
fn valid_tarballs_unpack_to_what_their_json_says() {
    for path in tarballs("tarballs/valid") {
        agrees_with_its_json(&path);
    }
}

#[test]
fn legacy_tarballs_read_as_their_json_says() {
    for path in tarballs("tarballs/legacy") {
        agrees_with_its_json(&path);
    }
}

#[test]
fn a_tarball_of_hex_pm_is_read() {
    let tarball = File::open(golden().join("real/gleam_stdlib-0.14.0.tar")).unwrap();
    let unpacked = unpack(tarball, &Limits::default(), Sink::Discard).unwrap();
    assert_eq!(unpacked.metadata.name, "gleam_stdlib");
    assert_eq!(unpacked.metadata.version, "0.14.0");
    let files: Vec<&String> = unpacked.files.iter().map(|file| &file.path).collect();
    assert_eq!(files.len(), unpacked.metadata.files.len());
    assert!(
        unpacked
            .files
            .iter()
            .all(|file| file.kind == FileKind::File)
    );
}

#[test]
fn every_invalid_tarball_is_refused_with_its_fault_and_nothing_written() {
    let mut stories = Vec::new();
    for path in tarballs("tarballs/invalid") {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("out");
        let tarball = File::open(&path).unwrap();
        let error = unpack(tarball, &Limits::default(), Sink::Directory(&target)).unwrap_err();
        let name = path.file_stem().unwrap().to_str().unwrap();
        stories.push(format!("{name}: {}", story(&error)));
        assert_eq!(directory.path().read_dir().unwrap().count(), 0, "{name}");
        read_release(File::open(&path).unwrap(), &Limits::default()).unwrap_err();
    }
    insta::assert_snapshot!(stories.join("\n"));
}

#[test]
fn the_reference_refuses_the_same_tarballs() {
    let reference = golden().join("tarballs/invalid/REFERENCE.tsv");
    let lines = std::io::read_to_string(File::open(reference).unwrap()).unwrap();
    let mut refused: Vec<&str> = lines
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    refused.sort_unstable();
    let ours = tarballs("tarballs/invalid");
    let mut ours: Vec<&str> = ours
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap())
        .collect();
    ours.sort_unstable();
    assert_eq!(ours, refused);
}

#[test]
fn files_are_written_with_their_mode_and_the_metadata() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("new/out");
    let path = golden().join("tarballs/valid/full.tar");
    let limits = Limits::default();
    let unpacked = unpack(
        File::open(&path).unwrap(),
        &limits,
        Sink::Directory(&target),
    )
    .unwrap();
    for file in &unpacked.files {
        assert_eq!(
            target.join(&file.path).metadata().unwrap().len(),
            file.size_bytes
        );
    }
    assert!(target.join("hex_metadata.config").is_file());
    let parent = directory.path().join("new");
    assert_eq!(parent.read_dir().unwrap().count(), 1, "no staging is left");
    let error = unpack(
        File::open(&path).unwrap(),
        &limits,
        Sink::Directory(&target),
    )
    .unwrap_err();
    assert!(story(&error).ends_with("is not empty"), "{}", story(&error));
}

#[test]
fn documentation_is_checked_and_unpacked() {
    let path = golden().join("docs/valid.tar.gz");
    let limits = Limits::default();
    let files = crate::docs::check(File::open(&path).unwrap(), &limits).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("docs");
    let unpacked = crate::docs::unpack(File::open(&path).unwrap(), &limits, &target).unwrap();
    assert_eq!(files, unpacked);
    let index = files.iter().find(|file| file.path == "index.html").unwrap();
    assert_eq!(
        target.join("index.html").metadata().unwrap().len(),
        index.size_bytes
    );
}
