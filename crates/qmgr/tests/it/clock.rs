//! What becomes of messages when the clock of the machine is wrong, and is set right.

use mqi::call::{Call, Hobj, Returned};
use mqi::constants::*;
use mqi::{Gmo, Md};
use qmgr::{ConversationId, Input, Time, WallMs};

use crate::delays::{drain, open, put, world};
use crate::world::World;

const HOUR: i64 = 3_600_000;
const YEARS: i64 = 10 * 365 * 24 * HOUR;

/// The machine's clock is set by so many ms.
fn set(world: &mut World, ms: i64) {
    world.now.wall.0 += ms;
    world.send(Input::Tick);
}

/// Persistent messages that expire after these many tenths, and one that does not, are put.
fn put_expiring(world: &mut World, to: (ConversationId, Hobj), tenths: &[i32]) {
    for expiry in tenths.iter().chain(&[MQEI_UNLIMITED]) {
        let md = Md { persistence: MQPER_PERSISTENT, expiry: *expiry, ..Md::v2() };
        put(world, to, md, expiry.to_string().as_bytes(), 0);
    }
    world.force();
}

fn texts(world: &mut World) -> Vec<String> {
    drain(world, "Q1").into_iter().map(|(text, _)| text).collect()
}

/// Whatever the clock is set to while the queue manager runs, messages live as long as they were to: nothing expires
/// early, nothing stays, and no deadline is missed or comes again and again.
#[test]
fn messages_live_as_long_as_they_were_to() {
    for by in [HOUR, -HOUR, YEARS, -YEARS, 90_000, -90_000] {
        let mut world = world(8 << 20);
        let q1 = open(&mut world, "Q1");
        put_expiring(&mut world, q1, &[50, 600]);
        put(&mut world, q1, Md { persistence: MQPER_PERSISTENT, ..Md::v2() }, b"late", 3000);
        set(&mut world, by);
        // Put after the clock was set, too.
        put_expiring(&mut world, q1, &[70]);
        let mut ticks = 0;
        for _ in 0..2900 {
            world.now = Time { wall: WallMs(world.now.wall.0 + 1), mono: qmgr::Mono(world.now.mono.0 + 1) };
            if world.kernel.deadline().is_some_and(|due| due <= world.now.mono) {
                world.send(Input::Tick);
                ticks += 1;
            }
        }
        assert!(ticks <= 10, "{by}: {ticks} ticks");
        assert_eq!(depth(&mut world), 5, "{by}: nothing went or came early");
        world.pass(200);
        assert_eq!(depth(&mut world), 6, "{by}: what was delayed has come");
        world.pass(5_000);
        assert_eq!(depth(&mut world), 4, "{by}: two are over");
        world.pass(60_000);
        assert_eq!(texts(&mut world), ["-1", "-1", "late"], "{by}");
    }
}

/// The clock is ten years ahead when the queue manager starts, and is set right after a minute, before or after the
/// next restart, with a checkpoint or without.
#[test]
fn a_clock_that_was_ahead_is_got_over() {
    for (is_set_before, checkpoints) in [(true, false), (true, true), (false, true)] {
        let mut world = world(8 << 20);
        checkpoint(&mut world);
        set(&mut world, YEARS);
        let q1 = open(&mut world, "Q1");
        put_expiring(&mut world, q1, &[600, 6000]);
        put(&mut world, q1, Md { persistence: MQPER_PERSISTENT, ..Md::v2() }, b"late", 100_000);
        world.pass(30_000);
        if checkpoints {
            checkpoint(&mut world);
        }
        if is_set_before {
            set(&mut world, -YEARS);
            world.force();
        } else {
            world.now.wall.0 -= YEARS;
        }
        world.crash_at(world.kernel.lsn_next());
        // A put of after the restart, by the right clock.
        let q1 = open(&mut world, "Q1");
        put_expiring(&mut world, q1, &[100]);
        world.pass(11_000);
        assert_eq!(depth(&mut world), 4, "{is_set_before} {checkpoints}: what was put last is over");
        assert_eq!(put_date(&mut world), "20231114", "dates are those of now");
        world.pass(25_000);
        assert_eq!(depth(&mut world), 3, "{is_set_before} {checkpoints}: a minute is over");
        world.pass(50_000);
        assert_eq!(depth(&mut world), 4, "{is_set_before} {checkpoints}: what was delayed has come");
        world.restart();
        world.pass(600_000);
        assert_eq!(texts(&mut world), ["-1", "-1", "late"], "{is_set_before} {checkpoints}");
    }
}

/// A clock that began in 1970, as one without battery does, and is set right while the queue manager runs, takes no
/// message with it at the next restart, whether there was time for a checkpoint or not.
#[test]
fn a_clock_that_was_behind_makes_nothing_expire_at_the_next_start() {
    for checkpoints in [false, true] {
        let mut world = world(8 << 20);
        world.now.wall.0 -= YEARS;
        world.restart();
        checkpoint(&mut world);
        let q1 = open(&mut world, "Q1");
        put_expiring(&mut world, q1, &[600]);
        set(&mut world, YEARS);
        world.force();
        if checkpoints {
            checkpoint(&mut world);
        }
        world.restart();
        assert_eq!(depth(&mut world), 2, "{checkpoints}");
        world.pass(61_000);
        assert_eq!(texts(&mut world), ["-1"], "{checkpoints}");
    }
}

/// Time in which the queue manager did not run counts, as long as the clock went on.
#[test]
fn messages_age_while_nobody_runs() {
    let mut world = world(8 << 20);
    let q1 = open(&mut world, "Q1");
    put_expiring(&mut world, q1, &[600, 36_000]);
    checkpoint(&mut world);
    world.now.wall.0 += 120_000;
    world.crash_at(world.kernel.lsn_next());
    assert_eq!(texts(&mut world), ["3600", "-1"]);
}

/// PutDate of a message that is put now and taken again.
fn put_date(world: &mut World) -> String {
    let (id, hobj) = open(world, "R");
    put(world, (id, hobj), Md::v2(), b"dated", 0);
    world.reply(id);
    let (md, gmo) = (Box::new(Md::v2()), Box::<Gmo>::default());
    world.call(id, Call::Get { hobj, md, gmo, buffer_length: 1000 });
    match world.reply(id).returned {
        Returned::Get { md, .. } => md.put_date.to_string(),
        other => panic!("{other:?}"),
    }
}

fn checkpoint(world: &mut World) {
    world.begin_checkpoint();
    world.force();
}

/// Messages on Q1.
fn depth(world: &mut World) -> u32 {
    let said = world.command("DISPLAY QLOCAL(Q1) CURDEPTH").concat();
    let (_, rest) = said.split_once("CURDEPTH(").unwrap_or_else(|| panic!("{said}"));
    rest.split(')').next().and_then(|digits| digits.parse().ok()).expect("a number")
}
