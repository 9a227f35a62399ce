//! A disk that can lose power between any two calls.
//!
//! It keeps what a process would see, and a trace of everything that was done to it. From the trace a
//! [`Replay`] makes, for any moment, the disks that a power cut could leave: what had been forced, plus
//! any subset of the rest, in pieces of 512 bytes, one of them perhaps torn; and any subset of names
//! not yet made durable by a force of the directory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::{Disk, PAGE};

use crate::rng::Rng;

/// What a disk loses or keeps as a whole.
pub const PIECE: usize = 512;

/// The content of a disk: names, and the files that they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    names: BTreeMap<String, usize>,
    files: Vec<Arc<Vec<u8>>>,
}

impl Image {
    /// The names of all files in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The content of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.names.get(name).map(|at| &self.files[*at][..])
    }

    /// The content of a file, to be damaged.
    pub fn file_mut(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        self.names.get(name).map(|at| Arc::make_mut(&mut self.files[*at]))
    }

    /// Takes a file away.
    pub fn remove(&mut self, name: &str) {
        self.names.remove(name);
    }

    fn apply(&mut self, change: &NameChange) {
        match change {
            NameChange::Add { name, file } => {
                self.names.insert(name.clone(), *file);
            }
            NameChange::Rename { from, to } => {
                if let Some(file) = self.names.remove(from) {
                    self.names.insert(to.clone(), file);
                }
            }
            NameChange::Remove { name } => {
                self.names.remove(name);
            }
        }
    }

    fn write(&mut self, file: usize, offset: usize, bytes: &[u8]) {
        Arc::make_mut(&mut self.files[file])[offset..offset + bytes.len()].copy_from_slice(bytes);
    }
}

/// A change of the directory.
#[derive(Clone, Debug)]
enum NameChange {
    Add { name: String, file: usize },
    Rename { from: String, to: String },
    Remove { name: String },
}

/// Names a write that has begun.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WriteId(usize);

/// A step of the trace. A power cut may come before any of them, or after the last.
#[derive(Clone, Debug)]
enum Step {
    /// A file of so many zeros is being made; its blocks are forced by `Created`.
    Create {
        file: usize,
        len: usize,
    },
    Created,
    Name(NameChange),
    SyncDir,
    Write {
        id: WriteId,
        file: usize,
        offset: usize,
        bytes: Arc<[u8]>,
    },
    Forced {
        id: WriteId,
    },
    /// Something that the test wants to know of the moment.
    Note(Note),
}

/// What a test notes in the trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// Everything before this LSN has been acknowledged.
    Acknowledged(u64),
    /// Everything before this LSN has been handed to the disk.
    Submitted(u64),
}

/// A disk in memory. See the module header.
pub struct SimDisk(Mutex<State>);

struct State {
    now: Image,
    base: Image,
    trace: Vec<Step>,
    is_traced: bool,
    writes: usize,
    capacity: u64,
    /// Writes that still succeed, if one is to fail.
    writes_left: Option<u64>,
    reads_left: Option<u64>,
    calls: u64,
}

fn failed() -> io::Error {
    io::Error::other("simulated failure")
}

impl SimDisk {
    /// A disk with this content and room for `capacity` bytes.
    #[must_use]
    pub fn new(image: Image, capacity: u64) -> Self {
        let base = image.clone();
        let state = State {
            now: image,
            base,
            trace: Vec::new(),
            is_traced: true,
            writes: 0,
            capacity,
            writes_left: None,
            reads_left: None,
            calls: 0,
        };
        Self(Mutex::new(state))
    }

    /// An empty disk that keeps no trace, to measure on.
    #[must_use]
    pub fn untraced(capacity: u64) -> Self {
        let disk = Self::new(Image::default(), capacity);
        disk.state().is_traced = false;
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a process sees.
    #[must_use]
    pub fn image(&self) -> Image {
        self.state().now.clone()
    }

    /// Starts a write that is not durable until [`SimDisk::finish_write`]. Several may be under way.
    pub fn begin_write(&self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<WriteId> {
        let file = self.open(name)?;
        self.state().begin_write(file, offset, bytes)
    }

    /// Makes a write durable.
    pub fn finish_write(&self, id: WriteId) {
        self.state().push(Step::Forced { id });
    }

    /// Notes something in the trace.
    pub fn note(&self, note: Note) {
        self.state().push(Step::Note(note));
    }

    /// Lets the write after the next `writes` ones fail, and all after it.
    pub fn fail_writes_after(&self, writes: u64) {
        self.state().writes_left = Some(writes);
    }

    /// Lets the read after the next `reads` ones fail, and all after it.
    pub fn fail_reads_after(&self, reads: u64) {
        self.state().reads_left = Some(reads);
    }

    /// How many steps the trace has.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.state().trace.len()
    }

    /// The trace from its beginning.
    #[must_use]
    pub fn replay(&self) -> Replay {
        let state = self.state();
        Replay::new(state.base.clone(), state.trace.clone())
    }
}

impl State {
    fn begin_write(&mut self, file: usize, offset: u64, bytes: &[u8]) -> io::Result<WriteId> {
        assert!(
            offset.is_multiple_of(PAGE as u64) && bytes.len().is_multiple_of(PAGE),
            "writes are whole pages"
        );
        assert!(bytes.as_ptr().addr().is_multiple_of(PAGE), "writes come from aligned memory");
        let offset = offset as usize;
        if offset + bytes.len() > self.now.files[file].len() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let id = WriteId(self.writes);
        self.writes += 1;
        self.now.write(file, offset, bytes);
        if self.is_traced {
            self.trace.push(Step::Write { id, file, offset, bytes: bytes.into() });
        }
        if let Some(left) = &mut self.writes_left {
            if *left == 0 {
                // Whatever of it reached the disk, it was not forced.
                return Err(failed());
            }
            *left -= 1;
        }
        Ok(id)
    }

    fn push(&mut self, step: Step) {
        if self.is_traced {
            self.trace.push(step);
        }
    }

    fn change(&mut self, change: NameChange) {
        self.now.apply(&change);
        self.push(Step::Name(change));
    }
}

impl Disk for SimDisk {
    type File = usize;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().now.names.keys().cloned().collect())
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<usize> {
        let mut state = self.state();
        let used: u64 = state.now.names.values().map(|at| state.now.files[*at].len() as u64).sum();
        if used + bytes > state.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = state.now.files.len();
        let len = bytes as usize;
        state.now.files.push(Arc::new(vec![0; len]));
        state.push(Step::Create { file, len });
        state.change(NameChange::Add { name: name.to_owned(), file });
        state.push(Step::Created);
        Ok(file)
    }

    fn open(&self, name: &str) -> io::Result<usize> {
        self.state().now.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn size(&self, file: &usize) -> io::Result<u64> {
        Ok(self.state().now.files[*file].len() as u64)
    }

    fn read_at(&self, file: &usize, offset: u64, out: &mut [u8]) -> io::Result<()> {
        assert!(
            offset.is_multiple_of(PAGE as u64) && out.len().is_multiple_of(PAGE),
            "reads are whole pages"
        );
        assert!(out.is_empty() || out.as_ptr().addr().is_multiple_of(PAGE), "reads go to aligned memory");
        let mut state = self.state();
        state.calls += 1;
        if let Some(left) = &mut state.reads_left {
            if *left == 0 {
                return Err(failed());
            }
            *left -= 1;
        }
        let start = offset as usize;
        let bytes = state.now.files[*file].get(start..start + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, file: &usize, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let id = state.begin_write(*file, offset, bytes)?;
        state.push(Step::Forced { id });
        Ok(())
    }

    fn sync(&self, _file: &usize) -> io::Result<()> {
        // A disk that restart opens holds nothing that is not durable.
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        if !state.now.names.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(NameChange::Rename { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        if !state.now.names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(NameChange::Remove { name: name.to_owned() });
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.state().push(Step::SyncDir);
        Ok(())
    }

    fn free_space(&self) -> io::Result<u64> {
        let state = self.state();
        let used: u64 = state.now.names.values().map(|at| state.now.files[*at].len() as u64).sum();
        Ok(state.capacity.saturating_sub(used))
    }
}

/// Which of the things not yet durable a power cut leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// None.
    Nothing,
    /// All of them.
    Everything,
    /// The first so many.
    Prefix(usize),
    /// All but this one.
    AllBut(usize),
    /// Each or not, as it comes.
    Random,
    /// Each or not, and one of those kept only up to some byte.
    Torn,
}

/// Goes over a trace and makes the disks that a power cut could leave.
pub struct Replay {
    durable: Image,
    trace: Vec<Step>,
    at: usize,
    writes: BTreeMap<WriteId, (usize, usize, Arc<[u8]>)>,
    names: Vec<NameChange>,
    creating: Option<usize>,
    acknowledged: u64,
    submitted: u64,
}

impl Replay {
    fn new(base: Image, trace: Vec<Step>) -> Self {
        Self {
            durable: base,
            trace,
            at: 0,
            writes: BTreeMap::new(),
            names: Vec::new(),
            creating: None,
            acknowledged: 0,
            submitted: 0,
        }
    }

    /// Takes the next step. Says no when there is none.
    pub fn step(&mut self) -> bool {
        let Some(step) = self.trace.get(self.at) else { return false };
        self.at += 1;
        match step {
            Step::Create { file, len } => {
                assert_eq!(*file, self.durable.files.len(), "files are made in the order of their numbers");
                self.durable.files.push(Arc::new(vec![0; *len]));
                self.creating = Some(*file);
            }
            Step::Created => self.creating = None,
            Step::Name(change) => self.names.push(change.clone()),
            Step::SyncDir => {
                let changes = std::mem::take(&mut self.names);
                changes.iter().for_each(|change| self.durable.apply(change));
            }
            Step::Write { id, file, offset, bytes } => {
                self.writes.insert(*id, (*file, *offset, Arc::clone(bytes)));
            }
            Step::Forced { id } => {
                if let Some((file, offset, bytes)) = self.writes.remove(id) {
                    self.durable.write(file, offset, &bytes);
                }
            }
            Step::Note(Note::Acknowledged(lsn)) => self.acknowledged = *lsn,
            Step::Note(Note::Submitted(lsn)) => self.submitted = *lsn,
        }
        true
    }

    /// Steps taken so far.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.at
    }

    /// What had been acknowledged by now.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// What had been handed to the disk by now.
    #[must_use]
    pub fn submitted(&self) -> u64 {
        self.submitted
    }

    /// How many things are not durable at the moment.
    #[must_use]
    pub fn loose(&self) -> usize {
        let pieces: usize = self.writes.values().map(|(_, _, bytes)| bytes.len() / PIECE).sum();
        pieces + self.names.len() + usize::from(self.creating.is_some())
    }

    /// The disk that a power cut leaves now.
    #[must_use]
    pub fn cut(&self, cut: Cut, rng: &mut Rng) -> Image {
        let mut image = self.durable.clone();
        let loose = self.loose();
        let torn = if loose > 0 { rng.index(loose) } else { 0 };
        let keep: Vec<bool> = (0..loose)
            .map(|i| match cut {
                Cut::Nothing => false,
                Cut::Everything => true,
                Cut::Prefix(end) => i < end,
                Cut::AllBut(one) => i != one,
                Cut::Random | Cut::Torn => rng.one_in(2),
            })
            .collect();
        let mut at = 0;
        for (file, offset, bytes) in self.writes.values() {
            for (i, piece) in bytes.chunks(PIECE).enumerate() {
                let end = match cut {
                    Cut::Torn if at == torn => rng.index(PIECE),
                    _ if keep[at] => PIECE,
                    _ => 0,
                };
                if end > 0 {
                    image.write(*file, offset + i * PIECE, &piece[..end]);
                }
                at += 1;
            }
        }
        for change in &self.names {
            if keep[at] {
                image.apply(change);
            }
            at += 1;
        }
        if let Some(file) = self.creating {
            let len = image.files[file].len();
            let whole = keep[at];
            let len = if whole { len } else { rng.index(len / PAGE + 1) * PAGE };
            Arc::make_mut(&mut image.files[file]).truncate(len);
        }
        image
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Aligned;

    fn aligned(byte: u8) -> Aligned {
        let mut page = Aligned::pages(1);
        page.fill(byte);
        page
    }

    #[test]
    fn only_what_was_forced_survives_for_certain() {
        let disk = SimDisk::new(Image::default(), 1 << 20);
        let file = disk.create("a", 2 * PAGE as u64).expect("room");
        disk.sync_dir().expect("never fails");
        disk.write_at(&file, 0, &aligned(1)).expect("room");
        disk.begin_write("a", PAGE as u64, &aligned(2)).expect("room");
        disk.rename("a", "b").expect("is there");
        let mut replay = disk.replay();
        while replay.step() {}
        let mut rng = Rng::new(1);
        assert_eq!(replay.loose(), 8 + 1);
        let nothing = replay.cut(Cut::Nothing, &mut rng);
        assert_eq!(nothing.file("a").map(|f| (f[0], f[PAGE])), Some((1, 0)));
        let everything = replay.cut(Cut::Everything, &mut rng);
        assert_eq!(everything.file("b").map(|f| (f[0], f[2 * PAGE - 1])), Some((1, 2)));
        assert_eq!(everything, disk.image());
        let one = replay.cut(Cut::Prefix(1), &mut rng);
        let file = one.file("a").expect("not renamed");
        assert_eq!((file[PAGE], file[PAGE + PIECE - 1], file[PAGE + PIECE]), (2, 2, 0));
    }

    #[test]
    fn a_full_disk_and_a_failing_one_say_so() {
        let disk = SimDisk::new(Image::default(), 3 * PAGE as u64);
        let file = disk.create("a", 2 * PAGE as u64).expect("room");
        assert!(disk.create("b", 2 * PAGE as u64).is_err_and(|e| store::is_full(&e)));
        disk.fail_writes_after(1);
        assert!(disk.write_at(&file, 0, &aligned(1)).is_ok());
        assert!(disk.write_at(&file, 0, &aligned(2)).is_err());
        assert!(disk.write_at(&file, 0, &aligned(3)).is_err(), "a failed disk does not come back");
    }
}
