//! MQOD: the object that a call opens.

use crate::chars::Chars;
use crate::charv::Charv;
use crate::structure::{Pointer, structure};
use crate::wire::{Reader, Truncated, Writer};

structure! {
    /// Object descriptor. The three strings of version 4 have their text in [`Charv::text`].
    pub struct Od {
        id: b"OD  ",
        reason: OD_ERROR,
        default_version: 1,
        1 {
            /// Kind of object (MQOT).
            object_type: i32 = MQOT_Q,
            /// Name of the object; on return that of a dynamic queue.
            object_name: Chars<48> = Chars::BLANK,
            /// Queue manager that the name belongs to; blank: the one connected to.
            object_q_mgr_name: Chars<48> = Chars::BLANK,
            /// Name, or pattern with a final asterisk, for a queue made from a model.
            dynamic_q_name: Chars<48> = Chars::from_str_padded("AMQ.*"),
            /// User to be authorized instead, with MQOO_ALTERNATE_USER_AUTHORITY.
            alternate_user_id: Chars<12> = Chars::BLANK,
        }
        2 {
            /// Number of [`ObjectRecord`]s: not 0 for a distribution list.
            recs_present: i32 = 0,
            /// Returned: local queues opened.
            known_dest_count: i32 = 0,
            /// Returned: remote queues opened.
            unknown_dest_count: i32 = 0,
            /// Returned: queues that failed to open.
            invalid_dest_count: i32 = 0,
            /// Where the object records are, from the start of this structure.
            object_rec_offset: i32 = 0,
            /// Where the response records are, from the start of this structure.
            response_rec_offset: i32 = 0,
            /// Address of the object records.
            object_rec_ptr: Pointer = Pointer(0),
            /// Address of the response records.
            response_rec_ptr: Pointer = Pointer(0),
        }
        3 {
            /// Security identifier of the alternate user.
            alternate_security_id: [u8; 40] = [0; 40],
            /// Returned: the queue after resolution.
            resolved_q_name: Chars<48> = Chars::BLANK,
            /// Returned: the queue manager after resolution.
            resolved_q_mgr_name: Chars<48> = Chars::BLANK,
        }
        4 {
            /// Long name: the topic string.
            object_string: Charv = Charv::default(),
            /// Selector of the messages to be got.
            selection_string: Charv = Charv::default(),
            /// Returned: the whole topic string.
            res_object_string: Charv = Charv::default(),
            /// Returned: kind of the object after resolution.
            resolved_type: i32 = MQOT_NONE,
        }
    }
}

/// One destination of a distribution list (MQOR).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectRecord {
    /// Name of the queue.
    pub object_name: Chars<48>,
    /// Its queue manager.
    pub object_q_mgr_name: Chars<48>,
}

impl ObjectRecord {
    /// Bytes on the wire.
    pub const LEN: usize = 96;

    /// Reads one record.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self { object_name: r.chars()?, object_q_mgr_name: r.chars()? })
    }

    /// Writes one record.
    pub fn encode(&self, w: &mut Writer) {
        w.chars(&self.object_name);
        w.chars(&self.object_q_mgr_name);
    }
}

/// How one destination fared (MQRR).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseRecord {
    /// Completion code (MQCC).
    pub comp_code: i32,
    /// Reason code (MQRC).
    pub reason: i32,
}

impl ResponseRecord {
    /// Bytes on the wire.
    pub const LEN: usize = 8;

    /// Reads one record.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self { comp_code: r.i32()?, reason: r.i32()? })
    }

    /// Writes one record.
    pub fn encode(&self, w: &mut Writer) {
        w.i32(self.comp_code);
        w.i32(self.reason);
    }
}
