//! A map for a million entries: they lie side by side in one piece of memory that is hardly larger than
//! they are, and finding one touches two places of it, the slot with its number and the entry itself.

use std::borrow::Borrow;

const FEWEST_SLOTS: usize = 8;

/// A map for those who have a hash already, of which it takes the lowest 32 bits.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V> {
    entries: Vec<(K, V)>,
    /// A power of two of them, or none. An entry's slot is the one its tag names or, while those are
    /// taken, one of the next: so whoever looks may stop at a free one.
    slots: Box<[Slot]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    tag: u32,
    /// The entry's number, counted from one; 0 = free.
    number: u32,
}

impl Slot {
    fn index(self) -> Option<usize> {
        (self.number as usize).checked_sub(1)
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            slots: Box::default(),
        }
    }
}

impl<K: Eq, V> Table<K, V> {
    pub(super) fn get<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (_, index) = self.find(tag_of(hash), key)?;
        Some(&self.entries[index].1)
    }

    pub(super) fn insert(&mut self, hash: u64, key: K, value: V) {
        let tag = tag_of(hash);
        if let Some((_, index)) = self.find(tag, &key) {
            self.entries[index].1 = value;
            return;
        }
        // A quarter stays free: the ways from slot to slot stay short.
        if (self.entries.len() + 1) * 4 > self.slots.len() * 3 {
            self.double();
        }
        if self.entries.len() == self.entries.capacity() {
            // By a quarter, not by all of it: most memory is here.
            self.entries.reserve_exact(self.entries.len() / 4 + 1);
        }
        self.entries.push((key, value));
        self.take_slot(tag, self.entries.len());
    }

    /// Removes the entry of a key; `hash_of` tells the hash of another one.
    pub(super) fn remove<Q: Eq + ?Sized>(
        &mut self,
        hash: u64,
        key: &Q,
        hash_of: impl Fn(&K) -> u64,
    ) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (slot, index) = self.find(tag_of(hash), key)?;
        self.free(slot);
        let (_, value) = self.entries.swap_remove(index);
        if let Some((moved, _)) = self.entries.get(index) {
            let (from, tag) = (self.entries.len(), tag_of(hash_of(moved)));
            let slot = self
                .walk(tag)
                .find(|at| self.slots[*at].index() == Some(from));
            let slot = slot.expect("every entry has a slot");
            self.slots[slot].number = number_of(index + 1);
        }
        Some(value)
    }

    /// Gives back memory that is for entries to come.
    pub(super) fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The slot and the index of a key.
    fn find<Q: Eq + ?Sized>(&self, tag: u32, key: &Q) -> Option<(usize, usize)>
    where
        K: Borrow<Q>,
    {
        for at in self.walk(tag) {
            let slot = self.slots[at];
            let index = slot.index()?;
            if slot.tag == tag && self.entries[index].0.borrow() == key {
                return Some((at, index));
            }
        }
        None
    }

    /// The slots where an entry may be, the first one first. Round and round: some slot is free.
    fn walk(&self, tag: u32) -> impl Iterator<Item = usize> + use<K, V> {
        let count = self.slots.len();
        let first = tag as usize;
        (0..count).map(move |step| (first + step) & (count - 1))
    }

    fn take_slot(&mut self, tag: u32, number: usize) {
        let free = self.walk(tag).find(|at| self.slots[*at].number == 0);
        let number = number_of(number);
        self.slots[free.expect("a quarter is free")] = Slot { tag, number };
    }

    fn double(&mut self) {
        let count = (self.slots.len() * 2).max(FEWEST_SLOTS);
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); count].into());
        for slot in old.iter().filter(|slot| slot.number != 0) {
            self.take_slot(slot.tag, slot.number as usize);
        }
    }

    // What comes behind a slot that becomes free may be there because it was taken: it moves up.
    fn free(&mut self, slot: usize) {
        let mask = self.slots.len() - 1;
        let (mut hole, mut at) = (slot, slot);
        loop {
            at = (at + 1) & mask;
            let next = self.slots[at];
            if next.number == 0 {
                break;
            }
            let home = next.tag as usize & mask;
            let is_home_behind_hole = at.wrapping_sub(home) & mask < at.wrapping_sub(hole) & mask;
            if !is_home_behind_hole {
                self.slots[hole] = next;
                hole = at;
            }
        }
        self.slots[hole] = Slot::default();
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are meant")]
const fn tag_of(hash: u64) -> u32 {
    hash as u32
}

fn number_of(number: usize) -> u32 {
    u32::try_from(number).expect("a table is a small part of a map")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Few different hashes: most entries meet.
    fn hash_of(key: &u16) -> u64 {
        u64::from(*key % 7) << 2
    }

    proptest! {
        #[test]
        fn it_does_what_a_map_does(steps in prop::collection::vec((any::<bool>(), 0_u16..60), 0..400)) {
            let mut table = Table::default();
            let mut model = HashMap::new();
            for (value, (is_insert, key)) in steps.into_iter().enumerate() {
                if is_insert {
                    table.insert(hash_of(&key), key, value);
                    model.insert(key, value);
                } else {
                    prop_assert_eq!(table.remove(hash_of(&key), &key, hash_of), model.remove(&key));
                }
                prop_assert_eq!(table.len(), model.len());
                for key in 0..60 {
                    prop_assert_eq!(table.get(hash_of(&key), &key), model.get(&key));
                }
            }
            let entries: HashMap<u16, usize> = table.iter().map(|(key, value)| (*key, *value)).collect();
            prop_assert_eq!(entries, model);
        }
    }
}
