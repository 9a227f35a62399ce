//! What a local peer sends: a whole queue manager, its core turned by hand, and connections of the local socket that
//! send anything, descriptors among it. Whoever is refused is let go, and the next one is served as if nothing had been.
//!
//! ```text
//! user       u8    whose process the peer is: the owner's, another user's, root's
//! things     a byte each and what it needs: bytes to send, a segment by its parts, a descriptor beside them,
//!                  turns, time in which the other end reads nothing, another connection, the end of one
//! ```
//!
//! The queue manager is made anew when it has been told to end, and after so many inputs, so that what one leaves
//! behind does not last.

use std::cell::RefCell;
use std::io::{IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use server::control::create::{self, Options};
use server::core::Core;
use server::holding::Holding;
use server::instance;
use server::net::{Accepted, Peer};
use server::paths::Root;

use crate::dice::Dice;
use crate::server_end::{choices, handshake, segment};
use crate::{place, vectors};

/// Inputs before a queue manager is given up.
const INPUTS_MAX: u32 = 2_000;
/// Bytes of answers that are read after each turn.
const READ_MAX: usize = 256 * 1024;

struct Running {
    core: Core,
    _holding: Holding,
    inputs: u32,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

impl Running {
    fn start() -> Self {
        let path = place::directory().join("local");
        let _ = std::fs::remove_dir_all(&path);
        place::private(&path);
        let root = Root::at(&path);
        let options = Options {
            file_pages: Some(512),
            primary_files: Some(2),
            secondary_files: Some(1),
            ..Options::named("QM1")
        };
        let paths = create::create(&root, &options, &mut |_| {}).expect("a queue manager can be created");
        let (mut core, holding) = instance::start_for_fuzzing(&paths).expect("it starts");
        for command in [
            "DEFINE QLOCAL(Q1) MAXDEPTH(50)",
            "DEFINE QLOCAL(Q2) MAXDEPTH(50)",
            "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('nobody') AUTHADD(CONNECT,INQ)",
            "SET AUTHREC PROFILE(Q1) OBJTYPE(QUEUE) PRINCIPAL('nobody') AUTHADD(PUT,GET,BROWSE,INQ)",
        ] {
            core.execute(command).expect("the log can be written");
        }
        Self { core, _holding: holding, inputs: 0 }
    }

    fn turn(&mut self) {
        self.core.turn_at_once().expect("the log can be written");
    }
}

pub(crate) fn run(input: &[u8]) {
    RUNNING.with(|cell| {
        let mut it = cell.borrow_mut().take().unwrap_or_else(Running::start);
        it.inputs += 1;
        drive(&mut it, input);
        if it.inputs < INPUTS_MAX && !it.core.is_ending() {
            *cell.borrow_mut() = Some(it);
        } else {
            it.core.abandon().expect("the log can be written");
        }
    });
}

/// A connection whose other end is ours.
fn connect(it: &mut Running, peer: Peer) -> UnixStream {
    let (ours, theirs) = UnixStream::pair().expect("sockets can be made");
    ours.set_nonblocking(true).expect("a socket");
    theirs.set_nonblocking(true).expect("a socket");
    it.core.take_connection(Accepted { fd: OwnedFd::from(theirs), peer });
    ours
}

fn drive(it: &mut Running, input: &[u8]) {
    let mut dice = Dice::new(input);
    let before = it.core.connection_count();
    let how = dice.byte();
    let uid = [rustix::process::getuid().as_raw(), 65_534, 0][usize::from(how) % 3];
    let peer = Peer::Local { uid, pid: 1 };
    let mut sockets = vec![connect(it, peer.clone())];
    if how & 0x40 == 0 {
        for bytes in handshake() {
            send(&sockets[0], bytes, &[]);
            it.turn();
        }
        read(&sockets[0]);
    }
    for _ in 0..60 {
        if dice.is_spent() || it.core.is_ending() {
            break;
        }
        let at = sockets.len() - 1;
        match dice.below(12) {
            0..5 => send(&sockets[at], &segment(&mut dice), &[]),
            5 => send(&sockets[at], dice.bytes(), &[]),
            6 => descriptor(&sockets[at], &mut dice),
            7 => read(&sockets[at]),
            8 if sockets.len() < 4 => sockets.push(connect(it, peer.clone())),
            9 if sockets.len() > 1 => drop(sockets.pop()),
            10 => drop(sockets[at].shutdown(std::net::Shutdown::Write)),
            _ => send(&sockets[at], b"FDS ", &[]),
        }
        it.turn();
    }
    // What is under way is answered, and everybody is gone.
    sockets.iter().for_each(read);
    drop(sockets);
    for _ in 0..200 {
        it.turn();
        if it.core.connection_count() == before || it.core.is_ending() {
            return;
        }
    }
    panic!("{} connections are left of {}", it.core.connection_count() - before, before);
}

fn send(socket: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    // A socket that is full, or closed, takes nothing.
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    let _ = sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, flags);
}

/// Bytes with descriptors of several kinds beside them.
fn descriptor(socket: &UnixStream, dice: &mut Dice<'_>) {
    let kind = dice.byte();
    let bytes = if kind & 0x80 == 0 { b"C" } else { dice.bytes() };
    let both = || UnixStream::pair().expect("sockets can be made");
    match kind % 5 {
        0 => {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
            let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
            let (accepted, _) = listener.accept().expect("it was connected to");
            send(socket, bytes, &[accepted.as_fd()]);
            drop(stream);
        }
        1 => {
            let (one, other) = both();
            send(socket, bytes, &[one.as_fd(), other.as_fd()]);
        }
        2 => {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
            send(socket, bytes, &[listener.as_fd()]);
        }
        3 => {
            let file = std::fs::File::open("/dev/null").expect("there is one");
            send(socket, bytes, &[file.as_fd()]);
        }
        _ => send(socket, bytes, &[socket.as_fd()]),
    }
}

fn read(socket: &UnixStream) {
    let mut left = READ_MAX;
    let mut buffer = [0; 16 * 1024];
    let mut socket = socket;
    while left > 0 {
        match socket.read(&mut buffer) {
            Ok(n) if n > 0 => left = left.saturating_sub(n),
            _ => return,
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        vec![0x40, 5, 4, b'F', b'D', b'S', b' ', 6, 0, 7, 6, 1],
        vec![0x41, 5, 4, b'F', b'D', b'S', b' ', 6, 0],
        vec![0x40, 5, 4, b'C', b'T', b'R', b' ', 7],
        vec![0, 6, 4],
    ];
    for (_, bytes) in vectors::vectors("channel") {
        let Some(choices) = choices(&bytes) else { continue };
        for user in [0, 1] {
            seeds.push([&[user, 0][..], &choices, &[7, 0], &choices].concat());
        }
        seeds.push([&[0x40, 0][..], &choices, &[7]].concat());
    }
    seeds
}
