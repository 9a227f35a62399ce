//! Nothing is taken and ignored, continued: every option of every command that is built makes a difference in one of the
//! scenes below, or stands on a list of [`mqi::object::standing`].
//!
//! The options come from the table of commands. A scene is a queue manager with something on it, and a command; the
//! command is given without the option and with each of its values, and the outcome is what it answers and what there
//! is afterwards.

use std::collections::BTreeSet;

use mqi::command::table::{commands, find};
use mqi::command::{CommandRow, Verb};
use mqi::object::{Attribute, Kind, ObjectClass, standing};

use crate::admin::World;

/// Something that is there, by directives and commands, and a command.
struct Scene {
    before: Vec<String>,
    command: String,
}

fn scene(before: &[&str], command: &str) -> Scene {
    Scene { before: before.iter().map(|step| (*step).to_owned()).collect(), command: command.to_owned() }
}

/// A type of objects as DEFINE, ALTER, DELETE and DISPLAY name it.
struct Noun {
    noun: &'static str,
    name: &'static str,
    /// What stands after the name in DEFINE and ALTER.
    kind: &'static str,
    /// What DEFINE must have besides.
    needs: &'static str,
    /// A change of what has it open, and what opens it.
    touched: &'static str,
    opened: &'static str,
}

const fn noun(
    noun: &'static str,
    name: &'static str,
    kind: &'static str,
    needs: &'static str,
    touched: &'static str,
    opened: &'static str,
) -> Noun {
    Noun { noun, name, kind, needs, touched, opened }
}

const NOUNS: &[Noun] = &[
    noun("QLOCAL", "Q", "", "", "USAGE(XMITQ)", "open A Q output"),
    noun("QMODEL", "Q", "", "", "DEFTYPE(PERMDYN)", ""),
    noun("QALIAS", "Q", "", "TARGET(T)", "TARGET(U)", "open A Q output"),
    noun("QREMOTE", "Q", "", "RNAME(T)", "RNAME(U)", "open A Q inquire"),
    noun("CHANNEL", "C", "CHLTYPE(SVRCONN)", "", "", ""),
    noun("LISTENER", "L", "TRPTYPE(TCP)", "", "", ""),
    noun("AUTHINFO", "AI", "AUTHTYPE(IDPWOS)", "", "", ""),
    noun("TOPIC", "TP", "", "TOPICSTR('a')", "", ""),
    noun("PROCESS", "P", "", "", "", ""),
    noun("NAMELIST", "N", "", "", "", ""),
    noun("SERVICE", "S", "", "", "", ""),
    noun("COMMINFO", "CI", "", "", "", ""),
    noun("SUB", "SYSTEM.DEFAULT.SUB", "", "TOPICSTR('a') DEST(T)", "", ""),
];

impl Noun {
    fn define(&self, name: &str, more: &str) -> String {
        let topic = if name == "OTHER" && self.noun == "TOPIC" { "TOPICSTR('b')" } else { self.needs };
        format!("DEFINE {}({name}) {} {topic} {more}", self.noun, self.kind)
    }

    fn scenes(&self, verb: Verb) -> Vec<Scene> {
        let text = if self.noun == "SUB" { "USERDATA" } else { "DESCR" };
        let exists = self.define(self.name, &format!("{text}('one')"));
        let other = self.define("OTHER", "DESCR('like')");
        let other = if self.noun == "SUB" { String::new() } else { other };
        let authority = format!(
            "SET AUTHREC OBJTYPE({}) PROFILE({}) PRINCIPAL('app') AUTHADD(DSP)",
            if self.noun.starts_with('Q') { "QUEUE" } else { self.noun },
            self.name
        );
        let authority = if self.noun == "SUB" { String::new() } else { authority };
        match verb {
            Verb::Define => vec![
                scene(&[&other], &self.define(self.name, "")),
                scene(&[&exists], &self.define(self.name, &format!("{text}('two')"))),
                scene(
                    &[&exists, "! connect A mqm proved", &format!("! {}", self.opened)],
                    &format!("DEFINE {}({}) {} REPLACE {}", self.noun, self.name, self.kind, self.touched),
                ),
            ],
            Verb::Alter => vec![scene(
                &[&exists, "! connect A mqm proved", &format!("! {}", self.opened)],
                &format!("ALTER {}({}) {} {}", self.noun, self.name, self.kind, self.touched),
            )],
            Verb::Delete => {
                let delete = format!("DELETE {}({})", self.noun, self.name);
                let full = ["! connect A mqm proved", "! open A Q output", "! put A 2 text", "! close A 2"];
                let mut steps = vec![exists.as_str()];
                steps.extend(full.iter().filter(|_| self.noun == "QLOCAL"));
                vec![scene(&[], &delete), scene(&[&exists, &authority], &delete), scene(&steps, &delete)]
            }
            _ => {
                let more = ["DEFINE QALIAS(QA) TARGET(T)", "DEFINE CHANNEL(C2) CHLTYPE(RCVR)"];
                let ldap = "DEFINE AUTHINFO(AI2) AUTHTYPE(CRLLDAP)";
                vec![scene(&[&exists, more[0], more[1], ldap], &format!("DISPLAY {}(*)", self.noun))]
            }
        }
    }
}

/// Another way to prove who one is, which does not count yet.
const SIGN_ON: &[&str] = &["DEFINE AUTHINFO(AI) AUTHTYPE(IDPWOS) FAILDLAY(7)", "ALTER QMGR CONNAUTH(AI)"];

/// Clients, connections and handles.
const RUNNING: &[&str] = &[
    "DEFINE QLOCAL(Q) MONQ(HIGH)",
    "DEFINE CHANNEL(C) CHLTYPE(SVRCONN) MCAUSER('mqm')",
    "! connect A mqm channel=C address=10.0.0.1 proved",
    "! connect B mqm channel=C address=10.0.0.2 proved",
    "! socket C 10.0.0.1 A",
    "! socket C 10.0.0.2 B",
    "! open A Q output",
    "! open B Q input",
];
const RULES: &[&str] = &[
    "DEFINE CHANNEL(C.ONE) CHLTYPE(SVRCONN)",
    "SET CHLAUTH('C.*') TYPE(USERMAP) CLNTUSER('joe') MCAUSER('app')",
    "SET CHLAUTH('C.ONE') TYPE(ADDRESSMAP) ADDRESS('10.0.0.1') MCAUSER('app')",
    "SET CHLAUTH('C.ONE') TYPE(BLOCKUSER) USERLIST('x','y')",
    "SET CHLAUTH('*') TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(CHANNEL)",
];
const RECORDS: &[&str] = &[
    "SET AUTHREC OBJTYPE(QUEUE) PROFILE('Q.**') PRINCIPAL('app') AUTHADD(GET,PUT)",
    "SET AUTHREC OBJTYPE(QUEUE) PROFILE(Q.ONE) PRINCIPAL('app','joe') AUTHADD(GET)",
    "SET AUTHREC OBJTYPE(CHANNEL) PROFILE(Q.ONE) PRINCIPAL('app') AUTHADD(DSP)",
];

fn scenes(row: &CommandRow) -> Vec<Scene> {
    use Verb::*;
    let one = |before: &[&str], command: &str| vec![scene(before, command)];
    match (row.verb, row.noun) {
        (Display, "QUEUE" | "QCLUSTER") => {
            one(&["DEFINE QLOCAL(Q)", "DEFINE QALIAS(QA) TARGET(Q)"], &format!("DISPLAY {}(*)", row.noun))
        }
        (Alter, "QMGR") => one(RUNNING, "ALTER QMGR DEFXMITQ(Q)"),
        (Clear, "QLOCAL") => one(RUNNING, "CLEAR QLOCAL(Q)"),
        (Display, "QSTATUS") => {
            vec![scene(RUNNING, "DISPLAY QSTATUS(*)"), scene(RUNNING, "DISPLAY QSTATUS(*) TYPE(HANDLE)")]
        }
        (Display, "CHSTATUS") => one(RUNNING, "DISPLAY CHSTATUS(*)"),
        (Display, "CONN") => one(RUNNING, "DISPLAY CONN(*)"),
        (Stop, "CONN") => {
            let conn = first_connection(RUNNING);
            one(RUNNING, &format!("STOP CONN({conn})"))
        }
        (Start, "CHANNEL") => one(RUNNING, "START CHANNEL(C)"),
        (Stop, "CHANNEL") => vec![
            scene(RUNNING, "STOP CHANNEL(C)"),
            scene(&[RUNNING, &["STOP CHANNEL(C)"]].concat(), "STOP CHANNEL(C)"),
        ],
        (Start | Stop, "LISTENER") => {
            let defined = "DEFINE LISTENER(L) TRPTYPE(TCP)";
            let verb = row.verb.keyword();
            vec![
                scene(&[defined], &format!("{verb} LISTENER(L)")),
                scene(&[defined, "START LISTENER(L)"], &format!("{verb} LISTENER(L)")),
            ]
        }
        (Set, "CHLAUTH") => {
            one(RULES, "SET CHLAUTH('C.ONE') TYPE(ADDRESSMAP) ADDRESS('10.0.0.1') MCAUSER('joe')")
        }
        (Display, "CHLAUTH") => vec![
            scene(RULES, "DISPLAY CHLAUTH('C.*')"),
            scene(RULES, "DISPLAY CHLAUTH('C.ONE') MATCH(RUNCHECK) ADDRESS('10.0.0.1')"),
            scene(RULES, "DISPLAY CHLAUTH('C.ONE') MATCH(RUNCHECK) CLNTUSER('joe') ADDRESS('10.0.0.9')"),
        ],
        (Set, "AUTHREC") => {
            vec![scene(RECORDS, "SET AUTHREC OBJTYPE(QUEUE) PROFILE(Q.ONE) PRINCIPAL('app') AUTHADD(BROWSE)")]
        }
        (Delete, "AUTHREC") => one(RECORDS, "DELETE AUTHREC OBJTYPE(QUEUE) PROFILE(Q.ONE) PRINCIPAL('app')"),
        (Display, "AUTHREC") => one(RECORDS, "DISPLAY AUTHREC PROFILE(Q.ONE)"),
        (Refresh, "SECURITY") => one(SIGN_ON, "REFRESH SECURITY"),
        (verb, noun) => match NOUNS.iter().find(|known| known.noun == noun) {
            Some(noun) => noun.scenes(verb),
            None => Vec::new(),
        },
    }
}

/// The first connection that there is after these steps.
fn first_connection(before: &[&str]) -> String {
    let mut world = after(before.iter().map(|step| (*step).to_owned()));
    let lines = world.command("DISPLAY CONN(*)").lines;
    let line = lines.iter().find_map(|line| line.trim().strip_prefix("CONN(")).expect("a connection");
    line.trim_end_matches(')').to_owned()
}

/// Values of an option, as MQSC writes them.
fn values(option: &Attribute) -> Vec<String> {
    match (option.keyword, option.kind) {
        (_, Kind::Choice(words) | Kind::Choices { words, .. }) => {
            words.iter().map(|(word, _)| format!("{}({word})", option.keyword)).collect()
        }
        (_, Kind::Flag(words)) => words.iter().map(|(word, _)| (*word).to_owned()).collect(),
        ("EXTCONN", _) => vec!["EXTCONN(FFFF)".to_owned(), "EXTCONN(414D*)".to_owned()],
        ("CONNAME" | "ADDRESS", _) => {
            ["10.0.0.1", "10.0.0.2"].iter().map(|a| format!("{}('{a}')", option.keyword)).collect()
        }
        ("PRINCIPAL" | "GROUP" | "CLNTUSER", _) => {
            ["app", "joe"].iter().map(|user| format!("{}('{user}')", option.keyword)).collect()
        }
        ("PROFILE", _) => vec!["PROFILE(Q.ONE)".to_owned(), "PROFILE('Q.**')".to_owned()],
        (keyword, _) => vec![format!("{keyword}(OTHER)")],
    }
}

fn after(steps: impl Iterator<Item = String>) -> World {
    let mut world = World::new();
    for step in ["DEFINE QLOCAL(T)", "DEFINE QLOCAL(U)"].into_iter().map(str::to_owned).chain(steps) {
        match step.strip_prefix("! ") {
            Some("") => {}
            Some(directive) => world.directive(directive),
            None if step.is_empty() => {}
            None => {
                let answer = world.command(&step);
                assert!(!answer.is_failure, "{step}: {:?}", answer.lines);
            }
        }
    }
    world.out.clear();
    world
}

/// What a command comes to in a scene.
fn outcome(scene: &Scene, command: &str) -> String {
    let mut world = after(scene.before.iter().cloned());
    let mut said = world.command(command).lines;
    said.push(std::mem::take(&mut world.out));
    for display in [
        "DISPLAY QUEUE(*) ALL",
        "DISPLAY CHANNEL(*) ALL",
        "DISPLAY LISTENER(*) ALL",
        "DISPLAY AUTHINFO(*) ALL",
        "DISPLAY TOPIC(*) ALL",
        "DISPLAY PROCESS(*) ALL",
        "DISPLAY NAMELIST(*) ALL",
        "DISPLAY SERVICE(*) ALL",
        "DISPLAY COMMINFO(*) ALL",
        "DISPLAY SUB(*) ALL",
        "DISPLAY CHLAUTH(*) ALL",
        "DISPLAY AUTHREC",
        "DISPLAY CHSTATUS(*) ALL",
        "DISPLAY CONN(*) TYPE(HANDLE) ALL",
    ] {
        said.extend(world.command(display).lines);
    }
    said.push(world.kernel.fail_delay_ms().to_string());
    said.join("\n")
}

/// The command without a parameter.
fn without(command: &str, keyword: &str) -> String {
    match command.find(&format!(" {keyword}(")) {
        Some(at) => {
            let end = command[at..].find(')').map_or(command.len(), |end| at + end + 1);
            format!("{}{}", &command[..at], &command[end..])
        }
        None => command.to_owned(),
    }
}

#[test]
fn every_option_of_every_command_acts_or_is_listed() {
    let mut wrong = Vec::new();
    let is_on = |list: &[standing::OptionRow], row: &CommandRow, option: &Attribute| {
        list.iter().any(|(verb, noun, keyword, _)| {
            *verb == row.verb.keyword() && *noun == row.noun && *keyword == option.keyword
        })
    };
    for row in commands().iter().filter(|row| row.is_built) {
        let scenes = scenes(row);
        for option in row.options {
            let name = format!("{} {} {}", row.verb.keyword(), row.noun, option.keyword);
            let mut acts = false;
            let mut is_refused = true;
            for scene in &scenes {
                let base = without(&scene.command, option.keyword);
                let commands = values(option).into_iter().map(|value| format!("{base} {value}"));
                let outcomes: BTreeSet<String> =
                    commands.chain([base.clone()]).map(|command| outcome(scene, &command)).collect();
                acts |= outcomes.len() > 1;
                is_refused &= outcomes.iter().any(|text| text.contains("AMQ8990E"));
            }
            let is_refused = is_refused && !scenes.is_empty();
            let said =
                (is_on(standing::OPTIONS_KEPT, row, option), is_on(standing::OPTIONS_REFUSED, row, option));
            if said != (!acts, is_refused) {
                wrong.push(format!("{name}: acts {acts}, is refused {is_refused}; the lists say {said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_lists_of_options_name_options() {
    for (verb, noun, keyword, _) in standing::OPTIONS_KEPT.iter().chain(standing::OPTIONS_REFUSED) {
        let row = Verb::from_keyword(verb).and_then(|verb| find(verb, noun)).expect("a command");
        assert!(row.option(keyword).is_some(), "{verb} {noun} {keyword}");
    }
    // A command without scenes would have no options that act.
    for row in commands().iter().filter(|row| row.is_built && !row.options.is_empty()) {
        assert!(
            !scenes(row).is_empty() || row.class == ObjectClass::Qmgr,
            "{} {}",
            row.verb.keyword(),
            row.noun
        );
    }
}
