//! MQMD: the descriptor that every message has.
//!
//! What the two versions share says what the message is, where it came from and where replies go; version 2 adds
//! its place in a group or among segments. On a queue every message has all of it: version 1 on the wire only means
//! that the second half is at its defaults, or stands in an [`crate::mde::Mde`].
//!
//! `compact` is the form that the log keeps: see [`Md::compact`].

mod compact;

use crate::chars::Chars;
use crate::constants::*;
use crate::structure::structure;

structure! {
    /// Message descriptor.
    pub struct Md {
        id: b"MD  ",
        reason: MD_ERROR,
        default_version: 1,
        1 {
            /// Reports wanted (MQRO).
            report: i32 = MQRO_NONE,
            /// Request, reply, report, datagram, or one of the application (MQMT).
            msg_type: i32 = MQMT_DATAGRAM,
            /// Remaining life in tenths of a second.
            expiry: i32 = MQEI_UNLIMITED,
            /// Nature of a report (MQFB or MQRC).
            feedback: i32 = MQFB_NONE,
            /// Encoding of the numbers in the data (MQENC).
            encoding: i32 = MQENC_NATIVE,
            /// Character set of the text in the data.
            coded_char_set_id: i32 = MQCCSI_Q_MGR,
            /// What the data is: [`crate::format`].
            format: Chars<8> = Chars::BLANK,
            /// 0 to 9; -1: as the queue says.
            priority: i32 = MQPRI_PRIORITY_AS_Q_DEF,
            /// Whether the message survives a restart (MQPER).
            persistence: i32 = MQPER_PERSISTENCE_AS_Q_DEF,
            /// Message identifier.
            msg_id: [u8; 24] = [0; 24],
            /// Correlation identifier.
            correl_id: [u8; 24] = [0; 24],
            /// How often a get of the message was backed out.
            backout_count: i32 = 0,
            /// Queue for replies and reports.
            reply_to_q: Chars<48> = Chars::BLANK,
            /// Queue manager for replies and reports.
            reply_to_q_mgr: Chars<48> = Chars::BLANK,
            /// User that put the message.
            user_identifier: Chars<12> = Chars::BLANK,
            /// Accounting token of that user.
            accounting_token: [u8; 32] = [0; 32],
            /// Application data of the identity context.
            appl_identity_data: Chars<32> = Chars::BLANK,
            /// Kind of the program that put the message (MQAT).
            put_appl_type: i32 = MQAT_NO_CONTEXT,
            /// Name of that program.
            put_appl_name: Chars<28> = Chars::BLANK,
            /// `YYYYMMDD`, GMT.
            put_date: Chars<8> = Chars::BLANK,
            /// `HHMMSSTH`, GMT.
            put_time: Chars<8> = Chars::BLANK,
            /// Application data of the origin context.
            appl_origin_data: Chars<4> = Chars::BLANK,
        }
        2 {
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

impl Md {
    /// Initial values, as version 2.
    pub fn v2() -> Self {
        Self { version: 2, ..Self::default() }
    }

    /// Makes this the descriptor of a reply to, or of a report about, a message that has been got: ids, and what is left
    /// of its life, by the Report options of that. Nulls as MsgId stand for a new one.
    pub fn answers(&mut self, asked: &Self) {
        let has = |option: i32| asked.report & option != 0;
        self.msg_id = if has(MQRO_PASS_MSG_ID) { asked.msg_id } else { [0; 24] };
        self.correl_id = if has(MQRO_PASS_CORREL_ID) { asked.correl_id } else { asked.msg_id };
        if has(MQRO_PASS_DISCARD_AND_EXPIRY) {
            self.report = asked.report & MQRO_DISCARD_MSG;
            self.expiry = asked.expiry;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_ids_that_were_asked_for() {
        const NEW: [u8; 24] = [0; 24];
        let check = |report: i32, want: ([u8; 24], [u8; 24], i32, i32)| {
            let asked = Md { report, msg_id: [1; 24], correl_id: [2; 24], expiry: 50, ..Md::v2() };
            let mut answer = Md::v2();
            answer.answers(&asked);
            assert_eq!((answer.msg_id, answer.correl_id, answer.report, answer.expiry), want, "{report:#x}");
        };
        check(MQRO_NONE, (NEW, [1; 24], 0, -1));
        check(MQRO_NEW_MSG_ID | MQRO_COPY_MSG_ID_TO_CORREL_ID, (NEW, [1; 24], 0, -1));
        check(MQRO_PASS_MSG_ID, ([1; 24], [1; 24], 0, -1));
        check(MQRO_PASS_CORREL_ID, (NEW, [2; 24], 0, -1));
        check(MQRO_PASS_MSG_ID | MQRO_PASS_CORREL_ID, ([1; 24], [2; 24], 0, -1));
        check(MQRO_DISCARD_MSG, (NEW, [1; 24], 0, -1));
        check(MQRO_PASS_DISCARD_AND_EXPIRY, (NEW, [1; 24], 0, 50));
        check(MQRO_PASS_DISCARD_AND_EXPIRY | MQRO_DISCARD_MSG, (NEW, [1; 24], MQRO_DISCARD_MSG, 50));
    }
}
