//! The calls that actors make, with the structures that they share.

use bytes::Bytes;
use channel::client::client_end::Stream;
use mqi::call::{Body, Call, Delivery, Hobj, Long, Selection};
use mqi::constants::{
    MQGMO_FAIL_IF_QUIESCING, MQGMO_NO_SYNCPOINT, MQGMO_SYNCPOINT, MQGMO_WAIT, MQMO_MATCH_CORREL_ID,
    MQOO_FAIL_IF_QUIESCING, MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPER_NOT_PERSISTENT, MQPER_PERSISTENT,
    MQPMO_ASYNC_RESPONSE, MQPMO_FAIL_IF_QUIESCING, MQPMO_NEW_MSG_ID, MQPMO_NO_SYNCPOINT, MQPMO_SYNCPOINT,
    MQWI_UNLIMITED,
};
use mqi::{Gmo, Md, Pmo};

/// Options of the queues that are got from and put to.
pub(super) const INPUT: i32 = MQOO_INPUT_SHARED | MQOO_FAIL_IF_QUIESCING;
/// The same for puts.
pub(super) const OUTPUT: i32 = MQOO_OUTPUT | MQOO_FAIL_IF_QUIESCING;

/// How messages are put and got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    /// Messages are persistent.
    pub(super) is_persistent: bool,
    /// Puts and gets are in units of work.
    pub(super) is_syncpoint: bool,
}

impl Mode {
    /// A descriptor for it.
    pub(super) fn md(self) -> Md {
        let persistence = if self.is_persistent { MQPER_PERSISTENT } else { MQPER_NOT_PERSISTENT };
        Md { persistence, ..Md::v2() }
    }

    fn pmo(self, more: i32) -> Pmo {
        let unit = if self.is_syncpoint { MQPMO_SYNCPOINT } else { MQPMO_NO_SYNCPOINT };
        Pmo {
            version: 2,
            options: unit | MQPMO_NEW_MSG_ID | MQPMO_FAIL_IF_QUIESCING | more,
            ..Pmo::default()
        }
    }

    /// MQPUT.
    pub(super) fn put(self, hobj: Hobj, md: &Md, body: Body) -> Call {
        let (md, pmo) = (Box::new(md.clone()), Box::new(self.pmo(0)));
        Call::Put { hobj, md, pmo, body: Long::whole(body) }
    }

    /// MQPUT that is not answered.
    pub(super) fn put_async(self, hobj: Hobj, md: &Md, body: Body) -> Call {
        let (md, pmo) = (Box::new(md.clone()), Box::new(self.pmo(MQPMO_ASYNC_RESPONSE)));
        Call::Put { hobj, md, pmo, body: Long::whole(body) }
    }

    fn get_options(self) -> i32 {
        let unit = if self.is_syncpoint { MQGMO_SYNCPOINT } else { MQGMO_NO_SYNCPOINT };
        MQGMO_WAIT | MQGMO_FAIL_IF_QUIESCING | unit
    }
}

/// Get options for a message that is there, outside syncpoint.
pub(super) fn single_gmo() -> Gmo {
    Gmo { options: MQGMO_NO_SYNCPOINT | MQGMO_FAIL_IF_QUIESCING, ..Gmo::default() }
}

/// How messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Streamed, one at a time, as IBM's clients get on a shared socket.
    Stream,
    /// Streamed ahead, under syncpoint too, as a client of our own gets.
    Ahead,
    /// By MQGET.
    Mqget,
}

impl Way {
    /// For the report.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Stream => "streaming get, one at a time",
            Self::Ahead => "streaming get, ahead",
            Self::Mqget => "MQGET",
        }
    }
}

/// Who gets messages.
pub(super) struct Getter {
    hobj: Hobj,
    mode: Mode,
    correl_id: Option<[u8; 24]>,
    buffer_length: i32,
    /// None: MQGET.
    stream: Option<Stream>,
}

impl Getter {
    /// Gets messages of up to `size` bytes of a handle, those with this correlation id only if there is one.
    pub(super) fn new(hobj: Hobj, mode: Mode, correl_id: Option<[u8; 24]>, size: usize, way: Way) -> Self {
        let buffer_length = i32::try_from(size).unwrap_or(i32::MAX);
        let stream = (way != Way::Mqget).then(|| {
            let mut stream = Stream::new(mode.get_options(), buffer_length);
            if way == Way::Ahead {
                stream = stream.ahead(Stream::READ_AHEAD);
            }
            stream.select(Selection {
                md_version: 2,
                match_options: if correl_id.is_some() { MQMO_MATCH_CORREL_ID } else { 0 },
                correl_id: correl_id.unwrap_or_default(),
                ..Selection::default()
            });
            stream
        });
        Self { hobj, mode, correl_id, buffer_length, stream }
    }

    /// The call that asks for the next message.
    pub(super) fn next(&mut self) -> Call {
        let Some(stream) = &mut self.stream else {
            let gmo = Gmo {
                version: 2,
                options: self.mode.get_options(),
                wait_interval: MQWI_UNLIMITED,
                match_options: if self.correl_id.is_some() { MQMO_MATCH_CORREL_ID } else { 0 },
                ..Gmo::default()
            };
            let md = Md { correl_id: self.correl_id.unwrap_or_default(), ..Md::v2() };
            let (md, gmo) = (Box::new(md), Box::new(gmo));
            return Call::Get { hobj: self.hobj, md, gmo, buffer_length: self.buffer_length };
        };
        Call::Consume { hobj: self.hobj, consume: Box::new(stream.request(MQWI_UNLIMITED)) }
    }

    /// The call that asks for more, if it is time for it.
    pub(super) fn more(&mut self) -> Option<Call> {
        let is_time = self.stream.as_ref().is_none_or(Stream::is_half_empty);
        is_time.then(|| self.next())
    }

    /// The call that says what has been taken, if the queue manager has to be told before a commit.
    pub(super) fn tell(&mut self) -> Option<Call> {
        let is_due = self.stream.as_ref().is_some_and(Stream::is_untold);
        is_due.then(|| self.next())
    }

    /// A message has been streamed.
    pub(super) fn took(&mut self, delivery: &Delivery) {
        if let Some(stream) = &mut self.stream {
            stream.took(delivery);
        }
    }
}

/// A body of `size` bytes that begins with a time and a number, as far as there is room.
pub(super) fn stamped(filler: &Bytes, now_ns: u64, number: u64) -> Body {
    let mut bytes = filler.to_vec();
    for (place, value) in bytes.chunks_exact_mut(8).zip([now_ns, number]) {
        place.copy_from_slice(&value.to_be_bytes());
    }
    Body::from(bytes)
}

/// The time and the number that a body begins with; zeros where there was no room.
pub(super) fn stamps(body: &Body) -> (u64, u64) {
    let bytes = body.pieces().first().map_or(&[][..], |piece| piece);
    let value =
        |at: usize| bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_be_bytes);
    (value(0), value(8))
}

/// A body to be filled in.
pub(super) fn filler(size: usize) -> Bytes {
    (0..size).map(|at| b'a' + (at % 26) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_read_back_if_there_is_room() {
        for (size, want) in [(100, (5, 7)), (16, (5, 7)), (15, (5, 0)), (7, (0, 0)), (0, (0, 0))] {
            let body = stamped(&filler(size), 5, 7);
            assert_eq!((stamps(&body), body.len()), (want, size), "{size}");
        }
    }
}
