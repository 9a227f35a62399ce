//! Who forces the log: the core thread when it has nothing else to do and the disk is quick, else a thread.
//!
//! A hand-over costs two wake-ups, about as much as a quick force; a slow force on the core thread keeps
//! everybody waiting, heartbeats too.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use store::{GroupWrite, GroupWriter, Ticket};

use crate::clock::mono_ns;
use crate::disk::RealDisk;
use crate::qm_ini::LogSinkChoice;
use crate::waker::Waker;

/// Forces that take longer than this go to the thread.
const QUICK_NS: u64 = 300_000;
/// So many forces on the thread before the core thread tries again after a slow one.
const PENANCE: u32 = 1000;

/// The core thread's end.
pub(super) struct Sink {
    choice: LogSinkChoice,
    inline: GroupWriter<RealDisk>,
    inline_done: Option<Ticket>,
    /// Forces left to the thread because one here was slow.
    penance: u32,
    to_thread: Option<Sender<GroupWrite>>,
    from_thread: Receiver<io::Result<Ticket>>,
    in_thread: usize,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    pub(super) fn start(disk: Arc<RealDisk>, choice: LogSinkChoice, waker: Waker) -> io::Result<Self> {
        let (to_thread, groups) = mpsc::channel::<GroupWrite>();
        let (done, from_thread) = mpsc::channel();
        let mut writer = GroupWriter::new(Arc::clone(&disk));
        let thread = std::thread::Builder::new().name("log".into()).spawn(move || {
            while let Ok(group) = groups.recv() {
                let ticket = group.ticket;
                let result = writer.write(&group).map(|()| ticket);
                drop(group);
                if done.send(result).is_err() {
                    return;
                }
                waker.wake();
            }
        })?;
        Ok(Self {
            choice,
            inline: GroupWriter::new(disk),
            inline_done: None,
            penance: 0,
            to_thread: Some(to_thread),
            from_thread,
            in_thread: 0,
            thread: Some(thread),
        })
    }

    /// Starts to force a group, or forces it at once.
    pub(super) fn submit(&mut self, group: GroupWrite, is_idle: bool) -> io::Result<()> {
        let inline = match self.choice {
            LogSinkChoice::Inline => true,
            LogSinkChoice::Thread => false,
            LogSinkChoice::Adaptive => is_idle && self.in_thread == 0 && self.penance == 0,
        };
        if !inline {
            self.penance = self.penance.saturating_sub(1);
            self.in_thread += 1;
            let sent = self.to_thread.as_ref().is_some_and(|to| to.send(group).is_ok());
            return if sent { Ok(()) } else { Err(io::Error::other("the log thread has ended")) };
        }
        let begun = mono_ns();
        self.inline.write(&group)?;
        self.inline_done = Some(group.ticket);
        if mono_ns() - begun > QUICK_NS && self.choice == LogSinkChoice::Adaptive {
            self.penance = PENANCE;
        }
        Ok(())
    }

    /// A group that has been forced.
    pub(super) fn completed(&mut self) -> io::Result<Option<Ticket>> {
        if let Some(ticket) = self.inline_done.take() {
            return Ok(Some(ticket));
        }
        match self.from_thread.try_recv() {
            Ok(result) => {
                self.in_thread -= 1;
                result.map(Some)
            }
            Err(mpsc::TryRecvError::Empty) => Ok(None),
            Err(mpsc::TryRecvError::Disconnected) => Err(io::Error::other("the log thread has ended")),
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.to_thread = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
