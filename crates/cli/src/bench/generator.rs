//! The load generator: one thread, one epoll, any number of connections, each with an actor that plays its part.
//!
//! ```text
//!              connected, queues opened        all are ready          told to stop, part played to its end
//! add ─► Joining ───────────────────────► Ready ─────────────► Playing ─────────────────────────────────► Done
//! ```

use std::os::fd::OwnedFd;

use anyhow::{Context as _, Result, anyhow, bail};
use channel::client::ClientEvent;
use channel::client::client_end::FIRST_CONVERSATION;
use mqi::call::{Call, Connect, Delivery, Hobj, Long, Reply, Returned};
use mqi::constants::MQAT_UNIX;
use mqi::{Chars, CompCode, Od};
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use server::clock::mono_ns;

use super::link::Link;
use super::meter::Meter;
use super::target::Access;

/// Bytes read from a socket at once.
const READ_MAX: usize = 256 * 1024;
/// Events taken at once.
const EVENTS_MAX: usize = 512;
/// A run that hears nothing for so long hangs.
const SILENCE_NS: u64 = 60_000_000_000;

/// What an actor can do, given to it with whatever happens.
pub(super) struct Scene<'a> {
    link: &'a mut Link,
    /// Counts.
    pub(super) meter: &'a mut Meter,
    /// The clock, read when this turn began.
    pub(super) now_ns: u64,
    /// No new operation is to be begun.
    pub(super) is_stopping: bool,
}

impl Scene<'_> {
    /// Begins a call; its reply comes to [`Actor::reply`].
    pub(super) fn call(&mut self, call: Call) -> Result<()> {
        Ok(self.link.end.call(FIRST_CONVERSATION, call)?)
    }
}

/// The part that one connection plays.
pub(super) trait Actor {
    /// Queues to be opened before the start, with their options. Their handles come to [`Actor::start`].
    fn queues(&self) -> Vec<(String, i32)>;

    /// Everybody is ready: begin.
    fn start(&mut self, handles: &[Hobj], scene: &mut Scene<'_>) -> Result<()>;

    /// A call has returned, and has not failed.
    fn reply(&mut self, reply: Reply, scene: &mut Scene<'_>) -> Result<()>;

    /// A message has come.
    fn delivery(&mut self, _delivery: Delivery, _scene: &mut Scene<'_>) -> Result<()> {
        bail!("a message that was not asked for")
    }

    /// When [`Actor::turn`] wants to be called, in nanoseconds; none: when something comes.
    fn due(&self) -> Option<u64> {
        None
    }

    /// It is time.
    fn turn(&mut self, _scene: &mut Scene<'_>) -> Result<()> {
        Ok(())
    }

    /// Its part is played: nothing is in progress and nothing will begin. Who only serves others is done at
    /// any time.
    fn is_done(&self) -> bool;
}

enum Stage {
    Joining,
    Ready,
    Playing,
}

/// What came with the beginning of a long body.
enum Beginning {
    Reply(Reply),
    Delivery(Delivery),
}

impl Beginning {
    fn body(&mut self) -> Option<&mut Long> {
        match self {
            Self::Reply(Reply { returned: Returned::Get { body, .. }, .. }) => Some(body),
            Self::Delivery(delivery) => Some(&mut delivery.body),
            Self::Reply(_) => None,
        }
    }

    fn is_whole(&mut self) -> bool {
        self.body().is_none_or(|body| body.is_whole())
    }
}

struct Seat {
    link: Link,
    actor: Box<dyn Actor>,
    stage: Stage,
    wanted: Vec<(String, i32)>,
    handles: Vec<Hobj>,
    is_blocked: bool,
    beginning: Option<Beginning>,
}

/// See the module's text.
pub(super) struct Generator {
    access: Access,
    epoll: OwnedFd,
    seats: Vec<Seat>,
    ready: usize,
    buffer: Box<[u8]>,
    events: Vec<epoll::Event>,
    is_stopping: bool,
    /// A wait for the nearest due time is cut short by so much, and the rest of it is spent asking the clock.
    spin_ns: u64,
    heard_ns: u64,
    /// Counts.
    pub(super) meter: Meter,
}

impl Generator {
    /// A generator without connections.
    pub(super) fn new(access: &Access) -> Result<Self> {
        Ok(Self {
            access: access.clone(),
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            seats: Vec::new(),
            ready: 0,
            buffer: vec![0; READ_MAX].into_boxed_slice(),
            events: Vec::with_capacity(EVENTS_MAX),
            is_stopping: false,
            spin_ns: 0,
            heard_ns: mono_ns(),
            meter: Meter::default(),
        })
    }

    /// Timers are met to the microsecond, at the price of CPU.
    pub(super) fn with_exact_timers(mut self) -> Self {
        self.spin_ns = 80_000;
        self
    }

    /// Connects one more.
    pub(super) fn add(&mut self, actor: Box<dyn Actor>) -> Result<()> {
        let config = self.access.client_config();
        let link = Link::connect(self.access.address, config, mono_ns() / 1_000_000)
            .with_context(|| format!("cannot connect to {}", self.access.address))?;
        let at = self.seats.len();
        epoll::add(&self.epoll, &link, epoll::EventData::new_u64(at as u64), epoll::EventFlags::IN)?;
        let wanted = actor.queues();
        self.seats.push(Seat {
            link,
            actor,
            stage: Stage::Joining,
            wanted,
            handles: Vec::new(),
            is_blocked: false,
            beginning: None,
        });
        self.flush(at)
    }

    /// Runs until all are connected and have opened their queues.
    pub(super) fn join(&mut self) -> Result<()> {
        while self.ready < self.seats.len() {
            self.turn(None)?;
        }
        Ok(())
    }

    /// Lets everybody begin.
    pub(super) fn start(&mut self) -> Result<()> {
        for at in 0..self.seats.len() {
            self.seats[at].stage = Stage::Playing;
            let handles = std::mem::take(&mut self.seats[at].handles);
            self.play(at, mono_ns(), |actor, scene| actor.start(&handles, scene))?;
            self.flush(at)?;
        }
        Ok(())
    }

    /// Runs until this moment.
    pub(super) fn run_until(&mut self, until_ns: u64) -> Result<()> {
        while mono_ns() < until_ns {
            self.turn(Some(until_ns))?;
        }
        Ok(())
    }

    /// Runs until everybody's part is played, or until this moment; returns whether they are done.
    pub(super) fn run_until_done(&mut self, until_ns: u64) -> Result<bool> {
        loop {
            if self.seats.iter().all(|seat| seat.actor.is_done()) {
                return Ok(true);
            }
            if mono_ns() >= until_ns {
                return Ok(false);
            }
            self.turn(Some(until_ns))?;
        }
    }

    /// No new operations from now on.
    pub(super) fn stop(&mut self) {
        self.is_stopping = true;
    }

    /// Waits for something to happen, and lets it.
    fn turn(&mut self, until_ns: Option<u64>) -> Result<()> {
        let now = mono_ns();
        let due = self.seats.iter().filter_map(|seat| seat.actor.due()).min();
        let wake = [due.map(|at| at.saturating_sub(self.spin_ns)), until_ns].into_iter().flatten().min();
        let left = wake.map_or(1_000_000_000, |at| at.saturating_sub(now)).min(1_000_000_000);
        let timeout =
            Timespec { tv_sec: (left / 1_000_000_000) as i64, tv_nsec: (left % 1_000_000_000) as i64 };
        self.events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let now = mono_ns();
        if !self.events.is_empty() {
            self.heard_ns = now;
        } else if now - self.heard_ns > SILENCE_NS && due.is_none() {
            bail!("nothing has been heard for {} s", SILENCE_NS / 1_000_000_000);
        }
        for event in std::mem::take(&mut self.events) {
            let at = event.data.u64() as usize;
            let flags = event.flags;
            if flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR) {
                self.seats[at].link.read(&mut self.buffer, now / 1_000_000);
            }
            self.hear(at, now)?;
            self.flush(at)?;
        }
        self.events.reserve(EVENTS_MAX);
        if due.is_some() {
            self.keep_time()?;
        }
        Ok(())
    }

    /// Gives their turn to those whose time it is.
    fn keep_time(&mut self) -> Result<()> {
        for at in 0..self.seats.len() {
            let now = mono_ns();
            if self.seats[at].actor.due().is_some_and(|due| due <= now) {
                self.play(at, now, |actor, scene| actor.turn(scene))?;
                self.flush(at)?;
            }
        }
        Ok(())
    }

    fn play(
        &mut self,
        at: usize,
        now_ns: u64,
        what: impl FnOnce(&mut dyn Actor, &mut Scene<'_>) -> Result<()>,
    ) -> Result<()> {
        let Seat { link, actor, .. } = &mut self.seats[at];
        let is_stopping = self.is_stopping;
        what(actor.as_mut(), &mut Scene { link, meter: &mut self.meter, now_ns, is_stopping })
    }

    /// Takes what came to a connection.
    fn hear(&mut self, at: usize, now_ns: u64) -> Result<()> {
        while let Some(event) = self.seats[at].link.end.poll_event() {
            match event {
                ClientEvent::Ready => {
                    let connect = Connect {
                        qmgr_name: self.access.qmgr_name,
                        appl_name: Chars::from_str_padded("packhorse bench"),
                        appl_type: MQAT_UNIX,
                        ..Connect::default()
                    };
                    self.seats[at].link.end.call(FIRST_CONVERSATION, Call::Connect(Box::new(connect)))?;
                }
                ClientEvent::Reply { reply, .. } => self.begun(at, Beginning::Reply(reply), now_ns)?,
                ClientEvent::Delivery { delivery, .. } => {
                    self.begun(at, Beginning::Delivery(delivery), now_ns)?;
                }
                ClientEvent::Piece { bytes, .. } => {
                    let Some(mut beginning) = self.seats[at].beginning.take() else { continue };
                    if let Some(body) = beginning.body() {
                        bytes.pieces().iter().for_each(|piece| body.first.push(piece.clone()));
                    }
                    self.begun(at, beginning, now_ns)?;
                }
                ClientEvent::Notice { notice, .. } if notice.value != 0 => {
                    bail!("notification {} of the queue manager: {}", notice.code, notice.value);
                }
                ClientEvent::Closed { reason, text } => bail!("connection lost: {reason}: {text}"),
                ClientEvent::Ended { reason, .. } => bail!("connection ended: {reason}"),
                // A check has ended; the other two are not asked for.
                ClientEvent::Notice { .. } | ClientEvent::Started { .. } | ClientEvent::Pull { .. } => {}
            }
        }
        Ok(())
    }

    /// A reply or a delivery whose body may not be whole yet.
    fn begun(&mut self, at: usize, mut beginning: Beginning, now_ns: u64) -> Result<()> {
        if !beginning.is_whole() {
            self.seats[at].beginning = Some(beginning);
            return Ok(());
        }
        match beginning {
            Beginning::Reply(reply) => self.replied(at, reply, now_ns),
            Beginning::Delivery(delivery) => {
                self.play(at, now_ns, |actor, scene| actor.delivery(delivery, scene))
            }
        }
    }

    fn replied(&mut self, at: usize, reply: Reply, now_ns: u64) -> Result<()> {
        let seat = &mut self.seats[at];
        if reply.comp_code == CompCode::Failed {
            let doing = match seat.stage {
                Stage::Joining => seat.wanted.get(seat.handles.len()).map_or("", |(name, _)| name.as_str()),
                Stage::Ready | Stage::Playing => "",
            };
            return Err(anyhow!("{}", reply.reason).context(format!("a call failed {doing}")));
        }
        if !matches!(seat.stage, Stage::Joining) {
            return self.play(at, now_ns, |actor, scene| actor.reply(reply, scene));
        }
        if let Returned::Open { hobj, .. } = reply.returned {
            seat.handles.push(hobj);
        }
        match seat.wanted.get(seat.handles.len()) {
            Some((name, options)) => {
                let od = Od { object_name: Chars::from_str_padded(name), ..Od::default() };
                let open = Call::Open { od: Box::new(od), options: *options };
                seat.link.end.call(FIRST_CONVERSATION, open)?;
            }
            None => {
                seat.stage = Stage::Ready;
                self.ready += 1;
            }
        }
        Ok(())
    }

    /// Sends what a connection has to send, and listens for room if the socket has none.
    fn flush(&mut self, at: usize) -> Result<()> {
        let seat = &mut self.seats[at];
        let is_blocked = seat.link.flush();
        if is_blocked != seat.is_blocked {
            seat.is_blocked = is_blocked;
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, is_blocked);
            epoll::modify(&self.epoll, &seat.link, epoll::EventData::new_u64(at as u64), flags)?;
        }
        Ok(())
    }
}
