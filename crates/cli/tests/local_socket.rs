//! The local socket, and users of this machine who mean no good.
//!
//! Most of it needs root, to become somebody else.

mod place;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use place::Place;
use rustix::process::{Pid, Resource, Rlimit, Signal, Uid};
use server::{attach, local_socket};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// `nobody`, whom every system has, and somebody whom none has.
const NOBODY: u32 = 65_534;
const SOMEBODY: u32 = 65_501;

fn is_root() -> bool {
    let is_root = server::users::current() == 0;
    if !is_root {
        println!("!!! SKIPPED: only root can become another user");
    }
    is_root
}

/// Does something as another user, on a thread of its own.
fn as_user<T: Send>(uid: u32, what: impl FnOnce() -> T + Send) -> T {
    let attack = || {
        let uid = Uid::from_raw(uid);
        rustix::thread::set_thread_res_uid(uid, uid, uid).expect("root may");
        what()
    };
    std::thread::scope(|scope| scope.spawn(attack).join().expect("it has not failed"))
}

fn free_port() -> u16 {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    port.expect("a port is free").port()
}

fn connect(place: &Place) -> UnixStream {
    let stream = local_socket::connect(&place.paths()).expect("it runs");
    stream.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    stream
}

fn sockets(place: &Place) -> PathBuf {
    local_socket::directory(&place.paths())
}

fn log(place: &Place) -> String {
    std::fs::read_to_string(place.paths().errors().join("AMQERR01.LOG")).unwrap_or_default()
}

/// How often something is in the log.
fn entries(log: &str, id: &str) -> usize {
    log.matches(&format!("\n{id}")).count()
}

fn set_in_qm_ini(place: &Place, lines: &str) {
    let file = place.paths().qm_ini();
    let text = std::fs::read_to_string(&file).expect("it was made");
    std::fs::write(&file, format!("{text}TuningParameters:\n{lines}")).expect("it is ours");
}

/// What was read up to the end; a reset is one.
fn rest(mut stream: UnixStream) -> String {
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8_lossy(&said).into_owned(),
    }
}

/// Whether it was closed without a word, as soon as there was time for it.
fn is_open(stream: &UnixStream) -> bool {
    let _ = stream.set_nonblocking(true);
    let read = (&*stream).read(&mut [0]);
    matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

#[track_caller]
fn until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < LIMIT, "it does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What a client sends first is answered.
#[track_caller]
fn is_served(mut stream: impl std::io::Read + std::io::Write) {
    let vector = include_str!("../../channel/tests/vectors/init-client-first-tsh-be.hex");
    let digits = vector.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    let bytes: Vec<u8> = digits.map(|byte| u8::from_str_radix(byte, 16).expect("it is in hex")).collect();
    stream.write_all(&bytes).expect("it is taken");
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).expect("it is answered");
    assert_eq!(&answer[..3], b"TSH");
}

/// The queue manager serves administrators, and clients over the network.
#[track_caller]
fn others_are_served(place: &Place, port: u16) {
    let shown = place.succeed(&["runmqsc", "QR"], "DISPLAY QMGR QMNAME\n");
    assert!(shown.contains("QMNAME(QR)"), "{shown}");
    assert!(place.succeed(&["dspmq"], "").contains("STATUS(Running)"));
    let client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
    client.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    is_served(client);
}

#[test]
fn nobody_but_administrators_is_answered_besides_calls() {
    let place = Place::new("local-requests");
    place.start(&[]);
    let mut stream = connect(&place);
    stream.write_all(b"CTR ").expect("it is taken");
    assert!(rest(stream).starts_with("forces="));
    if !is_root() {
        return;
    }
    for request in [b"CTR ", b"FDS "] {
        let said = as_user(NOBODY, || {
            let mut stream = connect(&place);
            stream.write_all(request).expect("it is taken");
            rest(stream)
        });
        assert!(said.is_empty() || said.starts_with("refused: "), "{said}");
    }
    let log = log(&place);
    assert!(log.contains("AMQ8985E: User 'nobody'") && log.contains("AMQ8986E: User 'nobody'"), "{log}");
}

/// So many connections of one user that there would be none for others.
#[test]
fn one_user_s_connections_are_counted_and_leave_room() {
    if !is_root() {
        return;
    }
    let (place, port) = (Place::new("local-many"), free_port());
    place.succeed(&["crtmqm", "-p", &port.to_string(), "QR"], "");
    set_in_qm_ini(&place, "   LocalUserMax=300\n   LocalMax=400\n");
    place.succeed(&["strmqm", "QR"], "");
    server::sys::raise_file_limit();
    let start = Instant::now();
    let held = as_user(NOBODY, || (0..3000).map(|_| connect(&place)).collect::<Vec<_>>());
    others_are_served(&place, port);
    let open = |held: &[UnixStream]| held.iter().filter(|stream| is_open(stream)).count();
    until(|| open(&held) <= 300);
    // Others have their share, and all of them no more than theirs.
    let more = as_user(SOMEBODY, || (0..3000).map(|_| connect(&place)).collect::<Vec<_>>());
    others_are_served(&place, port);
    until(|| open(&held) + open(&more) <= 400);
    let text = log(&place);
    let (user, all) = (entries(&text, "AMQ8984E: User 'nobody' has 300"), entries(&text, "AMQ8983E"));
    let seconds = usize::try_from(start.elapsed().as_secs()).expect("it is short");
    assert!(user > 0 && all > 0 && user + all <= 20 + 4 * (seconds + 2), "{text}");
    // Who says nothing goes after a while, and whoever goes makes room.
    until(|| open(&held) == 0);
    drop((held, more));
    as_user(NOBODY, || is_served(connect(&place)));
}

#[test]
fn the_last_descriptors_are_kept_and_root_is_root_with_the_last_one() {
    if !is_root() {
        return;
    }
    let (place, port) = (Place::new("local-last"), free_port());
    place.start(&["-p", &port.to_string()]);
    let pid = attach::process_id(&place.paths()).and_then(|pid| i32::try_from(pid).ok()).expect("it runs");
    let count = || std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count() as u64;
    let limit = |current: u64| {
        let limits = Rlimit { current: Some(current), ..rustix::process::getrlimit(Resource::Nofile) };
        rustix::process::prlimit(Pid::from_raw(pid), Resource::Nofile, limits).expect("it is ours");
    };
    until(|| attach::process_id(&place.paths()).is_some());
    limit(200);
    let held = as_user(NOBODY, || (0..400).map(|_| connect(&place)).collect::<Vec<_>>());
    until(|| held.iter().filter(|stream| is_open(stream)).count() < 200);
    let waiting = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
    until(|| log(&place).contains("AMQ9213E"));
    let shown = place.succeed(&["runmqsc", "QR"], "DISPLAY QMGR QMNAME\n");
    assert!(shown.contains("QMNAME(QR)"), "{shown}");
    // A client that waits is served as soon as that is possible.
    drop(held);
    waiting.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    is_served(waiting);
    // With one descriptor for a connection there is none to look users up.
    until(|| {
        limit(count() + 1);
        let output = place.run(&["runmqsc", "QR"], "DISPLAY QMGR QMNAME\n");
        String::from_utf8_lossy(&output.stdout).contains("QMNAME(QR)")
    });
    assert!(!log(&place).contains("AMQ8077"), "{}", log(&place));
    place.succeed(&["endmqm", "-i", "QR"], "");
}

#[test]
fn nobody_takes_the_place_of_a_queue_manager_that_is_down() {
    if !is_root() {
        return;
    }
    let place = Place::new("local-name");
    place.start(&[]);
    let directory = sockets(&place);
    place.succeed(&["endmqm", "-w", "QR"], "");
    assert_eq!(std::fs::read_dir(&directory).expect("it is there").count(), 0);
    for name in ["administrators", "everyone"] {
        let refused = as_user(NOBODY, || UnixListener::bind(directory.join(name)).map(drop));
        assert_eq!(refused.expect_err("he may not").kind(), std::io::ErrorKind::PermissionDenied);
    }
    let parent = directory.parent().expect("it has one");
    let moved = as_user(NOBODY, || std::fs::rename(&directory, parent.join("x")));
    assert_eq!(moved.expect_err("he may not").kind(), std::io::ErrorKind::PermissionDenied);
    // Nor is he believed who had it all the same: nothing is said to him.
    let his = place.root.join("his");
    std::fs::create_dir(&his).expect("it is ours");
    std::os::unix::fs::chown(&his, Some(NOBODY), None).expect("root may");
    let listener = as_user(NOBODY, || UnixListener::bind(his.join("s")).expect("it is his"));
    std::fs::rename(his.join("s"), directory.join("administrators")).expect("root may");
    let mut child = place.begin(&["runmqsc", "-u", "app", "QR"]);
    child.stdin.take().expect("it is piped").write_all(b"secret\nDISPLAY QMGR\n").expect("it is read");
    let mut stream = listener.accept().expect("it comes").0;
    let mut said = Vec::new();
    stream.read_to_end(&mut said).expect("it ends");
    assert_eq!(said, b"");
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(20));
    place.succeed(&["strmqm", "QR"], "");
    assert!(place.succeed(&["runmqsc", "QR"], "DISPLAY QMGR QMNAME\n").contains("QMNAME(QR)"));
}

#[test]
fn a_directory_in_which_another_could_listen_is_refused() {
    if !is_root() {
        return;
    }
    let place = Place::new("local-directory");
    place.succeed(&["crtmqm", "QR"], "");
    let (root, directory) = (place.data(), sockets(&place));
    let parent = root.join("sockets");
    let _ = std::fs::remove_dir_all(&parent);
    let refused = |text: &str| {
        let output = place.run(&["strmqm", "QR"], "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(text), "no {text:?} in {said}");
        std::fs::remove_dir_all(&parent).or_else(|_| std::fs::remove_file(&parent)).expect("it is ours");
    };
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    let elsewhere = place.root.join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("it is ours");
    // Where others may write to the root for a moment, and make the directory before it is.
    std::fs::create_dir(&parent).expect("it is ours");
    std::os::unix::fs::chown(&parent, Some(NOBODY), None).expect("root may");
    refused("sockets: it belongs to user 'nobody'");
    symlink(&elsewhere, &parent).expect("it is ours");
    refused("sockets: Not a directory");
    std::fs::create_dir(&parent).expect("it is ours");
    symlink(&elsewhere, &directory).expect("it is ours");
    refused("sockets/QR: Not a directory");
    std::fs::create_dir_all(&directory).expect("it is ours");
    mode(&directory, 0o777);
    refused("sockets/QR: others may write to it (mode 0777): chmod go-w");
    std::fs::create_dir_all(&directory).expect("it is ours");
    std::os::unix::fs::chown(&directory, Some(NOBODY), None).expect("root may");
    refused("sockets/QR: it belongs to user 'nobody'");
    place.succeed(&["strmqm", "QR"], "");
    assert_eq!(std::fs::read_dir(&elsewhere).expect("it is ours").count(), 0);
    assert_eq!(std::fs::metadata(directory.join("administrators")).expect("it listens").mode() & 0o007, 0);
}

#[test]
fn what_a_killed_one_left_is_replaced_and_goes_in_the_end() {
    let place = Place::new("local-killed");
    place.start(&[]);
    let pid = attach::process_id(&place.paths()).and_then(|pid| i32::try_from(pid).ok());
    rustix::process::kill_process(pid.and_then(Pid::from_raw).expect("it runs"), Signal::KILL).expect("ours");
    server::status::wait_for_end(&place.paths()).expect("it ends");
    assert_eq!(std::fs::read_dir(sockets(&place)).expect("they are left").count(), 2);
    assert!(local_socket::connect(&place.paths()).is_err());
    place.succeed(&["strmqm", "QR"], "");
    assert!(place.succeed(&["runmqsc", "QR"], "DISPLAY QMGR QMNAME\n").contains("QMNAME(QR)"));
    let directory = sockets(&place);
    place.succeed(&["endmqm", "-w", "QR"], "");
    place.succeed(&["dltmqm", "QR"], "");
    assert!(!directory.exists());
}

fn packhorse(root: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_packhorse"));
    command.args(arguments).env("MQ_OVERRIDE_DATA_PATH", root);
    with_input(command, input)
}

fn with_input(mut command: Command, input: &str) -> Output {
    use std::process::Stdio;
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it was built");
    // One that is refused does not read.
    let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// Longer than an address can be; and of the same name in two roots each is itself.
#[test]
fn a_root_may_have_any_length_and_has_its_own() {
    let place = Place::new("local-roots");
    let roots = ["a", "b"].map(|name| place.root.join(name.repeat(150)).join("c".repeat(150)));
    for root in &roots {
        std::fs::create_dir_all(root).expect("it is ours");
        for command in ["crtmqm", "strmqm"] {
            let output = packhorse(root, &[command, "QL"], "");
            assert!(output.status.success(), "{output:?}");
        }
    }
    for root in &roots {
        let output = packhorse(root, &["runmqsc", "QL"], "DISPLAY QMSTATUS DATPATH\n");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let name = root.parent().and_then(Path::file_name).and_then(|name| name.to_str()).expect("text");
        assert!(shown.contains(name), "{shown}");
        packhorse(root, &["endmqm", "-p", "QL"], "");
    }
}

/// He has no place but his own, and everybody may connect to it who could otherwise.
#[test]
fn a_queue_manager_of_an_ordinary_user_s() {
    if !is_root() {
        return;
    }
    let place = Place::new("local-ordinary");
    let (program, root) = (place.root.join("packhorse"), place.root.join("his"));
    std::fs::copy(env!("CARGO_BIN_EXE_packhorse"), &program).expect("there is room");
    std::fs::create_dir(&root).expect("it is ours");
    std::os::unix::fs::chown(&root, Some(NOBODY), None).expect("root may");
    let run = |uid: u32, arguments: &[&str], input: &str| {
        let mut command = Command::new(&program);
        command.args(arguments).env("MQ_OVERRIDE_DATA_PATH", &root).current_dir("/").uid(uid).gid(uid);
        let output = with_input(command, input);
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    run(NOBODY, &["crtmqm", "QO"], "");
    let started = run(NOBODY, &["strmqm", "QO"], "");
    assert!(started.contains("started using"), "{started}");
    for administrator in [NOBODY, 0] {
        let shown = run(administrator, &["runmqsc", "QO"], "DISPLAY QMGR QMNAME\n");
        assert!(shown.contains("QMNAME(QO)"), "{administrator}: {shown}");
    }
    let refused = run(SOMEBODY, &["runmqsc", "QO"], "DISPLAY QMGR QMNAME\n");
    assert!(refused.contains("AMQ8135E"), "{refused}");
    let granted = "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('65501') AUTHADD(CONNECT)\n";
    run(NOBODY, &["runmqsc", "QO"], granted);
    let granted = run(SOMEBODY, &["amqsput", "SYSTEM.DEFAULT.LOCAL.QUEUE", "QO"], "");
    assert!(granted.contains("2035") && granted.contains("MQOPEN"), "{granted}");
    run(NOBODY, &["endmqm", "-p", "QO"], "");
}

#[test]
fn who_guesses_passwords_is_known_by_his_user() {
    if !is_root() {
        return;
    }
    let place = Place::new("local-guess");
    place.start(&[]);
    place.succeed(&["passwd", "-m", "QR", "app"], "right\n");
    let program = place.root.join("packhorse");
    std::fs::copy(env!("CARGO_BIN_EXE_packhorse"), &program).expect("there is room");
    // Each a process of its own.
    let guesses: Vec<_> = (0..3)
        .map(|n| {
            let (program, data) = (program.clone(), place.data());
            std::thread::spawn(move || {
                let mut command = Command::new(program);
                command.args(["runmqsc", "-u", "app", "QR"]).env("MQ_OVERRIDE_DATA_PATH", data);
                command.current_dir("/").uid(NOBODY).gid(NOBODY);
                with_input(command, &format!("wrong{n}\nDISPLAY QMGR\n"))
            })
        })
        .collect();
    for guess in guesses {
        assert_eq!(guess.join().expect("it has not failed").status.code(), Some(20));
    }
    let text = log(&place);
    assert!(text.contains("AMQ5534E: User ID 'app' authentication failed."), "{text}");
    assert!(text.contains("from 'user 'nobody' of this machine'"), "{text}");
}
