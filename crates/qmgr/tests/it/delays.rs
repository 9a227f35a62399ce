//! Messages that are delivered later, wherever the log breaks off and however many they are.

use mqi::call::{Body, Call, Hobj, Long, PIECE_MAX, Returned};
use mqi::constants::*;
use mqi::{Chars, CompCode, Gmo, Md, Od, Pmo};
use qmgr::{ConversationId, Input, Replay};
use store::Lsn;

use crate::world::{Seen, World};

const DELAY_QUEUE: &str = "SYSTEM.DDELAY.LOCAL.QUEUE";

pub(crate) fn world(memory: usize) -> World {
    let mut world = World::new(memory);
    for queue in ["Q1", "DLQ", "R", DELAY_QUEUE] {
        world.command(&format!("DEFINE QLOCAL({queue}) MAXDEPTH(200000)"));
    }
    world.command("ALTER QMGR DEADQ(DLQ)");
    world.force();
    world
}

pub(crate) fn open(world: &mut World, queue: &str) -> (ConversationId, Hobj) {
    let id = world.connect();
    world.reply(id);
    let od = Od { object_name: Chars::from_str_padded(queue), ..Od::default() };
    world.call(id, Call::Open { od: Box::new(od), options: MQOO_INPUT_SHARED | MQOO_OUTPUT });
    match world.reply(id).returned {
        Returned::Open { hobj, .. } => (id, hobj),
        other => panic!("{other:?}"),
    }
}

/// A persistent put that is not waited for; a long one in its pieces.
pub(crate) fn put(world: &mut World, (id, hobj): (ConversationId, Hobj), md: Md, text: &[u8], delay_ms: u64) {
    let mut pieces = text.chunks(PIECE_MAX).map(|piece| Body::from(piece.to_vec()));
    let body = Long { total: text.len() as u32, first: pieces.next().unwrap_or_default() };
    world.call(id, Call::PutLater { hobj, md: Box::new(md), pmo: Box::<Pmo>::default(), body, delay_ms });
    for bytes in pieces {
        world.send(Input::Part { conversation: id, bytes });
    }
}

/// First bytes and feedback of every message of a queue, which is empty afterwards.
pub(crate) fn drain(world: &mut World, queue: &str) -> Vec<(String, i32)> {
    let (id, hobj) = open(world, queue);
    let mut found = Vec::new();
    loop {
        let (md, gmo) = (Box::new(Md::v2()), Box::<Gmo>::default());
        world.call(id, Call::Get { hobj, md, gmo, buffer_length: 1_000_000 });
        let reply = world.reply(id);
        if reply.comp_code == CompCode::Failed {
            world.send(Input::Gone { conversation: id });
            return found;
        }
        let Returned::Get { md, body, .. } = reply.returned else { panic!("no get") };
        let mut bytes = body.first.to_bytes().to_vec();
        while bytes.len() < body.total as usize {
            world.send(Input::Pull { conversation: id });
            world.force();
            let Some(Seen::Piece(piece, _)) = world.next_seen(id) else { panic!("no piece") };
            bytes.extend_from_slice(&piece.to_bytes());
        }
        let start = if md.format == mqi::format::DEAD_LETTER_HEADER { 172 } else { 0 };
        let text = &bytes[start..bytes.len().min(start + 4)];
        found.push((String::from_utf8_lossy(text).into_owned(), md.feedback));
    }
}

/// A message that is due with this report option and length; its queue takes it or not.
struct Case {
    report: i32,
    len: usize,
    is_taken: bool,
}

/// The world after the message has been delivered, the log not forced since before it was due.
fn delivered(case: &Case) -> World {
    let mut world = world(8 << 20);
    let q1 = open(&mut world, "Q1");
    let reply_to_q = Chars::from_str_padded("R");
    let persistence = MQPER_PERSISTENT;
    let md = Md { persistence, report: case.report, reply_to_q, ..Md::v2() };
    put(&mut world, q1, md, &b"text".repeat(case.len / 4), 1000);
    if !case.is_taken {
        world.command("ALTER QLOCAL(Q1) PUT(DISABLED)");
    }
    world.force();
    world.pass(1000);
    world
}

#[test]
fn a_delivery_is_whole_wherever_the_log_breaks_off() {
    let cases = [
        Case { report: 0, len: 4, is_taken: true },
        Case { report: 0, len: 300_000, is_taken: true },
        Case { report: 0, len: 4, is_taken: false },
        Case { report: MQRO_EXCEPTION, len: 4, is_taken: false },
        Case { report: MQRO_EXCEPTION_WITH_FULL_DATA, len: 300_000, is_taken: false },
        Case { report: MQRO_EXCEPTION | MQRO_DISCARD_MSG, len: 4, is_taken: false },
        Case { report: MQRO_DISCARD_MSG, len: 4, is_taken: false },
    ];
    for case in cases {
        let has_report = !case.is_taken && case.report & MQRO_EXCEPTION != 0;
        let is_discarded = !case.is_taken && case.report & MQRO_DISCARD_MSG != 0;
        let ends = delivered(&case).ends();
        assert!(ends.len() > 2, "the delivery is in the log");
        for at in 0..ends.len() {
            let mut world = delivered(&case);
            let end = world.ends()[at];
            world.crash_at(end);
            let what = format!("{} of {} bytes, end {at} of {}", case.report, case.len, ends.len() - 1);
            world.pass(0);
            assert_eq!(drain(&mut world, DELAY_QUEUE), [], "{what}");
            let text = |data: &str| vec![(data.to_owned(), 0)];
            let (queue, dead) = match (case.is_taken, is_discarded) {
                (true, _) => (text("text"), vec![]),
                (false, false) => (vec![], text("text")),
                (false, true) => (vec![], vec![]),
            };
            assert_eq!(drain(&mut world, "Q1"), queue, "{what}");
            assert_eq!(drain(&mut world, "DLQ"), dead, "{what}");
            let data = if case.report & MQRO_EXCEPTION_WITH_DATA == MQRO_EXCEPTION { "" } else { "text" };
            let reports = if has_report { vec![(data.to_owned(), MQRC_PUT_INHIBITED)] } else { vec![] };
            assert_eq!(drain(&mut world, "R"), reports, "{what}");
            let puts = world.live.keys().filter(|lsn| world.log[*lsn].kind != store::Kind::Object);
            assert_eq!(puts.count(), 0, "no record of a message is left behind: {what}");
        }
    }
}

#[test]
fn a_mass_of_them_is_delivered_in_order_and_in_slices() {
    const MESSAGES: u32 = 20_000;
    for memory in [64 << 20, 4 << 20] {
        let mut world = world(memory);
        let q1 = open(&mut world, "Q1");
        for number in 0..MESSAGES {
            let persistence = i32::from(memory == 4 << 20 || number % 2 == 0);
            let md = Md { persistence, ..Md::v2() };
            // Due in another order than they were put in.
            put(
                &mut world,
                q1,
                md,
                format!("{:04}", number % 10_000).as_bytes(),
                u64::from(5000 - number / 4),
            );
        }
        world.force();
        world.seen.clear();
        assert!(world.kernel.deadline().is_some_and(|due| due.0 == world.now.mono.0 + 1));
        let mut longest = 0;
        for ms in 0..5000 {
            world.now.wall.0 += 1;
            world.now.mono.0 += 1;
            // Every input does one slice only; what is due is delivered all the same.
            while world.kernel.deadline().is_some_and(|due| due <= world.now.mono) {
                let before = world.kernel.lsn_next();
                world.send(Input::Tick);
                longest = longest.max(world.log.range(before..).count());
            }
            if ms % 500 == 0 {
                world.force();
            }
        }
        assert!(longest <= 3 * 200, "{longest} records after one tick");
        assert!(world.kernel.deadline().is_none(), "nothing is left to wait for");
        let found = drain(&mut world, "Q1");
        let wanted = (0..MESSAGES / 4).rev().flat_map(|four| 4 * four..4 * four + 4);
        let wanted: Vec<_> = wanted.map(|number| (format!("{:04}", number % 10_000), 0)).collect();
        assert_eq!(found, wanted);
    }
}

#[test]
fn a_recording_of_them_replays() {
    let mut world = world(100_000);
    world.start_recording();
    let q1 = open(&mut world, "Q1");
    for number in 0..50 {
        let md = Md { persistence: number % 2, ..Md::v2() };
        let len = if number % 10 == 0 { 200_000 } else { 1_000 };
        put(&mut world, q1, md, &b"text".repeat(len), 100 * (50 - number as u64));
    }
    world.pass(2000);
    let end: Lsn = *world.ends().last().expect("there is one");
    world.force_to(end);
    world.crash_at(end);
    world.pass(10_000);
    let (recorder, digest) = world.recording.as_mut().expect("it is being recorded");
    let replayed = Replay::new(&recorder.take()).expect("a recording").run().expect("whole");
    assert_eq!(format!("{replayed:016x}"), format!("{:016x}", digest.value()));
}

#[test]
fn what_was_cleared_is_neither_expired_nor_delivered_while_it_is_given_back() {
    let mut world = world(64 << 20);
    let q1 = open(&mut world, "Q1");
    for number in 0..10_000 {
        let md = Md { persistence: number % 2, expiry: 5, ..Md::v2() };
        put(&mut world, q1, md, b"text", if number % 3 == 0 { 0 } else { 400 });
    }
    world.force();
    world.send(Input::Gone { conversation: q1.0 });
    world.command(&format!("CLEAR QLOCAL({DELAY_QUEUE})"));
    world.command("CLEAR QLOCAL(Q1)");
    world.now.wall.0 += 600;
    world.now.mono.0 += 600;
    world.send(Input::Tick);
    world.pass(1000);
    assert_eq!(drain(&mut world, "Q1"), []);
}
