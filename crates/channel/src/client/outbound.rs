//! What is to be sent on one socket, cut into segments as it leaves.
//!
//! ```text
//! urgent     socket-wide and small: negotiation, refusals, heartbeats, answers about conversations
//! transfers  one queue for each conversation, in the order in which they were given; the conversations
//!            take turns, one segment each
//! farewell   why this end closes the socket; behind everything that can go, so that calls which end with the
//!            socket are answered first
//! ```
//!
//! A transfer is a stream of bytes of known length of which only the beginning may be here: the rest is
//! pulled, one piece at a time, for the transfer at the head of its queue only. Nothing is copied before
//! it leaves, so a body waits here as the slices that it was given as.

use std::collections::VecDeque;

use mqi::call::Body;
use mqi::wire::Writer;

use super::by_id::ById;
use crate::segment::async_message::{AsyncHead, HEAD_LEN};
use crate::segment::{ControlFlags, Header};

/// The next piece is asked for when less than this many bytes of a transfer are left here.
const PULL_BELOW: usize = 64 * 1024;

/// Nothing more is to be taken for a conversation while it has this much here, in bytes.
const CONVERSATION_MAX: usize = 1024 * 1024;

/// Everything that waits to be sent on one socket.
#[derive(Debug, Default)]
pub(super) struct Outbound {
    urgent: Vec<u8>,
    farewell: Vec<u8>,
    queues: ById<Queue>,
    /// Conversation that had the last turn.
    turn: u32,
    queued: usize,
    /// Memory of all transfers, in bytes.
    held: usize,
    segments: u64,
}

/// What one conversation has to send: hardly ever more than one transfer.
#[derive(Debug)]
struct Queue {
    head: Transfer,
    rest: VecDeque<Transfer>,
    /// Memory of its transfers, in bytes.
    held: usize,
}

/// One message on its way: a reply, a delivery or a notification.
#[derive(Debug)]
pub(super) struct Transfer {
    header: Header,
    /// Repeated at the start of every segment of an ASYNC_MESSAGE.
    async_head: Option<AsyncHead>,
    /// Structures in front of the data; they fit the first segment or are cut like data.
    structures: Vec<u8>,
    structures_sent: usize,
    body: Body,
    /// Pieces of the body that have gone, and bytes of the next one.
    pieces_sent: usize,
    piece_sent: usize,
    /// Bytes of the body that are here and have not gone.
    here: usize,
    /// Bytes of data that have not come yet.
    missing: usize,
    is_started: bool,
    is_pulling: bool,
}

impl Transfer {
    /// A transfer whose data is `total` bytes long and starts with `first`.
    pub(super) fn new(header: Header, structures: Vec<u8>, first: Body, total: usize) -> Self {
        let body = if first.len() > total { first.prefix(total) } else { first };
        Self {
            header,
            async_head: None,
            structures,
            structures_sent: 0,
            here: body.len(),
            missing: total - body.len(),
            body,
            pieces_sent: 0,
            piece_sent: 0,
            is_started: false,
            is_pulling: false,
        }
    }

    /// A transfer that is only structures.
    pub(super) fn short(header: Header, structures: Vec<u8>) -> Self {
        Self::new(header, structures, Body::new(), 0)
    }

    /// The same for an ASYNC_MESSAGE, whose segments each start with a head of their own.
    pub(super) fn with_async_head(mut self, head: AsyncHead) -> Self {
        self.async_head = Some(head);
        self
    }

    /// Memory that it takes, in bytes.
    pub(super) fn held(&self) -> usize {
        size_of::<Self>() + self.structures.capacity() + self.here
    }

    fn waiting(&self) -> usize {
        self.structures.len() - self.structures_sent + self.here
    }

    fn is_done(&self) -> bool {
        self.is_started && self.waiting() == 0 && self.missing == 0
    }

    /// Bytes that a segment of this length can carry. Cut at words, so that padding always has room.
    fn room(&self, segment_max: usize) -> usize {
        let head = if self.async_head.is_some() { HEAD_LEN } else { 0 };
        (segment_max - self.header.kind.header_len() - head) & !3
    }

    /// Whether a segment can be cut: a full one, or the last.
    fn is_ready(&self, segment_max: usize) -> bool {
        self.missing == 0 || self.waiting() >= self.room(segment_max)
    }

    /// Appends the next segment of at most `segment_max` bytes.
    fn cut(&mut self, segment_max: usize, out: &mut Vec<u8>) {
        let room = self.room(segment_max);
        let overhead = if self.async_head.is_some() { HEAD_LEN } else { 0 };
        let structures = (self.structures.len() - self.structures_sent).min(room);
        let data = self.here.min(room - structures);
        let is_last = structures + data == self.waiting() && self.missing == 0;

        let mut flags = ControlFlags(self.header.flags.0 & !ControlFlags::WHOLE.0);
        if !self.is_started {
            flags = flags.with(ControlFlags::FIRST);
        }
        if is_last && self.header.flags.has(ControlFlags::LAST) {
            flags = flags.with(ControlFlags::LAST);
        }
        let padding = match is_last && self.async_head.is_some() {
            true => (structures + data).next_multiple_of(4) - structures - data,
            false => 0,
        };
        Header { flags, ..self.header }.encode(overhead + structures + data + padding, out);
        if let Some(head) = &mut self.async_head {
            head.segment_length = i32::try_from(data).expect("segments are far shorter than 2 GiB");
            let mut w = Writer::over(std::mem::take(out), self.header.order, self.header.charset);
            head.encode(&mut w);
            *out = w.finish();
            head.segment_index = head.segment_index.wrapping_add(1);
        }
        out.extend_from_slice(&self.structures[self.structures_sent..self.structures_sent + structures]);
        self.structures_sent += structures;
        self.take_data(data, out);
        out.resize(out.len() + padding, 0);
        self.is_started = true;
    }

    fn take_data(&mut self, mut len: usize, out: &mut Vec<u8>) {
        self.here -= len;
        while len > 0 {
            let piece = &self.body.pieces()[self.pieces_sent][self.piece_sent..];
            let taken = piece.len().min(len);
            out.extend_from_slice(&piece[..taken]);
            len -= taken;
            if taken == piece.len() {
                (self.pieces_sent, self.piece_sent) = (self.pieces_sent + 1, 0);
            } else {
                self.piece_sent += taken;
            }
        }
    }

    /// Adds the next bytes of the body.
    fn add(&mut self, bytes: &Body) {
        // What has gone is let go of: a long body must not gather here.
        let mut left = Body::new();
        self.body.pieces()[self.pieces_sent..].iter().for_each(|piece| left.push(piece.clone()));
        (self.body, self.pieces_sent) = (left, 0);
        bytes.pieces().iter().for_each(|piece| self.body.push(piece.clone()));
        self.here += bytes.len();
        self.missing -= bytes.len();
    }
}

impl Outbound {
    /// Adds bytes that go before everything else.
    pub(super) fn urgent(&mut self, header: Header, body: &[u8]) {
        header.encode(body.len(), &mut self.urgent);
        self.urgent.extend_from_slice(body);
        self.segments += 1;
    }

    /// Adds bytes that go after everything else that can go.
    pub(super) fn farewell(&mut self, header: Header, body: &[u8]) {
        header.encode(body.len(), &mut self.farewell);
        self.farewell.extend_from_slice(body);
        self.segments += 1;
    }

    /// Adds a transfer behind what its conversation still has.
    pub(super) fn push(&mut self, conversation: u32, transfer: Transfer) {
        self.queued += transfer.waiting();
        let held = transfer.held();
        self.held += held;
        match self.queues.get_mut(conversation) {
            Some(queue) => {
                queue.held += held;
                queue.rest.push_back(transfer);
            }
            None => {
                let queue = || Queue { head: transfer, rest: VecDeque::new(), held };
                self.queues.get_or_insert_with(conversation, queue);
            }
        }
    }

    /// Adds the next bytes of the transfer that a pull was for. Bytes past its end are dropped.
    pub(super) fn piece(&mut self, conversation: u32, bytes: &Body) {
        let queue = self.queues.get_mut(conversation).filter(|queue| queue.head.is_pulling);
        let Some(queue) = queue else { return };
        let bytes = bytes.prefix(queue.head.missing);
        queue.head.is_pulling = false;
        queue.head.add(&bytes);
        queue.held += bytes.len();
        self.held += bytes.len();
        self.queued += bytes.len();
    }

    /// Conversations whose next piece is wanted; each is named once for each piece.
    pub(super) fn pulls(&mut self) -> impl Iterator<Item = u32> {
        self.queues.iter_mut().filter_map(|(conversation, queue)| {
            let head = &mut queue.head;
            if head.missing == 0 || head.is_pulling || head.waiting() >= PULL_BELOW {
                return None;
            }
            head.is_pulling = true;
            Some(conversation)
        })
    }

    /// Forgets what a conversation still had to send. A transfer that has begun is cut off: the partner
    /// has ended the conversation and drops what comes for it.
    pub(super) fn forget(&mut self, conversation: u32) {
        if let Some(queue) = self.queues.remove(conversation) {
            self.queued -= queue.head.waiting() + queue.rest.iter().map(Transfer::waiting).sum::<usize>();
            self.held -= queue.held;
        }
    }

    /// Memory that is held, in bytes.
    pub(super) fn held(&self) -> usize {
        self.urgent.capacity() + self.held + self.farewell.capacity()
    }

    /// Memory that is held for one conversation, in bytes.
    pub(super) fn held_for(&self, conversation: u32) -> usize {
        self.queues.get(conversation).map_or(0, |queue| queue.held)
    }

    /// Whether a conversation has so much here that nothing more is to be made for it.
    pub(super) fn is_full_for(&self, conversation: u32) -> bool {
        self.held_for(conversation) >= CONVERSATION_MAX
    }

    /// Whether one of the conversations has.
    pub(super) fn is_full_for_any(&self) -> bool {
        self.held >= CONVERSATION_MAX && self.queues.iter().any(|(_, queue)| queue.held >= CONVERSATION_MAX)
    }

    /// Bytes that wait here, without headers.
    pub(super) fn bytes(&self) -> usize {
        self.urgent.len() + self.queued + self.farewell.len()
    }

    /// Segments sent so far.
    pub(super) fn segments(&self) -> u64 {
        self.segments
    }

    /// Appends segments of at most `segment_max` bytes until `out` has `limit` bytes or more.
    pub(super) fn transmit(&mut self, segment_max: usize, limit: usize, out: &mut Vec<u8>) {
        // The buffers go with what was in them: a quiet socket has none.
        out.append(&mut std::mem::take(&mut self.urgent));
        while out.len() < limit {
            let Some(conversation) = self.next_ready(segment_max) else {
                out.append(&mut std::mem::take(&mut self.farewell));
                break;
            };
            self.turn = conversation;
            let queue = self.queues.get_mut(conversation).expect("it was just found there");
            let (before, held) = (queue.head.waiting(), queue.head.held());
            queue.head.cut(segment_max, out);
            self.segments += 1;
            self.queued -= before - queue.head.waiting();
            let is_done = queue.head.is_done();
            let gone = if is_done { held } else { held - queue.head.held() };
            queue.held -= gone;
            self.held -= gone;
            if is_done {
                match queue.rest.pop_front() {
                    Some(next) => queue.head = next,
                    None => drop(self.queues.remove(conversation)),
                }
            }
        }
    }

    /// The next conversation after the one that had the last turn of which a segment can be cut.
    fn next_ready(&self, segment_max: usize) -> Option<u32> {
        let mut in_turn = self.queues.iter_after(self.turn);
        in_turn.find(|(_, queue)| queue.head.is_ready(segment_max)).map(|(conversation, _)| conversation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{HeaderKind, SegmentType};
    use mqi::wire::{ByteOrder, Charset};

    fn header(conversation: u32) -> Header {
        Header {
            kind: HeaderKind::Multiplexed,
            conversation,
            request: 1,
            order: ByteOrder::Little,
            segment_type: SegmentType::MQGET_REPLY,
            flags: ControlFlags::WHOLE,
            flags2: 0,
            luwid: [0; 8],
            encoding: 546,
            ccsid: 819,
            charset: Charset::Ascii,
        }
    }

    fn body(bytes: &[u8]) -> Body {
        Body::from(bytes.to_vec())
    }

    /// Segments as (conversation, flags, body), each call of `transmit` limited to one.
    fn drain(outbound: &mut Outbound) -> Vec<(u32, u8, Vec<u8>)> {
        let mut segments = Vec::new();
        loop {
            let mut out = Vec::new();
            outbound.transmit(47, 1, &mut out);
            if out.is_empty() {
                return segments;
            }
            let header = Header::decode(&out).expect("a segment");
            segments.push((header.conversation, header.flags.0, out[36..].to_vec()));
        }
    }

    #[test]
    fn conversations_take_turns() {
        let mut outbound = Outbound::default();
        outbound.push(1, Transfer::new(header(1), b"head".to_vec(), body(b"0123456789abcdef"), 16));
        outbound.push(3, Transfer::short(header(3), b"one".to_vec()));
        outbound.push(3, Transfer::short(header(3), b"two".to_vec()));
        outbound.urgent(Header { flags: ControlFlags::NONE, ..header(9) }, b"urgent");
        assert_eq!(outbound.bytes(), 36 + 6 + 4 + 16 + 3 + 3);
        let want = vec![
            (9, 0x00, b"urgent".to_vec()),
            (1, 0x10, b"head0123".to_vec()),
            (3, 0x30, b"one".to_vec()),
            (1, 0x00, b"456789ab".to_vec()),
            (3, 0x30, b"two".to_vec()),
            (1, 0x20, b"cdef".to_vec()),
        ];
        assert_eq!(drain(&mut outbound), want);
        assert_eq!((outbound.bytes(), outbound.segments()), (0, 6));
    }

    #[test]
    fn the_farewell_goes_behind_all_that_can_go() {
        let mut outbound = Outbound::default();
        outbound
            .push(1, Transfer::new(header(1), Vec::new(), body(b"a body that never becomes whole"), 1000));
        outbound.farewell(Header { flags: ControlFlags::NONE, ..header(9) }, b"bye");
        outbound.push(3, Transfer::short(header(3), b"one".to_vec()));
        let order: Vec<u32> = drain(&mut outbound).iter().map(|(conversation, ..)| *conversation).collect();
        assert_eq!(order, [1, 3, 1, 1, 9]);
    }

    #[test]
    fn long_bodies_are_pulled_and_only_full_segments_leave() {
        let mut outbound = Outbound::default();
        outbound.push(1, Transfer::new(header(1), Vec::new(), body(b"0123456789abc"), 25));
        assert_eq!(outbound.pulls().collect::<Vec<_>>(), [1]);
        assert_eq!(outbound.pulls().count(), 0, "one piece at a time");
        assert_eq!(drain(&mut outbound), [(1, 0x10, b"01234567".to_vec())]);
        outbound.piece(1, &body(b"d"));
        assert_eq!(drain(&mut outbound), []);
        assert_eq!(outbound.pulls().collect::<Vec<_>>(), [1]);
        outbound.piece(1, &body(b"efghijklmno and more than there should be"));
        let want =
            [(1, 0x00, b"89abcdef".to_vec()), (1, 0x00, b"ghijklmn".to_vec()), (1, 0x20, b"o".to_vec())];
        assert_eq!(drain(&mut outbound), want);
        outbound.piece(1, &body(b"for nobody"));
        assert_eq!(outbound.bytes(), 0);
    }

    #[test]
    fn every_segment_of_a_delivery_has_its_head() {
        let mut outbound = Outbound::default();
        let head = AsyncHead { hobj: 2, ..AsyncHead::default() };
        let delivery = Header { segment_type: SegmentType::ASYNC_MESSAGE, ..header(1) };
        outbound
            .push(1, Transfer::new(delivery, b"MD".to_vec(), body(b"012345678"), 9).with_async_head(head));
        let mut out = Vec::new();
        outbound.transmit(36 + 24 + 8, usize::MAX, &mut out);
        let (first, second) = out.split_at(36 + 24 + 8);
        assert_eq!(&first[60..], b"MD012345");
        assert_eq!(&first[36 + 16..36 + 24], [6, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&second[60..], b"678\0");
        assert_eq!(&second[36 + 16..36 + 24], [3, 0, 0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn a_conversation_that_ended_leaves_nothing() {
        let mut outbound = Outbound::default();
        outbound.push(1, Transfer::new(header(1), Vec::new(), body(b"0123456789abc"), 25));
        outbound.forget(1);
        assert_eq!((outbound.bytes(), drain(&mut outbound)), (0, vec![]));
    }
}
