//! Reading and writing the bytes of MQI structures.
//!
//! The same structure travels in either byte order and in ASCII or EBCDIC: each side sends what is natural to
//! it, and the receiver makes good. [`Reader`] and [`Writer`] carry both facts, so that a structure's `decode`
//! and `encode` name only its fields, in order, without offsets.
//!
//! Integers follow the byte order. CHAR fields follow the character set, one byte for one byte. BYTE fields are
//! never touched.

/// Order of the bytes of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Most significant byte first (MQENC_INTEGER_NORMAL).
    Big,
    /// Least significant byte first (MQENC_INTEGER_REVERSED).
    Little,
}

impl ByteOrder {
    /// The order that an MQENC value gives its integers. Only the reversed form means little-endian: undefined
    /// encodings have always been read as normal ones.
    pub fn of_encoding(encoding: i32) -> Self {
        const INTEGER_MASK: i32 = 0x0F;
        const INTEGER_REVERSED: i32 = 0x02;
        if encoding & INTEGER_MASK == INTEGER_REVERSED { Self::Little } else { Self::Big }
    }

    /// The MQENC value of a platform of this order with IEEE floating point: 273 or 546.
    pub fn encoding(self) -> i32 {
        match self {
            Self::Big => 273,
            Self::Little => 546,
        }
    }
}

/// Character set of the CHAR fields of a structure, as far as names need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    /// Any set whose first half is ASCII. Bytes are taken as they are.
    Ascii,
    /// Any EBCDIC set. Bytes go through the table of CCSID 500, whose letters, digits, blank and name
    /// characters are the same in the others.
    Ebcdic,
}

impl Charset {
    /// One byte of this set as the byte that we hold in memory.
    pub fn to_memory(self, byte: u8) -> u8 {
        match self {
            Self::Ascii => byte,
            Self::Ebcdic => EBCDIC_TO_LATIN[usize::from(byte)],
        }
    }

    /// The reverse of [`Self::to_memory`].
    pub fn of_memory(self, byte: u8) -> u8 {
        match self {
            Self::Ascii => byte,
            Self::Ebcdic => LATIN_TO_EBCDIC[usize::from(byte)],
        }
    }

    /// The blank of this set: what CHAR fields are padded with.
    pub fn blank(self) -> u8 {
        match self {
            Self::Ascii => 0x20,
            Self::Ebcdic => 0x40,
        }
    }

    /// What names are in, in the set that a partner announces.
    pub fn of_ccsid(ccsid: i32) -> Self {
        // 410 is Cyrillic EBCDIC of old: names can be read in it, text cannot.
        let is_host = ccsid == 410 || crate::ccsid::Ccsid(ccsid).has_ebcdic_names();
        if is_host { Self::Ebcdic } else { Self::Ascii }
    }
}

/// The bytes ended before the field did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated;

impl std::fmt::Display for Truncated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the data ends inside a structure")
    }
}

impl std::error::Error for Truncated {}

/// Why bytes are not the structure that they should be.
///
/// Each structure has its own reason code for this: its constant `REASON`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The data ends inside the structure.
    Truncated,
    /// The structure starts with another id.
    StrucId,
    /// The version is not one that this program knows.
    Version(i32),
    /// A length or count field contradicts the data around it.
    Length(i32),
}

impl From<Truncated> for DecodeError {
    fn from(_: Truncated) -> Self {
        Self::Truncated
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => Truncated.fmt(f),
            Self::StrucId => f.write_str("the structure id is not the expected one"),
            Self::Version(version) => write!(f, "structure version {version} is unknown"),
            Self::Length(length) => write!(f, "length or count {length} does not fit the data"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Takes fields from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    len: usize,
    order: ByteOrder,
    charset: Charset,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, whose integers and characters are as announced by whoever sent them.
    pub fn new(bytes: &'a [u8], order: ByteOrder, charset: Charset) -> Self {
        Self { rest: bytes, len: bytes.len(), order, charset }
    }

    /// Byte order of the integers.
    pub fn order(&self) -> ByteOrder {
        self.order
    }

    /// Character set of the CHAR fields.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// Number of bytes not yet taken.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Number of bytes already taken.
    pub fn position(&self) -> usize {
        self.len - self.rest.len()
    }

    /// What has not been taken, without taking it.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes `n` bytes as they are.
    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes `N` bytes as they are, as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Passes over `n` bytes.
    pub fn skip(&mut self, n: usize) -> Result<(), Truncated> {
        self.bytes(n).map(drop)
    }

    /// A reader of the next `n` bytes, which this one passes over.
    pub fn part(&mut self, n: usize) -> Result<Reader<'a>, Truncated> {
        let (order, charset) = (self.order, self.charset);
        Ok(Reader::new(self.bytes(n)?, order, charset))
    }

    /// A CHAR field of `N` bytes.
    pub fn chars<const N: usize>(&mut self) -> Result<crate::Chars<N>, Truncated> {
        let charset = self.charset;
        Ok(crate::Chars::from_wire(self.array()?, charset))
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Truncated> {
        Ok(self.array::<1>()?[0])
    }

    /// An unsigned 16-bit integer.
    pub fn u16(&mut self) -> Result<u16, Truncated> {
        let order = self.order;
        Ok(match (order, self.array()?) {
            (ByteOrder::Big, bytes) => u16::from_be_bytes(bytes),
            (ByteOrder::Little, bytes) => u16::from_le_bytes(bytes),
        })
    }

    /// An unsigned 32-bit integer.
    pub fn u32(&mut self) -> Result<u32, Truncated> {
        let order = self.order;
        Ok(match (order, self.array()?) {
            (ByteOrder::Big, bytes) => u32::from_be_bytes(bytes),
            (ByteOrder::Little, bytes) => u32::from_le_bytes(bytes),
        })
    }

    /// A signed 32-bit integer: an MQLONG.
    pub fn i32(&mut self) -> Result<i32, Truncated> {
        Ok(self.u32()? as i32)
    }

    /// An unsigned 64-bit integer.
    pub fn u64(&mut self) -> Result<u64, Truncated> {
        let order = self.order;
        Ok(match (order, self.array()?) {
            (ByteOrder::Big, bytes) => u64::from_be_bytes(bytes),
            (ByteOrder::Little, bytes) => u64::from_le_bytes(bytes),
        })
    }

    /// A signed 64-bit integer: an MQINT64.
    pub fn i64(&mut self) -> Result<i64, Truncated> {
        Ok(self.u64()? as i64)
    }
}

/// Appends fields to a vector.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    order: ByteOrder,
    charset: Charset,
}

impl Writer {
    /// Writes to a new vector.
    pub fn new(order: ByteOrder, charset: Charset) -> Self {
        Self::over(Vec::new(), order, charset)
    }

    /// Appends to `out`; [`Self::finish`] gives it back.
    pub fn over(out: Vec<u8>, order: ByteOrder, charset: Charset) -> Self {
        Self { out, order, charset }
    }

    /// The bytes written, after what the vector held before.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Byte order of the integers.
    pub fn order(&self) -> ByteOrder {
        self.order
    }

    /// Character set of the CHAR fields.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// Bytes in the vector so far, those that it held before included.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether the vector is empty.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// `n` bytes of zero.
    pub fn zeros(&mut self, n: usize) {
        self.out.resize(self.out.len() + n, 0);
    }

    /// A CHAR field.
    pub fn chars<const N: usize>(&mut self, chars: &crate::Chars<N>) {
        self.bytes(&chars.to_wire(self.charset));
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    /// An unsigned 16-bit integer.
    pub fn u16(&mut self, value: u16) {
        match self.order {
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
        }
    }

    /// An unsigned 32-bit integer.
    pub fn u32(&mut self, value: u32) {
        match self.order {
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
        }
    }

    /// A signed 32-bit integer: an MQLONG.
    pub fn i32(&mut self, value: i32) {
        self.u32(value as u32);
    }

    /// An unsigned 64-bit integer.
    pub fn u64(&mut self, value: u64) {
        match self.order {
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
        }
    }

    /// A signed 64-bit integer: an MQINT64.
    pub fn i64(&mut self, value: i64) {
        self.u64(value as u64);
    }

    /// Writes `value` over the integer at `at`, a position that [`Self::len`] gave before the field was written:
    /// for lengths that are known only when what they measure has been written.
    ///
    /// # Panics
    /// When fewer than four bytes have been written from `at` on.
    pub fn patch_i32(&mut self, at: usize, value: i32) {
        let bytes = match self.order {
            ByteOrder::Big => value.to_be_bytes(),
            ByteOrder::Little => value.to_le_bytes(),
        };
        self.out[at..at + 4].copy_from_slice(&bytes);
    }
}

/// CCSID 500 to ISO 8859-1: both have 256 characters, the same ones.
#[rustfmt::skip]
const EBCDIC_TO_LATIN: [u8; 256] = [
    0x00, 0x01, 0x02, 0x03, 0x9C, 0x09, 0x86, 0x7F, 0x97, 0x8D, 0x8E, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F,
    0x10, 0x11, 0x12, 0x13, 0x9D, 0x85, 0x08, 0x87, 0x18, 0x19, 0x92, 0x8F, 0x1C, 0x1D, 0x1E, 0x1F,
    0x80, 0x81, 0x82, 0x83, 0x84, 0x0A, 0x17, 0x1B, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x05, 0x06, 0x07,
    0x90, 0x91, 0x16, 0x93, 0x94, 0x95, 0x96, 0x04, 0x98, 0x99, 0x9A, 0x9B, 0x14, 0x15, 0x9E, 0x1A,
    0x20, 0xA0, 0xE2, 0xE4, 0xE0, 0xE1, 0xE3, 0xE5, 0xE7, 0xF1, 0x5B, 0x2E, 0x3C, 0x28, 0x2B, 0x21,
    0x26, 0xE9, 0xEA, 0xEB, 0xE8, 0xED, 0xEE, 0xEF, 0xEC, 0xDF, 0x5D, 0x24, 0x2A, 0x29, 0x3B, 0x5E,
    0x2D, 0x2F, 0xC2, 0xC4, 0xC0, 0xC1, 0xC3, 0xC5, 0xC7, 0xD1, 0xA6, 0x2C, 0x25, 0x5F, 0x3E, 0x3F,
    0xF8, 0xC9, 0xCA, 0xCB, 0xC8, 0xCD, 0xCE, 0xCF, 0xCC, 0x60, 0x3A, 0x23, 0x40, 0x27, 0x3D, 0x22,
    0xD8, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0xAB, 0xBB, 0xF0, 0xFD, 0xFE, 0xB1,
    0xB0, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70, 0x71, 0x72, 0xAA, 0xBA, 0xE6, 0xB8, 0xC6, 0xA4,
    0xB5, 0x7E, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0xA1, 0xBF, 0xD0, 0xDD, 0xDE, 0xAE,
    0xA2, 0xA3, 0xA5, 0xB7, 0xA9, 0xA7, 0xB6, 0xBC, 0xBD, 0xBE, 0xAC, 0x7C, 0xAF, 0xA8, 0xB4, 0xD7,
    0x7B, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0xAD, 0xF4, 0xF6, 0xF2, 0xF3, 0xF5,
    0x7D, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F, 0x50, 0x51, 0x52, 0xB9, 0xFB, 0xFC, 0xF9, 0xFA, 0xFF,
    0x5C, 0xF7, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0xB2, 0xD4, 0xD6, 0xD2, 0xD3, 0xD5,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0xB3, 0xDB, 0xDC, 0xD9, 0xDA, 0x9F,
];

/// The reverse of [`EBCDIC_TO_LATIN`].
#[rustfmt::skip]
const LATIN_TO_EBCDIC: [u8; 256] = [
    0x00, 0x01, 0x02, 0x03, 0x37, 0x2D, 0x2E, 0x2F, 0x16, 0x05, 0x25, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F,
    0x10, 0x11, 0x12, 0x13, 0x3C, 0x3D, 0x32, 0x26, 0x18, 0x19, 0x3F, 0x27, 0x1C, 0x1D, 0x1E, 0x1F,
    0x40, 0x4F, 0x7F, 0x7B, 0x5B, 0x6C, 0x50, 0x7D, 0x4D, 0x5D, 0x5C, 0x4E, 0x6B, 0x60, 0x4B, 0x61,
    0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0x7A, 0x5E, 0x4C, 0x7E, 0x6E, 0x6F,
    0x7C, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6,
    0xD7, 0xD8, 0xD9, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0x4A, 0xE0, 0x5A, 0x5F, 0x6D,
    0x79, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96,
    0x97, 0x98, 0x99, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xC0, 0xBB, 0xD0, 0xA1, 0x07,
    0x20, 0x21, 0x22, 0x23, 0x24, 0x15, 0x06, 0x17, 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x09, 0x0A, 0x1B,
    0x30, 0x31, 0x1A, 0x33, 0x34, 0x35, 0x36, 0x08, 0x38, 0x39, 0x3A, 0x3B, 0x04, 0x14, 0x3E, 0xFF,
    0x41, 0xAA, 0xB0, 0xB1, 0x9F, 0xB2, 0x6A, 0xB5, 0xBD, 0xB4, 0x9A, 0x8A, 0xBA, 0xCA, 0xAF, 0xBC,
    0x90, 0x8F, 0xEA, 0xFA, 0xBE, 0xA0, 0xB6, 0xB3, 0x9D, 0xDA, 0x9B, 0x8B, 0xB7, 0xB8, 0xB9, 0xAB,
    0x64, 0x65, 0x62, 0x66, 0x63, 0x67, 0x9E, 0x68, 0x74, 0x71, 0x72, 0x73, 0x78, 0x75, 0x76, 0x77,
    0xAC, 0x69, 0xED, 0xEE, 0xEB, 0xEF, 0xEC, 0xBF, 0x80, 0xFD, 0xFE, 0xFB, 0xFC, 0xAD, 0xAE, 0x59,
    0x44, 0x45, 0x42, 0x46, 0x43, 0x47, 0x9C, 0x48, 0x54, 0x51, 0x52, 0x53, 0x58, 0x55, 0x56, 0x57,
    0x8C, 0x49, 0xCD, 0xCE, 0xCB, 0xCF, 0xCC, 0xE1, 0x70, 0xDD, 0xDE, 0xDB, 0xDC, 0x8D, 0x8E, 0xDF,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(order: ByteOrder, charset: Charset, want: &[u8]) {
        let mut w = Writer::over(vec![0xEE], order, charset);
        w.u8(1);
        w.u16(0x0203);
        w.u32(0x0405_0607);
        w.i32(-2);
        w.i64(-3);
        w.chars(&crate::Chars::<4>::from_str_padded("MD"));
        let bytes = w.finish();
        assert_eq!(bytes, [&[0xEE], want].concat());

        let mut r = Reader::new(&bytes[1..], order, charset);
        assert_eq!(r.u8(), Ok(1));
        assert_eq!(r.u16(), Ok(0x0203));
        assert_eq!(r.u32(), Ok(0x0405_0607));
        assert_eq!(r.i32(), Ok(-2));
        assert_eq!(r.i64(), Ok(-3));
        assert_eq!(r.chars::<4>().map(|c| c.to_string()), Ok("MD".to_owned()));
        assert_eq!((r.remaining(), r.position()), (0, want.len()));
        assert_eq!(r.u8(), Err(Truncated));
    }

    #[test]
    fn fields_follow_order_and_charset() {
        let big = b"\x01\x02\x03\x04\x05\x06\x07\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xfd";
        let little = b"\x01\x03\x02\x07\x06\x05\x04\xfe\xff\xff\xff\xfd\xff\xff\xff\xff\xff\xff\xff";
        check(ByteOrder::Big, Charset::Ascii, &[&big[..], b"MD  "].concat());
        check(ByteOrder::Big, Charset::Ebcdic, &[&big[..], b"\xD4\xC4\x40\x40"].concat());
        check(ByteOrder::Little, Charset::Ascii, &[&little[..], b"MD  "].concat());
    }

    #[test]
    fn a_failed_read_takes_nothing() {
        let mut r = Reader::new(b"abc", ByteOrder::Big, Charset::Ascii);
        assert_eq!(r.i32(), Err(Truncated));
        assert_eq!(r.bytes(4), Err(Truncated));
        assert_eq!(r.rest(), b"abc");
        assert_eq!(r.part(2).map(|p| p.rest()), Ok(&b"ab"[..]));
        assert_eq!(r.rest(), b"c");
    }

    #[test]
    fn ebcdic_is_a_bijection() {
        for byte in 0..=255u8 {
            assert_eq!(Charset::Ebcdic.of_memory(Charset::Ebcdic.to_memory(byte)), byte);
        }
        assert_eq!(Charset::Ebcdic.of_memory(b' '), Charset::Ebcdic.blank());
    }

    #[test]
    fn order_comes_from_the_encoding() {
        for (encoding, want) in [
            (273, ByteOrder::Big),
            (546, ByteOrder::Little),
            (785, ByteOrder::Big),
            (0, ByteOrder::Big),
            (0x222, ByteOrder::Little),
        ] {
            assert_eq!(ByteOrder::of_encoding(encoding), want, "{encoding}");
        }
        assert_eq!(ByteOrder::of_encoding(ByteOrder::Little.encoding()), ByteOrder::Little);
    }
}
