//! The headers: fields from their tables, and what each holds behind them.

use super::converter::{Converter, Step, Stop};
use super::layout::{CIH_2, Described, Field, Header, OBJECT_RECORD, PUT_MESSAGE_RECORD};
use crate::ccsid::Ccsid;
use crate::reason::Reason;

const FORMAT_ERROR: Stop = Stop::Because(Reason::FORMAT_ERROR);

/// Converts one header, to the first byte behind it.
pub(super) fn convert(converter: &mut Converter<'_>, header: Header) -> Step<Described> {
    let start = converter.position();
    let described = converter.fields(header.fields())?;
    if matches!(header, Header::Dlh | Header::Xqh) {
        // These two do not say how long they are.
        return Ok(described);
    }
    let end = start.0.checked_add(described.length).ok_or(FORMAT_ERROR)?;
    let outer = converter.enter(end)?;
    let place = Place { start: start.0, written_from: start.1, described };
    match header {
        Header::Cih if described.version >= 2 => {
            converter.fields(CIH_2)?;
        }
        Header::Dh => dh(converter, place)?,
        Header::Eph => converter.pcf_message()?,
        Header::Rfh if described.version == 1 => {
            converter.text(converter.remaining())?; // NameValueString
        }
        Header::Rfh2 if described.version == 2 => rfh2(converter)?,
        Header::Rfh | Header::Rfh2 => return Err(FORMAT_ERROR),
        Header::Rmh => rmh(converter, place)?,
        Header::Cih | Header::Dlh | Header::Iih | Header::Mde | Header::Wih | Header::Xqh => {}
    }
    converter.leave(outer);
    if place.grows(header) {
        place.pad(converter);
        converter.put_length(described.length_at, converter.position().1 - place.written_from);
    }
    Ok(described)
}

/// Where a header begins, in the message and in the result, and what it says of itself.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    written_from: usize,
    described: Described,
}

impl Place {
    fn grows(self, header: Header) -> bool {
        matches!(header, Header::Rfh | Header::Rmh | Header::Eph)
    }

    /// Keeps the length of a header a multiple of four if it was one: the data behind it may hold integers.
    fn pad(self, converter: &mut Converter<'_>) {
        let length = converter.position().1 - self.written_from;
        if self.described.length.is_multiple_of(4) && !length.is_multiple_of(4) {
            let blank = converter.blank(converter.to().ccsid);
            converter.write(&blank.repeat(length.next_multiple_of(4) - length));
        }
    }
}

/// NameValueCCSID and folders. The folders are in one of the Unicode sets and stay in it; only the byte order of
/// UTF-16 follows that of the integers.
fn rfh2(converter: &mut Converter<'_>) -> Step {
    let ccsid = Ccsid(converter.int()?);
    if ccsid != Ccsid::UTF_8 && !ccsid.is_utf_16() {
        return Err(Stop::Because(Reason::SOURCE_CCSID_ERROR));
    }
    while converter.remaining() >= 4 {
        let length = converter.length()?;
        converter.text_between(length, ccsid, ccsid)?;
    }
    Ok(())
}

/// The records of a distribution list: where they are is said by offsets, in either order.
fn dh(converter: &mut Converter<'_>, place: Place) -> Step {
    let fields = converter.int()?;
    let records = converter.length()?;
    let objects_at = converter.length()?;
    let puts_at = converter.length()?;

    let put_record: Vec<Field> =
        PUT_MESSAGE_RECORD.iter().filter(|(bit, _)| fields & bit != 0).map(|&(_, field)| field).collect();
    let mut tables = [(objects_at, OBJECT_RECORD), (puts_at, put_record.as_slice())];
    tables.sort_by_key(|&(offset, _)| offset);
    for (offset, record) in tables {
        // Offset 0 says that there are none.
        if offset == 0 || record.is_empty() {
            continue;
        }
        go_to(converter, place, offset)?;
        for _ in 0..records {
            converter.fields(record)?;
        }
    }
    Ok(())
}

/// Environment and name of source and destination: strings that lengths and offsets in the header point to.
fn rmh(converter: &mut Converter<'_>, place: Place) -> Step {
    struct Pointer {
        length: usize,
        offset: usize,
        length_at: usize,
    }
    let mut pointers = Vec::with_capacity(4);
    for _ in 0..4 {
        let length_at = converter.position().1;
        let (length, offset) = (converter.length()?, converter.length()?);
        pointers.push(Pointer { length, offset, length_at });
    }
    converter.ints(3)?; // DataLogicalLength, DataLogicalOffset, DataLogicalOffset2

    pointers.retain(|pointer| pointer.length > 0);
    pointers.sort_by_key(|pointer| pointer.offset);
    // The string before, should two names share one: where it was, and what became of it.
    let mut last = None;
    for pointer in pointers {
        let was = (pointer.offset, pointer.length);
        let is = match last {
            Some((before, is)) if before == was => is,
            _ => {
                go_to(converter, place, pointer.offset)?;
                let offset = converter.position().1 - place.written_from;
                (offset, converter.text(pointer.length)?)
            }
        };
        converter.put_length(pointer.length_at, is.1);
        converter.put_length(pointer.length_at + 4, is.0);
        last = Some((was, is));
    }
    Ok(())
}

/// Copies what stands before an offset into the header. What has been read is not read again.
fn go_to(converter: &mut Converter<'_>, place: Place, offset: usize) -> Step {
    let at = place.start.checked_add(offset).ok_or(FORMAT_ERROR)?;
    let between = at.checked_sub(converter.position().0).ok_or(FORMAT_ERROR)?;
    converter.bytes(between)
}
