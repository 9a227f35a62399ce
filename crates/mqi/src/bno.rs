//! MQBNO: how an application instance takes part in balancing between queue managers of a uniform cluster.

use crate::structure::structure;

structure! {
    /// Balancing options.
    pub struct Bno {
        id: b"BNO ",
        reason: BNO_ERROR,
        default_version: 1,
        1 {
            /// Pattern of the application (MQBNO_BALTYPE).
            appl_type: i32 = MQBNO_BALTYPE_SIMPLE,
            /// Seconds before it may be moved in the middle of its work.
            timeout: i32 = MQBNO_TIMEOUT_AS_DEFAULT,
            /// MQBNO options.
            options: i32 = MQBNO_OPTIONS_NONE,
        }
    }
}
