//! MQXQH: what stands in front of a message on a transmission queue.
//!
//! It names where the message goes, then holds the message's own descriptor, always as version 1: the fields of
//! version 2 follow in an [`crate::mde::Mde`] when they matter. The descriptor of the transmission queue message
//! itself has format `MQXMIT`.

use crate::chars::Chars;
use crate::md::Md;
use crate::reason::Reason;
use crate::wire::{DecodeError, Reader, Writer};

/// Transmission queue header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xqh {
    /// Version of the structure: 1.
    pub version: i32,
    /// Queue that the message is for; blank for a queue manager alias or a reply.
    pub remote_q_name: Chars<48>,
    /// Queue manager that the message is for.
    pub remote_q_mgr_name: Chars<48>,
    /// The message's own descriptor, version 1.
    pub msg_desc: Md,
}

impl Xqh {
    /// The characters that the structure starts with.
    pub const STRUC_ID: [u8; 4] = *b"XQH ";

    /// The versions that there are.
    pub const VERSIONS: &'static [i32] = &[1];

    /// Reason code of a call that is given a wrong one.
    pub const REASON: Reason = Reason::XQH_ERROR;

    /// Bytes on the wire, the descriptor included.
    pub const fn wire_len(_version: i32) -> usize {
        104 + Md::wire_len(1)
    }

    /// Reads the header with the descriptor.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.chars()? != Chars::new(Self::STRUC_ID) {
            return Err(DecodeError::StrucId);
        }
        let version = r.i32()?;
        if version != 1 {
            return Err(DecodeError::Version(version));
        }
        let (remote_q_name, remote_q_mgr_name) = (r.chars()?, r.chars()?);
        let msg_desc = Md::decode(r)?;
        if msg_desc.version != 1 {
            return Err(DecodeError::Version(msg_desc.version));
        }
        Ok(Self { version, remote_q_name, remote_q_mgr_name, msg_desc })
    }

    /// Writes the header with the descriptor, as version 1 whatever it says.
    pub fn encode(&self, w: &mut Writer) {
        w.chars(&Chars::new(Self::STRUC_ID));
        w.i32(self.version);
        w.chars(&self.remote_q_name);
        w.chars(&self.remote_q_mgr_name);
        Md { version: 1, ..self.msg_desc.clone() }.encode(w);
    }
}

impl Default for Xqh {
    fn default() -> Self {
        Self {
            version: 1,
            remote_q_name: Chars::BLANK,
            remote_q_mgr_name: Chars::BLANK,
            msg_desc: Md::default(),
        }
    }
}

#[cfg(test)]
impl crate::structure::samples::Sample for Xqh {
    fn sample(dice: &mut crate::structure::samples::Dice) -> Self {
        let mut w = Writer::new(crate::wire::ByteOrder::Big, crate::wire::Charset::Ascii);
        Md { version: 1, ..Md::sample(dice) }.encode(&mut w);
        let bytes = w.finish();
        let mut r = Reader::new(&bytes, crate::wire::ByteOrder::Big, crate::wire::Charset::Ascii);
        let (remote_q_name, remote_q_mgr_name) = (Chars::sample(dice), Chars::sample(dice));
        // Decoding leaves the fields of version 2 at their defaults: only such a descriptor can come back.
        let msg_desc = Md::decode(&mut r).expect("just written");
        Self { version: 1, remote_q_name, remote_q_mgr_name, msg_desc }
    }
}
