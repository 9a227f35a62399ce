//! Vectors for the tests of this crate: segments as hex text, under `tests/vectors`.
//!
//! The first line of a file says what the segment is and where its bytes come from; most are built from
//! the wire reference and agree with Wireshark, a few are recordings of a queue manager.

use bytes::{Buf, Bytes};
use mqi::wire::{ByteOrder, DecodeError, Reader, Writer};

use super::{Header, Segment};

/// Bytes of hex text; lines that start with `#` are comments.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).unwrap_or_else(|| panic!("{c:?} is no hex digit")))
        .collect();
    assert_eq!(digits.len() % 2, 0, "an odd number of hex digits");
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

/// Bytes of a vector.
#[track_caller]
pub(crate) fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/{name}.hex", env!("CARGO_MANIFEST_DIR"));
    unhex(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// Names of all vectors, sorted.
pub(crate) fn vectors() -> Vec<String> {
    let path = format!("{}/tests/vectors", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = std::fs::read_dir(path)
        .expect("vectors are part of the crate")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("plain names"))
        .filter_map(|name| name.strip_suffix(".hex").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// A vector as a segment.
#[track_caller]
pub(crate) fn body_of(name: &str) -> Segment {
    let mut bytes = Bytes::from(vector(name));
    let header = Header::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    bytes.advance(header.kind.header_len());
    Segment { header, body: bytes }
}

/// Decodes the body of a vector and checks that nothing is left over.
#[track_caller]
pub(crate) fn decode<T>(name: &str, decode: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>) -> T {
    let segment = body_of(name);
    let mut r = segment.reader();
    let decoded = decode(&mut r).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(r.remaining(), 0, "{name}: bytes left over");
    decoded
}

/// Decodes the body of a vector, encodes it again and compares the bytes.
#[track_caller]
pub(crate) fn round_trip<T>(
    name: &str,
    decoder: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
    encoder: impl Fn(&T, &mut Writer),
) -> T {
    let decoded = decode(name, decoder);
    let segment = body_of(name);
    let mut w = Writer::new(segment.header.order, segment.header.charset);
    encoder(&decoded, &mut w);
    let bytes = w.finish();
    if bytes != segment.body {
        let at = bytes.iter().zip(&segment.body).position(|(a, b)| a != b).unwrap_or(bytes.len());
        let from = |bytes: &[u8]| bytes.get(at..).map(|rest| rest[..rest.len().min(24)].to_vec());
        panic!(
            "{name}: {} bytes instead of {}, first difference at {at} of the body: {:02x?} instead of {:02x?}",
            bytes.len(),
            segment.body.len(),
            from(&bytes),
            from(&segment.body)
        );
    }
    decoded
}

/// Checks that whatever can be decoded survives: bodies made from a vector's by changing bytes at random
/// are decoded, encoded and decoded again, in both byte orders.
#[track_caller]
pub(crate) fn check_survival<T: PartialEq + std::fmt::Debug>(
    name: &str,
    decoder: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
    encoder: impl Fn(&T, &mut Writer),
) {
    use proptest::prelude::*;

    let segment = body_of(name);
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(changes in prop::collection::vec(change, 0..8))| {
        let mut bytes = segment.body.to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let charset = segment.header.charset;
        if let Ok(decoded) = decoder(&mut Reader::new(&bytes, segment.header.order, charset)) {
            for order in [ByteOrder::Big, ByteOrder::Little] {
                let mut w = Writer::new(order, charset);
                encoder(&decoded, &mut w);
                let again = w.finish();
                let again = decoder(&mut Reader::new(&again, order, charset));
                prop_assert_eq!(again.as_ref(), Ok(&decoded), "{}", name);
            }
        }
    });
}

/// Decodes every beginning of a vector's body, and the whole with every byte changed in turn. What comes
/// out does not matter, only that something does.
#[track_caller]
pub(crate) fn check_truncations<T>(name: &str, decode: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>) {
    let segment = body_of(name);
    let (order, charset) = (segment.header.order, segment.header.charset);
    for end in 0..segment.body.len() {
        let _ = decode(&mut Reader::new(&segment.body[..end], order, charset));
    }
    assert!(decode(&mut Reader::new(&[1], order, charset)).is_err(), "{name}: one byte is no body");
    let mut bytes = segment.body.to_vec();
    for at in 0..bytes.len() {
        for change in [0x01, 0x7F, 0x80, 0xFF] {
            bytes[at] ^= change;
            let _ = decode(&mut Reader::new(&bytes, order, charset));
            bytes[at] ^= change;
        }
    }
}
