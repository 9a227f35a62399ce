//! Creating a queue manager: directories, `qm.ini`, an empty log, the default objects, its stanza.
//!
//! Both directories are marked as unfinished until the stanza is there: what a creation that was interrupted leaves
//! does not start, and the next one of that name takes its place, or `dltmqm` removes it. A directory that has
//! anything else in it is not touched, whether its queue manager is known here or not.

use std::io;
use std::path::{Path, PathBuf};

use mqi::name::ObjectName;

use crate::clock::{Clock, Date, WallClock as _};
use crate::control::claim::{self, Claim};
use crate::files;
use crate::holding::{self, DataLock};
use crate::ini::{Ini, Stanza};
use crate::offline::Offline;
use crate::paths::{QmgrPaths, Root};
use crate::qm_ini::{LogType, QmIni};
use crate::status::{self, Status};

/// What `crtmqm` was told. None: the default.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the queue manager.
    pub name: String,
    /// `-q`
    pub is_default: bool,
    /// `-c`
    pub description: Option<String>,
    /// `-d`
    pub default_transmission_queue: Option<String>,
    /// `-u`
    pub dead_letter_queue: Option<String>,
    /// `-h`
    pub handles_max: Option<u32>,
    /// `-x`
    pub uncommitted_max: Option<u32>,
    /// `-t`, milliseconds
    pub trigger_interval: Option<u32>,
    /// `-lc`, `-ll`, `-lla`
    pub log_type: LogType,
    /// `-lf`
    pub file_pages: Option<u32>,
    /// `-lp`
    pub primary_files: Option<u32>,
    /// `-ls`
    pub secondary_files: Option<u32>,
    /// `-ld`
    pub log_directory: Option<PathBuf>,
    /// `-md`
    pub data_directory: Option<PathBuf>,
    /// `-p`: the address that the listener is bound to (`*`: every one), and its port.
    pub listener: Option<(String, u16)>,
}

impl Options {
    /// A queue manager with nothing but a name.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            is_default: false,
            description: None,
            default_transmission_queue: None,
            dead_letter_queue: None,
            handles_max: None,
            uncommitted_max: None,
            trigger_interval: None,
            log_type: LogType::Circular,
            file_pages: None,
            primary_files: None,
            secondary_files: None,
            log_directory: None,
            data_directory: None,
            listener: None,
        }
    }
}

/// Why it was not created.
#[derive(Debug)]
pub enum Failure {
    /// There is one of that name.
    Exists,
    /// The name is not one.
    Name,
    /// The log's figures contradict each other.
    LogSize(String),
    /// The log directory cannot be used.
    LogPath(String),
    /// The data directory cannot be used.
    DataPath(String),
    /// It was created, but could not be made the default.
    Default(io::Error),
    /// A file could not be made; what was made is taken away.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Creates it, saying so line by line as the product does.
pub fn create(root: &Root, options: &Options, say: &mut dyn FnMut(&str)) -> Result<QmgrPaths, Failure> {
    ObjectName::parse(&options.name).map_err(|_| Failure::Name)?;
    let _others = root.lock_mqs_ini()?;
    let existing = root.queue_managers()?;
    if existing.iter().any(|q| q.name == options.name) {
        return Err(Failure::Exists);
    }
    let directory = root.directory_for(&options.name, &existing);
    let data = match &options.data_directory {
        Some(dir) => absolute(dir)?.join(&directory),
        None => root.path().join("qmgrs").join(&directory),
    };
    let log_base = match &options.log_directory {
        Some(dir) => absolute(dir)?,
        None => root.path().join("log"),
    };
    let log = log_base.join(&directory);
    let paths = QmgrPaths { name: options.name.clone(), directory, prefix: root.path().to_path_buf(), data };

    files::create_dirs(&root.path().join("errors"))?;
    if options.data_directory.is_none() {
        // Whoever connects looks whose the data directory is, which he need not be able to read.
        files::create_public_dirs(&root.path().join("qmgrs"))?;
    }
    let claims = claim(&paths, &log)?;
    let made = prepare(&paths, &log, options).and_then(|active| {
        say(&format!("{} queue manager '{}' created.", mqi::version::PRODUCT_NAME, paths.name));
        say(&format!("Directory '{}' created.", paths.data.display()));
        say("The queue manager is associated with installation 'Installation1'.");
        default_objects(&paths, active, options, say)?;
        Ok(status::write(&paths, Status::EndedImmediately)?)
    });
    if let Err(failure) = made {
        claims.into_iter().for_each(|claim| drop(claim.remove()));
        return Err(failure);
    }

    let mut mqs = root.mqs_ini()?;
    if mqs.stanza("AllQueueManagers").is_none() {
        let prefix = root.path().display().to_string();
        mqs.stanzas.insert(0, Stanza::new("AllQueueManagers").with("DefaultPrefix", prefix));
    }
    mqs.stanzas.push(paths.stanza());
    root.write_mqs_ini(&mqs)?;
    // Known first: what is interrupted here can be deleted by its name.
    claims.into_iter().try_for_each(Claim::finish)?;
    if options.is_default {
        mqs.stanzas.retain(|s| !s.name.eq_ignore_ascii_case("DefaultQueueManager"));
        mqs.stanzas.push(Stanza::new("DefaultQueueManager").with("Name", &paths.name));
        root.write_mqs_ini(&mqs).map_err(Failure::Default)?;
    }
    say("Setup completed.");
    Ok(paths)
}

fn absolute(dir: &Path) -> io::Result<PathBuf> {
    std::path::absolute(dir)
}

/// Both directories, or none.
fn claim(paths: &QmgrPaths, log: &Path) -> Result<[Claim; 2], Failure> {
    if log.starts_with(&paths.data) || paths.data.starts_with(log) {
        let what = "the log and the data of a queue manager need directories of their own";
        return Err(Failure::LogPath(format!("{}: {what}", log.display())));
    }
    let data = Claim::make(&paths.data).map_err(|refusal| match refusal {
        claim::Refusal::Used(what) => Failure::DataPath(what),
        claim::Refusal::Io(error) => Failure::Io(error),
    })?;
    match Claim::make(log) {
        Ok(log) => Ok([data, log]),
        Err(refusal) => {
            let _ = data.remove();
            Err(match refusal {
                claim::Refusal::Used(what) => Failure::LogPath(what),
                claim::Refusal::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => error.into(),
                claim::Refusal::Io(error) => Failure::LogPath(error.to_string()),
            })
        }
    }
}

/// `qm.ini` and an empty log, in the directories that were claimed.
fn prepare(paths: &QmgrPaths, log: &Path, options: &Options) -> Result<DataLock, Failure> {
    let active = holding::take_data(paths).map_err(|refusal| refusal.into_io(""))?;
    files::create_dirs(&paths.errors())?;
    files::create_dirs(&log.join("active")).map_err(|error| Failure::LogPath(error.to_string()))?;
    files::replace(&paths.qm_ini(), qm_ini(paths, log, options).print().as_bytes(), files::MODE)?;
    let ini = QmIni::load(paths)?;
    Offline::create(paths, &ini).map_err(|error| match error {
        store::Error::Config(why) => Failure::LogSize(why),
        store::Error::Io(error) => Failure::Io(error),
        other => Failure::Io(io::Error::other(other.to_string())),
    })?;
    Ok(active)
}

fn qm_ini(paths: &QmgrPaths, log: &Path, options: &Options) -> Ini {
    let number = |given: Option<u32>, default: u32| given.unwrap_or(default).to_string();
    let (log_type, management) = match options.log_type {
        LogType::Circular => ("CIRCULAR", None),
        LogType::LinearManual => ("LINEAR", Some("Manual")),
        LogType::LinearAutomatic => ("LINEAR", Some("Automatic")),
    };
    let mut stanza = Stanza::new("Log")
        .with("LogPrimaryFiles", number(options.primary_files, 3))
        .with("LogSecondaryFiles", number(options.secondary_files, 2))
        .with("LogFilePages", number(options.file_pages, 4096))
        .with("LogType", log_type);
    if let Some(management) = management {
        stanza.set("LogManagement", management);
    }
    stanza.set("LogPath", log.display().to_string());
    let created = Clock.now_ms();
    let identity = Stanza::new("Identity")
        .with("QMgrId", format!("{}_{}", paths.name, Date::of(created).qmid()))
        .with("CreatedMs", created.to_string());
    Ini { stanzas: vec![identity, stanza] }
}

/// Starts the kernel without sockets and runs the script of the default objects through it.
fn default_objects(
    paths: &QmgrPaths,
    active: DataLock,
    options: &Options,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    say(&format!("Creating or replacing default objects for queue manager '{}'.", paths.name));
    let ini = QmIni::load(paths)?;
    let mut offline = Offline::open_unfinished(paths, &ini, active)?;
    let counts = offline.run_script(mqsc::scripts::DEFAULT)?;
    say(&counts.statistics());
    say("Completing setup.");
    offline.run_script(&alterations(options))?;
    offline.close()?;
    Ok(())
}

/// MQSC for what the options say about the queue manager object.
fn alterations(options: &Options) -> String {
    let quote = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut parts = Vec::new();
    let texts = [
        ("DESCR", &options.description),
        ("DEFXMITQ", &options.default_transmission_queue),
        ("DEADQ", &options.dead_letter_queue),
    ];
    for (keyword, value) in texts {
        parts.extend(value.as_ref().map(|value| format!("{keyword}({})", quote(value))));
    }
    let numbers = [
        ("MAXHANDS", options.handles_max),
        ("MAXUMSGS", options.uncommitted_max),
        ("TRIGINT", options.trigger_interval),
    ];
    for (keyword, value) in numbers {
        parts.extend(value.map(|value| format!("{keyword}({value})")));
    }
    let mut script = String::new();
    if !parts.is_empty() {
        script += &format!("ALTER QMGR {}\n", parts.join(" "));
    }
    if let Some((address, port)) = &options.listener {
        script += &format!(
            "DEFINE LISTENER(SYSTEM.LISTENER.TCP.1) TRPTYPE(TCP) IPADDR('{address}') PORT({port}) CONTROL(QMGR) REPLACE\n"
        );
    }
    script
}
