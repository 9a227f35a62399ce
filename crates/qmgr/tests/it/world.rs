//! A kernel with a shell that exists in memory only: a log that can lose its end, packing, checkpoints, conversations
//! whose answers wait for the log as they do outside.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use mqi::ObjectName;
use mqi::call::{Body, Call, Connect, Delivery, Identity, Notice, Reply};
use mqi::command::CommandReply;
use qmgr::{
    ConversationId, Digest, EndMode, Facts, Input, Kernel, KernelConfig, MessageNumber, Mono, Output,
    Recorder, RecordingEntry, ScratchPlace, Ticket, Time, WallMs,
};
use store::{Lsn, Record, RecordView};

pub(crate) const CREATED_WALL_MS: i64 = 1_700_000_000_000;

/// A scratch file in memory. It notices a place that is read or freed and holds something else.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) places: BTreeMap<ScratchPlace, (MessageNumber, u32, Vec<u8>)>,
    /// Bytes beyond which there is no room.
    pub(crate) room: Option<usize>,
    /// What is read from now on is damaged.
    pub(crate) is_damaged: bool,
    /// Answers wait for [`World::write_spilled`].
    pub(crate) is_slow: bool,
    late: VecDeque<Input>,
    pub(crate) written: u64,
    next: u64,
}

impl Scratch {
    pub(crate) fn bytes(&self) -> usize {
        self.places.values().map(|(_, _, body)| body.len()).sum()
    }

    fn write(&mut self, number: MessageNumber, index: u32, body: Vec<u8>) -> Option<ScratchPlace> {
        if self.room.is_some_and(|room| self.bytes() + body.len() > room) {
            return None;
        }
        self.written += 1;
        self.next += 1;
        let place = ScratchPlace(self.next);
        self.places.insert(place, (number, index, body));
        Some(place)
    }

    fn read(&self, number: MessageNumber, index: u32, place: ScratchPlace, len: u32) -> Option<Bytes> {
        let (there, at, body) = self.places.get(&place).expect("nothing is read that has been freed");
        assert_eq!((*there, *at, body.len()), (number, index, len as usize), "what was written is read");
        (!self.is_damaged).then(|| Bytes::copy_from_slice(body))
    }

    fn free(&mut self, place: ScratchPlace, len: u32) {
        let (_, _, body) = self.places.remove(&place).expect("a place is freed once");
        assert_eq!(body.len(), len as usize);
    }

    fn clear(&mut self) {
        self.places.clear();
        self.late.clear();
    }
}

/// What a conversation sees of the queue manager.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Reply(Box<Reply>),
    Deliver(Box<Delivery>),
    Notify(Notice),
    Piece(Body, bool),
    Credit,
    Disconnect(mqi::Reason),
}

/// An output and the position that it waits for.
type Waiting = (Seen, Lsn);

#[derive(Clone)]
struct Checkpoint {
    lsn: Lsn,
    state: Vec<u8>,
    live: BTreeMap<Lsn, u32>,
}

pub(crate) struct World {
    pub(crate) kernel: Kernel,
    config: KernelConfig,
    pub(crate) now: Time,
    /// Every record ever appended and not cut off.
    pub(crate) log: BTreeMap<Lsn, Record>,
    /// Anchored records that have not been released.
    pub(crate) live: BTreeMap<Lsn, u32>,
    pub(crate) durable: Lsn,
    checkpoint: Option<Checkpoint>,
    /// A checkpoint that is not durable yet.
    pending: Option<Checkpoint>,
    /// What has not left yet, by conversation.
    held: BTreeMap<ConversationId, VecDeque<Waiting>>,
    /// What has left, by conversation.
    pub(crate) seen: BTreeMap<ConversationId, VecDeque<Seen>>,
    answers: VecDeque<Input>,
    /// Records that are to be found damaged.
    pub(crate) damaged: Vec<Lsn>,
    pub(crate) loads: u64,
    pub(crate) scratch: Scratch,
    pub(crate) lines: Vec<String>,
    pub(crate) has_ended: bool,
    next: u64,
    /// What this kernel was told, and the digest of what came out.
    pub(crate) recording: Option<(Recorder, Digest)>,
    pub(crate) keeps_said: bool,
    /// Everything said to conversations, with what it waits for, whether it has left or not.
    pub(crate) said: Vec<(ConversationId, Seen, Lsn)>,
}

pub(crate) fn config(epoch: u32, wall_ms: i64, memory_max: usize) -> KernelConfig {
    KernelConfig {
        name: ObjectName::parse("QM1").expect("a name"),
        qmid: "QM1_2023-11-14_22.13.20".to_owned(),
        epoch,
        hash_key: [epoch as u8; 16],
        created_wall_ms: CREATED_WALL_MS,
        started_wall_ms: wall_ms,
        memory_max,
        owner: "owner".to_owned(),
        command_level: 940,
    }
}

impl World {
    /// A new queue manager without objects.
    pub(crate) fn new(memory_max: usize) -> Self {
        let config = config(1, CREATED_WALL_MS, memory_max);
        let mut world = Self {
            kernel: Kernel::new(config.clone()),
            config,
            now: Time { wall: WallMs(CREATED_WALL_MS), mono: Mono(0) },
            log: BTreeMap::new(),
            live: BTreeMap::new(),
            durable: Lsn::FIRST,
            checkpoint: None,
            pending: None,
            held: BTreeMap::new(),
            seen: BTreeMap::new(),
            answers: VecDeque::new(),
            damaged: Vec::new(),
            loads: 0,
            scratch: Scratch::default(),
            lines: Vec::new(),
            has_ended: false,
            next: 0,
            recording: None,
            keeps_said: false,
            said: Vec::new(),
        };
        let mut out = Vec::new();
        world.kernel.recover_done(Lsn::FIRST, world.now, &mut out);
        world.take(out);
        world
    }

    /// Gives an input and everything that follows from it, up to what waits for the log.
    pub(crate) fn send(&mut self, input: Input) {
        self.answers.push_back(input);
        while let Some(input) = self.answers.pop_front() {
            if self.recording.is_some() {
                self.record(RecordingEntry::Input(Box::new(input.clone())));
            }
            let mut out = Vec::new();
            self.kernel.handle(input, self.now, &mut out);
            self.digest(&out);
            self.take(out);
        }
    }

    fn take(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Append { lsn, record } => {
                    let last = self.log.last_key_value();
                    let expected = last.map_or(Lsn::FIRST, |(lsn, record)| *lsn + record.len());
                    assert!(lsn >= expected, "positions are dense");
                    assert!(record.len() <= Record::LEN_MAX);
                    if record.kind.is_anchored() {
                        self.live.insert(lsn, record.len());
                    }
                    self.log.insert(lsn, record);
                }
                Output::Release { lsn, len } => {
                    assert_eq!(self.live.remove(&lsn), Some(len), "{lsn} is released once, with its length");
                }
                Output::Load { ticket, lsn, len, .. } => {
                    self.loads += 1;
                    let record = self.log.get(&lsn).expect("a record is read where it is");
                    assert_eq!(record.len(), len);
                    let body = (!self.damaged.contains(&lsn)).then(|| body_of(record));
                    self.answers.push_back(Input::Loaded { ticket, body });
                }
                Output::Spill { number, index, body } => {
                    let body = body.pieces().flat_map(|piece| piece.iter().copied()).collect();
                    let place = self.scratch.write(number, index, body);
                    let input = Input::Spilled { number, index, place };
                    match self.scratch.is_slow {
                        true => self.scratch.late.push_back(input),
                        false => self.answers.push_back(input),
                    }
                }
                Output::LoadSpilled { ticket, number, index, place, len } => {
                    self.loads += 1;
                    let body = self.scratch.read(number, index, place, len);
                    self.answers.push_back(Input::Loaded { ticket, body });
                }
                Output::Drop { place, len } => self.scratch.free(place, len),
                Output::Reply { conversation, reply, wait } => {
                    self.hold(conversation, Seen::Reply(reply), wait)
                }
                Output::Deliver { conversation, delivery, wait } => {
                    self.hold(conversation, Seen::Deliver(delivery), wait);
                }
                Output::Notify { conversation, notice, wait } => {
                    self.hold(conversation, Seen::Notify(notice), wait);
                }
                Output::Piece { conversation, bytes, last, wait } => {
                    self.hold(conversation, Seen::Piece(bytes, last), wait);
                }
                Output::Credit { conversation, wait } => self.hold(conversation, Seen::Credit, wait),
                Output::Disconnect { conversation, reason } => {
                    self.hold(conversation, Seen::Disconnect(reason), Lsn::NONE);
                }
                Output::Log(line) => self.lines.push(format!("{} {}", line.id, line.inserts.join(" | "))),
                Output::CommandRows { rows, .. } => {
                    let reply = CommandReply::objects(rows);
                    self.lines.extend(mqsc::Answer::of(&reply, mqsc::print::Style::default()).lines);
                }
                Output::AskSockets { .. } => {}
                Output::CommandReply { reply, .. } => {
                    let answer = mqsc::Answer::of(&reply, mqsc::print::Style::default());
                    self.lines.extend(answer.lines);
                }
                Output::Listener(_) => {}
                Output::Ended => self.has_ended = true,
            }
        }
        self.let_out();
    }

    /// The scratch file has written what it was slow with, in its order.
    pub(crate) fn write_spilled(&mut self) {
        while let Some(input) = self.scratch.late.pop_front() {
            self.send(input);
        }
    }

    /// Makes a new kernel whose recording begins here.
    fn begin_recording(&mut self) {
        if self.recording.is_some() {
            self.recording = Some((Recorder::new(&self.config), Digest::default()));
        }
    }

    fn record(&mut self, entry: RecordingEntry) {
        if let Some((recorder, _)) = &mut self.recording {
            recorder.add(&entry, self.now).expect("short enough");
        }
    }

    fn digest(&mut self, out: &[Output]) {
        if let Some((_, digest)) = &mut self.recording {
            digest.add(out);
        }
    }

    fn hold(&mut self, conversation: ConversationId, seen: Seen, wait: Lsn) {
        assert!(wait < self.kernel.lsn_next(), "an output waits for what is in the log");
        if self.keeps_said {
            self.said.push((conversation, seen.clone(), wait));
        }
        self.held.entry(conversation).or_default().push_back((seen, wait));
    }

    fn let_out(&mut self) {
        for (conversation, held) in &mut self.held {
            while held.front().is_some_and(|(_, wait)| *wait < self.durable) {
                let (seen, _) = held.pop_front().expect("just seen");
                self.seen.entry(*conversation).or_default().push_back(seen);
            }
        }
    }

    /// Records what this kernel, and those after it, are told. To be called when the kernel is new.
    pub(crate) fn start_recording(&mut self) {
        self.recording = Some((Recorder::new(&self.config), Digest::default()));
        self.restart();
    }

    /// Forces the log: everything that waits for it leaves.
    pub(crate) fn force(&mut self) {
        self.force_to(self.kernel.lsn_next());
    }

    /// Forces the log up to a position between records.
    pub(crate) fn force_to(&mut self, lsn: Lsn) {
        self.durable = self.durable.max(lsn);
        if let Some(checkpoint) = self.pending.take_if(|checkpoint| checkpoint.lsn <= lsn) {
            // What is dead and older than the checkpoint can no longer be read.
            self.log.retain(|lsn, _| *lsn >= checkpoint.lsn || checkpoint.live.contains_key(lsn));
            self.checkpoint = Some(checkpoint);
        }
        self.send(Input::Durable(self.durable));
        self.let_out();
    }

    /// Begins a checkpoint; it counts from the next force on.
    pub(crate) fn begin_checkpoint(&mut self) {
        let state = self.kernel.checkpoint_state();
        self.pending = Some(Checkpoint { lsn: self.kernel.lsn_next(), state, live: self.live.clone() });
    }

    /// Time passes, and what is due is done.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now.mono.0 + ms;
        loop {
            let due = self.kernel.deadline().map_or(end, |due| due.0.min(end)).max(self.now.mono.0);
            let step = due - self.now.mono.0;
            self.now = Time { wall: WallMs(self.now.wall.0 + step as i64), mono: Mono(due) };
            self.send(Input::Tick);
            if due == end && self.kernel.deadline().is_none_or(|next| next.0 > end) {
                break;
            }
        }
    }

    /// Moves a record as packing does.
    pub(crate) fn relocate(&mut self, lsn: Lsn) {
        let record = self.log.get(&lsn).cloned();
        self.send(Input::Relocate { lsn, record });
    }

    /// The power goes: records at or past `end` are lost, what had not left is never seen. Then a restart.
    pub(crate) fn crash_at(&mut self, end: Lsn) {
        assert!(end >= self.durable, "what was durable stays");
        self.log.retain(|lsn, _| *lsn < end);
        let lsn_next = self.log.last_key_value().map_or(Lsn::FIRST, |(lsn, record)| *lsn + record.len());
        let lsn_next = lsn_next.max(self.checkpoint.as_ref().map_or(Lsn::FIRST, |c| c.lsn));
        self.held.clear();
        self.pending = None;
        self.answers.clear();
        self.scratch.clear();
        self.config.epoch += 1;
        self.config = config(self.config.epoch, self.now.wall.0, self.config.memory_max);
        self.kernel = Kernel::new(self.config.clone());
        self.begin_recording();
        let mut live = BTreeMap::new();
        let mut begin = Lsn::FIRST;
        if let Some(checkpoint) = self.checkpoint.clone() {
            self.record(RecordingEntry::State(checkpoint.state.clone()));
            self.kernel.recover_state(&checkpoint.state).expect("a state");
            begin = checkpoint.lsn;
            for (lsn, len) in checkpoint.live {
                let Record { kind, flags, head, .. } = self.log[&lsn].clone();
                self.record(RecordingEntry::Live { lsn, len, kind, flags, head: head.to_vec() });
                self.kernel.recover_live(lsn, len, kind, flags, &head).expect("a live record");
                live.insert(lsn, len);
            }
        }
        let mut dead = Vec::new();
        for (lsn, record) in self.log.clone().range(begin..) {
            self.record(RecordingEntry::Record { lsn: *lsn, record: record.clone() });
            let body = body_of(record);
            let view = RecordView { kind: record.kind, flags: record.flags, head: &record.head, body: &body };
            if record.kind.is_anchored() {
                live.insert(*lsn, record.len());
            }
            self.kernel.recover_record(*lsn, &view, &mut dead).expect("a record");
            let released: Vec<_> =
                dead.iter().map(|(lsn, len)| Output::Release { lsn: *lsn, len: *len }).collect();
            self.digest(&released);
            for (lsn, len) in dead.drain(..) {
                assert_eq!(live.remove(&lsn), Some(len), "{lsn} is dead once");
            }
        }
        self.live = live;
        self.durable = lsn_next;
        let mut out = Vec::new();
        self.now.mono = Mono(self.now.mono.0 + 1000);
        self.record(RecordingEntry::Recovered { lsn_next });
        self.kernel.recover_done(lsn_next, self.now, &mut out);
        self.digest(&out);
        self.take(out);
        self.force();
        self.seen.clear();
    }

    /// A restart after everything was forced.
    pub(crate) fn restart(&mut self) {
        self.force();
        self.crash_at(self.kernel.lsn_next());
    }

    /// Positions between records from the durable end on: where the log may break off.
    pub(crate) fn ends(&self) -> Vec<Lsn> {
        let mut ends = vec![self.durable];
        ends.extend(self.log.range(self.durable..).map(|(lsn, record)| *lsn + record.len()));
        ends
    }

    pub(crate) fn command(&mut self, text: &str) -> Vec<String> {
        let command = mqsc::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        self.lines.clear();
        self.next += 1;
        let ticket = Ticket(self.next);
        self.send(Input::Command { ticket, user: "mqm".to_owned(), command, facts: Facts::default() });
        std::mem::take(&mut self.lines)
    }

    /// Connects as an administrator.
    pub(crate) fn connect(&mut self) -> ConversationId {
        self.connect_as("mqm")
    }

    /// Connects as a user.
    pub(crate) fn connect_as(&mut self, user: &str) -> ConversationId {
        self.next += 1;
        let id = ConversationId(self.next);
        let identity =
            Identity { asserted: user.to_owned(), verified: Some(user.to_owned()), ..Identity::default() };
        let connect = Connect {
            appl_name: mqi::Chars::from_str_padded("test"),
            appl_type: 6,
            identity,
            ..Connect::default()
        };
        self.send(Input::Call { conversation: id, call: Call::Connect(Box::new(connect)) });
        id
    }

    pub(crate) fn call(&mut self, conversation: ConversationId, call: Call) {
        self.send(Input::Call { conversation, call });
    }

    /// Next thing that a conversation has seen.
    pub(crate) fn next_seen(&mut self, conversation: ConversationId) -> Option<Seen> {
        self.seen.get_mut(&conversation)?.pop_front()
    }

    /// Next reply that a conversation has seen; the log is forced for it.
    pub(crate) fn reply(&mut self, conversation: ConversationId) -> Reply {
        self.force();
        match self.next_seen(conversation) {
            Some(Seen::Reply(reply)) => *reply,
            other => panic!("no reply but {other:?}"),
        }
    }

    pub(crate) fn end(&mut self, mode: EndMode) {
        self.send(Input::End(mode));
    }
}

/// The body of a record as one piece.
pub(crate) fn body_of(record: &Record) -> Bytes {
    Bytes::from(record.body.pieces().flat_map(|piece| piece.iter().copied()).collect::<Vec<u8>>())
}
