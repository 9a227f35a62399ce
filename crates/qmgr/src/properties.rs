//! Message properties as this queue manager keeps them: an MQRFH2 at the start of the data, as it was put
//! (queue-manager reference, 10.5).
//!
//! At put the header's length and whether one of its folders makes PROPCTL(COMPAT) keep it go into the index, so that a
//! get knows the length of what it will return without reading. A get that is not to see properties gets the data
//! behind the header, with Format, Encoding and CodedCharSetId as the header says.

use mqi::call::Body;
use mqi::constants::*;
use mqi::wire::{ByteOrder, Charset, Reader};
use mqi::{Md, format};

/// Fixed part of an MQRFH2, in bytes.
const FIXED: usize = 36;

/// Folders that PROPCTL(COMPAT) returns.
const KEPT_FOLDERS: [&[u8]; 4] = [b"<mcd", b"<jms", b"<usr", b"<mqext"];

/// What the index says of the MQRFH2 of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderFacts {
    /// Its length, 0 if there is none that could be left out.
    pub(crate) len: u16,
    /// One of its folders is such that COMPAT keeps it.
    pub(crate) is_kept: bool,
}

fn order_of(encoding: i32) -> ByteOrder {
    if encoding & MQENC_INTEGER_MASK == MQENC_INTEGER_NORMAL { ByteOrder::Big } else { ByteOrder::Little }
}

/// Looks at the start of a message's data. A header that is not one, or is longer than the index can say, counts as
/// data.
pub(crate) fn look(md: &Md, data: &Body) -> HeaderFacts {
    if md.format != format::RF_HEADER_2 {
        return HeaderFacts::default();
    }
    let start = data.prefix(FIXED + 4096).to_bytes();
    let Some(len) = header_len(md, &start) else { return HeaderFacts::default() };
    let folders = &start[FIXED.min(start.len())..len.min(start.len())];
    let is_kept = KEPT_FOLDERS.iter().any(|name| {
        folders
            .windows(name.len() + 1)
            .any(|window| window.starts_with(name) && b">  /".contains(&window[name.len()]))
    });
    match u16::try_from(len) {
        Ok(len) if usize::from(len) <= data.len() => HeaderFacts { len, is_kept },
        _ => HeaderFacts::default(),
    }
}

fn header_len(md: &Md, start: &[u8]) -> Option<usize> {
    let mut r = Reader::new(start, order_of(md.encoding), Charset::Ascii);
    let id: [u8; 4] = r.array().ok()?;
    let is_id = id == *b"RFH " || id == [0xD9, 0xC6, 0xC8, 0x40];
    let version = r.i32().ok()?;
    let len = usize::try_from(r.i32().ok()?).ok()?;
    (is_id && version == 2 && len >= FIXED).then_some(len)
}

/// Whether a get with these options from a queue with this PROPCTL returns the header.
pub(crate) fn returns_header(gmo_options: i32, property_control: i32, is_kept: bool) -> bool {
    const CHOICE: i32 = MQGMO_PROPERTIES_FORCE_MQRFH2
        | MQGMO_NO_PROPERTIES
        | MQGMO_PROPERTIES_IN_HANDLE
        | MQGMO_PROPERTIES_COMPATIBILITY;
    match gmo_options & CHOICE {
        MQGMO_PROPERTIES_FORCE_MQRFH2 => true,
        MQGMO_NO_PROPERTIES => false,
        MQGMO_PROPERTIES_COMPATIBILITY => is_kept,
        // Handles are the client's own: it asks for the header and takes the properties out of it.
        MQGMO_PROPERTIES_IN_HANDLE => true,
        _ => match property_control {
            MQPROP_NONE => false,
            MQPROP_COMPATIBILITY => is_kept,
            _ => true,
        },
    }
}

/// Makes the descriptor that of the data behind the header.
pub(crate) fn leave_out(md: &mut Md, data: &Body) {
    let start = data.prefix(FIXED).to_bytes();
    let mut r = Reader::new(&start, order_of(md.encoding), Charset::Ascii);
    let ebcdic = start.starts_with(&[0xD9]);
    let mut fields = || {
        r.skip(12).ok()?;
        let encoding = r.i32().ok()?;
        let ccsid = r.i32().ok()?;
        let format: [u8; 8] = r.array().ok()?;
        Some((encoding, ccsid, format))
    };
    if let Some((encoding, ccsid, format)) = fields() {
        md.encoding = encoding;
        if ccsid != MQCCSI_INHERIT {
            md.coded_char_set_id = ccsid;
        }
        let charset = if ebcdic { Charset::Ebcdic } else { Charset::Ascii };
        md.format = mqi::Chars::from_wire(format, charset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(folder: &[u8]) -> Vec<u8> {
        let mut bytes = b"RFH ".to_vec();
        for field in [2, 36 + 4 + folder.len() as i32, 546, 1208] {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
        bytes.extend_from_slice(b"MQSTR   ");
        bytes.extend_from_slice(&0i32.to_le_bytes());
        bytes.extend_from_slice(&1208i32.to_le_bytes());
        bytes.extend_from_slice(&(folder.len() as i32).to_le_bytes());
        bytes.extend_from_slice(folder);
        bytes.extend_from_slice(b"data");
        bytes
    }

    fn md() -> Md {
        Md { format: format::RF_HEADER_2, encoding: 546, coded_char_set_id: 819, ..Md::default() }
    }

    #[test]
    fn headers_are_measured() {
        let check = |folder: &[u8], is_kept| {
            let body = Body::from(header(folder));
            assert_eq!(look(&md(), &body), HeaderFacts { len: body.len() as u16 - 4, is_kept });
        };
        check(b"<usr><a>1</a></usr> ", true);
        check(b"<userfolder>1</userfolder>  ", false);
        check(b"<mq></mq>   ", false);
        let none = HeaderFacts::default();
        assert_eq!(look(&Md::default(), &Body::from(header(b"<usr></usr> "))), none);
        assert_eq!(look(&md(), &Body::from(b"RFH \x02\0\0\0\xff\0\0\0".to_vec())), none);
        assert_eq!(look(&md(), &Body::new()), none);
    }

    #[test]
    fn without_its_header_a_message_is_what_the_header_says() {
        let mut md = md();
        leave_out(&mut md, &Body::from(header(b"<mq></mq>   ")));
        assert_eq!((md.format, md.coded_char_set_id), (format::STRING, 1208));
    }

    #[test]
    fn who_sees_the_header() {
        assert!(returns_header(MQGMO_PROPERTIES_FORCE_MQRFH2, MQPROP_NONE, false));
        assert!(!returns_header(MQGMO_NO_PROPERTIES, MQPROP_ALL, true));
        assert!(returns_header(0, MQPROP_COMPATIBILITY, true));
        assert!(!returns_header(0, MQPROP_COMPATIBILITY, false));
        assert!(returns_header(0, MQPROP_ALL, false) && !returns_header(0, MQPROP_NONE, true));
    }
}
