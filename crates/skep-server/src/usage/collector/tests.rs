//! A full disk below the spool. The test runs itself again on a disk of 1 MB: a file system in memory
//! where the kernel gives one to a namespace, else files that may not grow.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::ids::{KeyId, LicenseId};
use crate::usage::{Client, Counted, FileKind};

/// Lies where there is little room, and says to the second run that it is the second one.
const MARK: &str = "there-is-little-room";
const SMALL_DISK: &str = "mount -t tmpfs -o size=1024k tmpfs . && cd \"$PWD\" && echo disk > there-is-little-room && exec \"$0\" \"$@\"";
/// SIGXFSZ ignored, a write beyond the limit is an error instead of the end of the process.
const SMALL_FILES: &str =
    "trap '' XFSZ; echo files > there-is-little-room; ulimit -f 256; exec \"$0\" \"$@\"";
const TEST: &str = "usage::collector::tests::a_full_disk_loses_no_count";
const REQUESTS: u64 = 20_000;

#[test]
fn a_full_disk_loses_no_count() {
    match fs_err::read_to_string(MARK).as_deref().map(str::trim_end) {
        Ok("disk") => on_a_small_disk(),
        Ok(_) => with_small_files(),
        Err(_) => run_again_with_little_room(),
    }
}

fn run_again_with_little_room() {
    let folder = tempfile::tempdir().unwrap();
    let in_namespace = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["-rm", "sh", "-c", script])
            .current_dir(folder.path());
        command
    };
    let is_mounted = in_namespace("mount -t tmpfs -o size=1024k tmpfs .").status();
    let mut command = if is_mounted.is_ok_and(|status| status.success()) {
        in_namespace(SMALL_DISK)
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", SMALL_FILES]).current_dir(folder.path());
        command
    };
    let this = std::env::current_exe().unwrap();
    let output = command.arg(this).args(["--exact", TEST, "--nocapture"]);
    let output = output.output().unwrap();
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && shown.contains("1 passed"),
        "{shown}"
    );
}

fn on_a_small_disk() {
    let (recorder, spool) = (Recorder::default(), spool_here());
    fill();
    record(&recorder);
    for _ in 0..3 {
        assert!(write(&recorder, &spool).is_err());
        assert_eq!(spooled(&spool), 0);
    }
    assert_eq!(recorder.rows(), usize::try_from(REQUESTS).unwrap());
    record(&recorder);
    fs_err::remove_file("filler").unwrap();
    // There is room for a part only: it goes, and the rest stays.
    assert!(write(&recorder, &spool).is_err());
    let first = spooled(&spool);
    assert!(first > 0, "a file of 8,000 rows has room");
    for id in spool.batches().unwrap() {
        spool.remove(&id).unwrap();
    }
    let rest = deliver_all(&recorder, &spool);
    assert_eq!(first + rest, 2 * REQUESTS);
}

/// Writes and takes away until nothing is in memory anymore; what arrived.
fn deliver_all(recorder: &Recorder, spool: &Spool) -> u64 {
    let mut arrived = 0;
    for _ in 0..20 {
        let written = write(recorder, spool);
        arrived += spooled(spool);
        for id in spool.batches().unwrap() {
            spool.remove(&id).unwrap();
        }
        if written.is_ok() {
            break;
        }
    }
    assert_eq!(recorder.rows(), 0);
    arrived
}

fn with_small_files() {
    let (recorder, spool) = (Recorder::default(), spool_here());
    record(&recorder);
    assert!(write(&recorder, &spool).is_err());
    assert_eq!(spooled(&spool), 0);
    let mut rows = Rows::default();
    recorder.take(&mut rows);
    let rows = rows.sealed(usize::MAX).flat_map(read).collect::<Vec<_>>();
    assert_eq!(requests(&rows), REQUESTS);
}

fn spool_here() -> Spool {
    Spool::open(Path::new("spool"), &Clock::system()).unwrap()
}

fn fill() {
    let mut file = fs_err::File::create("filler").unwrap();
    for block in [65_536, 4096, 1] {
        while file.write_all(&vec![1; block]).is_ok() {}
    }
}

/// Counts downloads, each of a release of its own.
fn record(recorder: &Recorder) {
    let caller = Some((KeyId::from_bytes([7; 16]), LicenseId::from_bytes([9; 16])));
    for number in 0..REQUESTS {
        let version = format!("1.0.{number}");
        let request = Request {
            caller,
            repository: "acme",
            file: FileKind::Tarball,
            package: Some("alpha"),
            version: Some(&version),
            status: 200,
            delivery: None,
            address: None,
            client: Client::default(),
        };
        recorder.record(&request, Timestamp::from_seconds(1_700_000_000));
    }
}

fn write(recorder: &Recorder, spool: &Spool) -> io::Result<()> {
    let mut rows = Rows::default();
    recorder.take(&mut rows);
    write_all(&mut rows, recorder, spool)
}

fn read(part: &[u8]) -> impl Iterator<Item = Counted> {
    Reader::new(part, Format::Second).map(Result::unwrap)
}

fn requests(rows: &[Counted]) -> u64 {
    rows.iter().map(|row| row.requests).sum()
}

/// The requests in whole files.
fn spooled(spool: &Spool) -> u64 {
    let ids = spool.batches().unwrap();
    let of = |id: &BatchId| requests(&spool.read(id).unwrap().unwrap().rows);
    ids.iter().map(of).sum()
}
