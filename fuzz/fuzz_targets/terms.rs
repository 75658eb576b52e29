#![no_main]
//! Terms that are read are printed so that they are read again.

use libfuzzer_sys::fuzz_target;
use skep_formats::terms::{parse, print};

fuzz_target!(|text: &[u8]| {
    if let Ok(terms) = parse(text) {
        assert_eq!(parse(print(&terms).as_bytes()).as_ref(), Ok(&terms));
    }
});
