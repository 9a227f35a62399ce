//! MQCNO: how an application connects.
//!
//! It never travels as such: the connect flow has a structure of its own.

use crate::chars::Chars;
use crate::structure::{Pointer, structure};

structure! {
    /// Connect options.
    pub struct Cno {
        id: b"CNO ",
        reason: CNO_ERROR,
        default_version: 1,
        1 {
            /// MQCNO options.
            options: i32 = MQCNO_NONE,
        }
        2 {
            /// Offset of the channel definition ([`crate::cd::Cd`]).
            client_conn_offset: i32 = 0,
            /// Address of the channel definition.
            client_conn_ptr: Pointer = Pointer(0),
        }
        3 {
            /// Connection tag.
            conn_tag: [u8; 128] = [0; 128],
        }
        4 {
            /// Address of the TLS options ([`crate::sco::Sco`]).
            ssl_config_ptr: Pointer = Pointer(0),
            /// Offset of the TLS options.
            ssl_config_offset: i32 = 0,
        }
        5 {
            /// Returned: unique identifier of the connection.
            connection_id: [u8; 24] = [0; 24],
            /// Offset of the credentials ([`crate::csp::Csp`]).
            security_parms_offset: i32 = 0,
            /// Address of the credentials.
            security_parms_ptr: Pointer = Pointer(0),
        }
        6 {
            /// Address of the URL of the channel table.
            ccdt_url_ptr: Pointer = Pointer(0),
            /// Offset of that URL.
            ccdt_url_offset: i32 = 0,
            /// Length of that URL in bytes.
            ccdt_url_length: i32 = 0,
            /// Reserved.
            reserved: [u8; 8] = [0; 8],
        }
        7 {
            /// Name that the application gives itself.
            appl_name: Chars<28> = Chars::BLANK,
            /// Reserved.
            reserved2: [u8; 4] = [0; 4],
        }
        8 {
            /// Address of the balancing options ([`crate::bno::Bno`]).
            balance_parms_ptr: Pointer = Pointer(0),
            /// Offset of the balancing options.
            balance_parms_offset: i32 = 0,
            /// Reserved.
            reserved3: [u8; 4] = [0; 4],
        }
    }
}
