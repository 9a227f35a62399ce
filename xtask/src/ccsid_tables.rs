//! Generates the character set tables of `crates/mqi/tables`, and checks them against the tools they came from.
//!
//! A set is read out of glibc's `iconv` or, where glibc has none, ICU's `uconv`, in both directions: every byte,
//! every pair of bytes that may be a code, every character of the basic plane. Both tools are asked to leave out
//! what they cannot convert. To see what was left out, the digits 0 0 1, which no set uses as a second byte, end
//! each item; a first byte that begins nothing may take the first of them along when it is left out:
//!
//! ```text
//! asked    41 0 0 1   81 0 0 1   8140 0 0 1
//! answer   A  0 0 1        0 1   、    0 0 1       81 alone means nothing
//! ```
//!
//! The format of the tables is described in `crates/mqi/src/ccsid/table.rs`. Deliberate changes to what the tools
//! say:
//!
//! - Some tables of PC code pages rotate the control characters 1A, 1C and 7F. Ours keep every control character
//!   in its place.
//! - Some tables send characters that they lack to a control character, as a picture or as a substitute. Ours
//!   lack them.
//! - CCSID 924, which neither tool knows, is CCSID 1047 with the eight characters in which ISO 8859-15 differs
//!   from ISO 8859-1.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, thread};

use anyhow::{Context, Result, bail, ensure};

/// Where a table comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// glibc: name for `iconv -f`.
    Iconv(&'static str),
    /// ICU: name for `uconv -f`.
    Uconv(&'static str),
    /// CCSID 1047 with the characters of ISO 8859-15.
    Latin9Of1047,
}

use Origin::{Iconv, Latin9Of1047, Uconv};

/// Sets of one byte a character.
const SINGLE_BYTE: &[(i32, Origin)] = &[
    (37, Iconv("IBM037")),
    (273, Iconv("IBM273")),
    (277, Iconv("IBM277")),
    (278, Iconv("IBM278")),
    (280, Iconv("IBM280")),
    (284, Iconv("IBM284")),
    (285, Iconv("IBM285")),
    (290, Iconv("IBM290")),
    (297, Iconv("IBM297")),
    (367, Iconv("ANSI_X3.4-1968")),
    (420, Iconv("IBM420")),
    (423, Iconv("IBM423")),
    (424, Iconv("IBM424")),
    (437, Iconv("IBM437")),
    (500, Iconv("IBM500")),
    (737, Iconv("CP737")),
    (775, Iconv("CP775")),
    (813, Iconv("ISO-8859-7")),
    (819, Iconv("ISO-8859-1")),
    (838, Uconv("ibm-838")),
    (850, Iconv("IBM850")),
    (852, Iconv("IBM852")),
    (855, Iconv("IBM855")),
    (856, Iconv("IBM856")),
    (857, Iconv("IBM857")),
    (858, Iconv("IBM858")),
    (860, Iconv("IBM860")),
    (861, Iconv("IBM861")),
    (862, Iconv("IBM862")),
    (863, Iconv("IBM863")),
    (864, Iconv("IBM864")),
    (865, Iconv("IBM865")),
    (866, Iconv("IBM866")),
    (868, Iconv("IBM868")),
    (869, Iconv("IBM869")),
    (870, Iconv("IBM870")),
    (871, Iconv("IBM871")),
    (874, Iconv("IBM874")),
    (875, Iconv("IBM875")),
    (878, Iconv("KOI8-R")),
    (901, Iconv("IBM901")),
    (902, Iconv("IBM902")),
    (912, Iconv("ISO-8859-2")),
    (913, Iconv("ISO-8859-3")),
    (914, Iconv("ISO-8859-4")),
    (915, Iconv("ISO-8859-5")),
    (916, Iconv("ISO-8859-8")),
    (918, Iconv("IBM918")),
    (919, Iconv("ISO-8859-10")),
    (920, Iconv("ISO-8859-9")),
    (921, Iconv("IBM921")),
    (922, Iconv("IBM922")),
    (923, Iconv("ISO-8859-15")),
    (924, Latin9Of1047),
    (1025, Iconv("IBM1025")),
    (1026, Iconv("IBM1026")),
    (1047, Iconv("IBM1047")),
    (1051, Iconv("HP-ROMAN8")),
    (1089, Iconv("ISO-8859-6")),
    (1097, Iconv("IBM1097")),
    (1112, Iconv("IBM1112")),
    (1122, Iconv("IBM1122")),
    (1123, Iconv("IBM1123")),
    (1124, Iconv("IBM1124")),
    (1125, Iconv("CP1125")),
    (1129, Iconv("IBM1129")),
    (1130, Iconv("IBM1130")),
    (1132, Iconv("IBM1132")),
    (1133, Iconv("IBM1133")),
    (1137, Iconv("IBM1137")),
    (1140, Iconv("IBM1140")),
    (1141, Iconv("IBM1141")),
    (1142, Iconv("IBM1142")),
    (1143, Iconv("IBM1143")),
    (1144, Iconv("IBM1144")),
    (1145, Iconv("IBM1145")),
    (1146, Iconv("IBM1146")),
    (1147, Iconv("IBM1147")),
    (1148, Iconv("IBM1148")),
    (1149, Iconv("IBM1149")),
    (1153, Iconv("IBM1153")),
    (1154, Iconv("IBM1154")),
    (1155, Iconv("IBM1155")),
    (1156, Iconv("IBM1156")),
    (1157, Iconv("IBM1157")),
    (1158, Iconv("IBM1158")),
    (1160, Iconv("IBM1160")),
    (1161, Iconv("IBM1161")),
    (1162, Iconv("IBM1162")),
    (1163, Iconv("IBM1163")),
    (1164, Iconv("IBM1164")),
    (1166, Iconv("IBM1166")),
    (1167, Iconv("KOI8-RU")),
    (1168, Iconv("KOI8-U")),
    (1250, Iconv("CP1250")),
    (1251, Iconv("CP1251")),
    (1252, Iconv("CP1252")),
    (1253, Iconv("CP1253")),
    (1254, Iconv("CP1254")),
    (1255, Iconv("CP1255")),
    (1256, Iconv("CP1256")),
    (1257, Iconv("CP1257")),
    (1258, Iconv("CP1258")),
    (1275, Iconv("MACINTOSH")),
    (4971, Iconv("IBM4971")),
    // The Windows sets under the numbers that they have since the euro.
    (5346, Iconv("CP1250")),
    (5347, Iconv("CP1251")),
    (5348, Iconv("CP1252")),
    (5349, Iconv("CP1253")),
    (5350, Iconv("CP1254")),
    (9066, Iconv("IBM9066")),
    (12712, Iconv("IBM12712")),
    (16804, Iconv("IBM16804")),
];

/// Sets with codes of two bytes, each in a file of its own.
const DOUBLE_BYTE: &[(i32, Origin)] = &[(943, Iconv("IBM943")), (1386, Uconv("ibm-1386"))];

/// Writes all tables into `directory`, which is `crates/mqi/tables`.
pub(crate) fn write(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    for (file, text) in files()? {
        fs::write(directory.join(&file), text).with_context(|| file)?;
    }
    Ok(())
}

/// Fails when a committed table is not what the tools of this machine say.
pub(crate) fn check(directory: &Path) -> Result<()> {
    for (file, text) in files()? {
        let committed = fs::read_to_string(directory.join(&file)).with_context(|| file.clone())?;
        if let Some((line, (have, want))) =
            committed.lines().zip(text.lines()).enumerate().find(|(_, (have, want))| have != want)
        {
            bail!("{file}:{}: has {have}, the tools say {want}", line + 1);
        }
        ensure!(committed == text, "{file}: has another length than the tools say");
    }
    Ok(())
}

/// Name and contents of every file.
fn files() -> Result<Vec<(String, String)>> {
    let mut files = vec![("single-byte.txt".to_owned(), file("Character sets of one byte.", SINGLE_BYTE)?)];
    for &(ccsid, origin) in DOUBLE_BYTE {
        let text = file("A character set of one and two bytes.", &[(ccsid, origin)])?;
        files.push((format!("{ccsid}.txt"), text));
    }
    Ok(files)
}

fn file(title: &str, sets: &[(i32, Origin)]) -> Result<String> {
    let mut text =
        format!("# {title} Generated: see xtask/src/ccsid_tables.rs. Format: see src/ccsid/table.rs.\n");
    for &(ccsid, origin) in sets {
        let set = Set::read(origin).with_context(|| format!("CCSID {ccsid}"))?;
        set.print(ccsid, origin, &mut text);
    }
    Ok(text)
}

/// Both directions of one set, as the tool has them. Codes above FF are two bytes.
struct Set {
    meanings: BTreeMap<u16, u16>,
    codes: BTreeMap<u16, u16>,
}

impl Set {
    fn read(origin: Origin) -> Result<Self> {
        if let Latin9Of1047 = origin {
            return Self::latin9_of_1047();
        }
        let single: Vec<u16> = (0..=0xFF).collect();
        let mut meanings = ask_meanings(origin, &single, &marks(origin)?)?;
        let leads: Vec<u16> = (0x81..=0xFE).filter(|code| !meanings.contains_key(code)).collect();
        if is_double_byte(origin) {
            let pairs: Vec<u16> =
                leads.iter().flat_map(|lead| (0x40..=0xFE).map(move |trail| lead << 8 | trail)).collect();
            let mut doubles = ask_meanings(origin, &pairs, &marks(origin)?)?;
            // A first byte that begins nothing with what follows is left out alone. Then its second byte answers.
            doubles.retain(|code, unit| meanings.get(&(code & 0xFF)) != Some(unit));
            meanings.extend(doubles);
        }
        let mut codes = ask_codes(origin, &marks(origin)?)?;
        if [0x1C, 0x7F, 0x1A]
            == [0x1A, 0x1C, 0x7F].map(|code| meanings.get(&code).copied().unwrap_or_default())
        {
            for control in [0x1A, 0x1C, 0x7F] {
                meanings.insert(control, control);
                codes.insert(control, control);
            }
        }
        codes.retain(|unit, code| match meanings.get(code) {
            Some(meaning) => meaning == unit || !is_control(*meaning),
            None => false,
        });
        Ok(Self { meanings, codes })
    }

    fn latin9_of_1047() -> Result<Self> {
        let mut set = Self::read(Iconv("IBM1047"))?;
        let (latin1, latin9) = (Self::read(Iconv("ISO-8859-1"))?, Self::read(Iconv("ISO-8859-15"))?);
        for (code, old) in latin1.meanings {
            let new = latin9.meanings[&code];
            if new != old {
                let at = set.codes.remove(&old).context("1047 has all of Latin-1")?;
                set.meanings.insert(at, new);
                set.codes.insert(new, at);
            }
        }
        Ok(set)
    }

    fn print(&self, ccsid: i32, origin: Origin, out: &mut String) {
        let family = if self.meanings.get(&0xC1) == Some(&0x41) { "ebcdic" } else { "ascii" };
        let origin = match origin {
            Iconv(name) => format!("iconv:{name}"),
            Uconv(name) => format!("uconv:{name}"),
            Latin9Of1047 => "derived:1047".to_owned(),
        };
        writeln!(out, "set {ccsid} {family} {origin}").expect("a string takes everything");
        let leads: Vec<u16> =
            self.meanings.keys().filter(|&&code| code > 0xFF).map(|code| code >> 8).collect();
        for row in 0..16 {
            let units: Vec<_> = (row * 16..row * 16 + 16)
                .map(|byte| match self.meanings.get(&byte) {
                    Some(unit) => format!("{unit:04X}"),
                    None if leads.contains(&byte) => "****".to_owned(),
                    None => "----".to_owned(),
                })
                .collect();
            writeln!(out, "{}", units.join(" ")).expect("a string takes everything");
        }
        self.print_oneway(out);
        self.print_double(out);
        writeln!(out, "digest {:016x}", self.digest()).expect("a string takes everything");
    }

    /// The characters whose code is not the lowest one that means them.
    fn print_oneway(&self, out: &mut String) {
        let mut lowest = BTreeMap::new();
        for (&code, &unit) in &self.meanings {
            lowest.entry(unit).or_insert(code);
        }
        for (unit, code) in &self.codes {
            if lowest.get(unit) != Some(code) {
                let width = if *code > 0xFF { 4 } else { 2 };
                writeln!(out, "oneway {unit:04X} {code:0width$X}").expect("a string takes everything");
            }
        }
    }

    fn print_double(&self, out: &mut String) {
        for lead in 0x81..=0xFE_u16 {
            let trails = lead << 8..(lead + 1) << 8;
            let Some(first) = self.meanings.range(trails.clone()).next().map(|(code, _)| *code) else {
                continue;
            };
            let last = self.meanings.range(trails).next_back().map_or(first, |(code, _)| *code);
            let characters: String = (first..=last)
                .map(|code| self.meanings.get(&code).copied().unwrap_or(0xFFFD))
                .map(|unit| char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
            writeln!(out, "double {lead:02X} {:02X} {characters}", first & 0xFF)
                .expect("a string takes everything");
        }
    }

    /// As the header of `table.rs` defines it.
    fn digest(&self) -> u64 {
        let mut digest = 0xcbf2_9ce4_8422_2325_u64;
        for (first, second) in self.meanings.iter().chain(&self.codes) {
            for byte in first.to_be_bytes().into_iter().chain(second.to_be_bytes()) {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        digest
    }
}

fn is_control(unit: u16) -> bool {
    matches!(unit, 0..=0x1F | 0x7F..=0x9F)
}

fn is_double_byte(origin: Origin) -> bool {
    DOUBLE_BYTE.iter().any(|&(_, known)| match (known, origin) {
        (Iconv(a), Iconv(b)) | (Uconv(a), Uconv(b)) => a == b,
        _ => false,
    })
}

/// The codes of the marks in a set: F0 F0 F1 in EBCDIC, 30 30 31 elsewhere.
fn marks(origin: Origin) -> Result<[u8; 3]> {
    let marks = convert(origin, Direction::FromUnicode, &utf16("001"))?;
    marks.try_into().ok().context("digits take one byte each")
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// What each of `codes` means, where it means anything.
fn ask_meanings(origin: Origin, codes: &[u16], marks: &[u8; 3]) -> Result<BTreeMap<u16, u16>> {
    let mut question = Vec::new();
    for code in codes {
        let [high, low] = code.to_be_bytes();
        if high > 0 {
            question.push(high);
        }
        question.push(low);
        question.extend(marks);
    }
    let answer = convert(origin, Direction::ToUnicode, &question)?;
    let items = split(&answer, &utf16("001"), 2)?;
    ensure!(items.len() == codes.len(), "asked for {} codes, {} answered", codes.len(), items.len());
    let meanings = codes.iter().zip(items).filter_map(|(&code, item)| match *item {
        [high, low] => Some((code, u16::from_be_bytes([high, low]))),
        _ => None,
    });
    Ok(meanings.collect())
}

/// The code of every character of the basic plane that has one of one or two bytes.
fn ask_codes(origin: Origin, marks: &[u8; 3]) -> Result<BTreeMap<u16, u16>> {
    let units: Vec<u16> = (0..0xFFFE).filter(|unit| !(0xD800..0xE000).contains(unit)).collect();
    let mut question = Vec::new();
    for unit in &units {
        question.extend(unit.to_be_bytes());
        question.extend(utf16("001"));
    }
    let answer = convert(origin, Direction::FromUnicode, &question)?;
    let items = split(&answer, marks, 1)?;
    ensure!(items.len() == units.len(), "asked for {} characters, {} answered", units.len(), items.len());
    let codes = units.into_iter().zip(items).filter_map(|(unit, item)| match *item {
        [byte] => Some((unit, u16::from(byte))),
        [lead, trail] if is_double_byte(origin) => Some((unit, u16::from_be_bytes([lead, trail]))),
        _ => None,
    });
    Ok(codes.collect())
}

/// The items before the marks, of characters of `width` bytes. The first mark may be missing.
fn split<'a>(answer: &'a [u8], marks: &[u8], width: usize) -> Result<Vec<&'a [u8]>> {
    let (first, others) = marks.split_at(width);
    let mut items = Vec::new();
    let mut rest = answer;
    while !rest.is_empty() {
        let mut places = (0..rest.len()).step_by(width);
        let end = places.find(|&at| rest[at..].starts_with(others)).context("a mark is missing")?;
        items.push(rest[..end].strip_suffix(first).unwrap_or_default());
        rest = &rest[end + others.len()..];
    }
    Ok(items)
}

enum Direction {
    ToUnicode,
    FromUnicode,
}

/// Runs the tool over `input`, UTF-16 with the high byte first on the Unicode side, leaving out what does not
/// convert.
fn convert(origin: Origin, direction: Direction, input: &[u8]) -> Result<Vec<u8>> {
    let (tool, name) = match origin {
        Iconv(name) => ("iconv", name),
        Uconv(name) => ("uconv", name),
        Latin9Of1047 => bail!("a derived set is not asked for"),
    };
    let (from, to) = match direction {
        Direction::ToUnicode => (name, "UTF-16BE"),
        Direction::FromUnicode => ("UTF-16BE", name),
    };
    let mut command = Command::new(tool);
    command.args(["-f", from, "-t", to, "-c"]);
    if tool == "uconv" {
        command.args(["--from-callback", "skip"]);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run {tool}"))?;
    let mut stdin = child.stdin.take().context("it was piped")?;
    let input = input.to_vec();
    let writer = thread::spawn(move || stdin.write_all(&input));
    // Both tools report with their exit code that something was left out, which is expected.
    let output = child.wait_with_output()?;
    let written = writer.join().map_err(|_| anyhow::anyhow!("the writing thread ended early"))?;
    written.with_context(|| format!("{tool} did not read all"))?;
    ensure!(!output.stdout.is_empty(), "{tool} does not know {name}");
    Ok(output.stdout)
}
