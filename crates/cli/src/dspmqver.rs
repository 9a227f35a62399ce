//! `dspmqver`: the version, in the product's fields.

use mqi::text::inert;
use mqi::version;

use crate::options::{Spec, flag, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "dspmqver",
    summary: "show the version",
    options: &[
        flag("-a", "all fields, whatever else is said"),
        flag("-b", "values only"),
        flag("-i", "all installations, of which there is one"),
        value(
            "-f",
            "fields",
            "only these: the sum of 1 (name), 2 (version), 4 (level), 128 (path) and so on",
        ),
        value("-p", "components", "only 1, the server, is there"),
    ],
    missing: &["-v"],
    names: &[],
    notes: "",
};

/// All fields.
const ALL: u32 = 16_383;
/// The component that this is; the others of the product do not exist.
const SERVER: u32 = 1;

/// Bits of `-f` and the fields they choose, in the order in which they are shown.
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
        (512, "InstName", "Installation1".to_owned()),
        (256, "InstDesc", String::new()),
        (2048, "Primary", "N/A".to_owned()),
        (128, "InstPath", installation_path()),
        (4096, "DataPath", server::paths::Root::find().path().display().to_string()),
        (1024, "MaxCmdLevel", version::COMMAND_LEVEL.to_string()),
        (8192, "LicenseType", "Apache-2.0".to_owned()),
    ]
}

fn rustix_uname() -> String {
    server::files::system("/proc/sys/kernel/osrelease")
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
    let numbers = given.number("-f", 1, ALL).and_then(|f| given.number("-p", 1, ALL).map(|p| (f, p)));
    let (fields_chosen, components) = match numbers {
        Ok(numbers) => numbers,
        Err(error) => return misuse(&error, 20),
    };
    if components.is_some_and(|components| components & SERVER == 0) && !given.has("-a") {
        return misuse(&format!("Option -p: of the components, only {SERVER} is here."), 20);
    }
    let chosen = if given.has("-a") { ALL } else { fields_chosen.unwrap_or(ALL) };
    for (_, name, value) in fields().into_iter().filter(|(bit, _, _)| chosen & bit != 0) {
        if given.has("-b") {
            println!("{}", inert(&value));
        } else {
            println!("{:12} {}", format!("{name}:"), inert(&value));
        }
    }
    0
}
