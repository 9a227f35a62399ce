//! `cargo xtask long NAME [N]`: the runs that are too long for CI. Each prints, as its last line, a row for
//! `docs/evidence.md`; whoever ran it adds the row.
//!
//! A run that finds a violation prints its row too, and fails.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::run::output;
use crate::{crash, figures, fuzz, java};

/// Levels that clients of the versions in use know.
const COMMAND_LEVELS: &[u32] = &[912, 940];

/// Runs one.
pub(crate) fn long(name: &str, rest: &[&str]) -> Result<()> {
    let count = rest.first().copied();
    let seed = seed();
    let begun = Instant::now();
    let (what, result) = match name {
        "kills" => (
            "kill -9 under load, while ending, during replay",
            crash::harness(&["kills", count.unwrap_or("1000")], &seed),
        ),
        "full" => ("disk full and back", crash::harness(&["full"], &seed)),
        "errors" => {
            ("pauses and injected errors", crash::harness(&["errors", count.unwrap_or("300")], &seed))
        }
        "attacks" => {
            ("attacks beside honest clients", crash::harness(&["attacks", count.unwrap_or("10")], &seed))
        }
        "displays" => {
            ("everything displayed", crash::harness(&["displays", count.unwrap_or("100000"), "10"], &seed))
        }
        "power" => ("power cuts", crash::power(count.unwrap_or("1000000"), &seed)),
        "flips" => ("flips and sector faults", crash::flips(count.unwrap_or("all"), &seed)),
        "bench" => ("`packhorse bench`, all figures", figures::all()),
        "java" => ("Java clients, every version, all tests", java_all()),
        "fuzz" => ("fuzz targets, each alone", fuzz::long(count.unwrap_or("60"))),
        _ => bail!(
            "no long run '{name}'; there are kills, full, errors, attacks, displays, power, flips, java, bench, fuzz"
        ),
    };
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let (came_of_it, violations) = match &result {
        Ok(line) => (line.clone(), "0"),
        Err(error) => (error.to_string().lines().next().unwrap_or_default().to_owned(), "**see the run**"),
    };
    println!(
        "| {} | {} | {what}, seed {seed}, {minutes:.0} min | {came_of_it} | {violations} |",
        output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?.trim(),
        output(Command::new("git").args(["rev-parse", "--short=10", "HEAD"]))?.trim(),
    );
    result.map(drop)
}

/// A seed that was not used before: the time. It is in the row, so that the run can be repeated.
fn seed() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| d.as_secs()).to_string()
}

fn java_all() -> Result<String> {
    let mut tests = 0;
    for level in COMMAND_LEVELS {
        for (flavour, version, _) in java::CLIENTS {
            let passed = java::run_one(flavour, *version, false, Some(*level))?;
            println!("    {flavour} {} at {level}: {passed} tests", version.unwrap_or("newest"));
            tests += passed;
        }
    }
    Ok(format!("{tests} tests with {} clients at command levels {COMMAND_LEVELS:?}", java::CLIENTS.len()))
}
