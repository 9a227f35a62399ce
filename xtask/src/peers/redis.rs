//! Redis streams: XADD with `appendfsync always`, XREADGROUP, XACK and XDEL, over its protocol (RESP2).

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::{Broker, Client, Process, free_port, patiently};

const GROUP: &str = "g";

pub(super) struct Redis {
    process: Process,
    port: u16,
}

impl Redis {
    pub(super) fn start(directory: &Path) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "yes",
        ]);
        command.args([
            "--appendfsync",
            "always",
            "--auto-aof-rewrite-percentage",
            "0",
            "--daemonize",
            "no",
            "--dir",
        ]);
        command.arg(directory);
        let process = Process::start(&mut command, &directory.join("redis.log"))?;
        let redis = Self { process, port };
        patiently(|| redis.link()?.ask(&[b"PING"]))?;
        Ok(redis)
    }

    fn link(&self) -> Result<Link> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        Ok(Link { reader: BufReader::new(stream.try_clone()?), stream, out: Vec::new() })
    }
}

impl Broker for Redis {
    fn declare(&self, queue: &str) -> Result<()> {
        self.link()?
            .ask(&[b"XGROUP", b"CREATE", queue.as_bytes(), GROUP.as_bytes(), b"0", b"MKSTREAM"])
            .map(drop)
    }

    fn connect(&self, consumes: Option<&str>, prefetch: u16) -> Result<Box<dyn Client>> {
        Ok(Box::new(RedisClient {
            link: self.link()?,
            consumes: consumes.unwrap_or_default().to_owned(),
            prefetch: prefetch.to_string(),
            fetched: VecDeque::new(),
            got: None,
            unread: 0,
        }))
    }

    fn pid(&self) -> u32 {
        self.process.pid()
    }
}

struct RedisClient {
    link: Link,
    consumes: String,
    prefetch: String,
    /// Entries, each with its id, that have been fetched and not been given out.
    fetched: VecDeque<(Vec<u8>, Vec<u8>)>,
    got: Option<Vec<u8>>,
    /// Replies to acknowledgements: nobody waits for them, but they come before others.
    unread: usize,
}

impl RedisClient {
    fn read_over(&mut self) -> Result<()> {
        (0..std::mem::take(&mut self.unread)).try_for_each(|_| self.link.reply().map(drop))
    }
}

impl Client for RedisClient {
    fn put_many(&mut self, queue: &str, body: &[u8], count: usize) -> Result<()> {
        for _ in 0..count {
            self.link.send(&[b"XADD", queue.as_bytes(), b"*", b"b", body]);
        }
        self.read_over()?;
        (0..count).try_for_each(|_| self.link.reply().map(drop))
    }

    fn get(&mut self) -> Result<Option<Vec<u8>>> {
        if self.fetched.is_empty() {
            self.link.send(&[
                b"XREADGROUP",
                b"GROUP",
                GROUP.as_bytes(),
                b"c",
                b"COUNT",
                self.prefetch.as_bytes(),
                b"BLOCK",
                b"100",
                b"STREAMS",
                self.consumes.as_bytes(),
                b">",
            ]);
            self.read_over()?;
            // [[stream, [[id, [field, value]], …]]]
            if let Some(Reply::List(entries)) = self.link.reply()?.at(0).and_then(|s| s.at(1)) {
                for entry in entries {
                    match (entry.at(0), entry.at(1).and_then(|fields| fields.at(1))) {
                        (Some(Reply::Bytes(id)), Some(Reply::Bytes(body))) => {
                            self.fetched.push_back((id.clone(), body.clone()));
                        }
                        _ => bail!("an entry of a stream has an id and a field"),
                    }
                }
            }
        }
        Ok(self.fetched.pop_front().map(|(id, body)| {
            self.got = Some(id);
            body
        }))
    }

    fn acknowledge(&mut self) -> Result<()> {
        let Some(id) = self.got.take() else { bail!("nothing was got") };
        let queue = self.consumes.as_bytes();
        self.link.send(&[b"XACK", queue, GROUP.as_bytes(), &id]);
        self.link.send(&[b"XDEL", queue, &id]);
        self.unread += 2;
        Ok(())
    }
}

struct Link {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    /// Commands that leave together, before the next reply is read.
    out: Vec<u8>,
}

#[derive(Debug)]
enum Reply {
    Nothing,
    Bytes(Vec<u8>),
    List(Vec<Reply>),
}

impl Reply {
    fn at(&self, index: usize) -> Option<&Self> {
        match self {
            Self::List(list) => list.get(index),
            Self::Nothing | Self::Bytes(_) => None,
        }
    }
}

impl Link {
    fn ask(&mut self, words: &[&[u8]]) -> Result<Reply> {
        self.send(words);
        self.reply()
    }

    fn send(&mut self, words: &[&[u8]]) {
        let out = &mut self.out;
        out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
        for word in words {
            out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            out.extend_from_slice(word);
            out.extend_from_slice(b"\r\n");
        }
    }

    fn reply(&mut self) -> Result<Reply> {
        self.stream.write_all(&self.out)?;
        self.out.clear();
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            bail!("Redis has closed the connection");
        }
        let line = line.trim_end();
        let Some((kind, rest)) = line.split_at_checked(1) else { bail!("an empty line from Redis") };
        match kind {
            "+" | ":" => Ok(Reply::Bytes(rest.as_bytes().to_vec())),
            "-" => bail!("Redis: {rest}"),
            "$" => match usize::try_from(rest.parse::<i64>()?) {
                Err(_) => Ok(Reply::Nothing),
                Ok(len) => {
                    let mut bytes = vec![0; len + 2];
                    self.reader.read_exact(&mut bytes)?;
                    bytes.truncate(len);
                    Ok(Reply::Bytes(bytes))
                }
            },
            "*" => match usize::try_from(rest.parse::<i64>()?) {
                Err(_) => Ok(Reply::Nothing),
                Ok(len) => Ok(Reply::List((0..len).map(|_| self.reply()).collect::<Result<_>>()?)),
            },
            _ => bail!("not understood: {line}"),
        }
    }
}
