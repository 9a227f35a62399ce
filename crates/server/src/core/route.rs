//! What the kernel says, on its way to whom it is for.

use mqi::command::CommandReply;
use qmgr::{ConversationId, Input, ListenerAction, ListenerFacts, Output, Ticket};
use store::Lsn;

use super::command_server::{CommandServer, Wish};
use super::socket::Outgoing;
use super::{Core, Owner};
use crate::net::{self, Listener, ListenerKind};

impl Core {
    /// Gives the outputs of the kernel to those whom they are for.
    pub(super) fn route(&mut self) {
        while let Some(output) = self.engine.output() {
            match output {
                Output::Reply { conversation, reply, wait } => {
                    self.give(conversation, Outgoing::Reply(reply), wait);
                }
                Output::Deliver { conversation, delivery, wait } => {
                    self.give(conversation, Outgoing::Deliver(delivery), wait);
                }
                Output::Notify { conversation, notice, wait } => {
                    self.give(conversation, Outgoing::Notify(notice), wait);
                }
                Output::Piece { conversation, bytes, wait, .. } => {
                    self.give(conversation, Outgoing::Piece(bytes), wait);
                }
                Output::Credit { conversation, wait } => {
                    self.give(conversation, Outgoing::Credit, wait);
                }
                Output::Disconnect { conversation, reason } => {
                    self.give(conversation, Outgoing::Disconnect(reason), Lsn::NONE);
                }
                Output::CommandReply { ticket, reply, wait } => self.command_replied(ticket, reply, wait),
                Output::Listener(action) => self.listener_action(action),
                Output::Log(line) => self.errors.write(line.id, &line.inserts, &self.clock),
                Output::Ended => self.kernel_ended(),
                Output::Append { .. }
                | Output::Release { .. }
                | Output::Load { .. }
                | Output::Spill { .. }
                | Output::LoadSpilled { .. }
                | Output::Drop { .. } => {
                    unreachable!("the engine carries these out")
                }
            }
        }
    }

    pub(super) fn give(&mut self, conversation: ConversationId, what: Outgoing, wait: Lsn) {
        match self.owners.get(&conversation).copied() {
            Some(Owner::Socket(token, number)) => {
                let Some(socket) = self.sockets.get_mut(token) else { return };
                if matches!(what, Outgoing::Deliver(_) | Outgoing::Reply(_)) {
                    socket.last_message_wall_ms = self.now.wall.0;
                }
                let is_delivery = matches!(what, Outgoing::Deliver(_));
                if socket.give(number, what, wait, self.engine.durable()) {
                    // The machine may go on with what it had put aside.
                    self.pumps.push_back(token);
                } else {
                    self.waiting.insert(token);
                }
                if is_delivery {
                    self.check_window(token, number);
                }
            }
            // The command server waits for nothing itself: what it makes is put by the kernel, and leaves
            // with a position of its own.
            Some(Owner::CommandServer) => self.reply_to_command_server(what),
            None => {}
        }
    }

    pub(super) fn reply_to_command_server(&mut self, what: Outgoing) {
        let Some((_, server)) = &mut self.command_server else { return };
        let wish = match what {
            Outgoing::Reply(reply) => server.reply(*reply),
            Outgoing::Disconnect(_) => {
                if let Some((id, _)) = self.command_server.take() {
                    self.owners.remove(&id);
                    self.input(Input::Gone { conversation: id });
                }
                None
            }
            Outgoing::Deliver(_) | Outgoing::Notify(_) | Outgoing::Piece(_) | Outgoing::Credit => None,
        };
        if let Some(wish) = wish {
            self.grant(wish);
        }
    }

    pub(super) fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Call(call) => {
                let Some((id, _)) = self.command_server else { return };
                self.engine.input(Input::Call { conversation: id, call: *call }, self.now);
            }
            Wish::Execute { user, command } => {
                let ticket = self.new_ticket();
                let facts = self.facts(&command);
                self.engine.input(Input::Command { ticket, user, command: *command, facts }, self.now);
            }
            Wish::Note(id, inserts) => {
                self.errors.write(id, &inserts, &self.clock);
                self.command_server_goes_on(CommandServer::noted);
            }
            Wish::End { user, request } => {
                let mut outputs = Vec::new();
                let permitted = self.engine.kernel().authorize_end(&user, &mut outputs);
                for output in outputs {
                    if let Output::Log(line) = output {
                        self.errors.write(line.id, &line.inserts, &self.clock);
                    }
                }
                if permitted.is_err() {
                    return self.command_server_goes_on(CommandServer::end_refused);
                }
                self.command_server_goes_on(CommandServer::end_begun);
                self.input(Input::Reconnect(request.reconnects));
                // Whoever asked is answered first.
                self.end_asked = Some(request.how);
            }
        }
    }

    fn command_server_goes_on(&mut self, how: impl FnOnce(&mut CommandServer) -> Option<Wish>) {
        let wish = self.command_server.as_mut().and_then(|(_, server)| how(server));
        if let Some(wish) = wish {
            self.grant(wish);
        }
    }

    pub(super) fn new_ticket(&mut self) -> Ticket {
        self.ticket_next += 1;
        // The kernel numbers its own questions from the other end.
        Ticket(1 << 63 | self.ticket_next)
    }

    /// A command is answered once what it did is durable.
    pub(super) fn command_replied(&mut self, ticket: Ticket, reply: Box<CommandReply>, wait: Lsn) {
        if !self.own_replies.contains_key(&ticket.0) {
            let wish = self.command_server.as_mut().and_then(|(_, server)| server.executed(&reply, wait));
            if let Some(wish) = wish {
                self.grant(wish);
            }
            return;
        }
        if wait != Lsn::NONE && wait >= self.engine.durable() {
            self.held_replies.push((wait, ticket, reply));
        } else {
            self.own_replies.insert(ticket.0, Some(reply));
        }
    }

    pub(super) fn listener_action(&mut self, action: ListenerAction) {
        match action {
            ListenerAction::Start { name, address, port, backlog } => {
                let port = if port == 0 { 1414 } else { port };
                let result = net::listen_tcp(&name, &address, port, backlog).and_then(|listener| {
                    let facts = ListenerFacts {
                        pid: std::process::id(),
                        address: if address.trim().is_empty() { "*".to_owned() } else { address.clone() },
                        port,
                    };
                    self.warn_of_clear_text(&listener);
                    self.add_listener(listener).map(|()| facts)
                });
                let state = result.map(Some).map_err(|error| {
                    self.listener_errors.push((port, error.to_string()));
                    error.to_string()
                });
                self.input(Input::ListenerChanged { name, state });
            }
            ListenerAction::Stop { name } => {
                let is_it = |l: &Listener| matches!(&l.kind, ListenerKind::Tcp { name: n, .. } if *n == name);
                self.listeners.retain(|_, listener| !is_it(listener));
                self.input(Input::ListenerChanged { name, state: Ok(None) });
            }
        }
    }

    fn warn_of_clear_text(&mut self, listener: &Listener) {
        if let ListenerKind::Tcp { name, address } = &listener.kind
            && !net::is_loopback(address)
        {
            self.errors.write("AMQ8997", &[name.clone(), address.to_string()], &self.clock);
        }
    }
}
