//! A queue manager of root's, and a user who is not root: what he is told, and how he gets to use it.
//!
//! Needs root, to become somebody else.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// `nobody`, whom every system has.
const NOBODY: u32 = 65_534;

/// A directory that everybody can reach, with the program in it and a queue manager `QU` of root's.
struct Shared {
    root: PathBuf,
}

fn free_port() -> String {
    let socket = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    socket.local_addr().expect("it is bound").port().to_string()
}

/// None, said loudly, for anybody but root.
fn shared(name: &str) -> Option<Shared> {
    if server::users::current() != 0 {
        println!("!!! SKIPPED: only root can become another user");
        return None;
    }
    let root = std::env::temp_dir().join(format!("packhorse-{name}-{}", std::process::id()));
    std::fs::create_dir_all(root.join("bin")).expect("the temporary directory can be written");
    let open = |path: &Path| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    };
    // By another process: a child of this one, begun by another test at that moment, would hold the copy open for
    // writing, and what is open for writing cannot be run.
    let copied =
        Command::new("cp").arg(env!("CARGO_BIN_EXE_packhorse")).arg(root.join("bin/packhorse")).status();
    assert!(copied.expect("there is a cp").success());
    [root.clone(), root.join("bin"), root.join("bin/packhorse")].iter().for_each(|path| open(path));
    Some(Shared { root })
}

impl Shared {
    fn run(&self, uid: u32, arguments: &[&str], input: &str) -> Output {
        use std::io::Write as _;
        let mut child = Command::new(self.root.join("bin/packhorse"))
            .args(arguments)
            .uid(uid)
            .gid(uid)
            .current_dir("/")
            .env("MQ_OVERRIDE_DATA_PATH", self.root.join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("everybody can run it");
        // One that is refused does not read.
        let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
        child.wait_with_output().expect("it ends")
    }

    #[track_caller]
    fn succeed(&self, uid: u32, arguments: &[&str], input: &str) -> String {
        let output = self.run(uid, arguments, input);
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{arguments:?}: {said:?}");
        said[0].clone()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.run(0, &["endmqm", "-p", "QU"], "");
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

#[test]
fn who_lacks_rights_is_told_on_what_and_whose_it_is() {
    let Some(shared) = shared("refused") else { return };
    shared.succeed(0, &["crtmqm", "QU"], "");
    let private = shared.root.join("private");
    std::fs::create_dir(&private).expect("it is ours");
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o700)).expect("it is ours");
    let private = private.to_str().expect("it is text");
    let check = |arguments: &[&str], about: &str| {
        let output = shared.run(NOBODY, arguments, "secret\n");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(119), "{arguments:?}: {said}");
        for part in ["AMQ7077E: ", about, "belongs to user 'root'", "this is user 'nobody'"] {
            assert!(said.contains(part), "{arguments:?}: no {part:?} in {said}");
        }
        assert!(!said.contains("os error"), "{said}");
        assert_eq!(said.matches(": Permission denied").count(), 1, "{said}");
        // What is about the data root says how to have another.
        let is_about_root = said.contains("mqs.ini");
        assert_eq!(said.contains("MQ_OVERRIDE_DATA_PATH"), is_about_root, "{arguments:?}: {said}");
    };
    check(&["strmqm", "QU"], "data/qmgrs/QU");
    check(&["dltmqm", "QU"], "data");
    check(&["endmqm", "-i", "QU"], "data/qmgrs/QU");
    check(&["passwd", "-m", "QU", "app"], "data");
    check(&["crtmqm", "QN"], "data");
    check(&["crtmqm", "-md", &format!("{private}/md"), "QN"], "data");
    check(&["adopt", "QU"], "data/qmgrs/QU");
    // Words of our own, which have no messages with identifiers.
    for arguments in [
        &["dev", "--name", "QN", "--port", &free_port()][..],
        &["links", &format!("{private}/links")],
        &["links", shared.root.to_str().expect("it is text")],
        &["bench", "--directory", private, "rr-np"],
        &["replay", &format!("{private}/tape")],
    ] {
        let output = shared.run(NOBODY, arguments, "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(20), "{arguments:?}: {said}");
        for part in [": Permission denied; ", "belongs to user 'root'", "this is user 'nobody'"] {
            assert_eq!(said.matches(part).count(), 1, "{arguments:?}: {part:?} in {said}");
        }
        assert!(!said.contains("os error"), "{said}");
    }
    let shown = shared.succeed(NOBODY, &["dspmq"], "");
    assert!(shown.contains("QMNAME(QU)") && shown.contains("STATUS(Status not available)"), "{shown}");
}

#[test]
fn a_wrong_path_is_named() {
    let Some(shared) = shared("paths") else { return };
    let file = shared.root.join("file");
    std::fs::write(&file, "").expect("it is ours");
    for (option, exit, id) in [("-md", 71, "AMQ6090S"), ("-ld", 100, "AMQ7064E")] {
        let below = file.join("below");
        let output = shared.run(0, &["crtmqm", option, below.to_str().expect("it is text"), "QU"], "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{option}: {said}");
        assert!(said.contains(id) && said.contains(file.to_str().expect("it is text")), "{option}: {said}");
        assert!(!said.contains("os error"), "{said}");
    }
    shared.succeed(0, &["crtmqm", "QU"], "");
    let output = shared.run(0, &["runmqsc", "-f", "/nowhere/script", "QU"], "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("/nowhere/script: No such file or directory") && !said.contains("os error"),
        "{said}"
    );
}

#[test]
fn an_ordinary_user_connects_with_the_authority_that_he_is_given() {
    let Some(shared) = shared("granted") else { return };
    shared.succeed(0, &["crtmqm", "QU"], "");
    shared.succeed(0, &["strmqm", "QU"], "");
    shared.succeed(0, &["runmqsc", "QU"], "DEFINE QLOCAL(Q)\n");
    let refused = shared.run(NOBODY, &["runmqsc", "QU"], "DISPLAY QMGR\n");
    assert_eq!(refused.status.code(), Some(20));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("AMQ8135E"), "{refused:?}");
    let refused = shared.run(NOBODY, &["amqsput", "Q", "QU"], "hello\n");
    assert!(
        String::from_utf8_lossy(&refused.stdout).contains("MQCONNX ended with reason code 2035"),
        "{refused:?}"
    );
    shared.succeed(
        0,
        &["runmqsc", "QU"],
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('nobody') AUTHADD(CONNECT)\n\
         SET AUTHREC PROFILE(Q) OBJTYPE(QUEUE) PRINCIPAL('nobody') AUTHADD(PUT,GET)\n",
    );
    shared.succeed(NOBODY, &["amqsput", "Q", "QU"], "hello\n");
    let got = shared.succeed(NOBODY, &["amqsget", "Q", "QU"], "");
    assert!(got.contains("message <hello>"), "{got}");
}

/// `/var/mqm` is the product's place: whose own is another finds what is there all the same.
#[test]
fn the_queue_managers_of_the_product_s_place_are_found() {
    let Some(shared) = shared("place") else { return };
    let script = format!(
        "set -e; mount -t tmpfs none /var; mkdir -m 755 /var/mqm /var/home; chown {NOBODY} /var/home
         unset MQ_OVERRIDE_DATA_PATH XDG_DATA_HOME; p={bin}
         $p crtmqm QU >/var/log.txt; $p strmqm QU >/var/log.txt
         printf \"DEFINE QLOCAL(Q)\nSET AUTHREC OBJTYPE(QMGR) PRINCIPAL('nobody') AUTHADD(CONNECT)\n\
         SET AUTHREC PROFILE(Q) OBJTYPE(QUEUE) PRINCIPAL('nobody') AUTHADD(PUT)\n\" | $p runmqsc QU >/var/log.txt
         as() {{ setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups env HOME=/var/home $p \"$@\"; }}
         as crtmqm OWN; as dspmq; echo hello | as amqsput Q QU
         $p endmqm -i QU >/var/log.txt
         # Whoever is of the group may read the files, and no more.
         of_group() {{ setpriv --reuid={NOBODY} --regid=0 --clear-groups env HOME=/var/home $p \"$@\"; }}
         for command in 'strmqm' 'strmqm -c' dltmqm adopt; do of_group $command QU || echo \"$command: $?\"; done",
        bin = shared.root.join("bin/packhorse").display(),
    );
    let output = Command::new("unshare").args(["--mount", "sh", "-c", &script]).output();
    let output = output.expect("unshare is part of every system");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if said.contains("mount: ") {
        println!("!!! SKIPPED: nothing can be mounted here: {said}");
        return;
    }
    assert!(output.status.success(), "{said}");
    for part in
        ["Directory '/var/home/.local/share/packhorse/qmgrs/OWN' created.", "QMNAME(OWN)", "QMNAME(QU)"]
    {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert!(said.contains("Sample AMQSPUT0 end") && !said.contains("reason code"), "{said}");
    for command in ["strmqm", "strmqm -c", "dltmqm", "adopt"] {
        assert!(said.contains(&format!("{command}: 119\n")), "{command}: {said}");
    }
    assert_eq!(said.matches("AMQ7077E: ").count(), 4, "{said}");
    assert_eq!(
        said.matches("/var/mqm/qmgrs/QU/active: Permission denied; it belongs to").count(),
        4,
        "{said}"
    );
    assert!(!said.contains("active: /var"), "{said}");
}

/// Who can open a file can lock it.
#[test]
fn who_is_of_the_owner_s_group_locks_nothing() {
    let Some(shared) = shared("group") else { return };
    shared.succeed(0, &["crtmqm", "-lf", "64", "-lp", "2", "-ls", "1", "QU"], "");
    let data = shared.root.join("data");
    let files = ["mqs.ini.lock", "qmgrs/QU/active"].map(|file| data.join(file));
    let controls = [1, 2, 3].map(|copy| data.join(format!("log/QU/active/control.{copy}")));
    let opens = |path: &Path| {
        let mut command = Command::new("head");
        command.args(["-c", "0"]).arg(path).uid(NOBODY).gid(0).stderr(Stdio::null());
        command.status().expect("it is run").success()
    };
    assert!(opens(&data.join("qmgrs/QU/qm.ini")), "the group reads what is no secret");
    // As an earlier version made them.
    for path in files.iter().chain(&controls) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o640)).expect("root may");
        assert!(opens(path), "{}", path.display());
    }
    shared.succeed(0, &["strmqm", "QU"], "");
    shared.succeed(0, &["passwd", "-m", "QU", "app"], "secret-enough\n");
    for path in files.iter().chain(&controls) {
        assert!(!opens(path), "{}", path.display());
    }
    shared.succeed(0, &["endmqm", "-i", "QU"], "");
}

/// Everything below a directory.
fn walk(path: &Path, look: &mut dyn FnMut(&Path)) {
    look(path);
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("root may read it") {
            walk(&entry.expect("root may read it").path(), look);
        }
    }
}

#[test]
fn what_root_makes_for_its_owner_is_the_owner_s() {
    use std::os::unix::fs::MetadataExt as _;
    let Some(shared) = shared("root-helps") else { return };
    let data = shared.root.join("data");
    std::fs::create_dir(&data).expect("it is new");
    std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).expect("root may");
    shared.succeed(NOBODY, &["crtmqm", "-lf", "64", "-lp", "2", "-ls", "1", "QU"], "");
    shared.succeed(NOBODY, &["strmqm", "QU"], "");
    shared.succeed(NOBODY, &["runmqsc", "QU"], "DEFINE QLOCAL(Q) DEFPSIST(YES)\n");
    // Root sets a password while it runs, and runs it itself until it has more extents.
    shared.succeed(0, &["passwd", "-m", "QU", "app"], "secret-enough\n");
    shared.succeed(NOBODY, &["passwd", "-m", "QU", "app"], "secret-enough\n");
    shared.succeed(NOBODY, &["endmqm", "-i", "QU"], "");
    std::fs::remove_dir_all(data.join("qmgrs/QU/errors")).expect("root may");
    std::fs::remove_dir_all(data.join("sockets")).expect("root may");
    for name in ["pairing.old", "active", "status"] {
        std::fs::remove_file(data.join("qmgrs/QU").join(name)).expect("root may");
    }
    shared.succeed(0, &["strmqm", "QU"], "");
    shared.succeed(0, &["amqsput", "Q", "QU"], &format!("{}\n", "x".repeat(200)).repeat(2000));
    shared.succeed(0, &["endmqm", "-i", "QU"], "");
    shared.succeed(0, &["adopt", "QU"], "");
    shared.succeed(0, &["strmqm", "-c", "QU"], "");
    let mut foreign = Vec::new();
    walk(&data, &mut |path| {
        if std::fs::symlink_metadata(path).expect("it is there").uid() != NOBODY {
            foreign.push(path.to_owned());
        }
    });
    assert!(foreign.is_empty(), "{foreign:?}");
    shared.succeed(NOBODY, &["strmqm", "QU"], "");
    let shown = shared.succeed(NOBODY, &["runmqsc", "QU"], "DISPLAY QLOCAL(Q) CURDEPTH\n");
    assert!(shown.contains("CURDEPTH(2000)"), "{shown}");
    shared.succeed(NOBODY, &["passwd", "-m", "QU", "--remove", "app"], "");
    shared.succeed(NOBODY, &["endmqm", "-i", "QU"], "");
}
