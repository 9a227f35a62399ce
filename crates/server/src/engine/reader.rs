//! Reading records whose bodies are no longer in memory: a thread reads, the core thread keeps what was read.
//!
//! Queues drain in the order in which they were filled, so the records wanted next mostly follow the one just
//! read. A record that comes soon after the last one found in a piece makes the next piece 1 MiB long; any
//! other reads only its own pages. Questions that a piece in memory answers cost no hand-over, questions that
//! a piece under way will answer wait for it. A piece is never stale: a place says up to where its extent
//! does not change any more, and numbers of extents are not used twice.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use bytes::Bytes;
use qmgr::Ticket;
use store::{Aligned, Disk, PAGE, Place, RecordView};

use crate::disk::{RealDisk, RealFile};
use crate::waker::Waker;

/// Bytes read at once when reading goes on where it left off.
const AHEAD: u64 = 1 << 20;
/// Pieces kept: queues that may be drained at once without getting into each other's way.
const PIECES: usize = 8;
/// Buffers of that length kept for the next pieces: memory that goes back and forth between two threads is slow to be
/// given back, and slow to be had again.
const SPARES: usize = 2;
/// Bodies longer than this share the memory of their piece; shorter ones are copied, so that one that is
/// kept does not hold a whole piece.
const SHARED_MIN: usize = 64 * 1024;

/// The body of a record; none: it is damaged.
type Body = Option<Bytes>;

/// A range of an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    extent: u32,
    offset: u64,
    len: u64,
}

impl Range {
    fn covers(&self, place: &Place) -> bool {
        self.extent == place.extent
            && self.offset <= place.offset
            && place.offset + u64::from(place.len) <= self.offset + self.len
    }
}

/// Buffers that nobody uses.
type Spares = Arc<Mutex<Vec<Aligned>>>;

/// A buffer that goes to the others when the last slice of it has gone.
struct Filled {
    bytes: Option<Aligned>,
    spares: Spares,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default()
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        if let (Some(bytes), Ok(mut spares)) = (self.bytes.take(), self.spares.lock())
            && bytes.len() as u64 == AHEAD
            && spares.len() < SPARES
        {
            spares.push(bytes);
        }
    }
}

struct Piece {
    range: Range,
    bytes: Bytes,
    /// Where the last record was found.
    last: u64,
}

struct Fill {
    range: Range,
    waiting: Vec<(Ticket, Place)>,
}

/// The core thread's end.
pub(super) struct ReaderThread {
    /// Least recently used first.
    pieces: Vec<Piece>,
    /// In the order in which they were asked for.
    fills: VecDeque<Fill>,
    answers: VecDeque<(Ticket, Body)>,
    to_thread: Option<Sender<Range>>,
    from_thread: Receiver<io::Result<Option<Bytes>>>,
    thread: Option<JoinHandle<()>>,
}

impl ReaderThread {
    pub(super) fn start(disk: Arc<RealDisk>, waker: Waker) -> io::Result<Self> {
        let (to_thread, ranges) = mpsc::channel::<Range>();
        let (filled, from_thread) = mpsc::channel();
        let thread = std::thread::Builder::new().name("log-reader".into()).spawn(move || {
            let mut file = None;
            let spares = Spares::default();
            while let Ok(range) = ranges.recv() {
                if filled.send(read(&disk, &mut file, range, &spares)).is_err() {
                    return;
                }
                waker.wake();
            }
        })?;
        Ok(Self {
            pieces: Vec::new(),
            fills: VecDeque::new(),
            answers: VecDeque::new(),
            to_thread: Some(to_thread),
            from_thread,
            thread: Some(thread),
        })
    }

    /// The body of a record that is in memory.
    pub(super) fn read_now(&mut self, place: &Place) -> Option<Body> {
        let at = self.pieces.iter().position(|piece| piece.range.covers(place))?;
        let mut piece = self.pieces.remove(at);
        piece.last = place.offset;
        let body = body_of(&piece, place);
        self.pieces.push(piece);
        Some(body)
    }

    /// Asks for the body of a record. `sequential`: those after it are likely to be wanted next.
    pub(super) fn ask(&mut self, ticket: Ticket, place: Place, sequential: bool) {
        if let Some(fill) = self.fills.iter_mut().find(|fill| fill.range.covers(&place)) {
            fill.waiting.push((ticket, place));
            return;
        }
        let offset = place.offset - place.offset % PAGE as u64;
        let needed = (place.offset + u64::from(place.len)).next_multiple_of(PAGE as u64);
        let before = self.pieces.iter().position(|piece| piece.is_followed_by(&place));
        let follows = sequential || before.is_some();
        if let Some(at) = before {
            // Reading goes on: what it has passed will hardly be wanted again.
            self.pieces.remove(at);
        }
        let end = if follows { place.readable.min(offset + AHEAD).max(needed) } else { needed };
        let range = Range { extent: place.extent, offset, len: end - offset };
        self.fills.push_back(Fill { range, waiting: vec![(ticket, place)] });
        if let Some(to) = &self.to_thread {
            // A thread that has ended is noticed where its answers are taken.
            let _ = to.send(range);
        }
    }

    /// An answer. An error is final.
    pub(super) fn answer(&mut self) -> io::Result<Option<(Ticket, Body)>> {
        while self.answers.is_empty() {
            let bytes = match self.from_thread.try_recv() {
                Ok(result) => result?,
                Err(mpsc::TryRecvError::Empty) => return Ok(None),
                Err(mpsc::TryRecvError::Disconnected) => {
                    return Err(io::Error::other("the reader thread has ended"));
                }
            };
            let Some(fill) = self.fills.pop_front() else { continue };
            self.filled(fill, bytes);
        }
        Ok(self.answers.pop_front())
    }

    fn filled(&mut self, fill: Fill, bytes: Option<Bytes>) {
        let Some(bytes) = bytes else {
            self.answers.extend(fill.waiting.into_iter().map(|(ticket, _)| (ticket, None)));
            return;
        };
        let mut piece = Piece { range: fill.range, bytes, last: fill.range.offset };
        for (ticket, place) in fill.waiting {
            piece.last = place.offset;
            self.answers.push_back((ticket, body_of(&piece, &place)));
        }
        if self.pieces.len() == PIECES {
            self.pieces.remove(0);
        }
        self.pieces.push(piece);
    }
}

impl Piece {
    /// Whether the place comes soon after the last one found here, or at the beginning of the next extent.
    fn is_followed_by(&self, place: &Place) -> bool {
        if self.range.extent + 1 == place.extent {
            return place.offset < AHEAD / 4;
        }
        let end = self.range.offset + self.range.len;
        self.range.extent == place.extent && place.offset > self.last && place.offset < end + AHEAD / 4
    }
}

/// The body of a record in a piece, proved.
fn body_of(piece: &Piece, place: &Place) -> Body {
    let from = usize::try_from(place.offset - piece.range.offset).ok()?;
    let record = piece.bytes.get(from..from + place.len as usize)?;
    let view = RecordView::open(record, place.seed).ok()?;
    if view.body.len() >= SHARED_MIN {
        Some(piece.bytes.slice_ref(view.body))
    } else {
        Some(Bytes::copy_from_slice(view.body))
    }
}

/// Reads a range; none: what should be there is not.
fn read(
    disk: &RealDisk,
    file: &mut Option<(u32, RealFile)>,
    range: Range,
    spares: &Spares,
) -> io::Result<Option<Bytes>> {
    let open = match file.take() {
        Some((number, open)) if number == range.extent => open,
        _ => match disk.open(&store::extent_file_name(range.extent)) {
            Ok(open) => open,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        },
    };
    let len = usize::try_from(range.len).unwrap_or(usize::MAX);
    let spare = if range.len == AHEAD { spares.lock().ok().and_then(|mut all| all.pop()) } else { None };
    let mut bytes = spare.unwrap_or_else(|| Aligned::for_len(len));
    let result = disk.read_at(&open, range.offset, &mut bytes);
    *file = Some((range.extent, open));
    match result {
        Ok(()) => {
            let filled = Filled { bytes: Some(bytes), spares: Arc::clone(spares) };
            Ok(Some(Bytes::from_owner(filled)))
        }
        // A piece that the disk cannot read is damaged like one whose checksum is wrong.
        Err(_) => Ok(None),
    }
}

impl Drop for ReaderThread {
    fn drop(&mut self) {
        self.to_thread = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
