//! A queue manager of the harness's own: a real process with a directory, a port and a password, created by the
//! commands that an administrator types, and gone with everything that it made when this is dropped.
//!
//! The process is the harness's own child (what `strmqm` leaves behind it is not): started under the name under
//! which the program is a queue manager, it reports `R` on its standard output when it is ready. So a kill is
//! known to have happened when it returns.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use mqi::Reason;
use rustix::process::{Pid, Signal, kill_process};

use crate::application::{Ask, Connection, Subject, Target};
use crate::client;
use crate::workload::QUEUES;

/// Name of the queue manager.
pub const NAME: &str = "QM1";
/// The user that the applications are.
pub const USER: &str = "app";
/// Its password.
pub const PASSWORD: &str = "passw0rd";
/// The channel that they use.
pub const CHANNEL: &str = "DEV.APP.SVRCONN";
/// Under this name the program is a running queue manager.
const PROCESS_NAME: &str = "amqzxma0";
/// Longest start. A start is far quicker; this one means that it hangs.
const START_MAX: Duration = Duration::from_secs(60);

/// The signal that a kill sends.
const KILLED: i32 = Signal::KILL.as_raw();

/// What an administrator would type for the developer's objects.
const OBJECTS: &str = include_str!("../../mqsc/scripts/dev.mqsc");

/// What differs between queue managers of the harness.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Options of `crtmqm`.
    pub create: Vec<String>,
    /// Where the log goes; none: below the directory.
    pub log: Option<PathBuf>,
    /// Where its data goes, below a directory of its name; none: below the directory.
    pub data: Option<PathBuf>,
    /// Lines added to `qm.ini`.
    pub ini: String,
    /// Where each start records its inputs: a file name, to which the number of the start is added.
    pub record: Option<PathBuf>,
}

impl Settings {
    /// Extents of 256 KiB, so that many are filled, packed and used again in a short time.
    pub fn small_extents() -> Self {
        let create = ["-lc", "-lf", "64", "-lp", "4", "-ls", "400"].map(str::to_owned).to_vec();
        Self { create, ..Self::default() }
    }
}

/// See the module's text.
#[derive(Debug)]
pub struct QueueManager {
    program: PathBuf,
    directory: PathBuf,
    log: PathBuf,
    record: Option<PathBuf>,
    /// Where it says how it is doing.
    status: PathBuf,
    port: u16,
    running: Mutex<Option<Child>>,
}

impl QueueManager {
    /// Creates one, starts it, and defines the queues of the workload.
    pub fn create(program: &Path, settings: &Settings) -> Result<Self, String> {
        let program = program.canonicalize().map_err(|error| format!("{}: {error}", program.display()))?;
        let directory = temporary_directory("queue-manager").map_err(|error| error.to_string())?;
        let log = settings.log.clone().unwrap_or_else(|| directory.join("log"));
        let port = free_port().map_err(|error| format!("a free port: {error}"))?;
        let record = settings.record.clone();
        let data = settings.data.clone().unwrap_or_else(|| directory.join("qmgrs"));
        let status = data.join(NAME).join("status");
        let made = Self { program, directory, log, record, status, port, running: Mutex::new(None) };
        std::os::unix::fs::symlink(&made.program, made.directory.join(PROCESS_NAME))
            .map_err(|error| format!("{}: {error}", made.directory.display()))?;
        let port = port.to_string();
        let log = made.log.display().to_string();
        let mut create = vec!["crtmqm", "-p", &port, "-ld", &log];
        let data = settings.data.as_ref().map(|data| data.display().to_string());
        if let Some(data) = &data {
            create.extend(["-md", data]);
        }
        create.extend(settings.create.iter().map(String::as_str));
        create.push(NAME);
        made.command(&create, "")?;
        if !settings.ini.is_empty() {
            let data = settings.data.clone().unwrap_or_else(|| made.directory.join("qmgrs"));
            let ini = data.join(NAME).join("qm.ini");
            let mut file =
                File::options().append(true).open(&ini).map_err(|e| format!("{}: {e}", ini.display()))?;
            file.write_all(settings.ini.as_bytes()).map_err(|e| format!("{}: {e}", ini.display()))?;
        }
        made.command(&["passwd", "-m", NAME, USER], &format!("{PASSWORD}\n"))?;
        made.start()?;
        made.command(&["runmqsc", NAME], &objects())?;
        Ok(made)
    }

    /// Runs a command with the data root of this queue manager; it must succeed. What it printed.
    pub fn command(&self, words: &[&str], input: &str) -> Result<String, String> {
        let shown = words.join(" ");
        // Output goes to a file: what a command starts may hold on to a pipe.
        let output = self.directory.join("command.out");
        let file = |create: bool| {
            let opened = if create { File::create(&output) } else { File::open(&output) };
            opened.map_err(|error| format!("{}: {error}", output.display()))
        };
        let both = file(true)?;
        let mut child = Command::new(&self.program)
            .args(words)
            .env("MQ_OVERRIDE_DATA_PATH", &self.directory)
            .stdin(Stdio::piped())
            .stderr(both.try_clone().map_err(|error| error.to_string())?)
            .stdout(both)
            .spawn()
            .map_err(|error| format!("{shown}: {error}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that does not read its input is no trouble of ours.
            let _ = stdin.write_all(input.as_bytes());
        }
        let status = child.wait().map_err(|error| format!("{shown}: {error}"))?;
        let mut printed = String::new();
        file(false)?.read_to_string(&mut printed).map_err(|error| error.to_string())?;
        if status.success() { Ok(printed) } else { Err(format!("{shown}: {status}\n{input}\n{printed}")) }
    }

    /// Where its log is.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Highest number of an extent so far, and the files that there are: more numbers than files means that
    /// files have been used again.
    pub fn extents(&self) -> (u32, usize) {
        let names = std::fs::read_dir(self.log.join(NAME).join("active")).into_iter().flatten().flatten();
        let numbers: Vec<u32> = names
            .filter_map(|entry| {
                let name = entry.file_name();
                name.to_str()?.strip_prefix('S')?.strip_suffix(".LOG")?.parse().ok()
            })
            .collect();
        (numbers.iter().copied().max().unwrap_or(0), numbers.len())
    }

    /// Its data root.
    pub fn root(&self) -> &Path {
        &self.directory
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Its process.
    pub fn pid(&self) -> Option<u32> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Child::id)
    }

    /// Its resident memory in KiB.
    pub fn resident_kib(&self) -> Result<u64, String> {
        let pid = self.pid().ok_or("the queue manager does not run")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).map_err(|e| e.to_string())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kib.ok_or_else(|| "no VmRSS".to_owned())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<(), String> {
        let pid = self.pid().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let pid = pid.ok_or("the queue manager is not running")?;
        kill_process(pid, signal).map_err(|error| format!("signal {signal:?}: {error}"))
    }

    /// Waits for it to end by itself; false: it has not in that time.
    pub fn wait_for_end(&self, limit: Duration) -> Result<bool, String> {
        let until = Instant::now() + limit;
        loop {
            if self.has_ended()? {
                return Ok(true);
            }
            if Instant::now() > until {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// True if it does not run (any more).
    pub fn has_ended(&self) -> Result<bool, String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(child) = running.as_mut() else { return Ok(true) };
        let ended = child.try_wait().map_err(|error| format!("waiting for the queue manager: {error}"))?;
        if ended.is_some() {
            *running = None;
        }
        Ok(ended.is_some())
    }

    fn spawn(&self) -> Result<Child, String> {
        let errors = self.errors();
        let errors = File::options().append(true).create(true).open(&errors).map_err(|e| e.to_string())?;
        let mut command = Command::new(self.directory.join(PROCESS_NAME));
        if let Some(record) = &self.record {
            command.env("PACKHORSE_RECORD", record);
        }
        command
            .args(["-m", NAME, "-u", "harness"])
            .env("MQ_OVERRIDE_DATA_PATH", &self.directory)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("starting the queue manager: {error}"))
    }

    fn errors(&self) -> PathBuf {
        self.directory.join("stderr.log")
    }

    /// The end of what it has said on its standard error.
    pub fn last_words(&self) -> String {
        let said = std::fs::read_to_string(self.errors()).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }

    fn keep(&self, child: Child) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
    }
}

fn objects() -> String {
    let mut script = OBJECTS.to_owned();
    for queue in QUEUES {
        let order = if queue.by_priority { "PRIORITY" } else { "FIFO" };
        script +=
            &format!("DEFINE QLOCAL('{}') MAXDEPTH(100000) MSGDLVSQ({order}) DEFPSIST(YES)\n", queue.name);
    }
    script
}

impl Target for QueueManager {
    fn connect(&self) -> Result<Box<dyn Connection>, Reason> {
        client::connect(self.address())
    }
}

impl Subject for QueueManager {
    fn start(&self) -> Result<Duration, String> {
        let begun = Instant::now();
        let mut child = self.spawn()?;
        let reports = child.stdout.take().ok_or("the pipe was asked for")?;
        self.keep(child);
        let (sender, reported) = mpsc::channel();
        // Reads on after `R`, so that the queue manager never writes into a broken pipe; ends with it.
        std::thread::spawn(move || {
            for line in BufReader::new(reports).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut said = Vec::new();
        loop {
            match reported.recv_timeout(START_MAX.saturating_sub(begun.elapsed())) {
                Ok(line) if line == "R" => return Ok(begun.elapsed()),
                Ok(line) => said.push(line),
                Err(problem) => {
                    let what = match problem {
                        mpsc::RecvTimeoutError::Timeout => "was not ready in time",
                        mpsc::RecvTimeoutError::Disconnected => "did not start",
                    };
                    let said = said.join("\n");
                    return Err(format!("the queue manager {what}\n{said}\n{}", self.last_words()));
                }
            }
        }
    }

    fn waiting(&self) -> Result<u64, String> {
        let shown =
            self.command(&["runmqsc", NAME], "DISPLAY QLOCAL(SYSTEM.DDELAY.LOCAL.QUEUE) CURDEPTH\n")?;
        let depth = shown.split_once("CURDEPTH(").and_then(|(_, rest)| rest.split_once(')'));
        depth.and_then(|(depth, _)| depth.parse().ok()).ok_or(format!("no CURDEPTH: {shown}"))
    }

    fn kill(&self) -> Result<(), String> {
        let child = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut child = child.ok_or("there is no queue manager to kill")?;
        if let Some(ended) = child.try_wait().map_err(|error| error.to_string())? {
            return Err(format!("the queue manager ended by itself: {ended}\n{}", self.last_words()));
        }
        child.kill().and_then(|()| child.wait()).map(drop).map_err(|error| format!("kill: {error}"))
    }

    fn start_and_kill(&self, after: Duration) -> Result<(), String> {
        let mut child = self.spawn()?;
        std::thread::sleep(after);
        if let Some(ended) = child.try_wait().map_err(|error| error.to_string())? {
            return Err(format!("the queue manager ended while it started: {ended}\n{}", self.last_words()));
        }
        child.kill().and_then(|()| child.wait()).map(drop).map_err(|error| format!("kill: {error}"))
    }

    fn end_and_kill(&self, ask: Ask, after: Duration) -> Result<bool, String> {
        let mut command = Command::new(&self.program)
            .args(["endmqm", ask.option(), NAME])
            .env("MQ_OVERRIDE_DATA_PATH", &self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("endmqm: {error}"))?;
        let result = self.kill_when_ending(after);
        // Whoever has asked hears of the end, however it came.
        let until = Instant::now() + START_MAX;
        while command.try_wait().map_err(|error| format!("endmqm: {error}"))?.is_none() {
            if Instant::now() > until {
                let _ = command.kill().and_then(|()| command.wait());
                return Err(format!("endmqm {} did not come back from a killed queue manager", ask.option()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        result
    }

    fn replay_and_kill(&self, after: Duration) -> Result<bool, String> {
        let mut child = self.spawn()?;
        let reports = child.stdout.take().ok_or("the pipe was asked for")?;
        let mut reports = BufReader::new(reports);
        // The first line comes when it holds its directories; the one about the replay when that is done.
        let mut said = String::new();
        reports.read_line(&mut said).map_err(|error| error.to_string())?;
        std::thread::sleep(after);
        let _ = child.kill();
        let status = child.wait().map_err(|error| format!("kill: {error}"))?;
        reports.read_to_string(&mut said).map_err(|error| error.to_string())?;
        if status.signal() != Some(KILLED) {
            return Err(format!("the queue manager ended while it started: {status}\n{said}"));
        }
        Ok(!said.contains("log records accessed"))
    }
}

impl QueueManager {
    /// Kills it so long after it has begun to end. False: it had ended by then.
    fn kill_when_ending(&self, after: Duration) -> Result<bool, String> {
        if !self.wait_until_ending()? {
            return Ok(false);
        }
        std::thread::sleep(after);
        let child = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut child) = child else { return Ok(false) };
        let _ = child.kill();
        let status = child.wait().map_err(|error| format!("kill: {error}"))?;
        if status.success() || status.signal() == Some(KILLED) {
            return Ok(!status.success());
        }
        Err(format!("the queue manager ended badly: {status}\n{}", self.last_words()))
    }
}

impl QueueManager {
    /// Waits until it says that it ends. False: it has ended.
    fn wait_until_ending(&self) -> Result<bool, String> {
        let until = Instant::now() + START_MAX;
        while Instant::now() < until {
            if self.has_ended()? {
                return Ok(false);
            }
            // While the line is being replaced there may be none.
            let said = std::fs::read_to_string(&self.status).unwrap_or_default();
            if said.starts_with("Quiescing") || said.starts_with("Ending") {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        Err(format!("the queue manager was asked to end and has not begun to\n{}", self.last_words()))
    }
}

impl Drop for QueueManager {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Stopped processes die of SIGKILL too.
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::env::var_os("HARNESS_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// A new directory for one purpose of this process.
pub fn temporary_directory(purpose: &str) -> std::io::Result<PathBuf> {
    let base = std::env::temp_dir();
    for n in 0u32.. {
        let directory = base.join(format!("harness-{purpose}-{}-{n}", std::process::id()));
        match std::fs::create_dir(&directory) {
            Ok(()) => return Ok(directory),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
