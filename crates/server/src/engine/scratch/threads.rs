//! The two threads of the scratch file: one writes, one reads.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::{Piece, Range, UNIT, encode};
use crate::waker::Waker;

/// Bytes by which the file grows.
const GROWTH: u64 = 8 << 20;
/// Bytes written at once.
const WRITE_MAX: usize = 1 << 20;
/// Bytes of the disk that are left to others, the log before all, but not more than a sixteenth of it.
const RESERVE: u64 = 64 << 20;

/// A piece to be written.
pub(super) struct Write {
    pub(super) piece: Piece,
    pub(super) body: store::Body,
}

enum Work {
    Write(Write),
    /// Nothing is in use behind this.
    Shrink(u64),
}

/// The thread that writes.
pub(super) struct Writer {
    to_thread: Option<Sender<Work>>,
    from_thread: Receiver<(Piece, bool)>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(file: Arc<File>, waker: Waker) -> io::Result<Self> {
        let (to_thread, work) = mpsc::channel::<Work>();
        let (done, from_thread) = mpsc::channel();
        let thread = std::thread::Builder::new().name("scratch-write".into()).spawn(move || {
            let mut end = WriteEnd { file, len: 0, buffer: Vec::with_capacity(WRITE_MAX) };
            let mut next = work.recv().ok();
            while let Some(first) = next.take() {
                let mut batch = Vec::new();
                match first {
                    Work::Shrink(len) => end.shrink(len),
                    Work::Write(write) => next = end.gather(write, &work, &mut batch),
                }
                if !batch.is_empty() {
                    let is_written = end.write(&batch);
                    for piece in batch {
                        if done.send((piece, is_written)).is_err() {
                            return;
                        }
                    }
                    waker.wake();
                }
                next = next.or_else(|| work.recv().ok());
            }
        })?;
        Ok(Self { to_thread: Some(to_thread), from_thread, thread: Some(thread) })
    }

    /// False if the thread has ended.
    pub(super) fn write(&mut self, write: Write) -> bool {
        self.to_thread.as_ref().is_some_and(|to| to.send(Work::Write(write)).is_ok())
    }

    /// Gives what is behind the end back to the disk.
    pub(super) fn shrink(&mut self, end: u64) {
        if let Some(to) = &self.to_thread {
            // A thread that has ended gives nothing back, and the file goes with the process.
            let _ = to.send(Work::Shrink(end));
        }
    }

    /// A piece that has been written, or could not be.
    pub(super) fn done(&mut self) -> io::Result<Option<(Piece, bool)>> {
        taken(&self.from_thread)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.to_thread = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread's own.
struct WriteEnd {
    file: Arc<File>,
    /// Bytes that the file has on the disk.
    len: u64,
    /// What is written next.
    buffer: Vec<u8>,
}

impl WriteEnd {
    /// Takes the pieces that follow one another in the file. Returns what does not belong to them.
    fn gather(&mut self, first: Write, work: &Receiver<Work>, batch: &mut Vec<Piece>) -> Option<Work> {
        self.buffer.clear();
        let start = first.piece.offset;
        let mut write = first;
        loop {
            encode(&write.piece, &write.body, &mut self.buffer);
            batch.push(write.piece);
            drop(write);
            let next = work.try_recv().ok()?;
            let behind = (self.buffer.len() as u64).next_multiple_of(UNIT);
            match next {
                Work::Write(next) if next.piece.offset == start + behind && self.buffer.len() < WRITE_MAX => {
                    self.buffer.resize(usize::try_from(behind).unwrap_or(usize::MAX), 0);
                    write = next;
                }
                other => return Some(other),
            }
        }
    }

    /// Writes what has been gathered. False: there is no room, or the disk has failed; nothing is lost with that.
    fn write(&mut self, batch: &[Piece]) -> bool {
        let Some(first) = batch.first() else { return true };
        let end = (first.offset + self.buffer.len() as u64).next_multiple_of(UNIT);
        self.grow(end).and_then(|()| self.file.write_all_at(&self.buffer, first.offset)).is_ok()
    }

    /// Takes the room before it is written to: a write into the page cache may fail later, unseen.
    fn grow(&mut self, end: u64) -> io::Result<()> {
        if end <= self.len {
            return Ok(());
        }
        let disk = rustix::fs::fstatvfs(&*self.file)?;
        let (free, all) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
        let reserve = RESERVE.min(all / 16);
        let step = end.next_multiple_of(GROWTH);
        let to = if free > reserve + (step - self.len) { step } else { end };
        if free < reserve + (to - self.len) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        match rustix::fs::fallocate(&*self.file, FallocateFlags::empty(), self.len, to - self.len) {
            // Where a file system cannot preallocate, writing does it.
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                self.len = to;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn shrink(&mut self, end: u64) {
        // Should the disk not take it back, it is used again.
        if end < self.len && self.file.set_len(end).is_ok() {
            self.len = end;
        }
    }
}

/// The thread that reads.
pub(super) struct Reader {
    to_thread: Option<Sender<Range>>,
    from_thread: Receiver<Option<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    pub(super) fn start(file: Arc<File>, waker: Waker) -> io::Result<Self> {
        let (to_thread, ranges) = mpsc::channel::<Range>();
        let (filled, from_thread) = mpsc::channel();
        let thread = std::thread::Builder::new().name("scratch-read".into()).spawn(move || {
            while let Ok(range) = ranges.recv() {
                if filled.send(read(&file, range).ok()).is_err() {
                    return;
                }
                waker.wake();
            }
        })?;
        Ok(Self { to_thread: Some(to_thread), from_thread, thread: Some(thread) })
    }

    /// False if the thread has ended.
    pub(super) fn ask(&self, range: Range) -> bool {
        self.to_thread.as_ref().is_some_and(|to| to.send(range).is_ok())
    }

    /// What has been read, in the order of the questions: less than was asked for at the end of the file, none if the
    /// disk could not.
    pub(super) fn filled(&mut self) -> io::Result<Option<Option<Vec<u8>>>> {
        taken(&self.from_thread)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.to_thread = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn taken<T>(from: &Receiver<T>) -> io::Result<Option<T>> {
    match from.try_recv() {
        Ok(taken) => Ok(Some(taken)),
        Err(mpsc::TryRecvError::Empty) => Ok(None),
        Err(mpsc::TryRecvError::Disconnected) => {
            Err(io::Error::other("a thread of the scratch file has ended"))
        }
    }
}

fn read(file: &File, range: Range) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(range.len).unwrap_or(usize::MAX)];
    let mut at = 0;
    while at < bytes.len() {
        match file.read_at(&mut bytes[at..], range.offset + at as u64) {
            Ok(0) => break,
            Ok(read) => at += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(at);
    Ok(bytes)
}
