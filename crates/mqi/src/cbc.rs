//! MQCBC: what a callback function is told when it is called.

use crate::structure::{Pointer, structure};

structure! {
    /// Callback context.
    pub struct Cbc {
        id: b"CBC ",
        reason: UNEXPECTED_ERROR,
        default_version: 2,
        1 {
            /// Why it is called (MQCBCT).
            call_type: i32 = 0,
            /// The object whose message it gets.
            hobj: i32 = 0,
            /// The area of its descriptor.
            callback_area: Pointer = Pointer(0),
            /// The area of the connection.
            connection_area: Pointer = Pointer(0),
            /// Completion code.
            comp_code: i32 = MQCC_OK,
            /// Reason code.
            reason: i32 = 0,
            /// State of the consumer (MQCS).
            state: i32 = 0,
            /// Length of the message in bytes.
            data_length: i32 = 0,
            /// Length of the buffer in bytes.
            buffer_length: i32 = 0,
            /// MQCBCF flags.
            flags: i32 = 0,
        }
        2 {
            /// Milliseconds before the next attempt to reconnect.
            reconnect_delay: i32 = 0,
            /// Reserved.
            reserved1: i32 = 0,
        }
    }
}
