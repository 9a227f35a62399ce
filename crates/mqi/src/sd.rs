//! MQSD: a subscription to be made, altered or resumed.

use crate::chars::Chars;
use crate::charv::Charv;
use crate::structure::structure;

structure! {
    /// Subscription descriptor. The strings have their text in [`Charv::text`].
    pub struct Sd {
        id: b"SD  ",
        reason: SD_ERROR,
        default_version: 1,
        1 {
            /// MQSO options.
            options: i32 = MQSO_NON_DURABLE,
            /// Topic object that the topic string is under.
            object_name: Chars<48> = Chars::BLANK,
            /// User to be authorized instead, with MQSO_ALTERNATE_USER_AUTHORITY.
            alternate_user_id: Chars<12> = Chars::BLANK,
            /// Security identifier of the alternate user.
            alternate_security_id: [u8; 40] = [0; 40],
            /// Life of the subscription in tenths of a second.
            sub_expiry: i32 = MQEI_UNLIMITED,
            /// Topic string.
            object_string: Charv = Charv::default(),
            /// Name of the subscription.
            sub_name: Charv = Charv::default(),
            /// User data of the subscription.
            sub_user_data: Charv = Charv::default(),
            /// CorrelId of the publications.
            sub_correl_id: [u8; 24] = [0; 24],
            /// Priority of the publications.
            pub_priority: i32 = MQPRI_PRIORITY_AS_PUBLISHED,
            /// AccountingToken of the publications.
            pub_accounting_token: [u8; 32] = [0; 32],
            /// ApplIdentityData of the publications.
            pub_appl_identity_data: Chars<32> = Chars::BLANK,
            /// Selector of the publications.
            selection_string: Charv = Charv::default(),
            /// Level: intercepting subscriptions have a higher one.
            sub_level: i32 = 1,
            /// Returned: the whole topic string.
            res_object_string: Charv = Charv::default(),
        }
    }
}
