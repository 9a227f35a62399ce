//! MQGMO: which message is got, and how.

use crate::chars::Chars;
use crate::structure::structure;

structure! {
    /// Get message options.
    pub struct Gmo {
        id: b"GMO ",
        reason: GMO_ERROR,
        default_version: 1,
        1 {
            /// MQGMO options.
            options: i32 = MQGMO_NO_WAIT,
            /// Milliseconds to wait, with MQGMO_WAIT; -1 (MQWI_UNLIMITED): for ever.
            wait_interval: i32 = 0,
            /// Used on other platforms only.
            signal1: i32 = 0,
            /// Used on other platforms only.
            signal2: i32 = 0,
            /// Returned: the queue that the message came from.
            resolved_q_name: Chars<48> = Chars::BLANK,
        }
        2 {
            /// Which fields of the descriptor must match (MQMO).
            match_options: i32 = MQMO_MATCH_MSG_ID + MQMO_MATCH_CORREL_ID,
            /// Returned: blank, `G` in a group, `L` last in a group (MQGS).
            group_status: Chars<1> = Chars::BLANK,
            /// Returned: blank, `S` segment, `L` last segment (MQSS).
            segment_status: Chars<1> = Chars::BLANK,
            /// Returned: blank, or `A` when further segmentation is allowed (MQSEG).
            segmentation: Chars<1> = Chars::BLANK,
            /// Reserved.
            reserved1: Chars<1> = Chars::BLANK,
        }
        3 {
            /// Token of the message: returned, or to be matched.
            msg_token: [u8; 16] = [0; 16],
            /// Returned: bytes of data put into the buffer.
            returned_length: i32 = MQRL_UNDEFINED,
        }
        4 {
            /// Reserved.
            reserved2: i32 = 0,
            /// Handle that takes the properties.
            msg_handle: i64 = 0,
        }
    }
}
