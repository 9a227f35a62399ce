//! What the error log says of the queue manager's life and of those who come to it.
//!
//! A refusal is one entry, written where it is decided: by the kernel for calls, here for whoever has not got that
//! far. What ends in an orderly way, with the queue manager or by its client, leaves none.

use channel::client::CloseReason;
use channel::segment::status_data::StatusCode;
use qmgr::ChannelRefusal;

use super::Core;
use super::ending::EndHow;
use super::slab::Token;
use crate::net::Peer;

impl Core {
    /// The queue manager takes connections.
    pub(super) fn log_started(&mut self) {
        let inserts = [self.qmgr.name.to_string(), mqi::version::VRMF.to_owned()];
        self.errors.write("AMQ8003", &inserts, &self.clock);
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
    }

    /// A user could not prove who he is.
    pub(super) fn log_unproved(&mut self, token: Token, user: &str) {
        let Some(socket) = self.sockets.get(token) else { return };
        let inserts = [user.to_owned(), socket.channel_name(), socket.peer.to_string()];
        self.errors.write("AMQ5534", &inserts, &self.clock);
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
        let inserts = [crate::users::name_of(*uid), pid.to_string(), why.to_owned()];
        self.errors.write("AMQ8986", &inserts, &self.clock);
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
