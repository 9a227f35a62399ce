//! The conversion compared with the tools that the tables were taken from, as they run on this machine.
//!
//! What a table says is compared when the tables are generated; here it is how texts are read and written with it.
//! Where a tool is missing its sets are skipped, with a line on standard error that says so.

use std::io::Write;
use std::process::{Command, Stdio};

use super::table::Table;
use super::table::tests::{origin, repertoire};
use super::{Ccsid, Conversion, EbcdicNewline, convert};

/// The sets that every installation meets, and one of each shape at least.
const SETS: [i32; 30] = [
    819, 850, 437, 37, 500, 1047, 273, 1140, 1252, 858, 915, 1141, 875, 930, 933, 935, 937, 939, 943, 949,
    950, 954, 964, 970, 1364, 1383, 1386, 1388, 1390, 5488,
];

/// Characters that the tables have elsewhere than the tools: three controls, those of 5C and 7E, and the micro sign.
const ELSEWHERE: &str = "\u{1A}\u{1C}\u{7F}\u{5C}\u{7E}\u{A5}\u{203E}\u{20A9}\u{B5}\u{3BC}";

/// Runs a tool over text. `None` if it is not installed.
fn tool(tool: &str, from: &str, to: &str, text: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(tool);
    command.args(["-f", from, "-t", to]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    if tool == "uconv" {
        command.arg("--fallback");
    }
    let mut child = command.spawn().ok()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    let text = text.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let output = child.wait_with_output().expect("the tool ends");
    writer.join().expect("the writer ends").expect("the tool reads all of it");
    assert!(output.status.success(), "{tool} {from} to {to}");
    Some(output.stdout)
}

#[test]
fn the_tools_agree_on_texts_of_every_character() {
    for ccsid in SETS {
        let table = Table::of(ccsid).expect("a set that matters");
        let (name, set) = origin(ccsid);
        let is_elsewhere = |characters: &Vec<char>| characters.iter().any(|&it| ELSEWHERE.contains(it));
        let mut text = String::new();
        for (place, (_, characters)) in
            repertoire(table).into_iter().filter(|(_, characters)| !is_elsewhere(characters)).enumerate()
        {
            text.extend(characters);
            // Codes of one byte in between, so that shifts go to and fro.
            text.push_str(if place % 7 == 0 { "0" } else { "" });
        }
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
