//! What the kernel says, on its way to whom it is for.

use qmgr::{ConversationId, Input, ListenerAction, ListenerFacts, Output};
use store::Lsn;

use super::socket::Outgoing;
use super::{Core, Owner};
use crate::net::{self, Listener, ListenerKind};

impl Core {
    /// Gives the outputs of the kernel to those whom they are for.
    pub(super) fn route(&mut self) {
        while let Some(output) = self.engine.output() {
            match output {
                Output::Reply { conversation, mut reply, wait } => {
                    self.let_in(conversation, &mut reply);
                    self.audit_connect(conversation, &reply);
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
                Output::CommandRows { ticket, rows, wait } => self.command_rows(ticket, rows, wait),
                Output::CommandReply { ticket, reply, wait } => self.command_replied(ticket, reply, wait),
                Output::AskSockets { ticket, after } => self.tell_sockets(ticket, after),
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
            Some(Owner::CommandServer(seat)) => self.reply_to_command_server(seat, what),
            None => {}
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
