//! `runmqsc` on a terminal, as somebody sits at it.

mod administrator;
mod place;
mod terminal;

use std::process::Command;

use place::Place;
use terminal::Terminal;

/// `runmqsc` with a home directory of its own.
fn command(place: &Place, arguments: &[&str]) -> Command {
    let mut command = place.command(&[&["runmqsc"], arguments, &["QR"]].concat());
    command.env("HOME", place.root.join("home")).env("TERM", "xterm");
    for variable in ["XDG_STATE_HOME", "MQPROMPT", "MQSERVER", "MQCCDTURL", "MQCHLLIB"] {
        command.env_remove(variable);
    }
    command
}

fn started(command: &Command) -> Terminal {
    let mut terminal = Terminal::start(command);
    terminal.expect("Starting MQSC for queue manager QR.\r\n");
    terminal
}

#[test]
fn a_session_reads_as_the_document_has_it() {
    let place = Place::new("terminal-session");
    place.start(&[]);
    let mut terminal = started(&command(&place, &[]));
    assert!(terminal.seen().starts_with(&format!("{}\r\nStarting MQSC", mqsc::session::NOTICE)));
    assert!(mqsc::session::NOTICE.len() < 80, "a terminal of 80 columns breaks it");
    // HA-34
    terminal.send("def ql(ql.test) replace\r");
    terminal.expect("     1 : def ql(ql.test) replace\r\nAMQ8006I: Packhorse queue created.\r\n");
    // HA-35
    terminal.send("end\r");
    terminal.expect(
        "     2 : end\r\nOne MQSC command read.\r\nNo commands have a syntax error.\r\n\
         All valid MQSC commands were processed.\r\n",
    );
    assert_eq!(terminal.wait().code(), Some(0));

    let mut terminal = started(&command(&place, &["-e"]));
    terminal.send("delete ql(NONE)\r");
    // The terminal is told to mark what is pasted, from the beginning of a line to its end.
    terminal.expect("AMQ8147E: Packhorse object NONE not found.\r\n\x1b[?2004h");
    // Ctrl-C drops a line, Ctrl-D ends.
    terminal.send("delete ql(ql.test\x03");
    terminal.expect("ql.test\x1b[?2004l\r\n\x1b[?2004h");
    terminal.send("dis ql(ql.test) curdepth\r");
    terminal.expect("   CURDEPTH(0)\r\n\x1b[?2004h");
    terminal.send("\x04");
    terminal.expect("One valid MQSC command could not be processed.\r\n");
    assert_eq!(terminal.wait().code(), Some(10));
    assert!(!terminal.seen().contains(" 1 : "), "{}", terminal.seen());
}

#[test]
fn lines_that_come_together_are_run_one_after_the_other() {
    let place = Place::new("terminal-paste");
    place.start(&[]);
    let all = "     1 : define qlocal(A)\r\nAMQ8006I: Packhorse queue created.\r\n";
    let last = "     2 : delete qlocal(A)\r\nAMQ8007I: Packhorse queue deleted.\r\n";
    for typed in
        ["define qlocal(A)\rdelete qlocal(A)\r", "\x1b[200~define qlocal(A)\ndelete qlocal(A)\x1b[201~\r"]
    {
        let mut terminal = started(&command(&place, &[]));
        terminal.expect("\x1b[?2004h");
        terminal.send(typed);
        terminal.expect(all);
        terminal.expect(last);
        terminal.send("end\r");
        assert_eq!(terminal.wait().code(), Some(0));
    }
}

#[test]
fn keywords_and_names_are_completed() {
    let place = Place::new("terminal-complete");
    place.start(&[]);
    place.succeed(&["runmqsc", "QR"], "define qlocal(ORDERS.IN)\ndefine qlocal('orders.in')\n");
    let mut terminal = started(&command(&place, &[]));
    terminal.send("disp\tqlo\tord\t curd\t\r");
    terminal.expect("     1 : display qlocal(ORDERS.IN) curdepth \r\nAMQ8409I");
    // A name whose case counts, in the second line of a command.
    terminal.send("alter +\r");
    terminal.expect("     2 : alter +\r\n");
    terminal.send("qloc\t'ord\t get(dis\t\r");
    terminal.expect("       : qlocal('orders.in') get(disabled)\r\nAMQ8008I");
    terminal.send("end\r");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn what_was_typed_can_be_recalled_another_day() {
    let place = Place::new("terminal-history");
    place.start(&[]);
    let mut terminal = started(&command(&place, &[]));
    terminal.send("ping qmgr\r");
    terminal.expect("     1 : ping qmgr\r\nAMQ8415I");
    terminal.send("alter authinfo(SYSTEM.DEFAULT.AUTHINFO.IDPWLDAP) authtype(idpwldap) ldappwd('secret')\r");
    terminal.expect("     2 : alter authinfo");
    terminal.send("end\r");
    terminal.wait();

    let file = place.root.join("home/.local/state/packhorse/runmqsc_history");
    let kept = std::fs::read_to_string(&file).expect("the history is kept");
    assert!(kept.contains("ping qmgr") && !kept.contains("secret"), "{kept}");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o077, 0, "it is nobody else's business");

    let mut terminal = started(&command(&place, &[]));
    // `end` came last.
    terminal.send("\x1b[A\x1b[A\r");
    terminal.expect("     1 : ping qmgr\r\nAMQ8415I");
    terminal.send("end\r");
    assert_eq!(terminal.wait().code(), Some(0));

    // Where it cannot be kept there is none, and nothing is said about it.
    let mut homeless = command(&place, &[]);
    homeless.env("HOME", "/proc/none");
    let mut terminal = started(&homeless);
    terminal.send("ping qmgr\r");
    terminal.expect("     1 : ping qmgr\r\nAMQ8415I");
    terminal.send("end\r");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn the_prompt_is_as_the_user_wants_it() {
    let place = Place::new("terminal-prompt");
    place.start(&[]);
    let mut with_prompt = command(&place, &[]);
    with_prompt.env("MQPROMPT", "+QMNAME+ ready> ");
    let mut terminal = started(&with_prompt);
    terminal.expect("QR ready> ");
    terminal.send("end\r");
    assert_eq!(terminal.wait().code(), Some(0));

    let mut plain = command(&place, &[]);
    plain.env("TERM", "dumb");
    let mut terminal = started(&plain);
    terminal.expect("AMQ8521I: Command completion and history unavailable.\r\n");
    terminal.send("ping qmgr\n");
    terminal.expect("     1 : ping qmgr\r\nAMQ8415I");
    terminal.send("end\n");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn a_password_is_asked_for_and_not_shown() {
    let place = Place::new("terminal-password");
    let port = administrator::start(&place);
    let mut client = command(&place, &["-c", "-u", "admin"]);
    client.env("MQSERVER", format!("DEV.ADMIN.SVRCONN/TCP/127.0.0.1({port})"));
    for (password, exit) in [("secret", 0), ("wrong", 20)] {
        let mut terminal = Terminal::start(&client);
        terminal.expect("Enter password: ");
        terminal.send(&format!("{password}\r"));
        if exit == 0 {
            terminal.expect("Starting MQSC for queue manager QR.\r\n");
            terminal.send("ping qmgr\rend\r");
            terminal.expect("AMQ8415I");
        } else {
            terminal.expect("AMQ8135E: Not authorized.");
        }
        assert_eq!(terminal.wait().code(), Some(exit));
        assert!(!terminal.seen().contains(password), "{}", terminal.seen());
    }
    // Ctrl-C ends it; `prompt.rs` tries what it leaves behind.
    let mut terminal = Terminal::start(&client);
    terminal.expect("Enter password: ");
    terminal.send("sec\x03");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&terminal.wait()), Some(2));
}
