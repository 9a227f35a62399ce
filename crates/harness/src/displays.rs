//! Administrators who display everything at once, and an honest client beside them.
//!
//! Each display must show every queue once; nobody may be kept waiting for it, nor may memory grow with what there is to
//! be shown. One more administrator begins a display and does not read it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::attacks::honest::{Figures, Honest};
use crate::process::{NAME, QueueManager, Settings};

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Queues that there are, and displays of them at once.
    pub counts: (u32, u32),
    /// What the honest saw meanwhile.
    pub figures: Figures,
    /// The same before.
    pub before: Figures,
    /// Resident memory of the queue manager in KiB: before, at most, and after.
    pub resident_kib: [u64; 3],
    /// From the first to the last line.
    pub took: Duration,
}

impl Outcome {
    /// In one line.
    pub fn line(&self) -> String {
        let ms = |us: u64| format!("{}.{:01}", us / 1000, us % 1000 / 100);
        let [before, most, after] = self.resident_kib.map(|kib| kib >> 10);
        let (queues, displays) = self.counts;
        format!(
            "{displays} DISPLAY QUEUE(*) ALL of {queues} queues at once, every queue shown once by each, {:.0} s: \
             {before} MiB resident before, {most} at most, {after} after; {} round trips beside them, worst {} ms, \
             99 % in {} ms (without: worst {} ms, 99 % in {} ms)",
            self.took.as_secs_f64(),
            self.figures.trips.len(),
            ms(self.figures.trips.worst()),
            ms(self.figures.trips.percentile(99)),
            ms(self.before.trips.worst()),
            ms(self.before.trips.percentile(99)),
        )
    }
}

/// Defines so many queues and has them displayed so often at once.
pub fn run(program: &Path, queues: u32, displays: u32) -> Result<Outcome, String> {
    let subject = QueueManager::create(program, &Settings::default())?;
    let mut defines = String::new();
    for number in 0..queues {
        defines.push_str(&format!(
            "DEFINE QLOCAL(MANY.{number:06}) DESCR('Number {number}, described by itself')\n"
        ));
    }
    subject.command(&["runmqsc", "-e", NAME], &defines)?;
    let mut honest = Honest::start(&subject);
    std::thread::sleep(Duration::from_secs(3));
    let before = honest.stop()?;
    let resident = subject.resident_kib()?;
    let mut most = resident;
    let mut honest = Honest::start(&subject);
    // Whoever does not read is in nobody's way.
    let mut idle = begin(program, &subject)?;
    let begun = Instant::now();
    let readers: Vec<_> = (0..displays)
        .map(|_| begin(program, &subject).map(|child| std::thread::spawn(move || names(child))))
        .collect::<Result<_, _>>()?;
    while !readers.iter().all(std::thread::JoinHandle::is_finished) {
        most = most.max(subject.resident_kib()?);
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = begun.elapsed();
    for reader in readers {
        let shown = reader.join().map_err(|_| "a reader panicked")??;
        let wanted = (0..queues).map(|number| format!("MANY.{number:06}"));
        if !shown.iter().cloned().eq(wanted) {
            return Err(format!("{} queues were shown, or not each once, in order", shown.len()));
        }
    }
    let figures = honest.stop()?;
    let _ = idle.kill();
    let _ = idle.wait();
    std::thread::sleep(Duration::from_secs(1));
    let after = subject.resident_kib()?;
    subject.command(&["endmqm", "-i", NAME], "")?;
    let resident_kib = [resident, most.max(after), after];
    Ok(Outcome { counts: (queues, displays), figures, before, resident_kib, took })
}

/// Begins a display. Like one that attacks, it has no right to the processor before the honest.
fn begin(program: &Path, subject: &QueueManager) -> Result<Child, String> {
    let mut command = Command::new("nice");
    command.arg("-n").arg("10").arg(program).args(["runmqsc", "-e", NAME]);
    command.env("MQ_OVERRIDE_DATA_PATH", subject.root()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut input = child.stdin.take().ok_or("it is piped")?;
    input.write_all(b"DISPLAY QUEUE(MANY.*) ALL\n").map_err(|error| error.to_string())?;
    Ok(child)
}

/// The queues that it shows.
fn names(mut child: Child) -> Result<Vec<String>, String> {
    let output = BufReader::new(child.stdout.take().ok_or("it is piped")?);
    let mut names = Vec::new();
    for line in output.lines() {
        let line = line.map_err(|error| error.to_string())?;
        if let Some(name) = line.trim_start().strip_prefix("QUEUE(") {
            names.extend(name.split(')').next().map(str::to_owned));
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(names) } else { Err(format!("runmqsc: {status}")) }
}
