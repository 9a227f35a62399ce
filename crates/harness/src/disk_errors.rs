//! Errors of the operating system in the calls that the log really makes, injected by `strace` into the running
//! queue manager while applications work; and pauses of the whole process.
//!
//! | error | call | file | expected |
//! |---|---|---|---|
//! | any | `pwrite64`, `fdatasync` | an extent | a failed force is final: the process ends, at once and with a failure |
//! | ENOSPC | `fallocate`, `pwrite64`, `fsync` | `extent.new` | no new extent for now; the process goes on |
//! | EIO | the same | `extent.new` | the process may end, for the disk fails, or go on |
//!
//! Whatever happens, no acknowledged message is lost, and work goes on after the next start at the latest.
//!
//! Only what `strace` has logged as injected, with the file behind the descriptor, counts as a hit.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::campaign::{Campaign, Report, with_applications};
use crate::process::{QueueManager, Settings};
use crate::rng::Rng;
use crate::strace::{Hit, Injection, hits, is_extent, is_new_extent};
use crate::workload::Load;

/// What is injected, in turn.
const CALLS: &[(&str, &str)] = &[
    ("pwrite64", "EIO"),
    ("fallocate", "ENOSPC"),
    ("pwrite64", "ENOSPC"),
    ("fsync", "EIO"),
    ("fallocate", "EIO"),
    ("fsync", "ENOSPC"),
];
/// Longest time to wait for a hit: an extent of 256 KiB is filled many times a second.
const HIT_MAX: Duration = Duration::from_secs(20);
/// After a hit that must not end the queue manager, so many puts must be taken.
const ENOUGH: u64 = 100;

/// What has been hit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Errors in writes to extents, each of which ended the process.
    pub fatal: u32,
    /// Errors while an extent was made. Those for want of room ended nothing.
    pub making: u32,
    /// Errors elsewhere in the log's directory: control files, summaries.
    pub elsewhere: u32,
    /// Injections that met no call in time.
    pub missed: u32,
}

/// Runs `injections` injections and as many pauses as a tenth of that, at least two.
pub fn run_scenario(
    program: &Path,
    directory: &Path,
    seed: u64,
    injections: u32,
    say: &mut dyn FnMut(&str),
) -> Result<(Report, Counts), String> {
    let subject = QueueManager::create(program, &Settings::small_extents())?;
    let load = Load { length_max: 1 << 17, ..Load::FULL };
    let mut counts = Counts::default();
    let report =
        with_applications(&subject, load, Rng::new(seed), &directory.join("errors"), |campaign, rng| {
            for _ in 0..(injections / 10).max(2) {
                pause(campaign, rng)?;
            }
            say("paused and continued");
            for n in 0..injections {
                let (call, error) = CALLS[n as usize % CALLS.len()];
                let when = u32::try_from(rng.between(1, 8)).expect("at most 8");
                inject(campaign, Injection { call, error, when }, directory, &mut counts)?;
            }
            Ok(())
        })?;
    if counts.fatal == 0 || counts.making == 0 {
        return Err(format!(
            "no injection has hit a write of the log and the making of an extent: {counts:?}"
        ));
    }
    Ok((report, counts))
}

/// SIGSTOP, a while, SIGCONT; then puts must be taken again.
fn pause(campaign: &mut Campaign<'_, QueueManager>, rng: &mut Rng) -> Result<(), String> {
    campaign.shared.gate.open();
    std::thread::sleep(Duration::from_millis(rng.between(50, 300)));
    campaign.fault("pause")?;
    campaign.subject.signal(Signal::STOP)?;
    std::thread::sleep(Duration::from_millis(rng.between(500, 2500)));
    campaign.subject.signal(Signal::CONT)?;
    goes_on(campaign, "after a pause")
}

fn goes_on(campaign: &Campaign<'_, QueueManager>, when: &str) -> Result<(), String> {
    let before = campaign.shared.put.load(Ordering::Relaxed);
    let until = Instant::now() + Duration::from_secs(60);
    while campaign.shared.put.load(Ordering::Relaxed) < before + ENOUGH {
        if campaign.subject.has_ended()? {
            return Err(format!("the queue manager ended {when}\n{}", campaign.subject.last_words()));
        }
        if Instant::now() > until {
            return Err(format!("no puts are taken {when}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// One injection under load, and what must come of it.
fn inject(
    campaign: &mut Campaign<'_, QueueManager>,
    injection: Injection,
    directory: &Path,
    counts: &mut Counts,
) -> Result<(), String> {
    campaign.shared.gate.open();
    goes_on(campaign, "before an injection")?;
    let pid = campaign.subject.pid().ok_or("the queue manager is not running")?;
    let log = directory.join("strace.log");
    campaign.fault(&format!("{} in {}", injection.error, injection.call))?;
    let tracer = Tracer::attach(&injection, pid, &log)?;
    let found = wait_for_hits(campaign, &log)?;
    let log_directory = campaign.subject.log().display().to_string();
    let in_log = |hit: &&Hit| hit.path.starts_with(&log_directory);
    let is_fatal = found.iter().any(|hit| is_extent(&hit.path) && in_log(&hit));
    let ended = if is_fatal {
        campaign.subject.wait_for_end(Duration::from_secs(10))?
    } else {
        // Give it the time to end if it mistakenly does.
        campaign.subject.wait_for_end(Duration::from_millis(100))?
    };
    drop(tracer);
    let found = hits(&std::fs::read_to_string(&log).unwrap_or_default());
    let first = found.iter().find(in_log).map(|hit| hit.line.clone()).unwrap_or_default();
    let is_fatal = found.iter().any(|hit| is_extent(&hit.path) && in_log(&hit));
    let is_harmless = !found.is_empty() && found.iter().all(|hit| is_new_extent(&hit.path) && in_log(&hit));
    match (is_fatal, ended) {
        (true, true) => counts.fatal += 1,
        (true, false) => return Err(format!("the queue manager goes on after a failed force\n{first}")),
        (false, true) if is_harmless && injection.error == "ENOSPC" => {
            return Err(format!("the queue manager ended for want of a new extent\n{first}"));
        }
        (false, _) if found.is_empty() => counts.missed += 1,
        (false, _) if is_harmless => counts.making += 1,
        (false, _) => counts.elsewhere += 1,
    }
    if ended {
        campaign.fault("kill")?;
        campaign.report.kills += 1;
        campaign.start()?;
    }
    goes_on(campaign, "after an injection")
}

fn wait_for_hits(campaign: &Campaign<'_, QueueManager>, log: &Path) -> Result<Vec<Hit>, String> {
    let until = Instant::now() + HIT_MAX;
    loop {
        let found = hits(&std::fs::read_to_string(log).unwrap_or_default());
        if !found.is_empty() || Instant::now() > until || campaign.subject.has_ended()? {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A running `strace`; it lets go of the process when dropped.
struct Tracer(Child);

impl Tracer {
    fn attach(injection: &Injection, pid: u32, log: &Path) -> Result<Self, String> {
        let _ = std::fs::remove_file(log);
        let child = Command::new("strace")
            .args(injection.attach(pid, log))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("strace: {error}"))?;
        Ok(Self(child))
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        // SIGINT lets it detach in order; a killed tracer would leave threads stopped.
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::INT);
        }
        let _ = self.0.wait();
    }
}
