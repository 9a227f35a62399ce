//! The real disk of the log: one directory, files written with `O_DIRECT|O_DSYNC`.
//!
//! Where a file system refuses direct I/O, writes are buffered and followed by `fdatasync`. Either way a
//! write is durable when it returns. The file descriptor that wrote is the one that forces, so that no
//! error is lost between two of them.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, Mode, OFlags};
use rustix::io::Errno;
use store::Disk;

/// Bytes zeroed with one write when a file is made.
const ZEROS: usize = 1 << 20;

/// A directory of log files.
#[derive(Clone, Debug)]
pub struct RealDisk {
    directory: PathBuf,
}

/// A file of it.
#[derive(Debug)]
pub struct RealFile {
    fd: OwnedFd,
    /// True if each write must be followed by a force.
    buffered: bool,
}

impl RealDisk {
    /// The directory must exist.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn open_with(&self, name: &str, more: OFlags) -> io::Result<RealFile> {
        let path = self.directory.join(name);
        let flags = OFlags::RDWR | OFlags::CLOEXEC | more;
        let mode = Mode::from_raw_mode(0o640);
        match rustix::fs::open(&path, flags | OFlags::DIRECT | OFlags::DSYNC, mode) {
            Ok(fd) => Ok(RealFile { fd, buffered: false }),
            // File systems in memory and some overlays have no direct I/O.
            Err(Errno::INVAL) => Ok(RealFile { fd: rustix::fs::open(&path, flags, mode)?, buffered: true }),
            Err(error) => Err(error.into()),
        }
    }

    fn fill(&self, file: &RealFile, bytes: u64) -> io::Result<()> {
        // Some file systems cannot preallocate; the zeros below do it then.
        match rustix::fs::fallocate(&file.fd, FallocateFlags::empty(), 0, bytes) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(error) => return Err(error.into()),
        }
        let zeros = store::Aligned::for_len(ZEROS);
        let mut at = 0;
        while at < bytes {
            let len = usize::try_from(bytes - at).unwrap_or(ZEROS).min(ZEROS);
            write_all(&file.fd, at, &zeros[..len])?;
            at += len as u64;
        }
        Ok(rustix::fs::fsync(&file.fd)?)
    }
}

/// Continues short writes and repeats interrupted ones; every other failure is final.
fn write_all(fd: &OwnedFd, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::pwrite(fd, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                bytes = &bytes[written..];
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

impl Disk for RealDisk {
    type File = RealFile;

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<RealFile> {
        let file = self.open_with(name, OFlags::CREATE | OFlags::TRUNC)?;
        match self.fill(&file, bytes) {
            Ok(()) => Ok(file),
            Err(error) => {
                let _ = std::fs::remove_file(self.directory.join(name));
                Err(error)
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<RealFile> {
        self.open_with(name, OFlags::empty())
    }

    fn size(&self, file: &RealFile) -> io::Result<u64> {
        let size = rustix::fs::fstat(&file.fd)?.st_size;
        u64::try_from(size).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn read_at(&self, file: &RealFile, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            match rustix::io::pread(&file.fd, &mut *out, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    offset += read as u64;
                    out = &mut out[read..];
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn write_at(&self, file: &RealFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        write_all(&file.fd, offset, bytes)?;
        if file.buffered {
            rustix::fs::fdatasync(&file.fd)?;
        }
        Ok(())
    }

    fn sync(&self, file: &RealFile) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(&file.fd)?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.directory.join(from), self.directory.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.directory.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        std::fs::File::open(&self.directory)?.sync_all()
    }

    fn free_space(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.directory)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{Aligned, PAGE};

    #[test]
    fn what_is_written_is_read_and_the_rest_is_zero() {
        let dir = crate::testing::temp_dir("disk");
        let disk = RealDisk::new(dir.path());
        let file = disk.create("a", 8 * PAGE as u64).unwrap();
        disk.write_at(&file, 2 * PAGE as u64, &Aligned::copy_of(b"hello")).unwrap();
        disk.rename("a", "b").unwrap();
        disk.sync_dir().unwrap();
        assert_eq!(disk.list().unwrap(), ["b"]);

        let file = disk.open("b").unwrap();
        assert_eq!(disk.size(&file).unwrap(), 8 * PAGE as u64);
        let mut out = Aligned::pages(8);
        disk.read_at(&file, 0, &mut out).unwrap();
        assert_eq!(&out[2 * PAGE..2 * PAGE + 6], b"hello\0");
        assert!(out[..2 * PAGE].iter().all(|b| *b == 0));
        let past = disk.read_at(&file, 8 * PAGE as u64, &mut out).unwrap_err();
        assert_eq!(past.kind(), io::ErrorKind::UnexpectedEof);
    }
}
