//! Crashes: power cuts and damaged bits on simulated disks, kills and disk errors of the real process.

use std::process::Command;

use anyhow::{Result, bail};

use crate::binaries::program;
use crate::run::{Step, need, passing_through, run};

/// Seeds of CI. Long runs take others.
const SEED: &str = "1";

/// Power cuts at every step of a simulated disk; damage at rest.
pub(crate) fn sim() -> Result<Step> {
    power("20000", SEED)?;
    flips("10000", SEED)?;
    Ok(Step::Passed)
}

/// Returns the line that says how many and how it went.
pub(crate) fn power(states: &str, seed: &str) -> Result<String> {
    passing_through(Command::new(program("sim")?).args(["power", states, seed]))
}

/// As [`power`]; `all` for every fault there is.
pub(crate) fn flips(count: &str, seed: &str) -> Result<String> {
    passing_through(Command::new(program("sim")?).args(["flips", count, seed]))
}

/// SIGKILL under load, while the queue manager ends and while it replays its log; every message accounted for.
pub(crate) fn kills() -> Result<Step> {
    harness(&["kills", "30"], SEED)?;
    Ok(Step::Passed)
}

/// Kills and orderly ends under load, recorded: each start replays in another process to what it had said.
pub(crate) fn replay() -> Result<Step> {
    harness(&["replay", "4"], SEED)?;
    Ok(Step::Passed)
}

/// A full disk and back, more than memory and a full scratch file, pauses, errors in the calls that the log makes.
pub(crate) fn disk() -> Result<Step> {
    if !need("strace", "strace")? || !need("mkfs.ext4", "e2fsprogs")? {
        return Ok(Step::Skipped);
    }
    harness(&["errors", "24"], SEED)?;
    harness(&["full"], SEED)?;
    harness(&["spill"], SEED)?;
    harness(&["store-max"], SEED)?;
    Ok(Step::Passed)
}

/// Attacks that one peer, one application or one local user can make: nobody honest fails beside them. The figures are
/// printed; nothing is asked of them here.
pub(crate) fn attacks() -> Result<Step> {
    harness(&["attacks", "1"], SEED)?;
    Ok(Step::Passed)
}

/// Runs the survival harness; the last line that it printed.
pub(crate) fn harness(words: &[&str], seed: &str) -> Result<String> {
    let packhorse = program("packhorse")?;
    let mut command = Command::new(program("harness")?);
    command.args(words).args(["--seed", seed]).arg("--bin").arg(packhorse);
    let line = passing_through(&mut command)?;
    if line.is_empty() {
        bail!("the harness said nothing");
    }
    Ok(line)
}

/// A single test of the harness's own kind, for those who look for a fault: `cargo xtask harness WORDS`.
pub(crate) fn by_hand(words: &[&str]) -> Result<()> {
    let packhorse = program("packhorse")?;
    run(Command::new(program("harness")?).args(words).arg("--bin").arg(packhorse))
}
