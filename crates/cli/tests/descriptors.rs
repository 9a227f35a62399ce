//! Descriptors that other processes of this machine send to a queue manager, and too few of its own.

mod place;

use std::io::{IoSlice, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use place::Place;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg, sockopt};
use rustix::process::{Pid, Resource, Rlimit, Uid};
use server::{attach, local_socket};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// `nobody`, whom every system has.
const NOBODY: u32 = 65_534;

/// More than is read at once and taken for all that has come.
const MUCH: usize = 20_000;

struct Scene {
    place: Place,
}

impl Scene {
    fn new(name: &str, options: &[&str]) -> Self {
        let place = Place::new(&format!("descriptors-{name}"));
        place.start(options);
        Self { place }
    }

    fn connect(&self) -> UnixStream {
        let stream = local_socket::connect(&self.place.paths()).expect("it runs");
        stream.set_read_timeout(Some(LIMIT)).expect("it is a socket");
        stream
    }

    /// A connection that says it brings connections.
    fn listener(&self) -> UnixStream {
        let mut stream = self.connect();
        stream.write_all(b"FDS ").expect("it is taken");
        stream
    }

    /// Fails if the queue manager does not answer any more.
    #[track_caller]
    fn answers(&self) {
        let mut stream = self.connect();
        let mut said = [0; 7];
        stream.write_all(b"CTR ").expect("it is taken");
        stream.read_exact(&mut said).expect("the queue manager hangs");
        assert_eq!(&said, b"forces=");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.place.paths().errors().join("AMQERR01.LOG")).unwrap_or_default()
    }

    fn pid(&self) -> i32 {
        i32::try_from(attach::process_id(&self.place.paths()).expect("it runs")).expect("it is small")
    }

    /// What the descriptors of the queue manager are.
    fn descriptors(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("it runs");
        entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()).collect()
    }

    /// Whether it has this descriptor of ours.
    fn has(&self, fd: &impl AsFd) -> bool {
        let ours = format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd());
        self.descriptors().contains(&std::fs::read_link(ours).expect("it is open"))
    }
}

fn send(stream: &UnixStream, fd: &impl AsFd) {
    let fds = [fd.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(&fds)));
    sendmsg(stream, &[IoSlice::new(b"+")], &mut ancillary, SendFlags::NOSIGNAL).expect("it is taken");
}

/// Both ends of a TCP connection.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let client = TcpStream::connect(listener.local_addr().expect("it is bound")).expect("it listens");
    client.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    (client, listener.accept().expect("it has connected").0)
}

/// A connection that is brought and says nothing sensible is read, and closed for it.
#[track_caller]
fn is_taken(listener: &UnixStream) {
    let (mut client, accepted) = connection();
    send(listener, &accepted);
    drop(accepted);
    client.write_all(&[b'?'; 64]).expect("it is taken");
    let closed = match client.read(&mut [0]) {
        Ok(n) => n == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    };
    assert!(closed, "nobody has read it");
}

#[track_caller]
fn is_closed(mut stream: UnixStream) {
    let read = stream.read(&mut [0]);
    let is_reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
    assert!(matches!(read, Ok(0)) || read.as_ref().is_err_and(is_reset), "it is still open: {read:?}");
}

/// It is told that it may not, if that reaches it, and closed.
#[track_caller]
fn is_refused(mut stream: UnixStream) {
    let mut said = String::new();
    match stream.read_to_string(&mut said) {
        Ok(_) => assert!(said.starts_with("refused: "), "{said}"),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
}

#[track_caller]
fn until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < LIMIT, "it does not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Does something as `nobody`. Says loudly that it has not, for anybody but root.
fn as_nobody(what: impl FnOnce() + Send) {
    if server::users::current() != 0 {
        println!("!!! SKIPPED: only root can become another user");
        return;
    }
    let attack = || {
        // Of this thread alone.
        let nobody = Uid::from_raw(NOBODY);
        rustix::thread::set_thread_res_uid(nobody, nobody, nobody).expect("root may");
        what();
    };
    std::thread::scope(|scope| scope.spawn(attack).join().expect("it has not failed"));
}

#[test]
fn a_connection_that_is_set_to_blocking_stops_nobody() {
    let scene = Scene::new("blocking", &[]);
    let listener = scene.listener();
    let (mut client, accepted) = connection();
    send(&listener, &accepted);
    until(|| scene.has(&accepted));
    accepted.set_nonblocking(false).expect("it is a socket");
    // The beginning of a segment that does not go on.
    let mut segment = vec![0; MUCH];
    segment[..10].copy_from_slice(b"TSH \0\0\x7f\0\x01\x01");
    client.write_all(&segment).expect("it is taken");
    scene.answers();
    is_taken(&listener);
}

#[test]
fn what_is_no_tcp_connection_is_not_taken() {
    let scene = Scene::new("kinds", &[]);
    let listener = scene.listener();
    is_taken(&listener);
    let count = scene.descriptors().len();
    let refused = |fd: &dyn AsFd| {
        send(&listener, &fd.as_fd());
        is_taken(&listener);
        until(|| !scene.has(&fd.as_fd()));
        scene.answers();
    };
    let (read_end, write_end) = std::io::pipe().expect("a pipe is made");
    refused(&read_end);
    refused(&write_end);
    refused(&UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free"));
    refused(&TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free"));
    refused(&UnixStream::pair().expect("a pair is made").0);
    refused(&std::fs::File::open("/proc/self/maps").expect("it can be read"));
    until(|| scene.log().contains("AMQ8986E") && scene.descriptors().len() <= count);
    assert!(scene.log().contains("a descriptor is not a TCP connection"), "{}", scene.log());
}

#[test]
fn another_user_brings_nothing() {
    let scene = Scene::new("nobody", &[]);
    as_nobody(|| {
        let (_client, accepted) = connection();
        let listener = scene.connect();
        (&listener).write_all(b"FDS ").expect("it is taken");
        let _ = std::panic::catch_unwind(|| send(&listener, &accepted));
        is_refused(listener);
        // Nor does closing keep anybody: what its peer does not take would be waited for.
        let (_client, accepted) = connection();
        sockopt::set_socket_linger(&accepted, Some(Duration::from_secs(3600))).expect("it is a socket");
        accepted.set_nonblocking(true).expect("it is a socket");
        while (&accepted).write(&[0; MUCH]).is_ok() {}
        let application = scene.connect();
        send(&application, &accepted);
        // The queue manager's is the last.
        drop(accepted);
        is_closed(application);
    });
    scene.answers();
    if server::users::current() == 0 {
        assert!(scene.log().contains("AMQ8986E: User 'nobody'"), "{}", scene.log());
    }
}

/// Longer than a client may take that has not connected.
#[test]
fn a_listener_may_be_silent_and_goes_with_the_queue_manager() {
    let scene = Scene::new("silent", &[]);
    let listener = scene.listener();
    std::thread::sleep(Duration::from_secs(12));
    is_taken(&listener);
    scene.place.succeed(&["endmqm", "-w", "QR"], "");
    is_closed(listener);
    assert!(!scene.log().contains("AMQ9513"), "{}", scene.log());
}

#[test]
fn without_descriptors_nobody_is_accepted_for_a_while() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    let port = port.expect("a port is free").port();
    let scene = Scene::new("out", &["-p", &port.to_string()]);
    let pid = Pid::from_raw(scene.pid());
    let limit = |more: usize| {
        let limit = Some((scene.descriptors().len() + more) as u64);
        let limits = Rlimit { current: limit, ..rustix::process::getrlimit(Resource::Nofile) };
        rustix::process::prlimit(pid, Resource::Nofile, limits).expect("it is ours");
    };
    let start = Instant::now();
    limit(4);
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
    let clients: Vec<TcpStream> = (0..20).map(|_| connect()).collect();
    until(|| scene.log().matches("AMQ9213E").count() >= 3);
    drop(clients);
    limit(100);
    scene.answers();
    let mut client = connect();
    client.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    client.write_all(&[b'?'; 64]).expect("it is taken");
    assert!(!client.read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
    scene.place.succeed(&["endmqm", "-w", "QR"], "");
    let log = scene.log();
    let repeats = log
        .lines()
        .filter_map(|line| line.strip_prefix("It has come ")?.split(' ').next()?.parse::<u64>().ok());
    let failed = log.matches("AMQ9213E").count() as u64 + repeats.sum::<u64>();
    assert!(failed <= start.elapsed().as_secs() + 3, "{failed} times: {log}");
}
