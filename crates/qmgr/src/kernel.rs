//! The kernel: one deterministic state machine that owns every queue, handle and unit of work.
//!
//! Inputs go in with their time, outputs come out; the same inputs give the same outputs, byte for byte. Nothing here
//! waits or reads: what must be durable before it is shown says so in its output, what is not in memory is asked for and
//! comes back as an input. What one input sets in motion is finished before [`Kernel::handle`] returns, except for work
//! that would take long, which is cut into slices and goes on with the next `Tick`.

use std::collections::VecDeque;

use bytes::Bytes;
use mqi::call::{Call, Hobj, Reply, Returned};
use mqi::constants::*;
use mqi::name::ObjectName;
use mqi::object::ObjectClass;
use mqi::{CompCode, Reason};
use store::{Lsn, Record};

use crate::admin::{ListenerState, Lists};
use crate::arena::{Arena, Slot};
use crate::authority::Authority;
use crate::budget::Budget;
use crate::content::Contents;
use crate::conversation::{Application, ConvIx, Conversations, InCall};
use crate::delay::Delays;
use crate::entry::Entry;
use crate::hash::{IdKey, Map};
use crate::id_table::IdKind;
use crate::input::{ConversationId, EndMode, Input, Ticket};
use crate::lane::Lane;
use crate::log_records::Group;
use crate::marks::Marks;
use crate::number::{MessageNumber, Numbers};
use crate::object::{ObjectRecord, QmgrAttributes, QueueAttributes, Registry};
use crate::output::{LogLine, Output, Outputs};
use crate::own_clock::OwnClock;
use crate::parts::{Parts, Place};
use crate::put::PutCall;
use crate::put_times::PutTimes;
use crate::queue::{Origin, Queue, QueueIx, QueueNumber, Queues};
use crate::selection::{HeaderScan, SelectionIx};
use crate::space::Space;
use crate::spill::Spills;
use crate::time::{Mono, OwnMs, Time, WallMs};
use crate::timers::{Due, Timers};
use crate::unit_of_work::UnitsOfWork;

/// What a kernel is told once, before its first input. A recording begins with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelConfig {
    /// Name of the queue manager.
    pub name: ObjectName,
    /// QMID: name, and date and time of creation.
    pub qmid: String,
    /// Epoch of this run, which the store has raised: 24 bits, never used before.
    pub epoch: u32,
    /// Key for hashing message ids: 16 random bytes, drawn at creation or at start.
    pub hash_key: [u8; 16],
    /// When the queue manager was created, wall ms.
    pub created_wall_ms: i64,
    /// When this run began, wall ms.
    pub started_wall_ms: i64,
    /// Bytes for bodies of messages that are not persistent and for cached ones (`MemoryMax` less what the shell needs).
    pub memory_max: usize,
    /// User that owns the queue manager: an administrator.
    pub owner: String,
    /// Command level that applications are told: 940 as a rule.
    pub command_level: i32,
}

/// How far the queue manager is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Not ending.
    No,
    /// Ends when all have disconnected.
    Quiescing,
    /// Ends now.
    Immediate,
    /// Has ended.
    Ended,
}

/// See the module's header. Fields are for the other files of this crate.
pub struct Kernel {
    pub(crate) config: KernelConfig,
    pub(crate) now: Time,
    pub(crate) numbers: Numbers,
    pub(crate) id_key: IdKey,
    /// Added to the numbers in generated identifiers.
    pub(crate) qmid_digest: u64,
    /// Where the next record goes.
    pub(crate) lsn_next: Lsn,
    /// All before is durable.
    pub(crate) durable: Lsn,
    /// Room for more.
    pub(crate) space: Space,
    pub(crate) registry: Registry,
    pub(crate) authority: Authority,
    pub(crate) qmgr: QmgrAttributes,
    /// Alias, remote and model queues, as calls look at them.
    pub(crate) other_queues: Map<ObjectName, QueueAttributes>,
    pub(crate) queue_number_next: u32,
    pub(crate) temporary_number_next: u32,
    pub(crate) queues: Queues,
    pub(crate) arena: Arena,
    pub(crate) contents: Contents,
    pub(crate) budget: Budget,
    pub(crate) spills: Spills,
    pub(crate) parts: Parts,
    /// How often gets of a message were backed out, for those that were.
    pub(crate) backouts: Map<MessageNumber, u32>,
    pub(crate) marks: Marks,
    /// Group and segment fields, for messages that have them.
    pub(crate) groups: Map<MessageNumber, Group>,
    pub(crate) conversations: Conversations,
    pub(crate) uows: UnitsOfWork,
    pub(crate) handle_number: u32,
    /// When messages were put.
    pub(crate) own_clock: OwnClock,
    pub(crate) put_times: PutTimes,
    pub(crate) timers: Timers,
    pub(crate) tickets: u64,
    /// Who asked for a record to be read, by ticket.
    pub(crate) loads: Map<u64, LoadFor>,
    /// Queues with selectors that have messages left to judge.
    pub(crate) scans: VecDeque<QueueIx>,
    /// Id tables that are being filled.
    pub(crate) filling: VecDeque<(QueueIx, IdKind)>,
    /// Queues that have just been deleted: who waits there is to be told.
    pub(crate) deleted_queues: Vec<QueueIx>,
    /// What messages may no longer be got from: who waits there is to be told.
    pub(crate) inhibited: Vec<Inhibited>,
    /// Messages that became free while someone waits for one.
    pub(crate) offers: VecDeque<(QueueIx, Slot, MessageNumber)>,
    /// Lanes of cleared or deleted queues, to be given back in slices.
    pub(crate) discarded: Vec<Discarded>,
    /// Queues of the messages that expire.
    pub(crate) expiring: Map<Slot, QueueIx>,
    /// Where the search for expired messages goes on.
    pub(crate) expiry_chunk: usize,
    pub(crate) expiry_due: Option<Mono>,
    /// Messages that are to be delivered later.
    pub(crate) delays: Delays,
    pub(crate) ending: Ending,
    /// Clients that can connect again by themselves are to do so when this queue manager ends (endmqm -r).
    pub(crate) reconnects: bool,
    pub(crate) listeners: Map<String, ListenerState>,
    /// Lists that are being made for administrators.
    pub(crate) lists: Lists,
    pub(crate) recovery: Option<Box<crate::recovery::Recovery>>,
}

/// A definition that was altered to GET(DISABLED), or back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inhibited {
    /// A local queue.
    Queue(QueueIx),
    /// An alias.
    Alias(ObjectName),
    /// Back: this queue, or an alias of any.
    Allowed(Option<QueueIx>),
}

/// Messages of a cleared queue.
pub(crate) struct Discarded {
    pub(crate) lane: Lane,
    /// Queue and limit of the Discard record, if it needed one.
    pub(crate) limit: Option<(QueueNumber, MessageNumber)>,
}

/// What a record is being read for.
#[derive(Debug)]
pub(crate) enum LoadFor {
    /// The get that a conversation is in.
    Get(ConversationId),
    /// The consumer with this handle number.
    Consumer(ConversationId, Hobj),
    /// The next piece of the body that a conversation is being sent.
    Piece(ConversationId),
    /// The scan of a selector.
    Scan { queue: QueueIx, selection: SelectionIx, slot: Slot, number: MessageNumber },
    /// The same: the first part of a long message.
    ScanPart(Box<HeaderScan>),
    /// The delivery of a message that is due.
    Due(MessageNumber),
}

/// What a call came to: completion, reason and what it returns, or only a reason for failing.
pub(crate) type Outcome = (CompCode, Reason);

/// A call that succeeded.
pub(crate) const OK: Outcome = (CompCode::Ok, Reason::NONE);

/// A call that failed.
pub(crate) fn failed(reason: Reason) -> Outcome {
    (CompCode::Failed, reason)
}

/// A call that succeeded in part.
pub(crate) fn warning(reason: Reason) -> Outcome {
    (CompCode::Warning, reason)
}

impl Kernel {
    /// A queue manager without objects. Give it the log ([`Self::recover_record`], …), or begin with
    /// [`Self::recover_done`] at once when it is new.
    pub fn new(config: KernelConfig) -> Self {
        let mut registry = Registry::default();
        let qmgr_definition = crate::definitions::queue_manager(&config);
        let qmgr = QmgrAttributes::of(&qmgr_definition.attributes);
        registry.insert(qmgr_definition);
        Self {
            now: Time { wall: WallMs(config.started_wall_ms), mono: Mono(0) },
            own_clock: OwnClock::new(WallMs(config.started_wall_ms)),
            numbers: Numbers::of_epoch(config.epoch),
            id_key: IdKey(config.hash_key),
            qmid_digest: crate::hash::digest(config.qmid.as_bytes()),
            lsn_next: Lsn::FIRST,
            durable: Lsn::FIRST,
            space: Space::default(),
            authority: Authority::new(&config.owner),
            registry,
            qmgr,
            other_queues: Map::default(),
            queue_number_next: 1,
            temporary_number_next: 0,
            queues: Queues::default(),
            arena: Arena::default(),
            contents: Contents::with_budget(config.memory_max),
            budget: Budget::new(config.memory_max),
            spills: Spills::default(),
            parts: Parts::default(),
            backouts: Map::default(),
            marks: Marks::default(),
            groups: Map::default(),
            conversations: Conversations::default(),
            uows: UnitsOfWork::default(),
            handle_number: 0,
            put_times: PutTimes::default(),
            timers: Timers::default(),
            tickets: 0,
            loads: Map::default(),
            scans: VecDeque::new(),
            filling: VecDeque::new(),
            deleted_queues: Vec::new(),
            inhibited: Vec::new(),
            offers: VecDeque::new(),
            discarded: Vec::new(),
            expiring: Map::default(),
            expiry_chunk: 0,
            expiry_due: None,
            delays: Delays::default(),
            ending: Ending::No,
            reconnects: false,
            listeners: Map::default(),
            lists: Lists::default(),
            recovery: Some(Box::default()),
            config,
        }
    }

    /// Takes one input. Outputs are added to `out` in the order in which they are to be done.
    pub fn handle(&mut self, input: Input, at: Time, out: &mut Outputs) {
        self.advance(at, out);
        match input {
            Input::Call { conversation, call } => self.call(conversation, call, out),
            Input::Part { conversation, bytes } => self.part(conversation, bytes, out),
            Input::Pull { conversation } => self.pull(conversation, out),
            Input::Loaded { ticket, body } => self.loaded(ticket, body, out),
            Input::Spilled { number, index, place } => self.spilled(number, index, place, out),
            Input::Durable(lsn) => self.durable = self.durable.max(lsn),
            Input::Space { free_extents } => self.space_changed(free_extents, out),
            Input::Relocate { lsn, record } => self.relocate(lsn, record, out),
            Input::LogFull => self.back_out_longest(out),
            Input::Gone { conversation } => self.gone(conversation, out),
            Input::Command { ticket, user, command, facts } => {
                self.command(ticket, &user, command, facts, out);
            }
            Input::CommandMore { ticket } => self.lists.go_on(ticket),
            Input::CommandDropped { ticket } => self.lists.drop(ticket),
            Input::Sockets { ticket, sockets, next } => self.sockets_told(ticket, &sockets, next, out),
            Input::ListenerChanged { name, state } => self.listener_changed(&name, state, out),
            Input::CancelWaits { by, connection_id, reason } => {
                if self.is_of_same_client(by, &connection_id) {
                    self.cancel_waits(&connection_id, reason, out);
                }
            }
            Input::Lent { bytes } => self.lend(bytes),
            Input::Window { conversation, is_open } => self.window_changed(conversation, is_open, out),
            Input::Reconnect(reconnects) => self.reconnect(reconnects),
            Input::End(mode) => self.end(mode, out),
            // A slice for each turn of the shell, whatever comes in meanwhile: the others are not to wait for it.
            Input::Tick => self.list_slice(out),
        }
        self.due(out);
        self.settle(out);
        self.look_at_index();
        if self.contents.is_full() || self.spills.has_more {
            self.spill(out);
        }
    }

    /// When [`Input::Tick`] should come if nothing else does.
    pub fn deadline(&self) -> Option<Mono> {
        let has_slices = !self.discarded.is_empty()
            || !self.scans.is_empty()
            || !self.filling.is_empty()
            || self.lists.is_running()
            || self.spills.has_more;
        if has_slices {
            return Some(self.now.mono);
        }
        self.timers.next().into_iter().chain(self.expiry_due).chain(self.delays.wake).min()
    }

    /// Whether the shell should read less for a while: memory is nearly full, and what is being written to the scratch
    /// file will make room.
    pub fn is_pressed(&self) -> bool {
        self.contents.is_pressed()
    }

    /// Position that the next record will have.
    pub fn lsn_next(&self) -> Lsn {
        self.lsn_next
    }

    /// Objects and rules that are defined.
    pub fn definition_count(&self) -> usize {
        self.registry.len()
    }

    /// Attribute values, status and counters are looked up in the kernel; this is how many are connected.
    pub fn conversation_count(&self) -> usize {
        self.conversations.len()
    }

    /// The application of a conversation.
    pub fn application_of(&self, conversation: ConversationId) -> Option<Application<'_>> {
        self.conversations.find(conversation).map(|conv| self.conversations.get(conv).application())
    }

    /// Applications that are connected.
    pub fn applications(&self) -> impl Iterator<Item = Application<'_>> {
        self.conversations.iter().map(|(_, conversation)| conversation.application())
    }

    /// Bytes that the kernel holds for messages: entries, order, tables, contents.
    pub fn message_bytes(&self) -> usize {
        let queues: usize = self.queues.iter().map(|(_, queue)| queue.bytes()).sum();
        self.arena.bytes() + self.contents.bytes() + queues
    }

    fn call(&mut self, id: ConversationId, call: Call, out: &mut Outputs) {
        let call = match call {
            Call::Connect(connect) => return self.connect(id, *connect, out),
            call => call,
        };
        let Some(conv) = self.conversations.find(id) else {
            let returned = returned_as_given(call);
            return reply_to(id, failed(Reason::HCONN_ERROR), returned, Lsn::NONE, out);
        };
        let conversation = self.conversations.get(conv);
        if (conversation.sending.is_some() || conversation.is_storing())
            && !matches!(call, Call::Consume { .. } | Call::Notify { .. })
        {
            // It comes after the body that is on its way out, or into the scratch file.
            return self.conversations.get_mut(conv).deferred.push_back(call);
        }
        self.call_of(conv, call, out);
    }

    /// A call of a conversation that is known.
    pub(crate) fn call_of(&mut self, conv: ConvIx, call: Call, out: &mut Outputs) {
        let is_busy = !matches!(self.conversations.get(conv).in_call, InCall::None);
        match call {
            Call::Consume { hobj, consume } => self.consume(conv, hobj, *consume, out),
            Call::Notify { hobj, code, value } => self.notified(conv, hobj, code, value, out),
            call if is_busy => {
                self.reply(conv, failed(Reason::CALL_IN_PROGRESS), returned_as_given(call), Lsn::NONE, out);
            }
            Call::Connect(connect) => {
                let id = self.conversations.get(conv).id;
                self.connect(id, *connect, out);
            }
            Call::Disconnect => self.disconnect(conv, out),
            Call::Open { od, options } => self.open(conv, od, options, out),
            Call::Close { hobj, options } => self.close(conv, hobj, options, out),
            Call::Put { hobj, md, pmo, body } => self.put(conv, hobj, PutCall::new(md, pmo), body, 0, out),
            Call::PutLater { hobj, md, pmo, body, delay_ms } => {
                self.put(conv, hobj, PutCall::new(md, pmo), body, delay_ms, out);
            }
            Call::Put1 { od, md, pmo, body } => self.put1(conv, None, (od, md, pmo), body, out),
            Call::Put1For { user, od, md, pmo, body } => {
                self.put1(conv, Some(user), (od, md, pmo), body, out);
            }
            Call::Get { hobj, md, gmo, buffer_length } => self.get(conv, hobj, md, gmo, buffer_length, out),
            Call::Inquire { hobj, selectors, int_count, char_length } => {
                self.inquire(conv, hobj, selectors, int_count, char_length, out);
            }
            Call::Set { hobj, selectors, ints, chars } => self.set(conv, hobj, selectors, ints, chars, out),
            Call::Commit => self.commit_call(conv, out),
            Call::Back => self.back_call(conv, out),
            Call::Stat { kind, sts } => self.stat(conv, kind, sts, out),
            Call::Refused { reason } => self.reply(conv, failed(reason), Returned::Nothing, Lsn::NONE, out),
        }
    }

    /// Answers a call. Replies of one conversation leave in order, behind the body that is on its way out.
    pub(crate) fn reply(
        &mut self,
        conv: ConvIx,
        outcome: Outcome,
        returned: Returned,
        wait: Lsn,
        out: &mut Outputs,
    ) {
        let id = self.conversations.get(conv).id;
        let (comp_code, reason) = outcome;
        let reason = self.reason_for(conv, reason);
        let reply = Box::new(Reply { comp_code, reason, returned });
        self.emit(conv, Output::Reply { conversation: id, reply, wait }, out);
    }

    /// Sends an output of a conversation, or keeps it until the body before it has gone.
    pub(crate) fn emit(&mut self, conv: ConvIx, output: Output, out: &mut Outputs) {
        let conversation = self.conversations.get_mut(conv);
        if conversation.sending.is_some() {
            conversation.held.push_back(output);
        } else {
            out.push(output);
        }
    }

    /// Appends a record and returns its position.
    pub(crate) fn append(&mut self, record: Record, out: &mut Outputs) -> Lsn {
        let lsn = self.lsn_next;
        self.lsn_next = lsn + record.len();
        out.push(Output::Append { lsn, record });
        lsn
    }

    /// Asks for a record to be read.
    pub(crate) fn load(&mut self, what: LoadFor, place: Place, sequential: bool, out: &mut Outputs) -> u64 {
        self.tickets += 1;
        self.loads.insert(self.tickets, what);
        let ticket = Ticket(self.tickets);
        out.push(match place {
            Place::Log { lsn, len } => Output::Load { ticket, lsn, len, sequential },
            Place::Scratch { number, index, place, len } => {
                Output::LoadSpilled { ticket, number, index, place, len }
            }
        });
        self.tickets
    }

    fn loaded(&mut self, ticket: Ticket, body: Option<Bytes>, out: &mut Outputs) {
        let Some(what) = self.loads.remove(&ticket.0) else { return };
        match what {
            LoadFor::Get(id) => {
                if let Some(conv) = self.conversations.find(id) {
                    self.get_loaded(conv, ticket.0, body, out);
                }
            }
            LoadFor::Consumer(id, hobj) => {
                if let Some(conv) = self.conversations.find(id) {
                    self.consumer_loaded(conv, hobj, ticket.0, body, out);
                }
            }
            LoadFor::Piece(id) => {
                if let Some(conv) = self.conversations.find(id) {
                    self.piece_loaded(conv, body, out);
                }
            }
            LoadFor::Scan { queue, selection, slot, number } => {
                self.scan_loaded(queue, selection, slot, number, body, out);
            }
            LoadFor::ScanPart(scan) => self.header_loaded(scan, body, out),
            LoadFor::Due(number) => self.due_loaded(number, body, out),
        }
    }

    /// Does what is due, and a slice of the work that takes long.
    fn due(&mut self, out: &mut Outputs) {
        while let Some(due) = self.timers.pop(self.now.mono) {
            match due {
                Due::Wait(conv) => self.end_wait(conv, Reason::NO_MSG_AVAILABLE, out),
                Due::Stop => self.stop_rest(out),
                Due::Elsewhere => self.stop_elsewhere(out),
                Due::Mark { queue, slot, number } => self.mark_due(queue, slot, number),
            }
        }
        if !self.discarded.is_empty() {
            self.discard_slice(out);
        }
        if !self.scans.is_empty() {
            self.scan_slice(out);
        }
        if !self.filling.is_empty() {
            self.fill_slice(out);
        }
        self.expire_some(out);
        self.deliver_due(out);
    }

    /// Gives the messages that have become free to those that wait, and ends what deletions have ended.
    fn settle(&mut self, out: &mut Outputs) {
        loop {
            self.settle_deleted(out);
            self.settle_inhibited(out);
            let Some((queue, slot, number)) = self.offers.pop_front() else { break };
            self.offer(queue, slot, number, out);
        }
    }

    /// Adds a line to the error log.
    pub(crate) fn log_line(id: &'static str, inserts: Vec<String>, out: &mut Outputs) {
        out.push(Output::Log(LogLine { id, inserts }));
    }

    /// Now in tenths of a second since about when this run began, plus one so that zero means never.
    pub(crate) fn now_tenths(&self) -> u32 {
        self.tenths_of(self.own_clock.now)
    }

    /// A time as entries have it.
    pub(crate) fn tenths_of(&self, at: OwnMs) -> u32 {
        let tenths = at.0.saturating_sub(self.own_clock.base.0).div_euclid(100).saturating_add(1);
        u32::try_from(tenths.max(1)).unwrap_or(u32::MAX)
    }

    /// What an entry's expiry is in the queue manager's own time.
    pub(crate) fn own_of(&self, tenths: u32) -> OwnMs {
        self.own_clock.base.after((i64::from(tenths) - 1) * 100)
    }

    /// Low half of a position, for the owner field of a free message.
    pub(crate) fn low(lsn: Lsn) -> u32 {
        lsn.0 as u32
    }

    /// Position that must be durable before a free message may be shown. The high half is that of the latest position
    /// that fits: an older one than 4 GiB back has long been durable, and waiting for a later one does no harm.
    pub(crate) fn shown_after(&self, entry: &Entry) -> Lsn {
        let last = self.lsn_next.0 - 1;
        let back = (last as u32).wrapping_sub(entry.owner);
        Lsn(last.saturating_sub(u64::from(back)))
    }

    /// A position that is durable, as the owner of a message that waits for nothing.
    pub(crate) fn shown_at_once(&self) -> u32 {
        Self::low(Lsn(self.durable.0 - 1))
    }

    /// A new number for a handle.
    pub(crate) fn next_handle_number(&mut self) -> u32 {
        self.handle_number = self.handle_number.wrapping_add(1);
        if self.handle_number == Entry::NO_OWNER {
            self.handle_number = 1;
        }
        self.handle_number
    }

    /// Does what a record of an object says: now, after [`Self::record_object`] has logged it, or at restart. `queue` is
    /// the number of a local queue. Returns where the definition that was there before has its record.
    pub(crate) fn apply_object(&mut self, record: ObjectRecord, queue: QueueNumber) -> Option<(Lsn, u32)> {
        let (definition, is_defined) = match &record {
            ObjectRecord::Defined(definition) => (definition, true),
            ObjectRecord::Deleted(definition) => (definition, false),
        };
        match definition.object.class() {
            ObjectClass::Qmgr => self.qmgr = QmgrAttributes::of(&definition.attributes),
            ObjectClass::Queue => {
                let name = ObjectName::parse(&definition.name).ok()?;
                let attributes = QueueAttributes::of(definition).filter(|_| is_defined);
                self.apply_queue(name, attributes, queue);
                if let Some(origin) = Origin::of(&definition.attributes)
                    && let Some(ix) = self.queues.by_name(&definition.name)
                {
                    self.queues.get_mut(ix).origin = Some(origin);
                }
            }
            _ => {}
        }
        self.registry.apply(record).and_then(|old| old.place)
    }

    fn apply_queue(&mut self, name: ObjectName, attributes: Option<QueueAttributes>, number: QueueNumber) {
        let local = self.queues.by_name(name.as_str());
        match (attributes, local) {
            (Some(attributes), Some(ix)) if number.0 != 0 => {
                let was_enabled = self.queues.get(ix).attributes.is_get_enabled;
                if !attributes.is_get_enabled {
                    self.inhibited.push(Inhibited::Queue(ix));
                } else if !was_enabled {
                    self.inhibited.push(Inhibited::Allowed(Some(ix)));
                }
                self.queues.get_mut(ix).attributes = attributes;
            }
            (Some(attributes), None) if number.0 != 0 => {
                self.queue_number_next = self.queue_number_next.max(number.0 + 1);
                self.queues.insert(Queue::new(number, name, attributes));
            }
            (Some(attributes), _) => {
                let was_enabled = self.other_queues.get(&name).is_none_or(|old| old.is_get_enabled);
                if !attributes.is_get_enabled {
                    self.inhibited.push(Inhibited::Alias(name.clone()));
                } else if !was_enabled {
                    self.inhibited.push(Inhibited::Allowed(None));
                }
                self.other_queues.insert(name, attributes);
            }
            (None, Some(ix)) => self.forget_queue(ix),
            (None, None) => {
                self.other_queues.remove(name.as_str());
            }
        }
    }

    /// Logs a definition or deletion and does it. Returns the record's position: the reply of the command waits for it.
    /// Fails, with nothing done, when the definition does not fit a record.
    pub(crate) fn record_object(&mut self, record: ObjectRecord, out: &mut Outputs) -> Result<Lsn, Reason> {
        let (is_defined, name, object) = match &record {
            ObjectRecord::Defined(d) => (true, d.name.clone(), d.object),
            ObjectRecord::Deleted(d) => (false, d.name.clone(), d.object),
        };
        let bytes = record.encode().map_err(|_| Reason::RESOURCE_PROBLEM)?;
        let number = match (object, self.queues.by_name(&name)) {
            (mqi::object::ObjectType::QLocal, Some(ix)) => self.queues.get(ix).number,
            (mqi::object::ObjectType::QLocal, None) if is_defined => {
                let number = QueueNumber(self.queue_number_next);
                self.queue_number_next += 1;
                number
            }
            _ => QueueNumber(0),
        };
        let mut head = store::Head::from(&number.0.to_le_bytes()[..]);
        head.extend(&bytes);
        let record_of_log = Record::new(store::Kind::Object, head);
        let len = record_of_log.len();
        let lsn = self.append(record_of_log, out);
        let record = match record {
            ObjectRecord::Defined(mut definition) => {
                definition.place = Some((lsn, len));
                ObjectRecord::Defined(definition)
            }
            deleted => deleted,
        };
        if let Some((old, len)) = self.apply_object(record, number) {
            out.push(Output::Release { lsn: old, len });
        }
        if !is_defined {
            // It matters until the next checkpoint only, which no longer has the definition.
            out.push(Output::Release { lsn, len });
        }
        Ok(lsn)
    }

    /// Options of a call or of a handle that ask to fail while the queue manager ends.
    pub(crate) fn check_ending(&self, fails_if_quiescing: bool) -> Result<(), Reason> {
        match self.ending {
            Ending::No => Ok(()),
            Ending::Quiescing if !fails_if_quiescing => Ok(()),
            Ending::Quiescing => Err(Reason::Q_MGR_QUIESCING),
            Ending::Immediate | Ending::Ended => Err(Reason::Q_MGR_STOPPING),
        }
    }

    fn end(&mut self, mode: EndMode, out: &mut Outputs) {
        let ending = match mode {
            EndMode::Quiesce => Ending::Quiescing,
            EndMode::Immediate => Ending::Immediate,
        };
        if self.ending == Ending::Ended || (self.ending == Ending::Immediate && mode == EndMode::Quiesce) {
            return;
        }
        self.ending = ending;
        self.note_dismissal(out);
        match mode {
            EndMode::Quiesce => self.quiesce_all(out),
            EndMode::Immediate => self.stop_all(out),
        }
        self.check_ended(out);
    }

    /// Says so when the queue manager is ending and nobody is left.
    pub(crate) fn check_ended(&mut self, out: &mut Outputs) {
        if matches!(self.ending, Ending::Quiescing | Ending::Immediate) && self.conversations.len() == 0 {
            self.ending = Ending::Ended;
            out.push(Output::Ended);
        }
    }

    /// Whether the options of a get or of a handle contain FAIL_IF_QUIESCING.
    pub(crate) fn is_fail_if_quiescing(gmo_options: i32) -> bool {
        gmo_options & MQGMO_FAIL_IF_QUIESCING != 0
    }
}

/// A reply to a conversation that the kernel does not know.
pub(crate) fn reply_to(
    conversation: ConversationId,
    outcome: Outcome,
    returned: Returned,
    wait: Lsn,
    out: &mut Outputs,
) {
    let (comp_code, reason) = outcome;
    let reply = Box::new(Reply { comp_code, reason, returned });
    out.push(Output::Reply { conversation, reply, wait });
}

/// The output parameters of a call that fails before anything is done: structures as they came in.
fn returned_as_given(call: Call) -> Returned {
    match call {
        Call::Connect(connect) => Returned::Connect { qmgr_name: connect.qmgr_name, connection_id: [0; 24] },
        Call::Disconnect => Returned::Disconnect,
        Call::Open { od, .. } => {
            Returned::Open { hobj: Hobj::UNUSABLE, od, attributes: mqi::call::OpenAttributes::NONE }
        }
        Call::Close { .. } => Returned::Close,
        Call::Put { md, pmo, .. } | Call::PutLater { md, pmo, .. } => Returned::Put { md, pmo },
        Call::Put1 { od, md, pmo, .. } | Call::Put1For { od, md, pmo, .. } => Returned::Put1 { od, md, pmo },
        Call::Get { md, gmo, .. } => {
            let body = mqi::call::Long::default();
            Returned::Get { md, gmo, data_length: 0, body, putter: mqi::Putter::Unknown }
        }
        Call::Inquire { selectors, .. } => {
            Returned::Inquire { selectors, ints: Vec::new(), chars: Vec::new() }
        }
        Call::Set { .. } => Returned::Set,
        Call::Commit => Returned::Commit,
        Call::Back => Returned::Back,
        Call::Stat { kind, sts } => Returned::Stat { kind, sts },
        Call::Consume { .. } | Call::Notify { .. } | Call::Refused { .. } => Returned::Nothing,
    }
}
