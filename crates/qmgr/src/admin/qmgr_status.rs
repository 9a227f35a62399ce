//! DISPLAY QMSTATUS: what the kernel knows of itself, and what the shell adds from disk and process.

use mqi::command::Message;
use mqi::constants::*;
use mqi::object::{AttributeSet, ObjectType};

use super::{Answer, Request, not_found};
use crate::kernel::Kernel;
use crate::object::date_and_time;
use crate::time::WallMs;

impl Kernel {
    pub(super) fn display_qmgr_status(&mut self, request: &Request<'_>) -> Answer {
        let object = ObjectType::QmgrStatus;
        let mut set = AttributeSet::new();
        set.set(MQCA_Q_MGR_NAME, self.config.name.as_str());
        set.set(MQIACF_Q_MGR_STATUS_INFO_TYPE, MQIACF_Q_MGR_STATUS_INFO_Q_MGR);
        let status = if self.is_ending() { MQQMSTA_QUIESCING } else { MQQMSTA_RUNNING };
        set.set(MQIACF_Q_MGR_STATUS, status);
        set.set(MQIACF_CONNECTION_COUNT, i64::try_from(self.conversations.len()).unwrap_or(i64::MAX));
        let (date, time) = date_and_time(WallMs(self.config.started_wall_ms));
        set.set(MQCACF_Q_MGR_START_DATE, date);
        set.set(MQCACF_Q_MGR_START_TIME, time);
        let durable = self.durable.0;
        set.set(MQCACF_DISK_WRITTEN_LSN, format!("<{}:{}:{}:{}>", 0, 0, durable >> 16, durable & 0xFFFF));
        // There is no channel initiator, directory, uniform cluster or group of instances.
        set.set(MQIACF_CHINIT_STATUS, MQSVC_STATUS_STOPPED);
        set.set(MQIACF_LDAP_CONNECTION_STATUS, MQLDAPC_INACTIVE);
        set.set(MQIACF_AUTO_CLUSTER_TYPE, MQAUTOCLUS_TYPE_NONE);
        set.set(MQIACF_NHA_GROUP_ROLE, MQNHAGRPROLE_NOT_CONFIGURED);
        for id in [
            MQCACF_UNIFORM_CLUSTER_NAME,
            MQCACF_NHA_GROUP_LSN,
            MQCACF_NHA_GROUP_NAME,
            MQCACF_NHA_INSTANCE_NAME,
            MQIACF_NHA_IN_SYNC_INSTANCES,
        ] {
            set.set(id, "");
        }
        for (keyword, value) in &request.facts.qmgr {
            // A fact that is no attribute, or none of its values, is a slip of the shell and shows nothing.
            if let Ok(attribute) = object.attribute(keyword)
                && let Ok(value) = attribute.parse(std::slice::from_ref(value))
            {
                set.set(attribute.id.0, value);
            }
        }
        let command = request.command;
        let rows = if command.admits(&set) { vec![command.show(object, &set)] } else { Vec::new() };
        let message: Message = not_found(self.config.name.as_str());
        self.shown(rows, message)
    }
}
