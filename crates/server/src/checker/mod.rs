//! Checks of passwords: hashing is slow by design and must not hold the core, nor one that guesses those who know.
//!
//! ```text
//! ask ─► remembered? ──────────────────────────────────────────────► right, at once
//!          │ no
//!          ▼
//!        in line, by source and standing ──► thread ──► right ─────► at once, and remembered
//!          │ its sockets are gone              └──────► wrong ─────► late, and the later the more there were
//!          └──► never checked
//! ```
//!
//! The file of passwords is read again when it has changed, so that a change counts from the next question on. A
//! success is remembered for five minutes from when it was last of use, as a keyed digest of user and password, so that a program that connects often
//! pays once, and whoever was right comes in at once also while others guess; a failure for one minute, so that a
//! program which tries again and again with the same wrong password costs nothing. The same question asked by many at
//! once is checked once.
//!
//! Nobody learns from the time of a refusal whether there is a user of that name: names that are nobody's are hashed
//! too, and a failure is told after a delay that is known when the question comes, and longer than its line can take.
//!
//! One thread of several is kept for those who have not failed often. What was decided comes back through
//! [`Checker::decided`]; the waker is rung then.

mod delays;
mod line;
mod thread;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use mqi::secret::Secret;

use crate::digest;
use crate::passwords::{Passwords, Stamp};
use crate::source::Source;
use crate::waker::Waker;
use delays::{Delays, Pair};
use line::{Lines, Place, Standing};
use thread::{Answer, Thread, Work};

/// How long a success is remembered.
const REMEMBER_MS: u64 = 5 * 60 * 1000;
/// How long a failure is.
const REMEMBER_WRONG_MS: u64 = 60 * 1000;
const REMEMBERED_MAX: usize = 4096;
/// Threads: more than one, and no more than the cores.
const THREADS: (usize, usize) = (2, 4);
/// What a check takes at most on a machine that is not overloaded: a failure is told no earlier than all that stand
/// in line before it could have been checked.
const CHECK_MS: u64 = 50;

/// A question; `id` comes back with the answer.
pub struct Question {
    /// The asker's own.
    pub id: u64,
    /// User id as given.
    pub user: String,
    /// Password as given.
    pub password: Secret,
    /// Whose turn it takes.
    pub source: Source,
    /// Channel and peer, for the error log.
    pub origin: (String, String),
    /// How late a failure is told at least (FAILDLAY).
    pub fail_delay_ms: u64,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// Of the question.
    pub id: u64,
    /// Whether the password is that user's.
    pub right: bool,
}

/// A wrong password, for the error log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// User id as given.
    pub user: String,
    /// Channel and peer.
    pub origin: (String, String),
}

type Digest = [u8; 32];

/// A check that waits or is being done.
struct Job {
    pair: Pair,
    digest: Digest,
    failure: Failure,
    /// Until a thread has it.
    password: Option<Secret>,
    /// Content of the file that it is checked by.
    generation: u64,
    /// Who has asked, and when a failure is told to him.
    askers: Vec<(u64, u64)>,
    /// Of those who have gone since the check began.
    gone: u32,
}

/// The core thread's end.
pub struct Checker {
    file: PathBuf,
    stamp: Stamp,
    passwords: Arc<Passwords>,
    /// Counts the contents of the file.
    generation: u64,
    troubles: VecDeque<String>,
    failures: VecDeque<Failure>,
    key: [u8; 32],
    right: BTreeMap<Digest, u64>,
    wrong: BTreeMap<Digest, u64>,
    delays: Delays,
    lines: Lines,
    jobs: BTreeMap<u64, Job>,
    job_next: u64,
    by_digest: BTreeMap<(Source, Digest), u64>,
    by_id: BTreeMap<u64, u64>,
    late: BinaryHeap<Reverse<(u64, Decision)>>,
    /// When one of those in line may start that may not yet.
    start_due: Option<u64>,
    threads: Vec<Thread>,
    idle: Vec<usize>,
    answers: Receiver<Answer>,
}

impl Checker {
    /// Starts the threads; the file of passwords must be one.
    pub fn start(file: PathBuf, waker: Waker) -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
        // First the stamp: what changes in between is read again.
        let stamp = Stamp::of(&file);
        let passwords = Arc::new(Passwords::load(&file)?);
        let (to_core, answers) = mpsc::channel();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<Thread> = (0..cores.clamp(THREADS.0, THREADS.1))
            .map(|number| Thread::start(number, to_core.clone(), waker.clone()))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            file,
            stamp,
            passwords,
            generation: 0,
            troubles: VecDeque::new(),
            failures: VecDeque::new(),
            key,
            right: BTreeMap::new(),
            wrong: BTreeMap::new(),
            delays: Delays::default(),
            lines: Lines::default(),
            jobs: BTreeMap::new(),
            job_next: 0,
            by_digest: BTreeMap::new(),
            by_id: BTreeMap::new(),
            late: BinaryHeap::new(),
            start_due: None,
            idle: (0..threads.len()).collect(),
            threads,
            answers,
        })
    }

    /// Asks. A remembered success is answered at once, everything else later through [`Self::decided`].
    pub fn ask(&mut self, question: Question, now_ms: u64) -> Option<Decision> {
        self.read_again();
        let Question { id, user, password, source, origin, fail_delay_ms } = question;
        let digest = digest::keyed(&self.key, &[user.as_bytes(), password.expose()]);
        if let Some(until) = self.right.get_mut(&digest).filter(|until| now_ms < **until) {
            *until = now_ms + REMEMBER_MS;
            return Some(Decision { id, right: true });
        }
        let pair = (source, digest::keyed_u64(&self.key, user.as_bytes()));
        let in_line = self.lines.len(source) as u64 * CHECK_MS;
        let told_ms = now_ms + fail_delay_ms.max(self.delays.tell_ms(pair, now_ms)).max(in_line);
        let standing = self.standing(pair, &user, now_ms);
        let failure = Failure { user, origin };
        if self.wrong.get(&digest).is_some_and(|until| now_ms < *until) {
            self.fail(id, told_ms, failure);
            return None;
        }
        if let Some(job) = self.by_digest.get(&(source, digest)) {
            if let Some(it) = self.jobs.get_mut(job) {
                it.askers.push((id, told_ms));
                self.by_id.insert(id, *job);
            }
            return None;
        }
        let job = self.job_next;
        self.job_next += 1;
        let (password, askers) = (Some(password), vec![(id, told_ms)]);
        self.jobs.insert(job, Job { pair, digest, failure, password, generation: 0, askers, gone: 0 });
        self.by_digest.insert((source, digest), job);
        self.by_id.insert(id, job);
        if let Some(pushed_out) = self.lines.push(Place { job, pair }, standing) {
            self.end(pushed_out.job, now_ms, false);
        }
        self.begin(now_ms);
        None
    }

    /// Nobody wants to know any more: what has not begun is not begun.
    pub fn forget(&mut self, id: u64) {
        let Some(number) = self.by_id.remove(&id) else { return };
        let Some(job) = self.jobs.get_mut(&number) else { return };
        job.askers.retain(|(asker, _)| *asker != id);
        if job.password.is_none() {
            // It is being checked, and leaves its trace.
            job.gone += 1;
        } else if job.askers.is_empty() {
            self.lines.remove(Place { job: number, pair: job.pair });
            self.by_digest.remove(&(job.pair.0, job.digest));
            self.jobs.remove(&number);
        }
    }

    /// Everything decided by now.
    pub fn decided(&mut self, now_ms: u64) -> Vec<Decision> {
        let mut out = Vec::new();
        while let Ok(Answer { thread, job, right }) = self.answers.try_recv() {
            self.idle.push(thread);
            out.extend(self.end(job, now_ms, right));
        }
        self.begin(now_ms);
        while let Some(Reverse((_, decision))) = self.late.peek().filter(|late| late.0.0 <= now_ms) {
            out.push(*decision);
            self.late.pop();
        }
        out
    }

    /// Why the file of passwords cannot be used: nobody gets in until it can.
    pub fn trouble(&mut self) -> Option<String> {
        self.troubles.pop_front()
    }

    /// A password that was found wrong, whether or not anybody is still there to be told.
    pub fn failure(&mut self) -> Option<Failure> {
        self.failures.pop_front()
    }

    /// When [`Self::decided`] has something even if the threads are silent.
    pub fn deadline_ms(&self) -> Option<u64> {
        let late = self.late.peek().map(|Reverse((at, _))| *at);
        late.into_iter().chain(self.start_due).min()
    }

    fn read_again(&mut self) {
        let stamp = Stamp::of(&self.file);
        if stamp == self.stamp {
            return;
        }
        self.stamp = stamp;
        self.generation += 1;
        self.right.clear();
        self.wrong.clear();
        self.passwords = Arc::new(Passwords::load(&self.file).unwrap_or_else(|error| {
            self.troubles.push_back(error.to_string());
            Passwords::default()
        }));
    }

    fn standing(&self, pair: Pair, user: &str, now_ms: u64) -> Standing {
        match self.passwords.contains(user) {
            true if self.delays.is_free(pair, self.lines.of_pair(pair), now_ms) => Standing::Good,
            true => Standing::Doubtful,
            false => Standing::Unknown,
        }
    }

    /// Gives idle threads something to do.
    fn begin(&mut self, now_ms: u64) {
        self.start_due = None;
        while let Some(thread) = self.idle.pop() {
            let only_good = self.idle.is_empty();
            let delays = &self.delays;
            let next = self.lines.next(only_good, |pair| delays.start_ms(pair) <= now_ms);
            let Some(Place { job, pair }) = next else {
                self.idle.push(thread);
                if !only_good {
                    self.start_due = self.lines.pairs().map(|pair| self.delays.start_ms(pair)).min();
                }
                return;
            };
            let Some(it) = self.jobs.get_mut(&job) else { continue };
            let Some(password) = it.password.take() else { continue };
            it.generation = self.generation;
            self.delays.started(pair, now_ms);
            let (user, passwords) = (it.failure.user.clone(), self.passwords.clone());
            if !self.threads[thread].give(Work { job, passwords, user, password }) {
                self.end(job, now_ms, false);
            }
        }
    }

    /// A check has ended, or never will be done. Returns what can be told at once.
    fn end(&mut self, number: u64, now_ms: u64, right: bool) -> Vec<Decision> {
        let Some(job) = self.jobs.remove(&number) else { return Vec::new() };
        self.by_digest.remove(&(job.pair.0, job.digest));
        job.askers.iter().for_each(|(id, _)| {
            self.by_id.remove(id);
        });
        // An answer by another content is true, but for this once.
        let is_done = job.password.is_none();
        let is_lasting = is_done && job.generation == self.generation;
        if right {
            if is_lasting {
                remember(&mut self.right, job.digest, now_ms + REMEMBER_MS);
            }
            self.delays.succeeded(job.pair);
            return job.askers.into_iter().map(|(id, _)| Decision { id, right }).collect();
        }
        if is_lasting {
            remember(&mut self.wrong, job.digest, now_ms + REMEMBER_WRONG_MS);
        }
        if is_done {
            self.delays.failed(job.pair, now_ms);
        }
        (0..job.gone).for_each(|_| self.failures.push_back(job.failure.clone()));
        for (id, told_ms) in job.askers {
            self.fail(id, told_ms, job.failure.clone());
        }
        Vec::new()
    }

    fn fail(&mut self, id: u64, told_ms: u64, failure: Failure) {
        self.failures.push_back(failure);
        self.late.push(Reverse((told_ms, Decision { id, right: false })));
    }
}

fn remember(all: &mut BTreeMap<Digest, u64>, digest: Digest, until: u64) {
    if all.len() >= REMEMBERED_MAX {
        all.clear();
    }
    all.insert(digest, until);
}

#[cfg(test)]
mod tests;
