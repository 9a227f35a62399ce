//! Passwords, set by hand and by scripts, while the queue manager runs.

mod place;
mod terminal;

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use mqi::Reason;
use place::Place;
use server::attach::{AttachConfig, Attached};
use terminal::Terminal;

/// A channel for whoever proves to be somebody, and what `app` needs.
const OBJECTS: &str = "DEFINE CHANNEL(APP) CHLTYPE(SVRCONN)\n\
    SET AUTHREC PRINCIPAL('app') OBJTYPE(QMGR) AUTHADD(CONNECT)\n\
    SET AUTHREC PRINCIPAL('other') OBJTYPE(QMGR) AUTHADD(CONNECT)\n";

fn start(place: &Place) -> u16 {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    let port = port.expect("a port is free").port();
    place.start(&["-p", &port.to_string()]);
    place.succeed(&["runmqsc", "QR"], OBJECTS);
    port
}

fn connect(port: u16, user: &str, password: &str) -> Result<(), Reason> {
    let config = AttachConfig {
        channel: "APP".to_owned(),
        qmgr_name: "QR".to_owned(),
        user: user.to_owned(),
        credentials: Some((user.to_owned(), password.into())),
        appl_name: "passwd".to_owned(),
    };
    Attached::tcp(&format!("127.0.0.1:{port}"), config, None)?.disconnect()
}

#[test]
fn a_password_counts_at_once_and_so_does_a_removal() {
    let place = Place::new("passwd");
    let port = start(&place);
    let refused = Err(Reason::NOT_AUTHORIZED);
    assert_eq!(connect(port, "app", "one"), refused);
    let said = place.succeed(&["passwd", "-m", "QR", "app"], "one\n");
    assert!(said.contains("is new"), "{said}");
    assert_eq!(connect(port, "app", "one"), Ok(()));
    let said = place.succeed(&["passwd", "-m", "QR", "app"], "two\n");
    assert!(said.contains("password of 'app' is set"), "{said}");
    assert_eq!(connect(port, "app", "one"), refused);
    assert_eq!(connect(port, "app", "two"), Ok(()));
    place.succeed(&["passwd", "-m", "QR", "other"], "three\n");
    place.succeed(&["passwd", "-m", "QR", "--remove", "app"], "");
    assert_eq!(connect(port, "app", "two"), refused);
    assert_eq!(connect(port, "other", "three"), Ok(()));
}

#[test]
fn what_cannot_be_a_password_changes_nothing() {
    let place = Place::new("passwd-misuse");
    let port = start(&place);
    place.succeed(&["passwd", "-m", "QR", "app"], "one\n");
    for (arguments, input) in [
        (&["app"][..], ""),
        (&["app"], "\n"),
        (&["app"], &format!("{}\n", "x".repeat(257))),
        (&["a:b"], "one\n"),
        (&["--remove", "nobody"], ""),
    ] {
        let output = place.run(&[&["passwd", "-m", "QR"], arguments].concat(), input);
        assert_eq!(output.status.code(), Some(20), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Nothing was changed"), "{output:?}");
    }
    assert_eq!(connect(port, "app", "one"), Ok(()));
}

#[test]
fn on_a_terminal_it_is_asked_for_twice_and_never_shown() {
    let place = Place::new("passwd-terminal");
    let port = start(&place);
    let ask = |first: &str, second: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packhorse"));
        command.args(["passwd", "-m", "QR", "app"]).env("MQ_OVERRIDE_DATA_PATH", place.data());
        let mut terminal = Terminal::start(&command);
        terminal.expect("New password of app: ");
        terminal.send(&format!("{first}\n"));
        terminal.expect("The same again: ");
        terminal.send(&format!("{second}\n"));
        let status = terminal.wait();
        assert!(!terminal.seen().contains("s3cret"), "{}", terminal.seen());
        status.code()
    };
    assert_eq!(ask("s3cret", "s3cret"), Some(0));
    assert_eq!(connect(port, "app", "s3cret"), Ok(()));
    assert_eq!(ask("s3cret2", "s3cret3"), Some(20));
    assert_eq!(connect(port, "app", "s3cret"), Ok(()));
}

/// A terminal that no longer shows what is typed would be a bad thing to leave behind.
#[test]
fn an_interrupted_question_leaves_the_terminal_as_it_was() {
    let place = Place::new("passwd-interrupt");
    place.succeed(&["crtmqm", "QR"], "");
    let program = env!("CARGO_BIN_EXE_packhorse");
    let script =
        format!("trap : INT; stty -a; {program} passwd -m QR app; echo ended $?; stty -a; echo done");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).env("MQ_OVERRIDE_DATA_PATH", place.data());
    let mut terminal = Terminal::start(&command);
    terminal.expect("New password of app: ");
    terminal.send("\x03");
    terminal.expect("done");
    let seen = terminal.seen();
    assert!(seen.contains("ended 130"), "{seen}");
    assert!(!seen.contains("-echo ") && seen.matches(" echo ").count() == 2, "{seen}");
}
