//! `dspmqver`: the version, in the product's fields.

use mqi::version;

use crate::options::{Spec, flag, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "dspmqver",
    summary: "show the version",
    options: &[
        flag("-b", "values without their names"),
        flag("-i", "all installations: there is one"),
        flag("-v", "also versions of components: there are none"),
        flag("-a", "all fields, as if nothing is said"),
        value("-f", "fields", "sum of the numbers of the fields to show"),
        value("-p", "components", "components to show: there is one"),
    ],
    missing: &[],
    names: &[],
    notes: "",
};

/// Bits of `-f` and the fields they choose.
fn fields() -> Vec<(u32, &'static str, String)> {
    let uname = rustix_uname();
    vec![
        (1, "Name", version::PRODUCT_NAME.to_owned()),
        (2, "Version", version::VRMF.to_owned()),
        (4, "Level", format!("p{}", version::PROGRAM)),
        (8, "BuildType", "Apache-2.0".to_owned()),
        (16, "Platform", format!("Packhorse for Linux ({} platform)", std::env::consts::ARCH)),
        (32, "Mode", "64-bit".to_owned()),
        (64, "O/S", uname),
        (128, "InstName", "Installation1".to_owned()),
        (256, "InstDesc", String::new()),
        (512, "Primary", "N/A".to_owned()),
        (1024, "InstPath", installation_path()),
        (2048, "DataPath", server::paths::Root::find().path().display().to_string()),
        (4096, "MaxCmdLevel", version::COMMAND_LEVEL.to_string()),
        (8192, "LicenseType", "Apache-2.0".to_owned()),
    ]
}

fn rustix_uname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease")
        .map(|release| format!("Linux {}", release.trim()))
        .unwrap_or_else(|_| "Linux".to_owned())
}

fn installation_path() -> String {
    std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(|dir| dir.display().to_string()))
        .unwrap_or_default()
}

/// Prints the fields asked for.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 20),
    };
    let chosen = match given.number("-f", 1, 16_383) {
        Ok(chosen) => chosen.unwrap_or(16_383),
        Err(error) => {
            eprintln!("{error}");
            return 20;
        }
    };
    for (_, name, value) in fields().into_iter().filter(|(bit, _, _)| chosen & bit != 0) {
        if given.has("-b") {
            println!("{value}");
        } else {
            println!("{:12} {value}", format!("{name}:"));
        }
    }
    0
}
