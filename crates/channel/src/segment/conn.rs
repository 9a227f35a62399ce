//! MQCONN and MQCONNX, both ways. Follows the API header.
//!
//! ```text
//!   0 CHAR48 queue manager: asked for; in a reply its name
//!  48 CHAR28 application name
//!  76 LONG   application type
//!  80 BYTE32 accounting token
//! 112 LONG   1 MQCONN, 3 MQCONNX
//! 116 LONG   options of MQCONNX
//! 120        FCNO, from level 7 on:
//!   0 CHAR4  `FCNO`
//!   4 LONG   version
//!   8 LONG   flags: 0 in requests, 1 in replies
//!  12        a reply: connection id, BYTE24, then zeros; a request: opaque
//! 140        a request of a client that connects again by itself: the connection id that it had, BYTE24, and the
//!            identifier of the queue manager, CHAR48; else zeros, or nothing. Later clients have both at 192, where the
//!            body of level 12 ends after 20 bytes
//! ```
//!
//! The end of a request's FCNO differs between clients and levels (connection tags, product id, names in
//! PCF) and tells nothing else that is needed: it is kept as it came.

use mqi::Chars;
use mqi::wire::{DecodeError, Reader, Writer};

use super::structure_id;

/// Body of a reply at level 12 and 13: the length that was recorded from a queue manager.
const REPLY_LEN: usize = 332;

/// Body of an MQCONN request or reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conn {
    /// Queue manager asked for; in a reply its real name.
    pub qmgr_name: Chars<48>,
    /// Name of the application.
    pub appl_name: Chars<28>,
    /// MQAT of the application.
    pub appl_type: i32,
    /// Accounting token.
    pub accounting_token: [u8; 32],
    /// 1 for MQCONN, 3 for MQCONNX.
    pub options: i32,
    /// MQCNO options of MQCONNX.
    pub xoptions: i32,
    /// Connect options of the channel.
    pub fcno: Option<Fcno>,
}

/// Connect options of the channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fcno {
    /// 1, 2 or 3.
    pub version: i32,
    /// Flags.
    pub flags: i32,
    /// What follows: in a reply it starts with the connection id.
    pub tail: Vec<u8>,
}

impl Fcno {
    /// Where a former connection id is in the tail of a request: of a client of 9.0, and of a later one.
    const FORMER_AT: [usize; 2] = [128, 180];

    /// Of a request, with a tail of this length.
    pub fn request(tail: usize, former_connection: Option<[u8; 20]>) -> Self {
        let mut tail = vec![0; tail];
        if let Some(id) = former_connection
            && let Some(place) = tail.get_mut(Self::FORMER_AT[0]..).and_then(|rest| rest.get_mut(..id.len()))
        {
            place.copy_from_slice(&id);
        }
        Self { version: 2, flags: 0, tail }
    }

    /// The beginning of the connection id that a client had which connects again: all clients send as much.
    pub fn former_connection(&self) -> Option<[u8; 20]> {
        let at = |at: usize| self.tail.get(at..)?.first_chunk::<20>().copied();
        Self::FORMER_AT.into_iter().filter_map(at).find(|id| id.starts_with(b"AMQC"))
    }

    /// The connection id at the start of a reply's tail.
    pub fn connection_id(&self) -> Option<[u8; 24]> {
        self.tail.first_chunk().copied()
    }
}

impl Conn {
    /// Reads a body of any length that holds the accounting token.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut conn = Self {
            qmgr_name: r.chars()?,
            appl_name: r.chars()?,
            appl_type: r.i32()?,
            accounting_token: r.array()?,
            ..Self::default()
        };
        if r.remaining() >= 8 {
            conn.options = r.i32()?;
            conn.xoptions = r.i32()?;
        }
        if r.remaining() >= 12 {
            structure_id(r, "FCNO")?;
            let (version, flags) = (r.i32()?, r.i32()?);
            conn.fcno = Some(Fcno { version, flags, tail: r.bytes(r.remaining())?.to_vec() });
        }
        Ok(conn)
    }

    /// Memory that it takes, in bytes.
    pub fn held(&self) -> usize {
        size_of::<Self>() + self.fcno.as_ref().map_or(0, |fcno| fcno.tail.len())
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        w.chars(&self.qmgr_name);
        w.chars(&self.appl_name);
        w.i32(self.appl_type);
        w.bytes(&self.accounting_token);
        w.i32(self.options);
        w.i32(self.xoptions);
        if let Some(fcno) = &self.fcno {
            w.chars(&Chars::<4>::from_str_padded("FCNO"));
            w.i32(fcno.version);
            w.i32(fcno.flags);
            w.bytes(&fcno.tail);
        }
    }

    /// The reply to this request, as a 9.1.2 queue manager gives it: everything repeated but the name, and
    /// an FCNO of version 2 that starts with the connection id. A request without FCNO gets none back.
    pub fn reply(&self, qmgr_name: Chars<48>, connection_id: [u8; 24]) -> Self {
        let fcno = self.fcno.as_ref().map(|_| {
            let mut tail = connection_id.to_vec();
            tail.resize(REPLY_LEN - 120 - 12, 0);
            Fcno { version: 2, flags: 1, tail }
        });
        Self { qmgr_name, fcno, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::api::ApiHeader;
    use crate::segment::testing::{check_truncations, round_trip};

    fn decode(r: &mut Reader<'_>) -> Result<(ApiHeader, Conn), DecodeError> {
        Ok((ApiHeader::decode(r)?, Conn::decode(r)?))
    }

    #[track_caller]
    fn check(vector: &str) -> Conn {
        let (_, conn) = round_trip(vector, decode, |(api, conn), w| {
            api.encode(w);
            conn.encode(w);
        });
        assert_eq!(conn.qmgr_name, "QM1", "{vector}");
        conn
    }

    #[test]
    fn requests_of_every_level() {
        let conn = check("conn-req-260-tshm-le");
        assert_eq!((conn.appl_name.as_str(), conn.appl_type, conn.options), ("MQ Explorer 9.0.0", 28, 3));
        let fcno = conn.fcno.expect("there is one");
        assert_eq!((fcno.version, fcno.flags, fcno.tail.len()), (2, 0, 128));
        assert!(fcno.tail.starts_with(b"MQJB09000004"));
        assert_eq!(check("conn-req-332-tshm-be").appl_name, "myapp");
        assert_eq!(check("conn-req-460-tshm-le").fcno.map(|fcno| fcno.version), Some(3));
        assert_eq!(check("conn-rep-120-tsh-be-ebcdic").fcno, None);
        check_truncations("conn-req-260-tshm-le", decode);
    }

    #[test]
    fn a_client_that_connects_again_says_who_it_was() {
        let former = |tail: Vec<u8>| Fcno { version: 2, flags: 0, tail }.former_connection();
        let seen = b"AMQCQM1         \x86\x4c\x1a\x31\x34\xae\x98\x37QM1_2026-12-01_14.53.02";
        let id = *seen.first_chunk::<20>().expect("it is longer");
        // As a client of 9.0 sent it, and as one of 9.4.
        let early = [&[0; 128], &seen[..], &[b' '; 25]].concat();
        let late = [&[0; 180], &id[..]].concat();
        assert_eq!((early.len(), late.len()), (200, 200));
        assert_eq!(former(early.clone()), Some(id));
        assert_eq!(former(late), Some(id));
        assert_eq!(former(early[..140].to_vec()), None);
        assert_eq!(former(vec![0; 200]), None);
        assert_eq!(Fcno::request(200, Some(id)).former_connection(), Some(id));
        assert_eq!(Fcno::request(200, None).former_connection(), None);
        assert_eq!(Fcno::request(10, Some(id)).former_connection(), None);
    }

    #[test]
    fn reply_has_the_bytes_of_a_recorded_one() {
        let recorded = check("conn-rep-332-tshm-le");
        let id = recorded.fcno.as_ref().and_then(Fcno::connection_id).expect("replies have one");
        assert!(id.starts_with(b"AMQCQM1         "));
        let request = Conn { qmgr_name: Chars::default(), fcno: Some(Fcno::default()), ..recorded.clone() };
        assert_eq!(request.reply(recorded.qmgr_name, id), recorded);
        check("conn-rep-refused-tshm-le");
    }
}
