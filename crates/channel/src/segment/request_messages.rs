//! REQUEST_MSGS: a client asks for messages of a handle. There is no direct reply; what comes are
//! ASYNC_MESSAGE and NOTIFICATION segments.
//!
//! ```text
//!  0 LONG version, 1                     40 u16  selection number     only with request flag 0x10
//!  4 LONG handle                         42 u16  MQMD version wanted
//!  8 LONG bytes received                 44 LONG CCSID for conversion
//! 12 LONG bytes requested                48 LONG encoding for conversion
//! 16 LONG longest message                52 LONG sequence number
//! 20 LONG get options                    56 LONG offset
//! 24 LONG wait interval, ms              60 LONG match options
//! 28 LONG queue status                   64      then, each if its match option is set:
//! 32 LONG request flags                          BYTE24 message id (0x1), BYTE24 correlation id (0x2),
//! 36 LONG last message known                     BYTE24 group id (0x4), BYTE16 message token (0x20)
//! ```

use mqi::call::{Consume, Selection};
use mqi::wire::{DecodeError, Reader, Writer};

/// Request flag: the selection block is there.
pub const HAS_SELECTION: i32 = 0x10;

const MATCH_MSG_ID: i32 = 0x01;
const MATCH_CORREL_ID: i32 = 0x02;
const MATCH_GROUP_ID: i32 = 0x04;
const MATCH_MSG_TOKEN: i32 = 0x20;

/// Body of a REQUEST_MSGS segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestMessages {
    /// Version of the body, repeated by the answers.
    pub version: i32,
    /// Handle.
    pub hobj: i32,
    /// What is asked for.
    pub consume: Consume,
}

impl RequestMessages {
    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (version, hobj) = (r.i32()?, r.i32()?);
        let mut consume = Consume {
            received_bytes: r.i32()?,
            requested_bytes: r.i32()?,
            max_msg_length: r.i32()?,
            options: r.i32()?,
            wait_interval_ms: r.i32()?,
            queue_status: r.i32()?,
            request_flags: r.i32()?,
            global_message_index: r.i32()?,
            selection: None,
        };
        if consume.request_flags & HAS_SELECTION != 0 {
            consume.selection = Some(decode_selection(r)?);
        }
        Ok(Self { version, hobj, consume })
    }

    /// Appends the body. The selection goes with its flag: one without the other is not sent.
    pub fn encode(&self, w: &mut Writer) {
        let consume = &self.consume;
        let flags = match consume.selection {
            Some(_) => consume.request_flags | HAS_SELECTION,
            None => consume.request_flags & !HAS_SELECTION,
        };
        w.i32(self.version);
        w.i32(self.hobj);
        w.i32(consume.received_bytes);
        w.i32(consume.requested_bytes);
        w.i32(consume.max_msg_length);
        w.i32(consume.options);
        w.i32(consume.wait_interval_ms);
        w.i32(consume.queue_status);
        w.i32(flags);
        w.i32(consume.global_message_index);
        if let Some(selection) = &consume.selection {
            encode_selection(selection, w);
        }
    }
}

fn decode_selection(r: &mut Reader<'_>) -> Result<Selection, DecodeError> {
    let mut selection = Selection {
        index: r.u16()?,
        md_version: r.u16()?,
        coded_char_set_id: r.i32()?,
        encoding: r.i32()?,
        msg_seq_number: r.i32()?,
        offset: r.i32()?,
        match_options: r.i32()?,
        ..Selection::default()
    };
    let has = |option| selection.match_options & option != 0;
    let (msg_id, correl_id) = (has(MATCH_MSG_ID), has(MATCH_CORREL_ID));
    let (group_id, msg_token) = (has(MATCH_GROUP_ID), has(MATCH_MSG_TOKEN));
    if msg_id {
        selection.msg_id = r.array()?;
    }
    if correl_id {
        selection.correl_id = r.array()?;
    }
    if group_id {
        selection.group_id = r.array()?;
    }
    if msg_token {
        selection.msg_token = r.array()?;
    }
    Ok(selection)
}

fn encode_selection(selection: &Selection, w: &mut Writer) {
    w.u16(selection.index);
    w.u16(selection.md_version);
    w.i32(selection.coded_char_set_id);
    w.i32(selection.encoding);
    w.i32(selection.msg_seq_number);
    w.i32(selection.offset);
    w.i32(selection.match_options);
    let has = |option| selection.match_options & option != 0;
    if has(MATCH_MSG_ID) {
        w.bytes(&selection.msg_id);
    }
    if has(MATCH_CORREL_ID) {
        w.bytes(&selection.correl_id);
    }
    if has(MATCH_GROUP_ID) {
        w.bytes(&selection.group_id);
    }
    if has(MATCH_MSG_TOKEN) {
        w.bytes(&selection.msg_token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{check_truncations, round_trip};

    #[test]
    fn with_and_without_selection() {
        let got = round_trip("reqmsgs-40-tshm-le", RequestMessages::decode, RequestMessages::encode);
        let want =
            Consume { max_msg_length: 4096, options: 0x2001, wait_interval_ms: 5000, ..Consume::default() };
        assert_eq!(got, RequestMessages { version: 1, hobj: 2, consume: want });

        let got = round_trip("reqmsgs-match-tshm-be", RequestMessages::decode, RequestMessages::encode);
        let selection = got.consume.selection.expect("the flag is set");
        assert_eq!((selection.index, selection.md_version, selection.match_options), (2, 2, 0x27));
        assert!(selection.msg_id.starts_with(b"AMQ QM1"));
        assert_eq!(selection.correl_id, *b"0123456789:;<=>?@ABCDEFG");
        assert_eq!(selection.msg_token, *b"pqrstuvwxyz{|}~\x7f");
        check_truncations("reqmsgs-match-tshm-be", RequestMessages::decode);
    }
}
