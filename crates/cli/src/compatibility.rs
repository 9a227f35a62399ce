//! The lists in `docs/compatibility.md` of what is refused, and of what is kept and does nothing: they are printed from the
//! tables that the programs run by.
//!
//! With `UPDATE_GOLDEN=1` the page is written anew; the difference is to be reviewed.

use std::fmt::Write as _;
use std::path::Path;

use mqi::command::Verb;
use mqi::command::table::commands;
use mqi::object::standing::{KEPT, OPTIONS_KEPT, OPTIONS_REFUSED, OptionRow, SHOWN};
use mqi::object::{ObjectClass, ObjectType};

use crate::{COMMANDS, dspmq};

const BEGIN: &str =
    "<!-- From here on printed by a test of crates/cli: UPDATE_GOLDEN=1 cargo test -p packhorse -->\n";

fn code<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ")
}

/// Options of control commands.
fn control_commands(out: &mut String) {
    *out += "\n## Options of control commands that are refused\n\n| command | refused |\n|---|---|\n";
    for (spec, _) in COMMANDS {
        let words = dspmq::MISSING_WORDS.iter().filter(|_| spec.name == "dspmq");
        let words: Vec<String> = words.map(|word| format!("-o {word}")).collect();
        let missing: Vec<&str> =
            spec.missing.iter().copied().chain(words.iter().map(String::as_str)).collect();
        if !missing.is_empty() {
            let _ = writeln!(out, "| {} | {} |", spec.name, code(missing));
        }
    }
}

/// Commands and options of MQSC.
fn mqsc(out: &mut String) {
    *out += "\n## MQSC that is refused\n\nAMQ8990E answers these commands and options, before anything is changed.\n\n";
    *out += "| verb | not built |\n|---|---|\n";
    let mut verbs: Vec<Verb> = commands().iter().filter(|row| !row.is_built).map(|row| row.verb).collect();
    verbs.sort();
    verbs.dedup();
    for verb in verbs {
        let nouns = commands().iter().filter(|row| row.verb == verb && !row.is_built).map(|row| row.noun);
        let _ = writeln!(out, "| {} | {} |", verb.keyword(), code(nouns));
    }
    *out += "\n| option | waits for |\n|---|---|\n";
    option_rows(out, OPTIONS_REFUSED);
    *out += "\n## Options of MQSC that make no difference\n\n| option | why |\n|---|---|\n";
    option_rows(out, OPTIONS_KEPT);
}

fn option_rows(out: &mut String, rows: &[OptionRow]) {
    for (verb, noun, keyword, why) in rows {
        let _ = writeln!(out, "| `{verb} {noun} {keyword}` | {why} |");
    }
}

/// Attributes of objects.
fn attributes(out: &mut String) {
    *out += "\n## Attributes that are kept and shown, and do nothing\n\nDefinitions are to be moved here and back \
             unchanged; until what looks at these is built, they are only kept.\n\n| of | attributes | why, or what \
             they wait for |\n|---|---|---|\n";
    for kept in KEPT {
        let types = match kept.types {
            [] => "every object".to_owned(),
            types => types.iter().map(|object| name_of(*object)).collect::<Vec<_>>().join(", "),
        };
        let keywords =
            if kept.keywords.is_empty() { "all".to_owned() } else { code(kept.keywords.iter().copied()) };
        let _ = writeln!(out, "| {types} | {keywords} | {} |", kept.reason);
    }
    *out += "\n## What displays show always alike, or not at all\n\n| display | always the same | not shown \
             |\n|---|---|---|\n";
    for shown in SHOWN {
        let of = match shown.class {
            ObjectClass::HandleStatus => "QSTATUS TYPE(HANDLE)",
            ObjectClass::ConnectionHandle => "CONN TYPE(HANDLE)",
            class => class.row().keyword,
        };
        let (constant, absent) = (code(shown.constant.iter().copied()), code(shown.absent.iter().copied()));
        let _ = writeln!(out, "| {of} | {constant} | {absent} |");
    }
}

/// A type as MQSC names it.
fn name_of(object: ObjectType) -> String {
    match object.class() {
        ObjectClass::Queue | ObjectClass::Process | ObjectClass::Namelist | ObjectClass::Service => {
            object.keyword().to_owned()
        }
        ObjectClass::Qmgr => "the queue manager".to_owned(),
        ObjectClass::Channel | ObjectClass::ClientChannel => format!("{} channels", object.keyword()),
        class @ (ObjectClass::ChannelAuth | ObjectClass::AuthInfo) => {
            format!("{} {}", class.row().keyword, object.keyword())
        }
        class => class.row().keyword.to_owned(),
    }
}

#[test]
fn the_page_lists_what_is_refused_and_what_does_nothing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (by_hand, printed) = page.split_once(BEGIN).expect("the place where the lists begin");
    let mut wanted = String::new();
    control_commands(&mut wanted);
    mqsc(&mut wanted);
    attributes(&mut wanted);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{by_hand}{BEGIN}{wanted}")).expect("to be written");
        return;
    }
    let differs = printed.lines().zip(wanted.lines()).find(|(is, wanted)| is != wanted);
    assert!(
        printed == wanted,
        "docs/compatibility.md is not what the tables say; UPDATE_GOLDEN=1 writes it: {differs:?}"
    );
}
