//! `stream-p`, `deep-fill`, `deep-drain`: producers that put under syncpoint, asynchronously or not, and commit every
//! so many messages, consumers that messages are streamed to under syncpoint and that commit every so many.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use anyhow::{Result, bail};
use bytes::Bytes;
use mqi::Md;
use mqi::call::{Call, Delivery, Hobj, Reply, Returned};

use super::calls::{Getter, INPUT, Mode, OUTPUT, Way, filler, stamped, stamps};
use super::generator::{Actor, Scene};

/// A producer that waits for consumers looks again after this time.
const LOOK_AGAIN_NS: u64 = 200_000;

const MODE: Mode = Mode { is_persistent: true, is_syncpoint: true };

/// What a run of it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// Bytes of a message.
    pub(super) size: usize,
    /// Messages a commit.
    pub(super) batch: usize,
    /// Puts do not wait for the answers of those before them.
    pub(super) is_async: bool,
    /// How messages are got.
    pub(super) way: Way,
}

/// Messages that have been put to a queue and not got: a producer goes no further ahead than `most`, so that
/// streaming is measured and not a backlog.
#[derive(Clone)]
pub(super) struct Backlog {
    messages: Rc<Cell<i64>>,
    most: i64,
}

impl Backlog {
    /// A backlog of at most so many messages.
    pub(super) fn new(most: i64) -> Self {
        Self { messages: Rc::new(Cell::new(0)), most }
    }

    /// A backlog without a bound.
    pub(super) fn unbounded() -> Self {
        Self::new(i64::MAX)
    }

    fn add(&self, messages: i64) {
        self.messages.set(self.messages.get() + messages);
    }

    fn is_full(&self) -> bool {
        self.messages.get() >= self.most
    }
}

/// Puts.
pub(super) struct Producer {
    setting: Setting,
    queue: String,
    backlog: Backlog,
    /// Messages that are still to be put; none: until told to stop.
    left: Option<u64>,
    /// Operations are counted here, not where messages are consumed.
    counts: bool,
    md: Md,
    filler: Bytes,
    hobj: Hobj,
    next_number: u64,
    /// Messages of this unit of work, and how many of them are still to be put.
    batch: u64,
    batch_left: u64,
    begun_ns: u64,
    resume_at: Option<u64>,
    is_idle: bool,
}

impl Producer {
    /// A producer that goes on until it is told to stop, held back by the backlog.
    pub(super) fn endless(setting: Setting, queue: &str, backlog: Backlog) -> Self {
        Self {
            setting,
            queue: queue.to_owned(),
            backlog,
            left: None,
            counts: false,
            md: MODE.md(),
            filler: filler(setting.size),
            hobj: Hobj::NONE,
            next_number: 0,
            batch: 0,
            batch_left: 0,
            begun_ns: 0,
            resume_at: None,
            is_idle: false,
        }
    }

    /// A producer of so many messages with numbers from `first` on, whose commits are the operations.
    pub(super) fn of(setting: Setting, queue: &str, first: u64, messages: u64) -> Self {
        Self {
            left: Some(messages),
            counts: true,
            next_number: first,
            ..Self::endless(setting, queue, Backlog::unbounded())
        }
    }

    fn put_batch(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        self.resume_at = None;
        self.batch = (self.setting.batch as u64).min(self.left.unwrap_or(u64::MAX));
        if self.batch == 0 || scene.is_stopping {
            self.is_idle = true;
            return Ok(());
        }
        if self.backlog.is_full() {
            self.resume_at = Some(scene.now_ns + LOOK_AGAIN_NS);
            return Ok(());
        }
        self.begun_ns = scene.now_ns;
        self.left = self.left.map(|left| left - self.batch);
        self.batch_left = self.batch;
        self.go_on(scene)
    }

    /// Puts what may be put without an answer, and commits when that was all.
    fn go_on(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        while self.batch_left > 0 {
            let body = stamped(&self.filler, scene.now_ns, self.next_number);
            self.next_number += 1;
            self.batch_left -= 1;
            if !self.setting.is_async {
                return scene.call(MODE.put(self.hobj, &self.md, body));
            }
            scene.call(MODE.put_async(self.hobj, &self.md, body))?;
        }
        self.backlog.add(self.batch as i64);
        scene.call(Call::Commit)
    }
}

impl Actor for Producer {
    fn queues(&self) -> Vec<(String, i32)> {
        vec![(self.queue.clone(), OUTPUT)]
    }

    fn start(&mut self, handles: &[Hobj], scene: &mut Scene<'_>) -> Result<()> {
        self.hobj = handles.first().copied().unwrap_or(Hobj::NONE);
        self.put_batch(scene)
    }

    fn reply(&mut self, reply: Reply, scene: &mut Scene<'_>) -> Result<()> {
        match reply.returned {
            Returned::Commit => {}
            Returned::Put { .. } if !self.setting.is_async => return self.go_on(scene),
            _ => bail!("{reply:?}"),
        }
        if self.counts {
            scene.meter.count(self.batch);
            scene.meter.main(self.begun_ns, scene.now_ns);
        } else {
            scene.meter.other(self.begun_ns, scene.now_ns);
        }
        self.put_batch(scene)
    }

    fn due(&self) -> Option<u64> {
        self.resume_at
    }

    fn turn(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        self.put_batch(scene)
    }

    fn is_done(&self) -> bool {
        self.is_idle || self.resume_at.is_some()
    }
}

/// Gets.
pub(super) struct Consumer {
    setting: Setting,
    queue: String,
    backlog: Backlog,
    /// Messages that all consumers of this run are still to take; none: until told to stop.
    left: Option<Rc<Cell<u64>>>,
    getter: Option<Getter>,
    /// Messages since the last commit, and those that the commit in progress is about.
    taken: usize,
    committing: u64,
    /// Numbers of the messages whose commit has been answered, where somebody wants to know, and those of the
    /// others.
    seen: Option<Seen>,
    unseen: Vec<u64>,
}

/// Numbers of messages.
pub(super) type Seen = Rc<RefCell<Vec<u64>>>;

impl Consumer {
    /// A consumer that goes on until the run is over.
    pub(super) fn endless(setting: Setting, queue: &str, backlog: Backlog) -> Self {
        let queue = queue.to_owned();
        Self {
            setting,
            queue,
            backlog,
            left: None,
            getter: None,
            taken: 0,
            committing: 0,
            seen: None,
            unseen: Vec::new(),
        }
    }

    /// The same, noting the numbers of the messages.
    pub(super) fn noting(self, seen: &Seen) -> Self {
        Self { seen: Some(Rc::clone(seen)), ..self }
    }

    /// A consumer that, with others, takes so many messages.
    pub(super) fn of(setting: Setting, queue: &str, left: Rc<Cell<u64>>) -> Self {
        Self { left: Some(left), ..Self::endless(setting, queue, Backlog::unbounded()) }
    }

    /// Commits what has been taken.
    fn commit(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        if let Some(tell) = self.getter.as_mut().and_then(Getter::tell) {
            scene.call(tell)?;
        }
        self.committing = std::mem::take(&mut self.taken) as u64;
        scene.call(Call::Commit)
    }

    /// Asks for the next messages.
    fn ask(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        let is_last = self.is_last();
        match &mut self.getter {
            Some(getter) if !scene.is_stopping && !is_last => match getter.more() {
                Some(call) => scene.call(call),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn is_last(&self) -> bool {
        self.left.as_ref().is_some_and(|left| left.get() == 0)
    }
}

impl Actor for Consumer {
    fn queues(&self) -> Vec<(String, i32)> {
        vec![(self.queue.clone(), INPUT)]
    }

    fn start(&mut self, handles: &[Hobj], scene: &mut Scene<'_>) -> Result<()> {
        let hobj = handles.first().copied().unwrap_or(Hobj::NONE);
        self.getter = Some(Getter::new(hobj, MODE, None, self.setting.size, self.setting.way));
        match &mut self.getter {
            Some(getter) => scene.call(getter.next()),
            None => Ok(()),
        }
    }

    fn reply(&mut self, reply: Reply, scene: &mut Scene<'_>) -> Result<()> {
        let Returned::Commit = reply.returned else { bail!("{reply:?}") };
        let committed = std::mem::take(&mut self.committing);
        scene.meter.count(committed);
        if let Some(seen) = &self.seen {
            seen.borrow_mut().extend(self.unseen.drain(..committed as usize));
        }
        if self.taken >= self.setting.batch || (self.taken > 0 && self.is_last()) {
            self.commit(scene)?;
        }
        Ok(())
    }

    fn delivery(&mut self, delivery: Delivery, scene: &mut Scene<'_>) -> Result<()> {
        if let Some(getter) = &mut self.getter {
            getter.took(&delivery);
        }
        let (put_ns, number) = stamps(&delivery.body.first);
        scene.meter.main(put_ns, scene.now_ns);
        if self.seen.is_some() {
            self.unseen.push(number);
        }
        self.backlog.add(-1);
        self.taken += 1;
        if let Some(left) = &self.left {
            left.set(left.get().saturating_sub(1));
        }
        if self.committing == 0 && (self.taken >= self.setting.batch || self.is_last()) {
            self.commit(scene)?;
        }
        // Behind a commit it is about the next unit of work.
        self.ask(scene)
    }

    /// When another consumer has taken the last message, what this one holds is to be committed as well.
    fn due(&self) -> Option<u64> {
        (self.is_last() && self.taken > 0 && self.committing == 0).then_some(0)
    }

    fn turn(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        self.commit(scene)
    }

    fn is_done(&self) -> bool {
        match &self.left {
            Some(left) => left.get() == 0 && self.taken == 0 && self.committing == 0,
            None => true,
        }
    }
}
