//! Both ends back to back over a fake link, with a queue in place of a queue manager; and recorded replies.

use std::collections::VecDeque;

use mqi::call::{Consume, Hobj, Long, OpenAttributes, PIECE_MAX, Returned, Selection};
use mqi::constants::{MQGMO_WAIT, MQPMO_ASYNC_RESPONSE};
use mqi::{CompCode, Gmo, Md, Od, Pmo, Putter};
use proptest::prelude::*;

use super::*;
use crate::client::{Channel, Config, Event, FAP_LEVEL, QueueManager, ServerEnd, Verdict};
use crate::segment::notification::NotificationCode;
use crate::segment::testing::{body_of, vector};

const QUEUE: Hobj = Hobj(2);

/// Of every delayed put: both halves of it count.
const DELAY_MS: u64 = 0x1_0000_05DC;

/// Both ends, the bytes between them cut into chunks of `chunk`, and one queue.
struct Link {
    client: ClientEnd,
    server: ServerEnd,
    chunk: usize,
    now: u64,
    queue: VecDeque<(Box<Md>, Vec<u8>)>,
    /// Bytes that the server end does not want to read yet.
    on_way: VecDeque<u8>,
    /// Conversations whose put may go on, told one at a time.
    credits: VecDeque<u32>,
    /// A put whose parts are still to come: conversation, what came, how long it is.
    putting: Option<(u32, Box<Md>, Vec<u8>, usize)>,
    /// Bodies being returned: conversation and what is left.
    returning: Option<(u32, Vec<u8>)>,
    waiting: Option<(u32, Hobj)>,
    /// What the client end said, without the pulls that the link has served.
    heard: Vec<ClientEvent>,
    /// The client's long put.
    source: Vec<u8>,
    closed: Option<crate::client::CloseReason>,
    calls: Vec<&'static str>,
}

impl Link {
    fn new(config: ClientConfig, conversations_max: u32, chunk: usize) -> Self {
        let qmgr = QueueManager { name: Chars::from_str_padded("QM1"), ..QueueManager::default() };
        let server = Config { qmgr, address: "127.0.0.1".to_owned(), local: None };
        let mut link = Self {
            client: ClientEnd::new(config, 0),
            server: ServerEnd::new(server, 0),
            chunk,
            now: 0,
            queue: VecDeque::new(),
            on_way: VecDeque::new(),
            credits: VecDeque::new(),
            putting: None,
            returning: None,
            waiting: None,
            heard: Vec::new(),
            source: Vec::new(),
            closed: None,
            calls: Vec::new(),
        };
        link.run(conversations_max);
        link
    }

    /// Lets both ends talk until they have nothing left to say.
    fn run(&mut self, conversations_max: u32) {
        loop {
            let mut out = Vec::new();
            self.client.transmit(&mut out, 10_000_000);
            self.on_way.extend(out);
            let mut to_server = !self.credits.is_empty();
            while self.server.wants_read() && !self.on_way.is_empty() {
                let chunk: Vec<u8> = self.on_way.drain(..self.chunk.min(self.on_way.len())).collect();
                self.server.receive(Bytes::from(chunk), self.now);
                self.serve(conversations_max);
                to_server = true;
            }
            if let Some(conversation) = self.credits.pop_front() {
                self.server.credit(conversation);
            }
            self.serve(conversations_max);
            let mut out = Vec::new();
            self.server.transmit(&mut out, 100_000);
            let to_client = !out.is_empty();
            for chunk in out.chunks(self.chunk) {
                self.client.receive(Bytes::copy_from_slice(chunk), self.now);
            }
            while let Some(event) = self.client.poll_event() {
                match event {
                    ClientEvent::Pull { conversation } => {
                        let rest = self.source.split_off(self.source.len().min(70_000));
                        let piece = std::mem::replace(&mut self.source, rest);
                        self.client.piece(conversation, &Body::from(piece));
                    }
                    other => self.heard.push(other),
                }
            }
            if !to_server && !to_client && self.client.outbound_bytes() == 0 {
                break;
            }
        }
    }

    fn serve(&mut self, conversations_max: u32) {
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::LookupChannel { name, .. } if name == "GOOD" => self.server.admit(Ok(Channel {
                    name,
                    message_max: 4_194_304,
                    conversations_max,
                    heartbeat_s: 5,
                })),
                Event::LookupChannel { .. } => self.server.admit(Err(StatusCode::NO_CHANNEL)),
                Event::Verify { check, password, .. } => {
                    let is_right = password.expose() == b"right";
                    let verdict = if is_right { Verdict::Proved } else { Verdict::Wrong };
                    self.server.verified(check, verdict);
                }
                Event::Call { conversation, call } => self.kernel(conversation, call),
                Event::Part { conversation, bytes } => {
                    let (_, _, came, total) = self.putting.as_mut().expect("a put is under way");
                    came.extend_from_slice(&bytes.to_bytes());
                    match came.len() == *total {
                        true => self.put_done(),
                        false => self.credits.push_back(conversation),
                    }
                }
                Event::Pull { conversation } => {
                    let (_, left) = self.returning.as_mut().expect("a body is being returned");
                    let rest = left.split_off(left.len().min(PIECE_MAX));
                    let piece = std::mem::replace(left, rest);
                    self.server.piece(conversation, &Body::from(piece));
                }
                Event::Ended { .. } | Event::Gone { .. } | Event::CancelWaits { .. } => {}
                Event::ForgetCheck { .. } => {}
                Event::Close { reason } => self.closed = Some(reason),
            }
        }
    }

    fn put_done(&mut self) {
        let (conversation, md, bytes, _) = self.putting.take().expect("a put is under way");
        self.queue.push_back((md.clone(), bytes));
        self.ok(conversation, Returned::Put { md, pmo: Box::default() });
    }

    fn ok(&mut self, conversation: u32, returned: Returned) {
        let reply = Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned };
        self.server.reply(conversation, reply);
    }

    fn long(&mut self, conversation: u32, bytes: Vec<u8>) -> Long {
        let total = bytes.len() as u32;
        let mut first = bytes;
        let rest = first.split_off(first.len().min(PIECE_MAX));
        if !rest.is_empty() {
            self.returning = Some((conversation, rest));
        }
        Long { total, first: Body::from(first) }
    }

    fn kernel(&mut self, at: u32, call: Call) {
        match call {
            Call::Connect(connect) => {
                self.calls.push("connect");
                assert_eq!((connect.identity.asserted.as_str(), connect.appl_name.as_str()), ("me", "test"));
                let (qmgr_name, connection_id) = (Chars::from_str_padded("QM1"), [7; 24]);
                self.ok(at, Returned::Connect { qmgr_name, connection_id });
            }
            Call::Open { od, .. } if od.object_name == "Q" => {
                let attributes = OpenAttributes::NONE;
                self.ok(at, Returned::Open { hobj: QUEUE, od, attributes });
            }
            Call::Open { od, .. } => {
                let returned = Returned::Open { hobj: Hobj::UNUSABLE, od, attributes: OpenAttributes::NONE };
                let reason = Reason::UNKNOWN_OBJECT_NAME;
                self.server.reply(at, Reply { comp_code: CompCode::Failed, reason, returned });
            }
            Call::Put { md, body, .. } | Call::PutLater { md, body, delay_ms: DELAY_MS, .. } => {
                let is_whole = body.is_whole();
                let total = body.total as usize;
                self.putting = Some((at, md, body.first.to_bytes().to_vec(), total));
                if is_whole { self.put_done() } else { self.credits.push_back(at) }
            }
            Call::Put1 { od, md, pmo, body } => {
                self.queue.push_back((md.clone(), body.first.to_bytes().to_vec()));
                self.ok(at, Returned::Put1 { od, md, pmo });
            }
            Call::Get { gmo, .. } if gmo.options & MQGMO_WAIT != 0 && self.queue.is_empty() => {}
            Call::Get { gmo, buffer_length, md, .. } => match self.queue.pop_front() {
                Some((md, mut bytes)) => {
                    let data_length = bytes.len() as i32;
                    bytes.truncate(buffer_length as usize);
                    let body = self.long(at, bytes);
                    self.ok(at, Returned::Get { md, gmo, data_length, body, putter: Putter::Unknown });
                }
                None => {
                    let body = Long::default();
                    let putter = Putter::Unknown;
                    let returned = Returned::Get { md, gmo, data_length: 0, body, putter };
                    let reason = Reason::NO_MSG_AVAILABLE;
                    self.server.reply(at, Reply { comp_code: CompCode::Failed, reason, returned });
                }
            },
            Call::Inquire { selectors, .. } => {
                self.ok(at, Returned::Inquire { selectors, ints: vec![42], chars: b"QM1 ".to_vec() });
            }
            Call::Stat { kind, sts } => self.ok(at, Returned::Stat { kind, sts }),
            Call::Consume { hobj, consume } => {
                self.calls.push(if consume.options & MQGMO_WAIT != 0 { "order" } else { "check" });
                self.waiting = Some((at, hobj));
                let is_check = consume.options & MQGMO_WAIT == 0;
                self.deliver();
                if is_check {
                    self.waiting = None;
                    self.server.notify(at, Notice { hobj, code: NotificationCode::CHECK_MSG.0, value: 0 });
                }
            }
            Call::Notify { code, value, .. } if code == mqi::call::ARRIVED => {
                assert_eq!(value, 1);
                self.calls.push("arrived");
            }
            Call::Notify { hobj, code, value } => {
                assert_eq!((code, value), (NotificationCode::CONN_STATE.0, 0));
                self.server.notify(at, Notice { hobj, code: NotificationCode::CONN_STATE_REPLY.0, value });
            }
            Call::Close { .. } => self.ok(at, Returned::Close),
            Call::Set { .. } => self.ok(at, Returned::Set),
            Call::Commit => self.ok(at, Returned::Commit),
            Call::Back => self.ok(at, Returned::Back),
            Call::Disconnect => self.ok(at, Returned::Disconnect),
            other => panic!("{other:?}"),
        }
    }

    fn deliver(&mut self) {
        let Some((at, hobj)) = self.waiting else { return };
        let Some((md, bytes)) = self.queue.pop_front() else { return };
        self.waiting = None;
        let body = self.long(at, bytes);
        let delivery = Delivery {
            hobj,
            message_index: 1,
            global_message_index: 1,
            selection_index: 1,
            reason: Reason::NONE,
            total_length: body.total,
            msg_token: [9; 16],
            status: 1,
            resolved_q_name: Chars::from_str_padded("Q"),
            md,
            body,
        };
        self.server.deliver(at, delivery);
    }

    fn call(&mut self, conversation: u32, call: Call) -> Reply {
        self.client.call(conversation, call).expect("nothing else is in progress");
        self.run(0);
        match self.heard.pop() {
            Some(ClientEvent::Reply { conversation: at, reply }) if at == conversation => reply,
            other => panic!("{other:?}"),
        }
    }

    fn connect(&mut self, conversation: u32) -> Reply {
        let appl_name = Chars::from_str_padded("test");
        self.call(conversation, Call::Connect(Box::new(Connect { appl_name, ..Connect::default() })))
    }

    fn open(&mut self, name: &str) -> Reply {
        let od = Od { object_name: Chars::from_str_padded(name), ..Od::default() };
        self.call(1, Call::Open { od: Box::new(od), options: 0x10 })
    }

    fn get(&mut self, buffer_length: i32) -> Reply {
        self.call(1, Call::Get { hobj: QUEUE, md: Box::default(), gmo: Box::default(), buffer_length })
    }
}

fn config(conversations: u32) -> ClientConfig {
    ClientConfig {
        channel: Chars::from_str_padded("GOOD"),
        user: "me".to_owned(),
        conversations,
        heartbeat_s: 1,
        ..ClientConfig::default()
    }
}

fn put(bytes: Vec<u8>, options: i32) -> Call {
    let pmo = Box::new(Pmo { options, ..Pmo::default() });
    Call::Put { hobj: QUEUE, md: Box::new(Md::v2()), pmo, body: Long::whole(Body::from(bytes)) }
}

fn put_later(bytes: Vec<u8>) -> Call {
    let (md, pmo) = (Box::new(Md::v2()), Box::default());
    Call::PutLater { hobj: QUEUE, md, pmo, body: Long::whole(Body::from(bytes)), delay_ms: DELAY_MS }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// A connected link of each kind: not shared, one conversation, ten.
fn links(chunk: usize) -> impl Iterator<Item = Link> {
    [0, 1, 10].into_iter().map(move |conversations| {
        let mut link = Link::new(config(conversations), 10, chunk);
        assert_eq!(std::mem::take(&mut link.heard), [ClientEvent::Ready]);
        let agreed = link.client.agreement().copied();
        assert_eq!(agreed.as_ref(), link.server.agreement());
        assert_eq!(agreed.map(|a| (a.conversations_max, a.heartbeat_s)), Some((conversations, 5)));
        let reply = link.connect(1);
        let connection_id = [7; 24];
        let qmgr_name = Chars::from_str_padded("QM1");
        assert_eq!(reply.returned, Returned::Connect { qmgr_name, connection_id });
        link
    })
}

#[test]
fn every_call_returns_what_the_kernel_said() {
    for chunk in [1, 7, 100_000] {
        for mut link in links(chunk) {
            let reply = link.open("Q");
            assert!(matches!(reply.returned, Returned::Open { hobj: QUEUE, .. }), "{reply:?}");
            assert_eq!(link.open("NO.SUCH.Q").reason, Reason::UNKNOWN_OBJECT_NAME);
            let reply = link.call(1, put(b"hello".to_vec(), 0));
            assert!(matches!(reply.returned, Returned::Put { .. }), "{reply:?}");
            let reply = link.get(3);
            let Returned::Get { data_length, body, .. } = reply.returned else { panic!("a get") };
            assert_eq!((data_length, body), (5, Long::whole(Body::from(b"hel".to_vec()))));
            assert_eq!(link.get(100).reason, Reason::NO_MSG_AVAILABLE);
            for length in [0, 5, 200_000] {
                let reply = link.call(1, put_later(pattern(length)));
                assert!(matches!(reply.returned, Returned::Put { .. }), "{reply:?}");
                assert_eq!(link.queue.pop_front().map(|(_, bytes)| bytes), Some(pattern(length)));
            }
            let od = Box::new(Od { object_name: Chars::from_str_padded("Q"), ..Od::default() });
            let (md, pmo, body) = (Box::default(), Box::default(), Long::whole(Body::from(vec![1])));
            let reply = link.call(1, Call::Put1 { od, md, pmo, body });
            assert!(matches!(reply.returned, Returned::Put1 { .. }), "{reply:?}");
            let inquire =
                Call::Inquire { hobj: QUEUE, selectors: vec![3, 2015], int_count: 1, char_length: 4 };
            let Returned::Inquire { ints, chars, .. } = link.call(1, inquire).returned else {
                panic!("an inquiry")
            };
            assert_eq!((ints, chars), (vec![42], b"QM1 ".to_vec()));
            let set = Call::Set { hobj: QUEUE, selectors: vec![10], ints: vec![1], chars: Vec::new() };
            assert_eq!(link.call(1, set).returned, Returned::Set);
            let stat = Call::Stat { kind: 0, sts: Box::default() };
            assert!(matches!(link.call(1, stat).returned, Returned::Stat { kind: 0, .. }));
            assert_eq!(link.call(1, Call::Commit).returned, Returned::Commit);
            assert_eq!(link.call(1, Call::Back).returned, Returned::Back);
            let close = Call::Close { hobj: QUEUE, options: 0 };
            assert_eq!(link.call(1, close).returned, Returned::Close);
            assert_eq!(link.call(1, Call::Disconnect).returned, Returned::Disconnect);
            link.client.end_conversation(1);
            link.run(0);
            assert_eq!(link.client.call(1, Call::Commit), Err(Reason::HCONN_ERROR));
            assert_eq!(link.closed, None);
        }
    }
}

#[test]
fn long_bodies_go_both_ways_in_pieces() {
    for length in [40_000, PIECE_MAX, PIECE_MAX + 1, 1_000_000] {
        for mut link in links(30_000) {
            let bytes = pattern(length);
            link.source = bytes.clone();
            let first = link.source.drain(..length / 3).collect::<Vec<_>>();
            let body = Long { total: length as u32, first: Body::from(first) };
            let pmo = Box::default();
            link.call(1, Call::Put { hobj: QUEUE, md: Box::new(Md::v2()), pmo, body });
            assert_eq!(link.queue[0].1, bytes, "{length}");
            link.client
                .call(
                    1,
                    Call::Get {
                        hobj: QUEUE,
                        md: Box::default(),
                        gmo: Box::new(Gmo::default()),
                        buffer_length: 100_000_000,
                    },
                )
                .expect("idle");
            link.run(0);
            let mut events = std::mem::take(&mut link.heard).into_iter();
            let Some(ClientEvent::Reply { reply, .. }) = events.next() else { panic!("a reply first") };
            let Returned::Get { body, .. } = reply.returned else { panic!("a get") };
            assert_eq!(body.is_whole(), length <= PIECE_MAX);
            assert_eq!(gather(body, events), bytes);
            link.queue.push_back((Box::new(Md::v2()), bytes.clone()));
            if link.client.agreement().is_some_and(|a| a.conversations_max > 0) {
                stream_one(&mut link, &bytes);
            }
        }
    }
}

/// The beginning and the pieces that follow, the last of which says so.
fn gather(body: Long, events: impl Iterator<Item = ClientEvent>) -> Vec<u8> {
    let mut got = body.first.to_bytes().to_vec();
    let mut is_done = body.is_whole();
    for event in events {
        let ClientEvent::Piece { bytes, is_last, .. } = event else { break };
        assert!(!is_done);
        is_done = is_last;
        got.extend_from_slice(&bytes.to_bytes());
    }
    assert!(is_done);
    got
}

fn stream_one(link: &mut Link, bytes: &[u8]) {
    let mut stream = Stream::new(0x2000, -1);
    stream.select(Selection { md_version: 2, ..Selection::default() });
    let ask = |link: &mut Link, consume: Consume| {
        link.client.call(1, Call::Consume { hobj: QUEUE, consume: Box::new(consume) }).expect("idle");
        link.run(0);
        std::mem::take(&mut link.heard)
    };
    let heard = ask(link, stream.check());
    let Some(ClientEvent::Delivery { delivery, .. }) = heard.first().cloned() else { panic!("{heard:?}") };
    assert!(stream.is_current(&delivery) && delivery.resolved_q_name == "Q");
    stream.took(&delivery);
    let check = ClientEvent::Notice {
        conversation: 1,
        notice: Notice { hobj: QUEUE, code: NotificationCode::CHECK_MSG.0, value: 0 },
    };
    assert_eq!(heard.last(), Some(&check));
    assert_eq!(gather(delivery.body, heard.into_iter().skip(1)), bytes);
    assert_eq!(ask(link, stream.check()), [check]);

    // A standing order takes what comes later; the close says what arrived.
    let order = Consume { options: 0x2000 | MQGMO_WAIT, ..stream.request(-1) };
    assert_eq!(ask(link, order), []);
    link.queue.push_back((Box::new(Md::v2()), bytes.to_vec()));
    link.deliver();
    link.run(0);
    assert!(matches!(link.heard[0], ClientEvent::Delivery { .. }));
    link.heard.clear();
    link.call(1, Call::Close { hobj: QUEUE, options: 0 });
    assert_eq!(link.calls, ["connect", "check", "check", "order", "arrived"]);
    let stop = Call::Notify { hobj: Hobj(-1), code: NotificationCode::CONN_STATE.0, value: 0 };
    link.client.call(1, stop).expect("idle");
    link.run(0);
    assert!(matches!(link.heard.pop(), Some(ClientEvent::Notice { notice: Notice { code: 4, .. }, .. })));
}

#[test]
fn asynchronous_puts_follow_each_other() {
    for mut link in links(1000) {
        for n in 0..3u8 {
            link.client.call(1, put(vec![n], MQPMO_ASYNC_RESPONSE)).expect("no reply is waited for");
        }
        link.client.call(1, Call::Commit).expect("no reply is waited for");
        assert_eq!(link.client.call(1, Call::Back), Err(Reason::CALL_IN_PROGRESS));
        link.run(0);
        assert_eq!(link.queue.iter().map(|(_, bytes)| bytes[0]).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(link.heard.len(), 1, "{:?}", link.heard);
    }
}

#[test]
fn long_asynchronous_puts_wait_for_each_other() {
    for mut link in links(20_000) {
        for n in 0..6 {
            link.client.call(1, put(pattern(300_000 + n), MQPMO_ASYNC_RESPONSE)).expect("no reply comes");
        }
        link.client.call(1, Call::Commit).expect("no reply is waited for");
        link.run(0);
        assert_eq!(link.closed, None);
        let lengths: Vec<usize> = link.queue.iter().map(|(_, bytes)| bytes.len() - 300_000).collect();
        assert_eq!(lengths, [0, 1, 2, 3, 4, 5]);
        assert!(link.queue.iter().all(|(_, bytes)| *bytes == pattern(bytes.len())));
        assert!(matches!(link.heard[..], [ClientEvent::Reply { .. }]), "{:?}", link.heard);
    }
}

#[test]
fn conversations_share_a_socket() {
    let mut link = links(1000).nth(2).expect("the third shares");
    let second = link.client.start_conversation().expect("there is room");
    assert_eq!(link.client.call(1, Call::Connect(Box::default())), Ok(()));
    link.run(0);
    assert_eq!(second, 3);
    assert!(link.heard.contains(&ClientEvent::Started { conversation: 3 }), "{:?}", link.heard);
    link.heard.clear();
    assert_eq!(link.connect(3).comp_code, CompCode::Ok);
    assert_eq!(link.call(3, Call::Commit).comp_code, CompCode::Ok);
    link.server.disconnect(3, Reason::CONNECTION_STOPPED);
    link.run(0);
    let reason = Reason::CONNECTION_BROKEN;
    assert_eq!(link.heard, [ClientEvent::Ended { conversation: 3, reason }]);
    assert_eq!(link.client.call(3, Call::Commit), Err(Reason::HCONN_ERROR));
    let mut link = links(1000).nth(1).expect("the second does not");
    assert_eq!(link.client.start_conversation(), Err(Reason::MAX_CONNS_LIMIT_REACHED));
}

#[test]
fn passwords_are_proved_before_the_connect() {
    for (password, want) in [("right", Reason::NONE), ("wrong", Reason::NOT_AUTHORIZED)] {
        for conversations in [0, 10] {
            let credentials = Some(("me".to_owned(), password.into()));
            let mut link = Link::new(ClientConfig { credentials, ..config(conversations) }, 10, 50);
            link.heard.clear();
            assert_eq!(link.connect(1).reason, want);
        }
    }
}

#[test]
fn refusals_have_the_reason_that_clients_show() {
    let channel = Chars::from_str_padded("BAD");
    let link = Link::new(ClientConfig { channel, ..config(1) }, 10, 1000);
    assert!(
        matches!(link.heard[..], [ClientEvent::Closed { reason: Reason::UNKNOWN_CHANNEL_NAME, .. }]),
        "{:?}",
        link.heard
    );
    let mut link = links(1000).nth(2).expect("there is a third");
    link.server.shut_down(StatusCode::QM_TERMINATING);
    link.run(0);
    link.client.peer_closed();
    link.run(0);
    let is_closed =
        |event: &ClientEvent| matches!(event, ClientEvent::Closed { reason: Reason::CONNECTION_BROKEN, .. });
    assert!(link.heard.last().is_some_and(is_closed), "{:?}", link.heard);
    assert_eq!(link.client.call(1, Call::Commit), Err(Reason::CONNECTION_BROKEN));
    let mut alone = ClientEnd::new(config(1), 0);
    alone.peer_closed();
    let closed = alone.poll_event();
    assert!(matches!(closed, Some(ClientEvent::Closed { reason: Reason::Q_MGR_NOT_AVAILABLE, .. })));
}

#[test]
fn a_call_in_progress_is_answered_before_the_end() {
    for mut link in links(1000) {
        let gmo = Gmo { options: MQGMO_WAIT, ..Gmo::default() };
        let get = Call::Get { hobj: QUEUE, md: Box::default(), gmo: Box::new(gmo), buffer_length: 10 };
        link.client.call(1, get).expect("idle");
        link.run(0);
        assert_eq!(link.heard, []);
        // A socket that is not shared counts otherwise at the other end.
        let conversation = link.server.conversations().next().expect("there is one");
        link.server.disconnect(conversation, Reason::Q_MGR_STOPPING);
        link.run(0);
        link.client.peer_closed();
        link.run(0);
        let [ClientEvent::Reply { reply, .. }, rest @ ..] = &link.heard[..] else {
            panic!("{:?}", link.heard)
        };
        assert_eq!((reply.comp_code, reply.reason), (CompCode::Failed, Reason::Q_MGR_STOPPING));
        assert!(matches!(rest.last(), Some(ClientEvent::Closed { .. })), "{rest:?}");
    }
}

#[test]
fn silence_is_asked_about_and_then_ends_the_socket() {
    let mut link = links(1000).nth(2).expect("it is shared");
    assert_eq!(link.client.deadline(), Some(5000));
    link.now = 5000;
    link.client.handle_timeout(5000);
    link.run(0);
    assert_eq!((link.client.deadline(), link.heard.len()), (Some(10_000), 0), "it was answered");
    link.client.handle_timeout(10_000);
    assert_eq!(link.client.deadline(), Some(15_000));
    link.client.handle_timeout(15_000);
    assert!(matches!(
        link.client.poll_event(),
        Some(ClientEvent::Closed { reason: Reason::CONNECTION_BROKEN, .. })
    ));
    // The other way round: the queue manager asks, and is answered.
    let mut link = links(1000).nth(2).expect("it is shared");
    link.now = link.server.deadline().expect("heartbeats are agreed on");
    link.server.handle_timeout(link.now);
    link.run(0);
    assert_eq!(link.closed, None);
    assert!(link.server.deadline() > Some(link.now + 4000));
    assert!(links(1000).next().is_some_and(|link| link.client.deadline().is_none()));
}

#[test]
fn recorded_replies_are_understood() {
    let returned = |name: &str, expected: Expected| {
        let arrival = Arrivals::default().take(body_of(name), Some(expected));
        match arrival {
            Ok(Some(Arrival::Reply(reply))) => reply,
            other => panic!("{name}: {other:?}"),
        }
    };
    let conn = returned("conn-rep-332-tshm-le", Expected::Connect).returned;
    let Returned::Connect { qmgr_name, connection_id } = conn else { panic!("{conn:?}") };
    assert!(qmgr_name == "QM1" && connection_id.starts_with(b"AMQCQM1         "));
    assert_eq!(returned("conn-rep-refused-tshm-le", Expected::Connect).reason, Reason::NOT_AUTHORIZED);
    let open = returned("open-rep-v4-tshm-le", Expected::Open).returned;
    assert!(matches!(open, Returned::Open { hobj: Hobj(2), .. }), "{open:?}");
    assert_eq!(returned("open-rep-fail-tshm-le", Expected::Open).comp_code, CompCode::Failed);
    for put in ["put-rep-md1-pmo2-tshm-le", "put-rep-md2-pmo3-tsh-be"] {
        assert!(matches!(returned(put, Expected::Put).returned, Returned::Put { .. }));
    }
    for get in ["get-rep-gmo1-tsh-be", "get-rep-gmo4-tshm-le"] {
        let reply = returned(get, Expected::Get { room: 5 });
        let Returned::Get { data_length, body, .. } = reply.returned else { panic!("{get}") };
        assert_eq!((data_length, body), (12, Long::whole(Body::from(b"Hello".to_vec()))), "{get}");
    }
    let empty = returned("get-rep-empty-tsh-le", Expected::Get { room: 5 });
    assert_eq!(empty.reason, Reason::NO_MSG_AVAILABLE);
    assert_eq!(returned("close-rep-tshm-le", Expected::Close).returned, Returned::Close);
    assert_eq!(returned("cmit-rep-tshm-le", Expected::Commit).returned, Returned::Commit);

    let mut arrivals = Arrivals::default();
    let first = arrivals.take(body_of("async-split-1-tshm-be"), None);
    let whole = arrivals.take(body_of("async-split-2-tshm-be"), None);
    assert!(matches!(first, Ok(None)), "{first:?}");
    let Ok(Some(Arrival::Delivery(delivery))) = whole else { panic!("{whole:?}") };
    assert!(delivery.body.is_whole() && delivery.body.total == delivery.total_length, "{delivery:?}");
    let answers_nothing = Arrivals::default().take(body_of("cmit-rep-tshm-le"), Some(Expected::Back));
    assert!(answers_nothing.is_err());
}

#[test]
fn an_answer_of_the_product_is_adopted() {
    let mut client = ClientEnd::new(ClientConfig { conversations: 10, ..config(10) }, 0);
    let mut out = Vec::new();
    client.transmit(&mut out, 1);
    // It was given to a proposal of level 13.
    let mut answer = vector("init-server-adjust-tsh-le");
    answer[28 + 4] = FAP_LEVEL;
    client.receive(Bytes::from(answer), 0);
    out.clear();
    client.transmit(&mut out, 1);
    assert_eq!((&out[..4], out[16..20].to_vec()), (&b"TSHM"[..], vec![2, 1, 0x31, 0]));
    assert!(client.poll_event().is_none());
}

proptest! {
    /// Whatever a queue manager sends, the client end says how it went and goes on or closes.
    #[test]
    fn any_bytes_do_no_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        which in 0usize..9,
        at in any::<prop::sample::Index>(),
        change in any::<u8>(),
    ) {
        let names = [
            "init-server-accept-tshm-le", "conn-rep-332-tshm-le", "open-rep-v4-tshm-le",
            "get-rep-gmo4-tshm-le", "inq-rep-tshm-le", "async-md1-tshm-le", "async-split-1-tshm-be",
            "notif-check-tshm-le", "status-value-tsh-be",
        ];
        let mut recorded = vector(names[which]);
        let at = at.index(recorded.len());
        recorded[at] ^= change;
        for sent in [bytes, recorded] {
            for mut link in links(1000).take(2) {
                let md = Box::default();
                let gmo = Box::default();
                let get = Call::Get { hobj: QUEUE, md, gmo, buffer_length: 100 };
                link.client.call(1, get).expect("idle");
                link.client.receive(Bytes::from(sent.clone()), 0);
                while link.client.poll_event().is_some() {}
            }
        }
    }
}
