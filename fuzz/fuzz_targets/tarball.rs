#![no_main]
//! A tarball is refused or read, and both ways of reading agree.

use libfuzzer_sys::fuzz_target;
use skep_formats::tarball::{Limits, Sink, read_release, unpack};

fuzz_target!(|tarball: &[u8]| {
    // Small enough to find what takes more memory than it should.
    let limits = Limits {
        compressed: 1 << 20,
        unpacked: 4 << 20,
        metadata: 1 << 16,
        files: 1000,
    };
    let unpacked = unpack(tarball, &limits, Sink::Discard);
    let release = read_release(tarball, &limits);
    assert_eq!(unpacked.is_ok(), release.is_ok());
});
