//! One log has one owner, and one instance at a time: every way in which two queue managers come to name one data
//! directory or one log, while the first one runs, has ended, or has been used since.
//!
//! Each row ends with the same questions: was what is refused told why, was nothing written, and are all messages
//! of the first queue manager still there?

#![allow(clippy::unwrap_used, reason = "whatever goes wrong here fails the test")]

mod place;

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use place::Place;
use server::holding;
use server::lock::LockFile;

/// Options of small queue managers.
const SMALL: &[&str] = &["-lf", "64", "-lp", "2", "-ls", "1"];

/// A queue manager `QR` in a root of its own, and another root beside it.
struct Scene {
    place: Place,
    puts: u32,
}

impl Scene {
    fn new(name: &str) -> Self {
        let place = Place::new(name);
        let mut scene = Self { place, puts: 0 };
        scene.place.start(SMALL);
        scene.place.succeed(&["runmqsc", "QR"], "DEFINE QLOCAL(Q) DEFPSIST(YES)\n");
        scene.put();
        scene
    }

    fn put(&mut self) {
        self.puts += 1;
        self.place.succeed(&["amqsput", "Q", "QR"], &format!("message {}\n", self.puts));
    }

    fn start(&self) {
        self.place.succeed(&["strmqm", "QR"], "");
    }

    fn end(&self) {
        self.place.succeed(&["endmqm", "-i", "QR"], "");
    }

    fn data(&self) -> PathBuf {
        self.place.paths().data
    }

    fn log(&self) -> PathBuf {
        self.place.root.join("data/log/QR")
    }

    /// A directory for copies, empty.
    fn other(&self) -> PathBuf {
        let other = self.place.root.join("other");
        let _ = std::fs::remove_dir_all(&other);
        std::fs::create_dir_all(&other).unwrap();
        other
    }

    /// All messages are there, each once. It runs before and afterwards.
    #[track_caller]
    fn check(&self, row: &str) {
        let shown = self.place.succeed(&["runmqsc", "QR"], "DISPLAY QLOCAL(Q) CURDEPTH\n");
        assert!(shown.contains(&format!("CURDEPTH({})", self.puts)), "{row}: {shown}");
    }
}

/// Makes a root that knows one queue manager.
fn root_with(root: &Path, name: &str, data: &Path) -> PathBuf {
    std::fs::create_dir_all(root).unwrap();
    let stanza = format!(
        "QueueManager:\n   Name={name}\n   Prefix={}\n   Directory={name}\n   DataPath={}\n",
        root.display(),
        data.display()
    );
    std::fs::write(root.join("mqs.ini"), stanza).unwrap();
    root.to_owned()
}

fn packhorse(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_packhorse"))
        .args(arguments)
        .env("MQ_OVERRIDE_DATA_PATH", root)
        .output()
        .unwrap()
}

#[track_caller]
fn system(command: &str, arguments: &[&Path]) {
    let (program, options) = command.split_once(' ').unwrap_or((command, ""));
    let done = Command::new(program).args(options.split_whitespace()).args(arguments).status().unwrap();
    assert!(done.success(), "{command} {arguments:?}");
}

fn copy(from: &Path, to: &Path) {
    system("cp -a", &[from, to]);
}

/// Another queue manager, whose `qm.ini` then names the log of this one. Gives its data directory.
fn made_with_log_of(scene: &Scene, other: &Path, name: &str) -> PathBuf {
    let root = other.join("root");
    let made = packhorse(&root, &[&["crtmqm"], SMALL, &[name]].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let data = root.join("qmgrs").join(name);
    set_log_path(&data, &scene.log());
    data
}

/// Lets a copy of a data directory name another log.
fn set_log_path(data: &Path, log: &Path) {
    let file = data.join("qm.ini");
    let text = std::fs::read_to_string(&file).unwrap();
    let lines = text.lines().map(|line| match line.trim_start().starts_with("LogPath=") {
        true => format!("   LogPath={}", log.display()),
        false => line.to_owned(),
    });
    let text: Vec<String> = lines.collect();
    std::fs::write(file, text.join("\n") + "\n").unwrap();
}

/// Every file below a directory with what is in it.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            all.extend(contents(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).unwrap_or_default());
        }
    }
    all
}

#[track_caller]
fn refused(row: &str, output: &Output, exit: i32, text: &str) {
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let said_in_one = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(exit), "{row}: {said}");
    assert!(said_in_one.contains(text), "{row}: '{text}' is not in: {said}");
}

/// What a start of the second root comes to.
enum Outcome {
    Refused(i32, &'static str),
    /// It runs beside the first, or instead of it.
    Runs,
}
use Outcome::{Refused, Runs};

/// How the second root comes by data and log: gets the scene and an empty directory, gives the data directory.
type Pairing = fn(&Scene, &Path) -> PathBuf;

/// Name; how; while the first one runs; after it has ended; after it has run and ended again since.
type Row = (&'static str, Pairing, Outcome, Outcome, Outcome);

const IN_USE: Outcome = Refused(23, "another process has it open");
const COPY: Outcome = Refused(23, "of which this one is a copy");
const PARTED: Outcome = Refused(23, "not of the same time");
const LINKED: Outcome = Refused(23, "has a second name");
const ANOTHER: Outcome = Refused(23, "belongs to another queue manager, 'QR'");
const RUNNING: Outcome = Refused(5, "AMQ8996E");

fn copied_data(scene: &Scene, other: &Path) -> PathBuf {
    let data = other.join("copy");
    copy(&scene.data(), &data);
    data
}

const ROWS: &[Row] = &[
    ("data copied, log the first one's", copied_data, IN_USE, COPY, PARTED),
    (
        "data and log copied together",
        |scene, other| {
            let data = copied_data(scene, other);
            copy(&scene.log(), &other.join("log"));
            set_log_path(&data, &other.join("log"));
            data
        },
        // A copy of what is being written may be anything; it is made of an ended one below.
        Runs,
        Runs,
        Runs,
    ),
    (
        "data a symbolic link",
        |scene, other| {
            symlink(scene.data(), other.join("link")).unwrap();
            other.join("link")
        },
        RUNNING,
        Runs,
        Runs,
    ),
    (
        "data moved and linked",
        |scene, other| {
            let data = other.join("down/link");
            std::fs::create_dir(other.join("down")).unwrap();
            symlink(scene.data().parent().unwrap(), &data).unwrap();
            data.join("QR")
        },
        RUNNING,
        Runs,
        Runs,
    ),
    (
        "data hard links",
        |scene, other| {
            system("cp -al", &[&scene.data(), &other.join("hard")]);
            other.join("hard")
        },
        RUNNING,
        COPY,
        PARTED,
    ),
    (
        "data copied, log through a symbolic link",
        |scene, other| {
            let data = copied_data(scene, other);
            symlink(scene.log(), other.join("link")).unwrap();
            set_log_path(&data, &other.join("link"));
            data
        },
        IN_USE,
        COPY,
        PARTED,
    ),
    (
        "data copied, the log's files symbolic links",
        |scene, other| {
            let data = copied_data(scene, other);
            let active = other.join("log/active");
            std::fs::create_dir_all(&active).unwrap();
            for file in std::fs::read_dir(scene.log().join("active")).unwrap() {
                let file = file.unwrap();
                symlink(file.path(), active.join(file.file_name())).unwrap();
            }
            set_log_path(&data, &other.join("log"));
            data
        },
        LINKED,
        LINKED,
        LINKED,
    ),
    (
        "data copied, control files copied, extents symbolic links",
        |scene, other| {
            let data = copied_data(scene, other);
            let active = other.join("log/active");
            std::fs::create_dir_all(&active).unwrap();
            for file in std::fs::read_dir(scene.log().join("active")).unwrap() {
                let file = file.unwrap();
                if file.file_name().to_string_lossy().ends_with(".LOG") {
                    symlink(file.path(), active.join(file.file_name())).unwrap();
                } else {
                    copy(&file.path(), &active.join(file.file_name()));
                }
            }
            set_log_path(&data, &other.join("log"));
            data
        },
        LINKED,
        LINKED,
        LINKED,
    ),
    (
        "data copied, the log's files hard links",
        |scene, other| {
            let data = copied_data(scene, other);
            system("cp -al", &[&scene.log(), &other.join("log")]);
            set_log_path(&data, &other.join("log"));
            data
        },
        LINKED,
        LINKED,
        LINKED,
    ),
    (
        "another queue manager of another name with this log",
        |scene, other| made_with_log_of(scene, other, "QX"),
        IN_USE,
        ANOTHER,
        ANOTHER,
    ),
    (
        "another queue manager of the same name with this log",
        |scene, other| made_with_log_of(scene, other, "QR"),
        IN_USE,
        ANOTHER,
        ANOTHER,
    ),
];

/// Starts what a row has made, judges, and leaves the second root ended.
#[track_caller]
fn second_start(row: &str, scene: &Scene, other: &Path, data: &Path, outcome: &Outcome) {
    let name = if row.contains("another name") { "QX" } else { "QR" };
    let root = root_with(&other.join("second"), name, data);
    let before = (contents(data), contents(&scene.log()), contents(&scene.data()));
    let output = packhorse(&root, &["strmqm", name]);
    match outcome {
        Refused(exit, text) => {
            refused(row, &output, *exit, text);
            let is_idle = !server::lock::is_held(&scene.place.paths().lock()).unwrap();
            if is_idle {
                let after = (contents(data), contents(&scene.log()), contents(&scene.data()));
                assert!(before == after, "{row}: something was written before it was refused");
            }
        }
        Runs => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{row}: {said}");
            let ended = packhorse(&root, &["endmqm", "-i", name]);
            assert!(ended.status.success(), "{row}: {}", String::from_utf8_lossy(&ended.stderr));
        }
    }
}

#[test]
fn a_second_start_beside_a_running_one() {
    let scene = Scene::new("ownership-running");
    for (row, pairing, outcome, ..) in ROWS {
        if row.contains("together") {
            continue;
        }
        let other = scene.other();
        let data = pairing(&scene, &other);
        second_start(row, &scene, &other, &data, outcome);
        // The linked log is refused to its owner too, for as long as the second name is there.
        scene.other();
        scene.check(row);
    }
    scene.end();
    scene.start();
    scene.check("after all");
}

#[test]
fn a_second_start_after_the_first_has_ended() {
    let scene = Scene::new("ownership-ended");
    for (row, pairing, _, outcome, _) in ROWS {
        scene.end();
        let other = scene.other();
        let data = pairing(&scene, &other);
        second_start(row, &scene, &other, &data, outcome);
        scene.other();
        scene.start();
        scene.check(row);
    }
}

#[test]
fn a_second_start_after_the_first_has_gone_on() {
    let mut scene = Scene::new("ownership-gone-on");
    for (row, pairing, _, _, outcome) in ROWS {
        scene.end();
        let other = scene.other();
        let data = pairing(&scene, &other);
        if !matches!(outcome, Refused(_, text) if text.contains("second name")) {
            scene.start();
            scene.put();
            scene.end();
        }
        second_start(row, &scene, &other, &data, outcome);
        scene.other();
        scene.start();
        scene.check(row);
    }
}

#[test]
fn copies_run_beside_the_original() {
    let mut scene = Scene::new("ownership-copies");
    scene.end();
    let other = scene.other();
    let data = copied_data(&scene, &other);
    copy(&scene.log(), &other.join("log"));
    set_log_path(&data, &other.join("log"));
    scene.start();
    scene.put();
    second_start("copy", &scene, &other, &data, &Runs);
    scene.check("copy");
}

#[test]
fn a_moved_queue_manager_is_known_by_what_it_is() {
    let mut scene = Scene::new("ownership-moved");
    scene.end();
    // The log to a larger disk: the old one is of another time from then on.
    let other = scene.other();
    copy(&scene.log(), &other.join("log"));
    set_log_path(&scene.data(), &other.join("log"));
    scene.start();
    scene.put();
    scene.end();
    set_log_path(&scene.data(), &scene.log());
    let old = scene.place.run(&["strmqm", "QR"], "");
    refused("the log that was left", &old, 23, "older than the data directory knows");
    set_log_path(&scene.data(), &other.join("log"));
    // Both to another machine, by copy: it does not matter where they were.
    let machine = scene.place.root.join("machine");
    std::fs::create_dir(&machine).unwrap();
    copy(&scene.data(), &machine.join("data"));
    copy(&other.join("log"), &machine.join("log"));
    set_log_path(&machine.join("data"), &machine.join("log"));
    second_start("moved", &scene, &machine, &machine.join("data"), &Runs);
    // The data directory alone, renamed: the log follows whoever made its last start.
    std::fs::rename(machine.join("data"), machine.join("renamed")).unwrap();
    second_start("renamed", &scene, &machine, &machine.join("renamed"), &Runs);
}

#[test]
fn an_old_log_is_adopted_when_an_administrator_says_so() {
    let mut scene = Scene::new("ownership-adopt");
    scene.end();
    let saved = scene.place.root.join("saved");
    copy(&scene.log(), &saved);
    scene.start();
    scene.put();
    let running = scene.place.run(&["adopt", "QR"], "");
    refused("adopt beside a running one", &running, 5, "AMQ8996E");
    scene.end();
    std::fs::remove_dir_all(scene.log()).unwrap();
    copy(&saved, &scene.log());
    let old = scene.place.run(&["strmqm", "QR"], "");
    refused("a log from a backup, data newer", &old, 23, "packhorse adopt");
    scene.place.succeed(&["adopt", "QR"], "");
    scene.start();
    scene.puts -= 1;
    scene.check("adopted");
    scene.end();
    scene.start();

    // Another queue manager's log is not adopted.
    let other = scene.other();
    let root = other.join("root");
    assert!(packhorse(&root, &[&["crtmqm"], SMALL, &["QX"]].concat()).status.success());
    scene.end();
    set_log_path(&root.join("qmgrs/QX"), &scene.log());
    refused("adopt another's", &packhorse(&root, &["adopt", "QX"]), 23, "belongs to another queue manager");
}

#[test]
fn a_copy_of_the_log_alone_never_passes_for_the_log() {
    let mut scene = Scene::new("ownership-older");
    let saved = scene.place.root.join("saved");
    let log = scene.log();
    let restore = |from: &Path| {
        let _ = std::fs::remove_dir_all(&log);
        copy(from, &log);
    };
    // Of this very run, as a snapshot of the log's disk is.
    copy(&scene.log(), &saved);
    scene.puts += 1;
    scene.place.succeed(&["amqsput", "Q", "QR"], "one more\n");
    // Put in its place while it runs, which ends it.
    let away = scene.place.root.join("away");
    std::fs::rename(scene.log(), &away).unwrap();
    copy(&saved, &scene.log());
    server::status::wait_for_end(&scene.place.paths()).unwrap();
    let before = (contents(&scene.data()), contents(&scene.log()));
    refused(
        "copy put in its place",
        &scene.place.run(&["strmqm", "QR"], ""),
        23,
        "older than the data directory knows",
    );
    assert!(before == (contents(&scene.data()), contents(&scene.log())), "something was written");
    restore(&away);
    scene.start();
    scene.check("the log itself");
    // After an orderly end.
    std::fs::remove_dir_all(&saved).unwrap();
    copy(&scene.log(), &saved);
    scene.puts += 1;
    scene.place.succeed(&["amqsput", "Q", "QR"], "and another\n");
    scene.end();
    std::fs::remove_dir_all(&away).unwrap();
    copy(&scene.log(), &away);
    restore(&saved);
    for command in [&["strmqm", "QR"][..], &["strmqm", "-c", "QR"]] {
        let output = scene.place.run(command, "");
        let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "older than the data directory knows: it has come to start",
            "and had come to start",
            "'packhorse adopt' goes on",
        ] {
            assert!(!output.status.success() && said.contains(part), "{command:?}: no '{part}' in {said}");
        }
    }
    restore(&away);
    scene.start();
    scene.check("the log itself");
    scene.end();
    // Data and log restored together, from one copy, are a legitimate pair, and so is a copy that is adopted.
    let both = scene.place.root.join("both");
    copy(&scene.place.data(), &both);
    scene.start();
    scene.place.succeed(&["amqsput", "Q", "QR"], "lost with the restore\n");
    scene.end();
    std::fs::remove_dir_all(scene.place.data()).unwrap();
    copy(&both, &scene.place.data());
    scene.start();
    scene.check("both restored");
    scene.end();
    restore(&saved);
    refused(
        "of another start",
        &scene.place.run(&["strmqm", "QR"], ""),
        23,
        "older than the data directory knows",
    );
    scene.place.succeed(&["adopt", "QR"], "");
    scene.start();
    scene.puts -= 1;
    scene.check("adopted");
}

#[test]
fn files_removed_under_a_running_one() {
    let mut scene = Scene::new("ownership-removed");
    let control = |n: u32| scene.log().join(format!("active/control.{n}"));
    let rows: [(&str, Vec<PathBuf>); 4] = [
        ("active", vec![scene.data().join("active")]),
        ("a control file", vec![control(1)]),
        ("two control files", vec![control(2), control(3)]),
        ("active and a control file", vec![scene.data().join("active"), control(1)]),
    ];
    for (row, files) in rows {
        for file in files {
            // One that was removed before may not have been made again yet.
            let _ = std::fs::remove_file(file);
        }
        for command in [&["strmqm", "QR"][..], &["dltmqm", "QR"], &["adopt", "QR"]] {
            let output = scene.place.run(command, "");
            assert!(
                matches!(output.status.code(), Some(5 | 23)),
                "{row}, {command:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        scene.put();
        scene.check(row);
        // It makes the lock file again, so that others see that it runs.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !server::lock::is_held(&scene.place.paths().lock()).unwrap() {
            assert!(std::time::Instant::now() < until, "{row}: the lock file was not made again");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert!(holding::process(&scene.place.paths()).is_some(), "{row}");
        // A checkpoint makes control files again; an end writes one.
        scene.end();
        scene.start();
        scene.check(row);
    }
}

#[test]
fn a_log_taken_away_ends_the_running_one() {
    let mut scene = Scene::new("ownership-taken");
    for row in ["moved", "moved, and another in its place"] {
        let pid = holding::process(&scene.place.paths()).unwrap();
        let away = scene.place.root.join("away");
        std::fs::rename(scene.log(), &away).unwrap();
        if row.contains("another") {
            copy(&away, &scene.log());
        }
        // The data directory's lock is let go by the process that ends.
        server::status::wait_for_end(&scene.place.paths()).unwrap();
        assert!(!Path::new(&format!("/proc/{pid}/fd/0")).exists(), "{row}");
        let errors = std::fs::read_to_string(scene.data().join("errors/AMQERR01.LOG")).unwrap();
        assert!(errors.contains("was taken away or replaced while"), "{row}: {errors}");
        let _ = std::fs::remove_dir_all(scene.log());
        std::fs::rename(&away, scene.log()).unwrap();
        scene.start();
        scene.check(row);
        scene.put();
    }
}

#[test]
fn a_data_directory_taken_away_ends_the_running_one() {
    let mut scene = Scene::new("ownership-data-taken");
    for row in ["moved", "moved, and another in its place", "moved with its root"] {
        let process = format!("/proc/{}/fd/0", holding::process(&scene.place.paths()).unwrap());
        let away = scene.place.root.join("away");
        let what = if row.contains("root") { scene.place.data() } else { scene.data() };
        std::fs::rename(&what, &away).unwrap();
        if row.contains("another") {
            copy(&away, &what);
        }
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while Path::new(&process).exists() {
            assert!(std::time::Instant::now() < until, "{row}: it goes on where nobody finds it");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert!(row.contains("another") || !what.exists(), "{row}: something was made in its place");
        let data = if row.contains("root") { away.join("qmgrs/QR") } else { away.clone() };
        let said = std::fs::read_to_string(data.join("errors/stderr.log")).unwrap();
        assert!(said.contains("was taken away or replaced while"), "{row}: {said}");
        let _ = std::fs::remove_dir_all(&what);
        std::fs::rename(&away, &what).unwrap();
        scene.start();
        scene.check(row);
        scene.put();
    }
}

#[test]
fn a_command_at_work_is_not_ended_for_a_queue_manager() {
    let scene = Scene::new("ownership-command");
    scene.end();
    // This process is the command. A signal would end it.
    let work = server::offline::Offline::open(&scene.place.paths()).unwrap();
    for way in ["-c", "-w", "-i", "-p"] {
        let output = scene.place.run(&["endmqm", way, "QR"], "");
        refused(way, &output, 3, "AMQ7028E");
    }
    drop(work);
    scene.start();
    scene.check("afterwards");
}

/// Does something to a file or a directory.
type Deed = fn(&Path);

/// What may become of a file.
const RUINS: &[(&str, Deed)] = &[
    ("removed", |file| std::fs::remove_file(file).unwrap()),
    ("empty", |file| std::fs::write(file, "").unwrap()),
    ("garbage", |file| std::fs::write(file, [0xff, 0xfe, 0, 1]).unwrap()),
    ("a directory", |file| {
        std::fs::remove_file(file).unwrap();
        std::fs::create_dir(file).unwrap();
    }),
];

#[test]
fn a_file_that_is_ruined_is_named_or_does_without() {
    let scene = Scene::new("ownership-ruined");
    scene.end();
    let saved = scene.place.root.join("saved");
    copy(&scene.place.data(), &saved);
    // What else the refusal may name, where one file says nothing without the others.
    let files = [
        ("qmgrs/QR/qm.ini", "qm.ini"),
        ("qmgrs/QR/pairing", "pairing"),
        ("qmgrs/QR/status", "status"),
        ("qmgrs/QR/active", "active"),
        ("mqs.ini", "mqs.ini"),
        ("log/QR/active/control.1", "control.1"),
        ("log/QR/active/S0000001.LOG", "S0000001.LOG"),
    ];
    for (file, name) in files {
        for (ruin, make) in RUINS {
            let row = format!("{file} {ruin}");
            make(&scene.place.data().join(file));
            let output = scene.place.run(&["strmqm", "QR"], "");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            for jargon in ["os error", "log disk", "panicked", "initialization file: .", "Kind("] {
                assert!(!said.contains(jargon), "{row}: {said}");
            }
            if output.status.success() {
                scene.check(&row);
                scene.end();
            } else if output.status.code() != Some(16) {
                // A pairing that is gone is told by what is not of the same time.
                assert!(said.contains(name) || said.contains("packhorse adopt"), "{row}: {said}");
                assert!(matches!(output.status.code(), Some(23 | 71)), "{row}: {:?}", output.status);
            }
            let needless = ["status", "control.1"].contains(&name) && *ruin != "a directory";
            assert!(output.status.success() || !needless, "{row}: {said}");
            std::fs::remove_dir_all(scene.place.data()).unwrap();
            copy(&saved, &scene.place.data());
            scene.start();
            scene.check(&row);
            scene.end();
            std::fs::remove_dir_all(scene.place.data()).unwrap();
            copy(&saved, &scene.place.data());
        }
    }
}

#[test]
fn a_line_of_qm_ini_that_means_nothing_is_named() {
    let scene = Scene::new("ownership-stray");
    scene.end();
    let file = scene.data().join("qm.ini");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("Log:\nstray\n{text}")).unwrap();
    let said = format!(
        "AMQ9224E: Unexpected token detected at line 2 of the initialization file: {}.",
        file.display()
    );
    refused("a stray line", &scene.place.run(&["strmqm", "QR"], ""), 71, &said);
    std::fs::write(&file, text).unwrap();
    scene.start();
    scene.check("as it was");
}

#[test]
fn a_log_that_is_left_by_a_deletion_is_told() {
    let rows: [(&str, Deed, &str); 4] = [
        ("qm.ini gone", |data| std::fs::remove_file(data.join("qm.ini")).unwrap(), "qm.ini"),
        ("qm.ini empty", |data| std::fs::write(data.join("qm.ini"), "").unwrap(), "LogPath is missing"),
        ("pairing a directory", |data| RUINS[3].1(&data.join("pairing")), "pairing: it is a directory"),
        ("data gone", |data| std::fs::remove_dir_all(data).unwrap(), "the data directory is not there"),
    ];
    for (row, ruin, why) in rows {
        let scene = Scene::new("ownership-left");
        scene.end();
        let log = contents(&scene.log());
        ruin(&scene.data());
        let output = scene.place.run(&["dltmqm", "QR"], "");
        refused(row, &output, 0, "The log was not deleted.");
        refused(row, &output, 0, why);
        assert!(log == contents(&scene.log()), "{row}");
    }
}

#[test]
fn the_same_directories_bind_mounted() {
    let can_mount =
        Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success());
    if !can_mount {
        assert!(std::env::var_os("CI").is_none(), "CI must be able to make mount name spaces");
        eprintln!("SKIPPED: bind mounts need root and unshare");
        return;
    }
    let scene = Scene::new("ownership-bind");
    let other = scene.other();
    for name in ["data", "log", "second"] {
        std::fs::create_dir(other.join(name)).unwrap();
    }
    let start = |data: &Path, mounts: &[(&Path, &Path)]| {
        let root = root_with(&other.join("second"), "QR", data);
        let mut script = String::new();
        for (from, to) in mounts {
            script += &format!("mount --bind '{}' '{}' && ", from.display(), to.display());
        }
        script += &format!("exec '{}' strmqm QR", env!("CARGO_BIN_EXE_packhorse"));
        Command::new("unshare")
            .args(["-m", "sh", "-c", &script])
            .env("MQ_OVERRIDE_DATA_PATH", root)
            .output()
            .unwrap()
    };
    let (data, log) = (scene.data(), scene.log());
    let output = start(&other.join("data"), &[(&data, &other.join("data"))]);
    refused("data bind mounted, running", &output, 5, "AMQ8996E");
    let copied = copied_data(&scene, &other);
    set_log_path(&copied, &other.join("log"));
    let output = start(&copied, &[(&log, &other.join("log"))]);
    refused("log bind mounted, running", &output, 23, "another process has it open");
    let pid = holding::process(&scene.place.paths()).unwrap();
    refused(
        "log bind mounted, running",
        &output,
        23,
        &format!("queue manager 'QR' with the data directory {}, process {pid}.", data.display()),
    );
    scene.end();
    let copied_again = other.join("again");
    copy(&data, &copied_again);
    set_log_path(&copied_again, &other.join("log"));
    let output = start(&copied_again, &[(&log, &other.join("log"))]);
    refused("log bind mounted, ended", &output, 23, "of which this one is a copy");
    scene.start();
    scene.check("bind mounts");
}

#[test]
fn nothing_is_created_over_what_is_there() {
    let scene = Scene::new("ownership-create");
    let root = scene.place.root.join("another-root");
    let data_base = scene.data().parent().unwrap().to_owned();
    let log_base = scene.log().parent().unwrap().to_owned();
    let text = |path: &Path| path.display().to_string();
    let (data_base, log_base) = (text(&data_base), text(&log_base));
    let (in_data, in_log, in_active) =
        (text(&scene.data()), text(&scene.log()), text(&scene.log().join("active")));
    let stuff = scene.place.root.join("stuff");
    std::fs::create_dir_all(stuff.join("QR")).unwrap();
    std::fs::write(stuff.join("QR/letter"), "dear").unwrap();
    let stuff = text(&stuff);
    let linked = scene.place.root.join("linked");
    std::fs::create_dir_all(&linked).unwrap();
    symlink(scene.log(), linked.join("QR")).unwrap();
    let linked = text(&linked);
    let rows: &[(&str, &[&str], i32, &str)] = &[
        ("log of QR", &["-ld", &log_base, "QR"], 100, "it is the log of a queue manager"),
        ("log of QR through a link", &["-ld", &linked, "QR"], 100, "it is the log of a queue manager"),
        ("data of QR", &["-md", &data_base, "QR"], 69, "it is the data directory of a queue manager"),
        ("data of QR as log", &["-ld", &data_base, "QR"], 100, "it is the data directory of a queue manager"),
        ("log of QR as data", &["-md", &log_base, "QR"], 69, "it is the log of a queue manager"),
        ("in data", &["-md", &in_data, "QN"], 69, "it would lie in"),
        ("log in data", &["-ld", &in_data, "QN"], 100, "it would lie in"),
        ("in log", &["-ld", &in_log, "QN"], 100, "it would lie in"),
        ("in the log's files", &["-ld", &in_active, "QN"], 100, "it would lie in"),
        ("not empty", &["-ld", &stuff, "QR"], 100, "it is not empty"),
        ("data not empty", &["-md", &stuff, "QR"], 69, "it is not empty"),
        ("both the same", &["-md", &in_data, "-ld", &in_data, "QR"], 100, "directories of their own"),
    ];
    for running in [true, false] {
        for (row, options, exit, reason) in rows {
            let before = (!running).then(|| (contents(&scene.data()), contents(&scene.log())));
            let output = packhorse(&root, &[&["crtmqm"], SMALL, options].concat());
            refused(row, &output, *exit, reason);
            if let Some(before) = before {
                assert!(before == (contents(&scene.data()), contents(&scene.log())), "{row}");
            }
            assert_eq!(std::fs::read_to_string(format!("{stuff}/QR/letter")).unwrap(), "dear", "{row}");
            assert!(packhorse(&root, &["dspmq"]).stdout.is_empty(), "{row}: it is known");
            assert!(!root.join("qmgrs/QR").exists() && !root.join("log/QR").exists(), "{row}: left behind");
        }
        if running {
            scene.check("running");
            scene.end();
        }
    }
    scene.start();
    scene.check("ended");

    // An empty directory may have been made for it, and what a command left unfinished is taken away.
    let empty = scene.place.root.join("empty");
    std::fs::create_dir_all(empty.join("QE")).unwrap();
    let made = packhorse(&root, &[&["crtmqm"], SMALL, &["-ld", &text(&empty), "QE"]].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let left = scene.place.root.join("left/QL");
    std::fs::create_dir_all(left.join("active")).unwrap();
    std::fs::write(left.join(holding::UNFINISHED), "").unwrap();
    std::fs::write(left.join("active/control.1"), "half").unwrap();
    let options = ["-ld".to_owned(), text(left.parent().unwrap()), "QL".to_owned()];
    let options: Vec<&str> =
        [&["crtmqm"], SMALL].concat().into_iter().chain(options.iter().map(String::as_str)).collect();
    let mark = LockFile::try_take(&left.join(holding::UNFINISHED)).unwrap();
    refused("unfinished, being made", &packhorse(&root, &options), 100, "another command");
    drop(mark);
    let made = packhorse(&root, &options);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for name in ["QE", "QL"] {
        assert!(packhorse(&root, &["dltmqm", name]).status.success());
    }
    assert!(!left.exists() && !empty.join("QE").exists());
}

#[test]
fn nothing_of_another_is_deleted() {
    let scene = Scene::new("ownership-delete");
    for running in [true, false] {
        let other = scene.other();
        // While the first one ran through, a copy has the same start: it may be the one that runs.
        let data = copied_data(&scene, &other);
        if running {
            let root = root_with(&other.join("second"), "QR", &data);
            let output = packhorse(&root, &["dltmqm", "QR"]);
            refused("copy of a running one", &output, 5, "AMQ8996E");
        } else {
            scene.end();
            let log = contents(&scene.log());
            let root = root_with(&other.join("second"), "QR", &data);
            let output = packhorse(&root, &["dltmqm", "QR"]);
            assert!(output.status.success());
            refused("copy of an ended one", &output, 0, "The log was not deleted.");
            assert!(!data.exists() && log == contents(&scene.log()));
            // A stanza of another name that leads to its data.
            let root = root_with(&other.join("third"), "QX", &scene.data());
            let before = contents(&scene.data());
            refused("another's data", &packhorse(&root, &["dltmqm", "QX"]), 71, "belongs to another");
            refused("another's data", &packhorse(&root, &["strmqm", "QX"]), 71, "belongs to another");
            assert!(before == contents(&scene.data()) && log == contents(&scene.log()));
            scene.start();
        }
        scene.check("delete");
    }
    // One that another has its directory in.
    scene.end();
    let inner = scene.data().join("errors/inner");
    copy(&scene.data(), &scene.place.root.join("inner"));
    std::fs::rename(scene.place.root.join("inner"), &inner).unwrap();
    let before = (contents(&scene.data()), contents(&scene.log()));
    refused("one in another", &scene.place.run(&["dltmqm", "QR"], ""), 71, "has its directory here");
    assert!(before == (contents(&scene.data()), contents(&scene.log())), "something was removed");
    std::fs::remove_dir_all(&inner).unwrap();
    scene.place.succeed(&["dltmqm", "QR"], "");
    scene.place.start(SMALL);
    // Its own is deleted, through links too, and an interrupted deletion is gone on with.
    scene.end();
    let moved = scene.place.root.join("moved-log");
    std::fs::rename(scene.log(), &moved).unwrap();
    symlink(&moved, scene.log()).unwrap();
    for directory in [scene.data(), moved.clone()] {
        std::fs::write(directory.join(holding::UNFINISHED), "").unwrap();
    }
    std::fs::remove_file(moved.join("active/control.1")).unwrap();
    refused("half deleted", &scene.place.run(&["strmqm", "QR"], ""), 71, "did not come to its end");
    let data = scene.data();
    scene.place.succeed(&["dltmqm", "QR"], "");
    assert!(!moved.exists() && !data.exists() && scene.log().symlink_metadata().is_err());
    // For the scene's own end.
    scene.place.start(SMALL);
}

#[test]
fn a_node_links_only_what_belongs_together() {
    let scene = Scene::new("ownership-link");
    let node = scene.place.root.join("node");
    let link =
        |name: &str, data: &Path| packhorse(&node, &["halinkmqm", name, name, &data.display().to_string()]);
    for running in [true, false] {
        let _ = std::fs::remove_dir_all(&node);
        let other = scene.other();
        let copied = copied_data(&scene, &other);
        refused("a copy", &link("QR", &copied), 20, "of which this one is a copy");
        refused("another name", &link("QX", &scene.data()), 20, "belongs to another queue manager");
        assert!(link("QR", &scene.data()).status.success());
        assert!(link("QR", &scene.data()).status.success(), "again");
        symlink(scene.data(), other.join("same")).unwrap();
        assert!(link("QR", &other.join("same")).status.success(), "the same through a link");
        refused("another of the name", &link("QR", &copied), 20, "knows queue manager 'QR'");
        let second = packhorse(&node, &["strmqm", "QR"]);
        if running {
            refused("takeover while it runs", &second, 5, "AMQ8996E");
            scene.check("running");
            scene.end();
        } else {
            assert!(second.status.success(), "takeover: {}", String::from_utf8_lossy(&second.stderr));
            assert!(packhorse(&node, &["endmqm", "-i", "QR"]).status.success());
        }
    }
    // And back.
    scene.start();
    scene.check("back");
}

#[test]
fn of_many_at_once_one_starts_and_one_creates() {
    let scene = Scene::new("ownership-race");
    let root = scene.place.root.join("data");
    for round in 0..3 {
        scene.end();
        // Half of them are copies, for which the lock of the log is the only one that counts.
        let other = scene.other();
        let mut roots = vec![root.clone(); 3];
        for n in 0..3 {
            let data = other.join(format!("copy{n}"));
            copy(&scene.data(), &data);
            roots.push(root_with(&other.join(format!("root{n}")), "QR", &data));
        }
        let outputs = at_once(&roots, &["strmqm", "QR"]);
        let codes: Vec<Option<i32>> = outputs.iter().map(|output| output.status.code()).collect();
        assert_eq!(codes[..3].iter().filter(|code| **code == Some(0)).count(), 1, "{round}: {codes:?}");
        assert!(codes[..3].iter().all(|code| matches!(code, Some(0 | 5 | 23))), "{round}: {codes:?}");
        assert!(codes[3..].iter().all(|code| *code == Some(23)), "{round}: {codes:?}");
        scene.check("of many");
    }
    let base = scene.place.root.join("base");
    let roots: Vec<PathBuf> = (0..4).map(|n| scene.place.root.join(format!("maker{n}"))).collect();
    let log = base.display().to_string();
    let outputs = at_once(&roots, &[&["crtmqm"], SMALL, &["-ld", &log, "QC"]].concat());
    let made: Vec<usize> = (0..4).filter(|n| outputs[*n].status.success()).collect();
    assert_eq!(made.len(), 1, "{outputs:?}");
    for (n, output) in outputs.iter().enumerate().filter(|(n, _)| !made.contains(n)) {
        refused(&format!("maker {n}"), output, 100, "AMQ7064E");
    }
    let started = packhorse(&roots[made[0]], &["strmqm", "QC"]);
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    assert!(packhorse(&roots[made[0]], &["endmqm", "-i", "QC"]).status.success());
}

#[test]
fn a_creation_and_a_deletion_killed_at_any_moment_can_be_repeated() {
    let root = std::env::temp_dir().join(format!("packhorse-ownership-killed-{}", std::process::id()));
    let create = [&["crtmqm"], SMALL, &["QK"]].concat();
    let is_known = || !packhorse(&root, &["dspmq"]).stdout.is_empty();
    #[track_caller]
    fn succeed(root: &Path, arguments: &[&str], after: &str) {
        let output = packhorse(root, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.is_empty(), "{after}: {arguments:?}: {said}");
    }
    let begun = std::time::Instant::now();
    succeed(&root, &create, "nothing");
    let creation = begun.elapsed();
    let begun = std::time::Instant::now();
    succeed(&root, &["dltmqm", "QK"], "nothing");
    let deletion = begun.elapsed();
    for step in 0..16u32 {
        killed(&root, &create, creation * step / 14);
        let after = format!("crtmqm killed at {step} of 14");
        if is_known() {
            succeed(&root, &["dltmqm", "QK"], &after);
        }
        succeed(&root, &create, &after);
        succeed(&root, &["strmqm", "QK"], &after);
        succeed(&root, &["endmqm", "-i", "QK"], &after);
        killed(&root, &["dltmqm", "QK"], deletion * step / 14);
        let after = format!("dltmqm killed at {step} of 14");
        if is_known() {
            succeed(&root, &["dltmqm", "QK"], &after);
        }
        assert!(!root.join("qmgrs/QK").exists() && !root.join("log/QK").exists(), "{after}");
    }
    std::fs::remove_dir_all(root).unwrap();
}

/// Runs a command and kills it after so long.
fn killed(root: &Path, arguments: &[&str], after: std::time::Duration) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_packhorse"))
        .args(arguments)
        .env("MQ_OVERRIDE_DATA_PATH", root)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let _ = child.kill();
    child.wait().unwrap();
}

fn at_once(roots: &[PathBuf], arguments: &[&str]) -> Vec<Output> {
    std::thread::scope(|scope| {
        let runs: Vec<_> = roots.iter().map(|root| scope.spawn(|| packhorse(root, arguments))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

#[test]
fn directories_from_before_there_were_owners_are_taken() {
    let mut scene = Scene::new("ownership-upgrade");
    scene.end();
    std::fs::remove_file(scene.data().join("pairing")).unwrap();
    let refusal = scene.place.run(&["strmqm", "QR"], "");
    refused("data without a pairing, log with an owner", &refusal, 23, "one of them is older");
    for n in 1..=3 {
        without_owner(&scene.log().join(format!("active/control.{n}")));
    }
    scene.start();
    scene.put();
    scene.check("upgraded");
    scene.end();
    let copied = copied_data(&scene, &scene.other());
    let other = scene.place.root.join("other");
    second_start("copy, after the upgrade", &scene, &other, &copied, &COPY);
    scene.start();
}

/// Makes a control file what it was in version 1 of the format.
fn without_owner(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let number = |at: usize, bytes: &[u8]| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let len = number(0, &bytes) as usize;
    let owner = bytes[8..8 + len].windows(10).rposition(|window| window == b"LogOwner:\n").unwrap();
    let len = u32::try_from(owner - 4).unwrap();
    bytes[12..16].copy_from_slice(&1u32.to_le_bytes());
    bytes[..4].copy_from_slice(&len.to_le_bytes());
    let summed: Vec<u8> = bytes[..4].iter().chain(&bytes[8..8 + len as usize]).copied().collect();
    bytes[4..8].copy_from_slice(&crc32c(&summed).to_le_bytes());
    std::fs::write(file, bytes).unwrap();
}

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 * (crc & 1)))
    })
}
