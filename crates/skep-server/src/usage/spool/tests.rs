use super::*;
use crate::clock::{TestClock, Timestamp};
use crate::delivery::Way;
use crate::ids::{KeyId, LicenseId};
use crate::usage::FileKind;
use crate::usage::address::Addresses;

fn row(version: &str) -> Counted {
    Counted {
        at: Timestamp::from_seconds(1_700_000_000),
        key: Some(KeyId::from_bytes([7; 16])),
        license: Some(LicenseId::from_bytes([9; 16])),
        repository: "acme".into(),
        file: FileKind::Tarball,
        package: Some("alpha".into()),
        version: Some(version.into()),
        status: 200,
        delivery: Some(Way::Direct),
        address: Addresses::Full.of([203, 0, 113, 7].into()),
        client: "mix".into(),
        client_version: None,
        elixir_version: Some("1.18.0".into()),
        otp_version: None,
        ci: false,
        requests: 3,
    }
}

fn open(dir: &Path) -> Spool {
    Spool::open(dir, &Clock::system()).unwrap()
}

#[test]
fn rows_come_back_as_they_were_and_another_process_finds_them() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(&dir.path().join("new/spool"));
    let one = first.write(&[row("1.0.0"), row("1.1.0")]).unwrap();
    let two = first.write(&[row("1.2.0")]).unwrap();
    let second = open(&dir.path().join("new/spool"));
    assert_eq!(second.batches().unwrap(), [one.clone(), two.clone()]);
    assert_eq!(
        second.read(&one).unwrap().unwrap().rows,
        [row("1.0.0"), row("1.1.0")]
    );
    second.remove(&one).unwrap();
    first.remove(&one).unwrap();
    assert!(first.read(&one).unwrap().is_none());
    assert_eq!(first.batches().unwrap(), [two]);
}

#[test]
fn a_damaged_row_does_not_take_the_others_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let id = spool.write(&[row("1.0.0"), row("1.1.0")]).unwrap();
    let path = spool.path(&id, WRITTEN);
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[20] ^= 1;
    for (bytes, left) in [
        (&whole[..whole.len() - 20], "1.0.0"),
        (&flipped[..], "1.1.0"),
    ] {
        fs::write(&path, bytes).unwrap();
        let batch = spool.read(&id).unwrap().unwrap();
        assert_eq!((batch.rows, batch.damaged), (vec![row(left)], 1));
    }
}

#[test]
fn what_a_dead_process_did_not_finish_goes_after_an_hour() {
    let dir = tempfile::tempdir().unwrap();
    let unfinished = dir.path().join("0-00000000.tmp");
    fs::write(&unfinished, b"{").unwrap();
    open(dir.path());
    assert!(unfinished.exists());
    let later = TestClock::at(Clock::system().now().plus_seconds(3700));
    Spool::open(dir.path(), &later.clock()).unwrap();
    assert!(!unfinished.exists());
}

#[test]
fn a_spool_that_cannot_be_written_says_which() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = Spool::open(&file.join("spool"), &Clock::system())
        .unwrap_err()
        .to_string();
    assert!(error.contains("file/spool"), "{error}");
}

/// Two rows of the first format, as that version wrote them.
const FIRST_FORMAT: &str = "\
    d625e2494a00030000000000000000401e18240a06000303c80007070707070707070707070707070707090909090909\
    090909090909090909090461636d6505616c70686105312e302e30036d6978ff06312e31382e30ff47b48ae74a000300\
    00000000000000401e18240a06000303c800070707070707070707070707070707070909090909090909090909090909\
    09090461636d6505616c70686105312e312e30036d6978ff06312e31382e30ff";

#[test]
fn files_of_the_version_before_are_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let bytes = data_encoding::HEXLOWER
        .decode(FIRST_FORMAT.as_bytes())
        .unwrap();
    fs::write(dir.path().join("old-00000000.rows"), bytes).unwrap();
    let ids = spool.batches().unwrap();
    assert_eq!(ids.len(), 1);
    let without = |version| Counted {
        delivery: None,
        address: None,
        ..row(version)
    };
    let batch = spool.read(&ids[0]).unwrap().unwrap();
    assert_eq!(batch.rows, [without("1.0.0"), without("1.1.0")]);
    spool.remove(&ids[0]).unwrap();
    assert!(spool.batches().unwrap().is_empty());
}
