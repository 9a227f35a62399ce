//! Transfers of a client as calls of the MQI.
//!
//! Everything that a reply needs of its request stays here as a [`Shape`]; the call goes to the kernel.
//! What this queue manager does not have becomes a call that is refused, so that the answer keeps its
//! place in the order of replies.

use bytes::Bytes;
use mqi::Reason;
use mqi::call::{Call, Hobj, Long};
use mqi::constants::{
    MQOO_INPUT_AS_Q_DEF, MQOO_INPUT_EXCLUSIVE, MQOO_INPUT_SHARED, MQOO_SAVE_ALL_CONTEXT,
    MQPMO_ASYNC_RESPONSE, MQPMO_SYNCPOINT,
};
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pmo::Pmo;
use mqi::sts::Sts;
use mqi::wire::{DecodeError, Reader};

use crate::segment::api::ApiHeader;
use crate::segment::close::Close;
use crate::segment::get::Get;
use crate::segment::inquire::{Attributes, Inquire};
use crate::segment::open::{Fopa, Open};
use crate::segment::put::Put;
use crate::segment::spi::{Lpoo, Spi, SpiBody, lpi};
use crate::segment::stat::Stat;
use crate::segment::strings::Base;
use crate::segment::{Header, SegmentType};

/// A request whose structures have been read.
#[derive(Debug)]
pub(super) struct Request {
    /// The call; the body of a put is still empty.
    pub(super) call: Call,
    /// What the reply looks like.
    pub(super) shape: Shape,
    /// A put: where its data starts in what was read, and how long it is.
    pub(super) data: Option<Data>,
    /// The client waits for no reply.
    pub(super) is_silent: bool,
    /// MQCLOSE: index of the last message that arrived, 0 for none. As observed, it travels in the
    /// completion code of the request.
    pub(super) arrived: i32,
}

/// The data of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Data {
    /// Offset of its first byte.
    pub(super) at: usize,
    /// Bytes of the whole message.
    pub(super) length: u32,
}

/// What a reply takes from its request.
#[derive(Debug)]
pub(super) enum Shape {
    /// API header alone: MQDISC, MQCMIT, MQBACK, MQSET.
    Plain { hobj: i32 },
    /// MQCLOSE.
    Close { hobj: i32 },
    /// MQOPEN.
    Open { options: i32, fopa: Option<Fopa>, fcmi: Option<i32> },
    /// SPI OPEN.
    SpiOpen { version: i32, reply_max: i32, inout_version: i32, out_version: i32, lpoo: Lpoo },
    /// SPI QUERY: answered here.
    SpiQuery { version: i32, reply_max: i32 },
    /// SPI RESERVE: answered here.
    SpiReserve { version: i32, reply_max: i32, count: i32 },
    /// SPI NOTIFY: answered here.
    SpiNotify { version: i32, reply_max: i32, connection_id: [u8; 24], reason: Reason },
    /// MQPUT and MQPUT1.
    Put { hobj: i32, data_length: i32 },
    /// SPI PUT.
    SpiPut { hobj: i32, version: i32, reply_max: i32 },
    /// MQGET.
    Get { hobj: i32 },
    /// SPI GET.
    SpiGet { hobj: i32, version: i32, reply_max: i32 },
    /// MQINQ.
    Inquire { hobj: i32 },
    /// MQSTAT.
    Stat,
    /// The structures of the request once more, in its own byte order: calls that are refused.
    Echo { hobj: i32, structures: Bytes },
}

/// Why a transfer is not a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It ends inside a structure: there is more to come, or the client is wrong.
    Truncated,
    /// A structure is not what it should be; the call is answered with this reason.
    Refused(Reason),
}

/// Whether a call of this type ends with data that need not be whole before it is read.
pub(super) fn has_data(segment_type: SegmentType) -> bool {
    matches!(segment_type, SegmentType::MQPUT | SegmentType::MQPUT1 | SegmentType::SPI)
}

/// Reads the structures of an MQI request. `body` starts with the API header; of a long put it need hold
/// no more than the structures.
pub(super) fn decode(header: &Header, body: &Bytes) -> Result<Request, Malformed> {
    let mut r = Reader::new(body, header.order, header.charset);
    let api = ApiHeader::decode(&mut r).map_err(|_| Malformed::Truncated)?;
    let base = Base::whole(body, header.kind.header_len());
    let hobj = Hobj(api.hobj);
    let plain = |call| Ok(Request::new(call, Shape::Plain { hobj: api.hobj }));
    match header.segment_type {
        SegmentType::MQDISC => plain(Call::Disconnect),
        SegmentType::MQCMIT => plain(Call::Commit),
        SegmentType::MQBACK => plain(Call::Back),
        SegmentType::MQCLOSE => {
            let close = Close::decode(&mut r).map_err(|_| Malformed::Truncated)?;
            let call = Call::Close { hobj, options: close.options };
            Ok(Request { arrived: api.comp_code, ..Request::new(call, Shape::Close { hobj: hobj.0 }) })
        }
        SegmentType::MQINQ => {
            let it = Inquire::decode(&mut r).map_err(selectors_are_wrong)?;
            let (selectors, int_count, char_length) = (it.selectors, it.int_count, it.char_length);
            let call = Call::Inquire { hobj, selectors, int_count, char_length };
            Ok(Request::new(call, Shape::Inquire { hobj: api.hobj }))
        }
        SegmentType::MQSET => {
            let Attributes { selectors, ints, chars } =
                Attributes::decode(&mut r).map_err(selectors_are_wrong)?;
            plain(Call::Set { hobj, selectors, ints, chars })
        }
        SegmentType::MQSTAT => {
            let stat = Stat::decode(&mut r, base).map_err(|error| blame(error, Sts::REASON))?;
            Ok(Request::new(Call::Stat { kind: stat.kind, sts: stat.sts }, Shape::Stat))
        }
        SegmentType::MQOPEN => {
            let it = Open::decode(&mut r, base).map_err(|error| blame(error, Od::REASON))?;
            if it.object.is_list() {
                return Ok(refused(Reason::FUNCTION_NOT_SUPPORTED, api.hobj, body, body.len()));
            }
            let shape = Shape::Open { options: it.options, fopa: it.fopa, fcmi: it.fcmi };
            Ok(Request::new(Call::Open { od: it.object.od, options: it.options }, shape))
        }
        SegmentType::MQGET => {
            let reason = || if md_is_wrong(header, body, 0) { Md::REASON } else { Gmo::REASON };
            let get = Get::decode(&mut r).map_err(|error| blame(error, reason()))?;
            let call = Call::Get { hobj, md: get.md, gmo: get.gmo, buffer_length: get.length };
            Ok(Request::new(call, Shape::Get { hobj: api.hobj }))
        }
        SegmentType::MQPUT => {
            let reason = || if md_is_wrong(header, body, 0) { Md::REASON } else { Pmo::REASON };
            let put = Put::decode(&mut r).map_err(|error| blame(error, reason()))?;
            put_request(api.hobj, put, body, r.position())
        }
        SegmentType::MQPUT1 => {
            let put = Put::decode_1(&mut r, base).map_err(|error| blame(error, blame_put1(header, body)))?;
            put_request(api.hobj, put, body, r.position())
        }
        SegmentType::SPI => {
            let spi =
                Spi::decode_request(&mut r, base).map_err(|error| blame(error, Reason::UNEXPECTED_ERROR))?;
            spi_request(api.hobj, spi, body, r.position())
        }
        // As observed for MQSUB: the API header is enough.
        _ => Ok(refused(Reason::FUNCTION_NOT_SUPPORTED, api.hobj, body, ApiHeader::LEN)),
    }
}

impl Shape {
    /// Memory that it takes besides itself, in bytes.
    pub(super) fn held(&self) -> usize {
        if let Self::Echo { structures, .. } = self { structures.len() } else { 0 }
    }
}

impl Request {
    fn new(call: Call, shape: Shape) -> Self {
        Self { call, shape, data: None, is_silent: false, arrived: 0 }
    }
}

/// A call that is answered with a reason and its own structures.
pub(super) fn refused(reason: Reason, hobj: i32, body: &Bytes, structures_end: usize) -> Request {
    let from = ApiHeader::LEN.min(structures_end);
    // A copy: it may wait for its turn, and what was read with it must not.
    let structures = Bytes::copy_from_slice(&body[from..structures_end]);
    Request::new(Call::Refused { reason }, Shape::Echo { hobj, structures })
}

fn put_request(hobj: i32, put: Put, body: &Bytes, at: usize) -> Result<Request, Malformed> {
    let is_list = put.object.as_ref().is_some_and(|object| object.is_list());
    let is_silent = put.pmo.options & MQPMO_ASYNC_RESPONSE != 0;
    let length = u32::try_from(put.data_length);
    let mut request = if is_list || (put.pmo.version >= 2 && put.pmo.recs_present > 0) {
        refused(Reason::FUNCTION_NOT_SUPPORTED, hobj, body, at)
    } else if length.is_err() {
        refused(Reason::BUFFER_LENGTH_ERROR, hobj, body, at)
    } else {
        let (md, pmo, long) = (put.md, put.pmo, Long::default());
        let call = match put.object {
            Some(object) => Call::Put1 { od: object.od, md, pmo, body: long },
            None => Call::Put { hobj: Hobj(hobj), md, pmo, body: long },
        };
        Request::new(call, Shape::Put { hobj, data_length: put.data_length })
    };
    request.data = Some(Data { at, length: length.unwrap_or(0) });
    request.is_silent = is_silent;
    Ok(request)
}

fn spi_request(hobj: i32, spi: Spi, body: &Bytes, at: usize) -> Result<Request, Malformed> {
    /// SPI PUT options.
    const SYNCPOINT: i32 = 0x2;
    const DEFERRED: i32 = 0x4;
    const INPUT: i32 = MQOO_INPUT_AS_Q_DEF | MQOO_INPUT_SHARED | MQOO_INPUT_EXCLUSIVE;
    const SPI_HEADER_LEN: usize = 12;

    let (version, reply_max) = (spi.version, spi.reply_max);
    Ok(match spi.body {
        SpiBody::Query => {
            Request::new(Call::Refused { reason: Reason::NONE }, Shape::SpiQuery { version, reply_max })
        }
        SpiBody::Reserve { id_length: 24, count } if count > 0 => Request::new(
            Call::Refused { reason: Reason::NONE },
            Shape::SpiReserve { version, reply_max, count },
        ),
        // Nobody's calls are made to end for any other reason than the one that there is for it.
        SpiBody::Notify { kind: 1, reason, connection_id } if Reason(reason) == Reason::XWAIT_CANCELED => {
            let shape = Shape::SpiNotify { version, reply_max, connection_id, reason: Reason(reason) };
            Request::new(Call::Refused { reason: Reason::NONE }, shape)
        }
        SpiBody::Open(open) if !open.object.is_list() => {
            let mut options = open.lpoo.options;
            // A handle that only browses saves none, and may not ask for it.
            if options & INPUT != 0 && open.lpoo.lpi_options & lpi::SAVE_CONTEXT == lpi::SAVE_CONTEXT {
                options |= MQOO_SAVE_ALL_CONTEXT;
            }
            let shape = Shape::SpiOpen {
                version,
                reply_max,
                inout_version: open.inout_version,
                out_version: open.version,
                lpoo: open.lpoo,
            };
            Request::new(Call::Open { od: open.object.od, options }, shape)
        }
        SpiBody::Put { md, mut pmo, options, data_length, more }
            if options & DEFERRED == 0 && more.unknown == 0 =>
        {
            if options & SYNCPOINT != 0 {
                pmo.options |= MQPMO_SYNCPOINT;
            }
            let length =
                u32::try_from(data_length).map_err(|_| Malformed::Refused(Reason::BUFFER_LENGTH_ERROR))?;
            let (hobj_of, body) = (Hobj(hobj), Long::default());
            let call = match more.delay_ms {
                0 => Call::Put { hobj: hobj_of, md, pmo, body },
                delay_ms => Call::PutLater { hobj: hobj_of, md, pmo, body, delay_ms },
            };
            let mut request = Request::new(call, Shape::SpiPut { hobj, version, reply_max });
            request.data = Some(Data { at, length });
            request
        }
        SpiBody::Get { md, gmo, message_max, .. } => {
            let call = Call::Get { hobj: Hobj(hobj), md, gmo, buffer_length: message_max };
            Request::new(call, Shape::SpiGet { hobj, version, reply_max })
        }
        // As observed: API and SPI header are enough for a client to see that a verb is not there.
        _ => refused(Reason::FUNCTION_NOT_SUPPORTED, hobj, body, ApiHeader::LEN + SPI_HEADER_LEN),
    })
}

/// A structure that ends early may go on in the next segment; anything else is the caller's error.
fn blame(error: DecodeError, reason: Reason) -> Malformed {
    match error {
        DecodeError::Truncated => Malformed::Truncated,
        DecodeError::StrucId | DecodeError::Version(_) | DecodeError::Length(_) => Malformed::Refused(reason),
    }
}

fn selectors_are_wrong(error: DecodeError) -> Malformed {
    blame(error, Reason::SELECTOR_COUNT_ERROR)
}

fn md_is_wrong(header: &Header, body: &[u8], before: usize) -> bool {
    let mut r = Reader::new(body, header.order, header.charset);
    r.skip(ApiHeader::LEN + before).is_ok() && Md::decode(&mut r).is_err()
}

fn blame_put1(header: &Header, body: &[u8]) -> Reason {
    let mut r = Reader::new(body, header.order, header.charset);
    match r.skip(ApiHeader::LEN).map(|()| Od::decode(&mut r)) {
        Ok(Ok(_)) if md_is_wrong(header, body, r.position() - ApiHeader::LEN) => Md::REASON,
        Ok(Ok(_)) => Pmo::REASON,
        _ => Od::REASON,
    }
}
