//! The queue manager's end of one socket on which clients hold conversations.
//!
//! ```text
//!           INITIAL_DATA              values that must change          adopted ones
//! Greeting ─────────────► LookingUp ─────────────────────────► Agreeing ────────────► Running
//!                             │ channel refused       │ nothing to change                │
//!                             ▼                       └──────────────────────────────►   │
//!                          Closing ◄──────────────── error, silence, end ────────────────┘
//! ```
//!
//! The shell feeds [`ServerEnd::receive`] with what it reads, does what [`ServerEnd::poll_event`] says, gives
//! back what the kernel answers, and sends what [`ServerEnd::transmit`] writes. While
//! [`ServerEnd::wants_read`] is false it leaves the socket unread: that is all the back-pressure there is.
//! Times are milliseconds of a clock that never goes back.

use std::collections::VecDeque;

use bytes::Bytes;
use mqi::call::{Hobj, Notice};
use mqi::wire::{DecodeError, Writer};
use mqi::{Chars, CompCode, Reason};

use super::answer;
use super::by_id::ById;
use super::conversation::{Conversation, Credentials, State as Connection};
use super::event::{CloseReason, Config, Counters, Event};
use super::negotiate::{Agreement, Channel, TRANSMISSION_MAX};
use super::outbound::{Outbound, Transfer};
use super::unconnected::Patience;
use crate::framer::{Framer, FramerError};
use crate::segment::conauth::Conauth;
use crate::segment::initial_data::InitialData;
use crate::segment::notification::{Notification, NotificationCode};
use crate::segment::request_messages::RequestMessages;
use crate::segment::socket_action::{Action, SocketAction};
use crate::segment::status_data::{StatusCode, StatusData};
use crate::segment::user_id::UserId;
use crate::segment::{ControlFlags, Header, HeaderKind, Segment, SegmentType};

/// Nothing is read while this much memory is taken by what waits to be sent: the client does not take what it asks for.
const OUTBOUND_MAX: usize = 4 * 1024 * 1024;

/// The same before anybody has been connected.
const HANDSHAKE_OUTBOUND_MAX: usize = 64 * 1024;

/// Conversations on a socket on which nobody is connected.
const STRANGERS_MAX: u32 = 10;

#[derive(Debug)]
pub(super) enum State {
    /// Nothing has come.
    Greeting,
    /// The shell is looking for the channel that this proposal names.
    LookingUp { header: Header, proposal: Box<InitialData> },
    /// Values were answered that the client must adopt.
    Agreeing,
    /// Conversations may go on.
    Running,
    /// The end has been announced.
    Closing,
}

/// The queue manager's end of one socket.
#[derive(Debug)]
pub struct ServerEnd {
    pub(super) config: Config,
    pub(super) state: State,
    pub(super) framer: Framer,
    pub(super) outbound: Outbound,
    pub(super) events: VecDeque<Event>,
    pub(super) conversations: ById<Conversation>,
    pub(super) channel: Option<Channel>,
    pub(super) agreement: Option<Agreement>,
    /// Header kind of what the client sends about conversations.
    pub(super) kind: HeaderKind,
    /// Somebody has been connected: segments may be as long as was agreed.
    pub(super) was_connected: bool,
    pub(super) proposals: u32,
    pub(super) product: Chars<12>,
    /// Whom the first conversation named: later ones name nobody.
    pub(super) user: Option<Chars<64>>,
    /// What it proved by the password beside its name: that holds for later ones too.
    pub(super) proved: Credentials,
    /// Number of the next check of a password.
    pub(super) check_next: u32,
    /// Of this end with a socket on which nobody is connected.
    pub(super) patience: Patience,
    pub(super) heard_at: u64,
    /// A heartbeat was sent since then.
    pub(super) is_asked: bool,
    pub(super) is_paused: bool,
    pub(super) traces: i32,
    pub(super) counters: Counters,
}

impl ServerEnd {
    /// The end of a socket that has just been accepted.
    pub fn new(config: Config, now: u64) -> Self {
        Self {
            config,
            state: State::Greeting,
            framer: Framer::for_handshake(),
            outbound: Outbound::default(),
            events: VecDeque::new(),
            conversations: ById::default(),
            channel: None,
            agreement: None,
            kind: HeaderKind::Plain,
            was_connected: false,
            proposals: 0,
            product: Chars::default(),
            user: None,
            proved: Credentials::None,
            check_next: 0,
            patience: Patience::new(now),
            heard_at: now,
            is_asked: false,
            is_paused: false,
            traces: 1,
            counters: Counters::default(),
        }
    }

    /// Takes what was read from the socket.
    pub fn receive(&mut self, chunk: Bytes, now: u64) {
        if matches!(self.state, State::Closing) {
            return;
        }
        self.counters.bytes_received += chunk.len() as u64;
        self.heard_at = now;
        self.is_asked = false;
        self.framer.push(chunk);
        self.process();
    }

    /// The peer has closed the socket, or it broke.
    pub fn peer_closed(&mut self) {
        self.close(CloseReason::Ended);
    }

    /// The next thing to do.
    pub fn poll_event(&mut self) -> Option<Event> {
        if self.events.is_empty() && !matches!(self.state, State::Closing) {
            let pulls = self.outbound.pulls().map(|conversation| Event::Pull { conversation });
            self.events.extend(pulls);
        }
        self.events.pop_front()
    }

    /// Appends what is to be sent to `out`, until that has `limit` bytes or a few more. Conversations take
    /// turns. Nothing is appended when there is nothing to send.
    pub fn transmit(&mut self, out: &mut Vec<u8>, limit: usize) {
        let before = out.len();
        self.outbound.transmit(self.transmission_max(), limit, out);
        self.counters.bytes_sent += (out.len() - before) as u64;
        self.counters.segments_sent = self.outbound.segments();
        if !self.has_too_much_to_send() {
            let parked: Vec<u32> =
                self.conversations.iter().filter(|(_, it)| it.has_parked()).map(|(at, _)| at).collect();
            parked.into_iter().for_each(|conversation| self.unpark(conversation));
            self.process();
        }
    }

    /// Bytes that wait to be sent.
    pub fn outbound_bytes(&self) -> usize {
        self.outbound.bytes()
    }

    /// Bytes of segments that are not complete.
    pub fn inbound_bytes(&self) -> usize {
        self.framer.buffered()
    }

    /// Memory that is taken by what has come and is not done with: segments and calls that are not complete, and calls
    /// that came too early or are not answered.
    pub fn inbound_held(&self) -> usize {
        self.framer.held() + self.conversations.iter().map(|(_, it)| it.held()).sum::<usize>()
    }

    /// Memory that is taken by what waits to be sent.
    pub fn outbound_held(&self) -> usize {
        self.outbound.held()
    }

    /// The same for one conversation.
    pub fn outbound_held_for(&self, conversation: u32) -> usize {
        self.outbound.held_for(conversation)
    }

    /// Whether anybody has been connected on this socket.
    pub fn was_connected(&self) -> bool {
        self.was_connected
    }

    /// Whether the socket is to be read.
    pub fn wants_read(&self) -> bool {
        !self.is_blocked() && !matches!(self.state, State::Closing)
    }

    /// Stops reading until [`ServerEnd::resume`]: memory is short.
    pub fn pause(&mut self) {
        self.is_paused = true;
    }

    /// Goes on reading.
    pub fn resume(&mut self) {
        self.is_paused = false;
        self.process();
    }

    /// Ends one conversation from this side; the socket too when it was the last. Its calls are answered before.
    ///
    /// When all of the channel ends, each of its conversations is ended so. The client hears of it with the last one, and
    /// not before, because it takes the end of one for that of the connection.
    pub fn disconnect(&mut self, conversation: u32, reason: Reason) {
        let is_over = |it: &Conversation| matches!(it.state, Connection::Broken(_));
        let is_last = self.conversations.iter().all(|(number, it)| number == conversation || is_over(it));
        let ends_channel = matches!(
            reason,
            Reason::Q_MGR_QUIESCING
                | Reason::Q_MGR_STOPPING
                | Reason::CONNECTION_QUIESCING
                | Reason::CONNECTION_STOPPING
        );
        let Some(it) = self.conversations.get_mut(conversation) else { return };
        let ccsid = self.config.qmgr.ccsid;
        it.pending_bytes = 0;
        for call in std::mem::take(&mut it.pending) {
            let header = answer::reply_header(&call.header, ccsid);
            self.outbound
                .push(conversation, answer::bare(&header, (CompCode::Failed, reason), call.shape.hobj()));
        }
        let code = match reason {
            Reason::Q_MGR_QUIESCING | Reason::Q_MGR_STOPPING => StatusCode::QM_TERMINATING,
            _ => StatusCode::USER_CLOSED,
        };
        if is_last {
            let (header, body) = self.refusal(code);
            self.outbound.farewell(header, &body);
            self.close(CloseReason::Refused(code));
            return;
        }
        let (version, was_with_kernel) = (it.consume_version, it.is_with_kernel());
        it.state = Connection::Broken(if ends_channel { reason } else { Reason::CONNECTION_BROKEN });
        if !ends_channel {
            // As observed: a client ends a conversation on this, and ignores a STATUS_DATA for it.
            let quiescing = Notice { hobj: Hobj::UNUSABLE, code: NotificationCode::QM_QUIESCING.0, value: 0 };
            let notice = answer::notice(self.kind, conversation, 1, version, quiescing, ccsid);
            self.outbound.push(conversation, notice);
        }
        if was_with_kernel {
            self.events.push_back(Event::Gone { conversation });
        }
    }

    /// Ends all conversations and the socket.
    pub fn shut_down(&mut self, code: StatusCode) {
        self.refuse(code, CloseReason::Refused(code));
    }

    /// Segments and bytes so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What was agreed on, once it was.
    pub fn agreement(&self) -> Option<&Agreement> {
        self.agreement.as_ref()
    }

    /// The channel, once it was found.
    pub fn channel(&self) -> Option<&Channel> {
        self.channel.as_ref()
    }

    /// Product and level of the client, as `MQJM09040000`.
    pub fn product(&self) -> &str {
        self.product.as_str()
    }

    /// Conversations that the kernel knows.
    pub fn conversations(&self) -> impl Iterator<Item = u32> {
        self.conversations.iter().filter(|(_, it)| it.is_with_kernel()).map(|(conversation, _)| conversation)
    }

    /// Takes segments while there are any and nothing forbids it.
    pub(super) fn process(&mut self) {
        while !self.is_blocked() && !matches!(self.state, State::Closing) {
            match self.framer.next() {
                Ok(Some(segment)) => {
                    self.counters.segments_received += 1;
                    if let Err(error) = self.take(segment) {
                        self.refuse(error.code, CloseReason::Protocol(error.text));
                    }
                }
                Ok(None) => break,
                Err(FramerError::Header(error)) if self.counters.segments_received == 0 => {
                    // Whoever this is does not speak the protocol: there is no sense in an answer.
                    self.close(CloseReason::Protocol(error.to_string()));
                }
                Err(error) => {
                    let code = match error {
                        FramerError::Header(_) => StatusCode::PROTOCOL_ID_ERROR,
                        FramerError::TooLong { .. } => StatusCode::PROTOCOL_LENGTH_ERROR,
                    };
                    self.refuse(code, CloseReason::Protocol(error.to_string()));
                }
            }
        }
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.is_paused
            || matches!(self.state, State::LookingUp { .. })
            || self.has_too_much_to_send()
            || self.conversations.iter().any(|(_, it)| it.is_blocked() || it.has_too_much_pending())
    }

    fn has_too_much_to_send(&self) -> bool {
        let limit = if self.was_connected { OUTBOUND_MAX } else { HANDSHAKE_OUTBOUND_MAX };
        self.outbound.held() >= limit || self.outbound.is_full_for_any()
    }

    fn take(&mut self, segment: Segment) -> Result<(), ProtocolError> {
        let (header, mut r) = (segment.header, segment.reader());
        match header.segment_type {
            SegmentType::INITIAL_DATA => {
                let proposal = InitialData::decode(&mut r).map_err(|error| malformed(&header, error))?;
                self.proposed(header, proposal)
            }
            SegmentType::STATUS_DATA => {
                let status = StatusData::decode(&mut r).map_err(|error| malformed(&header, error))?;
                let ends = ControlFlags(ControlFlags::ERROR.0 | ControlFlags::CLOSE_CHANNEL.0);
                if status.code != StatusCode::OK || header.flags.0 & ends.0 != 0 {
                    self.close(CloseReason::Ended);
                }
                Ok(())
            }
            SegmentType::HEARTBEAT => {
                if header.flags.has(ControlFlags::CONFIRM_REQUEST) {
                    let answer =
                        self.header(header.kind, header.conversation, header.request, SegmentType::HEARTBEAT);
                    self.outbound.urgent(answer, &[]);
                }
                Ok(())
            }
            other if self.agreement.is_none() => Err(ProtocolError {
                code: StatusCode::PROTOCOL_SEGMENT_TYPE,
                text: format!("{other} before INITIAL_DATA"),
            }),
            _ => {
                if matches!(self.state, State::Agreeing) {
                    self.run(header.kind);
                }
                self.conversation_segment(segment)
            }
        }
    }

    /// Takes a segment that belongs to a conversation or is about one.
    fn conversation_segment(&mut self, segment: Segment) -> Result<(), ProtocolError> {
        let (header, mut r) = (segment.header, segment.reader());
        let at = header.conversation;
        match header.segment_type {
            SegmentType::SOCKET_ACTION => {
                let action = SocketAction::decode(&mut r).map_err(|error| malformed(&header, error))?;
                self.socket_action(&action, header.flags);
            }
            SegmentType::USERID_DATA => {
                let uid = UserId::decode(&mut r);
                wipe_body(segment.body);
                let uid = uid.map_err(|error| malformed(&header, error))?;
                self.user_id(at, &uid);
            }
            SegmentType::CONAUTH_INFO => {
                let conauth = Conauth::decode(&mut r);
                wipe_body(segment.body);
                let conauth = conauth.map_err(|error| malformed(&header, error))?;
                self.conauth(&header, conauth);
            }
            SegmentType::REQUEST_MSGS => {
                let asked = RequestMessages::decode(&mut r).map_err(|error| malformed(&header, error))?;
                self.request_messages(&header, asked);
            }
            SegmentType::NOTIFICATION => {
                let it = Notification::decode(&mut r).map_err(|error| malformed(&header, error))?;
                self.notification(&header, it);
            }
            SegmentType::MQCONN => return self.mqconn(&segment),
            other if other.is_xa_request() && header.flags.has(ControlFlags::LAST) => {
                self.outbound.push(at, answer::xa_refused(&header, self.config.qmgr.ccsid));
            }
            other if other.is_mqi_request() => return self.mqi(segment),
            // What this version does not know must not end a channel that works.
            _ => {}
        }
        Ok(())
    }

    fn socket_action(&mut self, action: &SocketAction, flags: ControlFlags) {
        match action.action {
            Action::START_CONVERSATION => {
                let is_taken = self.conversation(action.conversation).is_some();
                self.traces = self.traces.wrapping_add(1);
                let answer =
                    if is_taken { Action::CONVERSATION_STARTED } else { Action::CONVERSATION_REFUSED };
                let answer =
                    SocketAction { action: answer, parameter1: 1, parameter2: self.traces, ..*action };
                let header = self.header(
                    HeaderKind::Multiplexed,
                    action.conversation,
                    action.request,
                    SegmentType::SOCKET_ACTION,
                );
                let body = answer::body(|w| answer.encode(w));
                self.outbound.urgent(Header { flags: ControlFlags::NONE, ..header }, &body);
            }
            Action::END_CONVERSATION => {
                self.end_conversation(action.conversation);
                // The last one closes the socket as well.
                if flags.has(ControlFlags::CLOSE_CHANNEL) {
                    self.close(CloseReason::Ended);
                }
            }
            // Actions that are not known ask for nothing that we have.
            _ => {}
        }
    }

    pub(super) fn reply_with(
        &mut self,
        request: &Header,
        codes: (CompCode, Reason),
        structures: &dyn Fn(&mut Writer),
    ) {
        let header = answer::reply_header(request, self.config.qmgr.ccsid);
        let bytes = answer::with_api(&header, codes, 0, 0, structures);
        self.outbound.push(request.conversation, Transfer::short(header, bytes));
    }

    /// The conversation of this id, begun if there is room for one more.
    pub(super) fn conversation(&mut self, id: u32) -> Option<&mut Conversation> {
        let mut limit = self.agreement.map_or(1, |agreement| agreement.conversations_max.max(1));
        if self.unconnected_until().is_some() {
            limit = limit.min(STRANGERS_MAX);
        }
        if self.conversations.get(id).is_none() && self.conversations.len() >= limit as usize {
            return None;
        }
        let proved = &self.proved;
        Some(self.conversations.get_or_insert_with(id, || Conversation::new(proved.clone())))
    }

    pub(super) fn connected_conversation(&mut self, id: u32) -> Option<&mut Conversation> {
        self.conversations.get_mut(id).filter(|it| matches!(it.state, Connection::Connected))
    }

    pub(super) fn end_conversation(&mut self, conversation: u32) {
        let Some(it) = self.conversations.remove(conversation) else { return };
        self.forget_check(&it.credentials);
        if it.is_with_kernel() {
            self.outbound.forget(conversation);
            self.events.push_back(Event::Gone { conversation });
        }
    }

    pub(super) fn is_shared(&self) -> bool {
        self.kind == HeaderKind::Multiplexed
    }

    pub(super) fn transmission_max(&self) -> usize {
        let agreed = self.agreement.map_or(TRANSMISSION_MAX, |agreement| agreement.transmission_max);
        usize::try_from(agreed).expect("at most 32 KiB")
    }

    pub(super) fn header(
        &self,
        kind: HeaderKind,
        conversation: u32,
        request: u32,
        segment_type: SegmentType,
    ) -> Header {
        answer::header(kind, conversation, request, segment_type, self.config.qmgr.ccsid)
    }

    /// Says why, then closes.
    pub(super) fn refuse(&mut self, code: StatusCode, reason: CloseReason) {
        if matches!(self.state, State::Closing) {
            return;
        }
        let (header, body) = self.refusal(code);
        self.outbound.urgent(header, &body);
        self.close(reason);
    }

    /// The segment that says why this end closes the socket.
    fn refusal(&self, code: StatusCode) -> (Header, Vec<u8>) {
        // As observed: on a shared socket a client ends on a STATUS_DATA about the socket and ignores one
        // about a conversation.
        let kind = if self.is_shared() { HeaderKind::Common } else { HeaderKind::Plain };
        let header = self.header(kind, 0, 0, SegmentType::STATUS_DATA);
        let flags = ControlFlags::ERROR.with(ControlFlags::CLOSE_CHANNEL);
        let status = StatusData { code, value: None };
        (Header { flags, ..header }, answer::body(|w| status.encode(w)))
    }

    pub(super) fn close(&mut self, reason: CloseReason) {
        if matches!(self.state, State::Closing) {
            return;
        }
        for (conversation, it) in std::mem::take(&mut self.conversations).iter() {
            if it.is_with_kernel() {
                self.events.push_back(Event::Gone { conversation });
            }
        }
        self.state = State::Closing;
        self.events.push_back(Event::Close { reason });
    }
}

/// Wipes a body that came in pieces and is nobody else's; one that is part of what was read is wiped with that.
fn wipe_body(body: Bytes) {
    if let Ok(mut bytes) = body.try_into_mut() {
        mqi::secret::wipe(&mut bytes);
    }
}

/// A client that does what this end does not take.
#[derive(Debug)]
pub(super) struct ProtocolError {
    pub(super) code: StatusCode,
    pub(super) text: String,
}

pub(super) fn malformed(header: &Header, error: DecodeError) -> ProtocolError {
    let code = match error {
        DecodeError::Truncated | DecodeError::Length(_) => StatusCode::PROTOCOL_LENGTH_ERROR,
        DecodeError::StrucId => StatusCode::PROTOCOL_ID_ERROR,
        DecodeError::Version(_) => StatusCode::PROTOCOL_INVALID_DATA,
    };
    ProtocolError { code, text: format!("{}: {error}", header.segment_type) }
}
