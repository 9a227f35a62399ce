//! The core thread: sockets, channel machines, kernel, log, in one loop.
//!
//! A turn takes everything that is ready (connections, bytes, answers of the other threads, timers), gives
//! what the machines make of it to the kernel, lets the engine force the log, and sends what no longer has to
//! wait. What arrives during a force goes out with the next.

mod accepting;
mod command_server;
mod commands;
mod departed;
#[cfg(feature = "fuzzing")]
mod doors;
mod ending;
mod entries;
mod fap_log;
mod handover;
mod instances;
mod local;
mod memory;
mod route;
mod slab;
mod socket;
mod status_facts;
mod strangers;
mod traffic;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use channel::client::{Channel, Event, QueueManager, Verdict};
use channel::segment::status_data::StatusCode;
use mqi::Chars;
use mqi::call::Call;
use mqi::secret::Secret;
use qmgr::time::Time;
use qmgr::{ChannelRefusal, ConversationId, Input};
use rustix::event::epoll;
use rustix::io::Errno;

use crate::checker::{Checker, Question};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error_log::ErrorLog;
use crate::net::{Listener, ListenerKind, Peer};
use crate::signals::EndSignals;
use crate::source::Source;
use crate::users::Users;
use crate::waker::Waker;
use accepting::Pace;
use command_server::Seat;
use commands::Commands;
use departed::Departed;
use ending::Ending;
pub use ending::{EndHow, EndNews};
use fap_log::FapLog;
use handover::Closer;
use instances::Instances;
use local::LocalConnections;
pub use local::LocalLimits;
use memory::Memory;
use slab::{Slab, Token};
use socket::Socket;
use strangers::Strangers;

/// Bytes read from a socket at once.
const READ_MAX: usize = 64 * 1024;
/// Reads of one socket in one turn, so that a busy one does not starve the others.
const READS_MAX: usize = 4;
/// Events taken at once.
const EVENTS_MAX: usize = 512;
/// Pause while the log waits for an extent.
const ROOM_PAUSE: std::time::Duration = std::time::Duration::from_millis(1);
/// Turns that a force waits for others who are ready to join it.
const DEFER_MAX: u32 = 2;
/// Conversations on one local connection.
const LOCAL_CONVERSATIONS: u32 = 10;
/// How long sockets that put are not read because memory is nearly full; after that puts are refused.
const PRESSED_MS: u64 = 2000;
/// How long a socket that is being closed may take to accept what is left to send.
const LINGER_MS: u64 = 2000;

/// Tokens of descriptors that are no sockets.
const WAKER: u64 = u64::MAX;
const SIGNALS: u64 = u64::MAX - 1;
const LISTENER: u64 = u64::MAX << 32;

/// What a core is made from.
pub struct Parts {
    /// Kernel and log.
    pub engine: Engine,
    /// Checks passwords.
    pub checker: Checker,
    /// Rings when a thread has something.
    pub waker: Waker,
    /// The sockets of local applications.
    pub local: Vec<Listener>,
    /// Signals that ask for the end.
    pub signals: Option<EndSignals>,
    /// The error log.
    pub errors: ErrorLog,
    /// What clients are told about the queue manager.
    pub qmgr: QueueManager,
    /// User whose process this is.
    pub owner: String,
    /// Connections over channels at once.
    pub channels_max: u32,
    /// Connections of this machine's users.
    pub local_limits: LocalLimits,
    /// Figures that only the shell knows, for DISPLAY QMSTATUS.
    pub status: Vec<(String, String)>,
}

/// Who a conversation of the kernel belongs to.
#[derive(Clone, Copy, Debug)]
enum Owner {
    Socket(Token, u32),
    CommandServer(Seat),
}

/// See the module's text.
pub struct Core {
    engine: Engine,
    checker: Checker,
    memory: Memory,
    waker: Waker,
    clock: Clock,
    now: Time,
    epoll: OwnedFd,
    signals: Option<EndSignals>,
    errors: ErrorLog,
    qmgr: QueueManager,
    owner: String,
    channels_max: u32,
    status: Vec<(String, String)>,
    listeners: BTreeMap<u32, Listener>,
    listener_next: u32,
    /// Listeners that are not asked for connections, and until when.
    paused_listeners: BTreeMap<u32, u64>,
    pace: Pace,
    local: LocalConnections,
    users: Users,
    closer: Closer,
    /// Why listeners could not be started.
    listener_errors: Vec<(u16, String)>,
    sockets: Slab<Socket>,
    departed: Departed,
    strangers: Strangers,
    instances: Instances,
    owners: HashMap<ConversationId, Owner>,
    conversation_next: u64,
    commands: Commands,
    /// Questions to the password checker.
    checks: HashMap<u64, (Token, u32)>,
    check_next: u64,
    ticket_next: u64,
    /// Sockets whose machines may have events.
    pumps: VecDeque<Token>,
    /// Sockets that may have something to send.
    dirty: Vec<Token>,
    /// Sockets with something that waits for the log.
    waiting: BTreeSet<Token>,
    timers: BinaryHeap<Reverse<(u64, Token)>>,
    read_buffer: Box<[u8]>,
    write_buffer: Vec<u8>,
    ending: Option<Ending>,
    /// An administrator wants the end; it begins once this turn's replies are out.
    end_asked: Option<EndHow>,
    fap_log: Option<FapLog>,
    /// Turns for which a force has been put off.
    deferred: u32,
    /// Sockets that are not read because memory is nearly full.
    paused: Vec<Token>,
    /// Since when it has been, monotonic ms.
    pressed_since: Option<u64>,
    /// The first socket that was not read for lack of room in the log: its turn comes first.
    held_back: Option<Token>,
}

impl Core {
    /// Puts the parts together and starts the command server.
    pub fn new(parts: Parts) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        add(&epoll, &parts.waker, WAKER)?;
        if let Some(signals) = &parts.signals {
            add(&epoll, signals, SIGNALS)?;
        }
        let clock = Clock;
        let mut core = Self {
            now: clock.now(),
            clock,
            memory: Memory::beside(parts.engine.kernel().memory_use().max),
            engine: parts.engine,
            checker: parts.checker,
            waker: parts.waker,
            epoll,
            signals: parts.signals,
            errors: parts.errors,
            qmgr: parts.qmgr,
            owner: parts.owner,
            channels_max: parts.channels_max,
            status: parts.status,
            listeners: BTreeMap::new(),
            listener_next: 0,
            paused_listeners: BTreeMap::new(),
            pace: Pace::default(),
            local: LocalConnections::new(parts.local_limits),
            users: Users::read(crate::users::current()),
            closer: Closer::default(),
            listener_errors: Vec::new(),
            sockets: Slab::default(),
            departed: Departed::default(),
            strangers: Strangers::default(),
            instances: Instances::default(),
            owners: HashMap::new(),
            conversation_next: 1,
            commands: Commands::default(),
            checks: HashMap::new(),
            check_next: 0,
            ticket_next: 0,
            pumps: VecDeque::new(),
            dirty: Vec::new(),
            waiting: BTreeSet::new(),
            timers: BinaryHeap::new(),
            read_buffer: vec![0; READ_MAX].into_boxed_slice(),
            write_buffer: Vec::new(),
            ending: None,
            end_asked: None,
            fap_log: FapLog::open()?,
            deferred: 0,
            paused: Vec::new(),
            pressed_since: None,
            held_back: None,
        };
        for local in parts.local {
            core.add_listener(local)?;
        }
        core.start_command_server();
        core.settle()?;
        Ok(core)
    }

    fn add_listener(&mut self, listener: Listener) -> io::Result<()> {
        let number = self.listener_next;
        self.listener_next += 1;
        add(&self.epoll, &listener.fd, LISTENER | u64::from(number))?;
        self.listeners.insert(number, listener);
        Ok(())
    }

    fn new_conversation(&mut self, owner: Owner) -> ConversationId {
        let id = ConversationId(self.conversation_next);
        self.conversation_next += 1;
        self.owners.insert(id, owner);
        id
    }

    /// Runs until the queue manager has ended, and says how. `on_ending` hears of the end while it comes. An error
    /// is a failed write or force: nothing more has been acknowledged, and the process must end.
    pub fn run(&mut self, on_ending: &mut dyn FnMut(EndNews)) -> io::Result<EndHow> {
        self.log_started();
        let how = loop {
            if let Some(how) = self.has_ended() {
                break how;
            }
            self.turn()?;
            if let Some(news) = self.end_news() {
                on_ending(news);
            }
        };
        if let Some(signals) = &self.signals {
            signals.loop_ends();
        }
        if how != EndHow::Preemptive {
            self.engine.close(&self.clock)?;
        }
        self.log_ended(how);
        Ok(how)
    }

    /// Starts the listeners that start with the queue manager. Returns port and error of those that did not.
    pub fn start_services(&mut self) -> io::Result<Vec<(u16, String)>> {
        for name in self.engine.kernel().listeners_to_start() {
            self.execute(&format!("START LISTENER('{name}')"))?;
        }
        Ok(std::mem::take(&mut self.listener_errors))
    }

    /// Ends a start that cannot go on: nobody has connected yet.
    pub fn abandon(&mut self) -> io::Result<()> {
        self.engine.close(&self.clock)
    }

    /// Writes the last entry of the error log.
    pub fn log_failure(&mut self, error: &io::Error) {
        self.errors.write("AMQ7017", &[self.qmgr.name.to_string(), error.to_string()], &self.clock);
    }

    /// Addresses that are listened on.
    pub fn addresses(&self) -> Vec<std::net::SocketAddr> {
        self.listeners
            .values()
            .filter_map(|listener| match &listener.kind {
                ListenerKind::Tcp { address, .. } => Some(*address),
                ListenerKind::Local(_) => None,
            })
            .collect()
    }

    fn turn(&mut self) -> io::Result<()> {
        self.now = self.clock.now();
        self.begin_departures();
        if !self.engine.has_room() {
            // What clients send waits in their sockets until the log has room for what comes of it.
            std::thread::sleep(ROOM_PAUSE);
            self.signalled();
            return self.settle();
        }
        let timeout_ms = self.timeout_ms();
        self.turn_within(timeout_ms)
    }

    /// A turn that waits no longer than this for something to come.
    fn turn_within(&mut self, timeout_ms: u64) -> io::Result<()> {
        let mut events = Vec::with_capacity(EVENTS_MAX);
        self.wait(&mut events, timeout_ms)?;
        self.now = self.clock.now();
        let first = self.held_back.take().map(Token::to_u64);
        if let Some(at) = events.iter().position(|event| Some(event.data.u64()) == first) {
            events.rotate_left(at);
        }
        for event in &events {
            self.ready(event);
        }
        self.settle()
    }

    /// Waits for events; none: only takes those that are there.
    fn wait(&self, events: &mut Vec<epoll::Event>, timeout_ms: u64) -> io::Result<()> {
        let timeout = rustix::event::Timespec {
            tv_sec: i64::try_from(timeout_ms / 1000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(timeout_ms % 1000 * 1_000_000).unwrap_or(0),
        };
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn timeout_ms(&mut self) -> u64 {
        if self.engine.wants_force(self.is_awaiting(), self.now)
            || self.is_anything_left()
            || self.departed.is_any_left()
        {
            return 0;
        }
        let now = self.now.mono.0;
        let timer = self.timers.peek().map(|Reverse((at, _))| *at);
        let ending = self.ending.as_ref().and_then(Ending::deadline);
        let resumes = self.resumes_at();
        let due = [
            self.commands.deadline_ms(),
            self.accepts_again_at(),
            self.engine.deadline_ms(),
            self.checker.deadline_ms(),
            timer,
            ending,
            resumes,
        ];
        let due = due.into_iter().flatten().min().unwrap_or(now + 60_000);
        due.saturating_sub(now).min(60_000)
    }

    fn ready(&mut self, event: &epoll::Event) {
        let number = event.data.u64();
        match number {
            WAKER => self.waker.clear(),
            SIGNALS => self.signalled(),
            _ if number & LISTENER == LISTENER => self.accept(number as u32),
            _ => self.socket_ready(Token::of_u64(number), event.flags),
        }
    }

    /// Everything that follows from what has come in, up to what must wait for the log or the world.
    fn settle(&mut self) -> io::Result<()> {
        for decision in self.checker.decided(self.now.mono.0) {
            self.decided(decision.id, decision.right);
        }
        while let Some(failure) = self.checker.failure() {
            self.log_unproved(failure);
        }
        while let Some(trouble) = self.checker.trouble() {
            self.errors.write("AMQ6090", &[trouble], &self.clock);
        }
        self.due();
        self.tend_command_server();
        self.tend_listeners();
        self.pump();
        self.engine.turn(self.now)?;
        self.route();
        self.tend_memory();
        self.resume();
        self.pump();
        if self.engine.wants_force(self.is_awaiting(), self.now) {
            self.finish();
            // Whoever is ready now joins the group that is forced next, but the group does not wait for ever.
            let is_idle = self.is_idle()?;
            if is_idle || self.deferred >= DEFER_MAX || !self.engine.has_room() {
                self.deferred = 0;
                self.engine.force(self.now, is_idle)?;
            } else {
                self.deferred += 1;
            }
        }
        self.finish();
        self.progress_ending();
        self.errors.tell_repeats(&self.clock);
        Ok(())
    }

    /// Goes round until nobody has anything left to say: what is sent makes room for more, what is handed over
    /// lets machines go on with what they had put aside.
    fn finish(&mut self) {
        loop {
            self.route();
            self.release();
            self.pump();
            self.transmit();
            if !self.is_anything_left() {
                return;
            }
        }
    }

    /// Somebody has been told something, or is to be, and nobody has looked yet at what follows from it.
    fn is_anything_left(&self) -> bool {
        self.engine.has_output() || !self.pumps.is_empty() || !self.dirty.is_empty()
    }

    /// Somebody waits for the log.
    fn is_awaiting(&self) -> bool {
        !self.waiting.is_empty() || self.commands.is_holding()
    }

    fn is_idle(&self) -> io::Result<bool> {
        let mut events = Vec::with_capacity(1);
        self.wait(&mut events, 0)?;
        Ok(events.is_empty() && self.pumps.is_empty())
    }

    fn input(&mut self, input: Input) {
        self.engine.input(input, self.now);
        self.route();
    }

    /// Whether a socket that puts is better left alone: the scratch file is about to make room.
    fn is_pressed(&mut self) -> bool {
        let now_ms = self.now.mono.0;
        let is_pressed = self.engine.is_pressed();
        self.pressed_since = if is_pressed { self.pressed_since.or(Some(now_ms)) } else { None };
        self.pressed_since.is_some_and(|since| now_ms < since + PRESSED_MS)
    }

    /// Takes what the machines have for the kernel and the shell.
    fn pump(&mut self) {
        while let Some(token) = self.pumps.pop_front() {
            while let Some(event) = self.sockets.get_mut(token).and_then(|s| s.end.poll_event()) {
                self.event(token, event);
            }
            self.touch(token);
        }
    }

    fn event(&mut self, token: Token, event: Event) {
        match event {
            Event::LookupChannel { name, is_client } => {
                let Some(peer) = self.sockets.get(token).map(|s| s.peer.clone()) else { return };
                let channel = self.look_up(name, is_client, &peer);
                if let Some(socket) = self.sockets.get_mut(token) {
                    socket.end.admit(channel);
                }
            }
            Event::Verify { check, user, password, .. } => self.verify(token, check, user, password),
            Event::ForgetCheck { check } => self.forget_check(token, check),
            Event::Call { conversation, call } => self.call(token, conversation, call),
            Event::Part { conversation, bytes } => {
                if let Some(id) = self.id_of(token, conversation) {
                    self.input(Input::Part { conversation: id, bytes });
                }
            }
            Event::Pull { conversation } => {
                if let Some(id) = self.id_of(token, conversation) {
                    self.input(Input::Pull { conversation: id });
                }
            }
            Event::CancelWaits { conversation, connection_id, reason } => {
                if let Some(by) = self.id_of(token, conversation) {
                    self.input(Input::CancelWaits { by, connection_id, reason });
                }
            }
            Event::Ended { conversation } => {
                self.forget(token, conversation);
            }
            Event::Gone { conversation } => {
                if let Some(id) = self.forget(token, conversation) {
                    self.input(Input::Gone { conversation: id });
                }
            }
            Event::Close { reason } => self.close(token, &reason),
        }
    }

    fn id_of(&self, token: Token, conversation: u32) -> Option<ConversationId> {
        self.sockets.get(token)?.conversation(conversation)
    }

    fn call(&mut self, token: Token, number: u32, call: Call) {
        let id = match (self.id_of(token, number), &call) {
            (Some(id), _) => id,
            (None, Call::Connect(_)) => {
                let id = self.new_conversation(Owner::Socket(token, number));
                if let Some(socket) = self.sockets.get_mut(token) {
                    socket.conversations.push((number, id));
                }
                id
            }
            (None, _) => return,
        };
        if let Some(socket) = self.sockets.get_mut(token) {
            socket.calls += 1;
            socket.puts |= matches!(call, Call::Put { .. } | Call::PutLater { .. } | Call::Put1 { .. });
        }
        self.input(Input::Call { conversation: id, call });
    }

    fn forget(&mut self, token: Token, number: u32) -> Option<ConversationId> {
        let socket = self.sockets.get_mut(token)?;
        let at = socket.conversations.iter().position(|(n, _)| *n == number)?;
        let (_, id) = socket.conversations.swap_remove(at);
        socket.closed_windows.retain(|closed| *closed != number);
        self.owners.remove(&id);
        Some(id)
    }

    /// The channel that a client has named. Whether there is one, and whether it may be used, is said to nobody who has
    /// not proved who he is: until then one that is not there is as good as any.
    fn look_up(&mut self, name: Chars<20>, is_client: bool, peer: &Peer) -> Result<Channel, StatusCode> {
        if self.ending.is_some() {
            return Err(StatusCode::QM_TERMINATING);
        }
        if matches!(peer, Peer::Local { .. }) {
            // Bindings have no channel: whatever the client says, nothing limits it but the queue manager.
            let message_max = mqi::call::MESSAGE_LENGTH_MAX;
            return Ok(Channel { name, message_max, conversations_max: LOCAL_CONVERSATIONS, heartbeat_s: 0 });
        }
        if !is_client {
            self.log_channel_refused(name.as_str(), &peer.to_string(), ChannelRefusal::WrongType);
            return Err(StatusCode::CHANNEL_WRONG_TYPE);
        }
        let channel = match self.engine.kernel().server_connection(name.as_str(), 0, 0) {
            // A password that comes in the clear although TLS was asked for would be the greater evil.
            Err(ChannelRefusal::CipherSpec) => {
                self.log_channel_refused(name.as_str(), &peer.to_string(), ChannelRefusal::CipherSpec);
                return Err(StatusCode::CIPHER_SPEC);
            }
            found => found.unwrap_or_default(),
        };
        Ok(Channel {
            name,
            message_max: channel.message_max,
            conversations_max: channel.conversations_max,
            heartbeat_s: channel.heartbeat_s,
        })
    }

    fn verify(&mut self, token: Token, check: u32, user: String, password: Secret) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        let id = self.check_next;
        self.check_next += 1;
        socket.checks.push((check, id));
        let source = Source::from(&socket.peer);
        socket.stranger = socket.stranger.map(|number| self.strangers.renew(source, number));
        // A process is soon another one: of a local program it is said whose it is.
        let from = match socket.peer {
            Peer::Local { uid, .. } => format!("user '{}' of this machine", self.users.name_of(uid)),
            Peer::Network(_) => socket.peer.to_string(),
        };
        let question = Question {
            id,
            user,
            password,
            source,
            origin: (socket.channel_name(), from),
            fail_delay_ms: self.engine.kernel().fail_delay_ms(),
        };
        self.checks.insert(id, (token, check));
        if let Some(decision) = self.checker.ask(question, self.now.mono.0) {
            self.decided(decision.id, decision.right);
        }
    }

    fn forget_check(&mut self, token: Token, check: u32) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        let Some(at) = socket.checks.iter().position(|(number, _)| *number == check) else { return };
        let (_, id) = socket.checks.swap_remove(at);
        self.checks.remove(&id);
        self.checker.forget(id);
    }

    fn decided(&mut self, id: u64, right: bool) {
        let Some((token, check)) = self.checks.remove(&id) else { return };
        if let Some(socket) = self.sockets.get_mut(token) {
            socket.checks.retain(|(_, other)| *other != id);
            let verdict = if right { Verdict::Proved } else { Verdict::Wrong };
            socket.end.verified(check, verdict);
            self.pumps.push_back(token);
        }
    }
}

fn add(epoll: &OwnedFd, fd: &impl AsFd, token: u64) -> io::Result<()> {
    Ok(epoll::add(epoll, fd, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?)
}

/// Sets what epoll tells of a listener.
fn listen_for(epoll: &OwnedFd, number: u32, listener: &Listener, flags: epoll::EventFlags) -> io::Result<()> {
    let data = epoll::EventData::new_u64(LISTENER | u64::from(number));
    Ok(epoll::modify(epoll, &listener.fd, data, flags)?)
}
