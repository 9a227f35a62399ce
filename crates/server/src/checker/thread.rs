//! A thread that checks passwords, one at a time, and gives way to everything else on the machine.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use mqi::secret::Secret;

use crate::passwords::Passwords;
use crate::waker::Waker;

/// How nice it is to others (`man 2 setpriority`).
const NICE: i32 = 10;

/// Bytes of its stack that are wiped after a check: hashing leaves the password there.
const STACK: usize = 64 * 1024;

/// One check.
pub(super) struct Work {
    pub(super) job: u64,
    /// The users to go by.
    pub(super) passwords: Arc<Passwords>,
    pub(super) user: String,
    pub(super) password: Secret,
}

/// How one ended.
pub(super) struct Answer {
    /// Of which thread.
    pub(super) thread: usize,
    pub(super) job: u64,
    pub(super) right: bool,
}

/// The core's end of one.
pub(super) struct Thread {
    work: Option<Sender<Work>>,
    handle: Option<JoinHandle<()>>,
}

impl Thread {
    pub(super) fn start(number: usize, answers: Sender<Answer>, waker: Waker) -> io::Result<Self> {
        let (work, to_do) = mpsc::channel::<Work>();
        let handle = std::thread::Builder::new()
            .name("passwords".into())
            .spawn(move || run(number, &to_do, &answers, &waker))?;
        Ok(Self { work: Some(work), handle: Some(handle) })
    }

    /// Gives it something to do. False: it has ended.
    pub(super) fn give(&self, work: Work) -> bool {
        self.work.as_ref().is_some_and(|to| to.send(work).is_ok())
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.work = None;
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

fn run(number: usize, to_do: &Receiver<Work>, answers: &Sender<Answer>, waker: &Waker) {
    // Without it checks are no worse than other work.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    while let Ok(Work { job, passwords, user, password }) = to_do.recv() {
        let right = passwords.verify(&user, &password);
        drop(password);
        wipe_stack();
        if answers.send(Answer { thread: number, job, right }).is_err() {
            return;
        }
        waker.wake();
    }
}

#[inline(never)]
fn wipe_stack() {
    std::hint::black_box(&mut [0u8; STACK]);
}
