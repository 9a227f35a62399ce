//! ASYNC_MESSAGE: a message for a streaming consumer, or a reason why there is none.
//!
//! ```text
//!  0 LONG version                         24 LONG   reason, 0 normally
//!  4 LONG handle                          28 LONG   bytes of it that are sent
//!  8 LONG index of the message, handle    32 LONG   length of the message
//! 12 LONG the same, connection            36 BYTE16 message token
//! 16 LONG bytes of data in this segment   52 u16    status
//! 20 u16  number of the segment           54 u8     length of the queue name (n)
//! 22 u16  selection number                55 n      queue name
//! 24      later segments: data                      zeros up to a multiple of four
//!                                            MQMD   in the version asked for
//!                                                   data
//! ```
//!
//! The end of the transfer is padded to a multiple of four, which the lengths do not count. The order of
//! the lengths at 28 and 32 was observed: the other way round a client asks for ever for the rest of a
//! message that was truncated.

use mqi::Chars;
use mqi::md::Md;
use mqi::wire::{DecodeError, Reader, Writer};

/// Bytes at the start of every segment of the transfer.
pub const HEAD_LEN: usize = 24;

/// What every segment of the transfer starts with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsyncHead {
    /// Version of the body, as in the request.
    pub version: i32,
    /// Handle.
    pub hobj: i32,
    /// 1, 2, … per handle.
    pub message_index: i32,
    /// 1, 2, … per connection.
    pub global_message_index: i32,
    /// Bytes of data in this segment.
    pub segment_length: i32,
    /// 0, 1, … per message.
    pub segment_index: u16,
    /// As in the request.
    pub selection_index: u16,
}

impl AsyncHead {
    /// Reads the head of any segment.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            version: r.i32()?,
            hobj: r.i32()?,
            message_index: r.i32()?,
            global_message_index: r.i32()?,
            segment_length: r.i32()?,
            segment_index: r.u16()?,
            selection_index: r.u16()?,
        })
    }

    /// Appends the head.
    pub fn encode(&self, w: &mut Writer) {
        w.i32(self.version);
        w.i32(self.hobj);
        w.i32(self.message_index);
        w.i32(self.global_message_index);
        w.i32(self.segment_length);
        w.u16(self.segment_index);
        w.u16(self.selection_index);
    }
}

/// What the first segment has before its data, after the head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsyncFirst {
    /// MQRC, 0 for a message.
    pub reason: i32,
    /// Bytes of the message that are sent.
    pub sent_length: i32,
    /// Length of the message.
    pub full_length: i32,
    /// Token of the message.
    pub msg_token: [u8; 16],
    /// Status of the queue.
    pub status: u16,
    /// Queue that the message came from.
    pub resolved_q_name: Chars<48>,
    /// Its descriptor.
    pub md: Box<Md>,
}

impl AsyncFirst {
    /// Reads it; what is left in `r` is data.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let charset = r.charset();
        let (reason, sent_length, full_length) = (r.i32()?, r.i32()?, r.i32()?);
        let (msg_token, status) = (r.array()?, r.u16()?);
        let length = usize::from(r.u8()?);
        let mut name = [charset.blank(); 48];
        let place = name.get_mut(..length).ok_or(DecodeError::Length(length as i32))?;
        place.copy_from_slice(r.bytes(length)?);
        r.skip(Self::padding(length))?;
        Ok(Self {
            reason,
            sent_length,
            full_length,
            msg_token,
            status,
            resolved_q_name: Chars::from_wire(name, charset),
            md: Box::new(Md::decode(r)?),
        })
    }

    /// Appends it, the name without its padding.
    pub fn encode(&self, w: &mut Writer) {
        let name = self.resolved_q_name.trimmed();
        w.i32(self.reason);
        w.i32(self.sent_length);
        w.i32(self.full_length);
        w.bytes(&self.msg_token);
        w.u16(self.status);
        w.u8(name.len() as u8);
        name.iter().for_each(|byte| w.u8(w.charset().of_memory(*byte)));
        w.zeros(Self::padding(name.len()));
        self.md.encode(w);
    }

    /// Zeros after a name of this length: the descriptor starts on a word.
    fn padding(name_len: usize) -> usize {
        (3 + name_len).next_multiple_of(4) - 3 - name_len
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Segment;
    use crate::segment::testing::{body_of, check_truncations};

    fn decode(r: &mut Reader<'_>) -> Result<(AsyncHead, AsyncFirst), DecodeError> {
        Ok((AsyncHead::decode(r)?, AsyncFirst::decode(r)?))
    }

    #[track_caller]
    fn check(vector: &str) -> (AsyncHead, AsyncFirst, Vec<u8>) {
        let segment: Segment = body_of(vector);
        let mut r = segment.reader();
        let (head, first) = decode(&mut r).unwrap_or_else(|error| panic!("{vector}: {error}"));
        let mut w = Writer::new(segment.header.order, segment.header.charset);
        head.encode(&mut w);
        first.encode(&mut w);
        w.bytes(r.rest());
        assert_eq!(w.finish(), segment.body, "{vector}");
        check_truncations(vector, decode);
        (head, first, r.rest().to_vec())
    }

    #[test]
    fn a_whole_message() {
        let (head, first, data) = check("async-md1-tshm-le");
        let want = AsyncHead {
            version: 1,
            hobj: 2,
            message_index: 1,
            global_message_index: 1,
            segment_length: 12,
            segment_index: 0,
            selection_index: 1,
        };
        assert_eq!(head, want);
        assert_eq!((first.sent_length, first.full_length, first.status), (12, 12, 1));
        assert_eq!((first.resolved_q_name.as_str(), first.md.version), ("DEV.QUEUE.1", 1));
        assert_eq!(data.len(), 12);
    }

    #[test]
    fn a_message_in_two_segments() {
        let (head, first, data) = check("async-split-1-tshm-be");
        assert_eq!((head.segment_length, first.full_length, data.len()), (56, 96, 56));
        let segment = body_of("async-split-2-tshm-be");
        let mut r = segment.reader();
        let later = AsyncHead::decode(&mut r).expect("there is one");
        assert_eq!((later.segment_length, later.segment_index, r.remaining()), (40, 1, 40));
    }

    #[test]
    fn names_of_every_length_leave_the_descriptor_on_a_word() {
        for length in 0..=48 {
            let resolved_q_name = Chars::from_str_padded(&"Q".repeat(length));
            let first = AsyncFirst { resolved_q_name, ..AsyncFirst::default() };
            let mut w = Writer::new(mqi::wire::ByteOrder::Big, mqi::wire::Charset::Ascii);
            first.encode(&mut w);
            let bytes = w.finish();
            assert_eq!(bytes.len() % 4, 0);
            let mut r = Reader::new(&bytes, mqi::wire::ByteOrder::Big, mqi::wire::Charset::Ascii);
            assert_eq!(AsyncFirst::decode(&mut r), Ok(first));
        }
    }

    #[test]
    fn a_name_longer_than_names_are_is_refused() {
        let segment = body_of("async-md1-tshm-le");
        let mut bytes = segment.body.to_vec();
        bytes[54] = 49;
        let mut r = Reader::new(&bytes, segment.header.order, segment.header.charset);
        AsyncHead::decode(&mut r).expect("it is there");
        assert_eq!(AsyncFirst::decode(&mut r), Err(DecodeError::Length(49)));
    }
}
