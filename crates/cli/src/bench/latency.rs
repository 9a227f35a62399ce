//! `lat-p`: an open loop at a fixed rate. A message is due at its time whatever became of those before it, and
//! its time counts from when it was due, so that a stall is seen by all that it delays.

use anyhow::{Result, bail};
use bytes::Bytes;
use mqi::Md;
use mqi::call::{Delivery, Hobj, Reply, Returned};

use super::calls::{Getter, INPUT, Mode, OUTPUT, Way, filler, stamped, stamps};
use super::generator::{Actor, Scene};

const MODE: Mode = Mode { is_persistent: true, is_syncpoint: false };
const QUEUE: &str = "BENCH.LATENCY";

/// Puts one message, durably, every `interval_ns`.
pub(super) struct Pacer {
    md: Md,
    filler: Bytes,
    hobj: Hobj,
    interval_ns: u64,
    offset_ns: u64,
    next_ns: u64,
    /// When the message in progress was due.
    putting: Option<u64>,
    is_stopped: bool,
}

impl Pacer {
    /// The first message is due `offset_ns` after the start.
    pub(super) fn new(size: usize, interval_ns: u64, offset_ns: u64) -> Self {
        Self {
            md: MODE.md(),
            filler: filler(size),
            hobj: Hobj::NONE,
            interval_ns,
            offset_ns,
            next_ns: u64::MAX,
            putting: None,
            is_stopped: false,
        }
    }

    fn put_if_due(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        self.is_stopped = scene.is_stopping;
        if self.is_stopped || self.putting.is_some() || self.next_ns > scene.now_ns {
            return Ok(());
        }
        let due = self.next_ns;
        self.next_ns += self.interval_ns;
        self.putting = Some(due);
        scene.call(MODE.put(self.hobj, &self.md, stamped(&self.filler, due, 0)))
    }
}

impl Actor for Pacer {
    fn queues(&self) -> Vec<(String, i32)> {
        vec![(QUEUE.to_owned(), OUTPUT)]
    }

    fn start(&mut self, handles: &[Hobj], scene: &mut Scene<'_>) -> Result<()> {
        self.hobj = handles.first().copied().unwrap_or(Hobj::NONE);
        self.next_ns = scene.now_ns + self.offset_ns;
        Ok(())
    }

    fn reply(&mut self, reply: Reply, scene: &mut Scene<'_>) -> Result<()> {
        let (Returned::Put { .. }, Some(due)) = (&reply.returned, self.putting.take()) else {
            bail!("{reply:?}")
        };
        scene.meter.other(due, scene.now_ns);
        self.put_if_due(scene)
    }

    fn due(&self) -> Option<u64> {
        (self.putting.is_none() && !self.is_stopped).then_some(self.next_ns)
    }

    fn turn(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        self.put_if_due(scene)
    }

    fn is_done(&self) -> bool {
        self.putting.is_none()
    }
}

/// Takes each message as it comes, outside syncpoint.
pub(super) struct Taker {
    size: usize,
    getter: Option<Getter>,
}

impl Taker {
    /// For messages of this size.
    pub(super) fn new(size: usize) -> Self {
        Self { size, getter: None }
    }
}

impl Actor for Taker {
    fn queues(&self) -> Vec<(String, i32)> {
        vec![(QUEUE.to_owned(), INPUT)]
    }

    fn start(&mut self, handles: &[Hobj], scene: &mut Scene<'_>) -> Result<()> {
        let hobj = handles.first().copied().unwrap_or(Hobj::NONE);
        let getter = self.getter.insert(Getter::new(hobj, MODE, None, self.size, Way::Stream));
        scene.call(getter.next())
    }

    fn reply(&mut self, reply: Reply, _scene: &mut Scene<'_>) -> Result<()> {
        bail!("{reply:?}")
    }

    fn delivery(&mut self, delivery: Delivery, scene: &mut Scene<'_>) -> Result<()> {
        scene.meter.operation(stamps(&delivery.body.first).0, scene.now_ns);
        let Some(getter) = &mut self.getter else { bail!("a taker has not been started") };
        getter.took(&delivery);
        scene.call(getter.next())
    }

    fn is_done(&self) -> bool {
        true
    }
}
