//! `crtmqm`: creates a queue manager with its default objects.

use server::control::create::{self, Failure, Options};
use server::paths::Root;
use server::qm_ini::LogType;

use crate::name::{explain, fail, text};
use crate::options::{Given, Spec, flag, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "crtmqm",
    summary: "create a queue manager",
    options: &[
        flag("-z", "print nothing but errors"),
        flag("-q", "make it the default queue manager"),
        value("-c", "text", "description"),
        value("-d", "defXmitQ", "default transmission queue"),
        value("-h", "maxHandles", "handles that an application may have open"),
        value("-x", "maxUMsgs", "messages of a unit of work"),
        value("-u", "deadQ", "dead-letter queue"),
        value("-t", "trigInterval", "milliseconds between triggers of type FIRST"),
        flag("-lc", "circular logging; so it is if nothing is said"),
        flag("-ll", "linear logging; extents are kept until they are deleted").or(),
        flag("-lla", "linear logging; extents are reused when they are not needed").or(),
        value("-lf", "pages", "pages of 4 KiB of a log file: 64 to 65535, else 4096"),
        value("-lp", "primary", "primary log files, else 3"),
        value("-ls", "secondary", "secondary log files, else 2"),
        value("-ld", "logPath", "directory of the log"),
        value("-md", "dataPath", "directory of the data"),
        value("-p", "port", "start a listener on this port with the queue manager"),
    ],
    missing: &["-lln", "-g", "-oa", "-ii", "-ic", "-iv", "-rl", "-lr"],
    names: &["QMgrName"],
    notes: "",
};

/// Creates it.
pub(crate) fn run(args: &[String]) -> i32 {
    let options = match SPEC.parse(args).and_then(|given| options(&given)) {
        Ok(options) => options,
        Err(usage) => return misuse(&usage, 39),
    };
    let root = Root::find();
    let name = options.name.clone();
    match create::create(&root, &options, &mut |line| println!("{line}")) {
        Ok(_) => 0,
        Err(Failure::Exists) => fail("AMQ8110", &[&name], 8),
        Err(Failure::Name) => fail("AMQ7048", &[&name], 72),
        Err(Failure::LogSize(why)) => {
            eprintln!("{why}");
            115
        }
        Err(Failure::LogPath(why)) => explain("AMQ7064", &[&why], 100),
        Err(Failure::DataPath(why)) => explain("AMQ7072", &[&name, &why], 69),
        Err(Failure::Default(error)) => {
            eprintln!("{}", text("AMQ6090", &[&error.to_string()]));
            111
        }
        Err(Failure::Io(error)) => fail("AMQ6090", &[&error.to_string()], 71),
    }
}

fn options(given: &Given) -> Result<Options, String> {
    let [name] = given.names.as_slice() else {
        return Err(SPEC.wrong("QMgrName is missing."));
    };
    let text = |option: &str, max: usize| match given.value(option) {
        Some(value) if value.len() > max => Err(format!("Option {option}: at most {max} characters.")),
        value => Ok(value.map(str::to_owned)),
    };
    let log_type = match (given.has("-lc"), given.has("-ll"), given.has("-lla")) {
        (_, false, false) => LogType::Circular,
        (false, true, false) => LogType::LinearManual,
        (false, false, true) => LogType::LinearAutomatic,
        _ => return Err(SPEC.wrong("Options -lc, -ll and -lla exclude each other.")),
    };
    let primary = given.number("-lp", 2, 510)?;
    let secondary = given.number("-ls", 1, 509)?;
    if primary.unwrap_or(3) + secondary.unwrap_or(2) > 511 {
        return Err("Options -lp and -ls: at most 511 log files together.".to_owned());
    }
    let port = given.number("-p", 1, 65_535)?.and_then(|port| u16::try_from(port).ok());
    Ok(Options {
        name: name.clone(),
        is_default: given.has("-q"),
        description: text("-c", 64)?,
        default_transmission_queue: text("-d", 48)?,
        dead_letter_queue: text("-u", 48)?,
        handles_max: given.number("-h", 0, 999_999_999)?,
        uncommitted_max: given.number("-x", 1, 999_999_999)?,
        trigger_interval: given.number("-t", 0, 999_999_999)?,
        log_type,
        file_pages: given.number("-lf", 64, 65_535)?,
        primary_files: primary,
        secondary_files: secondary,
        log_directory: given.value("-ld").map(Into::into),
        data_directory: given.value("-md").map(Into::into),
        port,
        quiet: given.has("-z"),
    })
}
