//! Exchanges as text: what goes in, and what must come out.
//!
//! ```text
//! # comment
//! >> 5453484d …            bytes of a client, as hex; `>> @NAME` takes a vector
//! admit conversations=10   input: the shell or the kernel answers; see `Script::input`
//! > TSHM …                 output: what the client's bytes mean
//! < TSHM …                 output: what is sent to it
//! ! call 1 Commit          output: what the shell has to do
//! ```
//!
//! Outputs follow the input that causes them. `GOLDEN_UPDATE=1 cargo test -p channel` rewrites them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use channel::client::{Channel, CloseReason, Config, Event, QueueManager, ServerEnd, Verdict};
use channel::log::Tap;
use channel::segment::status_data::StatusCode;
use mqi::call::{Body, Call, Delivery, Hobj, Long, Notice, OpenAttributes, Reply, Returned};
use mqi::md::Md;
use mqi::{Chars, CompCode, Reason};

/// Bytes sent at once.
const TRANSMIT: usize = 1 << 20;

/// A machine with a scripted kernel.
pub(crate) struct Script {
    pub(crate) end: ServerEnd,
    pub(crate) now: u64,
    tap: Tap,
    /// The newest call of each conversation that has a reply.
    calls: BTreeMap<u32, Vec<Call>>,
    /// The newest check of each conversation.
    checks: BTreeMap<u32, u32>,
}

impl Script {
    pub(crate) fn new() -> Self {
        let qmgr = QueueManager {
            name: Chars::from_str_padded("QM1"),
            id: Chars::from_str_padded("QM1_2026-01-02_03.04.05"),
            ccsid: 819,
            process_id: 4711,
        };
        let config = Config { qmgr, address: "127.0.0.1".to_owned(), local: None };
        Self {
            end: ServerEnd::new(config, 0),
            now: 0,
            tap: Tap::default(),
            calls: BTreeMap::new(),
            checks: BTreeMap::new(),
        }
    }

    /// Runs one line of input and returns all that came out.
    pub(crate) fn input(&mut self, line: &str) -> String {
        let mut out = String::new();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [">>", rest @ ..] => {
                let bytes = Bytes::from(match rest {
                    [name] if name.starts_with('@') => vector(&name[1..]),
                    hex => unhex(hex.concat()),
                });
                self.tap.received(bytes.clone(), &mut out);
                self.end.receive(bytes, self.now);
            }
            ["admit", fields @ ..] => self.admit(fields),
            ["verified", conversation, verdict] => {
                let verdict = match *verdict {
                    "proved" => Verdict::Proved,
                    "wrong" => Verdict::Wrong,
                    _ => Verdict::Unchecked,
                };
                let check = self.checks.get(&number(conversation)).expect("it has sent a password");
                self.end.verified(*check, verdict);
            }
            ["reply", conversation, fields @ ..] => {
                let conversation = number(conversation);
                let calls = self.calls.get_mut(&conversation).expect("the conversation has called");
                let call = calls.remove(0);
                self.end.reply(conversation, reply(call, &Fields::of(fields)));
            }
            ["deliver", conversation, fields @ ..] => {
                self.end.deliver(number(conversation), delivery(&Fields::of(fields)));
            }
            ["notify", conversation, hobj, code, value] => {
                let notice = Notice { hobj: Hobj(number(hobj)), code: number(code), value: number(value) };
                self.end.notify(number(conversation), notice);
            }
            ["credit", conversation] => self.end.credit(number(conversation)),
            ["piece", conversation, length] => {
                self.end.piece(number(conversation), &Body::from(vec![b'p'; number(length)]));
            }
            ["disconnect", conversation, reason] => {
                self.end.disconnect(number(conversation), Reason(number(reason)));
            }
            ["shut_down", code] => self.end.shut_down(StatusCode(number(code))),
            ["time", now] => {
                self.now = number(now);
                if self.end.deadline().is_some_and(|at| at <= self.now) {
                    self.end.handle_timeout(self.now);
                }
            }
            ["closed"] => self.end.peer_closed(),
            _ => panic!("what is {line:?}?"),
        }
        self.outputs(&mut out);
        out
    }

    fn admit(&mut self, fields: &[&str]) {
        let fields = Fields::of(fields);
        if let Some(code) = fields.get("status") {
            return self.end.admit(Err(StatusCode(number(code))));
        }
        self.end.admit(Ok(Channel {
            name: Chars::from_str_padded(fields.get("channel").unwrap_or("DEV.APP.SVRCONN")),
            message_max: fields.get("message_max").map_or(104_857_600, number),
            conversations_max: fields.get("conversations").map_or(10, number),
            heartbeat_s: fields.get("heartbeat").map_or(300, number),
        }));
    }

    pub(crate) fn outputs(&mut self, out: &mut String) {
        loop {
            let mut is_quiet = true;
            while let Some(event) = self.end.poll_event() {
                is_quiet = false;
                describe(&event, out);
                match event {
                    Event::Call { call: Call::Consume { .. } | Call::Notify { .. }, .. } => {}
                    Event::Call { conversation, call } => {
                        self.calls.entry(conversation).or_default().push(call);
                    }
                    Event::Verify { conversation, check, .. } => {
                        self.checks.insert(conversation, check);
                    }
                    _ => {}
                }
            }
            let mut bytes = Vec::new();
            self.end.transmit(&mut bytes, TRANSMIT);
            if !bytes.is_empty() {
                is_quiet = false;
                self.tap.sent(Bytes::from(bytes), out);
            }
            if is_quiet {
                return;
            }
        }
    }
}

/// `name=value` words.
struct Fields<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Fields<'a> {
    fn of(words: &[&'a str]) -> Self {
        Self(words.iter().map(|word| word.split_once('=').expect("name=value")).collect())
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|field| field.0 == name).map(|field| field.1)
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T>
    where
        T::Err: std::fmt::Debug,
    {
        self.get(name).map(number)
    }

    /// `data=hex` or `length=n` of filler.
    fn body(&self) -> Long {
        let data = self.get("data").map(unhex).unwrap_or_default();
        match self.number("length") {
            Some(total) => Long { total, first: Body::from(data) },
            None => Long::whole(Body::from(data)),
        }
    }
}

/// What the scripted kernel returns: the structures of the call, filled in as a queue manager does.
fn reply(call: Call, fields: &Fields<'_>) -> Reply {
    let reason = Reason(fields.number("reason").unwrap_or(0));
    let comp_code = CompCode::of(fields.number("cc").unwrap_or(if reason == Reason::NONE { 0 } else { 2 }));
    let queue = Chars::from_str_padded(fields.get("queue").unwrap_or("DEV.QUEUE.1"));
    let put = |md: &mut Md, pmo: &mut mqi::pmo::Pmo| {
        md.msg_id = *b"AMQ QM1         \0\0\0\0\0\0\0\x01";
        pmo.known_dest_count = 1;
        pmo.resolved_q_name = queue;
        pmo.resolved_q_mgr_name = Chars::from_str_padded("QM1");
    };
    let returned = match call {
        Call::Connect(_) => Returned::Connect {
            qmgr_name: Chars::from_str_padded("QM1"),
            connection_id: *b"AMQCQM1         \x5f\0\0\0\0\0\0\x01",
        },
        Call::Disconnect => Returned::Disconnect,
        Call::Open { mut od, .. } => {
            let hobj = Hobj(fields.number("hobj").unwrap_or(-1));
            if let Some(name) = fields.get("name") {
                od.object_name = Chars::from_str_padded(name);
            }
            od.known_dest_count = i32::from(comp_code != CompCode::Failed);
            let attributes = OpenAttributes {
                def_persistence: 0,
                def_put_response_type: 1,
                def_read_ahead: 0,
                property_control: 0,
            };
            Returned::Open { hobj, od, attributes }
        }
        Call::Close { .. } => Returned::Close,
        Call::Put { mut md, mut pmo, .. } | Call::PutLater { mut md, mut pmo, .. } => {
            put(&mut md, &mut pmo);
            Returned::Put { md, pmo }
        }
        Call::Put1 { od, mut md, mut pmo, .. } | Call::Put1For { od, mut md, mut pmo, .. } => {
            put(&mut md, &mut pmo);
            Returned::Put1 { od, md, pmo }
        }
        Call::Get { mut md, mut gmo, .. } => {
            let body = fields.body();
            md.format = Chars::from_str_padded("MQSTR");
            gmo.resolved_q_name = queue;
            let data_length = fields.number("full").unwrap_or(body.total as i32);
            Returned::Get { md, gmo, data_length, body, putter: mqi::Putter::Unknown }
        }
        Call::Inquire { selectors, .. } => {
            let ints = fields.get("ints").unwrap_or("");
            let ints = ints.split(',').filter(|int| !int.is_empty()).map(number).collect();
            Returned::Inquire { selectors, ints, chars: fields.get("chars").map(unhex).unwrap_or_default() }
        }
        Call::Set { .. } => Returned::Set,
        Call::Commit => Returned::Commit,
        Call::Back => Returned::Back,
        Call::Stat { kind, sts } => Returned::Stat { kind, sts },
        Call::Refused { reason } => {
            return Reply { comp_code: CompCode::Failed, reason, returned: Returned::Nothing };
        }
        Call::Consume { .. } | Call::Notify { .. } => unreachable!("they have no reply"),
    };
    Reply { comp_code, reason, returned }
}

fn delivery(fields: &Fields<'_>) -> Delivery {
    let body = fields.body();
    let md = Md {
        version: 2,
        format: Chars::from_str_padded("MQSTR"),
        msg_id: *b"AMQ QM1         \0\0\0\0\0\0\0\x01",
        ..Md::default()
    };
    Delivery {
        hobj: Hobj(fields.number("hobj").expect("of a consumer")),
        message_index: fields.number("index").unwrap_or(1),
        global_message_index: fields.number("global").unwrap_or(1),
        selection_index: fields.number("selection").unwrap_or(1),
        reason: Reason(fields.number("reason").unwrap_or(0)),
        total_length: fields.number("full").unwrap_or(body.total),
        msg_token: *b"MQTOKEN000000001",
        status: 1,
        resolved_q_name: Chars::from_str_padded(fields.get("queue").unwrap_or("DEV.QUEUE.1")),
        md: Box::new(md),
        body,
    }
}

fn describe(event: &Event, out: &mut String) {
    let line = match event {
        Event::LookupChannel { name, is_client } => format!("channel {name} client={is_client}"),
        Event::Verify { conversation, user, password, .. } => {
            format!("verify {conversation} {user} {}", String::from_utf8_lossy(password.expose()))
        }
        Event::ForgetCheck { check } => format!("forget check {check}"),
        Event::Call { conversation, call } => format!("call {conversation} {}", called(call)),
        Event::Part { conversation, bytes } => format!("part {conversation} {}", bytes.len()),
        Event::Pull { conversation } => format!("pull {conversation}"),
        Event::CancelWaits { conversation, connection_id, reason } => {
            let id: String = connection_id[16..].iter().map(|byte| format!("{byte:02x}")).collect();
            format!("cancel waits of connection {id} reason={} for {conversation}", reason.0)
        }
        Event::Ended { conversation } => format!("ended {conversation}"),
        Event::Gone { conversation } => format!("gone {conversation}"),
        Event::Close { reason } => match reason {
            CloseReason::Protocol(text) => format!("close protocol: {text}"),
            other => format!("close {other:?}"),
        },
    };
    let _ = writeln!(out, "! {line}");
}

/// What of a call the segment above it does not show, or shows differently.
fn called(call: &Call) -> String {
    match call {
        Call::Connect(connect) => {
            let it = &connect.identity;
            format!(
                "connect {:?} asserted={} verified={:?} channel={:?} address={} product={}",
                connect.qmgr_name, it.asserted, it.verified, it.channel, it.address, it.product
            )
        }
        Call::Disconnect => "disconnect".to_owned(),
        Call::Open { od, options } => format!(
            "open type={} {:?} options={options:#x} string={:?} selector={:?}",
            od.object_type,
            od.object_name,
            od.object_string.as_str(),
            od.selection_string.as_str()
        ),
        Call::Close { hobj, options } => format!("close {} options={options:#x}", hobj.0),
        Call::Put { hobj, pmo, body, .. } => {
            format!("put {} options={:#x} {}/{}", hobj.0, pmo.options, body.first.len(), body.total)
        }
        Call::PutLater { hobj, pmo, body, delay_ms, .. } => {
            let (first, total) = (body.first.len(), body.total);
            format!("put {} options={:#x} {first}/{total} later={delay_ms}", hobj.0, pmo.options)
        }
        Call::Put1 { od, pmo, body, .. } => {
            format!(
                "put1 {:?} options={:#x} {}/{}",
                od.object_name,
                pmo.options,
                body.first.len(),
                body.total
            )
        }
        Call::Get { hobj, gmo, buffer_length, .. } => {
            format!(
                "get {} options={:#x} wait={} room={buffer_length}",
                hobj.0, gmo.options, gmo.wait_interval
            )
        }
        Call::Inquire { hobj, selectors, int_count, char_length } => {
            format!("inquire {} {selectors:?} {int_count} {char_length}", hobj.0)
        }
        Call::Set { hobj, selectors, ints, chars } => {
            format!("set {} {selectors:?} {ints:?} {}", hobj.0, chars.len())
        }
        Call::Commit => "commit".to_owned(),
        Call::Back => "back".to_owned(),
        Call::Stat { kind, .. } => format!("stat {kind}"),
        Call::Consume { hobj, consume } => format!(
            "consume {} requested={} wait={} flags={:#x}",
            hobj.0, consume.requested_bytes, consume.wait_interval_ms, consume.request_flags
        ),
        Call::Notify { hobj, code, value } => format!("notify {} code={code} value={value}", hobj.0),
        Call::Put1For { .. } => unreachable!("no segment is this call"),
        Call::Refused { reason } => format!("refused {reason}"),
    }
}

fn number<T: std::str::FromStr>(word: impl AsRef<str>) -> T
where
    T::Err: std::fmt::Debug,
{
    word.as_ref().parse().expect("a number")
}

/// Bytes of hex text; lines that start with `#` are comments.
pub(crate) fn unhex(text: impl AsRef<str>) -> Vec<u8> {
    let lines = text.as_ref().lines().filter(|line| !line.starts_with('#'));
    let digits: Vec<u32> = lines
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).expect("hex"))
        .collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

/// Bytes of a vector.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/{name}.hex", env!("CARGO_MANIFEST_DIR"));
    unhex(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}
