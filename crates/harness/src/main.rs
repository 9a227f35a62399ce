//! `harness`: the campaigns against a real queue manager.
//!
//! ```text
//! harness kills N [--seed S] [--bin PATH]          N kills: under load, a fifth while ending, a fifth during replay
//! harness spill [--seed S] [--bin PATH]            more non-persistent messages than memory, and a full scratch file
//! harness full [--seed S] [--bin PATH]             a full disk and back
//! harness store-max [--seed S] [--bin PATH]        the same with `StoreMax` for the disk
//! harness replay N [--seed S] [--bin PATH]         N kills and N orderly ends, recorded and replayed
//! harness wire [--seed S] [--bin PATH]             known traffic, and what was sent as JSON lines
//! harness attacks SECONDS [NAME...]                attacks, so long each, and what an honest client notices
//! harness displays QUEUES N [--bin PATH]           N displays of all of so many queues at once
//! harness errors N [--seed S] [--bin PATH]         pauses, and N errors injected into the log's system calls
//! ```
//!
//! Prints what it did and found; exit code 1 on a violation, with the ledger kept, or where it could not go on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use harness::campaign::{self, Plan, Report};
use harness::disk_full::{self, Bound};
use harness::process::{QueueManager, Settings, temporary_directory};
use harness::workload::Load;
use harness::{attacks, disk_errors, displays, replay, spill, wire};
use mqi::Reason;

const USAGE: &str = "usage: harness kills N | full | store-max | spill | errors N | replay N | wire | attacks SECONDS [NAME…] | displays QUEUES N   [--seed S] [--bin PATH]";

struct Options {
    words: Vec<String>,
    seed: u64,
    program: PathBuf,
}

fn options() -> Option<Options> {
    let mut options =
        Options { words: Vec::new(), seed: 1, program: PathBuf::from("target/release/packhorse") };
    let mut args = std::env::args().skip(1);
    while let Some(word) = args.next() {
        match word.as_str() {
            "--seed" => options.seed = args.next()?.parse().ok()?,
            "--bin" => options.program = args.next()?.into(),
            _ => options.words.push(word),
        }
    }
    Some(options)
}

fn main() -> ExitCode {
    if let Some(code) = attacker() {
        return code;
    }
    let Some(options) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let directory = match temporary_directory("ledger") {
        Ok(directory) => directory,
        Err(error) => {
            eprintln!("harness: {error}");
            return ExitCode::FAILURE;
        }
    };
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u32>().ok();
    let result = match words.as_slice() {
        ["kills", n] if number(n).is_some() => kills(&options, number(n).unwrap_or(0), &directory),
        ["spill"] => spill(&options, &directory),
        ["full"] => full(Bound::Disk, &options, &directory),
        ["store-max"] => full(Bound::StoreMax, &options, &directory),
        ["replay", n] if number(n).is_some() => replay(&options, number(n).unwrap_or(0), &directory),
        ["wire"] => wire(&options),
        ["attacks", seconds, names @ ..] if number(seconds).is_some() => {
            attacked(&options, number(seconds).unwrap_or(0), names)
        }
        ["displays", queues, n] if number(queues).is_some() && number(n).is_some() => {
            displayed(&options, number(queues).unwrap_or(0), number(n).unwrap_or(0))
        }
        ["errors", n] if number(n).is_some() => errors(&options, number(n).unwrap_or(0), &directory),
        _ => {
            eprintln!("{USAGE}");
            let _ = std::fs::remove_dir_all(&directory);
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(report) if report.violations.is_empty() => {
            let _ = std::fs::remove_dir_all(&directory);
            ExitCode::SUCCESS
        }
        Ok(report) => {
            for violation in report.violations.iter().take(50) {
                eprintln!("{} {}: {}", violation.invariant, violation.about, violation.why);
            }
            for kept in &report.kept {
                eprintln!("the ledger is in {}", kept.display());
            }
            ExitCode::FAILURE
        }
        Err(trouble) => {
            eprintln!("harness: {trouble}\nthe ledger is in {}", directory.display());
            ExitCode::FAILURE
        }
    }
}

/// This process is one that attacks, begun by another of this program.
fn attacker() -> Option<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["attacker", name, address, root, ms] => Some(match attacks::attacker(name, address, root, ms) {
            Ok(tries) => {
                println!("{tries}");
                ExitCode::SUCCESS
            }
            Err(trouble) => {
                eprintln!("harness: {trouble}");
                ExitCode::FAILURE
            }
        }),
        ["attacker-guess", root, password] => {
            attacks::local::guess(root, password);
            Some(ExitCode::SUCCESS)
        }
        _ => None,
    }
}

fn attacked(options: &Options, seconds: u32, names: &[&str]) -> Result<Report, String> {
    let each = Duration::from_secs(u64::from(seconds));
    let outcomes = attacks::run(&options.program, names, each, &mut |row| println!("{row}"))?;
    let worst = outcomes.iter().skip(1).map(|outcome| outcome.figures.trips.worst()).max().unwrap_or(0);
    println!(
        "{} attacks of {seconds} s each: no honest call failed; the worst round trip beside one took {} ms",
        outcomes.len() - 1,
        worst / 1000
    );
    Ok(Report::default())
}

fn displayed(options: &Options, queues: u32, count: u32) -> Result<Report, String> {
    println!("{}", displays::run(&options.program, queues, count)?.line());
    Ok(Report::default())
}

fn kills(options: &Options, kills: u32, directory: &Path) -> Result<Report, String> {
    let subject = QueueManager::create(&options.program, &Settings::small_extents())?;
    let plan = Plan {
        kills,
        round: 25,
        seed: options.seed,
        work_max: Duration::from_millis(700),
        load: Load::FULL,
        directory: directory.to_owned(),
    };
    let report = campaign::run(&subject, &plan, &mut |line| println!("{line}"))?;
    let (written, files) = subject.extents();
    println!("{written} extents of 256 KiB written, in {files} files at the end");
    if u64::from(written) <= 2 * files as u64 {
        return Err("no extent has been used again: the log was never short of room".to_owned());
    }
    println!("{}", report.line());
    none_refused(report)
}

/// Puts may be refused for lack of room only where there is none.
fn none_refused(report: Report) -> Result<Report, String> {
    match report.refused.get(&Reason::RESOURCE_PROBLEM.0) {
        Some(times) => Err(format!("{times} refusals with 2102, on a disk with room")),
        None => Ok(report),
    }
}

fn full(bound: Bound, options: &Options, directory: &Path) -> Result<Report, String> {
    let mut say = |line: &str| println!("{line}");
    let report = disk_full::run_scenario(bound, &options.program, directory, options.seed, &mut say)?;
    println!("disk full and back: {}", report.line());
    Ok(report)
}

fn spill(options: &Options, directory: &Path) -> Result<Report, String> {
    let mut say = |line: &str| println!("{line}");
    let figures = spill::run_scenario(&options.program, directory, options.seed, &mut say)?;
    println!(
        "{} messages beyond memory: {} KiB resident at most, {} allowed; put in {:.1} s, got in {:.1} s",
        figures.messages,
        figures.resident.0 >> 10,
        figures.resident.1 >> 10,
        figures.put_s,
        figures.get_s
    );
    Ok(Report::default())
}

fn replay(options: &Options, kills: u32, directory: &Path) -> Result<Report, String> {
    let (report, counts) = replay::run_scenario(&options.program, directory, options.seed, kills)?;
    println!(
        "{} recordings of starts that ended and {} of starts that were killed replay, {} KiB; {}",
        counts.ended,
        counts.killed,
        counts.bytes >> 10,
        report.line()
    );
    none_refused(report)
}

fn wire(options: &Options) -> Result<Report, String> {
    wire::run_scenario(&options.program, options.seed, &mut |line| println!("{line}"))?;
    Ok(Report::default())
}

fn errors(options: &Options, injections: u32, directory: &Path) -> Result<Report, String> {
    let mut say = |line: &str| println!("{line}");
    let (report, counts) =
        disk_errors::run_scenario(&options.program, directory, options.seed, injections, &mut say)?;
    println!(
        "{injections} injected errors: {} in writes of the log, each ended the process; {} in the making of an \
         extent; {} in control files and summaries; {} met no call; {}",
        counts.fatal,
        counts.making,
        counts.elsewhere,
        counts.missed,
        report.line()
    );
    Ok(report)
}
