//! What is asked about a command is answered on standard output with exit code 0, and nothing is done.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty directory, removed when this is dropped.
struct Empty(PathBuf);

impl Empty {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("packhorse-help-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary directory can be written");
        Self(path)
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> Output {
        Command::new(program)
            .args(arguments)
            .current_dir(&self.0)
            .env("MQ_OVERRIDE_DATA_PATH", self.0.join("data"))
            .output()
            .expect("the program runs")
    }

    /// What is printed; the exit code is 0, standard error is empty, and lines fit a terminal.
    #[track_caller]
    fn answer(&self, program: &Path, arguments: &[&str]) -> String {
        let output = self.run(program, arguments);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty() && !printed.trim().is_empty(), "{arguments:?}: {output:?}");
        for line in printed.lines() {
            assert!(line.chars().count() < 80, "{arguments:?}: too wide: {line}");
        }
        printed
    }

    #[track_caller]
    fn is_empty(&self) {
        assert_eq!(std::fs::read_dir(&self.0).expect("it is there").count(), 0, "something was made");
    }
}

impl Drop for Empty {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn packhorse() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_packhorse"))
}

/// The commands that the overview lists.
fn commands(empty: &Empty) -> Vec<String> {
    let overview = empty.answer(&packhorse(), &["--help"]);
    let lines = overview.lines().filter_map(|line| line.strip_prefix("  "));
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_answers_however_it_is_asked() {
    let empty = Empty::new("all");
    let commands = commands(&empty);
    assert!(commands.len() >= 19, "{commands:?}");
    for command in &commands {
        let help = empty.answer(&packhorse(), &["help", command]);
        assert!(help.contains(command.as_str()) && help.contains("\nUsage: "), "{help}");
        // Nothing is torn apart: what is between blank lines and is no list is sentences.
        for paragraph in help.trim_end().split("\n\n").skip(1) {
            let is_list = ["  ", "Usage: ", "Refused"].iter().any(|start| paragraph.starts_with(start));
            assert!(is_list || paragraph.ends_with('.'), "{command}: {paragraph:?}");
        }
        for arguments in [[command.as_str(), "--help"], [command, "-h"]] {
            assert_eq!(empty.answer(&packhorse(), &arguments), help, "{arguments:?}");
        }
        assert_eq!(empty.answer(&packhorse(), &[command, "QM1", "--help"]), help);
        let version = empty.answer(&packhorse(), &[command, "--version"]);
        assert!(
            version.trim_end().ends_with(concat!("(Packhorse) ", env!("CARGO_PKG_VERSION"))),
            "{version}"
        );
    }
    let overview = empty.answer(&packhorse(), &[]);
    for arguments in [&["help"][..], &["-h"], &["--help"], &["help", "--help"]] {
        assert_eq!(empty.answer(&packhorse(), arguments), overview, "{arguments:?}");
    }
    let version = empty.answer(&packhorse(), &["--version"]);
    assert_eq!(version, concat!("Packhorse ", env!("CARGO_PKG_VERSION"), "\n"));
    empty.is_empty();
}

#[test]
fn commands_answer_under_their_own_names() {
    let empty = Empty::new("named");
    let links = Empty::new("named-links");
    empty.run(&packhorse(), &["links", &links.0.display().to_string()]);
    for command in ["crtmqm", "runmqsc", "amqsput"] {
        let help = empty.answer(&links.0.join(command), &["--help"]);
        assert_eq!(help, empty.answer(&packhorse(), &["help", command]));
    }
    empty.is_empty();
}

/// What `links` prints is what a shell needs to find the commands, `packhorse` among them.
#[test]
fn links_say_what_to_add_to_the_path() {
    let empty = Empty::new("path");
    let links = Empty::new("it's a path");
    let run = |path: &str| {
        let output = Command::new(packhorse()).arg("links").arg(&links.0).env("PATH", path).output();
        String::from_utf8(output.expect("it runs").stdout).expect("it is text")
    };
    let said = run("/usr/bin:/bin");
    let export = said.lines().map(str::trim).find(|line| line.starts_with("export ")).expect("it is said");
    let script = format!("{export}; crtmqm --version; packhorse --version");
    let shell = Command::new("/bin/sh").args(["-c", &script]).env("PATH", "/usr/bin:/bin").output();
    let printed = String::from_utf8(shell.expect("there is a shell").stdout).expect("it is text");
    assert_eq!(printed.lines().count(), 2, "{said}\n{printed}");
    // Who has done so is not told again.
    let again = run(&format!("/usr/bin:{}", links.0.display()));
    assert!(!again.contains("export") && again.lines().count() == 1, "{again}");
    empty.is_empty();
}

/// A command that is there already is not touched.
#[test]
fn links_overwrite_nothing() {
    let links = Empty::new("kept");
    std::fs::write(links.0.join("runmqsc"), "another").expect("it can be written");
    let output = links.run(&packhorse(), &["links", "."]);
    assert_eq!(output.status.code(), Some(10), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("runmqsc"), "{output:?}");
    assert_eq!(std::fs::read_to_string(links.0.join("runmqsc")).expect("it is there"), "another");
    assert!(links.0.join("strmqm").is_symlink());
}

#[test]
fn what_is_unknown_is_misuse() {
    let empty = Empty::new("unknown");
    for arguments in [&["nonsense"][..], &["help", "nonsense"], &["links"], &["links", "-q", "."]] {
        let output = empty.run(&packhorse(), arguments);
        assert_eq!(output.status.code(), Some(20), "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
    empty.is_empty();
}

/// `-h` is an option of crtmqm, `-v` one of runmqsc, and of dspmqver in the product: it is no question about a version.
#[test]
fn options_of_the_product_are_no_questions() {
    let empty = Empty::new("options");
    let made = empty.run(&packhorse(), &["crtmqm", "-h", "77", "QM1"]);
    assert!(made.status.success(), "{made:?}");
    let verbose = empty.run(&packhorse(), &["dspmqver", "-v"]);
    assert!(String::from_utf8_lossy(&verbose.stderr).contains("Option -v is not built yet"), "{verbose:?}");
    let wrong = empty.run(&packhorse(), &["crtmqm", "-h", "many", "QM2"]);
    assert_eq!(wrong.status.code(), Some(39), "{wrong:?}");
}
