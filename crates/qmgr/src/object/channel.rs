//! The attributes of a channel that the kernel and the network side look at.

use mqi::constants::*;
use mqi::object::ObjectType;

use super::definition::Definition;
use super::monitoring::Monitoring;

/// Attributes of a channel, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelAttributes {
    /// Which type.
    pub(crate) object: ObjectType,
    /// MCAUSER.
    pub(crate) mca_user: String,
    /// MAXMSGL in bytes.
    pub(crate) message_length_max: u32,
    /// MAXINST.
    pub(crate) instances_max: u32,
    /// MAXINSTC.
    pub(crate) instances_max_per_client: u32,
    /// SHARECNV.
    pub(crate) conversations_max: u32,
    /// HBINT in seconds.
    pub(crate) heartbeat_interval_s: u32,
    /// SSLCIPH is not blank: nobody may come in the clear.
    pub(crate) needs_tls: bool,
    /// MONCHL.
    pub(crate) monitoring: Monitoring,
    /// DISCINT in seconds, 0: never.
    pub(crate) disconnect_interval_s: u32,
    /// STOP CHANNEL has stopped it, and no START since. Not an attribute of the tables, but kept with them.
    pub(crate) is_stopped: bool,
}

impl ChannelAttributes {
    /// Of the definition of a channel; one of another class gives none.
    pub(crate) fn of(definition: &Definition) -> Option<Self> {
        if !definition.object.class().is_channel() {
            return None;
        }
        let a = &definition.attributes;
        let figure = |id, default: u32| a.int(id).and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
        Some(Self {
            object: definition.object,
            mca_user: a.text(MQCACH_MCA_USER_ID).to_owned(),
            message_length_max: figure(MQIACH_MAX_MSG_LENGTH, 4_194_304),
            instances_max: figure(MQIACH_MAX_INSTANCES, 999_999_999),
            instances_max_per_client: figure(MQIACH_MAX_INSTS_PER_CLIENT, 999_999_999),
            conversations_max: figure(MQIACH_SHARING_CONVERSATIONS, 10),
            heartbeat_interval_s: figure(MQIACH_HB_INTERVAL, 300),
            needs_tls: !a.text(MQCACH_SSL_CIPHER_SPEC).trim().is_empty(),
            monitoring: Monitoring(
                a.int(MQIA_MONITORING_CHANNEL).and_then(|n| i32::try_from(n).ok()).unwrap_or(MQMON_Q_MGR),
            ),
            disconnect_interval_s: figure(MQIACH_DISC_INTERVAL, 0),
            is_stopped: a.int(MQIACH_CHANNEL_STATUS) == Some(i64::from(MQCHS_STOPPED)),
        })
    }
}
