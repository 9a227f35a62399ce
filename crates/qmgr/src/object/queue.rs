//! The attributes of a queue that calls look at, taken out of its definition once.

use mqi::constants::*;
use mqi::object::{AttributeSet, Custom, ObjectClass, ObjectType};

use super::definition::Definition;
use super::monitoring::Monitoring;

/// Our own attributes of a permanent dynamic queue: the user who opened the model, and the model. No command sets or
/// shows them.
pub(crate) const DYNAMIC_CREATOR: i32 = -2;
/// See [`DYNAMIC_CREATOR`].
pub(crate) const DYNAMIC_MODEL: i32 = -3;

/// The four kinds of queue definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueKind {
    /// Holds messages.
    Local,
    /// Becomes a dynamic queue when opened.
    Model,
    /// Another name for a queue or topic.
    Alias,
    /// A queue of another queue manager, or an alias of a queue manager or of a reply-to queue.
    Remote,
}

/// How a local queue came to be, or what a model makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DefinitionType {
    /// By DEFINE.
    Predefined,
    /// By MQOPEN of a model; stays.
    PermanentDynamic,
    /// By MQOPEN of a model; goes with the handle that made it.
    TemporaryDynamic,
}

/// Trigger attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TriggerAttributes {
    /// TRIGGER.
    pub(crate) is_on: bool,
    /// TRIGTYPE: MQTT_.
    pub(crate) kind: i32,
    /// TRIGDPTH.
    pub(crate) depth: u32,
    /// TRIGMPRI.
    pub(crate) priority_min: u8,
    /// TRIGDATA.
    pub(crate) data: String,
    /// INITQ.
    pub(crate) initiation_queue: String,
    /// PROCESS.
    pub(crate) process: String,
}

/// Attributes of a queue, typed. Those that a kind does not have are at their neutral value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueAttributes {
    /// Which kind.
    pub(crate) kind: QueueKind,
    /// DEFTYPE.
    pub(crate) definition_type: DefinitionType,
    /// GET(ENABLED).
    pub(crate) is_get_enabled: bool,
    /// PUT(ENABLED).
    pub(crate) is_put_enabled: bool,
    /// DEFPSIST: MQPER_PERSISTENT or not.
    pub(crate) def_persistence: i32,
    /// DEFPRTY.
    pub(crate) def_priority: i32,
    /// DEFPRESP: MQPRT_.
    pub(crate) def_put_response: i32,
    /// DEFREADA: MQREADA_.
    pub(crate) def_read_ahead: i32,
    /// DEFBIND: MQBND_.
    pub(crate) def_bind: i32,
    /// DEFSOPT(EXCL).
    pub(crate) is_exclusive_by_default: bool,
    /// SHARE.
    pub(crate) is_shareable: bool,
    /// MAXDEPTH.
    pub(crate) depth_max: u32,
    /// MAXMSGL in bytes.
    pub(crate) message_length_max: u32,
    /// MSGDLVSQ(PRIORITY); else FIFO.
    pub(crate) is_by_priority: bool,
    /// USAGE(XMITQ).
    pub(crate) is_transmission: bool,
    /// NPMCLASS(HIGH).
    pub(crate) keeps_nonpersistent: bool,
    /// HARDENBO.
    pub(crate) hardens_backout: bool,
    /// PROPCTL: MQPROP_.
    pub(crate) property_control: i32,
    /// CAPEXPRY in tenths of a second; none: no limit.
    pub(crate) expiry_cap_tenths: Option<i32>,
    /// BOTHRESH.
    pub(crate) backout_threshold: u32,
    /// BOQNAME.
    pub(crate) backout_queue: String,
    /// MONQ.
    pub(crate) monitoring: Monitoring,
    /// TARGET of an alias.
    pub(crate) target: String,
    /// TARGTYPE(TOPIC).
    pub(crate) is_target_topic: bool,
    /// RNAME.
    pub(crate) remote_queue: String,
    /// RQMNAME.
    pub(crate) remote_qmgr: String,
    /// XMITQ.
    pub(crate) transmission_queue: String,
    /// TRIGGER and what belongs to it.
    pub(crate) trigger: TriggerAttributes,
}

impl QueueAttributes {
    /// Of the definition of a queue; one of another class gives none.
    pub(crate) fn of(definition: &Definition) -> Option<Self> {
        let kind = match definition.object {
            ObjectType::QLocal => QueueKind::Local,
            ObjectType::QModel => QueueKind::Model,
            ObjectType::QAlias => QueueKind::Alias,
            ObjectType::QRemote => QueueKind::Remote,
            _ => return None,
        };
        Some(Self::of_attributes(kind, &definition.attributes))
    }

    fn of_attributes(kind: QueueKind, a: &AttributeSet) -> Self {
        let int = |id, default: i32| a.int(id).and_then(|n| i32::try_from(n).ok()).unwrap_or(default);
        let figure = |id, default: u32| a.int(id).and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
        let text = |id| a.text(id).to_owned();
        // CUSTOM says it where CAPEXPRY does not: versions without the attribute have it there.
        let custom = Custom::parse(a.text(MQCA_CUSTOM), ObjectClass::Queue).unwrap_or_default();
        let expiry_cap = match int(MQIA_CAP_EXPIRY, MQCEX_NOLIMIT) {
            MQCEX_NOLIMIT => custom.expiry_cap_tenths.unwrap_or(MQCEX_NOLIMIT),
            cap => cap,
        };
        Self {
            kind,
            definition_type: match int(MQIA_DEFINITION_TYPE, MQQDT_PREDEFINED) {
                MQQDT_PERMANENT_DYNAMIC => DefinitionType::PermanentDynamic,
                MQQDT_TEMPORARY_DYNAMIC => DefinitionType::TemporaryDynamic,
                _ => DefinitionType::Predefined,
            },
            is_get_enabled: int(MQIA_INHIBIT_GET, MQQA_GET_ALLOWED) == MQQA_GET_ALLOWED,
            is_put_enabled: int(MQIA_INHIBIT_PUT, MQQA_PUT_ALLOWED) == MQQA_PUT_ALLOWED,
            def_persistence: int(MQIA_DEF_PERSISTENCE, MQPER_NOT_PERSISTENT),
            def_priority: int(MQIA_DEF_PRIORITY, 0),
            def_put_response: int(MQIA_DEF_PUT_RESPONSE_TYPE, MQPRT_SYNC_RESPONSE),
            def_read_ahead: int(MQIA_DEF_READ_AHEAD, MQREADA_NO),
            def_bind: int(MQIA_DEF_BIND, MQBND_BIND_ON_OPEN),
            is_exclusive_by_default: int(MQIA_DEF_INPUT_OPEN_OPTION, MQOO_INPUT_SHARED)
                == MQOO_INPUT_EXCLUSIVE,
            is_shareable: int(MQIA_SHAREABILITY, MQQA_SHAREABLE) == MQQA_SHAREABLE,
            depth_max: figure(MQIA_MAX_Q_DEPTH, 5000),
            message_length_max: figure(MQIA_MAX_MSG_LENGTH, 4_194_304),
            is_by_priority: int(MQIA_MSG_DELIVERY_SEQUENCE, MQMDS_PRIORITY) == MQMDS_PRIORITY,
            is_transmission: int(MQIA_USAGE, MQUS_NORMAL) == MQUS_TRANSMISSION,
            keeps_nonpersistent: int(MQIA_NPM_CLASS, MQNPM_CLASS_NORMAL) == MQNPM_CLASS_HIGH,
            hardens_backout: int(MQIA_HARDEN_GET_BACKOUT, MQQA_BACKOUT_HARDENED) == MQQA_BACKOUT_HARDENED,
            property_control: int(MQIA_PROPERTY_CONTROL, MQPROP_COMPATIBILITY),
            expiry_cap_tenths: (expiry_cap != MQCEX_NOLIMIT).then_some(expiry_cap),
            backout_threshold: figure(MQIA_BACKOUT_THRESHOLD, 0),
            backout_queue: text(MQCA_BACKOUT_REQ_Q_NAME),
            monitoring: Monitoring(int(MQIA_MONITORING_Q, MQMON_Q_MGR)),
            target: text(MQCA_BASE_OBJECT_NAME),
            is_target_topic: int(MQIA_BASE_TYPE, MQOT_Q) == MQOT_TOPIC,
            remote_queue: text(MQCA_REMOTE_Q_NAME),
            remote_qmgr: text(MQCA_REMOTE_Q_MGR_NAME),
            transmission_queue: text(MQCA_XMIT_Q_NAME),
            trigger: TriggerAttributes {
                is_on: int(MQIA_TRIGGER_CONTROL, MQTC_OFF) == MQTC_ON,
                kind: int(MQIA_TRIGGER_TYPE, MQTT_FIRST),
                depth: figure(MQIA_TRIGGER_DEPTH, 1),
                priority_min: u8::try_from(int(MQIA_TRIGGER_MSG_PRIORITY, 0)).unwrap_or_default(),
                data: text(MQCA_TRIGGER_DATA),
                initiation_queue: text(MQCA_INITIATION_Q_NAME),
                process: text(MQCA_PROCESS_NAME),
            },
        }
    }
}
