//! The log on disk: extents with their groups, records and summaries, and the control files. A small log is damaged and
//! started: it starts as it was, or says what it cannot read, or refuses. It never gives wrong bytes.
//!
//! The first byte chooses the log and whether checksums are looked at. Where they are, damage is what a disk does: bits,
//! sectors, files; several in one file only where the log was ended, and every copy of a witness tells the same. Without
//! them everything that the engine writes is believed, as if whoever changed it had known how to make the checksums right:
//! then only that nothing breaks, and that nothing is read without end, is asked for.

use std::sync::OnceLock;

use sim::flips::{Ending, Fault, Subject, Tally};

use crate::dice::Dice;

fn subjects() -> &'static [Subject] {
    static SUBJECTS: OnceLock<Vec<Subject>> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        [(1, Ending::Clean), (2, Ending::Idle), (3, Ending::Killed)]
            .into_iter()
            .map(|(seed, ending)| Subject::new(seed, ending).expect("a simulated disk does not fail"))
            .collect()
    })
}

pub(crate) fn run(input: &[u8]) {
    let mut dice = Dice::new(input);
    let how = dice.byte();
    let at = usize::from(how & 0x7F) % subjects().len();
    let subject = &subjects()[at];
    let files = subject.files();
    let is_believed = how & 0x80 != 0;
    let mut file = dice.below(files.len() as u64) as usize;
    let mut faults = Vec::new();
    for _ in 0..if is_believed {
        12
    } else if at == 0 {
        4
    } else {
        1
    } {
        if dice.is_spent() {
            break;
        }
        let (name, len) = &files[file];
        // Most of what counts is at the beginning of a file, or of one of its pages.
        let page = dice.below((*len as u64).div_ceil(4096).max(1)) * 4096;
        let byte = page + u64::from(dice.u16() % 4096);
        faults.push(match dice.below(8) {
            0..6 if is_believed => Fault::Bytes(name.clone(), byte, dice.bytes().to_vec()),
            6 => Fault::Zeroed(name.clone(), (byte.min(*len as u64 - 512) / 512) as usize),
            7 if dice.chance(50) => Fault::Truncated(name.clone(), (byte / 512) as usize),
            7 => Fault::Missing(name.clone()),
            _ => Fault::Bit(name.clone(), 8 * byte + u64::from(dice.byte() % 8)),
        });
        if is_believed {
            file = dice.below(files.len() as u64) as usize;
        }
    }
    if is_believed {
        return subject.believe(&faults);
    }
    let mut tally = Tally::default();
    subject.try_faults(&faults, &mut tally);
    assert_eq!(tally.violations, 0, "{:?}", tally.first);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for how in [0, 1, 2, 0x80, 0x81, 0x82] {
        for file in 0..8 {
            for page in 0..3 {
                seeds.push(vec![how, file, page, 0, 8 * page, 0, 4, 1, 0, 0, 0]);
            }
        }
    }
    seeds
}
