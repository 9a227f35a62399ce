//! One coded character set as a table, and the text form that the tables are committed in.
//!
//! The files of `crates/mqi/tables` are written by the generator from the conversion tools of the system, and are
//! text so that a change of one character shows as such in a review. A set that resembles another says so, and
//! has only the lines that differ:
//!
//! ```text
//! # comment
//! set 37 ebcdic single uconv:ibm-37_P100-1995     CCSID, family, shape, where the table was taken from
//! set 273 ebcdic single uconv:ibm-273_… like 37   … and the set whose codes it has unless it says otherwise
//! row 4 0020 00A0 00E2 …     what the bytes 40 to 4F mean: Unicode, ---- nothing, ***2 the first of two bytes,
//!                            ***3 of three, ***4 of four
//! plane 8EA2                 the codes below have these bytes before the two that are given; - for none
//! double 8140 、。，…        characters of the codes 8140, 8141, …; U+FFFD for a code without meaning, a tab
//!                            between the first and the last of a run of Unicode
//! pair 82F5 304B 309A        a code that means two characters
//! linear 81308130 80 24      codes of four bytes from there on mean so many (hexadecimal) characters from there on
//! oneway 203E A0             Unicode character that goes to a code which means another one; may have a count
//! wide                       U+FF01 to U+FF5E, the wide forms of ASCII, go where ASCII goes
//! substitute FCFC            the code of more than one byte that stands for a character that the set lacks
//! digest 0123456789abcdef    FNV-1a (64 bits) over numbers of 32 bits, high bytes first: each code in order with
//!                            its character or two, then each linear line, then each character in order with its
//!                            code: a guard against edits by hand where the tools are missing
//! ```
//!
//! From Unicode, a character goes to the lowest code that means it, unless an `oneway` line says otherwise. These
//! lines, `wide` and `substitute` are the set's own: they do not come with `like`. A table is read at its first
//! use and kept.

use std::sync::OnceLock;

/// The committed files. The first has all sets of one byte a character.
const FILES: [&str; 5] = [
    include_str!("../../tables/single-byte.txt"),
    include_str!("../../tables/japanese.txt"),
    include_str!("../../tables/korean.txt"),
    include_str!("../../tables/simplified-chinese.txt"),
    include_str!("../../tables/traditional-chinese.txt"),
];

/// Marks what has no counterpart.
const HOLE: u32 = u32::MAX;

/// Added to the length of a code, marks the byte that begins it.
const LEAD: u32 = 0x8000_0000;

/// Added to a place in the list of pairs, marks a code that means two characters.
const PAIR: u32 = 0x4000_0000;

/// How the bytes of a set make up codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One byte a code.
    Single,
    /// One or two bytes, as the first one says.
    Mixed,
    /// One to four bytes, as the first one says; all bytes of the longer codes are A1 or above, but the first.
    Euc,
    /// One, two or four bytes, as the first two say: GB 18030.
    Four,
    /// Codes of one byte, and between shift-out (0E) and shift-in (0F) codes of two bytes.
    Shifted,
    /// Two bytes a code.
    Wide,
}

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This character.
    Is(char),
    /// These two characters, one of which combines with the other.
    Pair(char, char),
    /// Nothing in this set.
    Nothing,
    /// It is the first byte of a code of that length.
    Lead(usize),
}

/// A character set: bytes to Unicode and back.
pub(super) struct Table {
    /// Whether it is of the EBCDIC family.
    pub(super) ebcdic: bool,
    /// Whether the bytes below 0x80 are ASCII, so that such text can be copied.
    pub(super) ascii: bool,
    /// How bytes make up codes.
    pub(super) shape: Shape,
    /// The code of more than one byte that stands for a character that the set lacks.
    pub(super) substitute: Option<u32>,
    single: [u32; 256],
    /// The bytes before the last two of the codes of each plane. The first plane has none.
    planes: Vec<u32>,
    /// The codes of more than one byte: number of the plane, and two bytes.
    double: Pages,
    pairs: Vec<(char, char)>,
    linear: Vec<Linear>,
    codes: Pages,
    pair_codes: Vec<((char, char), u32)>,
}

/// Codes of four bytes in the order of Unicode.
#[derive(Clone, Copy)]
struct Linear {
    /// The first one, by its place among all codes of four bytes.
    place: u32,
    character: u32,
    count: u32,
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
            lead if lead >= LEAD => Meaning::Lead((lead - LEAD) as usize),
            unit => self.meaning(unit),
        }
    }

    /// What a code of two bytes or more means.
    pub(super) fn longer(&self, code: u32) -> Meaning {
        if self.shape == Shape::Four && code > 0xFFFF {
            return self.linear_meaning(code).map_or(Meaning::Nothing, Meaning::Is);
        }
        match self.planes.iter().position(|&before| before == code >> 16) {
            Some(plane) => self.meaning(self.double.get(key(plane, code))),
            None => Meaning::Nothing,
        }
    }

    fn meaning(&self, value: u32) -> Meaning {
        match value {
            HOLE => Meaning::Nothing,
            pair if pair >= PAIR => self
                .pairs
                .get((pair - PAIR) as usize)
                .map_or(Meaning::Nothing, |&(first, second)| Meaning::Pair(first, second)),
            unit => char::from_u32(unit).map_or(Meaning::Nothing, Meaning::Is),
        }
    }

    fn linear_meaning(&self, code: u32) -> Option<char> {
        let place = place_of(code);
        let range =
            self.linear.iter().find(|range| (range.place..range.place + range.count).contains(&place))?;
        char::from_u32(range.character + (place - range.place))
    }

    /// The code of a character: as many bytes as its number needs.
    pub(super) fn code(&self, character: char) -> Option<u32> {
        let unit = u32::from(character);
        match self.codes.get(unit) {
            HOLE => {
                let holds =
                    |range: &&Linear| (range.character..range.character + range.count).contains(&unit);
                let range = self.linear.iter().find(holds)?;
                Some(code_at(range.place + (unit - range.character)))
            }
            code => Some(code),
        }
    }

    /// The code of two characters in a row, if the set has one for them.
    pub(super) fn pair_code(&self, first: char, second: char) -> Option<u32> {
        let at = self.pair_codes.binary_search_by_key(&(first, second), |&(pair, _)| pair).ok()?;
        Some(self.pair_codes[at].1)
    }

    /// Whether a code may mean this character and the one behind it.
    pub(super) fn begins_pair(&self, character: char) -> bool {
        let at = self.pair_codes.partition_point(|&((first, _), _)| first < character);
        self.pair_codes.get(at).is_some_and(|&((first, _), _)| first == character)
    }

    /// Every code that means something but those of four bytes in rows, with its value, lowest first.
    fn meanings(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let single = (0..).zip(self.single).filter(|&(_, unit)| unit < LEAD);
        let double = self.planes.iter().enumerate().flat_map(move |(plane, &before)| {
            (0..=0xFFFF).map(move |low| (before << 16 | low, self.double.get(key(plane, low))))
        });
        single.chain(double.filter(|&(_, value)| value != HOLE))
    }

    /// Reads the text of one set: what follows the word `set`, to the `digest` line.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut heading = lines.next()?.split_ascii_whitespace();
        let ebcdic = heading.nth(1)? == "ebcdic";
        let shape = match heading.next()? {
            "single" => Shape::Single,
            "mixed" => Shape::Mixed,
            "euc" => Shape::Euc,
            "four" => Shape::Four,
            "shifted" => Shape::Shifted,
            "wide" => Shape::Wide,
            _ => return None,
        };
        let mut table = match heading.nth(2) {
            Some(base) => Self::of(base.parse().ok()?)?.codes_alone(ebcdic, shape),
            None => Self::empty(ebcdic, shape),
        };
        let (mut plane, mut oneway, mut wide) = (0, Vec::new(), false);
        for line in lines {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "row" => table.read_row(rest)?,
                "plane" => plane = table.plane(if rest == "-" { 0 } else { hex(rest)? }),
                "double" => table.read_double(plane, rest)?,
                "pair" => table.read_pair(plane, rest)?,
                "linear" => table.linear.push(Linear::read(rest)?),
                "oneway" => oneway.push(Run::read(rest)?),
                "wide" => wide = true,
                "substitute" => table.substitute = Some(hex(rest)?),
                "digest" => {
                    table.ascii = table.single[..0x80].iter().copied().eq(0..0x80);
                    table.index(&oneway, wide);
                    return Some(table);
                }
                _ => return None,
            }
        }
        None
    }

    fn empty(ebcdic: bool, shape: Shape) -> Self {
        Self {
            ebcdic,
            ascii: false,
            shape,
            substitute: None,
            single: [HOLE; 256],
            planes: vec![0],
            double: Pages::default(),
            pairs: Vec::new(),
            linear: Vec::new(),
            codes: Pages::default(),
            pair_codes: Vec::new(),
        }
    }

    /// What a set that is like this one begins with.
    fn codes_alone(&self, ebcdic: bool, shape: Shape) -> Self {
        Self {
            single: if shape == Shape::Wide { [HOLE; 256] } else { self.single },
            planes: self.planes.clone(),
            double: self.double.clone(),
            pairs: self.pairs.clone(),
            linear: self.linear.clone(),
            ..Self::empty(ebcdic, shape)
        }
    }

    fn plane(&mut self, before: u32) -> usize {
        self.planes.iter().position(|&known| known == before).unwrap_or_else(|| {
            self.planes.push(before);
            self.planes.len() - 1
        })
    }

    fn read_row(&mut self, rest: &str) -> Option<()> {
        let mut words = rest.split_ascii_whitespace();
        let start = usize::try_from(hex(words.next()?)?).ok()? * 16;
        for unit in self.single.get_mut(start..start + 16)? {
            *unit = match words.next()? {
                "----" => HOLE,
                word => match word.strip_prefix("***") {
                    Some(length) => LEAD + length.parse::<u32>().ok()?,
                    None => hex(word)?,
                },
            };
        }
        Some(())
    }

    fn read_double(&mut self, plane: usize, rest: &str) -> Option<()> {
        let (first, characters) = rest.split_once(' ')?;
        let (mut code, mut last, mut is_run) = (hex(first)?, 0, false);
        for character in characters.chars() {
            if character == '\t' {
                is_run = true;
                continue;
            }
            let unit = u32::from(character);
            let run = if is_run { last + 1..=unit } else { unit..=unit };
            for unit in run {
                let value = if unit == u32::from(char::REPLACEMENT_CHARACTER) { HOLE } else { unit };
                self.double.set(key(plane, code), value);
                code += 1;
            }
            (last, is_run) = (unit, false);
        }
        Some(())
    }

    fn read_pair(&mut self, plane: usize, rest: &str) -> Option<()> {
        let mut words = rest.split(' ');
        let code = hex(words.next()?)?;
        let mut character = || char::from_u32(hex(words.next()?)?);
        let pair = (character()?, character()?);
        let value = PAIR + u32::try_from(self.pairs.len()).ok()?;
        self.pairs.push(pair);
        self.double.set(key(plane, code), value);
        Some(())
    }

    /// Makes the way back from Unicode.
    fn index(&mut self, oneway: &[Run], wide: bool) {
        let (mut codes, mut pair_codes) = (Pages::default(), Vec::new());
        for (code, value) in self.meanings() {
            if value >= PAIR {
                pair_codes.push((self.pairs[(value - PAIR) as usize], code));
            } else if codes.get(value) == HOLE {
                codes.set(value, code);
            }
        }
        if wide {
            for ascii in 0x21..=0x7E {
                let code = codes.get(ascii);
                codes.set(ascii + 0xFEE0, code);
            }
        }
        for run in oneway {
            for step in 0..run.count {
                codes.set(run.character + step, run.code + step);
            }
        }
        pair_codes.sort_unstable();
        (self.codes, self.pair_codes) = (codes, pair_codes);
    }
}

/// Consecutive characters that go to consecutive codes.
struct Run {
    character: u32,
    code: u32,
    count: u32,
}

impl Run {
    fn read(rest: &str) -> Option<Self> {
        let mut words = rest.split(' ');
        let (character, code) = (hex(words.next()?)?, hex(words.next()?)?);
        let count = words.next().map_or(Some(1), hex)?;
        // Unicode ends at U+10FFFF.
        (character < 0x11_0000 && count <= 0x11_0000 - character).then_some(Self { character, code, count })
    }
}

impl Linear {
    fn read(rest: &str) -> Option<Self> {
        let mut words = rest.split(' ').map(hex);
        let place = place_of(words.next()??);
        Some(Self { place, character: words.next()??, count: words.next()?? })
    }
}

fn hex(word: &str) -> Option<u32> {
    u32::from_str_radix(word, 16).ok()
}

/// Where the two last bytes of a code of a plane are kept.
fn key(plane: usize, code: u32) -> u32 {
    u32::try_from(plane).unwrap_or(u32::MAX >> 16) << 16 | (code & 0xFFFF)
}

/// The place of a code of four bytes among all of them: the second and the last byte are digits.
fn place_of(code: u32) -> u32 {
    let [first, second, third, fourth] = code.to_be_bytes().map(u32::from);
    let digits = |byte: u32| byte.saturating_sub(0x30);
    let others = |byte: u32| byte.saturating_sub(0x81);
    ((others(first) * 10 + digits(second)) * 126 + others(third)) * 10 + digits(fourth)
}

/// The code of four bytes at a place.
fn code_at(place: u32) -> u32 {
    let (fourth, rest) = (place % 10, place / 10);
    let (third, rest) = (rest % 126, rest / 126);
    let (second, first) = (rest % 10, rest / 10);
    (first + 0x81) << 24 | (second + 0x30) << 16 | (third + 0x81) << 8 | (fourth + 0x30)
}

/// A map from numbers below 0x110000, as Unicode has them: pages of 256, only those in use.
#[derive(Clone, Default)]
struct Pages {
    /// One more than the number of the page; 0 for all holes.
    index: Vec<u16>,
    pages: Vec<[u32; 256]>,
}

impl Pages {
    fn get(&self, key: u32) -> u32 {
        match self.index.get((key >> 8) as usize) {
            None | Some(0) => HOLE,
            Some(&page) => self.pages[usize::from(page) - 1][(key & 0xFF) as usize],
        }
    }

    fn set(&mut self, key: u32, value: u32) {
        let high = (key >> 8) as usize;
        if self.index.len() <= high {
            self.index.resize(high + 1, 0);
        }
        if self.index[high] == 0 {
            self.pages.push([HOLE; 256]);
            self.index[high] =
                u16::try_from(self.pages.len()).expect("there are 0x1100 pages below 0x110000");
        }
        self.pages[usize::from(self.index[high]) - 1][(key & 0xFF) as usize] = value;
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

/// Whether a set is of the EBCDIC family and has names in single bytes, by its heading.
pub(super) fn has_ebcdic_names(ccsid: i32) -> bool {
    let slots = slots();
    let Ok(at) = slots.binary_search_by_key(&ccsid, |slot| slot.ccsid) else { return false };
    let mut words = slots[at].text.split(' ').skip(1);
    words.next() == Some("ebcdic") && words.next() != Some("wide")
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
        let origin = heading.split(' ').nth(3).expect("a heading has words");
        origin.split_once(':').expect("tool and name")
    }

    /// As the module's header defines it.
    fn digest(table: &Table) -> u64 {
        let mut numbers = Vec::new();
        for (code, value) in table.meanings() {
            match table.meaning(value) {
                Meaning::Pair(first, second) => numbers.extend([code, u32::from(first), u32::from(second)]),
                _ => numbers.extend([code, value]),
            }
        }
        numbers.extend(
            table.linear.iter().flat_map(|range| [code_at(range.place), range.character, range.count]),
        );
        let pages = u32::try_from(table.codes.index.len()).expect("at most 0x1100");
        let codes = (0..pages << 8).map(|character| (character, table.codes.get(character)));
        numbers
            .extend(codes.filter(|&(_, code)| code != HOLE).flat_map(|(character, code)| [character, code]));
        numbers.into_iter().flat_map(u32::to_be_bytes).fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    /// Every code of a set with the characters that it means.
    pub(in crate::ccsid) fn repertoire(table: &Table) -> Vec<(u32, Vec<char>)> {
        let mut all = Vec::new();
        for (code, value) in table.meanings() {
            let characters = match table.meaning(value) {
                Meaning::Is(character) => vec![character],
                Meaning::Pair(first, second) => vec![first, second],
                Meaning::Nothing | Meaning::Lead(_) => panic!("{code:X} means nothing"),
            };
            all.push((code, characters));
        }
        all
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
        assert!(sets > 190, "only {sets} sets");
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
            for (code, characters) in repertoire(table) {
                let back = match characters[..] {
                    [character] => table.code(character),
                    [first, second] => table.pair_code(first, second),
                    _ => None,
                };
                let back = back.expect("what can be read can be written");
                let again = match u8::try_from(back) {
                    Ok(byte) => table.single(byte),
                    Err(_) => table.longer(back),
                };
                let want = match characters[..] {
                    [first, second] => Meaning::Pair(first, second),
                    _ => Meaning::Is(characters[0]),
                };
                assert_eq!(again, want, "{ccsid}: {code:04X} came back as {back:04X}");
            }
        }
    }

    #[test]
    fn codes_of_four_bytes_are_counted() {
        for code in [0x8130_8130, 0x8130_8139, 0x8130_8230, 0x8131_8130, 0x8231_A337, 0xFE39_FE39] {
            assert_eq!(code_at(place_of(code)), code, "{code:X}");
        }
        assert_eq!(place_of(0x8130_8231), 11);
    }

    #[test]
    fn a_damaged_text_is_not_a_table() {
        for text in
            ["", "37", "37 ebcdic single x\nrow 0 0000", "x ebcdic y", "37 ebcdic single x like 1\ndigest 0"]
        {
            assert!(Table::parse(text).is_none(), "{text:?}");
        }
    }
}
