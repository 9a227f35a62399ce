//! Calls as transfers.

use mqi::Reason;
use mqi::call::{Call, Connect, Hobj, Long};
use mqi::wire::{ByteOrder, Charset, Writer};

use super::{ASYNC_REQUEST, SYNC_REQUEST};
use crate::client::answer;
use crate::client::outbound::Transfer;
use crate::segment::api::ApiHeader;
use crate::segment::conn::{Conn, Fcno};
use crate::segment::inquire::{Attributes, Inquire};
use crate::segment::notification::{Notification, NotificationCode};
use crate::segment::open::{Object, Open};
use crate::segment::put::Put;
use crate::segment::request_messages::RequestMessages;
use crate::segment::spi::{PutMore, Spi, SpiBody, Verb};
use crate::segment::stat::Stat;
use crate::segment::{ControlFlags, Header, HeaderKind, SegmentType};

/// Character set of what we send: the structures are plain ASCII, and so are names.
pub(super) const CCSID: u16 = 1208;

/// MQCONN with options.
const MQCONNX: i32 = 3;
/// Tail of the FCNO in a request at level 12.
const FCNO_TAIL: usize = 200;
/// Room for the structures of most calls in bytes.
const STRUCTURES_LEN: usize = 600;
/// Longest reply to a put by SPI: its SPPU, MQMD, MQPMO and SPPO in their longest versions.
const SPI_PUT_REPLY_MAX: i32 = 572;

/// Both are set in a request for a single check, which is answered.
const SINGLE_CHECK: i32 = 0x06;

/// MQCONN.
pub(super) fn connect(header: Header, connect: &Connect) -> Transfer {
    let conn = Conn {
        qmgr_name: connect.qmgr_name,
        appl_name: connect.appl_name,
        appl_type: connect.appl_type,
        accounting_token: connect.accounting_token,
        options: MQCONNX,
        xoptions: connect.options,
        fcno: Some(Fcno::request(FCNO_TAIL, connect.former_connection)),
    };
    let mut w = structures();
    api(&mut w, 0, Hobj::NONE);
    conn.encode(&mut w);
    Transfer::short(header, finish(w, 0))
}

/// Any other call. `arrived`: for a close, index of the last message that was streamed to the handle.
pub(super) fn transfer(
    kind: HeaderKind,
    conversation: u32,
    call: Call,
    arrived: i32,
) -> Result<Transfer, Reason> {
    let on_wire = if kind == HeaderKind::Multiplexed { conversation } else { 0 };
    let header = |segment_type| answer::header(kind, on_wire, SYNC_REQUEST, segment_type, CCSID);
    let mut w = structures();
    let segment_type = match call {
        Call::Put { hobj, md, pmo, body } => {
            api(&mut w, 0, hobj);
            md.encode(&mut w);
            pmo.encode(&mut w);
            w.i32(length(&body)?);
            return Ok(with_data(header(SegmentType::MQPUT), w, body));
        }
        Call::PutLater { hobj, md, pmo, body, delay_ms } => {
            api(&mut w, 0, hobj);
            let more = PutMore { version: 3, unknown: 0, delay_ms };
            let body_of_verb = SpiBody::Put { md, pmo, options: 0, data_length: length(&body)?, more };
            Spi { verb: Verb::PUT, version: 1, reply_max: SPI_PUT_REPLY_MAX, body: body_of_verb }
                .encode(&mut w);
            return Ok(with_data(header(SegmentType::SPI), w, body));
        }
        Call::Put1 { od, md, pmo, body } => {
            api(&mut w, 0, Hobj::UNUSABLE);
            let data_length = length(&body)?;
            Put { object: Some(Object::single(od)), md, pmo, data_length, ..Put::default() }.encode(&mut w);
            return Ok(with_data(header(SegmentType::MQPUT1), w, body));
        }
        Call::Consume { hobj, consume } => {
            let is_check = consume.request_flags & SINGLE_CHECK == SINGLE_CHECK;
            let body = RequestMessages { version: 1, hobj: hobj.0, consume: *consume };
            body.encode(&mut w);
            return Ok(asynchronous(header(SegmentType::REQUEST_MSGS), w, ControlFlags::WHOLE, is_check));
        }
        Call::Notify { hobj, code, value } => {
            // As observed: a stop or a suspension is answered, a start is not.
            let is_asked = code == NotificationCode::CONN_STATE.0 && matches!(value, 0 | 3);
            let body = Notification { version: 1, hobj: hobj.0, code: NotificationCode(code), value };
            body.encode(&mut w);
            return Ok(asynchronous(header(SegmentType::NOTIFICATION), w, ControlFlags::WHOLE, is_asked));
        }
        Call::Get { hobj, md, gmo, buffer_length } => {
            api(&mut w, 0, hobj);
            md.encode(&mut w);
            gmo.encode(&mut w);
            w.i32(buffer_length);
            SegmentType::MQGET
        }
        Call::Open { od, options } => {
            api(&mut w, 0, Hobj::NONE);
            Open { object: Object::single(od), options, fopa: None, fcmi: None }.encode(&mut w);
            SegmentType::MQOPEN
        }
        Call::Close { hobj, options } => {
            api(&mut w, arrived, hobj);
            w.i32(options);
            SegmentType::MQCLOSE
        }
        Call::Inquire { hobj, selectors, int_count, char_length } => {
            api(&mut w, 0, hobj);
            Inquire { selectors, int_count, char_length }.encode(&mut w);
            SegmentType::MQINQ
        }
        Call::Set { hobj, selectors, ints, chars } => {
            api(&mut w, 0, hobj);
            Attributes { selectors, ints, chars }.encode(&mut w);
            SegmentType::MQSET
        }
        Call::Stat { kind, sts } => {
            api(&mut w, 0, Hobj::NONE);
            Stat { kind, sts }.encode(&mut w);
            SegmentType::MQSTAT
        }
        Call::Commit => bare(&mut w, SegmentType::MQCMIT),
        Call::Back => bare(&mut w, SegmentType::MQBACK),
        Call::Disconnect => bare(&mut w, SegmentType::MQDISC),
        Call::Connect(_) | Call::Put1For { .. } | Call::Refused { .. } => {
            return Err(Reason::FUNCTION_NOT_SUPPORTED);
        }
    };
    Ok(Transfer::short(header(segment_type), finish(w, 0)))
}

fn structures() -> Writer {
    Writer::over(Vec::with_capacity(STRUCTURES_LEN), ByteOrder::Little, Charset::Ascii)
}

fn api(w: &mut Writer, comp_code: i32, hobj: Hobj) {
    ApiHeader { length: 0, comp_code, reason: 0, hobj: hobj.0 }.encode(w);
}

fn bare(w: &mut Writer, segment_type: SegmentType) -> SegmentType {
    api(w, 0, Hobj::NONE);
    segment_type
}

/// The structures with the length of the whole transfer at their start.
fn finish(w: Writer, data_len: usize) -> Vec<u8> {
    let mut bytes = w.finish();
    let length = ApiHeader::transfer_length(bytes.len() + data_len);
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

fn length(body: &Long) -> Result<i32, Reason> {
    i32::try_from(body.total).map_err(|_| Reason::BUFFER_LENGTH_ERROR)
}

fn with_data(header: Header, w: Writer, body: Long) -> Transfer {
    let total = body.total as usize;
    Transfer::new(header, finish(w, total), body.first, total)
}

/// A segment without API header. What is to be answered goes on the other lane.
fn asynchronous(header: Header, w: Writer, flags: ControlFlags, is_asked: bool) -> Transfer {
    let (request, flags) = match is_asked {
        true => (SYNC_REQUEST, flags.with(ControlFlags::CONFIRM_REQUEST)),
        false => (ASYNC_REQUEST, flags),
    };
    Transfer::short(Header { request, flags, ..header }, w.finish())
}
