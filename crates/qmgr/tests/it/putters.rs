//! Who put a message: whatever its descriptor says, whatever becomes of it, and what he may have done for him.

use mqi::call::{Body, Call, Hobj, Long, PIECE_MAX, Returned};
use mqi::constants::*;
use mqi::{Chars, CompCode, Gmo, Md, Od, Pmo, Putter, Reason};
use qmgr::{ConversationId, Input};
use store::{Kind, Lsn};

use crate::world::World;

const DELAY_QUEUE: &str = "SYSTEM.DDELAY.LOCAL.QUEUE";
const COMMAND_QUEUE: &str = "SYSTEM.ADMIN.COMMAND.QUEUE";

/// A user id that has no place in MQMD.UserIdentifier; cut, it is [`SHORT`].
const LONG: &str = "administrator_of_nothing";
const SHORT: &str = "administrato";

/// A queue manager on which these users may do everything with queues, and act for others.
fn world(memory: usize, users: &[&str]) -> World {
    let mut world = World::new(memory);
    for queue in ["Q1", "DLQ", "R", DELAY_QUEUE, COMMAND_QUEUE] {
        world.command(&format!("DEFINE QLOCAL({queue}) MAXDEPTH(200000)"));
    }
    world.command("ALTER QMGR DEADQ(DLQ)");
    for user in users {
        let principal = format!("PRINCIPAL('{user}')");
        world.command(&format!("SET AUTHREC OBJTYPE(QMGR) {principal} AUTHADD(CONNECT,ALTUSR,SETALL,SETID)"));
        world.command(&format!("SET AUTHREC PROFILE('**') OBJTYPE(QUEUE) {principal} AUTHADD(ALLMQI)"));
    }
    world.force();
    world
}

fn connect(world: &mut World, user: &str) -> ConversationId {
    let id = world.connect_as(user);
    assert_eq!(world.reply(id).reason, Reason::NONE, "{user} connects");
    id
}

fn od(queue: &str) -> Box<Od> {
    Box::new(Od { version: 3, object_name: Chars::from_str_padded(queue), ..Od::default() })
}

fn open(world: &mut World, id: ConversationId, od: Box<Od>, options: i32) -> Result<Hobj, Reason> {
    world.call(id, Call::Open { od, options });
    let reply = world.reply(id);
    match reply.returned {
        Returned::Open { hobj, .. } if reply.comp_code != CompCode::Failed => Ok(hobj),
        _ => Err(reply.reason),
    }
}

/// How messages are put.
#[derive(Clone, Copy)]
struct How {
    persistence: i32,
    options: i32,
    len: usize,
    delay_ms: u64,
}

const PLAIN: How = How { persistence: MQPER_PERSISTENT, options: 0, len: 5, delay_ms: 0 };

/// Puts, with a descriptor that says it were root's.
fn put(world: &mut World, (id, hobj): (ConversationId, Hobj), how: How) {
    let md = Md { persistence: how.persistence, user_identifier: Chars::from_str_padded("root"), ..Md::v2() };
    let pmo = Box::new(Pmo { options: how.options, ..Pmo::default() });
    let text = vec![b'x'; how.len];
    let mut pieces = text.chunks(PIECE_MAX).map(|piece| Body::from(piece.to_vec()));
    let body = Long { total: text.len() as u32, first: pieces.next().unwrap_or_default() };
    let md = Box::new(md);
    world.call(
        id,
        match how.delay_ms {
            0 => Call::Put { hobj, md, pmo, body },
            delay_ms => Call::PutLater { hobj, md, pmo, body, delay_ms },
        },
    );
    for bytes in pieces {
        world.send(Input::Part { conversation: id, bytes });
    }
    world.force();
    world.seen.clear();
}

/// What of the messages of a queue the descriptors say, and who put them; the queue is empty afterwards.
fn drain(world: &mut World, queue: &str) -> Vec<(String, Option<String>)> {
    let id = connect(world, "mqm");
    let hobj = open(world, id, od(queue), MQOO_INPUT_SHARED).expect("an administrator may");
    let mut found = Vec::new();
    loop {
        let (md, gmo) = (Box::new(Md::v2()), Box::<Gmo>::default());
        world.call(id, Call::Get { hobj, md, gmo, buffer_length: 10_000_000 });
        let reply = world.reply(id);
        if reply.comp_code == CompCode::Failed {
            world.send(Input::Gone { conversation: id });
            return found;
        }
        let Returned::Get { md, body, putter, .. } = reply.returned else { panic!("no get") };
        let mut received = body.first.len();
        while received < body.total as usize {
            world.send(Input::Pull { conversation: id });
            world.force();
            let Some(crate::world::Seen::Piece(bytes, _)) = world.next_seen(id) else { panic!("no piece") };
            received += bytes.len();
        }
        found.push((md.user_identifier.as_str().to_owned(), putter.user(&md).map(str::to_owned)));
    }
}

const CONTEXTS: [(i32, &str); 4] = [
    (MQPMO_DEFAULT_CONTEXT, SHORT),
    (MQPMO_NO_CONTEXT, ""),
    (MQPMO_SET_IDENTITY_CONTEXT, "root"),
    (MQPMO_SET_ALL_CONTEXT, "root"),
];

fn put_with_every_context(world: &mut World, user: &str, how: How) {
    let id = connect(world, user);
    let hobj = open(world, id, od("Q1"), MQOO_OUTPUT | MQOO_SET_ALL_CONTEXT).expect("he may");
    for (context, _) in CONTEXTS {
        put(world, (id, hobj), How { options: how.options | context, ..how });
    }
}

fn as_put(user: &str) -> Vec<(String, Option<String>)> {
    CONTEXTS.map(|(_, described)| (described.to_owned(), Some(user.to_owned()))).to_vec()
}

#[test]
fn he_is_who_he_is_whatever_the_descriptor_says() {
    let mut world = world(1 << 20, &[LONG]);
    for persistence in [MQPER_PERSISTENT, MQPER_NOT_PERSISTENT] {
        for len in [0, 5, PIECE_MAX + 1] {
            put_with_every_context(&mut world, LONG, How { persistence, len, ..PLAIN });
            assert_eq!(drain(&mut world, "Q1"), as_put(LONG), "{persistence} {len}");
        }
    }
}

#[test]
fn he_is_kept_over_restarts_checkpoints_and_packing() {
    let mut world = world(1 << 20, &[LONG]);
    for len in [5, 3 * PIECE_MAX] {
        put_with_every_context(&mut world, LONG, How { len, ..PLAIN });
    }
    let want = [as_put(LONG), as_put(LONG)].concat();
    world.restart();
    let records: Vec<Lsn> = world.live.keys().copied().collect();
    for lsn in records {
        if matches!(world.log[&lsn].kind, Kind::Put | Kind::Part) {
            world.relocate(lsn);
        }
    }
    world.begin_checkpoint();
    world.force();
    world.restart();
    assert_eq!(drain(&mut world, "Q1"), want);
}

#[test]
fn he_is_kept_in_the_scratch_file() {
    let mut world = world(400_000, &[LONG]);
    for len in [60_000, 60_000, PIECE_MAX + 1] {
        let how = How { persistence: MQPER_NOT_PERSISTENT, len, ..PLAIN };
        put_with_every_context(&mut world, LONG, how);
    }
    assert!(world.scratch.written > 0, "memory has been full");
    assert_eq!(drain(&mut world, "Q1"), [as_put(LONG), as_put(LONG), as_put(LONG)].concat());
}

#[test]
fn he_is_kept_with_a_message_that_is_delivered_later() {
    let mut world = world(1 << 20, &[LONG]);
    for persistence in [MQPER_PERSISTENT, MQPER_NOT_PERSISTENT] {
        for len in [5, PIECE_MAX + 1] {
            put_with_every_context(&mut world, LONG, How { persistence, len, delay_ms: 1000, ..PLAIN });
            if persistence == MQPER_PERSISTENT {
                world.restart();
            }
            world.pass(2000);
            assert_eq!(drain(&mut world, "Q1"), as_put(LONG), "{persistence} {len}");
        }
    }
    // A dead letter is his, too.
    world.command("ALTER QLOCAL(Q1) PUT(DISABLED)");
    world.command("ALTER QLOCAL(Q1) PUT(ENABLED)");
    put_with_every_context(&mut world, LONG, How { delay_ms: 1000, ..PLAIN });
    world.command("ALTER QLOCAL(Q1) PUT(DISABLED)");
    world.pass(2000);
    assert_eq!(drain(&mut world, "DLQ"), as_put(LONG));
}

#[test]
fn who_acts_for_another_is_that_other() {
    let mut world = world(1 << 20, &[LONG, "app"]);
    let id = connect(&mut world, LONG);
    let alternate = Box::new(Od { alternate_user_id: Chars::from_str_padded("app"), ..*od("Q1") });
    let hobj = open(&mut world, id, alternate, MQOO_OUTPUT | MQOO_ALTERNATE_USER_AUTHORITY).expect("he may");
    put(&mut world, (id, hobj), PLAIN);
    put(&mut world, (id, hobj), How { options: MQPMO_NO_CONTEXT, ..PLAIN });
    let app = Some("app".to_owned());
    assert_eq!(drain(&mut world, "Q1"), [("app".to_owned(), app.clone()), (String::new(), app)]);
}

#[test]
fn a_dynamic_queue_is_his_in_whose_name_the_model_was_opened() {
    let mut world = world_of_models("DEFTYPE(PERMDYN)");
    world.command("SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('bob') AUTHADD(ALTUSR)");
    world.command("SET AUTHREC PROFILE(M) OBJTYPE(QUEUE) PRINCIPAL('bob') AUTHRMV(GET,PUT)");
    let [joe, bob] = ["joe", "bob"].map(|user| connect(&mut world, user));
    let model = Od {
        dynamic_q_name: Chars::from_str_padded("FREE"),
        alternate_user_id: Chars::from_str_padded("joe"),
        ..*od("M")
    };
    let options = MQOO_INPUT_SHARED | MQOO_OUTPUT;
    let made = open(&mut world, bob, Box::new(model), options | MQOO_ALTERNATE_USER_AUTHORITY);
    let made = made.expect("joe may");
    world.force();
    open(&mut world, joe, od("FREE"), options).expect("it is his");
    assert_eq!(open(&mut world, bob, od("FREE"), options), Err(Reason::NOT_AUTHORIZED));
    // And in his name it is deleted.
    world.call(bob, Call::Close { hobj: made, options: MQCO_DELETE });
    assert_eq!(world.reply(bob).reason, Reason::NONE);
}

#[test]
fn a_longer_name_than_can_be_kept_is_refused() {
    let mut world = world(1 << 20, &[]);
    let check = |world: &mut World, len: usize, want: Reason| {
        let user = "u".repeat(len);
        world.command(&format!("SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('{user}') AUTHADD(CONNECT)"));
        let id = world.connect_as(&user);
        assert_eq!(world.reply(id).reason, want, "{len}");
    };
    check(&mut world, Putter::NAME_MAX + 1, Reason::NOT_AUTHORIZED);
    assert!(world.lines.iter().any(|line| line.starts_with("AMQ8077")), "{:?}", world.lines);
}

/// One who puts a message that is to be delivered later, with a report that he wants somewhere.
fn report_to(world: &mut World, user: &str, reply_to_q: &str) {
    let id = connect(world, user);
    let hobj = open(world, id, od("Q1"), MQOO_OUTPUT).expect("he may");
    let md = Md {
        report: MQRO_EXCEPTION_WITH_FULL_DATA | MQRO_DISCARD_MSG,
        reply_to_q: Chars::from_str_padded(reply_to_q),
        ..Md::v2()
    };
    let body = Long::whole(Body::from(b"STOP QMGR".to_vec()));
    let (md, pmo) = (Box::new(md), Box::<Pmo>::default());
    world.call(id, Call::PutLater { hobj, md, pmo, body, delay_ms: 1000 });
    assert_eq!(world.reply(id).reason, Reason::NONE);
    world.command("ALTER QLOCAL(Q1) PUT(DISABLED)");
    world.lines.clear();
    world.pass(2000);
}

#[test]
fn a_report_goes_where_he_may_put_who_asked_for_it() {
    let check = |user: &str, reply_to_q: &str, is_put: bool| {
        let mut world = world(1 << 20, &["joe"]);
        world.command("SET AUTHREC PROFILE('R') OBJTYPE(QUEUE) PRINCIPAL('joe') AUTHRMV(PUT)");
        world.command("DEFINE QLOCAL(OPEN)");
        world.command(&format!("DEFINE QALIAS(ALIAS) TARGET({COMMAND_QUEUE})"));
        world.command(&format!(
            "SET AUTHREC PROFILE('{COMMAND_QUEUE}') OBJTYPE(QUEUE) PRINCIPAL('joe') AUTHADD(PUT)"
        ));
        report_to(&mut world, user, reply_to_q);
        let found = drain(&mut world, reply_to_q);
        assert_eq!(found.len(), usize::from(is_put), "{user} {reply_to_q}: {found:?}");
        let refused = world.lines.iter().filter(|line| line.starts_with("AMQ8077")).count();
        assert_eq!(refused, usize::from(!is_put), "{user} {reply_to_q}: {:?}", world.lines);
        if is_put {
            assert_eq!(found[0].1.as_deref(), Some(user));
        } else {
            assert_eq!(drain(&mut world, "DLQ").len(), 1, "what nobody may have is a dead letter");
        }
    };
    check("joe", "OPEN", true);
    check("joe", "R", false);
    // Commands nobody has put for him, an administrator neither.
    check("joe", COMMAND_QUEUE, false);
    check("joe", "ALIAS", false);
    check("mqm", COMMAND_QUEUE, false);
    check("mqm", "R", true);
}

#[test]
fn a_name_that_has_become_another_queue_s_leads_nobody_there() {
    let mut world = world(1 << 20, &["joe"]);
    world.command("DEFINE QLOCAL(MINE)");
    let id = connect(&mut world, "joe");
    let hobj = open(&mut world, id, od("MINE"), MQOO_OUTPUT).expect("he may");
    put(&mut world, (id, hobj), How { delay_ms: 1000, ..PLAIN });
    world.send(Input::Gone { conversation: id });
    world.command("DELETE QLOCAL(MINE)");
    world.command(&format!("DEFINE QALIAS(MINE) TARGET({COMMAND_QUEUE})"));
    world.pass(2000);
    assert_eq!(drain(&mut world, COMMAND_QUEUE), []);
    assert_eq!(drain(&mut world, "DLQ").len(), 1);
}

/// Makes a dynamic queue from the model M. Whose name it has has been somebody else's.
fn make(world: &mut World, user: &str, name: &str) -> (ConversationId, Hobj) {
    let id = connect(world, user);
    let od = Box::new(Od { dynamic_q_name: Chars::from_str_padded(name), ..*od("M") });
    let hobj = open(world, id, od, MQOO_INPUT_SHARED | MQOO_OUTPUT).expect("he may");
    world.force();
    (id, hobj)
}

/// `joe` and `bob` may do nothing but make queues from the model M.
fn world_of_models(definition: &str) -> World {
    let mut world = world(1 << 20, &[]);
    world.command(&format!("DEFINE QMODEL(M) SHARE DEFSOPT(SHARED) {definition}"));
    for user in ["joe", "bob"] {
        world.command(&format!("SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('{user}') AUTHADD(CONNECT)"));
        world.command(&format!(
            "SET AUTHREC PROFILE(M) OBJTYPE(QUEUE) PRINCIPAL('{user}') AUTHADD(GET,PUT,DLT)"
        ));
    }
    world
}

#[test]
fn what_was_for_a_queue_that_is_gone_is_not_for_the_next_one_of_its_name() {
    let check = |definition: &str, persistence: i32, restarts: bool, next: fn(&mut World)| {
        let mut world = world_of_models(definition);
        let joe = make(&mut world, "joe", "FREE");
        put(&mut world, joe, How { delay_ms: 1000, persistence, ..PLAIN });
        world.call(joe.0, Call::Close { hobj: joe.1, options: MQCO_NONE });
        world.force();
        world.send(Input::Gone { conversation: joe.0 });
        if definition.contains("PERMDYN") {
            world.command("DELETE QLOCAL(FREE)");
        }
        next(&mut world);
        if restarts {
            world.restart();
        }
        world.pass(2000);
        assert_eq!(drain(&mut world, "FREE"), [], "{definition} {restarts}");
        assert_eq!(drain(&mut world, "DLQ").len(), 1, "{definition} {restarts}");
    };
    let bobs: fn(&mut World) = |world| {
        make(world, "bob", "FREE");
    };
    let predefined: fn(&mut World) = |world| {
        world.command("DEFINE QLOCAL(FREE)");
    };
    check("DEFTYPE(TEMPDYN)", MQPER_NOT_PERSISTENT, false, bobs);
    check("DEFTYPE(TEMPDYN)", MQPER_NOT_PERSISTENT, false, predefined);
    check("DEFTYPE(PERMDYN)", MQPER_PERSISTENT, false, bobs);
    check("DEFTYPE(PERMDYN)", MQPER_PERSISTENT, false, predefined);
    check("DEFTYPE(PERMDYN)", MQPER_PERSISTENT, true, bobs);
}

#[test]
fn a_permanent_dynamic_queue_is_its_creator_s_after_a_restart_too_and_nobody_else_s() {
    let mut world = world_of_models("DEFTYPE(PERMDYN)");
    let joe = make(&mut world, "joe", "FREE");
    put(&mut world, joe, How { delay_ms: 1000, ..PLAIN });
    world.command("ALTER QLOCAL(FREE) DESCR('altered')");
    // A copy of it is not his.
    world.command("DEFINE QLOCAL(COPY) LIKE(FREE)");
    for _ in 0..2 {
        world.begin_checkpoint();
        world.force();
        world.restart();
        let [joe, bob] = ["joe", "bob"].map(|user| connect(&mut world, user));
        let options = MQOO_INPUT_SHARED | MQOO_OUTPUT;
        open(&mut world, joe, od("FREE"), options).expect("it is his");
        assert_eq!(open(&mut world, joe, od("FREE"), MQOO_BROWSE), Err(Reason::NOT_AUTHORIZED));
        assert_eq!(open(&mut world, joe, od("COPY"), options), Err(Reason::NOT_AUTHORIZED));
        assert_eq!(open(&mut world, bob, od("FREE"), options), Err(Reason::NOT_AUTHORIZED));
        world.send(Input::Gone { conversation: joe });
    }
    world.pass(2000);
    assert_eq!(drain(&mut world, "FREE").len(), 1, "what he put there later is delivered");
    // When it is gone, its name is anybody's.
    world.command("DELETE QLOCAL(FREE)");
    world.command("DEFINE QLOCAL(FREE)");
    let joe = connect(&mut world, "joe");
    assert_eq!(open(&mut world, joe, od("FREE"), MQOO_OUTPUT), Err(Reason::NOT_AUTHORIZED));
}

/// The reason of an MQPUT1 that the queue manager's own agents do for a user.
fn put_for(world: &mut World, by: &str, user: &str, queue: &str) -> Reason {
    let id = connect(world, by);
    let (md, pmo) =
        (Box::new(Md::v2()), Box::new(Pmo { options: MQPMO_SET_IDENTITY_CONTEXT, ..Pmo::default() }));
    let body = Long::whole(Body::from(b"answer".to_vec()));
    world.call(id, Call::Put1For { user: user.into(), od: od(queue), md, pmo, body });
    world.reply(id).reason
}

#[test]
fn what_is_put_for_a_user_needs_his_authority() {
    let mut world = world(1 << 20, &["plain"]);
    world.command("SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('joe') AUTHADD(CONNECT)");
    world.command("DEFINE QMODEL(MODEL) DEFTYPE(PERMDYN)");
    world.command("DEFINE QALIAS(ALIAS) TARGET(DLQ)");
    world.command("DEFINE QALIAS(COMMANDS) TARGET('SYSTEM.ADMIN.COMMAND.QUEUE')");
    world.command(&format!("SET AUTHREC PROFILE('R') OBJTYPE(QUEUE) PRINCIPAL('{LONG}') AUTHADD(PUT)"));
    world.command(&format!("SET AUTHREC PROFILE('**') OBJTYPE(QUEUE) PRINCIPAL('{SHORT}') AUTHADD(PUT)"));
    let mut check =
        |by, user, queue, want| assert_eq!(put_for(&mut world, by, user, queue), want, "{user} {queue}");
    check("mqm", LONG, "R", Reason::NONE);
    // He is not the user whose name his is when it is cut.
    check("mqm", LONG, "Q1", Reason::NOT_AUTHORIZED);
    check("mqm", SHORT, "Q1", Reason::NONE);
    check("mqm", "", "Q1", Reason::NOT_AUTHORIZED);
    check("mqm", SHORT, "DLQ", Reason::NOT_AUTHORIZED);
    check("mqm", SHORT, "ALIAS", Reason::NOT_AUTHORIZED);
    check("mqm", SHORT, "COMMANDS", Reason::NOT_AUTHORIZED);
    check("mqm", SHORT, "MODEL", Reason::Q_TYPE_ERROR);
    check("mqm", SHORT, "NONE", Reason::UNKNOWN_OBJECT_NAME);
    // Nobody puts for others who may not act for them.
    check("joe", LONG, "R", Reason::NOT_AUTHORIZED);
    assert_eq!(drain(&mut world, "R"), [(String::new(), Some(LONG.to_owned()))]);
}
