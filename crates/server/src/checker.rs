//! The thread that checks passwords, one at a time: hashing is slow by design and must not hold the core.
//!
//! The file of passwords is read again when it has changed, so that a change counts from the next question on.
//! A success is remembered for five minutes as a keyed digest of user and password, so that a program that
//! connects often pays once. A failure is told late, and an address that fails often is refused unheard
//! for a while. What was decided comes back through [`Checker::decided`]; the waker is rung then.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::JoinHandle;

use crate::digest;
use crate::passwords::{Passwords, Stamp};
use crate::waker::Waker;

/// How long a success is remembered.
const REMEMBER_MS: u64 = 5 * 60 * 1000;
/// How late a failure is told (FAILDLAY).
const FAILURE_DELAY_MS: u64 = 1000;
/// Failures of one address within [`FORGET_MS`] after which it is refused unheard.
const FAILURES_MAX: u32 = 20;
const FORGET_MS: u64 = 60 * 1000;
/// Checks that may wait in line; more are refused.
const QUEUE_MAX: usize = 1024;
const REMEMBERED_MAX: usize = 4096;

/// A question; `id` comes back with the answer.
pub struct Question {
    /// The asker's own.
    pub id: u64,
    /// User id as given.
    pub user: String,
    /// Password as given.
    pub password: Vec<u8>,
    /// Address that it came from.
    pub address: String,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Of the question.
    pub id: u64,
    /// Whether the password is that user's.
    pub right: bool,
}

/// What the thread says.
struct Answer {
    decision: Decision,
    /// The content of the file that it goes by.
    stamp: Stamp,
    /// Why that content cannot be used, said once.
    trouble: Option<String>,
}

struct Failures {
    count: u32,
    last_ms: u64,
}

/// The core thread's end.
pub struct Checker {
    file: PathBuf,
    /// The content of the file that successes are remembered of.
    stamp: Stamp,
    troubles: VecDeque<String>,
    key: [u8; 32],
    remembered: BTreeMap<[u8; 32], u64>,
    failures: BTreeMap<String, Failures>,
    late: VecDeque<(u64, Decision)>,
    asked: BTreeMap<u64, ([u8; 32], String)>,
    to_thread: Option<SyncSender<Question>>,
    from_thread: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl Checker {
    /// Starts the thread; the file of passwords must be one.
    pub fn start(file: PathBuf, waker: Waker) -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
        let mut known = Known::read(file.clone())?;
        let stamp = known.stamp;
        let (to_thread, questions) = mpsc::sync_channel::<Question>(QUEUE_MAX);
        let (answers, from_thread) = mpsc::sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new().name("passwords".into()).spawn(move || {
            while let Ok(question) = questions.recv() {
                if answers.send(known.answer(question)).is_err() {
                    return;
                }
                waker.wake();
            }
        })?;
        Ok(Self {
            file,
            stamp,
            troubles: VecDeque::new(),
            key,
            remembered: BTreeMap::new(),
            failures: BTreeMap::new(),
            late: VecDeque::new(),
            asked: BTreeMap::new(),
            to_thread: Some(to_thread),
            from_thread,
            thread: Some(thread),
        })
    }

    /// Asks. A remembered success is answered at once, everything else later through [`Self::decided`].
    pub fn ask(&mut self, question: Question, now_ms: u64) -> Option<Decision> {
        let id = question.id;
        let stamp = Stamp::of(&self.file);
        if stamp != self.stamp {
            self.stamp = stamp;
            self.remembered.clear();
        }
        let digest = digest::keyed(&self.key, &[question.user.as_bytes(), &question.password]);
        if self.remembered.get(&digest).is_some_and(|until| now_ms < *until) {
            return Some(Decision { id, right: true });
        }
        if self.is_barred(&question.address, now_ms) {
            self.fail_late(id, now_ms);
            return None;
        }
        let address = question.address.clone();
        match self.to_thread.as_ref().map(|to| to.try_send(question)) {
            Some(Ok(())) => {
                self.asked.insert(id, (digest, address));
            }
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) | None => {
                self.fail_late(id, now_ms)
            }
        }
        None
    }

    fn is_barred(&self, address: &str, now_ms: u64) -> bool {
        self.failures
            .get(address)
            .is_some_and(|f| f.count >= FAILURES_MAX && now_ms < f.last_ms.saturating_add(FORGET_MS))
    }

    fn fail_late(&mut self, id: u64, now_ms: u64) {
        self.late.push_back((now_ms.saturating_add(FAILURE_DELAY_MS), Decision { id, right: false }));
    }

    /// Everything decided by now.
    pub fn decided(&mut self, now_ms: u64) -> Vec<Decision> {
        let mut out = Vec::new();
        while let Ok(Answer { decision, stamp, trouble }) = self.from_thread.try_recv() {
            self.troubles.extend(trouble);
            let Some((digest, address)) = self.asked.remove(&decision.id) else { continue };
            if decision.right {
                if self.remembered.len() >= REMEMBERED_MAX {
                    self.remembered.clear();
                }
                // An answer by another content is true, but for this once.
                if stamp == self.stamp {
                    self.remembered.insert(digest, now_ms + REMEMBER_MS);
                }
                self.failures.remove(&address);
                out.push(decision);
            } else {
                self.count_failure(address, now_ms);
                self.fail_late(decision.id, now_ms);
            }
        }
        while self.late.front().is_some_and(|(at, _)| *at <= now_ms) {
            out.extend(self.late.pop_front().map(|(_, decision)| decision));
        }
        out
    }

    /// Why the file of passwords cannot be used: nobody gets in until it can.
    pub fn trouble(&mut self) -> Option<String> {
        self.troubles.pop_front()
    }

    fn count_failure(&mut self, address: String, now_ms: u64) {
        self.failures.retain(|_, f| now_ms < f.last_ms.saturating_add(FORGET_MS));
        let failures = self.failures.entry(address).or_insert(Failures { count: 0, last_ms: now_ms });
        failures.count += 1;
        failures.last_ms = now_ms;
    }

    /// When [`Self::decided`] has something even if the thread is silent.
    pub fn deadline_ms(&self) -> Option<u64> {
        self.late.front().map(|(at, _)| *at)
    }
}

/// The thread's end: the passwords as they were read last.
struct Known {
    file: PathBuf,
    stamp: Stamp,
    passwords: Passwords,
    /// Equal questions that stand in line together are hashed once.
    right_before: Option<(String, Vec<u8>)>,
}

impl Known {
    fn read(file: PathBuf) -> io::Result<Self> {
        // First the stamp: what changes in between is read again.
        let stamp = Stamp::of(&file);
        let passwords = Passwords::load(&file)?;
        Ok(Self { file, stamp, passwords, right_before: None })
    }

    fn answer(&mut self, question: Question) -> Answer {
        let mut trouble = None;
        if Stamp::of(&self.file) != self.stamp {
            match Self::read(self.file.clone()) {
                Ok(read) => *self = read,
                Err(error) => {
                    self.stamp = Stamp::of(&self.file);
                    self.passwords = Passwords::default();
                    self.right_before = None;
                    trouble = Some(error.to_string());
                }
            }
        }
        let same = self
            .right_before
            .as_ref()
            .is_some_and(|(user, password)| *user == question.user && *password == question.password);
        let right = same || self.passwords.verify(&question.user, &question.password);
        if right && !same {
            self.right_before = Some((question.user, question.password));
        }
        Answer { decision: Decision { id: question.id, right }, stamp: self.stamp, trouble }
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        self.to_thread = None;
        // The thread may be blocked on a full channel of answers: draining lets it see the end.
        while self.thread.as_ref().is_some_and(|t| !t.is_finished()) {
            let _ = self.from_thread.recv_timeout(std::time::Duration::from_millis(10));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn set(file: &Path, user: &str, password: &str) {
        let mut passwords = Passwords::load(file).unwrap();
        passwords.set(user, password).unwrap();
        passwords.save(file).unwrap();
    }

    /// One for whom `app` has the password `right`.
    fn checker(file: &Path) -> Checker {
        set(file, "app", "right");
        Checker::start(file.to_owned(), Waker::new().unwrap()).unwrap()
    }

    fn ask(checker: &mut Checker, id: u64, password: &str, now_ms: u64) -> Option<Decision> {
        let question =
            Question { id, user: "app".into(), password: password.into(), address: "127.0.0.1".into() };
        checker.ask(question, now_ms)
    }

    fn decision(checker: &mut Checker, now_ms: u64) -> Decision {
        loop {
            if let Some(decision) = checker.decided(now_ms).pop() {
                return decision;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_success_is_remembered_and_a_failure_comes_late() {
        let dir = crate::testing::temp_dir("checker");
        let mut checker = checker(&dir.path().join("passwords"));

        assert_eq!(ask(&mut checker, 1, "right", 0), None);
        assert_eq!(decision(&mut checker, 0), Decision { id: 1, right: true });
        assert_eq!(ask(&mut checker, 2, "right", 1), Some(Decision { id: 2, right: true }));
        assert_eq!(ask(&mut checker, 3, "right", REMEMBER_MS), None);
        assert_eq!(decision(&mut checker, REMEMBER_MS), Decision { id: 3, right: true });

        assert_eq!(ask(&mut checker, 4, "wrong", 10), None);
        while checker.deadline_ms().is_none() {
            assert_eq!(checker.decided(10), []);
        }
        assert_eq!(checker.decided(FAILURE_DELAY_MS + 9), []);
        assert_eq!(checker.decided(FAILURE_DELAY_MS + 10), [Decision { id: 4, right: false }]);
    }

    #[test]
    fn an_address_that_fails_often_is_not_heard() {
        let dir = crate::testing::temp_dir("checker");
        let mut checker = checker(&dir.path().join("passwords"));
        for _ in 0..FAILURES_MAX {
            checker.count_failure("127.0.0.1".into(), 0);
        }
        assert_eq!(ask(&mut checker, 1, "right", 1), None);
        assert!(checker.asked.is_empty());
        assert_eq!(checker.decided(FAILURE_DELAY_MS + 1), [Decision { id: 1, right: false }]);
        assert_eq!(ask(&mut checker, 2, "right", FORGET_MS), None);
        assert_eq!(decision(&mut checker, FORGET_MS), Decision { id: 2, right: true });
    }

    #[test]
    fn a_changed_file_counts_at_once() {
        let dir = crate::testing::temp_dir("checker-change");
        let file = dir.path().join("passwords");
        let mut checker = checker(&file);
        let mut id = 0;
        let mut check = |password: &str, right: bool| {
            id += 1;
            let mut now_ms = 1_000_000 * id;
            let mut told = ask(&mut checker, id, password, now_ms);
            while told.is_none() {
                told = checker.decided(now_ms).pop();
                now_ms += FAILURE_DELAY_MS;
                std::thread::yield_now();
            }
            let told = told.unwrap();
            assert_eq!(told, Decision { id, right }, "{password}");
            checker.trouble()
        };
        check("right", true);
        set(&file, "app", "new");
        // Neither a remembered success nor the thread's last one lets the old password in.
        check("right", false);
        check("new", true);
        let mut passwords = Passwords::load(&file).unwrap();
        passwords.remove("app");
        passwords.save(&file).unwrap();
        check("new", false);
        std::fs::write(&file, "nonsense\n").unwrap();
        let trouble = check("new", false).unwrap();
        assert!(trouble.contains("line 1"), "{trouble}");
        assert_eq!(check("new", false), None);
        std::fs::remove_file(&file).unwrap();
        set(&file, "app", "again");
        check("again", true);
    }
}
