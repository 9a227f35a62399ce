//! Calls that make sense and calls that make none, in any order: the kernel answers them all, releases every record once,
//! and comes back from its log with as many messages as are committed.

use mqi::call::{Body, Call, Consume, Hobj, Long, Selection};
use mqi::constants::*;
use mqi::rfh2::{Element, Rfh2};
use mqi::wire::{ByteOrder, Charset, Writer};
use mqi::{Chars, Charv, Gmo, Md, Od, Pmo, Sts};
use qmgr::{ConversationId, Input, Ticket};
use store::Lsn;

use crate::model::Dice;
use crate::world::{Seen, World};

const OBJECTS: [&str; 9] = ["Q1", "Q2", "A1", "A2", "M1", "M2", "R1", "NONE", "bad name"];

struct Storm {
    world: World,
    dice: Dice,
    conversations: Vec<ConversationId>,
}

impl Storm {
    fn new(mut dice: Dice) -> Self {
        let memory = [8 << 20, 600_000, 400_000, 250_000][dice.below(4) as usize];
        let mut world = World::new(memory);
        for command in [
            "DEFINE QLOCAL(Q1) MAXDEPTH(40) MAXMSGL(400000)",
            "DEFINE QLOCAL(Q2) MSGDLVSQ(FIFO) NOSHARE PROPCTL(NONE)",
            "DEFINE QLOCAL(SYSTEM.DDELAY.LOCAL.QUEUE) MAXDEPTH(50)",
            "DEFINE QALIAS(A1) TARGET(Q1)",
            "DEFINE QALIAS(A2) TARGET(GONE)",
            "DEFINE QMODEL(M1) DEFTYPE(TEMPDYN) SHARE",
            "DEFINE QMODEL(M2) DEFTYPE(PERMDYN) SHARE",
            "DEFINE QREMOTE(R1) RNAME(X) RQMNAME(Y)",
            "ALTER QMGR MAXUMSGS(20) MAXHANDS(8) MARKINT(500)",
        ] {
            world.command(command);
        }
        world.force();
        let mut storm = Self { world, dice, conversations: Vec::new() };
        storm.connect_all();
        storm
    }

    fn connect_all(&mut self) {
        self.conversations = (0..4).map(|_| self.world.connect()).collect();
        let conversations = self.conversations.clone();
        for conversation in conversations {
            for name in ["Q1", "Q2", "M1"] {
                let od = Od { object_name: Chars::from_str_padded(name), ..Od::default() };
                let options = MQOO_INPUT_SHARED | MQOO_OUTPUT | MQOO_BROWSE | MQOO_CO_OP;
                self.world.call(conversation, Call::Open { od: Box::new(od), options });
            }
        }
    }

    fn who(&mut self) -> ConversationId {
        self.conversations[self.dice.below(4) as usize]
    }

    fn hobj(&mut self) -> Hobj {
        Hobj(self.dice.below(8) as i32)
    }

    /// Some of these bits, now and then one that is none of them.
    fn bits(&mut self, some: &[i32], percent: u64) -> i32 {
        let mut bits = 0;
        for bit in some {
            if self.dice.chance(percent) {
                bits |= bit;
            }
        }
        if self.dice.chance(2) {
            bits |= 1 << self.dice.below(31);
        }
        bits
    }

    fn id(&mut self) -> [u8; 24] {
        [self.dice.below(4) as u8; 24]
    }

    fn text(&mut self) -> Body {
        let len = match self.dice.below(20) {
            0 => 300_000,
            1 => 140_000,
            2 => 0,
            _ => self.dice.below(300) as usize,
        };
        Body::from(vec![b'x'; len])
    }

    /// The same behind an MQRFH2, short or long, which now and then is longer than it says, or says more than there is.
    fn headed_text(&mut self) -> Body {
        let pad = [0, 100, 30_000, 70_000, 140_000, 300_000][self.dice.below(6) as usize];
        let value = if self.dice.chance(50) { "x" } else { "y" };
        let folders = vec![
            Element::group("pad").with("p", "p".repeat(pad).as_str()),
            Element::group("usr").with("a", value),
        ];
        let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
        Rfh2 { folders, ..Rfh2::default() }.encode(&mut w);
        let mut bytes = w.finish();
        if self.dice.chance(5) {
            let wrong = self.dice.below(2 * bytes.len() as u64) as i32;
            bytes[8..12].copy_from_slice(&wrong.to_le_bytes());
        }
        bytes.extend_from_slice(&self.text().to_bytes());
        if self.dice.chance(5) {
            bytes.truncate(self.dice.below(bytes.len() as u64) as usize);
        }
        Body::from(bytes)
    }

    fn md(&mut self) -> Box<Md> {
        let folders = self.dice.chance(20);
        Box::new(Md {
            version: 1 + self.dice.below(2) as i32,
            persistence: self.dice.below(3) as i32,
            priority: self.dice.below(12) as i32 - 1,
            expiry: if self.dice.chance(20) { self.dice.below(30) as i32 } else { -1 },
            format: if folders { mqi::format::RF_HEADER_2 } else { mqi::format::STRING },
            msg_id: self.id(),
            correl_id: self.id(),
            group_id: self.id(),
            msg_flags: self.bits(&[MQMF_MSG_IN_GROUP], 10),
            report: self.bits(&[MQRO_EXCEPTION_WITH_FULL_DATA, MQRO_EXCEPTION, MQRO_DISCARD_MSG], 10),
            reply_to_q: Chars::from_str_padded("Q2"),
            msg_type: if self.dice.chance(95) { MQMT_DATAGRAM } else { self.dice.below(9) as i32 },
            ..Md::default()
        })
    }

    fn pmo(&mut self) -> Box<Pmo> {
        let options = self.bits(&[MQPMO_SYNCPOINT, MQPMO_ASYNC_RESPONSE, MQPMO_NEW_CORREL_ID], 30);
        Box::new(Pmo { version: 1 + self.dice.below(3) as i32, options, ..Pmo::default() })
    }

    fn gmo_options(&mut self) -> i32 {
        let mut options = self.bits(
            &[
                MQGMO_WAIT,
                MQGMO_ACCEPT_TRUNCATED_MSG,
                MQGMO_CONVERT,
                MQGMO_FAIL_IF_QUIESCING,
                MQGMO_NO_PROPERTIES,
            ],
            25,
        );
        options |= match self.dice.below(12) {
            0..3 => 0,
            3..6 => MQGMO_SYNCPOINT,
            6 => MQGMO_SYNCPOINT_IF_PERSISTENT,
            7 => MQGMO_BROWSE_FIRST,
            8 => MQGMO_BROWSE_NEXT | MQGMO_LOCK,
            9 => MQGMO_BROWSE_NEXT | MQGMO_MARK_BROWSE_CO_OP | MQGMO_UNMARKED_BROWSE_MSG,
            10 => MQGMO_MSG_UNDER_CURSOR,
            _ => MQGMO_UNLOCK,
        };
        options
    }

    fn open(&mut self) -> Call {
        let name = OBJECTS[self.dice.below(9) as usize];
        let mut od = Od { version: 4, object_name: Chars::from_str_padded(name), ..Od::default() };
        if self.dice.chance(30) {
            let selector = ["JMSPriority > 3", "a = 'x'", "Root.MQMD.Format LIKE 'MQ%'", "("];
            od.selection_string = Charv::new(selector[self.dice.below(4) as usize]);
        }
        let options = [
            MQOO_INPUT_SHARED,
            MQOO_INPUT_AS_Q_DEF,
            MQOO_INPUT_EXCLUSIVE,
            MQOO_OUTPUT,
            MQOO_BROWSE,
            MQOO_INQUIRE,
            MQOO_SAVE_ALL_CONTEXT,
        ];
        let options = self.bits(&options, 30);
        Call::Open { od: Box::new(od), options }
    }

    fn put(&mut self, who: ConversationId) {
        let (md, pmo) = (self.md(), self.pmo());
        let is_headed = md.format == mqi::format::RF_HEADER_2 && self.dice.chance(80);
        let body = if is_headed { self.headed_text() } else { self.text() };
        let hobj = self.hobj();
        let bytes = body.to_bytes();
        let mut pieces = bytes.chunks(100_000).map(|piece| Body::from(piece.to_vec()));
        let is_short = bytes.len() <= 100_000;
        let first = if is_short { body } else { pieces.next().expect("there is one") };
        let long = Long { total: bytes.len() as u32, first };
        let call = match self.dice.below(4) {
            0 => Call::PutLater { hobj, md, pmo, body: long, delay_ms: self.dice.below(1_000) },
            _ => Call::Put { hobj, md, pmo, body: long },
        };
        self.world.call(who, call);
        if !is_short {
            for bytes in pieces {
                if self.dice.chance(5) {
                    return;
                }
                self.world.send(Input::Part { conversation: who, bytes });
            }
        }
    }

    fn call(&mut self) {
        let who = self.who();
        let call = match self.dice.below(100) {
            0..30 => return self.put(who),
            30..55 => {
                let gmo = Gmo {
                    version: 1 + self.dice.below(4) as i32,
                    options: self.gmo_options(),
                    wait_interval: self.dice.below(1000) as i32 - 1,
                    match_options: self.bits(&[1, 2, 4], 20),
                    ..Gmo::default()
                };
                let buffer_length = if self.dice.chance(10) { 10 } else { 1_000_000 };
                Call::Get { hobj: self.hobj(), md: self.md(), gmo: Box::new(gmo), buffer_length }
            }
            55..70 => {
                let selection = self.dice.chance(40).then(|| Selection {
                    index: self.dice.below(9) as u16,
                    md_version: 2,
                    match_options: self.bits(&[1, 2], 20),
                    correl_id: self.id(),
                    ..Selection::default()
                });
                let consume = Consume {
                    requested_bytes: if self.dice.chance(20) { 5000 } else { 1 },
                    max_msg_length: if self.dice.chance(20) { 10 } else { -1 },
                    options: self.gmo_options(),
                    request_flags: [0x08, 0x0E, 0x01, 0x00][self.dice.below(4) as usize],
                    global_message_index: self.dice.below(12) as i32,
                    selection,
                    ..Consume::default()
                };
                Call::Consume { hobj: self.hobj(), consume: Box::new(consume) }
            }
            70..74 => self.open(),
            74..78 => {
                let hobj = self.hobj();
                if self.dice.chance(50) {
                    let value = self.dice.below(9) as i32;
                    self.world.call(who, Call::Notify { hobj, code: mqi::call::ARRIVED, value });
                }
                Call::Close { hobj, options: self.bits(&[MQCO_DELETE, MQCO_DELETE_PURGE], 30) }
            }
            78..84 => Call::Commit,
            84..88 => Call::Back,
            88..90 => Call::Stat { kind: self.dice.below(4) as i32, sts: Box::<Sts>::default() },
            90..94 => {
                let (code, value) = (self.dice.below(16) as i32, self.dice.below(4) as i32);
                Call::Notify { hobj: self.hobj(), code, value }
            }
            94..96 => {
                let name = OBJECTS[self.dice.below(9) as usize];
                let od = Box::new(Od { object_name: Chars::from_str_padded(name), ..Od::default() });
                let body = Long::whole(Body::from(b"put1".to_vec()));
                Call::Put1 { od, md: self.md(), pmo: self.pmo(), body }
            }
            _ => {
                let selectors = vec![self.dice.below(60) as i32, 2016];
                Call::Inquire { hobj: self.hobj(), selectors, int_count: 1, char_length: 48 }
            }
        };
        self.world.call(who, call);
    }

    fn step(&mut self) {
        match self.dice.below(100) {
            0..70 => self.call(),
            70..80 => {
                let conversation = self.who();
                self.world.send(Input::Pull { conversation });
            }
            80..83 => self.world.pass(200),
            83..86 => {
                let ends = self.world.ends();
                let end = ends[self.dice.below(ends.len() as u64) as usize];
                self.world.force_to(end);
            }
            86 => self.world.begin_checkpoint(),
            87..89 => {
                let live: Vec<Lsn> = self.world.live.keys().copied().collect();
                let lsn = live[self.dice.below(live.len() as u64) as usize];
                self.world.relocate(lsn);
            }
            89 => {
                let at = self.dice.below(4) as usize;
                let conversation = std::mem::replace(&mut self.conversations[at], ConversationId(0));
                self.world.send(Input::Gone { conversation });
                self.conversations[at] = self.world.connect();
            }
            90 => {
                let at = self.dice.below(4) as usize;
                let conversation = self.conversations[at];
                self.world.call(conversation, Call::Disconnect);
                // Should it be in the middle of another call, it was refused.
                self.world.send(Input::Gone { conversation });
                self.conversations[at] = self.world.connect();
            }
            91 => self.world.send(Input::LogFull),
            92 => {
                let free_extents = self.dice.below(4) as u32;
                self.world.send(Input::Space { free_extents });
            }
            93 => {
                let ticket = Ticket(self.dice.below(50));
                self.world.send(Input::Loaded { ticket, body: None });
            }
            94 => {
                let commands = [
                    "ALTER QMGR DEADQ(Q2)",
                    "ALTER QMGR DEADQ(' ')",
                    "ALTER QLOCAL(Q1) PUT(DISABLED)",
                    "ALTER QLOCAL(Q1) PUT(ENABLED)",
                    "ALTER QLOCAL(SYSTEM.DDELAY.LOCAL.QUEUE) GET(DISABLED)",
                    "ALTER QLOCAL(SYSTEM.DDELAY.LOCAL.QUEUE) GET(ENABLED)",
                    "CLEAR QLOCAL(SYSTEM.DDELAY.LOCAL.QUEUE)",
                    "ALTER QLOCAL(Q1) GET(DISABLED)",
                    "ALTER QLOCAL(Q1) GET(ENABLED)",
                    "ALTER QALIAS(A1) GET(DISABLED)",
                    "CLEAR QLOCAL(Q2)",
                    "ALTER QLOCAL(Q2) MSGDLVSQ(PRIORITY)",
                    "DISPLAY QSTATUS(*) TYPE(HANDLE) ALL",
                ];
                let at = self.dice.below(commands.len() as u64) as usize;
                self.world.command(commands[at]);
            }
            95 if self.dice.chance(50) => {
                let scratch = &mut self.world.scratch;
                scratch.is_slow = self.dice.chance(70);
                scratch.is_damaged = self.dice.chance(10);
                scratch.room = self.dice.chance(20).then_some(300_000);
            }
            96 => self.world.write_spilled(),
            95 => {
                let ends = self.world.ends();
                let end = ends[self.dice.below(ends.len() as u64) as usize];
                self.world.crash_at(end);
                self.connect_all();
            }
            _ => self.world.force(),
        }
        self.replace_disconnected();
    }

    /// Conversations that the kernel has ended get successors.
    fn replace_disconnected(&mut self) {
        for at in 0..4 {
            let id = self.conversations[at];
            let seen = self.world.seen.get(&id);
            let is_over = seen.is_some_and(|seen| seen.iter().any(|one| matches!(one, Seen::Disconnect(_))));
            if is_over {
                self.conversations[at] = self.world.connect();
            }
        }
        self.world.seen.clear();
    }

    /// Everybody leaves; what is left is what a restart finds.
    fn settle(&mut self) {
        for conversation in self.conversations.clone() {
            self.world.send(Input::Gone { conversation });
        }
        self.world.force();
        self.world.write_spilled();
        // What waited for room in the log has gone on before the restart, which has room.
        self.world.send(Input::Space { free_extents: 9 });
        self.world.pass(20_000);
        let depths = |world: &mut World| {
            let mut depths = Vec::new();
            for queue in ["Q1", "Q2", "SYSTEM.DDELAY.LOCAL.QUEUE"] {
                let lines = world.command(&format!("DISPLAY QLOCAL({queue}) CURDEPTH"));
                depths.extend(lines.into_iter().filter(|line| line.contains("CURDEPTH")));
            }
            depths
        };
        let before = depths(&mut self.world);
        let puts =
            |world: &World| world.live.keys().filter(|lsn| world.log[*lsn].kind == store::Kind::Put).count();
        let live = puts(&self.world);
        // A second kernel after the restart has what the first one found: nothing comes or goes by itself.
        self.world.restart();
        assert_eq!(puts(&self.world), live, "live records of messages after {before:?}");
        let found = depths(&mut self.world);
        self.world.restart();
        assert_eq!(depths(&mut self.world), found);
    }

    /// Everything goes: nothing is left in the scratch file.
    fn clear(&mut self) {
        for conversation in self.conversations.clone() {
            self.world.send(Input::Gone { conversation });
        }
        self.world.force();
        self.world.write_spilled();
        self.world.pass(10_000);
        for queue in ["Q1", "Q2", "SYSTEM.DDELAY.LOCAL.QUEUE"] {
            self.world.command(&format!("CLEAR QLOCAL({queue})"));
        }
        self.world.pass(10);
        // What was being written when it was cleared is given back when that is done.
        self.world.write_spilled();
        let lines = self.world.command("DISPLAY QLOCAL(*) CURDEPTH");
        let depths = lines.iter().filter(|line| line.contains("CURDEPTH"));
        // A permanent dynamic queue may have been made.
        if depths.clone().count() >= 2 && depths.clone().all(|line| line.contains("CURDEPTH(0)")) {
            assert_eq!(self.world.scratch.places.len(), 0, "what has gone leaves nothing behind");
            let used = self.world.kernel.memory_use();
            assert_eq!((used.kept, used.cached, used.handles), (0, 0, 0), "{used:?}");
        }
    }
}

/// A storm of so many steps, or until the dice are used up. Then everybody leaves, or everything goes.
pub(crate) fn blow(dice: Dice, steps: u32, is_cleared: bool) {
    let mut storm = Storm::new(dice);
    for _ in 0..steps {
        if storm.dice.is_spent() {
            break;
        }
        storm.step();
    }
    if is_cleared {
        storm.clear();
    } else {
        storm.settle();
    }
}

#[test]
fn nothing_that_is_asked_brings_the_kernel_down() {
    let seeds = std::env::var("STORM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let first = std::env::var("STORM_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for seed in first..=seeds {
        let result = std::panic::catch_unwind(|| blow(Dice::new(seed), 400, seed % 2 != 0));
        assert!(result.is_ok(), "seed {seed}");
    }
}
