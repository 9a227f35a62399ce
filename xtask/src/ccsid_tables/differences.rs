//! What the tools that a set was not taken from say of it: the second opinions.
//!
//! Whole tables are compared, in both directions. The list that is committed beside the tables names every code
//! that the two read differently, or that only one of them has, and every character that both write differently:
//!
//! ```text
//! set 875 iconv:IBM875 REASON
//! reads 6A 007C 00A6, DC 001A ----        code, what it means here, what it means there
//! writes 00B7 4B 70                       character, its code here, its code there
//! ```
//!
//! Characters that only one of them has a code for are counted alone: what may be written though it cannot be read
//! back is a matter of taste. Where more than 400 codes differ they are counted too.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use super::Sets;
use super::set::Set;
use super::tools::Tool;
use Tool::{Iconv, Java, Uconv};

/// Most differences of a set that are listed one by one.
const LISTED_MAX: usize = 400;

/// Who else has a set.
const OTHERS: &[(i32, Tool)] = &[
    (37, Iconv("IBM037")),
    (273, Iconv("IBM273")),
    (274, Iconv("IBM274")),
    (275, Iconv("IBM275")),
    (277, Iconv("IBM277")),
    (278, Iconv("IBM278")),
    (280, Iconv("IBM280")),
    (284, Iconv("IBM284")),
    (285, Iconv("IBM285")),
    (290, Iconv("IBM290")),
    (297, Iconv("IBM297")),
    (367, Iconv("ANSI_X3.4-1968")),
    (420, Iconv("IBM420")),
    (424, Iconv("IBM424")),
    (437, Iconv("IBM437")),
    (500, Iconv("IBM500")),
    (737, Iconv("CP737")),
    (775, Iconv("CP775")),
    (803, Iconv("IBM803")),
    (813, Iconv("ISO-8859-7")),
    (819, Iconv("ISO-8859-1")),
    (833, Java("x-IBM833")),
    (838, Iconv("IBM9030")),
    (848, Iconv("IBM848")),
    (850, Iconv("IBM850")),
    (851, Iconv("IBM851")),
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
    (868, Java("IBM868")),
    (869, Iconv("IBM869")),
    (870, Iconv("IBM870")),
    (871, Iconv("IBM871")),
    (874, Iconv("IBM874")),
    (875, Iconv("IBM875")),
    (875, Java("x-IBM875")),
    (878, Iconv("KOI8-R")),
    (901, Iconv("IBM901")),
    (902, Iconv("IBM902")),
    (912, Iconv("ISO-8859-2")),
    (913, Iconv("ISO-8859-3")),
    (914, Iconv("ISO-8859-4")),
    (915, Iconv("ISO-8859-5")),
    (916, Iconv("ISO-8859-8")),
    (918, Iconv("IBM918")),
    (918, Java("IBM918")),
    (920, Iconv("ISO-8859-9")),
    (921, Iconv("IBM921")),
    (922, Iconv("IBM922")),
    (923, Iconv("ISO-8859-15")),
    (930, Iconv("IBM930")),
    (930, Java("x-IBM930")),
    (933, Iconv("IBM933")),
    (933, Java("x-IBM933")),
    (935, Iconv("IBM935")),
    (935, Java("x-IBM935")),
    (937, Iconv("IBM937")),
    (937, Java("x-IBM937")),
    (939, Iconv("IBM939")),
    (939, Java("x-IBM939")),
    (942, Uconv("ibm-942_P12A-1999")),
    (942, Java("x-IBM942C")),
    (943, Iconv("IBM943")),
    (943, Java("x-IBM943C")),
    (949, Java("x-IBM949C")),
    (950, Java("x-IBM950")),
    (964, Java("x-IBM964")),
    (970, Java("x-IBM970")),
    (1006, Java("x-IBM1006")),
    (1025, Iconv("IBM1025")),
    (1026, Iconv("IBM1026")),
    (1046, Java("x-IBM1046")),
    (1047, Iconv("IBM1047")),
    (1051, Iconv("HP-ROMAN8")),
    (1089, Iconv("ISO-8859-6")),
    (1097, Iconv("IBM1097")),
    (1098, Java("x-IBM1098")),
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
    (1162, Iconv("IBM1162")),
    (1164, Iconv("IBM1164")),
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
    (1364, Iconv("IBM1364")),
    (1364, Java("x-IBM1364")),
    (1371, Iconv("IBM1371")),
    (1383, Java("x-IBM1383")),
    (1388, Iconv("IBM1388")),
    (1390, Iconv("IBM1390")),
    (1399, Iconv("IBM1399")),
    (4517, Iconv("IBM4517")),
    (4899, Iconv("IBM4899")),
    (4909, Iconv("IBM4909")),
    (4971, Iconv("IBM4971")),
    (5346, Iconv("CP1250")),
    (5347, Iconv("CP1251")),
    (5348, Iconv("CP1252")),
    (5349, Iconv("CP1253")),
    (5350, Iconv("CP1254")),
    (5488, Iconv("GB18030")),
    (9030, Iconv("IBM9030")),
    (9066, Iconv("IBM9066")),
    (9448, Iconv("IBM9448")),
    (12712, Iconv("IBM12712")),
    (16804, Iconv("IBM16804")),
    (33722, Java("x-IBM33722")),
];

/// The list.
pub(super) fn list(sets: &Sets) -> Result<String> {
    let mut text =
        "# What other tools say of the sets. Generated: see xtask/src/ccsid_tables/differences.rs.\n"
            .to_owned();
    let mut unexplained = String::new();
    for &(ccsid, tool) in OTHERS {
        let ours = sets.get(ccsid)?;
        let theirs = Set::read(tool, ours.shape).with_context(|| format!("CCSID {ccsid}"))?;
        let lines = compare(ours, &theirs);
        let reason = match reason(ccsid, tool) {
            "" if !lines.contains("reads") => {
                "all is read alike, and what has no code of its own is written otherwise"
            }
            reason => reason,
        };
        if !lines.is_empty() {
            write!(text, "set {ccsid} {tool} {reason}\n{lines}").expect("a string takes everything");
        }
        if !lines.is_empty() && reason.is_empty() {
            writeln!(unexplained, "{ccsid} {tool}\n{lines}").expect("a string takes everything");
        }
    }
    ensure!(unexplained.is_empty(), "tools differ, and nobody says why:\n{unexplained}");
    Ok(text)
}

fn compare(ours: &Set, theirs: &Set) -> String {
    let reads = both(&ours.meanings, &theirs.meanings)
        .into_iter()
        .map(|(code, here, there)| format!("{code:02X} {} {}", characters(here), characters(there)));
    let (mut writes, mut only_here, mut only_there) = (Vec::new(), 0, 0);
    for (unit, here, there) in both(&ours.codes, &theirs.codes) {
        match (here, there) {
            (Some(here), Some(there)) => writes.push(format!("{unit:04X} {here:02X} {there:02X}")),
            (Some(_), None) => only_here += 1,
            (None, _) => only_there += 1,
        }
    }
    let mut lines = String::new();
    let mut put = |word: &str, differences: Vec<String>| {
        let line = match differences.len() {
            0 => return,
            count if count > LISTED_MAX => format!("{word} {count} otherwise"),
            _ => format!("{word} {}", differences.join(", ")),
        };
        writeln!(lines, "{line}").expect("a string takes everything");
    };
    put("reads", reads.collect());
    put("writes", writes);
    // Alone it is no difference of the sets.
    if !lines.is_empty() && only_here + only_there > 0 {
        writeln!(lines, "writes {only_here} only here, {only_there} only there")
            .expect("a string takes everything");
    }
    lines
}

/// The keys of two maps under which they have different values, or only one has one.
fn both<'a, V: PartialEq>(
    ours: &'a BTreeMap<u32, V>,
    theirs: &'a BTreeMap<u32, V>,
) -> Vec<(u32, Option<&'a V>, Option<&'a V>)> {
    let mut keys: Vec<u32> = ours.keys().chain(theirs.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .map(|key| (key, ours.get(&key), theirs.get(&key)))
        .filter(|(_, here, there)| here != there)
        .collect()
}

fn characters(meaning: Option<&Vec<u32>>) -> String {
    meaning.map_or_else(
        || "----".to_owned(),
        |meaning| meaning.iter().map(|unit| format!("{unit:04X}")).collect::<Vec<_>>().join("+"),
    )
}

/// Why a tool is not followed.
fn reason(ccsid: i32, tool: Tool) -> &'static str {
    match (ccsid, tool) {
        (875 | 918 | 935 | 937, Java(_)) => "Java reads new line as line feed",
        (930 | 939, Java(_)) => {
            "Java reads new line as line feed, and has Microsoft's idea of five Japanese signs"
        }
        (942, _) => {
            "ICU and Java have Microsoft's idea of five signs here, not that of IBM's other Japanese sets"
        }
        (970, Java(_)) => "Java has other equivalents of six signs than IBM's revision of 2006",
        (1046, Java(_)) => "Java has shapes of letters where IBM has the letters",
        (1383, Java(_)) => "Java has characters of Unicode where IBM has two for private use",
        (33722 | 954, Java(_)) => "Java has Microsoft's idea of five Japanese signs",
        (274 | 275, _) => "glibc has no accents, which were added to the set",
        (278, _) => "glibc has a letter and the backslash the other way round",
        (290, _) => "glibc has the katakana in their wide form, and Latin letters missing",
        (420 | 864 | 868 | 918, _) => "glibc has letters where IBM has their shapes, and lacks some",
        (424 | 916, _) => "glibc has other equivalents of Hebrew punctuation, and marks of direction",
        (813 | 869, _) => "glibc has a later edition of the Greek standard",
        (848 | 1125, _) => "glibc has two signs from the Russian set, and no euro",
        (851, _) => "glibc has two capitals the other way round",
        (852 | 857, _) => "glibc has signs that IBM gave no code",
        (870, _) => "glibc has the middle dot for the dot above",
        (871, _) => "glibc has the two cases of thorn the other way round",
        (874, _) => "glibc has Microsoft's Thai set",
        (875, _) => "glibc lacks the vertical bar, and has other equivalents of two signs",
        (285, _) => "glibc has the overline for the macron",
        (1026 | 1155, _) => "glibc has the feminine ordinal for the lira, and other equivalents of accents",
        (1051, _) => "glibc has other equivalents of accents",
        (1132, _) => "glibc has the letter k for the sign of the kip",
        (1250..=1258 | 5346..=5354, _) => "glibc lacks the codes that Windows reads as controls",
        (1275, _) => "glibc has the later set with the euro",
        (1390 | 1399, _) => "glibc has SUB for codes that mean nothing",
        (5488, _) => "glibc has a later edition, in which characters for private use became others",
        _ => "",
    }
}
