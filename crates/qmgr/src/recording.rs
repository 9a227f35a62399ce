//! A recording: what the kernel was told, with the times, so that another process can tell it to another kernel and
//! compare what came out.
//!
//! ```text
//! magic        8   "PHREC004"
//! config           name, qmid, owner (strings), epoch u32, hash key 16, created, started i64, memory u64, level i32
//! entries          length u32, then: wall ms i64, monotonic ms u64, kind u8, fields
//! ```
//!
//! Integers are little-endian; a string or a body is a length (u32) and its bytes; structures are as on the wire, little-endian
//! and ASCII, and their strings follow. Restarting is part of it: the records that were delivered are entries too. The
//! digest is of the outputs' debug text: it names every field of every output, and of a body the bytes and not the
//! slices, which a replay cuts otherwise. Between the inputs stands what the digest was by then, so that a recording
//! proves something of a process that was killed too; its last entry may be torn.

use std::fmt::{self, Write as _};
use std::hash::Hasher as _;

use bytes::Bytes;
use mqi::call::{Body, Call, Connect, Consume, Hobj, Identity, Long, Selection};
use mqi::command::{Command, Requested, table};
use mqi::name::ObjectName;
use mqi::object::{AttributeId, AttributeSet, Filter, ObjectType, Operator, Value};
use mqi::wire::{ByteOrder, Charset, Reader, Truncated, Writer};
use mqi::{Chars, Charv, Gmo, Md, Od, Pmo, Reason, Sts};
use siphasher::sip::SipHasher13;
use store::{Kind, Lsn, Record, RecordView};

use crate::input::{ConversationId, EndMode, Facts, Input, ListenerFacts, ScratchPlace, SocketFacts, Ticket};
use crate::kernel::{Kernel, KernelConfig};
use crate::number::MessageNumber;
use crate::object::{Definition, ObjectRecord};
use crate::output::{Output, Outputs};
use crate::time::{Mono, Time, WallMs};

const MAGIC: &[u8; 8] = b"PHREC004";

/// Something that happened to a kernel.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// [`Kernel::recover_state`].
    State(Vec<u8>),
    /// [`Kernel::recover_live`].
    Live {
        /// Its position.
        lsn: Lsn,
        /// Its length.
        len: u32,
        /// Its kind.
        kind: Kind,
        /// Its flags.
        flags: u8,
        /// Its head.
        head: Vec<u8>,
    },
    /// [`Kernel::recover_record`].
    Record {
        /// Its position.
        lsn: Lsn,
        /// The record.
        record: Record,
    },
    /// [`Kernel::recover_done`].
    Recovered {
        /// Position of the next record.
        lsn_next: Lsn,
    },
    /// [`Kernel::handle`].
    Input(Box<Input>),
    /// The digest of all that had come out by then.
    Said(u64),
}

/// Why a recording cannot be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingError {
    /// It is damaged or not a recording.
    Truncated,
    /// A command has more attributes than an entry can hold.
    TooLong,
    /// What came out by this entry, counted from 1, is not what the recording says.
    Differs {
        /// Its number.
        entry: u64,
    },
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("not a recording, or a damaged one"),
            Self::TooLong => f.write_str("a command too long to be recorded"),
            Self::Differs { entry } => write!(f, "other outputs than the recorded ones, by entry {entry}"),
        }
    }
}

impl std::error::Error for RecordingError {}

impl From<Truncated> for RecordingError {
    fn from(Truncated: Truncated) -> Self {
        Self::Truncated
    }
}

/// Digest of outputs, of any number of inputs.
#[derive(Clone, Default)]
pub struct Digest(SipHasher13);

impl Digest {
    /// Adds outputs.
    pub fn add(&mut self, outputs: &[Output]) {
        for output in outputs {
            // Writing to a hasher cannot fail.
            let _ = writeln!(self, "{output:?}");
        }
    }

    /// The digest so far.
    pub fn value(&self) -> u64 {
        self.0.finish()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.value())
    }
}

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// Writes a recording. It is given everything before the kernel is.
#[derive(Debug)]
pub struct Recorder {
    out: Vec<u8>,
}

impl Recorder {
    /// A recording of a kernel that is made from this.
    pub fn new(config: &KernelConfig) -> Self {
        let mut w = writer(Vec::new());
        w.bytes(MAGIC);
        put_text(&mut w, config.name.as_str());
        put_text(&mut w, &config.qmid);
        put_text(&mut w, &config.owner);
        w.u32(config.epoch);
        w.bytes(&config.hash_key);
        w.i64(config.created_wall_ms);
        w.i64(config.started_wall_ms);
        w.u64(config.memory_max as u64);
        w.i32(config.command_level);
        Self { out: w.finish() }
    }

    /// Adds what happens next.
    pub fn add(&mut self, entry: &Entry, at: Time) -> Result<(), RecordingError> {
        let start = self.out.len();
        let mut w = writer(std::mem::take(&mut self.out));
        w.u32(0);
        w.i64(at.wall.0);
        w.u64(at.mono.0);
        let result = put_entry(&mut w, entry);
        self.out = w.finish();
        if let Err(error) = result {
            self.out.truncate(start);
            return Err(error);
        }
        let len = u32::try_from(self.out.len() - start - 4).map_err(|_| RecordingError::TooLong)?;
        self.out[start..start + 4].copy_from_slice(&len.to_le_bytes());
        Ok(())
    }

    /// Takes the bytes written since the last time: to be appended to a file.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

/// Reads a recording.
pub struct Replay<'a> {
    rest: Reader<'a>,
    config: KernelConfig,
}

impl<'a> Replay<'a> {
    /// Begins a recording.
    pub fn new(bytes: &'a [u8]) -> Result<Self, RecordingError> {
        let mut r = Reader::new(bytes, ByteOrder::Little, Charset::Ascii);
        if r.bytes(8)? != MAGIC {
            return Err(RecordingError::Truncated);
        }
        let config = KernelConfig {
            name: ObjectName::parse(&text(&mut r)?).map_err(|_| RecordingError::Truncated)?,
            qmid: text(&mut r)?,
            owner: text(&mut r)?,
            epoch: r.u32()?,
            hash_key: r.array()?,
            created_wall_ms: r.i64()?,
            started_wall_ms: r.i64()?,
            memory_max: usize::try_from(r.u64()?).unwrap_or(usize::MAX),
            command_level: r.i32()?,
        };
        Ok(Self { rest: r, config })
    }

    /// What the kernel was made from.
    pub fn config(&self) -> &KernelConfig {
        &self.config
    }

    /// The next entry, with its time. A torn one is the end: its input was recorded first and never given to the
    /// kernel.
    pub fn next_entry(&mut self) -> Result<Option<(Entry, Time)>, RecordingError> {
        let Ok(len) = self.rest.u32() else { return Ok(None) };
        let Ok(mut r) = self.rest.part(len as usize) else { return Ok(None) };
        let at = Time { wall: WallMs(r.i64()?), mono: Mono(r.u64()?) };
        let entry = entry(&mut r)?;
        Ok(Some((entry, at)))
    }

    /// Tells everything to a new kernel and returns the digest of what came out. Fails where the recording says that
    /// something else had come out.
    pub fn run(mut self) -> Result<u64, RecordingError> {
        let mut kernel = Kernel::new(self.config.clone());
        let mut digest = Digest::default();
        let mut out = Outputs::new();
        let mut count = 0;
        while let Some((entry, at)) = self.next_entry()? {
            out.clear();
            count += 1;
            match entry {
                Entry::State(state) => {
                    kernel.recover_state(&state).map_err(|_| RecordingError::Truncated)?;
                }
                Entry::Live { lsn, len, kind, flags, head } => {
                    kernel
                        .recover_live(lsn, len, kind, flags, &head)
                        .map_err(|_| RecordingError::Truncated)?;
                }
                Entry::Record { lsn, record } => {
                    let body: Vec<u8> =
                        record.body.pieces().flat_map(|piece| piece.iter().copied()).collect();
                    let Record { kind, flags, head, .. } = &record;
                    let view = RecordView { kind: *kind, flags: *flags, head, body: &body };
                    let mut dead = Vec::new();
                    kernel.recover_record(lsn, &view, &mut dead).map_err(|_| RecordingError::Truncated)?;
                    out.extend(dead.into_iter().map(|(lsn, len)| Output::Release { lsn, len }));
                }
                Entry::Recovered { lsn_next } => kernel.recover_done(lsn_next, at, &mut out),
                Entry::Input(input) => kernel.handle(*input, at, &mut out),
                Entry::Said(said) if said == digest.value() => {}
                Entry::Said(_) => return Err(RecordingError::Differs { entry: count }),
            }
            digest.add(&out);
        }
        Ok(digest.value())
    }
}

fn writer(out: Vec<u8>) -> Writer {
    Writer::over(out, ByteOrder::Little, Charset::Ascii)
}

fn put_bytes(w: &mut Writer, bytes: &[u8]) {
    w.u32(bytes.len() as u32);
    w.bytes(bytes);
}

fn bytes(r: &mut Reader<'_>) -> Result<Vec<u8>, Truncated> {
    let len = r.u32()? as usize;
    Ok(r.bytes(len)?.to_vec())
}

fn put_text(w: &mut Writer, text: &str) {
    put_bytes(w, text.as_bytes());
}

fn text(r: &mut Reader<'_>) -> Result<String, Truncated> {
    String::from_utf8(bytes(r)?).map_err(|_| Truncated)
}

fn put_option<T>(w: &mut Writer, value: Option<T>, put: impl FnOnce(&mut Writer, T)) {
    w.u8(u8::from(value.is_some()));
    if let Some(value) = value {
        put(w, value);
    }
}

fn option<'a, T>(
    r: &mut Reader<'a>,
    get: impl FnOnce(&mut Reader<'a>) -> Result<T, Truncated>,
) -> Result<Option<T>, Truncated> {
    if r.u8()? == 0 { Ok(None) } else { get(r).map(Some) }
}

/// Reads a list; its length is not believed beyond what is there.
fn list<'a, T>(
    r: &mut Reader<'a>,
    mut get: impl FnMut(&mut Reader<'a>) -> Result<T, Truncated>,
) -> Result<Vec<T>, Truncated> {
    let count = r.u32()?;
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(get(r)?);
    }
    Ok(all)
}

fn put_ints(w: &mut Writer, ints: &[i32]) {
    w.u32(ints.len() as u32);
    ints.iter().for_each(|int| w.i32(*int));
}

fn put_body(w: &mut Writer, body: &Body) {
    w.u32(body.len() as u32);
    body.pieces().iter().for_each(|piece| w.bytes(piece));
}

fn body(r: &mut Reader<'_>) -> Result<Body, Truncated> {
    bytes(r).map(Body::from)
}

fn put_long(w: &mut Writer, long: &Long) {
    w.u32(long.total);
    put_body(w, &long.first);
}

fn long(r: &mut Reader<'_>) -> Result<Long, Truncated> {
    Ok(Long { total: r.u32()?, first: body(r)? })
}

fn put_md(w: &mut Writer, md: &Md) {
    w.i32(md.version);
    Md { version: 2, ..md.clone() }.encode(w);
}

fn md(r: &mut Reader<'_>) -> Result<Box<Md>, Truncated> {
    let version = r.i32()?;
    let md = Md::decode(r).map_err(|_| Truncated)?;
    Ok(Box::new(Md { version, ..md }))
}

fn put_gmo(w: &mut Writer, gmo: &Gmo) {
    w.i32(gmo.version);
    Gmo { version: 4, ..gmo.clone() }.encode(w);
}

fn gmo(r: &mut Reader<'_>) -> Result<Box<Gmo>, Truncated> {
    let version = r.i32()?;
    let gmo = Gmo::decode(r).map_err(|_| Truncated)?;
    Ok(Box::new(Gmo { version, ..gmo }))
}

fn put_pmo(w: &mut Writer, pmo: &Pmo) {
    w.i32(pmo.version);
    Pmo { version: 3, ..pmo.clone() }.encode(w);
}

fn pmo(r: &mut Reader<'_>) -> Result<Box<Pmo>, Truncated> {
    let version = r.i32()?;
    let pmo = Pmo::decode(r).map_err(|_| Truncated)?;
    Ok(Box::new(Pmo { version, ..pmo }))
}

fn put_string(w: &mut Writer, string: &Charv) {
    put_option(w, string.text.as_deref(), put_text);
}

fn put_od(w: &mut Writer, od: &Od) {
    w.i32(od.version);
    Od { version: 4, ..od.clone() }.encode(w);
    for string in [&od.object_string, &od.selection_string, &od.res_object_string] {
        put_string(w, string);
    }
}

fn od(r: &mut Reader<'_>) -> Result<Box<Od>, Truncated> {
    let version = r.i32()?;
    let mut od = Od { version, ..Od::decode(r).map_err(|_| Truncated)? };
    od.object_string.text = option(r, text)?;
    od.selection_string.text = option(r, text)?;
    od.res_object_string.text = option(r, text)?;
    Ok(Box::new(od))
}

fn put_sts(w: &mut Writer, sts: &Sts) {
    w.i32(sts.version);
    Sts { version: 2, ..sts.clone() }.encode(w);
    put_string(w, &sts.object_string);
    put_string(w, &sts.sub_name);
}

fn sts(r: &mut Reader<'_>) -> Result<Box<Sts>, Truncated> {
    let version = r.i32()?;
    let mut sts = Sts { version, ..Sts::decode(r).map_err(|_| Truncated)? };
    sts.object_string.text = option(r, text)?;
    sts.sub_name.text = option(r, text)?;
    Ok(Box::new(sts))
}

fn put_entry(w: &mut Writer, entry: &Entry) -> Result<(), RecordingError> {
    match entry {
        Entry::State(state) => {
            w.u8(1);
            put_bytes(w, state);
        }
        Entry::Live { lsn, len, kind, flags, head } => {
            w.u8(2);
            w.u64(lsn.0);
            w.u32(*len);
            w.u8(*kind as u8);
            w.u8(*flags);
            put_bytes(w, head);
        }
        Entry::Record { lsn, record } => {
            w.u8(3);
            w.u64(lsn.0);
            put_record(w, record);
        }
        Entry::Recovered { lsn_next } => {
            w.u8(4);
            w.u64(lsn_next.0);
        }
        Entry::Said(digest) => {
            w.u8(5);
            w.u64(*digest);
        }
        Entry::Input(input) => put_input(w, input)?,
    }
    Ok(())
}

fn entry(r: &mut Reader<'_>) -> Result<Entry, Truncated> {
    Ok(match r.u8()? {
        1 => Entry::State(bytes(r)?),
        2 => Entry::Live {
            lsn: Lsn(r.u64()?),
            len: r.u32()?,
            kind: Kind::from_u8(r.u8()?).ok_or(Truncated)?,
            flags: r.u8()?,
            head: bytes(r)?,
        },
        3 => Entry::Record { lsn: Lsn(r.u64()?), record: record(r)? },
        4 => Entry::Recovered { lsn_next: Lsn(r.u64()?) },
        5 => Entry::Said(r.u64()?),
        kind => Entry::Input(Box::new(input(r, kind)?)),
    })
}

fn put_record(w: &mut Writer, record: &Record) {
    w.u8(record.kind as u8);
    w.u8(record.flags);
    put_bytes(w, &record.head);
    w.u32(record.body.len() as u32);
    record.body.pieces().for_each(|piece| w.bytes(piece));
}

fn record(r: &mut Reader<'_>) -> Result<Record, Truncated> {
    let kind = Kind::from_u8(r.u8()?).ok_or(Truncated)?;
    let flags = r.u8()?;
    let head = bytes(r)?;
    let body = Bytes::from(bytes(r)?);
    Ok(Record { flags, ..Record::new(kind, head).with_body(body) })
}

fn put_input(w: &mut Writer, input: &Input) -> Result<(), RecordingError> {
    match input {
        Input::Call { conversation, call } => {
            w.u8(10);
            w.u64(conversation.0);
            put_call(w, call);
        }
        Input::Part { conversation, bytes } => {
            w.u8(11);
            w.u64(conversation.0);
            put_body(w, bytes);
        }
        Input::Pull { conversation } => {
            w.u8(12);
            w.u64(conversation.0);
        }
        Input::Loaded { ticket, body } => {
            w.u8(13);
            w.u64(ticket.0);
            put_option(w, body.as_deref(), put_bytes);
        }
        Input::Durable(lsn) => {
            w.u8(14);
            w.u64(lsn.0);
        }
        Input::Space { free_extents } => {
            w.u8(15);
            w.u32(*free_extents);
        }
        Input::Relocate { lsn, record } => {
            w.u8(16);
            w.u64(lsn.0);
            put_option(w, record.as_ref(), put_record);
        }
        Input::LogFull => w.u8(17),
        Input::Gone { conversation } => {
            w.u8(18);
            w.u64(conversation.0);
        }
        Input::Command { ticket, user, command, facts } => {
            w.u8(19);
            w.u64(ticket.0);
            put_text(w, user);
            put_command(w, command)?;
            put_facts(w, facts);
        }
        Input::CommandMore { ticket } => {
            w.u8(30);
            w.u64(ticket.0);
        }
        Input::CommandDropped { ticket } => {
            w.u8(31);
            w.u64(ticket.0);
        }
        Input::Sockets { ticket, sockets, next } => {
            w.u8(32);
            w.u64(ticket.0);
            put_sockets(w, sockets);
            put_option(w, *next, |w, next| w.u64(next));
        }
        Input::ListenerChanged { name, state } => {
            w.u8(20);
            put_text(w, name);
            match state {
                Ok(facts) => {
                    w.u8(1);
                    put_option(w, facts.as_ref(), |w, facts| {
                        w.u32(facts.pid);
                        put_text(w, &facts.address);
                        w.u16(facts.port);
                    });
                }
                Err(error) => {
                    w.u8(0);
                    put_text(w, error);
                }
            }
        }
        Input::CancelWaits { by, connection_id, reason } => {
            w.u8(21);
            w.u64(by.0);
            w.bytes(connection_id);
            w.i32(reason.0);
        }
        Input::Reconnect(reconnects) => {
            w.u8(25);
            w.u8(u8::from(*reconnects));
        }
        Input::Lent { bytes } => {
            w.u8(26);
            w.u64(*bytes as u64);
        }
        Input::Window { conversation, is_open } => {
            w.u8(27);
            w.u64(conversation.0);
            w.u8(u8::from(*is_open));
        }
        Input::End(mode) => {
            w.u8(22);
            w.u8(u8::from(*mode == EndMode::Immediate));
        }
        Input::Tick => w.u8(23),
        Input::Spilled { number, index, place } => {
            w.u8(24);
            w.u64(number.0);
            w.u32(*index);
            put_option(w, *place, |w, place| w.u64(place.0));
        }
    }
    Ok(())
}

fn input(r: &mut Reader<'_>, kind: u8) -> Result<Input, Truncated> {
    let conversation = |r: &mut Reader<'_>| r.u64().map(ConversationId);
    Ok(match kind {
        10 => Input::Call { conversation: conversation(r)?, call: call(r)? },
        11 => Input::Part { conversation: conversation(r)?, bytes: body(r)? },
        12 => Input::Pull { conversation: conversation(r)? },
        13 => Input::Loaded { ticket: Ticket(r.u64()?), body: option(r, bytes)?.map(Bytes::from) },
        14 => Input::Durable(Lsn(r.u64()?)),
        15 => Input::Space { free_extents: r.u32()? },
        16 => Input::Relocate { lsn: Lsn(r.u64()?), record: option(r, record)? },
        17 => Input::LogFull,
        18 => Input::Gone { conversation: conversation(r)? },
        19 => Input::Command {
            ticket: Ticket(r.u64()?),
            user: text(r)?,
            command: command(r)?,
            facts: facts(r)?,
        },
        20 => {
            let name = text(r)?;
            let state = if r.u8()? == 1 {
                Ok(option(r, |r| Ok(ListenerFacts { pid: r.u32()?, address: text(r)?, port: r.u16()? }))?)
            } else {
                Err(text(r)?)
            };
            Input::ListenerChanged { name, state }
        }
        21 => {
            Input::CancelWaits { by: conversation(r)?, connection_id: r.array()?, reason: Reason(r.i32()?) }
        }
        22 => Input::End(if r.u8()? == 1 { EndMode::Immediate } else { EndMode::Quiesce }),
        23 => Input::Tick,
        24 => Input::Spilled {
            number: MessageNumber(r.u64()?),
            index: r.u32()?,
            place: option(r, |r| r.u64().map(ScratchPlace))?,
        },
        25 => Input::Reconnect(r.u8()? == 1),
        26 => Input::Lent { bytes: usize::try_from(r.u64()?).unwrap_or(usize::MAX) },
        27 => Input::Window { conversation: conversation(r)?, is_open: r.u8()? == 1 },
        30 => Input::CommandMore { ticket: Ticket(r.u64()?) },
        31 => Input::CommandDropped { ticket: Ticket(r.u64()?) },
        32 => {
            let ticket = Ticket(r.u64()?);
            Input::Sockets { ticket, sockets: sockets(r)?, next: option(r, Reader::u64)? }
        }
        _ => return Err(Truncated),
    })
}

fn put_call(w: &mut Writer, call: &Call) {
    match call {
        Call::Connect(connect) => {
            w.u8(1);
            put_connect(w, connect);
        }
        Call::Disconnect => w.u8(2),
        Call::Open { od, options } => {
            w.u8(3);
            put_od(w, od);
            w.i32(*options);
        }
        Call::Close { hobj, options } => {
            w.u8(4);
            w.i32(hobj.0);
            w.i32(*options);
        }
        Call::Put { hobj, md, pmo, body } => {
            w.u8(5);
            w.i32(hobj.0);
            put_md(w, md);
            put_pmo(w, pmo);
            put_long(w, body);
        }
        Call::PutLater { hobj, md, pmo, body, delay_ms } => {
            w.u8(16);
            w.i32(hobj.0);
            put_md(w, md);
            put_pmo(w, pmo);
            put_long(w, body);
            w.u64(*delay_ms);
        }
        Call::Put1 { od, md, pmo, body } => {
            w.u8(6);
            put_od(w, od);
            put_md(w, md);
            put_pmo(w, pmo);
            put_long(w, body);
        }
        Call::Put1For { user, od, md, pmo, body } => {
            w.u8(17);
            put_text(w, user);
            put_od(w, od);
            put_md(w, md);
            put_pmo(w, pmo);
            put_long(w, body);
        }
        Call::Get { hobj, md, gmo, buffer_length } => {
            w.u8(7);
            w.i32(hobj.0);
            put_md(w, md);
            put_gmo(w, gmo);
            w.i32(*buffer_length);
        }
        Call::Inquire { hobj, selectors, int_count, char_length } => {
            w.u8(8);
            w.i32(hobj.0);
            put_ints(w, selectors);
            w.i32(*int_count);
            w.i32(*char_length);
        }
        Call::Set { hobj, selectors, ints, chars } => {
            w.u8(9);
            w.i32(hobj.0);
            put_ints(w, selectors);
            put_ints(w, ints);
            put_bytes(w, chars);
        }
        Call::Commit => w.u8(10),
        Call::Back => w.u8(11),
        Call::Stat { kind, sts } => {
            w.u8(12);
            w.i32(*kind);
            put_sts(w, sts);
        }
        Call::Consume { hobj, consume } => {
            w.u8(13);
            w.i32(hobj.0);
            put_consume(w, consume);
        }
        Call::Notify { hobj, code, value } => {
            w.u8(14);
            w.i32(hobj.0);
            w.i32(*code);
            w.i32(*value);
        }
        Call::Refused { reason } => {
            w.u8(15);
            w.i32(reason.0);
        }
    }
}

fn call(r: &mut Reader<'_>) -> Result<Call, Truncated> {
    Ok(match r.u8()? {
        1 => Call::Connect(Box::new(connect(r)?)),
        2 => Call::Disconnect,
        3 => Call::Open { od: od(r)?, options: r.i32()? },
        4 => Call::Close { hobj: Hobj(r.i32()?), options: r.i32()? },
        5 => Call::Put { hobj: Hobj(r.i32()?), md: md(r)?, pmo: pmo(r)?, body: long(r)? },
        6 => Call::Put1 { od: od(r)?, md: md(r)?, pmo: pmo(r)?, body: long(r)? },
        7 => Call::Get { hobj: Hobj(r.i32()?), md: md(r)?, gmo: gmo(r)?, buffer_length: r.i32()? },
        8 => Call::Inquire {
            hobj: Hobj(r.i32()?),
            selectors: list(r, Reader::i32)?,
            int_count: r.i32()?,
            char_length: r.i32()?,
        },
        9 => Call::Set {
            hobj: Hobj(r.i32()?),
            selectors: list(r, Reader::i32)?,
            ints: list(r, Reader::i32)?,
            chars: bytes(r)?,
        },
        10 => Call::Commit,
        11 => Call::Back,
        12 => Call::Stat { kind: r.i32()?, sts: sts(r)? },
        13 => Call::Consume { hobj: Hobj(r.i32()?), consume: Box::new(consume(r)?) },
        14 => Call::Notify { hobj: Hobj(r.i32()?), code: r.i32()?, value: r.i32()? },
        15 => Call::Refused { reason: Reason(r.i32()?) },
        16 => Call::PutLater {
            hobj: Hobj(r.i32()?),
            md: md(r)?,
            pmo: pmo(r)?,
            body: long(r)?,
            delay_ms: r.u64()?,
        },
        17 => Call::Put1For {
            user: text(r)?.into_boxed_str(),
            od: od(r)?,
            md: md(r)?,
            pmo: pmo(r)?,
            body: long(r)?,
        },
        _ => return Err(Truncated),
    })
}

fn put_connect(w: &mut Writer, connect: &Connect) {
    w.chars(&connect.qmgr_name);
    w.chars(&connect.appl_name);
    w.i32(connect.appl_type);
    w.bytes(&connect.accounting_token);
    w.i32(connect.options);
    put_option(w, connect.former_connection.as_ref(), |w, id| w.bytes(id));
    let identity = &connect.identity;
    put_text(w, &identity.asserted);
    put_option(w, identity.verified.as_deref(), put_text);
    put_option(w, identity.channel.as_deref(), put_text);
    put_text(w, &identity.address);
    w.u32(identity.pid);
    put_text(w, &identity.product);
}

fn connect(r: &mut Reader<'_>) -> Result<Connect, Truncated> {
    // Names go through the fields that hold any bytes: the recording must not change what it records.
    let qmgr_name: Chars<48> = r.chars()?;
    Ok(Connect {
        qmgr_name,
        appl_name: r.chars()?,
        appl_type: r.i32()?,
        accounting_token: r.array()?,
        options: r.i32()?,
        former_connection: option(r, |r| r.array())?,
        identity: Identity {
            asserted: text(r)?,
            verified: option(r, text)?,
            channel: option(r, text)?,
            address: text(r)?,
            pid: r.u32()?,
            product: text(r)?,
        },
    })
}

fn put_consume(w: &mut Writer, consume: &Consume) {
    for field in [
        consume.received_bytes,
        consume.requested_bytes,
        consume.max_msg_length,
        consume.options,
        consume.wait_interval_ms,
        consume.queue_status,
        consume.request_flags,
        consume.global_message_index,
    ] {
        w.i32(field);
    }
    put_option(w, consume.selection.as_ref(), |w, it| {
        w.u16(it.index);
        w.u16(it.md_version);
        for field in [it.coded_char_set_id, it.encoding, it.msg_seq_number, it.offset, it.match_options] {
            w.i32(field);
        }
        w.bytes(&it.msg_id);
        w.bytes(&it.correl_id);
        w.bytes(&it.group_id);
        w.bytes(&it.msg_token);
    });
}

fn consume(r: &mut Reader<'_>) -> Result<Consume, Truncated> {
    Ok(Consume {
        received_bytes: r.i32()?,
        requested_bytes: r.i32()?,
        max_msg_length: r.i32()?,
        options: r.i32()?,
        wait_interval_ms: r.i32()?,
        queue_status: r.i32()?,
        request_flags: r.i32()?,
        global_message_index: r.i32()?,
        selection: option(r, |r| {
            Ok(Selection {
                index: r.u16()?,
                md_version: r.u16()?,
                coded_char_set_id: r.i32()?,
                encoding: r.i32()?,
                msg_seq_number: r.i32()?,
                offset: r.i32()?,
                match_options: r.i32()?,
                msg_id: r.array()?,
                correl_id: r.array()?,
                group_id: r.array()?,
                msg_token: r.array()?,
            })
        })?,
    })
}

/// A set of attributes is a definition's, as the log has it.
fn put_attributes(w: &mut Writer, set: &AttributeSet) -> Result<(), RecordingError> {
    let definition = Definition::new(ObjectType::QLocal, "", set.clone());
    let bytes = ObjectRecord::Defined(definition).encode().map_err(|_| RecordingError::TooLong)?;
    put_bytes(w, &bytes);
    Ok(())
}

fn attributes(r: &mut Reader<'_>) -> Result<AttributeSet, Truncated> {
    match ObjectRecord::decode(&bytes(r)?) {
        Ok(ObjectRecord::Defined(definition)) => Ok(definition.attributes),
        _ => Err(Truncated),
    }
}

fn put_command(w: &mut Writer, command: &Command) -> Result<(), RecordingError> {
    let row = table::commands().iter().position(|row| std::ptr::eq(row, command.row));
    w.u32(row.map_or(u32::MAX, |row| row as u32));
    put_option(w, command.object, |w, object| {
        let number = ObjectType::all().position(|one| one == object);
        w.u32(number.map_or(u32::MAX, |number| number as u32));
    });
    put_text(w, &command.name);
    put_attributes(w, &command.given)?;
    put_attributes(w, &command.options)?;
    match &command.requested {
        Requested::Default => w.u8(0),
        Requested::All => w.u8(1),
        Requested::Some(ids) => {
            w.u8(2);
            put_ints(w, &ids.iter().map(|id| id.0).collect::<Vec<_>>());
        }
    }
    w.u8(u8::from(command.filter.is_some()));
    if let Some(filter) = &command.filter {
        w.i32(filter.id.0);
        w.i32(filter.operator.code());
        let value: AttributeSet = [(0, filter.value.clone())].into_iter().collect();
        put_attributes(w, &value)?;
    }
    Ok(())
}

fn command(r: &mut Reader<'_>) -> Result<Command, Truncated> {
    let row = table::commands().get(r.u32()? as usize).ok_or(Truncated)?;
    let object = option(r, |r| {
        let number = r.u32()? as usize;
        ObjectType::all().nth(number).ok_or(Truncated)
    })?;
    let mut command = Command::new(row, text(r)?);
    command.object = object;
    command.given = attributes(r)?;
    command.options = attributes(r)?;
    command.requested = match r.u8()? {
        0 => Requested::Default,
        1 => Requested::All,
        2 => Requested::Some(list(r, |r| r.i32().map(AttributeId))?),
        _ => return Err(Truncated),
    };
    command.filter = option(r, |r| {
        let id = AttributeId(r.i32()?);
        let operator = Operator::from_code(r.i32()?).ok_or(Truncated)?;
        let value: Value = attributes(r)?.get(0).cloned().ok_or(Truncated)?;
        Ok(Filter { id, operator, value })
    })?;
    Ok(command)
}

fn put_sockets(w: &mut Writer, sockets: &[SocketFacts]) {
    w.u32(sockets.len() as u32);
    for socket in sockets {
        w.u32(socket.conversations.len() as u32);
        socket.conversations.iter().for_each(|id| w.u64(id.0));
        put_text(w, &socket.channel);
        put_text(w, &socket.address);
        for count in [
            socket.segments_received,
            socket.segments_sent,
            socket.bytes_received,
            socket.bytes_sent,
            socket.calls,
        ] {
            w.u64(count);
        }
        w.u32(socket.conversations_max);
        w.u32(socket.heartbeat_s);
        put_text(w, &socket.product);
        w.i64(socket.started_wall_ms);
        w.i64(socket.last_message_wall_ms);
    }
}

fn put_facts(w: &mut Writer, facts: &Facts) {
    w.u32(facts.qmgr.len() as u32);
    for (keyword, value) in &facts.qmgr {
        put_text(w, keyword);
        put_text(w, value);
    }
}

fn sockets(r: &mut Reader<'_>) -> Result<Vec<SocketFacts>, Truncated> {
    list(r, |r| {
        Ok(SocketFacts {
            conversations: list(r, |r| r.u64().map(ConversationId))?,
            channel: text(r)?,
            address: text(r)?,
            segments_received: r.u64()?,
            segments_sent: r.u64()?,
            bytes_received: r.u64()?,
            bytes_sent: r.u64()?,
            calls: r.u64()?,
            conversations_max: r.u32()?,
            heartbeat_s: r.u32()?,
            product: text(r)?,
            started_wall_ms: r.i64()?,
            last_message_wall_ms: r.i64()?,
        })
    })
}

fn facts(r: &mut Reader<'_>) -> Result<Facts, Truncated> {
    Ok(Facts { qmgr: list(r, |r| Ok((text(r)?, text(r)?)))? })
}
