//! A directory with a queue manager that is ended, and removed, when this is dropped.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use server::paths::{QmgrPaths, Root};

pub(crate) struct Place {
    pub(crate) root: PathBuf,
    /// Whether starts record what they do, in `tape.<number>`.
    pub(crate) records: bool,
}

impl Place {
    /// An empty one.
    pub(crate) fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("packhorse-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&root).expect("the temporary directory can be written");
        Self { root, records: false }
    }

    /// Creates the queue manager, `QR`, with these options, and starts it.
    pub(crate) fn start(&self, options: &[&str]) {
        self.succeed(&[&["crtmqm"], options, &["QR"]].concat(), "");
        self.succeed(&["strmqm", "QR"], "");
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Where the queue manager is.
    pub(crate) fn paths(&self) -> QmgrPaths {
        let paths = Root::at(self.data()).queue_manager("QR").expect("mqs.ini can be read");
        paths.expect("it was created")
    }

    /// The program with these arguments, in this place.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packhorse"));
        if self.records {
            command.env("PACKHORSE_RECORD", self.root.join("tape"));
        }
        command
            .args(arguments)
            .env("MQ_OVERRIDE_DATA_PATH", self.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn begin(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("the binary was built for this test")
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.begin(arguments);
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it is read");
        child.wait_with_output().expect("it ends")
    }

    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.run(&["endmqm", "-p", "QR"], "");
        // One that was ending by itself may still be at its files.
        if matches!(Root::at(self.data()).queue_manager("QR"), Ok(Some(_))) {
            let _ = server::status::wait_for_end(&self.paths());
        }
        let _ = std::fs::remove_dir_all(&self.root);
    }
}
