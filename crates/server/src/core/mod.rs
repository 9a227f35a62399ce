//! The core thread: sockets, channel machines, kernel, log, in one loop.
//!
//! A turn takes everything that is ready (connections, bytes, answers of the other threads, timers), gives
//! what the machines make of it to the kernel, lets the engine force the log, and sends what no longer has to
//! wait. What arrives during a force goes out with the next.

mod command_server;
mod ending;
mod fap_log;
mod handover;
mod slab;
mod socket;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use bytes::Bytes;
use channel::client::{
    Channel, CloseReason, Config as EndConfig, Event, Local, QueueManager, ServerEnd, Verdict,
};
use channel::segment::status_data::StatusCode;
use mqi::Chars;
use mqi::call::Call;
use mqi::command::CommandReply;
use mqsc::print;
use qmgr::time::Time;
use qmgr::{
    ChannelRefusal, ConversationId, Facts, Input, ListenerAction, ListenerFacts, Output, SocketFacts, Ticket,
};
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use store::Lsn;

use crate::checker::{Checker, Question};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error_log::ErrorLog;
use crate::net::{self, Accepted, Listener, ListenerKind, Peer};
use crate::waker::Waker;
use command_server::{CommandServer, EndRequest, Wish};
use ending::Ending;
use fap_log::FapLog;
use slab::{Slab, Token};
use socket::{Outgoing, Purpose, Socket};

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
    /// The socket of local applications.
    pub local: Listener,
    /// Readable when a signal asks for the end.
    pub signals: Option<UnixStream>,
    /// The error log.
    pub errors: ErrorLog,
    /// What clients are told about the queue manager.
    pub qmgr: QueueManager,
    /// User whose process this is.
    pub owner: String,
    /// Connections over channels at once.
    pub channels_max: u32,
    /// Figures that only the shell knows, for DISPLAY QMSTATUS.
    pub status: Vec<(String, String)>,
    /// Called when the end begins, and again when it goes from quiesce to immediate.
    pub on_ending: Option<OnEnding>,
}

/// What is to be done when the queue manager begins to end.
pub type OnEnding = Box<dyn FnMut(qmgr::EndMode)>;

/// Who a conversation of the kernel belongs to.
#[derive(Clone, Copy, Debug)]
enum Owner {
    Socket(Token, u32),
    CommandServer,
}

/// See the module's text.
pub struct Core {
    engine: Engine,
    checker: Checker,
    waker: Waker,
    clock: Clock,
    now: Time,
    epoll: OwnedFd,
    signals: Option<UnixStream>,
    errors: ErrorLog,
    qmgr: QueueManager,
    owner: String,
    channels_max: u32,
    status: Vec<(String, String)>,
    listeners: BTreeMap<u32, Listener>,
    listener_next: u32,
    /// Why listeners could not be started.
    listener_errors: Vec<(u16, String)>,
    sockets: Slab<Socket>,
    owners: HashMap<ConversationId, Owner>,
    conversation_next: u64,
    command_server: Option<(ConversationId, CommandServer)>,
    /// Questions to the password checker.
    checks: HashMap<u64, (Token, u32)>,
    check_next: u64,
    ticket_next: u64,
    /// Commands of the shell itself and their replies.
    own_replies: BTreeMap<u64, Option<Box<CommandReply>>>,
    /// Replies to commands that wait for the log.
    held_replies: Vec<(Lsn, Ticket, Box<CommandReply>)>,
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
    end_asked: Option<EndRequest>,
    on_ending: Option<OnEnding>,
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
        let clock = Clock::default();
        let mut core = Self {
            now: clock.now(),
            clock,
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
            listener_errors: Vec::new(),
            sockets: Slab::default(),
            owners: HashMap::new(),
            conversation_next: 1,
            command_server: None,
            checks: HashMap::new(),
            check_next: 0,
            ticket_next: 0,
            own_replies: BTreeMap::new(),
            held_replies: Vec::new(),
            pumps: VecDeque::new(),
            dirty: Vec::new(),
            waiting: BTreeSet::new(),
            timers: BinaryHeap::new(),
            read_buffer: vec![0; READ_MAX].into_boxed_slice(),
            write_buffer: Vec::new(),
            ending: None,
            end_asked: None,
            on_ending: parts.on_ending,
            fap_log: FapLog::open()?,
            deferred: 0,
            paused: Vec::new(),
            pressed_since: None,
            held_back: None,
        };
        core.add_listener(parts.local)?;
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

    fn start_command_server(&mut self) {
        let (server, first) = CommandServer::start(&self.owner);
        let id = self.new_conversation(Owner::CommandServer);
        self.command_server = Some((id, server));
        self.grant(first);
    }

    fn new_conversation(&mut self, owner: Owner) -> ConversationId {
        let id = ConversationId(self.conversation_next);
        self.conversation_next += 1;
        self.owners.insert(id, owner);
        id
    }

    /// Runs until the queue manager has ended. An error is a failed write or force: nothing more has been
    /// acknowledged, and the process must end.
    pub fn run(&mut self) -> io::Result<()> {
        while !self.has_ended() {
            self.turn()?;
        }
        self.engine.close(&self.clock)
    }

    /// Executes an MQSC command of the shell itself, in the name of the owner, and waits for its reply.
    pub fn execute(&mut self, text: &str) -> io::Result<Box<CommandReply>> {
        let command = mqsc::parse(text).map_err(|error| {
            io::Error::other(print::parse_error(&error, print::Style::default()).join("; "))
        })?;
        let ticket = self.new_ticket();
        self.own_replies.insert(ticket.0, None);
        let user = self.owner.clone();
        let facts = self.facts();
        self.input(Input::Command { ticket, user, command, facts });
        loop {
            self.settle()?;
            if let Some(reply) = self.own_replies.get_mut(&ticket.0).and_then(Option::take) {
                self.own_replies.remove(&ticket.0);
                return Ok(reply);
            }
            self.turn()?;
        }
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
                ListenerKind::Local => None,
            })
            .collect()
    }

    fn turn(&mut self) -> io::Result<()> {
        self.now = self.clock.now();
        if !self.engine.has_room() {
            // What clients send waits in their sockets until the log has room for what comes of it.
            std::thread::sleep(ROOM_PAUSE);
            return self.settle();
        }
        let mut events = Vec::with_capacity(EVENTS_MAX);
        let timeout_ms = self.timeout_ms();
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
        if self.engine.wants_force(self.is_awaiting(), self.now) {
            return 0;
        }
        let now = self.now.mono.0;
        let timer = self.timers.peek().map(|Reverse((at, _))| *at);
        let ending = self.ending.as_ref().and_then(Ending::deadline);
        let resumes = self.pressed_since.filter(|_| !self.paused.is_empty()).map(|since| since + PRESSED_MS);
        let due = [self.engine.deadline_ms(), self.checker.deadline_ms(), timer, ending, resumes];
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
        self.due();
        self.pump();
        self.engine.turn(self.now)?;
        self.route();
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
            if self.pumps.is_empty() && self.dirty.is_empty() {
                return;
            }
        }
    }

    /// Somebody waits for the log.
    fn is_awaiting(&self) -> bool {
        !self.waiting.is_empty() || !self.held_replies.is_empty()
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

    /// Gives the outputs of the kernel to those whom they are for.
    fn route(&mut self) {
        while let Some(output) = self.engine.output() {
            match output {
                Output::Reply { conversation, reply, wait } => {
                    self.give(conversation, Outgoing::Reply(reply), wait);
                }
                Output::Deliver { conversation, delivery, wait } => {
                    self.give(conversation, Outgoing::Deliver(delivery), wait);
                }
                Output::Notify { conversation, notice, wait } => {
                    self.give(conversation, Outgoing::Notify(notice), wait);
                }
                Output::Piece { conversation, bytes, wait, .. } => {
                    self.give(conversation, Outgoing::Piece(bytes), wait);
                }
                Output::Credit { conversation, wait } => {
                    self.give(conversation, Outgoing::Credit, wait);
                }
                Output::Disconnect { conversation, reason } => {
                    self.give(conversation, Outgoing::Disconnect(reason), Lsn::NONE);
                }
                Output::CommandReply { ticket, reply, wait } => self.command_replied(ticket, reply, wait),
                Output::Listener(action) => self.listener_action(action),
                Output::Log(line) => self.errors.write(line.id, &line.inserts, &self.clock),
                Output::Ended => self.kernel_ended(),
                Output::Append { .. }
                | Output::Release { .. }
                | Output::Load { .. }
                | Output::Spill { .. }
                | Output::LoadSpilled { .. }
                | Output::Drop { .. } => {
                    unreachable!("the engine carries these out")
                }
            }
        }
    }

    fn give(&mut self, conversation: ConversationId, what: Outgoing, wait: Lsn) {
        match self.owners.get(&conversation).copied() {
            Some(Owner::Socket(token, number)) => {
                let Some(socket) = self.sockets.get_mut(token) else { return };
                if matches!(what, Outgoing::Deliver(_) | Outgoing::Reply(_)) {
                    socket.last_message_wall_ms = self.now.wall.0;
                }
                if socket.give(number, what, wait, self.engine.durable()) {
                    // The machine may go on with what it had put aside.
                    self.pumps.push_back(token);
                } else {
                    self.waiting.insert(token);
                }
            }
            // The command server waits for nothing itself: what it makes is put by the kernel, and leaves
            // with a position of its own.
            Some(Owner::CommandServer) => self.reply_to_command_server(what),
            None => {}
        }
    }

    fn reply_to_command_server(&mut self, what: Outgoing) {
        let Some((_, server)) = &mut self.command_server else { return };
        let wish = match what {
            Outgoing::Reply(reply) => server.reply(*reply),
            Outgoing::Disconnect(_) => {
                if let Some((id, _)) = self.command_server.take() {
                    self.owners.remove(&id);
                    self.input(Input::Gone { conversation: id });
                }
                None
            }
            Outgoing::Deliver(_) | Outgoing::Notify(_) | Outgoing::Piece(_) | Outgoing::Credit => None,
        };
        if let Some(wish) = wish {
            self.grant(wish);
        }
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Call(call) => {
                let Some((id, _)) = self.command_server else { return };
                self.engine.input(Input::Call { conversation: id, call: *call }, self.now);
            }
            Wish::Execute { user, command } => {
                let ticket = self.new_ticket();
                let facts = self.facts();
                self.engine.input(Input::Command { ticket, user, command: *command, facts }, self.now);
            }
            Wish::End(request) => {
                let next = self.command_server.as_mut().map(|(_, server)| server.next_answer());
                if let Some(next) = next {
                    self.grant(next);
                }
                // Whoever asked is answered first.
                self.end_asked = Some(request);
            }
        }
    }

    fn new_ticket(&mut self) -> Ticket {
        self.ticket_next += 1;
        // The kernel numbers its own questions from the other end.
        Ticket(1 << 63 | self.ticket_next)
    }

    /// A command is answered once what it did is durable.
    fn command_replied(&mut self, ticket: Ticket, reply: Box<CommandReply>, wait: Lsn) {
        if wait != Lsn::NONE && wait >= self.engine.durable() {
            self.held_replies.push((wait, ticket, reply));
            return;
        }
        match self.own_replies.get_mut(&ticket.0) {
            Some(place) => *place = Some(reply),
            None => {
                let wish = self.command_server.as_mut().and_then(|(_, server)| server.executed(&reply));
                if let Some(wish) = wish {
                    self.grant(wish);
                }
            }
        }
    }

    fn listener_action(&mut self, action: ListenerAction) {
        match action {
            ListenerAction::Start { name, address, port, backlog } => {
                let port = if port == 0 { 1414 } else { port };
                let result = net::listen_tcp(&name, &address, port, backlog).and_then(|listener| {
                    let facts = ListenerFacts {
                        pid: std::process::id(),
                        address: if address.trim().is_empty() { "*".to_owned() } else { address.clone() },
                        port,
                    };
                    self.add_listener(listener).map(|()| facts)
                });
                let state = result.map(Some).map_err(|error| {
                    let inserts = [port.to_string(), error.to_string(), name.clone()];
                    self.errors.write("AMQ9218", &inserts, &self.clock);
                    self.listener_errors.push((port, error.to_string()));
                    error.to_string()
                });
                self.input(Input::ListenerChanged { name, state });
            }
            ListenerAction::Stop { name } => {
                let is_it = |l: &Listener| matches!(&l.kind, ListenerKind::Tcp { name: n, .. } if *n == name);
                self.listeners.retain(|_, listener| !is_it(listener));
                self.input(Input::ListenerChanged { name, state: Ok(None) });
            }
        }
    }

    fn accept(&mut self, number: u32) {
        loop {
            let Some(listener) = self.listeners.get(&number) else { return };
            match listener.accept() {
                Ok(Some(accepted)) => self.accepted(accepted),
                Ok(None) => return,
                Err(error) => {
                    // Out of descriptors, mostly: those connected are served on.
                    self.errors.write("AMQ9213", &[error.to_string()], &self.clock);
                    return;
                }
            }
        }
    }

    fn accepted(&mut self, accepted: Accepted) {
        let Accepted { fd, peer } = accepted;
        let is_remote = matches!(peer, Peer::Network(_));
        if is_remote && (self.sockets.len() >= self.channels_max as usize || self.ending.is_some()) {
            // Dropped: nothing is known yet that an answer could be about.
            self.errors.write("AMQ9513", &[self.channels_max.to_string()], &self.clock);
            return;
        }
        let local = match peer {
            Peer::Local { uid, pid } => Some(Local { user: crate::users::name_of(uid), pid }),
            _ => None,
        };
        let address = if is_remote { peer.to_string() } else { String::new() };
        let config = EndConfig { qmgr: self.qmgr.clone(), address, local };
        let end = ServerEnd::new(config, self.now.mono.0);
        let token = self.sockets.insert(Socket::new(fd, peer, end, self.now.wall.0));
        let Some(socket) = self.sockets.get_mut(token) else { return };
        socket.interest = (true, false);
        let data = epoll::EventData::new_u64(token.to_u64());
        if epoll::add(&self.epoll, &socket.fd, data, epoll::EventFlags::IN).is_err() {
            self.sockets.remove(token);
            return;
        }
        self.touch(token);
    }

    fn socket_ready(&mut self, token: Token, flags: epoll::EventFlags) {
        let readable = epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR;
        if flags.intersects(readable) {
            self.read(token);
        }
        self.touch(token);
    }

    fn read(&mut self, token: Token) {
        for _ in 0..READS_MAX {
            let Some(socket) = self.sockets.get_mut(token) else { return };
            if socket.puts && self.is_pressed() {
                if let Some(socket) = self.sockets.get_mut(token)
                    && !std::mem::replace(&mut socket.is_paused, true)
                {
                    self.paused.push(token);
                }
                return;
            }
            let Some(socket) = self.sockets.get_mut(token) else { return };
            if socket.is_closing || (!socket.end.wants_read() && socket.purpose == Purpose::Calls) {
                return;
            }
            if !self.engine.has_room() {
                self.held_back.get_or_insert(token);
                return;
            }
            let result = match socket.purpose {
                Purpose::Calls => {
                    recv(&socket.fd, &mut self.read_buffer[..], RecvFlags::empty()).map(|(n, _)| n)
                }
                Purpose::Unknown | Purpose::HandOver => handover::receive(&socket.fd, &mut self.read_buffer)
                    .map(|(n, descriptors)| {
                        for fd in descriptors {
                            self.handed_over(fd);
                        }
                        n
                    }),
            };
            match result {
                Ok(0) => return self.peer_closed(token),
                Ok(n) => {
                    // A copy of its own size: a message that is kept must not hold a whole buffer.
                    let chunk = Bytes::copy_from_slice(&self.read_buffer[..n]);
                    self.receive(token, chunk);
                    self.pump();
                    if n < READ_MAX / 4 {
                        // More would have come with it: asking again would only be told to wait.
                        return;
                    }
                }
                Err(Errno::AGAIN) => return,
                Err(Errno::INTR) => {}
                Err(_) => return self.peer_closed(token),
            }
        }
    }

    /// Whether a socket that puts is better left alone: the scratch file is about to make room.
    fn is_pressed(&mut self) -> bool {
        let now_ms = self.now.mono.0;
        let is_pressed = self.engine.is_pressed();
        self.pressed_since = if is_pressed { self.pressed_since.or(Some(now_ms)) } else { None };
        self.pressed_since.is_some_and(|since| now_ms < since + PRESSED_MS)
    }

    /// Goes on with the sockets that were left alone.
    fn resume(&mut self) {
        if self.paused.is_empty() || self.is_pressed() {
            return;
        }
        for token in std::mem::take(&mut self.paused) {
            if let Some(socket) = self.sockets.get_mut(token) {
                socket.is_paused = false;
            }
            self.touch(token);
        }
    }

    fn receive(&mut self, token: Token, chunk: Bytes) {
        let now_ms = self.now.mono.0;
        let Some(socket) = self.sockets.get_mut(token) else { return };
        if socket.purpose == Purpose::Unknown {
            socket.purpose = match chunk.get(..4) {
                Some(b"FDS ") => Purpose::HandOver,
                Some(b"CTR ") => {
                    socket.is_closing = true;
                    let counts = self.engine.counts();
                    let text = format!(
                        "forces={} records={} bytes={} live_extent_bytes={} pid={}\n",
                        counts.forces,
                        counts.records,
                        counts.bytes_written,
                        self.engine.log().live_extent_bytes(),
                        std::process::id()
                    );
                    socket.send_text(&text);
                    return;
                }
                _ => Purpose::Calls,
            };
        }
        if socket.purpose == Purpose::Calls {
            if let Some(log) = &mut self.fap_log {
                let tap = socket.tap.get_or_insert_default();
                log.received(tap, &socket.peer.to_string(), now_ms, chunk.clone());
            }
            socket.end.receive(chunk, now_ms);
            self.pumps.push_back(token);
        }
    }

    fn handed_over(&mut self, fd: OwnedFd) {
        if let Ok(peer) = net::network_peer(&fd)
            && rustix::io::ioctl_fionbio(&fd, true).is_ok()
        {
            self.accepted(Accepted { fd, peer });
        }
    }

    fn peer_closed(&mut self, token: Token) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        socket.end.peer_closed();
        self.pumps.push_back(token);
        self.pump();
        self.remove(token);
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
            Event::LookupChannel { name, .. } => {
                let Some(peer) = self.sockets.get(token).map(|s| s.peer.clone()) else { return };
                let channel = self.look_up(name, &peer);
                if let Some(socket) = self.sockets.get_mut(token) {
                    socket.end.admit(channel);
                }
            }
            Event::Verify { conversation, user, password } => {
                self.verify(token, conversation, user, password);
            }
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
        if matches!(call, Call::Put { .. } | Call::Put1 { .. })
            && let Some(socket) = self.sockets.get_mut(token)
        {
            socket.puts = true;
        }
        self.input(Input::Call { conversation: id, call });
    }

    fn forget(&mut self, token: Token, number: u32) -> Option<ConversationId> {
        let socket = self.sockets.get_mut(token)?;
        let at = socket.conversations.iter().position(|(n, _)| *n == number)?;
        let (_, id) = socket.conversations.swap_remove(at);
        self.owners.remove(&id);
        Some(id)
    }

    fn look_up(&self, name: Chars<20>, peer: &Peer) -> Result<Channel, StatusCode> {
        if self.ending.is_some() {
            return Err(StatusCode::QM_TERMINATING);
        }
        if matches!(peer, Peer::Local { .. }) {
            // Bindings have no channel: whatever the client says, nothing limits it but the queue manager.
            let message_max = mqi::call::MESSAGE_LENGTH_MAX;
            return Ok(Channel { name, message_max, conversations_max: LOCAL_CONVERSATIONS, heartbeat_s: 0 });
        }
        let mut users = self.sockets.iter().filter(|(_, s)| s.end.channel().is_some_and(|c| c.name == name));
        let (mut in_use, mut by_client) = (0, 0);
        users.by_ref().for_each(|(_, socket)| {
            in_use += 1;
            by_client += usize::from(socket.peer == *peer);
        });
        let kernel = self.engine.kernel();
        let channel =
            kernel.server_connection(name.as_str(), in_use, by_client).map_err(|why| match why {
                ChannelRefusal::NotDefined => StatusCode::NO_CHANNEL,
                ChannelRefusal::WrongType => StatusCode::CHANNEL_WRONG_TYPE,
                ChannelRefusal::Stopped | ChannelRefusal::Full => StatusCode::CHANNEL_UNAVAILABLE,
                ChannelRefusal::CipherSpec => StatusCode::CIPHER_SPEC,
            })?;
        Ok(Channel {
            name,
            message_max: channel.message_max,
            conversations_max: channel.conversations_max,
            heartbeat_s: channel.heartbeat_s,
        })
    }

    fn verify(&mut self, token: Token, conversation: u32, user: String, password: Vec<u8>) {
        let Some(socket) = self.sockets.get(token) else { return };
        let address = socket.peer.to_string();
        let id = self.check_next;
        self.check_next += 1;
        self.checks.insert(id, (token, conversation));
        let question = Question { id, user, password, address };
        if let Some(decision) = self.checker.ask(question, self.now.mono.0) {
            self.decided(decision.id, decision.right);
        }
    }

    fn decided(&mut self, check: u64, right: bool) {
        let Some((token, conversation)) = self.checks.remove(&check) else { return };
        if let Some(socket) = self.sockets.get_mut(token) {
            let verdict = if right { Verdict::Proved } else { Verdict::Wrong };
            socket.end.verified(conversation, verdict);
            self.pumps.push_back(token);
        }
    }

    fn close(&mut self, token: Token, reason: &CloseReason) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        socket.is_closing = true;
        socket.close_by = Some(self.now.mono.0 + LINGER_MS);
        let channel = socket.end.channel().map_or_else(String::new, |c| c.name.to_string());
        let host = socket.peer.to_string();
        let entry = match reason {
            CloseReason::Ended => None,
            CloseReason::Refused(code) => {
                Some(("AMQ9999", vec![channel, host, format!("status {:#04x}", code.0)]))
            }
            CloseReason::Protocol(text) => Some(("AMQ9207", vec![host, text.clone(), channel])),
            CloseReason::Silence => Some(("AMQ9259", vec![host, channel])),
        };
        if let Some((id, inserts)) = entry {
            self.errors.write(id, &inserts, &self.clock);
        }
        self.touch(token);
    }

    /// Puts a socket on the list of those that are looked after before the next wait.
    fn touch(&mut self, token: Token) {
        if let Some(socket) = self.sockets.get_mut(token)
            && !socket.is_dirty
        {
            socket.is_dirty = true;
            self.dirty.push(token);
        }
    }

    /// Hands over what no longer has to wait for the log.
    fn release(&mut self) {
        let durable = self.engine.durable();
        let (ready, held): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.held_replies).into_iter().partition(|(wait, _, _)| *wait < durable);
        self.held_replies = held;
        for (_, ticket, reply) in ready {
            self.command_replied(ticket, reply, Lsn::NONE);
        }
        for token in std::mem::take(&mut self.waiting) {
            let Some(socket) = self.sockets.get_mut(token) else { continue };
            let went = socket.release(durable);
            if socket.is_waiting() {
                self.waiting.insert(token);
            }
            if went {
                self.pumps.push_back(token);
            }
        }
    }

    /// Sends, sets what epoll and the timers must know, and removes what is finished.
    fn transmit(&mut self) {
        for token in std::mem::take(&mut self.dirty) {
            let Some(socket) = self.sockets.get_mut(token) else { continue };
            socket.is_dirty = false;
            let mut buffer = std::mem::take(&mut self.write_buffer);
            let result = socket.write(&mut buffer, self.fap_log.as_mut(), self.now.mono.0);
            self.write_buffer = buffer;
            match result {
                Ok(false) => {}
                // Room in the outbound queue may let the machine go on reading, or pull the next piece.
                Ok(true) => self.pumps.push_back(token),
                Err(_) => {
                    self.peer_closed(token);
                    continue;
                }
            }
            self.after_write(token);
        }
    }

    fn after_write(&mut self, token: Token) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        let is_empty = !socket.wants_write() && socket.end.outbound_bytes() == 0;
        if socket.is_closing && is_empty && !socket.is_waiting() {
            return self.remove(token);
        }
        let is_read = !socket.is_closing && !socket.is_paused;
        let wants_read = is_read && (socket.end.wants_read() || socket.purpose != Purpose::Calls);
        let interest = (wants_read, socket.wants_write());
        if interest != socket.interest {
            let mut flags = epoll::EventFlags::empty();
            flags.set(epoll::EventFlags::IN, interest.0);
            flags.set(epoll::EventFlags::OUT, interest.1);
            let data = epoll::EventData::new_u64(token.to_u64());
            if epoll::modify(&self.epoll, &socket.fd, data, flags).is_ok() {
                socket.interest = interest;
            }
        }
        let deadline = if socket.is_closing { socket.close_by } else { socket.end.deadline() };
        if let Some(at) = deadline
            && socket.timer.is_none_or(|known| at < known)
        {
            socket.timer = Some(at);
            self.timers.push(Reverse((at, token)));
        }
    }

    fn remove(&mut self, token: Token) {
        let Some(socket) = self.sockets.remove(token) else { return };
        let _ = epoll::delete(&self.epoll, &socket.fd);
        self.waiting.remove(&token);
        for (_, id) in socket.conversations {
            self.owners.remove(&id);
            self.engine.input(Input::Gone { conversation: id }, self.now);
        }
        self.route();
    }

    /// Timers of sockets that are due. The heap may know an older deadline than the machine has.
    fn due(&mut self) {
        let now_ms = self.now.mono.0;
        while let Some(Reverse((at, token))) =
            self.timers.peek().copied().filter(|Reverse((at, _))| *at <= now_ms)
        {
            self.timers.pop();
            let Some(socket) = self.sockets.get_mut(token) else { continue };
            if socket.timer != Some(at) {
                continue;
            }
            socket.timer = None;
            if socket.is_closing {
                if socket.close_by.is_some_and(|by| by <= now_ms) {
                    self.remove(token);
                }
                continue;
            }
            if socket.end.deadline().is_some_and(|due| due <= now_ms) {
                socket.end.handle_timeout(now_ms);
                self.pumps.push_back(token);
            }
            self.touch(token);
        }
    }

    /// What displays show of sockets and process.
    fn facts(&self) -> Facts {
        let sockets = self
            .sockets
            .iter()
            .filter_map(|(_, socket)| {
                let channel = socket.end.channel()?;
                let counters = socket.end.counters();
                let agreement = socket.end.agreement();
                Some(SocketFacts {
                    conversations: socket.conversations.iter().map(|(_, id)| *id).collect(),
                    channel: channel.name.to_string(),
                    address: socket.peer.to_string(),
                    segments_received: counters.segments_received,
                    segments_sent: counters.segments_sent,
                    bytes_received: counters.bytes_received,
                    bytes_sent: counters.bytes_sent,
                    conversations_max: agreement.map_or(0, |a| a.conversations_max),
                    heartbeat_s: agreement.map_or(0, |a| a.heartbeat_s),
                    product: socket.end.product().to_owned(),
                    started_wall_ms: socket.started_wall_ms,
                    last_message_wall_ms: socket.last_message_wall_ms,
                })
            })
            .collect();
        Facts { sockets, qmgr: self.status.clone() }
    }
}

fn add(epoll: &OwnedFd, fd: &impl AsFd, token: u64) -> io::Result<()> {
    Ok(epoll::add(epoll, fd, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?)
}
