//! Which character sets there are, and where each is taken from.
//!
//! The list is that of the product's code page pages: the sets native to a platform it runs on or has run on, those
//! it converts to and from Unicode, and the parts that mixed sets are made of.

use std::fmt;

use super::set::{HOLE, Shape};
use super::tools::Tool;

use Origin::{Changed, ChangedTool, Doubles, Mixed, Singles};
use Shape::{Euc, Four, Shifted, Single, Wide};
use Tool::{Iconv, Java, Uconv};

/// Where a set is taken from.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// As a tool has it.
    Tool(Tool),
    /// As a tool has it that does not say which code stands for a character that the set lacks, but for these codes.
    Marked(Tool, u32, &'static [(u32, u32)]),
    /// As another set, but for these codes.
    Changed(i32, &'static [(u32, u32)]),
    /// As a tool has it, but for these codes.
    ChangedTool(Tool, &'static [(u32, u32)]),
    /// The codes of one byte of another set.
    Singles(i32),
    /// The codes of two bytes of another set.
    Doubles(i32),
    /// The codes of one byte of one set and the longer ones of another.
    Mixed(i32, i32),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(tool) | Self::Marked(tool, ..) => write!(f, "{tool}"),
            Self::Changed(base, _) => write!(f, "changed:{base}"),
            Self::ChangedTool(tool, _) => write!(f, "changed:{tool}"),
            Self::Singles(mixed) => write!(f, "singles:{mixed}"),
            Self::Doubles(mixed) => write!(f, "doubles:{mixed}"),
            Self::Mixed(singles, doubles) => write!(f, "mixed:{singles}+{doubles}"),
        }
    }
}

/// One set to make.
pub(super) struct Spec {
    pub(super) ccsid: i32,
    pub(super) shape: Shape,
    pub(super) origin: Origin,
}

impl Spec {
    /// Whether another set is taken from the same place.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        matches!((self.origin, other.origin), (Origin::Tool(a), Origin::Tool(b)) if a == b)
    }
}

/// All sets, in the order in which they are made.
pub(super) fn all() -> impl Iterator<Item = &'static Spec> {
    FILES.iter().flat_map(|(_, _, specs)| specs.iter())
}

const fn set(ccsid: i32, shape: Shape, tool: Tool) -> Spec {
    Spec { ccsid, shape, origin: Origin::Tool(tool) }
}

const fn made(ccsid: i32, shape: Shape, origin: Origin) -> Spec {
    Spec { ccsid, shape, origin }
}

/// A file of tables: its name, what it holds, and the sets in their order.
type File = (&'static str, &'static str, &'static [Spec]);

/// The files in the order in which they are made: a set stands behind those that it is made of.
pub(super) const FILES: &[File] = &[
    ("single-byte", "Character sets of one byte.", SINGLE_BYTE),
    ("japanese", "Character sets of Japan.", JAPANESE),
    ("korean", "Character sets of Korea.", KOREAN),
    ("simplified-chinese", "Character sets of China and Singapore.", SIMPLIFIED_CHINESE),
    ("traditional-chinese", "Character sets of Taiwan and Hong Kong.", TRADITIONAL_CHINESE),
];

/// The numbers of Windows are what Windows has under them: with the euro. IBM has the sets with the euro under
/// 5346 to 5354 and 9447 to 9449, and the code below 1250 to 1258 that became the euro as a control character.
const SINGLE_BYTE: &[Spec] = &[
    set(37, Single, Uconv("ibm-37_P100-1995")),
    set(273, Single, Uconv("ibm-273_P100-1995")),
    set(277, Single, Uconv("ibm-277_P100-1995")),
    set(278, Single, Uconv("ibm-278_P100-1995")),
    set(280, Single, Uconv("ibm-280_P100-1995")),
    set(284, Single, Uconv("ibm-284_P100-1995")),
    set(285, Single, Uconv("ibm-285_P100-1995")),
    set(290, Single, Uconv("ibm-290_P100-1995")),
    set(297, Single, Uconv("ibm-297_P100-1995")),
    set(367, Single, Uconv("US-ASCII")),
    set(420, Single, Uconv("ibm-420_X120-1999")),
    set(424, Single, Uconv("ibm-424_P100-1995")),
    set(437, Single, Uconv("ibm-437_P100-1995")),
    set(500, Single, Uconv("ibm-500_P100-1995")),
    set(720, Single, Uconv("ibm-720_P100-1997")),
    set(737, Single, Uconv("ibm-737_P100-1997")),
    set(775, Single, Uconv("ibm-775_P100-1996")),
    set(803, Single, Uconv("ibm-803_P100-1999")),
    set(813, Single, Uconv("ibm-813_P100-1995")),
    set(819, Single, Uconv("ISO-8859-1")),
    set(838, Single, Uconv("ibm-838_P100-1995")),
    set(850, Single, Uconv("ibm-850_P100-1995")),
    set(851, Single, Uconv("ibm-851_P100-1995")),
    set(852, Single, Uconv("ibm-852_P100-1995")),
    set(855, Single, Uconv("ibm-855_P100-1995")),
    set(856, Single, Uconv("ibm-856_P100-1995")),
    set(857, Single, Uconv("ibm-857_P100-1995")),
    set(858, Single, Uconv("ibm-858_P100-1997")),
    set(860, Single, Uconv("ibm-860_P100-1995")),
    set(861, Single, Uconv("ibm-861_P100-1995")),
    set(862, Single, Uconv("ibm-862_P100-1995")),
    set(863, Single, Uconv("ibm-863_P100-1995")),
    set(864, Single, Uconv("ibm-864_X110-1999")),
    set(865, Single, Uconv("ibm-865_P100-1995")),
    set(866, Single, Uconv("ibm-866_P100-1995")),
    set(867, Single, Uconv("ibm-867_P100-1998")),
    set(868, Single, Uconv("ibm-868_P100-1995")),
    set(869, Single, Uconv("ibm-869_P100-1995")),
    set(870, Single, Uconv("ibm-870_P100-1995")),
    set(871, Single, Uconv("ibm-871_P100-1995")),
    set(874, Single, Uconv("ibm-874_P100-1995")),
    set(875, Single, Uconv("ibm-875_P100-1995")),
    set(878, Single, Uconv("ibm-878_P100-1996")),
    set(901, Single, Uconv("ibm-901_P100-1999")),
    set(902, Single, Uconv("ibm-902_P100-1999")),
    set(912, Single, Uconv("ibm-912_P100-1995")),
    set(913, Single, Uconv("ibm-913_P100-2000")),
    set(914, Single, Uconv("ibm-914_P100-1995")),
    set(915, Single, Uconv("ibm-915_P100-1995")),
    set(916, Single, Uconv("ibm-916_P100-1995")),
    set(918, Single, Uconv("ibm-918_P100-1995")),
    set(919, Single, Iconv("ISO-8859-10")),
    set(920, Single, Uconv("ibm-920_P100-1995")),
    set(921, Single, Uconv("ibm-921_P100-1995")),
    set(922, Single, Uconv("ibm-922_P100-1999")),
    set(923, Single, Uconv("ibm-923_P100-1998")),
    set(1006, Single, Uconv("ibm-1006_P100-1995")),
    set(1008, Single, Iconv("IBM1008")),
    set(1025, Single, Uconv("ibm-1025_P100-1995")),
    set(1026, Single, Uconv("ibm-1026_P100-1995")),
    set(1046, Single, Iconv("IBM1046")),
    set(1047, Single, Uconv("ibm-1047_P100-1995")),
    set(1051, Single, Uconv("ibm-1051_P100-1995")),
    set(1089, Single, Uconv("ibm-1089_P100-1995")),
    set(1097, Single, Uconv("ibm-1097_P100-1995")),
    set(1098, Single, Uconv("ibm-1098_P100-1995")),
    set(1112, Single, Uconv("ibm-1112_P100-1995")),
    set(1122, Single, Uconv("ibm-1122_P100-1999")),
    set(1123, Single, Uconv("ibm-1123_P100-1995")),
    set(1124, Single, Uconv("ibm-1124_P100-1996")),
    set(1125, Single, Uconv("ibm-1125_P100-1997")),
    set(1129, Single, Uconv("ibm-1129_P100-1997")),
    set(1130, Single, Uconv("ibm-1130_P100-1997")),
    set(1131, Single, Uconv("ibm-1131_P100-1997")),
    set(1132, Single, Uconv("ibm-1132_P100-1998")),
    set(1133, Single, Uconv("ibm-1133_P100-1997")),
    set(1137, Single, Uconv("ibm-1137_P100-1999")),
    set(1140, Single, Uconv("ibm-1140_P100-1997")),
    set(1141, Single, Uconv("ibm-1141_P100-1997")),
    set(1142, Single, Uconv("ibm-1142_P100-1997")),
    set(1143, Single, Uconv("ibm-1143_P100-1997")),
    set(1144, Single, Uconv("ibm-1144_P100-1997")),
    set(1145, Single, Uconv("ibm-1145_P100-1997")),
    set(1146, Single, Uconv("ibm-1146_P100-1997")),
    set(1147, Single, Uconv("ibm-1147_P100-1997")),
    set(1148, Single, Uconv("ibm-1148_P100-1997")),
    set(1149, Single, Uconv("ibm-1149_P100-1997")),
    set(1153, Single, Uconv("ibm-1153_P100-1999")),
    set(1154, Single, Uconv("ibm-1154_P100-1999")),
    set(1155, Single, Uconv("ibm-1155_P100-1999")),
    set(1156, Single, Uconv("ibm-1156_P100-1999")),
    set(1157, Single, Uconv("ibm-1157_P100-1999")),
    set(1158, Single, Uconv("ibm-1158_P100-1999")),
    set(1160, Single, Uconv("ibm-1160_P100-1999")),
    set(1161, Single, Iconv("IBM1161")),
    set(1162, Single, Uconv("ibm-1162_P100-1999")),
    set(1163, Single, Iconv("IBM1163")),
    set(1164, Single, Uconv("ibm-1164_P100-1999")),
    set(1166, Single, Iconv("IBM1166")),
    set(1167, Single, Iconv("KOI8-RU")),
    set(1168, Single, Uconv("ibm-1168_P100-2002")),
    set(1250, Single, Uconv("ibm-5346_P100-1998")),
    set(1251, Single, Uconv("ibm-5347_P100-1998")),
    set(1252, Single, Uconv("ibm-5348_P100-1997")),
    set(1253, Single, Uconv("ibm-5349_P100-1998")),
    set(1254, Single, Uconv("ibm-5350_P100-1998")),
    set(1255, Single, Uconv("ibm-9447_P100-2002")),
    set(1256, Single, Uconv("ibm-9448_X100-2005")),
    set(1257, Single, Uconv("ibm-9449_P100-2002")),
    set(1258, Single, Uconv("ibm-5354_P100-1998")),
    set(1276, Single, Uconv("ibm-1276_P100-1995")),
    set(1282, Single, Uconv("macos-29-10.2")),
    set(4517, Single, Uconv("ibm-4517_P100-2005")),
    set(4899, Single, Uconv("ibm-4899_P100-1998")),
    set(4909, Single, Uconv("ibm-4909_P100-1999")),
    set(4971, Single, Uconv("ibm-4971_P100-1999")),
    set(5012, Single, Uconv("ibm-5012_P100-1999")),
    set(5123, Single, Uconv("ibm-5123_P100-1999")),
    set(5346, Single, Uconv("ibm-5346_P100-1998")),
    set(5347, Single, Uconv("ibm-5347_P100-1998")),
    set(5348, Single, Uconv("ibm-5348_P100-1997")),
    set(5349, Single, Uconv("ibm-5349_P100-1998")),
    set(5350, Single, Uconv("ibm-5350_P100-1998")),
    set(5351, Single, Uconv("ibm-5351_P100-1998")),
    set(5352, Single, Uconv("ibm-5352_P100-1998")),
    set(5353, Single, Uconv("ibm-5353_P100-1998")),
    set(5354, Single, Uconv("ibm-5354_P100-1998")),
    set(8482, Single, Uconv("ibm-8482_P100-1999")),
    set(9005, Single, Uconv("ibm-9005_X110-2007")),
    set(9030, Single, Uconv("ibm-838_P100-1995")),
    set(9066, Single, Uconv("ibm-874_P100-1995")),
    set(9067, Single, Uconv("ibm-9067_X100-2005")),
    set(9447, Single, Uconv("ibm-9447_P100-2002")),
    set(9448, Single, Uconv("ibm-9448_X100-2005")),
    set(9449, Single, Uconv("ibm-9449_P100-2002")),
    set(12712, Single, Uconv("ibm-12712_P100-1998")),
    set(16804, Single, Uconv("ibm-16804_X110-1999")),
    // Sets that IBM has changed a little from what a tool has, or from another set.
    made(256, Single, ChangedTool(Iconv("IBM256"), &[(0xDA, 0x0131), (0xE1, 0x2007)])),
    made(274, Single, Changed(500, BELGIUM)),
    made(275, Single, Changed(500, BRAZIL)),
    made(423, Single, ChangedTool(Iconv("IBM423"), GREEK_EBCDIC)),
    made(808, Single, Changed(866, &[(0xFD, EURO)])),
    made(848, Single, Changed(1125, &[(0xFD, EURO)])),
    made(849, Single, Changed(1131, &[(0xFB, EURO)])),
    made(859, Single, Changed(850, LATIN_9_PC)),
    made(872, Single, Changed(855, &[(0xCF, EURO)])),
    made(880, Single, ChangedTool(Iconv("IBM880"), CYRILLIC_EBCDIC)),
    made(
        905,
        Single,
        ChangedTool(Iconv("IBM905"), &[(0x41, 0xA0), (0x9D, 0xB8), (0xB0, 0x02D9), (0xB7, 0xB7)]),
    ),
    made(924, Single, Changed(1047, LATIN_9_EBCDIC)),
    made(1004, Single, ChangedTool(Iconv("IBM1004"), &[(0xAF, 0x203E)])),
    made(1275, Single, ChangedTool(Uconv("macintosh"), &[(0xBD, 0x2126), (0xDB, 0xA4)])),
    made(1280, Single, ChangedTool(Uconv("macos-6_2-10.4"), &[(0x9C, 0xAD), (0xAF, 0x0387), (0xFF, HOLE)])),
    made(1281, Single, ChangedTool(Uconv("macos-35-10.2"), &[(0xBD, 0x2126), (0xF5, HOLE)])),
    made(1283, Single, ChangedTool(Uconv("macos-7_3-10.2"), &[(0xA2, 0xA2), (0xB6, 0x2202), (0xFF, 0xA4)])),
    made(1284, Single, Changed(1275, CROATIAN_MAC)),
    made(1285, Single, Changed(1275, ROMANIAN_MAC)),
    made(5104, Single, Changed(1008, ARABIC_PC)),
    made(9044, Single, Changed(852, &[(0xAA, EURO)])),
    made(9048, Single, Changed(856, HEBREW_PC)),
    made(9049, Single, Changed(857, &[(0xD5, EURO)])),
    made(9061, Single, Changed(869, &[(0x87, EURO)])),
    made(9238, Single, Changed(1046, &[(0xFF, EURO)])),
    made(17248, Single, Changed(864, &[(0xA7, EURO)])),
];

const JAPANESE: &[Spec] = &[
    set(930, Shifted, Uconv("ibm-930_P120-1999")),
    set(939, Shifted, Uconv("ibm-939_P120-1999")),
    set(5026, Shifted, Uconv("ibm-930_P120-1999")),
    set(5035, Shifted, Uconv("ibm-939_P120-1999")),
    set(1390, Shifted, Uconv("ibm-1390_P110-2003")),
    set(1399, Shifted, Uconv("ibm-1399_P110-2003")),
    made(932, Shape::Mixed, Origin::Marked(Iconv("IBM932"), 0xFCFC, PC_SIGNS)),
    made(942, Shape::Mixed, Changed(932, &[])),
    set(943, Shape::Mixed, Uconv("ibm-943_P130-1999")),
    set(954, Euc, Uconv("ibm-954_P101-2007")),
    set(33722, Euc, Uconv("ibm-33722_P120-1999")),
    set(5050, Euc, Uconv("ibm-33722_P120-1999")),
    made(1041, Single, Singles(942)),
    made(897, Single, Changed(1041, &[(0x80, HOLE), (0xA0, HOLE), (0xFD, HOLE), (0xFE, HOLE), (0xFF, HOLE)])),
    made(1027, Single, Singles(939)),
    set(931, Shifted, Uconv("ibm-939_P120-1999")),
    made(300, Wide, Doubles(930)),
    made(301, Wide, Doubles(942)),
    made(941, Wide, Doubles(943)),
    made(16684, Wide, Doubles(1390)),
];

const KOREAN: &[Spec] = &[
    set(933, Shifted, Uconv("ibm-933_P110-1995")),
    set(1364, Shifted, Uconv("ibm-1364_P110-2007")),
    set(949, Shape::Mixed, Uconv("ibm-949_P11A-1999")),
    set(1363, Shape::Mixed, Uconv("ibm-1363_P11B-1998")),
    set(970, Euc, Uconv("ibm-970_P110_P110-2006_U2")),
    made(833, Single, Singles(933)),
    made(1126, Single, Singles(1363)),
    made(1088, Single, Changed(1126, &[])),
    made(834, Wide, Doubles(933)),
    made(951, Wide, Doubles(949)),
    made(971, Wide, Doubles(970)),
    made(1362, Wide, Doubles(1363)),
    made(4930, Wide, Doubles(1364)),
];

const SIMPLIFIED_CHINESE: &[Spec] = &[
    set(935, Shifted, Uconv("ibm-935_P110-1999")),
    set(1388, Shifted, Uconv("ibm-1388_P103-2001")),
    set(1386, Shape::Mixed, Uconv("ibm-1386_P100-2001")),
    set(1383, Euc, Uconv("ibm-1383_P110-1999")),
    made(1381, Shape::Mixed, Origin::Marked(Java("x-IBM1381"), 0xFEFE, &[])),
    set(5488, Four, Uconv("gb18030")),
    set(1392, Four, Uconv("gb18030")),
    made(836, Single, Singles(935)),
    made(1115, Single, Singles(1381)),
    made(837, Wide, Doubles(935)),
    made(1380, Wide, Doubles(1381)),
    made(1382, Wide, Doubles(1383)),
    made(1385, Wide, Doubles(1386)),
    made(4933, Wide, Doubles(1388)),
];

const TRADITIONAL_CHINESE: &[Spec] = &[
    set(937, Shifted, Uconv("ibm-937_P110-1999")),
    set(1371, Shifted, Uconv("ibm-1371_P100-1999")),
    set(950, Shape::Mixed, Uconv("ibm-950_P110-1999")),
    set(1373, Shape::Mixed, Uconv("ibm-1373_P100-2002")),
    set(1375, Shape::Mixed, Uconv("ibm-1375_P100-2008")),
    made(948, Shape::Mixed, Origin::Marked(Java("x-IBM948"), 0xFCFC, &[])),
    set(964, Euc, Uconv("ibm-964_P110-1999")),
    made(1043, Single, Singles(948)),
    made(904, Single, Changed(1043, &[(0x80, HOLE), (0xFD, HOLE), (0xFE, HOLE)])),
    made(938, Shape::Mixed, Mixed(904, 948)),
    made(1114, Single, Singles(950)),
    made(5210, Single, Changed(1114, &[(0x80, EURO)])),
    made(1370, Shape::Mixed, Changed(950, &[(0x80, EURO), (0xA3E1, EURO)])),
    made(28709, Single, Singles(937)),
    made(1159, Single, Singles(1371)),
    made(835, Wide, Doubles(937)),
    made(927, Wide, Doubles(948)),
    made(947, Wide, Doubles(950)),
    made(9027, Wide, Doubles(1371)),
];

const EURO: u32 = 0x20AC;

/// Where Belgium's EBCDIC differs from the international one.
const BELGIUM: &[(u32, u32)] = &[
    (0x44, 0x40),
    (0x48, 0x5C),
    (0x51, 0x7B),
    (0x54, 0x7D),
    (0x6A, 0xF9),
    (0x7C, 0xE0),
    (0xA1, 0xA8),
    (0xBD, 0x7E),
    (0xC0, 0xE9),
    (0xD0, 0xE8),
    (0xDD, 0xA6),
    (0xE0, 0xE7),
];

/// Where Brazil's EBCDIC differs from the international one.
const BRAZIL: &[(u32, u32)] = &[
    (0x46, 0x60),
    (0x48, 0xA6),
    (0x4A, 0xC9),
    (0x51, 0x7D),
    (0x5A, 0x24),
    (0x5B, 0xC7),
    (0x66, 0x40),
    (0x68, 0x5D),
    (0x6A, 0xE7),
    (0x71, 0x5B),
    (0x79, 0xE3),
    (0x7B, 0xD5),
    (0x7C, 0xC3),
    (0xC0, 0xF5),
    (0xCF, 0x7B),
    (0xD0, 0xE9),
    (0xEF, 0x23),
];

/// Greek EBCDIC as glibc has it lacks four characters, and has two pairs the other way round.
const GREEK_EBCDIC: &[(u32, u32)] =
    &[(0x6A, 0x7C), (0x74, 0xA0), (0xAF, 0x03C3), (0xBA, 0x03C2), (0xCA, 0xAD), (0xCC, 0xE2)];

/// Cyrillic EBCDIC as glibc has it lacks what was added to it.
const CYRILLIC_EBCDIC: &[(u32, u32)] = &[
    (0x41, 0xA0),
    (0x45, 0x0454),
    (0x55, 0x045E),
    (0x64, 0x0404),
    (0x6A, 0x7C),
    (0x73, 0xAD),
    (0x74, 0x040E),
    (0x79, 0x60),
    (0xA1, 0x7E),
    (0xC0, 0x7B),
    (0xD0, 0x7D),
];

/// Where Latin-9 for PCs differs from Latin-1 for them.
const LATIN_9_PC: &[(u32, u32)] = &[
    (0xAB, 0x0153),
    (0xAC, 0x0152),
    (0xD5, EURO),
    (0xDD, 0x0160),
    (0xEF, 0x017D),
    (0xF2, HOLE),
    (0xF3, 0x0178),
    (0xF7, 0x017E),
    (0xF9, 0x0161),
];

/// Where Latin-9 in EBCDIC differs from Latin-1 of open systems.
const LATIN_9_EBCDIC: &[(u32, u32)] = &[
    (0x4A, 0xDD),
    (0x6A, 0x0160),
    (0x9D, 0x017E),
    (0x9F, EURO),
    (0xB0, 0xA2),
    (0xB7, 0x0152),
    (0xB8, 0x0153),
    (0xB9, 0x0178),
    (0xBA, 0xAC),
    (0xBB, 0x0161),
    (0xBE, 0x017D),
];

/// What the Japanese set of PCs has besides that of glibc.
const PC_SIGNS: &[(u32, u32)] = &[(0x80, 0xA2), (0xA0, 0xA3), (0xFD, 0xAC), (0xFE, 0x5C), (0xFF, 0x7E)];

/// What the newer of two Arabic sets of PCs has besides the older, and where it has letters for their shapes.
const ARABIC_PC: &[(u32, u32)] =
    &[(0xA9, 0x200B), (0xD0, 0xFEB1), (0xD2, 0xFEB5), (0xD4, 0xFEB9), (0xD6, 0xFEBD), (0xFF, EURO)];

/// What Hebrew for PCs has besides the older set.
const HEBREW_PC: &[(u32, u32)] = &[
    (0x9F, 0x20AA),
    (0xA0, 0x200E),
    (0xA1, 0x200F),
    (0xA2, 0x202A),
    (0xA3, 0x202B),
    (0xA4, 0x202D),
    (0xA5, 0x202E),
    (0xA6, 0x202C),
    (0xAD, EURO),
];

/// Where the Macintosh set of Croatia differs from that of Western Europe.
const CROATIAN_MAC: &[(u32, u32)] = &[
    (0xA9, 0x0160),
    (0xAE, 0x017D),
    (0xB4, 0x2206),
    (0xB9, 0x0161),
    (0xBE, 0x017E),
    (0xC6, 0x0106),
    (0xC8, 0x010C),
    (0xD0, 0x0110),
    (0xD8, 0xF8FF),
    (0xD9, 0xA9),
    (0xDE, 0xC6),
    (0xDF, 0xBB),
    (0xE0, 0x2013),
    (0xE6, 0x0107),
    (0xE8, 0x010D),
    (0xF0, 0x0111),
    (0xF9, 0x03C0),
    (0xFA, 0xCB),
    (0xFD, 0xCA),
    (0xFE, 0xE6),
];

/// Where the Macintosh set of Romania differs from that of Western Europe.
const ROMANIAN_MAC: &[(u32, u32)] =
    &[(0xAE, 0x0102), (0xAF, 0x015E), (0xBE, 0x0103), (0xBF, 0x015F), (0xDE, 0x0162), (0xDF, 0x0163)];
