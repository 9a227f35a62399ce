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

use super::report::{Outcome, grouped};
use super::scenario::{self, Plan, Subject};
use super::target::{Access, LogCounts};
use log::Variant;

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
        std::fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", SERVER_WORD, variant.name()])
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
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
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn one(plan: &Plan, subject: &Subject, name: &'static str, size: usize, clients: usize) -> Result<Outcome> {
    match name {
        "rr-p" | "rr-np" | "rr-p-1q" => scenario::request_reply_on(plan, subject, name, size, clients),
        "stream-p" => scenario::stream_on(plan, subject, size, clients),
        other => bail!("there is no probe for '{other}'"),
    }
}

/// Rounds of ours and every variant of the probe, and how we compare with the best of each round.
pub(super) fn compare(
    plan: &Plan,
    name: &'static str,
    size: usize,
    clients: usize,
    rounds: u32,
    is_json: bool,
) -> Result<()> {
    if plan.by_mqget {
        bail!("the probe knows streaming gets only");
    }
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let ours = one(plan, &Subject::of(plan)?, name, size, clients)?;
        let mut best: Option<(Variant, Outcome)> = None;
        let mut rates = Vec::new();
        for variant in Variant::ALL {
            let probe = Subject::Probe(Probe::start(plan, variant)?);
            let outcome = one(plan, &probe, name, size, clients)?;
            rates.push((variant, outcome.rate()));
            if best.as_ref().is_none_or(|(_, best)| outcome.rate() > best.rate()) {
                best = Some((variant, outcome));
            }
        }
        let Some((variant, best)) = best else { bail!("there is no variant") };
        let ratio = ours.rate() / best.rate().max(1e-9);
        ratios.push(ratio);
        let us = |outcome: &Outcome| outcome.server_us().unwrap_or(0.0);
        if is_json {
            let line = json!({
                "scenario": name, "size": size, "clients": clients, "round": round,
                "rate": ours.rate(), "server_us_per_operation": us(&ours),
                "probe_rate": best.rate(), "probe_us_per_operation": us(&best),
                "probe_variant": variant.name(), "ratio": ratio,
            });
            println!("{line}");
        } else {
            let words: Vec<String> = rates
                .iter()
                .map(|(variant, rate)| format!("{} {}", variant.name(), grouped(*rate)))
                .collect();
            println!(
                "{name} {size} B x {clients}, round {round}: {}/s ({:.1} µs), probe {}/s (best {:.1} µs): {ratio:.2}",
                grouped(ours.rate()),
                us(&ours),
                words.join(", "),
                us(&best)
            );
        }
    }
    ratios.sort_by(f64::total_cmp);
    let (low, median, high) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    if is_json {
        let line = json!({
            "scenario": name, "size": size, "clients": clients, "rounds": rounds,
            "ratio_median": median, "ratio_min": low, "ratio_max": high,
        });
        println!("{line}");
    } else {
        println!("{name} {size} B x {clients}: {median:.2} of the probe ({low:.2} to {high:.2})\n");
    }
    Ok(())
}
