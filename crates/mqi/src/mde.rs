//! MQMDE: the fields of an MQMD version 2 behind one of version 1.
//!
//! The header stands in front of the data when the descriptor itself may not have version 2: on transmission queues
//! and for applications that use version 1. It describes what follows it, as every header does.

use crate::chars::Chars;
use crate::constants::{MQMDE_LENGTH_2, MQMDEF_NONE};
use crate::format;
use crate::md::Md;
use crate::structure::structure;

structure! {
    /// Message descriptor extension. Only version 2 exists.
    pub struct Mde {
        id: b"MDE ",
        reason: MDE_ERROR,
        default_version: 2,
        2 {
            /// 72.
            struc_length: i32 = MQMDE_LENGTH_2,
            /// Encoding of the data that follows.
            encoding: i32 = MQENC_NATIVE,
            /// Character set of the data that follows.
            coded_char_set_id: i32 = 0,
            /// Format of the data that follows.
            format: Chars<8> = Chars::BLANK,
            /// General flags: none exist.
            flags: i32 = 0,
            /// Group of the message.
            group_id: [u8; 24] = [0; 24],
            /// Position in the group, from 1.
            msg_seq_number: i32 = 1,
            /// Where this segment starts in the logical message.
            offset: i32 = 0,
            /// Group and segment flags (MQMF).
            msg_flags: i32 = MQMF_NONE,
            /// Length of the original message, in reports about segments.
            original_length: i32 = MQOL_UNDEFINED,
        }
    }
}

impl Mde {
    /// Takes out of `md` what version 1 cannot say: it becomes version 1 and describes the extension, which
    /// describes the data. None, and `md` just version 1, when nothing would be lost.
    pub fn split_from(md: &mut Md) -> Option<Self> {
        let was = std::mem::replace(&mut md.version, 1);
        let extension = Self {
            version: 2,
            struc_length: MQMDE_LENGTH_2,
            encoding: md.encoding,
            coded_char_set_id: md.coded_char_set_id,
            format: md.format,
            flags: MQMDEF_NONE,
            group_id: md.group_id,
            msg_seq_number: md.msg_seq_number,
            offset: md.offset,
            msg_flags: md.msg_flags,
            original_length: md.original_length,
        };
        let plain = Md::default();
        md.group_id = plain.group_id;
        md.msg_seq_number = plain.msg_seq_number;
        md.offset = plain.offset;
        md.msg_flags = plain.msg_flags;
        md.original_length = plain.original_length;
        let says_something = was >= 2
            && (extension.group_id != plain.group_id
                || extension.msg_seq_number != plain.msg_seq_number
                || extension.offset != plain.offset
                || extension.msg_flags != plain.msg_flags
                || extension.original_length != plain.original_length);
        says_something.then(|| {
            md.format = format::MD_EXTENSION;
            extension
        })
    }

    /// Puts the extension's fields into the descriptor in front of it, which becomes version 2 and describes the
    /// data. The reverse of [`Self::split_from`].
    pub fn join_to(&self, md: &mut Md) {
        md.version = 2;
        md.encoding = self.encoding;
        md.coded_char_set_id = self.coded_char_set_id;
        md.format = self.format;
        md.group_id = self.group_id;
        md.msg_seq_number = self.msg_seq_number;
        md.offset = self.offset;
        md.msg_flags = self.msg_flags;
        md.original_length = self.original_length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::MQMF_MSG_IN_GROUP;

    #[test]
    fn only_what_would_be_lost_is_split_off() {
        let grouped = Md {
            format: format::STRING,
            group_id: [7; 24],
            msg_seq_number: 2,
            msg_flags: MQMF_MSG_IN_GROUP,
            ..Md::v2()
        };
        let mut md = grouped.clone();
        let extension = Mde::split_from(&mut md).expect("a group");
        assert_eq!(md, Md { format: format::MD_EXTENSION, ..Md::default() });
        assert_eq!(extension.format, format::STRING);
        extension.join_to(&mut md);
        assert_eq!(md, grouped);

        let mut md = Md::v2();
        assert_eq!(Mde::split_from(&mut md), None);
        assert_eq!(md, Md::default());
    }
}
