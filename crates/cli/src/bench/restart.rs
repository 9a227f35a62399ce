//! `restart-crash`: a deep queue, a kill in the middle of puts, and the time until the first message is got again.
//!
//! Every message has a number. Those whose commit was answered must be there after the restart, once; those whose
//! commit was not may be there, once, or not.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use mqi::call::{Body, Hobj, Reply, Returned};
use mqi::constants::MQGMO_WAIT;
use mqi::{Gmo, Md, Reason};
use server::attach::{Attached, Got};
use server::clock::mono_ns;

use super::calls::{INPUT, Mode, OUTPUT, Way, filler, single_gmo, stamped, stamps};
use super::generator::{Actor, Generator, Scene};
use super::histogram::Histogram;
use super::report::Outcome;
use super::scenario::Plan;
use super::stream::{self, Consumer, Producer, Seen};
use super::target::OwnQueueManager;

/// Numbers of the messages that are put when the kill comes begin here.
const LATE: u64 = 1 << 40;
/// How long they are put before it.
const BEFORE_KILL: Duration = Duration::from_millis(1000);
/// A restart that takes longer hangs.
const RESTART_MAX: Duration = Duration::from_secs(120);

/// Connections that take everything off the queue in the end.
const DRAINERS: usize = 4;

const MODE: Mode = Mode { is_persistent: true, is_syncpoint: false };

/// Puts numbered messages, one at a time, and remembers what was answered.
struct Numberer {
    md: Md,
    filler: bytes::Bytes,
    hobj: Hobj,
    next: u64,
    acknowledged: Seen,
}

impl Numberer {
    fn put(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        let body = stamped(&self.filler, scene.now_ns, self.next);
        scene.call(MODE.put(self.hobj, &self.md, body))
    }
}

impl Actor for Numberer {
    fn queues(&self) -> Vec<(String, i32)> {
        vec![("BENCH.DEEP".to_owned(), OUTPUT)]
    }

    fn start(&mut self, handles: &[Hobj], scene: &mut Scene<'_>) -> Result<()> {
        self.hobj = handles.first().copied().unwrap_or(Hobj::NONE);
        self.put(scene)
    }

    fn reply(&mut self, reply: Reply, scene: &mut Scene<'_>) -> Result<()> {
        let Returned::Put { .. } = reply.returned else { bail!("{reply:?}") };
        self.acknowledged.borrow_mut().push(self.next);
        self.next += 1;
        self.put(scene)
    }

    fn is_done(&self) -> bool {
        false
    }
}

/// One run.
pub(super) fn crash(plan: &Plan, size: usize, clients: usize) -> Result<Outcome> {
    if plan.connect.is_some() {
        bail!("restart-crash kills its own queue manager only");
    }
    if size < 16 {
        bail!("restart-crash numbers its messages: they need at least 16 bytes");
    }
    let mut own = OwnQueueManager::start(&plan.directory, &plan.tuning)?;
    let setting = stream::Setting { size, batch: 100, is_async: true, way: Way::Ahead };
    let mut generator = Generator::new(&own.access())?;
    generator.add(Box::new(Producer::of(setting, "BENCH.DEEP", 0, plan.messages)))?;
    generator.join()?;
    generator.start()?;
    while !generator.run_until_done(mono_ns() + 1_000_000_000)? {}
    drop(generator);

    let acknowledged = Seen::default();
    let mut generator = Generator::new(&own.access())?;
    for client in 0..clients as u64 {
        generator.add(Box::new(Numberer {
            md: MODE.md(),
            filler: filler(size),
            hobj: Hobj::NONE,
            next: LATE + (client << 32),
            acknowledged: Rc::clone(&acknowledged),
        }))?;
    }
    generator.join()?;
    generator.start()?;
    generator.run_until(mono_ns() + BEFORE_KILL.as_nanos() as u64)?;
    own.kill()?;
    // What had been answered before the kill may still be under way; then the sockets break.
    while generator.run_until(mono_ns() + 100_000_000).is_ok() {}
    drop(generator);

    let begun = Instant::now();
    own.run()?;
    let ready = begun.elapsed();
    let (mut reader, first) = first_message(&own, size, begun)?;
    let got_first = begun.elapsed();
    let put_late = acknowledged.borrow().len();
    let wanted: Vec<u64> = (0..plan.messages).chain(acknowledged.take()).collect();
    let mut seen = drain(&own, &mut reader, size, wanted.len() as u64 - 1)?;
    seen.push(number(&first));
    let (lost, duplicated) = compare(&wanted, &mut seen);
    Ok(Outcome {
        scenario: "restart-crash",
        setting: format!(
            "{} messages of {size} B, killed while {clients} clients put; {put_late} of their puts were answered",
            plan.messages
        ),
        size,
        clients,
        unit: "restarts",
        seconds: got_first.as_secs_f64(),
        operations: 0,
        main: ("", Histogram::default()),
        other: ("", Histogram::default()),
        server_cpu_s: None,
        client_cpu_s: 0.0,
        forces: None,
        durable_steps: 0.0,
        more: vec![
            ("ready_ms", "ready again after, ms", ready.as_secs_f64() * 1e3),
            ("first_get_ms", "first message got after, ms", got_first.as_secs_f64() * 1e3),
            ("lost", "acknowledged messages lost", lost as f64),
            ("duplicated", "messages there twice", duplicated as f64),
        ],
    })
}

/// Connects, opens and gets, again and again until it works.
fn first_message(own: &OwnQueueManager, size: usize, begun: Instant) -> Result<((Attached, Hobj), Got)> {
    loop {
        let tried = own.attach().and_then(|mut attached| {
            let hobj = attached.open_queue("BENCH.DEEP", INPUT)?;
            let got = get(&mut attached, hobj, size)?;
            Ok(((attached, hobj), got))
        });
        match tried {
            Ok(done) => return Ok(done),
            Err(reason) if begun.elapsed() > RESTART_MAX => bail!("no message after a restart: {reason}"),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn get(attached: &mut Attached, hobj: Hobj, size: usize) -> Result<Got, Reason> {
    let length = i32::try_from(size).unwrap_or(i32::MAX);
    attached.get(hobj, Md::v2(), single_gmo(), length)
}

/// Takes all that is left: its numbers.
fn drain(
    own: &OwnQueueManager,
    single: &mut (Attached, Hobj),
    size: usize,
    expected: u64,
) -> Result<Vec<u64>> {
    let setting = stream::Setting { size, batch: 100, is_async: true, way: Way::Ahead };
    let seen = Seen::default();
    let mut generator = Generator::new(&own.access())?;
    let left = Rc::new(Cell::new(expected));
    for _ in 0..DRAINERS {
        let consumer = Consumer::of(setting, "BENCH.DEEP", Rc::clone(&left));
        generator.add(Box::new(consumer.noting(&seen)))?;
    }
    generator.join()?;
    generator.start()?;
    // They end when as many as expected have come. If some are lost, nothing more comes.
    let mut before = u64::MAX;
    while !generator.run_until_done(mono_ns() + 1_000_000_000)? && before != generator.meter.total {
        before = generator.meter.total;
    }
    drop(generator);
    let mut numbers = seen.take();
    // What they had not committed has come back, and there may be more than was expected.
    let (attached, hobj) = single;
    let gmo = Gmo { options: single_gmo().options | MQGMO_WAIT, wait_interval: 500, ..single_gmo() };
    let length = i32::try_from(size).unwrap_or(i32::MAX);
    loop {
        match attached.get(*hobj, Md::v2(), gmo.clone(), length) {
            Ok(got) => numbers.push(number(&got)),
            Err(Reason::NO_MSG_AVAILABLE) => return Ok(numbers),
            Err(reason) => return Err(reason.into()),
        }
    }
}

fn number(got: &Got) -> u64 {
    stamps(&Body::from(got.body.clone())).1
}

/// How many of the wanted numbers are missing, and how many came more than once. The list is put in order.
fn compare(wanted: &[u64], seen: &mut Vec<u64>) -> (usize, usize) {
    seen.sort_unstable();
    let all = seen.len();
    seen.dedup();
    let lost = wanted.iter().filter(|number| seen.binary_search(number).is_err()).count();
    (lost, all - seen.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_and_what_came_twice_is_counted() {
        assert_eq!(compare(&[1, 2, 3], &mut vec![3, 1, 2, 9]), (0, 0));
        assert_eq!(compare(&[1, 2, 3], &mut vec![3, 1, 3, 3]), (1, 2));
        assert_eq!(compare(&[], &mut vec![]), (0, 0));
    }
}
