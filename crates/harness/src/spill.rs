//! More non-persistent messages than memory has room for.
//!
//! A queue manager with `MemoryMax` of 64 MiB is given 300 MB of messages of 1 KB to 1 MB, by several producers
//! at once, and a message longer than its whole memory. Meanwhile its resident memory is watched: it stays
//! within the budget and the index entries. Everything comes back, byte for byte and in order; the space in the
//! scratch file is used again; and a scratch file without room (`ScratchMax`, and as root a small file system)
//! refuses with 2102 and harms nothing.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mqi::call::Hobj;
use mqi::constants::{MQGMO_NO_SYNCPOINT, MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPMO_NO_SYNCPOINT};
use mqi::{Gmo, Md, Pmo, Reason};
use server::attach::{AttachConfig, Attached};

use crate::disk_full::SmallDisk;
use crate::process::{CHANNEL, NAME, PASSWORD, QueueManager, Settings, USER};
use crate::replay::replay_all;
use crate::rng::Rng;

/// `MemoryMax`.
const MEMORY: u64 = 64 << 20;
/// `ScratchMax` of the second part, and the size of the file system of the third.
const SMALL: u64 = 96 << 20;
/// What one message may take beside its bytes: entry, order, an id table.
const INDEX: u64 = 96;
/// Bytes put in the first part.
const BYTES: u64 = 300_000_000;
/// Longest answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// Longest time for what happens in the background.
const STEP: Duration = Duration::from_secs(10);
const QUEUES: [&str; 3] = ["SPILL.A", "SPILL.B", "SPILL.C"];
const FULL: Reason = Reason(2102);

/// What was seen.
#[derive(Debug, Default)]
pub struct Figures {
    /// Greatest resident memory in bytes, and what was allowed.
    pub resident: (u64, u64),
    /// Greatest length of the scratch file.
    pub scratch: u64,
    /// Messages, and how long putting and getting them took.
    pub messages: u64,
    /// Seconds.
    pub put_s: f64,
    /// Seconds.
    pub get_s: f64,
    /// Messages taken before the first refusal: bounded by `ScratchMax`, by a small disk.
    pub before_refusal: Vec<u64>,
}

/// Runs the scenario.
pub fn run_scenario(
    program: &Path,
    directory: &Path,
    seed: u64,
    say: &mut dyn FnMut(&str),
) -> Result<Figures, String> {
    let mut figures = Figures::default();
    large(program, seed, &mut figures, say)?;
    recorded(program, directory, seed, say)?;
    let ini = format!("TuningParameters:\n   MemoryMax={MEMORY}\n   ScratchMax={SMALL}\n");
    let taken = full(program, &Settings { ini: ini.clone(), ..Settings::default() }, None)?;
    say(&format!("ScratchMax: {taken} messages of 100 KB before the first refusal"));
    figures.before_refusal.push(taken);
    match SmallDisk::mount(SMALL) {
        Ok(disk) => {
            let ini = format!("TuningParameters:\n   MemoryMax={MEMORY}\n");
            let settings = Settings { ini, data: Some(disk.path()), ..Settings::default() };
            let taken = full(program, &settings, Some(&disk.path()))?;
            say(&format!("a disk of {} MiB: {taken} messages before the first refusal", SMALL >> 20));
            figures.before_refusal.push(taken);
        }
        Err(why) => say(&format!("no small disk: {why}")),
    }
    Ok(figures)
}

fn create(program: &Path, settings: &Settings) -> Result<QueueManager, String> {
    let subject = QueueManager::create(program, settings)?;
    let mut script = String::new();
    for queue in QUEUES {
        script += &format!("DEFINE QLOCAL({queue}) MAXDEPTH(999999999) MAXMSGL(104857600)\n");
    }
    script += "ALTER QMGR MAXMSGL(104857600)\n";
    script += &format!("ALTER CHANNEL({CHANNEL}) CHLTYPE(SVRCONN) MAXMSGL(104857600)\n");
    script += "SET AUTHREC PROFILE('SPILL.*') OBJTYPE(QUEUE) PRINCIPAL('app') AUTHADD(PUT,GET,BROWSE,INQ)\n";
    subject.command(&["runmqsc", NAME], &script)?;
    Ok(subject)
}

struct Client {
    attached: Attached,
    hobj: Hobj,
}

impl Client {
    fn connect(subject: &QueueManager, queue: &str) -> Result<Self, String> {
        let config = AttachConfig {
            channel: CHANNEL.to_owned(),
            qmgr_name: NAME.to_owned(),
            user: USER.to_owned(),
            credentials: Some((USER.to_owned(), PASSWORD.into())),
            appl_name: "spill".to_owned(),
        };
        let attached = Attached::tcp(&subject.address().to_string(), config, Some(ANSWER_MAX));
        let mut attached = attached.map_err(|reason| format!("connecting: {reason}"))?;
        let hobj = attached.open_queue(queue, MQOO_INPUT_SHARED | MQOO_OUTPUT);
        let hobj = hobj.map_err(|reason| format!("opening {queue}: {reason}"))?;
        Ok(Self { attached, hobj })
    }

    fn put(&mut self, body: Vec<u8>) -> Result<(), Reason> {
        let md = Md { persistence: 0, ..Md::default() };
        let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
        self.attached.put(self.hobj, md, pmo, body).map(drop)
    }

    fn get(&mut self) -> Result<bytes::Bytes, Reason> {
        let gmo = Gmo { options: MQGMO_NO_SYNCPOINT, ..Gmo::default() };
        self.attached.get(self.hobj, Md::default(), gmo, 104_857_600).map(|got| got.body)
    }

    /// Gets these messages, in this order.
    fn expect(&mut self, numbers: impl Iterator<Item = (u64, usize)>) -> Result<u64, String> {
        let mut count = 0;
        for (number, len) in numbers {
            let got = self.get().map_err(|reason| format!("message {number}: {reason}"))?;
            if *got != *body_of(number, len) {
                return Err(format!("message {number} of {len} bytes came back as another: {}", got.len()));
            }
            count += 1;
        }
        match self.get() {
            Err(Reason(2033)) => Ok(count),
            other => Err(format!("behind the last message: {:?}", other.map(|body| body.len()))),
        }
    }
}

/// The data of a message: different in every place, and in every message.
fn body_of(number: u64, len: usize) -> Vec<u8> {
    let mut rng = Rng::new(number);
    let mut body = Vec::with_capacity(len + 8);
    while body.len() < len {
        body.extend_from_slice(&rng.below(u64::MAX).to_le_bytes());
    }
    body.truncate(len);
    body
}

/// Lengths from 1 KB to 1 MB, short ones far more often: as many bytes in each order of magnitude.
fn lengths(seed: u64, bytes: u64) -> Vec<usize> {
    let mut rng = Rng::new(seed);
    let (mut lengths, mut sum) = (Vec::new(), 0);
    while sum < bytes {
        let len = match rng.below(111) {
            0 => 100_000 + rng.below(900_000),
            1..=10 => 10_000 + rng.below(90_000),
            _ => 1_000 + rng.below(9_000),
        };
        sum += len;
        lengths.push(len as usize);
    }
    lengths
}

fn resident(pid: u32) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// Length of the scratch file, which has no name.
fn scratch_len(pid: u32) -> Option<u64> {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten();
    let of = |path: &Path| path.to_string_lossy().ends_with("/scratch (deleted)");
    let file =
        files.map(|entry| entry.path()).find(|path| std::fs::read_link(path).is_ok_and(|to| of(&to)))?;
    std::fs::metadata(file).ok().map(|metadata| metadata.len())
}

/// Looks at memory and scratch file until told to stop. Returns the greatest of each.
fn watch(pid: u32, stop: &AtomicBool) -> (u64, u64) {
    let mut most = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        most = (most.0.max(resident(pid)), most.1.max(scratch_len(pid).unwrap_or(0)));
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}

/// One thread for each queue.
fn in_parallel(work: impl Fn(u64, &str) -> Result<u64, String> + Sync) -> Result<u64, String> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> =
            (0..).zip(QUEUES).map(|(n, queue)| scope.spawn(move || work(n, queue))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread failed".to_owned())?).sum()
    })
}

fn large(program: &Path, seed: u64, figures: &mut Figures, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let ini = format!("TuningParameters:\n   MemoryMax={MEMORY}\n");
    let subject = create(program, &Settings { ini, ..Settings::default() })?;
    let pid = subject.pid().ok_or("it was just started")?;
    say(&format!("idle: {} KiB resident", resident(pid) >> 10));
    let stop = AtomicBool::new(false);
    let lengths: Vec<Vec<usize>> = (0..3).map(|n| lengths(seed * 3 + n, BYTES / 3)).collect();
    let numbered = |n: u64| (n << 32..).zip(lengths[n as usize].iter().copied());
    let (seen, result) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(pid, &stop));
        let result = (|| {
            let begun = Instant::now();
            figures.messages = in_parallel(|n, queue| {
                let mut client = Client::connect(&subject, queue)?;
                for (number, len) in numbered(n) {
                    client.put(body_of(number, len)).map_err(|r| format!("putting {number}: {r}"))?;
                }
                Ok(lengths[n as usize].len() as u64)
            })?;
            figures.put_s = begun.elapsed().as_secs_f64();
            let most = scratch_len(pid).ok_or("there is no scratch file")?;
            say(&format!(
                "{} messages put in {:.1} s: {} KiB resident, {} MiB in the scratch file",
                figures.messages,
                figures.put_s,
                resident(pid) >> 10,
                most >> 20
            ));
            if most < BYTES - MEMORY {
                return Err("too little is in the scratch file".to_owned());
            }
            let begun = Instant::now();
            in_parallel(|n, queue| Client::connect(&subject, queue)?.expect(numbered(n)))?;
            figures.get_s = begun.elapsed().as_secs_f64();
            say(&format!(
                "all back, in order, in {:.1} s: {} KiB resident",
                figures.get_s,
                resident(pid) >> 10
            ));
            // Given back beside the gets, not within them.
            let until = Instant::now() + STEP;
            while scratch_len(pid) > Some(0) {
                if Instant::now() > until {
                    return Err(format!("the scratch file keeps {:?} bytes", scratch_len(pid)));
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            again(&subject, seed, pid, most, say)?;
            longest(&subject, say)
        })();
        stop.store(true, Ordering::Relaxed);
        (watcher.join(), result)
    });
    result?;
    let (most, scratch) = seen.map_err(|_| "the watcher failed")?;
    (figures.resident, figures.scratch) = ((most, MEMORY + figures.messages * INDEX), scratch);
    say(&format!("at most {} KiB resident, {} MiB in the scratch file", most >> 10, scratch >> 20));
    if most > figures.resident.1 {
        return Err(format!("{most} bytes resident, {} allowed", figures.resident.1));
    }
    Ok(())
}

/// Queues that are filled and drained at the same time, several times the file: its space is used again.
fn again(
    subject: &QueueManager,
    seed: u64,
    pid: u32,
    before: u64,
    say: &mut dyn FnMut(&str),
) -> Result<(), String> {
    let most = AtomicU64::new(0);
    let bytes = in_parallel(|n, queue| {
        let (mut putter, mut getter) = (Client::connect(subject, queue)?, Client::connect(subject, queue)?);
        let lengths = lengths(seed + 100 + n, 2 * BYTES / 3);
        let (mut ahead, mut next, mut bytes) = (0, 0, 0);
        for (number, len) in lengths.iter().enumerate() {
            putter.put(body_of(number as u64, *len)).map_err(|r| format!("putting {number}: {r}"))?;
            (ahead, bytes) = (ahead + len, bytes + *len as u64);
            while ahead > 40_000_000 {
                let got = getter.get().map_err(|reason| format!("getting {next}: {reason}"))?;
                if *got != *body_of(next as u64, lengths[next]) {
                    return Err(format!("message {next} came back as another"));
                }
                (ahead, next) = (ahead - got.len(), next + 1);
            }
            if number % 64 == 0 {
                most.fetch_max(scratch_len(pid).unwrap_or(0), Ordering::Relaxed);
            }
        }
        getter.expect((next as u64..).zip(lengths[next..].iter().copied()))?;
        Ok(bytes)
    })?;
    let most = most.into_inner();
    say(&format!("{} MB through it while 120 MB were queued: {} MiB at most", bytes / 1_000_000, most >> 20));
    if most > before {
        return Err(format!("{most} bytes in the scratch file: its space is not used again"));
    }
    Ok(())
}

/// A message longer than all of memory.
fn longest(subject: &QueueManager, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let mut client = Client::connect(subject, QUEUES[0])?;
    let begun = Instant::now();
    let body = body_of(1, 100_000_000);
    client.put(body).map_err(|reason| format!("putting a long one: {reason}"))?;
    client.put(body_of(2, 10)).map_err(|reason| format!("putting behind a long one: {reason}"))?;
    client.expect([(1, 100_000_000), (2, 10)].into_iter())?;
    say(&format!("100 MB in one message, there and back in {:.1} s", begun.elapsed().as_secs_f64()));
    Ok(())
}

/// A recording of a queue manager that spills replays: where things are in the scratch file is part of it.
fn recorded(program: &Path, directory: &Path, seed: u64, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let ini = "TuningParameters:\n   MemoryMax=16777216\n".to_owned();
    let settings = Settings { ini, record: Some(directory.join("tape")), ..Settings::default() };
    let subject = create(program, &settings)?;
    in_parallel(|n, queue| {
        let mut client = Client::connect(&subject, queue)?;
        let lengths = lengths(seed + n, 10_000_000);
        for (number, len) in lengths.iter().enumerate() {
            client.put(body_of(number as u64, *len)).map_err(|r| format!("putting {number}: {r}"))?;
        }
        client.expect((0..).zip(lengths))
    })?;
    subject.command(&["endmqm", "-i", NAME], "")?;
    if !subject.wait_for_end(STEP)? {
        return Err("the queue manager has not ended after endmqm -i".to_owned());
    }
    let counts = replay_all(&subject, directory)?;
    if counts.ended == 0 || counts.bytes < 30_000_000 {
        return Err(format!("there is no such recording: {counts:?}"));
    }
    say(&format!("a recording of {} MB replays", counts.bytes / 1_000_000));
    Ok(())
}

/// Puts until it is refused, and on; what was taken comes back, and then there is room again.
fn full(program: &Path, settings: &Settings, disk: Option<&Path>) -> Result<u64, String> {
    const LEN: usize = 100_000;
    let subject = create(program, settings)?;
    let mut client = Client::connect(&subject, QUEUES[0])?;
    let mut first = None;
    for round in 0..3 {
        let mut taken = Vec::new();
        let (mut refused, mut number) = (0, round << 32);
        while refused < 50 {
            number += 1;
            match client.put(body_of(number, LEN)) {
                Ok(()) if number & 0xFFFF_FFFF > 10_000 => return Err("it takes whatever comes".to_owned()),
                Ok(()) => taken.push((number, LEN)),
                Err(FULL) => refused += 1,
                Err(reason) => return Err(format!("putting into a full queue manager: {reason}")),
            }
        }
        // A long one is refused in the middle, and the connection goes on.
        match client.put(body_of(9, 60_000_000)) {
            Err(FULL) => {}
            other => return Err(format!("a long message into a full queue manager: {other:?}")),
        }
        if let Some(disk) = disk {
            let left = rustix::fs::statvfs(disk).map_err(|error| error.to_string())?;
            if left.f_bavail == 0 {
                return Err("nothing of the disk is left to others".to_owned());
            }
        }
        subject.command(&["runmqsc", NAME], "DEFINE QLOCAL(ANOTHER) REPLACE\n")?;
        let mut other = Client::connect(&subject, QUEUES[1])?;
        other.expect(std::iter::empty())?;
        first.get_or_insert(taken.len() as u64);
        client.expect(taken.into_iter())?;
        // It is tried again after a moment.
        std::thread::sleep(Duration::from_secs(1));
    }
    if subject.has_ended()? {
        return Err(format!("the queue manager ended: {}", subject.last_words()));
    }
    Ok(first.unwrap_or(0))
}
