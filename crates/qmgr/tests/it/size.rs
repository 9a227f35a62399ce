//! What a message costs in memory when its body is on disk, and that long work is cut into slices.

use mqi::call::{Body, Call, Connect, Hobj, Identity, Long};
use mqi::charv::Charv;
use mqi::constants::*;
use mqi::property::PropertyValue;
use mqi::rfh2::{Element, Rfh2};
use mqi::wire::{ByteOrder, Charset, Writer};
use mqi::{Chars, Gmo, Md, Od, Pmo};
use qmgr::{ConversationId, Facts, Input, Kernel, Mono, Output, Outputs, Ticket, Time, WallMs};
use store::Lsn;

use crate::world;

const COUNT: usize = 50 * 4096;

/// Enough for the index of so many messages, and not for what is in them.
const MEMORY: usize = 18 << 20;

struct Bare {
    kernel: Kernel,
    out: Outputs,
    at: Time,
}

impl Bare {
    /// A kernel whose outputs are looked at and thrown away: its log is nowhere.
    fn new() -> Self {
        let mut kernel = Kernel::new(world::config(1, 0, MEMORY));
        let at = Time { wall: WallMs(1_000_000), mono: Mono(0) };
        let mut out = Outputs::new();
        kernel.recover_done(Lsn::FIRST, at, &mut out);
        let mut bare = Self { kernel, out, at };
        bare.command("DEFINE QLOCAL(Q1) MAXDEPTH(999999999)");
        bare
    }

    fn input(&mut self, input: Input) {
        self.out.clear();
        self.kernel.handle(input, self.at, &mut self.out);
    }

    fn command(&mut self, text: &str) {
        let command = mqsc::parse(text).expect("a command");
        let (ticket, user, facts) = (Ticket(0), "mqm".to_owned(), Facts::default());
        self.input(Input::Command { ticket, user, command, facts });
    }

    fn call(&mut self, call: Call) {
        self.input(Input::Call { conversation: ConversationId(1), call });
    }

    /// Connected, with the queue open under the first handle.
    fn open() -> Self {
        let mut bare = Self::new();
        let identity = Identity { verified: Some("mqm".to_owned()), ..Identity::default() };
        bare.call(Call::Connect(Box::new(Connect { identity, ..Connect::default() })));
        let od = Od { object_name: Chars::from_str_padded("Q1"), ..Od::default() };
        bare.call(Call::Open { od: Box::new(od), options: MQOO_INPUT_SHARED | MQOO_OUTPUT });
        bare
    }

    fn filled() -> Self {
        let mut bare = Self::open();
        for n in 0..COUNT as u64 {
            let mut correl_id = [1; 24];
            correl_id[..8].copy_from_slice(&n.to_le_bytes());
            let md = Md { persistence: MQPER_PERSISTENT, correl_id, ..Md::default() };
            let body = Long::whole(Body::from(vec![7; 20]));
            bare.call(Call::Put { hobj: Hobj(2), md: Box::new(md), pmo: Box::<Pmo>::default(), body });
        }
        bare
    }

    fn bytes_a_message(&self) -> usize {
        (self.kernel.message_bytes() - self.kernel.memory_use().cached) / COUNT
    }

    /// Ticks until there is nothing to do at once; returns their number and the most outputs that one gave.
    fn settle(&mut self) -> (usize, usize) {
        let (mut ticks, mut most) = (0, 0);
        while self.kernel.deadline().is_some_and(|due| due <= self.at.mono) {
            self.input(Input::Tick);
            ticks += 1;
            most = most.max(self.out.len());
        }
        (ticks, most)
    }
}

#[test]
fn a_message_on_disk_costs_what_the_design_says() {
    let mut bare = Bare::filled();
    // 64 for the entry, 4 for its place in the order, and what is not full.
    assert!((68..=72).contains(&bare.bytes_a_message()), "{} bytes", bare.bytes_a_message());

    // A get by CorrelId of a deep queue: the table comes in slices, and the get waits for it.
    let gmo = Gmo { version: 2, match_options: MQMO_MATCH_CORREL_ID, ..Gmo::default() };
    let md = Md { correl_id: [9; 24], ..Md::default() };
    let get = Call::Get { hobj: Hobj(2), md: Box::new(md), gmo: Box::new(gmo), buffer_length: 100 };
    bare.call(get);
    assert!(!bare.out.iter().any(|output| matches!(output, Output::Reply { .. })), "it waits for the table");
    let (ticks, _) = bare.settle();
    assert!(ticks > 100, "{ticks} slices");
    // 8 more, at most twice that.
    assert!((76..=88).contains(&bare.bytes_a_message()), "{} bytes", bare.bytes_a_message());
}

#[test]
fn clearing_gives_everything_back_in_slices() {
    let mut bare = Bare::filled();
    bare.input(Input::Gone { conversation: ConversationId(1) });
    bare.command("CLEAR QLOCAL(Q1)");
    assert!(bare.out.len() < 3_000, "{} outputs at once", bare.out.len());
    let (ticks, most) = bare.settle();
    assert!(ticks >= COUNT / 2_000 - 1 && most <= 2_001, "{ticks} slices of up to {most}");
    assert!(bare.kernel.message_bytes() < 400_000, "{} bytes left", bare.kernel.message_bytes());
}

#[test]
fn selecting_among_long_headers_goes_in_slices() {
    let mut bare = Bare::open();
    let pad = "p".repeat(24_000);
    for n in 0..9 {
        let folders = vec![
            Element::group("pad").with("x", pad.as_str()),
            Element::group("usr").with("n", PropertyValue::Int32(n)),
        ];
        let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
        Rfh2 { folders, ..Rfh2::default() }.encode(&mut w);
        let md = Md { format: mqi::format::RF_HEADER_2, encoding: MQENC_NATIVE, ..Md::default() };
        let body = Long::whole(w.finish().into());
        bare.call(Call::Put { hobj: Hobj(2), md: Box::new(md), pmo: Box::default(), body });
    }
    let object_name = Chars::from_str_padded("Q1");
    let selection_string = Charv::new("n = 8");
    let od = Od { version: 4, object_name, selection_string, ..Od::default() };
    bare.call(Call::Open { od: Box::new(od), options: MQOO_BROWSE });
    let (ticks, _) = bare.settle();
    assert!(ticks >= 2, "{ticks} slices");
    let gmo = Box::new(Gmo { options: MQGMO_BROWSE_FIRST, ..Gmo::default() });
    bare.call(Call::Get { hobj: Hobj(3), md: Box::default(), gmo, buffer_length: 100_000 });
    let found = bare.out.iter().any(|out| matches!(out, Output::Reply { reply, .. } if reply.reason.0 == 0));
    assert!(found, "{:?}", bare.out);
}
