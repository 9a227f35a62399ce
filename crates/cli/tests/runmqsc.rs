//! `runmqsc` as scripts use it.

mod place;

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use place::Place;

/// Forces of the log so far.
fn forces(place: &Place) -> u64 {
    let mut socket = server::attach::local_socket(&place.paths()).expect("it runs");
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
    // A failure detector: it takes a second, or with an idle log's 50 ms for each more than that.
    let limit = Instant::now() + Duration::from_secs(30);
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
    // Now and then an idle moment has one more.
    assert!((1000..1500).contains(&one_by_one), "{one_by_one} forces for 1,000 commands");

    let before = forces(&place);
    let said = place.succeed(&["runmqsc", "QR"], &defines(10_001, 400).concat());
    let sent_ahead = forces(&place) - before;
    assert_eq!(said.matches("AMQ8006I: Packhorse queue created.").count(), 400, "{said}");
    assert!(said.contains("\n400 MQSC commands read.\n"), "{said}");
    assert!(sent_ahead < 40, "{sent_ahead} forces for 400 commands");
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
