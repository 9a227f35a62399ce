//! RabbitMQ by AMQP 0-9-1: durable queues, delivery mode 2, publisher confirms, manual acknowledgement.
//!
//! ```text
//! frame    type u8 (1 method, 2 header, 3 body, 8 heartbeat) · channel u16 · size u32 · payload · 0xCE
//! method   class u16 · method u16 · arguments
//! ```

use std::collections::VecDeque;
use std::io::{BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::{Broker, Client, Process, free_port, patiently};

/// What the package's own script in the path would run as another user, who has no business in our directory.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

pub(super) struct RabbitMq {
    process: Process,
    /// Erlang's name server: our own, or the broker would start one that stays.
    _names: Process,
    port: u16,
}

impl RabbitMq {
    pub(super) fn start(directory: &Path) -> Result<Self> {
        let port = free_port()?;
        let config = directory.join("rabbitmq.conf");
        std::fs::write(
            &config,
            format!("listeners.tcp.1 = 127.0.0.1:{port}\nvm_memory_high_watermark.relative = 0.6\n"),
        )?;
        std::fs::write(directory.join("plugins"), "[].\n")?;
        let names_port = free_port()?.to_string();
        let mut names = Command::new("epmd");
        names.args(["-port", &names_port, "-address", "127.0.0.1"]);
        let names = Process::start(&mut names, &directory.join("epmd.out"))?;
        let mut command = Command::new(SERVER);
        command
            .env("RABBITMQ_NODENAME", format!("peer{port}@localhost"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", port.to_string())
            .env("RABBITMQ_DIST_PORT", free_port()?.to_string())
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_EPMD_PORT", &names_port)
            .env("RABBITMQ_CONFIG_FILE", &config)
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", directory.join("plugins"))
            .env("RABBITMQ_MNESIA_BASE", directory.join("mnesia"))
            .env("RABBITMQ_LOG_BASE", directory.join("log"))
            .env("HOME", directory);
        let process = Process::start(&mut command, &directory.join("rabbitmq.out"))?;
        let rabbit = Self { process, _names: names, port };
        patiently(|| Link::open(rabbit.port))?;
        Ok(rabbit)
    }
}

impl Broker for RabbitMq {
    fn declare(&self, queue: &str) -> Result<()> {
        let mut link = Link::open(self.port)?;
        // queue.declare: reserved, name, durable only, no arguments
        link.method(50, 10, |out| {
            out.extend_from_slice(&[0, 0]);
            short_string(out, queue);
            out.push(0b0000_0010);
            out.extend_from_slice(&[0; 4]);
        });
        link.expect(50, 11)
    }

    fn connect(&self, consumes: Option<&str>, prefetch: u16) -> Result<Box<dyn Client>> {
        let mut link = Link::open(self.port)?;
        link.method(85, 10, |out| out.push(0)); // confirm.select
        link.expect(85, 11)?;
        if let Some(queue) = consumes {
            // basic.qos
            link.method(60, 10, |out| {
                out.extend_from_slice(&[0; 4]);
                out.extend_from_slice(&prefetch.to_be_bytes());
                out.push(0);
            });
            link.expect(60, 11)?;
            // basic.consume: reserved, queue, tag, manual acknowledgement, no arguments
            link.method(60, 20, |out| {
                out.extend_from_slice(&[0, 0]);
                short_string(out, queue);
                short_string(out, "");
                out.push(0);
                out.extend_from_slice(&[0; 4]);
            });
            link.expect(60, 21)?;
        }
        Ok(Box::new(RabbitClient { link, published: 0, got: 0 }))
    }

    fn pid(&self) -> u32 {
        beam(self.process.pid()).unwrap_or(self.process.pid())
    }
}

/// The process that does the work, below the shell that the package's script is.
fn beam(pid: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().filter_map(|child| child.parse().ok()).find_map(|child: u32| {
        let name = std::fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
        if name.starts_with("beam") { Some(child) } else { beam(child) }
    })
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // The shell's end does not end the virtual machine below it.
        if let Some(beam) = beam(self.process.pid()) {
            let _ = Command::new("kill").args(["-KILL", &beam.to_string()]).status();
        }
    }
}

struct RabbitClient {
    link: Link,
    published: u64,
    got: u64,
}

impl Client for RabbitClient {
    fn put_many(&mut self, queue: &str, body: &[u8], count: usize) -> Result<()> {
        for _ in 0..count {
            self.link.publish(queue, body);
            self.published += 1;
        }
        while self.link.confirmed < self.published {
            self.link.take_in()?;
        }
        Ok(())
    }

    fn get(&mut self) -> Result<Option<Vec<u8>>> {
        if self.link.delivered.is_empty() && !self.link.wait()? {
            return Ok(None);
        }
        while self.link.delivered.is_empty() {
            self.link.take_in()?;
        }
        Ok(self.link.delivered.pop_front().map(|(tag, body)| {
            self.got = tag;
            body
        }))
    }

    fn acknowledge(&mut self) -> Result<()> {
        let tag = self.got;
        self.link.method(60, 80, |out| {
            out.extend_from_slice(&tag.to_be_bytes());
            out.push(0);
        });
        Ok(())
    }
}

struct Link {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    /// Frames that leave together, before the next one is read.
    out: Vec<u8>,
    /// Publishes confirmed so far.
    confirmed: u64,
    delivered: VecDeque<(u64, Vec<u8>)>,
    /// Delivery of which the body is on its way: tag, length, bytes.
    arriving: Option<(u64, usize, Vec<u8>)>,
    /// Class and method of the last method frame that was no delivery or confirmation.
    replied: Option<(u16, u16)>,
}

impl Link {
    /// Opens a connection and its channel 1 as `guest`.
    fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let reader = BufReader::with_capacity(1 << 16, stream.try_clone()?);
        let mut link = Self {
            stream,
            reader,
            out: Vec::new(),
            confirmed: 0,
            delivered: VecDeque::new(),
            arriving: None,
            replied: None,
        };
        link.stream.write_all(b"AMQP\0\0\x09\x01")?;
        link.expect(10, 10)?;
        link.method_on(0, 10, 11, |out| {
            out.extend_from_slice(&[0; 4]); // no properties
            short_string(out, "PLAIN");
            out.extend_from_slice(&12u32.to_be_bytes());
            out.extend_from_slice(b"\0guest\0guest");
            short_string(out, "en_US");
        });
        link.expect(10, 30)?;
        link.method_on(0, 10, 31, |out| {
            out.extend_from_slice(&16u16.to_be_bytes());
            out.extend_from_slice(&131_072u32.to_be_bytes());
            out.extend_from_slice(&0u16.to_be_bytes()); // no heartbeats
        });
        link.method_on(0, 10, 40, |out| {
            short_string(out, "/");
            out.extend_from_slice(&[0, 0]);
        });
        link.expect(10, 41)?;
        link.method(20, 10, |out| out.push(0));
        link.expect(20, 11)?;
        Ok(link)
    }

    fn method(&mut self, class: u16, method: u16, arguments: impl FnOnce(&mut Vec<u8>)) {
        self.method_on(1, class, method, arguments);
    }

    fn method_on(&mut self, channel: u16, class: u16, method: u16, arguments: impl FnOnce(&mut Vec<u8>)) {
        frame(&mut self.out, 1, channel, |out| {
            out.extend_from_slice(&class.to_be_bytes());
            out.extend_from_slice(&method.to_be_bytes());
            arguments(out);
        });
    }

    /// basic.publish to the default exchange, with header and body.
    fn publish(&mut self, queue: &str, body: &[u8]) {
        let out = &mut self.out;
        frame(out, 1, 1, |out| {
            out.extend_from_slice(&[0, 60, 0, 40, 0, 0]);
            short_string(out, "");
            short_string(out, queue);
            out.push(0);
        });
        frame(out, 2, 1, |out| {
            out.extend_from_slice(&[0, 60, 0, 0]);
            out.extend_from_slice(&(body.len() as u64).to_be_bytes());
            out.extend_from_slice(&[0x10, 0x00, 2]); // only delivery-mode, persistent
        });
        frame(out, 3, 1, |out| out.extend_from_slice(body));
    }

    /// Waits a short time for something to come.
    fn wait(&mut self) -> Result<bool> {
        self.flush()?;
        if !self.reader.buffer().is_empty() {
            return Ok(true);
        }
        self.stream.set_read_timeout(Some(Duration::from_millis(100)))?;
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        match peeked {
            Ok(0) => bail!("RabbitMQ has closed the connection"),
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn expect(&mut self, class: u16, method: u16) -> Result<()> {
        self.replied = None;
        while self.replied.is_none() {
            self.take_in()?;
        }
        ensure!(self.replied == Some((class, method)), "RabbitMQ replied {:?}", self.replied);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// Takes one frame.
    fn take_in(&mut self) -> Result<()> {
        self.flush()?;
        let mut head = [0; 7];
        self.reader.read_exact(&mut head)?;
        let [kind, _, _, size @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes(size) as usize + 1];
        ensure!(payload.len() <= 1 << 20, "a frame is longer than was agreed");
        self.reader.read_exact(&mut payload)?;
        payload.pop();
        match (kind, payload.as_slice()) {
            (1, [0, 60, 0, 60, rest @ ..]) => self.arriving = Some((delivery_tag(rest)?, 0, Vec::new())),
            (1, [0, 60, 0, 80, rest @ ..]) => {
                let Some((tag, rest)) = rest.split_first_chunk::<8>() else { bail!("a short confirmation") };
                let tag = u64::from_be_bytes(*tag);
                // A single confirmation may overtake others, but each publish has one in the end.
                self.confirmed =
                    if rest.first() == Some(&1) { tag.max(self.confirmed) } else { self.confirmed + 1 };
            }
            (1, [c0, c1, m0, m1, ..]) => {
                let called = (u16::from_be_bytes([*c0, *c1]), u16::from_be_bytes([*m0, *m1]));
                ensure!(!matches!(called, (10, 50) | (20, 40) | (60, 120)), "RabbitMQ refuses: {called:?}");
                self.replied = Some(called);
            }
            (2, header) => {
                let Some(length) = header.get(4..12).and_then(|l| l.try_into().ok()) else {
                    bail!("a short header")
                };
                if let Some((_, expected, _)) = &mut self.arriving {
                    *expected = usize::try_from(u64::from_be_bytes(length))?;
                }
                self.complete();
            }
            (3, bytes) => {
                if let Some((_, _, body)) = &mut self.arriving {
                    body.extend_from_slice(bytes);
                }
                self.complete();
            }
            _ => {}
        }
        Ok(())
    }

    fn complete(&mut self) {
        if let Some((tag, _, body)) = self.arriving.take_if(|(_, expected, body)| body.len() >= *expected) {
            self.delivered.push_back((tag, body));
        }
    }
}

/// basic.deliver: consumer tag, then the delivery tag.
fn delivery_tag(arguments: &[u8]) -> Result<u64> {
    let tag =
        arguments.split_first().and_then(|(len, rest)| rest.get(usize::from(*len)..)?.first_chunk::<8>());
    match tag {
        Some(tag) => Ok(u64::from_be_bytes(*tag)),
        None => bail!("a short delivery"),
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, channel: u16, payload: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    out.extend_from_slice(&channel.to_be_bytes());
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    payload(out);
    let size = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&size.to_be_bytes());
    out.push(0xce);
}

fn short_string(out: &mut Vec<u8>, text: &str) {
    // Names of the benchmark are far shorter than 255 bytes.
    out.push(text.len() as u8);
    out.extend_from_slice(text.as_bytes());
}
