//! Reads records of bodies that are no longer in memory: what the reader thread runs.
//!
//! Queues drain in the order in which they were filled, so the records wanted next mostly follow the
//! one just read. A record that stands behind the last one read, and not far, makes the reader fetch
//! 1 MiB at once; any other only its own pages. What has been read ahead is never stale: a place says
//! up to where its extent does not change any more, and numbers of extents are not used twice.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use crate::buffer::{Aligned, PAGE};
use crate::disk::Disk;
use crate::extent;
use crate::log::Place;
use crate::record::{Damaged, RecordView};

/// Bytes read at once when reading goes on where it left off.
const AHEAD: u64 = 1 << 20;
/// Queues that may be drained at the same time without getting into each other's way.
const WINDOWS: usize = 8;

/// A piece of an extent in memory, and where in it the last record was found.
struct Window {
    extent: u32,
    offset: u64,
    bytes: Aligned,
    last: u64,
}

/// Reads records, ahead where that pays.
pub struct Reader<D: Disk> {
    disk: Arc<D>,
    file: Option<(u32, D::File)>,
    /// Least recently used first.
    windows: Vec<Window>,
    reads: u64,
}

impl<D: Disk> Reader<D> {
    /// A reader of this disk.
    pub fn new(disk: Arc<D>) -> Self {
        Self { disk, file: None, windows: Vec::new(), reads: 0 }
    }

    /// The whole record at a place, proved; open it with [`RecordView::of_proved`]. Damaged also when
    /// the extent is gone, since nobody asks for a record that he has released.
    pub fn read(&mut self, place: &Place) -> io::Result<Result<Bytes, Damaged>> {
        if let Some(at) = self.windows.iter().position(|w| w.covers(place)) {
            let mut window = self.windows.remove(at);
            window.last = place.offset;
            let record = window.record(place);
            self.windows.push(window);
            return Ok(record);
        }
        let follows = self.windows.iter().position(|w| w.is_followed_by(place));
        let offset = place.offset - place.offset % PAGE as u64;
        let needed = (place.offset + u64::from(place.len)).next_multiple_of(PAGE as u64);
        let end = if follows.is_some() { place.readable.min(offset + AHEAD).max(needed) } else { needed };
        if let Some(at) = follows {
            self.windows.remove(at);
        } else if self.windows.len() == WINDOWS {
            self.windows.remove(0);
        }
        let mut bytes = Aligned::for_len((end - offset) as usize);
        match self.read_at(place.extent, offset, &mut bytes) {
            Ok(()) => {}
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => {
                return Ok(Err(Damaged));
            }
            Err(e) => return Err(e),
        }
        let window = Window { extent: place.extent, offset, bytes, last: place.offset };
        let record = window.record(place);
        self.windows.push(window);
        Ok(record)
    }

    /// How many times the disk has been asked.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.reads
    }

    fn read_at(&mut self, extent: u32, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.reads += 1;
        let file = match self.file.take() {
            Some((number, file)) if number == extent => file,
            _ => self.disk.open(&extent::file_name(extent))?,
        };
        let result = self.disk.read_at(&file, offset, out);
        self.file = Some((extent, file));
        result
    }
}

impl Window {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    fn covers(&self, place: &Place) -> bool {
        self.extent == place.extent
            && self.offset <= place.offset
            && place.offset + u64::from(place.len) <= self.end()
    }

    /// Whether the place comes soon after the last one found here: the queue is being drained.
    fn is_followed_by(&self, place: &Place) -> bool {
        self.extent == place.extent && place.offset > self.last && place.offset < self.end() + AHEAD / 4
    }

    /// A copy of the record, so that a cached body does not hold the whole window.
    fn record(&self, place: &Place) -> Result<Bytes, Damaged> {
        let from = (place.offset - self.offset) as usize;
        let record = &self.bytes[from..from + place.len as usize];
        RecordView::open(record, place.seed)?;
        Ok(Bytes::copy_from_slice(record))
    }
}
