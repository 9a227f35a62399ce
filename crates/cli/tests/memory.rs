//! A queue manager with little memory, and clients that make it keep as much as they can: it lives, answers whoever
//! is honest meanwhile, and has its memory back when they are gone.

mod place;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use bytes::Bytes;
use channel::client::client_end::{FIRST_CONVERSATION, Stream};
use channel::client::{ClientConfig, ClientEnd, ClientEvent};
use channel::segment::{ControlFlags, Header, HeaderKind, SegmentType};
use mqi::call::{Body, Call, Connect, Hobj, Long, Returned};
use mqi::constants::*;
use mqi::wire::{ByteOrder, Charset};
use mqi::{Chars, Gmo, Md, Od, Pmo, Reason};
use place::Place;
use server::attach::{AttachConfig, Attached};

/// `MemoryMax`.
const MEMORY: u64 = 64 << 20;

/// Beside it: the program, its buffers, its stacks, and what its allocator keeps.
const BESIDE: u64 = 24 << 20;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Sockets of those who have not logged in, if the system gives as many descriptors: 64 MB for the asking, once.
const SOCKETS: usize = 2_000;

struct Ground {
    place: Place,
    address: SocketAddr,
    pid: u32,
}

impl Ground {
    fn new(name: &str) -> Self {
        let place = Place::new(name);
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = free.local_addr().expect("it is bound");
        drop(free);
        place.start(&["-lf", "1024", "-p", &address.port().to_string()]);
        place.succeed(&["endmqm", "-i", "QR"], "");
        let ini = place.paths().data.join("qm.ini");
        let mut text = std::fs::read_to_string(&ini).expect("it is there");
        text += &format!("TuningParameters:\n   MemoryMax={MEMORY}\n");
        std::fs::write(&ini, text).expect("it is ours");
        place.succeed(&["strmqm", "QR"], "");
        let user = server::users::name_of(server::users::current());
        let script = format!(
            "ALTER QMGR CHLAUTH(DISABLED) CONNAUTH(' ') MAXHANDS(999999999)\n\
             REFRESH SECURITY TYPE(CONNAUTH)\n\
             DEFINE QLOCAL(Q) MAXDEPTH(999999999)\nDEFINE QLOCAL(HONEST)\n\
             DEFINE QMODEL(M) DEFTYPE(TEMPDYN)\n\
             DEFINE CHANNEL(C) CHLTYPE(SVRCONN) MCAUSER('{user}') SHARECNV(10)\n"
        );
        place.succeed(&["runmqsc", "QR"], &script);
        let pid = server::attach::process_id(&place.paths()).expect("it runs");
        Self { place, address, pid }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(LIMIT)).expect("it is a socket");
        stream
    }

    fn attach(&self) -> Attached {
        let config = AttachConfig {
            channel: "C".to_owned(),
            qmgr_name: "QR".to_owned(),
            user: server::users::name_of(server::users::current()),
            credentials: None,
            appl_name: "honest".to_owned(),
        };
        Attached::tcp(&self.address.to_string(), config, Some(LIMIT)).expect("it is let in")
    }

    fn process_figure(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux has it");
        let kib = line.trim_start_matches(':').trim().trim_end_matches(" kB");
        kib.parse::<u64>().expect("a number") * 1024
    }

    /// A figure of DISPLAY QMSTATUS, in bytes.
    fn figure(&self, keyword: &str) -> u64 {
        let output = self.place.succeed(&["runmqsc", "-e", "QR"], "DISPLAY QMSTATUS ALL\n");
        let value = output.split_once(&format!(" {keyword}(")).and_then(|(_, rest)| rest.split_once(')'));
        let kib = value.and_then(|(value, _)| value.parse::<u64>().ok());
        kib.unwrap_or_else(|| panic!("{keyword} in {output}")) * 1024
    }

    /// One who wants little gets it, also as a new connection.
    #[track_caller]
    fn serves(&self, honest: &mut Attached) {
        let hobj = honest.open_queue("HONEST", MQOO_INPUT_SHARED | MQOO_OUTPUT).expect("it opens");
        for persistence in [MQPER_PERSISTENT, MQPER_NOT_PERSISTENT] {
            let md = Md { persistence, ..Md::default() };
            let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
            honest.put(hobj, md, pmo, vec![7; 2000]).expect("it is put");
            let gmo = Gmo { options: MQGMO_NO_SYNCPOINT, ..Gmo::default() };
            let got = honest.get(hobj, Md::default(), gmo, 4000).expect("it is there");
            assert_eq!(got.body.len(), 2000);
        }
        honest.close(hobj, 0).expect("it closes");
    }

    /// Nothing has been used that must not, and everything comes back.
    #[track_caller]
    fn is_as_before(&self, before: [u64; 4]) {
        let peak = self.process_figure("VmHWM");
        assert!(peak <= MEMORY + BESIDE, "{} MiB at most", peak >> 20);
        let until = Instant::now() + LIMIT;
        while self.figures().iter().zip(before).any(|(now, before)| *now > before) {
            assert!(Instant::now() < until, "{:?} after, {before:?} before", self.figures());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What connections hold and what they have made.
    fn figures(&self) -> [u64; 4] {
        ["MEMIN", "MEMOUT", "MEMNOAUT", "MEMOBJS"].map(|keyword| self.figure(keyword))
    }
}

/// A client that is connected, as bytes.
struct Raw {
    stream: TcpStream,
    end: ClientEnd,
}

impl Raw {
    fn connect(ground: &Ground) -> Option<Self> {
        let stream = ground.connect();
        let config = ClientConfig {
            channel: Chars::from_str_padded("C"),
            conversations: 10,
            ..ClientConfig::default()
        };
        let mut raw = Self { stream, end: ClientEnd::new(config, 0) };
        raw.until(|event| matches!(event, ClientEvent::Ready))?;
        let connect = Connect { qmgr_name: Chars::from_str_padded("QR"), ..Connect::default() };
        match raw.call(Call::Connect(Box::new(connect)))? {
            (Reason::NONE, _) => Some(raw),
            _ => None,
        }
    }

    fn until(&mut self, is_it: impl Fn(&ClientEvent) -> bool) -> Option<ClientEvent> {
        let (mut out, mut buffer) = (Vec::new(), vec![0; 65_536]);
        loop {
            while let Some(event) = self.end.poll_event() {
                if is_it(&event) {
                    return Some(event);
                }
            }
            out.clear();
            self.end.transmit(&mut out, usize::MAX);
            self.stream.write_all(&out).ok()?;
            match self.stream.read(&mut buffer).ok()? {
                0 => return None,
                n => self.end.receive(Bytes::copy_from_slice(&buffer[..n]), 0),
            }
        }
    }

    fn call(&mut self, call: Call) -> Option<(Reason, Returned)> {
        self.end.call(FIRST_CONVERSATION, call).ok()?;
        match self.until(|event| matches!(event, ClientEvent::Reply { .. }))? {
            ClientEvent::Reply { reply, .. } => Some((reply.reason, reply.returned)),
            _ => None,
        }
    }

    fn open(&mut self, name: &str, options: i32) -> Result<Hobj, Reason> {
        let od = Od { object_name: Chars::from_str_padded(name), ..Od::default() };
        match self.call(Call::Open { od: Box::new(od), options }) {
            Some((Reason::NONE, Returned::Open { hobj, .. })) => Ok(hobj),
            Some((reason, _)) => Err(reason),
            None => Err(Reason::CONNECTION_BROKEN),
        }
    }

    /// The bytes of a call, which is not sent.
    fn bytes(&mut self, call: Call) -> Vec<u8> {
        self.end.call(FIRST_CONVERSATION, call).expect("nothing is in the way");
        let mut out = Vec::new();
        self.end.transmit(&mut out, usize::MAX);
        out
    }

    /// Sends until nothing more is taken.
    fn flood(&mut self, bytes: &[u8], times: usize) -> usize {
        self.stream.set_write_timeout(Some(Duration::from_millis(20))).expect("it is a socket");
        (0..times).take_while(|_| self.stream.write_all(bytes).is_ok()).count()
    }
}

/// A segment whose announced length may be another than it has.
fn segment(segment_type: SegmentType, flags: u8, length: usize, body: &[u8]) -> Vec<u8> {
    let header = Header {
        kind: HeaderKind::Multiplexed,
        conversation: FIRST_CONVERSATION,
        request: 3,
        order: ByteOrder::Little,
        segment_type,
        flags: ControlFlags(flags),
        flags2: 0,
        luwid: [0; 8],
        encoding: 546,
        ccsid: 819,
        charset: Charset::Ascii,
    };
    let mut out = Vec::new();
    header.encode(length - 36, &mut out);
    out.extend_from_slice(body);
    out
}

/// As many descriptors as the system lets this process have. How many.
fn descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

#[test]
fn first_segments_that_never_end_cost_little() {
    let ground = Ground::new("memory-first");
    let mut honest = ground.attach();
    let before = ground.figures();
    let sockets = SOCKETS.min(descriptors() / 2 - 200);
    // What is announced is long, or as long as it may be; nearly all of it comes.
    let long = segment(SegmentType::INITIAL_DATA, 0x30, 32_748, &vec![0; 32_000]);
    let short = segment(SegmentType::INITIAL_DATA, 0x30, 1000, &[0; 900]);
    let mut held = Vec::new();
    for at in 0..sockets {
        let mut stream = ground.connect();
        let _ = stream.write_all(if at % 2 == 0 { &long } else { &short });
        held.push(stream);
    }
    ground.serves(&mut honest);
    drop(ground.attach());
    assert!(ground.figure("MEMNOAUT") > 0, "some of it is held");
    drop(held);
    ground.is_as_before(before);
    ground.serves(&mut honest);
}

#[test]
fn credentials_that_never_end_have_a_bound_together() {
    let ground = Ground::new("memory-credentials");
    let mut honest = ground.attach();
    let before = ground.figures();
    let token = segment(SegmentType::CONAUTH_INFO, 0x30, 12_000, &vec![0; 11_900]);
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..1000.min(descriptors() / 2 - 200) {
        let config = ClientConfig { channel: Chars::from_str_padded("C"), ..ClientConfig::default() };
        let mut raw = Raw { stream: ground.connect(), end: ClientEnd::new(config, 0) };
        if raw.until(|event| matches!(event, ClientEvent::Ready)).is_none() || raw.flood(&token, 1) == 0 {
            refused += 1;
        }
        held.push(raw);
    }
    ground.serves(&mut honest);
    drop(ground.attach());
    let together = ground.figure("MEMNOAUT");
    assert!(together <= 4 << 20, "{} KiB, {refused} refused", together >> 10);
    drop(held);
    ground.is_as_before(before);
}

#[test]
fn structures_that_never_end_are_bounded() {
    let ground = Ground::new("memory-structures");
    let mut honest = ground.attach();
    let before = ground.figures();
    let start = segment(SegmentType::MQINQ, 0x10, 32_748, &vec![0; 32_712]);
    let more = segment(SegmentType::MQINQ, 0, 32_748, &vec![0; 32_712]);
    let mut held: Vec<Raw> = (0..200).map_while(|_| Raw::connect(&ground)).collect();
    assert_eq!(held.len(), 200);
    for raw in &mut held {
        raw.flood(&start, 1);
        raw.flood(&more, 40);
    }
    ground.serves(&mut honest);
    drop(ground.attach());
    drop(held);
    ground.is_as_before(before);
    ground.serves(&mut honest);
}

#[test]
fn calls_sent_ahead_are_bounded() {
    let ground = Ground::new("memory-ahead");
    let mut honest = ground.attach();
    let before = ground.figures();
    let mut held: Vec<Raw> = (0..100).map_while(|_| Raw::connect(&ground)).collect();
    assert_eq!(held.len(), 100);
    for raw in &mut held {
        let od = Od { object_name: Chars::from_str_padded("NO.SUCH.QUEUE"), ..Od::default() };
        let open = raw.bytes(Call::Open { od: Box::new(od), options: MQOO_OUTPUT });
        raw.flood(&open.repeat(50), 400);
    }
    ground.serves(&mut honest);
    drop(ground.attach());
    drop(held);
    ground.is_as_before(before);
    ground.serves(&mut honest);
}

#[test]
fn messages_that_nobody_reads_are_bounded() {
    let ground = Ground::new("memory-readers");
    let mut honest = ground.attach();
    let hobj = honest.open_queue("Q", MQOO_OUTPUT).expect("it opens");
    for _ in 0..400 {
        let md = Md { persistence: MQPER_PERSISTENT, ..Md::default() };
        let pmo = Pmo { options: MQPMO_SYNCPOINT, ..Pmo::default() };
        honest.put(hobj, md, pmo, vec![7; 10_000]).expect("it is put");
    }
    for _ in 0..2000 {
        let md = Md { persistence: MQPER_NOT_PERSISTENT, ..Md::default() };
        let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
        honest.put(hobj, md, pmo, vec![7; 10_000]).expect("it is put");
    }
    honest.commit().expect("it commits");
    honest.close(hobj, 0).expect("it closes");
    let before = ground.figures();
    let mut held: Vec<Raw> = (0..60).map_while(|_| Raw::connect(&ground)).collect();
    assert_eq!(held.len(), 60);
    for (at, raw) in held.iter_mut().enumerate() {
        if at % 2 == 0 {
            // Ten orders of a megabyte each.
            for _ in 0..10 {
                let hobj = raw.open("Q", MQOO_INPUT_SHARED).expect("it opens");
                let consume = Stream::new(MQGMO_NO_SYNCPOINT, -1).with_window(1 << 20).request(60_000);
                let order = raw.bytes(Call::Consume { hobj, consume: Box::new(consume) });
                raw.flood(&order, 1);
            }
        } else {
            let hobj = raw.open("Q", MQOO_BROWSE).expect("it opens");
            let gmo = Gmo { options: MQGMO_BROWSE_NEXT | MQGMO_NO_SYNCPOINT, ..Gmo::default() };
            let browse = Call::Get { hobj, md: Box::default(), gmo: Box::new(gmo), buffer_length: 1_000_000 };
            let browse = raw.bytes(browse);
            raw.flood(&browse, 90);
        }
    }
    ground.serves(&mut honest);
    drop(ground.attach());
    drop(held);
    ground.is_as_before(before);
    ground.serves(&mut honest);
}

#[test]
fn temporary_queues_end_with_the_memory() {
    let ground = Ground::new("memory-queues");
    let mut honest = ground.attach();
    let before = ground.figures();
    let mut made = 0;
    let mut reasons = Vec::new();
    let mut held: Vec<Raw> = (0..4).map_while(|_| Raw::connect(&ground)).collect();
    for raw in &mut held {
        loop {
            match raw.open("M", MQOO_OUTPUT) {
                Ok(_) => made += 1,
                Err(reason) => break reasons.push(reason),
            }
            assert!(made < 100_000, "nothing bounds them");
        }
    }
    assert_eq!(reasons, [Reason::STORAGE_NOT_AVAILABLE; 4], "after {made}");
    assert!(made > 1000, "{made}");
    // Administrators can see what is wrong, and those who have a queue open use it.
    let shown = ground.place.succeed(&["runmqsc", "QR"], "DISPLAY QLOCAL(HONEST) CURDEPTH\n");
    assert!(shown.contains("CURDEPTH(0)"), "{shown}");
    let peak = ground.process_figure("VmHWM");
    assert!(peak <= MEMORY + BESIDE, "{} MiB for {made} queues", peak >> 20);
    drop(held);
    ground.is_as_before(before);
    ground.serves(&mut honest);
}

#[test]
fn puts_ahead_of_a_long_message_that_nobody_reads_are_bounded() {
    let ground = Ground::new("memory-puts");
    let mut honest = ground.attach();
    let hobj = honest.open_queue("Q", MQOO_OUTPUT).expect("it opens");
    let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
    let md = Md { persistence: MQPER_PERSISTENT, ..Md::default() };
    honest.put(hobj, md, pmo, vec![7; 4_000_000]).expect("it is put");
    honest.close(hobj, 0).expect("it closes");
    let before = ground.figures();
    let mut held: Vec<Raw> = (0..20).map_while(|_| Raw::connect(&ground)).collect();
    for raw in &mut held {
        let hobj = raw.open("Q", MQOO_BROWSE | MQOO_OUTPUT).expect("it opens");
        let options = MQGMO_BROWSE_NEXT | MQGMO_NO_SYNCPOINT;
        let order = Stream::new(options, -1).with_window(1 << 20).request(60_000);
        let order = raw.bytes(Call::Consume { hobj, consume: Box::new(order) });
        raw.flood(&order, 1);
        let pmo = Pmo { options: MQPMO_NO_SYNCPOINT | MQPMO_ASYNC_RESPONSE, ..Pmo::default() };
        let md = Md { persistence: MQPER_NOT_PERSISTENT, ..Md::default() };
        let body = Long::whole(Body::from(vec![7; 100_000]));
        let put = raw.bytes(Call::Put { hobj, md: Box::new(md), pmo: Box::new(pmo), body });
        raw.flood(&put, 500);
    }
    ground.serves(&mut honest);
    drop(held);
    ground.is_as_before(before);
}
