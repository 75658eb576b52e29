//! A key is found by its SHA-256, which is as evenly spread as it gets: eight bytes of it are the hash.

use std::hash::{BuildHasher, Hasher};

/// For maps whose keys are SHA-256 hashes of what callers send, and of nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ByKeyHash;

#[derive(Debug)]
pub(super) struct FirstBytes(u64);

impl BuildHasher for ByKeyHash {
    type Hasher = FirstBytes;

    fn build_hasher(&self) -> FirstBytes {
        FirstBytes(0)
    }
}

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 ^= u64::from_ne_bytes(*first);
        }
    }

    // The length that arrays and slices write before their bytes says nothing.
    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::licensing::key::KeyHash;

    #[test]
    fn different_keys_have_different_hashes() {
        let hash = |text| ByKeyHash.hash_one(KeyHash::of(text));
        assert_ne!(hash("one"), hash("two"));
        assert_ne!(hash("one"), 0);
        assert_eq!(hash("one"), hash("one"));
    }
}
