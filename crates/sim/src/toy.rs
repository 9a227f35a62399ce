//! A kernel of a few lines: numbered messages that are put and taken, and objects that are replaced.
//!
//! Running and recovery go through the same [`Toy::apply`], as the real kernel's do. Bodies follow from
//! the heads, so that what is read back can be checked without keeping it.

use std::collections::BTreeMap;

use bytes::Bytes;
use store::{Kind, Lsn, Record};

/// Where a live record is, and what its body must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// Where it is.
    pub lsn: Lsn,
    /// Its length in the log.
    pub len: u32,
    /// What its body follows from.
    pub version: u64,
    body_len: u32,
}

/// All that the toy knows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Toy {
    /// By number; objects count from `OBJECTS` on.
    pub held: BTreeMap<u64, Held>,
}

/// Number of the first object.
pub const OBJECTS: u64 = 1 << 40;

/// The body that belongs to a number, a version and a length.
#[must_use]
pub fn body(number: u64, version: u64, len: u32) -> Vec<u8> {
    let mut x = (number << 20) ^ version ^ 0x5DEE_CE66;
    let next = |_| {
        x = x.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        (x >> 56) as u8
    };
    (0..len).map(next).collect()
}

fn head(number: u64, version: u64, body_len: u32) -> Vec<u8> {
    let mut head = number.to_le_bytes().to_vec();
    head.extend_from_slice(&version.to_le_bytes());
    head.extend_from_slice(&body_len.to_le_bytes());
    head
}

/// The number, version and body length in a head, if it has them.
fn parse(head: &[u8]) -> Option<(u64, u64, u32)> {
    let (number, rest) = head.split_first_chunk::<8>()?;
    let (version, rest) = rest.split_first_chunk::<8>()?;
    let body_len = rest.first_chunk::<4>()?;
    Some((u64::from_le_bytes(*number), u64::from_le_bytes(*version), u32::from_le_bytes(*body_len)))
}

/// A record that puts a message or replaces an object.
#[must_use]
pub fn put(number: u64, version: u64, body_len: u32) -> Record {
    let kind = if number >= OBJECTS { Kind::Object } else { Kind::Put };
    Record::new(kind, head(number, version, body_len)).with_body(Bytes::from(body(number, version, body_len)))
}

/// A record that takes a message.
#[must_use]
pub fn take(number: u64) -> Record {
    Record::new(Kind::Take, head(number, 0, 0))
}

impl Toy {
    /// Takes over a record. Gives the one that is dead now.
    pub fn apply(&mut self, lsn: Lsn, kind: Kind, head: &[u8], len: u32) -> Option<(Lsn, u32)> {
        let (number, version, body_len) = parse(head)?;
        match kind {
            Kind::Put | Kind::Object => {
                let held = Held { lsn, len, version, body_len };
                self.held.insert(number, held).map(|old| (old.lsn, old.len))
            }
            _ => self.held.remove(&number).map(|old| (old.lsn, old.len)),
        }
    }

    /// A record that was live at the checkpoint.
    pub fn restore(&mut self, lsn: Lsn, head: &[u8], len: u32) {
        if let Some((number, version, body_len)) = parse(head) {
            self.held.insert(number, Held { lsn, len, version, body_len });
        }
    }

    /// What a checkpoint keeps of the toy: enough to see whether the live records delivered are all.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        let mut state = (self.held.len() as u64).to_le_bytes().to_vec();
        let sum = self.held.iter().fold(0u64, |sum, (number, held)| {
            sum.rotate_left(7) ^ number ^ held.lsn.0.wrapping_mul(31) ^ held.version
        });
        state.extend_from_slice(&sum.to_le_bytes());
        state
    }

    /// Whether a body read back is the one that was put.
    #[must_use]
    pub fn is_right(&self, number: u64, read: &[u8]) -> bool {
        self.held.get(&number).is_some_and(|held| body(number, held.version, held.body_len) == read)
    }
}
