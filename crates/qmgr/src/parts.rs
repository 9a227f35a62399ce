//! Where the data of long messages is: bodies over 128 KiB lie in Part records, a piece each, or in the scratch file if
//! they are not persistent.

use store::{Lsn, Record};

use crate::entry::Entry;
use crate::hash::Map;
use crate::input::ScratchPlace;
use crate::number::MessageNumber;

/// Bytes of a Part record's head.
const HEAD_LEN: u32 = 12;

/// One piece of a long body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) index: u32,
    /// Position of the record, or place in the scratch file.
    pub(crate) lsn: Lsn,
    /// Bytes of data.
    pub(crate) len: u32,
}

impl Part {
    /// Whole length of its record.
    pub(crate) fn record_len(&self) -> u32 {
        Record::HEADER_LEN + HEAD_LEN + self.len
    }

    /// Length of the data of a Part record of this length.
    pub(crate) fn data_len(record_len: u32) -> Option<u32> {
        record_len.checked_sub(Record::HEADER_LEN + HEAD_LEN)
    }
}

/// Where something that is not in memory can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A record of the log, with its whole length.
    Log { lsn: Lsn, len: u32 },
    /// In the scratch file.
    Scratch { number: MessageNumber, index: u32, place: ScratchPlace, len: u32 },
}

impl Place {
    /// Of the content of a message.
    pub(crate) fn of(entry: &Entry) -> Self {
        let (lsn, len) = (entry.lsn(), entry.record_len());
        if entry.is_persistent() {
            return Self::Log { lsn, len };
        }
        Self::Scratch { number: entry.number, index: 0, place: ScratchPlace(lsn.0), len }
    }

    /// Of a piece of its data, which was written as that of the message `written_as`.
    pub(crate) fn of_part(entry: &Entry, part: &Part, written_as: MessageNumber) -> Self {
        if entry.is_persistent() {
            return Self::Log { lsn: part.lsn, len: part.record_len() };
        }
        let (index, place) = (part.index, ScratchPlace(part.lsn.0));
        Self::Scratch { number: written_as, index, place, len: part.len }
    }
}

/// Pieces by message, each list in order of their index.
#[derive(Default)]
pub(crate) struct Parts {
    lists: Map<MessageNumber, Vec<Part>>,
    /// Pieces in the scratch file that were written as those of another message.
    written_as: Map<MessageNumber, MessageNumber>,
}

impl Parts {
    /// Adds a piece, or says where one is now. Returns the place of one with the same index.
    pub(crate) fn insert(&mut self, number: MessageNumber, part: Part) -> Option<Part> {
        let list = self.lists.entry(number).or_default();
        match list.binary_search_by_key(&part.index, |part| part.index) {
            Ok(at) => Some(std::mem::replace(&mut list[at], part)),
            Err(at) => {
                list.insert(at, part);
                None
            }
        }
    }

    /// The pieces of a message.
    pub(crate) fn get(&self, number: MessageNumber) -> &[Part] {
        self.lists.get(&number).map(Vec::as_slice).unwrap_or_default()
    }

    /// The piece at this place.
    pub(crate) fn at(&self, number: MessageNumber, index: u32) -> Option<&Part> {
        self.get(number).iter().find(|part| part.index == index)
    }

    /// Forgets the pieces of a message and returns them.
    pub(crate) fn remove(&mut self, number: MessageNumber) -> Vec<Part> {
        if !self.written_as.is_empty() {
            self.written_as.remove(&number);
        }
        self.lists.remove(&number).unwrap_or_default()
    }

    /// The pieces of a message in the scratch file become those of another; they stay where they are.
    pub(crate) fn hand_over(&mut self, from: MessageNumber, to: MessageNumber) {
        let written_as = self.written_as(from);
        let pieces = self.remove(from);
        self.lists.insert(to, pieces);
        self.written_as.insert(to, written_as);
    }

    /// The number under which the pieces of a message were written.
    pub(crate) fn written_as(&self, number: MessageNumber) -> MessageNumber {
        if self.written_as.is_empty() {
            return number;
        }
        self.written_as.get(&number).copied().unwrap_or(number)
    }

    /// Bytes of data of a message, if its pieces are all there, without a gap.
    pub(crate) fn total(&self, number: MessageNumber) -> Option<u32> {
        let list = self.get(number);
        let whole = list.iter().enumerate().all(|(at, part)| part.index as usize == at);
        whole.then(|| list.iter().fold(0u32, |sum, part| sum.saturating_add(part.len)))
    }

    /// Numbers of all messages with pieces, in ascending order.
    pub(crate) fn numbers(&self) -> Vec<MessageNumber> {
        let mut numbers: Vec<_> = self.lists.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_in_order_whatever_came_first() {
        let (mut parts, number) = (Parts::default(), MessageNumber(5));
        let part = |index, lsn| Part { index, lsn: Lsn(lsn), len: 10 };
        assert_eq!(parts.insert(number, part(1, 100)), None);
        assert_eq!(parts.total(number), None, "the first is missing");
        assert_eq!(parts.insert(number, part(0, 50)), None);
        assert_eq!(parts.total(number), Some(20));
        assert_eq!(parts.insert(number, part(1, 300)), Some(part(1, 100)));
        assert_eq!(parts.get(number), [part(0, 50), part(1, 300)]);
        assert_eq!(Part::data_len(part(0, 0).record_len()), Some(10));
        assert_eq!(parts.remove(number).len(), 2);
        assert_eq!(parts.numbers(), []);
    }
}
