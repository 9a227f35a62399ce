//! A benchmark that is cut short leaves nothing behind, however that happens.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A directory for the benchmark's own, removed when this is dropped.
struct Bench {
    directory: PathBuf,
}

impl Bench {
    fn new(name: &str) -> Self {
        let directory =
            std::env::temp_dir().join(format!("packhorse-bench-test-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("the temporary directory can be written");
        Self { directory }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packhorse"));
        command.arg("bench").args(arguments).arg("--directory").arg(&self.directory);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
    }

    /// Processes that name the directory in their arguments or environment, but for the benchmark itself.
    fn servers(&self, bench: u32) -> Vec<u32> {
        let place = self.directory.display().to_string();
        let processes = fs::read_dir("/proc").expect("there is a /proc").flatten();
        let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
        let of_ours = |pid: &u32| {
            let names = |file| {
                let text = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
                String::from_utf8_lossy(&text).contains(&place)
            };
            *pid != bench && (names("cmdline") || names("environ"))
        };
        pids.filter(of_ours).collect()
    }

    /// Waits until the server of the run is up.
    fn wait_for_server(&self, bench: u32) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.servers(bench).is_empty() {
            assert!(Instant::now() < until, "it starts no server");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn nothing_is_left(&self, bench: u32) {
        assert_eq!(self.servers(bench), [0; 0], "a process is left");
        assert_eq!(fs::read_dir(&self.directory).expect("it is there").count(), 0, "a directory is left");
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Runs that would take longer than any test.
const LONG: [&[&str]; 4] = [
    &["rr-p", "--seconds", "600"],
    &["deep-fill", "--messages", "100000000"],
    &["restart-crash", "--messages", "100000000"],
    &["probe", "rr-p", "--seconds", "600"],
];

#[test]
fn signals_leave_nothing_behind() {
    use rustix::process::{Pid, Signal, kill_process};
    for (number, arguments) in LONG.iter().enumerate() {
        for (signal, code) in [(Signal::INT, 2), (Signal::TERM, 15)] {
            let bench = Bench::new(&format!("signal-{number}-{code}"));
            let mut child = bench.start(arguments);
            bench.wait_for_server(child.id());
            // Anywhere between the start of the server and the measuring.
            std::thread::sleep(Duration::from_millis(100 * number as u64));
            kill_process(Pid::from_child(&child), signal).expect("it runs");
            let status = child.wait().expect("it ends");
            assert_eq!(status.signal(), Some(code), "{arguments:?}: {status:?}");
            bench.nothing_is_left(child.id());
        }
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_at_once() {
    let bench = Bench::new("pipe");
    let mut child = bench.start(LONG[0]);
    bench.wait_for_server(child.id());
    drop(child.stdout.take());
    let status = child.wait().expect("it ends");
    assert_eq!(status.signal(), Some(13), "{status:?}");
    bench.nothing_is_left(child.id());
}

#[test]
fn it_says_how_long_it_takes_before_it_starts() {
    let bench = Bench::new("estimate");
    let mut child = bench.start(&["rr-p", "--clients", "1,2", "--seconds", "299", "--warm-up", "0"]);
    let mut said = String::new();
    BufReader::new(child.stderr.take().expect("it is piped")).read_line(&mut said).expect("it is text");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .expect("it runs");
    child.wait().expect("it ends");
    assert!(said.contains("2 runs, about 10 minutes"), "{said}");
}

/// The end of a run that is not cut short leaves nothing, too, and a mistake before it makes nothing.
#[test]
fn a_whole_run_and_a_mistake_leave_nothing_behind() {
    let bench = Bench::new("whole");
    let child = bench.start(&["rr-p", "--clients", "1", "--seconds", "0.2", "--warm-up", "0.1"]);
    let pid = child.id();
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("rr-p"), "{output:?}");
    bench.nothing_is_left(pid);
    let child = bench.start(&["no-such-scenario"]);
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(20));
    bench.nothing_is_left(pid);
}
