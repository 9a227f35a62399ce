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
        files::create_dir_in_its_place(&directory)?;
        let newest = directory.join(format!("{name}01.{extension}"));
        let file = match open_append(&newest) {
            // Somebody else's file, or a copy made of hard links: it keeps what it has, and gets no more.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                turn_over(&directory, name, extension)?
            }
            other => other?,
        };
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
        self.file = turn_over(&self.directory, self.name, self.extension)?;
        self.size = 0;
        Ok(())
    }
}

/// Makes a new file the newest one; it is there before any other is touched.
fn turn_over(directory: &Path, name: &str, extension: &str) -> io::Result<File> {
    let numbered = |n: u32| format!("{name}{n:02}.{extension}");
    let path = |name: &str| directory.join(name);
    let next = path(&format!("{name}01.NEW"));
    let file = match open_append(&next) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            files::remove(&next)?;
            open_append(&next)?
        }
        other => other?,
    };
    for n in [2, 1] {
        match files::rename(&path(&numbered(n)), &numbered(n + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    files::rename(&next, &numbered(1))?;
    Ok(file)
}

fn open_append(file: &Path) -> io::Result<File> {
    files::append(file, files::MODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_to_what_has_a_second_name() {
        let dir = crate::testing::temp_dir("log-files");
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("victim"), "mine").unwrap();
        for name in ["E01.LOG", "E01.NEW"] {
            std::fs::hard_link(path("victim"), path(name)).unwrap();
        }
        let mut files = LogFiles::open(dir.path().into(), "E", "LOG", 10).unwrap();
        std::fs::hard_link(path("victim"), path("E01.NEW")).unwrap();
        for entry in ["one\n", "two\n", "three\n"] {
            files.append(entry);
        }
        assert_eq!(std::fs::read_to_string(path("victim")).unwrap(), "mine");
        assert_eq!(std::fs::read_to_string(path("E01.LOG")).unwrap(), "three\n");
        assert_eq!(std::fs::read_to_string(path("E02.LOG")).unwrap(), "one\ntwo\n");
    }
}
