//! What is measured: a queue manager of the benchmark's own, or one that is there already.
//!
//! Its own has a directory and a port of its own, is a child of this process, and is gone with everything that it
//! made when the run is over.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use channel::client::ClientConfig;
use mqi::Chars;
use mqi::secret::Secret;
use server::control::create;
use server::offline::Offline;
use server::paths::{QmgrPaths, Root};

use super::leftovers;
use crate::strmqm;

/// Name of the benchmark's queue manager.
const NAME: &str = "BENCH";
/// Its channel.
const CHANNEL: &str = "BENCH.SVRCONN";
/// Queue pairs, as in the published scenario.
pub(super) const PAIRS: usize = 10;

/// How to reach a queue manager.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Its name; blank for any.
    pub(super) qmgr_name: Chars<48>,
    /// Server-connection channel.
    pub(super) channel: Chars<20>,
    /// User and password to be proved.
    pub(super) credentials: Option<(String, Secret)>,
}

impl Access {
    /// Of an address `host:port` and the names that go with it.
    pub(super) fn parse(
        address: &str,
        channel: &str,
        qmgr_name: &str,
        credentials: Option<(String, Secret)>,
    ) -> Result<Self> {
        let found =
            address.to_socket_addrs().with_context(|| format!("'{address}' is not host:port"))?.next();
        Ok(Self {
            address: found.with_context(|| format!("'{address}' has no address"))?,
            qmgr_name: Chars::from_str_padded(qmgr_name),
            channel: Chars::from_str_padded(channel),
            credentials,
        })
    }

    pub(super) fn client_config(&self) -> ClientConfig {
        ClientConfig {
            channel: self.channel,
            qmgr_name: self.qmgr_name,
            user: server::users::name_of(server::users::current()),
            credentials: self.credentials.clone(),
            conversations: 1,
            ..ClientConfig::default()
        }
    }
}

/// Queues of the scenarios, as the MQSC that defines them.
pub(super) fn objects() -> String {
    let mut script = String::new();
    let queue =
        |name: String| format!("DEFINE QLOCAL('{name}') MAXDEPTH(999999999) MAXMSGL(104857600) REPLACE\n");
    for pair in 0..PAIRS {
        script += &queue(format!("BENCH.REQUEST.{pair}"));
        script += &queue(format!("BENCH.REPLY.{pair}"));
        script += &queue(format!("BENCH.STREAM.{pair}"));
    }
    script += &queue("BENCH.LATENCY".to_owned());
    script + &queue("BENCH.DEEP".to_owned())
}

/// Figures that a queue manager counts of its log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LogCounts {
    /// Forces.
    pub(super) forces: u64,
    /// Bytes written, padding included.
    pub(super) bytes: u64,
    /// Bytes of the extents that hold live records.
    pub(super) live_extent_bytes: u64,
}

impl LogCounts {
    /// Asks who is at the other end of this stream.
    pub(super) fn ask(mut stream: impl Read + Write) -> Result<Self> {
        stream.write_all(b"CTR ")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let figure = |key: &str| {
            let word = text.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
            word.and_then(|value| value.parse().ok())
                .with_context(|| format!("no figure '{key}' in '{text}'"))
        };
        Ok(Self {
            forces: figure("forces")?,
            bytes: figure("bytes")?,
            live_extent_bytes: figure("live_extent_bytes")?,
        })
    }
}

/// A queue manager of the benchmark's own.
pub(super) struct OwnQueueManager {
    directory: PathBuf,
    paths: QmgrPaths,
    port: u16,
    child: Option<Child>,
}

impl OwnQueueManager {
    /// Creates it below this directory, with settings `Key=Value` for the stanza TuningParameters, and starts it.
    pub(super) fn start(parent: &Path, tuning: &[String]) -> Result<Self> {
        let directory = parent.join(format!("packhorse-bench-{}", std::process::id()));
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let made = leftovers::directory(&directory, || {
            create::create(&Root::at(&directory), &create::Options::named(NAME), &mut |_| {})
                .map_err(|failure| anyhow::anyhow!("the queue manager cannot be created: {failure:?}"))
                .and_then(|paths| define(&paths, port, tuning).map(|()| paths))
        });
        let paths = match made {
            Ok(paths) => paths,
            Err(error) => {
                leftovers::remove(&directory);
                return Err(error.context(directory.display().to_string()));
            }
        };
        let mut own = Self { directory, paths, port, child: None };
        own.run()?;
        Ok(own)
    }

    /// Starts the process and waits until it says that it is ready.
    pub(super) fn run(&mut self) -> Result<()> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg0(strmqm::PROCESS_NAME)
            .args(["-m", NAME, "-u", "bench"])
            .env("MQ_OVERRIDE_DATA_PATH", &self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = leftovers::spawn(&mut command)?;
        let said = child.stdout.take().context("its output is a pipe")?;
        self.child = Some(child);
        let mut failure = String::new();
        for line in BufReader::new(said).lines() {
            let line = line?;
            if line == "R" {
                return Ok(());
            }
            failure += &line;
            failure.push('\n');
        }
        bail!("the queue manager did not start:\n{failure}")
    }

    /// How to reach it.
    pub(super) fn access(&self) -> Access {
        Access {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            qmgr_name: Chars::from_str_padded(NAME),
            channel: Chars::from_str_padded(CHANNEL),
            credentials: None,
        }
    }

    /// A blocking connection.
    pub(super) fn attach(&self) -> Result<server::attach::Attached, mqi::Reason> {
        server::attach::Attached::local(&self.paths, "packhorse bench")
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// What it has counted of its log.
    pub(super) fn log_counts(&self) -> Result<LogCounts> {
        let stream = server::local_socket::connect(&self.paths)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        LogCounts::ask(stream)
    }

    /// Bytes that its log takes on disk, empty extents included.
    pub(super) fn disk_bytes(&self) -> u64 {
        disk_bytes(&self.directory.join("log"), &|_| true)
    }

    /// Bytes of the files in which its checkpoints are.
    pub(super) fn control_bytes(&self) -> u64 {
        disk_bytes(&self.directory.join("log"), &|name| name.starts_with("control."))
    }

    /// Kills it, as a power cut would end it but for the disk's own cache.
    pub(super) fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            leftovers::kill(&mut child)?;
        }
        Ok(())
    }

    fn end(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        server::sys::terminate(child.id());
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if !matches!(leftovers::try_wait(&mut child), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = leftovers::kill(&mut child);
    }
}

/// Settings and objects of the benchmark.
fn define(paths: &QmgrPaths, port: u16, tuning: &[String]) -> Result<()> {
    if !tuning.is_empty() {
        let mut file = server::files::append(&paths.qm_ini(), server::files::MODE)?;
        writeln!(file, "TuningParameters:\n   {}", tuning.join("\n   "))?;
    }
    let user = server::users::name_of(server::users::current());
    let script = format!(
        "ALTER QMGR CHLAUTH(DISABLED) CONNAUTH(' ') MAXUMSGS(999999999) MAXMSGL(104857600)\n\
         DEFINE CHANNEL('{CHANNEL}') CHLTYPE(SVRCONN) MCAUSER('{user}') MAXMSGL(104857600) REPLACE\n\
         DEFINE LISTENER('BENCH') TRPTYPE(TCP) IPADDR('127.0.0.1') PORT({port}) CONTROL(QMGR) REPLACE\n{}",
        objects()
    );
    let mut offline = Offline::open(paths)?;
    let counts = offline.run_script(&script)?;
    if counts.failed > 0 {
        bail!("{}", counts.messages.join("\n"));
    }
    Ok(offline.close()?)
}

/// Bytes on disk of the files below a directory whose names are of interest.
fn disk_bytes(directory: &Path, is_wanted: &dyn Fn(&str) -> bool) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => disk_bytes(&entry.path(), is_wanted),
            Ok(meta) if entry.file_name().to_str().is_some_and(is_wanted) => meta.blocks() * 512,
            Ok(_) | Err(_) => 0,
        })
        .sum()
}

impl Drop for OwnQueueManager {
    fn drop(&mut self) {
        self.end();
        leftovers::remove(&self.directory);
    }
}
