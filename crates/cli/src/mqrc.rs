//! `mqrc`: the name of a reason code, or its number.

use mqi::reason::Reason;

use crate::options::{Spec, misuse};

pub(crate) const SPEC: Spec = Spec {
    name: "mqrc",
    summary: "say the name of a reason code, or its number",
    options: &[],
    missing: &["-a", "-b", "-f", "-i", "-l", "-m", "-R", "-r", "-s"],
    names: &["reason"],
    notes: "The reason is a number (2035, 0x7f3) or a name (MQRC_NOT_AUTHORIZED).",
};

/// Prints the line `      2035  0x000007f3  MQRC_NOT_AUTHORIZED` of each code asked for.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 20),
    };
    let Some(what) = given.names.first() else { return misuse(&SPEC.usage(), 20) };
    let lines = explain(what);
    if lines.is_empty() {
        eprintln!("No matching return code was found for '{what}'.");
        return 20;
    }
    for line in lines {
        println!("{line}");
    }
    0
}

fn explain(what: &str) -> Vec<String> {
    let number = match what.strip_prefix("0x").or_else(|| what.strip_prefix("0X")) {
        Some(hex) => i32::from_str_radix(hex, 16).ok(),
        None => what.parse().ok(),
    };
    match number {
        Some(code) => Reason(code).mqrc_line().into_iter().collect(),
        None => Reason::of_name(what).and_then(Reason::mqrc_line).into_iter().collect(),
    }
}
