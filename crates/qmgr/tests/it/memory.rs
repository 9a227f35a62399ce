//! What clients make grow counts in the budget, is refused when that is used up, and comes back with their end.

use mqi::call::{Body, Call, Connect, Consume, Hobj, Identity, Long, Reply, Returned};
use mqi::constants::*;
use mqi::{Chars, Charv, CompCode, Md, Od, Pmo, Reason};
use qmgr::{ConversationId, Input, MemoryUse};

use crate::world::{Seen, World};

const MEMORY: usize = 8 << 20;

fn world() -> World {
    let mut world = World::new(MEMORY);
    for command in [
        "DEFINE QLOCAL(Q1) MAXDEPTH(999999999)",
        "DEFINE QLOCAL(SYSTEM.ADMIN.COMMAND.QUEUE)",
        "DEFINE QMODEL(M1) DEFTYPE(TEMPDYN) SHARE",
        "ALTER QMGR MAXHANDS(999999999) CHLAUTH(DISABLED)",
        "DEFINE CHANNEL(C) CHLTYPE(SVRCONN)",
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('app') AUTHADD(CONNECT)",
    ] {
        world.command(command);
    }
    world.force();
    world
}

fn call(world: &mut World, who: ConversationId, call: Call) -> Reply {
    world.seen.clear();
    world.call(who, call);
    world.reply(who)
}

fn od(name: &str) -> Od {
    Od { object_name: Chars::from_str_padded(name), ..Od::default() }
}

fn open(world: &mut World, who: ConversationId, od: Od, options: i32) -> Result<Hobj, Reason> {
    let reply = call(world, who, Call::Open { od: Box::new(od), options });
    match reply.returned {
        Returned::Open { hobj, .. } if reply.comp_code != CompCode::Failed => Ok(hobj),
        _ => Err(reply.reason),
    }
}

fn put(world: &mut World, who: ConversationId, hobj: Hobj, persistence: i32, len: usize) -> Reason {
    let md = Md { persistence, ..Md::v2() };
    let body = Long::whole(Body::from(vec![7; len]));
    call(world, who, Call::Put { hobj, md: Box::new(md), pmo: Box::<Pmo>::default(), body }).reason
}

fn memory(world: &World) -> MemoryUse {
    world.kernel.memory_use()
}

/// Opens until that is refused. How often it went, and why no more.
fn open_all(world: &mut World, who: ConversationId, od: &Od, options: i32) -> (usize, Reason) {
    for count in 0..100_000 {
        if let Err(reason) = open(world, who, od.clone(), options) {
            return (count, reason);
        }
    }
    panic!("nothing bounds it");
}

#[test]
fn queues_handles_and_selectors_end_with_the_memory() {
    let mut world = world();
    let honest = world.connect();
    let kept = open(&mut world, honest, od("Q1"), MQOO_INPUT_SHARED | MQOO_OUTPUT).expect("it opens");
    let before = memory(&world);
    let text = format!("a = '{}'", "x".repeat(10_000));
    let selector =
        Od { version: 4, selection_string: Charv { text: Some(text), ..Charv::default() }, ..od("Q1") };
    let cases = [(od("M1"), MQOO_OUTPUT, 500), (od("Q1"), MQOO_OUTPUT, 3000), (selector, MQOO_BROWSE, 30)];
    for (od, options, least) in cases {
        let who = world.connect();
        let (count, reason) = open_all(&mut world, who, &od, options);
        assert!(count >= least && reason == Reason::STORAGE_NOT_AVAILABLE, "{count}, then {reason:?}");
        let used = memory(&world);
        assert!(used.objects <= MEMORY && used.objects > MEMORY / 2, "{used:?}");
        // Nobody new comes over a channel; administrators reach their queue, and who is there goes on.
        let identity = Identity {
            verified: Some("app".to_owned()),
            channel: Some("C".to_owned()),
            ..Identity::default()
        };
        // A few find room in what is too little for another queue.
        let refused = (0..100).map(|n| {
            let connect =
                Call::Connect(Box::new(Connect { identity: identity.clone(), ..Connect::default() }));
            call(&mut world, ConversationId(900_000 + n), connect).reason
        });
        assert_eq!(refused.last(), Some(Reason::STORAGE_NOT_AVAILABLE));
        (0..100).for_each(|n| world.send(Input::Gone { conversation: ConversationId(900_000 + n) }));
        let admin = world.connect();
        let commands = self::od("SYSTEM.ADMIN.COMMAND.QUEUE");
        open(&mut world, admin, commands, MQOO_OUTPUT).expect("administrators get through");
        for persistence in [MQPER_PERSISTENT, MQPER_NOT_PERSISTENT] {
            assert_eq!(put(&mut world, honest, kept, persistence, 100), Reason::NONE);
        }
        for who in [who, admin] {
            world.send(Input::Gone { conversation: who });
        }
        assert_eq!((memory(&world).objects, memory(&world).handles), (before.objects, before.handles));
    }
}

#[test]
fn messages_end_with_the_memory_of_the_index() {
    let mut world = world();
    let who = world.connect();
    let hobj = open(&mut world, who, od("Q1"), MQOO_INPUT_SHARED | MQOO_OUTPUT).expect("it opens");
    let mut count = 0;
    let reason = loop {
        match put(&mut world, who, hobj, MQPER_PERSISTENT, 10) {
            Reason::NONE => count += 1,
            reason => break reason,
        }
        assert!(count < 300_000, "nothing bounds them");
    };
    assert_eq!(reason, Reason::RESOURCE_PROBLEM, "after {count}");
    assert!(count > 50_000, "{count}");
    let used = memory(&world);
    assert!(used.index + used.cached + used.kept <= MEMORY + (2 << 20), "{used:?}");
    assert!(used.cached < MEMORY / 16, "the cache went first: {used:?}");
    // Getting makes room.
    for _ in 0..count / 2 {
        let get = Call::Get { hobj, md: Box::default(), gmo: Box::default(), buffer_length: 100 };
        assert_eq!(call(&mut world, who, get).comp_code, CompCode::Ok);
    }
    assert_eq!(put(&mut world, who, hobj, MQPER_PERSISTENT, 10), Reason::NONE);
    world.send(Input::Gone { conversation: who });
    world.command("CLEAR QLOCAL(Q1)");
    (0..200).for_each(|_| world.pass(10));
    assert!(memory(&world).index < 1 << 20, "{:?}", memory(&world));
}

#[test]
fn what_the_shell_holds_is_taken_from_the_cache_and_spilled() {
    let mut world = world();
    let who = world.connect();
    let hobj = open(&mut world, who, od("Q1"), MQOO_OUTPUT).expect("it opens");
    for _ in 0..300 {
        assert_eq!(put(&mut world, who, hobj, MQPER_PERSISTENT, 5000), Reason::NONE);
        assert_eq!(put(&mut world, who, hobj, MQPER_NOT_PERSISTENT, 10_000), Reason::NONE);
    }
    let before = memory(&world);
    assert!(before.cached > 1 << 20 && before.kept > 2 << 20, "{before:?}");
    assert_eq!(world.scratch.places.len(), 0);
    world.send(Input::Lent { bytes: 6 << 20 });
    assert!(memory(&world).cached <= 512 << 10, "{:?}", memory(&world));
    world.pass(10);
    world.write_spilled();
    assert!(memory(&world).kept <= 1 << 20, "{:?}", memory(&world));
    assert!(!world.scratch.places.is_empty());
    world.send(Input::Lent { bytes: 0 });
    assert_eq!(put(&mut world, who, hobj, MQPER_NOT_PERSISTENT, 100_000), Reason::NONE);
}

fn deliveries(world: &mut World, who: ConversationId) -> usize {
    let seen = world.seen.remove(&who).unwrap_or_default();
    seen.iter().filter(|seen| matches!(seen, Seen::Deliver(_))).count()
}

#[test]
fn a_closed_window_holds_deliveries_back() {
    let mut world = world();
    let (who, other) = (world.connect(), world.connect());
    let from = open(&mut world, other, od("Q1"), MQOO_OUTPUT).expect("it opens");
    let hobj = open(&mut world, who, od("Q1"), MQOO_INPUT_SHARED).expect("it opens");
    world.send(Input::Window { conversation: who, is_open: false });
    world.seen.clear();
    let consume = Consume {
        requested_bytes: 100_000,
        max_msg_length: -1,
        options: MQGMO_NO_SYNCPOINT | MQGMO_WAIT,
        wait_interval_ms: -1,
        queue_status: 1,
        request_flags: 0x08,
        ..Consume::default()
    };
    world.call(who, Call::Consume { hobj, consume: Box::new(consume) });
    for _ in 0..3 {
        put(&mut world, other, from, MQPER_NOT_PERSISTENT, 10);
    }
    assert_eq!(deliveries(&mut world, who), 0);
    world.send(Input::Window { conversation: who, is_open: true });
    assert_eq!(deliveries(&mut world, who), 3);
    put(&mut world, other, from, MQPER_NOT_PERSISTENT, 10);
    world.force();
    assert_eq!(deliveries(&mut world, who), 1);
}
