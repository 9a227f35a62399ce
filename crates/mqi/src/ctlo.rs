//! MQCTLO: options of MQCTL, which starts and stops consumption.

use crate::structure::{Pointer, structure};

structure! {
    /// Control callback options.
    pub struct Ctlo {
        id: b"CTLO",
        reason: CTLO_ERROR,
        default_version: 1,
        1 {
            /// MQCTLO options.
            options: i32 = MQCTLO_NONE,
            /// Reserved.
            reserved: i32 = 0,
            /// For the callback functions of the connection.
            connection_area: Pointer = Pointer(0),
        }
    }
}
