//! The `packhorse` command, and every control command it answers to.
//!
//! Called under another name (a link made by `packhorse links DIR`), or with that name as its first word, it
//! is that command. One file a command; [`COMMANDS`] lists them.

mod amqsbcg;
mod amqsget;
mod amqsput;
mod bench;
mod endmqm;
mod mqsc_client;
mod options;
mod runmqlsr;
mod runmqsc;
mod sample;

mod crtmqm;
mod dev;
mod dltmqm;
mod dspmq;
mod dspmqver;
mod hacrtmqm;
mod halinkmqm;
mod links;
mod mqrc;
mod name;
mod passwd;
mod replay;
mod strmqm;

/// A command: its arguments in, its exit code out.
type Run = fn(&[String]) -> i32;

/// What a user may call, with one line of help each.
const COMMANDS: &[(&str, Run, &str)] = &[
    ("crtmqm", crtmqm::run, "create a queue manager"),
    ("strmqm", strmqm::run, "start a queue manager"),
    ("dltmqm", dltmqm::run, "delete a queue manager"),
    ("dspmq", dspmq::run, "show queue managers and their status"),
    ("hacrtmqm", hacrtmqm::run, "create a queue manager on shared disks"),
    ("halinkmqm", halinkmqm::run, "make a queue manager on shared disks known here"),
    ("dspmqver", dspmqver::run, "show the version"),
    ("mqrc", mqrc::run, "explain a reason code"),
    ("endmqm", endmqm::run, "end a queue manager"),
    ("runmqlsr", runmqlsr::run, "run a listener"),
    ("runmqsc", runmqsc::run, "run MQSC commands"),
    ("amqsput", amqsput::run, "sample: put lines of text"),
    ("amqsget", amqsget::run, "sample: get messages"),
    ("amqsbcg", amqsbcg::run, "sample: browse messages with their descriptors"),
];

/// Words of our own.
const WORDS: &[(&str, Run, &str)] = &[
    ("dev", dev::run, "create and run a queue manager with the developer objects"),
    ("bench", bench::run, "measure how fast a queue manager is"),
    ("links", links::run, "make links for the control commands in a directory"),
    ("replay", replay::run, "tell a recording to a new kernel and compare what comes out"),
    ("passwd", passwd::run, "set the password of a user of a queue manager"),
];

fn main() {
    let mut args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let called = if args.is_empty() { String::new() } else { args.remove(0) };
    let called = called.rsplit('/').next().unwrap_or_default().to_owned();
    if called == strmqm::PROCESS_NAME {
        std::process::exit(strmqm::run_process(&args));
    }
    server::sys::end_on_broken_pipe();
    if let Some(run) = find(COMMANDS, &called) {
        std::process::exit(run(&args));
    }
    let code = match args.split_first() {
        Some((word, rest)) => match find(COMMANDS, word).or_else(|| find(WORDS, word)) {
            Some(run) => run(rest),
            None if matches!(word.as_str(), "help" | "--help" | "-h") => {
                println!("{}", usage());
                0
            }
            None => {
                eprintln!("packhorse: '{word}' is not a command.\n\n{}", usage());
                20
            }
        },
        None => {
            println!("{}", usage());
            0
        }
    };
    std::process::exit(code);
}

fn find(table: &[(&str, Run, &str)], name: &str) -> Option<Run> {
    table.iter().find(|(n, _, _)| *n == name).map(|(_, run, _)| *run)
}

fn usage() -> String {
    let mut out = format!("Packhorse {}\n\nusage: packhorse COMMAND [arguments]\n", mqi::version::PROGRAM);
    for (title, table) in [("words of its own", WORDS), ("control commands and samples", COMMANDS)] {
        out += &format!("\n{title}:\n");
        for (name, _, help) in table {
            out += &format!("  {name:10} {help}\n");
        }
    }
    out
}
