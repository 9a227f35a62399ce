//! MQMDE: the fields of an MQMD version 2 behind one of version 1.
//!
//! The header stands in front of the data when the descriptor itself may not have version 2: on transmission queues
//! and for applications that use version 1. It describes what follows it, as every header does.

use crate::chars::Chars;
use crate::structure::structure;

structure! {
    /// Message descriptor extension. Only version 2 exists.
    pub struct Mde {
        id: b"MDE ",
        reason: MDE_ERROR,
        default_version: 2,
        2 {
            /// 72.
            struc_length: i32 = MQMDE_LENGTH_2,
            /// Encoding of the data that follows.
            encoding: i32 = MQENC_NATIVE,
            /// Character set of the data that follows.
            coded_char_set_id: i32 = 0,
            /// Format of the data that follows.
            format: Chars<8> = Chars::BLANK,
            /// General flags: none exist.
            flags: i32 = 0,
            /// Group of the message.
            group_id: [u8; 24] = [0; 24],
            /// Position in the group, from 1.
            msg_seq_number: i32 = 1,
            /// Where this segment starts in the logical message.
            offset: i32 = 0,
            /// Group and segment flags (MQMF).
            msg_flags: i32 = MQMF_NONE,
            /// Length of the original message, in reports about segments.
            original_length: i32 = MQOL_UNDEFINED,
        }
    }
}
