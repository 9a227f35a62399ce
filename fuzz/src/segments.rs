//! A stream cut into segments, and each segment's body as every structure that such a segment may hold.
//!
//! The first byte says how the stream is chunked, the rest is the stream.

use bytes::Bytes;
use channel::framer::{Framer, FramerError};
use channel::log::Tap;
use channel::segment::api::ApiHeader;
use channel::segment::async_message::{AsyncFirst, AsyncHead};
use channel::segment::close::Close;
use channel::segment::conauth::Conauth;
use channel::segment::conn::Conn;
use channel::segment::get::Get;
use channel::segment::initial_data::InitialData;
use channel::segment::inquire::{Attributes, Inquire};
use channel::segment::notification::Notification;
use channel::segment::open::Open;
use channel::segment::put::Put;
use channel::segment::request_messages::RequestMessages;
use channel::segment::socket_action::SocketAction;
use channel::segment::spi::Spi;
use channel::segment::stat::Stat;
use channel::segment::status_data::StatusData;
use channel::segment::strings::Base;
use channel::segment::user_id::UserId;
use channel::segment::xa::Xa;
use channel::segment::{Segment, SegmentType};
use mqi::wire::{ByteOrder, DecodeError, Reader, Writer};

use crate::vectors;

const LIMIT: usize = 32_766;

pub(crate) fn run(input: &[u8]) {
    let Some((chunk, stream)) = input.split_first() else { return };
    let whole = cut(stream, stream.len().max(1));
    let chunked = cut(stream, usize::from(*chunk).max(1));
    assert_eq!(whole, chunked, "chunks of any size give the same segments");
    let mut text = String::new();
    Tap::default().received(Bytes::copy_from_slice(stream), &mut text);
    for segment in &whole.0 {
        header_survives(segment);
        body(segment);
    }
}

/// What comes of a stream, and how it ends.
fn cut(stream: &[u8], size: usize) -> (Vec<Segment>, Option<FramerError>) {
    let mut framer = Framer::new(LIMIT);
    let mut segments = Vec::new();
    for chunk in stream.chunks(size) {
        framer.push(Bytes::copy_from_slice(chunk));
        loop {
            match framer.next() {
                Ok(Some(segment)) => segments.push(segment),
                Ok(None) => break,
                Err(error) => return (segments, Some(error)),
            }
        }
        assert!(framer.buffered() <= LIMIT, "no more than a segment is held");
    }
    (segments, None)
}

fn header_survives(segment: &Segment) {
    let mut bytes = Vec::new();
    segment.encode(&mut bytes);
    let (again, error) = cut(&bytes, bytes.len());
    assert_eq!((again.as_slice(), error), (std::slice::from_ref(segment), None));
}

/// What is decoded is the same after having been written, in both byte orders.
fn survives<T: PartialEq + std::fmt::Debug>(
    segment: &Segment,
    decode: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
    encode: impl Fn(&T, &mut Writer),
) {
    let Some(decoded) = decoded(segment, &decode) else { return };
    let charset = segment.header.charset;
    for order in [ByteOrder::Big, ByteOrder::Little] {
        let mut w = Writer::new(order, charset);
        encode(&decoded, &mut w);
        let bytes = w.finish();
        let again = decode(&mut Reader::new(&bytes, order, charset));
        assert_eq!(again.as_ref(), Ok(&decoded), "{order:?}");
    }
}

fn decoded<T>(segment: &Segment, decode: &impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>) -> Option<T> {
    let mut r = segment.reader();
    let decoded = decode(&mut r).ok();
    assert!(r.position() <= segment.body.len());
    decoded
}

/// The same for what comes behind the API header.
fn call<T: PartialEq + std::fmt::Debug>(
    segment: &Segment,
    decode: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
    encode: impl Fn(&T, &mut Writer),
) {
    survives(
        segment,
        |r| Ok((ApiHeader::decode(r)?, decode(r)?)),
        |(api, it), w| {
            api.encode(w);
            encode(it, w);
        },
    );
}

/// For structures with strings, whose places are not kept: they can be read, and what was written too.
fn strings<T: std::fmt::Debug>(
    segment: &Segment,
    decode: impl Fn(&mut Reader<'_>, Base<'_>) -> Result<T, DecodeError>,
    encode: impl Fn(&T, &mut Writer),
) {
    let header = &segment.header;
    let read = |bytes: &[u8], order, header_len| {
        let mut r = Reader::new(bytes, order, header.charset);
        ApiHeader::decode(&mut r)?;
        decode(&mut r, Base::whole(bytes, header_len))
    };
    let Ok(decoded) = read(&segment.body, header.order, header.kind.header_len()) else { return };
    for order in [ByteOrder::Big, ByteOrder::Little] {
        let mut w = Writer::new(order, header.charset);
        ApiHeader::default().encode(&mut w);
        encode(&decoded, &mut w);
        let bytes = w.finish();
        let again = read(&bytes, order, header.kind.header_len());
        assert!(again.is_ok(), "{decoded:?} is not read again: {again:?}");
    }
}

fn body(segment: &Segment) {
    let it = segment;
    match segment.header.segment_type {
        SegmentType::INITIAL_DATA => survives(it, InitialData::decode, InitialData::encode),
        SegmentType::STATUS_DATA => survives(it, StatusData::decode, StatusData::encode),
        SegmentType::USERID_DATA => survives(it, UserId::decode, UserId::encode),
        SegmentType::CONAUTH_INFO => survives(it, Conauth::decode, Conauth::encode),
        SegmentType::SOCKET_ACTION => survives(it, SocketAction::decode, SocketAction::encode),
        SegmentType::ASYNC_MESSAGE => survives(
            it,
            |r| Ok((AsyncHead::decode(r)?, AsyncFirst::decode(r)?)),
            |(head, first), w| {
                head.encode(w);
                first.encode(w);
            },
        ),
        SegmentType::REQUEST_MSGS => survives(it, RequestMessages::decode, RequestMessages::encode),
        SegmentType::NOTIFICATION => survives(it, Notification::decode, Notification::encode),
        SegmentType::MQCONN | SegmentType::MQCONN_REPLY => call(it, Conn::decode, Conn::encode),
        SegmentType::MQCLOSE | SegmentType::MQCLOSE_REPLY => call(it, Close::decode, Close::encode),
        SegmentType::MQGET | SegmentType::MQGET_REPLY => call(it, Get::decode, Get::encode),
        SegmentType::MQPUT | SegmentType::MQPUT_REPLY => call(it, Put::decode, Put::encode),
        SegmentType::MQINQ => call(it, Inquire::decode, Inquire::encode),
        SegmentType::MQINQ_REPLY | SegmentType::MQSET => call(it, Attributes::decode, Attributes::encode),
        SegmentType::MQOPEN | SegmentType::MQOPEN_REPLY => strings(it, Open::decode, Open::encode),
        SegmentType::MQPUT1 | SegmentType::MQPUT1_REPLY => strings(it, Put::decode_1, Put::encode),
        SegmentType::MQSTAT | SegmentType::MQSTAT_REPLY => strings(it, Stat::decode, Stat::encode),
        SegmentType::SPI => strings(it, Spi::decode_request, Spi::encode),
        SegmentType::SPI_REPLY => strings(it, Spi::decode_reply, Spi::encode),
        other if other.name().is_some_and(|name| name.starts_with("XA_")) => {
            survives(it, |r| Xa::decode(other, r), Xa::encode);
        }
        _ => {}
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let vectors = vectors::vectors("channel");
    let mut seeds: Vec<Vec<u8>> = vectors.iter().map(|(_, bytes)| [&[255][..], bytes].concat()).collect();
    seeds.push(vectors.iter().take(12).fold(vec![7], |all, (_, bytes)| [&all[..], bytes].concat()));
    seeds
}
