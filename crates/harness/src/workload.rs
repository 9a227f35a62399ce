//! The applications of a campaign: producers, consumers and a mover, one thread each, with what they share.
//!
//! ```text
//! SURVIVAL.1  FIFO      one reader        ┐
//! SURVIVAL.2  PRIORITY  one reader        │ units of 1 to 50 messages over two queues,
//! SURVIVAL.3  FIFO      two readers       │ bodies of 0 bytes to 1 MiB
//! SURVIVAL.4  PRIORITY  two readers       ┘
//! SURVIVAL.5  FIFO      the mover: got from here and put to 1 and 3 in the same unit
//! ```

mod application;
mod consumer;
mod mover;
mod producer;

pub(crate) use application::{empty_get, fill_get};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread::Scope;
use std::time::Duration;

use crate::application::Target;
use crate::gate::Gate;
use crate::ledger::{Clock, Event, Queue, Writer};
use crate::rng::Rng;

/// A queue of the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its name; the queue manager's authority table lets the user `app` use `DEV.**`.
    pub name: &'static str,
    /// MSGDLVSQ(PRIORITY), else FIFO.
    pub by_priority: bool,
}

/// Got from by one reader.
pub const FIFO_ALONE: QueueSpec = QueueSpec { name: "DEV.SURVIVAL.1", by_priority: false };
/// Got from by one reader, in order of priority.
pub const PRIORITY_ALONE: QueueSpec = QueueSpec { name: "DEV.SURVIVAL.2", by_priority: true };
/// Got from by two readers.
pub const FIFO_SHARED: QueueSpec = QueueSpec { name: "DEV.SURVIVAL.3", by_priority: false };
/// Got from by two readers, in order of priority.
pub const PRIORITY_SHARED: QueueSpec = QueueSpec { name: "DEV.SURVIVAL.4", by_priority: true };
/// Got from by the mover.
pub const MOVED: QueueSpec = QueueSpec { name: "DEV.SURVIVAL.5", by_priority: false };

/// All queues.
pub const QUEUES: &[QueueSpec] = &[FIFO_ALONE, PRIORITY_ALONE, FIFO_SHARED, PRIORITY_SHARED, MOVED];

/// How hard the applications work.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Longest body in bytes.
    pub length_max: u32,
    /// Producers wait while more messages than this are on the queues.
    pub backlog_max: i64,
    /// Percentage of messages that are not persistent.
    pub non_persistent: u64,
    /// Percentage of persistent messages that are to be delivered later.
    pub delayed: u64,
    /// Longest time that they may take to come when all are due: one that could not be delivered is tried again after
    /// ten seconds.
    pub delivery_max: Duration,
}

impl Load {
    /// Bodies up to 1 MiB, some of them to be delivered later.
    pub const FULL: Self = Self {
        length_max: 1 << 20,
        backlog_max: 600,
        non_persistent: 10,
        delayed: 15,
        delivery_max: Duration::from_secs(60),
    };
}

/// What the threads of a run share.
#[derive(Debug)]
pub struct Shared {
    /// Number of the run, in the identity of each message.
    pub run: u64,
    /// How hard to work.
    pub load: Load,
    /// Where the ledgers are.
    pub ledgers: PathBuf,
    /// The clock of the ledgers.
    pub clock: Clock,
    /// Where applications stand still.
    pub gate: Gate,
    /// Messages on the queues, roughly; only the producers' pace depends on it.
    pub backlog: AtomicI64,
    /// True: consumers and mover rest, so that a backlog builds up.
    pub consumers_rest: AtomicBool,
    /// True: producers rest.
    pub producers_rest: AtomicBool,
    /// Messages whose put has been acknowledged.
    pub put: AtomicU64,
    /// Puts and commits that the queue manager refused.
    pub refused: AtomicU64,
    /// How often it did so with each reason code.
    pub refusals: std::sync::Mutex<BTreeMap<i32, u64>>,
    /// The first trouble that is the harness's own or that no fault explains.
    pub trouble: std::sync::Mutex<Option<String>>,
}

impl Shared {
    /// A run with its ledgers in an existing directory.
    pub fn new(run: u64, load: Load, ledgers: PathBuf, clock: Clock) -> Self {
        Self {
            run,
            load,
            ledgers,
            clock,
            gate: Gate::new(),
            backlog: AtomicI64::new(0),
            consumers_rest: AtomicBool::new(false),
            producers_rest: AtomicBool::new(false),
            put: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            refusals: std::sync::Mutex::new(BTreeMap::new()),
            trouble: std::sync::Mutex::new(None),
        }
    }

    /// Remembers a trouble, the first of a run.
    pub fn report(&self, trouble: String) {
        let mut first = self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        first.get_or_insert(trouble);
    }

    /// Counts a refusal.
    pub fn refuse(&self, reason: i32) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let mut refusals = self.refusals.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *refusals.entry(reason).or_default() += 1;
    }

    fn has_backlog(&self) -> bool {
        self.backlog.load(Ordering::Relaxed) > self.load.backlog_max
    }

    /// Begins a ledger with the queues of the run.
    pub fn introduce(&self, ledger: &mut Writer) -> std::io::Result<()> {
        for queue in QUEUES {
            ledger.note(&Event::Queue(Queue {
                queue: queue.name.to_owned(),
                by_priority: queue.by_priority,
            }))?;
        }
        Ok(())
    }
}

/// Number of threads that [`start`] makes.
pub const APPLICATIONS: usize = 8;

/// Starts the applications; they wait at the gate.
pub fn start<'scope, 'env, T: Target>(
    scope: &'scope Scope<'scope, 'env>,
    target: &'env T,
    shared: &'env Shared,
    rng: &Rng,
) {
    use application::run;
    for thread in 1..=3 {
        let rng = rng.part(u64::from(thread));
        scope.spawn(move || run(target, shared, thread, rng, producer::unit));
    }
    for (thread, queues) in [
        (4, [FIFO_ALONE, FIFO_ALONE]),
        (5, [PRIORITY_ALONE, PRIORITY_ALONE]),
        (6, [FIFO_SHARED, PRIORITY_SHARED]),
        (7, [PRIORITY_SHARED, FIFO_SHARED]),
    ] {
        let rng = rng.part(u64::from(thread));
        scope.spawn(move || run(target, shared, thread, rng, move |app| consumer::unit(app, queues)));
    }
    let rng = rng.part(8);
    scope.spawn(move || run(target, shared, 8, rng, mover::unit));
}
