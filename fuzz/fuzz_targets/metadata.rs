#![no_main]
//! Metadata that is read is written so that it is read again.

use libfuzzer_sys::fuzz_target;
use skep_formats::tarball::Metadata;

fuzz_target!(|text: &[u8]| {
    if let Ok(metadata) = Metadata::from_terms(text) {
        metadata.to_json();
        assert_eq!(Metadata::from_terms(metadata.to_terms().as_bytes()), Ok(metadata));
    }
});
