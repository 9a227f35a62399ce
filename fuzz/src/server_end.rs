//! The queue manager's end of a socket, with a client that may do anything and a kernel that does what kernels may.
//!
//! The input is a sequence of things that happen, each a byte and what it needs. Segments can be given as their parts, so
//! that a byte more does not make all that follows unreadable.

use std::collections::BTreeMap;

use bytes::Bytes;
use channel::client::{Channel, Config, Event, Local, QueueManager, ServerEnd, Verdict};
use channel::framer::Framer;
use channel::segment::status_data::StatusCode;
use channel::segment::{ControlFlags, Header, HeaderKind, SegmentType};
use mqi::call::{Body, Call, Delivery, Hobj, Long, Notice, OpenAttributes, PIECE_MAX, Reply, Returned};
use mqi::wire::{ByteOrder, Charset};
use mqi::{Chars, CompCode, Md, Reason};

use crate::dice::Dice;
use crate::vectors;

/// What a socket may hold of segments that are not complete.
const INBOUND_MAX: usize = 64 * 1024;

/// The headers that clients use, and some that they do not.
pub(crate) fn segment(dice: &mut Dice<'_>) -> Vec<u8> {
    let how = dice.byte();
    let header = Header {
        kind: [HeaderKind::Multiplexed, HeaderKind::Plain, HeaderKind::Common, HeaderKind::Multiplexed]
            [usize::from(how & 3)],
        order: if how & 4 == 0 { ByteOrder::Little } else { ByteOrder::Big },
        charset: if how & 8 == 0 { Charset::Ascii } else { Charset::Ebcdic },
        conversation: u32::from(how >> 4 & 3),
        request: u32::from(how >> 6) | 1,
        segment_type: SegmentType(dice.byte()),
        flags: ControlFlags(dice.byte()),
        flags2: 0,
        luwid: [0; 8],
        encoding: 546,
        ccsid: 819,
    };
    let body = dice.bytes();
    let mut out = Vec::new();
    header.encode(body.len(), &mut out);
    out.extend_from_slice(body);
    out
}

/// The other way: a segment as the choices that make it.
pub(crate) fn choices(bytes: &[u8]) -> Option<Vec<u8>> {
    let header = Header::decode(bytes).ok()?;
    let kind = match header.kind {
        HeaderKind::Multiplexed => 0,
        HeaderKind::Plain => 1,
        HeaderKind::Common => 2,
    };
    let how = kind
        | if header.order == ByteOrder::Little { 0 } else { 4 }
        | if header.charset == Charset::Ascii { 0 } else { 8 }
        | (header.conversation as u8 & 3) << 4;
    let body = bytes.get(header.kind.header_len()..)?;
    let mut out = vec![how, header.segment_type.0, header.flags.0];
    match u8::try_from(body.len()) {
        Ok(n) if n < 240 => out.push(n),
        _ => {
            out.push(255);
            out.extend(u16::try_from(body.len()).ok()?.to_be_bytes());
        }
    }
    out.extend_from_slice(body);
    Some(out)
}

struct Peer {
    end: ServerEnd,
    now: u64,
    sent: Framer,
    closes: u32,
    /// Calls of each conversation that have not been answered.
    calls: BTreeMap<u32, Vec<Call>>,
    /// Checks of passwords that are under way.
    verifying: Vec<u32>,
    /// Bytes that the kernel still expects of a long put.
    awaited: BTreeMap<u32, u32>,
    /// Bytes that are still to come of a long body.
    owed: BTreeMap<u32, usize>,
    pulled: Vec<u32>,
}

impl Peer {
    fn new(is_local: bool) -> Self {
        let qmgr = QueueManager {
            name: Chars::from_str_padded("QM1"),
            id: Chars::from_str_padded("QM1_2026-01-02_03.04.05"),
            ccsid: 819,
            process_id: 4711,
        };
        let local = is_local.then(|| Local { user: "app".to_owned(), pid: 12 });
        let address = if is_local { String::new() } else { "127.0.0.1".to_owned() };
        Self {
            end: ServerEnd::new(Config { qmgr, address, local }, 0),
            now: 0,
            sent: Framer::new(32_766),
            closes: 0,
            calls: BTreeMap::new(),
            verifying: Vec::new(),
            awaited: BTreeMap::new(),
            owed: BTreeMap::new(),
            pulled: Vec::new(),
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        // What is not wanted stays in the socket.
        if self.closes == 0 && self.end.wants_read() {
            self.end.receive(Bytes::copy_from_slice(bytes), self.now);
        }
        self.events();
    }

    fn events(&mut self) {
        while let Some(event) = self.end.poll_event() {
            assert_eq!(self.closes, 0, "nothing comes after the end: {event:?}");
            match event {
                Event::LookupChannel { name, .. } => {
                    let channel =
                        Channel { name, message_max: 4_194_304, conversations_max: 3, heartbeat_s: 300 };
                    self.end.admit(if name == "NONE" { Err(StatusCode::NO_CHANNEL) } else { Ok(channel) });
                }
                Event::Verify { check, .. } => self.verifying.push(check),
                Event::Call { call: Call::Consume { .. } | Call::Notify { .. }, .. } => {}
                Event::Call { conversation, call } => {
                    if let Call::Put { body, .. } | Call::PutLater { body, .. } | Call::Put1 { body, .. } =
                        &call
                    {
                        assert!(
                            body.first.len() <= PIECE_MAX && body.first.len() as u64 <= body.total.into()
                        );
                        let awaited = body.total - body.first.len() as u32;
                        if awaited > 0 {
                            self.awaited.insert(conversation, awaited);
                        }
                    }
                    self.calls.entry(conversation).or_default().push(call);
                }
                Event::Part { conversation, bytes } => {
                    assert!(bytes.len() <= PIECE_MAX);
                    let awaited = self.awaited.remove(&conversation).expect("a part belongs to a long put");
                    let left = awaited.checked_sub(bytes.len() as u32).expect("no more than was announced");
                    if left > 0 {
                        self.awaited.insert(conversation, left);
                    }
                }
                Event::Pull { conversation } => self.pulled.push(conversation),
                Event::ForgetCheck { check } => self.verifying.retain(|one| *one != check),
                Event::CancelWaits { .. } => {}
                Event::Ended { conversation } | Event::Gone { conversation } => {
                    self.calls.remove(&conversation);
                    self.awaited.remove(&conversation);
                    self.owed.remove(&conversation);
                    self.pulled.retain(|one| *one != conversation);
                }
                Event::Close { .. } => self.closes += 1,
            }
        }
        assert!(self.end.inbound_bytes() <= INBOUND_MAX, "{} bytes", self.end.inbound_bytes());
    }

    /// What is sent can be read, in segments that were agreed on.
    fn transmit(&mut self, limit: usize) {
        let mut out = Vec::new();
        self.end.transmit(&mut out, limit);
        self.sent.push(out.into());
        while self.sent.next().expect("what is sent is segments").is_some() {}
        self.events();
    }

    fn reply(&mut self, dice: &mut Dice<'_>) {
        let Some((conversation, call)) = self.calls.iter_mut().find_map(|(conversation, calls)| {
            Some((*conversation, (!calls.is_empty()).then(|| calls.remove(0))?))
        }) else {
            return;
        };
        self.awaited.remove(&conversation);
        let reply = reply(call, dice);
        if let Returned::Get { body, .. } = &reply.returned {
            self.owed.insert(conversation, body.total as usize - body.first.len());
        }
        self.end.reply(conversation, reply);
    }

    fn piece(&mut self) {
        let Some(conversation) = self.pulled.pop() else { return };
        let Some(owed) = self.owed.get_mut(&conversation) else { return };
        let n = (*owed).min(PIECE_MAX);
        *owed -= n;
        if n > 0 {
            self.end.piece(conversation, &Body::from(vec![b'p'; n]));
        }
    }
}

fn body(dice: &mut Dice<'_>) -> Long {
    let first = dice.bytes().to_vec();
    let total = if dice.chance(20) { 300_000 } else { first.len() as u32 };
    if total as usize > first.len() {
        return Long { total, first: Body::from(vec![b'f'; PIECE_MAX]) };
    }
    Long { total, first: Body::from(first) }
}

fn reply(call: Call, dice: &mut Dice<'_>) -> Reply {
    let reason = Reason(dice.of(&[0, 0, 0, 0, 2033, 2035, 2085, 2079, 2009, 2161]));
    let comp_code = match reason.0 {
        0 => CompCode::Ok,
        2079 => CompCode::Warning,
        _ => CompCode::Failed,
    };
    let returned = match call {
        Call::Connect(_) => Returned::Connect {
            qmgr_name: Chars::from_str_padded("QM1"),
            connection_id: *b"AMQCQM1         \0\0\0\0\0\0\0\x01",
        },
        Call::Disconnect => Returned::Disconnect,
        Call::Open { od, .. } => {
            let hobj =
                if comp_code == CompCode::Failed { Hobj::UNUSABLE } else { Hobj(i32::from(dice.byte())) };
            Returned::Open { hobj, od, attributes: OpenAttributes::NONE }
        }
        Call::Close { .. } => Returned::Close,
        Call::Put { md, pmo, .. } | Call::PutLater { md, pmo, .. } => Returned::Put { md, pmo },
        Call::Put1 { od, md, pmo, .. } => Returned::Put1 { od, md, pmo },
        Call::Get { md, gmo, .. } => {
            let body = if comp_code == CompCode::Failed { Long::default() } else { body(dice) };
            Returned::Get {
                md,
                gmo,
                data_length: body.total.cast_signed(),
                body,
                putter: mqi::Putter::default(),
            }
        }
        Call::Inquire { selectors, int_count, char_length, .. } => {
            let ints = vec![7; usize::try_from(int_count).unwrap_or(0).min(256)];
            let chars = vec![b'c'; usize::try_from(char_length).unwrap_or(0).min(4096)];
            Returned::Inquire { selectors, ints, chars }
        }
        Call::Set { .. } => Returned::Set,
        Call::Commit => Returned::Commit,
        Call::Back => Returned::Back,
        Call::Stat { kind, sts } => Returned::Stat { kind, sts },
        Call::Refused { reason } => {
            return Reply { comp_code: CompCode::Failed, reason, returned: Returned::Nothing };
        }
        Call::Consume { .. } | Call::Notify { .. } => unreachable!("they have no reply"),
        Call::Put1For { .. } => panic!("nothing that an application sends is this call"),
    };
    Reply { comp_code, reason, returned }
}

fn delivery(dice: &mut Dice<'_>) -> Delivery {
    let body = Long::whole(Body::from(dice.bytes().to_vec()));
    Delivery {
        hobj: Hobj(i32::from(dice.byte())),
        message_index: 1,
        global_message_index: 1,
        selection_index: 1,
        reason: Reason(dice.of(&[0, 2033, 2079])),
        total_length: body.total,
        msg_token: [1; 16],
        status: 1,
        resolved_q_name: Chars::from_str_padded("Q"),
        md: Box::new(Md::v2()),
        body,
    }
}

/// The segments with which the clients of the vectors begin.
pub(crate) fn handshake() -> &'static [Vec<u8>] {
    static HANDSHAKE: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    HANDSHAKE.get_or_init(|| {
        let vectors = vectors::vectors("channel");
        ["init-client-first-tsh-be", "init-client-second-tshm-le", "conn-req-332-tshm-be"]
            .iter()
            .filter_map(|name| vectors.iter().find(|(n, _)| n == name))
            .map(|(_, bytes)| bytes.clone())
            .collect()
    })
}

pub(crate) fn run(input: &[u8]) {
    let mut dice = Dice::new(input);
    let how = dice.byte();
    let mut peer = Peer::new(how & 1 == 1);
    if how & 2 == 0 {
        for bytes in handshake() {
            peer.receive(bytes);
        }
        peer.reply(&mut Dice::new(&[]));
        peer.transmit(usize::MAX);
    }
    for _ in 0..200 {
        if dice.is_spent() {
            break;
        }
        step(&mut peer, &mut dice);
        peer.events();
    }
    // What has been sent makes room for what is answered next; only bodies that are not all here stay.
    for _ in 0..100 {
        peer.transmit(usize::MAX);
    }
    let is_owed = peer.owed.values().any(|owed| *owed > 0);
    assert!(is_owed || peer.end.outbound_bytes() == 0, "{} bytes stay", peer.end.outbound_bytes());
    peer.end.peer_closed();
    peer.events();
    assert_eq!(peer.closes, 1, "it ends once");
}

fn step(peer: &mut Peer, dice: &mut Dice<'_>) {
    match dice.below(24) {
        0..6 => peer.receive(&segment(dice)),
        6 => peer.receive(dice.bytes()),
        7 => {
            // In two chunks, cut anywhere.
            let bytes = segment(dice);
            let (first, second) = bytes.split_at(usize::from(dice.byte()).min(bytes.len()));
            peer.receive(first);
            peer.receive(second);
        }
        8..12 => peer.reply(dice),
        12 => peer.transmit(usize::MAX),
        13 => peer.transmit(usize::from(dice.u16())),
        14 => {
            if let Some(check) = peer.verifying.pop() {
                peer.end.verified(check, dice.of(&[Verdict::Proved, Verdict::Wrong, Verdict::Unchecked]));
            }
        }
        15 => {
            if let Some(conversation) = peer.awaited.keys().next().copied() {
                peer.end.credit(conversation);
            }
        }
        16 => peer.piece(),
        17 => {
            let known: Vec<u32> = peer.end.conversations().collect();
            if let Some(conversation) = known.first() {
                let delivery = delivery(dice);
                peer.end.deliver(*conversation, delivery);
            }
        }
        18 => {
            let notice =
                Notice { hobj: Hobj(i32::from(dice.byte())), code: i32::from(dice.byte()), value: 0 };
            peer.end.notify(u32::from(dice.byte() % 4), notice);
        }
        19 => {
            peer.now += u64::from(dice.u16()) * 10;
            if peer.end.deadline().is_some_and(|at| at <= peer.now) {
                peer.end.handle_timeout(peer.now);
            }
        }
        20 => {
            let reason = Reason(dice.of(&[2161, 2162, 2203, 2009, 2202]));
            peer.end.disconnect(u32::from(dice.byte() % 4), reason);
        }
        21 => peer.end.pause(),
        22 => peer.end.resume(),
        _ => {
            if dice.chance(10) {
                peer.end.shut_down(StatusCode::QM_TERMINATING);
            }
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut all = vec![2, 0];
    for (name, bytes) in vectors::vectors("channel") {
        let Some(choices) = choices(&bytes) else { continue };
        if name.starts_with("init") {
            seeds.push([&[2, 0][..], &choices, &[12]].concat());
        }
        // Connected, the call, its answer, and what it makes of it.
        seeds.push([&[0, 0][..], &choices, &[8, 0, 12]].concat());
        all.extend_from_slice(&choices);
        all.extend_from_slice(&[8, 0, 12, 0]);
    }
    seeds.push(all);
    seeds
}
