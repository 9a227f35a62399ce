//! One character set: how it is read out of a tool, changed, and printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::tools::Tool;

/// How the bytes of a set make up codes: see `crates/mqi/src/ccsid/table.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Single,
    Mixed,
    Euc,
    Four,
    Shifted,
    Wide,
}

/// In a change: the code means nothing.
pub(super) const HOLE: u32 = u32::MAX;

/// What marks in a tool's answer that it could not convert something.
const REPLACEMENT: u32 = 0xFFFD;

/// The first characters of the planes of Unicode that have characters of these sets.
const PLANES: [u32; 3] = [0, 0x1_0000, 0x2_0000];

/// Both directions of one set. The bytes of a code are those of the number.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) shape: Shape,
    pub(super) meanings: BTreeMap<u32, Vec<u32>>,
    /// The codes of single characters.
    pub(super) codes: BTreeMap<u32, u32>,
    substitute: Option<u32>,
}

impl Set {
    /// What a tool says.
    pub(super) fn read(tool: Tool, shape: Shape) -> Result<Self> {
        let is_shift = |code: u32| shape == Shape::Shifted && (code == 0x0E || code == 0x0F);
        // The digits that mark the end of a question would be taken for the rest of a code of four bytes.
        let is_begin = |code: u32| shape == Shape::Four && (0x81..=0xFE).contains(&code);
        let singles: Vec<u32> = (0..=0xFF).filter(|&code| !is_shift(code) && !is_begin(code)).collect();
        let mut meanings = meanings_of(tool, shape, &singles)?;
        for mut codes in longer_codes(shape, &meanings) {
            // Where two bytes are a code already, no longer one begins with them.
            codes.retain(|code| *code < 0x0100_0000 || !meanings.contains_key(&(code >> 16)));
            let mut longer = meanings_of(tool, shape, &codes)?;
            if matches!(tool, Tool::Iconv(_)) && shape != Shape::Shifted {
                // A first byte that begins nothing with what follows is left out alone. Then what follows answers.
                longer.retain(|code, meant| meanings.get(&(code & 0xFF)) != Some(meant));
            }
            meanings.extend(longer);
        }
        let is_control = |character: &u32| *character < 0x20;
        ensure!(
            !meanings.range(0x100..).any(|(_, characters)| characters.iter().any(is_control)),
            "{tool}: a control character has a longer code, which the format cannot say"
        );
        let mut set = Self { shape, codes: ask_codes(tool, shape)?, meanings, substitute: None };
        let substitute = tool.substitute()?;
        set.substitute = code_of(&substitute, shape).filter(|&code| code > 0xFF);
        set.settle();
        Ok(set)
    }

    /// Makes the deliberate changes that the header of this module's parent lists.
    fn settle(&mut self) {
        let single = |code: u32| self.meanings.get(&code).map(Vec::as_slice);
        let is_rotated = single(0x1A) == Some(&[0x1C]) && single(0x1C) == Some(&[0x7F]);
        if is_rotated && single(0x7F) == Some(&[0x1A]) {
            self.change(&[(0x1A, 0x1A), (0x1C, 0x1C), (0x7F, 0x7F)]);
        }
        if !self.is_ebcdic() && self.shape != Shape::Wide {
            for (code, ascii, others) in [(0x5C, 0x5C, [0xA5, 0x20A9]), (0x7E, 0x7E, [0x203E, 0xAF])] {
                let meaning = self.meanings.get(&code).map(Vec::as_slice);
                if let Some(&[other]) = meaning.filter(|meaning| others.iter().any(|o| *meaning == [*o])) {
                    self.change(&[(code, ascii)]);
                    self.codes.entry(other).or_insert(code);
                }
            }
        }
        self.settle_micro();
        let meanings = &self.meanings;
        self.codes.retain(|unit, code| match meanings.get(code).map(Vec::as_slice) {
            Some([meaning]) => meaning == unit || !is_control(*meaning),
            _ => false,
        });
        for (unit, lowest) in self.lowest() {
            let code = self.codes.entry(unit).or_insert(lowest);
            if self.meanings.get(code).is_none_or(|meaning| *meaning != [unit]) {
                *code = lowest;
            }
        }
        if self.shape != Shape::Wide {
            for ascii in 0x21..=0x7E_u32 {
                if let Some(code) = self.codes.get(&ascii).copied() {
                    self.codes.entry(ascii + 0xFEE0).or_insert(code);
                }
            }
        }
    }

    /// Micro sign and Greek letter are one in sets without the Greek alphabet.
    fn settle_micro(&mut self) {
        let [micro, mu, lambda] = [0xB5, 0x03BC, 0x03BB].map(|unit| self.codes.get(&unit).copied());
        let is_one = micro.is_none() || micro == mu;
        if let (Some(code), None) = (mu.filter(|_| is_one), lambda) {
            self.meanings.insert(code, vec![0xB5]);
        }
    }

    /// Gives codes other meanings.
    fn change(&mut self, changes: &[(u32, u32)]) {
        for &(code, _) in changes {
            self.meanings.remove(&code);
            self.codes.retain(|_, &mut known| known != code);
        }
        for &(code, unit) in changes.iter().filter(|&&(_, unit)| unit != HOLE) {
            self.meanings.insert(code, vec![unit]);
            let known = self.codes.entry(unit).or_insert(code);
            if self.meanings.get(known).is_none_or(|meaning| *meaning != [unit]) {
                *known = code;
            }
        }
    }

    /// With this code for characters that it lacks.
    pub(super) fn marked(self, substitute: u32) -> Self {
        Self { substitute: Some(substitute), ..self }
    }

    pub(super) fn changed(&self, changes: &[(u32, u32)]) -> Self {
        let mut set = self.clone();
        set.change(changes);
        set.settle();
        // Wide forms of ASCII go where ASCII goes now.
        for ascii in 0x21..=0x7E_u32 {
            if self.codes.get(&(ascii + 0xFEE0)) == self.codes.get(&ascii) {
                match set.codes.get(&ascii).copied() {
                    Some(code) => set.codes.insert(ascii + 0xFEE0, code),
                    None => set.codes.remove(&(ascii + 0xFEE0)),
                };
            }
        }
        set
    }

    /// The codes of one byte of a set that has longer ones too.
    pub(super) fn singles(&self) -> Self {
        let mut set = self.clone();
        set.shape = Shape::Single;
        set.substitute = None;
        set.meanings.retain(|&code, _| code <= 0xFF);
        set.codes.retain(|_, &mut code| code <= 0xFF);
        if self.shape == Shape::Shifted {
            set.change(&[(0x0E, 0x0E), (0x0F, 0x0F)]);
        }
        set
    }

    /// The codes of two bytes of a set that has others too.
    pub(super) fn doubles(&self) -> Self {
        let mut set = self.clone();
        set.shape = Shape::Wide;
        set.meanings.retain(|&code, _| (0x100..=0xFFFF).contains(&code));
        set.codes.retain(|_, &mut code| (0x100..=0xFFFF).contains(&code));
        set.settle();
        set
    }

    /// The longer codes of this set with the codes of one byte of another.
    pub(super) fn with_singles(&self, singles: &Self) -> Self {
        let mut set = self.clone();
        set.meanings.retain(|&code, _| code > 0xFF);
        set.codes.retain(|_, &mut code| code > 0xFF);
        let is_shift = |code: u32| self.shape == Shape::Shifted && (code == 0x0E || code == 0x0F);
        set.meanings.extend(
            singles.meanings.iter().filter(|&(&code, _)| !is_shift(code)).map(|(&c, m)| (c, m.clone())),
        );
        for (&unit, &code) in singles.codes.iter().filter(|&(_, &code)| !is_shift(code)) {
            // What only resembles a code of one byte may have a longer code of its own.
            if singles.meanings.get(&code).is_some_and(|meaning| *meaning == [unit]) {
                set.codes.insert(unit, code);
            } else {
                set.codes.entry(unit).or_insert(code);
            }
        }
        set
    }

    /// Whether these are codes of the EBCDIC family. Wide ones say it by their blank.
    fn is_ebcdic(&self) -> bool {
        let means = |code, unit| self.meanings.get(&code).is_some_and(|meaning| *meaning == [unit]);
        means(0xC1, u32::from('A')) || means(0x4040, 0x3000)
    }

    /// Family and shape.
    pub(super) fn heading(&self) -> String {
        let family = if self.is_ebcdic() { "ebcdic" } else { "ascii" };
        format!("{family} {}", format!("{:?}", self.shape).to_lowercase())
    }

    /// How much a table of this set has to say besides that the set is like another. None if it may not say that.
    pub(super) fn distance(&self, base: &Self) -> Option<usize> {
        let has_longer = |set: &Self| set.meanings.range(0x100..).next().is_some();
        if has_longer(self) != has_longer(base) || base.shape == Shape::Four && self.linear() != base.linear()
        {
            return None;
        }
        let rows = (0..16).filter(|&row| self.shape != Shape::Wide && self.row(row) != base.row(row)).count();
        let missing = |from: &Self, of: &Self| {
            let longer = of.meanings.range(0x100..);
            longer.filter(|(code, meaning)| from.meanings.get(code) != Some(meaning)).count()
        };
        Some(rows * 16 + missing(self, base) + missing(base, self))
    }

    /// The lines behind the heading.
    pub(super) fn print(&self, base: Option<&Self>) -> String {
        let mut out = String::new();
        self.print_rows(base, &mut out);
        self.print_longer(base, &mut out);
        self.print_oneway(&mut out);
        if let Some(code) = self.substitute {
            line(&mut out, format_args!("substitute {code:X}"));
        }
        line(&mut out, format_args!("digest {:016x}", self.digest()));
        out
    }

    fn print_rows(&self, base: Option<&Self>, out: &mut String) {
        for row in 0..16 {
            let ours = self.row(row);
            // Sets without codes of one byte take none from what they are like.
            let base = base.filter(|_| self.shape != Shape::Wide);
            let theirs = base.map_or_else(|| vec!["----".to_owned(); 16], |base| base.row(row));
            if ours != theirs {
                line(out, format_args!("row {row:X} {}", ours.join(" ")));
            }
        }
    }

    fn row(&self, row: u32) -> Vec<String> {
        (row * 16..row * 16 + 16)
            .map(|byte| match self.meanings.get(&byte).map(Vec::as_slice) {
                Some(&[unit]) => format!("{unit:04X}"),
                _ => match self.length_behind(byte) {
                    Some(length) => format!("***{length}"),
                    None => "----".to_owned(),
                },
            })
            .collect()
    }

    /// How long the codes are that begin with a byte, where the byte says it.
    fn length_behind(&self, byte: u32) -> Option<usize> {
        if matches!(self.shape, Shape::Single | Shape::Shifted | Shape::Wide) || byte < 0x80 {
            return None;
        }
        [(2, byte << 8), (3, byte << 16), (4, byte << 24)].into_iter().find_map(|(length, first)| {
            let last = first | ((1 << (8 * (length - 1))) - 1);
            let is_used = self.meanings.range(first..=last).next().is_some();
            (is_used || self.substitute.is_some_and(|code| (first..=last).contains(&code))).then_some(length)
        })
    }

    fn print_longer(&self, base: Option<&Self>, out: &mut String) {
        let nothing = BTreeMap::new();
        let theirs = base.map_or(&nothing, |base| &base.meanings);
        let is_linear = |code: u32| self.shape == Shape::Four && code > 0xFFFF;
        let longer = |meanings: &BTreeMap<u32, Vec<u32>>| -> BTreeSet<u32> {
            meanings.keys().copied().filter(|&code| code > 0xFF && !is_linear(code)).collect()
        };
        let differ: Vec<u32> = longer(&self.meanings)
            .union(&longer(theirs))
            .copied()
            .filter(|code| self.meanings.get(code) != theirs.get(code))
            .collect();
        let mut plane = 0;
        for codes in differ.chunk_by(|a, b| a >> 8 == b >> 8 && b - a <= 4) {
            let (first, last) = (codes[0], codes[codes.len() - 1]);
            if first >> 16 != plane {
                plane = first >> 16;
                line(out, format_args!("plane {plane:X}"));
            }
            let characters = (first..=last).map(|code| match self.meanings.get(&code).map(Vec::as_slice) {
                Some(&[character]) => character,
                _ => REPLACEMENT,
            });
            line(out, format_args!("double {:04X} {}", first & 0xFFFF, in_runs(characters)));
            for code in first..=last {
                if let Some(&[one, two]) = self.meanings.get(&code).map(Vec::as_slice) {
                    line(out, format_args!("pair {:04X} {one:X} {two:X}", code & 0xFFFF));
                }
            }
        }
        let is_inherited = base.is_some_and(|base| base.shape == Shape::Four);
        for (code, character, count) in self.linear().into_iter().filter(|_| !is_inherited) {
            line(out, format_args!("linear {code:X} {character:X} {count:X}"));
        }
    }

    /// The runs of codes of four bytes of GB 18030.
    fn linear(&self) -> Vec<(u32, u32, u32)> {
        let mut runs: Vec<(u32, u32, u32)> = Vec::new();
        if self.shape != Shape::Four {
            return runs;
        }
        let mut next = 0;
        for (&code, meaning) in self.meanings.range(0x1_0000..) {
            match runs.last_mut() {
                Some((_, character, count)) if code == next && *character + *count == meaning[0] => {
                    *count += 1
                }
                _ => runs.push((code, meaning[0], 1)),
            }
            next = after(code);
        }
        runs
    }

    /// The characters whose code is not the lowest one that means them.
    fn print_oneway(&self, out: &mut String) {
        let lowest = self.lowest();
        let is_wide = (0x21..=0x7E).all(|ascii| self.codes.get(&(ascii + 0xFEE0)) == lowest.get(&ascii));
        if is_wide {
            out.push_str("wide\n");
        }
        let oneway: Vec<(u32, u32)> = self
            .codes
            .iter()
            .map(|(&unit, &code)| (unit, code))
            .filter(|(unit, code)| lowest.get(unit) != Some(code))
            .filter(|(unit, _)| !(is_wide && (0xFF01..=0xFF5E).contains(unit)))
            .collect();
        for run in oneway.chunk_by(|a, b| b.0 == a.0 + 1 && b.1 == a.1 + 1 && (a.1 <= 0xFF) == (b.1 <= 0xFF))
        {
            let (unit, code) = run[0];
            match run.len() {
                1 => line(out, format_args!("oneway {unit:04X} {code:02X}")),
                count => line(out, format_args!("oneway {unit:04X} {code:02X} {count:X}")),
            }
        }
    }

    /// The lowest code of every character.
    fn lowest(&self) -> BTreeMap<u32, u32> {
        let mut lowest = BTreeMap::new();
        for (&code, meaning) in &self.meanings {
            if let [unit] = meaning[..] {
                lowest.entry(unit).or_insert(code);
            }
        }
        lowest
    }

    /// As the header of `table.rs` defines it.
    fn digest(&self) -> u64 {
        let is_linear = |code: u32| self.shape == Shape::Four && code > 0xFFFF;
        let mut numbers = Vec::new();
        for (&code, meaning) in self.meanings.iter().filter(|&(&code, _)| !is_linear(code)) {
            numbers.push(code);
            numbers.extend(meaning);
        }
        numbers
            .extend(self.linear().into_iter().flat_map(|(code, character, count)| [code, character, count]));
        for (&unit, &code) in self.codes.iter().filter(|&(_, &code)| !is_linear(code)) {
            numbers.extend([unit, code]);
        }
        numbers.into_iter().flat_map(u32::to_be_bytes).fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes everything");
}

/// Characters, where four or more are consecutive only the first and the last with a tab between them.
fn in_runs(characters: impl Iterator<Item = u32>) -> String {
    let characters: Vec<u32> = characters.collect();
    let mut text = String::new();
    for run in characters.chunk_by(|a, b| b.wrapping_sub(*a) == 1 && ![*a, *b].contains(&REPLACEMENT)) {
        let mut push = |unit| text.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        match *run {
            // A run does not go over what is no character.
            [first, _, _, .., last] if first > 0xDFFF || last < 0xD800 => {
                push(first);
                push(u32::from('\t'));
                push(last);
            }
            _ => run.iter().copied().for_each(push),
        }
    }
    text
}

fn is_control(unit: u32) -> bool {
    matches!(unit, 0..=0x1F | 0x7F..=0x9F)
}

/// The bytes of a code by themselves.
fn bytes_of(code: u32, shape: Shape) -> Vec<u8> {
    let bytes = code.to_be_bytes();
    let skipped = bytes[..3].iter().take_while(|&&byte| byte == 0).count();
    let bytes = bytes[skipped..].to_vec();
    if shape == Shape::Shifted && bytes.len() > 1 { [&[0x0E], &bytes[..], &[0x0F]].concat() } else { bytes }
}

/// The code that bytes by themselves are.
fn code_of(bytes: &[u8], shape: Shape) -> Option<u32> {
    let bytes = match (shape, bytes) {
        (Shape::Shifted, [0x0E, code @ .., 0x0F]) => code,
        _ => bytes,
    };
    let longest = match shape {
        Shape::Single => 1,
        Shape::Mixed | Shape::Shifted | Shape::Wide => 2,
        Shape::Euc | Shape::Four => 4,
    };
    let is_code = (1..=longest).contains(&bytes.len());
    is_code.then(|| bytes.iter().fold(0, |code, &byte| code << 8 | u32::from(byte)))
}

/// The codes of more than one byte that a shape allows, in portions.
fn longer_codes(shape: Shape, singles: &BTreeMap<u32, Vec<u32>>) -> Vec<Vec<u32>> {
    let free = |byte: &u32| !singles.contains_key(byte);
    let two = |leads: Vec<u32>, trails: std::ops::RangeInclusive<u32>| -> Vec<u32> {
        leads.into_iter().flat_map(|lead| trails.clone().map(move |trail| lead << 8 | trail)).collect()
    };
    match shape {
        Shape::Single | Shape::Wide => Vec::new(),
        Shape::Mixed => vec![two((0x81..=0xFE).filter(free).collect(), 0x40..=0xFE)],
        Shape::Shifted => vec![two((0x40..=0xFE).collect(), 0x40..=0xFE)],
        Shape::Euc => {
            let pairs = two((0xA1..=0xFE).collect(), 0xA1..=0xFE);
            let behind = |prefix: u32| pairs.iter().map(move |pair| prefix << 16 | pair);
            let mut all = vec![two((0xA1..=0xFE).filter(free).collect(), 0xA1..=0xFE)];
            if free(&0x8F) {
                all.push(behind(0x8F).collect());
            }
            if free(&0x8E) {
                all.push((0xA1..=0xFE).map(|trail| 0x8E00 | trail).collect());
                all.push((0x8EA1..=0x8EB0).flat_map(behind).collect());
            }
            all
        }
        Shape::Four => {
            let second = (0x40..=0xFE).filter(|&trail| trail != 0x7F);
            let pairs = (0x81..=0xFE).flat_map(|lead| second.clone().map(move |trail| lead << 8 | trail));
            let four = std::iter::successors(Some(0x8130_8130), |&code| Some(after(code)));
            // Behind the characters of the basic plane there is room, then come all other planes.
            let basic = four.take_while(|&code| code < 0x8432_8130);
            let others = std::iter::successors(Some(0x9030_8130), |&code| Some(after(code)));
            vec![pairs.collect(), basic.chain(others.take(0x10_0000)).collect()]
        }
    }
}

/// The code of four bytes behind another, in GB 18030.
fn after(code: u32) -> u32 {
    let [mut first, mut second, mut third, mut fourth] = code.to_be_bytes();
    fourth += 1;
    if fourth > 0x39 {
        (fourth, third) = (0x30, third + 1);
    }
    if third > 0xFE {
        (third, second) = (0x81, second + 1);
    }
    if second > 0x39 {
        (second, first) = (0x30, first + 1);
    }
    u32::from_be_bytes([first, second, third, fourth])
}

/// What each of `codes` means, where it means anything.
fn meanings_of(tool: Tool, shape: Shape, codes: &[u32]) -> Result<BTreeMap<u32, Vec<u32>>> {
    if codes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let questions: Vec<_> = codes.iter().map(|&code| bytes_of(code, shape)).collect();
    let is_meant =
        |characters: &[u32]| matches!(characters, [_] | [_, _]) && !characters.contains(&REPLACEMENT);
    let answers = codes.iter().copied().zip(tool.meanings(&questions)?);
    Ok(answers.filter(|(_, characters)| is_meant(characters)).collect())
}

/// The code of every character that has one.
fn ask_codes(tool: Tool, shape: Shape) -> Result<BTreeMap<u32, u32>> {
    let planes = if shape == Shape::Single { &PLANES[..1] } else { &PLANES[..] };
    let units: Vec<u32> = planes
        .iter()
        .flat_map(|&first| first..first + 0xFFFE)
        .filter(|unit| !(0xD800..0xE000).contains(unit))
        .collect();
    let answers = tool.codes(&units)?;
    Ok(units
        .into_iter()
        .zip(answers)
        .filter_map(|(unit, bytes)| Some((unit, code_of(&bytes, shape)?)))
        .collect())
}
