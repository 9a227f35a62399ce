//! `PACKHORSE_FAP_LOG=FILE`: every segment of every connection, both ways, decoded. For diagnosis; the file is
//! written by the core thread, and passwords are not in it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use bytes::Bytes;
use channel::log::Tap;

/// The open file.
#[derive(Debug)]
pub(super) struct FapLog {
    file: File,
    text: String,
}

impl FapLog {
    /// Opens the file that the environment names, if it names one.
    pub(super) fn open() -> io::Result<Option<Self>> {
        let Some(path) = std::env::var_os("PACKHORSE_FAP_LOG").filter(|p| !p.is_empty()) else {
            return Ok(None);
        };
        let file = File::options().append(true).create(true).mode(crate::files::MODE_SECRET).open(path)?;
        Ok(Some(Self { file, text: String::new() }))
    }

    /// What came in on a connection.
    pub(super) fn received(&mut self, tap: &mut Tap, connection: &str, at_ms: u64, chunk: Bytes) {
        self.text.clear();
        tap.received(chunk, &mut self.text);
        self.write(connection, at_ms);
    }

    /// What goes out.
    pub(super) fn sent(&mut self, tap: &mut Tap, connection: &str, at_ms: u64, chunk: &[u8]) {
        self.text.clear();
        tap.sent(Bytes::copy_from_slice(chunk), &mut self.text);
        self.write(connection, at_ms);
    }

    fn write(&mut self, connection: &str, at_ms: u64) {
        if self.text.is_empty() {
            return;
        }
        let head = format!("# {}.{:03} {connection}\n", at_ms / 1000, at_ms % 1000);
        // A diagnosis that cannot be written must not stop the queue manager.
        let _ = self.file.write_all(head.as_bytes()).and_then(|()| self.file.write_all(self.text.as_bytes()));
    }
}
