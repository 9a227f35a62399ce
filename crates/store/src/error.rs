//! What can go wrong, one variant for each thing that a caller does differently.

use std::{fmt, io};

use crate::extent;
use crate::lsn::Lsn;

/// Why the log cannot be used, or can be used no more.
#[derive(Debug)]
pub enum Error {
    /// The disk refused a read, a write or a force. After a failed write or force the process ends:
    /// what the disk holds is known only after reading it again.
    Io(io::Error),
    /// Something that had been durable is not what was written. Nothing has been cut.
    Damaged {
        /// Position that can no longer be read.
        lsn: Lsn,
        /// Number of the extent.
        extent: u32,
        /// Offset in the extent, in bytes.
        offset: u64,
        /// What was found.
        what: &'static str,
    },
    /// A file has the name of an extent that it does not hold. Nothing has been cut.
    Misplaced {
        /// The extent that is wanted.
        extent: u32,
        /// What the file of this name holds, if it is another one.
        holds: Option<u32>,
        /// The file that holds the extent, if there is one.
        found_in: Option<u32>,
    },
    /// No control file can be used.
    Control(&'static str),
    /// A record of a kind that this version does not know: a newer version has written the log.
    UnknownKind {
        /// Where the record is.
        lsn: Lsn,
        /// The number of its kind.
        kind: u8,
    },
    /// There is a log already where one was to be made.
    Exists,
    /// All epochs are used up.
    EpochsUsedUp,
    /// The settings contradict each other.
    Config(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // It says which file it is about.
            Self::Io(error) => error.fmt(f),
            Self::Damaged { lsn, extent, offset, what } => {
                let file = extent::file_name(*extent);
                write!(f, "damaged at {file}, offset {offset}, LSN {lsn}: {what}")
            }
            Self::Misplaced { extent, holds, found_in } => {
                let file = extent::file_name(*extent);
                match holds {
                    Some(holds) => write!(f, "{file} holds extent {holds}")?,
                    None => write!(f, "{file} does not hold extent {extent}")?,
                }
                if let Some(found_in) = found_in {
                    write!(f, ", and extent {extent} is in {}", extent::file_name(*found_in))?;
                }
                f.write_str(
                    ": files were renamed, or copied over each other. Each takes the number that it holds",
                )
            }
            Self::Control(what) => write!(f, "control files: {what}"),
            Self::UnknownKind { lsn, kind } => {
                write!(f, "log record of unknown kind {kind} at LSN {lsn}: written by a newer version")
            }
            Self::Exists => f.write_str("there is a log already"),
            Self::EpochsUsedUp => f.write_str("the log has been started too often"),
            Self::Config(why) => write!(f, "log settings: {why}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
