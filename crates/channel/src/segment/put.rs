//! MQPUT and MQPUT1, both ways. Follows the API header, which has the handle of an MQPUT.
//!
//! ```text
//! MQOD    MQPUT1 only, with its records and strings
//! MQMD    version 1 or 2
//! MQPMO   version 1 to 3; the offsets of its records count as yes or no
//! MQPMR   one per destination of a distribution list, the fields that MQPMO names
//! MQRR    one per destination
//! LONG    length of the message
//! data    requests only: as many bytes, going on in further segments
//! ```

use mqi::md::Md;
use mqi::od::ResponseRecord;
use mqi::pmo::{Pmo, PutMsgRecord};
use mqi::wire::{DecodeError, Reader, Writer};

use super::count;
use super::open::Object;
use super::strings::Base;

/// What stands before the data, after the API header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// MQPUT1: what is opened for this one message.
    pub object: Option<Object>,
    /// Descriptor of the message.
    pub md: Box<Md>,
    /// Put options.
    pub pmo: Box<Pmo>,
    /// What each destination of a distribution list gets of its own.
    pub records: Vec<PutMsgRecord>,
    /// How each of them fared.
    pub responses: Vec<ResponseRecord>,
    /// Bytes of data.
    pub data_length: i32,
}

impl Put {
    /// Reads the structures of an MQPUT request or reply; what is left in `r` is data.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut put = Self::default();
        put.message(r)?;
        Ok(put)
    }

    /// Reads the structures of an MQPUT1 request or reply; what is left in `r` is data.
    pub fn decode_1(r: &mut Reader<'_>, base: Base<'_>) -> Result<Self, DecodeError> {
        let object = Object::decode(r, base)?;
        let mut put = Self { object: Some(object), ..Self::default() };
        put.message(r)?;
        Ok(put)
    }

    fn message(&mut self, r: &mut Reader<'_>) -> Result<(), DecodeError> {
        *self.md = Md::decode(r)?;
        *self.pmo = Pmo::decode(r)?;
        let destinations = if self.pmo.version < 2 { 0 } else { self.pmo.recs_present };
        if destinations > 0 {
            if self.pmo.put_msg_rec_offset != 0 {
                let fields = self.pmo.put_msg_rec_fields;
                // Records without fields take no bytes: what bounds them is the count of the responses.
                let size = PutMsgRecord::wire_len(fields);
                if size > 0 {
                    for _ in 0..count(r, destinations, size)? {
                        self.records.push(PutMsgRecord::decode(r, fields)?);
                    }
                }
            }
            if self.pmo.response_rec_offset != 0 {
                for _ in 0..count(r, destinations, ResponseRecord::LEN)? {
                    self.responses.push(ResponseRecord::decode(r)?);
                }
            }
        }
        self.data_length = r.i32()?;
        Ok(())
    }

    /// Appends the structures. The data follows in a request.
    pub fn encode(&self, w: &mut Writer) {
        if let Some(object) = &self.object {
            object.encode(w);
        }
        self.md.encode(w);
        self.pmo.encode(w);
        self.records.iter().for_each(|record| record.encode(w, self.pmo.put_msg_rec_fields));
        self.responses.iter().for_each(|record| record.encode(w));
        w.i32(self.data_length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::api::ApiHeader;
    use crate::segment::testing::{body_of, check_truncations};

    /// Decodes a put of either direction, encodes it again and compares; gives the put and its data.
    #[track_caller]
    fn check(vector: &str) -> (Put, Vec<u8>) {
        let segment = body_of(vector);
        let mut r = segment.reader();
        let api = ApiHeader::decode(&mut r).expect("there is one");
        let put = Put::decode(&mut r).unwrap_or_else(|error| panic!("{vector}: {error}"));
        let data = r.rest().to_vec();
        let mut w = Writer::new(segment.header.order, segment.header.charset);
        api.encode(&mut w);
        put.encode(&mut w);
        w.bytes(&data);
        assert_eq!(w.finish(), segment.body, "{vector}");
        check_truncations(vector, |r| {
            ApiHeader::decode(r)?;
            Put::decode(r)
        });
        (put, data)
    }

    #[test]
    fn every_version_of_descriptor_and_options() {
        for (vector, md, pmo, length) in [
            ("put-md1-pmo1-tsh-be", 1, 1, 12),
            ("put-md1-pmo2-tshm-le", 1, 2, 12),
            ("put-md2-pmo3-tshm-be", 2, 3, 12),
            ("put-rfh2-tshm-be", 1, 2, 168),
            ("put-pcf-tshm-le", 1, 2, 92),
        ] {
            let (put, data) = check(vector);
            assert_eq!((put.md.version, put.pmo.version, put.data_length), (md, pmo, length), "{vector}");
            assert_eq!(data.len(), length as usize, "{vector}");
        }
        for (vector, md, pmo) in [("put-rep-md1-pmo2-tshm-le", 1, 2), ("put-rep-md2-pmo3-tsh-be", 2, 3)] {
            let (put, data) = check(vector);
            assert_eq!((put.md.version, put.pmo.version, put.data_length), (md, pmo, 12), "{vector}");
            assert_eq!(put.pmo.resolved_q_name, "DEV.QUEUE.1", "{vector}");
            assert!(data.is_empty(), "{vector}");
        }
    }

    #[test]
    fn records_of_a_distribution_list() {
        let (put, data) = check("put-distlist-tshm-le");
        assert_eq!((put.records.len(), put.responses.len(), data.len()), (2, 2, 12));
        assert!(put.records[1].msg_id.starts_with(b"AMQ QM1"));
    }

    #[test]
    fn first_segment_of_a_long_message() {
        let (put, data) = check("put-split-1-tshm-le");
        assert_eq!((put.data_length, data.len()), (1024, 1024 - 36 - 16 - 324 - 152 - 4));
    }

    #[test]
    fn put1_has_its_object_and_its_strings_in_front_of_the_data() {
        for topic in [None, Some("a/b")] {
            let mut od = mqi::od::Od {
                version: 4,
                object_name: mqi::Chars::from_str_padded("Q"),
                ..Default::default()
            };
            od.object_string.text = topic.map(str::to_owned);
            let put = Put { object: Some(Object::single(Box::new(od))), data_length: 3, ..Put::default() };
            let mut w = Writer::new(mqi::wire::ByteOrder::Little, mqi::wire::Charset::Ascii);
            ApiHeader::default().encode(&mut w);
            put.encode(&mut w);
            w.bytes(b"xyz");
            let bytes = w.finish();
            let mut r = Reader::new(&bytes, mqi::wire::ByteOrder::Little, mqi::wire::Charset::Ascii);
            ApiHeader::decode(&mut r).expect("there is one");
            let again = Put::decode_1(&mut r, Base::whole(&bytes, 36)).expect("whole");
            assert_eq!(r.rest(), b"xyz", "{topic:?}");
            let od = again.object.expect("put1 has one").od;
            assert_eq!(od.object_string.text.as_deref(), topic);
        }
    }
}
