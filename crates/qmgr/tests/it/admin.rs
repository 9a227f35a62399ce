//! Transcripts of administration, replayed on a real kernel: `tests/golden/admin/*.mqsc`.
//!
//! ```text
//! # A comment about the transcript.
//!      1 : DEFINE QLOCAL(Q1)               a command, given by `mqm`
//! AMQ8006I: …                              its answer
//! ! run dev                                a whole script, of which only failures are shown
//! ! as joe                                 from here on, commands are given by this user
//! ! connect A app channel=C address=1.2.3.4 proved    conversation A; without `proved` only asserted; `appl=name`,
//!                                          `system`, `isolated`: what the application says of itself
//! ! open A Q1 output,inquire               object Q1, or `qmgr:`, `process:P`, `namelist:N`
//! ! close A 2      ! get A 2      ! put A 2 text      ! inquire A 2 3 96 3,15,2016      ! set A 2 9=1
//! ! commit A       ! disconnect A      ! gone A
//! ! socket C 1.2.3.4 A B                   a socket with these conversations, for the displays that follow
//! ! fact KEYWORD value                     a fact of DISPLAY QMSTATUS
//! ! listening L 1.2.3.4 1414     ! deaf L     ! failed L text     ! at 1700000000000
//! ! restart                                a new kernel from the records of the log
//! = …                                      reply: completion code, reason code, values
//! ~ …                                      any other output: error log, listener, disconnection
//! ```
//!
//! With `UPDATE_GOLDEN=1` the outputs are written anew; the difference is to be reviewed like code.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use mqi::call::{Body, Call, Connect, Hobj, Identity, Long, Reply, Returned};
use mqi::command::{Command, CommandReply, ObjectRow, ReplyEntry};
use mqi::constants::*;
use mqi::{Chars, Gmo, Md, ObjectName, Od, Pmo};
use mqsc::Answer;
use mqsc::print::Style;
use qmgr::time::{Mono, Time, WallMs};
use qmgr::{ConversationId, Facts, Input, Kernel, KernelConfig, ListenerFacts, Output, SocketFacts, Ticket};
use store::{Lsn, Record, RecordView};

#[test]
fn transcripts_replay() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/admin");
    let entries = fs::read_dir(&directory).expect("the directory");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let want = fs::read_to_string(&path).expect("a transcript");
        let got = replay(&want);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &got).expect("to be written");
        } else {
            let differs = got.lines().zip(want.lines()).position(|(got, want)| got != want);
            let at = differs.unwrap_or_else(|| got.lines().count().min(want.lines().count()));
            let line = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
            assert!(got == want, "{}:{}: {}\nnot {}", path.display(), at + 1, line(&got), line(&want));
        }
    }
}

/// The transcript with its outputs made anew.
fn replay(transcript: &str) -> String {
    let mut world = World::new();
    for line in transcript.lines() {
        if line.starts_with('#') {
            world.say(line);
        } else if let Some(directive) = line.strip_prefix("! ") {
            world.say(line);
            world.directive(directive);
        } else if let Some(command) = command_of(line) {
            world.number += 1;
            let number = world.number;
            world.say(&format!("{number:6} : {command}"));
            for line in world.command(command).lines {
                world.say(&line);
            }
        }
    }
    world.out
}

/// The command on a line of the transcript.
fn command_of(line: &str) -> Option<&str> {
    let (number, command) = line.split_at_checked(9)?;
    let is_number = number.ends_with(" : ") && number[..6].trim().bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(command)
}

const CREATED_WALL_MS: i64 = 1_700_000_000_000;

pub(crate) struct World {
    pub(crate) kernel: Kernel,
    config: KernelConfig,
    now: Time,
    records: Vec<(Lsn, Record)>,
    conversations: BTreeMap<String, ConversationId>,
    reply: Option<Reply>,
    /// Records that the kernel has asked for.
    answers: Vec<Input>,
    command_replies: BTreeMap<u64, CommandReply>,
    /// Rows of replies that have not come to their end.
    told: BTreeMap<u64, Vec<ObjectRow>>,
    user: String,
    facts: Facts,
    pub(crate) sockets: Vec<SocketFacts>,
    /// Whether the next rows of a long reply are asked for at once.
    pub(crate) has_room: bool,
    number: u32,
    next: u64,
    pub(crate) out: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::created("QM1", CREATED_WALL_MS)
    }

    /// A queue manager of this name that was created then.
    pub(crate) fn created(name: &str, created_wall_ms: i64) -> Self {
        let config = KernelConfig {
            name: ObjectName::parse(name).expect("a name"),
            qmid: format!("{name}_2023-11-14_22.13.20"),
            epoch: 1,
            hash_key: [7; 16],
            created_wall_ms,
            started_wall_ms: CREATED_WALL_MS,
            memory_max: 1 << 20,
            owner: "owner".to_owned(),
            command_level: if name == "QM1" { 940 } else { 930 },
        };
        let mut world = Self {
            kernel: Kernel::new(config.clone()),
            config,
            now: Time { wall: WallMs(CREATED_WALL_MS), mono: Mono(0) },
            records: Vec::new(),
            conversations: BTreeMap::new(),
            reply: None,
            answers: Vec::new(),
            command_replies: BTreeMap::new(),
            told: BTreeMap::new(),
            user: "mqm".to_owned(),
            facts: Facts::default(),
            sockets: Vec::new(),
            has_room: true,
            number: 0,
            next: 0,
            out: String::new(),
        };
        world.recovered();
        world
    }

    fn recovered(&mut self) {
        let mut outputs = Vec::new();
        let lsn_next = self.records.last().map_or(Lsn::FIRST, |(lsn, record)| *lsn + record.len());
        self.kernel.recover_done(lsn_next, self.now, &mut outputs);
        self.take(outputs);
        for name in self.kernel.listeners_to_start() {
            self.command(&format!("START LISTENER('{name}')"));
        }
    }

    /// A new kernel that learns from the log what there was.
    pub(crate) fn restart(&mut self) {
        self.config.epoch += 1;
        self.config.started_wall_ms = self.now.wall.0;
        self.kernel = Kernel::new(self.config.clone());
        self.conversations.clear();
        let mut dead = Vec::new();
        for (lsn, record) in &self.records {
            let body: Vec<u8> = record.body.pieces().flatten().copied().collect();
            let view = RecordView { kind: record.kind, flags: record.flags, head: &record.head, body: &body };
            self.kernel.recover_record(*lsn, &view, &mut dead).expect("a record of this kernel");
        }
        self.recovered();
    }

    fn say(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    /// Gives a command under this ticket; its reply may come later.
    pub(crate) fn begin(&mut self, ticket: u64, text: &str) {
        let command = mqsc::parse(text).expect("a command");
        let (user, facts) = (self.user.clone(), Facts::default());
        self.send(Input::Command { ticket: Ticket(ticket), user, command, facts });
    }

    /// What has been told of a reply that is not complete.
    pub(crate) fn told(&self, ticket: u64) -> &[ObjectRow] {
        self.told.get(&ticket).map_or(&[], Vec::as_slice)
    }

    /// The reply to a command, if it is complete.
    pub(crate) fn replied(&mut self, ticket: u64) -> Option<CommandReply> {
        self.command_replies.remove(&ticket)
    }

    pub(crate) fn send(&mut self, input: Input) {
        let mut outputs = Vec::new();
        self.kernel.handle(input, self.now, &mut outputs);
        self.take(outputs);
        while let Some(answer) = self.answers.pop() {
            let mut outputs = Vec::new();
            self.kernel.handle(answer, self.now, &mut outputs);
            self.take(outputs);
        }
        let mut outputs = Vec::new();
        let durable = self.kernel.lsn_next();
        self.kernel.handle(Input::Durable(durable), self.now, &mut outputs);
        self.take(outputs);
    }

    fn take(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Append { lsn, record } => self.records.push((lsn, record)),
                Output::Reply { reply, wait, .. } => {
                    assert!(wait < self.kernel.lsn_next(), "a reply waits for what is logged");
                    self.reply = Some(*reply);
                }
                Output::CommandReply { ticket, reply, wait } => {
                    assert!(wait < self.kernel.lsn_next(), "a reply waits for what is logged");
                    let mut reply = *reply;
                    let told = self.told.remove(&ticket.0).unwrap_or_default();
                    reply.entries.splice(0..0, told.into_iter().map(ReplyEntry::Object));
                    self.command_replies.insert(ticket.0, reply);
                }
                Output::CommandRows { ticket, rows, wait } => {
                    assert!(wait < self.kernel.lsn_next(), "a reply waits for what is logged");
                    self.told.entry(ticket.0).or_default().extend(rows);
                    if self.has_room {
                        self.answers.push(Input::CommandMore { ticket });
                    }
                }
                Output::AskSockets { ticket, after } => {
                    // One by one, so that every list of some goes on after the first.
                    let sockets = self.sockets.get(after as usize).cloned().into_iter().collect();
                    let next = (after as usize + 1 < self.sockets.len()).then_some(after + 1);
                    self.answers.push(Input::Sockets { ticket, sockets, next });
                }
                Output::Log(line) => {
                    let line = format!("~ {} {}", line.id, line.inserts.join(" | "));
                    self.say(line.trim_end());
                }
                Output::Listener(action) => self.say(&format!("~ {action:?}")),
                Output::Disconnect { conversation, reason } => {
                    let found = self.conversations.iter().find(|(_, id)| **id == conversation);
                    let name = found.map_or("?", |(name, _)| name).to_owned();
                    self.say(&format!("~ disconnect {name} {reason}"));
                    self.conversations.remove(&name);
                }
                Output::Load { ticket, lsn, .. } => {
                    let record = self.records.iter().find(|(at, _)| *at == lsn);
                    let body = record.map(|(_, record)| record.body.pieces().flatten().copied().collect());
                    self.answers.push(Input::Loaded { ticket, body });
                }
                _ => {}
            }
        }
    }

    pub(crate) fn command(&mut self, text: &str) -> Answer {
        let style = Style::default();
        let command = match mqsc::parse(text) {
            Ok(command) => command,
            Err(error) => {
                return Answer { lines: mqsc::print::parse_error(&error, style), is_failure: true };
            }
        };
        self.answer(command)
    }

    /// The same for a command that has been parsed.
    pub(crate) fn answer(&mut self, command: Command) -> Answer {
        Answer::of(&self.execute(command), Style::default())
    }

    fn execute(&mut self, command: Command) -> CommandReply {
        // A socket goes with its last conversation.
        let alive: Vec<ConversationId> = self.conversations.values().copied().collect();
        self.sockets.retain(|socket| socket.conversations.iter().any(|id| alive.contains(id)));
        self.next += 1;
        self.send(Input::Command {
            ticket: Ticket(self.next),
            user: self.user.clone(),
            command,
            facts: self.facts.clone(),
        });
        self.command_replies.remove(&self.next).unwrap_or_else(|| self.long_reply(self.next))
    }

    /// The objects that a command shows; none if it fails.
    pub(crate) fn objects(&mut self, text: &str) -> Vec<ObjectRow> {
        let command = mqsc::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let reply = self.execute(command);
        let objects = reply.entries.into_iter().filter_map(|entry| match entry {
            ReplyEntry::Object(row) => Some(row),
            ReplyEntry::Message(_) => None,
        });
        objects.collect()
    }

    /// The reply of a command that takes more than one turn.
    fn long_reply(&mut self, ticket: u64) -> CommandReply {
        loop {
            assert_eq!(self.kernel.deadline(), Some(self.now.mono), "the command goes on");
            self.send(Input::Tick);
            if let Some(reply) = self.command_replies.remove(&ticket) {
                return reply;
            }
        }
    }

    fn script(&mut self, name: &str) {
        let script = match name {
            "default" => mqsc::scripts::DEFAULT,
            "dev" => mqsc::scripts::DEVELOPER,
            _ => panic!("no script {name}"),
        };
        for (text, _) in mqsc::scripts::commands(script) {
            let answer = self.command(&text);
            if answer.is_failure {
                self.say(&text);
                for line in answer.lines {
                    self.say(&line);
                }
            }
        }
    }

    pub(crate) fn directive(&mut self, directive: &str) {
        let words: Vec<&str> = directive.split(' ').collect();
        let number = |text: &str| text.parse::<i32>().expect("a number");
        match words.as_slice() {
            ["run", name] => self.script(name),
            ["as", user] => self.user = (*user).to_owned(),
            ["at", ms] => {
                let wall: i64 = ms.parse().expect("a time");
                self.now.mono.0 += u64::try_from(wall - self.now.wall.0).expect("a later time");
                self.now.wall = WallMs(wall);
                self.send(Input::Tick);
            }
            ["restart"] => self.restart(),
            ["connect", name, user, rest @ ..] => self.connect(name, user, rest),
            ["open", name, object, options] => self.open(name, object, options),
            ["close", name, hobj] => self.call(name, Call::Close { hobj: Hobj(number(hobj)), options: 0 }),
            ["put", name, hobj, text] => {
                let body = Long::whole(Body::from(text.as_bytes().to_vec()));
                let md = Box::new(Md { persistence: MQPER_PERSISTENT, ..Md::default() });
                let pmo = Box::new(Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() });
                self.call(name, Call::Put { hobj: Hobj(number(hobj)), md, pmo, body });
            }
            ["hold", name, hobj, text] => {
                let body = Long::whole(Body::from(text.as_bytes().to_vec()));
                let pmo = Box::new(Pmo { options: MQPMO_SYNCPOINT, ..Pmo::default() });
                self.call(name, Call::Put { hobj: Hobj(number(hobj)), md: Box::default(), pmo, body });
            }
            ["get", name, hobj] => {
                let gmo = Box::new(Gmo { options: MQGMO_NO_SYNCPOINT, ..Gmo::default() });
                let hobj = Hobj(number(hobj));
                self.call(name, Call::Get { hobj, md: Box::default(), gmo, buffer_length: 1000 });
            }
            ["inquire", name, hobj, int_count, char_length, selectors] => {
                let selectors = selectors.split(',').filter(|s| !s.is_empty()).map(number).collect();
                let (int_count, char_length) = (number(int_count), number(char_length));
                let hobj = Hobj(number(hobj));
                self.call(name, Call::Inquire { hobj, selectors, int_count, char_length });
            }
            ["set", name, hobj, values @ ..] => {
                let (mut selectors, mut ints, mut chars) = (Vec::new(), Vec::new(), Vec::new());
                for value in values {
                    let (selector, value) = value.split_once('=').expect("selector=value");
                    selectors.push(number(selector));
                    match value.parse() {
                        Ok(int) => ints.push(int),
                        Err(_) => chars.extend(format!("{value:64}").into_bytes()),
                    }
                }
                self.call(name, Call::Set { hobj: Hobj(number(hobj)), selectors, ints, chars });
            }
            ["commit", name] => self.call(name, Call::Commit),
            ["disconnect", name] => {
                self.call(name, Call::Disconnect);
                self.conversations.remove(*name);
            }
            ["gone", name] => {
                let conversation = self.conversations.remove(*name).expect("a conversation");
                self.send(Input::Gone { conversation });
            }
            ["socket", channel, address, names @ ..] => {
                let conversations = names.iter().map(|name| self.conversations[*name]).collect();
                self.sockets.push(SocketFacts {
                    conversations,
                    channel: (*channel).to_owned(),
                    address: (*address).to_owned(),
                    segments_received: 12,
                    segments_sent: 11,
                    bytes_received: 3456,
                    bytes_sent: 2345,
                    calls: 7,
                    conversations_max: 10,
                    heartbeat_s: 300,
                    product: "MQJM09040000".to_owned(),
                    started_wall_ms: self.now.wall.0,
                    last_message_wall_ms: self.now.wall.0,
                });
            }
            ["fact", keyword, value] => {
                self.facts.qmgr.push(((*keyword).to_owned(), (*value).to_owned()));
            }
            ["listening", name, address, port] => {
                let facts = ListenerFacts {
                    pid: 4711,
                    address: (*address).to_owned(),
                    port: port.parse().expect("a port"),
                };
                self.send(Input::ListenerChanged { name: (*name).to_owned(), state: Ok(Some(facts)) });
            }
            ["deaf", name] => {
                self.send(Input::ListenerChanged { name: (*name).to_owned(), state: Ok(None) });
            }
            ["failed", name, why @ ..] => {
                self.send(Input::ListenerChanged { name: (*name).to_owned(), state: Err(why.join(" ")) });
            }
            _ => panic!("no directive {directive}"),
        }
    }

    fn connect(&mut self, name: &str, user: &str, rest: &[&str]) {
        let mut identity = Identity { asserted: user.to_owned(), ..Identity::default() };
        let (mut appl_name, mut appl_type, mut options) = ("app.jar", MQAT_JAVA, MQCNO_SHARED_BINDING);
        for word in rest {
            match word.split_once('=') {
                Some(("channel", channel)) => identity.channel = Some(channel.to_owned()),
                Some(("address", address)) => identity.address = address.to_owned(),
                Some(("pid", pid)) => identity.pid = pid.parse().expect("a process"),
                Some(("appl", name)) => appl_name = name,
                None if *word == "system" => appl_type = MQAT_QMGR,
                None if *word == "isolated" => options = MQCNO_ISOLATED_BINDING,
                None if *word == "proved" => identity.verified = Some(user.to_owned()),
                _ => panic!("no such word: {word}"),
            }
        }
        self.next += 1;
        self.conversations.insert(name.to_owned(), ConversationId(self.next));
        let connect = Connect {
            appl_name: Chars::from_str_padded(appl_name),
            appl_type,
            options,
            identity,
            ..Connect::default()
        };
        self.call(name, Call::Connect(Box::new(connect)));
    }

    fn open(&mut self, name: &str, object: &str, options: &str) {
        let (object_type, object_name) = match object.split_once(':') {
            Some(("qmgr", name)) => (MQOT_Q_MGR, name),
            Some(("process", name)) => (MQOT_PROCESS, name),
            Some(("namelist", name)) => (MQOT_NAMELIST, name),
            _ => (MQOT_Q, object),
        };
        let options = options.split(',').map(|word| match word {
            "input" => MQOO_INPUT_AS_Q_DEF,
            "shared" => MQOO_INPUT_SHARED,
            "exclusive" => MQOO_INPUT_EXCLUSIVE,
            "browse" => MQOO_BROWSE,
            "output" => MQOO_OUTPUT,
            "inquire" => MQOO_INQUIRE,
            "set" => MQOO_SET,
            "setall" => MQOO_SET_ALL_CONTEXT,
            _ => panic!("no option {word}"),
        });
        let options = options.fold(0, |all, option| all | option);
        let object_name = Chars::from_str_padded(object_name);
        let od = Box::new(Od { object_type, object_name, ..Od::default() });
        self.call(name, Call::Open { od, options });
    }

    /// The kernel's number of a conversation.
    pub(crate) fn conversation(&self, name: &str) -> ConversationId {
        self.conversations[name]
    }

    /// Time passes for everybody.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = Time { wall: WallMs(self.now.wall.0 + ms as i64), mono: Mono(self.now.mono.0 + ms) };
        self.send(Input::Tick);
    }

    /// What a conversation's call comes to; none if it is still waiting.
    pub(crate) fn reply_to(&mut self, name: &str, call: Call) -> Option<Reply> {
        let conversation = *self.conversations.get(name)?;
        self.send(Input::Call { conversation, call });
        self.reply.take()
    }

    fn call(&mut self, name: &str, call: Call) {
        let reply = self.reply_to(name, call).expect("the call is answered");
        let mut line = format!("= {} {}", reply.comp_code.code(), reply.reason.0);
        match reply.returned {
            Returned::Open { hobj, od, .. } if hobj.0 > 0 => {
                let _ = write!(line, " {} {}", hobj.0, od.object_name.as_str());
            }
            Returned::Inquire { ints, chars, .. } => {
                let chars = String::from_utf8_lossy(&chars);
                let _ = write!(line, " {ints:?} [{}]", chars.trim_end());
            }
            _ => {}
        }
        self.say(line.trim_end());
    }
}
