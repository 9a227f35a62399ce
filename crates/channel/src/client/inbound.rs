//! A transfer as it arrives, segment by segment.
//!
//! ```text
//!         FIRST and LAST: a call at once
//! Idle ──────────────────────────────────► Idle
//!   │ FIRST
//!   ├──────► Collecting ─── LAST ────────► Idle      the structures, or a call without data
//!   │             │ structures of a put
//!   │             ▼
//!   └──────► Data ────────── LAST ───────► Idle      the call, then its parts as credit allows
//!                 │ too long, malformed, or answered early
//!                 ▼
//!            Dropping ────── LAST ───────► Idle      what still comes is not kept
//! ```
//!
//! A body of up to [`PIECE_MAX`] bytes goes with its call. A longer one goes on in parts of that size, each
//! after the kernel has given credit for it, so that never more than one part of it is here.
//!
//! Structures that are longer than any that this queue manager takes are not kept: the call is refused with 2102. Short
//! segments are copied together, because a slice of one keeps alive all that was read with it.

use bytes::{Bytes, BytesMut};
use mqi::Reason;
use mqi::call::{Body, Call, Long, PIECE_MAX};

use super::outbound::Transfer;
use super::request::{self, Malformed, Request, refused};
use crate::segment::status_data::StatusCode;
use crate::segment::{ControlFlags, Header, Segment};

/// Longest structures of one call, in bytes. The longest of use are an MQOPEN with a selector of 10,240 characters and an
/// MQINQ of all that there is; a distribution list of a few hundred queues is refused with its own reason.
const STRUCTURES_MAX: usize = 64 * 1024;

/// Data of shorter segments is copied together.
const SHORT: usize = 4096;

/// What has come of the transfer that a conversation is receiving.
#[derive(Debug, Default)]
pub(super) enum Inbound {
    /// Nothing.
    #[default]
    Idle,
    /// Structures that are not complete.
    Collecting { header: Header, bytes: BytesMut },
    /// A put whose structures are known.
    Data(Box<Data>),
    /// Data that is not wanted. At its end the request goes on, or the reply that waits leaves.
    Dropping { header: Header, request: Option<Box<Request>>, reply: Option<Box<Transfer>> },
}

/// A put whose data is arriving.
#[derive(Debug)]
pub(super) struct Data {
    header: Header,
    /// Not yet handed over.
    request: Option<Request>,
    length: u32,
    /// Bytes of the message that have not arrived.
    missing: usize,
    /// The last segment has come.
    is_ended: bool,
    buffer: Body,
    /// Behind it: data of short segments.
    short: BytesMut,
    has_credit: bool,
}

/// What became of a segment.
#[derive(Debug)]
pub(super) enum Step {
    /// More is to come.
    More,
    /// A call is there.
    Call(Header, Box<Request>),
    /// The next part of the put that was handed over before.
    Part(Body),
    /// A reply that had to wait for the end of its request.
    Reply(Box<Transfer>),
}

impl Inbound {
    /// Whether a part is here that cannot be handed over before credit comes.
    pub(super) fn is_waiting_for_credit(&self) -> bool {
        matches!(self, Self::Data(data) if data.is_due() && !data.is_ready())
    }

    /// Whether the next segment must not be taken before credit comes.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_waiting_for_credit() && matches!(self, Self::Data(data) if !data.is_ended)
    }

    /// Takes the next segment of a transfer. `message_max`: longest message that is taken, in bytes.
    pub(super) fn take(&mut self, segment: Segment, message_max: u32) -> Result<Step, StatusCode> {
        let is_last = segment.header.flags.has(ControlFlags::LAST);
        if segment.header.flags.has(ControlFlags::FIRST) {
            if !matches!(self, Self::Idle) {
                return Err(StatusCode::PROTOCOL_SEGMENT_ERROR);
            }
            return self.start(segment.header, segment.body, is_last, message_max);
        }
        let current = match self {
            Self::Idle => None,
            Self::Collecting { header, .. } | Self::Dropping { header, .. } => Some(*header),
            Self::Data(data) => Some(data.header),
        };
        let belongs = current.is_some_and(|header| {
            header.segment_type == segment.header.segment_type && header.request == segment.header.request
        });
        if !belongs {
            return Err(StatusCode::PROTOCOL_SEGMENT_ERROR);
        }
        match self {
            Self::Idle => Err(StatusCode::PROTOCOL_SEGMENT_ERROR),
            Self::Collecting { header, bytes } => {
                let (header, mut bytes) = (*header, std::mem::take(bytes));
                if bytes.len() + segment.body.len() > STRUCTURES_MAX {
                    let request = refused(Reason::RESOURCE_PROBLEM, 0, &bytes.freeze(), 0);
                    return Ok(self.refuse(header, request, is_last));
                }
                bytes.extend_from_slice(&segment.body);
                self.start(header, bytes.freeze(), is_last, message_max)
            }
            Self::Data(data) => {
                data.add(segment.body, is_last)?;
                Ok(self.advance())
            }
            Self::Dropping { .. } if !is_last => Ok(Step::More),
            Self::Dropping { header, request, reply } => {
                let (header, request, reply) = (*header, request.take(), reply.take());
                *self = Self::Idle;
                Ok(match (request, reply) {
                    (Some(request), _) => Step::Call(header, request),
                    (None, Some(reply)) => Step::Reply(reply),
                    (None, None) => Step::More,
                })
            }
        }
    }

    /// The kernel takes the next part.
    pub(super) fn credit(&mut self) -> Step {
        if let Self::Data(data) = self {
            data.has_credit = true;
        }
        self.advance()
    }

    /// The put whose data is arriving has been answered: the rest of the data is not wanted. Gives the
    /// reply back when it can leave at once.
    pub(super) fn answered(&mut self, reply: Option<Transfer>) -> Option<Transfer> {
        match self {
            Self::Data(data) if data.request.is_none() => {
                let (header, is_ended) = (data.header, data.is_ended);
                if is_ended {
                    *self = Self::Idle;
                    return reply;
                }
                *self = Self::Dropping { header, request: None, reply: reply.map(Box::new) };
                None
            }
            _ => reply,
        }
    }

    /// Reads the structures from what has come of a transfer so far.
    fn start(
        &mut self,
        header: Header,
        bytes: Bytes,
        is_last: bool,
        message_max: u32,
    ) -> Result<Step, StatusCode> {
        *self = Self::Idle;
        if !is_last && !request::has_data(header.segment_type) {
            *self = Self::Collecting { header, bytes: owned(bytes) };
            return Ok(Step::More);
        }
        let mut request = match request::decode(&header, &bytes) {
            Ok(request) if request.data.is_some() || is_last => request,
            Ok(_) | Err(Malformed::Truncated) if !is_last => {
                *self = Self::Collecting { header, bytes: owned(bytes) };
                return Ok(Step::More);
            }
            Ok(_) | Err(Malformed::Truncated) => return Err(StatusCode::PROTOCOL_LENGTH_ERROR),
            Err(Malformed::Refused(reason)) => refused(reason, 0, &bytes, 0),
        };
        let Some(place) = request.data else { return Ok(self.refuse(header, request, is_last)) };
        if place.length > message_max {
            let is_silent = request.is_silent;
            request = refused(Reason::MSG_TOO_BIG_FOR_CHANNEL, 0, &bytes, place.at);
            request.is_silent = is_silent;
        }
        if matches!(request.call, Call::Refused { .. }) {
            return Ok(self.refuse(header, request, is_last));
        }
        let missing = usize::try_from(place.length).map_err(|_| StatusCode::PROTOCOL_LENGTH_ERROR)?;
        let mut data = Data {
            header,
            request: Some(request),
            length: place.length,
            missing,
            is_ended: false,
            buffer: Body::new(),
            short: BytesMut::new(),
            has_credit: false,
        };
        data.add(bytes.slice(place.at..), is_last)?;
        *self = Self::Data(Box::new(data));
        Ok(self.advance())
    }

    /// Goes on with a request without data at its end: what still comes of it is not kept.
    fn refuse(&mut self, header: Header, request: Request, is_last: bool) -> Step {
        let request = Box::new(request);
        if is_last {
            *self = Self::Idle;
            return Step::Call(header, request);
        }
        *self = Self::Dropping { header, request: Some(request), reply: None };
        Step::More
    }

    /// Memory that it takes, in bytes.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Idle => 0,
            Self::Collecting { bytes, .. } => bytes.capacity(),
            Self::Data(data) => data.held(),
            Self::Dropping { request, reply, .. } => {
                request.as_ref().map_or(0, |request| request.shape.held())
                    + reply.as_ref().map_or(0, |reply| reply.held())
            }
        }
    }

    /// Hands over what is ready.
    fn advance(&mut self) -> Step {
        let Self::Data(data) = self else { return Step::More };
        if !data.is_ready() {
            return Step::More;
        }
        let (is_whole, header) = (data.is_ended, data.header);
        data.join();
        let buffer = std::mem::take(&mut data.buffer);
        let step = match data.request.take() {
            Some(mut request) => {
                set_body(&mut request.call, Long { total: data.length, first: buffer });
                Step::Call(header, Box::new(request))
            }
            // The last segment brought nothing but the end.
            None if buffer.is_empty() => Step::More,
            None => Step::Part(buffer),
        };
        data.has_credit = false;
        if is_whole {
            *self = Self::Idle;
        }
        step
    }
}

impl Data {
    /// Adds bytes of the message. A sender may pad the last segment: what goes past the end is dropped.
    fn add(&mut self, bytes: Bytes, is_last: bool) -> Result<(), StatusCode> {
        let taken = bytes.len().min(self.missing);
        let bytes = bytes.slice(..taken);
        if taken >= SHORT || (is_last && self.len() == 0) {
            self.join();
            self.buffer.push(bytes);
        } else {
            self.short.extend_from_slice(&bytes);
        }
        self.missing -= taken;
        self.is_ended = is_last;
        if is_last && self.missing > 0 { Err(StatusCode::PROTOCOL_LENGTH_ERROR) } else { Ok(()) }
    }

    /// Bytes of data that are here.
    fn len(&self) -> usize {
        self.buffer.len() + self.short.len()
    }

    /// What was copied together goes behind the rest.
    fn join(&mut self) {
        self.buffer.push(std::mem::take(&mut self.short).freeze());
    }

    fn held(&self) -> usize {
        size_of::<Self>() + self.buffer.len() + self.short.capacity()
    }

    /// Whether what is here should go: all of it has come, or another segment might not fit the part.
    fn is_due(&self) -> bool {
        const SEGMENT_MAX: usize = super::negotiate::TRANSMISSION_MAX as usize;
        let is_long = self.length as usize > PIECE_MAX;
        self.is_ended || is_long && self.len() + SEGMENT_MAX > PIECE_MAX
    }

    /// Whether it may go.
    fn is_ready(&self) -> bool {
        self.is_due() && (self.request.is_some() || self.has_credit || self.len() == 0)
    }
}

/// The same bytes, to add to. Those that were added to before are not copied again.
fn owned(bytes: Bytes) -> BytesMut {
    if bytes.len() < SHORT {
        return BytesMut::from(&bytes[..]);
    }
    bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]))
}

fn set_body(call: &mut Call, long: Long) {
    if let Call::Put { body, .. } | Call::PutLater { body, .. } | Call::Put1 { body, .. } = call {
        *body = long;
    }
}
