//! What a call costs inside the kernel, without disk and sockets: `cargo run --release -p qmgr --example calls`.
//!
//! Every figure is the mean of many calls in nanoseconds. Outputs are thrown away, as if the shell took no time.

use std::time::Instant;

use bytes::Bytes;
use mqi::call::{Body, Call, Connect, Consume, Hobj, Identity, Long};
use mqi::constants::*;
use mqi::{Chars, Gmo, Md, ObjectName, Od, Pmo};
use qmgr::{ConversationId, Facts, Input, Kernel, KernelConfig, Mono, Output, Outputs, Ticket, Time, WallMs};
use store::Lsn;

struct Bench {
    kernel: Kernel,
    out: Outputs,
    at: Time,
    appended: u64,
}

impl Bench {
    fn new() -> Self {
        let config = KernelConfig {
            name: ObjectName::parse("QM1").expect("a name"),
            qmid: "QM1_2025".to_owned(),
            epoch: 1,
            hash_key: [1; 16],
            created_wall_ms: 0,
            started_wall_ms: 0,
            memory_max: 1 << 30,
            owner: "bench".to_owned(),
            command_level: 940,
        };
        let mut kernel = Kernel::new(config);
        let at = Time { wall: WallMs(1_763_781_296_789), mono: Mono(1) };
        let mut out = Outputs::new();
        kernel.recover_done(Lsn::FIRST, at, &mut out);
        Self { kernel, out, at, appended: 0 }
    }

    fn input(&mut self, input: Input) {
        self.out.clear();
        self.kernel.handle(input, self.at, &mut self.out);
        self.appended +=
            self.out.iter().filter(|output| matches!(output, Output::Append { .. })).count() as u64;
    }

    fn command(&mut self, text: &str) {
        let command = mqsc::parse(text).expect("a command");
        let (ticket, user, facts) = (Ticket(0), "mqm".to_owned(), Facts::default());
        self.input(Input::Command { ticket, user, command, facts });
    }

    fn call(&mut self, conversation: ConversationId, call: Call) {
        self.input(Input::Call { conversation, call });
    }

    fn connect(&mut self, id: u64) -> ConversationId {
        let conversation = ConversationId(id);
        let identity = Identity { verified: Some("mqm".to_owned()), ..Identity::default() };
        self.call(conversation, Call::Connect(Box::new(Connect { identity, ..Connect::default() })));
        let od = Od { object_name: Chars::from_str_padded("Q1"), ..Od::default() };
        let options = MQOO_INPUT_SHARED | MQOO_OUTPUT;
        self.call(conversation, Call::Open { od: Box::new(od), options });
        conversation
    }
}

const HOBJ: Hobj = Hobj(2);

fn put(body: &Bytes, persistence: i32, options: i32, correl_id: [u8; 24]) -> Call {
    let md = Md { persistence, correl_id, priority: 4, ..Md::default() };
    let pmo = Pmo { options, ..Pmo::default() };
    let body = Long::whole(Body::from(body.clone()));
    Call::Put { hobj: HOBJ, md: Box::new(md), pmo: Box::new(pmo), body }
}

fn get(options: i32, correl_id: [u8; 24]) -> Call {
    let gmo = Gmo { version: 2, options, match_options: MQMO_MATCH_CORREL_ID, ..Gmo::default() };
    let md = Md { correl_id, ..Md::default() };
    Call::Get { hobj: HOBJ, md: Box::new(md), gmo: Box::new(gmo), buffer_length: 1 << 20 }
}

fn measure(name: &str, count: u64, mut call: impl FnMut(u64)) {
    let begun = Instant::now();
    (0..count).for_each(&mut call);
    let ns = begun.elapsed().as_nanos() as u64 / count;
    println!("{name:60} {ns:8} ns");
}

fn main() {
    let mut bench = Bench::new();
    bench.command("DEFINE QLOCAL(Q1) MAXDEPTH(999999999)");
    let id = bench.connect(1);
    let body = Bytes::from(vec![7; 2048]);
    let small = Bytes::from(vec![7; 256]);
    let none = [0; 24];
    for (name, body) in [("256 B", &small), ("2 KiB", &body)] {
        measure(&format!("put and get, not persistent, {name}"), 300_000, |_| {
            bench.call(id, put(body, 0, 0, none));
            bench.call(id, get(0, none));
        });
        measure(&format!("put and get, persistent, {name}"), 300_000, |_| {
            bench.call(id, put(body, 1, 0, none));
            bench.call(id, get(0, none));
        });
        measure(&format!("put, commit, get, commit, persistent, {name}"), 300_000, |_| {
            bench.call(id, put(body, 1, MQPMO_SYNCPOINT, none));
            bench.call(id, Call::Commit);
            bench.call(id, get(MQGMO_SYNCPOINT, none));
            bench.call(id, Call::Commit);
        });
    }
    let other = bench.connect(2);
    measure("put to a consumer that waits, not persistent, 2 KiB", 300_000, |_| {
        let consume = Consume {
            requested_bytes: 1,
            max_msg_length: -1,
            options: MQGMO_WAIT,
            wait_interval_ms: -1,
            request_flags: 8,
            ..Consume::default()
        };
        bench.call(other, Call::Consume { hobj: HOBJ, consume: Box::new(consume) });
        bench.call(id, put(&body, 0, 0, none));
    });
    bench.input(Input::Gone { conversation: other });
    const DEEP: u64 = 1_000_000;
    let key = |n: u64| {
        let mut key = [1; 24];
        key[..8].copy_from_slice(&n.to_be_bytes());
        key
    };
    measure("put onto a queue that gets 1 M deep, persistent, 256 B", DEEP, |n| {
        bench.call(id, put(&small, 1, 0, key(n)));
    });
    println!(
        "{:60} {:8} B",
        "memory a message, content cache included",
        bench.kernel.message_bytes() as u64 / DEEP
    );
    measure("first get by CorrelId: begins the table", 1, |_| bench.call(id, get(0, key(DEEP - 1))));
    measure("and fills it, every slice", 2000, |_| bench.input(Input::Tick));
    measure("get by CorrelId from 1 M, cached or asking for it", 10_000, |n| {
        bench.call(id, get(0, key(DEEP - 2 - n)))
    });
    println!("{:60} {:8} B", "memory a message with one table", bench.kernel.message_bytes() as u64 / DEEP);
    bench.input(Input::Gone { conversation: id });
    measure("CLEAR of what is left, first slice", 1, |_| bench.command("CLEAR QLOCAL(Q1)"));
    measure("CLEAR, every further slice", 480, |_| bench.input(Input::Tick));
    println!("{} records", bench.appended);
}
