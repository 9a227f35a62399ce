//! `packhorse bench`: how fast it is, and how fast it could be.
//!
//! Scenarios have the names of the published reports (`rr-p` is the request and reply test, persistent). A run starts
//! a queue manager of its own, drives it over TCP with one thread, as clients do that it has never seen, and says
//! what operations took, what CPU they cost the server, and how many of them shared a force of the log. `bench probe`
//! measures the same load against a server that has no queue manager in it: the ceiling of this machine at this
//! moment. Numbers of different runs are not to be compared, ratios of one run are.
//!
//! | scenario | what |
//! |---|---|
//! | `rr-p` | requesters and responders, persistent, under syncpoint: 3 commits a round trip |
//! | `rr-np` | the same, not persistent, outside syncpoint |
//! | `rr-p-1q` | persistent, outside syncpoint, on one pair of queues |
//! | `stream-p` | asynchronous puts and gets streamed ahead under syncpoint, a commit every 256 |
//! | `lat-p` | an open loop at a fixed rate |
//! | `deep-fill`, `deep-drain` | a million messages in, and out: 8 producers, 8 consumers, 100 puts or gets a commit |
//! | `idle` | connections that do nothing |
//! | `restart-crash` | a kill, and what is there after it, and when |

mod calls;
mod generator;
mod histogram;
mod idle;
mod latency;
mod leftovers;
mod link;
mod live;
mod meter;
mod probe;
mod process;
mod report;
mod request_reply;
mod restart;
mod scenario;
mod stream;
mod target;

use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::options::{Given, Spec, flag, value};
use calls::Way;
use report::Outcome;
use scenario::Plan;
use target::Access;

pub(crate) const SPEC: Spec = Spec {
    name: "packhorse bench",
    summary: "measure how fast a queue manager is",
    options: &[
        value("--size", "256,2048", "bytes of a message"),
        value("--clients", "1,8,32", "connections, or pairs of them"),
        value("--seconds", "5", "how long is measured"),
        value("--warm-up", "1.5", "how long before that"),
        value("--queues", "10", "pairs of queues"),
        value("--messages", "1000000", "depth of deep-fill, deep-drain and restart-crash"),
        value("--put", "sync|async", "deep-fill and deep-drain: whether puts wait for their answers"),
        value("--batch", "100", "deep-fill and deep-drain: puts or gets that a commit is about"),
        value(
            "--settle",
            "0",
            "deep-fill and deep-drain: seconds in which nothing happens before the disk is measured",
        ),
        value("--rate", "500", "lat-p: messages a second"),
        value(
            "--get",
            "stream|ahead|mqget",
            "one at a time, as IBM's clients ask for messages; ahead, as a client of our own may \
             (stream-p and deep-drain do if nothing is said); or by MQGET",
        ),
        flag("--json", "results as lines of JSON"),
        value("--directory", "DIR", "where its queue manager is, else the directory for temporary files"),
        value("--tuning", "Key=Value,...", "keys of the stanza TuningParameters of qm.ini"),
        value("--connect", "host:port", "measure a queue manager that runs there"),
        value("--channel", "NAME", "its channel"),
        value("--qmgr", "NAME", "its name"),
        value("--user", "USER", "a user whose password is in MQ_BENCH_PASSWORD"),
        value("--pid", "PID", "its process, to measure what it takes"),
        value("--rounds", "3", "of the probe"),
    ],
    missing: &[],
    names: &["[SCENARIO...]"],
    notes: "Scenarios: rr-p rr-np rr-p-1q stream-p lat-p deep-fill deep-drain idle restart-crash; \
            none: a short run of each.\n\
            'packhorse bench probe [SCENARIO...]' measures the ceiling of this machine beside it; \
            'packhorse bench objects' prints the MQSC of the queues that --connect needs.",
};

/// Names, and sizes and clients of a run that says nothing about them.
const SCENARIOS: &[(&str, usize, usize)] = &[
    ("rr-p", 2048, 8),
    ("rr-np", 2048, 8),
    ("rr-p-1q", 2048, 32),
    ("stream-p", 256, 1),
    ("lat-p", 2048, 8),
    ("deep-fill", 256, 8),
    ("deep-drain", 256, 8),
    ("idle", 0, 1000),
    ("restart-crash", 256, 8),
];

/// Messages of a short run of the scenarios about depth.
const SHORT_MESSAGES: u64 = 200_000;

/// A run of everything that is worth a look.
const SHORT: &[Run] = &[
    ("rr-p", 2048, 1),
    ("rr-p", 2048, 8),
    ("rr-p", 2048, 32),
    ("rr-np", 2048, 8),
    ("rr-p-1q", 2048, 32),
    ("stream-p", 256, 1),
    ("stream-p", 2048, 1),
    ("lat-p", 2048, 8),
    ("deep-drain", 256, 8),
    ("restart-crash", 256, 8),
    ("idle", 0, 1000),
];

/// How many messages a second go into a deep queue, or out of it, on the machine that estimates are made for.
const MESSAGES_A_SECOND: f64 = 50_000.0;

/// Runs what is asked for.
pub(crate) fn run(args: &[String]) -> i32 {
    if args.first().is_some_and(|word| word == probe::SERVER_WORD) {
        return probe::serve(&args[1..]);
    }
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => {
            eprintln!("{usage}");
            return 20;
        }
    };
    server::sys::raise_file_limit();
    let result = leftovers::watch().context("signals cannot be waited for").and_then(|()| perform(&given));
    leftovers::wait_if_ending();
    match result {
        Ok(()) => 0,
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe) =>
        {
            server::watch::end_by_broken_pipe()
        }
        Err(error) => {
            eprintln!("packhorse bench: {error:#}");
            20
        }
    }
}

fn perform(given: &Given) -> Result<()> {
    let mut names: Vec<&str> = given.names.iter().map(String::as_str).collect();
    if names == ["objects"] {
        return say(&target::objects().trim_end());
    }
    let is_probe = names.first() == Some(&"probe");
    if is_probe {
        names.remove(0);
    }
    if let Some(unknown) = names.iter().find(|name| !SCENARIOS.iter().any(|(known, ..)| known == *name)) {
        let known: Vec<&str> = SCENARIOS.iter().map(|(known, ..)| *known).collect();
        bail!("'{unknown}' is not a scenario; these are: {}", known.join(" "));
    }
    let mut plan = plan(given)?;
    warn_about(&plan);
    let is_json = given.has("--json");
    if is_probe {
        if names.is_empty() {
            names.push("rr-p");
        }
        let rounds = number(given, "--rounds", 3, 1, 1000)?;
        let runs = runs(given, &names)?;
        announce(&plan, &runs, rounds * probe::RUNS);
        for (name, size, clients) in runs {
            probe::compare(&plan, name, size, clients, rounds, is_json)?;
        }
        return Ok(());
    }
    let runs = if names.is_empty() {
        if given.value("--messages").is_none() {
            plan.messages = SHORT_MESSAGES;
        }
        SHORT.to_vec()
    } else {
        runs(given, &names)?
    };
    announce(&plan, &runs, 1);
    for (name, size, clients) in runs {
        for outcome in one(&plan, name, size, clients)? {
            print(&outcome, is_json)?;
        }
    }
    Ok(())
}

/// A scenario with a size and a number of clients.
type Run = (&'static str, usize, usize);

/// Every scenario with every size and number of clients.
fn runs(given: &Given, names: &[&str]) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for name in names {
        let name = canonical(name)?;
        runs.extend(combinations(given, name)?.into_iter().map(|(size, clients)| (name, size, clients)));
    }
    Ok(runs)
}

/// Says before it starts how long it will take, about; on a machine half as fast the deep queues take twice that.
fn announce(plan: &Plan, runs: &[Run], times: u32) {
    if plan.is_quiet {
        return;
    }
    let all = runs.iter().map(|(name, ..)| estimate(plan, name)).sum::<Duration>() * times;
    let all = match all.as_secs() {
        seconds if seconds < 100 => format!("{} s", seconds.max(1)),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    };
    let count = runs.len() * times as usize;
    eprintln!(
        "{count} {}, about {all}; Ctrl-C ends it, and nothing stays behind.",
        if count == 1 { "run" } else { "runs" }
    );
}

fn estimate(plan: &Plan, name: &str) -> Duration {
    let start = Duration::from_millis(if plan.connect.is_some() { 0 } else { 1000 });
    let walk = Duration::from_secs_f64(plan.messages as f64 / MESSAGES_A_SECOND);
    start
        + match name {
            "deep-fill" => walk + plan.settle,
            "deep-drain" => 2 * walk + plan.settle,
            "restart-crash" => 2 * walk + 3 * start,
            _ => plan.warm_up + plan.measured,
        }
}

fn one(plan: &Plan, name: &'static str, size: usize, clients: usize) -> Result<Vec<Outcome>> {
    let outcomes = match name {
        "rr-p" | "rr-np" | "rr-p-1q" => vec![scenario::request_reply(plan, name, size, clients)?],
        "stream-p" => vec![scenario::stream(plan, size, clients)?],
        "lat-p" => vec![scenario::latency(plan, size, clients)?],
        "deep-fill" => scenario::deep(plan, size, clients, false)?,
        "deep-drain" => scenario::deep(plan, size, clients, true)?,
        "idle" => vec![scenario::idle(plan, clients)?],
        "restart-crash" => vec![restart::crash(plan, size, clients)?],
        other => bail!("'{other}' is not a scenario"),
    };
    Ok(outcomes)
}

fn print(outcome: &Outcome, is_json: bool) -> Result<()> {
    say(&if is_json { outcome.json().to_string() } else { outcome.text() })
}

/// Prints lines; fails when nobody reads them.
fn say(text: &impl std::fmt::Display) -> Result<()> {
    let mut out = io::stdout().lock();
    Ok(writeln!(out, "{text}").and_then(|()| out.flush())?)
}

fn canonical(name: &str) -> Result<&'static str> {
    let found = SCENARIOS.iter().find(|(known, ..)| *known == name);
    found.map(|(known, ..)| *known).with_context(|| format!("'{name}' is not a scenario"))
}

/// Every size with every number of clients.
fn combinations(given: &Given, name: &str) -> Result<Vec<(usize, usize)>> {
    let default = SCENARIOS.iter().find(|(known, ..)| *known == name).context("its name has been checked")?;
    let sizes = list(given, "--size", default.1)?;
    let clients = list(given, "--clients", default.2)?;
    if let Some(size) = sizes.iter().find(|size| **size > mqi::call::MESSAGE_LENGTH_MAX as usize) {
        bail!("a message of {size} bytes is too long");
    }
    if clients.contains(&0) {
        bail!("--clients: at least one");
    }
    Ok(sizes.iter().flat_map(|size| clients.iter().map(move |clients| (*size, *clients))).collect())
}

fn list(given: &Given, option: &str, default: usize) -> Result<Vec<usize>> {
    let Some(text) = given.value(option) else { return Ok(vec![default]) };
    text.split(',')
        .map(|part| part.parse().with_context(|| format!("{option}: '{part}' is not a number")))
        .collect()
}

fn number(given: &Given, option: &str, default: u32, min: u32, max: u32) -> Result<u32> {
    Ok(given.number(option, min, max).map_err(anyhow::Error::msg)?.unwrap_or(default))
}

fn seconds(given: &Given, option: &str, default: f64) -> Result<Duration> {
    let value = match given.value(option) {
        Some(text) => text.parse().with_context(|| format!("{option}: '{text}' is not a number"))?,
        None => default,
    };
    Duration::try_from_secs_f64(value).with_context(|| format!("{option}: {value} is out of range"))
}

fn plan(given: &Given) -> Result<Plan> {
    let way = match given.value("--get") {
        None => None,
        Some("stream") => Some(Way::Stream),
        Some("ahead") => Some(Way::Ahead),
        Some("mqget") => Some(Way::Mqget),
        Some(other) => bail!("--get: '{other}' is neither stream nor ahead nor mqget"),
    };
    let is_async = match given.value("--put") {
        None | Some("sync") => false,
        Some("async") => true,
        Some(other) => bail!("--put: '{other}' is neither sync nor async"),
    };
    let tuning = given.value("--tuning").unwrap_or_default();
    Ok(Plan {
        directory: given.value("--directory").map_or_else(std::env::temp_dir, PathBuf::from),
        tuning: tuning.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        measured: seconds(given, "--seconds", 5.0)?,
        warm_up: seconds(given, "--warm-up", 1.5)?,
        way,
        pairs: number(given, "--queues", target::PAIRS as u32, 1, target::PAIRS as u32)? as usize,
        messages: u64::from(number(given, "--messages", 1_000_000, 1, u32::MAX)?),
        is_async,
        batch: number(given, "--batch", 100, 1, 10_000)? as usize,
        settle: seconds(given, "--settle", 0.0)?,
        rate: u64::from(number(given, "--rate", 500, 1, 1_000_000)?),
        is_quiet: given.has("--json"),
        connect: connect(given)?,
    })
}

fn connect(given: &Given) -> Result<Option<(Access, Option<u32>)>> {
    let Some(address) = given.value("--connect") else { return Ok(None) };
    let channel = given.value("--channel").context("--connect needs --channel")?;
    let credentials = match given.value("--user") {
        Some(user) => {
            let password =
                server::environ::take("MQ_BENCH_PASSWORD").context("MQ_BENCH_PASSWORD is not set")?;
            Some((user.to_owned(), password))
        }
        None => None,
    };
    let access = Access::parse(address, channel, given.value("--qmgr").unwrap_or_default(), credentials)?;
    let pid = given.number("--pid", 1, u32::MAX).map_err(anyhow::Error::msg)?;
    Ok(Some((access, pid)))
}

/// A log in memory is forced at no cost: its numbers say nothing.
fn warn_about(plan: &Plan) {
    const TMPFS: i64 = 0x0102_1994;
    if let Ok(stat) = rustix::fs::statfs(&plan.directory)
        && stat.f_type == TMPFS
    {
        eprintln!("{} is in memory: choose a disk with --directory.", plan.directory.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str) -> Given {
        SPEC.parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn sizes_and_clients_are_combined() {
        assert_eq!(combinations(&given("rr-p"), "rr-p").unwrap(), [(2048, 8)]);
        let four = combinations(&given("rr-p --size 1,2 --clients 3,4"), "rr-p").unwrap();
        assert_eq!(four, [(1, 3), (1, 4), (2, 3), (2, 4)]);
        for wrong in ["--size x", "--clients 0", "--size 999999999"] {
            assert!(combinations(&given(wrong), "rr-p").is_err(), "{wrong}");
        }
    }

    #[test]
    fn misuse_is_named() {
        for (line, what) in [
            ("rr-q", "'rr-q' is not a scenario; these are: rr-p rr-np "),
            ("rr-p --get pull", "neither stream nor ahead"),
            ("deep-fill --put later", "neither sync nor async"),
            ("rr-p --seconds x", "not a number"),
            ("rr-p --seconds -1", "out of range"),
            ("rr-p --connect localhost:1414", "needs --channel"),
            ("rr-p --connect nowhere --channel C", "not host:port"),
            ("rr-p --queues 11", "1 to 10"),
        ] {
            let error = format!("{:#}", perform(&given(line)).unwrap_err());
            assert!(error.contains(what), "{line}: {error}");
        }
    }
}
