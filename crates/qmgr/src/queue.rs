//! A local queue at work: its messages in order, who has it open, who waits.
//!
//! The definition is elsewhere (`object`); here is what calls need at hand. A queue is named by its index while
//! the queue manager runs, and by its number, which is never given again, in log records.

use std::collections::VecDeque;

use mqi::Chars48;
use mqi::name::ObjectName;
use mqi::object::AttributeSet;

use crate::arena::{Arena, Slot};
use crate::conversation::ConvIx;
use crate::entry::{Entry, State};
use crate::hash::{IdHash, Map};
use crate::id_table::{IdKind, IdTable, Scan};
use crate::lane::Lane;
use crate::number::MessageNumber;
use crate::object::{DYNAMIC_CREATOR, DYNAMIC_MODEL, QueueAttributes};
use crate::put_times::TimeOnQueue;
use crate::selection::Selections;
use crate::time::WallMs;

/// Number of a queue in log records: given at definition, never again to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueueNumber(pub(crate) u32);

/// Index of a queue while the queue manager runs. Given again only after a handle to the old one is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueueIx(pub(crate) u32);

/// A handle that wants a message of a queue: a get that waits, or a consumer with room in its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiter {
    pub(crate) conversation: ConvIx,
    /// Number of the handle.
    pub(crate) handle: u32,
    /// What its message must have, here so that most offers need not look further.
    pub(crate) msg_key: IdHash,
    pub(crate) correl_key: IdHash,
}

/// Where a dynamic queue comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) creator: String,
    pub(crate) model: ObjectName,
}

impl Origin {
    /// As the definition of a permanent one keeps it.
    pub(crate) fn of(a: &AttributeSet) -> Option<Self> {
        let creator = a.text(DYNAMIC_CREATOR);
        let model = ObjectName::parse(a.text(DYNAMIC_MODEL)).ok()?;
        (!creator.is_empty()).then(|| Self { creator: creator.to_owned(), model })
    }

    /// Writes it into a definition.
    pub(crate) fn put_into(&self, a: &mut AttributeSet) {
        a.set(DYNAMIC_CREATOR, self.creator.as_str());
        a.set(DYNAMIC_MODEL, self.model.as_str());
    }
}

/// Number of priorities.
pub(crate) const PRIORITIES: usize = 10;

/// See the module's header.
pub(crate) struct Queue {
    pub(crate) number: QueueNumber,
    pub(crate) name: ObjectName,
    pub(crate) name_chars: Chars48,
    pub(crate) attributes: QueueAttributes,
    /// Deleted, but some handle still mentions it.
    pub(crate) is_deleted: bool,
    /// A permanent dynamic queue that goes when its last handle is closed.
    pub(crate) goes_when_closed: bool,
    /// Who made this dynamic queue, and from what: to him it is what its model was.
    pub(crate) origin: Option<Origin>,
    pub(crate) lanes: [Lane; PRIORITIES],
    /// CURDEPTH: with uncommitted puts, without uncommitted gets.
    pub(crate) depth: u32,
    /// Messages put or got in units of work that have not ended.
    pub(crate) uncommitted: u32,
    /// Messages whose Put is in the log, in whatever state.
    pub(crate) persistent: u32,
    /// Messages held for a handle.
    pub(crate) reserved: u32,
    /// Bytes of its messages that are in memory, may be spilled, and are not being so.
    pub(crate) spillable: usize,
    /// Bytes of order and tables when they were last looked at.
    pub(crate) counted_bytes: usize,
    pub(crate) msg_ids: Option<IdTable>,
    pub(crate) correl_ids: Option<IdTable>,
    /// Handles open for input, output, and all of them.
    pub(crate) input_count: u32,
    pub(crate) output_count: u32,
    pub(crate) open_count: u32,
    /// One of the input handles is exclusive.
    pub(crate) is_exclusive: bool,
    pub(crate) waiters: VecDeque<Waiter>,
    /// Selectors that handles have open.
    pub(crate) selections: Selections,
    pub(crate) last_put: Option<WallMs>,
    pub(crate) last_get: Option<WallMs>,
    /// How long its messages stay, since monitoring was switched on.
    pub(crate) time_on_queue: TimeOnQueue,
}

/// A get by id of a queue with fewer messages walks over them: a table costs more.
const TABLE_FROM: u32 = 32;

/// Messages added to a table at one go: well under a millisecond.
const FILL_SLICE: usize = 512;

/// What a get by id can use.
pub(crate) enum Table<'a> {
    /// Nothing: the queue is short.
    Walk,
    /// This.
    Ready(&'a IdTable),
    /// A table that is not complete yet.
    Filling,
}

impl Queue {
    /// A queue without messages.
    pub(crate) fn new(number: QueueNumber, name: ObjectName, attributes: QueueAttributes) -> Self {
        Self {
            number,
            name_chars: name.to_chars(),
            name,
            attributes,
            is_deleted: false,
            goes_when_closed: false,
            origin: None,
            lanes: Default::default(),
            depth: 0,
            uncommitted: 0,
            persistent: 0,
            reserved: 0,
            spillable: 0,
            counted_bytes: 0,
            msg_ids: None,
            correl_ids: None,
            input_count: 0,
            output_count: 0,
            open_count: 0,
            is_exclusive: false,
            waiters: VecDeque::new(),
            selections: Selections::default(),
            last_put: None,
            last_get: None,
            time_on_queue: TimeOnQueue::default(),
        }
    }

    /// Puts a new message into the order. Its number is greater than all before.
    pub(crate) fn enter(&mut self, arena: &Arena, slot: Slot) {
        let entry = arena.get(slot);
        self.persistent += u32::from(entry.is_persistent());
        self.lanes[usize::from(entry.priority())].push(slot, entry.number);
        for table in [&mut self.msg_ids, &mut self.correl_ids].into_iter().flatten() {
            table.insert(arena, slot);
        }
    }

    /// Takes a message out; its slot is given back when nothing mentions it. Its content has gone before.
    pub(crate) fn leave(&mut self, arena: &mut Arena, slot: Slot) {
        for table in [&mut self.msg_ids, &mut self.correl_ids].into_iter().flatten() {
            table.remove(arena, slot);
        }
        if !self.selections.is_empty() {
            self.selections.remove(arena.get(slot));
        }
        let entry = arena.get_mut(slot);
        self.persistent -= u32::from(entry.is_persistent());
        entry.state = State::Gone;
        let (lane, number) = (usize::from(entry.priority()), entry.number);
        self.lanes[lane].gone(arena, number);
    }

    /// A message is free now: committed, returned, unlocked.
    pub(crate) fn freed(&mut self, arena: &Arena, slot: Slot) {
        let entry = arena.get(slot);
        self.lanes[usize::from(entry.priority())].freed(arena, entry.number);
    }

    /// The message with this number.
    pub(crate) fn find(&self, arena: &Arena, number: MessageNumber) -> Option<Slot> {
        self.lanes.iter().find_map(|lane| lane.find(arena, number))
    }

    /// Every message, most urgent first, whatever its state.
    pub(crate) fn slots<'a>(&'a self, arena: &'a Arena) -> impl Iterator<Item = Slot> + 'a {
        let all = self.lanes.iter().rev().flat_map(Lane::slots);
        all.filter(|slot| arena.get(*slot).state != State::Gone)
    }

    /// The table of an id. One is begun if the queue is deep enough to need it; `next` is greater than all numbers so
    /// far.
    pub(crate) fn table(&mut self, arena: &Arena, kind: IdKind, next: MessageNumber) -> Table<'_> {
        let depth = self.depth;
        let table = self.table_mut(kind);
        if table.as_ref().is_some_and(IdTable::is_full) {
            *table = None;
        }
        if table.is_none() {
            if depth < TABLE_FROM {
                return Table::Walk;
            }
            let scan = Scan { lane: 0, number: MessageNumber(0), limit: next };
            *table = Some(IdTable::with_room(kind, depth as usize, Some(scan)));
            self.fill_table(arena, kind);
        }
        match self.table_mut(kind) {
            Some(table) if table.scan().is_none() => Table::Ready(table),
            _ => Table::Filling,
        }
    }

    fn table_mut(&mut self, kind: IdKind) -> &mut Option<IdTable> {
        match kind {
            IdKind::Msg => &mut self.msg_ids,
            IdKind::Correl => &mut self.correl_ids,
        }
    }

    /// Adds a slice of messages to a table that is being filled. Returns whether more are left.
    pub(crate) fn fill_table(&mut self, arena: &Arena, kind: IdKind) -> bool {
        let Some(mut table) = self.table_mut(kind).take() else { return false };
        let Some(Scan { lane: start, number, limit }) = table.scan() else {
            *self.table_mut(kind) = Some(table);
            return false;
        };
        let mut left = FILL_SLICE;
        let mut scan = None;
        'lanes: for lane in start..PRIORITIES as u8 {
            let from = if lane == start { number } else { MessageNumber(0) };
            for slot in self.lanes[usize::from(9 - lane)].after(arena, from) {
                let entry = arena.get(slot);
                if entry.number >= limit {
                    break;
                }
                if left == 0 {
                    break 'lanes;
                }
                left -= 1;
                if entry.state != State::Gone {
                    table.insert(arena, slot);
                }
                scan = Some(Scan { lane, number: entry.number, limit });
            }
        }
        table.set_scan(scan.filter(|_| left == 0));
        *self.table_mut(kind) = Some(table);
        left == 0
    }

    /// The priority by which a message is ordered here.
    pub(crate) fn ordering(&self, priority: i32) -> u8 {
        let priority = if self.attributes.is_by_priority { priority } else { self.attributes.def_priority };
        priority.clamp(0, 9) as u8
    }

    /// Takes a waiter away.
    pub(crate) fn forget(&mut self, handle: u32) {
        self.waiters.retain(|waiter| waiter.handle != handle);
    }

    /// Bytes held for order and tables.
    pub(crate) fn bytes(&self) -> usize {
        let tables: usize = [&self.msg_ids, &self.correl_ids].into_iter().flatten().map(IdTable::bytes).sum();
        tables + self.lanes.iter().map(Lane::bytes).sum::<usize>()
    }

    /// The message that has been here longest, of those that are here to stay.
    pub(crate) fn oldest(&self, arena: &Arena) -> Option<MessageNumber> {
        let first = |lane: &Lane| {
            let committed = |state| !matches!(state, State::Gone | State::Putting);
            lane.slots().map(|slot| arena.get(slot)).find(|e| committed(e.state)).map(|e| e.number)
        };
        self.lanes.iter().filter_map(first).min()
    }

    /// Whether a message of this entry may be given out now.
    pub(crate) fn is_available(entry: &Entry, now_tenths: u32) -> bool {
        entry.state == State::Free && !(entry.expiry != 0 && entry.expiry <= now_tenths)
    }
}

/// All local queues.
#[derive(Default)]
pub(crate) struct Queues {
    /// In boxes: places that many queues had, which are gone, cost little.
    slab: Vec<Option<Box<Queue>>>,
    free: Vec<u32>,
    by_name: Map<ObjectName, QueueIx>,
    by_number: Map<QueueNumber, QueueIx>,
}

impl Queues {
    /// Adds a queue; its name is not in use.
    pub(crate) fn insert(&mut self, queue: Queue) -> QueueIx {
        let ix = QueueIx(self.free.pop().unwrap_or_else(|| {
            self.slab.push(None);
            self.slab.len() as u32 - 1
        }));
        self.by_number.insert(queue.number, ix);
        let old = self.by_name.insert(queue.name.clone(), ix);
        assert!(old.is_none(), "a queue's name is checked before");
        self.slab[ix.0 as usize] = Some(Box::new(queue));
        ix
    }

    /// Number of queues, and of those that are deleted and still mentioned.
    pub(crate) fn len(&self) -> usize {
        self.slab.len() - self.free.len()
    }

    /// Indexes that there may be queues of.
    pub(crate) fn slots(&self) -> usize {
        self.slab.len()
    }

    /// Makes a queue unknown by name and number: deleted, but perhaps still mentioned by handles.
    pub(crate) fn unname(&mut self, ix: QueueIx) {
        if let Some(queue) = &mut self.slab[ix.0 as usize] {
            queue.is_deleted = true;
            self.by_name.remove(&queue.name);
            self.by_number.remove(&queue.number);
        }
    }

    /// Gives the index of a deleted queue back that no handle mentions.
    pub(crate) fn remove(&mut self, ix: QueueIx) {
        self.unname(ix);
        self.slab[ix.0 as usize] = None;
        self.free.push(ix.0);
        // Many queues have gone: what the tables had for them goes, too.
        if self.by_name.capacity() > 4 * self.by_name.len() + 4096 {
            self.by_name.shrink_to(2 * self.by_name.len());
            self.by_number.shrink_to(2 * self.by_number.len());
        }
    }

    /// A queue.
    pub(crate) fn get(&self, ix: QueueIx) -> &Queue {
        self.slab[ix.0 as usize].as_deref().expect("a queue stays while something mentions its index")
    }

    /// The same, to change it.
    pub(crate) fn get_mut(&mut self, ix: QueueIx) -> &mut Queue {
        self.slab[ix.0 as usize].as_deref_mut().expect("a queue stays while something mentions its index")
    }

    /// A queue, if it is there still.
    pub(crate) fn find(&self, ix: QueueIx) -> Option<&Queue> {
        self.slab.get(ix.0 as usize)?.as_deref()
    }

    /// The same, to change it.
    pub(crate) fn find_mut(&mut self, ix: QueueIx) -> Option<&mut Queue> {
        self.slab.get_mut(ix.0 as usize)?.as_deref_mut()
    }

    /// Index of the queue with this name.
    pub(crate) fn by_name(&self, name: &str) -> Option<QueueIx> {
        self.by_name.get(name).copied()
    }

    /// Index of the queue with this number.
    pub(crate) fn by_number(&self, number: QueueNumber) -> Option<QueueIx> {
        self.by_number.get(&number).copied()
    }

    /// All queues, in order of their index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (QueueIx, &Queue)> {
        self.slab.iter().enumerate().filter_map(|(at, queue)| Some((QueueIx(at as u32), queue.as_deref()?)))
    }
}
