//! Where groups go to be forced. The choice between forcing in place, on a thread of its own or through
//! `io_uring` is behind this trait; [`InlineSink`] is the first.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use crate::disk::Disk;
use crate::extent;
use crate::log::{GroupWrite, Ticket};

/// Writes and forces groups.
pub trait LogSink {
    /// Starts to write a group. An error is final: the process ends.
    fn submit(&mut self, group: GroupWrite) -> io::Result<()>;

    /// A group that has been forced, in any order, for [`crate::Log::written`]. An error is final.
    fn completed(&mut self) -> io::Result<Option<Ticket>>;
}

/// The open extents of a disk that groups are written to: the current one and the one before, which may
/// still have writes under way.
pub struct GroupWriter<D: Disk> {
    disk: Arc<D>,
    files: VecDeque<(u32, D::File)>,
}

impl<D: Disk> GroupWriter<D> {
    /// A writer that has nothing open.
    pub fn new(disk: Arc<D>) -> Self {
        Self { disk, files: VecDeque::new() }
    }

    /// Writes and forces a group.
    pub fn write(&mut self, group: &GroupWrite) -> io::Result<()> {
        if !self.files.iter().any(|(number, _)| *number == group.extent) {
            // A ready extent keeps its number from now on, so the name stays right while it is open.
            let file = self.disk.open(&extent::file_name(group.extent))?;
            self.files.push_back((group.extent, file));
            if self.files.len() > 2 {
                self.files.pop_front();
            }
        }
        let file = self.files.iter().find(|(number, _)| *number == group.extent);
        let (_, file) = file.expect("opened just now if it was not before");
        self.disk.write_at(file, group.offset, group.bytes())
    }
}

/// Forces each group where it is submitted.
pub struct InlineSink<D: Disk> {
    writer: GroupWriter<D>,
    completed: VecDeque<Ticket>,
}

impl<D: Disk> InlineSink<D> {
    /// A sink onto this disk.
    pub fn new(disk: Arc<D>) -> Self {
        Self { writer: GroupWriter::new(disk), completed: VecDeque::new() }
    }
}

impl<D: Disk> LogSink for InlineSink<D> {
    fn submit(&mut self, group: GroupWrite) -> io::Result<()> {
        self.writer.write(&group)?;
        self.completed.push_back(group.ticket);
        Ok(())
    }

    fn completed(&mut self) -> io::Result<Option<Ticket>> {
        Ok(self.completed.pop_front())
    }
}
