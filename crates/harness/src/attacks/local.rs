//! What a user of this machine can do who has no right to anything.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use server::attach::Attached;
use server::local_socket;
use server::paths::{QmgrPaths, Root};

use super::{Attack, Ground, Who};
use crate::process::{NAME, USER};
use crate::rng::Rng;

/// Sockets of an attack that holds many.
const SOCKETS: usize = 20_000;

pub(super) const ATTACKS: &[Attack] = &[
    local("local-sockets", "20,000 local sockets on which nothing is sent", sockets),
    local("local-storm", "local sockets opened and closed as fast as they can be", storm),
    local("local-garbage", "random bytes over local sockets", garbage),
    local("local-log-ins", "log-ins of a user who may not connect", log_ins),
    local("local-guesses", "passwords guessed from many processes", guesses),
];

const fn local(name: &'static str, what: &'static str, run: fn(&Ground) -> u64) -> Attack {
    Attack { name, who: Who::Local, what, run }
}

fn paths(ground: &Ground) -> Option<QmgrPaths> {
    Root::at(ground.root.clone()).queue_manager(NAME).ok().flatten()
}

fn connect(paths: &QmgrPaths) -> Option<UnixStream> {
    let stream = local_socket::connect(paths).ok()?;
    let limit = Some(Duration::from_millis(5));
    stream.set_read_timeout(limit).and_then(|()| stream.set_write_timeout(limit)).ok()?;
    Some(stream)
}

fn sockets(ground: &Ground) -> u64 {
    let Some(paths) = paths(ground) else { return 0 };
    let (mut held, mut tries) = (Vec::new(), 0);
    while ground.is_on() {
        if held.len() >= SOCKETS {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        tries += 1;
        match connect(&paths) {
            Some(socket) => held.push(socket),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    tries
}

fn storm(ground: &Ground) -> u64 {
    let Some(paths) = paths(ground) else { return 0 };
    let mut tries = 0;
    while ground.is_on() {
        drop(connect(&paths));
        tries += 1;
    }
    tries
}

fn garbage(ground: &Ground) -> u64 {
    let Some(paths) = paths(ground) else { return 0 };
    let (mut rng, mut tries) = (Rng::new(2), 0);
    while ground.is_on() {
        let Some(mut socket) = connect(&paths) else { continue };
        tries += 1;
        let length = rng.below(512) as usize;
        let bytes: Vec<u8> = (0..length).map(|_| rng.bits() as u8).collect();
        let _ = socket.write_all(&bytes);
        let _ = socket.read(&mut [0; 512]);
    }
    tries
}

fn log_ins(ground: &Ground) -> u64 {
    let Some(paths) = paths(ground) else { return 0 };
    let mut tries = 0;
    while ground.is_on() {
        tries += 1;
        let _ = Attached::local(&paths, "attacker");
    }
    tries
}

/// Each guess in a process of its own.
fn guesses(ground: &Ground) -> u64 {
    let Ok(program) = std::env::current_exe() else { return 0 };
    let mut tries = 0;
    while ground.is_on() {
        let begin = |n: u64| {
            Command::new(&program)
                .args(["attacker-guess", &ground.root.display().to_string(), &format!("wrong{n}")])
                .spawn()
        };
        let children: Vec<_> = (0..20).filter_map(|n| begin(tries + n).ok()).collect();
        tries += children.len() as u64;
        for mut child in children {
            let status = child.wait().expect("it was begun here");
            assert!(status.success(), "a guess was right");
        }
    }
    tries
}

/// One guess of the user's password: `harness attacker-guess ROOT PASSWORD`.
pub fn guess(root: &str, password: &str) {
    let found = Root::at(root).queue_manager(NAME).ok().flatten();
    if let Some(paths) = found {
        let credentials = Some((USER.to_owned(), password.into()));
        assert!(Attached::local_as(&paths, "attacker", credentials).is_err(), "a guess was right");
    }
}
