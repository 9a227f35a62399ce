//! Scripts of calls, replayed on a kernel: `tests/golden/kernel/*.txt`.
//!
//! ```text
//! # A comment about the script.
//! mqsc DEFINE QLOCAL(Q1)                  a command of `mqm`; its answer is shown if it fails
//! connect A [user=X]                      conversation A, an administrator's or X's
//! open A Q1 input,output [as=F] [sel=…]   handle F
//! put F text [options]                    persistent, np, unit, pri=N, id=X, cid=X, expiry=N, len=N (text repeated),
//!                                         reply=Q, type=N, fmt=F, ccsid=N, group=X, report=N, async, pieces,
//!                                         later=MS (the delivery delay)
//! put1 A Q1 text [options]
//! get F [options]                         wait=N, unit, ifp, browse, next, first, under, browse-under, lock, unlock, mark, …,
//!                                         buf=N, trunc, id=X, cid=X, group=X, token=N, convert=CCSID, nohdr, md, quiesce
//! consume F [options]                     the same; window=N, ahead, check, listener, max=N, sel=N, index=N (else the last
//!                                         seen)
//! commit A   back A   close F [options, quiesce, arrived=N]   disconnect A   gone A   stat A   pull A   notify F code value
//! cancel A B                              A ends what B waits for
//! seen A                                  what conversation A has seen besides
//! force   checkpoint   pass MS   restart   crash   crash N   (N records after the durable end are kept)
//! pack KIND                               moves all live records of a kind
//! damage KIND                             makes them unreadable        depth Q1
//! memory BYTES                            another queue manager, with so much memory: the first line
//! scratch                                 pieces and bytes in the scratch file
//! scratch slow|quick|full|room|damaged|sound   how it is from now on; quick: what it was slow with is written
//! end quiesce|immediate
//! =                                       what came of it
//! ```
//!
//! Replies are shown when they have left, so a reply that waits for the log appears with the next `force`; every call
//! but with `lazy` forces. With `UPDATE_GOLDEN=1` the outputs are written anew; the difference is to be reviewed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use mqi::call::{
    AHEAD, ARRIVED, Body, Call, Consume, Delivery, Hobj, Long, PIECE_MAX, Reply, Returned, Selection,
};
use mqi::constants::*;
use mqi::dlh::Dlh;
use mqi::wire::{ByteOrder, Charset, Reader};
use mqi::{Chars, Charv, CompCode, Gmo, Md, Od, Pmo, Reason, Sts};
use qmgr::{ConversationId, EndMode, Input};
use store::Kind;

use crate::world::{Seen, World};

#[test]
fn scripts_replay() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/kernel");
    let mut paths: Vec<_> = fs::read_dir(&directory)
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let want = fs::read_to_string(&path).expect("a script");
        let got = Script::new().run(&want);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &got).expect("to be written");
        } else {
            assert_eq!(got, want, "{}", path.display());
        }
    }
}

struct Script {
    world: World,
    conversations: BTreeMap<String, ConversationId>,
    connection_ids: BTreeMap<String, [u8; 24]>,
    handles: BTreeMap<String, (ConversationId, Hobj)>,
    /// Index of the last message that each conversation has seen.
    indexes: BTreeMap<ConversationId, i32>,
    out: String,
}

/// Options of a line: words and `key=value`.
struct Options<'a>(Vec<&'a str>);

impl<'a> Options<'a> {
    fn has(&self, word: &str) -> bool {
        self.0.contains(&word)
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find_map(|word| word.split_once('=').filter(|(k, _)| *k == key).map(|(_, value)| value))
    }

    fn number(&self, key: &str) -> Option<i32> {
        self.value(key).map(|value| value.parse().unwrap_or_else(|_| panic!("{key}={value}")))
    }

    fn id(&self, key: &str) -> [u8; 24] {
        let mut id = [0; 24];
        if let Some(text) = self.value(key) {
            id[..text.len()].copy_from_slice(text.as_bytes());
        }
        id
    }

    fn bits(&self, table: &[(&str, i32)]) -> i32 {
        table.iter().filter(|(word, _)| self.has(word)).fold(0, |all, (_, bit)| all | bit)
    }
}

impl Script {
    fn new() -> Self {
        Self {
            world: World::new(8 << 20),
            conversations: BTreeMap::new(),
            connection_ids: BTreeMap::new(),
            handles: BTreeMap::new(),
            indexes: BTreeMap::new(),
            out: String::new(),
        }
    }

    fn run(mut self, script: &str) -> String {
        for line in script.lines().filter(|line| !line.starts_with("= ")) {
            let _ = writeln!(self.out, "{line}");
            if !line.is_empty() && !line.starts_with('#') {
                self.line(line);
            }
        }
        self.out
    }

    fn say(&mut self, line: &str) {
        let _ = writeln!(self.out, "= {line}");
    }

    fn handle(&self, name: &str) -> (ConversationId, Hobj) {
        if let Some((conversation, hobj)) = name.split_once(':') {
            return (self.conversations[conversation], Hobj(hobj.parse().expect("a number")));
        }
        *self.handles.get(name).unwrap_or_else(|| panic!("no handle {name}"))
    }

    fn line(&mut self, line: &str) {
        if let Some(command) = line.strip_prefix("mqsc ") {
            let lines = self.world.command(command);
            if !lines.iter().any(|line| line.starts_with("AMQ8006I") || line.starts_with("AMQ8008I")) {
                lines.iter().for_each(|line| self.say(line));
            }
            return self.show_all();
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let options = Options(words[1..].to_vec());
        match words.as_slice() {
            ["connect", name, ..] => {
                let id = self.world.connect_as(options.value("user").unwrap_or("mqm"));
                self.conversations.insert((*name).to_owned(), id);
                let reply = self.world.reply(id);
                if let Returned::Connect { connection_id, .. } = reply.returned {
                    self.connection_ids.insert((*name).to_owned(), connection_id);
                }
                assert_eq!(reply.comp_code, CompCode::Ok, "{reply:?}");
            }
            ["open", name, object, how, ..] => self.open(name, object, how, &options),
            ["put", handle, text, ..] => {
                let (conversation, hobj) = self.handle(handle);
                let (md, pmo, body) = message(text, &options);
                let pieces = split(body, &options);
                let mut pieces = pieces.into_iter();
                let first = pieces.next().expect("there is a first piece");
                let call = match options.number("later") {
                    Some(ms) => Call::PutLater { hobj, md, pmo, body: first, delay_ms: ms as u64 },
                    None => Call::Put { hobj, md, pmo, body: first },
                };
                self.call(conversation, call, &options);
                for piece in pieces {
                    self.world.send(Input::Part { conversation, bytes: piece.first });
                    self.after(&options);
                }
            }
            ["put1", name, object, text, ..] => {
                let (md, pmo, body) = message(text, &options);
                let od = Box::new(Od { object_name: Chars::from_str_padded(object), ..Od::default() });
                let conversation = self.conversations[*name];
                self.call(conversation, Call::Put1 { od, md, pmo, body }, &options);
            }
            ["get", handle, ..] => {
                let (conversation, hobj) = self.handle(handle);
                let (md, gmo, buffer_length) = get(&options);
                self.call(conversation, Call::Get { hobj, md, gmo, buffer_length }, &options);
            }
            ["consume", handle, ..] => {
                let (conversation, hobj) = self.handle(handle);
                let mut consume = Box::new(consume(&options));
                let seen = self.indexes.get(&conversation).copied().unwrap_or(0);
                consume.global_message_index = options.number("index").unwrap_or(seen);
                self.call(conversation, Call::Consume { hobj, consume }, &options);
            }
            ["notify", handle, code, value] => {
                let (conversation, hobj) = self.handle(handle);
                let (code, value) = (code.parse().expect("a number"), value.parse().expect("a number"));
                self.call(conversation, Call::Notify { hobj, code, value }, &options);
            }
            ["close", handle, ..] => {
                let (conversation, hobj) = self.handle(handle);
                let names =
                    [("delete", MQCO_DELETE), ("purge", MQCO_DELETE_PURGE), ("quiesce", MQCO_QUIESCE)];
                let bits = options.bits(&names);
                if let Some(value) = options.number("arrived") {
                    self.world.call(conversation, Call::Notify { hobj, code: ARRIVED, value });
                }
                self.call(conversation, Call::Close { hobj, options: bits }, &options);
            }
            ["commit", name, ..] => self.call(self.conversations[*name], Call::Commit, &options),
            ["back", name, ..] => self.call(self.conversations[*name], Call::Back, &options),
            ["disconnect", name] => self.call(self.conversations[*name], Call::Disconnect, &options),
            ["stat", name] => {
                let sts = Box::<Sts>::default();
                self.call(
                    self.conversations[*name],
                    Call::Stat { kind: MQSTAT_TYPE_ASYNC_ERROR, sts },
                    &options,
                );
            }
            ["cancel", name, other] => {
                let (by, connection_id) = (self.conversations[*name], self.connection_ids[*other]);
                self.world.send(Input::CancelWaits { by, connection_id, reason: Reason(2107) });
                self.show_all();
            }
            ["gone", name] => {
                let conversation = self.conversations[*name];
                self.world.send(Input::Gone { conversation });
                self.show_all();
            }
            ["pull", name] => {
                let conversation = self.conversations[*name];
                self.world.send(Input::Pull { conversation });
                self.after(&options);
            }
            ["seen", _] | ["force"] => {
                self.world.force();
                self.show_all();
            }
            ["checkpoint"] => {
                self.world.begin_checkpoint();
                self.world.force();
                self.show_all();
            }
            ["pass", ms] => {
                self.world.pass(ms.parse().expect("a number"));
                self.world.force();
                self.show_all();
            }
            ["restart"] => {
                self.world.restart();
                self.handles.clear();
                self.conversations.clear();
            }
            ["crash", ..] => {
                let keep: usize = words.get(1).map_or(0, |n| n.parse().expect("a number"));
                let end = self.world.ends()[keep];
                self.world.crash_at(end);
                self.handles.clear();
                self.conversations.clear();
            }
            ["pack", kind] => {
                let kind = kind_of(kind);
                let lsns = self.world.live.keys().copied();
                let lsns: Vec<_> = lsns.filter(|lsn| self.world.log[lsn].kind == kind).collect();
                for lsn in lsns {
                    self.world.relocate(lsn);
                }
            }
            ["damage", kind] => {
                let kind = kind_of(kind);
                let lsns = self.world.live.keys().copied();
                self.world.damaged = lsns.filter(|lsn| self.world.log[lsn].kind == kind).collect();
            }
            ["depth", queue] => {
                let lines = self.world.command(&format!("DISPLAY QLOCAL({queue}) CURDEPTH"));
                let line = lines.iter().find(|line| line.contains("CURDEPTH")).expect("shown");
                let at = line.find("CURDEPTH").expect("shown");
                self.say(line[at..].trim_end());
            }
            ["memory", bytes] => self.world = World::new(bytes.parse().expect("a number")),
            ["scratch"] => {
                let (pieces, bytes) = (self.world.scratch.places.len(), self.world.scratch.bytes());
                self.say(&format!("{pieces} pieces, {bytes} bytes"));
            }
            ["scratch", how] => {
                let scratch = &mut self.world.scratch;
                match *how {
                    "slow" => scratch.is_slow = true,
                    "quick" => scratch.is_slow = false,
                    "full" => scratch.room = Some(0),
                    "room" => scratch.room = None,
                    "damaged" => scratch.is_damaged = true,
                    "sound" => scratch.is_damaged = false,
                    other => panic!("what is {other}"),
                }
                if *how == "quick" {
                    self.world.write_spilled();
                }
                self.world.force();
                self.show_all();
            }
            ["log-full"] => {
                self.world.send(Input::LogFull);
                self.show_all();
            }
            ["space", extents] => {
                self.world.send(Input::Space { free_extents: extents.parse().expect("a number") });
            }
            ["end", mode] => {
                let mode = if *mode == "quiesce" { EndMode::Quiesce } else { EndMode::Immediate };
                self.world.end(mode);
                self.show_all();
                if self.world.has_ended {
                    self.say("ended");
                }
            }
            _ => panic!("what is: {line}"),
        }
    }

    fn open(&mut self, name: &str, object: &str, how: &str, options: &Options<'_>) {
        const HOW: [(&str, i32); 11] = [
            ("input", MQOO_INPUT_SHARED),
            ("default", MQOO_INPUT_AS_Q_DEF),
            ("exclusive", MQOO_INPUT_EXCLUSIVE),
            ("output", MQOO_OUTPUT),
            ("browse", MQOO_BROWSE),
            ("inquire", MQOO_INQUIRE),
            ("saves", MQOO_SAVE_ALL_CONTEXT),
            ("co-op", MQOO_CO_OP),
            ("passes", MQOO_PASS_ALL_CONTEXT),
            ("sets", MQOO_SET_ALL_CONTEXT),
            ("quiesce", MQOO_FAIL_IF_QUIESCING),
        ];
        let bits = Options(how.split(',').collect()).bits(&HOW);
        let mut od = Od { version: 4, object_name: Chars::from_str_padded(object), ..Od::default() };
        if let Some(selector) = options.value("sel") {
            od.selection_string = Charv::new(&selector.replace('~', " "));
        }
        if let Some(pattern) = options.value("dynamic") {
            od.dynamic_q_name = Chars::from_str_padded(pattern);
        }
        let conversation = self.conversations[name];
        self.world.call(conversation, Call::Open { od: Box::new(od), options: bits });
        let reply = self.world.reply(conversation);
        let Returned::Open { hobj, od, .. } = &reply.returned else { panic!("{reply:?}") };
        let outcome = outcome(&reply);
        if reply.comp_code == CompCode::Failed {
            return self.say(&outcome);
        }
        let handle = options.value("as").unwrap_or(name);
        self.handles.insert(handle.to_owned(), (conversation, *hobj));
        let resolved = od.resolved_q_name;
        if resolved.as_str() != object {
            self.say(&format!("{outcome} {resolved}"));
        }
    }

    fn call(&mut self, conversation: ConversationId, call: Call, options: &Options<'_>) {
        self.world.call(conversation, call);
        self.after(options);
    }

    fn after(&mut self, options: &Options<'_>) {
        if !options.has("lazy") {
            self.world.force();
        }
        self.show_all();
    }

    /// Shows what has left for all conversations.
    fn show_all(&mut self) {
        for line in std::mem::take(&mut self.world.lines) {
            self.say(&format!("~ {line}"));
        }
        let names: Vec<(String, ConversationId)> =
            self.conversations.iter().map(|(name, id)| (name.clone(), *id)).collect();
        for (name, id) in names {
            while let Some(seen) = self.world.next_seen(id) {
                if let Seen::Deliver(delivery) = &seen {
                    self.indexes.insert(id, delivery.global_message_index);
                }
                let text = show(&seen);
                if !text.is_empty() {
                    self.say(&format!("{name} {text}"));
                }
            }
        }
    }
}

fn kind_of(name: &str) -> Kind {
    match name {
        "Put" => Kind::Put,
        "Part" => Kind::Part,
        "Object" => Kind::Object,
        other => panic!("no kind {other}"),
    }
}

fn outcome(reply: &Reply) -> String {
    match reply.comp_code {
        CompCode::Ok => "ok".to_owned(),
        code => format!("{} {}", code.code(), reply.reason.0),
    }
}

fn text_of(body: &Body) -> String {
    let bytes = body.to_bytes();
    if bytes.len() > 60 {
        return format!("{}…[{}]", bytes[..20].escape_ascii(), bytes.len());
    }
    bytes.escape_ascii().to_string()
}

/// The same; a dead letter behind what its header says.
fn text_in(md: &Md, body: &Body) -> String {
    if md.format != mqi::format::DEAD_LETTER_HEADER {
        return text_of(body);
    }
    let bytes = body.to_bytes();
    let mut r = Reader::new(&bytes, ByteOrder::of_encoding(md.encoding), Charset::Ascii);
    let header = Dlh::decode(&mut r).expect("a dead-letter header");
    let text = text_of(&Body::from(r.rest().to_vec()));
    format!("dead {} {} {}: {text}", header.reason, header.dest_q_name, header.format)
}

fn show_md(md: &Md) -> String {
    let mut out = String::new();
    if md.backout_count != 0 {
        let _ = write!(out, " backouts={}", md.backout_count);
    }
    if md.expiry != -1 {
        let _ = write!(out, " expiry={}", md.expiry);
    }
    if md.correl_id != [0; 24] {
        let _ = write!(out, " cid={}", String::from_utf8_lossy(&md.correl_id).trim_end_matches('\0'));
    }
    if md.msg_id != [0; 24] && !md.msg_id.starts_with(b"AMQ ") {
        let _ = write!(out, " id={}", String::from_utf8_lossy(&md.msg_id).trim_end_matches('\0'));
    }
    if md.msg_type == MQMT_REPORT {
        let _ = write!(out, " feedback={}", md.feedback);
    }
    if md.priority > 0 {
        let _ = write!(out, " pri={}", md.priority);
    }
    if md.persistence == 1 {
        out.push_str(" persistent");
    }
    out
}

fn show(seen: &Seen) -> String {
    match seen {
        Seen::Reply(reply) => {
            let mut out = outcome(reply);
            match &reply.returned {
                Returned::Get { md, body, data_length, .. } if reply.comp_code != CompCode::Failed => {
                    let _ = write!(out, " '{}'{}", text_in(md, &body.first), show_md(md));
                    if *data_length as usize != body.first.len() {
                        let _ = write!(out, " of {} sent {}", data_length, body.total);
                    }
                }
                Returned::Stat { sts, .. } => {
                    let counts = (sts.put_success_count, sts.put_warning_count, sts.put_failure_count);
                    let _ = write!(out, " {counts:?} {} {}", sts.comp_code, sts.reason);
                }
                Returned::Put { .. } | Returned::Put1 { .. } if out == "ok" => out.clear(),
                _ => {}
            }
            out
        }
        Seen::Deliver(delivery) => show_delivery(delivery),
        Seen::Notify(notice) => format!("notice {} {}", notice.code, notice.value),
        Seen::Piece(body, last) => format!("piece {}{}", body.len(), if *last { " last" } else { "" }),
        Seen::Credit => "credit".to_owned(),
        Seen::Disconnect(reason) => format!("disconnected {}", reason.0),
    }
}

fn show_delivery(delivery: &Delivery) -> String {
    let Delivery { hobj, message_index, global_message_index, selection_index, reason, md, body, .. } =
        delivery;
    let mut out = format!(
        "message h{} {message_index}/{global_message_index} sel={selection_index} '{}'{}",
        hobj.0,
        text_of(&body.first),
        show_md(md)
    );
    if reason.0 != 0 {
        let _ = write!(out, " reason {}", reason.0);
    }
    if delivery.total_length as usize != body.first.len() {
        let token = u64::from_be_bytes(delivery.msg_token[..8].try_into().expect("eight bytes"));
        let _ = write!(out, " of {} sent {} token={token:x}", delivery.total_length, body.total);
    }
    out
}

fn message(text: &str, options: &Options<'_>) -> (Box<Md>, Box<Pmo>, Long) {
    let mut md = Md {
        version: 2,
        persistence: if options.has("persistent") {
            1
        } else if options.has("np") {
            0
        } else {
            2
        },
        priority: options.number("pri").unwrap_or(-1),
        expiry: options.number("expiry").unwrap_or(-1),
        msg_type: options.number("type").unwrap_or(MQMT_DATAGRAM),
        report: options.number("report").unwrap_or(0),
        msg_id: options.id("id"),
        correl_id: options.id("cid"),
        group_id: options.id("group"),
        coded_char_set_id: options.number("ccsid").unwrap_or(0),
        format: Chars::from_str_padded(options.value("fmt").unwrap_or("MQSTR")),
        ..Md::default()
    };
    if let Some(queue) = options.value("reply") {
        md.reply_to_q = Chars::from_str_padded(queue);
    }
    if md.group_id != [0; 24] {
        md.msg_flags = MQMF_MSG_IN_GROUP;
    }
    let bits = options.bits(&[
        ("unit", MQPMO_SYNCPOINT),
        ("async", MQPMO_ASYNC_RESPONSE),
        ("new-cid", MQPMO_NEW_CORREL_ID),
        ("no-context", MQPMO_NO_CONTEXT),
        ("set-context", MQPMO_SET_ALL_CONTEXT),
        ("logical", MQPMO_LOGICAL_ORDER),
        ("quiesce", MQPMO_FAIL_IF_QUIESCING),
    ]);
    let bytes =
        if options.has("rfh2") { rfh2(text, options.number("pad")) } else { text.as_bytes().to_vec() };
    let bytes = match options.number("len") {
        Some(len) => bytes.iter().copied().cycle().take(len as usize).collect(),
        None => bytes,
    };
    if options.has("rfh2") {
        md.format = mqi::format::RF_HEADER_2;
        md.encoding = 546;
    }
    let pmo = Pmo { options: bits, ..Pmo::default() };
    (Box::new(md), Box::new(pmo), Long::whole(bytes.into()))
}

/// `name=value` as a property in folder `usr`, before data that is `data`. With `pad`, behind another folder that has
/// so many bytes.
fn rfh2(text: &str, pad: Option<i32>) -> Vec<u8> {
    let (name, value) = text.split_once(':').expect("name:value");
    let pad = pad.map(|len| format!("<pad><x>{}</x></pad>", "p".repeat(len as usize)));
    let mut folders = Vec::new();
    for mut folder in pad.into_iter().chain([format!("<usr><{name}>{value}</{name}></usr>")]) {
        while folder.len() % 4 != 0 {
            folder.push(' ');
        }
        folders.extend_from_slice(&(folder.len() as i32).to_le_bytes());
        folders.extend_from_slice(folder.as_bytes());
    }
    let mut bytes = b"RFH ".to_vec();
    for field in [2, 36 + folders.len() as i32, 546, 1208] {
        bytes.extend_from_slice(&field.to_le_bytes());
    }
    bytes.extend_from_slice(b"MQSTR   ");
    for field in [0_i32, 1208] {
        bytes.extend_from_slice(&field.to_le_bytes());
    }
    bytes.extend_from_slice(&folders);
    bytes.extend_from_slice(b"data");
    bytes
}

/// A long body in pieces as the shell hands it over.
fn split(body: Long, options: &Options<'_>) -> Vec<Long> {
    if body.total as usize <= PIECE_MAX && !options.has("pieces") {
        return vec![body];
    }
    let len = if options.has("pieces") { 10 } else { PIECE_MAX };
    let bytes = body.first.to_bytes();
    let pieces = bytes.chunks(len).map(|piece| Long { total: body.total, first: piece.to_vec().into() });
    pieces.collect()
}

const GET_OPTIONS: [(&str, i32); 19] = [
    ("unit", MQGMO_SYNCPOINT),
    ("ifp", MQGMO_SYNCPOINT_IF_PERSISTENT),
    ("no-unit", MQGMO_NO_SYNCPOINT),
    ("first", MQGMO_BROWSE_FIRST),
    ("next", MQGMO_BROWSE_NEXT),
    ("browse-under", MQGMO_BROWSE_MSG_UNDER_CURSOR),
    ("under", MQGMO_MSG_UNDER_CURSOR),
    ("lock", MQGMO_LOCK),
    ("unlock", MQGMO_UNLOCK),
    ("trunc", MQGMO_ACCEPT_TRUNCATED_MSG),
    ("nohdr", MQGMO_NO_PROPERTIES),
    ("hdr", MQGMO_PROPERTIES_FORCE_MQRFH2),
    ("quiesce", MQGMO_FAIL_IF_QUIESCING),
    ("logical", MQGMO_LOGICAL_ORDER),
    ("mark", MQGMO_MARK_BROWSE_HANDLE),
    ("mark-all", MQGMO_MARK_BROWSE_CO_OP),
    ("unmark", MQGMO_UNMARK_BROWSE_HANDLE),
    ("unmark-all", MQGMO_UNMARK_BROWSE_CO_OP),
    ("unmarked", MQGMO_UNMARKED_BROWSE_MSG),
];

fn get_bits(options: &Options<'_>) -> i32 {
    let mut bits = options.bits(&GET_OPTIONS);
    if options.value("wait").is_some() {
        bits |= MQGMO_WAIT;
    }
    if options.value("convert").is_some() {
        bits |= MQGMO_CONVERT;
    }
    bits
}

fn match_options(options: &Options<'_>) -> i32 {
    let keys = [("id", 1), ("cid", 2), ("group", 4), ("token", 32)];
    keys.iter().filter(|(key, _)| options.value(key).is_some()).fold(0, |all, (_, bit)| all | bit)
}

fn token(options: &Options<'_>) -> [u8; 16] {
    let mut token = [0; 16];
    if let Some(number) = options.value("token") {
        let number = u64::from_str_radix(number, 16).expect("a number");
        token[..8].copy_from_slice(&number.to_be_bytes());
        token[15] = 1;
    }
    token
}

fn get(options: &Options<'_>) -> (Box<Md>, Box<Gmo>, i32) {
    let md = Md {
        version: 2,
        msg_id: options.id("id"),
        correl_id: options.id("cid"),
        group_id: options.id("group"),
        coded_char_set_id: options.number("convert").unwrap_or(0),
        ..Md::default()
    };
    let gmo = Gmo {
        version: 4,
        options: get_bits(options),
        wait_interval: options.number("wait").unwrap_or(0),
        match_options: match_options(options),
        msg_token: token(options),
        ..Gmo::default()
    };
    (Box::new(md), Box::new(gmo), options.number("buf").unwrap_or(10_000_000))
}

fn consume(options: &Options<'_>) -> Consume {
    let mut flags = 0x08;
    if options.has("check") {
        flags |= 0x06;
    }
    if options.has("listener") {
        flags = 0x01;
    }
    if options.has("ahead") {
        flags |= AHEAD;
    }
    let selection = options.number("sel").map(|index| Selection {
        index: index as u16,
        md_version: 2,
        coded_char_set_id: options.number("convert").unwrap_or(0),
        encoding: MQENC_NATIVE,
        match_options: match_options(options),
        msg_id: options.id("id"),
        correl_id: options.id("cid"),
        msg_token: token(options),
        ..Selection::default()
    });
    Consume {
        requested_bytes: options.number("window").unwrap_or(1),
        max_msg_length: options.number("max").unwrap_or(-1),
        options: get_bits(options),
        wait_interval_ms: options.number("wait").unwrap_or(0),
        request_flags: flags | if selection.is_some() { 0x10 } else { 0 },
        selection,
        ..Consume::default()
    }
}
