//! DISPLAY: long lists are made in slices, so that calls go on meanwhile.
//!
//! ```text
//! command ──► PendingDisplay ──slice, one a turn──► … ──► reply
//!                  ▲    │
//!                  └────┘ Position: where the next slice begins
//! ```
//!
//! A list is no snapshot: what is defined or deleted while it is made may be in it or not. Objects are shown from their
//! definitions, with the counters that belong to them; what runs is shown by `queue_status` and `connection`.

use mqi::command::{Command, CommandReply, Message, ObjectRow, Requested};
use mqi::constants::*;
use mqi::object::{AttributeId, AttributeSet, ObjectClass, ObjectType, Value};

use super::{Request, not_found};
use crate::authority::{Access, User};
use crate::input::{Facts, Ticket};
use crate::kernel::Kernel;
use crate::object::{Definition, DefinitionType};
use crate::output::{Output, Outputs};

/// Objects looked at in one slice: about half a millisecond when all of each is shown.
const SLICE: usize = 100;

/// The model of the queues on which runmqsc has its answers.
const REPLY_MODEL: &str = "SYSTEM.MQSC.REPLY.QUEUE";

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// With the object of this name, or the first one after it.
    Object(ObjectClass, String),
    /// With the connection of this index, or the first one after it.
    Connection(u32),
    /// Nowhere: it is complete.
    End,
}

/// A list that is being made.
#[derive(Debug)]
pub(crate) struct PendingDisplay {
    ticket: Ticket,
    user: User,
    command: Command,
    facts: Facts,
    rows: Vec<ObjectRow>,
    at: Position,
}

/// What a slice has found, and how many objects it may still look at.
pub(super) struct Slice {
    pub(super) rows: Vec<ObjectRow>,
    left: usize,
}

impl Slice {
    /// Whether one more may be looked at in this slice.
    pub(super) fn take(&mut self) -> bool {
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_left
    }
}

impl Kernel {
    /// Begins a list; its reply comes when it is complete.
    pub(super) fn begin_display(
        &mut self,
        ticket: Ticket,
        request: &Request<'_>,
        out: &mut Outputs,
    ) -> Result<(), Message> {
        let command = request.command.clone();
        let name = command.name.trim_end().to_owned();
        let class = match command.row.class {
            ObjectClass::QueueStatus => ObjectClass::Queue,
            class => class,
        };
        match class {
            ObjectClass::Qmgr | ObjectClass::Connection => {
                self.permit(request, ObjectClass::Qmgr, "", Access::DISPLAY, out)?;
            }
            // Of many, those are left out that the user may not see.
            _ if name.ends_with('*') => {}
            _ => self.permit(request, class, &name, Access::DISPLAY, out)?,
        }
        let at = match class {
            ObjectClass::Connection => Position::Connection(0),
            ObjectClass::Qmgr => Position::Object(class, String::new()),
            _ => Position::Object(class, name.strip_suffix('*').unwrap_or(&name).to_owned()),
        };
        let (user, facts) = (request.user.clone(), request.facts.clone());
        self.displays.push_back(PendingDisplay { ticket, user, command, facts, rows: Vec::new(), at });
        Ok(())
    }

    /// Makes the next slice of the list that was asked for first.
    pub(crate) fn display_slice(&mut self, out: &mut Outputs) {
        let Some(mut pending) = self.displays.pop_front() else { return };
        let request = Request { user: &pending.user, command: &pending.command, facts: &pending.facts };
        let mut slice = Slice { rows: std::mem::take(&mut pending.rows), left: SLICE };
        let mut at = pending.at.clone();
        while at != Position::End && slice.left > 0 {
            at = match (at, pending.command.row.class) {
                (Position::Object(_, from), ObjectClass::QueueStatus) => {
                    self.queue_status_from(&request, &from, &mut slice)
                }
                (Position::Object(class, from), _) => self.objects_from(&request, class, &from, &mut slice),
                (Position::Connection(from), _) => self.connections_from(&request, from, &mut slice),
                (Position::End, _) => Position::End,
            };
        }
        pending.rows = slice.rows;
        if at != Position::End {
            pending.at = at;
            self.displays.push_front(pending);
            return;
        }
        let PendingDisplay { ticket, command, mut rows, .. } = pending;
        if command.row.class == ObjectClass::Channel {
            rows.sort_by(|a, b| name_shown(a).cmp(name_shown(b)));
        }
        let reply = if rows.is_empty() {
            let mut message = not_found(&command.name);
            if command.row.class == ObjectClass::QueueStatus {
                message.reason = MQRCCF_Q_STATUS_NOT_FOUND;
            }
            CommandReply::message(message)
        } else {
            CommandReply::objects(rows)
        };
        out.push(Output::CommandReply { ticket, reply: Box::new(reply), wait: self.all_so_far() });
    }

    fn objects_from(
        &self,
        request: &Request<'_>,
        class: ObjectClass,
        from: &str,
        slice: &mut Slice,
    ) -> Position {
        let command = request.command;
        let is_generic = command.name.ends_with('*');
        let stem = match class {
            ObjectClass::Qmgr => "",
            _ => command.name.strip_suffix('*').unwrap_or(command.name.trim_end()),
        };
        for definition in self.registry.after(class, from).take_while(|d| d.name.starts_with(stem)) {
            if !slice.take() {
                return Position::Object(class, definition.name.clone());
            }
            let object = definition.object;
            // Topics of clusters are of other queue managers.
            let is_elsewhere = object == ObjectType::Topic
                && command.option(MQIA_TOPIC_TYPE) == Some(i64::from(MQTOPT_CLUSTER));
            let is_meant =
                class == ObjectClass::Qmgr || command.means(object, &definition.name) && !is_elsewhere;
            if !is_meant
                || (is_generic && self.is_reply_queue_of_runmqsc(&definition.name))
                || (is_generic && self.may(request, class, &definition.name, Access::DISPLAY).is_err())
            {
                continue;
            }
            let attributes = self.attributes_wanted(command, definition);
            if command.admits(&attributes) {
                slice.rows.push(command.show(object, &attributes));
            }
        }
        match class {
            // Client-connection channels have names of their own, and are shown with the others.
            ObjectClass::Channel => Position::Object(ObjectClass::ClientChannel, stem.to_owned()),
            _ => Position::End,
        }
    }

    /// Whether this is a queue that runmqsc made to have its answers on: an administrator who lists queues did not
    /// make it, and does not want to see it.
    pub(super) fn is_reply_queue_of_runmqsc(&self, name: &str) -> bool {
        let queue = self.queues.by_name(name).map(|ix| self.queues.get(ix));
        queue.is_some_and(|queue| {
            queue.attributes.definition_type == DefinitionType::TemporaryDynamic
                && queue.origin.as_ref().is_some_and(|origin| origin.model.as_str() == REPLY_MODEL)
        })
    }

    /// What the command wants to show or compare of an object. A list of a thousand names costs a thousand names.
    fn attributes_wanted(&self, command: &Command, definition: &Definition) -> AttributeSet {
        let ids: &[AttributeId] = match &command.requested {
            Requested::Some(ids) => ids,
            Requested::Default if command.name.ends_with('*') => &[],
            Requested::All | Requested::Default => return self.attributes_of(definition),
        };
        let mut set = AttributeSet::new();
        let always = command.row.always.iter().map(|id| AttributeId(*id));
        let filtered = command.filter.as_ref().map(|filter| filter.id);
        let wanted = ids.iter().copied().chain(always).chain(filtered);
        for id in wanted.chain(definition.object.type_attribute()) {
            if let Some(value) = definition.attributes.get(id.0) {
                set.set(id.0, value.clone());
            }
        }
        self.add_live(definition, &mut set);
        set
    }

    /// All there is to show of an object: its definition, its name, and its counters.
    pub(crate) fn attributes_of(&self, definition: &Definition) -> AttributeSet {
        let mut set = definition.attributes.clone();
        self.add_live(definition, &mut set);
        set
    }

    /// Adds name and counters.
    fn add_live(&self, definition: &Definition, set: &mut AttributeSet) {
        if let Some(key) = definition.object.key() {
            set.set(key.id.0, definition.name.as_str());
        }
        match definition.object {
            ObjectType::QLocal => {
                if let Some(ix) = self.queues.by_name(&definition.name) {
                    let queue = self.queues.get(ix);
                    set.set(MQIA_CURRENT_Q_DEPTH, i64::from(queue.depth));
                    set.set(MQIA_OPEN_INPUT_COUNT, i64::from(queue.input_count));
                    set.set(MQIA_OPEN_OUTPUT_COUNT, i64::from(queue.output_count));
                }
            }
            ObjectType::Namelist => {
                let count = definition.attributes.list(MQCA_NAMES).len();
                set.set(MQIA_NAME_COUNT, i64::try_from(count).unwrap_or(i64::MAX));
            }
            ObjectType::Qmgr => {
                // Of the program that runs, whichever wrote the definition.
                set.set(MQIA_COMMAND_LEVEL, self.config.command_level);
                set.set(MQCA_VERSION, mqi::version::VERSION);
            }
            ObjectType::Sub => {
                set.set(MQCACF_SUB_NAME, definition.name.as_str());
            }
            _ => {}
        }
    }
}

fn name_shown(row: &ObjectRow) -> &str {
    row.attributes.first().and_then(|(_, value)| Value::as_text(value)).unwrap_or_default()
}
