//! How far the log of a running queue manager has come: told by the thread that runs it, and noted in the data
//! directory by the one that looks after the locks.
//!
//! Whatever is read here has been durable in the log before it was told.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use store::{Epoch, Log, Lsn, Position};

/// See the module's text.
#[derive(Debug, Default)]
pub struct Progress {
    epoch: AtomicU32,
    sequence: AtomicU64,
    checkpoint: AtomicU64,
    durable: AtomicU64,
}

impl Progress {
    /// Tells where the log is now.
    pub fn tell(&self, log: &Log) {
        let Position { epoch, sequence, durable } = log.position();
        self.durable.store(log.durable().0, Ordering::Relaxed);
        self.checkpoint.store(durable.0, Ordering::Relaxed);
        self.sequence.store(sequence, Ordering::Release);
        self.epoch.store(epoch.0, Ordering::Release);
    }

    /// What its control file tells; nothing before a log is at work.
    pub fn checkpoint(&self) -> Position {
        let (epoch, sequence) = (self.epoch.load(Ordering::Acquire), self.sequence.load(Ordering::Acquire));
        Position { epoch: Epoch(epoch), sequence, durable: Lsn(self.checkpoint.load(Ordering::Relaxed)) }
    }

    /// What has been acknowledged: more than the control file tells.
    pub fn reached(&self) -> Position {
        Position { durable: Lsn(self.durable.load(Ordering::Relaxed)), ..self.checkpoint() }
    }
}
