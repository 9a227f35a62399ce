//! What applications put into names and texts is shown, and does nothing, on every face that shows it.

mod administrator;
mod place;
#[expect(dead_code, reason = "not all that can be done with it is done here")]
mod terminal;

use std::io::Read as _;
use std::time::{Duration, Instant};

use mqi::constants::*;
use mqi::md::Md;
use mqi::pcf::{Cfh, Message, Parameter};
use mqi::pmo::Pmo;
use mqi::wire::ByteOrder;
use mqi::{Chars, Reason, format};
use place::Place;
use server::attach::{AttachConfig, Attached};
use terminal::Terminal;

/// Clears a screen, in two ways; rings; begins a line of its own; turns what follows around; is no UTF-8 when cut.
const HOSTILE: &[&str] =
    &["\u{1b}[2J", "\u{9b}2J", "\u{7}\u{8}\u{7f}", "\nAMQ8006I", "\r\0\t", "\u{202e}txt", "\u{2066}\u{feff}"];

/// The same as they are shown.
const SHOWN: &[&str] = &[
    r"\x1B[2J",
    r"\x9B2J",
    r"\x07\x08\x7F",
    r"\x0AAMQ8006I",
    r"\x0D\x00\x09",
    r"\u{202E}txt",
    r"\u{2066}\u{FEFF}",
];

/// Lines that only they begin with would be forged.
#[track_caller]
fn assert_inert(face: &str, text: &str) {
    for c in text.chars().filter(|c| *c != '\n') {
        assert!(mqi::text::inert(c.encode_utf8(&mut [0; 4])).chars().eq([c]), "{face}: {c:?} in\n{text}");
    }
}

fn local(place: &Place, appl_name: &str) -> Attached {
    Attached::local(&place.paths(), appl_name).expect("it is ours")
}

/// A command as a program sends it: with everything that no line of a script could have in it.
fn escape(connection: &mut Attached, text: &str) {
    let commands = connection.open_queue("SYSTEM.ADMIN.COMMAND.QUEUE", MQOO_OUTPUT).expect("it is there");
    let parameters =
        vec![Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC), Parameter::text(MQCACF_ESCAPE_TEXT, text)];
    let request = Message { header: Cfh::command(MQCMD_ESCAPE), parameters };
    let md = Md { msg_type: MQMT_DATAGRAM, format: format::ADMIN, coded_char_set_id: 1208, ..Md::default() };
    let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
    connection.put(commands, md, pmo, request.to_bytes(ByteOrder::Little)).expect("it is taken");
    connection.close(commands, MQCO_NONE).expect("it was open");
}

/// The error log, once this is in it.
fn error_log(place: &Place, wanted: &str) -> String {
    let file = place.paths().data.join("errors/AMQERR01.LOG");
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if text.contains(wanted) {
            return text;
        }
        assert!(Instant::now() < until, "{wanted} is not in the error log:\n{text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn names_and_texts_of_applications_do_nothing_to_whoever_looks_at_them() {
    let place = Place::new("inert");
    let port = administrator::start(&place);
    let mut connection = local(&place, "setter");
    let mut kept = Vec::new();
    for (number, text) in HOSTILE.iter().enumerate() {
        // Attributes that say something in words.
        escape(&mut connection, &format!("DEFINE QLOCAL(HOSTILE.{number}) DESCR('a{text}b')"));
        escape(
            &mut connection,
            &format!("DEFINE CHANNEL(HOSTILE.{number}) CHLTYPE(SVRCONN) DESCR('a{text}b')"),
        );
        escape(&mut connection, &format!("ALTER QMGR DESCR('a{text}b')"));
        escape(&mut connection, &format!("NONSENSE '{text}'"));
        // What an application calls itself, here and over a channel; it opens a queue.
        let mut here = local(&place, &format!("a{text}b"));
        here.open_queue("DEV.QUEUE.1", MQOO_OUTPUT).expect("it is there");
        let credentials = Some(("admin".to_owned(), "secret".into()));
        let config = |channel: &str, user: &str, credentials| AttachConfig {
            channel: channel.to_owned(),
            user: user.to_owned(),
            credentials,
            appl_name: format!("a{text}b"),
            ..AttachConfig::default()
        };
        let address = format!("127.0.0.1:{port}");
        let tcp = |config| Attached::tcp(&address, config, Some(Duration::from_secs(30)));
        let there = tcp(config("DEV.ADMIN.SVRCONN", "admin", credentials)).expect("it may");
        kept.extend([here, there]);
        // Names that are refused, and told to the error log.
        let wrong = Some((format!("a{text}b"), "wrong".into()));
        assert_eq!(tcp(config("DEV.APP.SVRCONN", "x", wrong)).err(), Some(Reason::NOT_AUTHORIZED));
        assert!(tcp(config(&format!("N{text}"), "x", None)).is_err());
        assert!(tcp(config("DEV.APP.SVRCONN", &format!("a{text}b"), None)).is_err());
    }
    let displays = "DISPLAY QUEUE(HOSTILE.*) ALL\nDISPLAY CHANNEL(HOSTILE.*) ALL\nDISPLAY QMGR ALL\n\
        DISPLAY CONN(*) TYPE(ALL) ALL\nDISPLAY CHSTATUS(*) ALL\nDISPLAY QSTATUS(DEV.QUEUE.1) TYPE(HANDLE) ALL\n";
    let said = String::from_utf8(place.run(&["runmqsc", "-e", "QR"], displays).stdout).expect("UTF-8");
    assert_inert("runmqsc", &said);
    for shown in SHOWN {
        for face in
            [format!("DESCR(a{shown}b)"), format!("APPLTAG(a{shown}b)"), format!("RAPPLTAG(a{shown}b)")]
        {
            // An application's name ends where its field does; some have no room for the whole.
            let is_there = said.contains(&face);
            assert!(is_there || !face.starts_with("DESCR"), "{face} is not in\n{said}");
        }
    }
    assert!(said.contains(r"APPLTAG(a\x1B[2Jb)") && said.contains(r"RAPPLTAG(a\x1B[2Jb)"), "{said}");
    let said = place.run(&["runmqsc", "-e", "QR"], "NONSENSE \u{1b}[2J\nDISPLAY QLOCAL('\u{202e}')\n");
    assert_inert("errors of runmqsc", &String::from_utf8_lossy(&said.stdout));
    let log = error_log(&place, r"a\u{202E}txtb");
    assert_inert("error log", &log);
    assert!(log.contains(r"a\x1B[2Jb") && log.contains(r"N\x1B[2J"), "{log}");
    let said = place.run(&["endmqm", "-w", "-t", "1", "QR"], "");
    assert_inert("endmqm", &String::from_utf8_lossy(&said.stdout));
    assert_inert("endmqm", &String::from_utf8_lossy(&said.stderr));
}

#[test]
fn messages_do_nothing_to_a_terminal_and_are_whole_for_a_program() {
    let place = Place::new("inert-messages");
    place.start(&[]);
    place.succeed(&["runmqsc", "QR"], "DEFINE QLOCAL(Q)\nDEFINE QLOCAL(COPY)\n");
    let mut connection = local(&place, "putter");
    for queue in ["Q", "COPY"] {
        let hobj = connection.open_queue(queue, MQOO_OUTPUT | MQOO_SET_ALL_CONTEXT).expect("it is there");
        for text in HOSTILE {
            let md = Md {
                format: format::STRING,
                coded_char_set_id: 1208,
                user_identifier: Chars::from_str_padded(text),
                appl_identity_data: Chars::from_str_padded(text),
                put_appl_name: Chars::from_str_padded(text),
                reply_to_q: Chars::from_str_padded(text),
                ..Md::default()
            };
            let options = MQPMO_NO_SYNCPOINT | MQPMO_SET_ALL_CONTEXT;
            let pmo = Pmo { options, ..Pmo::default() };
            connection.put(hobj, md, pmo, format!("a{text}b").into_bytes()).expect("it is taken");
        }
    }
    let said = place.succeed(&["amqsbcg", "Q", "QR"], "");
    assert_inert("amqsbcg", &said);
    assert!(said.contains(r"UserIdentifier : '\x1B[2J"), "{said}");
    let mut program = place.begin(&["amqsget", "COPY", "QR"]);
    let mut terminal = Terminal::start(&place.command(&["amqsget", "Q", "QR"]));
    for shown in SHOWN.iter().filter(|shown| !shown.contains(r"\x0A") && !shown.contains(r"\x09")) {
        terminal.expect(&format!("message <a{shown}b>"));
    }
    // Lines and columns are what texts are made of.
    terminal.expect("message <a\r\nAMQ8006Ib>");
    assert_inert("amqsget", &terminal.seen().replace("\r\n", "\n").replace('\t', ""));
    // Who reads it with a program has every byte.
    let mut output = program.stdout.take().expect("it is piped");
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    let last = format!("message <a{}b>\n", HOSTILE[HOSTILE.len() - 1]);
    while !bytes.ends_with(last.as_bytes()) {
        let count = output.read(&mut part).expect("it can be read");
        assert_ne!(count, 0, "it has ended");
        bytes.extend_from_slice(&part[..count]);
    }
    program.kill().expect("it runs");
    program.wait().expect("it ends");
    let text = String::from_utf8(bytes).expect("it is text");
    for hostile in HOSTILE {
        assert!(text.contains(&format!("message <a{hostile}b>")), "{text:?}");
    }
}
