//! The scratch file: what the kernel hands over because memory is full, until it is wanted or gone.
//!
//! One file in the data directory, made anew at each start and without a name from then on: what is in it means
//! nothing to another process, and goes with this one. Two threads, started with the first piece, write and
//! read; the core thread keeps the books of free space ([`space`]). Bytes go through the page cache: a loss of
//! power takes the messages in any case.
//!
//! A piece begins at a unit of 4 KiB (`docs/formats/scratch.md`):
//!
//! ```text
//! length    u32   bytes of the piece
//! checksum  u32   CRC-32C of all that follows
//! number    u64   of the message
//! index     u32   of the piece
//! zero      u32
//! bytes
//! ```
//!
//! Nobody may be given another's bytes: number, index, length and checksum are looked at whenever a piece is
//! read. That makes reading ahead safe too, though space is used again at any time: a piece in memory that is
//! not the one wanted is read from the file. Only if that is not it either is it damaged.

mod space;
mod threads;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use qmgr::{Input, MessageNumber, ScratchPlace, Ticket};

use crate::waker::Waker;
use space::Space;
use threads::{Reader, Write, Writer};

/// Allocation is in units of so many bytes.
const UNIT: u64 = 4096;
/// Bytes before those of a piece.
const HEADER: usize = 24;
/// Bytes read at once when reading goes on where it left off.
const AHEAD: u64 = 1 << 20;
/// Windows kept: queues that may be drained at once without getting into each other's way.
const WINDOWS: usize = 4;
/// Pieces longer than this share the memory of their window; shorter ones are copied, so that one that is kept
/// does not hold a whole window.
const SHARED_MIN: usize = 64 * 1024;
/// Bytes at the end of the file that are given back to the disk when they are free.
const SHRUNK_MIN: u64 = 64 << 20;

/// Where a piece is, and what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    number: MessageNumber,
    index: u32,
    /// In bytes of the file.
    offset: u64,
    /// Without the header.
    len: u32,
}

/// A range of the file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    offset: u64,
    len: u64,
}

impl Range {
    fn of(piece: &Piece) -> Self {
        Self { offset: piece.offset, len: HEADER as u64 + u64::from(piece.len) }
    }

    fn covers(&self, piece: &Piece) -> bool {
        let Self { offset, len } = Self::of(piece);
        self.offset <= offset && offset + len <= self.offset + self.len
    }
}

/// Bytes of the file as they were at some time.
struct Window {
    range: Range,
    bytes: Bytes,
    /// Where the last piece was found.
    last: u64,
}

/// A range that is being read.
struct Fill {
    range: Range,
    waiting: Vec<(Ticket, Piece)>,
}

/// The core thread's end.
pub(super) struct ScratchFile {
    /// None if it could not be made: nothing can be written then.
    file: Option<Arc<File>>,
    waker: Waker,
    space: Space,
    /// Bytes that the file may have.
    file_len: u64,
    writer: Option<Writer>,
    reader: Option<Reader>,
    /// Least recently used first.
    windows: Vec<Window>,
    /// In the order in which they were asked for.
    fills: VecDeque<Fill>,
    answers: VecDeque<Input>,
}

impl ScratchFile {
    /// Makes the file. `bytes_max`: 0 for what the disk has.
    pub(super) fn create(path: &Path, bytes_max: u64, waker: Waker) -> Self {
        let units_max = if bytes_max == 0 { u64::MAX } else { bytes_max / UNIT };
        Self {
            // Whoever is refused because of it is told why: AMQ7478.
            file: make(path).ok().map(Arc::new),
            waker,
            space: Space::new(units_max),
            file_len: 0,
            writer: None,
            reader: None,
            windows: Vec::new(),
            fills: VecDeque::new(),
            answers: VecDeque::new(),
        }
    }

    /// Begins to write a piece; [`Self::answer`] says where it is.
    pub(super) fn write(&mut self, number: MessageNumber, index: u32, body: store::Body) {
        let refusal = Input::Spilled { number, index, place: None };
        let len = body.len();
        let units = units_of(len);
        let Some(unit) = self.file.is_some().then(|| self.space.take(units)).flatten() else {
            return self.answers.push_back(refusal);
        };
        let offset = unit * UNIT;
        self.file_len = self.file_len.max(offset + units * UNIT);
        let piece = Piece { number, index, offset, len: u32::try_from(len).unwrap_or(u32::MAX) };
        let is_given = self.writer().is_some_and(|writer| writer.write(Write { piece, body }));
        if !is_given {
            self.space.give(unit, units);
            self.answers.push_back(refusal);
        }
    }

    fn writer(&mut self) -> Option<&mut Writer> {
        if self.writer.is_none() {
            // A process that may start no thread has no room here.
            self.writer = Writer::start(Arc::clone(self.file.as_ref()?), self.waker.clone()).ok();
        }
        self.writer.as_mut()
    }

    /// A piece is not wanted any more.
    pub(super) fn free(&mut self, place: ScratchPlace, len: u32) {
        self.space.give(place.0, units_of(len as usize));
        let end = self.space.end() * UNIT;
        if self.file_len - end >= SHRUNK_MIN || (self.space.is_empty() && self.file_len > end) {
            self.file_len = end;
            if let Some(writer) = &mut self.writer {
                writer.shrink(end);
            }
        }
    }

    /// Reads a piece: now, if it is in memory, or later.
    pub(super) fn read(
        &mut self,
        ticket: Ticket,
        number: MessageNumber,
        index: u32,
        place: ScratchPlace,
        len: u32,
    ) -> Option<Option<Bytes>> {
        let piece = Piece { number, index, offset: place.0 * UNIT, len };
        if let Some(at) = self.windows.iter().position(|window| window.range.covers(&piece)) {
            let mut window = self.windows.remove(at);
            if let Some(body) = window.find(&piece) {
                window.last = piece.offset;
                self.windows.push(window);
                return Some(Some(body));
            }
            // Written since.
            self.ask(ticket, piece, Range::of(&piece));
            return None;
        }
        if let Some(fill) = self.fills.iter_mut().find(|fill| fill.range.covers(&piece)) {
            fill.waiting.push((ticket, piece));
            return None;
        }
        let before = self.windows.iter().position(|window| window.is_followed_by(&piece));
        let mut range = Range::of(&piece);
        if let Some(at) = before {
            // Reading goes on: what it has passed will hardly be wanted again.
            self.windows.remove(at);
            range.len = range.len.max(AHEAD.min(self.space.end() * UNIT - piece.offset));
        }
        self.ask(ticket, piece, range);
        None
    }

    fn ask(&mut self, ticket: Ticket, piece: Piece, range: Range) {
        if self.reader.is_none()
            && let Some(file) = &self.file
        {
            self.reader = Reader::start(Arc::clone(file), self.waker.clone()).ok();
        }
        let is_asked = self.reader.as_ref().is_some_and(|reader| reader.ask(range));
        if is_asked {
            self.fills.push_back(Fill { range, waiting: vec![(ticket, piece)] });
        } else {
            self.answers.push_back(Input::Loaded { ticket, body: None });
        }
    }

    /// What the kernel is to be told.
    /// An error is final: a thread has ended.
    pub(super) fn answer(&mut self) -> io::Result<Option<Input>> {
        while self.answers.is_empty() {
            if let Some(writer) = &mut self.writer
                && let Some((piece, is_written)) = writer.done()?
            {
                self.wrote(&piece, is_written);
            } else if let Some(reader) = &mut self.reader
                && let Some(bytes) = reader.filled()?
            {
                if let Some(fill) = self.fills.pop_front() {
                    self.filled(fill, bytes);
                }
            } else {
                return Ok(None);
            }
        }
        Ok(self.answers.pop_front())
    }

    fn wrote(&mut self, piece: &Piece, is_written: bool) {
        let unit = piece.offset / UNIT;
        if !is_written {
            self.space.give(unit, units_of(piece.len as usize));
        }
        let place = is_written.then_some(ScratchPlace(unit));
        self.answers.push_back(Input::Spilled { number: piece.number, index: piece.index, place });
    }

    fn filled(&mut self, fill: Fill, bytes: Option<Vec<u8>>) {
        let range = fill.range;
        let bytes = bytes.map_or_else(Bytes::new, Bytes::from);
        // At the end of the file there may be less.
        let mut window =
            Window { range: Range { len: bytes.len() as u64, ..range }, bytes, last: range.offset };
        for (ticket, piece) in fill.waiting {
            let body = if window.range.covers(&piece) { window.find(&piece) } else { None };
            if body.is_none() && Range::of(&piece) != range {
                // Not there when it was read ahead; it is asked for itself now.
                self.ask(ticket, piece, Range::of(&piece));
                continue;
            }
            window.last = piece.offset;
            self.answers.push_back(Input::Loaded { ticket, body });
        }
        if !window.bytes.is_empty() {
            if self.windows.len() == WINDOWS {
                self.windows.remove(0);
            }
            self.windows.push(window);
        }
    }
}

impl Window {
    /// Whether the piece comes soon after the last one found here.
    fn is_followed_by(&self, piece: &Piece) -> bool {
        let end = self.range.offset + self.range.len;
        piece.offset > self.last && piece.offset < end + AHEAD / 4
    }

    /// The bytes of a piece, if they are here; the window covers it.
    fn find(&self, piece: &Piece) -> Option<Bytes> {
        let from = usize::try_from(piece.offset - self.range.offset).ok()?;
        let bytes = self.bytes.get(from..from + HEADER + piece.len as usize)?;
        let body = open(bytes, piece)?;
        if body.len() >= SHARED_MIN {
            Some(self.bytes.slice_ref(body))
        } else {
            Some(Bytes::copy_from_slice(body))
        }
    }
}

/// Units that a piece takes.
fn units_of(len: usize) -> u64 {
    ((HEADER + len) as u64).div_ceil(UNIT)
}

fn make(path: &Path) -> io::Result<File> {
    crate::files::make_nameless(path, crate::files::MODE_SECRET)
}

/// Appends a piece as it is in the file.
fn encode(piece: &Piece, body: &store::Body, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&piece.len.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&piece.number.0.to_le_bytes());
    out.extend_from_slice(&piece.index.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    body.pieces().for_each(|bytes| out.extend_from_slice(bytes));
    let checksum = crc32c::crc32c(&out[start + 8..]);
    out[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
}

/// The bytes of a piece as it is in the file; none if it is another, or damaged.
fn open<'a>(bytes: &'a [u8], piece: &Piece) -> Option<&'a [u8]> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let (number, after) = rest.split_first_chunk::<8>()?;
    let (index, after) = after.split_first_chunk::<4>()?;
    let (_, body) = after.split_first_chunk::<4>()?;
    let is_it = u32::from_le_bytes(*len) == piece.len
        && u64::from_le_bytes(*number) == piece.number.0
        && u32::from_le_bytes(*index) == piece.index
        && body.len() == piece.len as usize
        && u32::from_le_bytes(*checksum) == crc32c::crc32c(rest);
    is_it.then_some(body)
}

#[cfg(test)]
mod tests;
