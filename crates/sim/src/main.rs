//! Runs the crash tests at length.
//!
//! ```text
//! sim power STATES SEED      power cuts at every step of runs, until STATES disks have been tried
//! sim flips COUNT SEED       COUNT faults of a disk at rest, for each way a run may end
//! sim flips all SEED         every one
//! sim speed MESSAGES         how fast records are appended, and a log with so many live ones restarted
//! ```
//!
//! Exit code 1 if anything was wrong.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sim::flips::{self, Ending, Subject};
use sim::power::{self, Plan};
use sim::{ID, Rng, SimDisk};
use store::{Config, Item, Kind, Log, Record, Recovery, Worker};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let violations = match words[..] {
        ["power", states, seed] => match (states.parse(), seed.parse()) {
            (Ok(states), Ok(seed)) => power(states, seed),
            _ => return usage(),
        },
        ["speed", messages] => match messages.parse() {
            Ok(messages) => speed(messages),
            Err(_) => return usage(),
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
    eprintln!("usage: sim power STATES SEED | sim flips COUNT|all SEED | sim speed MESSAGES");
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

/// Puts messages of 336 bytes of log, a hundred to a group; then starts again with all of them live.
fn speed(messages: u64) -> u64 {
    match measure(messages) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            1
        }
    }
}

fn measure(messages: u64) -> Result<(), store::Error> {
    let config = Config::default();
    let disk = Arc::new(SimDisk::untraced(u64::MAX));
    store::create(&*disk, &config, ID)?;
    let mut log = Recovery::open(Arc::clone(&disk), config.clone())?.finish()?.0;
    let mut worker = Worker::new(Arc::clone(&disk));
    let body = bytes::Bytes::from(vec![7; 296]);
    let (mut appending, mut sealing) = (Duration::ZERO, Duration::ZERO);
    // The checkpoint comes before the last 64 MiB, as it may in life.
    let checkpoint_at = messages.saturating_sub((64 << 20) / 336);
    for first in (0..messages).step_by(100) {
        let start = Instant::now();
        for number in first..(first + 100).min(messages) {
            let mut head = [0; 28];
            head[..8].copy_from_slice(&number.to_le_bytes());
            head[8..16].copy_from_slice(&(number / 3).to_le_bytes());
            log.append(&Record::new(Kind::Put, &head[..]).with_body(body.clone()));
        }
        appending += start.elapsed();
        let start = Instant::now();
        let group = log.seal();
        sealing += start.elapsed();
        if let Some(group) = group {
            let id = disk.begin_write(&format!("S{:07}.LOG", group.extent), group.offset, group.bytes())?;
            disk.finish_write(id);
            let ticket = group.ticket;
            drop(group);
            log.written(ticket, 0);
        }
        if first / 100 == checkpoint_at / 100 {
            log.begin_checkpoint(Vec::new(), 0);
        }
        turn(&mut log, &mut worker)?;
    }
    let per = |d: Duration| d.as_nanos() as f64 / messages as f64;
    println!(
        "append {:.0} ns, seal {:.0} ns a record; {} MB of log",
        per(appending),
        per(sealing),
        log.size() >> 20
    );
    let start = Instant::now();
    let mut recovery = Recovery::open(Arc::clone(&disk), config)?;
    let mut heads = 0;
    while let Some(item) = recovery.next()? {
        heads += match item {
            Item::State(_) => 0,
            Item::Live(live) => live.head.len(),
            Item::Record { record, .. } => record.head.len(),
        };
    }
    let (log, statistics) = recovery.finish()?;
    let took = start.elapsed();
    assert_eq!((log.live().0, heads as u64), (messages, messages * 28), "all messages came back");
    println!("restart {} ms: {statistics:?}", took.as_millis());
    Ok(())
}

fn turn(log: &mut Log, worker: &mut Worker<SimDisk>) -> Result<(), store::Error> {
    log.tick(0);
    while let Some(effect) = log.poll_effect() {
        let done = worker.run(effect)?;
        log.done(done);
    }
    Ok(())
}
