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

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use mqi::call::{Body, Call, Connect, Delivery, Hobj, Identity, Notice, Reply, Returned};
use mqi::constants::MQGMO_WAIT;
use mqi::wire::DecodeError;
use mqi::{Chars, CompCode, Reason};

use super::answer;
use super::conversation::{Conversation, Credentials, Pending, State as Connection};
use super::inbound::Step;
use super::negotiate::{self, Agreement, Channel, QueueManager, TRANSMISSION_MAX};
use super::outbound::{Outbound, Transfer};
use super::request::{Request, Shape};
use crate::framer::{Framer, FramerError};
use crate::segment::conauth::{Conauth, USER_ID_AND_PASSWORD};
use crate::segment::conn::{Conn, Fcno};
use crate::segment::initial_data::{InitialData, capability1};
use crate::segment::notification::{Notification, NotificationCode};
use crate::segment::request_messages::RequestMessages;
use crate::segment::socket_action::{Action, SocketAction};
use crate::segment::status_data::{StatusCode, StatusData};
use crate::segment::user_id::UserId;
use crate::segment::{ControlFlags, Header, HeaderKind, Segment, SegmentType};

/// A client must have come to its first MQCONN after this many milliseconds.
const HANDSHAKE_MS: u64 = 10_000;

/// Longest segment that is taken before a length is agreed on: no segment of a handshake is longer.
const HANDSHAKE_SEGMENT_MAX: usize = TRANSMISSION_MAX as usize;

/// Proposals that are answered before a client is taken for one that will not agree.
const PROPOSALS_MAX: u32 = 4;

/// Nothing is read while more than this waits to be sent: the client does not take what it asks for.
const OUTBOUND_MAX: usize = 4 * 1024 * 1024;

/// Nothing is read while more calls than this are unanswered: asynchronous puts have no other brake.
const PENDING_MAX: usize = 1024;

/// Code of the [`Call::Notify`] that goes before the close of a handle from which messages were streamed: the
/// value is the index of the last one that arrived at the client. What was delivered after it goes back to the
/// queue. On the wire it is a field of the close.
pub const NOTIFY_ARRIVED: i32 = -1;

/// What the shell has to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Find the channel and answer with [`ServerEnd::admit`]. Nothing is read meanwhile.
    LookupChannel {
        /// Its name, as the client gave it.
        name: Chars<20>,
        /// The caller is a client. If not it is a queue manager, for which this is the wrong machine.
        is_client: bool,
    },
    /// Check a password and answer with [`ServerEnd::verified`].
    Verify {
        /// Whose.
        conversation: u32,
        /// User id.
        user: String,
        /// Password.
        password: Vec<u8>,
    },
    /// Hand the call to the kernel and its answer to [`ServerEnd::reply`]. A connect begins what the
    /// kernel calls a conversation.
    Call {
        /// Who calls.
        conversation: u32,
        /// What.
        call: Call,
    },
    /// The next bytes of a put; the kernel gives credit for it before it comes.
    Part {
        /// Whose put.
        conversation: u32,
        /// At most [`mqi::call::PIECE_MAX`] bytes.
        bytes: Body,
    },
    /// There is room for the next piece of a body; it goes to [`ServerEnd::piece`].
    Pull {
        /// Whose.
        conversation: u32,
    },
    /// The conversation has disconnected: the kernel knows.
    Ended {
        /// Which.
        conversation: u32,
    },
    /// The conversation has broken: the kernel must be told.
    Gone {
        /// Which.
        conversation: u32,
    },
    /// Send what is still to be sent, then close the socket. Nothing comes after this.
    Close {
        /// Why.
        reason: CloseReason,
    },
}

/// Why a socket is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client has ended it, or is gone.
    Ended,
    /// The client was refused, or the queue manager ends the channel.
    Refused(StatusCode),
    /// The client broke the protocol; the text says how.
    Protocol(String),
    /// The client said nothing for too long.
    Silence,
}

/// A local application, whom the kernel of the operating system vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its user.
    pub user: String,
    /// Its process id.
    pub pid: u32,
}

/// What the machine knows of its surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The queue manager.
    pub qmgr: QueueManager,
    /// Address of the peer as CONNAME shows it; blank for a local application.
    pub address: String,
    /// A local application.
    pub local: Option<Local>,
}

/// How the check of a password ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the user's.
    Proved,
    /// It is not.
    Wrong,
    /// This queue manager checks no passwords.
    Unchecked,
}

/// What DISPLAY CHSTATUS shows of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Segments received.
    pub segments_received: u64,
    /// Segments sent.
    pub segments_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
}

#[derive(Debug)]
enum State {
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
    config: Config,
    state: State,
    framer: Framer,
    outbound: Outbound,
    events: VecDeque<Event>,
    conversations: BTreeMap<u32, Conversation>,
    channel: Option<Channel>,
    agreement: Option<Agreement>,
    /// Header kind of what the client sends about conversations.
    kind: HeaderKind,
    proposals: u32,
    product: Chars<12>,
    /// Whom the first conversation named: later ones name nobody.
    user: Option<Chars<64>>,
    /// What it proved by the password beside its name: that holds for later ones too.
    proved: Credentials,
    handshake_until: Option<u64>,
    heard_at: u64,
    /// A heartbeat was sent since then.
    is_asked: bool,
    is_paused: bool,
    traces: i32,
    counters: Counters,
}

impl ServerEnd {
    /// The end of a socket that has just been accepted.
    pub fn new(config: Config, now: u64) -> Self {
        Self {
            config,
            state: State::Greeting,
            framer: Framer::new(HANDSHAKE_SEGMENT_MAX),
            outbound: Outbound::default(),
            events: VecDeque::new(),
            conversations: BTreeMap::new(),
            channel: None,
            agreement: None,
            kind: HeaderKind::Plain,
            proposals: 0,
            product: Chars::default(),
            user: None,
            proved: Credentials::None,
            handshake_until: Some(now + HANDSHAKE_MS),
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
        if self.outbound.bytes() < OUTBOUND_MAX {
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

    /// When [`ServerEnd::handle_timeout`] is due.
    pub fn deadline(&self) -> Option<u64> {
        if matches!(self.state, State::Closing) {
            return None;
        }
        [self.handshake_until, self.heartbeat_due(), self.silence_until()].into_iter().flatten().min()
    }

    /// Sends a heartbeat, or gives the client up.
    pub fn handle_timeout(&mut self, now: u64) {
        let is_due = |deadline: Option<u64>| deadline.is_some_and(|at| at <= now);
        if matches!(self.state, State::Closing) {
        } else if is_due(self.handshake_until) || is_due(self.silence_until()) {
            self.refuse(StatusCode::TIMEOUT_EXPIRED, CloseReason::Silence);
        } else if is_due(self.heartbeat_due()) {
            let kind = if self.is_shared() { HeaderKind::Common } else { HeaderKind::Plain };
            let header = self.header(kind, 0, 0, SegmentType::HEARTBEAT);
            let flags = ControlFlags::WHOLE.with(ControlFlags::CONFIRM_REQUEST);
            self.outbound.urgent(Header { flags, ..header }, &[]);
            self.is_asked = true;
            if !self.is_shared() {
                // The client is in a get and answers nothing: the next one is due after another interval.
                (self.heard_at, self.is_asked) = (now, false);
            }
        }
    }

    /// Answers [`Event::LookupChannel`].
    pub fn admit(&mut self, channel: Result<Channel, StatusCode>) {
        let State::LookingUp { header, proposal } = std::mem::replace(&mut self.state, State::Greeting)
        else {
            return;
        };
        match channel {
            Err(code) => self.refuse(code, CloseReason::Refused(code)),
            Ok(_) if proposal.capabilities1 & capability1::MQ_REQUEST == 0 => {
                let code = StatusCode::CHANNEL_WRONG_TYPE;
                self.refuse(code, CloseReason::Refused(code));
            }
            Ok(channel) => {
                self.channel = Some(channel);
                self.negotiate(&header, &proposal);
            }
        }
        self.process();
    }

    /// Answers [`Event::Verify`].
    pub fn verified(&mut self, conversation: u32, verdict: Verdict) {
        let Some(it) = self.conversations.get_mut(&conversation) else { return };
        let Credentials::Checking(user) = &it.credentials else { return };
        let credentials = match verdict {
            Verdict::Proved => Credentials::Proved(user.clone()),
            Verdict::Wrong => Credentials::Wrong,
            Verdict::Unchecked => Credentials::Unchecked,
        };
        if self.proved == it.credentials {
            self.proved = credentials.clone();
        }
        it.credentials = credentials;
        match std::mem::replace(&mut it.state, Connection::Fresh) {
            Connection::Checking { header, conn } => self.connect(header, conn),
            other => it.state = other,
        }
    }

    /// Answers the oldest call of a conversation that is not answered.
    pub fn reply(&mut self, conversation: u32, reply: Reply) {
        let Some(it) = self.conversations.get_mut(&conversation) else { return };
        if let Connection::Connecting { .. } = it.state {
            self.connected(conversation, reply);
            self.unpark(conversation);
            return;
        }
        let Some(call) = it.pending.pop_front() else { return };
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
        let Some(it) = self.conversations.get(&conversation) else { return };
        let version = it.consume_version;
        let transfer = answer::delivery(self.kind, conversation, version, delivery, self.config.qmgr.ccsid);
        self.outbound.push(conversation, transfer);
    }

    /// Sends a notification. One that answers a request goes on that request, and only if the client
    /// asked for the answer.
    pub fn notify(&mut self, conversation: u32, notice: Notice) {
        let Some(it) = self.conversations.get_mut(&conversation) else { return };
        let request = match it.answered(notice.hobj.0, notice.code) {
            Some((_, false)) => return,
            Some((request, true)) => request,
            None if notice.code == NotificationCode::CHECK_MSG.0 => return,
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
        if let Some(it) = self.conversations.get_mut(&conversation) {
            let step = it.inbound.credit();
            self.step(conversation, step);
            self.unpark(conversation);
            self.process();
        }
    }

    /// Ends one conversation from this side; the socket too when it was the last.
    pub fn disconnect(&mut self, conversation: u32, reason: Reason) {
        let is_last = self.conversations.len() == 1;
        let Some(it) = self.conversations.get_mut(&conversation) else { return };
        let ccsid = self.config.qmgr.ccsid;
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
            self.refuse(code, CloseReason::Refused(code));
            return;
        }
        // As observed: a client ends a conversation on this, and ignores a STATUS_DATA for it.
        let quiescing = Notice { hobj: Hobj::UNUSABLE, code: NotificationCode::QM_QUIESCING.0, value: 0 };
        let (version, was_with_kernel) = (it.consume_version, it.is_with_kernel());
        it.state = Connection::Broken(Reason::CONNECTION_BROKEN);
        self.outbound
            .push(conversation, answer::notice(self.kind, conversation, 1, version, quiescing, ccsid));
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
        self.conversations.iter().filter(|(_, it)| it.is_with_kernel()).map(|(conversation, _)| *conversation)
    }

    /// Takes segments while there are any and nothing forbids it.
    fn process(&mut self) {
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

    fn is_blocked(&self) -> bool {
        self.is_paused
            || matches!(self.state, State::LookingUp { .. })
            || self.outbound.bytes() >= OUTBOUND_MAX
            || self
                .conversations
                .values()
                .any(|it| it.inbound.is_blocked() || it.pending.len() >= PENDING_MAX)
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

    fn proposed(&mut self, header: Header, proposal: InitialData) -> Result<(), ProtocolError> {
        self.proposals += 1;
        if self.proposals > PROPOSALS_MAX || self.conversations.values().any(Conversation::is_with_kernel) {
            return Err(ProtocolError {
                code: StatusCode::NEGOTIATION_FAILED,
                text: format!("{} proposals", self.proposals),
            });
        }
        match &self.channel {
            Some(_) => self.negotiate(&header, &proposal),
            None => {
                let is_client = proposal.capabilities1 & capability1::MQ_REQUEST != 0;
                self.events.push_back(Event::LookupChannel { name: proposal.channel, is_client });
                self.state = State::LookingUp { header, proposal: Box::new(proposal) };
            }
        }
        Ok(())
    }

    fn negotiate(&mut self, header: &Header, proposal: &InitialData) {
        let channel = self.channel.as_ref().expect("it was looked up before");
        let Some((answered, agreement)) = negotiate::answer(proposal, channel, &self.config.qmgr) else {
            let code = StatusCode::NEGOTIATION_FAILED;
            return self.refuse(code, CloseReason::Refused(code));
        };
        let must_change = answered.errors1 != 0 || answered.errors2 != 0;
        self.agreement = Some(agreement);
        self.product = proposal.product_id;
        let flags = if must_change { ControlFlags::ERROR } else { ControlFlags::NONE };
        let reply = self.header(header.kind, header.conversation, header.request, SegmentType::INITIAL_DATA);
        self.outbound.urgent(Header { flags, ..reply }, &answer::body(|w| answered.encode(w)));
        // The first answer is on a plain header. What follows shows whether the client shares the socket.
        self.state = State::Agreeing;
        if header.kind == HeaderKind::Multiplexed {
            self.run(header.kind);
        }
    }

    fn run(&mut self, kind: HeaderKind) {
        self.kind = if kind == HeaderKind::Plain { kind } else { HeaderKind::Multiplexed };
        self.framer.limit(self.transmission_max());
        self.state = State::Running;
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
                let uid = UserId::decode(&mut r).map_err(|error| malformed(&header, error))?;
                self.user_id(at, &uid);
            }
            SegmentType::CONAUTH_INFO => {
                let conauth = Conauth::decode(&mut r).map_err(|error| malformed(&header, error))?;
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

    fn user_id(&mut self, at: u32, uid: &UserId) {
        let user = Chars::from_str_padded(uid.user());
        self.user = Some(user);
        let password = uid.password.trimmed().to_vec();
        let Some(it) = self.conversation(at) else { return };
        it.user = Some(user);
        // Compatibility mode: the password comes along, once for all conversations of the socket.
        if !password.is_empty() {
            self.proved = Credentials::Checking(uid.user().to_owned());
            self.verify(at, uid.user().to_owned(), password);
        }
    }

    fn conauth(&mut self, header: &Header, conauth: Conauth) {
        let at = header.conversation;
        if self.conversation(at).is_some() {
            if conauth.authentication_type == USER_ID_AND_PASSWORD {
                self.verify(at, text(&conauth.user), conauth.password);
            } else if let Some(it) = self.conversation(at) {
                // Tokens are not supported; that they do not prove anything shows at MQCONN.
                it.credentials = Credentials::Wrong;
            }
        }
        // As observed: a client waits for this before it goes on, whatever becomes of its password.
        let status = StatusData { code: StatusCode::OK, value: None };
        let header = self.header(header.kind, at, header.request, SegmentType::STATUS_DATA);
        self.outbound.urgent(header, &answer::body(|w| status.encode(w)));
    }

    fn verify(&mut self, conversation: u32, user: String, password: Vec<u8>) {
        if let Some(it) = self.conversation(conversation) {
            it.credentials = Credentials::Checking(user.clone());
            self.events.push_back(Event::Verify { conversation, user, password });
        }
    }

    fn request_messages(&mut self, header: &Header, asked: RequestMessages) {
        let conversation = header.conversation;
        let Some(it) = self.connected_conversation(conversation) else { return };
        it.consume_version = asked.version;
        let is_asked = header.flags.has(ControlFlags::CONFIRM_REQUEST);
        it.ask(asked.hobj, NotificationCode::CHECK_MSG.0, header.request, is_asked);
        let call = Call::Consume { hobj: Hobj(asked.hobj), consume: Box::new(asked.consume) };
        self.events.push_back(Event::Call { conversation, call });
    }

    fn notification(&mut self, header: &Header, it: Notification) {
        let conversation = header.conversation;
        let Some(to) = self.connected_conversation(conversation) else { return };
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

    fn mqconn(&mut self, segment: &Segment) -> Result<(), ProtocolError> {
        let (header, mut r) = (segment.header, segment.reader());
        let error = |error| malformed(&header, error);
        r.skip(crate::segment::api::ApiHeader::LEN).map_err(|truncated| error(truncated.into()))?;
        let conn = Box::new(Conn::decode(&mut r).map_err(error)?);
        let Some(it) = self.conversation(header.conversation) else {
            self.refuse_connect(&header, &conn, Reason::MAX_CONNS_LIMIT_REACHED);
            return Ok(());
        };
        match it.state {
            Connection::Fresh => {}
            _ => {
                self.refuse_connect(&header, &conn, Reason::ALREADY_CONNECTED);
                return Ok(());
            }
        }
        self.connect(header, conn);
        Ok(())
    }

    /// Goes on with an MQCONN as far as the check of its password has come.
    fn connect(&mut self, header: Header, conn: Box<Conn>) {
        let conversation = header.conversation;
        let Some(it) = self.conversations.get_mut(&conversation) else { return };
        let proved = match &it.credentials {
            Credentials::Checking(_) => {
                it.state = Connection::Checking { header, conn };
                self.handshake_until = None;
                return;
            }
            Credentials::Wrong => {
                it.credentials = self.proved.clone();
                self.refuse_connect(&header, &conn, Reason::NOT_AUTHORIZED);
                return;
            }
            Credentials::Proved(user) => Some(user.clone()),
            Credentials::None | Credentials::Unchecked => None,
        };
        let asserted = it.user.or(self.user);
        let local = self.config.local.as_ref();
        let identity = Identity {
            asserted: match local {
                Some(local) => local.user.clone(),
                None => asserted.map(|user| user.as_str().to_owned()).unwrap_or_default(),
            },
            verified: proved.or_else(|| local.map(|local| local.user.clone())),
            channel: match (local, &self.channel) {
                (None, Some(channel)) => Some(channel.name.as_str().to_owned()),
                _ => None,
            },
            address: self.config.address.clone(),
            pid: local.map_or(0, |local| local.pid),
            product: self.product.as_str().to_owned(),
        };
        let connect = Connect {
            qmgr_name: conn.qmgr_name,
            appl_name: conn.appl_name,
            appl_type: conn.appl_type,
            accounting_token: conn.accounting_token,
            options: conn.xoptions,
            identity,
        };
        it.state = Connection::Connecting { header, conn };
        self.handshake_until = None;
        self.events.push_back(Event::Call { conversation, call: Call::Connect(Box::new(connect)) });
    }

    /// The kernel has answered an MQCONN.
    fn connected(&mut self, conversation: u32, reply: Reply) {
        let Some(it) = self.conversations.get_mut(&conversation) else { return };
        let Connection::Connecting { header, conn } = std::mem::replace(&mut it.state, Connection::Fresh)
        else {
            return;
        };
        let (qmgr_name, connection_id) = match reply.returned {
            Returned::Connect { qmgr_name, connection_id } => (qmgr_name, connection_id),
            _ => (self.config.qmgr.name, [0; 24]),
        };
        if reply.comp_code == CompCode::Failed {
            self.events.push_back(Event::Ended { conversation });
            it.credentials = self.proved.clone();
        } else {
            it.state = Connection::Connected;
            it.connection_id = connection_id;
        }
        let body = answer::body(|w| conn.reply(qmgr_name, connection_id).encode(w));
        self.reply_with(&header, (reply.comp_code, reply.reason), &body);
    }

    fn refuse_connect(&mut self, header: &Header, conn: &Conn, reason: Reason) {
        let mut refused = conn.reply(self.config.qmgr.name, [0; 24]);
        if let Some(Fcno { flags, .. }) = &mut refused.fcno {
            *flags = 0;
        }
        self.reply_with(header, (CompCode::Failed, reason), &answer::body(|w| refused.encode(w)));
    }

    fn reply_with(&mut self, request: &Header, codes: (CompCode, Reason), structures: &[u8]) {
        let header = answer::reply_header(request, self.config.qmgr.ccsid);
        let bytes = answer::with_api(&header, codes, 0, structures, 0);
        self.outbound.push(request.conversation, Transfer::short(header, bytes));
    }

    /// Takes a segment of an MQI call.
    fn mqi(&mut self, segment: Segment) -> Result<(), ProtocolError> {
        let header = segment.header;
        let message_max = self.agreement.map_or(0, |agreement| agreement.message_max);
        let Some(it) = self.connected_conversation(header.conversation) else {
            if header.flags.has(ControlFlags::FIRST) {
                let reason = match self.conversations.get(&header.conversation).map(|it| &it.state) {
                    Some(Connection::Broken(reason)) => *reason,
                    _ => Reason::HCONN_ERROR,
                };
                self.reply_with(&header, (CompCode::Failed, reason), &[]);
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
    fn unpark(&mut self, conversation: u32) {
        while let Some(segment) = self.conversations.get_mut(&conversation).and_then(Conversation::unpark) {
            // What was parked stays behind what is parked: the flag is gone while this one is taken.
            let it = self.conversations.get_mut(&conversation).expect("it was just there");
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

    fn step(&mut self, conversation: u32, step: Step) {
        match step {
            Step::More => {}
            Step::Part(bytes) => self.events.push_back(Event::Part { conversation, bytes }),
            Step::Reply(transfer) => self.outbound.push(conversation, *transfer),
            Step::Call(header, request) => self.call(conversation, header, *request),
        }
    }

    fn call(&mut self, conversation: u32, header: Header, request: Request) {
        if let Shape::SpiQuery { version, reply_max } = request.shape {
            let reply = answer::spi_query(&header, version, reply_max, self.config.qmgr.ccsid);
            self.outbound.push(conversation, reply);
            return;
        }
        let Some(it) = self.conversations.get_mut(&conversation) else { return };
        if let Shape::SpiReserve { .. } = request.shape {
            let (id, number) = (it.connection_id, it.reservations);
            // The number has one byte: a connection that has used all of them gets no more.
            let Some(next) = number.checked_add(1) else {
                self.reply_with(&header, (CompCode::Failed, Reason::RESOURCE_PROBLEM), &[]);
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
                let call = Call::Notify { hobj, code: NOTIFY_ARRIVED, value: request.arrived };
                self.events.push_back(Event::Call { conversation, call });
            }
        }
        it.pending.push_back(Pending {
            header,
            is_silent: request.is_silent,
            is_wait: matches!(&request.call, Call::Get { gmo, .. } if gmo.options & MQGMO_WAIT != 0),
            is_disconnect: matches!(request.call, Call::Disconnect),
            shape: request.shape,
        });
        self.events.push_back(Event::Call { conversation, call: request.call });
    }

    /// The conversation of this id, begun if there is room for one more.
    fn conversation(&mut self, id: u32) -> Option<&mut Conversation> {
        let limit = self.agreement.map_or(1, |agreement| agreement.conversations_max.max(1));
        if !self.conversations.contains_key(&id) && self.conversations.len() >= limit as usize {
            return None;
        }
        let proved = &self.proved;
        Some(self.conversations.entry(id).or_insert_with(|| Conversation::new(proved.clone())))
    }

    fn connected_conversation(&mut self, id: u32) -> Option<&mut Conversation> {
        self.conversations.get_mut(&id).filter(|it| matches!(it.state, Connection::Connected))
    }

    fn end_conversation(&mut self, conversation: u32) {
        let Some(it) = self.conversations.remove(&conversation) else { return };
        if it.is_with_kernel() {
            self.outbound.forget(conversation);
            self.events.push_back(Event::Gone { conversation });
        }
    }

    fn is_shared(&self) -> bool {
        self.kind == HeaderKind::Multiplexed
    }

    fn transmission_max(&self) -> usize {
        let agreed = self.agreement.map_or(TRANSMISSION_MAX, |agreement| agreement.transmission_max);
        usize::try_from(agreed).expect("at most 32 KiB")
    }

    fn heartbeat_ms(&self) -> Option<u64> {
        let seconds = self.agreement.map_or(0, |agreement| agreement.heartbeat_s);
        let is_due = self.is_shared() || self.conversations.values().any(Conversation::is_in_wait);
        (seconds > 0 && is_due && matches!(self.state, State::Running)).then_some(u64::from(seconds) * 1000)
    }

    fn heartbeat_due(&self) -> Option<u64> {
        self.heartbeat_ms().filter(|_| !self.is_asked).map(|interval| self.heard_at + interval)
    }

    /// A partner is silent when twice the interval has passed, or a minute more than it when it is longer.
    fn silence_until(&self) -> Option<u64> {
        let interval = self.heartbeat_ms().filter(|_| self.is_shared() && self.is_asked)?;
        Some(self.heard_at + if interval < 60_000 { 2 * interval } else { interval + 60_000 })
    }

    fn header(&self, kind: HeaderKind, conversation: u32, request: u32, segment_type: SegmentType) -> Header {
        answer::header(kind, conversation, request, segment_type, self.config.qmgr.ccsid)
    }

    /// Says why, then closes.
    fn refuse(&mut self, code: StatusCode, reason: CloseReason) {
        if matches!(self.state, State::Closing) {
            return;
        }
        // As observed: on a shared socket a client ends on a STATUS_DATA about the socket and ignores one
        // about a conversation.
        let kind = if self.is_shared() { HeaderKind::Common } else { HeaderKind::Plain };
        let header = self.header(kind, 0, 0, SegmentType::STATUS_DATA);
        let flags = ControlFlags::ERROR.with(ControlFlags::CLOSE_CHANNEL);
        let status = StatusData { code, value: None };
        self.outbound.urgent(Header { flags, ..header }, &answer::body(|w| status.encode(w)));
        self.close(reason);
    }

    fn close(&mut self, reason: CloseReason) {
        if matches!(self.state, State::Closing) {
            return;
        }
        for conversation in
            std::mem::take(&mut self.conversations).into_iter().filter(|(_, it)| it.is_with_kernel())
        {
            self.events.push_back(Event::Gone { conversation: conversation.0 });
        }
        self.state = State::Closing;
        self.events.push_back(Event::Close { reason });
    }
}

/// A client that does what this end does not take.
#[derive(Debug)]
struct ProtocolError {
    code: StatusCode,
    text: String,
}

fn malformed(header: &Header, error: DecodeError) -> ProtocolError {
    let code = match error {
        DecodeError::Truncated | DecodeError::Length(_) => StatusCode::PROTOCOL_LENGTH_ERROR,
        DecodeError::StrucId => StatusCode::PROTOCOL_ID_ERROR,
        DecodeError::Version(_) => StatusCode::PROTOCOL_INVALID_DATA,
    };
    ProtocolError { code, text: format!("{}: {error}", header.segment_type) }
}

/// User ids in UTF-8, or else in ISO 8859-1, which never fails.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}
