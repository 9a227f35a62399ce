//! Segments: what travels on a channel, one file for each kind of body.
//!
//! A stream is a sequence of segments, each a [`Header`] and a body. There is no other framing. A body
//! that does not fit one segment is cut: every piece repeats the header, the first has the flag FIRST,
//! the last LAST, and only the first has the structures. In every file here `decode` stands next to
//! `encode`, in the order of the fields. Encoding cannot fail; decoding takes any bytes without harm.

pub mod api;
pub mod async_message;
pub mod close;
pub mod conauth;
pub mod conn;
pub mod get;
pub mod header;
pub mod initial_data;
pub mod inquire;
pub mod notification;
pub mod open;
pub mod put;
pub mod request_messages;
pub mod socket_action;
pub mod spi;
pub mod stat;
pub mod status_data;
pub mod strings;
pub mod user_id;
pub mod xa;

use bytes::Bytes;
use mqi::wire::{DecodeError, Reader};

pub use header::{ControlFlags, Header, HeaderKind, SegmentType};

/// One segment: its header, and its body as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The header.
    pub header: Header,
    /// Everything after it.
    pub body: Bytes,
}

impl Segment {
    /// Reads the body in the byte order and character set that the header announces.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(&self.body, self.header.order, self.header.charset)
    }

    /// Appends the segment as it travels.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.header.encode(self.body.len(), out);
        out.extend_from_slice(&self.body);
    }
}

/// Takes a structure id, four characters in the sender's character set.
fn structure_id(r: &mut Reader<'_>, id: &str) -> Result<(), DecodeError> {
    if r.chars::<4>()? == id { Ok(()) } else { Err(DecodeError::StrucId) }
}

/// A count field as a number of things of `size` bytes each that must be in `r`: what a peer claims is
/// checked against what it sent before anything is allocated for it.
fn count(r: &Reader<'_>, value: i32, size: usize) -> Result<usize, DecodeError> {
    match usize::try_from(value) {
        Ok(count) if count <= r.remaining() / size => Ok(count),
        _ => Err(DecodeError::Length(value)),
    }
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;
    use testing::{body_of, check_survival, vector, vectors};

    #[test]
    fn every_vector_has_a_header_that_survives() {
        let names = vectors();
        assert_eq!(names.len(), 80);
        for name in names {
            let mut bytes = Vec::new();
            body_of(&name).encode(&mut bytes);
            assert_eq!(bytes, vector(&name), "{name}");
        }
    }

    #[test]
    fn what_can_be_decoded_survives() {
        use mqi::wire::Writer;

        check_survival(
            "init-client-first-tsh-be",
            initial_data::InitialData::decode,
            initial_data::InitialData::encode,
        );
        check_survival("uid-password-tshm-be", user_id::UserId::decode, user_id::UserId::encode);
        check_survival("conauth-tshm-le", conauth::Conauth::decode, conauth::Conauth::encode);
        check_survival(
            "status-value-tsh-be",
            status_data::StatusData::decode,
            status_data::StatusData::encode,
        );
        check_survival(
            "socket-start-tshc-le",
            socket_action::SocketAction::decode,
            socket_action::SocketAction::encode,
        );
        check_survival(
            "notif-check-tshm-le",
            notification::Notification::decode,
            notification::Notification::encode,
        );
        let consume = request_messages::RequestMessages::decode;
        check_survival("reqmsgs-match-tshm-be", consume, request_messages::RequestMessages::encode);
        let xa = |r: &mut Reader<'_>| xa::Xa::decode(SegmentType::XA_START, r);
        check_survival("xa-start-tshm-le", xa, xa::Xa::encode);

        fn behind_api<'a, T>(
            r: &mut Reader<'a>,
            decode: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
        ) -> Result<(api::ApiHeader, T), DecodeError> {
            Ok((api::ApiHeader::decode(r)?, decode(r)?))
        }
        fn with_api<T>(encode: impl Fn(&T, &mut Writer)) -> impl Fn(&(api::ApiHeader, T), &mut Writer) {
            move |(api, it), w| {
                api.encode(w);
                encode(it, w);
            }
        }
        check_survival(
            "conn-req-332-tshm-be",
            |r| behind_api(r, conn::Conn::decode),
            with_api(conn::Conn::encode),
        );
        check_survival(
            "close-tshm-le",
            |r| behind_api(r, close::Close::decode),
            with_api(close::Close::encode),
        );
        check_survival(
            "inq-tshm-le",
            |r| behind_api(r, inquire::Inquire::decode),
            with_api(inquire::Inquire::encode),
        );
        let attributes = inquire::Attributes::encode;
        check_survival(
            "inq-rep-tshm-le",
            |r| behind_api(r, inquire::Attributes::decode),
            with_api(attributes),
        );
        check_survival("get-gmo4-tshm-le", |r| behind_api(r, get::Get::decode), with_api(get::Get::encode));
        check_survival(
            "put-distlist-tshm-le",
            |r| behind_api(r, put::Put::decode),
            with_api(put::Put::encode),
        );
        check_survival(
            "async-md1-tshm-le",
            |r| Ok((async_message::AsyncHead::decode(r)?, async_message::AsyncFirst::decode(r)?)),
            |(head, first), w| {
                head.encode(w);
                first.encode(w);
            },
        );
        // Strings find new places, so what has them is compared without.
        let base = |r: &Reader<'_>| strings::Base::whole(&[], r.position());
        check_survival(
            "open-qmgr-tshm-le",
            |r| behind_api(r, |r| open::Open::decode(r, base(r))),
            with_api(open::Open::encode),
        );
        check_survival(
            "spi-get-tshm-le",
            |r| behind_api(r, |r| spi::Spi::decode_request(r, base(r))),
            with_api(spi::Spi::encode),
        );
        check_survival(
            "spi-query-rep-tshm-le",
            |r| behind_api(r, |r| spi::Spi::decode_reply(r, base(r))),
            with_api(spi::Spi::encode),
        );
    }
}
