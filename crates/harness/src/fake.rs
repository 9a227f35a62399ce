//! A queue manager in memory, for the tests of the harness: honest, or with one lie of its own.
//!
//! A kill breaks every connection, backs out what was open, and takes the non-persistent messages away. Messages that are
//! to be delivered later wait beside the queues; whoever looks first finds what is due delivered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use mqi::Reason;

use crate::application::{Ask, Connection, Received, Subject, Target};
use crate::message::Label;
use crate::workload::QUEUES;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    None,
    LosesAtCrash,
    RepeatsAtCrash,
    KeepsBackedOut,
    TearsBodies,
    ShowsUncommitted,
    TurnsOrder,
    Miscounts,
    ShufflesAtCrash,
    DeliversAtCrash,
    KeepsWaiting,
    ForgetsWaiting,
}

#[derive(Clone, Debug)]
struct Stored {
    number: u64,
    label: Label,
    backout_count: u32,
    /// The connection that put it and has not committed yet.
    putting: Option<u64>,
    /// The connection that got it and has not committed yet.
    getting: Option<u64>,
}

#[derive(Debug, Default)]
struct Inside {
    /// Raised by each kill; connections of an older life are broken.
    life: u64,
    is_up: bool,
    numbers: u64,
    queues: BTreeMap<String, Vec<Stored>>,
    waiting: Vec<(Instant, String, Stored)>,
    consumed: Option<(String, Stored)>,
}

pub(crate) struct FakeQueueManager {
    lie: Lie,
    inside: Arc<Mutex<Inside>>,
}

struct FakeConnection {
    lie: Lie,
    inside: Arc<Mutex<Inside>>,
    life: u64,
    me: u64,
    browsed: Option<(u8, u64)>,
}

const BROKEN: Reason = Reason(2009);

impl FakeQueueManager {
    pub(crate) fn new(lie: Lie) -> Self {
        let inside = Inside { is_up: true, ..Inside::default() };
        Self { lie, inside: Arc::new(Mutex::new(inside)) }
    }
}

impl Target for FakeQueueManager {
    fn connect(&self) -> Result<Box<dyn Connection>, Reason> {
        let mut inside = self.inside.lock().unwrap();
        if !inside.is_up {
            return Err(Reason(2538));
        }
        inside.numbers += 1;
        let (life, me) = (inside.life, inside.numbers);
        let connection =
            FakeConnection { lie: self.lie, inside: Arc::clone(&self.inside), life, me, browsed: None };
        Ok(Box::new(connection))
    }
}

impl Subject for FakeQueueManager {
    fn start(&self) -> Result<Duration, String> {
        self.inside.lock().unwrap().is_up = true;
        Ok(Duration::ZERO)
    }

    fn waiting(&self) -> Result<u64, String> {
        let mut inside = self.inside.lock().unwrap();
        inside.deliver(self.lie);
        Ok(inside.waiting.len() as u64)
    }

    fn kill(&self) -> Result<(), String> {
        let mut inside = self.inside.lock().unwrap();
        inside.waiting.retain(|(_, _, m)| m.putting.is_none());
        match self.lie {
            Lie::ForgetsWaiting => drop(inside.waiting.pop()),
            Lie::DeliversAtCrash => inside.waiting.iter_mut().for_each(|(due, ..)| *due = Instant::now()),
            _ => {}
        }
        inside.life += 1;
        inside.is_up = false;
        for stored in inside.queues.values_mut() {
            stored.retain(|m| m.putting.is_none() && m.label.is_persistent);
            for message in &mut *stored {
                message.backout_count += u32::from(message.getting.take().is_some());
            }
            match self.lie {
                Lie::LosesAtCrash => drop(stored.pop()),
                Lie::ShufflesAtCrash => {
                    let numbers: Vec<u64> = stored.iter().map(|m| m.number).collect();
                    for (message, number) in stored.iter_mut().zip(numbers.into_iter().rev()) {
                        message.number = number;
                    }
                }
                _ => {}
            }
        }
        if let (Lie::RepeatsAtCrash, Some((queue, message))) = (self.lie, inside.consumed.take()) {
            inside.queues.entry(queue).or_default().push(message);
        }
        Ok(())
    }

    fn start_and_kill(&self, _after: Duration) -> Result<(), String> {
        self.start()?;
        self.kill()
    }

    fn end_and_kill(&self, _ask: Ask, after: Duration) -> Result<bool, String> {
        self.kill()?;
        // It ends as quickly as it dies, so that some kills come too late.
        Ok(after < Duration::from_millis(10))
    }

    fn replay_and_kill(&self, after: Duration) -> Result<bool, String> {
        self.start()?;
        self.kill()?;
        Ok(after < Duration::from_millis(10))
    }
}

impl Inside {
    /// Moves what is due to its queue.
    fn deliver(&mut self, lie: Lie) {
        if lie == Lie::KeepsWaiting {
            return;
        }
        let now = Instant::now();
        let (mut due, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|(due, _, m)| *due <= now && m.putting.is_none());
        self.waiting = waiting;
        due.sort_by_key(|(due, ..)| *due);
        for (_, queue, stored) in due {
            self.numbers += 1;
            let number = self.numbers;
            self.queues.entry(queue).or_default().push(Stored { number, ..stored });
        }
    }
}

impl FakeConnection {
    fn inside(&self) -> Result<MutexGuard<'_, Inside>, Reason> {
        let mut inside = self.inside.lock().unwrap();
        if inside.life != self.life || !inside.is_up {
            return Err(BROKEN);
        }
        inside.deliver(self.lie);
        Ok(inside)
    }

    fn received(&self, stored: &Stored, length_max: u32) -> Received {
        let mut body = stored.label.body();
        if let (Lie::TearsBodies, Some(last)) = (self.lie, body.last_mut()) {
            *last ^= 1;
        }
        body.truncate(length_max as usize);
        Received {
            correl_id: stored.label.correl_id(),
            is_persistent: stored.label.is_persistent,
            priority: stored.label.priority,
            backout_count: stored.backout_count,
            length: stored.label.length,
            body,
        }
    }

    fn next(lie: Lie, stored: &[Stored], by_priority: bool, after: Option<(u8, u64)>) -> Option<usize> {
        let rank = |m: &Stored| (if by_priority { 9 - m.label.priority } else { 0 }, m.number);
        let is_free = |m: &&(usize, &Stored)| {
            (m.1.putting.is_none() || lie == Lie::ShowsUncommitted)
                && m.1.getting.is_none()
                && after.is_none_or(|after| rank(m.1) > after)
        };
        let free = stored.iter().enumerate().collect::<Vec<_>>();
        let free = free.iter().filter(is_free);
        match lie {
            Lie::TurnsOrder if after.is_none() => free.max_by_key(|(_, m)| rank(m)).map(|(at, _)| *at),
            _ => free.min_by_key(|(_, m)| rank(m)).map(|(at, _)| *at),
        }
    }

    fn back_out(&self, inside: &mut Inside) {
        inside.waiting.retain(|(_, _, m)| m.putting != Some(self.me));
        for stored in inside.queues.values_mut() {
            for message in stored.iter_mut().filter(|m| m.getting == Some(self.me)) {
                message.getting = None;
                message.backout_count += 1;
            }
            match self.lie {
                Lie::KeepsBackedOut => {
                    stored.iter_mut().filter(|m| m.putting == Some(self.me)).for_each(|m| m.putting = None);
                }
                _ => stored.retain(|m| m.putting != Some(self.me)),
            }
        }
    }
}

fn by_priority(queue: &str) -> bool {
    QUEUES.iter().any(|q| q.name == queue && q.by_priority)
}

impl Connection for FakeConnection {
    fn put(&mut self, queue: &str, label: &Label, syncpoint: bool) -> Result<(), Reason> {
        let mut inside = self.inside()?;
        inside.numbers += 1;
        let putting = syncpoint.then_some(self.me);
        let stored =
            Stored { number: inside.numbers, label: *label, backout_count: 0, putting, getting: None };
        if label.delay_ms > 0 {
            let due = Instant::now() + Duration::from_millis(u64::from(label.delay_ms));
            inside.waiting.push((due, queue.to_owned(), stored));
        } else {
            inside.queues.entry(queue.to_owned()).or_default().push(stored);
        }
        Ok(())
    }

    fn get(&mut self, queue: &str, syncpoint: bool, _wait_ms: u32) -> Result<Received, Reason> {
        let mut inside = self.inside()?;
        let stored = inside.queues.entry(queue.to_owned()).or_default();
        let Some(at) = Self::next(self.lie, stored, by_priority(queue), None) else {
            drop(inside);
            std::thread::sleep(Duration::from_millis(1));
            return Err(Reason(2033));
        };
        let received = self.received(&stored[at], u32::MAX);
        if syncpoint {
            stored[at].getting = Some(self.me);
        } else {
            let taken = stored.remove(at);
            inside.consumed = Some((queue.to_owned(), taken));
        }
        Ok(received)
    }

    fn browse(&mut self, queue: &str, first: bool, length_max: u32) -> Result<Received, Reason> {
        let after = if first { None } else { self.browsed };
        let mut inside = self.inside()?;
        let stored = inside.queues.entry(queue.to_owned()).or_default();
        let at = Self::next(Lie::None, stored, by_priority(queue), after).ok_or(Reason(2033))?;
        let rank = if by_priority(queue) { 9 - stored[at].label.priority } else { 0 };
        let browsed = (rank, stored[at].number);
        let received = self.received(&stored[at], length_max);
        drop(inside);
        self.browsed = Some(browsed);
        Ok(received)
    }

    fn depth(&mut self, queue: &str) -> Result<i64, Reason> {
        let inside = self.inside()?;
        let depth = inside.queues.get(queue).map_or(0, |q| q.len() as i64);
        Ok(if self.lie == Lie::Miscounts { depth + 1 } else { depth })
    }

    fn commit(&mut self) -> Result<(), Reason> {
        let mut inside = self.inside()?;
        let mut consumed = None;
        for (.., message) in inside.waiting.iter_mut().filter(|(.., m)| m.putting == Some(self.me)) {
            message.putting = None;
        }
        for (queue, stored) in &mut inside.queues {
            for message in stored.iter_mut().filter(|m| m.putting == Some(self.me)) {
                message.putting = None;
            }
            if let Some(taken) = stored.iter().find(|m| m.getting == Some(self.me)) {
                consumed = Some((queue.clone(), Stored { getting: None, ..taken.clone() }));
            }
            stored.retain(|m| m.getting != Some(self.me));
        }
        inside.consumed = consumed.or(inside.consumed.take());
        Ok(())
    }

    fn back(&mut self) -> Result<(), Reason> {
        let mut inside = self.inside()?;
        self.back_out(&mut inside);
        Ok(())
    }

    fn disconnect(self: Box<Self>) {}
}

impl Drop for FakeConnection {
    fn drop(&mut self) {
        let inside = Arc::clone(&self.inside);
        let mut inside = inside.lock().unwrap();
        if inside.life == self.life {
            self.back_out(&mut inside);
        }
    }
}
