//! A map in many small pieces: changing one entry of a million copies the piece it is in, while the
//! snapshots of running requests keep the old one.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use super::table::Table;

const SHARDS: usize = 256;

/// A map whose copies share all that has not changed since. Cloning it costs 256 reference counts.
#[derive(Clone, Debug)]
pub struct Shards<K, V, S = RandomState> {
    shards: Box<[Arc<Table<K, V>>]>,
    hasher: S,
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> Shards<K, V, S> {
    /// An empty map.
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        let shards = (0..SHARDS).map(|_| Arc::default()).collect();
        Self { shards, hasher }
    }

    /// The value of a key.
    #[must_use]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        self.shards[shard_of(hash)].get(hash, key)
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        let hash = self.hasher.hash_one(&key);
        Arc::make_mut(&mut self.shards[shard_of(hash)]).insert(hash, key, value);
    }

    /// Removes a key. A key that is not there copies nothing.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let shard = &mut self.shards[shard_of(hash)];
        shard.get(hash, key)?;
        Arc::make_mut(shard).remove(hash, key, |key| self.hasher.hash_one(key))
    }

    /// Gives back memory that is for entries to come. For those who have put in all there is.
    pub fn shrink_to_fit(&mut self) {
        for shard in &mut self.shards {
            Arc::make_mut(shard).shrink_to_fit();
        }
    }

    /// Every entry, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.shards.iter().flat_map(|shard| shard.iter())
    }

    /// The entries of the pieces that are not shared with an older copy: all that changed since, and
    /// some that did not.
    pub fn changed_since(&self, older: &Self) -> impl Iterator<Item = (&K, &V)> {
        self.shards
            .iter()
            .zip(&older.shards)
            .filter(|(new, old)| !Arc::ptr_eq(new, old))
            .flat_map(|(new, _)| new.iter())
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

// A table takes the lowest bits of the same hash: take others.
fn shard_of(hash: u64) -> usize {
    usize::try_from(hash >> 40).unwrap_or(0) % SHARDS
}

impl<K: Hash + Eq + Clone, V: Clone> Default for Shards<K, V> {
    fn default() -> Self {
        Self::with_hasher(RandomState::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_had_and_shares_the_rest() {
        let mut map = Shards::default();
        for number in 0..10_000_u32 {
            map.insert(number, number);
        }
        let before = map.clone();
        map.insert(1, 100);
        assert_eq!(map.remove(&2), Some(2));
        assert_eq!(map.remove(&20_000), None);
        assert_eq!(
            (before.get(&1), before.get(&2), before.len()),
            (Some(&1), Some(&2), 10_000)
        );
        assert_eq!(
            (map.get(&1), map.get(&2), map.len()),
            (Some(&100), None, 9_999)
        );
        let copied = map
            .shards
            .iter()
            .zip(&before.shards)
            .filter(|(a, b)| !Arc::ptr_eq(a, b))
            .count();
        assert!(copied <= 2, "{copied} pieces were copied");
        assert!(map.changed_since(&before).any(|(number, _)| *number == 1));
        assert!(map.changed_since(&before).count() < 200);
        assert_eq!(map.changed_since(&map).count(), 0);
    }

    #[test]
    fn entries_are_spread() {
        let mut map = Shards::default();
        for number in 0..100_000_u32 {
            map.insert(format!("package-{number}"), ());
        }
        let largest = map.shards.iter().map(|shard| shard.len()).max();
        assert!(largest < Some(600), "{largest:?} of about 390");
    }
}
