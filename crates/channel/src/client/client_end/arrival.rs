//! Transfers as they arrive at a client, segment by segment.
//!
//! ```text
//!        FIRST and LAST: handed over at once
//! none ───────────────────────────────────────► none
//!   │ FIRST, no data in it by its kind
//!   ├──► Collecting ─────────────── LAST ─────► none   handed over
//!   │ FIRST, data of up to PIECE_MAX bytes
//!   ├──► Data, held ─────────────── LAST ─────► none   handed over
//!   │ FIRST, longer data: the beginning is handed over
//!   └──► Data ───────────────────── LAST ─────► none   each segment's data as a piece
//! ```
//!
//! A reply and a delivery of one conversation may come in turns: each has a place of its own here.

use bytes::Bytes;
use mqi::call::{Body, Delivery, Hobj, Long, PIECE_MAX, Reply, Returned};

use super::returned::{self, Expected};
use crate::segment::async_message::{AsyncFirst, AsyncHead, HEAD_LEN};
use crate::segment::{ControlFlags, Header, Segment, SegmentType};

/// Longest reply without data that is put together from segments.
const STRUCTURES_MAX: usize = 1024 * 1024;

/// What has come whole, or its beginning.
#[derive(Debug)]
pub(super) enum Arrival {
    Reply(Reply),
    Delivery(Delivery),
    Piece { bytes: Body, is_last: bool },
}

/// What is on its way to a conversation.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    reply: Option<Partial>,
    delivery: Option<Partial>,
}

#[derive(Debug)]
enum Partial {
    /// Structures, to be read when all of them are here.
    Collecting { header: Header, bytes: Vec<u8> },
    /// A body. `held` waits for all of it; without it the beginning has gone ahead.
    Data { request: u32, missing: usize, held: Option<Box<Arrival>> },
}

impl Arrivals {
    /// Takes the next segment. `expected`: the call that the conversation has in progress.
    pub(super) fn take(
        &mut self,
        segment: Segment,
        expected: Option<Expected>,
    ) -> Result<Option<Arrival>, String> {
        let is_delivery = segment.header.segment_type == SegmentType::ASYNC_MESSAGE;
        let is_first = segment.header.flags.has(ControlFlags::FIRST);
        let place = if is_delivery { &mut self.delivery } else { &mut self.reply };
        match (is_first, place.take()) {
            (true, Some(_)) => Err("begins before the one before it has ended".to_owned()),
            (false, None) => Err("goes on without having begun".to_owned()),
            (true, None) if is_delivery => begin_delivery(&segment, place),
            (true, None) => begin_reply(segment, expected, place),
            (false, Some(partial)) => go_on(segment, partial, expected, place),
        }
    }
}

fn begin_reply(
    segment: Segment,
    expected: Option<Expected>,
    place: &mut Option<Partial>,
) -> Result<Option<Arrival>, String> {
    let expected = expected.filter(|it| it.segment_type() == segment.header.segment_type);
    let Some(expected) = expected else { return Err("answers no call".to_owned()) };
    let is_last = segment.header.flags.has(ControlFlags::LAST);
    if !is_last && !matches!(expected, Expected::Get { .. }) {
        let bytes = segment.body.to_vec();
        *place = Some(Partial::Collecting { header: segment.header, bytes });
        return Ok(None);
    }
    let (reply, at) = returned::decode(expected, &segment).map_err(|error| error.to_string())?;
    match &reply.returned {
        Returned::Get { body, .. } => {
            let total = body.total as usize;
            begin_data(Arrival::Reply(reply), total, &segment, segment.body.slice(at..), place)
        }
        _ if is_last => Ok(Some(Arrival::Reply(reply))),
        // A get that failed may drag data of its request along.
        _ => begin_data(Arrival::Reply(reply), 0, &segment, Bytes::new(), place),
    }
}

fn begin_delivery(segment: &Segment, place: &mut Option<Partial>) -> Result<Option<Arrival>, String> {
    let malformed = |error: mqi::wire::DecodeError| error.to_string();
    let mut r = segment.reader();
    let head = AsyncHead::decode(&mut r).map_err(malformed)?;
    let first = AsyncFirst::decode(&mut r).map_err(malformed)?;
    let data = segment_data(&head, segment, r.position())?;
    let total = usize::try_from(first.sent_length).map_err(|_| "its length is negative".to_owned())?;
    let delivery = Delivery {
        hobj: Hobj(head.hobj),
        message_index: head.message_index,
        global_message_index: head.global_message_index,
        selection_index: head.selection_index,
        reason: mqi::Reason(first.reason),
        total_length: u32::try_from(first.full_length).unwrap_or(0),
        msg_token: first.msg_token,
        status: first.status,
        resolved_q_name: first.resolved_q_name,
        md: first.md,
        body: Long { total: u32::try_from(total).unwrap_or(u32::MAX), ..Long::default() },
    };
    begin_data(Arrival::Delivery(delivery), total, segment, data, place)
}

/// The data of a segment of a delivery, without padding.
fn segment_data(head: &AsyncHead, segment: &Segment, at: usize) -> Result<Bytes, String> {
    let length = usize::try_from(head.segment_length).ok();
    let end = length.and_then(|length| at.checked_add(length)).filter(|end| *end <= segment.body.len());
    end.map(|end| segment.body.slice(at..end)).ok_or_else(|| "its segment length is wrong".to_owned())
}

fn begin_data(
    mut arrival: Arrival,
    total: usize,
    segment: &Segment,
    data: Bytes,
    place: &mut Option<Partial>,
) -> Result<Option<Arrival>, String> {
    let taken = data.len().min(total);
    let missing = total - taken;
    arrival.add(data.slice(..taken));
    if segment.header.flags.has(ControlFlags::LAST) {
        return if missing == 0 { Ok(Some(arrival)) } else { Err("it ends too early".to_owned()) };
    }
    let (request, is_long) = (segment.header.request, total > PIECE_MAX);
    let (now, held) = if is_long { (Some(arrival), None) } else { (None, Some(Box::new(arrival))) };
    *place = Some(Partial::Data { request, missing, held });
    Ok(now)
}

fn go_on(
    segment: Segment,
    partial: Partial,
    expected: Option<Expected>,
    place: &mut Option<Partial>,
) -> Result<Option<Arrival>, String> {
    let is_last = segment.header.flags.has(ControlFlags::LAST);
    match partial {
        Partial::Collecting { header, mut bytes } => {
            if bytes.len() + segment.body.len() > STRUCTURES_MAX {
                return Err("it is too long".to_owned());
            }
            bytes.extend_from_slice(&segment.body);
            if !is_last {
                *place = Some(Partial::Collecting { header, bytes });
                return Ok(None);
            }
            let whole = ControlFlags::WHOLE.with(header.flags);
            let segment = Segment { header: Header { flags: whole, ..header }, body: Bytes::from(bytes) };
            begin_reply(segment, expected, place)
        }
        Partial::Data { request, missing, held } => {
            if segment.header.request != request {
                return Err("segments of two requests are mixed".to_owned());
            }
            let data = match segment.header.segment_type {
                SegmentType::ASYNC_MESSAGE => {
                    let head = AsyncHead::decode(&mut segment.reader()).map_err(|error| error.to_string())?;
                    segment_data(&head, &segment, HEAD_LEN)?
                }
                _ => segment.body,
            };
            let taken = data.len().min(missing);
            let missing = missing - taken;
            if is_last && missing > 0 {
                return Err("it ends too early".to_owned());
            }
            let data = data.slice(..taken);
            let Some(mut held) = held else {
                if !is_last {
                    *place = Some(Partial::Data { request, missing, held: None });
                }
                return Ok(Some(Arrival::Piece { bytes: Body::from(data), is_last }));
            };
            held.add(data);
            if is_last {
                return Ok(Some(*held));
            }
            *place = Some(Partial::Data { request, missing, held: Some(held) });
            Ok(None)
        }
    }
}

impl Arrival {
    fn add(&mut self, bytes: Bytes) {
        match self {
            Self::Reply(Reply { returned: Returned::Get { body, .. }, .. }) => body.first.push(bytes),
            Self::Delivery(delivery) => delivery.body.first.push(bytes),
            Self::Piece { bytes: body, .. } => body.push(bytes),
            // Other replies have no data.
            Self::Reply(_) => {}
        }
    }
}
