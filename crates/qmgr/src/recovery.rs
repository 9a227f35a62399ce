//! Restart: the kernel's state out of a checkpoint, the records that were live then, and the log behind it.
//!
//! ```text
//! recover_state    what summaries and log do not say: units of work in flight, their gets, backout counts, …
//! recover_live     heads of Put, Part and Object records from before the checkpoint
//! recover_record   every record after it, in order: the same state changes as when it was written
//! recover_done     backs out what did not commit, puts the messages into the queues, in order of their numbers
//! ```
//!
//! While this goes on messages are in the arena and in no queue: a record that packing moved comes later in the log than
//! its number says, and a queue's definition may come after its messages.

use std::fmt;

use mqi::wire::Truncated;
use store::{Kind, Lsn, Record, RecordView};

use crate::arena::Slot;
use crate::entry::{Entry, State};
use crate::hash::Map;
use crate::kernel::Kernel;
use crate::log_records::{self, Delay, Discard, Fields, Group, PutHead, Take};
use crate::number::{MessageNumber, UowId};
use crate::object::ObjectRecord;
use crate::output::{Output, Outputs};
use crate::own_clock::Pair;
use crate::parts::Part;
use crate::put_times::PutTimes;
use crate::queue::{QueueIx, QueueNumber};
use crate::time::{OwnMs, Time};

/// A record that passed its checksum and is not one that this version writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryError {
    /// Where it is; [`Lsn::NONE`]: the checkpoint's state.
    pub lsn: Lsn,
    /// What was to be read.
    pub what: &'static str,
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at log position {} cannot be understood", self.what, self.lsn)
    }
}

impl std::error::Error for RecoveryError {}

/// Version of the checkpoint's state: 5 since times are of the queue manager's own time, which 4 could not read.
const VERSION: u8 = 5;
/// The oldest version that is read, which had no put times.
const VERSION_UNDATED: u8 = 2;

/// Numbers of queues end far beyond this, so that the next ones need no check.
const QUEUE_NUMBER_MAX: u32 = u32::MAX / 2;

/// The number of a queue, or the next to be given.
fn queue_number(r: &mut Fields<'_>) -> Result<QueueNumber, Truncated> {
    let number = r.u32()?;
    if number > QUEUE_NUMBER_MAX { Err(Truncated) } else { Ok(QueueNumber(number)) }
}

/// A unit of work in flight.
#[derive(Debug, Default)]
struct Flight {
    puts: Vec<MessageNumber>,
    gets: Vec<MessageNumber>,
}

/// Messages by number. They mostly come in order, which costs no map.
#[derive(Debug, Default)]
struct ByNumber {
    ordered: Vec<(MessageNumber, Slot)>,
    others: Map<MessageNumber, Slot>,
}

impl ByNumber {
    fn insert(&mut self, number: MessageNumber, slot: Slot) {
        if self.ordered.last().is_none_or(|(last, _)| *last < number) {
            self.ordered.push((number, slot));
        } else {
            self.others.insert(number, slot);
        }
    }

    fn find(&self, number: MessageNumber) -> Option<Slot> {
        match self.ordered.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => Some(self.ordered[at].1),
            Err(_) => self.others.get(&number).copied(),
        }
    }
}

/// What is known only while restart goes on.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    by_number: ByNumber,
    /// Number of the queue of each message, by slot.
    queue_of: Vec<QueueNumber>,
    groups: Vec<(MessageNumber, Group)>,
    delays: Vec<(MessageNumber, Delay)>,
    flights: Map<UowId, Flight>,
    /// Backout counts from the checkpoint.
    backouts: Map<MessageNumber, u32>,
    /// Messages that were taken before the checkpoint and may have come back after it, in ascending order.
    sent: Vec<MessageNumber>,
    /// Messages that were cleared before the checkpoint and not all given back.
    cleared: Vec<(QueueNumber, MessageNumber)>,
    /// Records from before the checkpoint that are dead after all.
    dead: Vec<(Lsn, u32)>,
}

impl Kernel {
    /// All that a checkpoint must keep beside the records themselves. Taken between two inputs.
    ///
    /// ```text
    /// version      u8    5
    /// next queue   u32
    /// flights      u32 count, each: id u64, gets u32 count, each u64
    /// backouts     u32 count, each: number u64, count u32
    /// cleared      u32 count, each: queue u32, limit u64
    /// sent         u32 count, each u64: taken for streaming consumers, and may come back
    /// put times    u32 count, each: number u64, own time in ms i64; absent in version 2
    /// clock        own time i64, wall time i64: of now; absent before version 5
    /// ```
    pub fn checkpoint_state(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        let u32_of = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes();
        out.extend(self.queue_number_next.to_le_bytes());
        let flights: Vec<_> =
            self.uows.iter().map(|(_, uow)| uow).filter(|uow| uow.first_lsn.is_some()).collect();
        out.extend(u32_of(flights.len()));
        for uow in flights {
            out.extend(uow.id.0.to_le_bytes());
            let gets: Vec<_> = uow.gets.iter().map(|touched| self.arena.get(touched.slot)).collect();
            let gets: Vec<_> = gets.into_iter().filter(|entry| entry.is_persistent()).collect();
            out.extend(u32_of(gets.len()));
            gets.iter().for_each(|entry| out.extend(entry.number.0.to_le_bytes()));
        }
        let mut backouts: Vec<_> = self.backouts.iter().collect();
        backouts.sort_unstable();
        out.extend(u32_of(backouts.len()));
        for (number, count) in backouts {
            out.extend(number.0.to_le_bytes());
            out.extend(count.to_le_bytes());
        }
        let cleared: Vec<_> = self.discarded.iter().filter_map(|discarded| discarded.limit).collect();
        out.extend(u32_of(cleared.len()));
        for (queue, limit) in cleared {
            out.extend(queue.0.to_le_bytes());
            out.extend(limit.0.to_le_bytes());
        }
        let sent = self.sent_messages();
        out.extend(u32_of(sent.len()));
        sent.iter().for_each(|number| out.extend(number.0.to_le_bytes()));
        let put_times = self.put_times.saved();
        out.extend(u32_of(put_times.len()));
        for (number, at) in put_times {
            out.extend(number.0.to_le_bytes());
            out.extend(at.0.to_le_bytes());
        }
        out.extend(self.own_clock.pair(self.now.wall).encode());
        out
    }

    /// Takes the state of the checkpoint; empty if there was none.
    pub fn recover_state(&mut self, state: &[u8]) -> Result<(), RecoveryError> {
        if state.is_empty() {
            return Ok(());
        }
        self.read_state(state).map_err(|Truncated| RecoveryError { lsn: Lsn::NONE, what: "checkpoint state" })
    }

    fn read_state(&mut self, state: &[u8]) -> Result<(), Truncated> {
        let mut r = Fields(state);
        let version = r.u8()?;
        if !(VERSION_UNDATED..=VERSION).contains(&version) {
            return Err(Truncated);
        }
        self.queue_number_next = queue_number(&mut r)?.0;
        let mut recovery = std::mem::take(self.recovery.get_or_insert_default());
        for _ in 0..r.u32()? {
            let id = UowId(r.u64()?);
            let flight = recovery.flights.entry(id).or_default();
            for _ in 0..r.u32()? {
                flight.gets.push(MessageNumber(r.u64()?));
            }
        }
        for _ in 0..r.u32()? {
            recovery.backouts.insert(MessageNumber(r.u64()?), r.u32()?);
        }
        for _ in 0..r.u32()? {
            recovery.cleared.push((QueueNumber(r.u32()?), MessageNumber(r.u64()?)));
        }
        for _ in 0..r.u32()? {
            recovery.sent.push(MessageNumber(r.u64()?));
        }
        if version != VERSION_UNDATED {
            let mut put_times = Vec::new();
            for _ in 0..r.u32()? {
                put_times.push((MessageNumber(r.u64()?), OwnMs(r.u64()?.cast_signed())));
            }
            self.put_times = PutTimes::recovered(put_times);
        }
        if version == VERSION {
            self.own_clock.recover(Pair::decode(&mut r)?);
        } else if let Some(last) = self.put_times.last() {
            // The wall clock of that version may have been ahead.
            let pair = self.own_clock.pair(self.now.wall);
            self.own_clock.recover(Pair { own: pair.own.max(last), ..pair });
        }
        self.recovery = Some(recovery);
        r.end(())
    }

    /// Takes the head of a record from before the checkpoint that was live then. What turns out to be dead is released
    /// by [`Self::recover_done`].
    pub fn recover_live(
        &mut self,
        lsn: Lsn,
        len: u32,
        kind: Kind,
        _flags: u8,
        head: &[u8],
    ) -> Result<(), RecoveryError> {
        let mut dead = std::mem::take(&mut self.recovery.get_or_insert_default().dead);
        let done = self.replay(lsn, len, kind, head, true, &mut dead);
        self.recovery.get_or_insert_default().dead = dead;
        done
    }

    /// Takes a record from after the checkpoint. What it makes dead is added to `dead`: position and length.
    pub fn recover_record(
        &mut self,
        lsn: Lsn,
        record: &RecordView<'_>,
        dead: &mut Vec<(Lsn, u32)>,
    ) -> Result<(), RecoveryError> {
        let len = Record::HEADER_LEN + record.head.len() as u32 + record.body.len() as u32;
        self.replay(lsn, len, record.kind, record.head, false, dead)
    }

    fn replay(
        &mut self,
        lsn: Lsn,
        len: u32,
        kind: Kind,
        head: &[u8],
        is_live: bool,
        dead: &mut Vec<(Lsn, u32)>,
    ) -> Result<(), RecoveryError> {
        let mut recovery = self.recovery.take().unwrap_or_default();
        let mut out = Outputs::new();
        let done = match kind {
            Kind::Put => self.replay_put(&mut recovery, lsn, len, head, is_live, &mut out),
            Kind::Part => self.replay_part(lsn, len, head, &mut out),
            Kind::Got => log_records::of_got(head).map(|(uow, number)| {
                recovery.flights.entry(uow).or_default().gets.push(number);
            }),
            Kind::Take => log_records::of_take(head)
                .map(|(number, take)| self.replay_take(&mut recovery, number, take, &mut out)),
            Kind::Commit => log_records::of_one(head).map(|uow| {
                if let Some(flight) = recovery.flights.remove(&UowId(uow)) {
                    self.replay_commit(&mut recovery, flight, &mut out);
                }
            }),
            Kind::Back => log_records::of_one(head).map(|uow| {
                if let Some(flight) = recovery.flights.remove(&UowId(uow)) {
                    self.replay_back(&mut recovery, flight, &mut out);
                }
            }),
            Kind::Discard => {
                Discard::decode(head).map(|discard| self.replay_discard(&mut recovery, discard, &mut out))
            }
            Kind::Object => self.replay_object(lsn, len, head, &mut out),
            Kind::Clock => self.replay_clock(head),
            Kind::Prepare | Kind::Forget => Err(Truncated),
        };
        self.recovery = Some(recovery);
        dead.extend(out.into_iter().filter_map(|output| match output {
            Output::Release { lsn, len } => Some((lsn, len)),
            _ => None,
        }));
        done.map_err(|Truncated| RecoveryError { lsn, what: name_of(kind) })
    }

    fn replay_put(
        &mut self,
        recovery: &mut Recovery,
        lsn: Lsn,
        len: u32,
        head: &[u8],
        is_live: bool,
        out: &mut Outputs,
    ) -> Result<(), Truncated> {
        let head = PutHead::decode(head)?;
        let data_len = if head.is_parted { 0 } else { head.body_len };
        let overhead = len.checked_sub(data_len).ok_or(Truncated)?;
        if head.priority > 9 || overhead > Entry::OVERHEAD_MAX || (lsn.0 >> 54) != 0 {
            return Err(Truncated);
        }
        if let Some(slot) = recovery.by_number.find(head.number) {
            // Packing moved it: the later record counts.
            let (old, old_len) = (self.arena.get(slot).lsn(), self.arena.get(slot).record_len());
            let dead = if old < lsn {
                self.arena.get_mut(slot).set_place(lsn, len);
                (old, old_len)
            } else {
                (lsn, len)
            };
            out.push(Output::Release { lsn: dead.0, len: dead.1 });
            return Ok(());
        }
        let was_cleared =
            recovery.cleared.iter().any(|(queue, limit)| *queue == head.queue && head.number < *limit);
        if is_live && was_cleared {
            out.push(Output::Release { lsn, len });
            return Ok(());
        }
        let mut entry = self.entry_of(&head, true);
        entry.set_place(lsn, len);
        // A put of before the checkpoint whose unit of work was not in flight then has committed.
        let flies = head.uow != UowId::NONE && (!is_live || recovery.flights.contains_key(&head.uow));
        let is_sent = is_live && recovery.sent.binary_search(&head.number).is_ok();
        entry.state = match (flies, is_sent) {
            (true, _) => State::Putting,
            (false, true) => State::Reserved,
            (false, false) => State::Free,
        };
        let slot = self.arena.insert(entry).ok_or(Truncated)?;
        recovery.by_number.insert(head.number, slot);
        let at = slot.0 as usize;
        if recovery.queue_of.len() <= at {
            recovery.queue_of.resize(at + 1, QueueNumber(0));
        }
        recovery.queue_of[at] = head.queue;
        if let Some(group) = head.group {
            recovery.groups.push((head.number, group));
        }
        if let Some(delay) = head.delay {
            recovery.delays.push((head.number, delay));
        }
        if flies {
            recovery.flights.entry(head.uow).or_default().puts.push(head.number);
        }
        Ok(())
    }

    fn replay_part(&mut self, lsn: Lsn, len: u32, head: &[u8], out: &mut Outputs) -> Result<(), Truncated> {
        let (number, index) = log_records::of_part(head)?;
        let part = Part { index, lsn, len: Part::data_len(len).ok_or(Truncated)? };
        if let Some(old) = self.parts.insert(number, part) {
            let dead = if old.lsn < lsn {
                old
            } else {
                self.parts.insert(number, old);
                part
            };
            out.push(Output::Release { lsn: dead.lsn, len: dead.record_len() });
        }
        Ok(())
    }

    fn replay_object(&mut self, lsn: Lsn, len: u32, head: &[u8], out: &mut Outputs) -> Result<(), Truncated> {
        let mut r = Fields(head);
        let number = queue_number(&mut r)?;
        let record = match ObjectRecord::decode(r.0).map_err(|_| Truncated)? {
            ObjectRecord::Defined(mut definition) => {
                definition.place = Some((lsn, len));
                ObjectRecord::Defined(definition)
            }
            deleted => {
                out.push(Output::Release { lsn, len });
                deleted
            }
        };
        if let Some((lsn, len)) = self.apply_object(record, number) {
            out.push(Output::Release { lsn, len });
        }
        while let Some(ix) = self.deleted_queues.pop() {
            self.budget.forget_queue(self.queues.get(ix).counted_bytes);
            self.queues.remove(ix);
        }
        Ok(())
    }

    /// A message is gone.
    fn replay_drop(&mut self, recovery: &mut Recovery, number: MessageNumber, out: &mut Outputs) {
        let Some(slot) = recovery.by_number.find(number) else { return };
        if self.arena.get(slot).number != number || self.arena.get(slot).state == State::Gone {
            return;
        }
        self.forget_message(slot, out);
        recovery.backouts.remove(&number);
        // The slot is kept until the end, so that its number is not taken for another's.
        self.arena.get_mut(slot).state = State::Gone;
    }

    /// A message was got outside a unit of work. While it may come back it is `Reserved`, and keeps its records.
    fn replay_take(&mut self, recovery: &mut Recovery, number: MessageNumber, take: Take, out: &mut Outputs) {
        if take == Take::Got {
            return self.replay_drop(recovery, number, out);
        }
        let Some(slot) = recovery.by_number.find(number) else { return };
        let entry = self.arena.get_mut(slot);
        match (entry.state, take) {
            (State::Free, Take::Sent) => entry.state = State::Reserved,
            (State::Reserved, Take::Back) => entry.state = State::Free,
            _ => {}
        }
    }

    fn replay_commit(&mut self, recovery: &mut Recovery, flight: Flight, out: &mut Outputs) {
        for number in flight.puts {
            if let Some(slot) = recovery.by_number.find(number)
                && self.arena.get(slot).state == State::Putting
            {
                self.arena.get_mut(slot).state = State::Free;
            }
        }
        for number in flight.gets {
            self.replay_drop(recovery, number, out);
        }
    }

    fn replay_back(&mut self, recovery: &mut Recovery, flight: Flight, out: &mut Outputs) {
        for number in flight.puts {
            self.replay_drop(recovery, number, out);
        }
        for number in flight.gets {
            let count = recovery.backouts.entry(number).or_insert(0);
            *count = count.saturating_add(1);
        }
    }

    fn replay_discard(&mut self, recovery: &mut Recovery, discard: Discard, out: &mut Outputs) {
        match discard {
            Discard::Numbers(numbers) => {
                for number in numbers {
                    self.replay_drop(recovery, number, out);
                }
            }
            Discard::Below { queue, limit } => {
                let all = recovery.by_number.ordered.iter().copied();
                let others = recovery.by_number.others.iter().map(|(number, slot)| (*number, *slot));
                let mut gone: Vec<MessageNumber> = all
                    .chain(others)
                    .filter(|(number, slot)| {
                        *number < limit && recovery.queue_of.get(slot.0 as usize) == Some(&queue)
                    })
                    .map(|(number, _)| number)
                    .collect();
                gone.sort_unstable();
                for number in gone {
                    self.replay_drop(recovery, number, out);
                }
            }
        }
    }

    /// Everything has been delivered; the next record goes to `lsn_next`. Afterwards the queue manager works.
    pub fn recover_done(&mut self, lsn_next: Lsn, at: Time, out: &mut Outputs) {
        self.lsn_next = lsn_next;
        self.durable = lsn_next;
        self.now = at;
        self.own_clock.begin(at.wall);
        self.authority.refresh_sign_on(&self.registry);
        let mut recovery = *self.recovery.take().unwrap_or_default();
        out.extend(recovery.dead.drain(..).map(|(lsn, len)| Output::Release { lsn, len }));
        let mut flights: Vec<_> = std::mem::take(&mut recovery.flights).into_iter().collect();
        flights.sort_unstable_by_key(|(id, _)| *id);
        for (id, flight) in flights {
            self.append(Record::new(Kind::Back, log_records::one(id.0)), out);
            self.replay_back(&mut recovery, flight, out);
        }
        let Recovery { by_number, queue_of, groups, delays, backouts, .. } = recovery;
        for (number, group) in groups {
            self.groups.insert(number, group);
        }
        let mut all = by_number.ordered;
        all.extend(by_number.others);
        all.sort_unstable();
        for (number, slot) in &all {
            let queue = queue_of.get(slot.0 as usize).and_then(|queue| self.queues.by_number(*queue));
            self.settle_recovered(*number, *slot, queue, out);
        }
        for (number, count) in backouts {
            if let Ok(at) = all.binary_search_by_key(&number, |(number, _)| *number)
                && self.arena.get(all[at].1).number == number
            {
                self.arena.get_mut(all[at].1).set(Entry::BACKED_OUT, true);
                self.backouts.insert(number, count);
            }
        }
        for (number, delay) in delays {
            if let Ok(at) = all.binary_search_by_key(&number, |(number, _)| *number) {
                self.recover_delay(number, all[at].1, &delay);
            }
        }
        for number in self.parts.numbers() {
            // Parts of a put that never got its record.
            if all.binary_search_by_key(&number, |(number, _)| *number).is_err() {
                for part in self.parts.remove(number) {
                    out.push(Output::Release { lsn: part.lsn, len: part.record_len() });
                }
            }
        }
    }

    /// A message that waits is there still.
    fn recover_delay(&mut self, number: MessageNumber, slot: Slot, delay: &Delay) {
        let entry = self.arena.peek(slot);
        if entry.number == number && entry.state == State::Free {
            self.delays.insert(number, slot, delay, None);
            self.delays.free(number);
            self.delays.wake = Some(self.now.mono);
        }
    }

    /// Puts a message onto its queue. One that is gone, or whose queue is, gives its slot back.
    fn settle_recovered(
        &mut self,
        number: MessageNumber,
        slot: Slot,
        queue: Option<QueueIx>,
        out: &mut Outputs,
    ) {
        if self.arena.get(slot).state == State::Gone {
            return self.arena.remove(slot);
        }
        // What was sent and did not come back is the client's.
        let is_sent = self.arena.get(slot).state == State::Reserved;
        let Some(ix) = queue.filter(|_| !is_sent) else {
            self.forget_message(slot, out);
            return self.arena.remove(slot);
        };
        let owner = self.shown_at_once();
        let total = self.parts.total(number);
        let entry = self.arena.get_mut(slot);
        entry.owner = owner;
        if entry.has(Entry::PARTED) && total != Some(entry.body_len) {
            entry.state = State::Damaged;
        }
        let expiry = entry.expiry;
        let queue = self.queues.get_mut(ix);
        queue.enter(&self.arena, slot);
        queue.depth += 1;
        if expiry != 0 {
            self.expires(expiry);
            self.expiring.insert(slot, ix);
        }
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Put => "Put record",
        Kind::Part => "Part record",
        Kind::Got => "Got record",
        Kind::Take => "Take record",
        Kind::Commit => "Commit record",
        Kind::Back => "Back record",
        Kind::Prepare => "Prepare record",
        Kind::Forget => "Forget record",
        Kind::Discard => "Discard record",
        Kind::Object => "Object record",
        Kind::Clock => "Clock record",
    }
}
