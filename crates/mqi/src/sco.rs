//! MQSCO: the TLS options of a client connection.

use crate::chars::Chars;
use crate::structure::{Pointer, structure};

structure! {
    /// TLS configuration options.
    pub struct Sco {
        id: b"SCO ",
        reason: SCO_ERROR,
        default_version: 1,
        1 {
            /// Where keys and certificates are.
            key_repository: Chars<256> = Chars::BLANK,
            /// Cryptographic hardware.
            crypto_hardware: Chars<256> = Chars::BLANK,
            /// Number of authentication information records.
            auth_info_rec_count: i32 = 0,
            /// Offset of those records.
            auth_info_rec_offset: i32 = 0,
            /// Address of those records.
            auth_info_rec_ptr: Pointer = Pointer(0),
        }
        2 {
            /// Bytes after which the secret key is renewed.
            key_reset_count: i32 = MQSCO_RESET_COUNT_DEFAULT,
            /// Whether only FIPS-certified algorithms may be used (MQSSL_FIPS).
            fips_required: i32 = MQSSL_FIPS_NO,
        }
        3 {
            /// Suite B strengths allowed (MQ_SUITE_B).
            encryption_policy_suite_b: [i32; 4] = [MQ_SUITE_B_NONE, 0, 0, 0],
        }
        4 {
            /// How certificates are validated (MQ_CERT_VAL_POLICY).
            certificate_val_policy: i32 = MQ_CERT_VAL_POLICY_DEFAULT,
        }
        5 {
            /// Which certificate to send.
            certificate_label: Chars<64> = Chars::BLANK,
        }
        6 {
            /// Address of the password of the key repository.
            key_repo_password_ptr: Pointer = Pointer(0),
            /// Offset of that password.
            key_repo_password_offset: i32 = 0,
            /// Length of that password in bytes.
            key_repo_password_length: i32 = 0,
        }
        7 {
            /// How the certificate of an HTTPS server is validated.
            https_cert_validation: i32 = MQ_HTTPSCERTVAL_DEFAULT,
            /// How its revocation is checked.
            https_cert_revocation: i32 = MQ_HTTPSCERTREV_DEFAULT,
            /// Address of the key store for HTTPS.
            https_key_store_ptr: Pointer = Pointer(0),
            /// Offset of its name.
            https_key_store_offset: i32 = 0,
            /// Length of its name in bytes.
            https_key_store_length: i32 = 0,
        }
    }
}
