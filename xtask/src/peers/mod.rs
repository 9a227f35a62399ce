//! `cargo xtask bench --peers`: our benchmark beside RabbitMQ and Redis, round by round on the same machine.
//!
//! One broker at a time, started on loopback with an empty directory on the same file system, stopped by its own
//! process; rounds interleaved (ours, RabbitMQ, Redis, ours, …). Printed are the median of the per-round ratios and
//! their range; absolute numbers of different runs are never compared.
//!
//! Durability of the peers, as `performance.md` observed it at the block device: RabbitMQ with durable queues,
//! delivery mode 2 and publisher confirms, and Redis streams with `appendfsync always`, force before they answer.
//! Neither confirms the acknowledgement of a consumer; our round trip has three durable commits where theirs has
//! two durable puts. That is printed with the ratio.
//!
//! The peers' client is this program: one thread and one connection per requester and responder, blocking sockets.

mod load;
mod rabbit;
mod redis;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::binaries::program;
use crate::run::{need_quietly, output};

/// What a client of a peer does; each call returns when the broker has answered.
pub(crate) trait Client: Send {
    /// Puts so many messages and waits until all are durable.
    fn put_many(&mut self, queue: &str, body: &[u8], count: usize) -> Result<()>;

    /// Puts one.
    fn put(&mut self, queue: &str, body: &[u8]) -> Result<()> {
        self.put_many(queue, body, 1)
    }

    /// Gets the next message of the queue that this client consumes; none: none came within a short wait.
    fn get(&mut self) -> Result<Option<Vec<u8>>>;
    /// Acknowledges the message got last.
    fn acknowledge(&mut self) -> Result<()>;
}

/// A running broker.
pub(crate) trait Broker: Sync {
    /// Makes a durable queue.
    fn declare(&self, queue: &str) -> Result<()>;
    /// Connects; `consumes`: the queue that [`Client::get`] reads, with so many messages at most on their way.
    fn connect(&self, consumes: Option<&str>, prefetch: u16) -> Result<Box<dyn Client>>;
    /// Its process.
    fn pid(&self) -> u32;
}

/// What a round measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// Operations a second: round trips, or messages.
    pub(crate) rate: f64,
    /// CPU of the broker, µs an operation.
    pub(crate) server_us: f64,
}

/// A scenario, by the names of the performance reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
    pub(crate) clients: usize,
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "rr-p", bytes: 2048, clients: 8 },
    Scenario { name: "rr-p", bytes: 2048, clients: 32 },
    Scenario { name: "stream-p", bytes: 256, clients: 1 },
    Scenario { name: "stream-p", bytes: 2048, clients: 1 },
];

const ROUNDS: usize = 3;
pub(crate) const WARM_UP: Duration = Duration::from_millis(1500);
pub(crate) const MEASURED: Duration = Duration::from_secs(5);

pub(crate) const RABBIT: &str = "RabbitMQ";
const REDIS: &str = "Redis";

/// Ours to a peer's rate in so many rounds, ours and the peer's in turn; none if the peer cannot be had here.
pub(crate) fn ratios(peer: &str, scenario: &Scenario, rounds: usize) -> Result<Vec<f64>> {
    if !is_here(peer)? {
        return Ok(Vec::new());
    }
    (0..rounds).map(|_| Ok(our_round(scenario)?.rate / peer_round(peer, scenario)?.rate.max(1e-9))).collect()
}

fn is_here(peer: &str) -> Result<bool> {
    let program = if peer == RABBIT { "rabbitmq-server" } else { "redis-server" };
    need_quietly(program, program)
}

/// Runs all scenarios and prints the table.
pub(crate) fn peers() -> Result<()> {
    let mut peers: Vec<&str> = Vec::new();
    for peer in [RABBIT, REDIS] {
        if is_here(peer)? {
            peers.push(peer);
        }
    }
    if peers.is_empty() {
        bail!("there is no peer to compare with");
    }
    println!(
        "| scenario | peer | ours/peer, median of {ROUNDS} rounds | range | ours/s | peer/s | ours µs | peer µs |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for scenario in SCENARIOS {
        let mut ours = Vec::new();
        let mut theirs = vec![Vec::new(); peers.len()];
        for _ in 0..ROUNDS {
            ours.push(our_round(scenario)?);
            for (peer, rounds) in peers.iter().zip(&mut theirs) {
                rounds.push(peer_round(peer, scenario)?);
            }
        }
        for (peer, theirs) in peers.iter().zip(&theirs) {
            print_row(scenario, peer, &ours, theirs);
        }
    }
    println!(
        "Durable on both sides: RabbitMQ with publisher confirms (rr-p: 2 durable puts a round trip), Redis with \
         appendfsync always (2 durable puts, acknowledgements forced too), ours with 3 durable commits a round trip."
    );
    println!(
        "Load average at the end: {}",
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()
    );
    Ok(())
}

fn print_row(scenario: &Scenario, peer: &str, ours: &[Round], theirs: &[Round]) {
    let mut ratios: Vec<f64> = ours.iter().zip(theirs).map(|(o, t)| o.rate / t.rate.max(1e-9)).collect();
    ratios.sort_by(f64::total_cmp);
    let median = |rounds: &[Round], of: fn(&Round) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "| {} {} B, {} clients | {peer} | {:.2} | {:.2} to {:.2} | {:.0} | {:.0} | {:.0} | {:.0} |",
        scenario.name,
        scenario.bytes,
        scenario.clients,
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1],
        median(ours, |r| r.rate),
        median(theirs, |r| r.rate),
        median(ours, |r| r.server_us),
        median(theirs, |r| r.server_us),
    );
}

/// One round of `packhorse bench`.
fn our_round(scenario: &Scenario) -> Result<Round> {
    let said = output(
        Command::new(program("packhorse")?)
            .args(["bench", scenario.name, "--json"])
            .args(["--size", &scenario.bytes.to_string()])
            .args(["--clients", &scenario.clients.to_string()])
            .args(["--seconds", &MEASURED.as_secs().to_string()]),
    )?;
    let result = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).next_back();
    let result = result.context("`packhorse bench --json` prints an object")?;
    let number = |name: &str| result[name].as_f64().with_context(|| format!("its result has '{name}'"));
    Ok(Round { rate: number("rate")?, server_us: number("server_us_per_operation")? })
}

fn peer_round(peer: &str, scenario: &Scenario) -> Result<Round> {
    let directory = Directory::create()?;
    match peer {
        RABBIT => load::round(&rabbit::RabbitMq::start(&directory.0)?, scenario),
        _ => load::round(&redis::Redis::start(&directory.0)?, scenario),
    }
}

/// A directory below the build directory, so that it lies on the file system of the checkout, gone when dropped.
struct Directory(PathBuf);

impl Directory {
    fn create() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("xtask-peer-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A broker's process, killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let log = std::fs::File::create(log)?;
        Ok(Self(command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log).spawn()?))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Tries until it works or 60 seconds are over.
pub(crate) fn patiently<T>(mut what: impl FnMut() -> Result<T>) -> Result<T> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        match what() {
            Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(100)),
            result => return result,
        }
    }
}
