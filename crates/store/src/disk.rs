//! What the store needs of a disk: one directory of files. `server` has the real one, `sim` one that
//! crashes.
//!
//! Rules for an implementation:
//!
//! * A write is durable when it returns (`O_DIRECT|O_DSYNC`, or a buffered write and `fdatasync`). A
//!   short write is continued, an interrupted one repeated; any other failure is returned and final.
//! * All buffers, offsets and lengths are multiples of [`PAGE`](crate::PAGE), the buffers aligned.
//! * Names are durable after [`Disk::sync_dir`], contents without it.
//! * A file that could not be read fully is an error of kind `UnexpectedEof`.

use std::io;

/// A directory of files, used from several threads.
pub trait Disk {
    /// An open file.
    type File;

    /// The names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes a file of `bytes` zeros, all allocated and forced. A file of that name is replaced.
    /// Without room it fails with `StorageFull` (or `QuotaExceeded`), and no part of the file stays.
    fn create(&self, name: &str, bytes: u64) -> io::Result<Self::File>;

    /// Opens a file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// The size of a file in bytes.
    fn size(&self, file: &Self::File) -> io::Result<u64>;

    /// Fills `out` from `offset` on.
    fn read_at(&self, file: &Self::File, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes `bytes` at `offset`, within the size of the file; durable when it returns.
    fn write_at(&self, file: &Self::File, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes durable whatever this or an earlier process has written to the file. Restart calls this
    /// before it believes what it reads.
    fn sync(&self, file: &Self::File) -> io::Result<()>;

    /// Gives a file another name, replacing one that has it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes names durable.
    fn sync_dir(&self) -> io::Result<()>;

    /// Bytes that the file system has left for us.
    fn free_space(&self) -> io::Result<u64>;
}

/// Whether an error says that there was no room.
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
