//! `crtmqm`: creates a queue manager with its default objects.

use std::net::SocketAddr;

use mqi::ObjectName;
use server::control::create::{self, Failure, Options};
use server::net;
use server::paths::Root;
use server::qm_ini::LogType;

use crate::name::{explain, fail, fail_io, text};
use crate::options::{Given, Spec, flag, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "crtmqm",
    summary: "create a queue manager",
    options: &[
        flag("-z", "print no errors"),
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
        value(
            "-p",
            "[address:]port",
            "start a listener with the queue manager: on 127.0.0.1, or on this address, or with '*:port' on all \
             addresses of the machine, in clear text",
        ),
    ],
    missing: &["-lln", "-g", "-oa", "-ii", "-ic", "-iv", "-rl", "-lr"],
    names: &["QMgrName"],
    notes: "",
};

/// Where a listener is bound about which nothing else is said.
const LOOPBACK: &str = "127.0.0.1";

/// Creates it.
pub(crate) fn run(args: &[String]) -> i32 {
    let parsed = SPEC.parse(args).and_then(|given| options(&given).map(|options| (given, options)));
    let (given, options) = match parsed {
        Ok(parsed) => parsed,
        Err(usage) => return misuse(&usage, 39),
    };
    if given.has("-z") {
        server::sys::stderr_to("/dev/null".as_ref());
    }
    let root = Root::find();
    let name = options.name.clone();
    match create::create(&root, &options, &mut |line| println!("{line}")) {
        Ok(_) => {
            if let Some((address, port)) = &options.listener
                && let Some(ip) = net::address_of(address)
                && !net::is_loopback(&SocketAddr::new(ip, *port))
            {
                let shown = format!("{address}:{port}");
                eprintln!("{}", text("AMQ8997", &["SYSTEM.LISTENER.TCP.1", &shown]));
            }
            0
        }
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
        Err(Failure::Io(error)) => fail_io(&error, 71),
    }
}

/// `port`, which is on this machine only, or `address:port`.
fn listener(text: &str) -> Result<(String, u16), String> {
    let (address, port) = text.rsplit_once(':').unwrap_or((LOOPBACK, text));
    let address = address.trim_start_matches('[').trim_end_matches(']');
    if address.is_empty() || net::address_of(address).is_none() {
        return Err(format!("Option -p: '{address}' is not an IP address, 'localhost' or '*'."));
    }
    match port.parse() {
        Ok(port) if port > 0 => Ok((address.to_owned(), port)),
        _ => Err(format!("Option -p: '{port}' is not a number from 1 to 65535.")),
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
    let queue = |option: &str| match given.value(option) {
        Some(value) if ObjectName::parse(value).is_err() => {
            Err(format!("Option {option}: '{value}' is not the name of a queue."))
        }
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
    Ok(Options {
        name: name.clone(),
        is_default: given.has("-q"),
        description: text("-c", 64)?,
        default_transmission_queue: queue("-d")?,
        dead_letter_queue: queue("-u")?,
        handles_max: given.number("-h", 0, 999_999_999)?,
        uncommitted_max: given.number("-x", 1, 999_999_999)?,
        trigger_interval: given.number("-t", 0, 999_999_999)?,
        log_type,
        file_pages: given.number("-lf", 64, 65_535)?,
        primary_files: primary,
        secondary_files: secondary,
        log_directory: given.value("-ld").map(Into::into),
        data_directory: given.value("-md").map(Into::into),
        listener: given.value("-p").map(listener).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_on_loopback_unless_told_otherwise() {
        for (text, want) in [
            ("1414", Some((LOOPBACK, 1414))),
            ("*:1414", Some(("*", 1414))),
            ("localhost:1", Some(("localhost", 1))),
            ("10.0.0.1:65535", Some(("10.0.0.1", 65_535))),
            ("[::1]:1414", Some(("::1", 1414))),
            ("0", None),
            ("65536", None),
            ("host:1414", None),
            (":1414", None),
            ("*", None),
        ] {
            let want = want.map(|(address, port)| (address.to_owned(), port));
            assert_eq!(listener(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn queues_are_named_as_queues_are() {
        for (line, want) in [
            ("-u DLQ QM", true),
            ("-d TO.QM2 QM", true),
            ("-u bad-name QM", false),
            ("-d a,b QM", false),
            ("-u 1234567890123456789012345678901234567890123456789 QM", false),
        ] {
            let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let got = SPEC.parse(&args).and_then(|given| options(&given));
            assert_eq!(got.is_ok(), want, "{line}");
        }
    }
}
