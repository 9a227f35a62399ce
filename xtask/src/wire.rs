//! An independent reader of the wire: tshark listens on loopback while the harness makes known calls and IBM's
//! Java client runs its smoke set; then
//!
//! - no segment that the queue manager sends is malformed to the dissector, or not read by it at all;
//! - what it reads in MQOPEN, MQPUT and MQGET is what the harness says that it has sent, call by call.
//!
//! What the dissector misreads of a *client's* segment is no fault of ours; `docs/protocol.md` lists those.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::binaries::program;
use crate::java;
use crate::run::{Step, need, output};

/// Segment types as the dissector prints them.
const MQOPEN: &str = "0x83";
const MQGET: &str = "0x85";
const MQPUT: &str = "0x86";
const MQGET_REPLY: &str = "0x95";

/// The fields that are compared.
const FIELDS: &[&str] = &[
    "mq.tsh.type",
    "mq.od.objname",
    "mq.open.options",
    "mq.md.correlid",
    "mq.md.priority",
    "mq.md.persistence",
    "mq.put.length",
    "mq.pmo.options",
    "mq.gmo.getmsgopt",
    "mq.gmo.waitint",
];

/// The step.
pub(crate) fn wire() -> Result<Step> {
    if !need("tshark", "tshark")? {
        return Ok(Step::Skipped);
    }
    let directory = Directory::create()?;
    // The reader and its table of what it may listen on need root, or the group that Debian's package makes.
    let harness = program("harness")?;
    let capture = Capture::start(&directory.file("wire.pcap"))?;
    let said = output(Command::new(harness).arg("wire").arg("--bin").arg(program("packhorse")?))?;
    let with_java = java::tools()?;
    if with_java {
        java::run_one("allclient", None, true, None)?;
    }
    let planted = plant()?;
    let file = capture.stop()?;

    let said: Vec<Value> = said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let port = said.first().and_then(|line| line["port"].as_u64()).context("the harness tells its port")?;
    let mut ports = ports(&file)?;
    ensure!(ports.remove(&planted), "the planted faults were not captured");
    let (malformed, unread) = faults(&file, &BTreeSet::from([planted]))?;
    ensure!(!malformed.is_empty() && !unread.is_empty(), "tshark does not find the planted faults");
    ensure!(ports.contains(&port), "nothing of the harness's traffic was captured");
    let frames = well_formed(&file, &ports)?;
    let compared = compare(&file, port, &said[1..])?;
    let clients = if with_java { "harness and Java" } else { "harness" };
    println!(
        "    {frames} segments of ours read, none malformed ({clients}); {compared} calls agree with what was sent"
    );
    Ok(Step::Passed)
}

/// A directory that goes away.
struct Directory(PathBuf);

impl Directory {
    fn create() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("xtask-wire-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// tshark at work.
struct Capture {
    tshark: Child,
    file: PathBuf,
}

impl Capture {
    /// Returns once it listens.
    fn start(file: &Path) -> Result<Self> {
        let mut tshark = Command::new("tshark")
            .args(["-i", "lo", "-f", "tcp", "-B", "64", "-q", "-w"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(tshark.stderr.take().context("the pipe was asked for")?);
        let mut line = String::new();
        loop {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                bail!("tshark cannot listen on loopback: {}", tshark.wait()?);
            }
            if line.contains("Capture started") || line.contains("Capturing on") {
                break;
            }
        }
        // Its messages must go somewhere, or it stops at a full pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        std::thread::sleep(Duration::from_secs(1));
        Ok(Self { tshark, file: file.to_owned() })
    }

    /// Stops listening; the file.
    fn stop(mut self) -> Result<PathBuf> {
        // What was sent last has to come through its buffers.
        std::thread::sleep(Duration::from_secs(1));
        output(Command::new("kill").args(["-INT", &self.tshark.id().to_string()]))?;
        self.tshark.wait()?;
        Ok(self.file.clone())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.tshark.kill();
        let _ = self.tshark.wait();
    }
}

/// The ports to which a client has sent the beginning of a segment.
fn ports(file: &Path) -> Result<BTreeSet<u64>> {
    let to = output(reader(file, &BTreeSet::new()).args([
        "-Y",
        "tcp.payload[0:4] == 54:53:48:20 && tcp.seq == 1",
        "-T",
        "fields",
        "-e",
        "tcp.dstport",
        "-e",
        "tcp.srcport",
    ]))?;
    // Both ends begin with the same four bytes; the client's port is used once only.
    let mut seen: Vec<(u64, u64)> = Vec::new();
    for line in to.lines() {
        let mut ports = line.split('\t').filter_map(|p| p.parse().ok());
        if let (Some(to), Some(from)) = (ports.next(), ports.next()) {
            seen.push((to, from));
        }
    }
    // The first frame of a connection that carries data is the client's.
    let mut servers = BTreeSet::new();
    let mut known = BTreeSet::new();
    for (to, from) in seen {
        if known.insert((to.min(from), to.max(from))) {
            servers.insert(to);
        }
    }
    Ok(servers)
}

/// tshark over a capture, two passes, the ports read as MQ.
fn reader(file: &Path, ports: &BTreeSet<u64>) -> Command {
    let mut command = Command::new("tshark");
    command.arg("-2").arg("-r").arg(file);
    for port in ports {
        command.args(["-d", &format!("tcp.port=={port},mq")]);
    }
    command
}

fn from_us(ports: &BTreeSet<u64>) -> String {
    let list: Vec<String> = ports.iter().map(u64::to_string).collect();
    format!("tcp.srcport in {{{}}} && tcp.len > 0", list.join(","))
}

/// A server of a moment that answers an MQOPEN with half a descriptor, then with what is no segment: the reader
/// must find both. Its port.
fn plant() -> Result<u64> {
    let segment = |kind: u8, body: &[u8]| {
        let mut out = b"TSH ".to_vec();
        out.extend_from_slice(&(28 + body.len() as u32).to_be_bytes());
        out.extend_from_slice(&[2, kind, 0x30, 0]);
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&[0x22, 2, 0, 0, 0x33, 3, 0, 0]);
        out.extend_from_slice(body);
        out
    };
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let mut client = std::net::TcpStream::connect(address)?;
    let (mut server, _) = listener.accept()?;
    let patience = Some(Duration::from_secs(5));
    client.set_read_timeout(patience)?;
    server.set_read_timeout(patience)?;
    let mut buffer = [0; 1024];
    let half = [&[0; 16][..], b"OD  \x01\0\0\0", &[b'x'; 20]].concat();
    for answer in [segment(0x93, &half), b"not a segment at all, and not the rest of one".repeat(2)] {
        client.write_all(&segment(0x83, &[0; 16]))?;
        ensure!(server.read(&mut buffer)? > 0, "the planted client says nothing");
        server.write_all(&answer)?;
        ensure!(client.read(&mut buffer)? > 0, "the planted server says nothing");
    }
    Ok(u64::from(address.port()))
}

/// What the reader finds wrong with what we sent: malformed segments, and bytes that it does not read.
fn faults(file: &Path, ports: &BTreeSet<u64>) -> Result<(String, String)> {
    let ours = from_us(ports);
    let show = |filter: &str| output(reader(file, ports).args(["-Y", filter]));
    let malformed = show(&format!("{ours} && mq && (_ws.malformed || _ws.expert.severity == error)"))?;
    // What loopback sent twice has been read once.
    let twice = "tcp.analysis.retransmission || tcp.analysis.keep_alive || tcp.analysis.out_of_order";
    let unread = show(&format!("{ours} && !mq && !tcp.reassembled_in && !tcp.segment && !({twice})"))?;
    Ok((malformed, unread))
}

/// Every segment that we sent is read; their number.
fn well_formed(file: &Path, ports: &BTreeSet<u64>) -> Result<usize> {
    let (malformed, unread) = faults(file, ports)?;
    let ours = from_us(ports);
    let types = output(reader(file, ports).args(["-Y", &ours, "-T", "fields", "-e", "mq.tsh.type"]))?;
    let first = |text: &str| text.lines().take(10).collect::<Vec<_>>().join("\n");
    ensure!(malformed.is_empty(), "segments of ours that are malformed to tshark:\n{}", first(&malformed));
    ensure!(unread.is_empty(), "segments of ours that tshark does not read:\n{}", first(&unread));
    let read = types.lines().flat_map(|line| line.split(',')).filter(|t| !t.is_empty()).count();
    ensure!(read > 0, "tshark has read no segment");
    Ok(read)
}

/// One segment as the dissector reads it.
struct Read(Vec<String>);

impl Read {
    fn field(&self, name: &str) -> &str {
        let at = FIELDS.iter().position(|field| *field == name);
        at.and_then(|at| self.0.get(at)).map_or("", String::as_str)
    }

    /// A number, in either notation.
    fn number(&self, name: &str) -> Option<i64> {
        let text = self.field(name);
        match text.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        }
    }
}

/// Compares call by call; how many there were.
fn compare(file: &Path, port: u64, said: &[Value]) -> Result<usize> {
    let filter = format!(
        "tcp.port == {port} && (mq.tsh.type == {MQOPEN} || mq.tsh.type == {MQPUT} || mq.tsh.type == {MQGET} \
         || mq.tsh.type == {MQGET_REPLY})"
    );
    let mut command = reader(file, &BTreeSet::from([port]));
    command.args(["-Y", &filter, "-T", "fields", "-E", "separator=|"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let read: Vec<Read> = output(&mut command)?
        .lines()
        .map(|line| Read(line.split('|').map(|field| field.trim().to_owned()).collect()))
        .collect();
    let mut read = read.iter();
    for call in said {
        let segment = read.next().with_context(|| format!("tshark has not seen {call}"))?;
        let mut pairs = vec![];
        match call["call"].as_str() {
            Some("MQOPEN") => {
                pairs.push(("mq.tsh.type", Value::from(0x83)));
                pairs.push(("mq.open.options", call["options"].clone()));
                ensure!(
                    segment.field("mq.od.objname") == call["queue"],
                    "{call}: the queue is read as {:?}",
                    segment.0
                );
            }
            Some("MQPUT") => {
                pairs.push(("mq.tsh.type", Value::from(0x86)));
                pairs.push(("mq.md.priority", call["priority"].clone()));
                pairs.push(("mq.md.persistence", call["persistence"].clone()));
                pairs.push(("mq.put.length", call["length"].clone()));
                pairs.push(("mq.pmo.options", call["options"].clone()));
                ensure!(
                    segment.field("mq.md.correlid") == call["correl"],
                    "{call}: the CorrelId is read as {:?}",
                    segment.0
                );
            }
            Some("MQGET") => {
                pairs.push(("mq.tsh.type", Value::from(0x85)));
                pairs.push(("mq.gmo.getmsgopt", call["options"].clone()));
                pairs.push(("mq.gmo.waitint", call["wait"].clone()));
                let reply =
                    read.next().with_context(|| format!("tshark has not seen the reply to {call}"))?;
                ensure!(reply.field("mq.tsh.type") == MQGET_REPLY, "{call}: followed by {:?}", reply.0);
                ensure!(
                    reply.field("mq.md.correlid") == call["correl"],
                    "{call}: replied with {:?}",
                    reply.0
                );
                ensure!(
                    reply.number("mq.put.length") == call["length"].as_i64(),
                    "{call}: the length is read as {:?}",
                    reply.0
                );
            }
            _ => bail!("the harness said {call}"),
        }
        for (field, want) in pairs {
            ensure!(
                segment.number(field) == want.as_i64(),
                "{call}: {field} is read as '{}' instead of {want}",
                segment.field(field)
            );
        }
    }
    ensure!(read.next().is_none(), "tshark has seen calls that the harness has not made");
    ensure!(!said.is_empty(), "the harness has made no call");
    Ok(said.len())
}
