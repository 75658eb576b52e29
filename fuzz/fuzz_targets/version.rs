//! Versions: what parses prints as it was, and equals itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use skep_formats::version::Version;

fuzz_target!(|text: &str| {
    if let Ok(version) = Version::parse(text) {
        assert_eq!(version.to_string(), text);
        assert_eq!(version, version.clone());
    }
});
