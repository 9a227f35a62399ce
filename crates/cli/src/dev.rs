//! `packhorse dev`: a queue manager with the developer objects, in the foreground, ready to be used.
//!
//! The first run creates it; later ones find everything as it was left, persistent messages included. It
//! listens on the loopback address only. Users and passwords come from `MQ_APP_PASSWORD` and
//! `MQ_ADMIN_PASSWORD`, else they are generated and shown once.

mod farewell;
mod welcome;

use std::io::{self, Write as _};

use mqi::command::Verb;
use server::control::create;
use server::environ;
use server::instance::{self, Progress, RunOptions};
use server::offline::Offline;
use server::passwords::{self, Passwords};
use server::paths::{QmgrPaths, Root};
use server::signals::Hangup;
use server::status;

use crate::options::{Spec, misuse, value};
use crate::screen;
use farewell::Farewell;
use welcome::{Login, Password, Welcome};

pub(crate) const SPEC: Spec = Spec {
    name: "packhorse dev",
    summary: "create and run a queue manager with the developer objects",
    options: &[
        value("--name", "QMgrName", "its name, else QM1"),
        value("--port", "port", "where it listens on 127.0.0.1, else where it did, or 1414"),
    ],
    missing: &[],
    names: &[],
    notes: "MQ_APP_PASSWORD and MQ_ADMIN_PASSWORD are the passwords of the users app and admin; \
            without them passwords are generated and shown once.",
};

/// Environment variable and user of each password.
const USERS: [(&str, &str); 2] = [("app", "MQ_APP_PASSWORD"), ("admin", "MQ_ADMIN_PASSWORD")];

/// What is assumed if nothing is said.
const NAME: &str = "QM1";
const PORT: u16 = 1414;
/// The listener, which keeps the port from one start to the next. `crtmqm -p` makes one of the same name.
const LISTENER: &str = "SYSTEM.LISTENER.TCP.1";
/// Where it listens: never beyond this machine.
const ADDRESS: &str = "127.0.0.1";

/// Runs until it is interrupted.
pub(crate) fn run(args: &[String]) -> i32 {
    let result = SPEC.parse(args).and_then(|given| {
        let port = given.number("--port", 1, 65_535)?.and_then(|port| u16::try_from(port).ok());
        Ok((given.value("--name").unwrap_or(NAME).to_owned(), port))
    });
    let (name, port) = match result {
        Ok(parsed) => parsed,
        Err(usage) => return misuse(&usage, 20),
    };
    let root = Root::find();
    match prepare(&root, &name, port) {
        Ok((paths, logins)) => serve(&root, &paths, &logins),
        Err(error) => {
            eprintln!("packhorse dev: {error}");
            20
        }
    }
}

/// Makes what is missing: the queue manager, its developer objects, its listener, its users. Nothing is made while
/// the port is not free.
fn prepare(root: &Root, name: &str, port: Option<u16>) -> io::Result<(QmgrPaths, Vec<Login>)> {
    let existing = root.queue_manager(name)?;
    if let Some(paths) = &existing
        && status::read(paths)?.is_up()
    {
        return Err(io::Error::other(format!(
            "queue manager '{name}' is running already.\n\
             End it with 'packhorse endmqm -i {name}', or Ctrl-C where it was started; or start another one:\n  {}",
            another(if name == NAME { "QM2" } else { NAME }, free_port(port.unwrap_or(PORT)))
        )));
    }
    let existing = match existing {
        Some(paths) => Some((Offline::open(&paths)?, paths)),
        None => None,
    };
    let before = existing.as_ref().and_then(|(offline, _)| offline.listener_port(LISTENER));
    let port = port.or(before).unwrap_or(PORT);
    let free = server::net::listen_tcp("", ADDRESS, port, 0).map_err(|error| is_taken(name, port, &error));
    let (mut offline, paths) = match (free, existing) {
        (Ok(_), Some(existing)) => existing,
        (Ok(_), None) => {
            let paths = create(root, name)?;
            (Offline::open(&paths)?, paths)
        }
        (Err(error), existing) => {
            existing.map_or(Ok(()), |(offline, _)| offline.close())?;
            return Err(error);
        }
    };
    developer_objects(&mut offline)?;
    let listener = format!(
        "DEFINE LISTENER({LISTENER}) TRPTYPE(TCP) IPADDR('{ADDRESS}') PORT({port}) CONTROL(QMGR) REPLACE"
    );
    run_script(&mut offline, &listener)?;
    offline.close()?;
    // Last, so that no password is made that nobody would see.
    let logins = users(&paths)?;
    Ok((paths, logins))
}

fn create(root: &Root, name: &str) -> io::Result<QmgrPaths> {
    create::create(root, &create::Options::named(name), &mut |_| {}).map_err(|failure| match failure {
        create::Failure::Io(error) | create::Failure::Default(error) => error,
        create::Failure::Name => io::Error::other(format!("'{name}' is not a queue manager name")),
        create::Failure::Exists => {
            io::Error::other(format!("queue manager '{name}' is being created elsewhere"))
        }
        create::Failure::LogSize(why) | create::Failure::LogPath(why) | create::Failure::DataPath(why) => {
            io::Error::other(why)
        }
    })
}

/// Whoever was here before may have been interrupted, and what is there may have been changed on purpose: objects
/// that are missing are made, everything else only if it has not all been made once.
fn developer_objects(offline: &mut Offline) -> io::Result<()> {
    let is_complete = offline.run_script("DISPLAY CHANNEL('DEV.APP.SVRCONN')")?.failed == 0;
    let script: Vec<String> = mqsc::scripts::commands(mqsc::scripts::DEVELOPER)
        .into_iter()
        .filter(|(_, command)| !is_complete || command.as_ref().is_ok_and(|c| c.verb() == Verb::Define))
        .map(|(text, _)| text)
        .collect();
    run_script(offline, &script.join("\n"))
}

fn run_script(offline: &mut Offline, script: &str) -> io::Result<()> {
    let counts = offline.run_script(script)?;
    if counts.failed > 0 { Err(io::Error::other(counts.messages.join("\n"))) } else { Ok(()) }
}

/// Why the port cannot be had, and what to type instead.
fn is_taken(name: &str, port: u16, error: &io::Error) -> io::Error {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse if port == PORT => format!("port {port} is taken (IBM MQ uses it, too)."),
        io::ErrorKind::AddrInUse => format!("port {port} is taken."),
        _ => format!("port {port} cannot be listened on: {error}."),
    };
    io::Error::new(
        error.kind(),
        format!("{why} Nothing was made.\nStart with another one:\n  {}", another(name, free_port(port))),
    )
}

/// The command that starts `dev` with these, without what it does by itself.
fn another(name: &str, port: Option<u16>) -> String {
    let name = if name == NAME { String::new() } else { format!(" --name {name}") };
    format!("packhorse dev{name} --port {}", port.unwrap_or(1415))
}

/// The next port that nobody uses.
fn free_port(after: u16) -> Option<u16> {
    let from = if after < 1024 { PORT } else { after };
    (from..=from.saturating_add(100))
        .skip(1)
        .find(|port| server::net::listen_tcp("", ADDRESS, *port, 0).is_ok())
}

fn users(paths: &QmgrPaths) -> io::Result<Vec<Login>> {
    let mut logins = Vec::new();
    Passwords::change(paths, |all| {
        let mut is_changed = false;
        for (user, variable) in USERS {
            let given = environ::take(variable);
            let password = match given {
                Some(password) => {
                    if !all.verify(user, &password) {
                        all.set(user, &password)?;
                        is_changed = true;
                    }
                    Password::Given(variable)
                }
                None if all.contains(user) => Password::Kept,
                None => {
                    let password = passwords::generate()?;
                    all.set(user, &password.as_str().into())?;
                    is_changed = true;
                    Password::Generated(password)
                }
            };
            logins.push(Login { user, password });
        }
        Ok(is_changed)
    })?;
    Ok(logins)
}

/// Takes away passwords that were made and never shown.
fn forget(paths: &QmgrPaths, logins: &[Login]) -> io::Result<()> {
    Passwords::change(paths, |all| {
        let before = all.len();
        for login in logins.iter().filter(|login| matches!(login.password, Password::Generated(_))) {
            all.remove(login.user);
        }
        Ok(all.len() < before)
    })
}

fn serve(root: &Root, paths: &QmgrPaths, logins: &[Login]) -> i32 {
    server::sys::outlive_broken_pipe();
    let options = RunOptions { services: true, signals: Some(Hangup::Ends), needs_listeners: true };
    let mut farewell = Farewell::default();
    let mut is_shown = false;
    let result = instance::run(paths, &options, &mut |progress| match progress {
        Progress::Ready(addresses) => {
            say(&[Welcome::new(root, paths, &addresses, logins).text(screen::is_graphic(&io::stdout()))]);
            is_shown = true;
        }
        Progress::Ending(news) => say(&farewell.lines(&news)),
        Progress::Line(_) => {}
    });
    if !is_shown && let Err(error) = forget(paths, logins) {
        eprintln!("packhorse dev: {error}");
    }
    match result {
        Ok(()) => {
            say(&[format!("Queue manager '{}' has ended; persistent messages are kept.", paths.name)]);
            0
        }
        Err(failure) => {
            eprintln!("{}", failure.message);
            failure.exit
        }
    }
}

/// Prints lines that may be the last: the terminal may have gone.
fn say(lines: &[String]) {
    let mut out = io::stdout().lock();
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    let _ = out.flush();
}
