//! Files of a queue manager in the hands of somebody else: who may write them, what stands where a file should be, what
//! is gone while it runs, and a disk that is full.

#![allow(clippy::unwrap_used, reason = "whatever goes wrong here fails the test")]

mod place;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use place::Place;

/// Options of small queue managers.
const SMALL: &[&str] = &["-lf", "64", "-lp", "2", "-ls", "1"];
/// A failure detector: no command takes so long.
const LIMIT: Duration = Duration::from_secs(60);

/// A queue manager `QR` with one message, which is ended.
fn ended(name: &str) -> Place {
    let place = Place::new(name);
    place.start(SMALL);
    place.succeed(&["runmqsc", "QR"], "DEFINE QLOCAL(Q) DEFPSIST(YES)\n");
    place.succeed(&["amqsput", "Q", "QR"], "message\n");
    place.succeed(&["endmqm", "-i", "QR"], "");
    place
}

/// Its message is there. It runs before and is ended afterwards.
#[track_caller]
fn check(place: &Place, row: &str) {
    let shown = place.succeed(&["runmqsc", "QR"], "DISPLAY QLOCAL(Q) CURDEPTH\n");
    assert!(shown.contains("CURDEPTH(1)"), "{row}: {shown}");
    place.succeed(&["endmqm", "-i", "QR"], "");
}

/// What a command prints, with one blank between words.
fn said(output: &Output) -> String {
    let all =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs a command that must come to its end by itself.
#[track_caller]
fn in_time(place: &Place, arguments: &[&str]) -> Output {
    let mut child = place.command(arguments).stdin(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + LIMIT;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("{arguments:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Below the data root: what nobody else may write.
const GUARDED: &[&str] = &[
    "qmgrs/QR",
    "qmgrs/QR/errors",
    "qmgrs/QR/qm.ini",
    "qmgrs/QR/pairing",
    "qmgrs/QR/active",
    "qmgrs/QR/passwords",
    "log/QR",
    "log/QR/active",
    "log/QR/active/control.2",
    "log/QR/active/S0000001.LOG",
    "mqs.ini",
];

#[test]
fn what_others_may_write_is_not_used() {
    let place = ended("files-modes");
    place.succeed(&["passwd", "-m", "QR", "app"], "secret-enough\n");
    for file in GUARDED {
        let path = place.data().join(file);
        let before = std::fs::metadata(&path).unwrap().mode() & 0o7777;
        for more in [0o020, 0o002] {
            set_mode(&path, before | more);
            let mut commands = vec![&["strmqm", "QR"][..], &["strmqm", "-c", "QR"], &["dltmqm", "QR"]];
            if *file == "qmgrs/QR/passwords" {
                commands.push(&["passwd", "--remove", "-m", "QR", "app"]);
            }
            for command in commands {
                let output = in_time(&place, command);
                let said = said(&output);
                let mended = format!(
                    "{}: mode {:04o} lets others than its owner write it. This mends it: chmod go-w {}",
                    path.display(),
                    before | more,
                    path.display()
                );
                assert!(!output.status.success() && said.contains(&mended), "{command:?}, {file}: {said}");
            }
            // As it says.
            let mended = Command::new("chmod").arg("go-w").arg(&path).status().unwrap();
            assert!(mended.success() && std::fs::metadata(&path).unwrap().mode() & 0o7777 == before);
        }
    }
    place.succeed(&["strmqm", "QR"], "");
    check(&place, "mended");
}

#[test]
fn what_is_another_users_is_not_used() {
    if server::users::current() != 0 {
        println!("!!! SKIPPED: only root can give files away");
        return;
    }
    let place = ended("files-owners");
    place.succeed(&["passwd", "-m", "QR", "app"], "secret-enough\n");
    let nobody = Some(65_534);
    // A data directory may be anybody's when root works on it: then he is the owner.
    for file in GUARDED.iter().filter(|file| !["qmgrs/QR", "mqs.ini"].contains(file)) {
        let path = place.data().join(file);
        std::os::unix::fs::chown(&path, nobody, None).unwrap();
        let output = in_time(&place, &["strmqm", "QR"]);
        let said = said(&output);
        let mended = format!(
            "{path}: it belongs to user 'nobody', and neither to 'root' nor to root. This mends it: chown root {path}",
            path = path.display()
        );
        assert!(!output.status.success() && said.contains(&mended), "{file}: {said}");
        std::os::unix::fs::chown(&path, Some(0), None).unwrap();
    }
    place.succeed(&["strmqm", "QR"], "");
    check(&place, "given back");
    // A directory for the log that another user has prepared, or a link of his.
    let base = place.root.join("logs");
    std::fs::create_dir_all(base.join("QN")).unwrap();
    let victim = place.root.join("victim");
    std::fs::create_dir(&victim).unwrap();
    let options = ["-ld", base.to_str().unwrap(), "QN"];
    std::os::unix::fs::chown(base.join("QN"), nobody, None).unwrap();
    let output = place.run(&[&["crtmqm"], SMALL, &options].concat(), "");
    assert!(
        !output.status.success() && said(&output).contains("belongs to user 'nobody'"),
        "{}",
        said(&output)
    );
    std::fs::remove_dir(base.join("QN")).unwrap();
    symlink(&victim, base.join("QN")).unwrap();
    std::os::unix::fs::lchown(base.join("QN"), nobody, None).unwrap();
    let output = place.run(&[&["crtmqm"], SMALL, &options].concat(), "");
    assert!(
        !output.status.success() && said(&output).contains("belongs to user 'nobody'"),
        "{}",
        said(&output)
    );
    assert_eq!(std::fs::read_dir(&victim).unwrap().count(), 0, "something was made where a link leads");
}

#[test]
fn whatever_the_umask_nothing_is_made_that_others_may_write() {
    let place = Place::new("files-umask");
    let prepared = place.root.join("logs/QU");
    std::fs::create_dir_all(&prepared).unwrap();
    set_mode(&prepared, 0o777);
    let script = format!(
        "umask 0; set -e; '{program}' crtmqm -lf 64 -lp 2 QR; '{program}' strmqm QR; echo secret-enough | '{program}' passwd -m QR app; \
         echo 'DEFINE QLOCAL(Q) DEFPSIST(YES)' | '{program}' runmqsc QR; echo one | '{program}' amqsput Q QR; \
         '{program}' endmqm -i QR; '{program}' strmqm -c QR; \
         '{program}' crtmqm -lf 64 -lp 2 -ld '{logs}' QU; '{program}' strmqm QU; '{program}' endmqm -i QU",
        program = env!("CARGO_BIN_EXE_packhorse"),
        logs = place.root.join("logs").display(),
    );
    let ran = Command::new("sh")
        .args(["-c", &script])
        .env("MQ_OVERRIDE_DATA_PATH", place.data())
        .env("PACKHORSE_RECORD", place.data().join("tape"))
        .env("PACKHORSE_FAP_LOG", place.data().join("fap"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", said(&ran));
    let mut seen = 0;
    let mut look = |path: &Path| {
        let meta = std::fs::symlink_metadata(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_public = path == place.data()
            || ["qmgrs", "mqs.ini"].contains(&name)
            || path.starts_with(place.data().join("sockets"));
        let is_locked = ["active", "mqs.ini.lock"].contains(&name) || name.starts_with("control.");
        let is_secret = ["passwords", "fap"].contains(&name) || name.starts_with("tape") || is_locked;
        let allowed = match (meta.is_dir(), is_public, is_secret) {
            (true, true, _) => 0o755,
            (true, ..) => 0o750,
            (false, true, _) => 0o644,
            (false, _, true) => 0o600,
            (false, ..) => 0o640,
        };
        let mode = meta.mode() & 0o7777;
        assert_eq!(mode & !allowed, 0, "{} has mode {mode:04o}", path.display());
        seen += 1;
    };
    walk(&place.data(), &mut look);
    walk(&prepared, &mut look);
    assert!(seen > 30, "only {seen} files");
    place.run(&["dltmqm", "QU"], "");
}

fn walk(path: &Path, look: &mut dyn FnMut(&Path)) {
    look(path);
    if path.symlink_metadata().unwrap().is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            walk(&entry.unwrap().path(), look);
        }
    }
}

/// Puts something else in the place of a file; it gets a file that must stay as it is.
type Plant = (&'static str, fn(&Path, &Path));

const PLANTS: &[Plant] = &[
    ("a symbolic link", |at, victim| symlink(victim, at).unwrap()),
    ("a FIFO", |at, _| assert!(Command::new("mkfifo").arg(at).status().unwrap().success())),
    ("a directory", |at, _| std::fs::create_dir(at).unwrap()),
];

#[test]
fn what_stands_in_the_place_of_a_file_is_named_and_nobody_waits() {
    let place = ended("files-planted");
    let victim = place.root.join("victim");
    std::fs::write(&victim, "mine").unwrap();
    let saved = place.root.join("saved");
    let copy = |from: &Path, to: &Path| {
        assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
    };
    copy(&place.data(), &saved);
    let files = [
        "mqs.ini",
        "mqs.ini.lock",
        "mqs.ini.new",
        "qmgrs/QR/status",
        "qmgrs/QR/status.new",
        "qmgrs/QR/active",
        "qmgrs/QR/qm.ini",
        "qmgrs/QR/pairing",
        "qmgrs/QR/pairing.old",
        "qmgrs/QR/passwords",
        "qmgrs/QR/scratch",
        "qmgrs/QR/errors/AMQERR01.LOG",
        "qmgrs/QR/errors/stderr.log",
        "log/QR/active/control.1",
        "log/QR/active/control.new",
        "log/QR/active/extent.new",
        "log/QR/active/S0000001.LOG",
    ];
    // Nothing goes by these: what was planted is passed over, or made way for.
    let needless =
        ["mqs.ini.new", "status.new", "pairing.old", "scratch", "stderr.log", "control.new", "extent.new"];
    for file in files {
        for (kind, plant) in PLANTS {
            let path = place.data().join(file);
            let row = format!("{kind} at {file}");
            let name = path.file_name().unwrap().to_str().unwrap();
            let _ = std::fs::remove_file(&path);
            plant(&path, &victim);
            for command in [
                &["dspmq"][..],
                &["strmqm", "QR"],
                &["endmqm", "-i", "QR"],
                &["passwd", "--remove", "-m", "QR", "app"],
                &["dltmqm", "QR"],
            ] {
                let output = in_time(&place, command);
                let said = said(&output);
                assert!(
                    !said.contains("panicked") && !said.contains("os error"),
                    "{row}, {command:?}: {said}"
                );
                if command[0] == "strmqm"
                    && !needless.contains(&name)
                    && !["mqs.ini.lock", "passwords"].contains(&name)
                {
                    assert!(!output.status.success(), "{row} starts: {said}");
                    assert!(said.contains(name), "{row}, {command:?} does not name it: {said}");
                }
                if command[0] == "strmqm" && needless.contains(&name) && *kind != "a directory" {
                    assert!(output.status.success(), "{row}: {said}");
                }
                assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine", "{row}, {command:?}");
            }
            std::fs::remove_dir_all(place.data()).unwrap();
            copy(&saved, &place.data());
        }
    }
    place.succeed(&["strmqm", "QR"], "");
    check(&place, "as it was");
}

/// A copy made of hard links has the same files; so has another user's file that was given a second name here.
#[test]
fn nothing_is_written_to_what_has_a_second_name() {
    let place = ended("files-second-names");
    let data = place.paths().data;
    let victim = place.root.join("victim");
    std::fs::write(&victim, "mine").unwrap();
    set_mode(&victim, 0o640);
    let log = place.data().join("log/QR/active");
    let names = ["active", "pairing.old", "status.new", "errors/stderr.log", "errors/AMQERR01.NEW"];
    let in_log = ["control.new", "extent.new"].map(|name| log.join(name));
    let logs = ["errors/AMQERR01.LOG", "errors/AUDIT01.json"];
    for path in names.iter().chain(&logs).map(|name| data.join(name)).chain(in_log) {
        let _ = std::fs::remove_file(&path);
        std::fs::hard_link(&victim, &path).unwrap();
    }
    place.succeed(&["strmqm", "QR"], "");
    check(&place, "second names");
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
    assert_eq!(std::fs::metadata(&victim).unwrap().mode() & 0o777, 0o640);

    let backup = place.root.join("backup");
    assert!(Command::new("cp").arg("-al").args([&data, &backup]).status().unwrap().success());
    let contents = || {
        let mut files = Vec::new();
        walk(&backup, &mut |path| {
            if path.is_file() {
                files.push((path.to_owned(), std::fs::read(path).unwrap()));
            }
        });
        files
    };
    let before = contents();
    place.succeed(&["strmqm", "QR"], "");
    check(&place, "a copy of hard links");
    assert_eq!(contents(), before);
}

#[test]
fn what_is_planted_while_it_runs_hangs_nobody() {
    for (kind, plant) in PLANTS {
        let place = ended("files-planted-running");
        let victim = place.root.join("victim");
        std::fs::write(&victim, "mine").unwrap();
        place.succeed(&["strmqm", "QR"], "");
        for file in ["status", "passwords", "errors/AMQERR01.LOG", "errors/AMQERR01.NEW", "errors/stderr.log"]
        {
            let path = place.paths().data.join(file);
            let _ = std::fs::remove_file(&path);
            plant(&path, &victim);
        }
        for command in [&["dspmq"][..], &["strmqm", "QR"], &["passwd", "-m", "QR", "app"], &["dltmqm", "QR"]]
        {
            in_time(&place, command);
        }
        let shown = place.succeed(&["runmqsc", "QR"], "DISPLAY QLOCAL(Q) CURDEPTH\n");
        assert!(shown.contains("CURDEPTH(1)"), "{kind}: {shown}");
        in_time(&place, &["endmqm", "-i", "QR"]);
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine", "{kind}");
        assert!(!server::lock::is_held(&place.paths().lock()).unwrap(), "{kind}: it runs on");
    }
}

#[test]
fn nothing_outside_is_deleted_through_links() {
    let place = ended("files-deleted");
    let outside = place.root.join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("letter"), "dear").unwrap();
    for directory in ["qmgrs/QR", "qmgrs/QR/errors", "log/QR", "log/QR/active"] {
        let directory = place.data().join(directory);
        symlink(&outside, directory.join("link")).unwrap();
        symlink(outside.join("letter"), directory.join("letter")).unwrap();
        std::fs::hard_link(outside.join("letter"), directory.join("hard")).unwrap();
        std::fs::create_dir(directory.join("deep")).unwrap();
        symlink("../../../../../outside", directory.join("deep/up")).unwrap();
        symlink("/", directory.join("deep/root")).unwrap();
    }
    place.succeed(&["dltmqm", "QR"], "");
    assert_eq!(std::fs::read_to_string(outside.join("letter")).unwrap(), "dear");
    assert!(!place.data().join("qmgrs/QR").exists() && !place.data().join("log/QR").exists());
    // What an interrupted creation left may have links in it too.
    let left = place.root.join("left/QL");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("unfinished"), "").unwrap();
    symlink(&outside, left.join("active")).unwrap();
    let options = ["-ld", left.parent().unwrap().to_str().unwrap(), "QL"];
    place.succeed(&[&["crtmqm"], SMALL, &options].concat(), "");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1, "the log was made outside");
    place.succeed(&["dltmqm", "QL"], "");
    assert_eq!(std::fs::read_to_string(outside.join("letter")).unwrap(), "dear");
}

/// Waits for what must come about.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_state_that_is_removed_is_told_again() {
    let place = ended("files-status");
    place.succeed(&["strmqm", "QR"], "");
    std::fs::remove_file(place.paths().status()).unwrap();
    until("it does not say that it runs", || place.succeed(&["dspmq"], "").contains("STATUS(Running)"));
    check(&place, "ended after it");
    assert!(place.succeed(&["dspmq"], "").contains("STATUS(Ended immediately)"));
}

/// The extents of the log, in order.
fn extents(place: &Place) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place.data().join("log/QR/active")).unwrap();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|end| end == "LOG"));
    all.sort();
    all
}

/// `strmqm`, once the process before has let go of all its files: the system closes them one after the other.
fn started_once_it_is_gone(place: &Place) -> Output {
    const RUNNING: i32 = 5;
    let mut started = place.run(&["strmqm", "QR"], "");
    until("the process before does not end", || {
        if started.status.code() == Some(RUNNING) {
            started = place.run(&["strmqm", "QR"], "");
        }
        started.status.code() != Some(RUNNING)
    });
    started
}

#[test]
fn an_extent_that_is_taken_away_ends_the_running_one() {
    for row in ["in use", "empty"] {
        let place = ended("files-extent");
        place.succeed(&["strmqm", "QR"], "");
        let all = extents(&place);
        let extent = if row == "empty" { all.last().unwrap() } else { &all[0] };
        let name = extent.file_name().unwrap().to_str().unwrap();
        let away = place.root.join(name);
        std::fs::rename(extent, &away).unwrap();
        server::status::wait_for_end(&place.paths()).unwrap();
        let errors = std::fs::read_to_string(place.paths().errors().join("AMQERR01.LOG")).unwrap();
        let errors = errors.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            errors.contains(&format!("{name} was taken away while the queue manager ran")),
            "{row}: {errors}"
        );
        let started = started_once_it_is_gone(&place);
        if row == "empty" {
            assert!(started.status.success(), "{}", said(&started));
        } else {
            assert!(!started.status.success() && said(&started).contains(name), "{}", said(&started));
            std::fs::rename(&away, extent).unwrap();
            place.succeed(&["strmqm", "QR"], "");
        }
        check(&place, row);
    }
}

/// Runs a script as root of a mount name space of its own, with `PH` the program, and `D` a directory that is a small
/// file system. None, said loudly, where that cannot be done.
fn on_a_small_disk(name: &str, script: &str) -> Option<Output> {
    let can_mount =
        Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success());
    if !can_mount {
        assert!(std::env::var_os("CI").is_none(), "CI must be able to make mount name spaces");
        println!("!!! SKIPPED: a small disk needs root and unshare");
        return None;
    }
    let place = Place::new(name);
    let disk = place.root.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let before = "mount -t tmpfs -o size=24m,mode=755 none \"$D\" || exit 99; MQ_OVERRIDE_DATA_PATH=\"$D/data\"; export MQ_OVERRIDE_DATA_PATH;\
        fill() { dd if=/dev/zero of=\"$D/ballast\" bs=4096 2>/dev/null || true; cat /dev/zero > \"$D/rest\" 2>/dev/null || true; };\
        room() { rm -f \"$D/ballast\" \"$D/rest\"; };";
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", &format!("{before}\n{script}")])
        .env("D", &disk)
        .env("PH", env!("CARGO_BIN_EXE_packhorse"))
        .output()
        .unwrap();
    // Nothing of it stays: the name space goes with its last process.
    Some(output)
}

#[test]
fn a_full_disk_does_not_keep_a_queue_manager_from_its_start() {
    let script = r#"
        set -e
        "$PH" crtmqm -lf 64 -lp 2 -ls 1 QF >/dev/null; "$PH" strmqm QF >/dev/null
        echo 'DEFINE QLOCAL(Q) DEFPSIST(YES)' | "$PH" runmqsc QF >/dev/null
        echo one | "$PH" amqsput Q QF >/dev/null
        "$PH" endmqm -i QF >/dev/null
        fill
        for way in -i -p -i -w; do
            "$PH" strmqm QF
            echo 'DISPLAY QLOCAL(Q) CURDEPTH' | "$PH" runmqsc QF
            "$PH" dspmq
            "$PH" endmqm $way QF
            "$PH" dspmq
        done
    "#;
    let Some(output) = on_a_small_disk("files-full", script) else { return };
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("CURDEPTH(1)").count(), 4, "{said}");
    assert_eq!(said.matches("STATUS(Running)").count(), 4, "{said}");
    assert_eq!(said.matches("STATUS(Ended").count(), 4, "{said}");
}

#[test]
fn a_full_disk_is_called_full() {
    // What a start needs has been taken away: it has to be made, and there is no room.
    let script = r#"
        "$PH" crtmqm -lf 64 -lp 2 -ls 1 QF >/dev/null; "$PH" strmqm QF >/dev/null; "$PH" endmqm -i QF >/dev/null
        rm -f "$D/data/qmgrs/QF/pairing.old"
        fill
        "$PH" strmqm QF; echo "exit $?"
        "$PH" crtmqm -lf 64 -lp 2 -ls 1 QG; echo "exit $?"
        room
        "$PH" strmqm QF && "$PH" endmqm -i QF; echo "then $?"
        "$PH" dspmq
    "#;
    let Some(output) = on_a_small_disk("files-called-full", script) else { return };
    let said = said(&output);
    assert_eq!(said.matches("the disk is full").count(), 2, "{said}");
    assert!(said.contains("pairing") && said.contains("AMQ7072E") && !said.contains("AMQ7017E"), "{said}");
    assert!(said.contains("then 0") && !said.contains("QMNAME(QG)"), "{said}");
}
