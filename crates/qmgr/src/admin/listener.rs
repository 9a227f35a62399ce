//! Listeners: START, STOP and DISPLAY LSSTATUS. The shell listens; the kernel says when and knows how it went.

use mqi::command::{Message, MessageId, ObjectRow};
use mqi::constants::*;
use mqi::object::{AttributeSet, ObjectClass, ObjectType, generic_matches};
use store::Lsn;

use super::{Answer, Done, Request, not_found};
use crate::authority::Access;
use crate::input::ListenerFacts;
use crate::kernel::Kernel;
use crate::object::{Definition, ListenerAttributes, date_and_time};
use crate::output::{ListenerAction, Output, Outputs};
use crate::time::WallMs;

/// The listener that START LISTENER without a name means.
pub(super) const DEFAULT_LISTENER: &str = "SYSTEM.DEFAULT.LISTENER.TCP";

/// A listener that listens, or is about to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenerState {
    /// When it was started.
    pub(crate) started: WallMs,
    /// What the shell says of it; none until it has said anything.
    pub(crate) facts: Option<ListenerFacts>,
}

impl Kernel {
    /// The shell says how starting or stopping a listener went, or that one has ended.
    pub(crate) fn listener_changed(
        &mut self,
        name: &str,
        state: Result<Option<ListenerFacts>, String>,
        out: &mut Outputs,
    ) {
        match state {
            Ok(Some(facts)) => {
                let started = self.now.wall;
                let listener =
                    self.listeners.entry(name.to_owned()).or_insert(ListenerState { started, facts: None });
                listener.facts = Some(facts);
            }
            Ok(None) => {
                self.listeners.remove(name);
            }
            Err(error) => {
                self.listeners.remove(name);
                let definition = self.registry.get(ObjectClass::Listener, name);
                let port = definition.and_then(ListenerAttributes::of).map_or(0, |l| port_of(&l));
                Self::log_line("AMQ9218", vec![port.to_string(), error, name.to_owned()], out);
            }
        }
    }

    /// Whether a listener listens or is about to.
    pub(super) fn is_listening(&self, name: &str) -> bool {
        self.listeners.contains_key(name)
    }

    fn start(&mut self, definition: &Definition, out: &mut Outputs) {
        let Some(listener) = ListenerAttributes::of(definition) else { return };
        let started = self.now.wall;
        self.listeners.insert(definition.name.clone(), ListenerState { started, facts: None });
        out.push(Output::Listener(ListenerAction::Start {
            name: definition.name.clone(),
            address: listener.address,
            port: listener.port,
            backlog: listener.backlog,
        }));
    }

    pub(super) fn start_listener(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let definition = self.listener_named(request)?;
        if self.is_listening(&definition.name) {
            if request.command.ignores_state() {
                return Ok(Done::new(MessageId::START_LISTENER_ACCEPTED, Lsn::NONE));
            }
            return Err(Message::new(MessageId::LISTENER_RUNNING).failed(MQRCCF_LISTENER_RUNNING));
        }
        self.start(&definition, out);
        // The definition that the listener was started by must not be lost while it listens.
        Ok(Done::new(MessageId::START_LISTENER_ACCEPTED, self.all_so_far()))
    }

    pub(super) fn stop_listener(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let definition = self.listener_named(request)?;
        if !self.is_listening(&definition.name) {
            if request.command.ignores_state() {
                return Ok(Done::new(MessageId::STOP_LISTENER_ACCEPTED, Lsn::NONE));
            }
            return Err(Message::new(MessageId::LISTENER_NOT_RUNNING).failed(MQRCCF_LISTENER_STOPPED));
        }
        out.push(Output::Listener(ListenerAction::Stop { name: definition.name }));
        Ok(Done::new(MessageId::STOP_LISTENER_ACCEPTED, Lsn::NONE))
    }

    fn listener_named(&self, request: &Request<'_>) -> Result<Definition, Message> {
        let name = match request.command.name.trim_end() {
            "" => DEFAULT_LISTENER,
            name => name,
        };
        let found = self.registry.get(ObjectClass::Listener, name).cloned().ok_or_else(|| not_found(name))?;
        Ok(found)
    }

    /// The row of a listener that runs, if it is meant.
    pub(super) fn listener_status_row(
        &self,
        request: &Request<'_>,
        definition: &Definition,
    ) -> Option<ObjectRow> {
        let command = request.command;
        let name = definition.name.as_str();
        let (state, listener) = (self.listeners.get(name)?, ListenerAttributes::of(definition)?);
        if !generic_matches(&command.name, name)
            || self.may(request, ObjectClass::Listener, name, Access::DISPLAY).is_err()
        {
            return None;
        }
        let attributes = status_of(definition, &listener, state);
        command.admits(&attributes).then(|| command.show(ObjectType::ListenerStatus, &attributes))
    }
}

fn port_of(listener: &ListenerAttributes) -> u16 {
    if listener.port == 0 { 1414 } else { listener.port }
}

fn status_of(definition: &Definition, listener: &ListenerAttributes, state: &ListenerState) -> AttributeSet {
    let mut set = AttributeSet::new();
    set.set(MQCACH_LISTENER_NAME, definition.name.as_str());
    let (date, time) = date_and_time(state.started);
    set.set(MQCACH_LISTENER_START_DATE, date);
    set.set(MQCACH_LISTENER_START_TIME, time);
    for id in [MQCACH_LISTENER_DESC, MQIACH_XMIT_PROTOCOL_TYPE, MQIACH_LISTENER_CONTROL] {
        if let Some(value) = definition.attributes.get(id) {
            set.set(id, value.clone());
        }
    }
    let backlog = if listener.backlog == 0 { 100 } else { listener.backlog };
    set.set(MQIACH_BACKLOG, i64::from(backlog));
    match &state.facts {
        Some(facts) => {
            set.set(MQIACH_LISTENER_STATUS, MQSVC_STATUS_RUNNING);
            set.set(MQIACF_PROCESS_ID, i64::from(facts.pid));
            set.set(MQCACH_IP_ADDRESS, facts.address.as_str());
            set.set(MQIACH_PORT, i64::from(facts.port));
        }
        None => {
            set.set(MQIACH_LISTENER_STATUS, MQSVC_STATUS_STARTING);
            set.set(MQIACF_PROCESS_ID, -1);
            set.set(MQCACH_IP_ADDRESS, if listener.address.is_empty() { "*" } else { &listener.address });
            set.set(MQIACH_PORT, i64::from(port_of(listener)));
        }
    }
    set
}
