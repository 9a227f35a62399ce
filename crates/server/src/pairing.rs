//! Which log and which data directory belong together.
//!
//! ```text
//! <data>/pairing                           in each control file of the log
//! Pairing:                                 LogOwner:
//!    DataId=<hex>                             QMgrName=  QMgrId=  DataId=
//!    Start=<hex>  NextStart=<hex>             Start=<hex>
//!    Adopt=Yes                                DataPath=  LogPath=
//!    Epoch=  Sequence=  Lsn=
//! ```
//!
//! The *data id* is drawn when a queue manager is created; it tells two queue managers apart whatever they are
//! called. A *start* is drawn by each start, and tells copies of one queue manager apart: of two that share a
//! log, or of two logs that share a data directory, only those go together that made the last start.
//!
//! ```text
//! start:  data {Start: a, NextStart: b} ─► log {Start: b} ─► data {Start: b}        each durable before the next
//! ```
//!
//! How far the log has come is noted in the data directory too, at each start, after each checkpoint and at the end,
//! and always after it is durable in the log: a log that has not come so far is a copy from before.
//!
//! So an interrupted start leaves a pair that fits, and nothing else does: a copy of the data directory, or of the
//! log, that was made before has another start. Paths are not part of the identity, with one exception: while
//! the data directory that a log names is still there, and the log is still where that left it, a copy of the
//! data directory does not take the log over.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use store::{Epoch, Lsn, Position};

use crate::files;
use crate::ini::{Ini, Stanza};
use crate::paths::QmgrPaths;
use crate::qm_ini::QmIni;

/// Sixteen random bytes, in hex.
pub fn draw() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// The data directory's half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// Identity of the data directory.
    pub data_id: String,
    /// The last start.
    pub start: String,
    /// The one that was under way when this was written.
    pub next_start: Option<String>,
    /// An administrator has said that the log is this one's.
    pub is_adopted: bool,
    /// How far the log has come at least.
    pub known: Position,
}

impl Pairing {
    /// Reads it; none: the queue manager was created before there were pairings.
    pub fn load(paths: &QmgrPaths) -> io::Result<Option<Self>> {
        Self::load_from(&paths.pairing())
    }

    fn load_from(file: &Path) -> io::Result<Option<Self>> {
        let text = match files::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let pairing = Ini::parse(&text).ok().and_then(|ini| {
            let text = |key| ini.value("Pairing", key).map(str::to_owned);
            // Not noted by earlier versions.
            let number = |key| ini.value("Pairing", key).map_or(Some(0), |text| text.parse::<u64>().ok());
            let known = Position {
                epoch: Epoch(u32::try_from(number("Epoch")?).ok()?),
                sequence: number("Sequence")?,
                durable: Lsn(number("Lsn")?),
            };
            Some(Self {
                known,
                data_id: text("DataId")?,
                start: text("Start")?,
                next_start: text("NextStart"),
                is_adopted: text("Adopt").is_some_and(|yes| yes.eq_ignore_ascii_case("yes")),
            })
        });
        pairing.map(Some).ok_or_else(|| {
            let what = format!(
                "{}: it does not say which log belongs to the data directory. \
                                Take it from a backup, or remove it and run 'packhorse adopt'",
                file.display()
            );
            io::Error::new(io::ErrorKind::InvalidData, what)
        })
    }

    /// Replaces it, durably.
    pub fn save(&self, paths: &QmgrPaths) -> io::Result<()> {
        let mut stanza = Stanza::new("Pairing").with("DataId", &self.data_id).with("Start", &self.start);
        if let Some(next) = &self.next_start {
            stanza.set("NextStart", next);
        }
        if self.is_adopted {
            stanza.set("Adopt", "Yes");
        }
        stanza.set("Epoch", self.known.epoch.0.to_string());
        stanza.set("Sequence", self.known.sequence.to_string());
        stanza.set("Lsn", self.known.durable.to_string());
        let text = Ini { stanzas: vec![stanza] }.print();
        files::Directory::open(&paths.data)?.exchange("pairing", text.as_bytes(), files::MODE)
    }
}

/// The log's half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOwner {
    /// Name of the queue manager.
    pub name: String,
    /// QMID.
    pub qmid: String,
    /// [`Pairing::data_id`].
    pub data_id: String,
    /// The last start.
    pub start: String,
    /// Where its data directory was then.
    pub data: PathBuf,
    /// Where the log was.
    pub log: PathBuf,
}

impl LogOwner {
    /// What a control file has; none: no start has written an owner into it yet.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let ini = Ini::parse(std::str::from_utf8(bytes).ok()?).ok()?;
        let text = |key| ini.value("LogOwner", key).map(str::to_owned);
        Some(Self {
            name: text("QMgrName")?,
            qmid: text("QMgrId")?,
            data_id: text("DataId")?,
            start: text("Start")?,
            data: text("DataPath")?.into(),
            log: text("LogPath")?.into(),
        })
    }

    /// As [`Self::decode`] reads it.
    pub fn encode(&self) -> Vec<u8> {
        let stanza = Stanza::new("LogOwner")
            .with("QMgrName", &self.name)
            .with("QMgrId", &self.qmid)
            .with("DataId", &self.data_id)
            .with("Start", &self.start)
            .with("DataPath", self.data.display().to_string())
            .with("LogPath", self.log.display().to_string());
        Ini { stanzas: vec![stanza] }.print().into_bytes()
    }
}

/// Why a log does not belong to a data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Another queue manager's.
    Another {
        /// Its name.
        name: String,
        /// Its data directory.
        data: PathBuf,
    },
    /// This queue manager's, but one of the two has been used since with another copy of the other.
    Parted {
        /// The data directory that the log was last used with.
        data: PathBuf,
    },
    /// The log has not come as far as is known: it is a copy from before.
    Older {
        /// How far the log has come.
        log: Position,
        /// How far it had come.
        known: Position,
    },
    /// A copy of the data directory that the log goes with, which is still there.
    Copy {
        /// The one that the log goes with.
        original: PathBuf,
    },
    /// Only one of the two says what it belongs to.
    Unknown,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Another { name, data } => write!(
                f,
                "it belongs to another queue manager, '{name}' with the data directory {}. Correct LogPath in \
                 qm.ini; two queue managers never share a log",
                data.display()
            ),
            Self::Parted { data } => write!(
                f,
                "data directory and log are of the same queue manager but not of the same time: one of them is a \
                 copy, and the other has been used since (the log last with {}). Use the directories that belong \
                 together; if these are the ones to go on with, 'packhorse adopt' says so",
                data.display()
            ),
            Self::Older { log, known } => write!(
                f,
                "it is older than the data directory knows: it has come to {}, and had come to {}. It is a copy that \
                 was made before, and what was put and got since is not in it. Put the log back that was used last; if \
                 that is lost, 'packhorse adopt' goes on with this one",
                place(log),
                place(known)
            ),
            Self::Copy { original } => write!(
                f,
                "it belongs to the data directory {}, of which this one is a copy. Copy the log too, and let \
                 LogPath in the copy's qm.ini name it; if the original is no longer used, remove or rename it",
                original.display()
            ),
            Self::Unknown => f.write_str(
                "only one of data directory and log says what it belongs to: one of them is older. Use the \
                 directories that belong together; if these are the ones to go on with, 'packhorse adopt' says so",
            ),
        }
    }
}

fn place(position: &Position) -> String {
    let Position { epoch, sequence, durable } = position;
    format!("start {}, control file {sequence}, LSN {durable}", epoch.0)
}

/// That a log, as far as its control file tells, is not older than what is known of it.
fn check_age(ours: &Pairing, log: Position) -> Result<(), Mismatch> {
    let known = ours.known;
    if (log.epoch, log.sequence) < (known.epoch, known.sequence) {
        return Err(Mismatch::Older { log, known });
    }
    Ok(())
}

/// Whether a log belongs to a data directory. Looks at other directories, and changes nothing.
pub fn check(
    paths: &QmgrPaths,
    ini: &QmIni,
    ours: Option<&Pairing>,
    log: Option<&LogOwner>,
    position: Position,
) -> Result<(), Mismatch> {
    let (ours, log) = match (ours, log) {
        (None, None) => return Ok(()),
        (Some(ours), Some(log)) => (ours, log),
        (None, Some(log)) if log.name != paths.name || log.qmid != ini.qmid => {
            return Err(Mismatch::Another { name: log.name.clone(), data: log.data.clone() });
        }
        (Some(ours), None) if ours.is_adopted => return Ok(()),
        _ => return Err(Mismatch::Unknown),
    };
    if log.name != paths.name || log.qmid != ini.qmid || log.data_id != ours.data_id {
        return Err(Mismatch::Another { name: log.name.clone(), data: log.data.clone() });
    }
    if log.start != ours.start && Some(&log.start) != ours.next_start.as_ref() {
        // The one that lags behind is the copy.
        check_age(ours, position)?;
        return Err(Mismatch::Parted { data: log.data.clone() });
    }
    check_age(ours, position)?;
    let is_copy = !ours.is_adopted
        && !is_same_directory(&log.data, &paths.data)
        && is_same_directory(&log.log, &ini.log_path)
        && Pairing::load_from(&log.data.join("pairing"))
            .is_ok_and(|there| there.is_some_and(|there| there.data_id == ours.data_id));
    if is_copy {
        return Err(Mismatch::Copy { original: log.data.clone() });
    }
    Ok(())
}

/// Whether two paths lead to one directory. Not, if one of them leads nowhere.
pub fn is_same_directory(a: &Path, b: &Path) -> bool {
    let of = |path: &Path| std::fs::metadata(path).map(|meta| (meta.dev(), meta.ino())).ok();
    of(a).is_some_and(|there| Some(there) == of(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(epoch: u32, sequence: u64) -> Position {
        Position { epoch: Epoch(epoch), sequence, durable: Lsn(100) }
    }

    fn pairing() -> Pairing {
        Pairing {
            data_id: "d".into(),
            start: "1".into(),
            next_start: None,
            is_adopted: false,
            known: position(2, 7),
        }
    }

    fn owner() -> LogOwner {
        LogOwner {
            name: "Q".into(),
            qmid: "Q_2026".into(),
            data_id: "d".into(),
            start: "1".into(),
            data: "/nowhere/data".into(),
            log: "/nowhere/log".into(),
        }
    }

    #[test]
    fn both_halves_read_back() {
        let dir = crate::testing::temp_dir("pairing");
        let paths = QmgrPaths {
            name: "Q".into(),
            directory: "Q".into(),
            prefix: dir.path().into(),
            data: dir.path().into(),
        };
        assert_eq!(Pairing::load(&paths).unwrap(), None);
        for pairing in [pairing(), Pairing { next_start: Some("2".into()), is_adopted: true, ..pairing() }] {
            pairing.save(&paths).unwrap();
            assert_eq!(Pairing::load(&paths).unwrap(), Some(pairing));
        }
        std::fs::write(paths.pairing(), "Pairing:\n").unwrap();
        assert!(Pairing::load(&paths).unwrap_err().to_string().contains("pairing"));
        assert_eq!(LogOwner::decode(&owner().encode()), Some(owner()));
        for bytes in [&b""[..], b"\xff", b"LogOwner:\n", b"QMgrName=Q\n"] {
            assert_eq!(LogOwner::decode(bytes), None);
        }
    }

    #[test]
    fn halves_fit_or_say_why_not() {
        let another = Err(Mismatch::Another { name: "Q".into(), data: "/nowhere/data".into() });
        let parted = Err(Mismatch::Parted { data: "/nowhere/data".into() });
        let with = |change: fn(&mut Pairing)| {
            let mut pairing = pairing();
            change(&mut pairing);
            Some(pairing)
        };
        let unlike = |change: fn(&mut LogOwner)| {
            let mut owner = owner();
            change(&mut owner);
            Some(owner)
        };
        type Row = (&'static str, Option<Pairing>, Option<LogOwner>, Result<(), Mismatch>);
        let rows: [Row; 11] = [
            ("from before there were pairings", None, None, Ok(())),
            ("a pair", Some(pairing()), Some(owner()), Ok(())),
            (
                "start interrupted, log not told",
                with(|p| p.next_start = Some("2".into())),
                Some(owner()),
                Ok(()),
            ),
            (
                "start interrupted, log told",
                with(|p| (p.start, p.next_start) = ("0".into(), Some("1".into()))),
                Some(owner()),
                Ok(()),
            ),
            ("another start", with(|p| p.start = "2".into()), Some(owner()), parted.clone()),
            ("another id", with(|p| p.data_id = "e".into()), Some(owner()), another.clone()),
            ("another QMID", Some(pairing()), unlike(|o| o.qmid = "Q_2027".into()), another.clone()),
            (
                "another name",
                Some(pairing()),
                unlike(|o| o.name = "R".into()),
                Err(Mismatch::Another { name: "R".into(), data: "/nowhere/data".into() }),
            ),
            ("data older than pairings", None, Some(owner()), Err(Mismatch::Unknown)),
            ("log older than pairings", Some(pairing()), None, Err(Mismatch::Unknown)),
            ("log older than pairings, adopted", with(|p| p.is_adopted = true), None, Ok(())),
        ];
        let dir = crate::testing::temp_dir("fit");
        let paths = QmgrPaths {
            name: "Q".into(),
            directory: "Q".into(),
            prefix: dir.path().into(),
            data: dir.path().into(),
        };
        std::fs::write(paths.qm_ini(), "Identity:\n QMgrId=Q_2026\nLog:\n LogPath=/somewhere/log\n").unwrap();
        let ini = QmIni::load(&paths).unwrap();
        for (row, ours, log, want) in rows {
            assert_eq!(check(&paths, &ini, ours.as_ref(), log.as_ref(), position(2, 7)), want, "{row}");
        }
        // How far the log has come, and whether that is far enough; of the same start, and of another.
        for (log, is_enough) in [
            ((2, 7), true),
            ((2, 8), true),
            ((3, 8), true),
            ((2, 6), false),
            ((1, 7), false),
            ((0, 0), false),
        ] {
            let log = position(log.0, log.1);
            let older = Mismatch::Older { log, known: position(2, 7) };
            let want = if is_enough { Ok(()) } else { Err(older.clone()) };
            assert_eq!(check(&paths, &ini, Some(&pairing()), Some(&owner()), log), want);
            let other = unlike(|o| o.start = "0".into());
            let want = if is_enough { parted.clone() } else { Err(older) };
            assert_eq!(check(&paths, &ini, Some(&pairing()), other.as_ref(), log), want);
        }
    }
}
