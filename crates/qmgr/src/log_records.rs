//! Heads of the kernel's log records, byte by byte. All integers are little-endian. `docs/formats/records.md` is the
//! same table for readers of a log.
//!
//! ```text
//! Put      number    u64   message number: epoch (24 bits), counter (40 bits)
//!          uow       u64   unit of work; 0: outside
//!          queue     u32   number of the queue
//!          body_len  u32   bytes of message data, MQRFH2 included
//!          rfh2_len  u16   bytes of the MQRFH2 at the start of the data that a get may leave out, 0: none;
//!                          65535: more than that, the header says itself how long it is
//!          priority  u8    for ordering, 0 to 9
//!          flags     u8    1 expiry, 2 MsgId, 4 CorrelId, 8 group: these fields follow
//!                          16 the data is in Part records, 32 PROPCTL(COMPAT) keeps the MQRFH2
//!                          64 delay: these fields follow
//!          [expiry]  i64   when the message expires, ms of the queue manager's own time
//!          [MsgId]   24    absent: generated from the number
//!          [CorrelId] 24   absent: none
//!          [group]   36    GroupId 24, MsgSeqNumber i32, Offset i32, MsgFlags i32
//!          [delay]   56    when the message is to be delivered, own time i64, name of the queue that it is
//!                          for, blank padded 48
//!          body: ids and compact descriptor, then the data unless it is in parts: `content.rs`
//! Part     number    u64   of the message
//!          index     u32   0, 1, …
//!          body: the next bytes of the data
//! Got      uow u64, number u64
//! Take     number    u64
//!          [form]    u8    absent: got for good
//!                          1: sent to a streaming consumer, whose client may turn out never to have had it
//!                          2: it never had it: the message is on its queue again
//! Commit   uow u64
//! Back     uow u64; the gets of the unit of work count as backed out
//! Discard  form      u8    0: the numbers (u64 each) follow
//!                          1: queue u32, limit u64: all messages of the queue with lesser numbers
//! Object   queue     u32   number of the queue, 0 for other objects
//!          the rest: `object::record`
//! Prepare, Forget: not written yet
//! ```
//!
//! A record that packing has moved ([`store::MOVED`]) is the same with `uow` 0 once the unit of work has committed.

use mqi::Chars48;
use mqi::wire::Truncated;
use store::Head;

use crate::number::{MessageNumber, UowId};
use crate::queue::QueueNumber;
use crate::time::OwnMs;

const HAS_EXPIRY: u8 = 1;
const HAS_MSG_ID: u8 = 2;
const HAS_CORREL_ID: u8 = 4;
const HAS_GROUP: u8 = 8;
const PARTED: u8 = 16;
const RFH2_KEPT: u8 = 32;
const HAS_DELAY: u8 = 64;

/// When a message is to be delivered, and where: until then it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delay {
    pub(crate) due: OwnMs,
    pub(crate) queue: Chars48,
}

/// Place of a message in a group or among segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) group_id: [u8; 24],
    pub(crate) msg_seq_number: i32,
    pub(crate) offset: i32,
    pub(crate) msg_flags: i32,
}

/// Head of a Put record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PutHead {
    pub(crate) number: MessageNumber,
    pub(crate) uow: UowId,
    pub(crate) queue: QueueNumber,
    pub(crate) body_len: u32,
    pub(crate) rfh2_len: u16,
    pub(crate) priority: u8,
    pub(crate) is_parted: bool,
    pub(crate) rfh2_kept: bool,
    pub(crate) expires_at: Option<OwnMs>,
    pub(crate) msg_id: Option<[u8; 24]>,
    pub(crate) correl_id: Option<[u8; 24]>,
    pub(crate) group: Option<Group>,
    pub(crate) delay: Option<Delay>,
}

impl PutHead {
    /// The bytes of the head.
    pub(crate) fn encode(&self) -> Head {
        let mut head = Head::new();
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let flags = flag(self.expires_at.is_some(), HAS_EXPIRY)
            | flag(self.msg_id.is_some(), HAS_MSG_ID)
            | flag(self.correl_id.is_some(), HAS_CORREL_ID)
            | flag(self.group.is_some(), HAS_GROUP)
            | flag(self.is_parted, PARTED)
            | flag(self.rfh2_kept, RFH2_KEPT)
            | flag(self.delay.is_some(), HAS_DELAY);
        let mut fixed = [0; 28];
        fixed[0..8].copy_from_slice(&self.number.0.to_le_bytes());
        fixed[8..16].copy_from_slice(&self.uow.0.to_le_bytes());
        fixed[16..20].copy_from_slice(&self.queue.0.to_le_bytes());
        fixed[20..24].copy_from_slice(&self.body_len.to_le_bytes());
        fixed[24..26].copy_from_slice(&self.rfh2_len.to_le_bytes());
        fixed[26] = self.priority;
        fixed[27] = flags;
        head.extend(&fixed);
        if let Some(OwnMs(expiry)) = self.expires_at {
            head.extend(&expiry.to_le_bytes());
        }
        if let Some(id) = &self.msg_id {
            head.extend(id);
        }
        if let Some(id) = &self.correl_id {
            head.extend(id);
        }
        if let Some(group) = &self.group {
            head.extend(&group.group_id);
            for field in [group.msg_seq_number, group.offset, group.msg_flags] {
                head.extend(&field.to_le_bytes());
            }
        }
        if let Some(delay) = &self.delay {
            head.extend(&delay.due.0.to_le_bytes());
            head.extend(delay.queue.padded());
        }
        head
    }

    /// The head that these bytes are.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Truncated> {
        let mut r = Fields(bytes);
        let mut head = Self {
            number: MessageNumber(r.u64()?),
            uow: UowId(r.u64()?),
            queue: QueueNumber(r.u32()?),
            body_len: r.u32()?,
            rfh2_len: u16::from_le_bytes(r.array()?),
            priority: r.u8()?,
            is_parted: false,
            rfh2_kept: false,
            expires_at: None,
            msg_id: None,
            correl_id: None,
            group: None,
            delay: None,
        };
        let flags = r.u8()?;
        head.is_parted = flags & PARTED != 0;
        head.rfh2_kept = flags & RFH2_KEPT != 0;
        if flags & HAS_EXPIRY != 0 {
            head.expires_at = Some(OwnMs(r.u64()?.cast_signed()));
        }
        if flags & HAS_MSG_ID != 0 {
            head.msg_id = Some(r.array()?);
        }
        if flags & HAS_CORREL_ID != 0 {
            head.correl_id = Some(r.array()?);
        }
        if flags & HAS_GROUP != 0 {
            head.group = Some(Group {
                group_id: r.array()?,
                msg_seq_number: i32::from_le_bytes(r.array()?),
                offset: i32::from_le_bytes(r.array()?),
                msg_flags: i32::from_le_bytes(r.array()?),
            });
        }
        if flags & HAS_DELAY != 0 {
            head.delay = Some(Delay { due: OwnMs(r.u64()?.cast_signed()), queue: Chars48::new(r.array()?) });
        }
        r.end(head)
    }
}

/// Heads of the records that only name numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Discard {
    /// These messages.
    Numbers(Vec<MessageNumber>),
    /// All messages of a queue with lesser numbers.
    Below {
        /// The queue.
        queue: QueueNumber,
        /// The first number that stays.
        limit: MessageNumber,
    },
}

impl Discard {
    /// So many numbers fit one record without trouble.
    pub(crate) const NUMBERS_MAX: usize = 1024;

    /// The bytes of the head.
    pub(crate) fn encode(&self) -> Head {
        let mut head = Head::new();
        match self {
            Self::Numbers(numbers) => {
                head.extend(&[0]);
                numbers.iter().for_each(|number| head.extend(&number.0.to_le_bytes()));
            }
            Self::Below { queue, limit } => {
                head.extend(&[1]);
                head.extend(&queue.0.to_le_bytes());
                head.extend(&limit.0.to_le_bytes());
            }
        }
        head
    }

    /// The head that these bytes are.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Truncated> {
        let mut r = Fields(bytes);
        match r.u8()? {
            0 => {
                let mut numbers = Vec::new();
                while !r.0.is_empty() {
                    numbers.push(MessageNumber(r.u64()?));
                }
                Ok(Self::Numbers(numbers))
            }
            1 => {
                let discard = Self::Below { queue: QueueNumber(r.u32()?), limit: MessageNumber(r.u64()?) };
                r.end(discard)
            }
            _ => Err(Truncated),
        }
    }
}

/// Head of a Part record.
pub(crate) fn part(number: MessageNumber, index: u32) -> Head {
    let mut head = Head::from(&number.0.to_le_bytes()[..]);
    head.extend(&index.to_le_bytes());
    head
}

/// Number and index of a Part record.
pub(crate) fn of_part(bytes: &[u8]) -> Result<(MessageNumber, u32), Truncated> {
    let mut r = Fields(bytes);
    let part = (MessageNumber(r.u64()?), r.u32()?);
    r.end(part)
}

/// Head of a Got record.
pub(crate) fn got(uow: UowId, number: MessageNumber) -> Head {
    let mut head = Head::from(&uow.0.to_le_bytes()[..]);
    head.extend(&number.0.to_le_bytes());
    head
}

/// Unit of work and number of a Got record.
pub(crate) fn of_got(bytes: &[u8]) -> Result<(UowId, MessageNumber), Truncated> {
    let mut r = Fields(bytes);
    let got = (UowId(r.u64()?), MessageNumber(r.u64()?));
    r.end(got)
}

/// What a Take record says of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// Got for good.
    Got,
    /// Sent to a streaming consumer. It counts as got unless it comes back.
    Sent,
    /// Sent, and back on its queue.
    Back,
}

/// Head of a Take record.
pub(crate) fn take(number: MessageNumber, take: Take) -> Head {
    let mut head = one(number.0);
    match take {
        Take::Got => {}
        Take::Sent => head.extend(&[1]),
        Take::Back => head.extend(&[2]),
    }
    head
}

/// Number of a Take record, and what it says.
pub(crate) fn of_take(bytes: &[u8]) -> Result<(MessageNumber, Take), Truncated> {
    let mut r = Fields(bytes);
    let number = MessageNumber(r.u64()?);
    let take = match r.0 {
        [] => Take::Got,
        [1] => Take::Sent,
        [2] => Take::Back,
        _ => return Err(Truncated),
    };
    Ok((number, take))
}

/// Head of a Commit or Back record.
pub(crate) fn one(number: u64) -> Head {
    Head::from(&number.to_le_bytes()[..])
}

/// The number of a Commit or Back record.
pub(crate) fn of_one(bytes: &[u8]) -> Result<u64, Truncated> {
    let mut r = Fields(bytes);
    let number = r.u64()?;
    r.end(number)
}

/// Reads fields one after another.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl Fields<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Truncated> {
        self.array().map(u64::from_le_bytes)
    }

    /// What was read, if nothing is left.
    pub(crate) fn end<T>(self, value: T) -> Result<T, Truncated> {
        if self.0.is_empty() { Ok(value) } else { Err(Truncated) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> PutHead {
        PutHead {
            number: MessageNumber(0x0000_0100_0000_0007),
            uow: UowId(0x0000_0100_0000_0003),
            queue: QueueNumber(9),
            body_len: 256,
            rfh2_len: 0,
            priority: 4,
            is_parted: false,
            rfh2_kept: false,
            expires_at: None,
            msg_id: None,
            correl_id: None,
            group: None,
            delay: None,
        }
    }

    #[track_caller]
    fn check(head: PutHead, len: usize) {
        let bytes = head.encode();
        assert_eq!(bytes.len(), len);
        assert_eq!(PutHead::decode(&bytes), Ok(head));
        assert_eq!(PutHead::decode(&bytes[..len - 1]), Err(Truncated));
        assert_eq!(PutHead::decode(&[&bytes[..], &[0]].concat()), Err(Truncated));
    }

    #[test]
    fn put_heads_have_the_lengths_of_the_design() {
        check(head(), 28);
        check(PutHead { is_parted: true, rfh2_kept: true, rfh2_len: 77, ..head() }, 28);
        check(PutHead { expires_at: Some(OwnMs(1 << 41)), correl_id: Some([2; 24]), ..head() }, 60);
        let group = Group { group_id: [3; 24], msg_seq_number: 1, offset: 0, msg_flags: 8 };
        check(PutHead { msg_id: Some([1; 24]), group: Some(group), ..head() }, 88);
        let delay = Delay { due: OwnMs(1 << 41), queue: Chars48::from_str_padded("Q1") };
        check(PutHead { delay: Some(delay), ..head() }, 84);
        check(PutHead { msg_id: Some([1; 24]), group: Some(group), delay: Some(delay), ..head() }, 144);
    }

    #[test]
    fn the_bytes_are_those_of_the_table() {
        let bytes = head().encode();
        assert_eq!(bytes[..8], [7, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(bytes[16..], [9, 0, 0, 0, 0, 1, 0, 0, 0, 0, 4, 0]);
        assert_eq!(got(UowId(1), MessageNumber(2))[..], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(of_got(&got(UowId(1), MessageNumber(2))), Ok((UowId(1), MessageNumber(2))));
        assert_eq!(of_part(&part(MessageNumber(5), 6)), Ok((MessageNumber(5), 6)));
        assert_eq!(of_one(&one(8)), Ok(8));
    }

    #[test]
    fn a_take_says_whether_it_is_for_good() {
        for (said, form) in [(Take::Got, &[][..]), (Take::Sent, &[1]), (Take::Back, &[2])] {
            let bytes = take(MessageNumber(8), said);
            assert_eq!(bytes[..], [&[8, 0, 0, 0, 0, 0, 0, 0], form].concat());
            assert_eq!(of_take(&bytes), Ok((MessageNumber(8), said)));
        }
        for bytes in
            [&[8, 0, 0, 0, 0, 0, 0][..], &[8, 0, 0, 0, 0, 0, 0, 0, 3], &[8, 0, 0, 0, 0, 0, 0, 0, 1, 1]]
        {
            assert_eq!(of_take(bytes), Err(Truncated));
        }
    }

    #[test]
    fn discards_come_back() {
        let below = Discard::Below { queue: QueueNumber(1), limit: MessageNumber(2) };
        for discard in [Discard::Numbers(vec![]), Discard::Numbers(vec![MessageNumber(3); 5]), below] {
            assert_eq!(Discard::decode(&discard.encode()), Ok(discard));
        }
        assert_eq!(Discard::decode(&[]), Err(Truncated));
        assert_eq!(Discard::decode(&[0, 1]), Err(Truncated));
        assert_eq!(Discard::decode(&[2]), Err(Truncated));
    }
}
