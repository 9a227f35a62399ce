//! The honest: an application that puts and gets, one that logs in again and again, and an administrator. Each call is
//! timed, and none may fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mqi::constants::{
    MQGMO_NO_SYNCPOINT, MQGMO_WAIT, MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPER_NOT_PERSISTENT, MQPER_PERSISTENT,
    MQPMO_NO_SYNCPOINT,
};
use mqi::{Gmo, Md, Pmo, Reason};
use server::attach::Attached;
use server::paths::Root;

use crate::client;
use crate::process::{NAME, QueueManager};

/// The queue that nobody else uses.
const QUEUE: &str = "DEV.QUEUE.1";
/// Length of a message in bytes.
const LENGTH: usize = 1024;
/// Longest that one waits for an answer: it is a failure.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Times in µs.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<u64>);

impl Times {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The longest.
    pub fn worst(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or(0)
    }

    /// What so many in a hundred do not exceed.
    pub fn percentile(&self, percent: usize) -> u64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = sorted.len().saturating_mul(percent) / 100;
        sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
    }

    fn time<T>(&mut self, call: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
        let begun = Instant::now();
        let result = call()?;
        self.0.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
        Ok(result)
    }
}

/// What they saw.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// A message put and got, persistent and not in turn.
    pub trips: Times,
    /// Connections made over TCP with a password, and ended.
    pub logins: Times,
    /// Connections made by an administrator over the local socket, and ended.
    pub orders: Times,
}

/// They, at work.
pub struct Honest {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<Figures, String>>>,
}

impl Honest {
    /// Sets them to work.
    pub fn start(subject: &QueueManager) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (address, root) = (subject.address().to_string(), Root::at(subject.root().to_owned()));
        let tcp = move || Attached::tcp(&address, client::config(), Some(ANSWER_MAX));
        let local = move || match root.queue_manager(NAME) {
            Ok(Some(paths)) => Attached::local(&paths, "administrator"),
            _ => Err(Reason::Q_MGR_NAME_ERROR),
        };
        let threads = vec![
            begin("round trip", &is_over, Duration::from_millis(2), trips(tcp.clone())),
            begin("log-in", &is_over, Duration::from_millis(100), move |figures| {
                figures.logins.time(|| tcp()?.disconnect())
            }),
            begin("administrator", &is_over, Duration::from_millis(100), move |figures| {
                figures.orders.time(|| local()?.disconnect())
            }),
        ];
        Self { is_over, threads }
    }

    /// Lets them come to an end. What they saw; or the first call that failed.
    pub fn stop(&mut self) -> Result<Figures, String> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut figures = Figures::default();
        for thread in self.threads.drain(..) {
            let seen = thread.join().map_err(|_| "an honest thread panicked")??;
            figures.trips.0.extend(seen.trips.0);
            figures.logins.0.extend(seen.logins.0);
            figures.orders.0.extend(seen.orders.0);
        }
        Ok(figures)
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// Calls `work` with a pause between until it is over.
fn begin(
    who: &'static str,
    is_over: &Arc<AtomicBool>,
    pause: Duration,
    mut work: impl FnMut(&mut Figures) -> Result<(), Reason> + Send + 'static,
) -> JoinHandle<Result<Figures, String>> {
    let is_over = Arc::clone(is_over);
    std::thread::spawn(move || {
        let mut figures = Figures::default();
        while !is_over.load(Ordering::Relaxed) {
            work(&mut figures).map_err(|reason| format!("the honest {who} failed: {reason}"))?;
            std::thread::sleep(pause);
        }
        Ok(figures)
    })
}

/// A message put and got on one connection, which is made at the first.
fn trips(connect: impl Fn() -> Result<Attached, Reason>) -> impl FnMut(&mut Figures) -> Result<(), Reason> {
    let mut connection = None;
    let mut persistence = MQPER_PERSISTENT;
    move |figures| {
        if connection.is_none() {
            let mut attached = connect()?;
            let hobj = attached.open_queue(QUEUE, MQOO_INPUT_SHARED | MQOO_OUTPUT)?;
            connection = Some((attached, hobj));
        }
        let Some((attached, hobj)) = &mut connection else { return Ok(()) };
        persistence = match persistence {
            MQPER_PERSISTENT => MQPER_NOT_PERSISTENT,
            _ => MQPER_PERSISTENT,
        };
        figures.trips.time(|| {
            let md = Md { persistence, ..Md::default() };
            let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
            attached.put(*hobj, md, pmo, vec![7; LENGTH])?;
            let options = MQGMO_NO_SYNCPOINT | MQGMO_WAIT;
            let gmo = Gmo { options, wait_interval: 30_000, ..Gmo::default() };
            attached.get(*hobj, Md::default(), gmo, LENGTH as i32).map(drop)
        })
    }
}
