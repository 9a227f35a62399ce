//! MQPMO: how a message is put.

use crate::chars::Chars;
use crate::constants::{
    MQPMRF_ACCOUNTING_TOKEN, MQPMRF_CORREL_ID, MQPMRF_FEEDBACK, MQPMRF_GROUP_ID, MQPMRF_MSG_ID,
};
use crate::structure::{Pointer, structure};
use crate::wire::{Reader, Truncated, Writer};

structure! {
    /// Put message options.
    pub struct Pmo {
        id: b"PMO ",
        reason: PMO_ERROR,
        default_version: 1,
        1 {
            /// MQPMO options.
            options: i32 = MQPMO_NONE,
            /// Reserved.
            timeout: i32 = -1,
            /// Handle of the queue that context is taken from.
            context: i32 = 0,
            /// Returned: messages put to local queues.
            known_dest_count: i32 = 0,
            /// Returned: messages put to remote queues.
            unknown_dest_count: i32 = 0,
            /// Returned: messages that could not be put.
            invalid_dest_count: i32 = 0,
            /// Returned: the queue after resolution.
            resolved_q_name: Chars<48> = Chars::BLANK,
            /// Returned: the queue manager after resolution.
            resolved_q_mgr_name: Chars<48> = Chars::BLANK,
        }
        2 {
            /// Number of [`PutMsgRecord`]s.
            recs_present: i32 = 0,
            /// Which fields the put records have (MQPMRF).
            put_msg_rec_fields: i32 = MQPMRF_NONE,
            /// Where the put records are, from the start of this structure.
            put_msg_rec_offset: i32 = 0,
            /// Where the response records are, from the start of this structure.
            response_rec_offset: i32 = 0,
            /// Address of the put records.
            put_msg_rec_ptr: Pointer = Pointer(0),
            /// Address of the response records.
            response_rec_ptr: Pointer = Pointer(0),
        }
        3 {
            /// Handle of the properties of the message.
            original_msg_handle: i64 = MQHM_NONE as i64,
            /// Handle of the properties that replace or join them.
            new_msg_handle: i64 = MQHM_NONE as i64,
            /// What is put: new, forwarded, reply, report (MQACTP).
            action: i32 = MQACTP_NEW,
            /// Subscriptions up to this level get the publication.
            pub_level: i32 = 9,
        }
    }
}

/// What one destination of a distribution list gets of its own (MQPMR). Only the fields named by
/// [`Pmo::put_msg_rec_fields`] travel; the others stay at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PutMsgRecord {
    /// Message identifier (MQPMRF_MSG_ID).
    pub msg_id: [u8; 24],
    /// Correlation identifier (MQPMRF_CORREL_ID).
    pub correl_id: [u8; 24],
    /// Group identifier (MQPMRF_GROUP_ID).
    pub group_id: [u8; 24],
    /// Feedback code (MQPMRF_FEEDBACK).
    pub feedback: i32,
    /// Accounting token (MQPMRF_ACCOUNTING_TOKEN).
    pub accounting_token: [u8; 32],
}

impl PutMsgRecord {
    /// Bytes on the wire of a record with these fields (MQPMRF).
    pub const fn wire_len(fields: i32) -> usize {
        const LENGTHS: [(i32, usize); 5] = [
            (MQPMRF_MSG_ID, 24),
            (MQPMRF_CORREL_ID, 24),
            (MQPMRF_GROUP_ID, 24),
            (MQPMRF_FEEDBACK, 4),
            (MQPMRF_ACCOUNTING_TOKEN, 32),
        ];
        let (mut len, mut at) = (0, 0);
        while at < LENGTHS.len() {
            if fields & LENGTHS[at].0 != 0 {
                len += LENGTHS[at].1;
            }
            at += 1;
        }
        len
    }

    /// Reads a record that has these fields (MQPMRF).
    pub fn decode(r: &mut Reader<'_>, fields: i32) -> Result<Self, Truncated> {
        let mut it = Self::default();
        if fields & MQPMRF_MSG_ID != 0 {
            it.msg_id = r.array()?;
        }
        if fields & MQPMRF_CORREL_ID != 0 {
            it.correl_id = r.array()?;
        }
        if fields & MQPMRF_GROUP_ID != 0 {
            it.group_id = r.array()?;
        }
        if fields & MQPMRF_FEEDBACK != 0 {
            it.feedback = r.i32()?;
        }
        if fields & MQPMRF_ACCOUNTING_TOKEN != 0 {
            it.accounting_token = r.array()?;
        }
        Ok(it)
    }

    /// Writes these fields (MQPMRF) of the record.
    pub fn encode(&self, w: &mut Writer, fields: i32) {
        if fields & MQPMRF_MSG_ID != 0 {
            w.bytes(&self.msg_id);
        }
        if fields & MQPMRF_CORREL_ID != 0 {
            w.bytes(&self.correl_id);
        }
        if fields & MQPMRF_GROUP_ID != 0 {
            w.bytes(&self.group_id);
        }
        if fields & MQPMRF_FEEDBACK != 0 {
            w.i32(self.feedback);
        }
        if fields & MQPMRF_ACCOUNTING_TOKEN != 0 {
            w.bytes(&self.accounting_token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ByteOrder, Charset};

    #[test]
    fn put_records_have_the_fields_named() {
        let record = PutMsgRecord {
            msg_id: [1; 24],
            correl_id: [2; 24],
            group_id: [3; 24],
            feedback: 4,
            accounting_token: [5; 32],
        };
        for fields in 0..32 {
            let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
            record.encode(&mut w, fields);
            let bytes = w.finish();
            assert_eq!(bytes.len(), PutMsgRecord::wire_len(fields));
            let mut r = Reader::new(&bytes, ByteOrder::Little, Charset::Ascii);
            let back = PutMsgRecord::decode(&mut r, fields).expect("long enough");
            assert_eq!(r.remaining(), 0);
            assert_eq!(back.msg_id == record.msg_id, fields & MQPMRF_MSG_ID != 0);
            assert_eq!(back.correl_id == record.correl_id, fields & MQPMRF_CORREL_ID != 0);
            assert_eq!(back.group_id == record.group_id, fields & MQPMRF_GROUP_ID != 0);
            assert_eq!(back.feedback == record.feedback, fields & MQPMRF_FEEDBACK != 0);
            assert_eq!(
                back.accounting_token == record.accounting_token,
                fields & MQPMRF_ACCOUNTING_TOKEN != 0
            );
        }
    }
}
