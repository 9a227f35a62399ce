//! One running instance of a queue manager, from its lock to its end.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use channel::client::QueueManager;
use mqi::Chars;
use mqsc::catalog;

use crate::checker::Checker;
use crate::clock::{Clock, WallClock as _};
use crate::core::{Core, EndHow, EndNews, LocalLimits, Parts};
use crate::engine::Engine;
use crate::error_log::ErrorLog;
use crate::holding::{Holding, Refusal};
use crate::local_socket::{Door, Place};
use crate::paths::QmgrPaths;
use crate::qm_ini::QmIni;
use crate::restart;
use crate::signals::{EndSignals, Hangup};
use crate::status::{Status, StatusFile};
use crate::waker::Waker;

/// Exit code of a start that was told to end.
const EXIT_ENDED: i32 = 49;

/// How an instance is to run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Start listeners whose CONTROL is QMGR or STARTONLY (`-ns` does not).
    pub services: bool,
    /// Signals end the queue manager in an orderly way; the loss of a terminal does this. None: signals do what they
    /// do to any process.
    pub signals: Option<Hangup>,
    /// A listener that cannot be started ends the start.
    pub needs_listeners: bool,
}

/// What the start says while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A line of the product's.
    Line(String),
    /// Open for connections, on these addresses.
    Ready(Vec<SocketAddr>),
    /// The end has begun, goes further, or waits for others than before.
    Ending(EndNews),
}

/// Why it did not start, or why it ended.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Exit code of the command.
    pub exit: i32,
    /// What to print.
    pub message: String,
}

impl Failure {
    fn new(exit: i32, id: &str, inserts: &[&str]) -> Self {
        let inserts: Vec<String> = inserts.iter().map(|s| (*s).to_owned()).collect();
        let message = catalog::message(id, &inserts);
        Self { exit, message: format!("{}\n{}\n{}", message.text, message.explanation, message.action) }
    }

    fn refused(paths: &QmgrPaths, refusal: &Refusal) -> Self {
        let (exit, id) = refusal.exit();
        match refusal {
            Refusal::QmIni(error) => match QmIni::stray(error) {
                Some((line, file)) => {
                    Self::new(71, "AMQ9224", &[&line.to_string(), &file.display().to_string()])
                }
                None => Self::new(exit, id, &[&paths.name, &refusal.why()]),
            },
            _ => Self::new(exit, id, &[&paths.name, &refusal.why()]),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::new(119, "AMQ7077", &["", &error.to_string()]),
            _ => Self::new(71, "AMQ6090", &[&error.to_string()]),
        }
    }
}

/// Starts a queue manager in this process and runs it to its end.
pub fn run(
    paths: &QmgrPaths,
    options: &RunOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Failure> {
    let mut signals = options.signals.map(EndSignals::catch).transpose()?;
    let (mut holding, ini) = Holding::take(paths).map_err(|refusal| Failure::refused(paths, &refusal))?;
    let sockets = Place::make(paths)?;
    let status = Arc::new(StatusFile::new(paths));
    holding.watch(Arc::clone(&status))?;
    status.tell(Status::Starting)?;
    crate::sys::raise_file_limit();
    crate::sys::no_core_dumps();
    let mut errors = ErrorLog::open(paths.errors(), &paths.name, ini.error_log_size)?;
    let clock = Clock;
    let mut say = |line: String| progress(Progress::Line(line));
    let product = mqi::version::PRODUCT_NAME;
    say(format!("{product} queue manager '{}' starting.", paths.name));
    say("The queue manager is associated with installation 'Installation1'.".to_owned());

    let waker = Waker::new()?;
    let should_stop = || signals.as_ref().is_some_and(EndSignals::have_come);
    let restarted = restart::restart(paths, &ini, &mut holding, &waker, &should_stop).map_err(|error| {
        let (exit, id, why) = match &error {
            restart::Failure::Data(error) => (71, "AMQ7072", error.to_string()),
            // What the system refuses, with the file: it need not be one of the log.
            restart::Failure::Log(store::Error::Io(error)) if error.kind() != io::ErrorKind::InvalidData => {
                (23, "AMQ7017", error.to_string())
            }
            restart::Failure::Log(error) => {
                (23, "AMQ7017", format!("{}: {error}", ini.log_path.join("active").display()))
            }
        };
        errors.write(id, &[paths.name.clone(), why.clone()], &clock);
        match error {
            restart::Failure::Data(error) | restart::Failure::Log(store::Error::Io(error))
                if error.kind() == io::ErrorKind::PermissionDenied =>
            {
                error.into()
            }
            _ => Failure::new(exit, id, &[&paths.name, &why]),
        }
    })?;
    let Some((engine, restarted)) = restarted else {
        status.tell(Status::EndedImmediately)?;
        return Err(Failure::new(EXIT_ENDED, "AMQ8004", &[&paths.name]));
    };
    if let Some(signals) = &mut signals {
        signals.loop_begins();
    }
    restarted.lines(&paths.name).into_iter().for_each(&mut say);
    say("Plain text communication is enabled.".to_owned());

    let mut core = core_of(paths, &ini, (engine, waker, &sockets), signals, errors)?;
    if options.services {
        let failed = core.start_services()?;
        if let Some((port, error)) = failed.first().filter(|_| options.needs_listeners) {
            status.tell(Status::EndedImmediately)?;
            core.abandon()?;
            return Err(Failure::new(71, "AMQ9218", &[&port.to_string(), error]));
        }
    }
    status.tell(Status::Running)?;
    say(format!("{product} queue manager '{}' started using V{}.", paths.name, mqi::version::VRMF));
    progress(Progress::Ready(core.addresses()));

    let result = core.run(&mut |news| {
        // They are for readers only; their loss is no reason not to end.
        let _ = status.tell_waiting(ending(news.how), &news.waited_for);
        progress(Progress::Ending(news));
    });
    match result {
        Ok(how) => {
            if how == EndHow::Preemptive {
                // Its threads may hang in what made this necessary: they end with the process.
                std::mem::forget(core);
            } else {
                drop(core);
            }
            // Without it the data directory knows less of the log, and the end is as orderly.
            if let Err(error) = holding.note_progress() {
                eprintln!("{}: {error}", paths.name);
            }
            // The lock goes next: until then a reader would take this for a start.
            status.tell(ended(how))?;
            Ok(())
        }
        Err(error) => {
            // What the disk holds is known only after reading it again: nothing more may be answered, nothing
            // may be written. The status is left as it is, so that the end shows as unexpected.
            core.log_failure(&error);
            eprintln!("{}: the log cannot be written: {error}", paths.name);
            std::process::exit(71)
        }
    }
}

/// The core of a queue manager whose log has been read.
fn core_of(
    paths: &QmgrPaths,
    ini: &QmIni,
    (engine, waker, sockets): (Engine, Waker, &Arc<Place>),
    signals: Option<EndSignals>,
    errors: ErrorLog,
) -> io::Result<Core> {
    let local = Door::ALL.map(|door| sockets.listen(door)).into_iter().collect::<io::Result<_>>()?;
    Core::new(Parts {
        engine,
        checker: Checker::start(paths.passwords(), waker.clone())?,
        waker,
        local,
        signals,
        qmgr: QueueManager {
            name: Chars::from_str_padded(&paths.name),
            id: Chars::from_str_padded(&ini.qmid),
            ccsid: 819,
            process_id: std::process::id(),
        },
        owner: crate::users::name_of(crate::users::current()),
        channels_max: ini.channels_max,
        local_limits: LocalLimits { user_max: ini.local_user_max, all_max: ini.local_max },
        status: status_figures(paths, ini, &Clock),
        errors,
    })
}

/// A queue manager that a fuzz target drives turn by turn, and what must be kept as long as it runs.
#[cfg(feature = "fuzzing")]
pub fn start_for_fuzzing(paths: &QmgrPaths) -> io::Result<(Core, Holding)> {
    let (mut holding, ini) = Holding::take(paths).map_err(|refusal| io::Error::other(refusal.why()))?;
    let errors = ErrorLog::open(paths.errors(), &paths.name, ini.error_log_size)?;
    let waker = Waker::new()?;
    let restarted = restart::restart(paths, &ini, &mut holding, &waker, &|| false);
    let Ok(Some((engine, _))) = restarted else { return Err(io::Error::other("the log cannot be read")) };
    Ok((core_of(paths, &ini, (engine, waker, &Place::make(paths)?), None, errors)?, holding))
}

fn ending(how: EndHow) -> Status {
    match how {
        EndHow::Quiesce => Status::Quiescing,
        EndHow::Immediate => Status::EndingImmediately,
        EndHow::Preemptive => Status::EndingPreemptively,
    }
}

fn ended(how: EndHow) -> Status {
    match how {
        EndHow::Quiesce => Status::EndedNormally,
        EndHow::Immediate => Status::EndedImmediately,
        EndHow::Preemptive => Status::EndedPreemptively,
    }
}

/// Where this program is.
fn installation_path() -> String {
    let program = std::env::current_exe().ok();
    program.as_deref().and_then(Path::parent).map(|path| path.display().to_string()).unwrap_or_default()
}

/// What DISPLAY QMSTATUS shows of files and process.
fn status_figures(paths: &QmgrPaths, ini: &QmIni, clock: &Clock) -> Vec<(String, String)> {
    let date = crate::clock::Date::of(clock.now_ms());
    let mut started = String::new();
    let _ = write!(started, "{:04}-{:02}-{:02}", date.year, date.month, date.day);
    let log_type = match ini.log_type {
        crate::qm_ini::LogType::Circular => "CIRCULAR",
        _ => "LINEAR",
    };
    [
        ("DATPATH", paths.data.display().to_string()),
        ("HOSTNAME", crate::users::host()),
        ("INSTNAME", "Installation1".to_owned()),
        ("INSTDESC", String::new()),
        ("INSTPATH", installation_path()),
        ("LOGPATH", format!("{}/", ini.log_path.display())),
        ("LOGTYPE", log_type.to_owned()),
        ("LOGPRIM", ini.primary_files.to_string()),
        ("LOGSEC", ini.secondary_files.to_string()),
        ("LOGEXTSZ", (u64::from(ini.file_pages) * 4).to_string()),
        ("STARTDA", started),
        ("STARTTI", format!("{:02}.{:02}.{:02}", date.hour, date.minute, date.second)),
        ("STANDBY", "NOPERMIT".to_owned()),
    ]
    .into_iter()
    .map(|(keyword, value)| (keyword.to_owned(), value))
    .collect()
}
