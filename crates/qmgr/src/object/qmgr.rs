//! The attributes of the queue manager that calls look at.

use mqi::constants::*;
use mqi::object::AttributeSet;

use super::monitoring::Monitoring;

/// Epoch of the last run that ended so that clients do not come back. No identifier of the manuals: nothing shows it.
pub(crate) const DISMISSED_EPOCH: i32 = -1;

/// Attributes of the queue manager, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QmgrAttributes {
    /// CCSID.
    pub(crate) ccsid: i32,
    /// MAXMSGL in bytes.
    pub(crate) message_length_max: u32,
    /// MAXPROPL in bytes; none: no limit but that of the message.
    pub(crate) properties_length_max: Option<u32>,
    /// MAXHANDS: handles of a connection.
    pub(crate) handles_max: u32,
    /// MAXUMSGS: messages of a unit of work.
    pub(crate) uncommitted_max: u32,
    /// MARKINT in milliseconds; none: marks stay.
    pub(crate) mark_interval_ms: Option<u32>,
    /// TRIGINT in milliseconds.
    pub(crate) trigger_interval_ms: u32,
    /// DEADQ.
    pub(crate) dead_letter_queue: String,
    /// DEFXMITQ.
    pub(crate) default_transmission_queue: String,
    /// CONNAUTH: an AUTHINFO object.
    pub(crate) connection_authentication: String,
    /// MONQ.
    pub(crate) queue_monitoring: Monitoring,
    /// MONCHL.
    pub(crate) channel_monitoring: Monitoring,
    /// CHLAUTH(ENABLED).
    pub(crate) checks_channel_rules: bool,
    /// [`DISMISSED_EPOCH`].
    pub(crate) dismissed_epoch: Option<u32>,
}

impl QmgrAttributes {
    /// Of the definition's attributes.
    pub(crate) fn of(a: &AttributeSet) -> Self {
        let int = |id, default: i32| a.int(id).and_then(|n| i32::try_from(n).ok()).unwrap_or(default);
        let figure = |id, default: u32| a.int(id).and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
        let limit = |id, default: i64| u32::try_from(a.int(id).unwrap_or(default)).ok();
        Self {
            ccsid: int(MQIA_CODED_CHAR_SET_ID, 1208),
            message_length_max: figure(MQIA_MAX_MSG_LENGTH, 4_194_304),
            properties_length_max: limit(MQIA_MAX_PROPERTIES_LENGTH, -1),
            handles_max: figure(MQIA_MAX_HANDLES, 256),
            uncommitted_max: figure(MQIA_MAX_UNCOMMITTED_MSGS, 10_000),
            mark_interval_ms: limit(MQIA_MSG_MARK_BROWSE_INTERVAL, 5000),
            trigger_interval_ms: figure(MQIA_TRIGGER_INTERVAL, 999_999_999),
            dead_letter_queue: a.text(MQCA_DEAD_LETTER_Q_NAME).to_owned(),
            default_transmission_queue: a.text(MQCA_DEF_XMIT_Q_NAME).to_owned(),
            connection_authentication: a.text(MQCA_CONN_AUTH).to_owned(),
            queue_monitoring: Monitoring(int(MQIA_MONITORING_Q, MQMON_OFF)),
            channel_monitoring: Monitoring(int(MQIA_MONITORING_CHANNEL, MQMON_OFF)),
            checks_channel_rules: int(MQIA_CHLAUTH_RECORDS, MQCHLA_ENABLED) == MQCHLA_ENABLED,
            dismissed_epoch: a.int(DISMISSED_EPOCH).and_then(|n| u32::try_from(n).ok()),
        }
    }
}
