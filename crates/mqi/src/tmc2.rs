//! MQTMC2: the trigger message as a started program gets it, in one argument.
//!
//! All of it is characters, the version too, so that a command line can carry it. Version 2 adds the name of the
//! queue manager.

use crate::chars::Chars;
use crate::reason::Reason;
use crate::tm::Tm;
use crate::wire::{DecodeError, Reader, Writer};

/// Trigger message, character form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tmc2 {
    /// Version of the structure: `   1` or `   2` on the wire.
    pub version: i32,
    /// The queue that has messages.
    pub q_name: Chars<48>,
    /// Process object that describes the program.
    pub process_name: Chars<48>,
    /// TRIGDATA of the queue.
    pub trigger_data: Chars<64>,
    /// Always blank.
    pub appl_type: Chars<4>,
    /// APPLICID of the process.
    pub appl_id: Chars<256>,
    /// ENVRDATA of the process.
    pub env_data: Chars<128>,
    /// USERDATA of the process.
    pub user_data: Chars<128>,
    /// The queue manager (version 2).
    pub q_mgr_name: Chars<48>,
}

impl Tmc2 {
    /// The characters that the structure starts with.
    pub const STRUC_ID: [u8; 4] = *b"TMC ";

    /// The versions that there are.
    pub const VERSIONS: &'static [i32] = &[1, 2];

    /// Reason code of a call that is given a wrong one.
    pub const REASON: Reason = Reason::TMC_ERROR;

    /// The character form of a trigger message.
    pub fn of(tm: &Tm, q_mgr_name: Chars<48>) -> Self {
        Self {
            q_name: tm.q_name,
            process_name: tm.process_name,
            trigger_data: tm.trigger_data,
            appl_id: tm.appl_id,
            env_data: tm.env_data,
            user_data: tm.user_data,
            q_mgr_name,
            ..Self::default()
        }
    }

    /// Bytes on the wire.
    pub const fn wire_len(version: i32) -> usize {
        if version >= 2 { 732 } else { 684 }
    }

    /// Reads one structure.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.chars()? != Chars::new(Self::STRUC_ID) {
            return Err(DecodeError::StrucId);
        }
        let version = match r.chars::<4>()?.padded() {
            b"   1" => 1,
            b"   2" => 2,
            other => return Err(DecodeError::Version(i32::from_be_bytes(*other))),
        };
        Ok(Self {
            version,
            q_name: r.chars()?,
            process_name: r.chars()?,
            trigger_data: r.chars()?,
            appl_type: r.chars()?,
            appl_id: r.chars()?,
            env_data: r.chars()?,
            user_data: r.chars()?,
            q_mgr_name: if version >= 2 { r.chars()? } else { Chars::BLANK },
        })
    }

    /// Writes the fields that the version has.
    pub fn encode(&self, w: &mut Writer) {
        w.chars(&Chars::new(Self::STRUC_ID));
        w.chars(&Chars::new(if self.version >= 2 { *b"   2" } else { *b"   1" }));
        w.chars(&self.q_name);
        w.chars(&self.process_name);
        w.chars(&self.trigger_data);
        w.chars(&self.appl_type);
        w.chars(&self.appl_id);
        w.chars(&self.env_data);
        w.chars(&self.user_data);
        if self.version >= 2 {
            w.chars(&self.q_mgr_name);
        }
    }
}

impl Default for Tmc2 {
    fn default() -> Self {
        Self {
            version: 2,
            q_name: Chars::BLANK,
            process_name: Chars::BLANK,
            trigger_data: Chars::BLANK,
            appl_type: Chars::BLANK,
            appl_id: Chars::BLANK,
            env_data: Chars::BLANK,
            user_data: Chars::BLANK,
            q_mgr_name: Chars::BLANK,
        }
    }
}

#[cfg(test)]
impl crate::structure::samples::Sample for Tmc2 {
    fn sample(dice: &mut crate::structure::samples::Dice) -> Self {
        let version = 1 + i32::from(dice.byte() % 2);
        Self {
            version,
            q_name: Chars::sample(dice),
            process_name: Chars::sample(dice),
            trigger_data: Chars::sample(dice),
            appl_type: Chars::sample(dice),
            appl_id: Chars::sample(dice),
            env_data: Chars::sample(dice),
            user_data: Chars::sample(dice),
            q_mgr_name: if version >= 2 { Chars::sample(dice) } else { Chars::BLANK },
        }
    }
}
