//! The bytes of a client, built field by field.

use bytes::Bytes;
use channel::segment::api::ApiHeader;
use channel::segment::put::Put;
use channel::segment::{ControlFlags, Header, HeaderKind, SegmentType};
use mqi::wire::{ByteOrder, Charset, Writer};

use crate::script::Script;

/// Segments are cut to this length: what the client of the vectors proposes.
pub(crate) const SEGMENT_MAX: usize = 32_748;

pub(crate) fn segment(conversation: u32, segment_type: SegmentType, flags: u8, body: &[u8]) -> Vec<u8> {
    let header = Header {
        kind: HeaderKind::Multiplexed,
        conversation,
        request: 3,
        order: ByteOrder::Little,
        segment_type,
        flags: ControlFlags(flags),
        flags2: 0,
        luwid: [0; 8],
        encoding: 546,
        ccsid: 819,
        charset: Charset::Ascii,
    };
    let mut out = Vec::new();
    header.encode(body.len(), &mut out);
    out.extend_from_slice(body);
    out
}

pub(crate) fn call(segment_type: SegmentType, hobj: i32, encode: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
    ApiHeader { hobj, ..ApiHeader::default() }.encode(&mut w);
    encode(&mut w);
    let body = w.finish();
    assert!(body.len() <= SEGMENT_MAX - 36, "{segment_type} in one segment");
    body
}

/// The segments of an MQPUT of `length` bytes, each byte its offset modulo 251.
pub(crate) fn put(conversation: u32, length: usize) -> Vec<Vec<u8>> {
    let put = Put { data_length: length as i32, ..Put::default() };
    let mut body = call(SegmentType::MQPUT, 2, |w| put.encode(w));
    body.extend(pattern(0, length));
    let pieces: Vec<&[u8]> = body.chunks(SEGMENT_MAX - 36).collect();
    let last = pieces.len() - 1;
    let flags = |at| if at == 0 { 0x10 } else { 0 } | if at == last { 0x20 } else { 0 };
    pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| segment(conversation, SegmentType::MQPUT, flags(at), piece))
        .collect()
}

/// `length` bytes of a message from an offset on.
pub(crate) fn pattern(from: usize, length: usize) -> impl Iterator<Item = u8> {
    (from..from + length).map(|at| (at % 251) as u8)
}

/// A machine with conversation 1 connected.
pub(crate) fn connected() -> Script {
    let mut script = Script::new();
    for line in [
        ">> @init-client-first-tsh-be",
        "admit message_max=4194304",
        ">> @init-client-second-tshm-le",
        ">> @conn-req-332-tshm-be",
        "reply 1",
    ] {
        script.input(line);
    }
    script
}

/// Starts and connects another conversation.
pub(crate) fn connect(script: &mut Script, conversation: u32) {
    let mut conn = crate::script::vector("conn-req-332-tshm-be");
    conn[8..12].copy_from_slice(&conversation.to_be_bytes());
    script.end.receive(Bytes::from(conn), 0);
    script.outputs(&mut String::new());
    script.input(&format!("reply {conversation}"));
}
