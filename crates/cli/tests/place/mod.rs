//! A directory with a queue manager that is ended, and removed, when this is dropped.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    /// An empty one, with a queue manager `QR` that runs and records.
    pub(crate) fn with_queue_manager(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("packhorse-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&root).expect("the temporary directory can be written");
        let place = Self(root);
        place.succeed(&["crtmqm", "QR"], "");
        place.succeed(&["strmqm", "QR"], "");
        place
    }

    pub(crate) fn begin(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_packhorse"))
            .args(arguments)
            .env("MQ_OVERRIDE_DATA_PATH", self.0.join("data"))
            .env("PACKHORSE_RECORD", self.0.join("tape"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built for this test")
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
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
