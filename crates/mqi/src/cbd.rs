//! MQCBD: a function that consumes messages or hears of events.
//!
//! It never travels: consumption over a client connection has flows of its own.

use crate::chars::Chars;
use crate::structure::{Pointer, structure};

structure! {
    /// Callback descriptor.
    pub struct Cbd {
        id: b"CBD ",
        reason: CBD_ERROR,
        default_version: 1,
        1 {
            /// Message consumer or event handler (MQCBT).
            callback_type: i32 = MQCBT_MESSAGE_CONSUMER,
            /// MQCBDO options.
            options: i32 = MQCBDO_NONE,
            /// For the function, left alone by everybody else.
            callback_area: Pointer = Pointer(0),
            /// The function.
            callback_function: Pointer = Pointer(0),
            /// Or its name, in a library that is loaded.
            callback_name: Chars<128> = Chars::BLANK,
            /// Longest message that it takes; -1: any.
            max_msg_length: i32 = MQCBD_FULL_MSG_LENGTH,
            /// Reserved.
            reserved1: i32 = 0,
        }
    }
}
