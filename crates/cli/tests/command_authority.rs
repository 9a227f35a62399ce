//! Whose authority a command has, tried by users of this machine who put what they like on the command queue.

mod place;

use std::time::{Duration, Instant};

use mqi::call::{Body, Hobj};
use mqi::constants::*;
use mqi::pcf::{Cfh, Message, Parameter};
use mqi::wire::ByteOrder;
use mqi::{Chars, Gmo, Md, Od, Pmo, Reason, format};
use place::Place;
use server::attach::Attached;
use server::paths::QmgrPaths;

/// A user id that has no room in MQMD.UserIdentifier. Cut, it is [`SHORT`], who may do everything that can be granted.
const LONG: &str = "administrator_of_nothing";
const SHORT: &str = "administrato";
const PASSWORD: &str = "secret";

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What lets a user put on the command queue and have answers.
fn way_in(user: &str) -> String {
    format!(
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('{user}') AUTHADD(CONNECT)
         SET AUTHREC PROFILE(SYSTEM.ADMIN.COMMAND.QUEUE) OBJTYPE(QUEUE) PRINCIPAL('{user}') AUTHADD(PUT)
         SET AUTHREC PROFILE(SYSTEM.MQSC.REPLY.QUEUE) OBJTYPE(QUEUE) PRINCIPAL('{user}') AUTHADD(GET,PUT)
        "
    )
}

fn started(name: &str, script: &str) -> Place {
    let place = Place::new(name);
    place.start(&[]);
    for user in [LONG, SHORT] {
        place.succeed(&["passwd", "-m", "QR", user], &format!("{PASSWORD}\n"));
    }
    let script = format!("{}{}{script}", way_in(LONG), way_in(SHORT));
    place.succeed(&["runmqsc", "QR"], &script);
    place
}

fn error_log(place: &Place) -> String {
    let path = place.data().join("qmgrs/QR/errors/AMQERR01.LOG");
    std::fs::read_to_string(path).expect("the log is there")
}

/// Waits until the error log says this.
#[track_caller]
fn until_logged(place: &Place, text: &str) {
    let start = Instant::now();
    while !error_log(place).contains(text) {
        assert!(start.elapsed() < LIMIT, "{text}: {}", error_log(place));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A user with the queue on which he has his answers.
struct User {
    connection: Attached,
    replies: Hobj,
    reply_queue: Chars<48>,
}

impl User {
    fn new(paths: &QmgrPaths, name: &str) -> Self {
        let credentials = Some((name.to_owned(), PASSWORD.into()));
        let mut connection = Attached::local_as(paths, "attack", credentials).expect("he may connect");
        let model = Od {
            object_name: Chars::from_str_padded("SYSTEM.MQSC.REPLY.QUEUE"),
            dynamic_q_name: Chars::from_str_padded("ATTACK.*"),
            ..Od::default()
        };
        let (replies, od) = connection.open(model, MQOO_INPUT_EXCLUSIVE).expect("he may");
        Self { connection, replies, reply_queue: od.object_name }
    }

    /// Puts a command with this context and this user in the descriptor, to be answered on a queue.
    fn put(&mut self, text: &str, context: i32, described: &str, reply_to_q: Chars<48>) -> [u8; 24] {
        let open = match context {
            MQPMO_SET_IDENTITY_CONTEXT => MQOO_SET_IDENTITY_CONTEXT,
            MQPMO_SET_ALL_CONTEXT => MQOO_SET_ALL_CONTEXT,
            _ => 0,
        };
        let queue = self.connection.open_queue("SYSTEM.ADMIN.COMMAND.QUEUE", MQOO_OUTPUT | open);
        let queue = queue.expect("he may");
        let parameters =
            vec![Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC), Parameter::text(MQCACF_ESCAPE_TEXT, text)];
        let request = Message { header: Cfh::command(MQCMD_ESCAPE), parameters };
        let md = Md {
            msg_type: MQMT_REQUEST,
            format: format::ADMIN,
            coded_char_set_id: 1208,
            reply_to_q,
            user_identifier: Chars::from_str_padded(described),
            ..Md::v2()
        };
        let pmo = Pmo { options: context | MQPMO_NEW_MSG_ID, ..Pmo::default() };
        let body = Body::from(request.to_bytes(ByteOrder::Little));
        let put = self.connection.put(queue, md, pmo, body).expect("he may put");
        self.connection.close(queue, 0).expect("it is open");
        put.msg_id
    }

    /// The answer to a command: its reason and its text; none if none has come.
    fn answer(&mut self, msg_id: [u8; 24], wait_ms: i32) -> Option<(i32, String)> {
        let gmo = Gmo {
            version: 2,
            options: MQGMO_WAIT,
            wait_interval: wait_ms,
            match_options: MQMO_MATCH_CORREL_ID,
            ..Gmo::default()
        };
        let md = Md { correl_id: msg_id, ..Md::v2() };
        match self.connection.get(self.replies, md, gmo, 65_536) {
            Ok(got) => {
                let message = Message::of_bytes(&got.body, ByteOrder::Little).expect("PCF");
                let text = message.text(MQCACF_ESCAPE_TEXT).unwrap_or_default().into_owned();
                Some((message.header.reason, text))
            }
            Err(Reason::NO_MSG_AVAILABLE) => None,
            Err(reason) => panic!("{reason}"),
        }
    }

    fn run(&mut self, text: &str, context: i32, described: &str) -> (i32, String) {
        let sent = self.put(text, context, described, self.reply_queue);
        self.answer(sent, LIMIT.as_millis() as i32).expect("an answer comes")
    }
}

/// The contexts that somebody may choose, with what the descriptor says then.
const CONTEXTS: [(i32, &str); 4] = [
    (MQPMO_DEFAULT_CONTEXT, ""),
    (MQPMO_NO_CONTEXT, ""),
    (MQPMO_SET_IDENTITY_CONTEXT, "root"),
    (MQPMO_SET_ALL_CONTEXT, "mqm"),
];

#[test]
fn a_command_is_of_him_who_put_it() {
    let script = format!(
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('{SHORT}') AUTHADD(ALL)
         SET AUTHREC PROFILE('**') OBJTYPE(QUEUE) PRINCIPAL('{SHORT}') AUTHADD(ALL)
         SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('{LONG}') AUTHADD(SETALL,SETID)
         SET AUTHREC PROFILE(SYSTEM.ADMIN.COMMAND.QUEUE) OBJTYPE(QUEUE) PRINCIPAL('{LONG}') AUTHADD(SETALL,SETID)
         DEFINE QLOCAL(TARGET)
         DEFINE QLOCAL(OWN)
         SET AUTHREC PROFILE(OWN) OBJTYPE(QUEUE) PRINCIPAL('{LONG}') AUTHADD(DSP)
        "
    );
    let place = started("command-putter", &script);
    let mut user = User::new(&place.paths(), LONG);
    let refused = (MQRC_NOT_AUTHORIZED, "AMQ8135E: Not authorized.".to_owned());
    for (context, described) in CONTEXTS {
        for text in [
            "DELETE QLOCAL(TARGET)",
            "DISPLAY QMGR",
            "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('nobody') AUTHADD(ALL)",
            "STOP QMGR MODE(FORCE)",
        ] {
            assert_eq!(user.run(text, context, described), refused, "{context:#x}: {text}");
        }
        // What he may he may, however he calls himself.
        let (reason, text) = user.run("DISPLAY QLOCAL(OWN) DESCR", context, described);
        assert!(reason == MQRC_NONE && text.contains("QUEUE(OWN)"), "{context:#x}: {text}");
    }
    // He whose name it is when it is cut is somebody else.
    let mut short = User::new(&place.paths(), SHORT);
    let (reason, text) = short.run("DELETE QLOCAL(TARGET)", MQPMO_NO_CONTEXT, "");
    assert_eq!(reason, MQRC_NONE, "{text}");
    let log = error_log(&place);
    assert!(log.contains(&format!("Entity '{LONG}' has insufficient authority")), "{log}");
    assert!(!log.contains(&format!("Entity '{SHORT}'")), "{log}");
}

#[test]
fn a_command_is_of_him_who_put_it_after_a_restart_too() {
    let place = started("command-restart", "DEFINE QLOCAL(TARGET)\n");
    let script = format!("SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('{SHORT}') AUTHADD(ALL)\n");
    place.succeed(&["runmqsc", "QR"], &script);
    // The command server does not see it before the queue manager starts again.
    let mut user = User::new(&place.paths(), LONG);
    let queue = user.connection.open_queue("SYSTEM.ADMIN.COMMAND.QUEUE", MQOO_OUTPUT).expect("he may");
    let parameters = vec![
        Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC),
        Parameter::text(MQCACF_ESCAPE_TEXT, "ALTER QMGR DESCR('taken over')"),
    ];
    let request = Message { header: Cfh::command(MQCMD_ESCAPE), parameters };
    let md = Md { format: format::ADMIN, coded_char_set_id: 1208, persistence: MQPER_PERSISTENT, ..Md::v2() };
    let body = Body::from(request.to_bytes(ByteOrder::Little));
    let delayed = user.connection.put_later(queue, md, Pmo::default(), body, 1_500);
    delayed.expect("he may put");
    place.succeed(&["endmqm", "-i", "QR"], "");
    place.succeed(&["strmqm", "QR"], "");
    until_logged(&place, &format!("Entity '{LONG}' has insufficient authority"));
    let shown = place.succeed(&["runmqsc", "QR"], "DISPLAY QMGR DESCR\n");
    assert!(!shown.contains("taken over"), "{shown}");
}

#[test]
fn runmqsc_is_whoever_runs_it() {
    let script = format!(
        "DEFINE QLOCAL(OWN)
         SET AUTHREC PROFILE(OWN) OBJTYPE(QUEUE) PRINCIPAL('{LONG}') AUTHADD(DSP,CHG)
        "
    );
    let place = started("command-runmqsc", &script);
    let commands = "DISPLAY QLOCAL(OWN) DESCR\nALTER QLOCAL(OWN) DESCR('mine')\nDISPLAY QUEUE(*)\n\
                    DELETE QLOCAL(OWN)\nDISPLAY QLOCAL(SYSTEM.ADMIN.COMMAND.QUEUE)\nDISPLAY CONN(*)\n";
    let output = place.run(&["runmqsc", "-u", LONG, "QR"], &format!("{PASSWORD}\n{commands}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.matches("AMQ8409I").count(), 2, "{said}");
    assert_eq!(said.matches("AMQ8008I").count(), 1, "{said}");
    assert_eq!(said.matches("AMQ8135E: Not authorized.").count(), 3, "{said}");
    assert!(!said.contains("QUEUE(SYSTEM."), "{said}");
}

#[test]
fn only_administrators_end_it() {
    let script = format!("SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('{SHORT}') AUTHADD(ALL)\n");
    let place = started("command-end", &script);
    let mut user = User::new(&place.paths(), SHORT);
    for mode in ["QUIESCE", "FORCE", "TERMINATE"] {
        let (reason, text) = user.run(&format!("STOP QMGR MODE({mode})"), MQPMO_NO_CONTEXT, "");
        assert_eq!((reason, text.as_str()), (MQRC_NOT_AUTHORIZED, "AMQ8135E: Not authorized."));
    }
    let log = error_log(&place);
    assert!(
        log.contains(&format!("Entity '{SHORT}' has insufficient authority to access object 'QR'")),
        "{log}"
    );
    place.succeed(&["endmqm", "-i", "QR"], "");
}

#[test]
fn answers_go_where_the_asker_may_put() {
    let script = format!(
        "DEFINE QLOCAL(OTHERS)
         DEFINE QALIAS(ALIAS) TARGET(SYSTEM.ADMIN.COMMAND.QUEUE)
         SET AUTHREC PROFILE(ALIAS) OBJTYPE(QUEUE) PRINCIPAL('{SHORT}') AUTHADD(PUT)
         SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('{SHORT}') AUTHADD(DSP)
         SET AUTHREC PROFILE(SYSTEM.DEFAULT.MODEL.QUEUE) OBJTYPE(QUEUE) PRINCIPAL('{SHORT}') AUTHADD(PUT)
         DEFINE QLOCAL(SHUT) PUT(DISABLED)
         SET AUTHREC PROFILE(SHUT) OBJTYPE(QUEUE) PRINCIPAL('{SHORT}') AUTHADD(PUT)
        "
    );
    let place = started("command-answers", &script);
    let mut user = User::new(&place.paths(), SHORT);
    for queue in
        ["OTHERS", "SYSTEM.DEFAULT.MODEL.QUEUE", "ALIAS", "SHUT", "NONE", "SYSTEM.ADMIN.COMMAND.QUEUE"]
    {
        user.put("DISPLAY QMGR ALL", MQPMO_DEFAULT_CONTEXT, "", Chars::from_str_padded(queue));
    }
    assert!(user.run("PING QMGR", MQPMO_DEFAULT_CONTEXT, "").1.starts_with("AMQ8415I"));
    let others = format!("Entity '{SHORT}' has insufficient authority to access object 'OTHERS'");
    until_logged(&place, &others);
    for (reason, queue) in [("2057", "SYSTEM.DEFAULT.MODEL.QUEUE"), ("2051", "SHUT"), ("2085", "NONE")] {
        until_logged(&place, &format!("AMQ8506E: Command server MQPUT failed with reason code {reason}"));
        assert!(error_log(&place).contains(&format!("could not be put on queue '{queue}'")), "{queue}");
    }
    let depths = place.succeed(
        &["runmqsc", "QR"],
        "DISPLAY QLOCAL(OTHERS) CURDEPTH\nDISPLAY QLOCAL(SYSTEM.ADMIN.COMMAND.QUEUE) CURDEPTH\n",
    );
    assert_eq!(depths.matches("CURDEPTH(0)").count(), 2, "{depths}");
}
