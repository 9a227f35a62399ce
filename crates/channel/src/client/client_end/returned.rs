//! Replies as what the calls of the MQI return.

use mqi::call::{Call, Hobj, Long, OpenAttributes, Reply, Returned};
use mqi::wire::{DecodeError, Reader};
use mqi::{CompCode, Putter, Reason};

use crate::segment::Segment;
use crate::segment::SegmentType;
use crate::segment::api::ApiHeader;
use crate::segment::conn::{Conn, Fcno};
use crate::segment::get::Get;
use crate::segment::inquire::Attributes;
use crate::segment::open::Open;
use crate::segment::put::Put;
use crate::segment::spi::{Spi, SpiBody};
use crate::segment::stat::Stat;
use crate::segment::strings::Base;

/// What a conversation waits for, with what the reply alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Connect,
    Disconnect,
    Open,
    Close,
    Put,
    PutLater,
    Put1,
    /// With the room that the caller has for data, in bytes.
    Get {
        room: i32,
    },
    Inquire,
    Set,
    Commit,
    Back,
    Stat,
}

impl Expected {
    /// What comes of a call; none for those that return nothing.
    pub(super) fn of(call: &Call) -> Option<Self> {
        Some(match call {
            Call::Connect(_) => Self::Connect,
            Call::Disconnect => Self::Disconnect,
            Call::Open { .. } => Self::Open,
            Call::Close { .. } => Self::Close,
            Call::Put { .. } => Self::Put,
            Call::PutLater { .. } => Self::PutLater,
            Call::Put1 { .. } => Self::Put1,
            Call::Get { buffer_length, .. } => Self::Get { room: *buffer_length },
            Call::Inquire { .. } => Self::Inquire,
            Call::Set { .. } => Self::Set,
            Call::Commit => Self::Commit,
            Call::Back => Self::Back,
            Call::Stat { .. } => Self::Stat,
            Call::Put1For { .. } | Call::Consume { .. } | Call::Notify { .. } | Call::Refused { .. } => {
                return None;
            }
        })
    }

    /// The type of the segments that bring it.
    pub(super) fn segment_type(self) -> SegmentType {
        match self {
            Self::Connect => SegmentType::MQCONN_REPLY,
            Self::Disconnect => SegmentType::MQDISC_REPLY,
            Self::Open => SegmentType::MQOPEN_REPLY,
            Self::Close => SegmentType::MQCLOSE_REPLY,
            Self::Put => SegmentType::MQPUT_REPLY,
            Self::PutLater => SegmentType::SPI_REPLY,
            Self::Put1 => SegmentType::MQPUT1_REPLY,
            Self::Get { .. } => SegmentType::MQGET_REPLY,
            Self::Inquire => SegmentType::MQINQ_REPLY,
            Self::Set => SegmentType::MQSET_REPLY,
            Self::Commit => SegmentType::MQCMIT_REPLY,
            Self::Back => SegmentType::MQBACK_REPLY,
            Self::Stat => SegmentType::MQSTAT_REPLY,
        }
    }
}

/// Reads a reply whose structures are in this segment. The offset is where its data starts; the body is
/// still empty, and its total what is to come.
pub(super) fn decode(expected: Expected, segment: &Segment) -> Result<(Reply, usize), DecodeError> {
    let mut r = segment.reader();
    let api = ApiHeader::decode(&mut r)?;
    let (comp_code, reason) = (CompCode::of(api.comp_code), Reason(api.reason));
    let returned = match (structures(expected, &api, segment, &mut r), comp_code) {
        (Ok(returned), _) => returned,
        // A call that failed may come back without its structures, or with those of the request.
        (Err(_), CompCode::Failed) => Returned::Nothing,
        (Err(error), _) => return Err(error),
    };
    Ok((Reply { comp_code, reason, returned }, r.position()))
}

fn structures(
    expected: Expected,
    api: &ApiHeader,
    segment: &Segment,
    r: &mut Reader<'_>,
) -> Result<Returned, DecodeError> {
    let base = Base::whole(&segment.body, segment.header.kind.header_len());
    Ok(match expected {
        Expected::Connect => {
            let conn = Conn::decode(r)?;
            let connection_id = conn.fcno.as_ref().and_then(Fcno::connection_id).unwrap_or_default();
            Returned::Connect { qmgr_name: conn.qmgr_name, connection_id }
        }
        Expected::Open => {
            let open = Open::decode(r, base)?;
            let attributes = open.fopa.map_or(OpenAttributes::NONE, |fopa| fopa.attributes);
            Returned::Open { hobj: Hobj(api.hobj), od: open.object.od, attributes }
        }
        Expected::Put => {
            let put = Put::decode(r)?;
            Returned::Put { md: put.md, pmo: put.pmo }
        }
        Expected::PutLater => match Spi::decode_reply(r, base)?.body {
            SpiBody::PutReply { md, pmo } => Returned::Put { md, pmo },
            _ => return Err(DecodeError::StrucId),
        },
        Expected::Put1 => {
            let put = Put::decode_1(r, base)?;
            let od = put.object.map(|object| object.od).unwrap_or_default();
            Returned::Put1 { od, md: put.md, pmo: put.pmo }
        }
        Expected::Get { room } => {
            let get = Get::decode(r)?;
            let is_failed = CompCode::of(api.comp_code) == CompCode::Failed;
            let total = if is_failed { 0 } else { get.length.min(room).max(0) as u32 };
            let body = Long { total, ..Long::default() };
            Returned::Get { md: get.md, gmo: get.gmo, data_length: get.length, body, putter: Putter::Unknown }
        }
        Expected::Inquire => {
            let Attributes { selectors, ints, chars } = Attributes::decode(r)?;
            Returned::Inquire { selectors, ints, chars }
        }
        Expected::Stat => {
            let stat = Stat::decode(r, base)?;
            Returned::Stat { kind: stat.kind, sts: stat.sts }
        }
        Expected::Disconnect => Returned::Disconnect,
        Expected::Close => Returned::Close,
        Expected::Set => Returned::Set,
        Expected::Commit => Returned::Commit,
        Expected::Back => Returned::Back,
    })
}
