//! `PACKHORSE_RECORD=FILE`: everything that the kernel is told, so that another process can tell it to another
//! kernel and compare what came out (`packhorse replay FILE`).
//!
//! Each start writes a file of its own, `FILE.<epoch>`, with the digest of the outputs so far after each input, and at
//! an orderly end the digest of all outputs to `FILE.<epoch>.digest`. Recording is for diagnosis and tests: message bodies are in the file.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use qmgr::time::Time;
use qmgr::{Digest, Input, KernelConfig, Output, Recorder, RecordingEntry};

use crate::files;

/// The open recording.
pub struct Tape {
    recorder: Recorder,
    digest: Digest,
    file: File,
    path: PathBuf,
}

impl Tape {
    /// Begins a recording if the environment asks for one.
    pub fn open(config: &KernelConfig) -> io::Result<Option<Self>> {
        let Some(name) = std::env::var_os("PACKHORSE_RECORD").filter(|n| !n.is_empty()) else {
            return Ok(None);
        };
        let mut path = PathBuf::from(name).into_os_string();
        path.push(format!(".{}", config.epoch));
        let path = PathBuf::from(path);
        let file = make(&path)?;
        let mut tape = Self { recorder: Recorder::new(config), digest: Digest::default(), file, path };
        tape.write()?;
        Ok(Some(tape))
    }

    /// Writes what the kernel is about to be told.
    pub fn entry(&mut self, entry: &RecordingEntry, at: Time) -> io::Result<()> {
        self.recorder.add(entry, at).map_err(|error| io::Error::other(error.to_string()))?;
        self.write()
    }

    /// The same for an input.
    pub fn input(&mut self, input: &Input, at: Time) -> io::Result<()> {
        self.entry(&RecordingEntry::Input(Box::new(input.clone())), at)
    }

    /// What came of it. It is written with what comes next.
    pub fn outputs(&mut self, outputs: &[Output]) -> io::Result<()> {
        if outputs.is_empty() {
            return Ok(());
        }
        self.digest.add(outputs);
        let said = RecordingEntry::Said(self.digest.value());
        self.recorder.add(&said, Time::default()).map_err(|error| io::Error::other(error.to_string()))
    }

    fn write(&mut self) -> io::Result<()> {
        self.file.write_all(&self.recorder.take())
    }

    /// Writes the digest of all outputs.
    pub fn end(&mut self) -> io::Result<()> {
        self.write()?;
        let mut path = self.path.clone().into_os_string();
        path.push(".digest");
        make(path.as_ref())?.write_all(format!("{:016x}\n", self.digest.value()).as_bytes())
    }
}

/// Whoever asks for a recording may name a pipe.
fn make(path: &std::path::Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(true).mode(files::MODE_SECRET).open(path)
}

/// Tells a recording to a new kernel; fails where other outputs come out than were recorded. Returns the digest of everything that came out.
pub fn replay(path: &std::path::Path) -> io::Result<String> {
    let bytes = std::fs::read(path)?;
    let digest = qmgr::Replay::new(&bytes).and_then(qmgr::Replay::run);
    digest.map(|digest| format!("{digest:016x}")).map_err(|error| io::Error::other(error.to_string()))
}
