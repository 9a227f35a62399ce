//! Reading ledgers back.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use super::event::Event;

/// All events of the ledgers in a directory, each call once, with its last line. Order: file by file.
///
/// A line that does not read is an error unless it is the last of its file, where a dead writer may have
/// left half of one.
pub fn read_directory(directory: &Path) -> io::Result<Vec<Event>> {
    let mut files: Vec<_> =
        std::fs::read_dir(directory)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut events = Vec::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "jsonl")) {
        read_file(file, &mut events)?;
    }
    Ok(events)
}

fn read_file(file: &Path, events: &mut Vec<Event>) -> io::Result<()> {
    let mut call_before = 0;
    let mut torn = false;
    for line in BufReader::new(std::fs::File::open(file)?).lines() {
        if torn {
            return Err(io::Error::other(format!("{}: a line does not read", file.display())));
        }
        match Event::of_line(&line?) {
            Some((call, event)) => {
                if call == call_before {
                    events.pop();
                }
                call_before = call;
                events.push(event);
            }
            None => torn = true,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Fault, Outcome, Writer};

    #[test]
    fn the_last_line_of_a_call_counts_and_a_torn_end_is_no_error() {
        let directory = std::env::temp_dir().join(format!("harness-ledger-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let end = |outcome| {
            Event::End(crate::ledger::End {
                unit: crate::ledger::UnitId { thread: 1, number: 1 },
                kind: crate::ledger::EndKind::Commit,
                t0: 1,
                t1: 2,
                outcome,
                reason: 0,
            })
        };
        let kill = Event::Fault(Fault { what: "kill".into(), t0: 3 });
        let mut writer = Writer::create(&directory, "t1").unwrap();
        writer.before(&end(Outcome::Pending)).unwrap();
        writer.after(&end(Outcome::Ok)).unwrap();
        writer.note(&kill).unwrap();
        writer.before(&end(Outcome::Pending)).unwrap();
        writer.file.write_all(b"{\"ev\":\"en").unwrap();
        assert_eq!(read_directory(&directory).unwrap(), [end(Outcome::Ok), kill, end(Outcome::Pending)]);
        writer.file.write_all(b"\n{}\n").unwrap();
        assert!(read_directory(&directory).is_err());
        std::fs::remove_dir_all(&directory).unwrap();
    }

    use std::io::Write as _;
}
