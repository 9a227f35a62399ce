//! A ledger put in order: the story of each message, and the verdict on each unit of work.
//!
//! The verdict on a unit is what its owner may believe, without asking the queue manager:
//!
//! ```text
//! MQCMIT answered OK                        Committed
//! MQCMIT answered with a refusal, MQBACK,
//!   or no MQCMIT was ever called            BackedOut    a broken connection backs out
//! MQCMIT without an answer                  Unknown      decided later by what is seen of its messages
//! ```
//!
//! A call outside syncpoint is a unit of its own that ends with the call.

use std::collections::BTreeMap;

use crate::ledger::{Census, End, EndKind, Event, Get, Outcome, Put, UnitId, Waiting};
use crate::message::MessageId;

/// What the owner of a unit of work may believe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took effect.
    Committed,
    /// It did not.
    BackedOut,
    /// One of the two.
    Unknown,
}

/// A unit of work.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its name; none: a call outside syncpoint.
    pub name: Option<UnitId>,
    /// The messages that it put, as far as the put did not fail.
    pub puts: Vec<MessageId>,
    /// The messages that it was given.
    pub gets: Vec<MessageId>,
    /// What its owner may believe.
    pub verdict: Verdict,
    /// Time of the call that ended it. Without such a call, the return of its last call that succeeded.
    pub ended_t0: u64,
    /// Time at which that call returned.
    pub ended_t1: u64,
    /// True if the end was answered: until its call the unit held what it had got.
    pub end_answered: bool,
}

/// How a message was seen.
#[derive(Clone, Debug)]
pub enum How {
    /// A get gave it to a unit.
    Got {
        /// Index of the unit.
        unit: usize,
        /// The get.
        get: Box<Get>,
    },
    /// A census showed it; index of the census.
    Counted(usize),
}

/// One time that a message was seen.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Time of the call that showed it.
    pub t0: u64,
    /// Time of its return.
    pub t1: u64,
    /// How.
    pub how: How,
}

/// All that is known of a message.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// Its put and the unit of that; none: nobody put it.
    pub put: Option<(Put, usize)>,
    /// Each time that it was seen, in the order of the answers.
    pub sightings: Vec<Sighting>,
}

/// The whole ledger.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Every message put or seen.
    pub messages: BTreeMap<MessageId, Story>,
    /// Every unit of work.
    pub units: Vec<Unit>,
    /// Censuses, by number and queue.
    pub censuses: Vec<Census>,
    /// Times at which the queue manager's process ended.
    pub kills: Vec<u64>,
    /// Times at which it was ready again.
    pub starts: Vec<u64>,
    /// Messages that still waited for their delivery when all were due.
    pub waiting: Vec<Waiting>,
    /// Gets outside syncpoint of which nobody knows what they took, if anything.
    pub blind: Vec<Get>,
    /// Gets that were given something that is not a message of this run.
    pub strangers: Vec<Get>,
    /// Queues with MSGDLVSQ(PRIORITY).
    pub by_priority: Vec<String>,
}

impl History {
    /// Puts a ledger in order.
    pub fn new(events: Vec<Event>) -> Self {
        let mut history = Self::default();
        let mut ends: BTreeMap<UnitId, End> = BTreeMap::new();
        let mut open: BTreeMap<UnitId, usize> = BTreeMap::new();
        let mut calls = Vec::new();
        for event in events {
            match event {
                Event::End(end) => {
                    ends.insert(end.unit, end);
                }
                Event::Fault(fault) if fault.what == "kill" => history.kills.push(fault.t0),
                Event::Fault(fault) if fault.what == "ready" => history.starts.push(fault.t0),
                Event::Fault(_) => {}
                Event::Waiting(waiting) => history.waiting.push(waiting),
                Event::Census(census) => history.censuses.push(census),
                Event::Queue(queue) if queue.by_priority => history.by_priority.push(queue.queue),
                Event::Queue(_) => {}
                Event::Put(_) | Event::Get(_) => calls.push(event),
            }
        }
        history.kills.sort_unstable();
        history.starts.sort_unstable();
        history.censuses.sort_by(|a, b| (a.number, &a.queue).cmp(&(b.number, &b.queue)));
        for call in calls {
            match call {
                Event::Put(put) => {
                    let unit = history.unit_of(put.unit, put.outcome, (put.t0, put.t1), &ends, &mut open);
                    if put.outcome != Outcome::Fail {
                        history.units[unit].puts.push(put.id);
                    }
                    let story = history.messages.entry(put.id).or_default();
                    story.put = Some((put, unit));
                }
                Event::Get(get) => history.take_get(get, &ends, &mut open),
                _ => {}
            }
        }
        for (at, census) in history.censuses.iter().enumerate() {
            for (id, _) in &census.shown {
                let sighting = Sighting { t0: census.t0, t1: census.t1, how: How::Counted(at) };
                history.messages.entry(*id).or_default().sightings.push(sighting);
            }
        }
        for story in history.messages.values_mut() {
            story.sightings.sort_by_key(|s| s.t1);
        }
        history
    }

    fn take_get(&mut self, get: Get, ends: &BTreeMap<UnitId, End>, open: &mut BTreeMap<UnitId, usize>) {
        let unanswered = matches!(get.outcome, Outcome::Unknown | Outcome::Pending);
        match get.id {
            None if unanswered && get.unit.is_none() => self.blind.push(get),
            None if get.outcome == Outcome::Ok => self.strangers.push(get),
            // A get that gave nothing; or one inside a unit that then cannot have been committed.
            None => {}
            Some(id) => {
                let unit = self.unit_of(get.unit, get.outcome, (get.t0, get.t1), ends, open);
                self.units[unit].gets.push(id);
                let sighting =
                    Sighting { t0: get.t0, t1: get.t1, how: How::Got { unit, get: Box::new(get) } };
                self.messages.entry(id).or_default().sightings.push(sighting);
            }
        }
    }

    /// The unit that a call belongs to, made if need be.
    fn unit_of(
        &mut self,
        name: Option<UnitId>,
        outcome: Outcome,
        (t0, t1): (u64, u64),
        ends: &BTreeMap<UnitId, End>,
        open: &mut BTreeMap<UnitId, usize>,
    ) -> usize {
        let Some(unit) = name else {
            let verdict = match outcome {
                Outcome::Ok => Verdict::Committed,
                Outcome::Fail | Outcome::None => Verdict::BackedOut,
                Outcome::Unknown | Outcome::Pending => Verdict::Unknown,
            };
            self.units.push(Unit {
                name,
                puts: Vec::new(),
                gets: Vec::new(),
                verdict,
                ended_t0: t0,
                ended_t1: t1,
                end_answered: verdict != Verdict::Unknown,
            });
            return self.units.len() - 1;
        };
        let at = *open.entry(unit).or_insert_with(|| {
            self.units.push(Unit::ended_by(unit, ends.get(&unit)));
            self.units.len() - 1
        });
        if !ends.contains_key(&unit) && outcome == Outcome::Ok {
            let unit = &mut self.units[at];
            unit.ended_t0 = unit.ended_t0.max(t1);
            unit.ended_t1 = unit.ended_t1.max(t1);
        }
        at
    }

    /// The first end of the process at or after a time.
    pub fn kill_after(&self, time: u64) -> Option<u64> {
        self.kills.get(self.kills.partition_point(|k| *k < time)).copied()
    }

    /// What the producer of a message may believe; none: nobody put it.
    pub fn put_verdict(&self, story: &Story) -> Option<Verdict> {
        let (put, unit) = story.put.as_ref()?;
        let unit = &self.units[*unit];
        Some(match (put.outcome, unit.verdict) {
            (Outcome::Fail | Outcome::None, _) => Verdict::BackedOut,
            (Outcome::Ok, verdict) => verdict,
            (Outcome::Unknown | Outcome::Pending, Verdict::BackedOut) => Verdict::BackedOut,
            (Outcome::Unknown | Outcome::Pending, _) => Verdict::Unknown,
        })
    }

    /// From when a message that was put for certain was surely on its queue: the answer to its commit, or where it was to
    /// be delivered later the first time that it was seen there; none: it never was.
    pub fn there_from(&self, story: &Story) -> Option<u64> {
        let (put, unit) = story.put.as_ref()?;
        let committed = self.units[*unit].ended_t1;
        match put.due {
            None => Some(committed),
            Some(_) => Some(committed.max(story.sightings.first()?.t1)),
        }
    }

    /// True if a message was to be delivered later.
    pub fn is_delayed(&self, id: &MessageId) -> bool {
        let put = self.messages.get(id).and_then(|story| story.put.as_ref());
        put.is_some_and(|(put, _)| put.due.is_some())
    }

    /// Committed gets of a message: the unit of each.
    pub fn consumers<'a>(&'a self, story: &'a Story) -> impl Iterator<Item = &'a Unit> {
        story.sightings.iter().filter_map(|s| match s.how {
            How::Got { unit, .. } if self.units[unit].verdict == Verdict::Committed => {
                Some(&self.units[unit])
            }
            _ => None,
        })
    }

    /// True if a get that nobody knows the result of may have taken a message from a queue after a time.
    pub fn may_be_taken_blindly(&self, queue: &str, after: u64) -> bool {
        self.blind.iter().any(|get| get.queue == queue && get.t1 > after)
    }
}

impl Unit {
    fn ended_by(name: UnitId, end: Option<&End>) -> Self {
        let verdict = match end {
            None => Verdict::BackedOut,
            Some(end) => match (end.kind, end.outcome) {
                (EndKind::Backout, _) | (EndKind::Commit, Outcome::Fail | Outcome::None) => {
                    Verdict::BackedOut
                }
                (EndKind::Commit, Outcome::Ok) => Verdict::Committed,
                (EndKind::Commit, Outcome::Unknown | Outcome::Pending) => Verdict::Unknown,
            },
        };
        Self {
            name: Some(name),
            puts: Vec::new(),
            gets: Vec::new(),
            verdict,
            ended_t0: end.map_or(0, |e| e.t0),
            ended_t1: end.map_or(0, |e| e.t1),
            end_answered: end.is_some_and(|e| !matches!(e.outcome, Outcome::Unknown | Outcome::Pending)),
        }
    }

    /// What to call it in a report.
    pub fn title(&self) -> String {
        self.name.map_or_else(|| "a call outside syncpoint".to_owned(), |name| name.to_string())
    }
}
