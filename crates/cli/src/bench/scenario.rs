//! One run of a scenario: a queue manager, a generator, the measured time, the outcome.

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};
use server::clock::mono_ns;

use super::calls::{Mode, Way};
use super::generator::Generator;
use super::histogram::Histogram;
use super::idle::Idler;
use super::latency::{Pacer, Taker};
use super::live::Bar;
use super::meter::Meter;
use super::probe::Probe;
use super::process::{Usage, usage};
use super::report::Outcome;
use super::request_reply::{self, Requester, Responder};
use super::stream::{self, Backlog, Consumer, Producer};
use super::target::{Access, LogCounts, OwnQueueManager};

/// How often the bar is drawn.
const DRAW_NS: u64 = 200_000_000;
/// Longest time for those who are in the middle of something to come to its end.
const FINISH_NS: u64 = 10_000_000_000;
/// Messages that a stream may be behind, in commits.
const BACKLOG_BATCHES: i64 = 4;

/// What the user asked for, for all runs.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Where queue managers of the benchmark live.
    pub(super) directory: PathBuf,
    /// Lines for TuningParameters of `qm.ini`.
    pub(super) tuning: Vec<String>,
    /// Measured time.
    pub(super) measured: Duration,
    /// Time before it.
    pub(super) warm_up: Duration,
    /// How messages are got; none: as the scenario is published.
    pub(super) way: Option<Way>,
    /// Queue pairs.
    pub(super) pairs: usize,
    /// Messages of the scenarios about depth.
    pub(super) messages: u64,
    /// Their puts are asynchronous.
    pub(super) is_async: bool,
    /// Their puts or gets a commit.
    pub(super) batch: usize,
    /// How long nothing happens after a fill before the disk is measured.
    pub(super) settle: Duration,
    /// Messages a second of `lat-p`.
    pub(super) rate: u64,
    /// Nothing but results.
    pub(super) is_quiet: bool,
    /// A queue manager that is there already, and its process if it is of this machine.
    pub(super) connect: Option<(Access, Option<u32>)>,
}

impl Plan {
    /// How messages are got where they are many.
    fn streaming(&self) -> Result<Way> {
        match self.way {
            Some(Way::Mqget) => bail!("messages are streamed in this scenario: --get stream or ahead"),
            way => Ok(way.unwrap_or(Way::Ahead)),
        }
    }
}

/// The queue manager of a run.
pub(super) enum Subject {
    /// Started for it.
    Own(OwnQueueManager),
    /// There before.
    Given(Access, Option<u32>),
    /// No queue manager at all.
    Probe(Probe),
}

impl Subject {
    /// The one that the plan names, or a new one.
    pub(super) fn of(plan: &Plan) -> Result<Self> {
        Ok(match &plan.connect {
            Some((access, pid)) => Self::Given(access.clone(), *pid),
            None => Self::Own(OwnQueueManager::start(&plan.directory, &plan.tuning)?),
        })
    }

    fn access(&self) -> Access {
        match self {
            Self::Own(own) => own.access(),
            Self::Given(access, _) => access.clone(),
            Self::Probe(probe) => probe.access(),
        }
    }

    fn pid(&self) -> Option<u32> {
        match self {
            Self::Own(own) => Some(own.pid()),
            Self::Given(_, pid) => *pid,
            Self::Probe(probe) => Some(probe.pid()),
        }
    }

    fn log_counts(&self) -> Result<Option<LogCounts>> {
        match self {
            Self::Own(own) => own.log_counts().map(Some),
            Self::Probe(probe) => probe.log_counts().map(Some),
            Self::Given(..) => Ok(None),
        }
    }
}

/// Figures at the beginning of a measured time.
struct Mark {
    at_ns: u64,
    server: Option<Usage>,
    client: Usage,
    log: Option<LogCounts>,
}

impl Mark {
    fn take(subject: &Subject) -> Result<Self> {
        Ok(Self {
            log: subject.log_counts()?,
            server: subject.pid().and_then(usage),
            client: usage(std::process::id()).unwrap_or_default(),
            at_ns: mono_ns(),
        })
    }
}

/// What every outcome has, from the figures at both ends of the measured time.
fn outcome(
    scenario: &'static str,
    setting: String,
    (size, clients): (usize, usize),
    unit: &'static str,
    marks: (&Mark, &Mark),
    meter: &mut Meter,
) -> Outcome {
    let (begin, end) = marks;
    let cpu = |a: Usage, b: Usage| b.cpu_s - a.cpu_s;
    let log = begin.log.zip(end.log);
    let mut more = Vec::new();
    if let Some((a, b)) = log
        && b.bytes > a.bytes
    {
        let each = (b.bytes - a.bytes) as f64 / meter.measured.max(1) as f64;
        more.push(("log_bytes_per_operation", "log, bytes an operation", each));
    }
    Outcome {
        scenario,
        setting,
        size,
        clients,
        unit,
        seconds: (end.at_ns - begin.at_ns) as f64 / 1e9,
        operations: meter.measured,
        main: ("", std::mem::take(&mut meter.main)),
        other: ("", std::mem::take(&mut meter.other)),
        server_cpu_s: begin.server.zip(end.server).map(|(a, b)| cpu(a, b)),
        client_cpu_s: cpu(begin.client, end.client),
        forces: log.map(|(a, b)| b.forces.saturating_sub(a.forces)),
        durable_steps: 0.0,
        more,
    }
}

/// Warms up, measures, and lets everybody come to an end.
fn timed(generator: &mut Generator, subject: &Subject, plan: &Plan, title: &str) -> Result<(Mark, Mark)> {
    let mut bar = Bar::new(title, plan.is_quiet);
    let warm = plan.warm_up.as_nanos() as u64;
    let measured = plan.measured.as_nanos() as u64;
    generator.join()?;
    let begun = mono_ns();
    generator.start()?;
    generator.run_until(begun + warm)?;
    let begin = Mark::take(subject)?;
    generator.meter.is_on = true;
    let until = begin.at_ns + measured;
    while mono_ns() < until {
        generator.run_until((mono_ns() + DRAW_NS).min(until))?;
        let now = mono_ns();
        bar.draw((now - begun) as f64 / (warm + measured) as f64, generator.meter.total, now);
    }
    generator.meter.is_on = false;
    let end = Mark::take(subject)?;
    generator.stop();
    generator.run_until_done(mono_ns() + FINISH_NS)?;
    bar.clear();
    Ok((begin, end))
}

/// `rr-p`, `rr-np`, `rr-p-1q`.
pub(super) fn request_reply(
    plan: &Plan,
    scenario: &'static str,
    size: usize,
    clients: usize,
) -> Result<Outcome> {
    let subject = Subject::of(plan)?;
    request_reply_on(plan, &subject, scenario, size, clients)
}

/// The same against a subject that is there, which may be the probe.
pub(super) fn request_reply_on(
    plan: &Plan,
    subject: &Subject,
    scenario: &'static str,
    size: usize,
    clients: usize,
) -> Result<Outcome> {
    let (is_persistent, is_syncpoint, pairs, steps) = match scenario {
        "rr-p" => (true, true, plan.pairs, 3.0),
        "rr-np" => (false, false, plan.pairs, 0.0),
        "rr-p-1q" => (true, false, 1, 4.0),
        other => bail!("'{other}' is not about requests and replies"),
    };
    let mode = Mode { is_persistent, is_syncpoint };
    let setting = request_reply::Setting { mode, pairs, size, way: plan.way.unwrap_or(Way::Stream) };
    let mut generator = Generator::new(&subject.access())?;
    let run = mono_ns();
    for number in 0..clients {
        generator.add(Box::new(Responder::new(setting, number)))?;
        generator.add(Box::new(Requester::new(setting, number, run)))?;
    }
    let get = setting.way.words();
    let words =
        format!("{size} B, {clients} requesters and {clients} responders on {pairs} queue pairs, {get}");
    let (begin, end) = timed(&mut generator, subject, plan, &format!("{scenario} {size} B x {clients}"))?;
    let mut it =
        outcome(scenario, words, (size, clients), "round trips", (&begin, &end), &mut generator.meter);
    it.main.0 = "round trip";
    it.durable_steps = steps;
    Ok(it)
}

/// `stream-p`.
pub(super) fn stream(plan: &Plan, size: usize, clients: usize) -> Result<Outcome> {
    let subject = Subject::of(plan)?;
    stream_on(plan, &subject, size, clients)
}

/// The same against a subject that is there, which may be the probe.
pub(super) fn stream_on(plan: &Plan, subject: &Subject, size: usize, clients: usize) -> Result<Outcome> {
    let batch = if size >= 65_536 { 64 } else { 256 };
    let setting = stream::Setting { size, batch, is_async: true, way: plan.streaming()? };
    let mut generator = Generator::new(&subject.access())?;
    let pairs = plan.pairs.min(clients);
    let on_queue = clients.div_ceil(pairs) as i64;
    let backlogs: Vec<Backlog> =
        (0..pairs).map(|_| Backlog::new(BACKLOG_BATCHES * batch as i64 * on_queue)).collect();
    for number in 0..clients {
        let queue = format!("BENCH.STREAM.{}", number % pairs);
        let backlog = &backlogs[number % pairs];
        generator.add(Box::new(Consumer::endless(setting, &queue, backlog.clone())))?;
        generator.add(Box::new(Producer::endless(setting, &queue, backlog.clone())))?;
    }
    let words = format!(
        "{size} B, {clients} producers and {clients} consumers on {pairs} queues, {batch} messages a commit, {}",
        setting.way.words()
    );
    let (begin, end) = timed(&mut generator, subject, plan, &format!("stream-p {size} B x {clients}"))?;
    let mut it =
        outcome("stream-p", words, (size, clients), "messages", (&begin, &end), &mut generator.meter);
    it.main.0 = "end to end";
    it.other.0 = "confirm";
    it.durable_steps = 2.0 / batch as f64;
    it.more.push(("mb_per_second", "MB/s", it.rate() * size as f64 / 1e6));
    Ok(it)
}

/// `lat-p`.
pub(super) fn latency(plan: &Plan, size: usize, clients: usize) -> Result<Outcome> {
    latency_on(plan, &Subject::of(plan)?, size, clients)
}

/// The same against a subject that is there, which may be the probe.
pub(super) fn latency_on(plan: &Plan, subject: &Subject, size: usize, clients: usize) -> Result<Outcome> {
    let mut generator = Generator::new(&subject.access())?.with_exact_timers();
    let interval = 1_000_000_000 / plan.rate.max(1);
    for number in 0..clients as u64 {
        generator.add(Box::new(Taker::new(size)))?;
        let pacer = Pacer::new(size, interval * clients as u64, 1_000_000 + interval * number);
        generator.add(Box::new(pacer))?;
    }
    let words = format!("{size} B, {}/s by {clients} putters and {clients} getters, open loop", plan.rate);
    let (begin, end) = timed(&mut generator, subject, plan, &format!("lat-p {size} B"))?;
    let mut it = outcome("lat-p", words, (size, clients), "messages", (&begin, &end), &mut generator.meter);
    it.main.0 = "end to end";
    it.other.0 = "confirm";
    it.durable_steps = 2.0;
    Ok(it)
}

/// `deep-fill`, and `deep-drain` after it if `drains`.
pub(super) fn deep(plan: &Plan, size: usize, clients: usize, drains: bool) -> Result<Vec<Outcome>> {
    let subject = Subject::of(plan)?;
    let way = plan.streaming()?;
    let setting = stream::Setting { size, batch: plan.batch, is_async: plan.is_async, way };
    let messages = plan.messages;
    let mut generator = Generator::new(&subject.access())?;
    let each = messages.div_ceil(clients as u64);
    for number in 0..clients as u64 {
        let first = number * each;
        let share = each.min(messages.saturating_sub(first));
        generator.add(Box::new(Producer::of(setting, "BENCH.DEEP", first, share)))?;
    }
    let (puts, batch) = (if plan.is_async { "asynchronous puts" } else { "puts" }, plan.batch);
    let words = format!("{messages} messages of {size} B by {clients} producers, {batch} {puts} a commit");
    let (begin, end) = to_the_end(&mut generator, &subject, plan, "deep-fill", messages)?;
    let mut fill =
        outcome("deep-fill", words, (size, clients), "messages", (&begin, &end), &mut generator.meter);
    fill.main.0 = "commit";
    fill.durable_steps = 1.0 / batch as f64;
    if let Some(server) = end.server {
        fill.more.push(("rss_mb", "resident memory, MB", server.resident as f64 / 1e6));
    }
    drop(generator);
    if let Subject::Own(own) = &subject {
        std::thread::sleep(plan.settle);
        let each = |bytes: u64| bytes as f64 / messages.max(1) as f64;
        let used = own.log_counts()?.live_extent_bytes + own.control_bytes();
        fill.more.push(("disk_bytes_per_message", "disk, bytes a message", each(used)));
        let all = each(own.disk_bytes());
        fill.more.push(("all_disk_bytes_per_message", "the same with the empty extents", all));
    }
    let mut outcomes = vec![fill];
    if drains {
        let mut generator = Generator::new(&subject.access())?;
        let left = Rc::new(Cell::new(messages));
        for _ in 0..clients {
            generator.add(Box::new(Consumer::of(setting, "BENCH.DEEP", Rc::clone(&left))))?;
        }
        let words = format!(
            "{messages} messages of {size} B by {clients} consumers, {batch} gets a commit, {}",
            way.words()
        );
        let (begin, end) = to_the_end(&mut generator, &subject, plan, "deep-drain", messages)?;
        let meter = &mut generator.meter;
        let mut drain = outcome("deep-drain", words, (size, clients), "messages", (&begin, &end), meter);
        // How long a message has waited says nothing here.
        drain.main = ("", Histogram::default());
        drain.durable_steps = 1.0 / batch as f64;
        if let Some(server) = end.server {
            drain.more.push(("rss_mb", "resident memory, MB", server.resident as f64 / 1e6));
        }
        outcomes.push(drain);
    }
    Ok(outcomes)
}

/// Measures until everybody has done what there is to do.
fn to_the_end(
    generator: &mut Generator,
    subject: &Subject,
    plan: &Plan,
    title: &str,
    messages: u64,
) -> Result<(Mark, Mark)> {
    let mut bar = Bar::new(title, plan.is_quiet);
    generator.join()?;
    let begin = Mark::take(subject)?;
    generator.meter.is_on = true;
    generator.start()?;
    while !generator.run_until_done(mono_ns() + DRAW_NS)? {
        let done = generator.meter.total;
        bar.draw(done as f64 / messages.max(1) as f64, done, mono_ns());
    }
    generator.meter.is_on = false;
    let end = Mark::take(subject)?;
    bar.clear();
    Ok((begin, end))
}

/// `idle`.
pub(super) fn idle(plan: &Plan, clients: usize) -> Result<Outcome> {
    let subject = Subject::of(plan)?;
    let mut generator = Generator::new(&subject.access())?;
    // One connection first: what the first one of all costs is not what each costs.
    generator.add(Box::new(Idler))?;
    generator.join()?;
    let before = subject.pid().and_then(usage);
    for _ in 0..clients {
        generator.add(Box::new(Idler))?;
    }
    let (begin, end) = timed(&mut generator, &subject, plan, &format!("idle x {clients}"))?;
    let words = format!("{clients} connections that do nothing");
    let mut it = outcome("idle", words, (0, clients), "operations", (&begin, &end), &mut generator.meter);
    if let Some((before, after)) = before.zip(end.server) {
        let each = after.resident.saturating_sub(before.resident) as f64 / clients.max(1) as f64;
        it.more.push(("rss_bytes_per_connection", "resident bytes a connection", each));
    }
    if let Some((a, b)) = begin.server.zip(end.server) {
        let percent = 100.0 * (b.cpu_s - a.cpu_s) / it.seconds.max(1e-9);
        it.more.push(("idle_cpu_percent", "server CPU while idle, %", percent));
    }
    Ok(it)
}
