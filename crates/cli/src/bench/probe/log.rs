//! The probe's log: bytes are appended, and durable after the next force. One preallocated file, written round and
//! round with the queue manager's own kind of write.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::{Context as _, Result};
use server::disk::{RealDisk, RealFile};
use server::waker::Waker;
use store::{Aligned, Disk as _, PAGE};

/// Bytes of the file.
const FILE_BYTES: u64 = 64 << 20;
/// Bytes that one write carries at most.
const WRITE_MAX: usize = 1 << 20;

/// Who forces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    /// The loop itself, when it has nothing else to do.
    Inline,
    /// A thread beside it.
    Thread,
}

impl Variant {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Inline, Self::Thread];

    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Thread => "thread",
        }
    }

    /// Of its name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.name() == name)
    }
}

/// The file, and where the next write goes.
struct Tape {
    disk: RealDisk,
    file: RealFile,
    at: u64,
}

impl Tape {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        for chunk in bytes.chunks(WRITE_MAX) {
            let aligned = Aligned::copy_of(chunk);
            if self.at + aligned.len() as u64 > FILE_BYTES {
                self.at = 0;
            }
            self.disk.write_at(&self.file, self.at, &aligned).context("the log")?;
            self.at += aligned.len() as u64;
        }
        Ok(())
    }
}

enum Forcer {
    Inline(Tape),
    Thread { send: SyncSender<Vec<u8>>, receive: Receiver<Result<Vec<u8>>>, is_busy: bool },
}

/// See the module's text.
pub(super) struct Log {
    forcer: Forcer,
    buffer: Vec<u8>,
    /// Position of the end of the buffer, of what is being forced, and of what has been.
    appended: u64,
    submitted: u64,
    durable: u64,
    forces: u64,
    bytes: u64,
}

impl Log {
    /// A log in this directory. `waker` rings when the thread has forced.
    pub(super) fn create(variant: Variant, directory: &Path, waker: &Waker) -> Result<Self> {
        let disk = RealDisk::open(directory)?;
        let file = disk.create("PROBE.LOG", FILE_BYTES)?;
        let mut tape = Tape { disk, file, at: 0 };
        let forcer = match variant {
            Variant::Inline => Forcer::Inline(tape),
            Variant::Thread => {
                let (send, work) = sync_channel::<Vec<u8>>(1);
                let (done, receive) = sync_channel(1);
                let waker = waker.clone();
                std::thread::Builder::new().name("probe-log".to_owned()).spawn(move || {
                    for mut bytes in work {
                        let result = tape.write(&bytes).map(|()| {
                            bytes.clear();
                            bytes
                        });
                        if done.send(result).is_err() {
                            return;
                        }
                        waker.wake();
                    }
                })?;
                Forcer::Thread { send, receive, is_busy: false }
            }
        };
        Ok(Self { forcer, buffer: Vec::new(), appended: 0, submitted: 0, durable: 0, forces: 0, bytes: 0 })
    }

    /// Appends bytes, with room for a header as a record has one. Gives the position that must be durable.
    pub(super) fn append(&mut self, bytes: &[u8]) -> u64 {
        const HEAD: [u8; 40] = [0x5A; 40];
        self.buffer.extend_from_slice(&HEAD);
        self.buffer.extend_from_slice(bytes);
        self.appended += 1;
        self.appended
    }

    /// Forces what is there, or has it forced.
    pub(super) fn force(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        match &mut self.forcer {
            Forcer::Inline(tape) => {
                tape.write(&self.buffer)?;
                self.bytes += self.buffer.len().next_multiple_of(PAGE) as u64;
                self.buffer.clear();
                self.durable = self.appended;
                self.forces += 1;
            }
            Forcer::Thread { send, is_busy, .. } if !*is_busy => {
                self.bytes += self.buffer.len().next_multiple_of(PAGE) as u64;
                send.send(std::mem::take(&mut self.buffer)).context("the log thread has ended")?;
                *is_busy = true;
                self.submitted = self.appended;
            }
            Forcer::Thread { .. } => {}
        }
        Ok(())
    }

    /// Takes what the thread has done.
    pub(super) fn collect(&mut self) -> Result<()> {
        if let Forcer::Thread { receive, is_busy, .. } = &mut self.forcer
            && let Ok(result) = receive.try_recv()
        {
            let spare = result?;
            if self.buffer.is_empty() {
                self.buffer = spare;
            }
            *is_busy = false;
            self.durable = self.submitted;
            self.forces += 1;
        }
        Ok(())
    }

    /// Whether this position is durable.
    pub(super) fn is_durable(&self, position: u64) -> bool {
        position <= self.durable
    }

    /// Forces and bytes so far.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.forces, self.bytes)
    }
}
