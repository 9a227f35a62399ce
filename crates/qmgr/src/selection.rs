//! The messages of a queue that a selector selects, kept for as long as a handle has it open.
//!
//! Handles with equal selectors share one [`Selection`]. A message is judged when it is put, while its bytes are in
//! memory. What was on the queue before is judged in the background, a slice at a time, loading what is not in memory;
//! until that scan has passed a message, no get may skip it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use mqi::Md;
use mqi::call::Body;
use mqi::rfh2::Rfh2;

use crate::arena::Slot;
use crate::content::Content;
use crate::conversation::ConvIx;
use crate::entry::{Entry, State};
use crate::kernel::{Kernel, LoadFor};
use crate::matching::order_of;
use crate::number::MessageNumber;
use crate::output::Outputs;
use crate::parts::Place;
use crate::properties::{self, HEADER_MAX};
use crate::queue::{PRIORITIES, QueueIx};
use crate::selector::{MessageProperties, Selector, folders_of};

/// Index of a selection of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SelectionIx(pub(crate) u32);

/// Place in queue order: 9 less the priority, number.
type Order = (u8, MessageNumber);

/// One selector on one queue.
struct Selection {
    selector: Selector,
    /// Handles that have it open.
    users: u32,
    matches: BTreeMap<Order, Slot>,
    /// The scan of what was there before goes on after this; none: it has reached the end.
    scan: Option<Order>,
    /// Messages that are being loaded for the scan, judged or not.
    loading: BTreeSet<Order>,
}

/// A long message whose MQRFH2 is being read so that a selector can judge it.
#[derive(Debug)]
pub(crate) struct HeaderScan {
    queue: QueueIx,
    selection: SelectionIx,
    slot: Slot,
    number: MessageNumber,
    /// Only its descriptor.
    content: Content,
    /// What has been read of its data.
    header: Body,
    /// The piece that is being read.
    index: u32,
}

impl HeaderScan {
    fn new(queue: QueueIx, selection: SelectionIx, slot: Slot, entry: &Entry, content: Content) -> Box<Self> {
        let number = entry.number;
        Box::new(Self { queue, selection, slot, number, content, header: Body::new(), index: 0 })
    }

    /// Whether more of the header is to be read.
    fn lacks_header(&self, entry: &Entry, generated: [u8; 24]) -> bool {
        let md = self.content.md(|| generated);
        let len = md.map_or(0, |md| properties::indexed_len(&md, entry.rfh2_len, &self.header));
        self.header.len() < len.min(HEADER_MAX)
    }
}

/// The selections of a queue.
#[derive(Default)]
pub(crate) struct Selections {
    list: Vec<Option<Selection>>,
}

/// Messages looked at in one slice of a scan.
const SLICE: usize = 256;

/// Bytes of headers read in one slice, but for the last one: about a millisecond.
const SLICE_BYTES: usize = 128 * 1024;

/// Messages loaded at a time for a scan.
const LOADS: usize = 32;

impl Selections {
    /// Whether any selector is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Messages that are selected, once for each selector.
    pub(crate) fn len(&self) -> usize {
        self.list.iter().flatten().map(|selection| selection.matches.len() + selection.loading.len()).sum()
    }

    /// Opens a selector; `has_backlog`: there are messages to be judged.
    pub(crate) fn open(&mut self, selector: Selector, has_backlog: bool) -> SelectionIx {
        if let Some(at) = self.list.iter().position(|s| s.as_ref().is_some_and(|s| s.selector == selector)) {
            if let Some(selection) = &mut self.list[at] {
                selection.users += 1;
            }
            return SelectionIx(at as u32);
        }
        let selection = Selection {
            selector,
            users: 1,
            matches: BTreeMap::new(),
            scan: has_backlog.then_some((0, MessageNumber(0))),
            loading: BTreeSet::new(),
        };
        let at = self.list.iter().position(Option::is_none).unwrap_or_else(|| {
            self.list.push(None);
            self.list.len() - 1
        });
        self.list[at] = Some(selection);
        SelectionIx(at as u32)
    }

    /// Closes a selector once.
    pub(crate) fn close(&mut self, ix: SelectionIx) {
        let place = &mut self.list[ix.0 as usize];
        if let Some(selection) = place {
            selection.users -= 1;
            if selection.users == 0 {
                *place = None;
            }
        }
        while self.list.last().is_some_and(Option::is_none) {
            self.list.pop();
        }
    }

    fn get(&self, ix: SelectionIx) -> Option<&Selection> {
        self.list.get(ix.0 as usize)?.as_ref()
    }

    fn get_mut(&mut self, ix: SelectionIx) -> Option<&mut Selection> {
        self.list.get_mut(ix.0 as usize)?.as_mut()
    }

    /// Whether a message is selected, as far as is known.
    pub(crate) fn is_match(&self, ix: SelectionIx, entry: &Entry) -> bool {
        self.get(ix).is_some_and(|selection| selection.matches.contains_key(&order_of(entry)))
    }

    /// The selected messages in queue order, behind a place, as far as nothing before them is left to be judged.
    pub(crate) fn matches(&self, ix: SelectionIx, after: Option<Order>) -> impl Iterator<Item = Slot> + '_ {
        let selection = self.get(ix);
        let bound = selection.and_then(Selection::judged_up_to);
        let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let range =
            selection.into_iter().flat_map(move |s| s.matches.range((from, std::ops::Bound::Unbounded)));
        range.take_while(move |(order, _)| bound.is_none_or(|bound| **order <= bound)).map(|(_, slot)| *slot)
    }

    /// Whether everything has been judged.
    pub(crate) fn is_complete(&self, ix: SelectionIx) -> bool {
        self.get(ix).is_none_or(|selection| selection.judged_up_to().is_none())
    }

    /// A message goes.
    pub(crate) fn remove(&mut self, entry: &Entry) {
        for selection in self.list.iter_mut().flatten() {
            selection.matches.remove(&order_of(entry));
        }
    }

    /// Selectors that are being scanned for.
    fn scanning(&self) -> impl Iterator<Item = SelectionIx> + '_ {
        let open = self.list.iter().enumerate();
        open.filter(|(_, s)| s.as_ref().is_some_and(|s| s.scan.is_some()))
            .map(|(at, _)| SelectionIx(at as u32))
    }
}

impl Selection {
    /// Messages up to this place have been judged; none: all have.
    fn judged_up_to(&self) -> Option<Order> {
        let loading = self.loading.first().map(|(priority, number)| (*priority, MessageNumber(number.0 - 1)));
        self.scan.into_iter().chain(loading).min()
    }
}

/// A message as selectors judge it. Its header is read when the first of them looks into it, and for all of them.
struct Candidate {
    md: Option<Md>,
    /// The beginning of its data.
    start: Body,
    folders: OnceCell<Option<Rfh2>>,
}

impl Candidate {
    /// `start` is the beginning of the data of a long message, whose content is only its descriptor.
    fn new(content: &Content, start: Option<&Body>, generated: [u8; 24]) -> Self {
        let start = start.cloned().unwrap_or_else(|| content.data());
        Self { md: content.md(|| generated), start, folders: OnceCell::new() }
    }

    fn is_selected(&self, selector: &Selector) -> bool {
        let Some(md) = &self.md else { return false };
        let folders = match selector.needs_folders() {
            true => self
                .folders
                .get_or_init(|| folders_of(md, &self.start.prefix(self.header_len()).to_bytes()))
                .as_ref(),
            false => None,
        };
        selector.matches(&MessageProperties::new(md, folders))
    }

    /// Bytes of its header that selectors look at.
    fn header_len(&self) -> usize {
        let len = self.md.as_ref().map_or(0, |md| properties::header_len(md, &self.start, u32::MAX));
        len.min(HEADER_MAX)
    }

    /// Bytes of its header that have been read.
    fn bytes_read(&self) -> usize {
        self.folders.get().map_or(0, |_| self.header_len())
    }
}

impl Kernel {
    /// Judges a message that is being put by all selectors that are open on its queue.
    /// `first` is the beginning of the data of a long one.
    pub(crate) fn select(&mut self, ix: QueueIx, slot: Slot, content: &Content, first: Option<&Body>) {
        if self.queues.get(ix).selections.is_empty() {
            return;
        }
        let entry = *self.arena.get(slot);
        let generated = self.message_id(entry.number);
        let candidate = Candidate::new(content, first, generated);
        for selection in self.queues.get_mut(ix).selections.list.iter_mut().flatten() {
            if candidate.is_selected(&selection.selector) {
                selection.matches.insert(order_of(&entry), slot);
            }
        }
    }

    /// The same for a long message whose data is in the scratch file: it is judged when its header has been read.
    pub(crate) fn select_later(&mut self, ix: QueueIx, slot: Slot, content: &Content, out: &mut Outputs) {
        let entry = *self.arena.get(slot);
        let candidate = Candidate::new(content, None, self.message_id(entry.number));
        for at in 0..self.queues.get(ix).selections.list.len() {
            let selection_ix = SelectionIx(at as u32);
            let selections = &mut self.queues.get_mut(ix).selections;
            let Some(selection) = selections.get_mut(selection_ix) else { continue };
            if selection.selector.needs_folders() {
                selection.loading.insert(order_of(&entry));
                self.load_header(HeaderScan::new(ix, selection_ix, slot, &entry, content.clone()), out);
            } else if candidate.is_selected(&selection.selector) {
                selection.matches.insert(order_of(&entry), slot);
            }
        }
    }

    /// Queues with a selector that has not judged everything yet: noted so that ticks go on with it.
    pub(crate) fn scan_later(&mut self, ix: QueueIx) {
        if !self.scans.contains(&ix) {
            self.scans.push_back(ix);
        }
    }

    /// Goes on with one scan. Returns whether there is more to do at once.
    pub(crate) fn scan_slice(&mut self, out: &mut Outputs) -> bool {
        let Some(ix) = self.scans.pop_front() else { return false };
        let Some(queue) = self.queues.find(ix) else { return !self.scans.is_empty() };
        let Some(selection) = queue.selections.scanning().next() else { return !self.scans.is_empty() };
        let is_waiting = self.scan_some(ix, selection, out);
        if !is_waiting {
            self.scans.push_back(ix);
        }
        self.scanned(ix, out);
        !self.scans.is_empty()
    }

    /// A slice of one scan. Returns whether it can only go on when something has been loaded.
    fn scan_some(&mut self, ix: QueueIx, selection_ix: SelectionIx, out: &mut Outputs) -> bool {
        let mut slots = Vec::with_capacity(SLICE);
        let queue = self.queues.get(ix);
        let Some((start, number)) = queue.selections.get(selection_ix).and_then(|s| s.scan) else {
            return false;
        };
        'lanes: for inverse in start..PRIORITIES as u8 {
            let lane = &queue.lanes[usize::from(9 - inverse)];
            let from = if inverse == start { number } else { MessageNumber(0) };
            for slot in lane.after(&self.arena, from) {
                slots.push(slot);
                if slots.len() == SLICE {
                    break 'lanes;
                }
            }
        }
        let is_end = slots.len() < SLICE;
        let mut header_bytes = 0;
        for slot in slots {
            if header_bytes >= SLICE_BYTES {
                return false;
            }
            let entry = *self.arena.get(slot);
            let order = order_of(&entry);
            let generated = self.message_id(entry.number);
            let Some(selection) = self.queues.get_mut(ix).selections.get_mut(selection_ix) else {
                return false;
            };
            if entry.state != State::Gone && entry.state != State::Damaged {
                match self.contents.get(&self.arena, slot) {
                    Some(content) if !entry.has(Entry::PARTED) => {
                        let candidate = Candidate::new(content, None, generated);
                        let is_match = candidate.is_selected(&selection.selector);
                        header_bytes += candidate.bytes_read();
                        selection.matches.extend(is_match.then_some((order, slot)));
                    }
                    // Long, and not persistent: its descriptor is here, its data in the scratch file.
                    Some(content) if !entry.is_reloadable() => match self.parts.at(entry.number, 0) {
                        Some(_) if selection.selector.needs_folders() => {
                            if selection.loading.len() >= LOADS {
                                return true;
                            }
                            selection.loading.insert(order);
                            let content = content.clone();
                            self.load_header(HeaderScan::new(ix, selection_ix, slot, &entry, content), out);
                        }
                        _ => {
                            let candidate = Candidate::new(content, None, generated);
                            let is_match = candidate.is_selected(&selection.selector);
                            selection.matches.extend(is_match.then_some((order, slot)));
                        }
                    },
                    _ if entry.lsn() != store::Lsn::NONE => {
                        if selection.loading.len() >= LOADS {
                            return true;
                        }
                        selection.loading.insert(order);
                        let load =
                            LoadFor::Scan { queue: ix, selection: selection_ix, slot, number: entry.number };
                        self.load(load, Place::of(&entry), true, out);
                    }
                    _ => {}
                }
            }
            if let Some(selection) = self.queues.get_mut(ix).selections.get_mut(selection_ix) {
                selection.scan = Some(order);
            }
        }
        if is_end && let Some(selection) = self.queues.get_mut(ix).selections.get_mut(selection_ix) {
            selection.scan = None;
        }
        false
    }

    /// A message that a scan asked for is here.
    pub(crate) fn scan_loaded(
        &mut self,
        ix: QueueIx,
        selection_ix: SelectionIx,
        slot: Slot,
        number: MessageNumber,
        body: Option<Bytes>,
        out: &mut Outputs,
    ) {
        let entry = *self.arena.peek(slot);
        let Some(queue) = self.queues.find_mut(ix) else { return };
        if entry.number != number {
            // It has gone meanwhile; its place must not be waited for.
            if let Some(selection) = queue.selections.get_mut(selection_ix) {
                selection.loading.retain(|(_, loading)| *loading != number);
            }
        } else {
            let data_len = if entry.has(Entry::PARTED) { 0 } else { entry.body_len };
            let content = body.and_then(|body| Content::of_record(body, data_len));
            let generated = self.message_id(number);
            let Some(selection) = self.queues.get_mut(ix).selections.get_mut(selection_ix) else { return };
            if let Some(content) = content {
                if entry.has(Entry::PARTED)
                    && selection.selector.needs_folders()
                    && self.parts.at(number, 0).is_some()
                {
                    self.load_header(HeaderScan::new(ix, selection_ix, slot, &entry, content), out);
                    return;
                }
                let candidate = Candidate::new(&content, None, generated);
                if candidate.is_selected(&selection.selector) && entry.state != State::Gone {
                    selection.matches.insert(order_of(&entry), slot);
                }
            }
            selection.loading.remove(&order_of(&entry));
        }
        self.scan_later(ix);
        self.scanned(ix, out);
    }

    /// Asks for the next piece of the data of a long message. Returns whether there is one.
    fn load_header(&mut self, scan: Box<HeaderScan>, out: &mut Outputs) -> bool {
        let Some(part) = self.parts.at(scan.number, scan.index) else { return false };
        let written_as = self.parts.written_as(scan.number);
        let place = Place::of_part(self.arena.peek(scan.slot), part, written_as);
        self.load(LoadFor::ScanPart(scan), place, false, out);
        true
    }

    /// A piece of the data of a long message that a scan asked for is here: the message is judged when its header is.
    pub(crate) fn header_loaded(
        &mut self,
        mut scan: Box<HeaderScan>,
        body: Option<Bytes>,
        out: &mut Outputs,
    ) {
        let (ix, slot, number) = (scan.queue, scan.slot, scan.number);
        let entry = *self.arena.peek(slot);
        let generated = self.message_id(number);
        let is_there = entry.number == number && entry.state != State::Gone && self.queues.find(ix).is_some();
        let is_read = body.is_some();
        scan.header.push(body.unwrap_or_default());
        scan.index += 1;
        if is_there
            && is_read
            && scan.lacks_header(&entry, generated)
            && self.parts.at(number, scan.index).is_some()
        {
            self.load_header(scan, out);
            return;
        }
        let Some(queue) = self.queues.find_mut(ix) else { return };
        let Some(selection) = queue.selections.get_mut(scan.selection) else { return };
        selection.loading.retain(|(_, loading)| *loading != number);
        let candidate = Candidate::new(&scan.content, Some(&scan.header), generated);
        if is_there && is_read && candidate.is_selected(&selection.selector) {
            selection.matches.insert(order_of(&entry), slot);
        }
        self.scan_later(ix);
        self.scanned(ix, out);
    }

    /// A scan has come further: gets that wait for it try again.
    pub(crate) fn scanned(&mut self, ix: QueueIx, out: &mut Outputs) {
        let waiters: Vec<(ConvIx, u32)> =
            self.queues.get(ix).waiters.iter().map(|waiter| (waiter.conversation, waiter.handle)).collect();
        for (conv, handle) in waiters {
            self.retry(conv, handle, out);
        }
    }
}
