//! PEM texts: a key that is read must be written and read again as the same key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use skep_formats::key::{PrivateKey, PublicKey};

fuzz_target!(|data: &[u8]| {
    if let Ok(key) = PublicKey::from_pem(data) {
        for pem in [key.to_pem(), key.to_pkcs1_pem()] {
            assert_eq!(PublicKey::from_pem(pem).as_ref(), Ok(&key));
        }
    }
    if let Ok(key) = PrivateKey::from_pem(data) {
        let again = PrivateKey::from_pem(key.to_pem()).expect("what is written can be read");
        assert_eq!(again.public_key(), key.public_key());
    }
});
