//! Kernel and log together: what an input sets in motion, up to what must leave this process.
//!
//! ```text
//! Input ─► kernel ─► Append, Release ─► log ─► GroupWrite ─► sink ─► durable
//!            ▲  └──► Load ─► memory or reader thread ─► Loaded ─┐
//!            └──────────────────────────────────────────────────┘
//!            ├──► Spill, LoadSpilled, Drop ─► scratch file and its threads ─► Spilled, Loaded
//!            └──► everything else: outputs, for the core
//! ```
//!
//! Nothing here knows a socket. [`Engine::turn`] is called once a turn of the core's loop; an error from any
//! method is final: a write or force failed, and the process ends without a further acknowledgement.

mod reader;
mod scratch;
mod sink;
mod worker;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use qmgr::time::Time;
use qmgr::{Input, Kernel, Output, Outputs};
use store::{Log, Lsn, RecordView};

use crate::disk::RealDisk;
use crate::progress::Progress;
use crate::qm_ini::LogSinkChoice;
use crate::tape::Tape;
use crate::waker::Waker;
use reader::ReaderThread;
use scratch::ScratchFile;
use sink::Sink;
use worker::WorkerThread;

/// Bytes after which records are forced that nobody waits for.
const UNFORCED_MAX: u64 = 512 * 1024;
/// Milliseconds after which they are.
const UNFORCED_MS: u64 = 20;

/// See the module's text.
pub struct Engine {
    kernel: Kernel,
    log: Log,
    progress: Arc<Progress>,
    sink: Sink,
    worker: WorkerThread,
    reader: ReaderThread,
    /// Answers to questions of the kernel that could be answered at once.
    answers: VecDeque<Input>,
    scratch: ScratchFile,
    /// What the kernel has just said; empty otherwise.
    fresh: Outputs,
    outputs: VecDeque<Output>,
    space: u32,
    tape: Option<Tape>,
    tape_failure: Option<io::Error>,
    durable_told: Lsn,
    /// When something was appended that has not been forced, monotonic ms.
    unforced_since: Option<u64>,
    /// The log has no extent for what has been appended.
    is_stalled: bool,
    /// Where the log was when the kernel was last told of its room.
    space_checked: Lsn,
    /// Where the log was when the lengths of units of work were last looked at.
    stretch_checked: Lsn,
    counts: Counts,
    /// When the last checkpoint of this run began.
    checkpoint_wall_ms: Option<i64>,
}

/// Where the scratch file is made.
#[derive(Clone, Copy, Debug)]
pub struct ScratchSettings<'a> {
    /// Its name until it is open.
    pub path: &'a std::path::Path,
    /// Bytes that it may take of the disk; 0: what there is.
    pub bytes_max: u64,
}

/// What has happened since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Forces.
    pub forces: u64,
    /// Records appended.
    pub records: u64,
    /// Bytes of groups written, padding included.
    pub bytes_written: u64,
}

impl Engine {
    /// Puts a recovered kernel and log to work.
    pub fn new(
        kernel: Kernel,
        log: Log,
        disk: Arc<RealDisk>,
        choice: LogSinkChoice,
        waker: &Waker,
        tape: Option<Tape>,
        scratch: ScratchSettings<'_>,
    ) -> io::Result<Self> {
        Ok(Self {
            kernel,
            log,
            progress: Arc::default(),
            sink: Sink::start(Arc::clone(&disk), choice, waker.clone())?,
            worker: WorkerThread::start(Arc::clone(&disk), waker.clone())?,
            reader: ReaderThread::start(disk, waker.clone())?,
            answers: VecDeque::new(),
            scratch: ScratchFile::create(scratch.path, scratch.bytes_max, waker.clone()),
            fresh: Outputs::new(),
            outputs: VecDeque::new(),
            space: u32::MAX,
            tape,
            tape_failure: None,
            durable_told: Lsn::NONE,
            unforced_since: None,
            is_stalled: false,
            space_checked: Lsn::NONE,
            stretch_checked: Lsn::NONE,
            counts: Counts::default(),
            checkpoint_wall_ms: None,
        })
    }

    /// From now on it tells there how far the log has come.
    pub fn tell(&mut self, progress: Arc<Progress>) {
        self.progress = progress;
        self.progress.tell(&self.log);
    }

    /// The kernel, to be looked at.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The log, to be looked at.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// When the last checkpoint of this run began, wall time in ms.
    pub fn checkpoint_wall_ms(&self) -> Option<i64> {
        self.checkpoint_wall_ms
    }

    /// What has happened since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Gives the kernel an input; what comes of it is in the log or among the outputs afterwards.
    pub fn input(&mut self, input: Input, at: Time) {
        self.handle(input, at);
        while let Some(answer) = self.answers.pop_front() {
            self.handle(answer, at);
        }
        // A turn may have more inputs than an extent has room.
        if self.log.lsn_next() - self.space_checked >= self.log.config().extent_bytes() / 4 {
            self.report_space(at);
        }
    }

    fn handle(&mut self, input: Input, at: Time) {
        let recorded = self.tape.as_mut().map_or(Ok(()), |tape| tape.input(&input, at));
        self.kernel.handle(input, at, &mut self.fresh);
        let recorded = recorded.and(self.tape.as_mut().map_or(Ok(()), |tape| tape.outputs(&self.fresh)));
        if let Err(error) = recorded {
            // A recording with a gap is worth nothing: the caller of the next turn is told.
            self.tape = None;
            self.tape_failure = Some(error);
        }
        self.carry_out();
    }

    /// Carries out outputs that recovery left.
    pub fn carry_out_all(&mut self, outputs: Outputs) {
        self.fresh.extend(outputs);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        for output in self.fresh.drain(..) {
            match output {
                Output::Append { lsn, record } => {
                    let appended = self.log.append(&record);
                    assert_eq!(appended, lsn, "kernel and store count the same bytes");
                    self.counts.records += 1;
                }
                Output::Release { lsn, len } => {
                    self.log.release(lsn, len);
                }
                Output::Load { ticket, lsn, len, sequential } => {
                    if let Some(record) = self.log.peek(lsn) {
                        let body = Some(bytes::Bytes::copy_from_slice(record.body));
                        self.answers.push_back(Input::Loaded { ticket, body });
                    } else if let Some(place) = self.log.place(lsn, len) {
                        match self.reader.read_now(&place) {
                            Some(body) => self.answers.push_back(Input::Loaded { ticket, body }),
                            None => self.reader.ask(ticket, place, sequential),
                        }
                    } else {
                        self.answers.push_back(Input::Loaded { ticket, body: None });
                    }
                }
                Output::Spill { number, index, body } => self.scratch.write(number, index, body),
                Output::LoadSpilled { ticket, number, index, place, len } => {
                    if let Some(body) = self.scratch.read(ticket, number, index, place, len) {
                        self.answers.push_back(Input::Loaded { ticket, body });
                    }
                }
                Output::Drop { place, len } => self.scratch.free(place, len),
                other => self.outputs.push_back(other),
            }
        }
    }

    /// The next thing that must leave this process; it may have to wait for [`Self::durable`].
    pub fn output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// True if [`Self::output`] has something.
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// Everything before this is durable.
    pub fn durable(&self) -> Lsn {
        self.log.durable()
    }

    /// Once a turn: takes what the threads have done, gives them what is to do, lets time pass. Afterwards the
    /// caller looks at [`Self::output`] and [`Self::durable`] again.
    pub fn turn(&mut self, at: Time) -> io::Result<()> {
        let now_ms = at.mono.0;
        if let Some(error) = self.tape_failure.take() {
            return Err(error);
        }
        self.collect(at)?;
        while let Some(done) = self.worker.done()? {
            self.log.done(done);
            self.is_stalled = false;
            self.progress.tell(&self.log);
        }
        while let Some((ticket, body)) = self.reader.answer()? {
            self.input(Input::Loaded { ticket, body }, at);
        }
        while let Some(answer) = self.scratch.answer()? {
            self.input(answer, at);
        }
        if self.kernel.deadline().is_some_and(|due| due <= at.mono) {
            self.input(Input::Tick, at);
        }
        if self.log.wants_checkpoint(now_ms) {
            let state = self.kernel.checkpoint_state();
            self.log.begin_checkpoint(state, now_ms);
            self.checkpoint_wall_ms = Some(at.wall.0);
        }
        self.log.tick(now_ms);
        self.relocate(at);
        while let Some(effect) = self.log.poll_effect() {
            self.worker.run(effect);
        }
        self.report_space(at);
        self.check_stretch(at);
        Ok(())
    }

    /// Gives what has been appended to the sink, and takes what is forced by then.
    ///
    /// `is_idle`: nothing else is runnable, so that forcing on this thread keeps nobody waiting.
    pub fn force(&mut self, at: Time, is_idle: bool) -> io::Result<()> {
        self.unforced_since = None;
        self.write(at.mono.0, is_idle)?;
        // Nothing could be sealed: there is no extent for it until the upkeep has something to tell.
        self.is_stalled = self.log.in_flight() == 0 && self.log.unforced() > 0;
        self.tell_durable(at);
        Ok(())
    }

    /// Takes what has been forced.
    fn collect(&mut self, at: Time) -> io::Result<()> {
        while let Some(ticket) = self.sink.completed()? {
            self.log.written(ticket, at.mono.0);
        }
        self.tell_durable(at);
        Ok(())
    }

    fn tell_durable(&mut self, at: Time) {
        let durable = self.log.durable();
        if durable > self.durable_told {
            self.durable_told = durable;
            self.progress.tell(&self.log);
            self.input(Input::Durable(durable), at);
        }
    }

    /// Gives groups to the sink and takes those that are forced.
    fn write(&mut self, now_ms: u64, is_idle: bool) -> io::Result<()> {
        loop {
            while let Some(ticket) = self.sink.completed()? {
                self.log.written(ticket, now_ms);
            }
            let Some(group) = self.log.seal() else { return Ok(()) };
            self.counts.forces += 1;
            self.counts.bytes_written += group.bytes().len() as u64;
            self.sink.submit(group, is_idle)?;
        }
    }

    fn relocate(&mut self, at: Time) {
        while let Some(relocation) = self.log.poll_relocation() {
            let record = match &relocation.bytes {
                Ok(bytes) => RecordView::of_proved(bytes).ok().map(|view| view.to_record()),
                Err(_) => None,
            };
            self.input(Input::Relocate { lsn: relocation.lsn, record }, at);
        }
    }

    /// Tells the kernel how many extents are free. It refuses puts for lack of them only when no further one can be
    /// had: until that is known, inputs wait; see [`Self::has_room`].
    fn report_space(&mut self, at: Time) {
        self.space_checked = self.log.lsn_next();
        let space = self.log.space();
        let is_full = space.full.is_some() && !space.is_freeing;
        let free = if is_full { space.free_extents } else { space.free_extents.max(2) };
        if free != self.space {
            self.space = free;
            self.input(Input::Space { free_extents: free }, at);
        }
    }

    fn check_stretch(&mut self, at: Time) {
        // Units of work can stretch over another extent only when the log has gone on by some of one.
        let next = self.log.lsn_next();
        if next - self.stretch_checked < self.log.config().extent_bytes() / 4 {
            return;
        }
        self.stretch_checked = next;
        if let Some(first) = self.kernel.oldest_unit_of_work() {
            let config = self.log.config();
            let allowed = config.primary + config.secondary;
            if self.log.extents_between(first, self.log.lsn_next()) > allowed {
                self.input(Input::LogFull, at);
            }
        }
    }

    /// When [`Self::turn`] is due, in monotonic milliseconds, if nothing happens before.
    pub fn deadline_ms(&self) -> Option<u64> {
        let kernel = self.kernel.deadline().map(|due| due.0);
        let unforced =
            self.unforced_since.filter(|_| self.log.in_flight() == 0).map(|since| since + UNFORCED_MS);
        [kernel, self.log.deadline(), unforced].into_iter().flatten().min()
    }

    /// False while inputs must wait: for what has been appended to find its place, for an extent that is being made,
    /// or for the checkpoint that frees some. All of that goes on without inputs, and ends with room or with the
    /// knowledge that the disk is full.
    pub fn has_room(&self) -> bool {
        let space = self.log.space();
        match (space.full, space.is_freeing) {
            _ if space.free_extents > 1 => true,
            // The reserve may be used: there will be another one.
            (None, true) => self.log.has_room(),
            // It must not: the disk may turn out to be full.
            (None, false) | (Some(_), true) => false,
            // Puts are refused; gets, backouts and commits make room.
            (Some(_), false) => self.log.has_room() || !self.log.is_checkpointing(),
        }
    }

    /// True while memory is nearly full and the scratch file is about to make room: better read less.
    pub fn is_pressed(&self) -> bool {
        self.kernel.is_pressed()
    }

    /// True if a group should be forced: no other is under way, and somebody waits for what it would carry, or it
    /// has grown large, or old. Packing waits for each run that it has moved. Gets and puts inside units of work wait for nothing: they go with their commit.
    pub fn wants_force(&mut self, is_awaited: bool, at: Time) -> bool {
        if self.log.unforced() == 0 {
            self.unforced_since = None;
            return false;
        }
        let since = *self.unforced_since.get_or_insert(at.mono.0);
        let is_due = self.log.unforced() >= UNFORCED_MAX || at.mono.0 >= since + UNFORCED_MS;
        let is_awaited = is_awaited || self.log.is_packing_held_up();
        self.log.in_flight() == 0 && !self.is_stalled && (is_awaited || is_due || !self.has_room())
    }

    /// True while anything is on its way to the disk or waits to be.
    pub fn is_writing(&self) -> bool {
        self.log.in_flight() > 0 || self.log.unforced() > 0
    }

    /// The last thing: everything is forced and a last checkpoint says that the end was clean.
    pub fn close(&mut self, clock: &crate::clock::Clock) -> io::Result<()> {
        let mut is_last_begun = false;
        loop {
            let now = clock.now();
            let now_ms = now.mono.0;
            while let Some(done) = self.worker.done()? {
                self.log.done(done);
            }
            self.write(now_ms, true)?;
            if !self.is_writing() && !self.log.is_checkpointing() {
                if is_last_begun {
                    if let Some(tape) = &mut self.tape {
                        tape.end()?;
                    }
                    self.progress.tell(&self.log);
                    // A last checkpoint that found no room leaves a log that is replayed at the next start.
                    return Ok(());
                }
                is_last_begun = true;
                let state = self.kernel.checkpoint_state();
                self.log.begin_last_checkpoint(state, now_ms);
            }
            if !is_last_begun {
                self.log.tick(now_ms);
            }
            let mut is_busy = false;
            while let Some(effect) = self.log.poll_effect() {
                is_busy = true;
                self.worker.run(effect);
            }
            if !is_busy && (self.is_writing() || self.log.is_checkpointing()) {
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
        }
    }
}
