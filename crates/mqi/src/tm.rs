//! MQTM: the message that tells a trigger monitor to start a program.

use crate::chars::Chars;
use crate::structure::structure;

structure! {
    /// Trigger message.
    pub struct Tm {
        id: b"TM  ",
        reason: TM_ERROR,
        default_version: 1,
        1 {
            /// The queue that has messages.
            q_name: Chars<48> = Chars::BLANK,
            /// Process object that describes the program.
            process_name: Chars<48> = Chars::BLANK,
            /// TRIGDATA of the queue.
            trigger_data: Chars<64> = Chars::BLANK,
            /// APPLTYPE of the process (MQAT).
            appl_type: i32 = 0,
            /// APPLICID of the process: the program.
            appl_id: Chars<256> = Chars::BLANK,
            /// ENVRDATA of the process.
            env_data: Chars<128> = Chars::BLANK,
            /// USERDATA of the process.
            user_data: Chars<128> = Chars::BLANK,
        }
    }
}
