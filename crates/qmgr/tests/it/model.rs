//! Random calls against a queue that is a sorted list: every answer, and what a restart brings back, must be the same,
//! wherever the log breaks off. Some messages are put to be delivered later: they come behind all that are there then.

use mqi::call::{Body, Call, Hobj, Long, Reply, Returned};
use mqi::constants::*;
use mqi::{Chars, CompCode, Gmo, Md, Od, Pmo};
use qmgr::{ConversationId, Input};
use store::{Kind, Lsn};

use crate::world::{Seen, World};

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Whether there is nothing more to draw: never, but a fuzz target's dice end with its input.
    pub(crate) fn is_spent(&self) -> bool {
        false
    }
}

/// A message as the model knows it.
#[derive(Clone, Debug)]
struct Message {
    text: String,
    /// In order of the puts.
    put_order: u32,
    /// Wall time at which it is to be delivered; until then it is on no queue of the model.
    due: Option<i64>,
    /// It has been delivered: what `due` and `born` were before, and the Commit record of that, if it has one.
    delivered: Option<(i64, Option<Lsn>, Option<Lsn>)>,
    queue: usize,
    priority: i32,
    is_persistent: bool,
    cid: u8,
    /// Who has put it and not committed; who has got it and not committed.
    putting: Option<usize>,
    getting: Option<usize>,
    is_gone: bool,
    /// Position of the record that made it visible, that took it away; of the Got record in flight.
    born: Option<Lsn>,
    taken: Option<Lsn>,
    got: Option<Lsn>,
    /// Backouts: position of the Back record, and of the Got record that it undoes.
    backouts: Vec<(Lsn, Lsn)>,
    /// Backouts of units of work that wrote nothing.
    unlogged_backouts: u32,
}

impl Message {
    fn backout_count(&self) -> u32 {
        self.backouts.len() as u32 + self.unlogged_backouts
    }
}

struct Model {
    messages: Vec<Message>,
}

impl Model {
    /// The message that a get would return.
    fn first(&self, queue: usize, cid: Option<u8>) -> Option<usize> {
        let available = |message: &Message| {
            message.queue == queue
                && message.due.is_none()
                && !message.is_gone
                && message.putting.is_none()
                && message.getting.is_none()
                && cid.is_none_or(|cid| message.cid == cid)
        };
        let fits = self.messages.iter().enumerate().filter(|(_, message)| available(message));
        fits.min_by_key(|(at, message)| (-message.priority, *at)).map(|(at, _)| at)
    }

    /// What is left when the log ends here.
    fn survive(&mut self, end: Lsn) {
        let before = |lsn: Option<Lsn>| lsn.is_some_and(|lsn| lsn < end);
        for message in &mut self.messages {
            (message.putting, message.getting) = (None, None);
            if let Some((due, born, commit)) = message.delivered.take()
                && !before(commit)
            {
                // It waits again, as it was before.
                (message.due, message.born, message.taken, message.is_gone) = (Some(due), born, None, false);
                message.got = None;
                message.unlogged_backouts = 0;
            }
            let was_born = message.is_persistent && before(message.born);
            if !was_born || (message.is_gone && message.taken.is_none()) {
                (message.is_gone, message.taken, message.got) = (true, None, None);
                continue;
            }
            message.is_gone = before(message.taken);
            if !message.is_gone {
                message.taken = None;
            }
            // A get whose record is there is backed out by the restart, unless its end is there too.
            message.backouts.retain(|(_, got)| *got < end);
            if before(message.got) && !message.is_gone {
                message.backouts.push((end, message.got.expect("just seen")));
            }
            message.got = None;
        }
    }
}

const QUEUES: [&str; 2] = ["Q1", "Q2"];

const DELAY_QUEUE: &str = "SYSTEM.DDELAY.LOCAL.QUEUE";

pub(crate) struct Run {
    pub(crate) world: World,
    model: Model,
    dice: Dice,
    conversations: Vec<ConversationId>,
    next: u32,
    persistent_percent: u64,
}

impl Run {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // Sometimes nothing stays in memory, and what is not persistent goes to the scratch file all the time.
        let memory = [1 << 20, 60_000, 3_000, 2_000][dice.below(4) as usize];
        let persistent_percent = if memory < 10_000 { 20 } else { 60 };
        let mut world = World::new(memory);
        for queue in [QUEUES[0], QUEUES[1], DELAY_QUEUE] {
            world.command(&format!("DEFINE QLOCAL({queue}) MAXDEPTH(1000)"));
        }
        world.force();
        world.keeps_said = true;
        let mut run = Self {
            world,
            model: Model { messages: Vec::new() },
            dice,
            conversations: Vec::new(),
            next: 0,
            persistent_percent,
        };
        run.connect_all();
        run
    }

    pub(crate) fn connect_all(&mut self) {
        self.conversations.clear();
        for _ in 0..3 {
            self.connect();
        }
    }

    fn connect(&mut self) {
        let id = self.world.connect();
        for queue in QUEUES {
            let od = Od { object_name: Chars::from_str_padded(queue), ..Od::default() };
            let options = MQOO_INPUT_SHARED | MQOO_OUTPUT | MQOO_BROWSE;
            self.world.call(id, Call::Open { od: Box::new(od), options });
        }
        self.conversations.push(id);
        self.world.said.clear();
    }

    /// Makes a call; returns its reply, what it waits for, and the records that it wrote.
    fn call(&mut self, who: usize, call: Call) -> (Reply, Lsn, Vec<(Lsn, Kind)>) {
        let before = self.world.kernel.lsn_next();
        self.world.said.clear();
        self.world.call(self.conversations[who], call);
        let records = self.world.log.range(before..).map(|(lsn, record)| (*lsn, record.kind)).collect();
        match self.world.said.pop() {
            Some((_, Seen::Reply(reply), wait)) => (*reply, wait, records),
            other => panic!("no reply but {other:?}"),
        }
    }

    fn put(&mut self, who: usize) {
        self.next += 1;
        let queue = self.dice.below(2) as usize;
        let mut text = format!("message {}", self.next);
        if self.dice.chance(10) {
            text = text.repeat(1 + self.dice.below(30) as usize);
        }
        let is_persistent = self.dice.chance(self.persistent_percent);
        let in_unit = self.dice.chance(50);
        let (priority, cid) = (self.dice.below(3) as i32, self.dice.below(4) as u8);
        let md =
            Md { persistence: i32::from(is_persistent), priority, correl_id: [cid; 24], ..Md::default() };
        let options = if in_unit { MQPMO_SYNCPOINT } else { 0 };
        let pmo = Box::new(Pmo { options, ..Pmo::default() });
        let body = Long::whole(Body::from(text.clone().into_bytes()));
        let hobj = Hobj(2 + queue as i32);
        let delay_ms = if self.dice.chance(15) { 1 + self.dice.below(1500) } else { 0 };
        let md = Box::new(md);
        let call = match delay_ms {
            0 => Call::Put { hobj, md, pmo, body },
            delay_ms => Call::PutLater { hobj, md, pmo, body, delay_ms },
        };
        let (reply, wait, records) = self.call(who, call);
        if reply.reason == mqi::Reason::RESOURCE_PROBLEM && !is_persistent {
            // Memory is full, and nothing else than the slow or full scratch file is to blame.
            let scratch = &self.world.scratch;
            assert!(scratch.is_slow || scratch.room.is_some(), "no reason to refuse");
            return;
        }
        assert_eq!(reply.comp_code, CompCode::Ok, "{reply:?}");
        let born = records.iter().find(|(_, kind)| *kind == Kind::Put).map(|(lsn, _)| *lsn);
        assert_eq!(born.is_some(), is_persistent);
        if is_persistent && !in_unit {
            assert!(wait >= born.expect("just seen"), "a put waits for its record");
        }
        self.model.messages.push(Message {
            text,
            put_order: self.next,
            due: (delay_ms > 0).then(|| self.world.now.wall.0 + delay_ms as i64),
            delivered: None,
            queue,
            priority,
            is_persistent,
            cid,
            putting: in_unit.then_some(who),
            getting: None,
            is_gone: false,
            born: born.filter(|_| !in_unit),
            taken: None,
            got: None,
            backouts: Vec::new(),
            unlogged_backouts: 0,
        });
    }

    fn get(&mut self, who: usize) {
        let queue = self.dice.below(2) as usize;
        let browses = self.dice.chance(20);
        let in_unit = !browses && self.dice.chance(50);
        let cid = self.dice.chance(40).then(|| self.dice.below(4) as u8);
        let mut options = if in_unit { MQGMO_SYNCPOINT } else { 0 };
        if browses {
            options |= MQGMO_BROWSE_FIRST;
        }
        let gmo = Gmo { version: 2, options, match_options: 2, ..Gmo::default() };
        let md = Md { correl_id: cid.map_or([0; 24], |cid| [cid; 24]), ..Md::default() };
        let hobj = Hobj(2 + queue as i32);
        let call = Call::Get { hobj, md: Box::new(md), gmo: Box::new(gmo), buffer_length: 10_000 };
        let (reply, wait, records) = self.call(who, call);
        // A CorrelId of nulls matches any.
        let expected = self.model.first(queue, cid.filter(|cid| *cid != 0));
        let Returned::Get { md, body, .. } = &reply.returned else { panic!("{reply:?}") };
        let Some(at) = expected else {
            assert_eq!(reply.reason, mqi::Reason::NO_MSG_AVAILABLE);
            return;
        };
        let message = &mut self.model.messages[at];
        assert_eq!(String::from_utf8_lossy(&body.first.to_bytes()), message.text);
        assert_eq!(md.backout_count as u32, message.backout_count(), "{message:?}");
        assert_eq!((md.priority, md.correl_id), (message.priority, [message.cid; 24]));
        if let Some(born) = message.born {
            assert!(wait >= born || born < self.world.durable, "nothing is shown before it is durable");
        }
        if browses {
            return;
        }
        let record = records.last().map(|(lsn, _)| *lsn);
        assert_eq!(record.is_some(), message.is_persistent);
        if in_unit {
            (message.getting, message.got) = (Some(who), record);
        } else {
            assert!(wait >= record.unwrap_or(Lsn::NONE), "a get outside a unit of work waits for its record");
            (message.is_gone, message.taken) = (true, record);
        }
    }

    /// Ends the unit of work of a conversation.
    fn end(&mut self, who: usize, commits: bool, record: Option<Lsn>) {
        for message in &mut self.model.messages {
            if message.putting == Some(who) {
                message.putting = None;
                if commits {
                    message.born = record.filter(|_| message.is_persistent);
                } else {
                    message.is_gone = true;
                }
            }
            if message.getting == Some(who) {
                message.getting = None;
                let got = message.got.take();
                if commits {
                    (message.is_gone, message.taken) = (true, record.filter(|_| message.is_persistent));
                    // Should the end of the log not have the commit, the get is in flight.
                    message.got = got;
                } else if let Some(got) = got {
                    message.backouts.push((record.expect("it wrote a Got"), got));
                } else {
                    message.unlogged_backouts += 1;
                }
            }
        }
    }

    /// What is due is delivered. `records`: those that it has written.
    fn deliver(&mut self, records: &[(Lsn, Kind)]) {
        let now = self.world.now.wall.0;
        let messages = std::mem::take(&mut self.model.messages);
        let is_due = |message: &Message| {
            !message.is_gone && message.putting.is_none() && message.due.is_some_and(|due| due <= now)
        };
        let (mut due, rest): (Vec<_>, Vec<_>) = messages.into_iter().partition(is_due);
        due.sort_by_key(|message| (message.due, message.put_order));
        self.model.messages = rest;
        let mut commits = records.iter().filter(|(_, kind)| *kind == Kind::Commit).map(|(lsn, _)| *lsn);
        for mut message in due {
            let commit = message.is_persistent.then(|| commits.next().expect("a delivery has its record"));
            message.delivered = message.due.take().map(|due| (due, message.born, commit));
            message.born = commit;
            self.model.messages.push(message);
        }
        assert_eq!(commits.next(), None, "a delivery is of one message");
    }

    /// Time passes, and what becomes due is delivered. While memory is full that takes a moment longer, or until the
    /// scratch file has room.
    fn pass(&mut self, ms: u64) {
        let before = self.world.kernel.lsn_next();
        self.world.pass(ms);
        self.deliver_after(before);
    }

    /// What is due is delivered. `before`: where the records of that begin.
    fn deliver_after(&mut self, before: Lsn) {
        self.world.scratch.is_slow = false;
        self.world.write_spilled();
        if self.world.scratch.room.take().is_some() {
            // After a refusal nothing is spilled for a while.
            self.world.pass(600);
        }
        while self.world.kernel.deadline().is_some_and(|due| due.0 <= self.world.now.mono.0 + 10) {
            self.world.pass(10);
        }
        let records: Vec<_> =
            self.world.log.range(before..).map(|(lsn, record)| (*lsn, record.kind)).collect();
        self.deliver(&records);
    }

    pub(crate) fn step(&mut self) {
        let who = self.dice.below(3) as usize;
        match self.dice.below(100) {
            0..40 => self.put(who),
            40..75 => self.get(who),
            75..83 => {
                let before = self.world.kernel.lsn_next();
                let (reply, wait, records) = self.call(who, Call::Commit);
                assert_eq!(reply.comp_code, CompCode::Ok);
                // Behind it come the deliveries of what was due already.
                let has_record = self.model.messages.iter().any(|message| {
                    message.is_persistent && (message.putting == Some(who) || message.getting == Some(who))
                });
                let record = records.first().filter(|_| has_record).map(|(lsn, _)| *lsn);
                assert!(wait >= record.unwrap_or(Lsn::NONE), "a commit waits for its record");
                self.end(who, true, record);
                let now = self.world.now.wall.0;
                if self.model.messages.iter().any(|message| message.due.is_some_and(|due| due <= now)) {
                    let own = records.first().filter(|_| has_record).map(|(lsn, _)| Lsn(lsn.0 + 1));
                    self.deliver_after(own.unwrap_or(before));
                }
            }
            83..87 => {
                let (_, _, records) = self.call(who, Call::Back);
                self.end(who, false, records.last().map(|(lsn, _)| *lsn));
            }
            87..89 => {
                let before = self.world.kernel.lsn_next();
                let conversation = self.conversations.remove(who);
                self.world.send(Input::Gone { conversation });
                let record = self.world.log.range(before..).map(|(lsn, _)| *lsn).last();
                self.connect();
                // The new one has the last place; the others move up.
                self.end(who, false, record);
                let moved = |owner: &mut Option<usize>| {
                    if let Some(owner) = owner.as_mut().filter(|owner| **owner > who) {
                        *owner -= 1;
                    }
                };
                for message in &mut self.model.messages {
                    moved(&mut message.putting);
                    moved(&mut message.getting);
                }
            }
            89..93 => {
                let ends = self.world.ends();
                let end = ends[self.dice.below(ends.len() as u64) as usize];
                self.world.force_to(end);
            }
            93..95 => self.world.begin_checkpoint(),
            95..97 => {
                let live: Vec<Lsn> = self.world.live.keys().copied().collect();
                let lsn = live[self.dice.below(live.len() as u64) as usize];
                self.world.relocate(lsn);
            }
            97 if self.dice.chance(50) => self.crash(),
            97 => {
                // What was asked of it before is answered before it changes.
                (self.world.scratch.is_slow, self.world.scratch.room) = (false, None);
                self.world.write_spilled();
                self.pass(600);
                let scratch = &mut self.world.scratch;
                scratch.is_slow = self.dice.chance(50);
                scratch.room = self.dice.chance(30).then_some(2_000);
            }
            98 => {
                self.world.write_spilled();
                self.pass(600);
            }
            _ => self.compare(),
        }
    }

    pub(crate) fn crash(&mut self) {
        let ends = self.world.ends();
        let end = ends[self.dice.below(ends.len() as u64) as usize];
        self.model.survive(end);
        self.world.crash_at(end);
        let at = self.world.kernel.lsn_next();
        for message in &mut self.model.messages {
            // What survived is visible from now on, and what the restart wrote is durable.
            if !message.is_gone {
                message.born = Some(Lsn::NONE);
            }
            for (lsn, _) in &mut message.backouts {
                *lsn = (*lsn).min(at);
            }
        }
        // What was due while it was down was delivered at once.
        self.deliver_after(end);
        self.connect_all();
        self.compare();
    }

    /// Everything goes: the scratch file must be empty afterwards.
    fn clear(&mut self) {
        for conversation in std::mem::take(&mut self.conversations) {
            self.world.send(Input::Gone { conversation });
        }
        for queue in [QUEUES[0], QUEUES[1], DELAY_QUEUE] {
            let lines = self.world.command(&format!("CLEAR QLOCAL({queue})"));
            assert!(lines.iter().any(|line| line.starts_with("AMQ8022I")), "{lines:?}");
        }
        self.world.write_spilled();
        self.world.pass(1_000);
        assert_eq!(self.world.scratch.places.len(), 0, "what has gone leaves nothing behind");
        assert!(self.world.kernel.message_bytes() < 1 << 20);
    }

    /// Browses all queues and compares them with the model.
    fn compare(&mut self) {
        for (queue, _) in QUEUES.iter().enumerate() {
            let mut expected: Vec<(usize, &Message)> = self.model.messages.iter().enumerate().collect();
            expected.retain(|(_, m)| {
                m.queue == queue
                    && m.due.is_none()
                    && !m.is_gone
                    && m.putting.is_none()
                    && m.getting.is_none()
            });
            expected.sort_by_key(|(at, message)| (-message.priority, *at));
            let expected: Vec<(String, u32)> =
                expected.into_iter().map(|(_, m)| (m.text.clone(), m.backout_count())).collect();
            let mut found = Vec::new();
            let mut options = MQGMO_BROWSE_FIRST;
            loop {
                let gmo = Gmo { version: 2, options, match_options: 0, ..Gmo::default() };
                let hobj = Hobj(2 + queue as i32);
                let call = Call::Get { hobj, md: Box::default(), gmo: Box::new(gmo), buffer_length: 10_000 };
                let (reply, _, _) = self.call(0, call);
                if reply.comp_code != CompCode::Ok {
                    break;
                }
                let Returned::Get { md, body, .. } = &reply.returned else { panic!("{reply:?}") };
                let text = String::from_utf8_lossy(&body.first.to_bytes()).into_owned();
                found.push((text, md.backout_count as u32));
                options = MQGMO_BROWSE_NEXT;
            }
            assert_eq!(found, expected, "queue {queue}");
        }
    }
}

/// Returns how much was spilled.
fn run(seed: u64, steps: u32) -> u64 {
    let mut run = Run::new(seed);
    for _ in 0..steps {
        run.step();
    }
    run.compare();
    let mut other = Run::new(seed);
    for _ in 0..steps / 2 {
        other.step();
    }
    other.clear();
    run.crash();
    run.world.scratch.written
}

#[test]
fn every_answer_is_that_of_a_sorted_list() {
    // More of them by hand: MODEL_SEEDS=100000.
    let seeds = std::env::var("MODEL_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(150);
    let mut spilled = 0;
    for seed in 1..=seeds {
        let result = std::panic::catch_unwind(|| run(seed, 300));
        spilled += result.unwrap_or_else(|_| panic!("seed {seed}"));
    }
    assert!(spilled > 10 * seeds, "{spilled} pieces in {seeds} runs are no test of spilling");
}
