//! One application: its connection, its ledger, and the calls with their entries in the ledger.

use std::sync::atomic::Ordering;
use std::time::Duration;

use mqi::Reason;

use super::{QueueSpec, Shared};
use crate::application::{
    Connection, Received, Target, is_broken, is_ending, outcome_of_call, outcome_of_commit, reason_of,
};
use crate::ledger::{End, EndKind, Event, Get, Outcome, Put, UnitId, Writer};
use crate::message::{Label, MessageId};
use crate::rng::Rng;

/// Longest wait of a get, in milliseconds: short, so that a closed gate is noticed.
const WAIT_MS: u32 = 20;

/// Shortest and longest delivery delay, in milliseconds: some are over before a kill, some while it is down or starts.
const DELAY_MS: (u64, u64) = (50, 1500);

/// The queue manager has backed the unit of work out.
const BACKED_OUT: Reason = Reason(2003);

/// A call without an answer for longer than this is a trouble, whatever came of it: no fault of a campaign
/// lasts so long.
const ANSWER_MAX_NS: u64 = 20_000_000_000;

/// How a unit of work is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Commit,
    Backout,
    /// The connection is dropped, and the queue manager backs out.
    Abandon,
}

/// Why an application leaves off.
#[derive(Debug)]
pub(super) enum Leave {
    /// The connection is gone.
    Broken,
    /// The ledger cannot be written.
    Ledger(std::io::Error),
}

impl From<std::io::Error> for Leave {
    fn from(error: std::io::Error) -> Self {
        Self::Ledger(error)
    }
}

/// A connected application with its ledger.
pub(super) struct Application<'a> {
    pub(super) shared: &'a Shared,
    pub(super) rng: Rng,
    thread: u32,
    connection: Box<dyn Connection>,
    ledger: &'a mut Writer,
    numbers: &'a mut Numbers,
}

/// What an application has used up; it outlives the connection.
#[derive(Default)]
struct Numbers {
    message: u64,
    unit: u64,
}

/// Connects, works unit by unit, connects again, until the gate says that it is time to end.
pub(super) fn run<T: Target>(
    target: &T,
    shared: &Shared,
    thread: u32,
    mut rng: Rng,
    unit: impl Fn(&mut Application<'_>) -> Result<(), Leave>,
) {
    let mut numbers = Numbers::default();
    let mut ledger = match Writer::create(&shared.ledgers, &format!("t{thread}")) {
        Ok(ledger) => ledger,
        Err(error) => return shared.report(format!("ledger of thread {thread}: {error}")),
    };
    while shared.gate.pass() {
        let connection = match target.connect() {
            Ok(connection) => connection,
            Err(_) => {
                // The queue manager is down, or on its way up.
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
        };
        let rng = Rng::new(rng.bits());
        let mut app =
            Application { shared, rng, thread, connection, ledger: &mut ledger, numbers: &mut numbers };
        let left = loop {
            if !shared.gate.is_open() {
                break None;
            }
            if let Err(leave) = unit(&mut app) {
                break Some(leave);
            }
        };
        match left {
            None => app.connection.disconnect(),
            Some(Leave::Broken) => {}
            Some(Leave::Ledger(error)) => {
                return shared.report(format!("ledger of thread {thread}: {error}"));
            }
        }
    }
}

impl Application<'_> {
    /// A name for a new unit of work.
    pub(super) fn new_unit(&mut self) -> UnitId {
        self.numbers.unit += 1;
        UnitId { thread: self.thread, number: self.numbers.unit }
    }

    /// A new message.
    pub(super) fn new_label(&mut self) -> Label {
        self.numbers.message += 1;
        let is_persistent = !self.rng.percent(self.shared.load.non_persistent);
        let is_delayed = is_persistent && self.rng.percent(self.shared.load.delayed);
        let delay_ms = if is_delayed { self.rng.between(DELAY_MS.0, DELAY_MS.1) } else { 0 };
        Label {
            run: self.shared.run,
            id: MessageId { producer: self.thread, sequence: self.numbers.message },
            priority: u8::try_from(self.rng.below(10)).expect("below 10"),
            is_persistent,
            length: self.length(),
            delay_ms: u32::try_from(delay_ms).expect("bounded"),
        }
    }

    /// Mostly small, now and then as long as can be.
    fn length(&mut self) -> u32 {
        let most = u64::from(self.shared.load.length_max);
        let bound = match self.rng.below(100) {
            0..5 => 0,
            5..40 => 100,
            40..75 => 4096,
            75..95 => 65_536,
            95..98 => 262_144,
            98 => return self.shared.load.length_max,
            _ => most,
        };
        u32::try_from(self.rng.below(bound.min(most) + 1)).expect("bounded by length_max")
    }

    /// How the next unit of work is to end.
    pub(super) fn ending(&mut self) -> Ending {
        match self.rng.below(100) {
            0..8 => Ending::Backout,
            8..11 => Ending::Abandon,
            _ => Ending::Commit,
        }
    }

    /// Puts a message. True if it was taken, false if it was refused.
    pub(super) fn put(
        &mut self,
        queue: QueueSpec,
        unit: Option<UnitId>,
        label: &Label,
    ) -> Result<bool, Leave> {
        let t0 = self.shared.clock.now();
        let mut entry = Put {
            id: label.id,
            queue: queue.name.to_owned(),
            unit,
            is_persistent: label.is_persistent,
            priority: label.priority,
            length: label.length,
            crc: crc32c::crc32c(&label.body()),
            due: (label.delay_ms > 0).then_some(t0 + u64::from(label.delay_ms) * 1_000_000),
            t0,
            t1: 0,
            outcome: Outcome::Pending,
            reason: 0,
        };
        self.ledger.before(&Event::Put(entry.clone()))?;
        let result = self.connection.put(queue.name, label, unit.is_some());
        entry.t1 = self.shared.clock.now();
        entry.outcome = outcome_of_call(&result);
        entry.reason = reason_of(&result);
        self.watch("MQPUT", entry.t0, entry.t1);
        self.ledger.after(&Event::Put(entry))?;
        match result {
            Ok(()) => {
                self.shared.put.fetch_add(1, Ordering::Relaxed);
                self.shared.backlog.fetch_add(1, Ordering::Relaxed);
                Ok(true)
            }
            // What was put before in the unit is gone; a put after it would begin another one.
            Err(reason) if is_lost(reason) => Err(Leave::Broken),
            Err(reason) => {
                self.refused(reason);
                Ok(false)
            }
        }
    }

    /// Gets a message, if there is one.
    pub(super) fn get(&mut self, queue: QueueSpec, unit: Option<UnitId>) -> Result<Option<Received>, Leave> {
        let mut entry = empty_get(queue.name, unit, self.shared.clock.now());
        self.ledger.before(&Event::Get(entry.clone()))?;
        let result = self.connection.get(queue.name, unit.is_some(), WAIT_MS);
        entry.t1 = self.shared.clock.now();
        fill_get(&mut entry, &result, self.shared.run);
        self.watch("MQGET", entry.t0, entry.t1);
        let outcome = entry.outcome;
        self.ledger.after(&Event::Get(entry))?;
        match result {
            Ok(message) => {
                self.shared.backlog.fetch_sub(1, Ordering::Relaxed);
                Ok(Some(message))
            }
            Err(_) if outcome == Outcome::None => Ok(None),
            Err(reason) if is_lost(reason) => Err(Leave::Broken),
            Err(reason) => {
                self.shared.report(format!("MQGET on {}: reason {}", queue.name, reason.0));
                std::thread::sleep(Duration::from_millis(50));
                Ok(None)
            }
        }
    }

    /// Ends a unit of work. True if it was committed.
    pub(super) fn end(&mut self, unit: UnitId, ending: Ending) -> Result<bool, Leave> {
        let kind = match ending {
            Ending::Commit => EndKind::Commit,
            Ending::Backout => EndKind::Backout,
            Ending::Abandon => return Err(Leave::Broken),
        };
        let t0 = self.shared.clock.now();
        let mut entry = End { unit, kind, t0, t1: 0, outcome: Outcome::Pending, reason: 0 };
        self.ledger.before(&Event::End(entry.clone()))?;
        let result = match kind {
            EndKind::Commit => self.connection.commit(),
            EndKind::Backout => self.connection.back(),
        };
        entry.t1 = self.shared.clock.now();
        self.watch("MQCMIT or MQBACK", entry.t0, entry.t1);
        entry.reason = reason_of(&result);
        entry.outcome = match kind {
            EndKind::Commit => outcome_of_commit(result),
            EndKind::Backout => outcome_of_call(&result),
        };
        self.ledger.after(&Event::End(entry))?;
        match result {
            Ok(()) => Ok(kind == EndKind::Commit),
            Err(reason) if is_lost(reason) => Err(Leave::Broken),
            Err(reason) => {
                self.refused(reason);
                Ok(false)
            }
        }
    }

    fn watch(&self, call: &str, t0: u64, t1: u64) {
        if t1.saturating_sub(t0) > ANSWER_MAX_NS {
            let thread = self.thread;
            self.shared
                .report(format!("{call} of thread {thread}, called at {t0}, had no answer until {t1}"));
        }
    }

    fn refused(&self, reason: Reason) {
        self.shared.refuse(reason.0);
        // Full or failing: no use in asking again at once.
        std::thread::sleep(Duration::from_millis(20));
    }

    /// Rests a moment where there is nothing to do.
    pub(super) fn rest(&self) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// True if the unit of work in hand is lost, with or without its connection.
fn is_lost(reason: Reason) -> bool {
    is_broken(reason) || is_ending(reason) || reason == BACKED_OUT
}

/// An entry for a get that has not been made yet.
pub(crate) fn empty_get(queue: &str, unit: Option<UnitId>, t0: u64) -> Get {
    Get {
        id: None,
        queue: queue.to_owned(),
        unit,
        backout_count: 0,
        length: 0,
        crc: 0,
        is_persistent: false,
        priority: 0,
        t0,
        t1: 0,
        outcome: Outcome::Pending,
        reason: 0,
        is_final: false,
    }
}

/// Completes the entry of a get by what it returned.
pub(crate) fn fill_get(entry: &mut Get, result: &Result<Received, Reason>, run: u64) {
    entry.outcome = outcome_of_call(result);
    entry.reason = reason_of(result);
    if let Ok(message) = result {
        entry.id = Label::of_correl_id(&message.correl_id).and_then(|(of, id)| (of == run).then_some(id));
        entry.backout_count = message.backout_count;
        entry.length = message.length;
        entry.crc = crc32c::crc32c(&message.body);
        entry.is_persistent = message.is_persistent;
        entry.priority = message.priority;
    }
}
