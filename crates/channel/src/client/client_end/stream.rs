//! A streaming get, from the getter's side: what the next REQUEST_MSGS has to say.
//!
//! ```text
//! begin ─► request(…) ─► deliveries, each told to `took` ─► request(…) ─► …
//! ```
//!
//! Under syncpoint a getter that has [asked for it](Stream::ahead) takes messages ahead as well: what it has taken is
//! named by the next request, which goes before MQCMIT and before MQCLOSE. After MQBACK it selects again.
//!
//! The queue manager sends until the bytes that were asked for are under way; what has been taken opens the
//! window again with the next request. One byte asks for one message. A wait is timed here, by the getter: when
//! it is over, a check tells whether a message is under way (`docs/protocol.md`, 4).

use mqi::call::{AHEAD, Consume, Delivery, Selection};

/// First request of a get call, later ones, and the single check.
const GET_CALL: i32 = 0x08;
const SINGLE_CHECK: i32 = 0x06;

/// Bytes that a delivery counts beyond its data: the descriptor.
const DESCRIPTOR_LEN: i32 = 364;

/// The state of one handle that messages are streamed to.
#[derive(Clone, Debug)]
pub struct Stream {
    options: i32,
    message_max: i32,
    window: i32,
    is_ahead: bool,
    selection: Option<Selection>,
    index: u16,
    received: i32,
    known: i32,
}

impl Stream {
    /// Window, in bytes, of a client that takes messages ahead, as observed.
    pub const READ_AHEAD: i32 = 102_400;

    /// A getter with these MQGMO options that takes messages of up to `message_max` bytes (-1: of any length),
    /// one at a time.
    pub fn new(options: i32, message_max: i32) -> Self {
        Self {
            options,
            message_max,
            window: 1,
            is_ahead: false,
            selection: None,
            index: 0,
            received: 0,
            known: 0,
        }
    }

    /// Takes messages ahead, up to this many bytes.
    #[must_use]
    pub fn with_window(self, bytes: i32) -> Self {
        Self { window: bytes, ..self }
    }

    /// Takes messages ahead under syncpoint too. Only Packhorse knows how.
    #[must_use]
    pub fn ahead(self, bytes: i32) -> Self {
        Self { is_ahead: true, ..self.with_window(bytes) }
    }

    /// From the next request on, only messages that this selection matches. Its index is given here.
    pub fn select(&mut self, selection: Selection) {
        self.index = self.index.wrapping_add(1).max(1);
        self.selection = Some(Selection { index: self.index, ..selection });
    }

    /// Whether messages have been taken ahead that no request has named.
    pub fn is_untold(&self) -> bool {
        self.is_ahead && self.received > 0
    }

    /// Whether half of the window is used up, so that it is time for a request.
    pub fn is_half_empty(&self) -> bool {
        self.received >= self.window / 2
    }

    /// The next request: as it stands, until a message comes.
    pub fn request(&mut self, wait_interval_ms: i32) -> Consume {
        self.consume(wait_interval_ms, GET_CALL)
    }

    /// The next request: is there a message now? CHECK_MSG comes after it if there is, and alone if not.
    pub fn check(&mut self) -> Consume {
        self.consume(0, GET_CALL | SINGLE_CHECK)
    }

    fn consume(&mut self, wait_interval_ms: i32, request_flags: i32) -> Consume {
        Consume {
            received_bytes: std::mem::take(&mut self.received),
            requested_bytes: self.window,
            max_msg_length: self.message_max,
            options: self.options,
            wait_interval_ms,
            queue_status: i32::from(self.window > 1),
            request_flags: request_flags | if self.is_ahead { AHEAD } else { 0 },
            global_message_index: self.known,
            selection: self.selection.take(),
        }
    }

    /// A message has come.
    pub fn took(&mut self, delivery: &Delivery) {
        let length = i32::try_from(delivery.body.total).unwrap_or(i32::MAX);
        self.received = self.received.saturating_add(length).saturating_add(DESCRIPTOR_LEN);
        self.known = delivery.global_message_index;
    }

    /// Whether a delivery belongs to the selection in force: what was under way before it is not for us.
    pub fn is_current(&self, delivery: &Delivery) -> bool {
        delivery.selection_index == self.index
    }

    /// Bytes that have come since the last request.
    pub fn received_bytes(&self) -> i32 {
        self.received
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqi::call::{Body, Hobj, Long};

    fn delivery(index: i32, selection_index: u16, length: usize) -> Delivery {
        Delivery {
            hobj: Hobj(2),
            message_index: index,
            global_message_index: index,
            selection_index,
            reason: mqi::Reason::NONE,
            total_length: length as u32,
            msg_token: [0; 16],
            status: 1,
            resolved_q_name: mqi::Chars::BLANK,
            md: Box::default(),
            body: Long::whole(Body::from(vec![0; length])),
        }
    }

    #[test]
    fn requests_say_what_has_come_since_the_last() {
        let mut stream = Stream::new(0x2001, 4096);
        stream.select(Selection { match_options: 2, ..Selection::default() });
        let first = stream.request(1500);
        assert_eq!(first.selection.as_ref().map(|s| (s.index, s.match_options)), Some((1, 2)));
        assert_eq!((first.requested_bytes, first.queue_status, first.request_flags), (1, 0, 8));
        assert!(!stream.is_current(&delivery(1, 7, 0)) && stream.is_current(&delivery(1, 1, 0)));
        stream.took(&delivery(1, 1, 5));
        stream.took(&delivery(2, 1, 7));
        let second = stream.check();
        assert_eq!((second.received_bytes, second.global_message_index), (364 * 2 + 12, 2));
        assert_eq!((second.selection, second.request_flags, second.wait_interval_ms), (None, 0x0E, 0));
        let mut ahead = Stream::new(0x2001, -1).with_window(Stream::READ_AHEAD);
        assert_eq!(
            (ahead.request(-1).queue_status, ahead.request(-1).requested_bytes),
            (1, Stream::READ_AHEAD)
        );
    }
}
