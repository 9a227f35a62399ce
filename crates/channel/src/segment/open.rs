//! MQOPEN, both ways. Follows the API header, which has the handle in a reply.
//!
//! ```text
//! MQOD     with its object and response records when it is a distribution list, and its strings
//! LONG     options (MQOO_*)
//! FOPA     attributes that the opener caches; a template in a request
//!   0 CHAR4  `FOPA`                20 LONG   default read ahead
//!   4 LONG   version               24 LONG   property control
//!   8 LONG   length: 28 or 84      28 CHAR48 version 2: queue of the protection policy
//!  12 LONG   default persistence   76 LONG   offset of the policy from the start of FOPA
//!  16 LONG   default response      80 LONG   length of the policy
//! FCMI     CHAR4 `FCMI`, LONG of unknown meaning
//! ```

use mqi::Chars;
use mqi::call::OpenAttributes;
use mqi::od::{ObjectRecord, Od, ResponseRecord};
use mqi::wire::{DecodeError, Reader, Writer};

use super::strings::{self, Base};
use super::{count, structure_id};

/// Bytes of a FOPA of version 1.
const FOPA_LEN_1: usize = 28;
/// Bytes of a FOPA of version 2.
const FOPA_LEN_2: usize = 84;

/// An MQOD with what follows it for a distribution list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The descriptor; its strings are filled in.
    pub od: Box<Od>,
    /// Destinations of a distribution list.
    pub records: Vec<ObjectRecord>,
    /// How each of them fared.
    pub responses: Vec<ResponseRecord>,
}

/// Attributes that the opener of an object caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fopa {
    /// 1 or 2.
    pub version: i32,
    /// Default persistence, response type, read ahead; property control.
    pub attributes: OpenAttributes,
    /// Queue for messages that fail the protection policy; blank when there is none.
    pub protection_queue: Chars<48>,
    /// Where the policy is, from the start of FOPA.
    pub policy_offset: i32,
    /// Bytes of the policy.
    pub policy_length: i32,
}

/// Body of an MQOPEN request or reply, after the API header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The object.
    pub object: Object,
    /// MQOO options.
    pub options: i32,
    /// Attributes to be cached.
    pub fopa: Option<Fopa>,
    /// The value of an FCMI.
    pub fcmi: Option<i32>,
}

impl Object {
    /// An object that is not a distribution list.
    pub fn single(od: Box<Od>) -> Self {
        Self { od, records: Vec::new(), responses: Vec::new() }
    }

    /// Whether it is a distribution list.
    pub fn is_list(&self) -> bool {
        self.od.version >= 2 && self.od.recs_present > 0
    }

    /// Reads the descriptor, its records and its strings. `base` is where the offsets of strings may count
    /// from.
    pub fn decode(r: &mut Reader<'_>, base: Base<'_>) -> Result<Self, DecodeError> {
        let base = base.structure_at(r.position());
        let mut object = Self::single(Box::new(Od::decode(r)?));
        if object.is_list() {
            let (od, claimed) = (&object.od, object.od.recs_present);
            if od.object_rec_offset != 0 {
                for _ in 0..count(r, claimed, ObjectRecord::LEN)? {
                    object.records.push(ObjectRecord::decode(r)?);
                }
            }
            if od.response_rec_offset != 0 {
                for _ in 0..count(r, claimed, ResponseRecord::LEN)? {
                    object.responses.push(ResponseRecord::decode(r)?);
                }
            }
        }
        if object.od.version >= 4 {
            let od = &mut *object.od;
            let mut strings = [&mut od.object_string, &mut od.selection_string, &mut od.res_object_string];
            strings::fill(&mut strings, base, r)?;
        }
        Ok(object)
    }

    /// Appends the descriptor, its records and its strings.
    pub fn encode(&self, w: &mut Writer) {
        let mut od = self.od.clone();
        let mut tail = Vec::new();
        if od.version >= 4 {
            let records = self.records.len() * ObjectRecord::LEN + self.responses.len() * ResponseRecord::LEN;
            let it = &mut *od;
            let mut strings = [&mut it.object_string, &mut it.selection_string, &mut it.res_object_string];
            strings::place(&mut strings, Od::wire_len(4) + records, &mut tail);
        }
        od.encode(w);
        self.records.iter().for_each(|record| record.encode(w));
        self.responses.iter().for_each(|record| record.encode(w));
        w.bytes(&tail);
    }
}

impl Fopa {
    /// Reads the structure, as long as it says that it is.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        structure_id(r, "FOPA")?;
        let (version, length) = (r.i32()?, r.i32()?);
        let attributes = decode_attributes(r)?;
        let mut fopa = Self {
            version,
            attributes,
            protection_queue: Chars::default(),
            policy_offset: FOPA_LEN_2 as i32,
            policy_length: 0,
        };
        let after = usize::try_from(length).ok().and_then(|length| length.checked_sub(FOPA_LEN_1));
        let mut tail = r.part(after.ok_or(DecodeError::Length(length))?)?;
        if version >= 2 {
            fopa.protection_queue = tail.chars()?;
            fopa.policy_offset = tail.i32()?;
            fopa.policy_length = tail.i32()?;
        }
        Ok(fopa)
    }

    /// Appends the structure without a policy.
    pub fn encode(&self, w: &mut Writer) {
        w.chars(&Chars::<4>::from_str_padded("FOPA"));
        w.i32(self.version);
        w.i32(if self.version >= 2 { FOPA_LEN_2 } else { FOPA_LEN_1 } as i32);
        encode_attributes(&self.attributes, w);
        if self.version >= 2 {
            w.chars(&self.protection_queue);
            w.i32(self.policy_offset);
            w.i32(self.policy_length);
        }
    }

    /// The answer to this template: the same version, without a protection policy.
    pub fn reply(&self, attributes: OpenAttributes) -> Self {
        Self {
            version: self.version.clamp(1, 2),
            attributes,
            protection_queue: Chars::default(),
            policy_offset: FOPA_LEN_2 as i32,
            policy_length: 0,
        }
    }
}

/// Takes the four attributes as FOPA and LPOO have them.
pub(super) fn decode_attributes(r: &mut Reader<'_>) -> Result<OpenAttributes, DecodeError> {
    Ok(OpenAttributes {
        def_persistence: r.i32()?,
        def_put_response_type: r.i32()?,
        def_read_ahead: r.i32()?,
        property_control: r.i32()?,
    })
}

/// Appends the four attributes.
pub(super) fn encode_attributes(attributes: &OpenAttributes, w: &mut Writer) {
    w.i32(attributes.def_persistence);
    w.i32(attributes.def_put_response_type);
    w.i32(attributes.def_read_ahead);
    w.i32(attributes.property_control);
}

impl Open {
    /// Reads the body. `base` is where the offsets of strings may count from.
    pub fn decode(r: &mut Reader<'_>, base: Base<'_>) -> Result<Self, DecodeError> {
        let object = Object::decode(r, base)?;
        let mut open = Self { object, options: r.i32()?, fopa: None, fcmi: None };
        if starts_with(r, "FOPA") {
            open.fopa = Some(Fopa::decode(r)?);
        }
        if starts_with(r, "FCMI") {
            r.skip(4)?;
            open.fcmi = Some(r.i32()?);
        }
        r.skip(r.remaining())?;
        Ok(open)
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        self.object.encode(w);
        w.i32(self.options);
        if let Some(fopa) = &self.fopa {
            fopa.encode(w);
        }
        if let Some(value) = self.fcmi {
            w.chars(&Chars::<4>::from_str_padded("FCMI"));
            w.i32(value);
        }
    }
}

/// Whether the next four characters are this structure id.
fn starts_with(r: &Reader<'_>, id: &str) -> bool {
    let mut ahead = *r;
    ahead.chars::<4>().is_ok_and(|next| next == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::api::ApiHeader;
    use crate::segment::testing::{body_of, check_truncations, round_trip};

    fn decode(r: &mut Reader<'_>) -> Result<(ApiHeader, Open), DecodeError> {
        let base = Base::whole(r.rest(), 36);
        Ok((ApiHeader::decode(r)?, Open::decode(r, base)?))
    }

    fn encode((api, open): &(ApiHeader, Open), w: &mut Writer) {
        api.encode(w);
        open.encode(w);
    }

    #[test]
    fn every_version_of_the_descriptor() {
        for (vector, name, version, hobj) in [
            ("open-qmgr-tshm-le", "", 2, 0),
            ("open-rep-qmgr-tshm-le", "QM1", 2, 2),
            ("open-v1-tsh-be", "DEV.QUEUE.1", 1, 0),
            ("open-v4-tshm-be", "DEV.QUEUE.1", 4, 0),
            ("open-rep-v4-tshm-le", "DEV.QUEUE.1", 4, 2),
            ("open-rep-fail-tshm-le", "NO.SUCH.Q", 2, -1),
        ] {
            let (api, open) = round_trip(vector, decode, encode);
            assert_eq!(api.hobj, hobj, "{vector}");
            assert_eq!(
                (open.object.od.object_name.as_str(), open.object.od.version),
                (name, version),
                "{vector}"
            );
            check_truncations(vector, decode);
        }
    }

    #[test]
    fn a_topic_string_counted_from_either_start() {
        let segment = body_of("open-v4-topic-tshm-le");
        let (_, open) = decode(&mut segment.reader()).expect("a whole body");
        assert_eq!(open.object.od.object_string.as_str(), "dev/topic");

        let mut w = Writer::new(segment.header.order, segment.header.charset);
        encode(&(ApiHeader::default(), open), &mut w);
        let bytes = w.finish();
        let (_, again) = decode(&mut Reader::new(&bytes, segment.header.order, segment.header.charset))
            .expect("a whole body");
        assert_eq!(again.object.od.object_string.as_str(), "dev/topic");
        assert_eq!(again.object.od.object_string.offset, 400);
    }

    #[test]
    fn fopa_answers_in_the_version_of_the_request() {
        let (_, open) = round_trip("open-qmgr-tshm-le", decode, encode);
        let fopa = open.fopa.expect("there is one");
        assert_eq!((fopa.version, fopa.attributes), (2, OpenAttributes::NONE));
        assert_eq!(fopa.reply(OpenAttributes::NONE).policy_offset, 84);
    }
}
