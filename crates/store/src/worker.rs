//! Carries out the effects of a log on a disk: what the thread beside the log runs.

use std::io;
use std::sync::Arc;

use crate::buffer::{Aligned, PAGE};
use crate::control;
use crate::disk::{self, Disk};
use crate::effect::{Done, Effect};
use crate::extent;

/// Does what the log asks for, one thing after the other.
pub struct Worker<D: Disk> {
    disk: Arc<D>,
    /// The extent that is being packed, open from one run to the next.
    packed: Option<(u32, D::File)>,
}

impl<D: Disk> Worker<D> {
    /// A worker on this disk.
    pub fn new(disk: Arc<D>) -> Self {
        Self { disk, packed: None }
    }

    /// Carries out an effect. An error is final: the process ends.
    pub fn run(&mut self, effect: Effect) -> io::Result<Done> {
        match effect {
            Effect::CreateExtent { number, bytes } => self.create(number, bytes),
            Effect::ReuseExtent { from, to } => self.reuse(from, to),
            Effect::RemoveExtent { number } => {
                self.packed = None;
                match self.disk.remove(&extent::file_name(number)) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                    _ => self.disk.sync_dir()?,
                }
                Ok(Done::Removed { number })
            }
            Effect::WriteSummary { extent, offset, summary } => {
                let file = self.disk.open(&extent::file_name(extent))?;
                self.disk.write_at(&file, offset, &summary.bytes())?;
                Ok(Done::SummaryWritten { extent })
            }
            Effect::WriteControl { copies, bytes } => {
                for copy in copies {
                    if !write_control(&*self.disk, copy, &bytes)? {
                        return Ok(Done::ControlNoRoom);
                    }
                }
                Ok(Done::ControlWritten)
            }
            Effect::ReadRun { extent, offset, len } => Ok(match self.read(extent, offset, len) {
                Ok(bytes) => Done::Run { bytes },
                Err(_) => Done::RunUnreadable,
            }),
        }
    }

    fn create(&self, number: u32, bytes: u64) -> io::Result<Done> {
        match create_extent(&*self.disk, number, bytes) {
            Ok(()) => Ok(Done::Created { number }),
            Err(e) if disk::is_full(&e) => Ok(Done::NoRoom),
            Err(e) => Err(e),
        }
    }

    fn reuse(&mut self, from: u32, to: u32) -> io::Result<Done> {
        self.packed = None;
        match self.disk.rename(&extent::file_name(from), &extent::file_name(to)) {
            Ok(()) => {
                self.disk.sync_dir()?;
                Ok(Done::Reused { from, to })
            }
            // An administrator may take away what a linear log keeps.
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Done::Removed { number: from }),
            Err(e) => Err(e),
        }
    }

    fn read(&mut self, extent: u32, offset: u64, len: usize) -> io::Result<Aligned> {
        let file = match self.packed.take() {
            Some((number, file)) if number == extent => file,
            _ => self.disk.open(&extent::file_name(extent))?,
        };
        let mut bytes = Aligned::for_len(len);
        let result = self.disk.read_at(&file, offset, &mut bytes);
        self.packed = Some((extent, file));
        result.map(|()| bytes)
    }
}

/// Makes an empty extent, durably. It gets its name when it is whole, so that one of another size has
/// been damaged.
pub(crate) fn create_extent<D: Disk>(disk: &D, number: u32, bytes: u64) -> io::Result<()> {
    disk.create(extent::FILE_NEW, bytes)?;
    disk.rename(extent::FILE_NEW, &extent::file_name(number))?;
    disk.sync_dir()
}

/// Writes one copy of the control file, durably. Says no when it must grow and there is no room.
///
/// It grows when it is half full, so that by the time it must, it has long done so.
pub(crate) fn write_control<D: Disk>(disk: &D, copy: usize, bytes: &[u8]) -> io::Result<bool> {
    let name = control::FILES[copy];
    let open = match disk.open(name) {
        Ok(file) => Some((disk.size(&file)?, file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(e),
    };
    let needed = bytes.len() as u64;
    if open.as_ref().is_none_or(|(size, _)| *size < 2 * needed) {
        let size = (4 * needed).next_multiple_of(PAGE as u64).max(control::FILE_BYTES);
        match disk.create(control::FILE_NEW, size) {
            Ok(file) => {
                disk.write_at(&file, 0, bytes)?;
                disk.rename(control::FILE_NEW, name)?;
                disk.sync_dir()?;
                return Ok(true);
            }
            Err(e) if disk::is_full(&e) => {}
            Err(e) => return Err(e),
        }
    }
    match open {
        Some((size, file)) if size >= needed => disk.write_at(&file, 0, bytes).map(|()| true),
        _ => Ok(false),
    }
}
