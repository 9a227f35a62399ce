//! `cargo xtask long bench`: every figure that the benchmark is held to, measured and compared.
//!
//! Ratios are of rounds of one run, ours and the other side in turn, and the median counts; absolute rates are
//! printed for the record only. Nothing here is a test: a figure that is missed is printed as missed, and the run goes
//! on, for the table is what `docs/evidence.md` wants.

use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::binaries::program;
use crate::peers::{self, Scenario};
use crate::run::output;

/// Rounds of everything that is a ratio.
const ROUNDS: usize = 3;

/// What a figure must be.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}

impl Wanted {
    fn is_met(self, seen: f64) -> bool {
        match self {
            Self::AtLeast(bound) => seen >= bound,
            Self::AtMost(bound) => seen <= bound,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtLeast(bound) => format!("at least {bound}"),
            Self::AtMost(bound) => format!("at most {bound}"),
        }
    }
}

/// The table so far.
#[derive(Default)]
struct Table {
    figures: usize,
    missed: Vec<String>,
}

impl Table {
    fn row(&mut self, what: &str, wanted: Wanted, seen: &[f64]) {
        let mut seen = seen.to_vec();
        seen.sort_by(f64::total_cmp);
        self.figures += 1;
        let Some(median) = seen.get(seen.len() / 2).copied() else {
            println!("| {what} | {} | not measured | missed |", wanted.words());
            self.missed.push(what.to_owned());
            return;
        };
        let range = match seen.len() {
            1 => String::new(),
            n => format!(" ({:.2} to {:.2})", seen[0], seen[n - 1]),
        };
        let verdict = if wanted.is_met(median) { "met" } else { "**missed**" };
        println!("| {what} | {} | {median:.2}{range} | {verdict} |", wanted.words());
        if !wanted.is_met(median) {
            self.missed.push(what.to_owned());
        }
    }
}

/// Measures everything. Returns what came of it in one line.
pub(crate) fn all() -> Result<String> {
    let mut table = Table::default();
    println!("| figure | wanted | seen: median (range) | |\n|---|---|---|---|");
    request_reply(&mut table)?;
    let rate = ratios(&probe("rr-p --clients 32")?, "rate");
    table.row("`rr-p` 2 KiB at 32, of the probe", Wanted::AtLeast(0.5), &rate);
    // One in a hundred of 500 a second: a longer run, so that it is more than a handful.
    let rounds = probe("lat-p --clients 8 --seconds 15")?;
    for (figure, words) in [("confirm_p99", "confirm"), ("end_to_end_p99", "end to end")] {
        let what = format!("`lat-p` 500/s, p99 {words}, of the probe's");
        table.row(&what, Wanted::AtMost(1.5), &ratios(&rounds, figure));
    }
    depth(&mut table)?;
    idle(&mut table)?;
    beside_rabbit(&mut table)?;
    let (met, all) = (table.figures - table.missed.len(), table.figures);
    let missed = if table.missed.is_empty() {
        String::new()
    } else {
        format!("; missed: {}", table.missed.join("; "))
    };
    Ok(format!("{met} of {all} figures met{missed}"))
}

/// Runs `packhorse bench` and takes the objects that it prints.
fn bench(words: &str) -> Result<Vec<Value>> {
    let said = output(
        Command::new(program("packhorse")?).arg("bench").args(words.split_whitespace()).arg("--json"),
    )?;
    Ok(said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Runs one scenario.
fn one(words: &str) -> Result<Value> {
    bench(words)?.pop().with_context(|| format!("`packhorse bench {words} --json` prints an object"))
}

fn figure(of: &Value, name: &str) -> Result<f64> {
    of[name].as_f64().with_context(|| format!("'{name}' is in {of}"))
}

/// Scenarios of requests and replies beside each other.
fn request_reply(table: &mut Table) -> Result<()> {
    let (mut cpu, mut np, mut one_queue, mut group, mut growth) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let at_32 = one("rr-p --size 2048 --clients 32")?;
        let at_128 = one("rr-p --size 2048 --clients 128")?;
        let np_32 = one("rr-np --size 2048 --clients 32")?;
        let q_128 = one("rr-p-1q --size 2048 --clients 128")?;
        cpu.push(figure(&at_32, "server_us_per_operation")?);
        np.push(figure(&np_32, "rate")? / figure(&at_32, "rate")?);
        one_queue.push(figure(&q_128, "rate")? / figure(&at_128, "rate")?);
        // Half of the durable steps are puts, and half of those go to the one request queue.
        group.push(figure(&q_128, "group_factor")? / 4.0);
        growth.push(figure(&at_128, "rate")? / figure(&at_32, "rate")?);
    }
    table.row("`rr-p` 2 KiB at 32, µs of server CPU", Wanted::AtMost(180.0), &cpu);
    table.row("`rr-np` of `rr-p`, at 32", Wanted::AtLeast(2.0), &np);
    table.row("`rr-p-1q` of `rr-p`, at 128", Wanted::AtLeast(1.0), &one_queue);
    table.row("`rr-p-1q` at 128, puts to one queue a force", Wanted::AtLeast(8.0), &group);
    table.row("`rr-p` at 128 of `rr-p` at 32", Wanted::AtLeast(1.0), &growth);
    Ok(())
}

/// Rounds of one scenario beside the probe.
fn probe(words: &str) -> Result<Vec<Value>> {
    bench(&format!("probe {words} --size 2048 --rounds {ROUNDS}"))
}

/// The ratios of one figure in those rounds.
fn ratios(rounds: &[Value], of: &str) -> Vec<f64> {
    let rounds = rounds.iter().filter(|line| line["figure"] == *of && line["round"].is_u64());
    rounds.filter_map(|line| line["ratio"].as_f64()).collect()
}

/// A million messages in, kept, and out.
fn depth(table: &mut Table) -> Result<()> {
    let runs = bench("deep-drain --size 256 --clients 8 --messages 1000000")?;
    let [fill, _] = &runs[..] else { anyhow::bail!("a fill and a drain in {runs:?}") };
    table.row("1 M × 256 B, resident MB", Wanted::AtMost(150.0), &[figure(fill, "rss_mb")?]);
    table.row(
        "the same, disk bytes a message",
        Wanted::AtMost(450.0),
        &[figure(fill, "disk_bytes_per_message")?],
    );
    let log = figure(fill, "log_bytes_per_operation")?;
    table.row("the same, log bytes a message", Wanted::AtMost(256.0 + 160.0), &[log]);
    let ratio = |runs: &[Value]| -> Result<f64> { Ok(figure(&runs[1], "rate")? / figure(&runs[0], "rate")?) };
    let mut ratios = vec![ratio(&runs)?];
    for _ in 1..ROUNDS {
        ratios.push(ratio(&bench("deep-drain --size 256 --clients 8 --messages 300000")?)?);
    }
    table.row("`deep-drain` of `deep-fill`, plain puts, messages ahead", Wanted::AtLeast(1.0), &ratios);
    let (mut one_by_one, mut with_async) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let words = "deep-drain --size 256 --clients 8 --messages 300000";
        one_by_one.push(ratio(&bench(&format!("{words} --get stream"))?)?);
        with_async.push(ratio(&bench(&format!("{words} --put async"))?)?);
    }
    table.row("the same, messages one at a time", Wanted::AtLeast(1.0), &one_by_one);
    table.row("the same, asynchronous puts, messages ahead", Wanted::AtLeast(1.0), &with_async);
    let slow = one("deep-fill --size 256 --clients 1 --batch 1 --settle 10 --messages 1000000")?;
    let disk = figure(&slow, "disk_bytes_per_message")?;
    table.row("1 M × 256 B, a put a force, 10 s later: disk bytes a message", Wanted::AtMost(450.0), &[disk]);
    let crash = one("restart-crash --size 256 --clients 8 --messages 1000000")?;
    table.row("first get after SIGKILL, ms", Wanted::AtMost(1000.0), &[figure(&crash, "first_get_ms")?]);
    table.row("acknowledged messages lost", Wanted::AtMost(0.0), &[figure(&crash, "lost")?]);
    Ok(())
}

fn idle(table: &mut Table) -> Result<()> {
    let idle = one("idle --clients 1000")?;
    let each = figure(&idle, "rss_bytes_per_connection")?;
    table.row("an idle connection, resident bytes", Wanted::AtMost(24.0 * 1024.0), &[each]);
    table.row("1,000 of them, % of a core", Wanted::AtMost(1.0), &[figure(&idle, "idle_cpu_percent")?]);
    Ok(())
}

fn beside_rabbit(table: &mut Table) -> Result<()> {
    for (scenario, wanted) in [
        (Scenario { name: "rr-p", bytes: 2048, clients: 32 }, 2.5),
        (Scenario { name: "stream-p", bytes: 256, clients: 1 }, 3.0),
        (Scenario { name: "stream-p", bytes: 256, clients: 8 }, 3.0),
    ] {
        let ratios = peers::ratios(peers::RABBIT, &scenario, ROUNDS)?;
        let what = format!("`{}` {} B at {}, of RabbitMQ", scenario.name, scenario.bytes, scenario.clients);
        table.row(&what, Wanted::AtLeast(wanted), &ratios);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_is_missed_is_named() {
        let mut table = Table::default();
        table.row("fast", Wanted::AtLeast(2.0), &[3.0, 1.0, 2.0]);
        table.row("small", Wanted::AtMost(2.0), &[2.1]);
        table.row("nothing", Wanted::AtMost(2.0), &[]);
        assert_eq!((table.figures, table.missed), (3, vec!["small".to_owned(), "nothing".to_owned()]));
    }
}
