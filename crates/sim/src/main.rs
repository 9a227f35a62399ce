//! Runs the crash tests at length.
//!
//! ```text
//! sim power STATES SEED      power cuts at every step of runs, until STATES disks have been tried
//! sim flips COUNT SEED       COUNT faults of a disk at rest, for each way a run may end
//! sim flips all SEED         every one
//! ```
//!
//! Exit code 1 if anything was wrong.

use std::process::ExitCode;

use sim::Rng;
use sim::flips::{self, Ending, Subject};
use sim::power::{self, Plan};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let violations = match words[..] {
        ["power", states, seed] => match (states.parse(), seed.parse()) {
            (Ok(states), Ok(seed)) => power(states, seed),
            _ => return usage(),
        },
        ["flips", count, seed] => match (count, count.parse(), seed.parse()) {
            ("all", _, Ok(seed)) => flips(None, seed),
            (_, Ok(count), Ok(seed)) => flips(Some(count), seed),
            _ => return usage(),
        },
        _ => return usage(),
    };
    if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!("usage: sim power STATES SEED | sim flips COUNT|all SEED");
    ExitCode::from(2)
}

fn power(states: u64, seed: u64) -> u64 {
    let tally = power::run(states, seed, &Plan::default());
    for what in &tally.first {
        eprintln!("{what}");
    }
    println!(
        "{} runs, {} moments, {} restarts cut; {:?}",
        tally.runs, tally.moments, tally.restarts, tally.reached
    );
    println!("{} states, {} violations", tally.states + tally.restarts, tally.violations);
    tally.violations
}

fn flips(count: Option<u64>, seed: u64) -> u64 {
    let mut violations = 0;
    let mut faults = 0;
    for ending in [Ending::Clean, Ending::Idle, Ending::Killed] {
        let subject = match Subject::new(seed, ending) {
            Ok(subject) => subject,
            Err(error) => {
                eprintln!("{ending:?}: {error}");
                return 1;
            }
        };
        let mut rng = Rng::new(seed);
        let tally = match count {
            Some(count) => flips::sample(&subject, count, &mut rng),
            None => flips::exhaust(&subject, &mut rng),
        };
        for what in &tally.first {
            eprintln!("{ending:?}: {what}");
        }
        println!(
            "{ending:?}: {} harmless, {} repaired, {} refused, {} reported, {} in the window",
            tally.harmless, tally.repaired, tally.refused, tally.reported, tally.window
        );
        violations += tally.violations;
        faults += tally.faults;
    }
    println!("{faults} states, {violations} violations");
    violations
}
