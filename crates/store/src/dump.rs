//! The log in words, for diagnosis: what stands on the disk, valid or not, without starting it.
//!
//! ```text
//! control.1 sequence 8 epoch 2 checkpoint 1337 durable 1337 clean scan 1 lsn 1 extents 0 state 16 bytes
//! S0000001.LOG lsn 1 sequence 1 epoch 1
//!   page 1 sequence 1 epoch 1 lsn 1 to 377 durable 1
//!     1 Put 124 bytes, head 20
//! S0000002.LOG empty
//! ```
//!
//! Pages that are no group are passed over; one that a valid group covers is not looked at.

use std::fmt::Write;
use std::sync::Arc;

use crate::control::FILES;
use crate::disk::Disk;
use crate::error::Error;
use crate::extent;
use crate::group::{self, GroupHeader};
use crate::recovery::{Copy, newest, read_copies};
use crate::scan::Scanner;

/// Describes all control files, extents, groups and, if `records`, records of a log.
pub fn dump<D: Disk>(disk: &Arc<D>, records: bool) -> Result<String, Error> {
    let mut text = String::new();
    let copies = read_copies(&**disk)?;
    for (copy, name) in copies.iter().zip(FILES) {
        line(&mut text, &format!("{name} {}", control_in_words(copy)));
    }
    let (control, _) = newest(&copies)?;
    let mut scanner = Scanner::new(Arc::clone(disk), control.id, control.extent_pages);
    let mut numbers: Vec<u32> = disk.list()?.iter().filter_map(|name| extent::number_of(name)).collect();
    numbers.sort_unstable();
    for number in numbers {
        let begun = scanner.extent_header(number)?;
        let words = begun.map_or("empty".to_owned(), |h| {
            format!("lsn {} sequence {} epoch {}", h.lsn, h.sequence, h.epoch.0)
        });
        line(&mut text, &format!("{} {words}", extent::file_name(number)));
        let mut block = 1;
        while block < control.extent_pages {
            let Some((header, bytes)) = scanner.any_group_at(number, block)? else {
                block += 1;
                continue;
            };
            line(&mut text, &group_in_words(&header));
            if records {
                describe_records(&mut text, &header, scanner.bytes(bytes));
            }
            block += header.blocks();
        }
    }
    Ok(text)
}

fn line(text: &mut String, words: &str) {
    text.push_str(words);
    text.push('\n');
}

fn control_in_words(copy: &Copy) -> String {
    let c = match copy {
        Copy::Whole(control) => control,
        Copy::Blank => return "blank".to_owned(),
        Copy::Damaged => return "damaged".to_owned(),
    };
    let clean = if c.is_clean { " clean" } else { "" };
    format!(
        "sequence {} epoch {} checkpoint {} durable {}{clean} scan {} lsn {} extents {} state {} bytes",
        c.sequence,
        c.epoch.0,
        c.checkpoint,
        c.durable,
        c.scan_extent,
        c.scan_lsn,
        c.extents.len(),
        c.state.len()
    )
}

fn group_in_words(h: &GroupHeader) -> String {
    let marker = if h.flags & group::MARKER != 0 { " marker" } else { "" };
    let (page, sequence, epoch) = (h.block, h.sequence, h.epoch.0);
    let end = h.lsn_end();
    format!(
        "  page {page} sequence {sequence} epoch {epoch} lsn {} to {end} durable {}{marker}",
        h.lsn, h.durable
    )
}

fn describe_records(text: &mut String, header: &GroupHeader, bytes: &[u8]) {
    for (offset, raw) in group::Records::new(bytes) {
        let lsn = header.lsn + offset;
        let len = raw.bytes.len();
        let words = match raw.view() {
            Some(v) => {
                let moved = if v.flags & crate::MOVED != 0 { " moved" } else { "" };
                format!("{:?}{moved} {len} bytes, head {}", v.kind, v.head.len())
            }
            None => format!("kind {} {len} bytes", raw.kind()),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "    {lsn} {words}");
    }
}
