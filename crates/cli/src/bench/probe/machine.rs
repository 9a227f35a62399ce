//! The probe's server: one loop over epoll, sockets, bodies on their way from puts to gets, and the log.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use channel::framer::Framer;
use channel::segment::api::ApiHeader;
use channel::segment::async_message::AsyncHead;
use channel::segment::conn::Conn;
use channel::segment::initial_data::InitialData;
use channel::segment::open::Open;
use channel::segment::strings::Base;
use channel::segment::{ControlFlags, Header, HeaderKind, Segment, SegmentType};
use mqi::Chars;
use mqi::constants::{MQGMO_SYNCPOINT, MQPER_PERSISTENT, MQPMO_ASYNC_RESPONSE, MQPMO_SYNCPOINT};
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use server::waker::Waker;

use super::answers::{self, Answers, HOBJ, PUT_DATA, PUT_OPTIONS, PUT_PERSISTENCE, word};
use super::log::{Log, Variant};

const READ_MAX: usize = 64 * 1024;
const SEGMENT_MAX: usize = 64 * 1024;
const EVENTS_MAX: usize = 512;
/// Turns for which an inline force waits for those who are ready to join it.
const JOIN_TURNS: usize = 2;
/// Bytes that a message counts for besides its data in the window of a get.
const DESCRIPTOR_LEN: i64 = 364;

const LISTENER: u64 = u64::MAX;
const WAKER: u64 = u64::MAX - 1;
const PARENT: u64 = u64::MAX - 2;

/// A body on its way.
struct Message {
    data: Bytes,
    is_persistent: bool,
}

/// Messages that nobody has asked for, or connections that have asked and have got none.
#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    waiters: VecDeque<usize>,
}

/// What a connection has asked for.
#[derive(Clone, Copy)]
struct Order {
    queue: usize,
    window: i64,
    is_waiting: bool,
    is_syncpoint: bool,
    head: AsyncHead,
}

struct Socket {
    stream: TcpStream,
    framer: Framer,
    out: Vec<u8>,
    sent: usize,
    is_blocked: bool,
    /// Puts under syncpoint since the last commit.
    unit: Vec<(usize, Message)>,
    /// Body of the put that is arriving in segments.
    arriving: Vec<u8>,
    order: Option<Order>,
}

/// What is to be done when the log is durable at a position.
enum After {
    Put { socket: usize, header: Header, queue: usize, message: Message },
    Commit { socket: usize, header: Header, unit: Vec<(usize, Message)> },
    Deliver { socket: usize, head: AsyncHead, data: Bytes },
}

struct Machine {
    epoll: OwnedFd,
    listener: TcpListener,
    waker: Waker,
    log: Log,
    variant: Variant,
    answers: Answers,
    sockets: Vec<Option<Socket>>,
    names: BTreeMap<Chars<48>, usize>,
    queues: Vec<Queue>,
    waiting: VecDeque<(u64, After)>,
    dirty: Vec<usize>,
    buffer: Box<[u8]>,
}

/// Serves until the parent has gone.
pub(super) fn serve(variant: Variant, directory: &Path) -> Result<()> {
    let waker = Waker::new()?;
    let log = Log::create(variant, directory, &waker)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let add = |fd: &dyn AsFd, number| {
        epoll::add(&epoll, fd.as_fd(), epoll::EventData::new_u64(number), epoll::EventFlags::IN)
    };
    add(&listener, LISTENER)?;
    add(&waker, WAKER)?;
    add(&io::stdin(), PARENT)?;
    println!("R {}", listener.local_addr()?.port());
    io::stdout().flush()?;
    let mut machine = Machine {
        epoll,
        listener,
        waker,
        log,
        variant,
        answers: Answers::new(),
        sockets: Vec::new(),
        names: BTreeMap::new(),
        queues: Vec::new(),
        waiting: VecDeque::new(),
        dirty: Vec::new(),
        buffer: vec![0; READ_MAX].into_boxed_slice(),
    };
    while machine.turn()? {}
    Ok(())
}

impl Machine {
    /// False: the parent has gone.
    fn turn(&mut self) -> Result<bool> {
        if !self.take_events(None)? {
            return Ok(false);
        }
        if self.variant == Variant::Inline && !self.waiting.is_empty() {
            for _ in 0..JOIN_TURNS {
                self.flush_all()?;
                if !self.take_events(Some(Timespec { tv_sec: 0, tv_nsec: 0 }))? {
                    return Ok(false);
                }
            }
        }
        if !self.waiting.is_empty() {
            self.log.force()?;
        }
        self.release()?;
        self.flush_all()?;
        Ok(true)
    }

    fn take_events(&mut self, timeout: Option<Timespec>) -> Result<bool> {
        let mut events = Vec::with_capacity(EVENTS_MAX);
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events {
            match event.data.u64() {
                LISTENER => self.accept()?,
                WAKER => {
                    self.waker.clear();
                    self.log.collect()?;
                    self.release()?;
                }
                PARENT => return Ok(false),
                number => {
                    let at = usize::try_from(number).context("tokens are indexes")?;
                    let flags = event.flags;
                    if flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP) {
                        self.read(at)?;
                    }
                    self.dirty.push(at);
                }
            }
        }
        Ok(true)
    }

    fn accept(&mut self) -> Result<()> {
        while let Ok((stream, _)) = self.listener.accept() {
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let at = self.sockets.len();
            let data = epoll::EventData::new_u64(at as u64);
            epoll::add(&self.epoll, &stream, data, epoll::EventFlags::IN)?;
            self.sockets.push(Some(Socket {
                stream,
                framer: Framer::new(SEGMENT_MAX),
                out: Vec::new(),
                sent: 0,
                is_blocked: false,
                unit: Vec::new(),
                arriving: Vec::new(),
                order: None,
            }));
        }
        Ok(())
    }

    fn read(&mut self, at: usize) -> Result<()> {
        loop {
            let Some(socket) = &mut self.sockets[at] else { return Ok(()) };
            let n = match socket.stream.read(&mut self.buffer) {
                Ok(n) if n > 0 => n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Ok(_) | Err(_) => {
                    self.remove(at);
                    return Ok(());
                }
            };
            if self.buffer[..n].starts_with(b"CTR ") {
                let (forces, bytes) = self.log.counts();
                let text = format!("forces={forces} bytes={bytes} live_extent_bytes=0\n");
                let _ = socket.stream.write_all(text.as_bytes());
                self.remove(at);
                return Ok(());
            }
            socket.framer.push(Bytes::copy_from_slice(&self.buffer[..n]));
            while let Some(socket) = &mut self.sockets[at] {
                let next = socket.framer.next().map_err(|error| anyhow::anyhow!("{error}"))?;
                let Some(segment) = next else { break };
                self.segment(at, &segment)?;
            }
            if n < READ_MAX {
                return Ok(());
            }
        }
    }

    fn remove(&mut self, at: usize) {
        self.sockets[at] = None;
        for queue in &mut self.queues {
            queue.waiters.retain(|waiter| *waiter != at);
        }
    }

    fn segment(&mut self, at: usize, segment: &Segment) -> Result<()> {
        let header = segment.header;
        match header.segment_type {
            SegmentType::MQPUT => self.put(at, segment),
            SegmentType::MQCMIT => {
                let Some(socket) = &mut self.sockets[at] else { return Ok(()) };
                let unit = std::mem::take(&mut socket.unit);
                let position = self.log.append(&[]);
                self.waiting.push_back((position, After::Commit { socket: at, header, unit }));
            }
            SegmentType::REQUEST_MSGS => self.order(at, &segment.body),
            SegmentType::INITIAL_DATA => {
                let proposal = InitialData::decode(&mut segment.reader())?;
                let kind = HeaderKind::Plain;
                let answer = Header {
                    kind,
                    flags: ControlFlags::NONE,
                    ..answers::header(0, 0, SegmentType::INITIAL_DATA)
                };
                let bytes = answers::segment(answer, |w| proposal.encode(w));
                self.send(at, &bytes);
            }
            SegmentType::MQCONN => {
                let mut r = segment.reader();
                r.skip(ApiHeader::LEN).context("MQCONN")?;
                let conn = Conn::decode(&mut r)?;
                let reply = conn.reply(Chars::from_str_padded("PROBE"), [0; 24]);
                self.answer(at, &header, 0, |w| reply.encode(w));
            }
            SegmentType::MQOPEN => {
                let mut r = segment.reader();
                r.skip(ApiHeader::LEN).context("MQOPEN")?;
                let open = Open::decode(&mut r, Base::whole(&segment.body, answers::HEADER_LEN))?;
                let next = self.names.len();
                let queue = *self.names.entry(open.object.od.object_name).or_insert(next);
                self.queues.resize_with(self.names.len(), Queue::default);
                self.answer(at, &header, handle(queue), |w| open.encode(w));
            }
            other if other.is_mqi_request() => self.answer(at, &header, 0, |_| {}),
            _ => {}
        }
        Ok(())
    }

    fn answer(
        &mut self,
        at: usize,
        request: &Header,
        hobj: i32,
        encode: impl FnOnce(&mut mqi::wire::Writer),
    ) {
        let header = answers::header(request.conversation, request.request, request.segment_type.reply());
        let bytes = answers::segment(header, |w| {
            answers::api(w, hobj);
            encode(w);
        });
        self.send(at, &bytes);
    }

    fn send(&mut self, at: usize, bytes: &[u8]) {
        if let Some(socket) = &mut self.sockets[at] {
            socket.out.extend_from_slice(bytes);
            self.dirty.push(at);
        }
    }

    fn put(&mut self, at: usize, segment: &Segment) {
        let header = segment.header;
        let Some(socket) = &mut self.sockets[at] else { return };
        let is_last = header.flags.has(ControlFlags::LAST);
        let body = if header.flags.has(ControlFlags::FIRST) && is_last {
            segment.body.clone()
        } else {
            socket.arriving.extend_from_slice(&segment.body);
            if !is_last {
                return;
            }
            Bytes::from(std::mem::take(&mut socket.arriving))
        };
        let (queue, options) = (place(word(&body, HOBJ)), word(&body, PUT_OPTIONS));
        if body.len() < PUT_DATA || queue >= self.queues.len() {
            return;
        }
        let is_persistent = word(&body, PUT_PERSISTENCE) == MQPER_PERSISTENT;
        let message = Message { data: body.slice(PUT_DATA..), is_persistent };
        let position = is_persistent.then(|| self.log.append(&message.data));
        if options & MQPMO_SYNCPOINT != 0 {
            if options & MQPMO_ASYNC_RESPONSE == 0 {
                self.answers.put(&mut socket.out, header.conversation, header.request);
                self.dirty.push(at);
            }
            socket.unit.push((queue, message));
        } else if let Some(position) = position {
            self.waiting.push_back((position, After::Put { socket: at, header, queue, message }));
        } else {
            self.answers.put(&mut socket.out, header.conversation, header.request);
            self.dirty.push(at);
            self.arrived(queue, message);
        }
    }

    /// A message can be got.
    fn arrived(&mut self, queue: usize, message: Message) {
        self.queues[queue].messages.push_back(message);
        if let Some(waiter) = self.queues[queue].waiters.pop_front() {
            if let Some(order) = self.sockets[waiter].as_mut().and_then(|socket| socket.order.as_mut()) {
                order.is_waiting = false;
            }
            self.deliver(waiter);
        }
    }

    fn order(&mut self, at: usize, body: &[u8]) {
        /// Request flag: the selection block is there, and its index.
        const HAS_SELECTION: i32 = 0x10;

        let Some(socket) = &mut self.sockets[at] else { return };
        let hobj = word(body, 4);
        let queue = place(hobj);
        if queue >= self.queues.len() {
            return;
        }
        let before = socket.order.map(|order| (order.head, order.is_waiting));
        let (mut head, is_waiting) = before.unwrap_or_default();
        head.hobj = hobj;
        if word(body, 32) & HAS_SELECTION != 0 {
            head.selection_index = u16::from_le_bytes([body[40], body[41]]);
        }
        socket.order = Some(Order {
            queue,
            window: i64::from(word(body, 12)),
            is_waiting,
            is_syncpoint: word(body, 20) & MQGMO_SYNCPOINT != 0,
            head,
        });
        self.deliver(at);
    }

    fn deliver(&mut self, at: usize) {
        let Some(socket) = &mut self.sockets[at] else { return };
        let Some(order) = &mut socket.order else { return };
        let queue = &mut self.queues[order.queue];
        while order.window > 0 {
            let Some(message) = queue.messages.pop_front() else {
                if !order.is_waiting {
                    order.is_waiting = true;
                    queue.waiters.push_back(at);
                }
                return;
            };
            order.window -= message.data.len() as i64 + DESCRIPTOR_LEN;
            order.head.message_index += 1;
            order.head.global_message_index += 1;
            if message.is_persistent && !order.is_syncpoint {
                let position = self.log.append(&[]);
                let after = After::Deliver { socket: at, head: order.head, data: message.data };
                self.waiting.push_back((position, after));
            } else {
                self.answers.delivery(&mut socket.out, 1, &order.head, &message.data);
                self.dirty.push(at);
            }
        }
    }

    /// Lets go what has become durable.
    fn release(&mut self) -> Result<()> {
        while let Some((position, _)) = self.waiting.front()
            && self.log.is_durable(*position)
        {
            let Some((_, after)) = self.waiting.pop_front() else { break };
            match after {
                After::Put { socket, header, queue, message } => {
                    if let Some(it) = &mut self.sockets[socket] {
                        self.answers.put(&mut it.out, header.conversation, header.request);
                        self.dirty.push(socket);
                    }
                    self.arrived(queue, message);
                }
                After::Commit { socket, header, unit } => {
                    if let Some(it) = &mut self.sockets[socket] {
                        let Header { conversation, request, .. } = header;
                        self.answers.bare(&mut it.out, SegmentType::MQCMIT, conversation, request);
                        self.dirty.push(socket);
                    }
                    for (queue, message) in unit {
                        self.arrived(queue, message);
                    }
                }
                After::Deliver { socket, head, data } => {
                    if let Some(it) = &mut self.sockets[socket] {
                        self.answers.delivery(&mut it.out, 1, &head, &data);
                        self.dirty.push(socket);
                    }
                }
            }
        }
        Ok(())
    }

    fn flush_all(&mut self) -> Result<()> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        for at in dirty.drain(..) {
            self.flush(at)?;
        }
        self.dirty = dirty;
        Ok(())
    }

    fn flush(&mut self, at: usize) -> Result<()> {
        let Some(socket) = &mut self.sockets[at] else { return Ok(()) };
        let mut is_blocked = false;
        while socket.sent < socket.out.len() {
            match socket.stream.write(&socket.out[socket.sent..]) {
                Ok(n) => socket.sent += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    is_blocked = true;
                    break;
                }
                Err(_) => {
                    self.remove(at);
                    return Ok(());
                }
            }
        }
        if !is_blocked {
            socket.out.clear();
            socket.sent = 0;
        }
        if is_blocked != socket.is_blocked {
            socket.is_blocked = is_blocked;
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, is_blocked);
            epoll::modify(&self.epoll, &socket.stream, epoll::EventData::new_u64(at as u64), flags)?;
        }
        Ok(())
    }
}

/// Handle of a queue, and queue of a handle.
fn handle(queue: usize) -> i32 {
    i32::try_from(queue + 1).unwrap_or(i32::MAX)
}

fn place(hobj: i32) -> usize {
    usize::try_from(hobj).ok().and_then(|hobj| hobj.checked_sub(1)).unwrap_or(usize::MAX)
}
