//! `dspmq`: queue managers and how they are doing.

use mqi::text::inert;
use server::paths::{QmgrPaths, Root};
use server::status;

use crate::name::{fail_io, text};
use crate::options::{Given, Spec, flag, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "dspmq",
    summary: "show queue managers and their status",
    options: &[
        value("-m", "QMgrName", "only this one"),
        value("-o", "what", "all, default, installation, status or standby; may be given several times"),
        flag("-s", "their status, as if nothing is said"),
        flag("-x", "instances that run"),
        flag("-n", "words in capitals, for programs"),
        flag("-a", "only those that run"),
    ],
    missing: &["-c"],
    names: &[],
    notes: "",
};

/// Words of `-o` that are not built yet.
pub(crate) const MISSING_WORDS: &[&str] = &["ha", "dr", "nativeha"];

/// Column in which the second field begins, counted from 0.
const SECOND_FIELD: usize = 58;

/// What can be shown, in the order in which it is.
const FIELDS: &[Field] = &[
    Field::Status,
    Field::Default,
    Field::Standby,
    Field::InstallationName,
    Field::InstallationPath,
    Field::InstallationVersion,
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Status,
    Default,
    Standby,
    InstallationName,
    InstallationPath,
    InstallationVersion,
}

/// Prints one line a queue manager.
pub(crate) fn run(args: &[String]) -> i32 {
    let (given, shown) = match SPEC.parse(args).and_then(|given| fields(&given).map(|shown| (given, shown))) {
        Ok(all) => all,
        Err(usage) => return misuse(&usage, 36),
    };
    let root = Root::find();
    let all = match root.known_queue_managers() {
        Ok(all) => all,
        Err(error) => return fail_io(&error, 71),
    };
    let default = root.default_queue_manager().unwrap_or_default();
    let wanted = given.value("-m");
    let mut found = false;
    for paths in all.iter().filter(|q| wanted.is_none_or(|name| name == q.name)) {
        found = true;
        let is_up = status::read(paths).is_ok_and(status::Status::is_up);
        if given.has("-a") && !is_up {
            continue;
        }
        let is_default = default.as_deref() == Some(paths.name.as_str());
        let of = |field| show(field, paths, is_default, given.has("-n"));
        let fields: Vec<String> = FIELDS.iter().copied().filter(|f| shown.contains(f)).map(of).collect();
        let line = format!("{:SECOND_FIELD$}{}", format!("QMNAME({})", paths.name), fields.join(" "));
        println!("{}", inert(&line));
        if given.has("-x") && is_up {
            let mode = if given.has("-n") { "ACTIVE" } else { "Active" };
            println!("    INSTANCE({}) MODE({mode})", server::users::host());
        }
    }
    match wanted {
        Some(name) if !found => {
            eprintln!("{}", text("AMQ7048", &[name]));
            72
        }
        _ => 0,
    }
}

/// What is asked for: all that the words of `-o` name, the status when there is none.
fn fields(given: &Given) -> Result<Vec<Field>, String> {
    let mut shown = Vec::new();
    for word in given.every("-o") {
        shown.extend(match word {
            "status" => &FIELDS[..1],
            "default" => &FIELDS[1..2],
            "standby" => &FIELDS[2..3],
            "installation" => &FIELDS[3..],
            "all" => FIELDS,
            missing if MISSING_WORDS.contains(&missing) => {
                let why = format!("Option -o {missing} is not built yet; see docs/compatibility.md.");
                return Err(SPEC.wrong(&why));
            }
            other => return Err(SPEC.wrong(&format!("Option -o {other} is not known."))),
        });
    }
    if shown.is_empty() || given.has("-s") {
        shown.push(Field::Status);
    }
    Ok(shown)
}

/// A field; `-n` shows words as programs look for them, whatever the language.
fn show(field: Field, paths: &QmgrPaths, is_default: bool, is_untranslated: bool) -> String {
    let word = |text: &str| if is_untranslated { text.to_uppercase() } else { text.to_owned() };
    match field {
        Field::Status => {
            format!("STATUS({})", word(status::read(paths).map_or("Status not available", |s| s.text())))
        }
        Field::Default => format!("DEFAULT({})", word(if is_default { "yes" } else { "no" })),
        Field::Standby => {
            let up = status::read(paths).is_ok_and(status::Status::is_up);
            format!("STANDBY({})", word(if up { "Not permitted" } else { "Not applicable" }))
        }
        Field::InstallationName => "INSTNAME(Installation1)".to_owned(),
        Field::InstallationPath => {
            let path = std::env::current_exe().ok().and_then(|p| p.parent().map(|d| d.display().to_string()));
            format!("INSTPATH({})", path.unwrap_or_default())
        }
        Field::InstallationVersion => format!("INSTVER({})", mqi::version::VRMF),
    }
}
