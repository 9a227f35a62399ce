//! Damage to a disk at rest: flipped bits, lost and exchanged sectors, missing files.
//!
//! After each fault the log must start as it was, or refuse and name the place, or report the records it
//! cannot read. What it delivers must be right. It may end early only where nothing on the disk told
//! that more had been durable: in the last group of a run that was killed within 50 ms of it.

use std::sync::Arc;

use store::{Config, Error, Item, Lsn, Recovery};

use crate::disk::{Image, PIECE, SimDisk};
use crate::rng::Rng;
use crate::shell::{self, History, Planted, Shell};
use crate::toy::{self, Toy};

/// Numbers of messages that the runs before a fault put last.
const STAYING: u64 = 1 << 30;

/// How the run ended whose disk is damaged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Cleanly: everything is told durable.
    Clean,
    /// Killed after it had been idle: its marker tells the same.
    Idle,
    /// Killed at once: the last group has no witness.
    Killed,
}

/// A disk at rest, and what must come back from it.
pub struct Subject {
    image: Image,
    config: Config,
    history: History,
    want: Toy,
    end: Lsn,
    witnessed: Lsn,
}

/// A fault of a disk at rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A bit of a file is the other one.
    Bit(String, u64),
    /// A sector of a file holds zeros.
    Zeroed(String, usize),
    /// Two sectors are exchanged.
    Exchanged((String, usize), (String, usize)),
    /// A file ends at a sector.
    Truncated(String, usize),
    /// A file is missing.
    Missing(String),
    /// A file has these bytes from there on.
    Bytes(String, u64, Vec<u8>),
}

/// What came of the faults.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Faults tried.
    pub faults: u64,
    /// The log started as it was.
    pub harmless: u64,
    /// It started after making a summary or a control file again.
    pub repaired: u64,
    /// It refused to start.
    pub refused: u64,
    /// It started, and said which records it cannot read.
    pub reported: u64,
    /// It ended early where nothing could tell.
    pub window: u64,
    /// Anything else.
    pub violations: u64,
    /// The first few of those in words.
    pub first: Vec<String>,
}

impl Subject {
    /// A small but complete log: sealed, packed and reused extents, a checkpoint, a tail after it.
    pub fn new(seed: u64, ending: Ending) -> Result<Self, Error> {
        let mut rng = Rng::new(seed);
        let config =
            Config { extent_pages: 8, primary: 2, secondary: 1, store_max: None, ..shell::config(&mut rng) };
        let mut shell = Shell::create(&config, 64 << 20, Planted::default())?;
        for _ in 0..400 {
            shell.turn(&mut rng)?;
        }
        // Some that stay, so that sealed extents hold bodies which restart does not read.
        for number in 1..=40 {
            shell.append(&toy::put(STAYING + number, number, 700));
            shell.settle(&mut rng)?;
        }
        for _ in 0..60 {
            shell.turn(&mut rng)?;
        }
        shell.settle(&mut rng)?;
        match ending {
            Ending::Clean => shell.end(&mut rng)?,
            Ending::Idle => shell.idle(&mut rng)?,
            Ending::Killed => {}
        }
        Ok(Self {
            image: shell.disk.image(),
            config,
            want: shell.toy.clone(),
            end: shell.log.lsn_next(),
            witnessed: if ending == Ending::Killed { shell.witnessed } else { shell.log.durable() },
            history: shell.history,
        })
    }

    /// Files of the disk and their sizes.
    #[must_use]
    pub fn files(&self) -> Vec<(String, usize)> {
        let len = |name: &str| self.image.file(name).map_or(0, <[u8]>::len);
        self.image.names().map(|name| (name.to_owned(), len(name))).collect()
    }

    /// Every bit of every file that is not blank from there to its end.
    pub fn bits(&self) -> impl Iterator<Item = Fault> {
        let used = |name: &str| {
            let bytes = self.image.file(name).unwrap_or_default();
            // A page more than what is used: flips in blank pages are all alike.
            let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
            (end + 64).min(bytes.len())
        };
        let files: Vec<(String, usize)> = self.image.names().map(|n| (n.to_owned(), used(n))).collect();
        files
            .into_iter()
            .flat_map(|(name, len)| (0..len as u64 * 8).map(move |bit| Fault::Bit(name.clone(), bit)))
    }

    /// Every fault of a whole sector or file, and as many exchanges as there are sectors.
    #[must_use]
    pub fn faults(&self, rng: &mut Rng) -> Vec<Fault> {
        let files = self.files();
        let sectors: Vec<(String, usize)> =
            files.iter().flat_map(|(name, len)| (0..len / PIECE).map(move |s| (name.clone(), s))).collect();
        let mut faults = Vec::new();
        for (name, sector) in &sectors {
            faults.push(Fault::Zeroed(name.clone(), *sector));
            faults.push(Fault::Truncated(name.clone(), *sector));
            let other = sectors[rng.index(sectors.len())].clone();
            faults.push(Fault::Exchanged((name.clone(), *sector), other));
        }
        faults.extend(files.into_iter().map(|(name, _)| Fault::Missing(name)));
        faults
    }

    /// Damages a copy of the disk, starts the log, and judges.
    pub fn try_fault(&self, fault: &Fault, tally: &mut Tally) {
        self.try_faults(std::slice::from_ref(fault), tally);
    }

    /// The same with several faults at once.
    pub fn try_faults(&self, faults: &[Fault], tally: &mut Tally) {
        tally.faults += 1;
        if let Err(what) = self.judge(self.damaged(faults), tally) {
            tally.violations += 1;
            if tally.first.len() < 5 {
                tally.first.push(format!("{faults:?}: {what}"));
            }
        }
    }

    fn damaged(&self, faults: &[Fault]) -> Image {
        let mut image = self.image.clone();
        faults.iter().for_each(|fault| damage(&mut image, fault));
        image
    }

    /// Damages a copy of the disk and starts the log without looking at checksums, as if whoever changed it had made
    /// them right. What comes out may be wrong; nothing may break, or go on for ever.
    pub fn believe(&self, faults: &[Fault]) {
        let disk = Arc::new(SimDisk::new(self.damaged(faults), 64 << 20));
        store::planted::skip_checksums(true);
        // An error is as good as anything else here.
        let _ = read_through(&disk, &self.config);
        store::planted::skip_checksums(false);
    }

    fn judge(&self, image: Image, tally: &mut Tally) -> Result<(), String> {
        let disk = Arc::new(SimDisk::new(image, 64 << 20));
        let started = Shell::start(disk, &self.config, self.history.clone(), Planted::default());
        let shell = match started {
            // Errors of the settings are those of the checks in `Shell`.
            Err(Error::Config(what)) => return Err(what),
            Err(_) => {
                tally.refused += 1;
                return Ok(());
            }
            Ok(shell) => shell,
        };
        let end = shell.log.lsn_next();
        if end < self.witnessed || end > self.end {
            return Err(format!("ends at {end}; {} was told durable, {} written", self.witnessed, self.end));
        }
        shell.check_against(&if end == self.end { self.want.clone() } else { self.history.fold(end) })?;
        let damaged = shell.read_all()?;
        let s = shell.statistics;
        if end < self.end {
            tally.window += 1;
        } else if damaged > 0 {
            tally.reported += 1;
        } else if s.control_copies_damaged > 0 || s.summaries_rebuilt > 0 {
            tally.repaired += 1;
        } else {
            tally.harmless += 1;
        }
        Ok(())
    }
}

/// Starts the log, reads what is live, and appends to it.
fn read_through(disk: &Arc<SimDisk>, config: &Config) -> Result<(), Error> {
    let mut recovery = Recovery::open(Arc::clone(disk), config.clone())?;
    let mut live = Vec::new();
    while let Some(item) = recovery.next()? {
        match item {
            Item::State(_) => {}
            Item::Live(record) => live.push((record.lsn, record.len)),
            Item::Record { lsn, record } => live.push((lsn, record.len())),
        }
    }
    for (lsn, len) in &live {
        let _ = recovery.read(*lsn, *len)?;
    }
    let (mut log, _) = recovery.finish()?;
    log.append(&toy::put(1, 1, 100));
    while let Some(group) = log.seal() {
        let lsn = log.written(group.ticket, 0);
        assert!(lsn <= log.lsn_next());
    }
    for (lsn, len) in live {
        log.release(lsn, len);
    }
    log.tick(1);
    Ok(())
}

fn damage(image: &mut Image, fault: &Fault) {
    match fault {
        Fault::Bytes(name, at, bytes) => {
            if let Some(place) = image.file_mut(name).and_then(|f| f.get_mut(*at as usize..)) {
                place.iter_mut().zip(bytes).for_each(|(there, byte)| *there = *byte);
            }
        }
        Fault::Bit(name, bit) => {
            if let Some(byte) = image.file_mut(name).and_then(|f| f.get_mut((bit / 8) as usize)) {
                *byte ^= 1 << (bit % 8);
            }
        }
        Fault::Zeroed(name, sector) => {
            let file = image.file_mut(name);
            if let Some(sector) = file.and_then(|f| f.get_mut(sector * PIECE..(sector + 1) * PIECE)) {
                sector.fill(0);
            }
        }
        Fault::Exchanged((a, at_a), (b, at_b)) => {
            let sector = |image: &Image, name: &str, at: usize| {
                let there = |f: &[u8]| f.get(at * PIECE..(at + 1) * PIECE).map(<[u8]>::to_vec);
                image.file(name).and_then(there).unwrap_or_default()
            };
            let (from_a, from_b) = (sector(image, a, *at_a), sector(image, b, *at_b));
            for (name, at, bytes) in [(a, at_a, from_b), (b, at_b, from_a)] {
                let there =
                    image.file_mut(name).and_then(|f| f.get_mut(at * PIECE..at * PIECE + bytes.len()));
                if let Some(there) = there {
                    there.copy_from_slice(&bytes);
                }
            }
        }
        Fault::Truncated(name, sector) => {
            if let Some(file) = image.file_mut(name) {
                file.truncate(sector * PIECE);
            }
        }
        Fault::Missing(name) => image.remove(name),
    }
}

/// Tries `count` faults: flips spread over the used bits of the disk, and one other fault for each four.
pub fn sample(subject: &Subject, count: u64, rng: &mut Rng) -> Tally {
    let mut tally = Tally::default();
    let bits: Vec<Fault> = subject.bits().collect();
    let faults = subject.faults(rng);
    for i in 0..count {
        let fault = if i % 5 == 4 { &faults[rng.index(faults.len())] } else { &bits[rng.index(bits.len())] };
        subject.try_fault(fault, &mut tally);
    }
    tally
}

/// Tries every fault.
pub fn exhaust(subject: &Subject, rng: &mut Rng) -> Tally {
    let mut tally = Tally::default();
    for fault in subject.bits().chain(subject.faults(rng)) {
        subject.try_fault(&fault, &mut tally);
    }
    tally
}
