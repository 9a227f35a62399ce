//! One coded character set as a table, and the text form that the tables are committed in.
//!
//! The files of `crates/mqi/tables` are written by the generator from the conversion tools of the system, and are
//! text so that a change of one character shows as such in a review:
//!
//! ```text
//! # comment
//! set 37 ebcdic iconv:IBM037        CCSID, family, where the table was taken from
//! 0000 0001 0002 … (16 lines of 16) what each byte means: UTF-16 unit, ---- nothing, **** first of two bytes
//! oneway 203E A0                    Unicode character that goes to a code which means another one
//! double 81 40 、。，…              characters of the codes 8140, 8141, …; U+FFFD for a code without meaning
//! digest 0123456789abcdef           FNV-1a (64 bits), high bytes first, of all pairs of code and character in
//!                                   order of codes, then of all pairs of character and code in order of
//!                                   characters: a guard against edits by hand where the tools are missing
//! ```
//!
//! From Unicode, a character goes to the lowest code that means it, unless a `oneway` line says otherwise. Every
//! character of these sets lies in the basic plane. A table is read at its first use and kept.

use std::sync::OnceLock;

/// The committed files. The first has all sets of one byte a character.
const FILES: [&str; 3] = [
    include_str!("../../tables/single-byte.txt"),
    include_str!("../../tables/943.txt"),
    include_str!("../../tables/1386.txt"),
];

/// Marks what has no counterpart. U+FFFF is no character and FFFF is no code of any set.
const HOLE: u16 = 0xFFFF;

/// Marks a byte that begins a code of two bytes.
const LEAD: u16 = 0xFFFE;

/// What a byte, or the two bytes that begin a string, mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This character.
    Is(char),
    /// Nothing in this set.
    Nothing,
    /// The first of two bytes: see [`Table::double`].
    Lead,
}

/// A character set: bytes to Unicode and back.
pub(super) struct Table {
    /// Whether it is of the EBCDIC family.
    pub(super) ebcdic: bool,
    /// Whether the bytes below 0x80 are ASCII, so that such text can be copied.
    pub(super) ascii: bool,
    single: [u16; 256],
    double: Pages,
    codes: Pages,
}

impl Table {
    /// The table of a CCSID, if there is one.
    pub(super) fn of(ccsid: i32) -> Option<&'static Self> {
        let slots = slots();
        let at = slots.binary_search_by_key(&ccsid, |slot| slot.ccsid).ok()?;
        slots[at].table()
    }

    /// All CCSIDs that have a table, in order.
    pub(super) fn all() -> impl Iterator<Item = i32> {
        slots().iter().map(|slot| slot.ccsid)
    }

    /// What one byte means.
    pub(super) fn single(&self, byte: u8) -> Meaning {
        match self.single[usize::from(byte)] {
            HOLE => Meaning::Nothing,
            LEAD => Meaning::Lead,
            unit => char::from_u32(u32::from(unit)).map_or(Meaning::Nothing, Meaning::Is),
        }
    }

    /// What two bytes mean.
    pub(super) fn double(&self, lead: u8, trail: u8) -> Meaning {
        match self.double.get(u16::from_be_bytes([lead, trail])) {
            HOLE => Meaning::Nothing,
            unit => char::from_u32(u32::from(unit)).map_or(Meaning::Nothing, Meaning::Is),
        }
    }

    /// The code of a character: one byte up to 0xFF, two above.
    pub(super) fn code(&self, character: char) -> Option<u16> {
        let unit = u16::try_from(u32::from(character)).ok()?;
        match self.codes.get(unit) {
            HOLE => None,
            code => Some(code),
        }
    }

    /// Every code that means something, with its UTF-16 unit, lowest first.
    fn meanings(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        let single = (0u16..).zip(self.single).filter(|&(_, unit)| unit != HOLE && unit != LEAD);
        let double =
            (0x100..HOLE).map(|code| (code, self.double.get(code))).filter(|&(_, unit)| unit != HOLE);
        single.chain(double)
    }

    /// Reads the text of one set: what follows the word `set`, to the `digest` line.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut heading = lines.next()?.split_ascii_whitespace();
        let ebcdic = heading.nth(1)? == "ebcdic";

        let mut single = [HOLE; 256];
        for row in single.chunks_exact_mut(16) {
            let mut units = lines.next()?.split_ascii_whitespace();
            for unit in row {
                *unit = match units.next()? {
                    "----" => HOLE,
                    "****" => LEAD,
                    hex => u16::from_str_radix(hex, 16).ok()?,
                };
            }
        }

        let (mut double, mut oneway) = (Pages::new(), Vec::new());
        for line in lines {
            let (word, rest) = line.split_once(' ')?;
            match word {
                "oneway" => {
                    let (unit, code) = rest.split_once(' ')?;
                    oneway.push((u16::from_str_radix(unit, 16).ok()?, u16::from_str_radix(code, 16).ok()?));
                }
                "double" => {
                    let (first, characters) = (rest.get(..5)?, rest.get(6..)?);
                    let first = u16::from_str_radix(&first.replace(' ', ""), 16).ok()?;
                    for (code, character) in (first..).zip(characters.chars()) {
                        if character != char::REPLACEMENT_CHARACTER {
                            double.set(code, u16::try_from(u32::from(character)).ok()?);
                        }
                    }
                }
                "digest" => {
                    let ascii = single[..0x80].iter().copied().eq(0..0x80);
                    let mut table = Self { ebcdic, ascii, single, double, codes: Pages::new() };
                    let mut codes = Pages::new();
                    for (code, unit) in table.meanings() {
                        if codes.get(unit) == HOLE {
                            codes.set(unit, code);
                        }
                    }
                    for (unit, code) in oneway {
                        codes.set(unit, code);
                    }
                    table.codes = codes;
                    return Some(table);
                }
                _ => return None,
            }
        }
        None
    }
}

/// A map between 16-bit numbers: pages of 256, only those in use. Page 0 is all holes.
struct Pages {
    index: [u8; 256],
    pages: Vec<[u16; 256]>,
}

impl Pages {
    fn new() -> Self {
        Self { index: [0; 256], pages: vec![[HOLE; 256]] }
    }

    fn get(&self, key: u16) -> u16 {
        let [high, low] = key.to_be_bytes();
        self.pages[usize::from(self.index[usize::from(high)])][usize::from(low)]
    }

    fn set(&mut self, key: u16, value: u16) {
        let [high, low] = key.to_be_bytes();
        let page = &mut self.index[usize::from(high)];
        if *page == 0 {
            *page = u8::try_from(self.pages.len())
                .expect("the surrogates' pages stay unused, so there are never 256");
            self.pages.push([HOLE; 256]);
        }
        self.pages[usize::from(*page)][usize::from(low)] = value;
    }
}

/// The text of one set and, from its first use on, its table.
struct Slot {
    ccsid: i32,
    text: &'static str,
    table: OnceLock<Option<Table>>,
}

impl Slot {
    fn table(&self) -> Option<&Table> {
        self.table.get_or_init(|| Table::parse(self.text)).as_ref()
    }
}

/// All sets in order of CCSID. Finding them is one pass over the files.
fn slots() -> &'static [Slot] {
    static SLOTS: OnceLock<Vec<Slot>> = OnceLock::new();
    SLOTS.get_or_init(|| {
        let mut slots: Vec<_> = FILES
            .iter()
            .flat_map(|file| file.split("\nset ").skip(1))
            .filter_map(|text| {
                let ccsid = text.split(' ').next()?.parse().ok()?;
                Some(Slot { ccsid, text, table: OnceLock::new() })
            })
            .collect();
        slots.sort_by_key(|slot| slot.ccsid);
        slots
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The tool that the table of a set was taken from, and the set's name there.
    pub(in crate::ccsid) fn origin(ccsid: i32) -> (&'static str, &'static str) {
        let slot = slots().iter().find(|slot| slot.ccsid == ccsid).expect("a set that matters");
        let heading = slot.text.lines().next().expect("a text has lines");
        let origin = heading.split(' ').next_back().expect("a heading has words");
        origin.split_once(':').expect("tool and name")
    }

    /// As the module's header defines it.
    fn digest(table: &Table) -> u64 {
        let codes = (0..HOLE).map(|unit| (unit, table.codes.get(unit))).filter(|&(_, code)| code != HOLE);
        let numbers = table.meanings().chain(codes).flat_map(|(first, second)| [first, second]);
        numbers.flat_map(u16::to_be_bytes).fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    #[test]
    fn every_committed_table_reads_and_has_its_digest() {
        let mut sets = 0;
        for slot in slots() {
            let table = Table::parse(slot.text).unwrap_or_else(|| panic!("{} reads", slot.ccsid));
            let last = slot.text.lines().next_back().expect("a text has lines");
            assert_eq!(last, format!("digest {:016x}", digest(&table)), "{}", slot.ccsid);
            sets += 1;
        }
        assert!(sets > 90, "only {sets} sets");
    }

    #[test]
    fn numbers_are_unique() {
        let all: Vec<_> = Table::all().collect();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
    }

    #[test]
    fn every_code_comes_back_to_its_character() {
        for ccsid in Table::all() {
            let table = Table::of(ccsid).expect("listed");
            for (code, unit) in table.meanings() {
                let character = char::from_u32(u32::from(unit)).expect("no surrogate in a table");
                let back = table.code(character).expect("what can be read can be written");
                let again = match back.to_be_bytes() {
                    [0, byte] => table.single(byte),
                    [lead, trail] => table.double(lead, trail),
                };
                assert_eq!(again, Meaning::Is(character), "{ccsid}: {code:04X} came back as {back:04X}");
            }
        }
    }

    #[test]
    fn a_damaged_text_is_not_a_table() {
        for text in ["", "37", "37 ebcdic x\n0000", "x ebcdic y"] {
            assert!(Table::parse(text).is_none(), "{text:?}");
        }
    }
}
