//! Requirements, matched against the versions that follow them in the input, one a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use skep_formats::requirement::{MatchOptions, Requirement};
use skep_formats::version::Version;

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let Some(Ok(requirement)) = lines.next().map(Requirement::parse) else {
        return;
    };
    for version in lines.filter_map(|line| Version::parse(line).ok()) {
        let any = requirement.matches(&version, MatchOptions { allow_pre: true });
        let released = requirement.matches(&version, MatchOptions { allow_pre: false });
        assert!(any || !released, "without pre-releases never more matches");
    }
});
