//! The thread for what the log needs done without hurry: extents, summaries, control files, packing.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use store::{Done, Effect, Worker};

use crate::disk::RealDisk;
use crate::waker::Waker;

/// The core thread's end.
pub(super) struct WorkerThread {
    to_thread: Option<Sender<Effect>>,
    from_thread: Receiver<io::Result<Done>>,
    thread: Option<JoinHandle<()>>,
}

impl WorkerThread {
    pub(super) fn start(disk: Arc<RealDisk>, waker: Waker) -> io::Result<Self> {
        let (to_thread, effects) = mpsc::channel::<Effect>();
        let (done, from_thread) = mpsc::channel();
        let mut worker = Worker::new(disk);
        let thread = std::thread::Builder::new().name("log-upkeep".into()).spawn(move || {
            while let Ok(effect) = effects.recv() {
                if done.send(worker.run(effect)).is_err() {
                    return;
                }
                waker.wake();
            }
        })?;
        Ok(Self { to_thread: Some(to_thread), from_thread, thread: Some(thread) })
    }

    /// Gives it something to do.
    pub(super) fn run(&mut self, effect: Effect) {
        if let Some(to) = &self.to_thread {
            // A thread that has ended is noticed where its answers are taken.
            let _ = to.send(effect);
        }
    }

    /// Something done.
    pub(super) fn done(&mut self) -> io::Result<Option<Done>> {
        match self.from_thread.try_recv() {
            Ok(result) => result.map(Some),
            Err(mpsc::TryRecvError::Empty) => Ok(None),
            Err(mpsc::TryRecvError::Disconnected) => Err(io::Error::other("the upkeep thread has ended")),
        }
    }
}

impl Drop for WorkerThread {
    fn drop(&mut self) {
        self.to_thread = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
