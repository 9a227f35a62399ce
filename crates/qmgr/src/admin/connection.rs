//! DISPLAY CONN and STOP CONN: connections of applications, with their handles.

use mqi::Reason;
use mqi::command::{Command, MessageId};
use mqi::constants::*;
use mqi::object::{AttributeSet, EXTCONN, ObjectClass, ObjectType, generic_matches};

use super::list::{Position, Slice};
use super::needed::refuse_removal;
use super::{Answer, Done, Request, not_found};
use crate::conversation::{ConvIx, Conversation, InCall};
use crate::handle::{Handle, Opened};
use crate::kernel::Kernel;
use crate::object::date_and_time;
use crate::output::Outputs;
use crate::time::WallMs;

/// MQCNO options by name, as CONNOPTS lists them.
const CONNECT_OPTIONS: &[(i32, &str)] = &[
    (MQCNO_FASTPATH_BINDING, "MQCNO_FASTPATH_BINDING"),
    (MQCNO_SHARED_BINDING, "MQCNO_SHARED_BINDING"),
    (MQCNO_ISOLATED_BINDING, "MQCNO_ISOLATED_BINDING"),
    (MQCNO_HANDLE_SHARE_NONE, "MQCNO_HANDLE_SHARE_NONE"),
    (MQCNO_HANDLE_SHARE_BLOCK, "MQCNO_HANDLE_SHARE_BLOCK"),
    (MQCNO_HANDLE_SHARE_NO_BLOCK, "MQCNO_HANDLE_SHARE_NO_BLOCK"),
    (MQCNO_RECONNECT, "MQCNO_RECONNECT"),
    (MQCNO_RECONNECT_DISABLED, "MQCNO_RECONNECT_DISABLED"),
    (MQCNO_RECONNECT_Q_MGR, "MQCNO_RECONNECT_Q_MGR"),
    (MQCNO_GENERATE_CONN_TAG, "MQCNO_GENERATE_CONN_TAG"),
];

/// MQOO options by name, as OPENOPTS lists them.
const OPEN_OPTIONS: &[(i32, &str)] = &[
    (MQOO_INPUT_SHARED, "MQOO_INPUT_SHARED"),
    (MQOO_INPUT_EXCLUSIVE, "MQOO_INPUT_EXCLUSIVE"),
    (MQOO_BROWSE, "MQOO_BROWSE"),
    (MQOO_OUTPUT, "MQOO_OUTPUT"),
    (MQOO_INQUIRE, "MQOO_INQUIRE"),
    (MQOO_SET, "MQOO_SET"),
    (MQOO_SAVE_ALL_CONTEXT, "MQOO_SAVE_ALL_CONTEXT"),
    (MQOO_PASS_IDENTITY_CONTEXT, "MQOO_PASS_IDENTITY_CONTEXT"),
    (MQOO_PASS_ALL_CONTEXT, "MQOO_PASS_ALL_CONTEXT"),
    (MQOO_SET_IDENTITY_CONTEXT, "MQOO_SET_IDENTITY_CONTEXT"),
    (MQOO_SET_ALL_CONTEXT, "MQOO_SET_ALL_CONTEXT"),
    (MQOO_ALTERNATE_USER_AUTHORITY, "MQOO_ALTERNATE_USER_AUTHORITY"),
    (MQOO_FAIL_IF_QUIESCING, "MQOO_FAIL_IF_QUIESCING"),
];

impl Kernel {
    /// The connections of a slice of DISPLAY CONN.
    pub(super) fn connections_from(&self, request: &Request<'_>, from: u32, slice: &mut Slice) -> Position {
        let command = request.command;
        let kind = command.option(MQIACF_CONN_INFO_TYPE).and_then(|n| i32::try_from(n).ok());
        let (has_connection, has_handles) = match kind.unwrap_or(MQIACF_CONN_INFO_CONN) {
            MQIACF_CONN_INFO_HANDLE => (false, true),
            MQIACF_CONN_INFO_ALL => (true, true),
            _ => (true, false),
        };
        for (ix, conversation) in self.conversations.iter_from(ConvIx(from)) {
            if !slice.take() {
                return Position::Connection(ix.0);
            }
            if !is_named(conversation, &command.name, command.options.text(EXTCONN)) {
                continue;
            }
            let all = self.connection(ix, conversation);
            let is_about_handles = filters_handles(command);
            let handles = conversation.handles.iter().filter(|_| has_handles || is_about_handles);
            let mut handles: Vec<_> = handles.map(|h| self.handle_attributes(conversation, h)).collect();
            // WHERE looks at the connections, or at handles: then at connections that have such a handle.
            if is_about_handles {
                handles.retain(|handle| command.admits(handle));
                if handles.is_empty() {
                    continue;
                }
            } else if !command.admits(&all) {
                continue;
            }
            let mut row = if has_connection {
                command.show(ObjectType::Connection, &all)
            } else {
                command.show(ObjectType::Connection, &only_names(&all))
            };
            if has_handles {
                let rows = handles.iter().map(|set| command.show(ObjectType::ConnectionHandle, set));
                // Of a handle that has nothing of what was asked for, nothing is shown.
                row.handles = rows.filter(|handle| !handle.attributes.is_empty()).collect();
            }
            slice.rows.push(row);
        }
        Position::End
    }

    fn handle_attributes(&self, conversation: &Conversation, handle: &Handle) -> AttributeSet {
        let mut set = AttributeSet::new();
        let object_type = match handle.opened {
            Opened::Queue(_) | Opened::Definition => MQOT_Q,
            Opened::QueueManager => MQOT_Q_MGR,
            Opened::Process => MQOT_PROCESS,
            Opened::Namelist => MQOT_NAMELIST,
        };
        set.set(MQCACF_OBJECT_NAME, handle.name.as_str());
        set.set(MQIACF_OBJECT_TYPE, object_type);
        set.set(MQIACF_ASYNC_STATE, async_state(handle));
        set.set(MQIACF_HANDLE_STATE, handle_state(conversation, handle));
        set.set(MQCACF_DESTINATION, "");
        set.set(MQCACF_DESTINATION_Q_MGR, "");
        set.set(MQIACF_OPEN_OPTIONS, names_of(handle.options, OPEN_OPTIONS));
        set.set(MQIA_READ_AHEAD, MQREADA_NO);
        set
    }

    fn connection(&self, ix: ConvIx, conversation: &Conversation) -> AttributeSet {
        let mut set = self.application(ix, conversation);
        let (external, id) = conversation.connection_id.split_at(16);
        set.set(MQBACF_CONNECTION_ID, id.to_vec());
        set.set(EXTCONN, external.to_vec());
        set.set(MQIACF_CONN_INFO_TYPE, MQIACF_CONN_INFO_CONN);
        let consumers = conversation.handles.iter().any(|handle| handle.consumer.is_some());
        set.set(MQIACF_ASYNC_STATE, if consumers { MQAS_STARTED } else { MQAS_NONE });
        set.set(MQCACH_CLIENT_ID, "");
        set.set(MQIACF_CONNECT_OPTIONS, names_of(conversation.options, CONNECT_OPTIONS));
        let uow = conversation.uow.map(|uow| self.uows.get(uow)).filter(|uow| uow.len() > 0);
        let (date, time) = match uow {
            Some(uow) => date_and_time(WallMs(uow.started_wall_ms)),
            None => (String::new(), String::new()),
        };
        let is_logged = uow.is_some_and(|uow| uow.first_lsn.is_some());
        let when_logged = |text: &String| if is_logged { text.clone() } else { String::new() };
        set.set(MQCACF_UOW_LOG_EXTENT_NAME, "");
        set.set(MQCACF_UOW_LOG_START_DATE, when_logged(&date));
        set.set(MQCACF_UOW_LOG_START_TIME, when_logged(&time));
        set.set(MQCACF_UOW_START_DATE, date);
        set.set(MQCACF_UOW_START_TIME, time);
        set.set(MQIACF_UOW_STATE, if uow.is_some() { MQUOWST_ACTIVE } else { MQUOWST_NONE });
        set.set(MQBACF_EXTERNAL_UOW_ID, "XA_FORMATID[] XA_GTRID[] XA_BQUAL[]");
        let tag = String::from_utf8_lossy(&conversation.connection_id[4..16]).trim_end().to_owned();
        set.set(MQBACF_CONN_TAG, format!("MQCT{}{tag}", hexadecimal(id)));
        set
    }

    /// What is shown of the application behind a connection, here and with the handles of a queue.
    pub(super) fn application(&self, ix: ConvIx, conversation: &Conversation) -> AttributeSet {
        let mut set = AttributeSet::new();
        let identity = &conversation.identity;
        // The process of a client is on another machine, or behind the channel; -1 is shown as blank.
        let pid = if identity.pid == 0 { -1 } else { i64::from(identity.pid) };
        set.set(MQIACF_PROCESS_ID, pid);
        set.set(MQIACF_THREAD_ID, i64::from(ix.0) + 1);
        let is_client = identity.channel.is_some();
        set.set(MQCACF_APPL_DESC, if is_client { "Packhorse Channel" } else { "" });
        set.set(MQCACF_APPL_TAG, conversation.appl_name.to_text().into_owned());
        let is_own = conversation.appl_type == MQAT_QMGR;
        set.set(MQIA_APPL_TYPE, if is_own { MQAT_QMGR } else { MQAT_USER });
        set.set(MQCACH_CHANNEL_NAME, identity.channel.as_deref().unwrap_or_default());
        set.set(MQCACH_CONNECTION_NAME, identity.address.as_str());
        set.set(MQCACF_USER_IDENTIFIER, conversation.user.name.as_str());
        let number = conversation.uow.map_or(0, |uow| self.uows.get(uow).id.0);
        set.set(MQBACF_Q_MGR_UOW_ID, format!("{}.{}", number >> 32, number & 0xFFFF_FFFF));
        set.set(MQIACF_UOW_TYPE, MQUOWT_Q_MGR);
        set
    }

    pub(super) fn stop_connection(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let command = request.command;
        let external = command.options.text(EXTCONN);
        let name = command.name.trim_end();
        let found = self.conversations.iter().find(|(_, c)| {
            hexadecimal(&c.connection_id[16..]).eq_ignore_ascii_case(name) && is_named(c, "*", external)
        });
        let Some((ix, conversation)) = found else {
            let mut message = not_found(name);
            message.reason = MQRCCF_CONNECTION_ID_ERROR;
            return Err(message);
        };
        // A client may call itself what it likes.
        if conversation.appl_type == MQAT_QMGR && conversation.identity.channel.is_none() {
            return refuse_removal(conversation.appl_name.as_str());
        }
        let identity = &conversation.identity;
        let stopped = [
            conversation.appl_name.to_text().into_owned(),
            conversation.user.name.clone(),
            identity.channel.clone().unwrap_or_default(),
            identity.address.clone(),
            request.user.name.clone(),
        ];
        Self::log_line("AMQ8457", stopped.to_vec(), out);
        self.stop_conversation(ix, Reason::CONNECTION_BROKEN, out);
        Ok(Done::new(MessageId::CONNECTION_STOPPED, self.all_so_far()))
    }
}

/// Whether a connection has this identifier, perhaps generic, and this extended one, if given.
fn is_named(conversation: &Conversation, name: &str, external: &str) -> bool {
    let (before, id) = conversation.connection_id.split_at(16);
    let name = name.to_ascii_uppercase();
    let external = external.to_ascii_uppercase();
    generic_matches(name.trim_end(), &hexadecimal(id))
        && (external.is_empty() || generic_matches(external.trim_end(), &hexadecimal(before)))
}

fn only_names(all: &AttributeSet) -> AttributeSet {
    let mut names = AttributeSet::new();
    for id in [MQBACF_CONNECTION_ID, EXTCONN] {
        if let Some(value) = all.get(id) {
            names.set(id, value.clone());
        }
    }
    names.set(MQIACF_CONN_INFO_TYPE, MQIACF_CONN_INFO_HANDLE);
    names
}

/// Whether WHERE is about handles: about what only they have, or when only they are shown.
fn filters_handles(command: &Command) -> bool {
    command.filter.as_ref().is_some_and(|filter| {
        let is_of = |class: ObjectClass| class.attribute_by_id(filter.id.0).is_some();
        is_of(ObjectClass::ConnectionHandle)
            && (command.object == Some(ObjectType::ConnectionHandle) || !is_of(ObjectClass::Connection))
    })
}

/// HSTATE: whether a call on the handle is in progress.
pub(super) fn handle_state(conversation: &Conversation, handle: &Handle) -> i32 {
    match &conversation.in_call {
        InCall::Waiting(waiting) if waiting.get.hobj == handle.hobj => MQHSTATE_ACTIVE,
        InCall::Loading(loading) if loading.get.hobj == handle.hobj => MQHSTATE_ACTIVE,
        _ => MQHSTATE_INACTIVE,
    }
}

/// State of a handle's consumer.
pub(super) fn async_state(handle: &Handle) -> i32 {
    if handle.consumer.is_some() { MQAS_ACTIVE } else { MQAS_NONE }
}

fn names_of(options: i32, table: &[(i32, &str)]) -> Vec<String> {
    let set = table.iter().filter(|(bit, _)| options & bit == *bit);
    set.map(|(_, name)| (*name).to_owned()).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
