//! From a log directory to a running engine: what happens at every start.

use std::io;
use std::sync::Arc;

use mqi::name::ObjectName;
use qmgr::{Kernel, KernelConfig, Output, Outputs, RecordingEntry};
use store::{Item, Recovery, Statistics};

use crate::clock::{Clock, WallClock as _};
use crate::engine::{Engine, ScratchSettings};
use crate::holding::Holding;
use crate::paths::QmgrPaths;
use crate::qm_ini::{LogType, QmIni};
use crate::tape::Tape;
use crate::waker::Waker;

/// What a restart found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restarted {
    /// Records delivered and bytes read.
    pub statistics: Statistics,
    /// Milliseconds it took.
    pub took_ms: u64,
}

impl Restarted {
    /// What is printed of it.
    pub fn lines(&self, name: &str) -> [String; 3] {
        let records = self.statistics.replayed_records;
        [
            format!("{records} log records accessed on queue manager '{name}' during the log replay phase."),
            format!("Log replay for queue manager '{name}' complete."),
            format!("Transaction manager state recovered for queue manager '{name}'."),
        ]
    }
}

/// The store's settings, from `qm.ini`.
pub fn log_config(ini: &QmIni) -> store::Config {
    store::Config {
        extent_pages: ini.file_pages,
        primary: ini.primary_files,
        secondary: ini.secondary_files,
        log_type: match ini.log_type {
            LogType::Circular => store::LogType::Circular,
            LogType::LinearManual => store::LogType::Linear,
            LogType::LinearAutomatic => store::LogType::LinearAutomatic,
        },
        store_max: (ini.store_max > 0).then_some(ini.store_max),
        // One thread forces one group after the other: what is appended meanwhile goes out together.
        in_flight_max: 1,
        ..store::Config::default()
    }
}

/// Why a start came to nothing.
#[derive(Debug)]
pub enum Failure {
    /// The data directory could not be written.
    Data(io::Error),
    /// The log cannot be used.
    Log(store::Error),
}

impl<E: Into<store::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Log(error.into())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Data(error) => error.fmt(f),
            Self::Log(error) => error.fmt(f),
        }
    }
}

/// Recovers kernel and log and puts them to work. None: it is to go no further, so `should_stop` said; what was
/// read is left as it is.
pub fn restart(
    paths: &QmgrPaths,
    ini: &QmIni,
    holding: &mut Holding,
    waker: &Waker,
    should_stop: &dyn Fn() -> bool,
) -> Result<Option<(Engine, Restarted)>, Failure> {
    let clock = Clock;
    let begun = clock.now();
    let disk = Arc::clone(holding.disk());
    let owner = Some(holding.begin().map_err(Failure::Data)?);
    let mut recovery = Recovery::open(Arc::clone(&disk), store::Config { owner, ..log_config(ini) })?;
    holding.has_begun(recovery.position()).map_err(Failure::Data)?;
    let mut hash_key = [0; 16];
    getrandom::fill(&mut hash_key).map_err(|error| io::Error::other(error.to_string()))?;
    let name = ObjectName::parse(&paths.name)
        .map_err(|_| io::Error::other(format!("'{}' is not a queue manager name", paths.name)))?;
    let config = KernelConfig {
        name,
        qmid: ini.qmid.clone(),
        epoch: recovery.epoch().0,
        hash_key,
        created_wall_ms: ini.created_wall_ms,
        started_wall_ms: clock.now_ms(),
        memory_max: usize::try_from(ini.message_memory()).unwrap_or(usize::MAX),
        owner: crate::users::name_of(crate::users::current()),
        command_level: ini.command_level,
    };
    let mut tape = Tape::open(&config)?;
    let mut kernel = Kernel::new(config);
    let mut dead = Vec::new();
    while let Some(item) = recovery.next()? {
        if should_stop() {
            return Ok(None);
        }
        if let Some(tape) = &mut tape {
            tape.entry(&entry_of(&item), begun)?;
        }
        match item {
            Item::State(state) => kernel.recover_state(state).map_err(unreadable)?,
            Item::Live(live) => {
                kernel
                    .recover_live(live.lsn, live.len, live.kind, live.flags, live.head)
                    .map_err(unreadable)?;
            }
            Item::Record { lsn, record } => {
                kernel.recover_record(lsn, &record, &mut dead).map_err(unreadable)?;
            }
        }
        if let Some(tape) = &mut tape {
            let outputs: Outputs =
                dead.iter().map(|(lsn, len)| Output::Release { lsn: *lsn, len: *len }).collect();
            tape.outputs(&outputs)?;
        }
        for (lsn, len) in dead.drain(..) {
            recovery.release(lsn, len);
        }
    }
    let (log, statistics) = recovery.finish()?;
    let mut outputs = Outputs::new();
    let at = clock.now();
    if let Some(tape) = &mut tape {
        tape.entry(&RecordingEntry::Recovered { lsn_next: log.lsn_next() }, at)?;
    }
    kernel.recover_done(log.lsn_next(), at, &mut outputs);
    if let Some(tape) = &mut tape {
        tape.outputs(&outputs)?;
    }
    let scratch = ScratchSettings { path: &paths.scratch(), bytes_max: ini.scratch_max };
    let mut engine = Engine::new(kernel, log, disk, ini.log_sink, waker, tape, scratch)?;
    engine.tell(holding.progress());
    engine.carry_out_all(outputs);
    let took_ms = clock.now().mono.0 - begun.mono.0;
    Ok(Some((engine, Restarted { statistics, took_ms })))
}

/// What the kernel is told of an item, as a recording has it.
fn entry_of(item: &Item<'_>) -> RecordingEntry {
    match item {
        Item::State(state) => RecordingEntry::State(state.to_vec()),
        Item::Live(live) => RecordingEntry::Live {
            lsn: live.lsn,
            len: live.len,
            kind: live.kind,
            flags: live.flags,
            head: live.head.to_vec(),
        },
        Item::Record { lsn, record } => RecordingEntry::Record { lsn: *lsn, record: record.to_record() },
    }
}

/// A record whose checksum is right and whose content is not: a newer version wrote it, or this one is wrong.
fn unreadable(error: qmgr::RecoveryError) -> store::Error {
    store::Error::Io(io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
}
