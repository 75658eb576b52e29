//! Signed files and their payloads: whatever decodes must encode to something that decodes alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use skep_formats::registry::{self, Names, Package, Policy, Versions};

const LIMIT: u64 = 1 << 20;

macro_rules! round_trip {
    ($type:ident, $payload:expr) => {
        if let Ok(value) = $type::decode($payload) {
            let encoded = value.encode();
            let again = $type::decode(&encoded).expect("what is encoded can be decoded");
            // Bytes, not values: a CVSS score that is no number equals nothing.
            assert_eq!(again.encode(), encoded);
        }
    };
}

fuzz_target!(|data: &[u8]| {
    decode(data);
    if let Ok(payload) = registry::unverified(data, LIMIT) {
        decode(&payload);
    }
});

fn decode(payload: &[u8]) {
    round_trip!(Names, payload);
    round_trip!(Versions, payload);
    round_trip!(Package, payload);
    round_trip!(Policy, payload);
}
