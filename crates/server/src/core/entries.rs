//! What the error log says of the queue manager's life and of those who come to it.
//!
//! A refusal is one entry, written where it is decided: by the kernel for calls, here for whoever has not got that
//! far. What ends in an orderly way, with the queue manager or by its client, leaves none.

use channel::client::CloseReason;
use channel::segment::status_data::StatusCode;
use mqi::CompCode;
use mqi::call::{Reply, Returned};
use mqi::command::{CommandReply, ReplyEntry};
use mqsc::catalog;
use qmgr::{ChannelRefusal, ConversationId};

use super::Core;
use super::ending::EndHow;
use super::slab::Token;
use crate::audit_log::Audited;
use crate::checker::Failure;
use crate::net::Peer;

impl Core {
    /// The queue manager takes connections.
    pub(super) fn log_started(&mut self) {
        let inserts = [self.qmgr.name.to_string(), mqi::version::VRMF.to_owned()];
        self.errors.write("AMQ8003", &inserts, &self.clock);
        self.errors.audit().write(Audited::Start, &self.clock);
    }

    /// It has ended.
    pub(super) fn log_ended(&mut self, how: EndHow) {
        let how = match how {
            EndHow::Quiesce => "all applications had disconnected",
            EndHow::Immediate => "applications were not waited for",
            EndHow::Preemptive => "nothing was waited for",
        };
        self.errors.write("AMQ8004", &[self.qmgr.name.to_string(), how.to_owned()], &self.clock);
        self.errors.tell_rest(&self.clock);
        self.errors.audit().write(Audited::End(how.to_owned()), &self.clock);
    }

    /// A command that changes something has been executed, or refused: it is for the audit log.
    pub(super) fn audit_command(&mut self, user: String, command: String, reply: &CommandReply) {
        let messages = reply.entries.iter().filter_map(|entry| match entry {
            ReplyEntry::Message(message) => catalog::find(message.id).map(|row| row.name()),
            ReplyEntry::Object(_) => None,
        });
        let outcome = messages.take(1).collect();
        self.errors.audit().write(Audited::Command { user, command, outcome }, &self.clock);
    }

    /// A user has asked for the end.
    pub(super) fn audit_end(&mut self, user: String, is_permitted: bool) {
        let outcome = if is_permitted { "accepted" } else { "AMQ8135E" }.to_owned();
        let command = "STOP QMGR".to_owned();
        self.errors.audit().write(Audited::Command { user, command, outcome }, &self.clock);
    }

    /// What a conversation is told may be that it is connected: that is for the audit log, too.
    pub(super) fn audit_connect(&mut self, conversation: ConversationId, reply: &Reply) {
        if !matches!(reply.returned, Returned::Connect { .. }) || reply.comp_code != CompCode::Ok {
            return;
        }
        let Some(application) = self.engine.kernel().application_of(conversation) else { return };
        let entry = Audited::Connect {
            user: application.user.to_owned(),
            channel: application.channel.unwrap_or_default().to_owned(),
            address: application.address.to_owned(),
            program: application.name.trim_end().to_owned(),
        };
        self.errors.audit().write(entry, &self.clock);
    }

    /// A user could not prove who he is.
    pub(super) fn log_unproved(&mut self, failure: Failure) {
        let (channel, peer) = failure.origin;
        self.errors.write("AMQ5534", &[failure.user, channel, peer], &self.clock);
    }

    /// Somebody who had not connected has been sent away.
    pub(super) fn log_sent_away(&mut self, peer: &Peer, why: &str) {
        self.errors.write("AMQ8977", &[peer.to_string(), why.to_owned()], &self.clock);
    }

    /// A client may not use the channel that it named.
    pub(super) fn log_channel_refused(&mut self, channel: &str, host: &str, why: ChannelRefusal) {
        let (channel, host) = (channel.to_owned(), host.to_owned());
        let (id, inserts) = match why {
            ChannelRefusal::NotDefined => ("AMQ9519", vec![channel, host]),
            ChannelRefusal::WrongType => ("AMQ9547", vec![channel, host]),
            ChannelRefusal::Stopped => ("AMQ9534", vec![channel, host]),
            ChannelRefusal::CipherSpec => ("AMQ9639", vec![channel, host]),
            ChannelRefusal::Full(max) => ("AMQ9489", vec![max.to_string(), channel, host]),
            ChannelRefusal::FullForClient(max) => ("AMQ9490", vec![max.to_string(), channel, host]),
        };
        self.errors.write(id, &inserts, &self.clock);
    }

    /// Another process wanted to bring connections.
    pub(super) fn log_hand_over_refused(&mut self, token: Token, why: &str) {
        let Some(Peer::Local { uid, pid }) = self.sockets.get(token).map(|socket| &socket.peer) else {
            return;
        };
        let inserts = [self.users.name_of(*uid), pid.to_string(), why.to_owned()];
        self.errors.write("AMQ8986", &inserts, &self.clock);
    }

    /// Another process wanted to know what only administrators are told.
    pub(super) fn log_request_refused(&mut self, token: Token, what: &str) {
        let Some(Peer::Local { uid, pid }) = self.sockets.get(token).map(|socket| &socket.peer) else {
            return;
        };
        let inserts = [self.users.name_of(*uid), pid.to_string(), what.to_owned()];
        self.errors.write("AMQ8985", &inserts, &self.clock);
    }

    /// A socket is being closed from this side.
    pub(super) fn log_closed(&mut self, token: Token, reason: &CloseReason) {
        let Some(socket) = self.sockets.get(token) else { return };
        let (channel, host) = (socket.channel_name(), socket.peer.to_string());
        let entry = match reason {
            CloseReason::Ended => None,
            CloseReason::Refused(code) => match *code {
                StatusCode::NEGOTIATION_FAILED => Some(("AMQ9503", vec![channel, host])),
                // Said when the channel was looked up.
                StatusCode::NO_CHANNEL | StatusCode::CHANNEL_UNAVAILABLE | StatusCode::CIPHER_SPEC => None,
                StatusCode::CHANNEL_WRONG_TYPE if channel.is_empty() => None,
                // The end of the queue manager, STOP CONN, STOP CHANNEL: said when they were asked for.
                StatusCode::QM_TERMINATING | StatusCode::USER_CLOSED => None,
                code => Some(("AMQ9999", vec![channel, host, format!("status {:#04x}", code.0)])),
            },
            CloseReason::Protocol(text) => Some(("AMQ9207", vec![host, text.clone(), channel])),
            CloseReason::Silence => Some(("AMQ9259", vec![host, channel])),
        };
        if let Some((id, inserts)) = entry {
            self.errors.write(id, &inserts, &self.clock);
        }
    }
}
