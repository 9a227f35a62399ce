//! MQCD: a channel definition, as exits and client programs see it.
//!
//! It never travels as such. Field by field it is the channel object: the fields have the names and meanings of the
//! channel attributes, which the table of [`crate::object`] describes.

use crate::chars::Chars;
use crate::structure::{Pointer, structure};

structure! {
    /// Channel definition. Has no structure id: the channel name comes first.
    #[allow(missing_docs)]
    pub struct Cd {
        lead: /// Name of the channel.
        channel_name: Chars<20>,
        reason: CD_ERROR,
        default_version: 11,
        1 {
            channel_type: i32 = MQCHT_CLNTCONN,
            transport_type: i32 = MQXPT_TCP,
            desc: Chars<64> = Chars::BLANK,
            q_mgr_name: Chars<48> = Chars::BLANK,
            xmit_q_name: Chars<48> = Chars::BLANK,
            short_connection_name: Chars<20> = Chars::BLANK,
            mca_name: Chars<20> = Chars::BLANK,
            mode_name: Chars<8> = Chars::BLANK,
            tp_name: Chars<64> = Chars::BLANK,
            batch_size: i32 = 50,
            disc_interval: i32 = 6000,
            short_retry_count: i32 = 10,
            short_retry_interval: i32 = 60,
            long_retry_count: i32 = 999999999,
            long_retry_interval: i32 = 1200,
            security_exit: Chars<128> = Chars::BLANK,
            msg_exit: Chars<128> = Chars::BLANK,
            send_exit: Chars<128> = Chars::BLANK,
            receive_exit: Chars<128> = Chars::BLANK,
            seq_number_wrap: i32 = 999999999,
            max_msg_length: i32 = 4194304,
            put_authority: i32 = MQPA_DEFAULT,
            data_conversion: i32 = MQCDC_NO_SENDER_CONVERSION,
            security_user_data: Chars<32> = Chars::BLANK,
            msg_user_data: Chars<32> = Chars::BLANK,
            send_user_data: Chars<32> = Chars::BLANK,
            receive_user_data: Chars<32> = Chars::BLANK,
        }
        2 {
            user_identifier: Chars<12> = Chars::BLANK,
            password: Chars<12> = Chars::BLANK,
            mca_user_identifier: Chars<12> = Chars::BLANK,
            mca_type: i32 = MQMCAT_PROCESS,
            connection_name: Chars<264> = Chars::BLANK,
            remote_user_identifier: Chars<12> = Chars::BLANK,
            remote_password: Chars<12> = Chars::BLANK,
        }
        3 {
            msg_retry_exit: Chars<128> = Chars::BLANK,
            msg_retry_user_data: Chars<32> = Chars::BLANK,
            msg_retry_count: i32 = 10,
            msg_retry_interval: i32 = 1000,
        }
        4 {
            heartbeat_interval: i32 = 300,
            batch_interval: i32 = 0,
            non_persistent_msg_speed: i32 = MQNPMS_FAST,
            struc_length: i32 = Self::wire_len(11) as i32,
            exit_name_length: i32 = MQ_EXIT_NAME_LENGTH,
            exit_data_length: i32 = MQ_EXIT_DATA_LENGTH,
            msg_exits_defined: i32 = 0,
            send_exits_defined: i32 = 0,
            receive_exits_defined: i32 = 0,
            msg_exit_ptr: Pointer = Pointer(0),
            msg_user_data_ptr: Pointer = Pointer(0),
            send_exit_ptr: Pointer = Pointer(0),
            send_user_data_ptr: Pointer = Pointer(0),
            receive_exit_ptr: Pointer = Pointer(0),
            receive_user_data_ptr: Pointer = Pointer(0),
        }
        5 {
            cluster_ptr: Pointer = Pointer(0),
            clusters_defined: i32 = 0,
            network_priority: i32 = 0,
        }
        6 {
            long_mca_user_id_length: i32 = 0,
            long_remote_user_id_length: i32 = 0,
            long_mca_user_id_ptr: Pointer = Pointer(0),
            long_remote_user_id_ptr: Pointer = Pointer(0),
            mca_security_id: [u8; 40] = [0; 40],
            remote_security_id: [u8; 40] = [0; 40],
        }
        7 {
            ssl_cipher_spec: Chars<32> = Chars::BLANK,
            ssl_peer_name_ptr: Pointer = Pointer(0),
            ssl_peer_name_length: i32 = 0,
            ssl_client_auth: i32 = 0,
            keep_alive_interval: i32 = -1,
            local_address: Chars<48> = Chars::BLANK,
            batch_heartbeat: i32 = 0,
        }
        8 {
            hdr_comp_list: [i32; 2] = [0, -1],
            msg_comp_list: [i32; 16] = [0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1],
            clwl_channel_rank: i32 = 0,
            clwl_channel_priority: i32 = 0,
            clwl_channel_weight: i32 = 50,
            channel_monitoring: i32 = 0,
            channel_statistics: i32 = 0,
            sharing_conversations: i32 = 10,
        }
        9 {
            property_control: i32 = 0,
            max_instances: i32 = 999999999,
            max_instances_per_client: i32 = 999999999,
            client_channel_weight: i32 = 0,
            connection_affinity: i32 = 1,
            batch_data_limit: i32 = 5000,
        }
        10 {
            use_dlq: i32 = 2,
            def_reconnect: i32 = 0,
        }
        11 {
            certificate_label: Chars<64> = Chars::BLANK,
        }
        12 {
            spl_protection: i32 = 0,
        }
        13 {
            quantum_safe_algorithm: i32 = 0,
            quantum_safe_required: i32 = 0,
        }
    }
}
