//! Names: what is one is safe as one segment of a path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use skep_formats::name::{PackageName, RepositoryName};

fuzz_target!(|text: &str| {
    if let Ok(name) = PackageName::parse(text) {
        assert_eq!(name.as_str(), text);
        assert!(RepositoryName::parse(text).is_ok());
    }
    if RepositoryName::parse(text).is_ok() {
        assert!(!text.contains(['/', '\\', ':', '\0']) && text != "." && text != "..");
    }
});
