//! What does not fit into memory: contents of messages that are not persistent go to the scratch file.
//!
//! When more is kept than may be ([`crate::content`]), the coldest contents of the queue that has most in memory are
//! handed to the shell, and leave memory when it says that they are written:
//!
//! ```text
//!             Spill            Spilled{place}                 Drop
//!  in memory ───────► writing ───────────────► scratch file ───────► gone
//!      ▲                 │ Spilled{none}         │    ▲
//!      └─────────────────┘               LoadSpilled  Loaded, as for records of the log
//! ```
//!
//! A content is written as it is kept: ids, descriptor and data, up to 128 KiB of data as one piece, more as pieces of
//! the data alone while the descriptor stays in memory. Coldest is what is furthest from the head of its queue: each lane
//! has a range of numbers in which nothing is left to be spilled, which grows behind its end as messages come, and
//! towards the head when there is nothing behind it. So a queue that is filled and then drained has its head in memory
//! and the rest in the scratch file in the order in which it will be wanted.
//!
//! A message may be got, browsed, backed out or cleared while it is being written: its bytes are there all the time, and
//! the place of one that has gone is dropped as soon as it is known.

use mqi::call::{Body, PIECE_MAX};
use store::Lsn;

use crate::arena::Slot;
use crate::entry::{Entry, State};
use crate::hash::Map;
use crate::input::{ConversationId, ScratchPlace};
use crate::kernel::Kernel;
use crate::number::MessageNumber;
use crate::output::{Output, Outputs};
use crate::parts::Part;
use crate::queue::{PRIORITIES, QueueIx};
use crate::shape::take_piece;
use crate::time::Mono;

/// Messages looked at at one go: well under a millisecond.
const SLICE: usize = 2_000;

/// Bytes handed to the shell at one go.
const BATCH_BYTES: usize = 4 << 20;

/// After a refusal nothing is spilled for so long, in ms.
const PAUSE_MS: u64 = 500;

/// A place that the shell may not give.
const PLACE_END: u64 = 1 << 54;

/// A message that is being written.
struct Spill {
    slot: Slot,
    queue: QueueIx,
    /// Whose put it is, if it is still arriving.
    arriving: Option<ConversationId>,
    /// What its content counts for; nothing if it is arriving.
    cost: usize,
    /// The message has gone: its bytes are in memory only until they are written.
    is_gone: bool,
    /// Pieces that have not been answered, without a place.
    writing: Vec<Part>,
    /// Pieces that have been written.
    written: Vec<Part>,
    is_refused: bool,
}

/// Messages on their way to the scratch file.
#[derive(Default)]
pub(crate) struct Spills {
    by_number: Map<MessageNumber, Spill>,
    /// The scratch file had no room: not before then.
    not_before: Option<Mono>,
    /// There was more to look at than one go allows.
    pub(crate) has_more: bool,
}

impl Kernel {
    /// Whether the scratch file is believed to have room.
    pub(crate) fn may_spill(&self) -> bool {
        self.spills.not_before.is_none_or(|at| at <= self.now.mono)
    }

    /// Whether a message that is not persistent can be taken.
    pub(crate) fn has_room_for(&self, body: &mqi::call::Long) -> bool {
        self.contents.has_room(body.total as usize)
            || (!body.is_whole() && self.may_spill() && self.contents.has_room(PIECE_MAX))
    }

    /// Hands what is too much to the shell, or what one go allows of it.
    #[inline(never)]
    pub(crate) fn spill(&mut self, out: &mut Outputs) {
        self.spills.has_more = false;
        if !self.may_spill() {
            return;
        }
        let (mut looks, mut bytes) = (SLICE, self.contents.excess().min(BATCH_BYTES));
        while bytes > 0 {
            let most = self.queues.iter().max_by_key(|(ix, queue)| (queue.spillable, std::cmp::Reverse(*ix)));
            let Some((ix, queue)) = most.filter(|(_, queue)| queue.spillable > 0) else { return };
            let before = (queue.spillable, looks);
            for lane in 0..PRIORITIES {
                self.spill_lane(ix, lane, &mut bytes, &mut looks, out);
            }
            if looks == 0 {
                self.spills.has_more = true;
                return;
            }
            if before == (self.queues.get(ix).spillable, looks) {
                debug_assert!(false, "what is counted is found");
                self.queues.get_mut(ix).spillable = 0;
            }
        }
    }

    /// Spills from one lane: first behind the range where nothing is left, then before it.
    fn spill_lane(
        &mut self,
        ix: QueueIx,
        lane: usize,
        bytes: &mut usize,
        looks: &mut usize,
        out: &mut Outputs,
    ) {
        if *bytes == 0 || *looks == 0 {
            return;
        }
        let messages = &self.queues.get(ix).lanes[lane];
        // Once the head has passed the range, what is behind it is no longer far from the head.
        let head = messages.first(&self.arena);
        let mut range = messages.spilled.filter(|(_, to)| head.is_some_and(|head| head <= *to));
        let mut chosen = Vec::new();
        let mut look = |slot: Slot| {
            if *bytes == 0 || *looks == 0 {
                return None;
            }
            *looks -= 1;
            if let Some(cost) = self.spillable_cost(slot) {
                chosen.push(slot);
                *bytes = bytes.saturating_sub(cost);
            }
            Some(self.arena.get(slot).number)
        };
        if let Some((_, to)) = &mut range {
            messages.after(&self.arena, *to).map_while(&mut look).for_each(|number| *to = number);
        }
        let from = range.map_or(MessageNumber(u64::MAX), |(from, _)| from);
        for number in messages.before(&self.arena, from).map_while(&mut look) {
            range = Some((number, range.map_or(number, |(_, to)| to)));
        }
        self.queues.get_mut(ix).lanes[lane].spilled = range;
        // In the order in which they will be wanted.
        chosen.sort_unstable_by_key(|slot| self.arena.get(*slot).number);
        for slot in chosen {
            self.spill_message(ix, slot, out);
        }
    }

    /// What the content of a message counts for, if it is in memory and is to be written.
    fn spillable_cost(&self, slot: Slot) -> Option<usize> {
        let entry = self.arena.get(slot);
        if entry.is_reloadable() || entry.has(Entry::PARTED) || entry.state == State::Gone {
            return None;
        }
        if entry.state == State::Putting && entry.owner == Entry::NO_OWNER {
            // Still arriving.
            return None;
        }
        let content = self.contents.get(&self.arena, slot)?;
        (!self.spills.by_number.contains_key(&entry.number)).then(|| content.cost())
    }

    /// A message that is not persistent goes: what of it could still be spilled no longer can.
    #[inline(never)]
    pub(crate) fn not_spillable(&mut self, ix: QueueIx, slot: Slot) {
        if let Some(cost) = self.spillable_cost(slot) {
            self.queues.get_mut(ix).spillable -= cost;
        }
    }

    /// A message that was arriving, or could not be written, may be spilled.
    pub(crate) fn now_spillable(&mut self, ix: QueueIx, slot: Slot) {
        let Some(content) = self.contents.get(&self.arena, slot) else { return };
        let (cost, entry) = (content.cost(), self.arena.get(slot));
        let queue = self.queues.get_mut(ix);
        queue.spillable += cost;
        let range = &mut queue.lanes[usize::from(entry.priority())].spilled;
        if range.is_some_and(|(from, to)| from <= entry.number && entry.number <= to) {
            *range = None;
        }
    }

    /// Hands the content of a message to the shell.
    fn spill_message(&mut self, ix: QueueIx, slot: Slot, out: &mut Outputs) {
        let number = self.arena.get(slot).number;
        let Some(content) = self.contents.get(&self.arena, slot) else { return };
        let cost = content.cost();
        let mut writing = Vec::new();
        let data = content.data();
        if data.len() <= PIECE_MAX {
            writing.push(Part { index: 0, lsn: Lsn::NONE, len: content.record_len() as u32 });
            out.push(Output::Spill { number, index: 0, body: content.to_record() });
        } else {
            let mut rest = data;
            while !rest.is_empty() {
                let piece = take_piece(&mut rest);
                let index = writing.len() as u32;
                writing.push(Part { index, lsn: Lsn::NONE, len: piece.len() as u32 });
                out.push(Output::Spill { number, index, body: pieces_of(&piece) });
            }
        }
        self.queues.get_mut(ix).spillable -= cost;
        self.contents.begin_writing(cost);
        let (arriving, written) = (None, Vec::new());
        let spill =
            Spill { slot, queue: ix, arriving, cost, is_gone: false, writing, written, is_refused: false };
        self.spills.by_number.insert(number, spill);
    }

    /// Hands a piece of a message that is arriving to the shell.
    pub(crate) fn spill_arriving(
        &mut self,
        conversation: ConversationId,
        ix: QueueIx,
        slot: Slot,
        index: u32,
        bytes: &Body,
        out: &mut Outputs,
    ) {
        let number = self.arena.get(slot).number;
        let len = bytes.len();
        self.contents.hold(len);
        out.push(Output::Spill { number, index, body: pieces_of(bytes) });
        let spill = self.spills.by_number.entry(number).or_insert_with(|| Spill {
            slot,
            queue: ix,
            arriving: Some(conversation),
            cost: 0,
            is_gone: false,
            writing: Vec::new(),
            written: Vec::new(),
            is_refused: false,
        });
        spill.writing.push(Part { index, lsn: Lsn::NONE, len: len as u32 });
    }

    /// A message that is not persistent goes, perhaps while it is being written. Its content has left the books before.
    #[inline(never)]
    pub(crate) fn forget_kept(&mut self, entry: &Entry, out: &mut Outputs) {
        if entry.is_reloadable() {
            out.push(Output::Drop { place: ScratchPlace(entry.lsn().0), len: entry.record_len() });
        } else if let Some(spill) = self.spills.by_number.get_mut(&entry.number)
            && spill.cost > 0
        {
            spill.is_gone = true;
            self.contents.keep(spill.cost);
        }
        if entry.has(Entry::PARTED) {
            drop_parts(&self.parts.remove(entry.number), out);
        }
    }

    /// The shell has written a piece, or had no room for it.
    pub(crate) fn spilled(
        &mut self,
        number: MessageNumber,
        index: u32,
        place: Option<ScratchPlace>,
        out: &mut Outputs,
    ) {
        let place = place.filter(|place| place.0 != 0 && place.0 < PLACE_END);
        let Some(spill) = self.spills.by_number.get_mut(&number) else { return };
        let Some(at) = spill.writing.iter().position(|part| part.index == index) else { return };
        let mut part = spill.writing.swap_remove(at);
        match place {
            Some(place) => part.lsn = Lsn(place.0),
            None => spill.is_refused = true,
        }
        let is_last = spill.writing.is_empty();
        if let Some(conversation) = spill.arriving {
            if is_last {
                self.spills.by_number.remove(&number);
            }
            self.note_room(place.is_some(), out);
            self.contents.let_go(part.len as usize);
            if !self.piece_spilled(conversation, number, part, place.is_some(), out) {
                drop_parts(&[part], out);
            }
            return;
        }
        if place.is_some() {
            spill.written.push(part);
        }
        if is_last && let Some(spill) = self.spills.by_number.remove(&number) {
            self.note_room(!spill.is_refused, out);
            match spill.is_gone {
                true => self.contents.let_go(spill.cost),
                false => self.contents.end_writing(spill.cost),
            }
            self.settle_spill(number, spill, out);
        }
    }

    /// Remembers, and says once, that the scratch file has no room.
    fn note_room(&mut self, has_room: bool, out: &mut Outputs) {
        if has_room {
            self.spills.not_before = None;
            return;
        }
        if self.spills.not_before.is_none() {
            Self::log_line("AMQ7478", Vec::new(), out);
        }
        self.spills.not_before = Some(self.now.mono.after(PAUSE_MS));
    }

    /// All of a content has been answered: it leaves memory, unless it could not be written or is wanted no more.
    fn settle_spill(&mut self, number: MessageNumber, mut spill: Spill, out: &mut Outputs) {
        let Spill { slot, queue, .. } = spill;
        let entry = self.arena.peek(slot);
        let is_there = entry.number == number && entry.state != State::Gone;
        let content = is_there.then(|| self.contents.get(&self.arena, slot)).flatten();
        let Some(content) = content.filter(|_| !spill.is_refused) else {
            drop_parts(&spill.written, out);
            let lane = usize::from(entry.priority());
            let is_queued = is_there
                && self
                    .queues
                    .find(queue)
                    .is_some_and(|queue| queue.lanes[lane].find(&self.arena, number) == Some(slot));
            if is_queued {
                self.now_spillable(queue, slot);
            }
            return;
        };
        let is_parted = content.data().len() > PIECE_MAX;
        let rest = is_parted.then(|| content.without_data());
        self.contents.remove(&mut self.arena, slot);
        let entry = self.arena.get_mut(slot);
        match rest {
            Some(rest) => {
                entry.set(Entry::PARTED, true);
                spill.written.sort_unstable_by_key(|part| part.index);
                for part in spill.written {
                    self.parts.insert(number, part);
                }
                self.contents.insert(&mut self.arena, slot, rest);
            }
            None => {
                for part in spill.written {
                    entry.set_place(part.lsn, part.len);
                }
            }
        }
    }
}

fn pieces_of(body: &Body) -> store::Body {
    body.pieces().to_vec().into()
}

/// Places that nothing mentions.
fn drop_parts(parts: &[Part], out: &mut Outputs) {
    for part in parts.iter().filter(|part| part.lsn != Lsn::NONE) {
        out.push(Output::Drop { place: ScratchPlace(part.lsn.0), len: part.len });
    }
}
