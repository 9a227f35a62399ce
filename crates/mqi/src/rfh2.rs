//! MQRFH2: the header that carries message properties, JMS headers and publish/subscribe commands.
//!
//! ```text
//! StrucId         CHAR4   `RFH `
//! Version         LONG    2
//! StrucLength     LONG    all of the header, a multiple of 4
//! Encoding        LONG    of what follows the header
//! CodedCharSetId  LONG    of what follows the header
//! Format          CHAR8   of what follows the header
//! Flags           LONG
//! NameValueCCSID  LONG    of the folders: 1208, 1200, 13488 or 17584
//! then for each folder:
//! NameValueLength LONG    a multiple of 4
//! NameValueData           one folder, blank padded: see `Element`
//! ```
//!
//! The integers, and UTF-16 folders, are in the encoding that the descriptor or header in front announces.

mod element;
mod parser;

pub use element::{Content, Element};

use self::parser::Wrong;
use crate::chars::Chars;
use crate::constants::{MQCCSI_INHERIT, MQENC_NATIVE, MQRFH_NONE};
use crate::property::PropertyValue;
use crate::reason::Reason;
use crate::text;
use crate::wire::{ByteOrder, Charset, Reader, Writer};

/// Rules and formatting header, version 2.
#[derive(Clone, Debug, PartialEq)]
pub struct Rfh2 {
    /// Encoding of the data that follows.
    pub encoding: i32,
    /// Character set of the data that follows; -2 (MQCCSI_INHERIT): as announced for this header.
    pub coded_char_set_id: i32,
    /// Format of the data that follows.
    pub format: Chars<8>,
    /// Flags: none are defined.
    pub flags: i32,
    /// Character set of the folders.
    pub name_value_ccsid: i32,
    /// The folders, in order.
    pub folders: Vec<Element>,
}

/// How the folders' text is coded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Utf8,
    Utf16,
}

impl Coding {
    fn of(ccsid: i32) -> Result<Self, Reason> {
        match ccsid {
            1208 => Ok(Self::Utf8),
            1200 | 13488 | 17584 => Ok(Self::Utf16),
            _ => Err(Reason::RFH_FORMAT_ERROR),
        }
    }
}

impl Rfh2 {
    /// The characters that the structure starts with.
    pub const STRUC_ID: [u8; 4] = *b"RFH ";

    /// The versions that there are. Version 1 is another structure: [`crate::rfh::Rfh`].
    pub const VERSIONS: &'static [i32] = &[2];

    /// Reason code of a call that is given a wrong one.
    pub const REASON: Reason = Reason::RFH_ERROR;

    /// Bytes before the first folder.
    pub const FIXED_LEN: usize = 36;

    /// Length of the header that `r` stands before, which is not moved: MQRC_RFH_ERROR when there is none, or one
    /// that does not fit the data. Looks at three fields.
    pub fn length_at(r: Reader<'_>) -> Result<usize, Reason> {
        Self::announced_len(r).filter(|length| *length <= r.remaining()).ok_or(Self::REASON)
    }

    /// Reads the header with its folders. MQRC_RFH_ERROR when the fixed part is wrong, MQRC_RFH_FORMAT_ERROR when
    /// the folders are.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Reason> {
        let length = Self::length_at(*r)?;
        let mut header = r.part(length).map_err(|_| Self::REASON)?;
        Self::decode_part(&mut header, Wrong::Refused)
    }

    /// Reads what can be read of the header that the data begins with: a property that cannot is left out. The data
    /// may end before the header does. None when there is no header.
    pub fn decode_readable(data: &[u8], order: ByteOrder, charset: Charset) -> Option<Self> {
        let length = Self::announced_len(Reader::new(data, order, charset))?;
        let mut header = Reader::new(&data[..length.min(data.len())], order, charset);
        Self::decode_part(&mut header, Wrong::LeftOut).ok()
    }

    /// Length of the header that `r` stands before, by its own account: from its first three fields. None when there
    /// is none.
    pub fn announced_len(mut r: Reader<'_>) -> Option<usize> {
        let (id, version, length) = (r.chars::<4>().ok()?, r.i32().ok()?, r.i32().ok()?);
        let length = usize::try_from(length).ok()?;
        let is_header = id == Chars::new(Self::STRUC_ID) && version == 2;
        (is_header && length >= Self::FIXED_LEN && length.is_multiple_of(4)).then_some(length)
    }

    fn decode_part(r: &mut Reader<'_>, wrong: Wrong) -> Result<Self, Reason> {
        let short = |_| Self::REASON;
        r.skip(12).map_err(short)?;
        let mut it = Self {
            encoding: r.i32().map_err(short)?,
            coded_char_set_id: r.i32().map_err(short)?,
            format: r.chars().map_err(short)?,
            flags: r.i32().map_err(short)?,
            name_value_ccsid: r.i32().map_err(short)?,
            folders: Vec::new(),
        };
        let mut budget = element::ELEMENTS_MAX;
        while r.remaining() > 0 {
            let Some(data) = name_value_data(r, wrong)? else { break };
            let order = r.order();
            let (text, is_whole) = match Coding::of(it.name_value_ccsid)? {
                Coding::Utf8 => match text::of_utf8(data) {
                    Some(text) => (text, true),
                    None => (text::of_utf8_lossy(data), false),
                },
                Coding::Utf16 => {
                    let (text, is_whole) = text::of_utf16_lossy(data, order);
                    (text.into(), is_whole)
                }
            };
            if !is_whole && wrong == Wrong::Refused {
                return Err(Reason::RFH_FORMAT_ERROR);
            }
            parser::folders(&text, wrong, &mut budget, &mut it.folders)?;
        }
        Ok(it)
    }

    /// Writes the header with its folders. Folders go out as UTF-8 when NameValueCCSID is not one of those that
    /// it may be.
    pub fn encode(&self, w: &mut Writer) {
        let coding = Coding::of(self.name_value_ccsid);
        let start = w.len();
        w.chars(&Chars::new(Self::STRUC_ID));
        w.i32(2);
        w.i32(0);
        w.i32(self.encoding);
        w.i32(self.coded_char_set_id);
        w.chars(&self.format);
        w.i32(self.flags);
        w.i32(if coding.is_ok() { self.name_value_ccsid } else { 1208 });
        let mut text = String::new();
        for folder in &self.folders {
            text.clear();
            folder.print(&mut text);
            match coding {
                Ok(Coding::Utf16) => {
                    let units = text.encode_utf16().count();
                    text.extend(std::iter::repeat_n(' ', units % 2));
                    w.i32(2 * units.next_multiple_of(2) as i32);
                    text.encode_utf16().for_each(|unit| w.u16(unit));
                }
                Ok(Coding::Utf8) | Err(_) => {
                    text.extend(std::iter::repeat_n(' ', text.len().next_multiple_of(4) - text.len()));
                    w.i32(text.len() as i32);
                    w.bytes(text.as_bytes());
                }
            }
        }
        w.patch_i32(start + 8, (w.len() - start) as i32);
    }

    /// The first folder of this name.
    pub fn folder(&self, name: &str) -> Option<&Element> {
        self.folders.iter().find(|folder| folder.name == name)
    }

    /// The first folder of this name, made at the end if there is none.
    pub fn folder_mut(&mut self, name: &str) -> &mut Element {
        let at = self.folders.iter().position(|folder| folder.name == name).unwrap_or_else(|| {
            self.folders.push(Element::group(name));
            self.folders.len() - 1
        });
        &mut self.folders[at]
    }

    /// The value of a property: the folder's name and the path below it, `("usr", "colour")`. Makes nothing.
    pub fn property(&self, folder: &str, path: &str) -> Option<&PropertyValue> {
        self.folders.iter().filter(|f| f.name == folder).find_map(|f| f.find(path))
    }

    /// The value of a property by its whole name, `usr.colour`.
    pub fn find(&self, name: &str) -> Option<&PropertyValue> {
        let (folder, path) = name.split_once('.')?;
        self.property(folder, path)
    }

    /// Calls `visit` with the whole name and the value of every message property.
    pub fn for_each_property<'a>(&'a self, mut visit: impl FnMut(&str, &'a PropertyValue)) {
        let mut name = String::new();
        for folder in self.folders.iter().filter(|folder| folder.has_properties()) {
            folder.for_each_value(&mut |path, value| {
                name.clear();
                name.push_str(&folder.name);
                name.push('.');
                name.push_str(path);
                visit(&name, value);
            });
        }
    }
}

impl Default for Rfh2 {
    fn default() -> Self {
        Self {
            encoding: MQENC_NATIVE,
            coded_char_set_id: MQCCSI_INHERIT,
            format: Chars::BLANK,
            flags: MQRFH_NONE,
            name_value_ccsid: 1208,
            folders: Vec::new(),
        }
    }
}

/// The next NameValueData field. None: there is no more that can be read.
fn name_value_data<'a>(r: &mut Reader<'a>, wrong: Wrong) -> Result<Option<&'a [u8]>, Reason> {
    let length = r.i32().ok().and_then(|length| usize::try_from(length).ok());
    match (length, wrong) {
        (Some(length), _) if length <= r.remaining() && length.is_multiple_of(4) => Ok(r.bytes(length).ok()),
        (_, Wrong::Refused) => Err(Reason::RFH_FORMAT_ERROR),
        // What is there of a folder whose end is missing.
        (Some(length), Wrong::LeftOut) => Ok(r.bytes(length.min(r.remaining())).ok()),
        (None, Wrong::LeftOut) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::Charset;

    fn bytes(it: &Rfh2, order: ByteOrder, charset: Charset) -> Vec<u8> {
        let mut w = Writer::new(order, charset);
        it.encode(&mut w);
        w.finish()
    }

    fn values() -> impl Strategy<Value = PropertyValue> {
        prop_oneof![
            Just(PropertyValue::Null),
            any::<bool>().prop_map(PropertyValue::Boolean),
            any::<i8>().prop_map(PropertyValue::Int8),
            any::<i16>().prop_map(PropertyValue::Int16),
            any::<i32>().prop_map(PropertyValue::Int32),
            any::<i64>().prop_map(PropertyValue::Int64),
            any::<f32>().prop_map(PropertyValue::Float32),
            any::<f64>().prop_map(PropertyValue::Float64),
            any::<String>().prop_map(PropertyValue::String),
            prop::collection::vec(any::<u8>(), 0..20).prop_map(PropertyValue::Bytes),
        ]
    }

    fn folders() -> impl Strategy<Value = Vec<Element>> {
        let name = || "[A-Za-z_][A-Za-z0-9_]{0,8}";
        let leaf = (name(), values()).prop_map(|(name, value)| Element::value(&name, value));
        let member = leaf.prop_recursive(3, 12, 4, move |inner| {
            (name(), prop::collection::vec(inner, 1..4)).prop_map(|(name, members)| Element {
                content: Content::Group(members),
                ..Element::group(&name)
            })
        });
        let folder = (name(), prop::collection::vec(member, 0..5), prop::option::of(any::<String>()))
            .prop_map(|(name, members, attribute)| Element {
                name,
                attributes: attribute.map(|value| ("content".to_owned(), value)).into_iter().collect(),
                content: Content::Group(members),
            });
        prop::collection::vec(folder, 0..4)
    }

    proptest! {
        #[test]
        fn any_header_comes_back(
            folders in folders(),
            name_value_ccsid in prop::sample::select(&[1208, 1200, 13488, 17584][..]),
            [encoding, coded_char_set_id, flags] in any::<[i32; 3]>(),
        ) {
            let format = Chars::new(*b"MQSTR   ");
            let it = Rfh2 { encoding, coded_char_set_id, format, flags, name_value_ccsid, folders };
            for order in [ByteOrder::Big, ByteOrder::Little] {
                for charset in [Charset::Ascii, Charset::Ebcdic] {
                    let mut bytes = bytes(&it, order, charset);
                    let len = bytes.len();
                    bytes.extend_from_slice(b"body");
                    let mut r = Reader::new(&bytes, order, charset);
                    prop_assert_eq!(Rfh2::length_at(r), Ok(len));
                    let back = Rfh2::decode(&mut r);
                    // A JMS number without a type may have been a string before.
                    if it.folders.iter().all(|folder| folder.name != "jms") {
                        // Not-a-number is not equal to itself: compare what is printed.
                        prop_assert_eq!(format!("{back:?}"), format!("{:?}", Ok::<_, Reason>(it.clone())));
                    }
                    prop_assert_eq!(r.rest(), b"body");
                }
            }
        }

        #[test]
        fn any_text_is_safe(text in "[<>/a='& x0-9;#\\PC]{0,60}", ccsid in any::<bool>()) {
            let mut w = Writer::new(ByteOrder::Big, Charset::Ascii);
            let name_value_ccsid = if ccsid { 1208 } else { 1200 };
            Rfh2 { name_value_ccsid, ..Rfh2::default() }.encode(&mut w);
            let padded = text.clone() + &" ".repeat(text.len().next_multiple_of(4) - text.len());
            w.i32(padded.len() as i32);
            w.bytes(padded.as_bytes());
            w.patch_i32(8, w.len() as i32);
            let bytes = w.finish();
            let decoded = Rfh2::decode(&mut Reader::new(&bytes, ByteOrder::Big, Charset::Ascii));
            prop_assert!(decoded.is_ok() || decoded == Err(Reason::RFH_FORMAT_ERROR));
        }
    }

    fn sample() -> Rfh2 {
        Rfh2 {
            format: crate::format::STRING,
            encoding: 273,
            coded_char_set_id: 1208,
            folders: vec![
                Element::group("mcd").with("Msd", "jms_text"),
                Element::group("jms").with("Dst", "queue:///Q1").with("Dlv", PropertyValue::Int32(2)),
                Element::group("usr").with("colour", "red").with("size", PropertyValue::Int32(7)),
                Element::group("psc").with("Command", "RegSub"),
            ],
            ..Rfh2::default()
        }
    }

    #[test]
    fn bytes_are_those_of_a_jms_client() {
        let bytes = bytes(
            &Rfh2 { folders: sample().folders[..2].to_vec(), ..sample() },
            ByteOrder::Big,
            Charset::Ascii,
        );
        let mut want =
            b"RFH \0\0\0\x02\0\0\0\x7c\0\0\x01\x11\0\0\x04\xb8MQSTR   \0\0\0\0\0\0\x04\xb8".to_vec();
        want.extend_from_slice(b"\0\0\0\x20<mcd><Msd>jms_text</Msd></mcd>  ");
        want.extend_from_slice(b"\0\0\0\x30<jms><Dst>queue:///Q1</Dst><Dlv>2</Dlv></jms>   ");
        assert_eq!(bytes, want);
    }

    #[test]
    fn properties_are_found() {
        let mut it = sample();
        assert_eq!(it.find("usr.colour"), Some(&"red".into()));
        assert_eq!(it.property("jms", "Dlv"), Some(&PropertyValue::Int32(2)));
        assert_eq!(it.find("usr.nothing"), None);
        assert_eq!(it.find("colour"), None);
        let mut names = Vec::new();
        it.for_each_property(|name, _| names.push(name.to_owned()));
        assert_eq!(names, ["mcd.Msd", "jms.Dst", "jms.Dlv", "usr.colour", "usr.size"]);
        it.folder_mut("usr").push(Element::value("new", PropertyValue::Boolean(true)));
        it.folder_mut("mqext").push(Element::value("Arm", "x"));
        assert_eq!(it.find("usr.new"), Some(&PropertyValue::Boolean(true)));
        assert_eq!(it.folders.last().map(|folder| folder.name.as_str()), Some("mqext"));
    }

    /// The sample with the word at `at` replaced.
    #[track_caller]
    fn check(at: usize, word: i32, want: Reason) {
        let mut bytes = bytes(&sample(), ByteOrder::Big, Charset::Ascii);
        bytes[at..at + 4].copy_from_slice(&word.to_be_bytes());
        assert_eq!(
            Rfh2::decode(&mut Reader::new(&bytes, ByteOrder::Big, Charset::Ascii)),
            Err(want),
            "{at} {word}"
        );
    }

    #[test]
    fn each_mistake_has_its_code() {
        check(0, 0, Reason::RFH_ERROR);
        check(4, 1, Reason::RFH_ERROR);
        check(4, 3, Reason::RFH_ERROR);
        for length in [-1, 0, 32, 35, 37, 10_000, i32::MAX] {
            check(8, length, Reason::RFH_ERROR);
        }
        check(32, 819, Reason::RFH_FORMAT_ERROR);
        for length in [-4, 3, 30, 10_000, i32::MAX] {
            check(36, length, Reason::RFH_FORMAT_ERROR);
        }
        check(40, i32::from_be_bytes(*b"mcd>"), Reason::RFH_FORMAT_ERROR);
        check(40, -1, Reason::RFH_FORMAT_ERROR);
        assert_eq!(
            Rfh2::decode(&mut Reader::new(b"", ByteOrder::Big, Charset::Ascii)),
            Err(Reason::RFH_ERROR)
        );
    }
}
