//! Calls of connected conversations, and what comes back for them.

use mqi::call::{ARRIVED, Body, Call, Delivery, Hobj, Notice, Reply};
use mqi::constants::MQGMO_WAIT;
use mqi::{CompCode, Reason};

use super::answer;
use super::conversation::{Conversation, Pending, State as Connection};
use super::event::{CloseReason, Event};
use super::inbound::Step;
use super::request::{Request, Shape};
use super::server_end::{ProtocolError, ServerEnd};
use crate::segment::notification::{Notification, NotificationCode};
use crate::segment::request_messages::RequestMessages;
use crate::segment::status_data::StatusCode;
use crate::segment::{ControlFlags, Header, Segment};

impl ServerEnd {
    /// Answers the oldest call of a conversation that is not answered.
    pub fn reply(&mut self, conversation: u32, reply: Reply) {
        let Some(it) = self.conversations.get_mut(conversation) else { return };
        if let Connection::Connecting { .. } = it.state {
            self.connected(conversation, reply);
            self.unpark(conversation);
            return;
        }
        let Some(call) = it.pending.pop_front() else { return };
        it.pending_bytes -= call.bytes;
        let is_end = call.is_disconnect && reply.comp_code != CompCode::Failed;
        let is_newest = it.pending.is_empty();
        let transfer = answer::reply(&call.header, call.shape, reply, self.config.qmgr.ccsid);
        let transfer = (!call.is_silent).then_some(transfer);
        let transfer = if is_newest { it.inbound.answered(transfer) } else { transfer };
        if let Some(transfer) = transfer {
            self.outbound.push(conversation, transfer);
        }
        if is_end {
            it.state = Connection::Fresh;
            it.credentials = self.proved.clone();
            self.events.push_back(Event::Ended { conversation });
        }
        self.unpark(conversation);
        self.process();
    }

    /// Sends a message to a streaming consumer.
    pub fn deliver(&mut self, conversation: u32, delivery: Delivery) {
        let Some(it) = self.conversations.get(conversation) else { return };
        let version = it.consume_version;
        let transfer = answer::delivery(self.kind, conversation, version, delivery, self.config.qmgr.ccsid);
        self.outbound.push(conversation, transfer);
    }

    /// Sends a notification. One that answers a request goes on that request, and only if the client
    /// asked for the answer.
    pub fn notify(&mut self, conversation: u32, notice: Notice) {
        let Some(it) = self.conversations.get_mut(conversation) else { return };
        let request = match it.answered(notice.hobj.0, notice.code) {
            Some((_, false)) => return,
            Some((request, true)) => request,
            // The client has closed the handle since, or never asked.
            None if NotificationCode(notice.code).is_answer() => return,
            None => 1,
        };
        let (version, ccsid) = (it.consume_version, self.config.qmgr.ccsid);
        self.outbound
            .push(conversation, answer::notice(self.kind, conversation, request, version, notice, ccsid));
    }

    /// Takes the next piece of the body that [`Event::Pull`] asked for.
    pub fn piece(&mut self, conversation: u32, bytes: &Body) {
        self.outbound.piece(conversation, bytes);
    }

    /// The kernel takes the next part of a long put.
    pub fn credit(&mut self, conversation: u32) {
        if let Some(it) = self.conversations.get_mut(conversation) {
            let step = it.inbound.credit();
            self.step(conversation, step);
            self.unpark(conversation);
            self.process();
        }
    }

    pub(super) fn request_messages(&mut self, header: &Header, asked: RequestMessages) {
        let conversation = header.conversation;
        let Some(it) = self.connected_conversation(conversation) else { return };
        it.consume_version = asked.version;
        let is_asked = header.flags.has(ControlFlags::CONFIRM_REQUEST);
        it.ask(asked.hobj, NotificationCode::CHECK_MSG.0, header.request, is_asked);
        let call = Call::Consume { hobj: Hobj(asked.hobj), consume: Box::new(asked.consume) };
        self.events.push_back(Event::Call { conversation, call });
    }

    pub(super) fn notification(&mut self, header: &Header, it: Notification) {
        let conversation = header.conversation;
        let Some(to) = self.connected_conversation(conversation) else { return };
        if it.code.name().is_none() {
            // The kernel has codes of its own besides, which no client may say.
            return;
        }
        let answer = match it.code {
            NotificationCode::CONN_STATE => Some(NotificationCode::CONN_STATE_REPLY),
            NotificationCode::Q_STATE => Some(NotificationCode::Q_STATE_REPLY),
            NotificationCode::TXN_REVOKE => Some(NotificationCode::TXN_REVOKE_REPLY),
            _ => None,
        };
        if let Some(answer) = answer {
            // As observed: an answer that was not asked for ends the client with 2195.
            to.ask(it.hobj, answer.0, header.request, header.flags.has(ControlFlags::CONFIRM_REQUEST));
        }
        let call = Call::Notify { hobj: Hobj(it.hobj), code: it.code.0, value: it.value };
        self.events.push_back(Event::Call { conversation, call });
    }

    /// Takes a segment of an MQI call.
    pub(super) fn mqi(&mut self, segment: Segment) -> Result<(), ProtocolError> {
        let header = segment.header;
        let message_max = self.agreement.map_or(0, |agreement| agreement.message_max);
        let Some(it) = self.connected_conversation(header.conversation) else {
            if header.flags.has(ControlFlags::FIRST) {
                let reason = match self.conversations.get(header.conversation).map(|it| &it.state) {
                    Some(Connection::Broken(reason)) => *reason,
                    _ => Reason::HCONN_ERROR,
                };
                self.reply_with(&header, (CompCode::Failed, reason), &|_| {});
            }
            return Ok(());
        };
        let starts_early = header.flags.has(ControlFlags::FIRST) && it.is_busy();
        if it.has_parked() || starts_early {
            return match it.park(segment) {
                true => Ok(()),
                false => Err(ProtocolError {
                    code: StatusCode::PROTOCOL_GENERAL,
                    text: format!("conversation {} calls while its calls wait", header.conversation),
                }),
            };
        }
        let step = it.inbound.take(segment, message_max).map_err(|code| ProtocolError {
            code,
            text: format!("{} of conversation {} is malformed", header.segment_type, header.conversation),
        })?;
        self.step(header.conversation, step);
        Ok(())
    }

    /// Goes on with what was sent too early.
    pub(super) fn unpark(&mut self, conversation: u32) {
        while !self.outbound.is_full_for(conversation)
            && let Some(segment) = self.conversations.get_mut(conversation).and_then(Conversation::unpark)
        {
            // What was parked stays behind what is parked: the flag is gone while this one is taken.
            let it = self.conversations.get_mut(conversation).expect("it was just there");
            let header = segment.header;
            let message_max = self.agreement.map_or(0, |agreement| agreement.message_max);
            match it.inbound.take(segment, message_max) {
                Ok(step) => self.step(conversation, step),
                Err(code) => {
                    let text = format!("{} of conversation {conversation} is malformed", header.segment_type);
                    return self.refuse(code, CloseReason::Protocol(text));
                }
            }
        }
    }

    pub(super) fn step(&mut self, conversation: u32, step: Step) {
        match step {
            Step::More => {}
            Step::Part(bytes) => self.events.push_back(Event::Part { conversation, bytes }),
            Step::Reply(transfer) => self.outbound.push(conversation, *transfer),
            Step::Call(header, request) => self.call(conversation, header, *request),
        }
    }

    pub(super) fn call(&mut self, conversation: u32, header: Header, request: Request) {
        if let Shape::SpiQuery { version, reply_max } = request.shape {
            let reply = answer::spi_query(&header, version, reply_max, self.config.qmgr.ccsid);
            self.outbound.push(conversation, reply);
            return;
        }
        if let Shape::SpiNotify { version, reply_max, connection_id, reason } = request.shape {
            // Who waits may be on another socket, so it is the kernel that finds it.
            self.events.push_back(Event::CancelWaits { conversation, connection_id, reason });
            let reply = answer::spi_notify(&header, version, reply_max, self.config.qmgr.ccsid);
            self.outbound.push(conversation, reply);
            return;
        }
        let Some(it) = self.conversations.get_mut(conversation) else { return };
        if let Shape::SpiReserve { .. } = request.shape {
            let (id, number) = (it.connection_id, it.reservations);
            // The number has one byte: a connection that has used all of them gets no more.
            let Some(next) = number.checked_add(1) else {
                self.reply_with(&header, (CompCode::Failed, Reason::RESOURCE_PROBLEM), &|_| {});
                return;
            };
            it.reservations = next;
            let reply = answer::spi_reserve(&header, &request.shape, &id, number, self.config.qmgr.ccsid);
            self.outbound.push(conversation, reply);
            return;
        }
        if let Call::Close { hobj, .. } = request.call {
            it.forget_handle(hobj.0);
            // Goes first, so that the kernel knows what to put back when it closes the handle.
            if request.arrived != 0 {
                let call = Call::Notify { hobj, code: ARRIVED, value: request.arrived };
                self.events.push_back(Event::Call { conversation, call });
            }
        }
        let bytes = match &request.call {
            Call::Put { body, .. } | Call::PutLater { body, .. } | Call::Put1 { body, .. } => {
                body.first.len()
            }
            _ => 0,
        };
        it.pending_bytes += bytes;
        it.pending.push_back(Pending {
            header,
            bytes,
            is_silent: request.is_silent,
            is_wait: matches!(&request.call, Call::Get { gmo, .. } if gmo.options & MQGMO_WAIT != 0),
            is_disconnect: matches!(request.call, Call::Disconnect),
            shape: request.shape,
        });
        self.events.push_back(Event::Call { conversation, call: request.call });
    }
}
