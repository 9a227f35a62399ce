//! The client end of a socket with one conversation: what our own programs are.
//!
//! ```text
//! new ─► INITIAL_DATA ─► adopted values ─► UID, CONAUTH ─► MQCONN ─► Connected ─► MQDISC
//!                                                              └─► Refused
//! ```
//!
//! Like the queue manager's end it has no socket and no clock: [`Caller::receive`] takes what was read,
//! [`Caller::outbound`] has what is to be written, [`Caller::poll`] says what was heard. Calls are those of
//! [`mqi::call`]; most are answered by one [`Heard::Reply`], in order, asynchronous puts and requests for
//! messages by none.

use std::collections::VecDeque;

use bytes::Bytes;
use mqi::call::{Body, Call, Connect, Delivery, Hobj, Long, Notice, OpenAttributes, Reply, Returned};
use mqi::constants::MQPMO_ASYNC_RESPONSE;
use mqi::wire::{ByteOrder, Charset, DecodeError, Reader, Writer};
use mqi::{Chars, CompCode, Reason};

use crate::framer::{Framer, FramerError};
use crate::segment::api::ApiHeader;
use crate::segment::async_message::{AsyncFirst, AsyncHead};
use crate::segment::close::Close;
use crate::segment::conauth::Conauth;
use crate::segment::conn::{Conn, Fcno};
use crate::segment::get::Get;
use crate::segment::initial_data::{InitialData, capability1};
use crate::segment::inquire::{Attributes, Inquire};
use crate::segment::notification::{Notification, NotificationCode};
use crate::segment::open::{Fopa, Object, Open};
use crate::segment::put::Put;
use crate::segment::request_messages::RequestMessages;
use crate::segment::status_data::{StatusCode, StatusData};
use crate::segment::strings::Base;
use crate::segment::user_id::{LongUserId, UserId};
use crate::segment::{ControlFlags, Header, HeaderKind, Segment, SegmentType};

/// Longest transmission that is proposed, in bytes.
const TRANSMISSION_MAX: u32 = 32_748;
/// Level that is proposed.
const FAP_LEVEL: u8 = 12;
/// The one conversation of a shared socket.
const CONVERSATION: u32 = 1;
/// Request of calls, and of a consumer's requests that wait for no notification.
const REQUEST_ASYNCHRONOUS: u32 = 1;
const REQUEST: u32 = 3;

/// What a caller needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerConfig {
    /// Server-connection channel; anything for the local socket.
    pub channel: String,
    /// Queue manager asked for; blank for any.
    pub qmgr_name: String,
    /// Operating system user, which a local socket knows better.
    pub user: String,
    /// User and password to be checked.
    pub credentials: Option<(String, String)>,
    /// Name of the program.
    pub appl_name: String,
    /// Conversations on the socket: 0 for the simple flow without streaming, else 1.
    pub is_shared: bool,
    /// Heartbeat interval in seconds; 0 for none.
    pub heartbeat_s: u32,
}

/// What was heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// The connection stands; calls may be made.
    Connected {
        /// The queue manager's name.
        qmgr_name: Chars<48>,
        /// Identifier of the connection.
        connection_id: [u8; 24],
    },
    /// The connection was refused, or a conversation ended by the queue manager.
    Refused(Reason),
    /// The answer to the oldest call that has not been answered.
    Reply(Box<Reply>),
    /// A message for a streaming consumer.
    Delivery(Box<Delivery>),
    /// A notification.
    Notice(Notice),
    /// What came is not the protocol: the socket is to be closed.
    Broken(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first proposal is out.
    Proposed,
    /// The adopted values are out.
    Adopted,
    /// Waiting for the answer to the credentials.
    Proving,
    /// Waiting for the answer to MQCONN.
    Connecting,
    Connected,
    Ended,
}

/// A transfer of several segments that is not complete.
#[derive(Debug)]
struct Partial {
    header: Header,
    /// Delivery only: the head of the first segment.
    head: Option<AsyncHead>,
    bytes: Vec<u8>,
}

/// See the module's text.
#[derive(Debug)]
pub struct Caller {
    config: CallerConfig,
    state: State,
    framer: Framer,
    outbound: Vec<u8>,
    heard: VecDeque<Heard>,
    /// Types of the calls that have not been answered, oldest first.
    pending: VecDeque<SegmentType>,
    partial: Option<Partial>,
    transmission_max: usize,
    kind: HeaderKind,
}

impl Caller {
    /// A caller whose first segment is ready to be written.
    pub fn new(config: CallerConfig) -> Self {
        let mut caller = Self {
            config,
            state: State::Proposed,
            framer: Framer::new(TRANSMISSION_MAX as usize),
            outbound: Vec::new(),
            heard: VecDeque::new(),
            pending: VecDeque::new(),
            partial: None,
            transmission_max: TRANSMISSION_MAX as usize,
            kind: HeaderKind::Plain,
        };
        let proposal = caller.proposal();
        let flags =
            ControlFlags(ControlFlags::CONFIRM_REQUEST.0 | ControlFlags::FIRST.0 | ControlFlags::LAST.0);
        caller.send(SegmentType::INITIAL_DATA, 0, flags, |w| proposal.encode(w));
        caller
    }

    fn proposal(&self) -> InitialData {
        InitialData {
            length: 208,
            fap_level: FAP_LEVEL,
            capabilities1: 0x02 | 0x04 | capability1::MQ_REQUEST,
            capabilities2: 0x51,
            max_transmission_size: TRANSMISSION_MAX,
            max_message_size: mqi::call::MESSAGE_LENGTH_MAX,
            channel: Chars::from_str_padded(&self.config.channel),
            ccsid: 819,
            qmgr_name: Chars::from_str_padded(&self.config.qmgr_name),
            heartbeat_interval_s: self.config.heartbeat_s,
            conversations_per_socket: u32::from(self.config.is_shared),
            process_id: 0,
            product_id: Chars::from_str_padded(&format!("MQCC{}", mqi::version::VERSION)),
            ..InitialData::default()
        }
    }

    /// What is to be written. The caller of this takes the bytes that it has written off the front.
    pub fn outbound(&mut self) -> &mut Vec<u8> {
        &mut self.outbound
    }

    /// Takes what was read.
    pub fn receive(&mut self, chunk: Bytes) {
        self.framer.push(chunk);
        while self.state != State::Ended {
            match self.framer.next() {
                Ok(Some(segment)) => {
                    if let Err(error) = self.take(&segment) {
                        let what = format!("{:?}: {error}", segment.header.segment_type);
                        self.end(Heard::Broken(what));
                    }
                }
                Ok(None) => return,
                Err(error) => self.end(Heard::Broken(framing(&error))),
            }
        }
    }

    /// The next thing heard.
    pub fn poll(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// True once calls may be made.
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// Calls that have not been answered.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    fn end(&mut self, heard: Heard) {
        self.heard.push_back(heard);
        self.state = State::Ended;
    }

    fn header(&self, segment_type: SegmentType, request: u32, flags: ControlFlags) -> Header {
        Header {
            kind: self.kind,
            conversation: if self.kind == HeaderKind::Plain { 0 } else { CONVERSATION },
            request: if self.kind == HeaderKind::Plain { 0 } else { request },
            order: ByteOrder::Little,
            segment_type,
            flags,
            flags2: 0,
            luwid: [0; 8],
            encoding: 546,
            ccsid: 819,
            charset: Charset::Ascii,
        }
    }

    fn send(
        &mut self,
        segment_type: SegmentType,
        request: u32,
        flags: ControlFlags,
        body: impl FnOnce(&mut Writer),
    ) {
        let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
        body(&mut w);
        let body = w.finish();
        let header = self.header(segment_type, request, flags);
        header.encode(body.len(), &mut self.outbound);
        self.outbound.extend_from_slice(&body);
    }

    /// Sends a request of the MQI: the API header, structures, data, in as many segments as it takes.
    fn request(&mut self, segment_type: SegmentType, hobj: i32, structures: Vec<u8>, data: &Body) {
        let len = ApiHeader::LEN + structures.len() + data.len();
        let api = ApiHeader { length: ApiHeader::transfer_length(len), hobj, ..ApiHeader::default() };
        let mut w = Writer::over(
            Vec::with_capacity(ApiHeader::LEN + structures.len()),
            ByteOrder::Little,
            Charset::Ascii,
        );
        api.encode(&mut w);
        w.bytes(&structures);
        let head = w.finish();
        let room = self.transmission_max - self.kind.header_len();
        let mut pieces = std::iter::once(&head[..]).chain(data.pieces().iter().map(|p| &p[..]));
        let mut piece = pieces.next().unwrap_or_default();
        let mut left = len;
        let mut flags = ControlFlags::FIRST.0;
        loop {
            let size = left.min(room);
            left -= size;
            if left == 0 {
                flags |= ControlFlags::LAST.0;
            }
            let header = self.header(segment_type, REQUEST, ControlFlags(flags));
            header.encode(size, &mut self.outbound);
            let mut missing = size;
            while missing > 0 {
                if piece.is_empty() {
                    piece = pieces.next().unwrap_or_default();
                    continue;
                }
                let take = piece.len().min(missing);
                self.outbound.extend_from_slice(&piece[..take]);
                piece = &piece[take..];
                missing -= take;
            }
            if left == 0 {
                break;
            }
            flags = 0;
        }
    }

    /// Makes a call. An asynchronous put, a request for messages and a notification are not answered.
    ///
    /// The body of a put must be whole.
    pub fn call(&mut self, call: &Call) {
        let encode = |body: &dyn Fn(&mut Writer)| {
            let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
            body(&mut w);
            w.finish()
        };
        let none = Body::new();
        let mut is_silent = false;
        let segment_type = match call {
            Call::Disconnect => {
                self.request(SegmentType::MQDISC, 0, Vec::new(), &none);
                SegmentType::MQDISC
            }
            Call::Open { od, options } => {
                let fopa = Fopa {
                    version: 1,
                    attributes: OpenAttributes::NONE,
                    protection_queue: Chars::default(),
                    policy_offset: 0,
                    policy_length: 0,
                };
                let open = Open {
                    object: Object::single(od.clone()),
                    options: *options,
                    fopa: Some(fopa),
                    fcmi: None,
                };
                self.request(SegmentType::MQOPEN, 0, encode(&|w| open.encode(w)), &none);
                SegmentType::MQOPEN
            }
            Call::Close { hobj, options } => {
                let close = Close { options: *options };
                self.request(SegmentType::MQCLOSE, hobj.0, encode(&|w| close.encode(w)), &none);
                SegmentType::MQCLOSE
            }
            Call::Put { hobj, md, pmo, body } => {
                is_silent = pmo.options & MQPMO_ASYNC_RESPONSE != 0;
                let put = Put {
                    md: md.clone(),
                    pmo: pmo.clone(),
                    data_length: body.first.len() as i32,
                    ..Put::default()
                };
                self.request(SegmentType::MQPUT, hobj.0, encode(&|w| put.encode(w)), &body.first);
                SegmentType::MQPUT
            }
            Call::Put1 { od, md, pmo, body } => {
                let put = Put {
                    object: Some(Object::single(od.clone())),
                    md: md.clone(),
                    pmo: pmo.clone(),
                    data_length: body.first.len() as i32,
                    ..Put::default()
                };
                self.request(SegmentType::MQPUT1, 0, encode(&|w| put.encode(w)), &body.first);
                SegmentType::MQPUT1
            }
            Call::Get { hobj, md, gmo, buffer_length } => {
                let get = Get { md: md.clone(), gmo: gmo.clone(), length: *buffer_length };
                self.request(SegmentType::MQGET, hobj.0, encode(&|w| get.encode(w)), &none);
                SegmentType::MQGET
            }
            Call::Inquire { hobj, selectors, int_count, char_length } => {
                let inquire = Inquire {
                    selectors: selectors.clone(),
                    int_count: *int_count,
                    char_length: *char_length,
                };
                self.request(SegmentType::MQINQ, hobj.0, encode(&|w| inquire.encode(w)), &none);
                SegmentType::MQINQ
            }
            Call::Set { hobj, selectors, ints, chars } => {
                let set =
                    Attributes { selectors: selectors.clone(), ints: ints.clone(), chars: chars.clone() };
                self.request(SegmentType::MQSET, hobj.0, encode(&|w| set.encode(w)), &none);
                SegmentType::MQSET
            }
            Call::Commit => {
                self.request(SegmentType::MQCMIT, 0, Vec::new(), &none);
                SegmentType::MQCMIT
            }
            Call::Back => {
                self.request(SegmentType::MQBACK, 0, Vec::new(), &none);
                SegmentType::MQBACK
            }
            Call::Consume { hobj, consume } => {
                let request = RequestMessages { version: 1, hobj: hobj.0, consume: (**consume).clone() };
                let both = ControlFlags::FIRST.0 | ControlFlags::LAST.0;
                // Without a wait the answer ends with a notification, which is asked for.
                let (request_id, flags) = match consume.wait_interval_ms {
                    0 => (REQUEST, both | ControlFlags::CONFIRM_REQUEST.0),
                    _ => (REQUEST_ASYNCHRONOUS, both),
                };
                self.send(SegmentType::REQUEST_MSGS, request_id, ControlFlags(flags), |w| request.encode(w));
                return;
            }
            Call::Notify { hobj, code, value } => {
                let notification =
                    Notification { version: 1, hobj: hobj.0, code: NotificationCode(*code), value: *value };
                let flags = ControlFlags(ControlFlags::FIRST.0 | ControlFlags::LAST.0);
                self.send(SegmentType::NOTIFICATION, REQUEST, flags, |w| notification.encode(w));
                return;
            }
            // The connection is made by the machine itself; what else there is no program of ours calls.
            Call::Connect(_) | Call::Stat { .. } | Call::Refused { .. } => return,
        };
        if !is_silent {
            self.pending.push_back(segment_type);
        }
    }

    fn take(&mut self, segment: &Segment) -> Result<(), DecodeError> {
        let header = segment.header;
        match header.segment_type {
            SegmentType::INITIAL_DATA => self.proposed(segment),
            SegmentType::STATUS_DATA => self.status(segment),
            SegmentType::HEARTBEAT => {
                if header.flags.0 & ControlFlags::CONFIRM_REQUEST.0 != 0 {
                    let kind = self.kind;
                    self.kind = header.kind;
                    self.send(SegmentType::HEARTBEAT, 0, ControlFlags::NONE, |_| {});
                    self.kind = kind;
                }
                Ok(())
            }
            SegmentType::NOTIFICATION => {
                let notification = Notification::decode(&mut segment.reader())?;
                self.heard.push_back(Heard::Notice(Notice {
                    hobj: Hobj(notification.hobj),
                    code: notification.code.0,
                    value: notification.value,
                }));
                Ok(())
            }
            SegmentType::ASYNC_MESSAGE => self.delivered(segment),
            _ if header.segment_type.is_mqi_reply() => self.replied(segment),
            // As with unknown segments at the other end: passed over.
            _ => Ok(()),
        }
    }

    fn proposed(&mut self, segment: &Segment) -> Result<(), DecodeError> {
        let answer = InitialData::decode(&mut segment.reader())?;
        let limit = answer.max_transmission_size.min(TRANSMISSION_MAX);
        self.transmission_max = usize::try_from(limit).unwrap_or(usize::MAX).max(1024);
        match self.state {
            State::Proposed => {
                let is_shared = self.config.is_shared && answer.conversations_per_socket > 0;
                if answer.errors1 != 0
                    || answer.errors2 != 0
                    || segment.header.flags.0 & ControlFlags::ERROR.0 != 0
                {
                    if is_shared {
                        self.kind = HeaderKind::Multiplexed;
                    }
                    let adopted = InitialData {
                        fap_level: answer.fap_level.min(FAP_LEVEL),
                        max_transmission_size: limit,
                        max_message_size: answer.max_message_size,
                        heartbeat_interval_s: answer.heartbeat_interval_s,
                        conversations_per_socket: answer.conversations_per_socket,
                        ..self.proposal()
                    };
                    let flags = ControlFlags(
                        ControlFlags::CONFIRM_REQUEST.0 | ControlFlags::FIRST.0 | ControlFlags::LAST.0,
                    );
                    self.send(SegmentType::INITIAL_DATA, 0, flags, |w| adopted.encode(w));
                    self.state = State::Adopted;
                } else {
                    if is_shared {
                        self.kind = HeaderKind::Multiplexed;
                    }
                    self.sign_on();
                }
            }
            State::Adopted => self.sign_on(),
            _ => {}
        }
        Ok(())
    }

    fn sign_on(&mut self) {
        let user = UserId {
            user: Chars::from_str_padded(&self.config.user),
            password: Chars::default(),
            long: Some(LongUserId { user: Chars::from_str_padded(&self.config.user), security_id: [0; 40] }),
        };
        let both = ControlFlags(ControlFlags::FIRST.0 | ControlFlags::LAST.0);
        self.send(SegmentType::USERID_DATA, 0, both, |w| user.encode(w));
        match self.config.credentials.clone() {
            Some((user, password)) => {
                let conauth = Conauth::password(&user, &password);
                self.send(SegmentType::CONAUTH_INFO, 0, both, |w| conauth.encode(w));
                self.state = State::Proving;
            }
            None => self.connect(),
        }
    }

    fn connect(&mut self) {
        let connect = Connect {
            qmgr_name: Chars::from_str_padded(&self.config.qmgr_name),
            appl_name: Chars::from_str_padded(&self.config.appl_name),
            appl_type: mqi::constants::MQAT_UNIX,
            ..Connect::default()
        };
        let conn = Conn {
            qmgr_name: connect.qmgr_name,
            appl_name: connect.appl_name,
            appl_type: connect.appl_type,
            options: 1,
            fcno: Some(Fcno { version: 2, flags: 0, tail: vec![0; 200] }),
            ..Conn::default()
        };
        let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
        conn.encode(&mut w);
        self.request(SegmentType::MQCONN, 0, w.finish(), &Body::new());
        self.state = State::Connecting;
    }

    fn status(&mut self, segment: &Segment) -> Result<(), DecodeError> {
        let status = StatusData::decode(&mut segment.reader())?;
        if self.state == State::Proving && status.code == StatusCode::OK {
            self.connect();
        } else if status.code != StatusCode::OK {
            self.end(Heard::Refused(reason_of(status.code)));
        }
        Ok(())
    }

    /// A reply, or a piece of one.
    fn replied(&mut self, segment: &Segment) -> Result<(), DecodeError> {
        let flags = segment.header.flags.0;
        let (is_first, is_last) = (flags & ControlFlags::FIRST.0 != 0, flags & ControlFlags::LAST.0 != 0);
        if is_first && is_last {
            return self.whole_reply(&segment.header, segment.body.clone());
        }
        if is_first {
            self.partial = Some(Partial { header: segment.header, head: None, bytes: segment.body.to_vec() });
            return Ok(());
        }
        let Some(partial) = &mut self.partial else { return Err(DecodeError::Truncated) };
        partial.bytes.extend_from_slice(&segment.body);
        if is_last && let Some(partial) = self.partial.take() {
            return self.whole_reply(&partial.header, Bytes::from(partial.bytes));
        }
        Ok(())
    }

    fn whole_reply(&mut self, header: &Header, body: Bytes) -> Result<(), DecodeError> {
        let mut r = Reader::new(&body, header.order, header.charset);
        let api = ApiHeader::decode(&mut r)?;
        let comp_code = match api.comp_code {
            0 => CompCode::Ok,
            1 => CompCode::Warning,
            _ => CompCode::Failed,
        };
        let reason = Reason(api.reason);
        if header.segment_type == SegmentType::MQCONN.reply() {
            if comp_code == CompCode::Failed {
                self.end(Heard::Refused(reason));
                return Ok(());
            }
            let conn = Conn::decode(&mut r)?;
            let connection_id = conn.fcno.as_ref().and_then(Fcno::connection_id).unwrap_or_default();
            self.state = State::Connected;
            self.heard.push_back(Heard::Connected { qmgr_name: conn.qmgr_name, connection_id });
            return Ok(());
        }
        let Some(call) = self.pending.pop_front() else { return Ok(()) };
        if call.reply() != header.segment_type {
            return Err(DecodeError::StrucId);
        }
        let rest_of = |r: &Reader<'_>| body.slice_ref(r.rest());
        let base = || Base::whole(&body, header.kind.header_len());
        let returned = match call {
            SegmentType::MQDISC => Returned::Disconnect,
            SegmentType::MQOPEN => {
                let open = Open::decode(&mut r, base())?;
                let attributes = open.fopa.map_or(OpenAttributes::NONE, |fopa| fopa.attributes);
                Returned::Open { hobj: Hobj(api.hobj), od: open.object.od, attributes }
            }
            SegmentType::MQCLOSE => Returned::Close,
            SegmentType::MQPUT => {
                let put = Put::decode(&mut r)?;
                Returned::Put { md: put.md, pmo: put.pmo }
            }
            SegmentType::MQPUT1 => {
                let put = Put::decode_1(&mut r, base())?;
                let od = put.object.map(|object| object.od).unwrap_or_default();
                Returned::Put1 { od, md: put.md, pmo: put.pmo }
            }
            SegmentType::MQGET => {
                let get = Get::decode(&mut r)?;
                let data = Body::from(rest_of(&r));
                Returned::Get { md: get.md, gmo: get.gmo, data_length: get.length, body: Long::whole(data) }
            }
            SegmentType::MQINQ => {
                let values = Attributes::decode(&mut r)?;
                Returned::Inquire { selectors: values.selectors, ints: values.ints, chars: values.chars }
            }
            SegmentType::MQSET => Returned::Set,
            SegmentType::MQCMIT => Returned::Commit,
            SegmentType::MQBACK => Returned::Back,
            _ => Returned::Nothing,
        };
        self.heard.push_back(Heard::Reply(Box::new(Reply { comp_code, reason, returned })));
        if call == SegmentType::MQDISC && comp_code != CompCode::Failed {
            self.state = State::Ended;
        }
        Ok(())
    }

    /// A message for a consumer, or a piece of one.
    fn delivered(&mut self, segment: &Segment) -> Result<(), DecodeError> {
        let flags = segment.header.flags.0;
        let (is_first, is_last) = (flags & ControlFlags::FIRST.0 != 0, flags & ControlFlags::LAST.0 != 0);
        let mut r = segment.reader();
        let head = AsyncHead::decode(&mut r)?;
        if is_first && is_last {
            let first = AsyncFirst::decode(&mut r)?;
            let data = segment.body.slice_ref(r.rest());
            self.whole_delivery(head, first, data);
            return Ok(());
        }
        let length = usize::try_from(head.segment_length).unwrap_or(0);
        if is_first {
            self.partial =
                Some(Partial { header: segment.header, head: Some(head), bytes: r.rest().to_vec() });
            return Ok(());
        }
        let Some(partial) = &mut self.partial else { return Err(DecodeError::Truncated) };
        partial.bytes.extend_from_slice(r.bytes(length.min(r.remaining()))?);
        if is_last && let Some(Partial { header, head: Some(head), bytes }) = self.partial.take() {
            let bytes = Bytes::from(bytes);
            let mut r = Reader::new(&bytes, header.order, header.charset);
            let first = AsyncFirst::decode(&mut r)?;
            let data = bytes.slice_ref(r.rest());
            self.whole_delivery(head, first, data);
        }
        Ok(())
    }

    fn whole_delivery(&mut self, head: AsyncHead, first: AsyncFirst, data: Bytes) {
        // The transfer is padded; the length says what of it is the message.
        let length = usize::try_from(first.sent_length).unwrap_or(0).min(data.len());
        let delivery = Delivery {
            hobj: Hobj(head.hobj),
            message_index: head.message_index,
            global_message_index: head.global_message_index,
            selection_index: head.selection_index,
            reason: Reason(first.reason),
            total_length: u32::try_from(first.full_length).unwrap_or(0),
            msg_token: first.msg_token,
            status: first.status,
            resolved_q_name: Chars::from_str_padded(&first.resolved_q_name),
            md: first.md,
            body: Long::whole(Body::from(data.slice(..length))),
        };
        self.heard.push_back(Heard::Delivery(Box::new(delivery)));
    }
}

fn framing(error: &FramerError) -> String {
    error.to_string()
}

/// The reason that a status means to a program (as observed: `docs/protocol.md`, 1.3).
fn reason_of(code: StatusCode) -> Reason {
    match code {
        StatusCode::NO_CHANNEL => Reason::UNKNOWN_CHANNEL_NAME,
        StatusCode::CHANNEL_WRONG_TYPE => Reason::CHANNEL_CONFIG_ERROR,
        StatusCode::CHANNEL_UNAVAILABLE => Reason::CHANNEL_NOT_AVAILABLE,
        StatusCode::QM_UNAVAILABLE | StatusCode::QM_TERMINATING => Reason::Q_MGR_NOT_AVAILABLE,
        _ => Reason::CONNECTION_BROKEN,
    }
}
