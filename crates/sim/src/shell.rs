//! A shell around a log on a simulated disk: it does in one thread, in an order drawn from a seed, what
//! `server` does with several: append, submit, complete out of order, carry out effects late, let time
//! pass, checkpoint and pack.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use store::{
    Aligned, Config, Damaged, Disk as _, Done, Effect, Error, GroupWrite, Item, Kind, Log, LogId, LogType,
    Lsn, MOVED, PAGE, Place, Record, RecordView, Recovery, Statistics, Worker,
};

use crate::disk::{Image, Note, SimDisk, WriteId};
use crate::rng::Rng;
use crate::toy::{self, OBJECTS, Toy};

/// Faults that the shell can be given, to see whether the checks notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Planted {
    /// Acknowledge what has only been handed to the disk.
    pub acknowledge_early: bool,
    /// Tell the log that a control file is durable before it is written.
    pub control_early: bool,
    /// Believe a write that has not been forced.
    pub forget_force: bool,
}

/// A record that was appended: enough to apply it again.
#[derive(Clone, Debug)]
pub struct Appended {
    /// Where.
    pub lsn: Lsn,
    kind: Kind,
    head: Vec<u8>,
    len: u32,
}

/// What had been appended in the life of a log, cut where a power cut has cut it.
#[derive(Clone, Debug, Default)]
pub struct History(pub Vec<Appended>);

impl History {
    /// The toy after all records before `end`.
    #[must_use]
    pub fn fold(&self, end: Lsn) -> Toy {
        let mut toy = Toy::default();
        for a in self.0.iter().take_while(|a| a.lsn < end) {
            toy.apply(a.lsn, a.kind, &a.head, a.len);
        }
        toy
    }

    /// Forgets what has been cut.
    pub fn cut(&mut self, end: Lsn) {
        self.0.retain(|a| a.lsn < end);
    }

    fn record(&mut self, lsn: Lsn, record: &Record) {
        let head = record.head.to_vec();
        self.0.push(Appended { lsn, kind: record.kind, head, len: record.len() });
    }
}

/// Counters that show what a run has reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reached {
    /// Records moved by packing.
    pub moved: u64,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Extents that got a new number.
    pub reused: u64,
    /// Extents removed.
    pub removed: u64,
    /// Times that there was no room for an extent.
    pub refused: u64,
    /// Greatest number of groups under way at once.
    pub in_flight: usize,
}

/// A running log. See the module header.
pub struct Shell {
    /// The disk.
    pub disk: Arc<SimDisk>,
    /// The log.
    pub log: Log,
    /// The kernel.
    pub toy: Toy,
    /// All that was appended.
    pub history: History,
    /// What the run has reached.
    pub reached: Reached,
    /// What the last restart found.
    pub statistics: Statistics,
    /// Everything before this is told durable by a group that is durable itself.
    pub witnessed: Lsn,
    planted: Planted,
    worker: Worker<SimDisk>,
    effects: VecDeque<Effect>,
    in_flight: Vec<(GroupWrite, WriteId, Lsn)>,
    number_next: u64,
    now_ms: u64,
}

/// Small extents, so that a short run fills, frees, reuses and packs many.
#[must_use]
pub fn config(rng: &mut Rng) -> Config {
    let extent_pages = 5 + rng.below(6) as u32;
    let log_type = match rng.below(8) {
        0 => LogType::Linear,
        1 => LogType::LinearAutomatic,
        2 => LogType::LinearArchive,
        _ => LogType::Circular,
    };
    Config {
        extent_pages,
        log_type,
        store_max: rng.one_in(6).then_some(u64::from(extent_pages) * 4096 * (6 + rng.below(6))),
        primary: 2 + rng.below(2) as u32,
        secondary: rng.below(3) as u32,
        checkpoint_bytes: 8_000 + rng.below(40_000),
        in_flight_max: 1 + rng.index(4),
        ..Config::default()
    }
}

/// Identity of the logs of the simulation.
pub const ID: LogId = LogId(*b"simulated log 01");

impl Shell {
    /// Makes a log on an empty disk and starts it.
    pub fn create(config: &Config, capacity: u64, planted: Planted) -> Result<Self, Error> {
        let disk = SimDisk::new(Image::default(), capacity);
        store::create(&disk, config, ID)?;
        Self::start(Arc::new(disk), config, History::default(), planted)
    }

    /// Starts a log that is there. What comes back is checked against the checkpoint's own state; the
    /// caller compares it with the history.
    pub fn start(
        disk: Arc<SimDisk>,
        config: &Config,
        history: History,
        planted: Planted,
    ) -> Result<Self, Error> {
        let mut recovery = Recovery::open(Arc::clone(&disk), config.clone())?;
        let mut toy = Toy::default();
        let mut state = Vec::new();
        let mut is_replaying = false;
        let mut dead = None;
        loop {
            if let Some((lsn, len)) = dead.take()
                && !recovery.release(lsn, len)
            {
                return Err(wrong("replay releases what is not live"));
            }
            match recovery.next()? {
                Some(Item::State(bytes)) => state = bytes.to_vec(),
                Some(Item::Live(live)) => {
                    if is_replaying {
                        return Err(wrong("a live record comes after the checkpoint"));
                    }
                    toy.restore(live.lsn, live.head, live.len);
                }
                Some(Item::Record { lsn, record }) => {
                    if !is_replaying {
                        is_replaying = true;
                        check_state(&state, &toy)?;
                    }
                    dead = toy.apply(lsn, record.kind, record.head, record.len());
                }
                None => break,
            }
        }
        if !is_replaying {
            check_state(&state, &toy)?;
        }
        let (log, statistics) = recovery.finish()?;
        let number_next = history.0.len() as u64 * 4 + 1;
        let witnessed = log.durable();
        disk.note(Note::Submitted(log.lsn_next().0));
        disk.note(Note::Acknowledged(log.durable().0));
        Ok(Self {
            worker: Worker::new(Arc::clone(&disk)),
            disk,
            log,
            toy,
            history,
            reached: Reached::default(),
            statistics,
            witnessed,
            planted,
            effects: VecDeque::new(),
            in_flight: Vec::new(),
            number_next,
            now_ms: 1,
        })
    }

    /// Appends a record and lets the toy take it over.
    pub fn append(&mut self, record: &Record) -> Lsn {
        let want = self.log.lsn_next();
        let lsn = self.log.append(record);
        assert_eq!(lsn, want, "LSNs are dense");
        self.history.record(lsn, record);
        if let Some((old, len)) = self.toy.apply(lsn, record.kind, &record.head, record.len()) {
            assert!(self.log.release(old, len), "the toy releases only what is live");
        }
        lsn
    }

    /// Does something, as the dice fall. An error is a failed disk: the process ends.
    pub fn turn(&mut self, rng: &mut Rng) -> Result<(), Error> {
        match rng.below(16) {
            0..=3 => self.put_some(rng),
            4..=6 => self.take_some(rng),
            7..=9 => self.submit()?,
            10..=12 => self.complete(rng),
            13 | 14 => self.carry_out()?,
            _ => {
                if rng.one_in(8) && !self.log.is_checkpointing() {
                    let mut state = self.toy.state();
                    // Now and then so much that the control files must grow.
                    if rng.one_in(3) {
                        state.resize(state.len() + rng.index(40 << 10), 0xEE);
                    }
                    self.log.begin_checkpoint(state, self.now_ms);
                }
                // What a linear log keeps, it may let go later.
                self.log.set_media_lsn(Lsn(rng.below(self.log.durable().0) + 1));
                let kept = self.log.kept().next();
                kept.map(|number| self.log.archived(number, false));
                // Mostly moments; now and then long enough for a marker, or for everything.
                self.now_ms += match rng.below(20) {
                    0 => 20_000,
                    1..=4 => 60,
                    _ => rng.below(10),
                };
            }
        }
        self.tick();
        Ok(())
    }

    /// One turn of what the log wants by itself.
    pub fn tick(&mut self) {
        self.log.tick(self.now_ms);
        while let Some(effect) = self.log.poll_effect() {
            self.effects.push_back(effect);
        }
        while let Some(relocation) = self.log.poll_relocation() {
            let Ok(bytes) = relocation.bytes else { continue };
            let view = RecordView::of_proved(&bytes).expect("packing hands out whole records");
            let mut record = view.to_record();
            record.flags |= MOVED;
            self.reached.moved += 1;
            self.append(&record);
        }
        if self.log.wants_checkpoint(self.now_ms) {
            self.log.begin_checkpoint(self.toy.state(), self.now_ms);
        }
        self.reached.checkpoints = self.log.checkpoint_count();
    }

    fn put_some(&mut self, rng: &mut Rng) {
        for _ in 0..=rng.below(4) {
            let space = self.log.space();
            if space.free_extents <= 1 || !self.log.has_room() || self.log.unforced() > 64 << 10 {
                return;
            }
            let max = u64::from(self.log.config().record_len_max(20)) - 32;
            let len = match rng.below(20) {
                0 => rng.below(max + 1),
                1..=3 => rng.below(max.min(4000)),
                _ => rng.below(300),
            };
            let record = if rng.one_in(10) {
                toy::put(OBJECTS + rng.below(5), self.log.lsn_next().0, len as u32)
            } else {
                self.number_next += 1;
                toy::put(self.number_next, self.log.lsn_next().0, len as u32)
            };
            self.append(&record);
        }
    }

    fn take_some(&mut self, rng: &mut Rng) {
        for _ in 0..=rng.below(5) {
            let queued: Vec<u64> =
                self.toy.held.range(..OBJECTS).map(|(number, _)| *number).take(40).collect();
            // Now and then one stays, so that extents with few live records come about.
            if queued.is_empty() || !self.log.has_room() || self.log.unforced() > 96 << 10 {
                return;
            }
            let at = if rng.one_in(3) { rng.index(queued.len()) } else { queued.len() / 2 };
            self.append(&toy::take(queued[at]));
        }
    }

    /// Hands a group to the disk.
    fn submit(&mut self) -> Result<(), Error> {
        let durable = self.log.durable();
        if let Some(group) = self.log.seal() {
            let name = format!("S{:07}.LOG", group.extent);
            self.disk.note(Note::Submitted(self.log.lsn_next().0));
            let id = self.disk.begin_write(&name, group.offset, group.bytes())?;
            if self.planted.acknowledge_early {
                self.disk.note(Note::Acknowledged(self.log.lsn_next().0));
            }
            self.in_flight.push((group, id, durable));
            self.reached.in_flight = self.reached.in_flight.max(self.in_flight.len());
        }
        Ok(())
    }

    /// A group that is under way comes through, any of them.
    fn complete(&mut self, rng: &mut Rng) {
        if self.in_flight.is_empty() {
            return;
        }
        let (group, id, told) = self.in_flight.swap_remove(rng.index(self.in_flight.len()));
        if !self.planted.forget_force {
            self.disk.finish_write(id);
        }
        let ticket = group.ticket;
        drop(group);
        self.witnessed = self.witnessed.max(told);
        let durable = self.log.written(ticket, self.now_ms);
        self.disk.note(Note::Acknowledged(durable.0));
    }

    /// Carries out one effect.
    fn carry_out(&mut self) -> Result<(), Error> {
        let Some(effect) = self.effects.pop_front() else { return Ok(()) };
        let is_control = matches!(effect, Effect::WriteControl { .. });
        if is_control && self.planted.control_early {
            self.log.done(Done::ControlWritten);
            self.tick();
            // What it frees is gone before the control file is there.
            while let Some(at) = self.effects.iter().position(|e| !matches!(e, Effect::WriteControl { .. })) {
                let Some(early) = self.effects.remove(at) else { break };
                let done = self.worker.run(early)?;
                self.log.done(done);
                self.tick();
            }
            self.worker.run(effect)?;
            return Ok(());
        }
        let done = self.worker.run(effect)?;
        match done {
            Done::Reused { .. } => self.reached.reused += 1,
            Done::Removed { .. } => self.reached.removed += 1,
            Done::NoRoom => self.reached.refused += 1,
            _ => {}
        }
        self.log.done(done);
        Ok(())
    }

    /// Brings everything under way to its end, without anything new.
    pub fn settle(&mut self, rng: &mut Rng) -> Result<(), Error> {
        for _ in 0..10_000 {
            self.tick();
            self.submit()?;
            while !self.in_flight.is_empty() {
                self.complete(rng);
            }
            self.carry_out()?;
            let is_quiet = self.effects.is_empty() && self.in_flight.is_empty() && self.log.unforced() == 0;
            if is_quiet && !self.log.is_checkpointing() {
                return Ok(());
            }
        }
        Err(wrong("the log does not come to rest"))
    }

    /// Lets this many milliseconds pass.
    pub fn let_pass(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// Lets time pass until the idle log has written its marker.
    pub fn idle(&mut self, rng: &mut Rng) -> Result<(), Error> {
        // Packing may go on for a while, and each time the marker comes after it.
        for _ in 0..20 {
            self.now_ms += 100;
            self.settle(rng)?;
        }
        Ok(())
    }

    /// A clean end.
    pub fn end(&mut self, rng: &mut Rng) -> Result<(), Error> {
        self.settle(rng)?;
        self.log.begin_last_checkpoint(self.toy.state(), self.now_ms);
        self.settle(rng)
    }

    /// Reads every live record back. Gives how many are damaged, or what is wrong.
    pub fn read_all(&self) -> Result<usize, String> {
        let mut damaged = 0;
        for (number, held) in &self.toy.held {
            let place = self.log.place(held.lsn, held.len);
            let place = place.ok_or_else(|| format!("no place for {number} at {}", held.lsn))?;
            let Ok(body) = read(&self.disk, &place).map_err(|e| e.to_string())? else {
                damaged += 1;
                continue;
            };
            if !self.toy.is_right(*number, &body) {
                return Err(format!("wrong body of {number} at {}", held.lsn));
            }
        }
        Ok(damaged)
    }

    /// What must hold of a log that has just been started: everything acknowledged is there, nothing is
    /// there that was never submitted, and log and toy agree.
    pub fn check(&self, acknowledged: Lsn, submitted: Lsn) -> Result<(), String> {
        let end = self.log.lsn_next();
        if end < acknowledged {
            return Err(format!("acknowledged up to {acknowledged}, but the log ends at {end}"));
        }
        if end > submitted {
            return Err(format!("only {submitted} was submitted, but the log ends at {end}"));
        }
        self.check_against(&self.history.fold(end))
    }

    /// Whether the toy is this one, and the log knows the same records as live.
    pub fn check_against(&self, want: &Toy) -> Result<(), String> {
        if self.toy != *want {
            let lost = want.held.iter().find(|(n, h)| self.toy.held.get(n) != Some(h));
            let more = self.toy.held.iter().find(|(n, h)| want.held.get(n) != Some(h));
            return Err(format!("lost or changed {lost:?}, found {more:?}"));
        }
        let count = self.toy.held.len() as u64;
        let bytes: u64 = self.toy.held.values().map(|held| u64::from(held.len)).sum();
        if self.log.live() != (count, bytes) {
            return Err(format!("{count} records of {bytes} bytes are live, not {:?}", self.log.live()));
        }
        Ok(())
    }
}

/// The body of the record at a place, proved. Damaged also when the extent is gone, since nobody asks for a record
/// that he has released.
pub fn read(disk: &SimDisk, place: &Place) -> io::Result<Result<Vec<u8>, Damaged>> {
    let skip = place.offset % PAGE as u64;
    let mut bytes = Aligned::for_len((skip + u64::from(place.len)) as usize);
    let file = disk.open(&store::extent_file_name(place.extent));
    match file.and_then(|file| disk.read_at(&file, place.offset - skip, &mut bytes)) {
        Ok(()) => {}
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => {
            return Ok(Err(Damaged));
        }
        Err(e) => return Err(e),
    }
    let record = &bytes[skip as usize..][..place.len as usize];
    Ok(RecordView::open(record, place.seed).map(|view| view.body.to_vec()))
}

fn check_state(state: &[u8], toy: &Toy) -> Result<(), Error> {
    if !state.is_empty() && !state.starts_with(&toy.state()) {
        return Err(wrong("the live records are not those of the checkpoint"));
    }
    Ok(())
}

/// Not an error of the log itself but of what it delivers; to the checks both are the same.
fn wrong(what: &str) -> Error {
    Error::Config(what.to_owned())
}
