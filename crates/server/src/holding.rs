//! What an instance holds before it writes anything: its data directory, its log, and the proof that they
//! belong together.
//!
//! ```text
//! 1. the lock of <data>/active
//! 2. qm.ini                                       read
//! 3. <data>/pairing and the log's owner           read, compared
//! 4. the locks of <log>/active/control.1, .2, .3  and 3 again
//! ─────────────────────────────────────────────   nothing has been written so far
//! 5. <data>/active   pid, its start, boot, host   who holds it, for those who must end it
//!    <data>/pairing, the log's owner              this start
//! ```
//!
//! A file that is removed takes its lock along. So there are several, and none counts without the others: while
//! one instance runs, another one fails at 4 if it got past 1. The running one looks at its files once a second.
//! It makes `active` and `status` again; and where an extent, the log or the data directory has been taken away or replaced it ends at once:
//! what it acknowledges would be found by nobody, or it would itself be found by nobody who wants to end it.
//!
//! A command that works on the files without running the queue manager does the same, but does not say at 5 who it is:
//! nobody ends it in the queue manager's stead.

use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use store::{Ownership, Position};

use crate::clock::Clock;
use crate::disk::{NotHeld, RealDisk};
use crate::error_log::{ErrorLog, SIZE_MAX};
use crate::files;
use crate::guard::Owners;
use crate::lock::{self, LockFile};
use crate::pairing::{self, LogOwner, Mismatch, Pairing};
use crate::paths::QmgrPaths;
use crate::progress::Progress;
use crate::qm_ini::QmIni;
use crate::status::StatusFile;

/// Time between two looks at the files that are locked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Name of the file that says that a directory is being made or removed.
pub const UNFINISHED: &str = "unfinished";

/// Why the directories cannot be held.
#[derive(Debug)]
pub enum Refusal {
    /// Another process holds the data directory.
    Running,
    /// Another process holds the log: that of this owner, if the log says whose it is.
    LogInUse(PathBuf, Option<Box<LogOwner>>),
    /// The log is not this data directory's.
    NotOurs(PathBuf, Mismatch),
    /// A file of the log has a second name.
    Linked(PathBuf, String),
    /// A command that made or removed this directory did not come to its end.
    Unfinished(PathBuf),
    /// `qm.ini` cannot be read.
    QmIni(io::Error),
    /// The data directory cannot be used.
    Data(io::Error),
    /// The log cannot be opened.
    Log(store::Error),
}

impl Refusal {
    /// What is wrong, for the message that a command prints.
    pub fn why(&self) -> String {
        match self {
            Self::Running => "it is running".to_owned(),
            Self::LogInUse(log, owner) => {
                let mut why = format!("{}: another process has it open", log.display());
                if let Some(owner) = owner {
                    let data = owner.data.display();
                    let _ = write!(why, ": queue manager '{}' with the data directory {data}", owner.name);
                    if let Some(pid) = process_at(&owner.data.join("active")) {
                        let _ = write!(why, ", process {pid}");
                    }
                }
                why + ". It may run on another machine. End it, or correct LogPath in qm.ini"
            }
            Self::NotOurs(log, mismatch) => format!("{}: {mismatch}", log.display()),
            Self::Linked(log, file) => format!(
                "{}: {file} is a link, has a second name, or is no file, so that it may be written by others. Make a \
                 copy of the file, and let it take the name",
                log.display()
            ),
            Self::Unfinished(directory) => format!(
                "{}: a crtmqm or dltmqm did not come to its end. Run dltmqm, then crtmqm",
                directory.display()
            ),
            Self::QmIni(error) | Self::Data(error) => error.to_string(),
            Self::Log(error) => error.to_string(),
        }
    }
}

impl Refusal {
    /// The refusal as an error of the system, of the kind that it came from; `what` it is about stands before it.
    pub fn into_io(self, what: &str) -> io::Error {
        let kind = match &self {
            Self::QmIni(error) | Self::Data(error) | Self::Log(store::Error::Io(error)) => error.kind(),
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, format!("{what}{}", self.why()))
    }

    /// Exit code and message of a command that needs the queue manager.
    pub fn exit(&self) -> (i32, &'static str) {
        match self {
            Self::QmIni(error) | Self::Data(error) | Self::Log(store::Error::Io(error))
                if error.kind() == io::ErrorKind::PermissionDenied =>
            {
                (119, "AMQ7077")
            }
            Self::Running => (5, "AMQ8996"),
            Self::QmIni(_) | Self::Data(_) | Self::Unfinished(_) => (71, "AMQ7072"),
            Self::LogInUse(..) | Self::NotOurs(..) | Self::Linked(..) | Self::Log(_) => (23, "AMQ7017"),
        }
    }
}

/// The lock of a data directory. It is held until the last clone is dropped.
#[derive(Clone, Debug)]
pub struct DataLock(Arc<Mutex<LockFile>>);

impl DataLock {
    fn file(&self) -> MutexGuard<'_, LockFile> {
        // One lock file or the next: it is whole in any case.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the lock file again when it was removed.
    fn renew(&self, path: &Path) -> io::Result<()> {
        let mut held = self.file();
        if held.is_at(path)? {
            return Ok(());
        }
        // One that starts now may have it: it lets it go when it comes to the log.
        if let Some(lock) = LockFile::try_take(path)? {
            say_who(&lock)?;
            *held = lock;
        }
        Ok(())
    }
}

/// The data directory's half of the pairing, and how far the log has come since it was written.
#[derive(Clone, Debug)]
struct Noted {
    paths: QmgrPaths,
    pairing: Arc<Mutex<Option<Pairing>>>,
    progress: Arc<Progress>,
}

impl Noted {
    fn pairing(&self) -> MutexGuard<'_, Option<Pairing>> {
        // It is replaced as a whole.
        self.pairing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes another pairing.
    fn put(&self, next: Pairing) -> io::Result<()> {
        let mut pairing = self.pairing();
        next.save(&self.paths)?;
        *pairing = Some(next);
        Ok(())
    }

    /// Notes that the log has come so far, if that is news.
    fn note(&self, position: Position) -> io::Result<()> {
        let mut pairing = self.pairing();
        let Some(known) = pairing.as_ref().filter(|p| p.known < position) else { return Ok(()) };
        let next = Pairing { known: position, ..known.clone() };
        next.save(&self.paths)?;
        *pairing = Some(next);
        Ok(())
    }
}

/// See the module's text. Everything is let go when this is dropped.
#[derive(Debug)]
pub struct Holding {
    paths: QmgrPaths,
    log_path: PathBuf,
    /// First, so that nobody looks after locks that are being let go.
    watch: Option<Watch>,
    active: DataLock,
    disk: Arc<RealDisk>,
    qmid: String,
    noted: Noted,
    /// Held by a command, and not by a process that runs the queue manager.
    is_command: bool,
}

impl Holding {
    /// Takes hold of a finished queue manager. Writes nothing.
    pub fn take(paths: &QmgrPaths) -> Result<(Self, QmIni), Refusal> {
        let active = take_data(paths)?;
        check_data(paths).map_err(Refusal::Data)?;
        let ini = QmIni::load(paths).map_err(Refusal::QmIni)?;
        check_name(paths, &ini)?;
        for directory in [&paths.data, &ini.log_path] {
            if directory.join(UNFINISHED).exists() {
                return Err(Refusal::Unfinished(directory.clone()));
            }
        }
        Self::take_log(paths, &ini, active).map(|holding| (holding, ini))
    }

    /// Takes hold of the log too, of a queue manager that may be half made or half removed.
    pub fn take_log(paths: &QmgrPaths, ini: &QmIni, active: DataLock) -> Result<Self, Refusal> {
        let log = ini.log_path.clone();
        let owners = check_data(paths).map_err(Refusal::Data)?;
        let disk = look_at_log(&log, owners)?;
        let pairing = Pairing::load(paths).map_err(Refusal::Data)?;
        // Once before it is held, so that nobody stands in the way of a log's owner even for a moment.
        if let Err(refusal) = check_owner(&disk, paths, ini, pairing.as_ref()) {
            let in_use = disk.is_in_use().map_err(|error| Refusal::Log(error.into()))?;
            return Err(if in_use { log_in_use(&log) } else { refusal });
        }
        hold(&disk, &log, owners)?;
        let disk = Arc::new(disk);
        let found = check_owner(&disk, paths, ini, pairing.as_ref())?;
        if let Some(pairing) = &pairing {
            check_end(&disk, &log, pairing, found.position)?;
        }
        let owner = LogOwner::decode(&found.owner);
        // A start that was interrupted: what the log says has happened.
        let pairing = pairing.map(|pairing| match &owner {
            Some(owner) => Pairing { start: owner.start.clone(), ..pairing },
            None => pairing,
        });
        let noted =
            Noted { paths: paths.clone(), pairing: Arc::new(Mutex::new(pairing)), progress: Arc::default() };
        Ok(Self {
            paths: paths.clone(),
            log_path: log,
            watch: None,
            active,
            disk,
            qmid: ini.qmid.clone(),
            noted,
            is_command: false,
        })
    }

    /// The same, by a command that works on the files.
    #[must_use]
    pub fn by_command(self) -> Self {
        Self { is_command: true, ..self }
    }

    /// The log's disk.
    pub fn disk(&self) -> &Arc<RealDisk> {
        &self.disk
    }

    /// Where the log tells how far it has come.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.noted.progress)
    }

    /// Begins a start: says who holds the data directory, and which start the log is to name as its last one.
    /// The owner to write into the log. [`Self::has_begun`] follows when that is durable.
    pub fn begin(&mut self) -> io::Result<Vec<u8>> {
        if !self.active.file().part(&self.paths.lock())? {
            let what = format!("{}: another process has taken it", self.paths.lock().display());
            return Err(io::Error::new(io::ErrorKind::WouldBlock, what));
        }
        if self.is_command { say(&self.active.file(), "command\n") } else { say_who(&self.active.file()) }
            .map_err(|error| files::about(&self.paths.lock(), error))?;
        let next = pairing::draw()?;
        let before = self.noted.pairing().clone();
        let pairing = match before {
            Some(pairing) => pairing,
            // Created before there were pairings.
            None => Pairing {
                data_id: pairing::draw()?,
                start: pairing::draw()?,
                next_start: None,
                is_adopted: true,
                known: Position::default(),
            },
        };
        let owner = owner(&self.paths, &self.log_path, &self.qmid, &pairing.data_id, next.clone());
        self.noted.put(Pairing { next_start: Some(next), ..pairing })?;
        Ok(owner.encode())
    }

    /// The log names this start, and has come so far.
    pub fn has_begun(&mut self, position: Position) -> io::Result<()> {
        let Some(pairing) = self.noted.pairing().clone() else { return Ok(()) };
        let start = pairing.next_start.unwrap_or(pairing.start);
        self.noted.put(Pairing { start, next_start: None, is_adopted: false, known: position, ..pairing })
    }

    /// Notes how far the log has come: after this no copy of it from before passes for it.
    pub fn note_progress(&self) -> io::Result<()> {
        self.noted.note(self.noted.progress.checkpoint())
    }

    /// Looks after the locks until they are let go; see the module's text.
    pub fn watch(&mut self, status: Arc<StatusFile>) -> io::Result<()> {
        let (active, disk, path) = (self.active.clone(), Arc::clone(&self.disk), self.paths.lock());
        let (paths, log, noted) = (self.paths.clone(), self.log_path.clone(), self.noted.clone());
        let data = directory_at(&paths.data)?;
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new().name("locks".to_owned()).spawn(move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                // What cannot be looked at now, as on a network that is down, may be there again in a second.
                if directory_at(&paths.data).is_ok_and(|now| now != data) {
                    end_without_data(&paths);
                }
                let _ = active.renew(&path);
                if disk.is_still_held().is_ok_and(|held| !held) {
                    // The next start takes none that has not come as far: no copy of what was taken away.
                    let _ = noted.note(noted.progress.reached());
                    end_without_log(&paths, &format!("{} was taken away or replaced", log.display()));
                }
                if let Ok(Some(extent)) = disk.taken_away(|name| noted.progress.is_kept(name)) {
                    let _ = noted.note(noted.progress.reached());
                    end_without_log(
                        &paths,
                        &format!("{} was taken away", log.join("active").join(extent).display()),
                    );
                }
                let _ = status.renew();
                // On a full disk it is noted when there is room again.
                let _ = noted.note(noted.progress.checkpoint());
            }
        })?;
        self.watch = Some(Watch { stop: Some(stop), thread: Some(thread) });
        Ok(())
    }
}

/// The directory that a path leads to; none: there is none.
fn directory_at(path: &Path) -> io::Result<Option<(u64, u64)>> {
    match std::fs::metadata(path) {
        Ok(meta) => Ok(Some((meta.dev(), meta.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(files::about(path, error)),
    }
}

/// No command finds this process any more, and whoever finds the log without the data can do nothing with it.
fn end_without_data(paths: &QmgrPaths) -> ! {
    // The error log would be made in a place that is not ours; this goes where the directory has gone.
    let data = paths.data.display();
    eprintln!("{}: {data} was taken away or replaced while the queue manager ran: ending", paths.name);
    std::process::exit(71)
}

/// What is acknowledged from here on would be lost, and nothing can be written that counts.
fn end_without_log(paths: &QmgrPaths, what: &str) -> ! {
    let why = format!("{what} while the queue manager ran");
    eprintln!("{}: {why}: ending", paths.name);
    // Its own log of errors; the one of the instance belongs to another thread, which may be in the middle of it.
    if let Ok(mut errors) = ErrorLog::open(paths.errors(), &paths.name, SIZE_MAX) {
        errors.write("AMQ7017", &[paths.name.clone(), why], &Clock);
    }
    std::process::exit(71)
}

/// The thread that looks after the locks.
#[derive(Debug)]
struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// That the data directory is not another one's, whatever `mqs.ini` says.
pub fn check_name(paths: &QmgrPaths, ini: &QmIni) -> Result<(), Refusal> {
    // A QMID is the name, an underscore, and 19 characters of date and time.
    let rest = ini.qmid.strip_prefix(&paths.name);
    if ini.qmid.is_empty() || rest.is_some_and(|rest| rest.starts_with('_') && rest.len() == 20) {
        return Ok(());
    }
    let what = format!("{}: it belongs to another queue manager, {}", paths.data.display(), ini.qmid);
    Err(Refusal::Data(io::Error::new(io::ErrorKind::InvalidData, what)))
}

/// The owner of a log that is being made.
pub fn owner(paths: &QmgrPaths, log: &Path, qmid: &str, data_id: &str, start: String) -> LogOwner {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    LogOwner {
        name: paths.name.clone(),
        qmid: qmid.to_owned(),
        data_id: data_id.to_owned(),
        start,
        data: whole(&paths.data),
        log: whole(log),
    }
}

/// The directory of the extents, below the log directory.
pub fn open_log(log: &Path) -> io::Result<RealDisk> {
    RealDisk::open(log.join("active"))
}

/// Takes the locks of a log, whoever it belongs to.
pub fn hold_log(paths: &QmgrPaths, log: &Path) -> Result<RealDisk, Refusal> {
    let owners = check_data(paths).map_err(Refusal::Data)?;
    let disk = look_at_log(log, owners)?;
    hold(&disk, log, owners)?;
    Ok(disk)
}

/// That nobody but its owner may write the data directory, and what is gone by in it.
fn check_data(paths: &QmgrPaths) -> io::Result<Owners> {
    let owners = Owners::of(&paths.data)?;
    owners.check_mqs_ini(&paths.prefix)?;
    owners.check_path(&paths.data)?;
    for file in [paths.qm_ini(), paths.lock(), paths.pairing(), paths.passwords(), paths.errors()] {
        owners.check_path(&file)?;
    }
    Ok(owners)
}

fn look_at_log(log: &Path, owners: Owners) -> Result<RealDisk, Refusal> {
    let exposed = |error: io::Error| Refusal::Log(error.into());
    owners.check_path(log).map_err(exposed)?;
    owners.check_path(&log.join("active")).map_err(exposed)?;
    let disk = open_log(log).map_err(|error| Refusal::Log(error.into()))?;
    disk.check_files(owners).map_err(|why| not_held(why, log))?;
    Ok(disk)
}

fn hold(disk: &RealDisk, log: &Path, owners: Owners) -> Result<(), Refusal> {
    disk.check_files(owners).and_then(|()| disk.hold()).map_err(|why| not_held(why, log))
}

/// Where the data directory knows more than the control file tells: that the log really goes so far.
fn check_end(disk: &Arc<RealDisk>, log: &Path, pairing: &Pairing, found: Position) -> Result<(), Refusal> {
    let known = pairing.known;
    if known.durable <= found.durable {
        return Ok(());
    }
    let end = store::end(Arc::clone(disk)).map_err(Refusal::Log)?;
    if known.durable <= end {
        return Ok(());
    }
    let log_at = Position { durable: end, ..found };
    Err(Refusal::NotOurs(log.to_path_buf(), Mismatch::Older { log: log_at, known }))
}

fn not_held(why: NotHeld, log: &Path) -> Refusal {
    match why {
        NotHeld::InUse => log_in_use(log),
        NotHeld::Linked(file) => Refusal::Linked(log.to_path_buf(), file),
        NotHeld::Io(error) => Refusal::Log(error.into()),
    }
}

fn log_in_use(log: &Path) -> Refusal {
    Refusal::LogInUse(log.to_path_buf(), log_owner(log).ok().flatten().map(Box::new))
}

/// What the log says of itself, if it is this data directory's.
fn check_owner(
    disk: &RealDisk,
    paths: &QmgrPaths,
    ini: &QmIni,
    pairing: Option<&Pairing>,
) -> Result<Ownership, Refusal> {
    let found = store::ownership(disk).map_err(Refusal::Log)?;
    pairing::check(paths, ini, pairing, LogOwner::decode(&found.owner).as_ref(), found.position)
        .map_err(|mismatch| Refusal::NotOurs(ini.log_path.clone(), mismatch))?;
    Ok(found)
}

/// Takes the lock of the data directory.
pub fn take_data(paths: &QmgrPaths) -> Result<DataLock, Refusal> {
    if !paths.data.is_dir() {
        let what = format!("{}: the directory is not there", paths.data.display());
        return Err(Refusal::Data(io::Error::new(io::ErrorKind::NotFound, what)));
    }
    match LockFile::try_take(&paths.lock()) {
        Ok(Some(lock)) => Ok(DataLock(Arc::new(Mutex::new(lock)))),
        Ok(None) => Err(Refusal::Running),
        Err(error) => Err(Refusal::Data(error)),
    }
}

/// Whose log this is, as far as it says so. Takes no lock.
pub fn log_owner(log: &Path) -> Result<Option<LogOwner>, store::Error> {
    let disk = open_log(log)?;
    Ok(LogOwner::decode(&store::ownership(&disk)?.owner))
}

/// The process that holds the data directory.
///
/// `active` says pid, start of the process in ticks since boot, boot and host. None: nobody holds it, it runs
/// elsewhere, or it has not said so yet; a process that has only been given the number again is not believed.
pub fn process(paths: &QmgrPaths) -> Option<u32> {
    process_at(&paths.lock())
}

fn process_at(active: &Path) -> Option<u32> {
    if !lock::is_held(active).ok()? {
        return None;
    }
    let said = files::read(active).ok()?;
    let mut words = said.split_whitespace();
    let (pid, start, boot) = (words.next()?.parse::<u32>().ok()?, words.next()?, words.next()?);
    (boot == boot_id() && process_start(pid)? == start).then_some(pid)
}

/// The host whose process holds the data directory, if it is another one. One that has the same name and another boot
/// is this one before it was booted.
pub fn other_host(paths: &QmgrPaths) -> Option<String> {
    if !lock::is_held(&paths.lock()).ok()? {
        return None;
    }
    let said = files::read(&paths.lock()).ok()?;
    let mut words = said.split_whitespace().skip(2);
    let (boot, host) = (words.next()?, words.next()?);
    (boot != boot_id() && host != crate::users::host()).then(|| host.to_owned())
}

fn say_who(active: &LockFile) -> io::Result<()> {
    let pid = std::process::id();
    let start = process_start(pid).unwrap_or_else(|| "-".to_owned());
    say(active, &format!("{pid} {start} {} {}\n", boot_id(), crate::users::host()))
}

/// Needs no space on a full disk, once something has been said.
fn say(active: &LockFile, line: &str) -> io::Result<()> {
    files::write_over(active.file(), line.as_bytes())
}

fn boot_id() -> String {
    let id = files::system("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    if id.trim().is_empty() { "-".to_owned() } else { id.trim().to_owned() }
}

/// Field 22 of `/proc/<pid>/stat`; the second one may have blanks and parentheses of its own.
fn process_start(pid: u32) -> Option<String> {
    let stat = files::system(format!("/proc/{pid}/stat")).ok()?;
    let rest = stat.rsplit_once(')')?.1;
    rest.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests;
