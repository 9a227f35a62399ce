//! The index entry: all that the kernel keeps in memory of a message whose body is elsewhere. 64 bytes.
//!
//! ```text
//! number       u64       name of the message; queue order is (priority, number)
//! place        u64       low 54 bits: LSN of its Put record, or place in the scratch file; high 10 bits: length of what
//!                        is there without the data; zero: it is only in memory
//! msg_key      2 x u64   keyed hash of MsgId, zero for none
//! correl_key   2 x u64   the same of CorrelId
//! body_len     u32       bytes of message data, MQRFH2 included
//! expiry       u32       tenths of a second since the kernel's base time, zero: never
//! owner        u32       unit of work, holder, or since when it may be shown: see State
//! rfh2_len     u16       bytes of the MQRFH2 that begins the data and may be left out, 0 if none; 65535: it says itself
//! grade        u8        low 4 bits: priority for ordering; high 4 bits: flags
//! state        u8
//! ```
//!
//! 2^54 bytes are 18 petabytes of log, years of writing as fast as a disk can.

use store::Lsn;

use crate::hash::{ID_NONE, IdHash};
use crate::number::MessageNumber;

/// What may happen to a message now.
///
/// ```text
///              commit            window, lock, load
///  Putting ─────────────► Free ────────────────────► Reserved
///     │                   ▲  │ ◄──────────────────── │
///     │ back       back,  │  │ get under syncpoint   │ consumed under syncpoint
///     ▼            return │  ▼                       ▼
///   Gone ◄──────────────── Got ◄─────────────────────
///           commit
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// No message any more; the slot stays taken while a queue's order mentions it.
    Gone = 0,
    /// Put, not committed; `owner` is the unit of work, or [`Entry::NO_OWNER`] while its body is still arriving.
    Putting = 1,
    /// On the queue; `owner` has the low 32 bits of the LSN that must be durable before it may be shown.
    Free = 2,
    /// Held for one handle: in its window, locked by its browse, or being loaded. `owner` is the handle's number.
    Reserved = 3,
    /// Got in a unit of work that is not committed; `owner` is the unit of work.
    Got = 4,
    /// Its record cannot be read; it keeps its place until cleared.
    Damaged = 5,
}

/// One message. See the module's header for the fields.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) number: MessageNumber,
    pub(crate) place: u64,
    pub(crate) msg_key: IdHash,
    pub(crate) correl_key: IdHash,
    pub(crate) body_len: u32,
    pub(crate) expiry: u32,
    pub(crate) owner: u32,
    pub(crate) rfh2_len: u16,
    pub(crate) grade: u8,
    pub(crate) state: State,
}

const _: () = assert!(size_of::<Entry>() == 64);

const PLACE_BITS: u32 = 54;

impl Entry {
    /// The owner of a message that belongs to nothing.
    pub(crate) const NO_OWNER: u32 = u32::MAX;

    /// Flag: its Put is in the log.
    pub(crate) const PERSISTENT: u8 = 0x10;
    /// Flag: the data is in Part records; the side table `parts` has them.
    pub(crate) const PARTED: u8 = 0x20;
    /// Flag: the side table `backouts` has its count.
    pub(crate) const BACKED_OUT: u8 = 0x40;
    /// Flag: its MQRFH2 has a folder that PROPCTL(COMPAT) keeps (mcd, jms, usr, mqext).
    pub(crate) const RFH2_KEPT: u8 = 0x80;

    /// Longest Put record without its data that `place` can tell.
    pub(crate) const OVERHEAD_MAX: u32 = (1 << (64 - PLACE_BITS)) - 1;

    /// No message.
    pub(crate) const EMPTY: Self = Self {
        number: MessageNumber(0),
        place: 0,
        msg_key: ID_NONE,
        correl_key: ID_NONE,
        body_len: 0,
        expiry: 0,
        owner: Self::NO_OWNER,
        rfh2_len: 0,
        grade: 0,
        state: State::Gone,
    };

    /// Priority by which it is ordered, 0 to 9.
    pub(crate) fn priority(&self) -> u8 {
        self.grade & 0x0F
    }

    /// Sets the priority for ordering; above 9 counts as 9.
    pub(crate) fn set_priority(&mut self, priority: u8) {
        self.grade = (self.grade & 0xF0) | priority.min(9);
    }

    /// Whether a flag is set.
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.grade & flag != 0
    }

    /// Sets a flag or takes it away.
    pub(crate) fn set(&mut self, flag: u8, on: bool) {
        self.grade = if on { self.grade | flag } else { self.grade & !flag };
    }

    /// Whether its Put is in the log.
    pub(crate) fn is_persistent(&self) -> bool {
        self.has(Self::PERSISTENT)
    }

    /// Whether its content can be read again once it is no longer in memory.
    pub(crate) fn is_reloadable(&self) -> bool {
        self.is_persistent() || self.place != 0
    }

    /// Where its Put record begins.
    pub(crate) fn lsn(&self) -> Lsn {
        Lsn(self.place & ((1 << PLACE_BITS) - 1))
    }

    /// Whole length of its Put record.
    pub(crate) fn record_len(&self) -> u32 {
        let overhead = (self.place >> PLACE_BITS) as u32;
        overhead + if self.has(Self::PARTED) { 0 } else { self.body_len }
    }

    /// Says where its Put record is. `len` is the record's whole length.
    pub(crate) fn set_place(&mut self, lsn: Lsn, len: u32) {
        let overhead = len - if self.has(Self::PARTED) { 0 } else { self.body_len };
        assert!(lsn.0 >> PLACE_BITS == 0 && overhead <= Self::OVERHEAD_MAX, "a place fits its field");
        self.place = lsn.0 | (u64::from(overhead) << PLACE_BITS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_fields_do_not_touch_each_other() {
        let mut entry = Entry { body_len: 100, ..Entry::EMPTY };
        entry.set_priority(9);
        entry.set(Entry::PERSISTENT, true);
        entry.set_place(Lsn((1 << 54) - 1), 100 + 1023);
        assert_eq!((entry.lsn(), entry.record_len()), (Lsn((1 << 54) - 1), 1123));
        entry.set(Entry::PARTED, true);
        entry.set_place(Lsn(7), 60);
        assert_eq!((entry.lsn(), entry.record_len(), entry.priority()), (Lsn(7), 60, 9));
        entry.set(Entry::PARTED, false);
        assert!(entry.is_persistent() && !entry.has(Entry::PARTED));
        entry.set_priority(200);
        assert_eq!(entry.priority(), 9);
    }
}
