//! Attacks that one peer of the network, one application or one user of this machine can make, and an honest client
//! beside each: what does he notice?
//!
//! ```text
//! campaign ─┬─ honest: round trips, log-ins, an administrator ──► queue manager ◄── attacker (a process of its own)
//!           └─ figures: worst and 99th percentile without and with the attack, memory before, at most, after
//! ```
//!
//! An attack is over after a time, and everything that it held with it. Then the queue manager must run, must have
//! served every honest call, and must hand out as many connections as before.

pub mod application;
pub mod honest;
pub mod local;
pub mod peer;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{QueueManager, Settings, temporary_directory};
use honest::{Figures, Honest};

/// `nobody`, whom every system has.
const NOBODY: u32 = 65_534;

/// What an attacker knows.
#[derive(Debug)]
pub struct Ground {
    /// Where the queue manager listens.
    pub address: SocketAddr,
    /// Its data root.
    pub root: PathBuf,
    /// When the attack is over.
    pub until: Instant,
}

impl Ground {
    /// Whether the attack goes on.
    pub fn is_on(&self) -> bool {
        Instant::now() < self.until
    }

    /// Waits for the end, with what the attack holds held.
    pub fn hold(&self) {
        std::thread::sleep(self.until.saturating_duration_since(Instant::now()));
    }
}

/// Who attacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody in the network.
    Peer,
    /// A user with a password, who may use `DEV.**`.
    Application,
    /// A user of this machine, who may do nothing.
    Local,
}

/// See the module's text.
pub struct Attack {
    /// Its name.
    pub name: &'static str,
    /// Who can make it.
    pub who: Who,
    /// What is done.
    pub what: &'static str,
    /// Does it until it is over; how often something was tried.
    pub run: fn(&Ground) -> u64,
}

/// All of them.
pub fn attacks() -> impl Iterator<Item = &'static Attack> {
    peer::ATTACKS.iter().chain(application::ATTACKS).chain(local::ATTACKS)
}

/// What came of one attack.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name; none: no attack, for comparison.
    pub attack: Option<&'static str>,
    /// How often something was tried.
    pub tries: u64,
    /// What the honest client saw meanwhile.
    pub figures: Figures,
    /// Resident memory of the queue manager in KiB: before, at most during the attack, and after.
    pub resident_kib: [u64; 3],
}

impl Outcome {
    /// One row of a table.
    pub fn row(&self) -> String {
        let ms = |us: u64| format!("{}.{:01}", us / 1000, us % 1000 / 100);
        let Figures { trips, logins, orders, .. } = &self.figures;
        let [before, most, after] = self.resident_kib.map(|kib| kib >> 10);
        format!(
            "| {:<19} | {:>8} | {:>5} | {:>6} | {:>6} | {:>4} | {:>6} | {:>4} | {:>6} | {before:>3} | {most:>3} | {after:>3} |",
            self.attack.unwrap_or("none"),
            self.tries,
            trips.len(),
            ms(trips.percentile(99)),
            ms(trips.worst()),
            logins.len(),
            ms(logins.worst()),
            orders.len(),
            ms(orders.worst()),
        )
    }

    /// The heading above the rows. Times in ms, memory in MiB.
    pub const HEADING: &str = "\
| attack              |    tries | trips |    p99 |  worst |  log |  worst | adm. |  worst | MiB | max | end |
|---------------------|----------|-------|--------|--------|------|--------|------|--------|-----|-----|-----|";
}

/// Makes each attack, or those named, for so long on one queue manager; `say` is given each row. All are made, whatever
/// came of the others; then what went wrong in any is the error.
pub fn run(
    program: &Path,
    names: &[&str],
    each: Duration,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<Outcome>, String> {
    let unknown = names.iter().find(|name| !attacks().any(|attack| attack.name == **name));
    if let Some(unknown) = unknown {
        let known: Vec<_> = attacks().map(|attack| attack.name).collect();
        return Err(format!("no attack '{unknown}'; there are {known:?}"));
    }
    let subject = QueueManager::create(program, &Settings::default())?;
    let helper = Helper::new()?;
    say(Outcome::HEADING);
    let mut outcomes = vec![one(&subject, &helper, None, each)?];
    say(&outcomes[0].row());
    let mut troubles = Vec::new();
    for attack in attacks().filter(|attack| names.is_empty() || names.contains(&attack.name)) {
        match one(&subject, &helper, Some(attack), each) {
            Ok(outcome) => {
                say(&outcome.row());
                outcomes.push(outcome);
            }
            Err(trouble) => {
                say(&format!("!!! {trouble}"));
                troubles.push(trouble);
            }
        }
    }
    if !troubles.is_empty() {
        return Err(troubles.join("\n"));
    }
    subject.command(&["endmqm", "-i", crate::process::NAME], "")?;
    Ok(outcomes)
}

fn one(
    subject: &QueueManager,
    helper: &Helper,
    attack: Option<&'static Attack>,
    each: Duration,
) -> Result<Outcome, String> {
    let name = attack.map_or("none", |attack| attack.name);
    let about = |problem: String| format!("{name}: {problem}\n{}", subject.last_words());
    let before = subject.resident_kib().map_err(about)?;
    let mut honest = Honest::start(subject);
    let mut most = before;
    let tries = match attack {
        None => {
            std::thread::sleep(each);
            0
        }
        Some(attack) => {
            let mut child = helper.begin(subject, attack, each)?;
            while child.try_wait().map_err(|error| about(error.to_string()))?.is_none() {
                most = most.max(subject.resident_kib().unwrap_or(0));
                std::thread::sleep(Duration::from_millis(50));
            }
            let output = child.wait_with_output().map_err(|error| about(error.to_string()))?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            match said.trim().parse() {
                Ok(tries) if output.status.success() => tries,
                _ => return Err(about(format!("the attacker ended with {}: {said}", output.status))),
            }
        }
    };
    // What follows an attack is part of it: a thousand sockets end at once.
    std::thread::sleep(Duration::from_millis(500));
    let figures = honest.stop().map_err(about)?;
    if subject.has_ended()? {
        return Err(about("the queue manager has ended".to_owned()));
    }
    let after = subject.resident_kib().map_err(about)?;
    Ok(Outcome {
        attack: attack.map(|attack| attack.name),
        tries,
        figures,
        resident_kib: [before, most.max(after), after],
    })
}

/// This program, where another user can run it.
struct Helper {
    directory: PathBuf,
}

impl Helper {
    fn new() -> Result<Self, String> {
        let directory = temporary_directory("attacker").map_err(|error| error.to_string())?;
        let helper = Self { directory };
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        std::fs::copy(&program, helper.program())
            .map_err(|error| format!("{}: {error}", program.display()))?;
        Ok(helper)
    }

    fn program(&self) -> PathBuf {
        self.directory.join("harness")
    }

    /// An attacker has no right to the processor before the honest: in the network he is on another machine.
    fn begin(
        &self,
        subject: &QueueManager,
        attack: &Attack,
        each: Duration,
    ) -> Result<std::process::Child, String> {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new("nice");
        command.arg("-n").arg("10").arg(self.program()).args(["attacker", attack.name]);
        command.arg(subject.address().to_string()).arg(subject.root()).arg(each.as_millis().to_string());
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped());
        if attack.who == Who::Local && rustix::process::getuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.spawn().map_err(|error| format!("{}: {error}", attack.name))
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What an attacker's process does: `harness attacker NAME ADDRESS ROOT MS`. How often something was tried.
pub fn attacker(name: &str, address: &str, root: &str, ms: &str) -> Result<u64, String> {
    let attack = attacks().find(|attack| attack.name == name).ok_or("no such attack")?;
    let ms = ms.parse().map_err(|_| "not a time")?;
    let ground = Ground {
        address: address.parse().map_err(|_| "not an address")?,
        root: root.into(),
        until: Instant::now() + Duration::from_millis(ms),
    };
    raise_limit();
    Ok((attack.run)(&ground))
}

/// As many descriptors as the system lets it have.
fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
