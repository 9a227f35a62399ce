//! Everything displayed at once: each row comes, once, and memory does not grow with what there is to be shown.

mod place;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Child;

use place::Place;

/// Queues that there are: all of each is about five megabytes as text, and several times that as rows.
const QUEUES: usize = 3000;
/// How much more memory several who display them may take.
const GROWTH_MAX_KIB: u64 = 14 * 1024;

fn with_queues(name: &str) -> Place {
    let place = Place::new(name);
    place.start(&[]);
    let text = "One of many, each with a description of its own";
    let defines: Vec<String> =
        (0..QUEUES).map(|n| format!("DEFINE QLOCAL(MANY.{n:05}) DESCR('{text}: {n}')\n")).collect();
    // As many as a pipe has room for the answers to.
    for some in defines.chunks(1000) {
        place.succeed(&["runmqsc", "-e", "QR"], &some.concat());
    }
    place
}

/// A display that has begun.
fn begin(place: &Place) -> Child {
    let mut child = place.begin(&["runmqsc", "-e", "QR"]);
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(b"DISPLAY QUEUE(MANY.*) ALL\n").expect("it is read");
    child
}

/// Checks that it shows every queue once, in order, and all of it.
fn check(mut child: Child) {
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut names = Vec::new();
    let mut descriptions = BTreeSet::new();
    for line in output.lines().map(|line| line.expect("it can be read")) {
        if let Some(name) = line.trim().strip_prefix("QUEUE(") {
            names.push(name.split(')').next().expect("a name").to_owned());
        } else if let Some(text) = line.trim().strip_prefix("DESCR(") {
            descriptions.insert(text.to_owned());
        }
    }
    assert!(child.wait().expect("it ends").success());
    assert!(names.iter().cloned().eq((0..QUEUES).map(|n| format!("MANY.{n:05}"))), "{}", names.len());
    assert_eq!(descriptions.len(), QUEUES);
}

/// A figure of the queue manager's process in KiB.
fn status_kib(place: &Place, of: &str) -> u64 {
    let pid = server::attach::process_id(&place.paths()).expect("it runs");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it can be read");
    let line = status.lines().find_map(|line| line.strip_prefix(of)).expect("it is there");
    line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a figure")
}

#[test]
fn what_many_display_takes_little_memory() {
    let place = with_queues("displays-memory");
    let pid = server::attach::process_id(&place.paths()).expect("it runs");
    // From here on the peak counts anew.
    fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("it is ours");
    let before = status_kib(&place, "VmRSS:");
    let readers: Vec<Child> = (0..5).map(|_| begin(&place)).collect();
    let readers: Vec<_> = readers.into_iter().map(|child| std::thread::spawn(move || check(child))).collect();
    readers.into_iter().for_each(|reader| reader.join().expect("all is shown"));
    let most = status_kib(&place, "VmHWM:");
    assert!(most < before + GROWTH_MAX_KIB, "{before} KiB before, {most} at most");
}

#[test]
fn who_does_not_read_is_waited_for_by_nobody() {
    let place = with_queues("displays-unread");
    let mut idle: Vec<Child> = (0..3).map(|_| begin(&place)).collect();
    // They have begun.
    for child in &mut idle {
        let mut byte = [0];
        child.stdout.as_mut().expect("it is piped").read_exact(&mut byte).expect("something comes");
    }
    // Others are served meanwhile, and what they change does not disturb.
    for number in 0..20 {
        let commands = format!(
            "PING QMGR\nDEFINE QLOCAL(OTHER.{number})\nDELETE QLOCAL(OTHER.{number})\nDISPLAY QLOCAL(MANY.0000*) DESCR\n"
        );
        let said = place.succeed(&["runmqsc", "-e", "QR"], &commands);
        assert_eq!(said.matches("AMQ8409I").count(), 10, "{said}");
    }
    // Who reads at last has all of it.
    let last = idle.pop().expect("there are three");
    for mut child in idle {
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }
    let mut rest = String::new();
    let mut last = last;
    last.stdout.take().expect("it is piped").read_to_string(&mut rest).expect("it is text");
    assert!(last.wait().expect("it ends").success());
    assert_eq!(rest.matches("QUEUE(MANY.").count(), QUEUES);
}
