//! XA calls and replies. There is no API header.
//!
//! ```text
//!  0 u32 BE length of the transfer
//!  4 LONG   return value, replies
//!  8 LONG   flags (TM*)
//! 12 LONG   resource manager id
//! 16        start, end, prepare, commit, rollback, forget, complete: XID
//!           open, close: u8 length, then that many characters of xa_info
//!           recover: LONG, the most wanted; in the reply the count, then that many XIDs
//!
//! XID: LONG format id, u8 length of the global id, u8 length of the branch qualifier, both ids, padding
//! to a multiple of four bytes
//! ```

use mqi::wire::{DecodeError, Reader, Writer};

use super::SegmentType;

/// A transaction branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Xid {
    /// Format id; -1 for none.
    pub format_id: i32,
    /// Global transaction id, 64 bytes at most.
    pub global: Vec<u8>,
    /// Branch qualifier, 64 bytes at most.
    pub branch: Vec<u8>,
}

/// What follows the fixed fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XaParameters {
    /// Nothing, as in most replies.
    None,
    /// The branch concerned.
    Branch(Xid),
    /// xa_info of open and close, as it came.
    Info(Vec<u8>),
    /// The most branches that a recover asks for.
    RecoverMax(i32),
    /// The branches that a recover returns.
    Recovered(Vec<Xid>),
}

/// Body of an XA request or reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xa {
    /// Length of the transfer, as in an API header.
    pub length: u32,
    /// XA return value of a reply.
    pub return_value: i32,
    /// TM flags.
    pub flags: i32,
    /// Resource manager id.
    pub resource_manager: i32,
    /// What follows.
    pub parameters: XaParameters,
}

impl Xid {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let format_id = r.i32()?;
        let (global, branch) = (usize::from(r.u8()?), usize::from(r.u8()?));
        let xid = Self { format_id, global: r.bytes(global)?.to_vec(), branch: r.bytes(branch)?.to_vec() };
        // A sender that stops at the last byte of the ids means the same.
        r.skip(Self::padding(global + branch).min(r.remaining()))?;
        Ok(xid)
    }

    fn encode(&self, w: &mut Writer) {
        w.i32(self.format_id);
        w.u8(self.global.len() as u8);
        w.u8(self.branch.len() as u8);
        w.bytes(&self.global);
        w.bytes(&self.branch);
        w.zeros(Self::padding(self.global.len() + self.branch.len()));
    }

    fn padding(ids: usize) -> usize {
        (6 + ids).next_multiple_of(4) - 6 - ids
    }
}

impl Xa {
    /// Reads the body of a segment of this type.
    pub fn decode(segment_type: SegmentType, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = u32::from_be_bytes(r.array()?);
        let (return_value, flags, resource_manager) = (r.i32()?, r.i32()?, r.i32()?);
        let parameters = match segment_type {
            _ if r.remaining() == 0 => XaParameters::None,
            SegmentType::XA_OPEN | SegmentType::XA_CLOSE => {
                let length = usize::from(r.u8()?);
                let info = XaParameters::Info(r.bytes(length)?.to_vec());
                r.skip(r.remaining())?;
                info
            }
            SegmentType::XA_RECOVER => XaParameters::RecoverMax(r.i32()?),
            SegmentType::XA_RECOVER_REPLY => {
                let claimed = r.i32()?;
                let count = super::count(r, claimed, 6)?;
                XaParameters::Recovered((0..count).map(|_| Xid::decode(r)).collect::<Result<_, _>>()?)
            }
            _ => XaParameters::Branch(Xid::decode(r)?),
        };
        Ok(Self { length, return_value, flags, resource_manager, parameters })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        w.bytes(&self.length.to_be_bytes());
        w.i32(self.return_value);
        w.i32(self.flags);
        w.i32(self.resource_manager);
        match &self.parameters {
            XaParameters::None => {}
            XaParameters::Branch(xid) => xid.encode(w),
            XaParameters::Info(info) => {
                w.u8(info.len() as u8);
                w.bytes(info);
            }
            XaParameters::RecoverMax(max) => w.i32(*max),
            XaParameters::Recovered(xids) => {
                w.i32(xids.len() as i32);
                xids.iter().for_each(|xid| xid.encode(w));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{check_truncations, round_trip};

    #[track_caller]
    fn check(vector: &str, segment_type: SegmentType) -> Xa {
        check_truncations(vector, |r| Xa::decode(segment_type, r));
        round_trip(vector, |r| Xa::decode(segment_type, r), Xa::encode)
    }

    fn xid(format: &[u8; 4], global: &[u8], branch: &[u8]) -> Xid {
        Xid { format_id: i32::from_be_bytes(*format), global: global.to_vec(), branch: branch.to_vec() }
    }

    #[test]
    fn a_branch_from_open_to_recover() {
        let open = check("xa-open-tshm-le", SegmentType::XA_OPEN);
        assert_eq!((open.resource_manager, open.parameters), (1, XaParameters::Info(b"QM1".to_vec())));
        let start = check("xa-start-tshm-le", SegmentType::XA_START);
        assert_eq!(start.parameters, XaParameters::Branch(xid(b"MQCX", b"gtrid-01", b"bq-1")));
        let commit = check("xa-commit-tsh-be", SegmentType::XA_COMMIT);
        assert_eq!(commit.flags, 0x4000_0000);
        let recover = check("xa-recover-rep-tshm-be", SegmentType::XA_RECOVER_REPLY);
        let branches = vec![xid(b"MQCX", b"gtrid-01", b"bq-1"), xid(b"MQCX", b"gtrid-0002", b"b")];
        assert_eq!(recover.parameters, XaParameters::Recovered(branches));
    }
}
