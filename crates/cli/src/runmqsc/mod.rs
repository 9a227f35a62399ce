//! `runmqsc`: MQSC commands from a terminal, standard input or a file.
//!
//! | file | what |
//! |---|---|
//! | `script`, `terminal` | where lines come from; `prompt` is what the terminal shows before them |
//! | `ahead` | the commands that are on their way |
//! | `client` | where a client connection leads |

mod ahead;
mod client;
mod prompt;
mod script;
mod terminal;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _, stdin, stdout};
use std::rc::Rc;

use mqi::Reason;
use mqi::secret::Secret;
use mqsc::session::{Answer, Session, SessionOptions, Step};
use server::attach::{AttachConfig, Attached};
use server::paths::Root;

use crate::mqsc_client::{Failure, MqscClient};
use crate::name::{fail, queue_manager, text};
use crate::options::{Given, Spec, flag, misuse, value};
use crate::password;
use ahead::Ahead;
use script::Script;
use terminal::Terminal;

pub(crate) const SPEC: Spec = Spec {
    name: "runmqsc",
    summary: "run MQSC commands",
    options: &[
        flag("-e", "do not repeat the commands"),
        flag("-v", "check the commands, run none"),
        value("-f", "file", "commands of this file, not of standard input"),
        flag("-c", "connect as a client does"),
        value("-u", "user", "connect as this user, with a password"),
    ],
    missing: &["-w", "-x", "-m", "-r", "-n"],
    names: &["[QMgrName]"],
    notes: "On a terminal lines can be edited and recalled, and TAB completes keywords and names. \
            MQPROMPT is the prompt; +QMNAME+, +MQ_HOST_NAME+ and environment variables may be in it.\n\
            The password is asked for, or is the first line of standard input.\n\
            A client finds the queue manager by MQSERVER (CHANNEL/TCP/host(port)), or by a table in JSON \
            that MQCCDTURL, or MQCHLLIB and MQCHLTAB, name.",
};

/// Where lines come from.
enum Input {
    Script(Script),
    Terminal(Box<Terminal>),
}

impl Input {
    /// Whether the next line is there without waiting for whoever writes it.
    fn is_ready(&self) -> bool {
        match self {
            Self::Script(script) => script.is_ready(),
            Self::Terminal(_) => false,
        }
    }

    /// The next line; none: there is no other. `before` is the command that it goes on with.
    fn line(&mut self, before: &str) -> io::Result<Option<String>> {
        match self {
            Self::Script(script) => script.line(),
            Self::Terminal(terminal) => Ok(terminal.line(before)),
        }
    }
}

/// Runs commands until the input ends.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 20),
    };
    // Whatever keeps it from running, it has not run.
    prepare(&given)
        .map_or_else(|()| 20, |(session, ahead, input, notice)| converse(session, &ahead, input, notice))
}

type Prepared = (Session, Rc<RefCell<Ahead>>, Input, Option<String>);

/// Connects and opens the input. On failure what is wrong has been said.
fn prepare(given: &Given) -> Result<Prepared, ()> {
    let is_terminal = stdin().is_terminal();
    let mut piped = (!is_terminal).then(|| Script::new(stdin()));
    let file = given.value("-f").map(open).transpose()?;
    let (qmgr, client) = connect(given, piped.as_mut())?;
    let options = SessionOptions {
        has_echo: !given.has("-e"),
        is_verify: given.has("-v"),
        ..SessionOptions::new(&qmgr)
    };
    let ahead = Rc::new(RefCell::new(Ahead::new(client)));
    let (input, notice) = match file.or(piped) {
        Some(script) => (Input::Script(script), None),
        None => {
            let terminal = stdout().is_terminal().then(|| Terminal::open(&qmgr, Rc::clone(&ahead))).flatten();
            match terminal {
                Some(terminal) => (Input::Terminal(Box::new(terminal)), None),
                None => (Input::Script(Script::new(stdin())), Some(text("AMQ8521", &[]))),
            }
        }
    };
    Ok((Session::new(options), ahead, input, notice))
}

fn open(name: &str) -> Result<Script, ()> {
    match File::open(name) {
        Ok(file) => Ok(Script::of_file(name, file)),
        Err(error) => said("AMQ6090", &[&server::files::about(name.as_ref(), error).to_string()]),
    }
}

/// The queue manager's name, and the connection to it unless commands are only checked.
fn connect(given: &Given, piped: Option<&mut Script>) -> Result<(String, Option<MqscClient>), ()> {
    let is_client = given.has("-c");
    let paths = match is_client {
        true => None,
        false => Some(queue_manager(given, &Root::find()).map_err(|_| ())?),
    };
    let name = match &paths {
        Some(paths) => paths.name.clone(),
        None => given.names.first().cloned().unwrap_or_default(),
    };
    if given.has("-v") {
        return Ok((name, None));
    }
    let credentials = match given.value("-u") {
        Some(user) => Some((user.to_owned(), password(piped)?)),
        None => None,
    };
    let attached = match &paths {
        Some(paths) => Attached::local_as(paths, SPEC.name, credentials),
        None => match client::routes(&name) {
            Ok(routes) => over_tcp(&name, &routes, credentials.as_ref()),
            Err(why) => return said("AMQ6090", &[&why]),
        },
    };
    let connected = attached.map_err(Failure::Connect).and_then(|connection| {
        let name = connection.qmgr_name().trim_end().to_owned();
        Ok((name, Some(MqscClient::over(connection)?)))
    });
    connected.or_else(|failure| match failure {
        // A user may connect and yet have no authority over the queue of the command server.
        Failure::Connect(Reason::NOT_AUTHORIZED) | Failure::Call(_, Reason::NOT_AUTHORIZED) => {
            said("AMQ8135", &[])
        }
        Failure::Connect(
            Reason::Q_MGR_NOT_AVAILABLE | Reason::Q_MGR_NAME_ERROR | Reason::HOST_NOT_AVAILABLE,
        ) => said("AMQ8146", &[&name]),
        failure if is_client => said("AMQ6090", &[&failure.to_string()]),
        Failure::Connect(_) => said("AMQ8146", &[&name]),
        failure => said("AMQ6090", &[&failure.to_string()]),
    })
}

fn password(piped: Option<&mut Script>) -> Result<Secret, ()> {
    let asked = match piped {
        Some(script) => script.line().map(|line| line.unwrap_or_default().into()),
        None => password::ask("Enter password: "),
    };
    asked.or_else(|error| said("AMQ6090", &[&error.to_string()]))
}

/// Tries one address after the other. The first failure that is more than that nobody is there counts.
fn over_tcp(
    qmgr: &str,
    routes: &[client::Route],
    credentials: Option<&(String, Secret)>,
) -> Result<Attached, Reason> {
    let mut last = Reason::HOST_NOT_AVAILABLE;
    for route in routes {
        for address in &route.addresses {
            let config = AttachConfig {
                channel: route.channel.clone(),
                qmgr_name: qmgr.to_owned(),
                user: server::users::name_of(server::users::current()),
                credentials: credentials.cloned(),
                appl_name: SPEC.name.to_owned(),
            };
            match Attached::tcp(address, config, None) {
                Err(reason @ (Reason::HOST_NOT_AVAILABLE | Reason::Q_MGR_NOT_AVAILABLE)) => last = reason,
                other => return other,
            }
        }
    }
    Err(last)
}

fn said<T>(id: &str, inserts: &[&str]) -> Result<T, ()> {
    fail(id, inserts, 20);
    Err(())
}

/// Reads, sends and prints until the session is over. Gives the exit code.
fn converse(mut session: Session, shared: &RefCell<Ahead>, mut input: Input, notice: Option<String>) -> i32 {
    let mut steps: VecDeque<Step> = session.begin().into();
    let mut exit_least = 0;
    steps.extend(notice.map(Step::Print));
    loop {
        let step = steps.pop_front();
        let mut ahead = shared.borrow_mut();
        match step {
            Some(Step::Print(text)) => println!("{text}"),
            Some(Step::Send { text, command }) => match ahead.send(&text, &command) {
                Ok(true) => {}
                Ok(false) => {
                    let answered = answer(&mut session, &mut ahead);
                    if ahead.is_lost() {
                        steps.clear();
                    } else {
                        steps.push_front(Step::Send { text, command });
                    }
                    for step in answered.into_iter().rev() {
                        steps.push_front(step);
                    }
                }
                Err(failure) => steps = lost(&mut session, &mut ahead, &failure).into(),
            },
            Some(Step::Done(exit)) => {
                ahead.end();
                return exit.max(exit_least);
            }
            None if ahead.is_waiting() && !(input.is_ready() && session.takes_lines()) => {
                let _ = stdout().flush();
                steps.extend(answer(&mut session, &mut ahead));
            }
            None => {
                // Completion of names asks the queue manager while the line is typed.
                drop(ahead);
                let _ = stdout().flush();
                match input.line(session.pending()) {
                    Ok(Some(line)) => steps.extend(session.line(&line)),
                    Ok(None) => steps.extend(session.end()),
                    Err(error) => {
                        // What came before is done; nobody knows what would have come after.
                        exit_least = fail("AMQ6090", &[&error.to_string()], 20);
                        steps.extend(session.cut_off());
                    }
                }
            }
        }
    }
}

/// Waits for the next part of the first answer.
fn answer(session: &mut Session, ahead: &mut Ahead) -> Vec<Step> {
    match ahead.answer() {
        Ok(part) if !part.is_last => session.part(part.lines),
        Ok(last) => session.answer(Answer { lines: last.lines, is_failure: last.is_failure }),
        Err(failure) => lost(session, ahead, &failure),
    }
}

/// The connection is of no use any more.
fn lost(session: &mut Session, ahead: &mut Ahead, failure: &Failure) -> Vec<Step> {
    if *failure != Failure::Broken {
        eprintln!("{}", text_of(failure));
    }
    let unknown = ahead.give_up();
    if unknown > 0 {
        eprintln!("{}", text("AMQ8998", &[&unknown.to_string()]));
    }
    session.broken()
}

fn text_of(failure: &Failure) -> String {
    text("AMQ6090", &[&failure.to_string()])
}
