//! SPI: verbs beyond the MQI that clients of level 9 and above use. Follows the API header.
//!
//! ```text
//!  0 LONG verb                       1 QUERY  SPQU SPQI | SPQO     5 SYNCPOINT
//!  4 LONG version of the SPxU        2 PUT    SPPU SPPI | SPPO     6 RESERVE
//!  8 LONG longest reply              3 GET    SPGU SPGI | SPGO     7 SUBSCRIBE
//! 12      SPxU, both ways            4 ACTIVATE SPAU SPAI | SPAO  11 NOTIFY
//!         structures of the verb    12 OPEN   SPOU SPOI | SPOO
//!         SPxI in requests, SPxO in replies
//! ```
//!
//! RESERVE, as observed, asks for message ids that a client gives to asynchronous puts:
//!
//! ```text
//! SPRI  12 LONG length of an id, 24     SPRO  12 LONG ids granted
//!       16 LONG ids wanted                    16 LONG place of the counter in the id, from 1
//!                                             20 BYTE24 first id
//! ```
//!
//! PUT in version 3, as observed, says how long the message is to be kept before it is delivered:
//!
//! ```text
//! SPPI  12 LONG options                 24 LONG delivery delay in ms, its high half
//!       16 LONG bytes of data           28 LONG its low half
//!       20 LONG 0, from version 2 on
//! ```
//!
//! NOTIFY, as observed, ends what another conversation of the same application waits for:
//!
//! ```text
//! SPNI  12 LONG 1                       SPNO  nothing more
//!       16 LONG reason, 2107
//!       20 BYTE24 connection that waits
//! ```
//!
//! Every SPxU, SPxI and SPxO begins with CHAR4 id, LONG version, LONG length. Verbs whose layout is not
//! known are kept as bytes.

use mqi::Chars;
use mqi::call::OpenAttributes;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::pmo::Pmo;
use mqi::wire::{DecodeError, Reader, Writer};

use super::open::{Object, decode_attributes, encode_attributes};
use super::strings::Base;
use super::{count, structure_id};

/// Bytes of id, version and length.
pub(crate) const HEAD_LEN: i32 = 12;
/// LPOO in its short and in its long form.
const LPOO_LEN_SHORT: usize = 32;
pub(crate) const LPOO_LEN_LONG: usize = 88;

/// Bits of [`Lpoo::lpi_options`].
pub mod lpi {
    /// Both bits, as observed, stand for MQOO_SAVE_ALL_CONTEXT, which the open options then do not have: 1 saves the
    /// identity context, 2 the origin context.
    pub const SAVE_CONTEXT: i32 = 0x3;
}

/// A verb. Those that this version does not know pass through unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verb(pub i32);

impl Verb {
    /// Which verbs there are.
    pub const QUERY: Self = Self(1);
    /// A put.
    pub const PUT: Self = Self(2);
    /// A get.
    pub const GET: Self = Self(3);
    /// Makes a deferred message visible.
    pub const ACTIVATE: Self = Self(4);
    /// A commit or backout.
    pub const SYNCPOINT: Self = Self(5);
    /// Reserves message ids.
    pub const RESERVE: Self = Self(6);
    /// A subscription.
    pub const SUBSCRIBE: Self = Self(7);
    /// A notification.
    pub const NOTIFY: Self = Self(11);
    /// An open.
    pub const OPEN: Self = Self(12);

    /// Name; `None` for a verb that is not known.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "QUERY",
            2 => "PUT",
            3 => "GET",
            4 => "ACTIVATE",
            5 => "SYNCPOINT",
            6 => "RESERVE",
            7 => "SUBSCRIBE",
            11 => "NOTIFY",
            12 => "OPEN",
            _ => return None,
        })
    }
}

impl std::fmt::Debug for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// An SPI request or reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spi {
    /// The verb.
    pub verb: Verb,
    /// Version of the SPxU.
    pub version: i32,
    /// Longest reply that the caller takes; nothing follows from it.
    pub reply_max: i32,
    /// What belongs to the verb.
    pub body: SpiBody,
}

/// What belongs to a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpiBody {
    /// QUERY, request.
    Query,
    /// QUERY, reply.
    QueryReply(Vec<VerbRange>),
    /// OPEN, request: `policy` is empty.
    Open(Box<SpiOpen>),
    /// OPEN, reply.
    OpenReply(Box<SpiOpen>),
    /// PUT, request; the data is what is left.
    Put {
        /// Descriptor.
        md: Box<Md>,
        /// Options.
        pmo: Box<Pmo>,
        /// SPI options: 1 blank padded, 2 syncpoint, 4 deferred.
        options: i32,
        /// Bytes of data.
        data_length: i32,
        /// What version 2 and later have besides.
        more: PutMore,
    },
    /// PUT, reply.
    PutReply {
        /// Descriptor.
        md: Box<Md>,
        /// Options.
        pmo: Box<Pmo>,
    },
    /// GET, request.
    Get {
        /// Descriptor.
        md: Box<Md>,
        /// Options.
        gmo: Box<Gmo>,
        /// Messages a batch.
        batch_size: i32,
        /// Milliseconds that a batch may take.
        batch_interval: i32,
        /// Longest message.
        message_max: i32,
    },
    /// GET, reply; the data is what is left.
    GetReply {
        /// Descriptor.
        md: Box<Md>,
        /// Options.
        gmo: Box<Gmo>,
        /// SPI options.
        options: i32,
        /// Bytes of data.
        data_length: i32,
    },
    /// ACTIVATE, request.
    Activate {
        /// 1 enable, 2 disable.
        mode: i32,
        /// Queue.
        q_name: Chars<48>,
        /// Queue manager.
        q_mgr_name: Chars<48>,
        /// Message.
        msg_id: [u8; 24],
    },
    /// ACTIVATE, reply.
    ActivateReply,
    /// RESERVE, request.
    Reserve {
        /// Bytes of an id: 24.
        id_length: i32,
        /// Ids wanted.
        count: i32,
    },
    /// RESERVE, reply.
    ReserveReply {
        /// Ids granted: the first one and those that follow it.
        count: i32,
        /// Where the counter starts in the id, from 1. It has as many bytes as the count needs, in the
        /// byte order of the segment.
        position: i32,
        /// The first id.
        base: [u8; 24],
    },
    /// NOTIFY, request.
    Notify {
        /// 1.
        kind: i32,
        /// What the calls that wait are told.
        reason: i32,
        /// Connection whose calls wait, as MQCONN returned it.
        connection_id: [u8; 24],
    },
    /// NOTIFY, reply.
    NotifyReply,
    /// Any other verb: what follows the SPI header, as it came.
    Other(Vec<u8>),
}

/// What later versions of SPPI add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PutMore {
    /// Version of SPPI; 0 stands for 1.
    pub version: i32,
    /// Seen as 0 only.
    pub unknown: i32,
    /// How many milliseconds later the message is to be delivered.
    pub delay_ms: u64,
}

/// Versions of a verb that a queue manager offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerbRange {
    /// The verb; 0 for a place that is not used.
    pub verb: i32,
    /// Highest version of SPxU.
    pub inout_max: i32,
    /// Highest version of SPxI.
    pub in_max: i32,
    /// Highest version of SPxO.
    pub out_max: i32,
    /// 1.
    pub flags: i32,
}

/// OPEN, both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpiOpen {
    /// Version of SPOU.
    pub inout_version: i32,
    /// Version of SPOI or SPOO.
    pub version: i32,
    /// Open options.
    pub lpoo: Lpoo,
    /// The object.
    pub object: Object,
    /// Protection policy of the object: PCF in a reply.
    pub policy: Vec<u8>,
}

/// Open options of the SPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lpoo {
    /// Version.
    pub version: i32,
    /// MQOO options.
    pub options: i32,
    /// [`lpi::SAVE_CONTEXT`] and others.
    pub lpi_options: i32,
    /// Returned: attributes that the opener caches.
    pub attributes: OpenAttributes,
    /// Returned, long form only: the protection policy.
    pub protection: Option<Protection>,
}

/// What the long form of LPOO adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// Queue for messages that fail the policy.
    pub queue: Chars<48>,
    /// Where the policy is, from the start of SPOO.
    pub offset: i32,
    /// Bytes of the policy.
    pub length: i32,
}

impl Spi {
    /// Reads a request; what is left in `r` is data.
    pub fn decode_request(r: &mut Reader<'_>, base: Base<'_>) -> Result<Self, DecodeError> {
        Self::decode(r, base, false)
    }

    /// Reads a reply; what is left in `r` is data.
    pub fn decode_reply(r: &mut Reader<'_>, base: Base<'_>) -> Result<Self, DecodeError> {
        Self::decode(r, base, true)
    }

    fn decode(r: &mut Reader<'_>, base: Base<'_>, is_reply: bool) -> Result<Self, DecodeError> {
        let (verb, version, reply_max) = (Verb(r.i32()?), r.i32()?, r.i32()?);
        let body = match verb {
            Verb::QUERY => decode_query(r, is_reply)?,
            Verb::PUT => decode_put(r, is_reply)?,
            Verb::GET => decode_get(r, is_reply)?,
            Verb::ACTIVATE => decode_activate(r, is_reply)?,
            Verb::RESERVE => decode_reserve(r, is_reply)?,
            Verb::NOTIFY => decode_notify(r, is_reply)?,
            Verb::OPEN if is_reply => SpiBody::OpenReply(Box::new(SpiOpen::decode(r, base, "SPOO")?)),
            Verb::OPEN => SpiBody::Open(Box::new(SpiOpen::decode(r, base, "SPOI")?)),
            _ => SpiBody::Other(r.bytes(r.remaining())?.to_vec()),
        };
        Ok(Self { verb, version, reply_max, body })
    }

    /// Appends a request or reply, as the body says. The data follows.
    pub fn encode(&self, w: &mut Writer) {
        w.i32(self.verb.0);
        w.i32(self.version);
        w.i32(self.reply_max);
        match &self.body {
            SpiBody::Query => {
                head(w, "SPQU", self.version, HEAD_LEN);
                head(w, "SPQI", 1, HEAD_LEN);
            }
            SpiBody::QueryReply(verbs) => {
                head(w, "SPQU", self.version, HEAD_LEN);
                head(w, "SPQO", 1, HEAD_LEN + 4 + 20 * verbs.len() as i32);
                w.i32(verbs.len() as i32);
                for range in verbs {
                    w.i32(range.verb);
                    w.i32(range.inout_max);
                    w.i32(range.in_max);
                    w.i32(range.out_max);
                    w.i32(range.flags);
                }
            }
            SpiBody::Open(open) => open.encode(w, "SPOI"),
            SpiBody::OpenReply(open) => open.encode(w, "SPOO"),
            SpiBody::Put { md, pmo, options, data_length, more } => {
                head(w, "SPPU", self.version, HEAD_LEN);
                md.encode(w);
                pmo.encode(w);
                encode_put_in(w, *options, *data_length, *more);
            }
            SpiBody::PutReply { md, pmo } => {
                head(w, "SPPU", self.version, HEAD_LEN);
                md.encode(w);
                pmo.encode(w);
                head(w, "SPPO", 1, HEAD_LEN);
            }
            SpiBody::Get { md, gmo, batch_size, batch_interval, message_max } => {
                head(w, "SPGU", self.version, HEAD_LEN);
                md.encode(w);
                gmo.encode(w);
                head(w, "SPGI", 1, HEAD_LEN + 12);
                w.i32(*batch_size);
                w.i32(*batch_interval);
                w.i32(*message_max);
            }
            SpiBody::GetReply { md, gmo, options, data_length } => {
                head(w, "SPGU", self.version, HEAD_LEN);
                md.encode(w);
                gmo.encode(w);
                head(w, "SPGO", 1, HEAD_LEN + 8);
                w.i32(*options);
                w.i32(*data_length);
            }
            SpiBody::Activate { mode, q_name, q_mgr_name, msg_id } => {
                head(w, "SPAU", self.version, HEAD_LEN);
                head(w, "SPAI", 1, 136);
                w.i32(*mode);
                w.chars(q_name);
                w.chars(q_mgr_name);
                w.bytes(msg_id);
            }
            SpiBody::ActivateReply => {
                head(w, "SPAU", self.version, HEAD_LEN);
                head(w, "SPAO", 1, HEAD_LEN);
            }
            SpiBody::Reserve { id_length, count } => {
                head(w, "SPRU", self.version, HEAD_LEN);
                head(w, "SPRI", 1, HEAD_LEN + 8);
                w.i32(*id_length);
                w.i32(*count);
            }
            SpiBody::ReserveReply { count, position, base } => {
                head(w, "SPRU", self.version, HEAD_LEN);
                head(w, "SPRO", 1, HEAD_LEN + 32);
                w.i32(*count);
                w.i32(*position);
                w.bytes(base);
            }
            SpiBody::Notify { kind, reason, connection_id } => {
                head(w, "SPNU", self.version, HEAD_LEN);
                head(w, "SPNI", 1, HEAD_LEN + 32);
                w.i32(*kind);
                w.i32(*reason);
                w.bytes(connection_id);
            }
            SpiBody::NotifyReply => {
                head(w, "SPNU", self.version, HEAD_LEN);
                head(w, "SPNO", 1, HEAD_LEN);
            }
            SpiBody::Other(bytes) => w.bytes(bytes),
        }
    }
}

fn decode_query(r: &mut Reader<'_>, is_reply: bool) -> Result<SpiBody, DecodeError> {
    take_head(r, "SPQU")?;
    if !is_reply {
        take_head(r, "SPQI")?;
        return Ok(SpiBody::Query);
    }
    take_head(r, "SPQO")?;
    let claimed = r.i32()?;
    let mut verbs = Vec::new();
    for _ in 0..count(r, claimed, 20)? {
        verbs.push(VerbRange {
            verb: r.i32()?,
            inout_max: r.i32()?,
            in_max: r.i32()?,
            out_max: r.i32()?,
            flags: r.i32()?,
        });
    }
    Ok(SpiBody::QueryReply(verbs))
}

fn decode_put(r: &mut Reader<'_>, is_reply: bool) -> Result<SpiBody, DecodeError> {
    take_head(r, "SPPU")?;
    let (md, pmo) = (Box::new(Md::decode(r)?), Box::new(Pmo::decode(r)?));
    if is_reply {
        take_head(r, "SPPO")?;
        return Ok(SpiBody::PutReply { md, pmo });
    }
    let (version, _) = take_head(r, "SPPI")?;
    let (options, data_length) = (r.i32()?, r.i32()?);
    let mut more = PutMore::default();
    if version >= 2 {
        (more.version, more.unknown) = (version, r.i32()?);
    }
    if version >= 3 {
        let (high, low) = (r.u32()?, r.u32()?);
        more.delay_ms = u64::from(high) << 32 | u64::from(low);
    }
    Ok(SpiBody::Put { md, pmo, options, data_length, more })
}

fn encode_put_in(w: &mut Writer, options: i32, data_length: i32, more: PutMore) {
    let version = more.version.max(1);
    let len = HEAD_LEN
        + match version {
            1 => 8,
            2 => 12,
            _ => 20,
        };
    head(w, "SPPI", version, len);
    w.i32(options);
    w.i32(data_length);
    if version >= 2 {
        w.i32(more.unknown);
    }
    if version >= 3 {
        w.u32((more.delay_ms >> 32) as u32);
        w.u32(more.delay_ms as u32);
    }
}

fn decode_get(r: &mut Reader<'_>, is_reply: bool) -> Result<SpiBody, DecodeError> {
    take_head(r, "SPGU")?;
    let (md, gmo) = (Box::new(Md::decode(r)?), Box::new(Gmo::decode(r)?));
    if is_reply {
        take_head(r, "SPGO")?;
        return Ok(SpiBody::GetReply { md, gmo, options: r.i32()?, data_length: r.i32()? });
    }
    take_head(r, "SPGI")?;
    let (batch_size, batch_interval, message_max) = (r.i32()?, r.i32()?, r.i32()?);
    Ok(SpiBody::Get { md, gmo, batch_size, batch_interval, message_max })
}

fn decode_activate(r: &mut Reader<'_>, is_reply: bool) -> Result<SpiBody, DecodeError> {
    take_head(r, "SPAU")?;
    if is_reply {
        take_head(r, "SPAO")?;
        return Ok(SpiBody::ActivateReply);
    }
    take_head(r, "SPAI")?;
    Ok(SpiBody::Activate { mode: r.i32()?, q_name: r.chars()?, q_mgr_name: r.chars()?, msg_id: r.array()? })
}

fn decode_reserve(r: &mut Reader<'_>, is_reply: bool) -> Result<SpiBody, DecodeError> {
    take_head(r, "SPRU")?;
    if is_reply {
        take_head(r, "SPRO")?;
        return Ok(SpiBody::ReserveReply { count: r.i32()?, position: r.i32()?, base: r.array()? });
    }
    take_head(r, "SPRI")?;
    Ok(SpiBody::Reserve { id_length: r.i32()?, count: r.i32()? })
}

fn decode_notify(r: &mut Reader<'_>, is_reply: bool) -> Result<SpiBody, DecodeError> {
    take_head(r, "SPNU")?;
    if is_reply {
        take_head(r, "SPNO")?;
        return Ok(SpiBody::NotifyReply);
    }
    take_head(r, "SPNI")?;
    Ok(SpiBody::Notify { kind: r.i32()?, reason: r.i32()?, connection_id: r.array()? })
}

impl SpiOpen {
    /// Reads what follows the SPI header; `id` is that of the SPxI or SPxO.
    fn decode(r: &mut Reader<'_>, base: Base<'_>, id: &str) -> Result<Self, DecodeError> {
        let (inout_version, _) = take_head(r, "SPOU")?;
        let (version, _) = take_head(r, id)?;
        let lpoo = Lpoo::decode(r)?;
        let object = Object::decode(r, base)?;
        let policy_length = match (id, lpoo.protection) {
            ("SPOO", Some(protection)) => usize::try_from(protection.length).unwrap_or(0),
            _ => 0,
        };
        let policy = r.bytes(policy_length.min(r.remaining()))?.to_vec();
        r.skip(r.remaining())?;
        Ok(Self { inout_version, version, lpoo, object, policy })
    }

    fn encode(&self, w: &mut Writer, id: &str) {
        let mut inner = Writer::new(w.order(), w.charset());
        self.lpoo.encode(&mut inner);
        self.object.encode(&mut inner);
        inner.bytes(&self.policy);
        let inner = inner.finish();
        head(w, "SPOU", self.inout_version, HEAD_LEN);
        head(w, id, self.version, HEAD_LEN + inner.len() as i32);
        w.bytes(&inner);
    }
}

impl Lpoo {
    /// Reads the structure. It has no length: its end is where the MQOD starts.
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let is_long = has_od_at(r, LPOO_LEN_LONG) && !has_od_at(r, LPOO_LEN_SHORT);
        structure_id(r, "LPOO")?;
        Ok(Self {
            version: r.i32()?,
            options: r.i32()?,
            lpi_options: r.i32()?,
            attributes: decode_attributes(r)?,
            protection: if is_long {
                Some(Protection { queue: r.chars()?, offset: r.i32()?, length: r.i32()? })
            } else {
                None
            },
        })
    }

    fn encode(&self, w: &mut Writer) {
        w.chars(&Chars::<4>::from_str_padded("LPOO"));
        w.i32(self.version);
        w.i32(self.options);
        w.i32(self.lpi_options);
        encode_attributes(&self.attributes, w);
        if let Some(protection) = &self.protection {
            w.chars(&protection.queue);
            w.i32(protection.offset);
            w.i32(protection.length);
        }
    }
}

fn has_od_at(r: &Reader<'_>, at: usize) -> bool {
    let mut ahead = *r;
    ahead.skip(at).is_ok() && ahead.chars::<4>().is_ok_and(|id| id == "OD")
}

fn head(w: &mut Writer, id: &str, version: i32, length: i32) {
    w.chars(&Chars::<4>::from_str_padded(id));
    w.i32(version);
    w.i32(length);
}

/// Version and length of a structure. Whether the length counts data differs between senders, so it is
/// not used to find what follows.
fn take_head(r: &mut Reader<'_>, id: &str) -> Result<(i32, i32), DecodeError> {
    structure_id(r, id)?;
    Ok((r.i32()?, r.i32()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::api::ApiHeader;
    use crate::segment::testing::{body_of, check_truncations};

    #[track_caller]
    fn check(vector: &str) -> (Spi, Vec<u8>) {
        let segment = body_of(vector);
        let is_reply = segment.header.segment_type.is_mqi_reply();
        let decode = |r: &mut Reader<'_>| {
            let base = Base::whole(r.rest(), 36);
            let api = ApiHeader::decode(r)?;
            Ok::<_, DecodeError>((api, Spi::decode(r, base, is_reply)?))
        };
        let mut r = segment.reader();
        let (api, spi) = decode(&mut r).unwrap_or_else(|error| panic!("{vector}: {error}"));
        let mut w = Writer::new(segment.header.order, segment.header.charset);
        api.encode(&mut w);
        spi.encode(&mut w);
        w.bytes(r.rest());
        assert_eq!(w.finish(), segment.body, "{vector}");
        check_truncations(vector, decode);
        (spi, r.rest().to_vec())
    }

    #[test]
    fn query_of_the_verbs() {
        assert_eq!(check("spi-query-tshm-le").0.body, SpiBody::Query);
        let SpiBody::QueryReply(verbs) = check("spi-query-rep-tshm-le").0.body else {
            panic!("a query reply")
        };
        assert_eq!(verbs.len(), 12);
        assert_eq!(verbs[1], VerbRange { verb: 2, inout_max: 1, in_max: 3, out_max: 1, flags: 1 });
    }

    #[test]
    fn open_and_its_recorded_answer() {
        let SpiBody::Open(open) = check("spi-open-tshm-le").0.body else { panic!("an open") };
        assert_eq!((open.lpoo.options, open.object.od.object_name.as_str()), (0x2010, "DEV.QUEUE.1"));
        let SpiBody::OpenReply(open) = check("spi-open-rep-tshm-le").0.body else { panic!("an open reply") };
        assert_eq!((open.object.od.known_dest_count, open.policy.len()), (1, 216));
        let protection = open.lpoo.protection.expect("the long form");
        assert_eq!(protection.queue, "SYSTEM.PROTECTION.ERROR.QUEUE");
    }

    #[test]
    fn reserve_as_observed() {
        let bytes = crate::segment::testing::unhex(
            "06000000 01000000 2c000000 53505255 01000000 0c000000 53505249 01000000 14000000 18000000 ffffff00",
        );
        let (order, charset) = (mqi::wire::ByteOrder::Little, mqi::wire::Charset::Ascii);
        let mut r = Reader::new(&bytes, order, charset);
        let spi = Spi::decode_request(&mut r, Base::whole(&bytes, 36)).expect("whole");
        assert_eq!(spi.body, SpiBody::Reserve { id_length: 24, count: 0xFF_FFFF });
        let reply =
            SpiBody::ReserveReply { count: 0xFF_FFFF, position: 22, base: *b"AMQ QM1         12345\0\0\0" };
        let spi = Spi { body: reply, ..spi };
        let mut w = Writer::new(order, charset);
        spi.encode(&mut w);
        let bytes = w.finish();
        assert_eq!(bytes.len(), 12 + 12 + 44);
        let mut r = Reader::new(&bytes, order, charset);
        assert_eq!(Spi::decode_reply(&mut r, Base::whole(&bytes, 36)), Ok(spi));
    }

    #[test]
    fn notify_as_observed() {
        let (order, charset) = (mqi::wire::ByteOrder::Little, mqi::wire::Charset::Ascii);
        let unhex = crate::segment::testing::unhex;
        let request = unhex(concat!(
            "0b000000 01000000 0c000000 53504e55 01000000 0c000000 53504e49 01000000 2c000000 01000000 3b080000",
            "414d5143514d31202020202020202020 5f00000000000102",
        ));
        let mut r = Reader::new(&request, order, charset);
        let spi = Spi::decode_request(&mut r, Base::whole(&request, 36)).expect("whole");
        let connection_id = *b"AMQCQM1         \x5f\0\0\0\0\0\x01\x02";
        assert_eq!(spi.body, SpiBody::Notify { kind: 1, reason: 2107, connection_id });
        let reply = Spi { body: SpiBody::NotifyReply, ..spi.clone() };
        let as_reply = "0b000000 01000000 0c000000 53504e55 01000000 0c000000 53504e4f 01000000 0c000000";
        for (spi, want) in [(spi, request.clone()), (reply, unhex(as_reply))] {
            let mut w = Writer::new(order, charset);
            spi.encode(&mut w);
            assert_eq!(w.finish(), want);
        }
        for len in 0..request.len() {
            let mut r = Reader::new(&request[..len], order, charset);
            assert_eq!(Spi::decode_request(&mut r, Base::whole(&request, 36)), Err(DecodeError::Truncated));
        }
    }

    #[test]
    fn a_put_says_when_it_is_to_be_delivered() {
        // As observed: 9.4.5 with setDeliveryDelay(0x123456789); the message has 0xf2 bytes.
        let observed = "53505049 03000000 12010000 00000000 f2000000 00000000 01000000 89674523";
        let observed = crate::segment::testing::unhex(observed);
        let (order, charset) = (mqi::wire::ByteOrder::Little, mqi::wire::Charset::Ascii);
        let more = PutMore { version: 3, unknown: 0, delay_ms: 0x1_2345_6789 };
        for more in [PutMore::default(), PutMore { version: 2, delay_ms: 0, ..more }, more] {
            let (md, pmo) = (Box::default(), Box::default());
            let body = SpiBody::Put { md, pmo, options: 0, data_length: 0xf2, more };
            let spi = Spi { verb: Verb::PUT, version: 1, reply_max: 12, body };
            let mut w = Writer::new(order, charset);
            spi.encode(&mut w);
            let bytes = w.finish();
            let mut r = Reader::new(&bytes, order, charset);
            assert_eq!(Spi::decode_request(&mut r, Base::whole(&bytes, 36)), Ok(spi));
            assert_eq!(r.remaining(), 0);
            if more.version == 3 {
                // The length that a client says contains the data, which the encoder does not know.
                let tail = &bytes[bytes.len() - observed.len()..];
                assert_eq!((&tail[..8], &tail[12..]), (&observed[..8], &observed[12..]));
            }
        }
    }

    #[test]
    fn puts_and_gets() {
        let (spi, data) = check("spi-put-tsh-be");
        assert!(
            matches!(spi.body, SpiBody::Put { options: 3, data_length: 12, more, .. } if more == PutMore::default())
        );
        assert_eq!(data.len(), 12);
        let (spi, _) = check("spi-get-tshm-le");
        assert!(matches!(spi.body, SpiBody::Get { batch_size: 1, message_max: 4096, .. }));
        let (spi, data) = check("spi-get-rep-tshm-le");
        assert!(matches!(spi.body, SpiBody::GetReply { data_length: 12, .. }));
        assert_eq!(data.len(), 12);
    }
}
