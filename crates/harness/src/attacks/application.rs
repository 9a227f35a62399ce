//! What an application can do that has logged in, and may use `DEV.**`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use channel::client::client_end::FIRST_CONVERSATION;
use channel::client::{ClientConfig, ClientEnd, ClientEvent};
use mqi::call::{Call, Connect, Hobj, Returned};
use mqi::constants::{
    MQGMO_BROWSE_NEXT, MQMT_DATAGRAM, MQOO_BROWSE, MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPER_NOT_PERSISTENT,
    MQPER_PERSISTENT, MQPMO_NO_SYNCPOINT, MQPMO_SYNCPOINT,
};
use mqi::{Chars, Gmo, Md, Od, Pmo};
use server::attach::Attached;

use super::{Attack, Ground, Who};
use crate::client;
use crate::process::{CHANNEL, NAME, PASSWORD, USER};

/// A queue that the honest do not use.
const QUEUE: &str = "DEV.QUEUE.2";

pub(super) const ATTACKS: &[Attack] = &[
    application("log-in-storm", "connections made and ended as fast as they can be", log_ins),
    application("open-storm", "a queue opened and closed without a pause on many connections", opens),
    application("dynamic-queues", "temporary queues, as many as are given", dynamic_queues),
    application("calls-sent-ahead", "calls sent without waiting, answers never read", sent_ahead),
    application("long-messages", "persistent messages of 4 MB, as fast as they are taken", long_messages),
    application("browsers", "a full queue browsed over and over on many connections", browsers),
    application("huge-unit", "units of work with as many messages as are taken, and back", huge_units),
    application("full-queue", "a queue filled to its end, then put to", full_queue),
    application("half-put", "long messages of which the last part never comes", half_puts),
];

const fn application(name: &'static str, what: &'static str, run: fn(&Ground) -> u64) -> Attack {
    Attack { name, who: Who::Application, what, run }
}

fn attach(ground: &Ground) -> Option<Attached> {
    Attached::tcp(&ground.address.to_string(), client::config(), Some(Duration::from_secs(10))).ok()
}

/// Runs on so many connections, each on a thread of its own.
fn on_each(ground: &Ground, connections: usize, work: fn(&Ground, Attached) -> u64) -> u64 {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| scope.spawn(move || attach(ground).map_or(0, |attached| work(ground, attached))))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no attacker panics")).sum()
    })
}

/// Empties the queue: what the attack leaves is not what the next one is about.
fn drain(attached: &mut Attached, hobj: Hobj) {
    while attached.get(hobj, Md::default(), accept_truncated(0), 0).is_ok() {}
}

fn accept_truncated(options: i32) -> Gmo {
    use mqi::constants::{MQGMO_ACCEPT_TRUNCATED_MSG, MQGMO_NO_SYNCPOINT};
    Gmo { options: options | MQGMO_ACCEPT_TRUNCATED_MSG | MQGMO_NO_SYNCPOINT, ..Gmo::default() }
}

fn log_ins(ground: &Ground) -> u64 {
    let mut tries = 0;
    while ground.is_on() {
        if let Some(attached) = attach(ground) {
            let _ = attached.disconnect();
        }
        tries += 1;
    }
    tries
}

fn opens(ground: &Ground) -> u64 {
    on_each(ground, 20, |ground, mut attached| {
        let mut tries = 0;
        while ground.is_on() {
            tries += 1;
            if let Ok(hobj) = attached.open_queue(QUEUE, MQOO_INPUT_SHARED | MQOO_OUTPUT) {
                let _ = attached.close(hobj, 0);
            }
        }
        tries
    })
}

fn dynamic_queues(ground: &Ground) -> u64 {
    let mut connections: Vec<Attached> = Vec::new();
    let mut tries = 0;
    while ground.is_on() {
        tries += 1;
        let od = Od {
            object_name: Chars::from_str_padded("DEV.APP.MODEL.QUEUE"),
            dynamic_q_name: Chars::from_str_padded("DEV.DYNAMIC.*"),
            ..Od::default()
        };
        let opened = connections.last_mut().is_some_and(|last| last.open(od, MQOO_OUTPUT).is_ok());
        if !opened {
            match attach(ground) {
                Some(attached) if connections.len() < 200 => connections.push(attached),
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
    tries
}

/// A connected client that never waits for an answer.
struct Ahead {
    stream: TcpStream,
    end: ClientEnd,
}

impl Ahead {
    fn connect(ground: &Ground) -> Option<Self> {
        let stream = TcpStream::connect(ground.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let config = ClientConfig {
            channel: Chars::from_str_padded(CHANNEL),
            user: USER.to_owned(),
            credentials: Some((USER.to_owned(), PASSWORD.into())),
            conversations: 10,
            ..ClientConfig::default()
        };
        let mut ahead = Self { stream, end: ClientEnd::new(config, 0) };
        ahead.until(|event| matches!(event, ClientEvent::Ready))?;
        let connect = Connect { qmgr_name: Chars::from_str_padded(NAME), ..Connect::default() };
        ahead.call(Call::Connect(Box::new(connect)))?;
        Some(ahead)
    }

    fn until(&mut self, is_it: impl Fn(&ClientEvent) -> bool) -> Option<ClientEvent> {
        let (mut out, mut buffer) = (Vec::new(), vec![0; 65_536]);
        loop {
            while let Some(event) = self.end.poll_event() {
                if is_it(&event) {
                    return Some(event);
                }
            }
            out.clear();
            self.end.transmit(&mut out, usize::MAX);
            self.stream.write_all(&out).ok()?;
            match self.stream.read(&mut buffer).ok()? {
                0 => return None,
                n => self.end.receive(Bytes::copy_from_slice(&buffer[..n]), 0),
            }
        }
    }

    fn call(&mut self, call: Call) -> Option<Returned> {
        self.end.call(FIRST_CONVERSATION, call).ok()?;
        match self.until(|event| matches!(event, ClientEvent::Reply { .. }))? {
            ClientEvent::Reply { reply, .. } => Some(reply.returned),
            _ => None,
        }
    }

    /// The bytes of a call, which is not sent.
    fn bytes(&mut self, call: Call) -> Option<Vec<u8>> {
        self.end.call(FIRST_CONVERSATION, call).ok()?;
        let mut out = Vec::new();
        self.end.transmit(&mut out, usize::MAX);
        Some(out)
    }

    fn open(&mut self, options: i32) -> Option<Hobj> {
        let od = Od { object_name: Chars::from_str_padded(QUEUE), ..Od::default() };
        match self.call(Call::Open { od: Box::new(od), options })? {
            Returned::Open { hobj, .. } => Some(hobj),
            _ => None,
        }
    }
}

fn sent_ahead(ground: &Ground) -> u64 {
    let (mut all, mut tries) = (Vec::new(), 0);
    for _ in 0..50 {
        let Some(mut ahead) = Ahead::connect(ground) else { continue };
        let od = Od { object_name: Chars::from_str_padded("NO.SUCH.QUEUE"), ..Od::default() };
        let bytes = ahead.bytes(Call::Open { od: Box::new(od), options: MQOO_OUTPUT });
        let _ = ahead.stream.set_write_timeout(Some(Duration::from_millis(1)));
        all.extend(bytes.map(|bytes| (ahead.stream, bytes)));
    }
    while ground.is_on() {
        let mut is_idle = true;
        for (stream, bytes) in &mut all {
            // A part of a call that was not taken makes the rest nonsense: that is an attack too.
            if stream.write_all(bytes).is_ok() {
                (is_idle, tries) = (false, tries + 1);
            }
        }
        if is_idle {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    tries
}

fn half_puts(ground: &Ground) -> u64 {
    let (mut held, mut tries) = (Vec::new(), 0);
    while ground.is_on() {
        if held.len() >= 200 {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        let Some(mut ahead) = Ahead::connect(ground) else { continue };
        let Some(hobj) = ahead.open(MQOO_OUTPUT) else { continue };
        let (md, pmo) = (Md { msg_type: MQMT_DATAGRAM, ..Md::default() }, Pmo::default());
        let body = mqi::call::Long::whole(mqi::call::Body::from(vec![1; 4_000_000]));
        let put = Call::Put { hobj, md: Box::new(md), pmo: Box::new(pmo), body };
        if let Some(bytes) = ahead.bytes(put) {
            tries += 1;
            let _ = ahead.stream.set_write_timeout(Some(Duration::from_millis(20)));
            let _ = ahead.stream.write_all(&bytes[..bytes.len() - 1]);
            held.push(ahead);
        }
    }
    tries
}

fn long_messages(ground: &Ground) -> u64 {
    on_each(ground, 4, |ground, mut attached| {
        let Ok(hobj) = attached.open_queue(QUEUE, MQOO_INPUT_SHARED | MQOO_OUTPUT) else { return 0 };
        let mut tries = 0_u64;
        while ground.is_on() {
            tries += 1;
            let md = Md { persistence: MQPER_PERSISTENT, ..Md::default() };
            let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
            let put = attached.put(hobj, md, pmo, vec![tries as u8; 4_000_000]);
            if put.is_err() || tries.is_multiple_of(10) {
                drain(&mut attached, hobj);
            }
        }
        drain(&mut attached, hobj);
        tries
    })
}

fn fill(attached: &mut Attached, hobj: Hobj, messages: u64) -> u64 {
    let put = |attached: &mut Attached| {
        let md = Md { persistence: MQPER_NOT_PERSISTENT, ..Md::default() };
        let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
        attached.put(hobj, md, pmo, vec![1; 100]).is_ok()
    };
    (0..messages).take_while(|_| put(attached)).count() as u64
}

fn browsers(ground: &Ground) -> u64 {
    let Some(mut first) = attach(ground) else { return 0 };
    let Ok(hobj) = first.open_queue(QUEUE, MQOO_INPUT_SHARED | MQOO_OUTPUT) else { return 0 };
    fill(&mut first, hobj, 2000);
    let tries = on_each(ground, 20, |ground, mut attached| {
        let Ok(hobj) = attached.open_queue(QUEUE, MQOO_BROWSE) else { return 0 };
        let mut tries = 0;
        while ground.is_on() {
            tries += 1;
            // No message has this id: all are looked through.
            let md = Md { correl_id: [9; 24], ..Md::default() };
            let _ = attached.get(hobj, md, accept_truncated(MQGMO_BROWSE_NEXT), 0);
        }
        tries
    });
    drain(&mut first, hobj);
    tries
}

fn huge_units(ground: &Ground) -> u64 {
    on_each(ground, 4, |ground, mut attached| {
        let Ok(hobj) = attached.open_queue(QUEUE, MQOO_INPUT_SHARED | MQOO_OUTPUT) else { return 0 };
        let mut tries = 0;
        while ground.is_on() {
            tries += 1;
            let md = Md { persistence: MQPER_PERSISTENT, ..Md::default() };
            let pmo = Pmo { options: MQPMO_SYNCPOINT, ..Pmo::default() };
            if attached.put(hobj, md, pmo, vec![1; 100]).is_err() {
                let _ = attached.back();
            }
        }
        let _ = attached.back();
        tries
    })
}

fn full_queue(ground: &Ground) -> u64 {
    let Some(mut attached) = attach(ground) else { return 0 };
    let Ok(hobj) = attached.open_queue(QUEUE, MQOO_INPUT_SHARED | MQOO_OUTPUT) else { return 0 };
    let mut tries = 0;
    while ground.is_on() {
        tries += 1 + fill(&mut attached, hobj, 10_000);
    }
    drain(&mut attached, hobj);
    tries
}
