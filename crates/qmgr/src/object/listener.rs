//! The attributes of a listener.

use mqi::constants::*;
use mqi::object::ObjectType;

use super::definition::Definition;

/// Attributes of a listener, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenerAttributes {
    /// IPADDR, blank: all.
    pub(crate) address: String,
    /// PORT, 0: 1414.
    pub(crate) port: u16,
    /// BACKLOG, 0: 100.
    pub(crate) backlog: u32,
    /// CONTROL: MQSVC_CONTROL_.
    pub(crate) control: i32,
}

impl ListenerAttributes {
    /// Of the definition of a listener; one of another class gives none.
    pub(crate) fn of(definition: &Definition) -> Option<Self> {
        if definition.object != ObjectType::Listener {
            return None;
        }
        let a = &definition.attributes;
        Some(Self {
            address: a.text(MQCACH_IP_ADDRESS).to_owned(),
            port: a.int(MQIACH_PORT).and_then(|n| u16::try_from(n).ok()).unwrap_or_default(),
            backlog: a.int(MQIACH_BACKLOG).and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
            control: a
                .int(MQIACH_LISTENER_CONTROL)
                .and_then(|n| i32::try_from(n).ok())
                .unwrap_or(MQSVC_CONTROL_MANUAL),
        })
    }

    /// Whether it starts with the queue manager.
    pub(crate) fn starts_with_qmgr(&self) -> bool {
        self.control == MQSVC_CONTROL_Q_MGR || self.control == MQSVC_CONTROL_Q_MGR_START
    }
}
