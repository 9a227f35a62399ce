//! MQSRO: options of a subscription request (MQSUBRQ).

use crate::structure::structure;

structure! {
    /// Subscription request options.
    pub struct Sro {
        id: b"SRO ",
        reason: SRO_ERROR,
        default_version: 1,
        1 {
            /// MQSRO options.
            options: i32 = MQSRO_FAIL_IF_QUIESCING,
            /// Returned: publications sent.
            num_pubs: i32 = 0,
        }
    }
}
