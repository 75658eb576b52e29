#![no_main]
//! A body that is read is written so that it is read again.

use libfuzzer_sys::fuzz_target;
use skep_formats::etf::{decode, encode};

const LIMIT: usize = 1 << 16;

fuzz_target!(|data: &[u8]| {
    if let Ok(value) = decode(data, LIMIT) {
        assert_eq!(decode(&encode(&value), LIMIT), Ok(value));
    }
});
