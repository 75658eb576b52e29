//! Gzip: never more than the limit, and what comes out can be compressed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use skep_formats::gzip::{compress, decompress};

const LIMIT: u64 = 1 << 16;

fuzz_target!(|data: &[u8]| {
    if let Ok(content) = decompress(data, LIMIT) {
        assert!(content.len() as u64 <= LIMIT);
        let file = compress(&content);
        assert_eq!(decompress(&file[..], LIMIT).ok(), Some(content));
    }
});
