//! The client's end of one socket: what our own programs speak to a queue manager with.
//!
//! ```text
//!            INITIAL_DATA, values adopted       SOCKET_ACTION: further conversations
//! Proposing ──────────────────────────────► Running ────────────────────────────────► …
//!     │ refused                                │ socket ends, silence, what cannot be read
//!     └───────────────► Closed ◄───────────────┘
//! ```
//!
//! The shell feeds [`ClientEnd::receive`] with what it reads, sends what [`ClientEnd::transmit`] writes, and
//! takes what comes of its calls from [`ClientEnd::poll_event`]. A conversation has one call in progress at a
//! time; asynchronous puts, which nobody answers, may follow each other, and requests for messages may go out
//! behind any call. What comes to a conversation
//! comes in the order in which the queue manager sent it. Bodies of up to [`PIECE_MAX`](mqi::call::PIECE_MAX)
//! bytes come whole, longer ones as a beginning and [`ClientEvent::Piece`]s; a long put is given its next piece
//! whenever [`ClientEvent::Pull`] asks for it. Times are milliseconds of a clock that never goes back.

mod arrival;
mod calls;
mod greeting;
mod refusal;
mod returned;
mod stream;

use std::collections::VecDeque;

use bytes::Bytes;
use mqi::call::{Body, Call, Connect, Delivery, Notice, Reply};
use mqi::constants::MQPMO_ASYNC_RESPONSE;
use mqi::secret::Secret;
use mqi::{Chars, Reason};

use self::arrival::{Arrival, Arrivals};
use self::returned::Expected;
use super::answer;
use super::by_id::ById;
use super::negotiate::{Agreement, TRANSMISSION_MAX};
use super::outbound::Outbound;
use crate::framer::Framer;
use crate::segment::notification::{Notification, NotificationCode};
use crate::segment::socket_action::{Action, SocketAction};
use crate::segment::status_data::{StatusCode, StatusData};
use crate::segment::{ControlFlags, Header, HeaderKind, Segment, SegmentType};

pub use stream::Stream;

/// The first conversation of every socket; further ones have odd numbers.
pub const FIRST_CONVERSATION: u32 = 1;

/// Request id of the asynchronous lane, as clients use it: streaming gets, notifications.
const ASYNC_REQUEST: u32 = 1;
/// Request id of everything that is answered.
const SYNC_REQUEST: u32 = 3;

/// What a client proposes and who it is.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Server-connection channel; of no matter on a local socket.
    pub channel: Chars<20>,
    /// Queue manager, for the negotiation; MQCONN names it again.
    pub qmgr_name: Chars<48>,
    /// User that the program runs as.
    pub user: String,
    /// User id and password to be proved.
    pub credentials: Option<(String, Secret)>,
    /// Conversations that may share the socket; 0 for a socket that is not shared.
    pub conversations: u32,
    /// Longest message in bytes; 0 for no limit of ours.
    pub message_max: u32,
    /// Heartbeat interval in seconds; 0 for none.
    pub heartbeat_s: u32,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            channel: Chars::BLANK,
            qmgr_name: Chars::BLANK,
            user: String::new(),
            credentials: None,
            conversations: 1,
            message_max: mqi::call::MESSAGE_LENGTH_MAX,
            heartbeat_s: 0,
        }
    }
}

/// What has come of the socket, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientEvent {
    /// Both ends agree; [`FIRST_CONVERSATION`] may connect.
    Ready,
    /// A further conversation may connect.
    Started {
        /// Which.
        conversation: u32,
    },
    /// A call has returned.
    Reply {
        /// Whose.
        conversation: u32,
        /// What it returned.
        reply: Reply,
    },
    /// A message for a streaming consumer.
    Delivery {
        /// Whose.
        conversation: u32,
        /// The message.
        delivery: Delivery,
    },
    /// The next bytes of the body that a reply or delivery of this conversation began with.
    Piece {
        /// Whose.
        conversation: u32,
        /// At most a segment's.
        bytes: Body,
        /// Nothing follows.
        is_last: bool,
    },
    /// Something that a streaming consumer has to know.
    Notice {
        /// Whose.
        conversation: u32,
        /// What.
        notice: Notice,
    },
    /// There is room for the next piece of a long put; it goes to [`ClientEnd::piece`].
    Pull {
        /// Whose.
        conversation: u32,
    },
    /// The queue manager has ended this conversation, or refused to start it.
    Ended {
        /// Which.
        conversation: u32,
        /// Why.
        reason: Reason,
    },
    /// Nothing comes after this: close the socket.
    Closed {
        /// Reason for the calls that are open and those that come.
        reason: Reason,
        /// What happened, for a log.
        text: String,
    },
}

/// One conversation of this socket.
#[derive(Debug, Default)]
struct Conversation {
    /// The call that has not returned.
    expected: Option<Expected>,
    /// MQCONN waits for the answer to the credentials.
    connecting: Option<Box<Connect>>,
    arrivals: Arrivals,
    /// Index of the last message that arrived for each streaming handle.
    arrived: Vec<(i32, i32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Proposing,
    Running,
    Closed,
}

/// See the module's text.
#[derive(Debug)]
pub struct ClientEnd {
    config: ClientConfig,
    state: State,
    framer: Framer,
    outbound: Outbound,
    events: VecDeque<ClientEvent>,
    conversations: ById<Conversation>,
    conversation_next: u32,
    agreement: Option<Agreement>,
    /// Header of what belongs to a conversation.
    kind: HeaderKind,
    proposals: u32,
    is_user_sent: bool,
    /// What the queue manager said before it closed the socket.
    last_words: Option<StatusCode>,
    heard_at: u64,
    /// A heartbeat was sent since then.
    is_asked: bool,
}

impl ClientEnd {
    /// The end of a socket that has just been connected; the proposal waits to be sent.
    pub fn new(config: ClientConfig, now: u64) -> Self {
        let mut end = Self {
            config,
            state: State::Proposing,
            framer: Framer::new(TRANSMISSION_MAX as usize),
            outbound: Outbound::default(),
            events: VecDeque::new(),
            conversations: ById::default(),
            conversation_next: FIRST_CONVERSATION,
            agreement: None,
            kind: HeaderKind::Plain,
            proposals: 0,
            is_user_sent: false,
            last_words: None,
            heard_at: now,
            is_asked: false,
        };
        end.propose_first();
        end
    }

    /// Takes what was read from the socket.
    pub fn receive(&mut self, chunk: Bytes, now: u64) {
        if self.state == State::Closed {
            return;
        }
        (self.heard_at, self.is_asked) = (now, false);
        self.framer.push(chunk);
        while self.state != State::Closed {
            match self.framer.next() {
                Ok(Some(segment)) => {
                    let segment_type = segment.header.segment_type;
                    if let Err(error) = self.take(segment) {
                        self.close(Reason::CONNECTION_BROKEN, format!("{segment_type}: {error}"));
                    }
                }
                Ok(None) => break,
                Err(error) => self.close(Reason::CONNECTION_BROKEN, error.to_string()),
            }
        }
    }

    /// The queue manager has closed the socket, or it broke.
    pub fn peer_closed(&mut self) {
        let is_early = self.state == State::Proposing;
        let reason = match self.last_words {
            Some(code) => refusal::reason(code, is_early),
            None if is_early => Reason::Q_MGR_NOT_AVAILABLE,
            None => Reason::CONNECTION_BROKEN,
        };
        self.close(reason, "the socket was closed".to_owned());
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        if self.events.is_empty() && self.state == State::Running {
            self.events.extend(self.outbound.pulls().map(|conversation| ClientEvent::Pull { conversation }));
        }
        self.events.pop_front()
    }

    /// Appends what is to be sent to `out`, until that has `limit` bytes or a few more.
    pub fn transmit(&mut self, out: &mut Vec<u8>, limit: usize) {
        let longest = self.agreement.map_or(TRANSMISSION_MAX, |agreement| agreement.transmission_max);
        self.outbound.transmit(longest as usize, limit, out);
    }

    /// Bytes that wait to be sent.
    pub fn outbound_bytes(&self) -> usize {
        self.outbound.bytes()
    }

    /// What was agreed on, once it was.
    pub fn agreement(&self) -> Option<&Agreement> {
        self.agreement.as_ref()
    }

    /// Whether a call of this conversation has not returned.
    pub fn is_busy(&self, conversation: u32) -> bool {
        self.conversations.get(conversation).is_some_and(|it| it.expected.is_some())
    }

    /// Begins a call. What it returns comes as [`ClientEvent::Reply`], except for asynchronous puts,
    /// [`Call::Consume`] and [`Call::Notify`], which return nothing.
    pub fn call(&mut self, conversation: u32, call: Call) -> Result<(), Reason> {
        if self.state != State::Running {
            return Err(Reason::CONNECTION_BROKEN);
        }
        let Some(it) = self.conversations.get_mut(conversation) else { return Err(Reason::HCONN_ERROR) };
        let is_aside = matches!(call, Call::Consume { .. } | Call::Notify { .. });
        if it.expected.is_some() && !is_aside {
            return Err(Reason::CALL_IN_PROGRESS);
        }
        if let Call::Connect(connect) = call {
            it.expected = Some(Expected::Connect);
            self.connect(conversation, connect);
            return Ok(());
        }
        let arrived = match &call {
            Call::Close { hobj, .. } => it.forget_handle(hobj.0),
            _ => 0,
        };
        let is_silent = matches!(&call, Call::Put { pmo, .. } | Call::Put1 { pmo, .. }
            if pmo.options & MQPMO_ASYNC_RESPONSE != 0);
        if !is_silent && !is_aside {
            it.expected = Expected::of(&call);
        }
        let transfer = calls::transfer(self.kind, conversation, call, arrived)?;
        self.outbound.push(conversation, transfer);
        Ok(())
    }

    /// Gives the next piece of the long put that [`ClientEvent::Pull`] asked for.
    pub fn piece(&mut self, conversation: u32, bytes: &Body) {
        self.outbound.piece(conversation, bytes);
    }

    /// Asks for one more conversation on this socket: [`ClientEvent::Started`] says when it may connect.
    pub fn start_conversation(&mut self) -> Result<u32, Reason> {
        let limit = self.agreement.map_or(0, |agreement| agreement.conversations_max);
        if self.state != State::Running || self.conversations.len() >= limit as usize {
            return Err(Reason::MAX_CONNS_LIMIT_REACHED);
        }
        let conversation = self.conversation_next;
        self.conversation_next += 2;
        self.conversations.get_or_insert_with(conversation, Conversation::default);
        self.socket_action(conversation, Action::START_CONVERSATION);
        Ok(conversation)
    }

    /// Ends a conversation that has disconnected. After the last one the socket may be closed.
    pub fn end_conversation(&mut self, conversation: u32) {
        if self.conversations.remove(conversation).is_some() && self.kind == HeaderKind::Multiplexed {
            self.socket_action(conversation, Action::END_CONVERSATION);
        }
    }

    /// When [`ClientEnd::handle_timeout`] is due.
    pub fn deadline(&self) -> Option<u64> {
        let interval = self.heartbeat_ms()?;
        Some(self.heard_at + if self.is_asked { 2 * interval } else { interval })
    }

    /// Sends a heartbeat, or gives the queue manager up.
    pub fn handle_timeout(&mut self, now: u64) {
        if self.deadline().is_none_or(|at| at > now) {
            return;
        }
        if self.is_asked {
            return self.close(Reason::CONNECTION_BROKEN, "the queue manager is silent".to_owned());
        }
        let header = self.header(HeaderKind::Common, 0, 0, SegmentType::HEARTBEAT);
        let flags = ControlFlags::WHOLE.with(ControlFlags::CONFIRM_REQUEST);
        self.outbound.urgent(Header { flags, ..header }, &[]);
        self.is_asked = true;
    }

    fn heartbeat_ms(&self) -> Option<u64> {
        let seconds = self.agreement.map_or(0, |agreement| agreement.heartbeat_s);
        let is_shared = self.kind == HeaderKind::Multiplexed && self.state == State::Running;
        (is_shared && seconds > 0).then_some(u64::from(seconds) * 1000)
    }

    fn take(&mut self, segment: Segment) -> Result<(), String> {
        let header = segment.header;
        let malformed = |error: mqi::wire::DecodeError| error.to_string();
        // A socket that is not shared has one conversation, and no room in its headers to say so.
        let conversation =
            if header.kind == HeaderKind::Plain { FIRST_CONVERSATION } else { header.conversation };
        match header.segment_type {
            SegmentType::INITIAL_DATA => self.answered(&segment),
            SegmentType::STATUS_DATA => {
                let status = StatusData::decode(&mut segment.reader()).map_err(malformed)?;
                self.status(&header, conversation, status.code);
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
            SegmentType::SOCKET_ACTION => {
                let action = SocketAction::decode(&mut segment.reader()).map_err(malformed)?;
                self.acted(&action);
                Ok(())
            }
            SegmentType::NOTIFICATION => {
                let it = Notification::decode(&mut segment.reader()).map_err(malformed)?;
                if it.code == NotificationCode::QM_QUIESCING && it.hobj == mqi::call::Hobj::UNUSABLE.0 {
                    // As observed: about no handle it is the end of the connection.
                    self.end(conversation, Reason::CONNECTION_BROKEN);
                    return Ok(());
                }
                let notice = Notice { hobj: mqi::call::Hobj(it.hobj), code: it.code.0, value: it.value };
                self.events.push_back(ClientEvent::Notice { conversation, notice });
                Ok(())
            }
            SegmentType::ASYNC_MESSAGE => self.arrived(conversation, segment),
            other if other.is_mqi_reply() => self.arrived(conversation, segment),
            // What this version does not know must not end a socket that works.
            _ => Ok(()),
        }
    }

    /// A segment of a reply or of a delivery.
    fn arrived(&mut self, conversation: u32, segment: Segment) -> Result<(), String> {
        // What still comes to a conversation that has ended is for nobody.
        let Some(it) = self.conversations.get_mut(conversation) else { return Ok(()) };
        let Some(arrival) = it.arrivals.take(segment, it.expected)? else { return Ok(()) };
        let event = match arrival {
            Arrival::Reply(reply) => {
                it.expected = None;
                ClientEvent::Reply { conversation, reply }
            }
            Arrival::Delivery(delivery) => {
                it.note_arrival(delivery.hobj.0, delivery.message_index);
                ClientEvent::Delivery { conversation, delivery }
            }
            Arrival::Piece { bytes, is_last } => ClientEvent::Piece { conversation, bytes, is_last },
        };
        self.events.push_back(event);
        Ok(())
    }

    fn status(&mut self, header: &Header, conversation: u32, code: StatusCode) {
        let ends = ControlFlags::ERROR.0 | ControlFlags::CLOSE_CHANNEL.0;
        if code == StatusCode::OK || header.flags.0 & ends == 0 {
            self.credentials_taken(conversation);
            return;
        }
        let is_early = self.state == State::Proposing;
        let reason = refusal::reason(code, is_early);
        if is_early || header.kind != HeaderKind::Multiplexed {
            self.close(reason, format!("the queue manager says {code:?}"));
            return;
        }
        self.last_words = Some(code);
        self.end(conversation, reason);
    }

    fn end(&mut self, conversation: u32, reason: Reason) {
        if self.conversations.remove(conversation).is_some() {
            self.outbound.forget(conversation);
            self.events.push_back(ClientEvent::Ended { conversation, reason });
        }
    }

    fn acted(&mut self, action: &SocketAction) {
        match action.action {
            Action::CONVERSATION_STARTED => {
                self.events.push_back(ClientEvent::Started { conversation: action.conversation });
            }
            Action::END_CONVERSATION => self.end(action.conversation, Reason::CONNECTION_BROKEN),
            _ => {}
        }
    }

    fn socket_action(&mut self, conversation: u32, action: Action) {
        let body = SocketAction { conversation, request: 0, action, parameter1: 0, parameter2: 0 };
        let header = self.header(HeaderKind::Common, 0, 0, SegmentType::SOCKET_ACTION);
        self.outbound.urgent(header, &answer::body(|w| body.encode(w)));
    }

    fn header(&self, kind: HeaderKind, conversation: u32, request: u32, what: SegmentType) -> Header {
        answer::header(kind, conversation, request, what, calls::CCSID)
    }

    fn close(&mut self, reason: Reason, text: String) {
        if self.state != State::Closed {
            self.state = State::Closed;
            self.events.push_back(ClientEvent::Closed { reason, text });
        }
    }
}

impl Conversation {
    /// Index of the last message that arrived for a handle, which is forgotten; 0 if none did.
    fn forget_handle(&mut self, hobj: i32) -> i32 {
        let at = self.arrived.iter().position(|(handle, _)| *handle == hobj);
        at.map_or(0, |at| self.arrived.swap_remove(at).1)
    }

    fn note_arrival(&mut self, hobj: i32, index: i32) {
        match self.arrived.iter_mut().find(|(handle, _)| *handle == hobj) {
            Some((_, last)) => *last = index,
            None => self.arrived.push((hobj, index)),
        }
    }
}

#[cfg(test)]
mod tests;
