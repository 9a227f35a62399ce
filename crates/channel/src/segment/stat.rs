//! MQSTAT, both ways. Follows the API header.
//!
//! ```text
//! LONG    type: 0 asynchronous puts, 1 reconnection, 2 reconnection that failed
//! MQSTS   version 1 or 2
//! strings of an MQSTS of version 2
//! ```

use mqi::sts::Sts;
use mqi::wire::{DecodeError, Reader, Writer};

use super::strings::{self, Base};

/// Body of an MQSTAT request or reply, after the API header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// MQSTAT_TYPE_*.
    pub kind: i32,
    /// The status.
    pub sts: Box<Sts>,
}

impl Stat {
    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>, base: Base<'_>) -> Result<Self, DecodeError> {
        let kind = r.i32()?;
        let base = base.structure_at(r.position());
        let mut sts = Box::new(Sts::decode(r)?);
        if sts.version >= 2 {
            strings::fill(&mut [&mut sts.object_string, &mut sts.sub_name], base, r)?;
        }
        r.skip(r.remaining())?;
        Ok(Self { kind, sts })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        let mut sts = self.sts.clone();
        let mut tail = Vec::new();
        if sts.version >= 2 {
            let at = Sts::wire_len(sts.version);
            strings::place(&mut [&mut sts.object_string, &mut sts.sub_name], at, &mut tail);
        }
        w.i32(self.kind);
        sts.encode(w);
        w.bytes(&tail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqi::wire::{ByteOrder, Charset};

    #[test]
    fn both_versions_with_their_strings() {
        for version in [1, 2] {
            let mut sts = Sts { version, put_failure_count: 7, ..Sts::default() };
            if version == 2 {
                sts.object_string = mqi::charv::Charv::new("a/b");
                sts.sub_name = mqi::charv::Charv::new("sub");
            }
            let stat = Stat { kind: 2, sts: Box::new(sts) };
            let mut w = Writer::new(ByteOrder::Big, Charset::Ascii);
            stat.encode(&mut w);
            let bytes = w.finish();
            let mut r = Reader::new(&bytes, ByteOrder::Big, Charset::Ascii);
            let again = Stat::decode(&mut r, Base::whole(&bytes, 36)).expect("whole");
            assert_eq!((again.kind, again.sts.put_failure_count, r.remaining()), (2, 7, 0));
            assert_eq!(again.sts.object_string.as_str(), stat.sts.object_string.as_str());
            assert_eq!(again.sts.sub_name.as_str(), stat.sts.sub_name.as_str());
        }
    }
}
