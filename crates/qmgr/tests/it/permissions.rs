//! Every command of the catalogue, given by one who has all authority but what it needs, and by one who has that alone.

use mqi::command::{Command, CommandRow, table};

use crate::admin::World;

/// Type of object, profile, authority.
type Grant = (&'static str, &'static str, &'static str);

/// Types of object that records are for.
const TYPES: [&str; 11] = [
    "QMGR", "QUEUE", "CHANNEL", "CLNTCONN", "LISTENER", "PROCESS", "NAMELIST", "SERVICE", "TOPIC",
    "AUTHINFO", "COMMINFO",
];

/// What the commands are about: there when they are given, for those that do not define it.
const OBJECTS: [&str; 12] = [
    "DEFINE QLOCAL(P)",
    "DEFINE CHANNEL(P) CHLTYPE(SVRCONN)",
    "DEFINE CHANNEL(CC) CHLTYPE(CLNTCONN) CONNAME('h')",
    "DEFINE LISTENER(P) TRPTYPE(TCP)",
    "DEFINE PROCESS(P)",
    "DEFINE NAMELIST(P)",
    "DEFINE SERVICE(P)",
    "DEFINE TOPIC(P) TOPICSTR('p')",
    "DEFINE AUTHINFO(P) AUTHTYPE(IDPWOS)",
    "DEFINE COMMINFO(P)",
    "DEFINE QMODEL(PM)",
    "DEFINE QALIAS(PA) TARGET(P)",
];

/// What a noun of objects is called in records, the name of one that is there, the default, and what DEFINE needs more.
fn object(noun: &str) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    Some(match noun {
        "QLOCAL" => ("QUEUE", "P", "SYSTEM.DEFAULT.LOCAL.QUEUE", ""),
        "QMODEL" => ("QUEUE", "PM", "SYSTEM.DEFAULT.MODEL.QUEUE", ""),
        "QALIAS" => ("QUEUE", "PA", "SYSTEM.DEFAULT.ALIAS.QUEUE", ""),
        "QREMOTE" => ("QUEUE", "PR", "SYSTEM.DEFAULT.REMOTE.QUEUE", ""),
        "CHANNEL" => ("CHANNEL", "P", "SYSTEM.DEF.SVRCONN", "CHLTYPE(SVRCONN)"),
        "LISTENER" => ("LISTENER", "P", "SYSTEM.DEFAULT.LISTENER.TCP", "TRPTYPE(TCP)"),
        "AUTHINFO" => ("AUTHINFO", "P", "SYSTEM.DEFAULT.AUTHINFO.IDPWOS", "AUTHTYPE(IDPWOS)"),
        "TOPIC" => ("TOPIC", "P", "SYSTEM.DEFAULT.TOPIC", "TOPICSTR('other')"),
        "PROCESS" => ("PROCESS", "P", "SYSTEM.DEFAULT.PROCESS", ""),
        "NAMELIST" => ("NAMELIST", "P", "SYSTEM.DEFAULT.NAMELIST", ""),
        "SERVICE" => ("SERVICE", "P", "SYSTEM.DEFAULT.SERVICE", ""),
        "COMMINFO" => ("COMMINFO", "P", "SYSTEM.DEFAULT.COMMINFO.MULTICAST", ""),
        _ => return None,
    })
}

/// Each way to give a command, with all that it needs; no grant at all: administrators only.
fn ways(verb: &str, noun: &'static str) -> Vec<(String, Vec<Grant>)> {
    let one = |text: &str, object_type, profile, authority| {
        vec![(text.to_owned(), vec![(object_type, profile, authority)])]
    };
    let qmgr = |text: &str, authority| one(text, "QMGR", "", authority);
    let nobody = |text: &str| vec![(text.to_owned(), Vec::new())];
    match (verb, noun) {
        ("ALTER", "QMGR") => qmgr("ALTER QMGR DESCR('d')", "CHG"),
        ("CLEAR", "QLOCAL") => one("CLEAR QLOCAL(P)", "QUEUE", "P", "CLR"),
        ("CLEAR", "TOPICSTR") => nobody("CLEAR TOPICSTR('a')"),
        ("DELETE", "AUTHREC") => qmgr("DELETE AUTHREC PROFILE(Q) OBJTYPE(QUEUE) PRINCIPAL('someone')", "CHG"),
        ("DISPLAY", "QUEUE") => one("DISPLAY QUEUE(P)", "QUEUE", "P", "DSP"),
        ("DISPLAY", "QCLUSTER") => one("DISPLAY QCLUSTER(P)", "QUEUE", "P", "DSP"),
        ("DISPLAY", "TCLUSTER") => one("DISPLAY TCLUSTER(P)", "TOPIC", "P", "DSP"),
        ("DISPLAY", "QSTATUS") => one("DISPLAY QSTATUS(P)", "QUEUE", "P", "DSP"),
        ("DISPLAY", "CHSTATUS") => one("DISPLAY CHSTATUS(P)", "CHANNEL", "P", "DSP"),
        ("DISPLAY", "LSSTATUS") => one("DISPLAY LSSTATUS(P)", "LISTENER", "P", "DSP"),
        ("DISPLAY", "SVSTATUS") => one("DISPLAY SVSTATUS(P)", "SERVICE", "P", "DSP"),
        ("DISPLAY", "QMGR" | "QMSTATUS" | "ENTAUTH" | "AUTHSERV" | "PUBSUB" | "AUTHREC") => {
            qmgr(&format!("DISPLAY {noun}"), "DSP")
        }
        ("DISPLAY", "CONN" | "CHLAUTH" | "CLUSQMGR" | "APSTATUS") => {
            qmgr(&format!("DISPLAY {noun}(*)"), "DSP")
        }
        ("DISPLAY", "TPSTATUS" | "SBSTATUS") => qmgr(&format!("DISPLAY {noun}('p')"), "DSP"),
        ("DISPLAY" | "DELETE" | "SET", "POLICY") => nobody(&format!("{verb} POLICY(P)")),
        ("PING", "QMGR") => qmgr("PING QMGR", "DSP"),
        ("PING", "CHANNEL") => one("PING CHANNEL(P)", "CHANNEL", "P", "CTRL"),
        ("PURGE", "CHANNEL") => one("PURGE CHANNEL(P)", "CHANNEL", "P", "CTRL"),
        ("REFRESH", "CLUSTER") => qmgr("REFRESH CLUSTER(C)", "CHG"),
        ("REFRESH", "QMGR") => qmgr("REFRESH QMGR", "CHG"),
        ("REFRESH", "SECURITY") => qmgr("REFRESH SECURITY", "CHG"),
        ("RESET", "CHANNEL") => one("RESET CHANNEL(P)", "CHANNEL", "P", "CTRLX"),
        ("RESET", "CLUSTER") => qmgr("RESET CLUSTER(C)", "CHG"),
        ("RESET", "QMGR") => qmgr("RESET QMGR", "CHG"),
        ("RESOLVE", "CHANNEL") => one("RESOLVE CHANNEL(P) ACTION(COMMIT)", "CHANNEL", "P", "CTRLX"),
        ("RESUME" | "SUSPEND", "QMGR") => qmgr(&format!("{verb} QMGR"), "CHG"),
        ("SET", "AUTHREC") => {
            qmgr("SET AUTHREC PROFILE(Q) OBJTYPE(QUEUE) PRINCIPAL('joe') AUTHADD(ALL)", "CHG")
        }
        ("SET", "CHLAUTH") => qmgr("SET CHLAUTH('*') TYPE(BLOCKUSER) USERLIST('joe') ACTION(REPLACE)", "CHG"),
        ("START" | "STOP", "CHANNEL") => one(&format!("{verb} CHANNEL(P)"), "CHANNEL", "P", "CTRL"),
        ("START" | "STOP", "LISTENER") => [
            one(&format!("{verb} LISTENER(P)"), "LISTENER", "P", "CTRL"),
            one(&format!("{verb} LISTENER"), "LISTENER", "SYSTEM.DEFAULT.LISTENER.TCP", "CTRL"),
        ]
        .concat(),
        ("START" | "STOP", "SERVICE") => one(&format!("{verb} SERVICE(P)"), "SERVICE", "P", "CTRL"),
        ("START", "CHINIT") => qmgr("START CHINIT", "CTRL"),
        ("STOP", "CONN") => qmgr("STOP CONN('0123456789ABCDEF')", "CHG"),
        // Subscriptions have no records: those of the queue manager count.
        (_, "SUB") => {
            let authority = match verb {
                "DEFINE" => return vec![],
                "ALTER" => "CHG",
                "DELETE" => "DLT",
                _ => "DSP",
            };
            qmgr(&format!("{verb} SUB('S')"), authority)
        }
        ("ALTER" | "DELETE" | "DISPLAY", "CHANNEL") => {
            let (authority, more) = match verb {
                "ALTER" => ("CHG", " DESCR('d')"),
                "DELETE" => ("DLT", ""),
                _ => ("DSP", ""),
            };
            let of = |name: &str, kind: &str| {
                let kind = if verb == "DELETE" { String::new() } else { format!(" CHLTYPE({kind})") };
                format!("{verb} CHANNEL({name}){kind}{more}")
            };
            [
                one(&of("P", "SVRCONN"), "CHANNEL", "P", authority),
                one(&of("CC", "CLNTCONN"), "CLNTCONN", "CC", authority),
            ]
            .concat()
        }
        (verb, noun) => {
            let (object_type, name, default, more) =
                object(noun).unwrap_or_else(|| panic!("{verb} {noun} has no case"));
            match verb {
                "ALTER" => one(
                    &format!("ALTER {noun}({name}) {} DESCR('d')", more_for_alter(more)),
                    object_type,
                    name,
                    "CHG",
                ),
                "DELETE" => one(&format!("DELETE {noun}({name})"), object_type, name, "DLT"),
                "DISPLAY" => one(&format!("DISPLAY {noun}({name})"), object_type, name, "DSP"),
                "DEFINE" => {
                    let create = (object_type, "@class", "CRT");
                    let (change, like) = ((object_type, name, "CHG"), (object_type, name, "DSP"));
                    let of_default = (object_type, default, "DSP");
                    let mut ways = vec![
                        (format!("DEFINE {noun}(NEW) {more}"), vec![create, of_default]),
                        (format!("DEFINE {noun}({name}) {more} REPLACE"), vec![change, of_default]),
                    ];
                    if noun != "QREMOTE" {
                        ways.push((format!("DEFINE {noun}(NEW) {more} LIKE({name})"), vec![create, like]));
                    } else {
                        ways.pop();
                    }
                    ways
                }
                _ => panic!("{verb} {noun} has no case"),
            }
        }
    }
}

/// The command that is meant. The parser refuses those that are not built: the kernel must not rely on that.
fn command_of(row: &'static CommandRow, text: &str) -> Command {
    if row.is_built {
        let command = mqsc::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(command.row, row, "{text}");
        return command;
    }
    let name = text.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    Command::new(row, name.map_or("", |(name, _)| name.trim_matches('\'')))
}

/// The words that tell a type; TOPICSTR cannot be altered.
fn more_for_alter(more: &str) -> &str {
    if more.starts_with("TOPICSTR") { "" } else { more }
}

fn world() -> World {
    let mut world = World::new();
    world.directive("run default");
    for text in OBJECTS {
        let answer = world.command(text);
        assert!(!answer.is_failure, "{text}: {:?}", answer.lines);
    }
    world
}

fn records_of((object_type, profile, authority): Grant, how: &str) -> String {
    let profile = if profile.is_empty() { String::new() } else { format!("PROFILE('{profile}')") };
    format!("SET AUTHREC {profile} OBJTYPE({object_type}) PRINCIPAL('joe') {how}({authority})")
}

fn give(world: &mut World, text: &str) {
    let answer = world.command(text);
    assert!(!answer.is_failure, "{text}: {:?}", answer.lines);
}

/// Everything there is to grant but this.
fn grant_all_but(world: &mut World, missing: Grant) {
    for object_type in TYPES {
        let profile = if object_type == "QMGR" { "" } else { "**" };
        give(world, &records_of((object_type, profile, "ALL"), "AUTHADD"));
        if object_type != "QMGR" {
            give(world, &records_of((object_type, "@class", "CRT"), "AUTHADD"));
        }
    }
    let (object_type, profile, _) = missing;
    if profile != "@class" && !profile.is_empty() {
        give(world, &records_of((object_type, profile, "ALL"), "AUTHADD"));
    }
    give(world, &records_of(missing, "AUTHRMV"));
}

/// Whether joe may, as far as the answer tells; a refusal is one message and one entry of the error log.
#[track_caller]
fn is_permitted(world: &mut World, text: &str, command: &Command) -> bool {
    world.directive("as joe");
    world.out.clear();
    let answer = world.answer(command.clone());
    world.directive("as mqm");
    let entries = world.out.lines().filter(|line| line.starts_with("~ AMQ8077")).count();
    let is_refused = answer.lines.iter().any(|line| line.starts_with("AMQ8135E"));
    assert_eq!(entries, usize::from(is_refused), "{text}: {:?} {}", answer.lines, world.out);
    if is_refused {
        assert_eq!((answer.lines.len(), answer.is_failure), (1, true), "{text}: {:?}", answer.lines);
    }
    !is_refused
}

#[test]
fn every_command_needs_exactly_its_authority() {
    let mut count = 0;
    for row in table::commands() {
        let verb = row.verb.keyword();
        for (text, grants) in ways(verb, row.noun) {
            count += 1;
            let command = command_of(row, &text);
            for missing in &grants {
                let mut world = world();
                grant_all_but(&mut world, *missing);
                assert!(!is_permitted(&mut world, &text, &command), "{text} without {missing:?}");
            }
            let mut world = world();
            if grants.is_empty() {
                grant_all_but(&mut world, ("QMGR", "", "INQ"));
            }
            for grant in &grants {
                give(&mut world, &records_of(*grant, "AUTHADD"));
            }
            assert_eq!(
                is_permitted(&mut world, &text, &command),
                !grants.is_empty(),
                "{text} with {grants:?}"
            );
        }
    }
    assert!(count >= table::commands().len(), "{count}");
}

#[test]
fn what_a_user_may_not_see_is_not_shown() {
    let mut world = world();
    give(&mut world, "DEFINE CHANNEL(P) CHLTYPE(CLNTCONN) CONNAME('h')");
    for grant in [("QUEUE", "PA", "DSP"), ("CHANNEL", "P", "DSP"), ("TOPIC", "P", "CHG")] {
        give(&mut world, &records_of(grant, "AUTHADD"));
    }
    world.directive("as joe");
    let mut names = |text: &str| {
        let rows = world.objects(text);
        let name = |row: &mqi::command::ObjectRow| {
            let kind = row.object.keyword();
            format!("{kind} {}", row.attributes[0].1.as_text().unwrap_or_default())
        };
        rows.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names("DISPLAY QUEUE(*)"), ["QALIAS PA"]);
    assert_eq!(names("DISPLAY QSTATUS(*)"), [""; 0]);
    assert_eq!(names("DISPLAY TOPIC(*)"), [""; 0]);
    // Two channels of one name: he may see the one that is no client's.
    assert_eq!(names("DISPLAY CHANNEL(P)"), ["SVRCONN P"]);
    assert_eq!(names("DISPLAY CHANNEL(*)"), ["SVRCONN P"]);
    assert_eq!(names("DISPLAY CHANNEL(P) CHLTYPE(CLNTCONN)"), [""; 0]);
    assert_eq!(names("DISPLAY CHANNEL(CC)"), [""; 0]);
}

#[test]
fn a_refusal_tells_nobody_what_is_there() {
    let mut world = world();
    world.directive("as joe");
    for name in ["P", "NONE"] {
        for text in [
            "DISPLAY QLOCAL(X)",
            "ALTER QLOCAL(X) DESCR('d')",
            "DELETE QLOCAL(X)",
            "CLEAR QLOCAL(X)",
            "START CHANNEL(X)",
            "STOP LISTENER(X)",
            "DEFINE QLOCAL(X)",
            "DEFINE QLOCAL(NEW) LIKE(X)",
            "DISPLAY QSTATUS(X)",
        ] {
            let text = text.replace('X', name);
            assert_eq!(world.command(&text).lines, ["AMQ8135E: Not authorized."], "{text}");
        }
    }
}

#[test]
fn nobody_is_nobody() {
    let mut world = world();
    // A record for a blank name, if there could be one, would be everybody's of whom nothing is known.
    world.command("SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('') AUTHADD(ALL)");
    world.command("SET AUTHREC OBJTYPE(QMGR) PRINCIPAL(' ') AUTHADD(ALL)");
    world.directive("as ");
    for text in [
        "DISPLAY QMGR",
        "PING QMGR",
        "DEFINE QLOCAL(Q9)",
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('joe') AUTHADD(ALL)",
    ] {
        assert_eq!(world.command(text).lines, ["AMQ8135E: Not authorized."], "{text}");
    }
}
