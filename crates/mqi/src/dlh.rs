//! MQDLH: why a message is on the dead-letter queue, and where it should have gone.
//!
//! The header describes the data behind it; the MQMD in front describes the header.

use crate::chars::Chars;
use crate::structure::structure;

structure! {
    /// Dead-letter header.
    pub struct Dlh {
        id: b"DLH ",
        reason: DLH_ERROR,
        default_version: 1,
        1 {
            /// Why the message could not be delivered (MQRC or MQFB).
            reason: i32 = 0,
            /// Queue that it was for.
            dest_q_name: Chars<48> = Chars::BLANK,
            /// Queue manager that it was for.
            dest_q_mgr_name: Chars<48> = Chars::BLANK,
            /// Encoding of the data that follows.
            encoding: i32 = 0,
            /// Character set of the data that follows.
            coded_char_set_id: i32 = MQCCSI_UNDEFINED,
            /// Format of the data that follows.
            format: Chars<8> = Chars::BLANK,
            /// Kind of the program that put the message here (MQAT).
            put_appl_type: i32 = 0,
            /// Its name.
            put_appl_name: Chars<28> = Chars::BLANK,
            /// `YYYYMMDD`, GMT.
            put_date: Chars<8> = Chars::BLANK,
            /// `HHMMSSTH`, GMT.
            put_time: Chars<8> = Chars::BLANK,
        }
    }
}
