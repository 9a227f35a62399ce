//! `packhorse dev`: a queue manager with the developer objects, in the foreground, ready to be used.
//!
//! The first run creates it; later ones find everything as it was left, persistent messages included. It
//! listens on the loopback address only. Users and passwords come from `MQ_APP_PASSWORD` and
//! `MQ_ADMIN_PASSWORD`, else they are generated and shown once.

use std::io;
use std::net::SocketAddr;

use server::control::create;
use server::instance::{self, Progress, RunOptions};
use server::offline::Offline;
use server::passwords::{self, Passwords};
use server::paths::{QmgrPaths, Root};
use server::qm_ini::QmIni;
use server::status;

use crate::options::{Spec, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "packhorse dev",
    summary: "create and run a queue manager with the developer objects",
    options: &[
        value("--name", "QMgrName", "its name, else QM1"),
        value("--port", "port", "where it listens on 127.0.0.1, else 1414"),
    ],
    missing: &[],
    names: &[],
    notes: "MQ_APP_PASSWORD and MQ_ADMIN_PASSWORD are the passwords of the users app and admin; \
            without them passwords are generated and shown once.",
};

/// Environment variable and user of each password.
const USERS: [(&str, &str); 2] = [("app", "MQ_APP_PASSWORD"), ("admin", "MQ_ADMIN_PASSWORD")];

/// A user and what is to be said about the password.
struct Login {
    user: &'static str,
    text: String,
}

/// Runs until it is interrupted.
pub(crate) fn run(args: &[String]) -> i32 {
    let result = SPEC.parse(args).and_then(|given| {
        let port = given.number("--port", 1, 65_535)?.unwrap_or(1414);
        let name = given.value("--name").unwrap_or("QM1").to_owned();
        Ok((name, u16::try_from(port).unwrap_or(1414)))
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

/// Makes what is missing: the queue manager, its developer objects, its users, its listener.
fn prepare(root: &Root, name: &str, port: u16) -> io::Result<(QmgrPaths, Vec<Login>)> {
    let existing = root.queue_manager(name)?;
    let is_new = existing.is_none();
    let paths = match existing {
        Some(paths) => paths,
        None => {
            let options = create::Options::named(name);
            create::create(root, &options, &mut |_| {}).map_err(|failure| match failure {
                create::Failure::Io(error) => error,
                create::Failure::Name => io::Error::other(format!("'{name}' is not a queue manager name")),
                other => io::Error::other(format!("{other:?}")),
            })?
        }
    };
    if status::read(&paths)?.is_up() {
        return Err(io::Error::other(format!(
            "queue manager '{name}' is running already; end it with 'packhorse endmqm -i {name}' \
             or Ctrl-C where it was started, or name another one with --name and --port"
        )));
    }
    // Before passwords are made that nobody would see.
    server::net::listen_tcp("", "127.0.0.1", port, 0).map_err(|error| {
        io::Error::other(format!(
            "port {port} cannot be listened on: {error}; choose another one with --port, or end what uses it"
        ))
    })?;
    let logins = users(&paths)?;
    let mut offline = Offline::open(&paths, &QmIni::load(&paths)?)?;
    if is_new {
        let counts = offline.run_script(mqsc::scripts::DEVELOPER)?;
        if counts.failed > 0 {
            return Err(io::Error::other(counts.messages.join("\n")));
        }
    }
    let listener = format!(
        "DEFINE LISTENER(SYSTEM.LISTENER.TCP.1) TRPTYPE(TCP) IPADDR('127.0.0.1') PORT({port}) CONTROL(QMGR) REPLACE"
    );
    offline.run_script(&listener)?;
    offline.close()?;
    Ok((paths, logins))
}

fn users(paths: &QmgrPaths) -> io::Result<Vec<Login>> {
    let mut all = Passwords::load(&paths.passwords())?;
    let mut is_changed = false;
    let mut logins = Vec::new();
    for (user, variable) in USERS {
        let given = std::env::var(variable).ok().filter(|password| !password.is_empty());
        let text = match given {
            Some(password) => {
                if !all.verify(user, password.as_bytes()) {
                    all.set(user, &password)?;
                    is_changed = true;
                }
                format!("as in {variable}")
            }
            None if all.contains(user) => format!("as shown at the first start; {variable} sets another"),
            None => {
                let password = passwords::generate()?;
                all.set(user, &password)?;
                is_changed = true;
                format!("{password}   (shown once; {variable} sets another)")
            }
        };
        logins.push(Login { user, text });
    }
    if is_changed {
        all.save(&paths.passwords())?;
    }
    Ok(logins)
}

fn serve(root: &Root, paths: &QmgrPaths, logins: &[Login]) -> i32 {
    let options = RunOptions { services: true, handle_signals: true, needs_listeners: true };
    let result = instance::run(paths, &options, &mut |progress| {
        if let Progress::Ready(addresses) = progress {
            println!("{}", welcome(root, paths, &addresses, logins));
        }
    });
    match result {
        Ok(()) => {
            println!("Queue manager '{}' has ended; persistent messages are kept.", paths.name);
            0
        }
        Err(failure) => {
            eprintln!("{}", failure.message);
            failure.exit
        }
    }
}

/// What a newcomer needs, in a box.
fn welcome(root: &Root, paths: &QmgrPaths, addresses: &[SocketAddr], logins: &[Login]) -> String {
    let address = addresses.first().copied().unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 1414)));
    let name = &paths.name;
    let mut lines = vec![
        format!("Packhorse {}: queue manager {name} is running. Ctrl-C ends it.", mqi::version::PROGRAM),
        String::new(),
        format!("data      {}", paths.data.display()),
        format!("listening {address}, in clear text: passwords and messages can be read on the way"),
        String::new(),
        format!("Java      host {}, port {}, queue manager {name},", address.ip(), address.port()),
        "          channel DEV.APP.SVRCONN, user app, queues DEV.QUEUE.1 to DEV.QUEUE.3".to_owned(),
        String::new(),
    ];
    for login in logins {
        lines.push(format!("user      {:6} password {}", login.user, login.text));
    }
    let variable = format!("MQ_OVERRIDE_DATA_PATH={}", root.path().display());
    let program =
        std::env::current_exe().map_or_else(|_| "packhorse".to_owned(), |p| p.display().to_string());
    let prefix = match std::env::var_os("MQ_OVERRIDE_DATA_PATH") {
        Some(_) => format!("{variable} {program}"),
        None => program,
    };
    lines.push(String::new());
    lines.push("A first message, from another terminal:".to_owned());
    lines.push(format!("  echo hello | {prefix} amqsput DEV.QUEUE.1 {name}"));
    lines.push(format!("  {prefix} amqsget DEV.QUEUE.1 {name}"));
    lines.push(format!("  echo 'DISPLAY QLOCAL(DEV.QUEUE.1) CURDEPTH' | {prefix} runmqsc {name}"));
    boxed(&lines)
}

fn boxed(lines: &[String]) -> String {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let bar = "─".repeat(width + 2);
    let mut out = format!("┌{bar}┐\n");
    for line in lines {
        out += &format!("│ {line:width$} │\n");
    }
    out + &format!("└{bar}┘")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_as_wide_as_its_longest_line() {
        let text = boxed(&["a".to_owned(), "bcd".to_owned()]);
        assert_eq!(text, "┌─────┐\n│ a   │\n│ bcd │\n└─────┘");
    }
}
