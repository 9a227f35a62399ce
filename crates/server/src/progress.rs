//! How far the log of a running queue manager has come: told by the thread that runs it, and noted in the data
//! directory by the one that looks after the locks.
//!
//! Whatever is read here has been durable in the log before it was told.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use store::{Epoch, Log, Lsn, Position};

/// See the module's text.
#[derive(Debug, Default)]
pub struct Progress {
    epoch: AtomicU32,
    sequence: AtomicU64,
    checkpoint: AtomicU64,
    durable: AtomicU64,
    /// What a linear log keeps although restart does not need it.
    kept: Mutex<Vec<u32>>,
}

impl Progress {
    /// Tells where the log is now.
    pub fn tell(&self, log: &Log) {
        let Position { epoch, sequence, durable } = log.position();
        if self.sequence.load(Ordering::Relaxed) != sequence {
            // It changes with a checkpoint only.
            *self.kept() = log.kept().collect();
        }
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

    fn kept(&self) -> MutexGuard<'_, Vec<u32>> {
        // It is replaced as a whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an extent may be taken away by an administrator. All may as long as no log is at work.
    pub fn is_kept(&self, extent: &str) -> bool {
        let is_at_work = self.epoch.load(Ordering::Acquire) > 0;
        !is_at_work || self.kept().iter().any(|number| store::extent_file_name(*number) == extent)
    }

    /// What has been acknowledged: more than the control file tells.
    pub fn reached(&self) -> Position {
        Position { durable: Lsn(self.durable.load(Ordering::Relaxed)), ..self.checkpoint() }
    }
}
