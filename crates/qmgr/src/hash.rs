//! Hash maps that behave the same in every run: a fixed, fast hasher, and the keyed hash of message ids.
//!
//! The standard library's maps draw a random seed; a kernel that replays its inputs may not. Keys here are
//! numbers given by the kernel or the shell, and names of objects; what strangers choose freely, message and
//! correlation ids, goes through SipHash with a key of this queue manager's own ([`IdKey`]).

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use siphasher::sip128::{Hasher128, SipHasher13};

/// A map with the fixed hasher. Its order of iteration means nothing: sort before anything leaves the kernel.
pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<FixedHasher>>;

/// A set with the fixed hasher.
pub(crate) type Set<K> = HashSet<K, BuildHasherDefault<FixedHasher>>;

/// Multiplies word by word and folds the high half of the product into the low one, from which tables take their index.
#[derive(Clone, Copy, Default)]
pub(crate) struct FixedHasher(u64);

impl FixedHasher {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    fn word(&mut self, word: u64) {
        let product = u128::from(self.0.rotate_left(23) ^ word) * u128::from(Self::FACTOR);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for FixedHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(word) ^ ((rest.len() as u64) << 56));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.word(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.word(u64::from(value));
    }

    fn write_i32(&mut self, value: i32) {
        self.word(u64::from(value.cast_unsigned()));
    }

    fn write_u64(&mut self, value: u64) {
        self.word(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.word(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A message or correlation id as the index knows it: a keyed 128-bit hash, so that an id is compared in two
/// words. The id of all nulls is zero; two different ids that meet are out of reach of anyone without the key.
pub(crate) type IdHash = [u64; 2];

/// What stands for an id of all nulls.
pub(crate) const ID_NONE: IdHash = [0, 0];

/// A digest that tells queue managers apart, the same wherever it is computed.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_key(&[0; 16]);
    hasher.write(bytes);
    hasher.finish128().h1
}

/// The key under which ids are hashed.
#[derive(Clone, Copy)]
pub(crate) struct IdKey(pub(crate) [u8; 16]);

impl IdKey {
    /// Hash of an id.
    pub(crate) fn hash(&self, id: &[u8; 24]) -> IdHash {
        if *id == [0; 24] {
            return ID_NONE;
        }
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write(id);
        let hash = hasher.finish128();
        // Zero is taken.
        [hash.h1 | 1, hash.h2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart_and_none_is_zero() {
        let key = IdKey(*b"0123456789abcdef");
        let mut one = [0; 24];
        assert_eq!(key.hash(&one), ID_NONE);
        one[23] = 1;
        let mut two = one;
        two[0] = 1;
        assert_ne!(key.hash(&one), ID_NONE);
        assert_ne!(key.hash(&one), key.hash(&two));
        assert_ne!(key.hash(&one), IdKey(*b"0123456789abcdeg").hash(&one));
    }

    #[test]
    fn consecutive_numbers_spread_over_the_low_bits() {
        let mut used = [0u32; 256];
        for n in 0..4096u64 {
            let mut hasher = FixedHasher::default();
            hasher.write_u64(n << 40);
            used[(hasher.finish() & 255) as usize] += 1;
        }
        assert!(used.iter().all(|&n| n < 64), "{used:?}");
    }
}
