//! Message properties as this queue manager keeps them: an MQRFH2 at the start of the data, as it was put
//! (queue-manager reference, 10.5).
//!
//! At put the header's length and whether one of its folders makes PROPCTL(COMPAT) keep it go into the index, so that a
//! get knows the length of what it will return without reading. A get that is not to see properties gets the data
//! behind the header, with Format, Encoding and CodedCharSetId as the header says.

use mqi::call::Body;
use mqi::constants::*;
use mqi::rfh2::Rfh2;
use mqi::wire::{ByteOrder, Charset, Reader};
use mqi::{Md, format};

/// Fixed part of an MQRFH2, in bytes.
pub(crate) const FIXED: usize = Rfh2::FIXED_LEN;

/// The first byte of `RFH ` where characters are EBCDIC.
const EBCDIC_R: u8 = 0xD9;

/// Folders that PROPCTL(COMPAT) returns.
const KEPT_FOLDERS: [&[u8]; 4] = [b"<mcd", b"<jms", b"<usr", b"<mqext"];

/// So much of a header is looked at, by selectors too; what is behind that is there for those who get the message.
pub(crate) const HEADER_MAX: usize = 1 << 20;

/// What the index says of the MQRFH2 of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderFacts {
    /// Its length, 0 if there is none that could be left out; [`HeaderFacts::LONG`].
    pub(crate) len: u16,
    /// One of its folders is such that COMPAT keeps it.
    pub(crate) is_kept: bool,
}

impl HeaderFacts {
    /// The header is longer than the index can say: it says itself how long. No length is that, being a multiple of 4.
    pub(crate) const LONG: u16 = u16::MAX;

    /// What is to be known of a header of `len` bytes that begins like this.
    pub(crate) fn of(md: &Md, len: usize, start: &Body) -> Self {
        Self {
            len: u16::try_from(len).unwrap_or(Self::LONG),
            is_kept: len > 0 && is_kept(md, &start.prefix(len.min(HEADER_MAX)).to_bytes()),
        }
    }
}

/// Length of the MQRFH2 that data of `total` bytes begins with, 0 if there is none. `start`: the beginning of it. A
/// header that is not one counts as data.
pub(crate) fn header_len(md: &Md, start: &Body, total: u32) -> usize {
    if md.format != format::RF_HEADER_2 {
        return 0;
    }
    announced_len(md, start).filter(|len| *len <= total as usize).unwrap_or(0)
}

fn announced_len(md: &Md, start: &Body) -> Option<usize> {
    let start = start.prefix(FIXED).to_bytes();
    Rfh2::announced_len(Reader::new(&start, ByteOrder::of_encoding(md.encoding), charset_of(&start)))
}

/// Length of the header of a message in the index, whose data begins with `start`.
pub(crate) fn indexed_len(md: &Md, indexed: u16, start: &Body) -> usize {
    match indexed {
        HeaderFacts::LONG => announced_len(md, start).unwrap_or(0),
        len => usize::from(len),
    }
}

/// What the characters of a header are in.
pub(crate) fn charset_of(header: &[u8]) -> Charset {
    if header.first() == Some(&EBCDIC_R) { Charset::Ebcdic } else { Charset::Ascii }
}

/// Whether one of the folders of a header is such that PROPCTL(COMPAT) keeps it.
fn is_kept(md: &Md, header: &[u8]) -> bool {
    let order = ByteOrder::of_encoding(md.encoding);
    let mut r = Reader::new(header, order, Charset::Ascii);
    let ccsid = r.skip(FIXED - 4).and_then(|()| r.i32()).unwrap_or_default();
    let folders = r.rest();
    if matches!(ccsid, 1200 | 13488 | 17584) {
        // The lengths between the folders are text of no meaning, and as long as two characters.
        return has_kept_folder(mqi::text::of_utf16_lossy(folders, order).0.as_bytes());
    }
    has_kept_folder(folders)
}

fn has_kept_folder(text: &[u8]) -> bool {
    let begins = |at: &[u8]| {
        KEPT_FOLDERS.iter().any(|name| {
            let next = at.strip_prefix(*name).and_then(|rest| rest.first());
            next.is_some_and(|next| b"> \t\r\n/".contains(next))
        })
    };
    text.iter().enumerate().any(|(at, byte)| *byte == b'<' && begins(&text[at..]))
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
    let charset = charset_of(&start);
    let mut r = Reader::new(&start, ByteOrder::of_encoding(md.encoding), charset);
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

    fn look(md: &Md, data: &[u8]) -> HeaderFacts {
        let data = Body::from(data.to_vec());
        HeaderFacts::of(md, header_len(md, &data, data.len() as u32), &data)
    }

    #[test]
    fn headers_are_measured() {
        let check = |folder: &[u8], is_kept| {
            let data = header(folder);
            assert_eq!(look(&md(), &data), HeaderFacts { len: data.len() as u16 - 4, is_kept });
        };
        check(b"<usr><a>1</a></usr> ", true);
        check(b"<userfolder>1</userfolder>  ", false);
        check(b"<mq></mq>   ", false);
        check(&[b"<mine>".repeat(2_000).as_slice(), b"<usr></usr> "].concat(), true);
        let none = HeaderFacts::default();
        assert_eq!(look(&Md::default(), &header(b"<usr></usr> ")), none);
        assert_eq!(look(&md(), b"RFH \x02\0\0\0\xff\0\0\0"), none);
        assert_eq!(look(&md(), &[]), none);
    }

    #[test]
    fn a_long_header_says_itself_how_long_it_is() {
        let data = header(&[vec![b' '; 300_000].as_slice(), b"<usr></usr> "].concat());
        assert_eq!(look(&md(), &data), HeaderFacts { len: HeaderFacts::LONG, is_kept: true });
        let body = Body::from(data);
        assert_eq!(indexed_len(&md(), HeaderFacts::LONG, &body), body.len() - 4);
        assert_eq!(indexed_len(&md(), 40, &body), 40);
    }

    #[test]
    fn folders_are_found_in_utf_16_too() {
        use mqi::rfh2::Element;
        for (order, encoding) in [(ByteOrder::Big, 273), (ByteOrder::Little, 546)] {
            for (folder, is_kept) in [("usr", true), ("mq", false)] {
                let folders = vec![Element::group("mine"), Element::group(folder).with("a", "1")];
                let mut w = mqi::wire::Writer::new(order, Charset::Ascii);
                Rfh2 { name_value_ccsid: 1200, folders, ..Rfh2::default() }.encode(&mut w);
                assert_eq!(
                    look(&Md { encoding, ..md() }, &w.finish()).is_kept,
                    is_kept,
                    "{folder} {order:?}"
                );
            }
        }
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
