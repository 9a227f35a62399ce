//! A recording of a real queue manager, killed in the middle, replays in another process with the same outputs.

mod place;

use place::Place;

/// Lengths of the long messages, in bytes: of one segment and a little, of several, and of more than one record.
const LONG: [usize; 4] = [33_000, 100_000, 260_000, 1_500_000];

fn replay(place: &Place, epoch: u32) -> String {
    let tape = place.root.join(format!("tape.{epoch}"));
    place.succeed(&["replay", &tape.display().to_string()], "")
}

#[test]
fn recordings_replay_in_another_process() {
    let mut place = Place::new("replay");
    place.records = true;
    place.start(&[]);
    place.succeed(&["runmqsc", "QR"], "define qlocal(Q) defpsist(yes)\n");
    place.succeed(&["amqsput", "Q", "QR"], "one\ntwo\nthree\n");

    let paths = place.paths();
    let pid = server::attach::process_id(&paths).expect("it runs");
    assert!(server::sys::kill(pid));
    server::status::wait_for_end(&paths).expect("the lock can be taken");

    place.succeed(&["strmqm", "QR"], "");
    let browsed = place.succeed(&["amqsbcg", "Q", "QR"], "");
    assert_eq!(browsed.matches("MQGET of message number").count(), 3, "{browsed}");
    // Bodies of many segments: a body is cut where the socket's reads ended, which no replay repeats.
    let lines = LONG.map(|len| "abcdefghijklmnopqrstuvwxyz".repeat(len / 26));
    place.succeed(&["amqsput", "Q", "QR"], &format!("{}\n", lines.join("\n")));
    let got = place.succeed(&["amqsbcg", "Q", "QR"], "");
    assert_eq!(got.matches("MQGET of message number").count(), 3 + LONG.len());
    place.succeed(&["endmqm", "-i", "QR"], "");

    // The first start was crtmqm's own. The second was killed: it left no digest, but has one.
    for epoch in [1, 3] {
        let digest = std::fs::read_to_string(place.root.join(format!("tape.{epoch}.digest")));
        assert_eq!(replay(&place, epoch), digest.expect("an orderly end leaves one"), "start {epoch}");
    }
    assert_eq!(replay(&place, 2), replay(&place, 2));
    let other =
        place.run(&["replay", &place.root.join("tape.3").display().to_string(), "0123456789abcdef"], "");
    assert_eq!(other.status.code(), Some(10));
}
