//! A recording of a real queue manager, killed in the middle, replays in another process with the same outputs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Lengths of the long messages, in bytes: of one segment and a little, of several, and of more than one record.
const LONG: [usize; 4] = [33_000, 100_000, 260_000, 1_500_000];

struct Place(PathBuf);

impl Place {
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_packhorse"))
            .args(arguments)
            .env("MQ_OVERRIDE_DATA_PATH", self.0.join("data"))
            .env("PACKHORSE_RECORD", self.0.join("tape"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built for this test");
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it is read");
        child.wait_with_output().expect("it ends")
    }

    #[track_caller]
    fn succeed(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn replay(&self, epoch: u32) -> String {
        let tape = self.0.join(format!("tape.{epoch}"));
        self.succeed(&["replay", &tape.display().to_string()], "")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.run(&["endmqm", "-p", "QR"], "");
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn recordings_replay_in_another_process() {
    let root = std::env::temp_dir().join(format!("packhorse-replay-{}", std::process::id()));
    std::fs::create_dir_all(&root).expect("the temporary directory can be written");
    let place = Place(root);
    place.succeed(&["crtmqm", "QR"], "");
    place.succeed(&["strmqm", "QR"], "");
    place.succeed(&["runmqsc", "QR"], "define qlocal(Q) defpsist(yes)\n");
    place.succeed(&["amqsput", "Q", "QR"], "one\ntwo\nthree\n");

    let paths = server::paths::Root::at(place.0.join("data"))
        .queue_manager("QR")
        .expect("mqs.ini can be read")
        .expect("it was created");
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
        let digest = std::fs::read_to_string(place.0.join(format!("tape.{epoch}.digest")));
        assert_eq!(place.replay(epoch), digest.expect("an orderly end leaves one"), "start {epoch}");
    }
    assert_eq!(place.replay(2), place.replay(2));
    let other = place.run(&["replay", &place.0.join("tape.3").display().to_string(), "0123456789abcdef"], "");
    assert_eq!(other.status.code(), Some(10));
}
