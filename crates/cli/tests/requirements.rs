//! The listing of requirements HA-27 to HA-37, replayed with the real commands and real processes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Directories of two machines and their shared disks, removed with everything that still runs on them.
struct Machines {
    root: PathBuf,
}

impl Machines {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("packhorse-requirements-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).expect("the temporary directory can be written");
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Runs a command on one of the machines.
    fn run(&self, machine: &str, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packhorse"));
        command
            .args(arguments)
            .env("MQ_OVERRIDE_DATA_PATH", self.path(machine))
            .env("MQHAFSDATA", self.path("data"))
            .env("MQHAFSLOG", self.path("log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary was built for this test");
        std::io::Write::write_all(&mut child.stdin.take().expect("it is piped"), input.as_bytes())
            .expect("the command reads its input");
        child.wait_with_output().expect("the command ends")
    }

    #[track_caller]
    fn check(&self, machine: &str, arguments: &[&str], input: &str, exit: i32, want: &[&str]) {
        let output = self.run(machine, arguments, input);
        let root = self.root.display().to_string();
        let printed = String::from_utf8_lossy(&output.stdout).replace(&root, "<root>");
        let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(printed, want, "{arguments:?}: {errors}");
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {errors}");
    }

    /// Files below the shared directories that a process of this machine has open.
    fn open_files(&self) -> Vec<PathBuf> {
        let shared = [self.path("data"), self.path("log")];
        let processes = std::fs::read_dir("/proc").expect("there is a /proc");
        processes
            .filter_map(|process| std::fs::read_dir(process.ok()?.path().join("fd")).ok())
            .flatten()
            .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
            .filter(|file| shared.iter().any(|dir| file.starts_with(dir)))
            .collect()
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        for machine in ["node1", "node2"] {
            self.run(machine, &["endmqm", "-p", "esbqm"], "");
        }
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// `dspmq` as it prints a queue manager in this state.
fn listed(status: &str) -> String {
    format!("{:58}STATUS({status})", "QMNAME(esbqm)")
}

#[test]
fn the_listing_of_the_document_replays() {
    let machines = Machines::new();
    let created = |root: &Path| format!("Directory '{}' created.", root.join("data/esbqm").display());

    // HA-27, without the directories on shared disks nothing is made.
    let bare = Command::new(env!("CARGO_BIN_EXE_packhorse"))
        .args(["hacrtmqm", "esbqm"])
        .env("MQ_OVERRIDE_DATA_PATH", machines.path("node1"))
        .env_remove("MQHAFSDATA")
        .env_remove("MQHAFSLOG")
        .output()
        .expect("the binary was built for this test");
    assert_eq!(bare.status.code(), Some(20));
    assert!(String::from_utf8_lossy(&bare.stderr).contains("MQHAFSDATA"));

    // HA-27 to HA-29. The count is that of the objects this queue manager really has.
    let count = mqsc::scripts::commands(mqsc::scripts::DEFAULT).len();
    machines.check(
        "node1",
        &["hacrtmqm", "esbqm"],
        "",
        0,
        &[
            "Packhorse queue manager 'esbqm' created.",
            &created(Path::new("<root>")),
            "The queue manager is associated with installation 'Installation1'.",
            "Creating or replacing default objects for queue manager 'esbqm'.",
            &format!("Default objects statistics : {count} created. 0 replaced. 0 failed."),
            "Completing setup.",
            "Setup completed.",
            "",
            "hacrtmqm has linked queue manager 'esbqm' on this machine as halinkmqm does.",
            "On any other machine that may take over this queue manager, run the following",
            "command while logged on as mqm:",
            "",
            "halinkmqm esbqm esbqm <root>/data",
        ],
    );
    // HA-30
    machines.check("node1", &["dspmq"], "", 0, &[&listed("Ended immediately")]);

    // HA-31, HA-32
    let started = [
        "Packhorse queue manager 'esbqm' starting.",
        "The queue manager is associated with installation 'Installation1'.",
        "0 log records accessed on queue manager 'esbqm' during the log replay phase.",
        "Log replay for queue manager 'esbqm' complete.",
        "Transaction manager state recovered for queue manager 'esbqm'.",
        "Plain text communication is enabled.",
        &format!("Packhorse queue manager 'esbqm' started using V{}.", mqi::version::VRMF),
    ];
    machines.check("node1", &["strmqm", "esbqm"], "", 0, &started);
    machines.check("node1", &["dspmq"], "", 0, &[&listed("Running")]);

    // HA-33 to HA-35
    machines.check(
        "node1",
        &["runmqsc", "esbqm"],
        "def ql(ql.test) replace\nend\n",
        0,
        &[
            mqsc::session::NOTICE,
            "Starting MQSC for queue manager esbqm.",
            "",
            "",
            "     1 : def ql(ql.test) replace",
            "AMQ8006I: Packhorse queue created.",
            "     2 : end",
            "One MQSC command read.",
            "No commands have a syntax error.",
            "All valid MQSC commands were processed.",
        ],
    );

    // HA-36: a controlled end, after which nothing under data or log is open.
    let put = machines.run("node1", &["amqsput", "QL.TEST", "esbqm"], "kept\n");
    assert!(put.status.success());
    machines.check(
        "node1",
        &["runmqsc", "-e", "esbqm"],
        "alter ql(ql.test) defpsist(yes)\n",
        0,
        &[
            mqsc::session::NOTICE,
            "Starting MQSC for queue manager esbqm.",
            "",
            "",
            "AMQ8008I: Packhorse queue changed.",
            "One MQSC command read.",
            "No commands have a syntax error.",
            "All valid MQSC commands were processed.",
        ],
    );
    let put = machines.run("node1", &["amqsput", "QL.TEST", "esbqm"], "persistent\n");
    assert!(put.status.success());
    machines.check(
        "node1",
        &["endmqm", "-w", "esbqm"],
        "",
        0,
        &["Waiting for queue manager 'esbqm' to end.", "Packhorse queue manager 'esbqm' ended."],
    );
    machines.check("node1", &["dspmq"], "", 0, &[&listed("Ended normally")]);
    assert_eq!(machines.open_files(), Vec::<PathBuf>::new());

    // HA-74: without halinkmqm the other machine does not know it, and nothing is damaged.
    let unknown = machines.run("node2", &["strmqm", "esbqm"], "");
    assert_eq!(unknown.status.code(), Some(16));
    assert!(String::from_utf8_lossy(&unknown.stderr).starts_with("AMQ8118E"));

    // HA-37: linked, it starts there, with its objects and its persistent messages.
    // The document names the directory of the shared disk; the queue manager's own will do too.
    for data in ["data", "data", "data/esbqm", "data/"] {
        machines.check(
            "node2",
            &["halinkmqm", "esbqm", "esbqm", &machines.path(data).display().to_string()],
            "",
            0,
            &["Queue manager 'esbqm' is known to this machine."],
        );
    }
    machines.check("node2", &["strmqm", "esbqm"], "", 0, &started);
    machines.check(
        "node2",
        &["runmqsc", "-e", "esbqm"],
        "dis ql(ql.test) curdepth\n",
        0,
        &[
            mqsc::session::NOTICE,
            "Starting MQSC for queue manager esbqm.",
            "",
            "",
            "AMQ8409I: Display Queue details.",
            "   QUEUE(QL.TEST)                          TYPE(QLOCAL)",
            "   CURDEPTH(1)",
            "One MQSC command read.",
            "No commands have a syntax error.",
            "All valid MQSC commands were processed.",
        ],
    );
    machines.check(
        "node2",
        &["endmqm", "-i", "esbqm"],
        "",
        0,
        &["Packhorse queue manager 'esbqm' ending.", "Packhorse queue manager 'esbqm' ended."],
    );
}
