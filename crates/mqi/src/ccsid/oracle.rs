//! The conversion compared with the tools that the tables were taken from, as they run on this machine.
//!
//! Where a tool is missing its sets are skipped, with a line on standard error that says so: the committed
//! digests still guard the tables.

use std::io::Write;
use std::process::{Command, Stdio};

use super::table::Table;
use super::table::tests::origin;
use super::{Ccsid, Conversion, EbcdicNewline, convert};

/// The sets that every installation meets. The others are compared when the tables are generated.
const SETS: [i32; 14] = [819, 850, 437, 37, 500, 1047, 273, 1140, 943, 1386, 1252, 858, 915, 1141];

/// Runs a tool over text. `None` if it is not installed.
fn tool(tool: &str, from: &str, to: &str, text: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(tool);
    command.args(["-f", from, "-t", to]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    let text = text.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let output = child.wait_with_output().expect("the tool ends");
    writer.join().expect("the writer ends").expect("the tool reads all of it");
    assert!(output.status.success(), "{tool} {from} to {to}");
    Some(output.stdout)
}

/// Every character of the basic plane that the set has, in UTF-8, without the three that some tools rotate.
fn repertoire(table: &Table) -> String {
    (0..=0xFFFF)
        .filter_map(char::from_u32)
        .filter(|&character| table.code(character).is_some() && !"\u{1A}\u{1C}\u{7F}".contains(character))
        .collect()
}

#[test]
fn the_tools_agree_on_every_character() {
    for ccsid in SETS {
        let table = Table::of(ccsid).expect("a set that matters");
        let (name, set) = origin(ccsid);
        let text = repertoire(table);
        let Some(theirs) = tool(name, "UTF-8", set, text.as_bytes()) else {
            eprintln!("SKIPPED: no {name} here to compare CCSID {ccsid} with");
            continue;
        };
        let ours = convert(text.as_bytes(), Ccsid::UTF_8, Ccsid(ccsid)).expect("all of it is in the set");
        assert!(ours == theirs, "CCSID {ccsid} from Unicode");

        let back =
            Conversion { newline: EbcdicNewline::Table, ..Conversion::new(Ccsid(ccsid), Ccsid::UTF_8) };
        let ours = back.run(&theirs).expect("the tool wrote it");
        let theirs = tool(name, set, "UTF-8", &theirs).expect("it ran before");
        assert!(ours == theirs, "CCSID {ccsid} to Unicode");
    }
}
