//! A queue manager on a machine whose clock is wrong, and is set right: the clock of its process is set, not the
//! machine's, by a library that is loaded before the C library.

mod place;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use place::Place;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

const YEARS_S: i64 = 10 * 365 * 86_400;

/// Adds to the wall clock what the file named by CLOCK_OFFSET says, in seconds.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *at) {
    long result = syscall(SYS_clock_gettime, id, at), offset = 0;
    const char *name = getenv("CLOCK_OFFSET");
    FILE *file = id == CLOCK_REALTIME && name ? fopen(name, "r") : 0;
    if (file) {
        if (fscanf(file, "%ld", &offset) == 1) at->tv_sec += offset;
        fclose(file);
    }
    return (int)result;
}
"#;

/// A place whose queue manager has a clock of its own.
struct Clocked {
    place: Place,
    library: PathBuf,
    offset: PathBuf,
}

impl Clocked {
    fn new(name: &str) -> Self {
        let place = Place::new(name);
        let (source, library) = (place.root.join("clock.c"), place.root.join("clock.so"));
        std::fs::write(&source, LIBRARY).expect("it can be written");
        // What links Rust programs compiles C.
        let mut cc = Command::new("cc");
        let built = cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
        assert!(built.expect("there is a C compiler").success());
        let offset = place.root.join("offset");
        let clocked = Self { place, library, offset };
        clocked.set(0);
        clocked
    }

    /// The clock is that much ahead from now on.
    fn set(&self, seconds: i64) {
        let new = self.place.root.join("offset.new");
        std::fs::write(&new, seconds.to_string()).expect("it can be written");
        std::fs::rename(new, &self.offset).expect("it can be renamed");
    }

    #[track_caller]
    fn start(&self) {
        let mut command = self.place.command(&["strmqm", "QR"]);
        command.env("LD_PRELOAD", &self.library).env("CLOCK_OFFSET", &self.offset);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
    }

    fn mqsc(&self, script: &str) -> String {
        self.place.succeed(&["runmqsc", "QR"], script)
    }

    fn depth(&self, queue: &str) -> usize {
        let said = self.mqsc(&format!("DISPLAY QLOCAL({queue}) CURDEPTH\n"));
        let (_, rest) = said.split_once("CURDEPTH(").unwrap_or_else(|| panic!("{said}"));
        rest.split(')').next().and_then(|digits| digits.parse().ok()).expect("a number")
    }

    #[track_caller]
    fn wait_for_depth(&self, queue: &str, depth: usize) {
        let begun = Instant::now();
        while self.depth(queue) != depth {
            assert!(begun.elapsed() < LIMIT, "{queue} has {} messages, not {depth}", self.depth(queue));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// PutDate of the first message.
    fn put_year(&self, queue: &str) -> i64 {
        let said = self.place.succeed(&["amqsbcg", queue, "QR"], "");
        let (_, rest) = said.split_once("PutDate  : '").unwrap_or_else(|| panic!("{said}"));
        rest[..4].parse().expect("a year")
    }
}

fn errors(path: &Path) -> String {
    std::fs::read_to_string(path.join("AMQERR01.LOG")).expect("there is a log")
}

#[test]
fn a_clock_that_was_ahead_and_behind_is_got_over() {
    let clocked = Clocked::new("clock");
    // It has run by the right clock before.
    clocked.place.start(&[]);
    clocked.place.succeed(&["endmqm", "-i", "QR"], "");
    clocked.set(YEARS_S);
    clocked.start();
    clocked.mqsc(
        "DEFINE QLOCAL(SHORT) CUSTOM('CAPEXPRY(30)') DEFPSIST(YES)\n\
         DEFINE QLOCAL(LONG) CUSTOM('CAPEXPRY(36000)') DEFPSIST(YES)\n\
         DEFINE QLOCAL(DATED)\n",
    );
    clocked.place.succeed(&["amqsput", "SHORT", "QR"], "ahead\n");
    clocked.place.succeed(&["amqsput", "LONG", "QR"], "ahead\n");
    clocked.place.succeed(&["amqsput", "DATED", "QR"], "ahead\n");
    let ahead = clocked.put_year("DATED");
    clocked.mqsc("CLEAR QLOCAL(DATED)\n");
    // It is set right while the queue manager runs, and that is seen by it at once.
    clocked.set(0);
    clocked.place.succeed(&["amqsput", "DATED", "QR"], "now\n");
    let now = clocked.put_year("DATED");
    assert!((9..=11).contains(&(ahead - now)), "{ahead} {now}");
    assert!(errors(&clocked.place.paths().errors()).contains("AMQ7493I"));
    clocked.wait_for_depth("SHORT", 0);
    assert_eq!(clocked.depth("LONG"), 1);
    // What was written by the wrong clock poisons no restart.
    clocked.place.succeed(&["amqsput", "SHORT", "QR"], "again\n");
    clocked.place.succeed(&["endmqm", "-p", "QR"], "");
    clocked.start();
    clocked.wait_for_depth("SHORT", 0);
    assert_eq!(clocked.depth("LONG"), 1);
    // Set far forward, and back by an hour: nothing expires by it.
    for offset in [YEARS_S, -3600] {
        clocked.set(offset);
        clocked.mqsc("PING QMGR\n");
        assert_eq!(clocked.depth("LONG"), 1);
    }
    clocked.place.succeed(&["endmqm", "-i", "QR"], "");
    clocked.start();
    assert_eq!(clocked.depth("LONG"), 1);
}
