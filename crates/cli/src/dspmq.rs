//! `dspmq`: queue managers and how they are doing.

use server::paths::{QmgrPaths, Root};
use server::status;

use crate::name::{fail, text};
use crate::options::{Spec, flag, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "dspmq",
    summary: "show queue managers and their status",
    options: &[
        value("-m", "QMgrName", "only this one"),
        value("-o", "what", "all, default, installation, status or standby"),
        flag("-s", "their status, as if nothing is said"),
        flag("-x", "instances that run"),
        flag("-n", "no translated text"),
        flag("-a", "also those that have no status"),
    ],
    missing: &["-c"],
    names: &[],
    notes: "",
};

/// Column in which the second field begins, counted from 0.
const SECOND_FIELD: usize = 58;

/// Prints one line a queue manager.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 36),
    };
    let shown = match given.value("-o") {
        None | Some("status") => &["STATUS"][..],
        Some("default") => &["DEFAULT"],
        Some("installation") => &["INSTNAME", "INSTPATH", "INSTVER"],
        Some("standby") => &["STANDBY"],
        Some("all") => &["STATUS", "DEFAULT", "STANDBY", "INSTNAME", "INSTPATH", "INSTVER"],
        Some(other) => {
            return misuse(&SPEC.wrong(&format!("Option -o {other} is not built yet.")), 36);
        }
    };
    let root = Root::find();
    let all = match root.queue_managers() {
        Ok(all) => all,
        Err(error) => return fail("AMQ6090", &[&error.to_string()], 71),
    };
    let default = root.default_queue_manager().unwrap_or_default();
    let wanted = given.value("-m");
    let mut found = false;
    for paths in all.iter().filter(|q| wanted.is_none_or(|name| name == q.name)) {
        found = true;
        let is_default = default.as_deref() == Some(paths.name.as_str());
        let fields: Vec<String> = shown.iter().map(|field| show(field, paths, is_default)).collect();
        println!("{:SECOND_FIELD$}{}", format!("QMNAME({})", paths.name), fields.join(" "));
        if given.has("-x") && status::read(paths).is_ok_and(status::Status::is_up) {
            println!("    INSTANCE({}) MODE(Active)", server::users::host());
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

fn show(field: &str, paths: &QmgrPaths, is_default: bool) -> String {
    match field {
        "STATUS" => format!("STATUS({})", status::read(paths).map_or("Status not available", |s| s.text())),
        "DEFAULT" => format!("DEFAULT({})", if is_default { "yes" } else { "no" }),
        "STANDBY" => {
            let up = status::read(paths).is_ok_and(status::Status::is_up);
            format!("STANDBY({})", if up { "Not permitted" } else { "Not applicable" })
        }
        "INSTNAME" => "INSTNAME(Installation1)".to_owned(),
        "INSTPATH" => {
            let path = std::env::current_exe().ok().and_then(|p| p.parent().map(|d| d.display().to_string()));
            format!("INSTPATH({})", path.unwrap_or_default())
        }
        _ => format!("INSTVER({})", mqi::version::VRMF),
    }
}
