#![no_main]
//! A documentation tarball is refused or listed, never with a path out of it.

use libfuzzer_sys::fuzz_target;
use skep_formats::docs::check;
use skep_formats::tarball::Limits;

fuzz_target!(|tarball: &[u8]| {
    let limits = Limits {
        compressed: 1 << 20,
        unpacked: 4 << 20,
        metadata: 0,
        files: 1000,
    };
    for file in check(tarball, &limits).unwrap_or_default() {
        assert!(!file.path.starts_with('/'));
        assert!(file.path.split('/').all(|part| part != ".."));
    }
});
