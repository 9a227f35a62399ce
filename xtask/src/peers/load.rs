//! The load on a peer: `rr-p` and `stream-p` as threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Result, bail};

use super::{Broker, Client, MEASURED, Round, Scenario, WARM_UP};

/// Request queues, as in the scenario.
const QUEUES: usize = 10;

/// One round on a fresh broker.
pub(super) fn round(broker: &dyn Broker, scenario: &Scenario) -> Result<Round> {
    let done = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let clients = connect(broker, scenario)?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .into_iter()
            .map(|role| {
                let (done, stop) = (&done, &stop);
                scope.spawn(move || work(role, scenario, done, stop))
            })
            .collect();
        std::thread::sleep(WARM_UP);
        let (begun, count, cpu) = (Instant::now(), done.load(Ordering::Relaxed), cpu_us(broker.pid())?);
        std::thread::sleep(MEASURED);
        let count = done.load(Ordering::Relaxed) - count;
        let seconds = begun.elapsed().as_secs_f64();
        let cpu = cpu_us(broker.pid())? - cpu;
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            match thread.join() {
                Ok(result) => result?,
                Err(_) => bail!("a client has panicked"),
            }
        }
        Ok(Round { rate: count as f64 / seconds, server_us: cpu as f64 / count.max(1) as f64 })
    })
}

enum Role {
    Requester { client: Box<dyn Client>, to: String, reply_to: String },
    Responder { client: Box<dyn Client> },
    Producer { client: Box<dyn Client> },
    Consumer { client: Box<dyn Client> },
}

fn connect(broker: &dyn Broker, scenario: &Scenario) -> Result<Vec<Role>> {
    let mut roles = Vec::new();
    if scenario.name == "stream-p" {
        broker.declare("stream")?;
        for _ in 0..scenario.clients {
            roles.push(Role::Producer { client: broker.connect(None, 0)? });
            roles.push(Role::Consumer { client: broker.connect(Some("stream"), 256)? });
        }
        return Ok(roles);
    }
    for n in 0..QUEUES {
        broker.declare(&format!("request-{n}"))?;
    }
    for n in 0..scenario.clients {
        let to = format!("request-{}", n % QUEUES);
        // A queue of its own is the cheapest way to its replies that the peers have.
        let reply_to = format!("reply-{n}");
        broker.declare(&reply_to)?;
        roles.push(Role::Responder { client: broker.connect(Some(&to), 1)? });
        roles.push(Role::Requester { client: broker.connect(Some(&reply_to), 1)?, to, reply_to });
    }
    Ok(roles)
}

fn work(role: Role, scenario: &Scenario, done: &AtomicU64, stop: &AtomicBool) -> Result<()> {
    let goes_on = || !stop.load(Ordering::Relaxed);
    match role {
        Role::Requester { mut client, to, reply_to } => {
            // The body begins with where the reply is to go.
            let mut body = vec![b' '; scenario.bytes];
            body[..reply_to.len()].copy_from_slice(reply_to.as_bytes());
            while goes_on() {
                client.put(&to, &body)?;
                while goes_on() {
                    if client.get()?.is_some() {
                        client.acknowledge()?;
                        done.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                }
            }
        }
        Role::Responder { mut client } => {
            while goes_on() {
                let Some(body) = client.get()? else { continue };
                let reply_to = String::from_utf8_lossy(&body[..16]).trim().to_owned();
                client.put(&reply_to, &body)?;
                client.acknowledge()?;
            }
        }
        Role::Producer { mut client } => {
            let body = vec![b'x'; scenario.bytes];
            while goes_on() {
                client.put_many("stream", &body, 256)?;
            }
        }
        Role::Consumer { mut client } => {
            while goes_on() {
                if client.get()?.is_some() {
                    client.acknowledge()?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
    Ok(())
}

/// User and system time of a process and of those that it has waited for, in microseconds.
fn cpu_us(pid: u32) -> Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
    // USER_HZ is 100 on every Linux that Debian builds.
    Ok(ticks * 10_000)
}
