//! Segments of the probe's server: built once with the codecs of `channel`, then copied and patched.
//!
//! What is read from a request is read at fixed places: the generator sends MQMD version 2 and MQPMO version 2.

use channel::segment::api::ApiHeader;
use channel::segment::async_message::{AsyncFirst, AsyncHead};
use channel::segment::put::Put;
use channel::segment::{ControlFlags, Header, HeaderKind, SegmentType};
use mqi::md::Md;
use mqi::pmo::Pmo;
use mqi::wire::{ByteOrder, Charset, Writer};

/// Bytes of the header.
pub(super) const HEADER_LEN: usize = 36;
/// Longest segment that is sent.
const SEGMENT_MAX: usize = 32_764;
/// Bytes at the start of every segment of a delivery, after the header.
const HEAD_LEN: usize = 24;

/// Where things are in the body of an MQPUT.
pub(super) const PUT_PERSISTENCE: usize = ApiHeader::LEN + 44;
/// Options of the MQPMO.
pub(super) const PUT_OPTIONS: usize = ApiHeader::LEN + 364 + 8;
/// The data.
pub(super) const PUT_DATA: usize = ApiHeader::LEN + 364 + 152 + 4;
/// The handle in any API header.
pub(super) const HOBJ: usize = 12;

/// The templates.
pub(super) struct Answers {
    put: Vec<u8>,
    bare: Vec<u8>,
    delivery: Vec<u8>,
}

/// The header of any answer; FIRST and LAST.
pub(super) fn header(conversation: u32, request: u32, segment_type: SegmentType) -> Header {
    Header {
        kind: HeaderKind::Multiplexed,
        conversation,
        request,
        order: ByteOrder::Little,
        segment_type,
        flags: ControlFlags::WHOLE,
        flags2: 0,
        luwid: [0; 8],
        encoding: 0x222,
        ccsid: 819,
        charset: Charset::Ascii,
    }
}

/// A segment with this body.
pub(super) fn segment(header: Header, encode: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
    encode(&mut w);
    let body = w.finish();
    let mut out = Vec::with_capacity(HEADER_LEN + body.len());
    header.encode(body.len(), &mut out);
    out.extend_from_slice(&body);
    out
}

/// An API header that says that all went well.
pub(super) fn api(w: &mut Writer, hobj: i32) {
    ApiHeader { length: 0, comp_code: 0, reason: 0, hobj }.encode(w);
}

impl Answers {
    /// Builds the templates.
    pub(super) fn new() -> Self {
        let put = Put {
            md: Box::new(Md { version: 2, ..Md::default() }),
            pmo: Box::new(Pmo { version: 2, ..Pmo::default() }),
            ..Put::default()
        };
        let first = AsyncFirst { status: 1, md: Box::new(Md::v2()), ..AsyncFirst::default() };
        Self {
            put: segment(header(0, 0, SegmentType::MQPUT_REPLY), |w| {
                api(w, 0);
                put.encode(w);
            }),
            bare: segment(header(0, 0, SegmentType::MQCMIT_REPLY), |w| api(w, 0)),
            delivery: segment(header(0, 0, SegmentType::ASYNC_MESSAGE), |w| {
                AsyncHead { version: 1, ..AsyncHead::default() }.encode(w);
                first.encode(w);
            }),
        }
    }

    /// Appends the reply to an MQPUT.
    pub(super) fn put(&self, out: &mut Vec<u8>, conversation: u32, request: u32) {
        let at = out.len();
        out.extend_from_slice(&self.put);
        address(&mut out[at..], conversation, request);
    }

    /// Appends a reply that is an API header alone.
    pub(super) fn bare(&self, out: &mut Vec<u8>, to: SegmentType, conversation: u32, request: u32) {
        let at = out.len();
        out.extend_from_slice(&self.bare);
        address(&mut out[at..], conversation, request);
        out[at + 17] = to.reply().0;
    }

    /// Appends a message, in as many segments as it takes.
    pub(super) fn delivery(&self, out: &mut Vec<u8>, conversation: u32, head: &AsyncHead, data: &[u8]) {
        let room = SEGMENT_MAX - self.delivery.len();
        let (mut part, mut rest) = data.split_at(data.len().min(room));
        let mut template = &self.delivery[..];
        let mut index = 0u16;
        loop {
            let at = out.len();
            out.extend_from_slice(template);
            out.extend_from_slice(part);
            let is_last = rest.is_empty();
            if is_last {
                out.resize(at + (out.len() - at).next_multiple_of(4), 0);
            }
            let segment = &mut out[at..];
            let length = u32::try_from(segment.len()).expect("segments are short");
            segment[4..8].copy_from_slice(&length.to_be_bytes());
            address(segment, conversation, 1);
            let first = if index == 0 { ControlFlags::FIRST.0 } else { 0 };
            segment[18] = first | if is_last { ControlFlags::LAST.0 } else { 0 };
            let mut word = |at: usize, value: i32| {
                segment[HEADER_LEN + at..HEADER_LEN + at + 4].copy_from_slice(&value.to_le_bytes());
            };
            word(4, head.hobj);
            word(8, head.message_index);
            word(12, head.global_message_index);
            word(16, part.len() as i32);
            if index == 0 {
                word(28, data.len() as i32);
                word(32, data.len() as i32);
            }
            let places = [(20, index), (22, head.selection_index)];
            for (at, value) in places {
                segment[HEADER_LEN + at..HEADER_LEN + at + 2].copy_from_slice(&value.to_le_bytes());
            }
            if is_last {
                return;
            }
            (part, rest) = rest.split_at(rest.len().min(SEGMENT_MAX - HEADER_LEN - HEAD_LEN));
            template = &self.delivery[..HEADER_LEN + HEAD_LEN];
            index += 1;
        }
    }
}

/// Whom a segment is for.
fn address(segment: &mut [u8], conversation: u32, request: u32) {
    segment[8..12].copy_from_slice(&conversation.to_be_bytes());
    segment[12..16].copy_from_slice(&request.to_be_bytes());
}

/// The 32-bit integer at this place of a request; 0 where it ends before.
pub(super) fn word(body: &[u8], at: usize) -> i32 {
    body.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use channel::framer::Framer;

    #[test]
    fn deliveries_of_any_length_are_what_the_codec_reads() {
        let answers = Answers::new();
        for length in [0usize, 1, 2048, 32_000, 33_000, 200_001] {
            let data: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let head = AsyncHead {
                hobj: 4,
                message_index: 3,
                global_message_index: 9,
                selection_index: 2,
                ..AsyncHead::default()
            };
            let mut out = Vec::new();
            answers.delivery(&mut out, 1, &head, &data);
            let mut framer = Framer::new(SEGMENT_MAX);
            framer.push(Bytes::from(out));
            let mut got = Vec::new();
            let mut is_last = false;
            while let Some(segment) = framer.next().unwrap() {
                assert!(!is_last && segment.header.request == 1);
                let mut r = segment.reader();
                let here = AsyncHead::decode(&mut r).unwrap();
                assert_eq!((here.hobj, here.selection_index, here.message_index), (4, 2, 3));
                if segment.header.flags.has(ControlFlags::FIRST) {
                    let first = AsyncFirst::decode(&mut r).unwrap();
                    assert_eq!((first.sent_length, first.full_length), (length as i32, length as i32));
                }
                got.extend_from_slice(&r.rest()[..here.segment_length as usize]);
                is_last = segment.header.flags.has(ControlFlags::LAST);
            }
            assert!(is_last && got == data, "{length}");
        }
    }

    #[test]
    fn fields_are_where_the_generator_puts_them() {
        let md = Md { persistence: 1, ..Md::v2() };
        let pmo = Pmo { version: 2, options: 0x1234, ..Pmo::default() };
        let put = Put { md: Box::new(md), pmo: Box::new(pmo), data_length: 3, ..Put::default() };
        let bytes = segment(header(1, 3, SegmentType::MQPUT), |w| {
            api(w, 6);
            put.encode(w);
            w.bytes(b"abc");
        });
        let body = &bytes[HEADER_LEN..];
        assert_eq!((word(body, HOBJ), word(body, PUT_PERSISTENCE), word(body, PUT_OPTIONS)), (6, 1, 0x1234));
        assert_eq!(&body[PUT_DATA..], b"abc");
    }
}
