//! MQDH: the header of a message for several queues of one queue manager.
//!
//! It travels on transmission queues: object records and put records follow, then the data that all destinations get.

use crate::chars::Chars;
use crate::structure::structure;

structure! {
    /// Distribution header: the fixed part.
    pub struct Dh {
        id: b"DH  ",
        reason: DH_ERROR,
        default_version: 1,
        1 {
            /// Bytes of this header with its records.
            struc_length: i32 = 0,
            /// Encoding of the data that follows.
            encoding: i32 = 0,
            /// Character set of the data that follows.
            coded_char_set_id: i32 = MQCCSI_UNDEFINED,
            /// Format of the data that follows.
            format: Chars<8> = Chars::BLANK,
            /// MQDHF flags.
            flags: i32 = MQDHF_NONE,
            /// Which fields the put records have (MQPMRF).
            put_msg_rec_fields: i32 = MQPMRF_NONE,
            /// Number of object records, and of put records if there are any.
            recs_present: i32 = 0,
            /// Where the object records are, from the start of this header.
            object_rec_offset: i32 = 0,
            /// Where the put records are; 0: there are none.
            put_msg_rec_offset: i32 = 0,
        }
    }
}
