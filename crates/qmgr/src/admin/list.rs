//! Lists: what DISPLAY may show many rows of is made in slices, and told in batches.
//!
//! ```text
//!             first slice                         CommandMore
//! command ──► List ─────┬──────────────► running ◄─────────── resting
//!                       │          slice, one a turn │   batch   ▲   │
//!                       ▼                            ├───────────┘   │ CommandDropped
//!                  CommandReply ◄────────────────────┘               ▼
//! ```
//!
//! What is short is answered at once. The next batch is made when whoever is told the list has room for it, so that a
//! list takes a bounded amount of memory, however long it is. Many lists take turns.
//!
//! A list is no snapshot. Its place is the key of what comes next: what is defined or deleted while it is made may be in
//! it or not, and nothing is in it twice.

use std::collections::VecDeque;

use mqi::command::{Command, CommandReply, Message, MessageId, ObjectRow};
use mqi::constants::*;
use mqi::object::ObjectClass;

use super::{Request, not_found};
use crate::authority::User;
use crate::hash::Map;
use crate::input::{Facts, SocketFacts, Ticket};
use crate::kernel::Kernel;
use crate::object::{Definition, Key};
use crate::output::{Output, Outputs};

/// Objects looked at in one slice: 0.4 ms, with the messages that show all of each.
const SLICE: usize = 25;
/// Rows that are told at once; the reply has the last ones.
const BATCH: usize = 25;

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// With the definition of this key, or the first one after it.
    Definition(Key),
    /// With the handles on the queue of this key, from those of the connection of this index on.
    Handles(Key, u32),
    /// With the connection of this index, or the first one after it.
    Connection(u32),
    /// With the sockets after this number, which only the shell knows.
    Sockets(u64),
    /// With the channel of this key, or the first one after it, if it is stopped.
    Stopped(Key),
    /// Nowhere: it is complete.
    End,
}

/// A list that is being made.
#[derive(Debug)]
struct List {
    ticket: Ticket,
    user: User,
    command: Command,
    rows: Vec<ObjectRow>,
    /// Rows have been told before these.
    is_told: bool,
    at: Position,
}

/// What a list waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Room where its rows go.
    Room,
    /// Facts of the shell.
    Facts,
}

/// All lists that are being made.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    running: VecDeque<List>,
    resting: Map<u64, (Rest, List)>,
}

impl Lists {
    /// Whether there is something to be done.
    pub(crate) fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// There is room for the next rows of a list.
    pub(crate) fn go_on(&mut self, ticket: Ticket) {
        if let Some(list) = self.take(ticket, Rest::Room) {
            self.running.push_back(list);
        }
    }

    /// Forgets a list.
    pub(crate) fn drop(&mut self, ticket: Ticket) {
        self.running.retain(|list| list.ticket != ticket);
        self.resting.remove(&ticket.0);
    }

    fn take(&mut self, ticket: Ticket, rest: Rest) -> Option<List> {
        self.resting.get(&ticket.0).filter(|(why, _)| *why == rest)?;
        self.resting.remove(&ticket.0).map(|(_, list)| list)
    }

    fn rest(&mut self, rest: Rest, list: List) {
        self.resting.insert(list.ticket.0, (rest, list));
    }
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
        self.spend(1);
        is_left
    }

    /// Whether nothing more may be looked at.
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Counts what has cost as much as looking at so many objects.
    pub(super) fn spend(&mut self, objects: usize) {
        self.left = self.left.saturating_sub(objects);
    }
}

impl Kernel {
    /// Begins a list; its reply comes when it is complete.
    pub(super) fn begin_list(
        &mut self,
        ticket: Ticket,
        request: &Request<'_>,
        out: &mut Outputs,
    ) -> Result<(), Message> {
        let command = request.command.clone();
        let name = command.name.trim_end().to_owned();
        let class = match command.row.class {
            ObjectClass::QueueStatus => ObjectClass::Queue,
            ObjectClass::ListenerStatus => ObjectClass::Listener,
            ObjectClass::ChannelStatus => ObjectClass::Channel,
            class => class,
        };
        let first = |name: &str| Key::object(class, name);
        let at = match command.row.class {
            ObjectClass::Connection => Position::Connection(0),
            ObjectClass::ChannelStatus => Position::Sockets(0),
            ObjectClass::ChannelAuth => self.first_rule(request)?,
            ObjectClass::AuthRecord => self.first_authority(request)?,
            ObjectClass::Qmgr => Position::Definition(first("")),
            _ => Position::Definition(first(name.strip_suffix('*').unwrap_or(&name))),
        };
        let user = request.user.clone();
        self.go_on_with(List { ticket, user, command, rows: Vec::new(), is_told: false, at }, out);
        Ok(())
    }

    /// Makes the next slice of the list whose turn it is.
    pub(crate) fn list_slice(&mut self, out: &mut Outputs) {
        if let Some(list) = self.lists.running.pop_front() {
            self.go_on_with(list, out);
        }
    }

    /// Takes what the shell knows of some sockets.
    pub(crate) fn sockets_told(
        &mut self,
        ticket: Ticket,
        sockets: &[SocketFacts],
        next: Option<u64>,
        out: &mut Outputs,
    ) {
        let Some(mut list) = self.lists.take(ticket, Rest::Facts) else { return };
        let facts = Facts::default();
        let request = Request { user: &list.user, command: &list.command, facts: &facts };
        let rows: Vec<ObjectRow> =
            sockets.iter().filter_map(|socket| self.running_row(&request, socket)).collect();
        list.rows.extend(rows);
        match next {
            Some(next) => {
                list.at = Position::Sockets(next);
                self.pause(list, out);
            }
            None => {
                list.at = Position::Stopped(Key::object(ObjectClass::Channel, ""));
                self.go_on_with(list, out);
            }
        }
    }

    fn go_on_with(&mut self, mut list: List, out: &mut Outputs) {
        let facts = Facts::default();
        let request = Request { user: &list.user, command: &list.command, facts: &facts };
        let mut slice = Slice { rows: std::mem::take(&mut list.rows), left: SLICE };
        let mut at = std::mem::replace(&mut list.at, Position::End);
        while at != Position::End && slice.left > 0 {
            at = match at {
                Position::Definition(from) => self.definitions_from(&request, &from, &mut slice),
                Position::Handles(queue, from) => self.handles_from(&request, &queue, from, &mut slice),
                Position::Connection(from) => self.connections_from(&request, from, &mut slice),
                Position::Stopped(from) => self.stopped_from(&request, &from, &mut slice),
                Position::Sockets(after) => {
                    (list.rows, list.at) = (slice.rows, Position::Sockets(after));
                    out.push(Output::AskSockets { ticket: list.ticket, after });
                    return self.lists.rest(Rest::Facts, list);
                }
                Position::End => Position::End,
            };
        }
        (list.rows, list.at) = (slice.rows, at);
        if list.at != Position::End {
            return self.pause(list, out);
        }
        let List { ticket, command, rows, is_told, .. } = list;
        let reply = match rows.is_empty() && !is_told {
            true => CommandReply::message(nothing_found(&command)),
            false => CommandReply::objects(rows),
        };
        out.push(Output::CommandReply { ticket, reply: Box::new(reply), wait: self.all_so_far() });
    }

    /// Tells a list as far as it has come, if that is worth telling, and leaves it until its next turn. A row is kept
    /// back: the reply that ends the list is to have one.
    fn pause(&mut self, mut list: List, out: &mut Outputs) {
        if list.rows.len() <= BATCH {
            return self.lists.running.push_back(list);
        }
        let kept = list.rows.split_off(list.rows.len() - 1);
        let rows = std::mem::replace(&mut list.rows, kept);
        list.is_told = true;
        out.push(Output::CommandRows { ticket: list.ticket, rows, wait: self.all_so_far() });
        self.lists.rest(Rest::Room, list);
    }

    /// The rows of a slice that come from definitions.
    fn definitions_from(&self, request: &Request<'_>, from: &Key, slice: &mut Slice) -> Position {
        let command = request.command;
        let is_near = |definition: &&Definition| match command.row.class {
            // What these are called is no name that a generic one could be the beginning of.
            ObjectClass::Qmgr | ObjectClass::ChannelAuth | ObjectClass::AuthRecord => true,
            _ => match command.name.strip_suffix('*') {
                Some(stem) => definition.name.starts_with(stem),
                None => definition.name == command.name.trim_end(),
            },
        };
        for definition in self.registry.from(from).take_while(is_near) {
            if !slice.take() {
                return Position::Definition(definition.key());
            }
            let row = match command.row.class {
                ObjectClass::QueueStatus if command.is_about_handles() => {
                    // Its handles may be many.
                    if self.shows_status_of(request, definition) {
                        return Position::Handles(definition.key(), 0);
                    }
                    None
                }
                ObjectClass::QueueStatus => self.queue_status_row(request, definition, slice),
                ObjectClass::ListenerStatus => self.listener_status_row(request, definition),
                ObjectClass::ChannelAuth => self.rule_row(request, definition),
                ObjectClass::AuthRecord => self.authority_row(request, definition),
                _ => self.object_row(request, definition),
            };
            slice.rows.extend(row);
        }
        Position::End
    }
}

/// What a list is answered with that shows nothing.
fn nothing_found(command: &Command) -> Message {
    let name = command.name.as_str();
    let mut message = not_found(name);
    match command.row.class {
        ObjectClass::QueueStatus => message.reason = MQRCCF_Q_STATUS_NOT_FOUND,
        ObjectClass::ListenerStatus => message.reason = MQRCCF_LSTR_STATUS_NOT_FOUND,
        ObjectClass::ChannelStatus => {
            return Message::new(MessageId::CHANNEL_STATUS_NOT_FOUND).failed(MQRCCF_CHL_STATUS_NOT_FOUND);
        }
        ObjectClass::ChannelAuth => return super::chlauth::not_found(),
        ObjectClass::AuthRecord => {
            let profile = command.options.text(MQCACF_AUTH_PROFILE_NAME);
            return not_found(if profile.is_empty() { "AUTHREC" } else { profile });
        }
        _ => {}
    }
    message
}
