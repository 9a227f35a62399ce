//! Writing a ledger: one file per thread, each line handed to the operating system before the harness goes on.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::event::Event;

/// The clock that all threads of a run share: nanoseconds since it was made.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Instant>);

impl Clock {
    /// Begins now.
    #[expect(clippy::new_without_default, reason = "it reads the time, which a default should not")]
    pub fn new() -> Self {
        Self(Arc::new(Instant::now()))
    }

    /// Nanoseconds since its beginning.
    pub fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The ledger of one thread.
#[derive(Debug)]
pub struct Writer {
    pub(super) file: File,
    calls: u64,
}

impl Writer {
    /// Makes `<directory>/<name>.jsonl`, which must not exist.
    pub fn create(directory: &Path, name: &str) -> io::Result<Self> {
        let file = File::create_new(directory.join(format!("{name}.jsonl")))?;
        Ok(Self { file, calls: 0 })
    }

    /// Writes a call that is about to be made.
    pub fn before(&mut self, call: &Event) -> io::Result<()> {
        self.calls += 1;
        self.line(call)
    }

    /// Writes what came of the call announced last.
    pub fn after(&mut self, call: &Event) -> io::Result<()> {
        self.line(call)
    }

    /// Writes something that is not a call, or one that needs no announcement.
    pub fn note(&mut self, event: &Event) -> io::Result<()> {
        self.calls += 1;
        self.line(event)
    }

    fn line(&mut self, event: &Event) -> io::Result<()> {
        let mut line = event.to_line(self.calls);
        line.push('\n');
        self.file.write_all(line.as_bytes())
    }
}
