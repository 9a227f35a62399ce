//! What anybody in the network can do: sockets, bytes, and names and passwords that he guesses.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use channel::client::{ClientConfig, ClientEnd};
use mqi::Chars;
use server::attach::{AttachConfig, Attached};

use super::{Attack, Ground, Who};
use crate::process::{CHANNEL, NAME, USER};
use crate::rng::Rng;

/// Sockets of an attack that holds many.
const SOCKETS: usize = 4000;

pub(super) const ATTACKS: &[Attack] = &[
    peer("idle-sockets", "thousands of sockets on which nothing is sent", idle),
    peer("socket-storm", "sockets opened and closed as fast as they can be", storm),
    peer("half-segments", "thousands of first segments of 32 KiB that never end", half_segments),
    peer("slow-bytes", "a thousand sockets that send a byte at a time", slow_bytes),
    peer("garbage", "random bytes, and real segments with bytes changed", garbage),
    peer("names", "channels that do not exist", names),
    peer("guesses", "wrong passwords on many sockets, for users that exist and others", guesses),
    peer(
        "guesses-sent-ahead",
        "a thousand sockets, each with a wrong password, gone before the answer",
        guesses_and_go,
    ),
    peer("deaf", "segments whose answers are never read", deaf),
];

const fn peer(name: &'static str, what: &'static str, run: fn(&Ground) -> u64) -> Attack {
    Attack { name, who: Who::Peer, what, run }
}

fn connect(ground: &Ground) -> Option<TcpStream> {
    let stream = TcpStream::connect_timeout(&ground.address, Duration::from_secs(1)).ok()?;
    let limit = Some(Duration::from_secs(1));
    stream.set_read_timeout(limit).and_then(|()| stream.set_write_timeout(limit)).ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

/// What a client sends first.
fn greeting() -> Vec<u8> {
    let config = ClientConfig {
        channel: Chars::from_str_padded(CHANNEL),
        conversations: 10,
        ..ClientConfig::default()
    };
    let (mut end, mut bytes) = (ClientEnd::new(config, 0), Vec::new());
    end.transmit(&mut bytes, usize::MAX);
    bytes
}

/// Holds as many sockets as it may, filled again as they are closed; `begin` says what each sends.
fn hold(ground: &Ground, begin: &[u8]) -> u64 {
    let (mut sockets, mut tries) = (Vec::<TcpStream>::new(), 0);
    while ground.is_on() {
        if sockets.len() >= SOCKETS {
            sockets.retain(is_open);
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        tries += 1;
        match connect(ground) {
            Some(mut socket) => {
                let _ = socket.write_all(begin);
                sockets.push(socket);
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    tries
}

fn is_open(socket: &TcpStream) -> bool {
    let mut byte = [0];
    let _ = socket.set_nonblocking(true);
    match socket.peek(&mut byte) {
        Ok(0) => false,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        Ok(_) => true,
    }
}

fn idle(ground: &Ground) -> u64 {
    hold(ground, &[])
}

fn half_segments(ground: &Ground) -> u64 {
    let mut segment = greeting();
    // Bytes 4 to 7 are the length, in the order that a client of this machine sends.
    if let Some(length) = segment.get_mut(4..8) {
        length.copy_from_slice(&32_700_u32.to_be_bytes());
    }
    segment.resize(32_600, 0);
    hold(ground, &segment)
}

fn storm(ground: &Ground) -> u64 {
    let mut tries = 0;
    while ground.is_on() {
        drop(connect(ground));
        tries += 1;
    }
    tries
}

fn slow_bytes(ground: &Ground) -> u64 {
    let (greeting, mut sockets, mut tries) = (greeting(), Vec::new(), 0);
    while ground.is_on() {
        if sockets.len() < 1000 {
            tries += 1;
            sockets.extend(connect(ground).map(|socket| (socket, 0)));
            continue;
        }
        sockets.retain_mut(|(socket, at)| {
            *at += 1;
            greeting.get(*at - 1..*at).is_some_and(|byte| socket.write_all(byte).is_ok())
        });
        std::thread::sleep(Duration::from_millis(20));
    }
    tries
}

fn garbage(ground: &Ground) -> u64 {
    let (greeting, mut rng, mut tries) = (greeting(), Rng::new(1), 0);
    while ground.is_on() {
        let Some(mut socket) = connect(ground) else { continue };
        tries += 1;
        let mut bytes = greeting.clone();
        match rng.below(3) {
            0 => bytes.iter_mut().for_each(|byte| *byte = rng.bits() as u8),
            _ => {
                for _ in 0..=rng.below(4) {
                    let at = rng.below(bytes.len() as u64) as usize;
                    bytes[at] = rng.bits() as u8;
                }
            }
        }
        let _ = socket.write_all(&bytes);
        let _ = socket.set_read_timeout(Some(Duration::from_millis(5)));
        let _ = socket.read(&mut [0; 512]);
    }
    tries
}

fn log_in(ground: &Ground, channel: &str, user: &str, password: &str) -> bool {
    let config = AttachConfig {
        channel: channel.to_owned(),
        qmgr_name: NAME.to_owned(),
        user: user.to_owned(),
        credentials: Some((user.to_owned(), password.into())),
        appl_name: "attacker".to_owned(),
    };
    Attached::tcp(&ground.address.to_string(), config, Some(Duration::from_secs(5))).is_ok()
}

fn names(ground: &Ground) -> u64 {
    on_threads(&|n| {
        let mut tries = 0;
        while ground.is_on() {
            tries += 1;
            log_in(ground, &format!("CHANNEL.{n}.{tries}"), USER, "none");
        }
        tries
    })
}

/// A hundred threads, as a failure is told late. `work` is given the number of its thread.
fn on_threads(work: &(dyn Fn(u64) -> u64 + Sync)) -> u64 {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..100).map(|n| scope.spawn(move || work(n))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no guess is right")).sum()
    })
}

fn guesses(ground: &Ground) -> u64 {
    on_threads(&|n| {
        let mut tries = 0;
        while ground.is_on() {
            tries += 1;
            let user = if n.is_multiple_of(2) { USER.to_owned() } else { format!("user{n}.{tries}") };
            assert!(!log_in(ground, CHANNEL, &user, &format!("wrong{n}.{tries}")), "a guess was right");
        }
        tries
    })
}

fn guesses_and_go(ground: &Ground) -> u64 {
    let mut tries = 0;
    while ground.is_on() {
        let mut sockets: Vec<_> = (0..100).filter_map(|_| connect(ground)).collect();
        for socket in &mut sockets {
            tries += 1;
            let config = ClientConfig {
                channel: Chars::from_str_padded(CHANNEL),
                user: USER.to_owned(),
                credentials: Some((USER.to_owned(), format!("wrong{tries}").into())),
                conversations: 0,
                ..ClientConfig::default()
            };
            let (mut end, mut bytes, mut answer) = (ClientEnd::new(config, 0), Vec::new(), [0; 4096]);
            // The handshake takes two answers; the password goes out with what follows them.
            for _ in 0..3 {
                bytes.clear();
                end.transmit(&mut bytes, usize::MAX);
                if socket.write_all(&bytes).is_err() {
                    break;
                }
                let _ = socket.set_read_timeout(Some(Duration::from_millis(50)));
                match socket.read(&mut answer) {
                    Ok(n) if n > 0 => end.receive(bytes::Bytes::copy_from_slice(&answer[..n]), 0),
                    _ => break,
                }
            }
        }
    }
    tries
}

fn deaf(ground: &Ground) -> u64 {
    let (greeting, mut sockets, mut tries) = (greeting(), Vec::new(), 0);
    while ground.is_on() {
        if sockets.len() < 100 {
            sockets.extend(connect(ground));
        }
        sockets.retain_mut(|socket| {
            tries += 1;
            let _ = socket.set_write_timeout(Some(Duration::from_millis(1)));
            socket.write_all(&greeting).is_ok()
        });
    }
    tries
}
