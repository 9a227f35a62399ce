//! `packhorse bench probe`: the ceiling. The same generator and the same segments both ways, against a server that has
//! no queue manager in it: it looks at header, type and a few fields at fixed places, hands bodies from puts to gets in
//! the order in which they came, appends puts and commits to a log, and sends prebuilt replies when they are durable.
//! No matching, no units of work but "visible when durable", no authority, no recovery.
//!
//! How the log is forced matters more than anything else here, and what is best depends on the load: each round runs
//! every variant, and the best one counts.

mod answers;
mod log;
mod machine;

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use mqi::Chars;
use serde_json::json;

use super::calls::Way;
use super::leftovers;
use super::report::{Outcome, grouped};
use super::scenario::{self, Plan, Subject};
use super::target::{Access, LogCounts};
use log::Variant;

/// Runs of one round: ours, and every variant.
pub(super) const RUNS: u32 = 1 + Variant::ALL.len() as u32;

/// First argument of the process that is the probe's server.
pub(super) const SERVER_WORD: &str = "probe-server";

/// Runs the server until its input ends. Arguments: the variant of the log, and its directory.
pub(super) fn serve(args: &[String]) -> i32 {
    let result = match args {
        [variant, directory] => Variant::parse(variant)
            .context("the variant is inline or thread")
            .and_then(|variant| machine::serve(variant, Path::new(directory))),
        _ => Err(anyhow::anyhow!("usage: {SERVER_WORD} inline|thread DIRECTORY")),
    };
    match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("probe: {error:#}");
            20
        }
    }
}

/// A running server.
pub(super) struct Probe {
    child: Child,
    directory: PathBuf,
    address: SocketAddr,
}

impl Probe {
    fn start(plan: &Plan, variant: Variant) -> Result<Self> {
        let name = format!("packhorse-probe-{}", std::process::id());
        let directory = plan.directory.join(name);
        leftovers::directory(&directory, || Ok::<_, std::io::Error>(()))
            .with_context(|| directory.display().to_string())?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["bench", SERVER_WORD, variant.name()])
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = leftovers::spawn(&mut command)?;
        let said = child.stdout.take().context("its output is a pipe")?;
        let mut probe = Self { child, directory, address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) };
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        let port = line.strip_prefix("R ").and_then(|port| port.trim().parse().ok());
        probe.address.set_port(port.context("the probe's server did not start")?);
        Ok(probe)
    }

    pub(super) fn access(&self) -> Access {
        Access {
            address: self.address,
            qmgr_name: Chars::from_str_padded("PROBE"),
            channel: Chars::from_str_padded("PROBE"),
            credentials: None,
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn log_counts(&self) -> Result<LogCounts> {
        LogCounts::ask(std::net::TcpStream::connect(self.address)?)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = leftovers::kill(&mut self.child);
        leftovers::remove(&self.directory);
    }
}

fn one(plan: &Plan, subject: &Subject, name: &'static str, size: usize, clients: usize) -> Result<Outcome> {
    match name {
        "rr-p" | "rr-np" | "rr-p-1q" => scenario::request_reply_on(plan, subject, name, size, clients),
        "stream-p" => scenario::stream_on(plan, subject, size, clients),
        "lat-p" => scenario::latency_on(plan, subject, size, clients),
        other => bail!("there is no probe for '{other}'"),
    }
}

/// What is compared.
struct Figure {
    /// Key of the JSON, and what a person reads.
    name: &'static str,
    unit: &'static str,
    of: fn(&Outcome) -> f64,
    /// The probe's best variant has the greatest, not the smallest.
    more_is_better: bool,
}

const RATE: &[Figure] = &[Figure { name: "rate", unit: "/s", of: Outcome::rate, more_is_better: true }];

/// An open loop has the rate that it was given: what counts is how late the slowest in a hundred was.
const LATENCY: &[Figure] = &[
    Figure {
        name: "confirm_p99",
        unit: " µs",
        of: |outcome| outcome.other.1.quantile_ns(0.99) as f64 / 1e3,
        more_is_better: false,
    },
    Figure {
        name: "end_to_end_p99",
        unit: " µs",
        of: |outcome| outcome.main.1.quantile_ns(0.99) as f64 / 1e3,
        more_is_better: false,
    },
];

/// Rounds of ours and every variant of the probe, and how we compare with the best of each round.
pub(super) fn compare(
    plan: &Plan,
    name: &'static str,
    size: usize,
    clients: usize,
    rounds: u32,
    is_json: bool,
) -> Result<()> {
    if plan.way == Some(Way::Mqget) {
        bail!("the probe knows streaming gets only");
    }
    let figures = if name == "lat-p" { LATENCY } else { RATE };
    let mut ratios = vec![Vec::new(); figures.len()];
    for round in 1..=rounds {
        let ours = one(plan, &Subject::of(plan)?, name, size, clients)?;
        let mut probes = Vec::new();
        for variant in Variant::ALL {
            let probe = Subject::Probe(Probe::start(plan, variant)?);
            probes.push((variant, one(plan, &probe, name, size, clients)?));
        }
        for (figure, ratios) in figures.iter().zip(&mut ratios) {
            let (words, ratio) = figure.compare(&ours, &probes)?;
            ratios.push(ratio);
            if is_json {
                let line = json!({
                    "scenario": name, "size": size, "clients": clients, "round": round,
                    "figure": figure.name, "ours": (figure.of)(&ours), "probe": (figure.of)(&ours) / ratio,
                    "server_us_per_operation": ours.server_us(), "ratio": ratio,
                });
                super::say(&line)?;
            } else {
                super::say(&format!("{name} {size} B x {clients}, round {round}: {words}"))?;
            }
        }
    }
    for (figure, mut ratios) in figures.iter().zip(ratios) {
        ratios.sort_by(f64::total_cmp);
        let (low, median, high) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        if is_json {
            let line = json!({
                "scenario": name, "size": size, "clients": clients, "rounds": rounds, "figure": figure.name,
                "ratio_median": median, "ratio_min": low, "ratio_max": high,
            });
            super::say(&line)?;
        } else {
            let what = figure.name;
            super::say(&format!(
                "{name} {size} B x {clients}: {what} {median:.2} of the probe's ({low:.2} to {high:.2})\n"
            ))?;
        }
    }
    Ok(())
}

impl Figure {
    /// Ours beside all variants, in words, and its ratio to the best of them.
    fn compare(&self, ours: &Outcome, probes: &[(Variant, Outcome)]) -> Result<(String, f64)> {
        let us = |outcome: &Outcome| outcome.server_us().unwrap_or(0.0);
        let mut of_probes: Vec<(f64, &Variant, &Outcome)> =
            probes.iter().map(|(variant, outcome)| ((self.of)(outcome), variant, outcome)).collect();
        of_probes.sort_by(|a, b| if self.more_is_better { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) });
        let words: Vec<String> = of_probes
            .iter()
            .map(|(value, variant, _)| format!("{} {}{}", variant.name(), grouped(*value), self.unit))
            .collect();
        let Some((best, _, outcome)) = of_probes.first() else { bail!("there is no variant") };
        let value = (self.of)(ours);
        let ratio = value / best.max(1e-9);
        let text = format!(
            "{} {}{} ({:.1} µs), probe {} (best {:.1} µs): {ratio:.2}",
            self.name,
            grouped(value),
            self.unit,
            us(ours),
            words.join(", "),
            us(outcome)
        );
        Ok((text, ratio))
    }
}
