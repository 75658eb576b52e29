//! What unpacks to much more than it may takes no more memory than anything else. A test program of its
//! own: it looks at the memory of the whole process.

use std::io::{self, Read};

use skep_formats::tarball::{Limits, Sink, read_release, unpack};

const BOMB: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/golden/tarballs/invalid/contents_bomb.tar"
);
const MAX_GROWTH_KIB: u64 = 8 * 1024;

/// The most memory this process ever had, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// An endless tarball: one file of as many bytes as a header can say.
struct Endless(usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let header = header();
        for byte in buffer.iter_mut() {
            *byte = header.get(self.0).copied().unwrap_or(b'x');
            self.0 += 1;
        }
        Ok(buffer.len())
    }
}

fn header() -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, b"contents.tar.gz");
    put(124, b"77777777777");
    put(148, b"        ");
    put(156, b"0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

#[test]
fn memory_stays_bounded() {
    let before = peak_kib();
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out");
    let limits = Limits::default();
    let open = || fs_err::File::open(BOMB).unwrap();
    read_release(open(), &limits).unwrap_err();
    unpack(open(), &limits, Sink::Discard).unwrap_err();
    unpack(open(), &limits, Sink::Directory(&target)).unwrap_err();
    let limits = Limits {
        compressed: u64::MAX,
        metadata: 1024,
        ..limits
    };
    // Without a size to trust, reading stops with what there is.
    unpack(Endless(0).take(4 << 20), &limits, Sink::Discard).unwrap_err();
    match (before, peak_kib()) {
        (Some(before), Some(after)) => {
            assert!(
                after - before < MAX_GROWTH_KIB,
                "{before} KiB, then {after} KiB"
            );
        }
        _ => say("this system does not tell a process its memory: NOT measured"),
    }
}

#[expect(clippy::print_stderr, reason = "a test that is not run says so")]
fn say(text: &str) {
    eprintln!("{text}");
}
