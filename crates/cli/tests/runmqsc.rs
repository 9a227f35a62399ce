//! `runmqsc` as scripts use it.

mod administrator;
mod place;

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use place::Place;

/// Forces of the log so far.
fn forces(place: &Place) -> u64 {
    let mut socket = server::local_socket::connect(&place.paths()).expect("it runs");
    socket.write_all(b"CTR ").expect("it is read");
    let mut text = String::new();
    socket.read_to_string(&mut text).expect("it answers");
    let forces = text.split_whitespace().find_map(|figure| figure.strip_prefix("forces="));
    forces.and_then(|forces| forces.parse().ok()).expect("forces are among the figures")
}

fn defines(first: u32, count: u32) -> Vec<String> {
    (first..first + count).map(|n| format!("define qlocal(Q{n})\n")).collect()
}

#[test]
fn a_command_that_is_waited_for_takes_one_force_and_a_script_takes_fewer() {
    let place = Place::new("runmqsc-forces");
    place.start(&[]);

    let before = forces(&place);
    let mut runmqsc = place.begin(&["runmqsc", "-e", "QR"]);
    let mut input = runmqsc.stdin.take().expect("it is piped");
    let mut output = std::io::BufReader::new(runmqsc.stdout.take().expect("it is piped"));
    let mut line = String::new();
    // A failure detector: it takes seconds, or with the 50 ms of an idle log for each command more than that.
    let limit = Instant::now() + Duration::from_secs(45);
    for define in defines(1, 1000) {
        assert!(Instant::now() < limit, "commands wait for something besides the log");
        input.write_all(define.as_bytes()).expect("it reads");
        while !line.starts_with("AMQ8006I") {
            line.clear();
            let length = std::io::BufRead::read_line(&mut output, &mut line).expect("it answers");
            assert!(length > 0, "it has ended");
        }
        line.clear();
    }
    drop(input);
    assert!(runmqsc.wait().expect("it ends").success());
    let one_by_one = forces(&place) - before;
    // On a busy machine one may take so long that what is not awaited is forced for its age.
    assert!((1000..1500).contains(&one_by_one), "{one_by_one} forces for 1,000 commands");

    let before = forces(&place);
    let said = place.succeed(&["runmqsc", "QR"], &defines(10_001, 400).concat());
    let sent_ahead = forces(&place) - before;
    assert_eq!(said.matches("AMQ8006I: Packhorse queue created.").count(), 400, "{said}");
    assert!(said.contains("\n400 MQSC commands read.\n"), "{said}");
    assert!(sent_ahead < 200, "{sent_ahead} forces for 400 commands");
}

/// What a script prints, but for the four lines of its beginning.
fn printed(place: &Place, arguments: &[&str], script: &str, exit: i32) -> String {
    let output = place.run(&[&["runmqsc"], arguments, &["QR"]].concat(), script);
    assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.splitn(5, '\n').last().expect("it begins with four lines").to_owned()
}

#[test]
fn what_is_sent_ahead_is_answered_in_its_place() {
    let place = Place::new("runmqsc-order");
    place.start(&[]);
    let script = "define qlocal(A)\n* a comment\ndefine qlocal(A)\nalter qlocal(A) +\n  descr('x')\n\
                  dis ql(A) descr\nnonsense\ndelete qlocal(A)\ndis ql(A)\ndis ql(B)\nend\ndefine qlocal(NEVER)\n";
    let want = "     1 : define qlocal(A)
AMQ8006I: Packhorse queue created.
       : * a comment
     2 : define qlocal(A)
AMQ8150E: Packhorse object already exists.
     3 : alter qlocal(A) +
       :   descr('x')
AMQ8008I: Packhorse queue changed.
     4 : dis ql(A) descr
AMQ8409I: Display Queue details.
   QUEUE(A)                                TYPE(QLOCAL)
   DESCR(x)
     5 : nonsense
AMQ8405I: Syntax error detected at or near end of command segment below:-
nonsense

AMQ8426I: Valid MQSC commands are:

    ALTER
    CLEAR
    DEFINE
    DELETE
    DISPLAY
    PING
    PURGE
    REFRESH
    RESET
    RESOLVE
    RESUME
    SET
    START
    STOP
    SUSPEND

     6 : delete qlocal(A)
AMQ8007I: Packhorse queue deleted.
     7 : dis ql(A)
AMQ8147E: Packhorse object A not found.
     8 : dis ql(B)
AMQ8147E: Packhorse object B not found.
     9 : end
8 MQSC commands read.
One command has a syntax error.
3 valid MQSC commands could not be processed.
";
    assert_eq!(printed(&place, &[], script, 10), want);
    // From a file it is the same, and NEVER has never been.
    let file = place.root.join("script.mqsc");
    std::fs::write(&file, script).expect("it can be written");
    let file = file.display().to_string();
    assert_eq!(printed(&place, &["-f", &file], "", 10), want);
    assert!(printed(&place, &[], "dis ql(NEVER)", 10).contains("AMQ8147E"));
}

#[test]
fn long_answers_among_commands_sent_ahead_all_arrive() {
    let place = Place::new("runmqsc-long");
    place.start(&[]);
    printed(&place, &[], &defines(1, 2000).concat(), 0);
    let script = "dis ql(*) all\n".repeat(5) + &defines(2001, 100).concat() + "dis ql(Q*)\n";
    let said = printed(&place, &["-e"], &script, 0);
    assert_eq!(said.matches("AMQ8006I").count(), 100);
    let shown = said.lines().filter(|line| line.starts_with("   QUEUE(Q")).count();
    assert_eq!(shown, 5 * 2000 + 2100);
}

#[test]
fn a_client_finds_its_queue_manager() {
    let place = Place::new("runmqsc-client");
    let port = administrator::start(&place);
    let table = place.root.join("ccdt.json");
    std::fs::write(
        &table,
        format!(
            r#"{{"channel":[{{"name":"DEV.ADMIN.SVRCONN","type":"clientConnection","clientConnection":
               {{"connection":[{{"host":"127.0.0.1","port":{port}}}],"queueManager":"QR"}}}}]}}"#
        ),
    )
    .expect("it can be written");
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let directory = place.root.display().to_string();
    let run = |variables: &[(&str, &str)], user: Option<&str>, input: &str| {
        let mut command = place.command(&["runmqsc", "-c"]);
        command.args(user.iter().flat_map(|user| ["-u", user])).arg("QR");
        for variable in ["MQSERVER", "MQCCDTURL", "MQCHLLIB", "MQCHLTAB"] {
            command.env_remove(variable);
        }
        let mut child = command.envs(variables.iter().copied()).spawn().expect("it runs");
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it is read");
        let output = child.wait_with_output().expect("it ends");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    let server = format!("DEV.ADMIN.SVRCONN/TCP/127.0.0.1({nobody}),127.0.0.1({port})");
    let url = format!("file://{}", table.display());
    for variables in [
        &[("MQSERVER", server.as_str())][..],
        &[("MQCCDTURL", &url)],
        &[("MQCHLLIB", &directory), ("MQCHLTAB", "ccdt.json")],
    ] {
        let (exit, said) = run(variables, Some("admin"), "secret\ndefine qlocal(Q) replace\ndis ql(Q)\n");
        assert_eq!(exit, Some(0), "{said}");
        assert!(said.contains("Starting MQSC for queue manager QR.\n"), "{said}");
        assert!(
            said.contains("     1 : define qlocal(Q) replace\nAMQ8006I") && !said.contains("secret"),
            "{said}"
        );
    }
    let gone = format!("DEV.ADMIN.SVRCONN/TCP/127.0.0.1({nobody})");
    for (variables, user, input, what) in [
        (&[][..], None, "", "neither MQSERVER, MQCCDTURL nor MQCHLLIB is set"),
        (&[("MQSERVER", "nonsense")], None, "", "is not CHANNEL/TCP/host(port)"),
        (&[("MQSERVER", gone.as_str())], None, "", "AMQ8146E"),
        (&[("MQSERVER", server.as_str())], Some("admin"), "wrong\n", "AMQ8135E"),
        (&[("MQSERVER", server.as_str())], None, "", "AMQ8135E"),
        (&[("MQCHLLIB", &directory)], None, "", "only tables in JSON"),
    ] {
        let (exit, said) = run(variables, user, input);
        assert_eq!(exit, Some(20), "{said}");
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn a_user_with_a_password_is_local_too() {
    let place = Place::new("runmqsc-user");
    administrator::start(&place);
    assert!(printed(&place, &["-u", "mqm"], "secret\nping qmgr\n", 0).contains("AMQ8415I"));
    let output = place.run(&["runmqsc", "-u", "mqm", "QR"], "wrong\nping qmgr\n");
    assert_eq!(output.status.code(), Some(20));
    assert!(String::from_utf8_lossy(&output.stderr).contains("AMQ8135E"));
}

#[test]
fn what_is_not_built_is_refused() {
    let place = Place::new("runmqsc-refused");
    place.start(&[]);
    for option in ["-w", "-x", "-m", "-r", "-n"] {
        let output = place.run(&["runmqsc", option, "QR"], "");
        assert_eq!(output.status.code(), Some(20), "{option}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("is not built yet"), "{option}");
    }
    assert!(printed(&place, &[], "dis ql(NEVER)\n", 10).contains("AMQ8147E"));
    let said = printed(&place, &["-v"], "define qlocal(NEVER)\nnonsense\n", 10);
    assert!(said.contains("One command has a syntax error.\n") && !said.contains("AMQ8006I"), "{said}");
    assert!(printed(&place, &[], "dis ql(NEVER)\n", 10).contains("AMQ8147E"));
}

#[test]
fn a_script_that_cannot_be_read_is_no_empty_one() {
    let place = Place::new("runmqsc-unreadable");
    place.start(&[]);
    let directory = place.root.to_str().expect("text");
    let output = place.run(&["runmqsc", "-f", directory, "QR"], "");
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains(&format!("{directory}: Is a directory")), "{error}");

    let mut command = place.command(&["runmqsc", "QR"]);
    let input = std::fs::File::open(&place.root).expect("it is there");
    let output = command.stdin(input).output().expect("it runs");
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard input: Is a directory"), "{output:?}");
}
