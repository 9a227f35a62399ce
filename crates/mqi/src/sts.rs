//! MQSTS: what MQSTAT reports about asynchronous puts and reconnection.

use crate::chars::Chars;
use crate::charv::Charv;
use crate::structure::structure;

structure! {
    /// Status reporting structure.
    pub struct Sts {
        id: b"STAT",
        reason: STS_ERROR,
        default_version: 1,
        1 {
            /// Completion code of the first failed operation.
            comp_code: i32 = MQCC_OK,
            /// Its reason code.
            reason: i32 = 0,
            /// Asynchronous puts that succeeded.
            put_success_count: i32 = 0,
            /// Asynchronous puts that ended with a warning.
            put_warning_count: i32 = 0,
            /// Asynchronous puts that failed.
            put_failure_count: i32 = 0,
            /// Kind of the object concerned (MQOT).
            object_type: i32 = MQOT_Q,
            /// Its name.
            object_name: Chars<48> = Chars::BLANK,
            /// Its queue manager.
            object_q_mgr_name: Chars<48> = Chars::BLANK,
            /// Its name after resolution.
            resolved_object_name: Chars<48> = Chars::BLANK,
            /// Its queue manager after resolution.
            resolved_q_mgr_name: Chars<48> = Chars::BLANK,
        }
        2 {
            /// Its long name.
            object_string: Charv = Charv::default(),
            /// Name of the subscription concerned.
            sub_name: Charv = Charv::default(),
            /// Options that the object was opened with.
            open_options: i32 = 0,
            /// Options that the subscription was made with.
            sub_options: i32 = 0,
        }
    }
}
