//! Three files that are appended to and turned over: `NAME01.EXT` is the newest, `NAME03.EXT` the oldest.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::files;

/// See the module's text.
pub(crate) struct LogFiles {
    directory: PathBuf,
    name: &'static str,
    extension: &'static str,
    file: File,
    size: u64,
    size_max: u64,
}

impl LogFiles {
    /// Opens the newest, making directory and file as needed. `size_max`: bytes after which it is turned over.
    pub(crate) fn open(
        directory: PathBuf,
        name: &'static str,
        extension: &'static str,
        size_max: u64,
    ) -> io::Result<Self> {
        files::create_dirs(&directory)?;
        let file = open_append(&directory.join(format!("{name}01.{extension}")))?;
        let size = file.metadata()?.len();
        Ok(Self { directory, name, extension, file, size, size_max })
    }

    /// Appends an entry. What cannot be written is no reason to stop: it is lost.
    pub(crate) fn append(&mut self, text: &str) {
        if self.size + text.len() as u64 > self.size_max {
            // As long as it cannot be turned over, out of descriptors say, the log that there is goes on.
            let _ = self.turn_over();
        }
        if self.file.write_all(text.as_bytes()).is_ok() {
            self.size += text.len() as u64;
        }
    }

    fn turn_over(&mut self) -> io::Result<()> {
        let numbered = |n: u32| format!("{}{n:02}.{}", self.name, self.extension);
        let path = |name: &str| self.directory.join(name);
        // The next file is there before any other is touched.
        let next = path(&format!("{}01.NEW", self.name));
        let file = open_append(&next)?;
        for n in [2, 1] {
            match files::rename(&path(&numbered(n)), &numbered(n + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        files::rename(&next, &numbered(1))?;
        self.file = file;
        self.size = 0;
        Ok(())
    }
}

fn open_append(file: &Path) -> io::Result<File> {
    files::append(file, files::MODE)
}
