//! Random clients of streaming consumers, whose requests cross deliveries, selections, closes and crashes. Whatever
//! happens, a message is given to one application once; it may be lost only where nobody can know (outside syncpoint, on
//! its way to a client that broke off), or when it was not persistent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mqi::call::{AHEAD, ARRIVED, Body, Call, Consume, Delivery, Hobj, Long, PIECE_MAX, Returned, Selection};
use mqi::constants::*;
use mqi::{Chars, CompCode, Gmo, Md, Od, Pmo};
use qmgr::{ConversationId, Input};
use store::Lsn;

use crate::model::Dice;
use crate::world::{Seen, World};

/// What is known of a message.
#[derive(Clone, Debug, Default)]
struct Message {
    is_persistent: bool,
    /// The reply of its put has been seen.
    is_put: bool,
    /// An application has it, for good.
    is_had: bool,
    /// An application has it in the unit of work of this client.
    unit: Option<usize>,
    /// It may be gone: its put or a commit was in doubt, or it was on its way outside syncpoint.
    may_be_lost: bool,
    /// It may have a backout count.
    may_count: bool,
}

/// A message that has been sent and not been named or given back.
#[derive(Clone, Debug)]
struct Sent {
    id: u32,
    global_index: i32,
    message_index: i32,
    in_unit: bool,
}

struct Client {
    conversation: ConversationId,
    hobj: Hobj,
    /// Of its gets: MQGMO_SYNCPOINT and the like.
    options: i32,
    window: i32,
    /// It is of our own: its window is under syncpoint, and it tells what the application has taken.
    is_ahead: bool,
    /// Global index of the last message that the application has taken, and whether the kernel knows.
    taken: i32,
    is_told: bool,
    /// Its order has ended with a backout: the next request has a new selection.
    is_reselecting: bool,
    selection: u16,
    /// Global and handle index of the last message that arrived.
    known: i32,
    arrived: i32,
    is_standing: bool,
    notices: u32,
    /// Arrived, and not taken by the application.
    slot: VecDeque<u32>,
    /// Beginning of a long message that is arriving.
    partial: Option<Box<Delivery>>,
    sent: Vec<Sent>,
}

struct Run {
    world: World,
    dice: Dice,
    producer: (ConversationId, Hobj),
    clients: Vec<Client>,
    messages: BTreeMap<u32, Message>,
    /// Puts that are not acknowledged yet, in their order.
    putting: VecDeque<u32>,
    /// What came back, and the last record that says so.
    returned: Vec<(u32, Lsn)>,
    next: u32,
    deliveries: u32,
}

const CLIENTS: usize = 3;

impl Run {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // Sometimes hardly anything stays in memory.
        let mut world = World::new(if dice.chance(50) { 32 << 20 } else { 2 << 20 });
        world.command("DEFINE QLOCAL(Q1) MAXDEPTH(1000) MAXMSGL(1000000)");
        world.force();
        let producer = (ConversationId(0), Hobj(0));
        let mut run = Self {
            world,
            dice,
            producer,
            clients: Vec::new(),
            messages: BTreeMap::new(),
            putting: VecDeque::new(),
            returned: Vec::new(),
            next: 0,
            deliveries: 0,
        };
        run.connect_all();
        run
    }

    fn connect_all(&mut self) {
        self.producer = self.connect(MQOO_OUTPUT | MQOO_BROWSE);
        self.clients.clear();
        for _ in 0..CLIENTS {
            let client = self.client();
            self.clients.push(client);
        }
    }

    fn connect(&mut self, options: i32) -> (ConversationId, Hobj) {
        let conversation = self.world.connect();
        assert_eq!(self.world.reply(conversation).comp_code, CompCode::Ok);
        (conversation, self.open(conversation, options))
    }

    fn open(&mut self, conversation: ConversationId, options: i32) -> Hobj {
        let od = Od { object_name: Chars::from_str_padded("Q1"), ..Od::default() };
        self.world.call(conversation, Call::Open { od: Box::new(od), options });
        match self.world.reply(conversation).returned {
            Returned::Open { hobj, .. } => hobj,
            other => panic!("{other:?}"),
        }
    }

    fn client(&mut self) -> Client {
        let (conversation, hobj) = self.connect(MQOO_INPUT_SHARED);
        let mut client = Client {
            conversation,
            hobj,
            options: 0,
            window: 1,
            is_ahead: false,
            taken: 0,
            is_told: true,
            is_reselecting: false,
            selection: 0,
            known: 0,
            arrived: 0,
            is_standing: false,
            notices: 0,
            slot: VecDeque::new(),
            partial: None,
            sent: Vec::new(),
        };
        self.habits(&mut client);
        client
    }

    /// How a client gets.
    fn habits(&mut self, client: &mut Client) {
        let kinds = [MQGMO_NO_SYNCPOINT, MQGMO_SYNCPOINT, MQGMO_SYNCPOINT_IF_PERSISTENT];
        client.options = kinds[self.dice.below(3) as usize];
        let reads_ahead = client.options == MQGMO_NO_SYNCPOINT && self.dice.chance(50);
        client.is_ahead = client.options == MQGMO_SYNCPOINT && self.dice.chance(40);
        client.window = if reads_ahead || client.is_ahead { 1200 } else { 1 };
        (client.selection, client.is_standing, client.arrived) = (0, false, 0);
        (client.is_told, client.is_reselecting) = (true, false);
    }

    fn put(&mut self) {
        self.next += 1;
        let id = self.next;
        let is_persistent = self.dice.chance(70);
        let len = if self.dice.chance(10) { 150_000 } else { 20 };
        let mut bytes = id.to_be_bytes().to_vec();
        bytes.resize(len, b'.');
        let md = Md { persistence: i32::from(is_persistent), ..Md::default() };
        let pmo = Box::<Pmo>::default();
        let (conversation, hobj) = self.producer;
        let mut pieces = bytes.chunks(PIECE_MAX).map(|piece| Body::from(piece.to_vec()));
        let first = pieces.next().expect("it is not empty");
        let body = Long { total: len as u32, first };
        self.messages.insert(id, Message { is_persistent, ..Message::default() });
        self.putting.push_back(id);
        self.world.call(conversation, Call::Put { hobj, md: Box::new(md), pmo, body });
        for bytes in pieces {
            self.world.send(Input::Part { conversation, bytes });
        }
        self.after();
    }

    /// What the kernel said is known to have been sent, whether it has left or not.
    fn after(&mut self) {
        for (conversation, seen, _) in std::mem::take(&mut self.world.said) {
            let Seen::Deliver(delivery) = seen else { continue };
            let id = id_of(&delivery);
            self.deliveries += 1;
            let Some(client) = self.clients.iter_mut().find(|c| c.conversation == conversation) else {
                panic!("a delivery to nobody");
            };
            let message = &self.messages[&id];
            assert!(!message.is_had && message.unit.is_none(), "{id} is given twice: {message:?}");
            let in_unit = match client.options {
                MQGMO_SYNCPOINT => true,
                MQGMO_SYNCPOINT_IF_PERSISTENT => message.is_persistent,
                _ => false,
            };
            client.sent.push(Sent {
                id,
                global_index: delivery.global_message_index,
                message_index: delivery.message_index,
                in_unit,
            });
        }
        while let Some(seen) = self.world.next_seen(self.producer.0) {
            match seen {
                Seen::Credit => {}
                Seen::Reply(reply) => {
                    assert_eq!(reply.comp_code, CompCode::Ok, "{reply:?}");
                    let id = self.putting.pop_front().expect("a reply is of a put");
                    self.messages.get_mut(&id).expect("put").is_put = true;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn call(&mut self, who: usize, call: Call) {
        let conversation = self.clients[who].conversation;
        self.world.call(conversation, call);
        self.after();
    }

    /// The client asks for messages, not knowing what is on its way.
    fn request(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let must = std::mem::take(&mut client.is_reselecting) || client.selection == 0;
        let is_new = must || self.dice.chance(25);
        let is_standing = self.dice.chance(50);
        let client = &mut self.clients[who];
        if !client.slot.is_empty() && !client.is_ahead {
            return;
        }
        let known = if client.is_ahead { client.taken } else { client.known };
        let mut lost = Vec::new();
        if is_new {
            client.selection += 1;
            // It drops what no application has taken.
            client.slot.clear();
            // What was on its way goes back; what it has the beginning of as well.
            lost.extend(client.sent.extract_if(.., |sent| sent.global_index > known));
        }
        client.sent.retain(|sent| sent.global_index > known);
        let selection =
            is_new.then(|| Selection { index: client.selection, md_version: 2, ..Selection::default() });
        self.send_request(who, known, is_standing, selection);
        self.came_back(lost);
    }

    fn send_request(&mut self, who: usize, known: i32, is_standing: bool, selection: Option<Selection>) {
        let client = &mut self.clients[who];
        client.is_standing = is_standing;
        client.is_told = true;
        client.notices += 1;
        let mut request_flags = if is_standing { 0x08 } else { 0x0E };
        request_flags |= if selection.is_some() { 0x10 } else { 0 } | if client.is_ahead { AHEAD } else { 0 };
        let consume = Consume {
            requested_bytes: client.window,
            max_msg_length: -1,
            options: client.options | if is_standing { MQGMO_WAIT } else { 0 },
            request_flags,
            global_message_index: known,
            selection,
            ..Consume::default()
        };
        let hobj = client.hobj;
        self.call(who, Call::Consume { hobj, consume: Box::new(consume) });
    }

    /// A client of our own says what its application has taken, before a call that is about it.
    fn tell(&mut self, who: usize) {
        let client = &self.clients[who];
        if !client.is_told {
            let (taken, is_standing) = (client.taken, client.is_standing);
            self.send_request(who, taken, is_standing, None);
        }
    }

    fn came_back(&mut self, lost: Vec<Sent>) {
        let last = Lsn(self.world.kernel.lsn_next().0 - 1);
        self.returned.extend(lost.into_iter().map(|sent| (sent.id, last)));
    }

    /// The client reads from its socket. Returns a reply.
    fn read(&mut self, who: usize) -> Option<Seen> {
        let seen = self.world.next_seen(self.clients[who].conversation)?;
        match seen {
            Seen::Deliver(delivery) if (delivery.body.total as usize) > delivery.body.first.len() => {
                self.clients[who].partial = Some(delivery);
            }
            Seen::Deliver(delivery) => self.arrive(who, &delivery),
            Seen::Piece(_, true) => {
                let delivery = self.clients[who].partial.take().expect("it has begun");
                self.arrive(who, &delivery);
            }
            Seen::Piece(_, false) => {}
            Seen::Notify(notice) => {
                assert_eq!(notice.code, 11);
                self.clients[who].notices -= 1;
            }
            other => return Some(other),
        }
        None
    }

    fn arrive(&mut self, who: usize, delivery: &Delivery) {
        let id = id_of(delivery);
        let client = &mut self.clients[who];
        if delivery.selection_index != client.selection {
            return;
        }
        let message = &self.messages[&id];
        assert!(message.may_count || delivery.md.backout_count == 0, "{id} was never backed out");
        (client.known, client.arrived) = (delivery.global_message_index, delivery.message_index);
        client.slot.push_back(id);
        assert!(client.window > 1 || client.slot.len() == 1, "one of two messages is lost in the client");
    }

    /// The application takes what has arrived.
    fn take(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let Some(id) = client.slot.pop_front() else { return };
        let message = self.messages.get_mut(&id).expect("it was put");
        assert!(!message.is_had && message.unit.is_none(), "{id} is given twice: {message:?}");
        let sent = client.sent.iter().find(|sent| sent.id == id);
        let in_unit = sent.is_some_and(|sent| sent.in_unit);
        if client.is_ahead {
            (client.taken, client.is_told) = (sent.expect("it is in its window").global_index, false);
        }
        // From now on it is the application's, whatever becomes of the client.
        client.sent.retain(|sent| sent.id != id);
        if client.window == 1 {
            client.is_standing = false;
        }
        if in_unit {
            message.unit = Some(who);
        } else {
            message.is_had = true;
        }
    }

    fn in_unit(&mut self, who: usize) -> Vec<&mut Message> {
        self.messages.values_mut().filter(|message| message.unit == Some(who)).collect()
    }

    /// Reads until a reply comes.
    fn reply(&mut self, who: usize) {
        for _ in 0..100 {
            self.world.force();
            self.after();
            while self.world.seen.get(&self.clients[who].conversation).is_some_and(|seen| !seen.is_empty()) {
                match self.read(who) {
                    Some(Seen::Reply(reply)) => return assert_eq!(reply.comp_code, CompCode::Ok),
                    Some(other) => panic!("{other:?}"),
                    None => {}
                }
            }
            self.pull(who);
        }
        panic!("there is no reply");
    }

    fn pull(&mut self, who: usize) {
        let conversation = self.clients[who].conversation;
        self.world.send(Input::Pull { conversation });
        self.after();
    }

    /// An application commits or backs out between two gets, never during one.
    fn end_unit(&mut self, who: usize, commits: bool) {
        self.tell(who);
        let client = &mut self.clients[who];
        if client.is_ahead && !commits {
            // The kernel calls back what no application has taken; the next request has a selection.
            client.selection = if client.selection == 0 { 0 } else { client.selection + 1 };
            client.is_reselecting = true;
            client.slot.clear();
            client.sent.clear();
        } else if !client.is_ahead && (client.is_standing || client.notices > 0 || !client.slot.is_empty()) {
            return;
        }
        assert!(
            client.is_ahead || client.window > 1 || client.sent.iter().all(|sent| !sent.in_unit),
            "nothing is on its way"
        );
        if !commits {
            // Others may be given them at once.
            for message in self.in_unit(who) {
                (message.unit, message.may_count) = (None, true);
            }
        }
        self.call(who, if commits { Call::Commit } else { Call::Back });
        if commits && self.dice.chance(15) {
            for message in self.in_unit(who) {
                message.may_be_lost = true;
            }
            return self.crash();
        }
        self.reply(who);
        for message in self.in_unit(who) {
            (message.unit, message.is_had) = (None, true);
        }
    }

    /// The handle is closed, and opened again.
    fn close(&mut self, who: usize) {
        self.tell(who);
        let client = &mut self.clients[who];
        let (hobj, arrived) = (client.hobj, client.arrived);
        if client.is_ahead {
            client.slot.clear();
            client.sent.clear();
        }
        // What has arrived and no application has taken stays in another client for good.
        while !self.clients[who].slot.is_empty() {
            self.take(who);
        }
        let client = &mut self.clients[who];
        let lost = client.sent.extract_if(.., |sent| sent.message_index > arrived).collect();
        client.sent.clear();
        // Nothing that comes now is current.
        client.selection = u16::MAX;
        self.call(who, Call::Notify { hobj, code: ARRIVED, value: arrived });
        self.call(who, Call::Close { hobj, options: 0 });
        self.reply(who);
        self.came_back(lost);
        let conversation = self.clients[who].conversation;
        self.world.call(conversation, {
            let od = Od { object_name: Chars::from_str_padded("Q1"), ..Od::default() };
            Call::Open { od: Box::new(od), options: MQOO_INPUT_SHARED }
        });
        self.world.force();
        let hobj = loop {
            match self.world.next_seen(conversation) {
                Some(Seen::Reply(reply)) => match reply.returned {
                    Returned::Open { hobj, .. } => break hobj,
                    other => panic!("{other:?}"),
                },
                Some(_) => {}
                None => panic!("there is no reply"),
            }
        };
        self.after();
        let mut client = self.clients.swap_remove(who);
        (client.hobj, client.notices) = (hobj, 0);
        self.habits(&mut client);
        self.clients.push(client);
        let last = self.clients.len() - 1;
        self.clients.swap(who, last);
    }

    /// The client is killed: what it had is had, its unit of work is not.
    fn gone(&mut self, who: usize) {
        self.forget(who);
        self.world.send(Input::Gone { conversation: self.clients[who].conversation });
        let client = self.client();
        self.clients[who] = client;
        self.after();
    }

    /// What becomes of a client's messages when it is no more.
    fn forget(&mut self, who: usize) {
        for message in self.in_unit(who) {
            (message.unit, message.may_count) = (None, true);
        }
        let is_ahead = self.clients[who].is_ahead;
        for sent in std::mem::take(&mut self.clients[who].sent) {
            if is_ahead {
                // It was in the window only: not lost, and not counted.
                continue;
            }
            let message = self.messages.get_mut(&sent.id).expect("it was put");
            message.may_be_lost |= !sent.in_unit;
            message.may_count |= sent.in_unit;
        }
    }

    fn crash(&mut self) {
        let ends = self.world.ends();
        let end = ends[self.dice.below(ends.len() as u64) as usize];
        for who in 0..self.clients.len() {
            self.forget(who);
        }
        for (id, at) in std::mem::take(&mut self.returned) {
            if at >= end {
                self.messages.get_mut(&id).expect("it was put").may_be_lost = true;
            }
        }
        for message in self.messages.values_mut() {
            message.may_be_lost |= !message.is_persistent || !message.is_put;
        }
        self.putting.clear();
        self.world.said.clear();
        self.world.crash_at(end);
        self.world.said.clear();
        self.connect_all();
        self.after();
    }

    /// Browses the queue when no client has anything on its way.
    fn compare(&mut self) {
        for who in 0..self.clients.len() {
            self.close(who);
            let client = &self.clients[who];
            assert!(client.sent.is_empty());
            self.end_unit(who, true);
            if self.clients.iter().any(|client| client.selection != 0) {
                return;
            }
        }
        let mut found = BTreeSet::new();
        let (conversation, hobj) = self.producer;
        let mut options = MQGMO_BROWSE_FIRST | MQGMO_ACCEPT_TRUNCATED_MSG;
        loop {
            let gmo = Gmo { version: 2, options, match_options: 0, ..Gmo::default() };
            let call = Call::Get { hobj, md: Box::default(), gmo: Box::new(gmo), buffer_length: 20 };
            self.world.call(conversation, call);
            let reply = self.world.reply(conversation);
            if reply.comp_code == CompCode::Failed {
                assert_eq!(reply.reason, mqi::Reason::NO_MSG_AVAILABLE);
                break;
            }
            let Returned::Get { body, .. } = &reply.returned else { panic!("{reply:?}") };
            let id = id_in(&body.first);
            assert!(found.insert(id), "{id} is on the queue twice");
            options = MQGMO_BROWSE_NEXT | MQGMO_ACCEPT_TRUNCATED_MSG;
        }
        self.world.said.clear();
        for (id, message) in &self.messages {
            let is_there = found.contains(id);
            assert!(
                !(is_there && (message.is_had || message.unit.is_some())),
                "{id} is there again: {message:?}"
            );
            let must_be = !message.is_had && message.unit.is_none() && !message.may_be_lost;
            assert!(is_there || !must_be, "{id} is lost: {message:?}");
        }
    }

    fn step(&mut self) {
        let who = self.dice.below(CLIENTS as u64) as usize;
        match self.dice.below(100) {
            0..20 => self.put(),
            20..42 => self.request(who),
            42..62 => {
                assert!(self.read(who).is_none());
            }
            62..72 => self.take(who),
            72..78 => self.pull(who),
            78..83 => {
                let commits = self.dice.chance(70);
                self.end_unit(who, commits);
            }
            83..86 => self.close(who),
            86..93 => {
                let ends = self.world.ends();
                let end = ends[self.dice.below(ends.len() as u64) as usize];
                self.world.force_to(end);
                self.after();
            }
            93..95 => self.world.begin_checkpoint(),
            95..97 => {
                let live: Vec<Lsn> = self.world.live.keys().copied().collect();
                let lsn = live[self.dice.below(live.len() as u64) as usize];
                self.world.relocate(lsn);
                self.after();
            }
            97 => self.gone(who),
            98 if self.dice.chance(50) => self.crash(),
            _ if self.dice.chance(30) => self.compare(),
            _ => {}
        }
    }
}

fn id_in(body: &Body) -> u32 {
    let bytes = body.to_bytes();
    u32::from_be_bytes(bytes[..4].try_into().expect("four bytes"))
}

fn id_of(delivery: &Delivery) -> u32 {
    id_in(&delivery.body.first)
}

fn run(seed: u64, steps: u32) -> u32 {
    let mut run = Run::new(seed);
    run.world.keeps_said = true;
    for _ in 0..steps {
        run.step();
    }
    run.compare();
    run.crash();
    run.compare();
    run.deliveries
}

#[test]
fn a_message_reaches_one_application_once() {
    // More of them by hand: FLIGHT_SEEDS=100000.
    let seeds = std::env::var("FLIGHT_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let mut deliveries = 0;
    for seed in 1..=seeds {
        let result = std::panic::catch_unwind(|| run(seed, 400));
        deliveries += result.unwrap_or_else(|_| panic!("seed {seed}"));
    }
    assert!(u64::from(deliveries) > 10 * seeds, "the clients get messages: {deliveries}");
}
