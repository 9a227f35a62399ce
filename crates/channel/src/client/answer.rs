//! Replies, deliveries and notices as transfers.
//!
//! This end always sends little-endian and in an ASCII-based set, as a queue manager on the platforms
//! that we run on does; the client makes good. Only the structures of a refused call go back in the
//! client's own order, because they go back unread.

use mqi::Chars;
use mqi::call::{Delivery, Hobj, Long, Notice, Reply, Returned};
use mqi::wire::{ByteOrder, Charset, Writer};
use mqi::{CompCode, Reason};

use super::outbound::Transfer;
use super::protection;
use super::request::Shape;
use crate::segment::api::ApiHeader;
use crate::segment::async_message::{AsyncFirst, AsyncHead};
use crate::segment::get::Get;
use crate::segment::inquire::Attributes;
use crate::segment::notification::{Notification, NotificationCode};
use crate::segment::open::{Object, Open};
use crate::segment::put::Put;
use crate::segment::spi::{
    HEAD_LEN, LPOO_LEN_LONG, Lpoo, Protection, Spi, SpiBody, SpiOpen, Verb, VerbRange,
};
use crate::segment::stat::Stat;
use crate::segment::{ControlFlags, Header, HeaderKind, SegmentType};

/// Request id of a client's asynchronous lane. As observed: an ASYNC_MESSAGE with any other id ends the
/// client with 2195.
const ASYNC_REQUEST: u32 = 1;

/// Room for the structures of a reply or delivery, in bytes: MQMD and MQPMO fit.
const STRUCTURES_LEN: usize = 600;

/// Verbs that are offered, each with the versions that are built of those that a 9.1.2 queue manager offers. As observed,
/// a client says nothing of a delivery delay to one that does not offer PUT with SPPI version 3.
const VERBS: [VerbRange; 6] = [
    VerbRange { verb: Verb::QUERY.0, inout_max: 1, in_max: 1, out_max: 1, flags: 1 },
    VerbRange { verb: Verb::PUT.0, inout_max: 1, in_max: 3, out_max: 1, flags: 1 },
    VerbRange { verb: Verb::GET.0, inout_max: 1, in_max: 1, out_max: 1, flags: 1 },
    VerbRange { verb: Verb::RESERVE.0, inout_max: 1, in_max: 1, out_max: 1, flags: 1 },
    VerbRange { verb: Verb::NOTIFY.0, inout_max: 1, in_max: 1, out_max: 1, flags: 1 },
    VerbRange { verb: Verb::OPEN.0, inout_max: 1, in_max: 2, out_max: 2, flags: 1 },
];

/// Header of a segment that this end sends.
pub(super) fn header(
    kind: HeaderKind,
    conversation: u32,
    request: u32,
    segment_type: SegmentType,
    ccsid: u16,
) -> Header {
    Header {
        kind,
        conversation,
        request,
        order: ByteOrder::Little,
        segment_type,
        flags: ControlFlags::WHOLE,
        flags2: 0,
        luwid: [0; 8],
        encoding: 0x222,
        ccsid,
        charset: Charset::Ascii,
    }
}

/// Header of the reply to a request.
pub(super) fn reply_header(request: &Header, ccsid: u16) -> Header {
    header(request.kind, request.conversation, request.request, request.segment_type.reply(), ccsid)
}

/// Writes the body of a segment that this end sends.
pub(super) fn body(encode: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::over(Vec::with_capacity(STRUCTURES_LEN), ByteOrder::Little, Charset::Ascii);
    encode(&mut w);
    w.finish()
}

/// The reply to a request whose structures make `shape`.
pub(super) fn reply(request: &Header, shape: Shape, reply: Reply, ccsid: u16) -> Transfer {
    let mut header = reply_header(request, ccsid);
    let codes = (reply.comp_code, reply.reason);
    let with = |hobj, encode: &dyn Fn(&mut Writer)| {
        Transfer::short(header, with_api(&header, codes, hobj, 0, encode))
    };
    let with_data = |hobj, encode: &dyn Fn(&mut Writer), data: Long| {
        let total = usize::try_from(data.total).unwrap_or(usize::MAX);
        Transfer::new(header, with_api(&header, codes, hobj, total, encode), data.first, total)
    };
    match (shape, reply.returned) {
        (Shape::Echo { hobj, structures }, _) => {
            (header.order, header.charset) = (request.order, request.charset);
            (header.encoding, header.ccsid) = (request.encoding, request.ccsid);
            Transfer::short(header, with_api(&header, codes, hobj, 0, &|w| w.bytes(&structures)))
        }
        (Shape::Open { options, fopa, fcmi }, Returned::Open { hobj, od, attributes }) => {
            let fopa = fopa.map(|template| template.reply(attributes));
            let open = Open { object: returned(od), options, fopa, fcmi };
            with(hobj.0, &|w| open.encode(w))
        }
        (shape @ Shape::SpiOpen { .. }, Returned::Open { hobj, od, attributes }) => {
            match spi_open(shape, od, attributes) {
                Some(spi) => with(hobj.0, &|w| spi.encode(w)),
                None => bare(&header, codes, hobj.0),
            }
        }
        (Shape::Put { hobj, data_length }, Returned::Put { md, pmo }) => {
            let put = Put { md, pmo, data_length, ..Put::default() };
            with(hobj, &|w| put.encode(w))
        }
        (Shape::Put { hobj, data_length }, Returned::Put1 { od, md, pmo }) => {
            let put = Put { object: Some(returned(od)), md, pmo, data_length, ..Put::default() };
            with(hobj, &|w| put.encode(w))
        }
        (Shape::SpiPut { hobj, version, reply_max }, Returned::Put { md, pmo }) => {
            let spi = Spi { verb: Verb::PUT, version, reply_max, body: SpiBody::PutReply { md, pmo } };
            with(hobj, &|w| spi.encode(w))
        }
        (Shape::Get { hobj }, Returned::Get { md, gmo, data_length, body, .. }) => {
            let get = Get { md, gmo, length: data_length };
            with_data(hobj, &|w| get.encode(w), body)
        }
        (Shape::SpiGet { hobj, version, reply_max }, Returned::Get { md, gmo, body, .. }) => {
            let data_length = i32::try_from(body.total).unwrap_or(i32::MAX);
            let reply = SpiBody::GetReply { md, gmo, options: 0, data_length };
            let spi = Spi { verb: Verb::GET, version, reply_max, body: reply };
            with_data(hobj, &|w| spi.encode(w), body)
        }
        (Shape::Inquire { hobj }, Returned::Inquire { selectors, ints, chars }) => {
            let attributes = Attributes { selectors, ints, chars };
            with(hobj, &|w| attributes.encode(w))
        }
        (Shape::Stat, Returned::Stat { kind, sts }) => {
            let stat = Stat { kind, sts };
            with(Hobj::NONE.0, &|w| stat.encode(w))
        }
        // A warning says that the handle is still there.
        (Shape::Close { hobj }, _) if codes.0 == CompCode::Warning => bare(&header, codes, hobj),
        (Shape::Close { .. }, _) if codes.0 == CompCode::Ok => bare(&header, codes, Hobj::UNUSABLE.0),
        (shape, _) => bare(&header, codes, shape.hobj()),
    }
}

impl Shape {
    pub(super) fn hobj(&self) -> i32 {
        match self {
            Self::Plain { hobj }
            | Self::Put { hobj, .. }
            | Self::SpiPut { hobj, .. }
            | Self::Get { hobj }
            | Self::SpiGet { hobj, .. }
            | Self::Inquire { hobj }
            | Self::Echo { hobj, .. } => *hobj,
            Self::Close { .. } | Self::Open { .. } | Self::SpiOpen { .. } => Hobj::UNUSABLE.0,
            Self::Stat | Self::SpiQuery { .. } | Self::SpiReserve { .. } | Self::SpiNotify { .. } => {
                Hobj::NONE.0
            }
        }
    }
}

/// A reply of the API header alone.
pub(super) fn bare(header: &Header, codes: (CompCode, Reason), hobj: i32) -> Transfer {
    Transfer::short(*header, with_api(header, codes, hobj, 0, &|_| {}))
}

/// API header and structures of a reply that `data_len` bytes of data follow.
pub(super) fn with_api(
    header: &Header,
    (comp_code, reason): (CompCode, Reason),
    hobj: i32,
    data_len: usize,
    structures: &dyn Fn(&mut Writer),
) -> Vec<u8> {
    let mut w = Writer::over(Vec::with_capacity(STRUCTURES_LEN), header.order, header.charset);
    ApiHeader { length: 0, comp_code: comp_code.code(), reason: reason.0, hobj }.encode(&mut w);
    structures(&mut w);
    let mut bytes = w.finish();
    let length = ApiHeader::transfer_length(bytes.len() + data_len);
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

/// An object as it goes back: the strings that the caller gave are not repeated.
fn returned(mut od: Box<mqi::od::Od>) -> Object {
    od.object_string.text = None;
    od.selection_string.text = None;
    Object::single(od)
}

/// SPOO with the policy "no protection". As observed: a client that is given none opens the queue of policies.
fn spi_open(shape: Shape, od: Box<mqi::od::Od>, attributes: mqi::call::OpenAttributes) -> Option<Spi> {
    let Shape::SpiOpen { version, reply_max, inout_version, out_version, lpoo } = shape else { return None };
    let object = returned(od);
    let policy = match lpoo.protection {
        Some(_) => protection::none(&object.od.object_name),
        None => Vec::new(),
    };
    let offset = HEAD_LEN as usize + LPOO_LEN_LONG + body(|w| object.encode(w)).len();
    let protection = lpoo.protection.map(|_| Protection {
        queue: Chars::from_str_padded(protection::ERROR_QUEUE),
        offset: offset as i32,
        length: policy.len() as i32,
    });
    let open = SpiOpen {
        inout_version,
        version: out_version,
        lpoo: Lpoo { attributes, protection, ..lpoo },
        object,
        policy,
    };
    Some(Spi { verb: Verb::OPEN, version, reply_max, body: SpiBody::OpenReply(Box::new(open)) })
}

/// The verbs that are offered, at the places where a queue manager has them.
pub(super) fn spi_query(request: &Header, version: i32, reply_max: i32, ccsid: u16) -> Transfer {
    let unused = VerbRange { verb: 0, inout_max: 0, in_max: 0, out_max: 0, flags: 0 };
    let place = |verb| VERBS.into_iter().find(|range| range.verb == verb).unwrap_or(unused);
    let verbs = (1..=Verb::OPEN.0).map(place).collect();
    let spi = Spi { verb: Verb::QUERY, version, reply_max, body: SpiBody::QueryReply(verbs) };
    let header = reply_header(request, ccsid);
    Transfer::short(header, with_api(&header, (CompCode::Ok, Reason::NONE), 0, 0, &|w| spi.encode(w)))
}

/// The answer to a NOTIFY: whatever waited, it is being told.
pub(super) fn spi_notify(request: &Header, version: i32, reply_max: i32, ccsid: u16) -> Transfer {
    let spi = Spi { verb: Verb::NOTIFY, version, reply_max, body: SpiBody::NotifyReply };
    let header = reply_header(request, ccsid);
    Transfer::short(header, with_api(&header, (CompCode::Ok, Reason::NONE), 0, 0, &|w| spi.encode(w)))
}

/// Message ids for the asynchronous puts of a client, which it counts up itself.
///
/// An id is `AMQR`, the first eight characters of the queue manager's name, the unique bytes of the
/// connection id, a number for each reservation of the connection, and a counter of three bytes. Ids that
/// the queue manager generates begin with `AMQ `, so they never meet.
pub(super) fn spi_reserve(
    request: &Header,
    shape: &Shape,
    connection_id: &[u8; 24],
    number: u8,
    ccsid: u16,
) -> Transfer {
    const COUNT_MAX: i32 = 0xFF_FFFF;
    const COUNTER_AT: usize = 21;

    let Shape::SpiReserve { version, reply_max, count } = *shape else {
        return bare(&reply_header(request, ccsid), (CompCode::Failed, Reason::UNEXPECTED_ERROR), 0);
    };
    let count = count.min(COUNT_MAX);
    // As observed: the counter has one byte for up to 255 ids and three for 0xFFFFFF.
    let width = match count {
        ..=0xFF => 1,
        0x100..=0xFFFF => 2,
        _ => 3,
    };
    let mut base = [0; 24];
    base[..4].copy_from_slice(b"AMQR");
    base[4..12].copy_from_slice(&connection_id[4..12]);
    base[12..20].copy_from_slice(&connection_id[16..]);
    base[COUNTER_AT - 1] = number;
    let position = (COUNTER_AT + 1 + 3 - width) as i32;
    let reply = SpiBody::ReserveReply { count, position, base };
    let spi = Spi { verb: Verb::RESERVE, version, reply_max, body: reply };
    let header = reply_header(request, ccsid);
    Transfer::short(header, with_api(&header, (CompCode::Ok, Reason::NONE), 0, 0, &|w| spi.encode(w)))
}

/// A message for a streaming consumer.
pub(super) fn delivery(
    kind: HeaderKind,
    conversation: u32,
    version: i32,
    delivery: Delivery,
    ccsid: u16,
) -> Transfer {
    let header = header(kind, conversation, ASYNC_REQUEST, SegmentType::ASYNC_MESSAGE, ccsid);
    let head = AsyncHead {
        version,
        hobj: delivery.hobj.0,
        message_index: delivery.message_index,
        global_message_index: delivery.global_message_index,
        segment_length: 0,
        segment_index: 0,
        selection_index: delivery.selection_index,
    };
    let first = AsyncFirst {
        reason: delivery.reason.0,
        sent_length: i32::try_from(delivery.body.total).unwrap_or(i32::MAX),
        full_length: i32::try_from(delivery.total_length).unwrap_or(i32::MAX),
        msg_token: delivery.msg_token,
        status: delivery.status,
        resolved_q_name: delivery.resolved_q_name,
        md: delivery.md,
    };
    let total = usize::try_from(delivery.body.total).unwrap_or(usize::MAX);
    let structures = body(|w| first.encode(w));
    Transfer::new(header, structures, delivery.body.first, total).with_async_head(head)
}

/// A notification for a client, on the request that it answers.
pub(super) fn notice(
    kind: HeaderKind,
    conversation: u32,
    request: u32,
    version: i32,
    notice: Notice,
    ccsid: u16,
) -> Transfer {
    let mut header = header(kind, conversation, request, SegmentType::NOTIFICATION, ccsid);
    header.flags = ControlFlags::FIRST;
    let it = Notification {
        version,
        hobj: notice.hobj.0,
        code: NotificationCode(notice.code),
        value: notice.value,
    };
    Transfer::short(header, body(|w| it.encode(w)))
}

/// An XA reply that says that this queue manager coordinates nothing.
pub(super) fn xa_refused(request: &Header, ccsid: u16) -> Transfer {
    /// XAER_RMERR.
    const RESOURCE_MANAGER_ERROR: i32 = -3;
    /// Length, return value, flags, resource manager.
    const LEN: usize = 16;

    let header = reply_header(request, ccsid);
    let structures = body(|w| {
        w.bytes(&ApiHeader::transfer_length(LEN).to_be_bytes());
        w.i32(RESOURCE_MANAGER_ERROR);
        w.zeros(8);
    });
    Transfer::short(header, structures)
}
