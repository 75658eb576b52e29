use skep_formats::tarball::{Metadata, create};

use super::*;

const SOURCE: Source<'_> = Source {
    repository: "acme",
    package: "ab",
    version: "1.0.0",
};

fn tarball(content: &str) -> Vec<u8> {
    let metadata = Metadata::new("ab", "1.0.0");
    let files = [("a", 0o644, content)];
    create(&metadata, files, &Limits::default())
        .unwrap()
        .tarball
}

#[test]
fn a_tarball_that_changed_since_it_was_seen_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ab-1.0.0.tar");
    fs_err::write(&path, tarball("new")).unwrap();
    let now = Stamp::of(&fs_err::metadata(&path).unwrap());
    let seen = Stamp {
        seconds: now.seconds - 1,
        ..now
    };
    let (release, stamp) = Reader::default().read(&path, seen, &SOURCE).unwrap();
    assert_eq!(stamp, now);
    let sha256 = skep_formats::checksum::Sha256::of(&tarball("new"));
    assert_eq!(release.outer_checksum, Some(sha256));
}

#[test]
fn a_fault_counts_only_when_the_file_has_come_to_rest() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ab-1.0.0.tar");
    fs_err::write(&path, &tarball("new")[..700]).unwrap();
    let seen = Stamp::of(&fs_err::metadata(&path).unwrap());
    let error = Reader::default().read(&path, seen, &SOURCE).unwrap_err();
    assert_eq!(error.to_string(), "the tarball is truncated");
    let other = Source {
        package: "cd",
        ..SOURCE
    };
    fs_err::write(&path, tarball("new")).unwrap();
    let error = Reader::default().read(&path, seen, &other).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it holds `ab` `1.0.0`, so it should be called `ab-1.0.0.tar`"
    );
}
