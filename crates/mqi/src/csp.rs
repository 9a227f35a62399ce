//! MQCSP: the credentials of a connection.
//!
//! It never travels as such: the client sends them in a flow of their own.

use crate::structure::{Pointer, structure};

structure! {
    /// Connection security parameters.
    pub struct Csp {
        id: b"CSP ",
        reason: CSP_ERROR,
        default_version: 1,
        1 {
            /// MQCSP_AUTH_*: none, user id and password, token.
            authentication_type: i32 = MQCSP_AUTH_NONE,
            /// Reserved.
            reserved1: [u8; 4] = [0; 4],
            /// Address of the user id.
            csp_user_id_ptr: Pointer = Pointer(0),
            /// Offset of the user id.
            csp_user_id_offset: i32 = 0,
            /// Length of the user id in bytes.
            csp_user_id_length: i32 = 0,
            /// Reserved.
            reserved2: [u8; 8] = [0; 8],
            /// Address of the password.
            csp_password_ptr: Pointer = Pointer(0),
            /// Offset of the password.
            csp_password_offset: i32 = 0,
            /// Length of the password in bytes.
            csp_password_length: i32 = 0,
        }
        2 {
            /// Reserved.
            reserved3: [u8; 8] = [0; 8],
            /// Address of the key that passwords are protected with.
            initial_key_ptr: Pointer = Pointer(0),
            /// Offset of that key.
            initial_key_offset: i32 = 0,
            /// Length of that key in bytes.
            initial_key_length: i32 = 0,
        }
        3 {
            /// Reserved.
            reserved4: [u8; 8] = [0; 8],
            /// Address of the authentication token.
            token_ptr: Pointer = Pointer(0),
            /// Offset of the token.
            token_offset: i32 = 0,
            /// Length of the token in bytes.
            token_length: i32 = 0,
        }
    }
}
