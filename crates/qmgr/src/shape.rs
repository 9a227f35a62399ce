//! What a get returns of a message: properties left out or not, converted or not, cut to the buffer or not.

use mqi::call::{Body, PIECE_MAX};
use mqi::ccsid::Ccsid;
use mqi::constants::*;
use mqi::convert::{Encoding, Representation, Rules, Truncation, convert_message};
use mqi::{Md, Reason};

use crate::arena::Slot;
use crate::content::Content;
use crate::entry::Entry;
use crate::kernel::Kernel;
use crate::matching::Want;
use crate::properties;

/// A message as the application will see it.
#[derive(Debug)]
pub(crate) struct Shaped {
    pub(crate) md: Md,
    /// Data to be returned, as far as it is in memory.
    pub(crate) data: Body,
    /// Bytes of an MQRFH2 that come before the rest of the data and are not returned.
    pub(crate) skip: u32,
    /// Bytes of data that are returned.
    pub(crate) sent_len: u32,
    /// Length of the whole message.
    pub(crate) data_len: u32,
    /// None, or a warning.
    pub(crate) reason: Reason,
}

impl Shaped {
    /// The message was longer than the buffer and stays where it is.
    pub(crate) fn stays(&self) -> bool {
        self.reason == Reason::TRUNCATED_MSG_FAILED
    }
}

/// Longer messages are not converted: they are never whole in memory.
const CONVERTED_MAX: usize = 4 << 20;

impl Kernel {
    /// Shapes a message. `first` is the data of the first part of a long message in the log. None if the content is not
    /// one of a message.
    pub(crate) fn shape(
        &self,
        want: &Want,
        slot: Slot,
        content: &Content,
        first: Option<&Body>,
    ) -> Option<Shaped> {
        let entry = self.arena.get(slot);
        let number = entry.number;
        let mut md = content.md(|| self.message_id(number))?;
        md.backout_count = i32::try_from(self.backout_count(slot)).unwrap_or(i32::MAX);
        md.expiry = self.life_left(entry).unwrap_or(md.expiry);
        let handle = self.conversations.get(want.conversation).handles.get(want.hobj);
        let control = handle.map_or(MQPROP_COMPATIBILITY, |handle| handle.property_control);
        let mut data = first.cloned().unwrap_or_else(|| content.data());
        let mut data_len = entry.body_len;
        let is_kept = entry.has(Entry::RFH2_KEPT);
        let mut skip = 0;
        if entry.rfh2_len > 0 && !properties::returns_header(want.options, control, is_kept) {
            let header_len = properties::indexed_len(&md, entry.rfh2_len, &data).min(data_len as usize);
            properties::leave_out(&mut md, &data);
            skip = header_len.saturating_sub(data.len()) as u32;
            data = after(&data, header_len);
            data_len -= header_len as u32;
        }
        let max = want.length_max.unwrap_or(u32::MAX);
        let accepts = want.options & MQGMO_ACCEPT_TRUNCATED_MSG != 0;
        let mut shaped = Shaped { md, data, skip, sent_len: data_len, data_len, reason: Reason::NONE };
        if data_len > max {
            shaped.reason =
                if accepts { Reason::TRUNCATED_MSG_ACCEPTED } else { Reason::TRUNCATED_MSG_FAILED };
            shaped.sent_len = max;
        }
        if want.options & MQGMO_CONVERT != 0 {
            self.convert(want, &mut shaped, max, accepts);
        }
        shaped.data = shaped.data.prefix(shaped.sent_len as usize);
        Some(shaped)
    }

    fn convert(&self, want: &Want, shaped: &mut Shaped, max: u32, accepts: bool) {
        let given = |ccsid: i32| match ccsid {
            MQCCSI_Q_MGR | MQCCSI_APPL => self.qmgr.ccsid,
            given => given,
        };
        let representation = |encoding: i32, ccsid: i32| Representation {
            encoding: Encoding(encoding),
            ccsid: Ccsid(given(ccsid)),
        };
        let from = representation(shaped.md.encoding, shaped.md.coded_char_set_id);
        let to = representation(want.encoding, want.ccsid);
        if shaped.data.len() < shaped.data_len as usize || shaped.data.len() > CONVERTED_MAX {
            if from != to && shaped.reason == Reason::NONE {
                shaped.reason = Reason::NOT_CONVERTED;
            }
            return;
        }
        let mut rules = Rules::new(max as usize, representation(MQENC_NATIVE, self.qmgr.ccsid));
        let bytes = match shaped.reason {
            Reason::NONE => {
                rules.truncation = if accepts { Truncation::Accepted } else { Truncation::Refused };
                shaped.data.to_bytes()
            }
            _ => {
                rules.truncation = Truncation::Happened;
                shaped.data.prefix(shaped.sent_len as usize).to_bytes()
            }
        };
        let outcome = convert_message(shaped.md.format, &bytes, from, to, &rules);
        shaped.md.format = outcome.format;
        shaped.md.encoding = outcome.encoding.0;
        shaped.md.coded_char_set_id = outcome.ccsid.0;
        if let std::borrow::Cow::Owned(data) = outcome.data {
            shaped.sent_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
            if shaped.reason == Reason::NONE {
                shaped.data_len = shaped.sent_len;
            }
            shaped.data = data.into();
        }
        if shaped.reason == Reason::NONE {
            shaped.reason = outcome.reason;
        }
    }
}

/// What follows the first bytes of a body.
pub(crate) fn after(body: &Body, mut skip: usize) -> Body {
    let mut out = Body::new();
    for piece in body.pieces() {
        let left_out = skip.min(piece.len());
        out.push(piece.slice(left_out..));
        skip -= left_out;
    }
    out
}

/// Takes a piece of at most [`PIECE_MAX`] bytes off the front of a body.
pub(crate) fn take_piece(body: &mut Body) -> Body {
    let piece = body.prefix(PIECE_MAX);
    *body = after(body, piece.len());
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_cut_at_the_front() {
        let mut body = Body::from(vec![1; 5]);
        body.push(vec![2; PIECE_MAX].into());
        assert_eq!(after(&body, 3).len(), PIECE_MAX + 2);
        assert_eq!(after(&body, 5).pieces().len(), 1);
        assert_eq!(after(&body, PIECE_MAX + 9), Body::new());
        assert_eq!(take_piece(&mut body).len(), PIECE_MAX);
        assert_eq!(body.len(), 5);
        assert_eq!(take_piece(&mut body).len(), 5);
        assert!(body.is_empty());
    }
}
