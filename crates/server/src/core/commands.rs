//! Commands on their way between those who give them, the command server or the shell itself, and the kernel.

use std::collections::BTreeMap;
use std::io;

use mqi::command::{CommandReply, ObjectRow, ReplyEntry};
use mqsc::print;
use qmgr::{ConversationId, Input, Output, Ticket};
use store::Lsn;

use super::command_server::{CommandServer, Seat, Wish};
use super::socket::Outgoing;
use super::{Core, Owner};

/// How long the command server stays away after it has stopped.
const ABSENCE_MS: u64 = 1000;

/// The command server at its two conversations.
struct Seated {
    server: CommandServer,
    requests: ConversationId,
    answers: ConversationId,
}

/// See the module's text.
#[derive(Default)]
pub(super) struct Commands {
    server: Option<Seated>,
    /// When it is started again, having stopped.
    due: Option<u64>,
    /// Commands of the shell itself and their replies, as far as they have come.
    own: BTreeMap<u64, OwnCommand>,
    /// Commands that change something and are not answered yet, for the audit log: in whose name, and what they say.
    audited: BTreeMap<u64, (String, String)>,
}

/// A command of the shell itself.
#[derive(Default)]
struct OwnCommand {
    rows: Vec<ObjectRow>,
    /// Counts once the log is durable past this.
    reply: Option<(Lsn, Box<CommandReply>)>,
}

impl Commands {
    /// Whether requests are got.
    pub(super) fn is_serving(&self) -> bool {
        self.server.as_ref().is_some_and(|seated| !seated.server.has_ended())
    }

    /// Whether somebody waits for the log.
    pub(super) fn is_holding(&self) -> bool {
        self.server.as_ref().is_some_and(|seated| seated.server.is_holding())
            || self.own.values().any(|own| own.reply.is_some())
    }

    /// When something is due.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        let server = self.server.as_ref().and_then(|seated| seated.server.deadline_ms());
        self.due.into_iter().chain(server).min()
    }
}

impl Core {
    pub(super) fn start_command_server(&mut self) {
        let server = CommandServer::new(&self.owner);
        let requests = self.new_conversation(Owner::CommandServer(Seat::Requests));
        let answers = self.new_conversation(Owner::CommandServer(Seat::Answers));
        self.commands.server = Some(Seated { server, requests, answers });
        self.serve_commands();
    }

    /// Starts the command server again some time after it has stopped: without it nobody could put anything right.
    pub(super) fn tend_command_server(&mut self) {
        let is_there = self.commands.server.as_ref().is_some_and(|seated| !seated.server.has_left());
        if is_there || self.ending.is_some() {
            self.commands.due = None;
            return;
        }
        let now_ms = self.now.mono.0;
        if *self.commands.due.get_or_insert(now_ms + ABSENCE_MS) > now_ms {
            return;
        }
        self.commands.due = None;
        self.stop_command_server();
        self.start_command_server();
    }

    fn stop_command_server(&mut self) {
        let Some(seated) = self.commands.server.take() else { return };
        for ticket in seated.server.tickets() {
            self.engine.input(Input::CommandDropped { ticket }, self.now);
        }
        for id in [seated.requests, seated.answers] {
            self.owners.remove(&id);
            self.engine.input(Input::Gone { conversation: id }, self.now);
        }
    }

    /// The command server waits for nothing itself: what it makes is put by the kernel, and leaves with a position of its
    /// own.
    pub(super) fn reply_to_command_server(&mut self, seat: Seat, what: Outgoing) {
        match what {
            Outgoing::Reply(reply) => {
                if let Some(seated) = &mut self.commands.server {
                    seated.server.reply(seat, *reply);
                }
                self.serve_commands();
            }
            Outgoing::Disconnect(_) => self.stop_command_server(),
            Outgoing::Deliver(_) | Outgoing::Notify(_) | Outgoing::Piece(_) | Outgoing::Credit => {}
        }
    }

    /// Does what the command server wants.
    fn serve_commands(&mut self) {
        loop {
            let Some(seated) = &mut self.commands.server else { return };
            let kernel = self.engine.kernel();
            let room = |queue: &_, qmgr: &_| kernel.room_on(queue, qmgr);
            let Some(wish) = seated.server.poll(self.now.mono.0, &room) else { return };
            self.grant(wish);
        }
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Call(seat, call) => {
                let Some(seated) = &self.commands.server else { return };
                let conversation = match seat {
                    Seat::Requests => seated.requests,
                    Seat::Answers => seated.answers,
                };
                self.engine.input(Input::Call { conversation, call: *call }, self.now);
            }
            Wish::Execute { user, command } => {
                let ticket = self.new_ticket();
                if let Some(seated) = &mut self.commands.server {
                    seated.server.executing(ticket);
                }
                let facts = self.facts(&command);
                if !command.only_shows() {
                    self.commands.audited.insert(ticket.0, (user.clone(), command.text()));
                }
                self.engine.input(Input::Command { ticket, user, command: *command, facts }, self.now);
            }
            Wish::More(ticket) => self.engine.input(Input::CommandMore { ticket }, self.now),
            Wish::Forget(ticket) => self.engine.input(Input::CommandDropped { ticket }, self.now),
            Wish::Note(id, inserts) => self.errors.write(id, &inserts, &self.clock),
            Wish::End { user, request } => {
                let mut outputs = Vec::new();
                let permitted = self.engine.kernel().authorize_end(&user, &mut outputs);
                for output in outputs {
                    if let Output::Log(line) = output {
                        self.errors.write(line.id, &line.inserts, &self.clock);
                    }
                }
                self.audit_end(user, permitted.is_ok());
                let Some(seated) = &mut self.commands.server else { return };
                if permitted.is_err() {
                    return seated.server.end_refused();
                }
                seated.server.end_begun();
                self.engine.input(Input::Reconnect(request.reconnects), self.now);
                // Whoever asked is answered first.
                self.end_asked = Some(request.how);
            }
        }
    }

    fn new_ticket(&mut self) -> Ticket {
        self.ticket_next += 1;
        // The kernel numbers its own questions from the other end.
        Ticket(1 << 63 | self.ticket_next)
    }

    /// The first, or the next, rows of a reply.
    pub(super) fn command_rows(&mut self, ticket: Ticket, rows: Vec<ObjectRow>, wait: Lsn) {
        if let Some(own) = self.commands.own.get_mut(&ticket.0) {
            own.rows.extend(rows);
            return self.engine.input(Input::CommandMore { ticket }, self.now);
        }
        if let Some(seated) = &mut self.commands.server {
            seated.server.rows(ticket, rows, wait);
        }
        self.serve_commands();
    }

    /// A command is answered once what it did is durable.
    pub(super) fn command_replied(&mut self, ticket: Ticket, reply: Box<CommandReply>, wait: Lsn) {
        if let Some(own) = self.commands.own.get_mut(&ticket.0) {
            own.reply = Some((wait, reply));
            return;
        }
        if let Some((user, command)) = self.commands.audited.remove(&ticket.0) {
            self.audit_command(user, command, &reply);
        }
        if let Some(seated) = &mut self.commands.server {
            seated.server.executed(ticket, &reply, wait);
        }
        self.serve_commands();
    }

    /// The log is durable up to here, and readers of answers may have made room.
    pub(super) fn release_commands(&mut self, durable: Lsn) {
        if let Some(seated) = &mut self.commands.server {
            seated.server.durable(durable);
        }
        self.serve_commands();
    }

    /// Executes an MQSC command of the shell itself, in the name of the owner, and waits for its reply.
    pub fn execute(&mut self, text: &str) -> io::Result<Box<CommandReply>> {
        let command = mqsc::parse(text).map_err(|error| {
            io::Error::other(print::parse_error(&error, print::Style::default()).join("; "))
        })?;
        let ticket = self.new_ticket();
        self.commands.own.insert(ticket.0, OwnCommand::default());
        let user = self.owner.clone();
        let facts = self.facts(&command);
        self.input(Input::Command { ticket, user, command, facts });
        loop {
            self.settle()?;
            if let Some(reply) = self.own_reply(ticket) {
                return Ok(reply);
            }
            self.turn()?;
        }
    }

    /// The reply to a command of the shell itself, once it is complete and durable.
    fn own_reply(&mut self, ticket: Ticket) -> Option<Box<CommandReply>> {
        let (wait, _) = self.commands.own.get(&ticket.0)?.reply.as_ref()?;
        if *wait != Lsn::NONE && *wait >= self.engine.durable() {
            return None;
        }
        let own = self.commands.own.remove(&ticket.0)?;
        let (_, mut reply) = own.reply?;
        reply.entries.splice(0..0, own.rows.into_iter().map(ReplyEntry::Object));
        Some(reply)
    }
}
