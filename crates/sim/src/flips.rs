//! Damage to a disk at rest: flipped bits, lost and exchanged sectors, missing files.
//!
//! After each fault the log must start as it was, or refuse and name the place, or report the records it
//! cannot read. What it delivers must be right. It may end early only where nothing on the disk told
//! that more had been durable: in the last group of a run that was killed within 50 ms of it.

use std::sync::Arc;

use store::{Config, Error, Lsn};

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
        tally.faults += 1;
        let mut image = self.image.clone();
        damage(&mut image, fault);
        if let Err(what) = self.judge(image, tally) {
            tally.violations += 1;
            if tally.first.len() < 5 {
                tally.first.push(format!("{fault:?}: {what}"));
            }
        }
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

fn damage(image: &mut Image, fault: &Fault) {
    match fault {
        Fault::Bit(name, bit) => {
            if let Some(byte) = image.file_mut(name).and_then(|f| f.get_mut((bit / 8) as usize)) {
                *byte ^= 1 << (bit % 8);
            }
        }
        Fault::Zeroed(name, sector) => {
            if let Some(file) = image.file_mut(name) {
                file[sector * PIECE..(sector + 1) * PIECE].fill(0);
            }
        }
        Fault::Exchanged((a, at_a), (b, at_b)) => {
            let sector = |image: &Image, name: &str, at: usize| {
                image.file(name).map(|f| f[at * PIECE..(at + 1) * PIECE].to_vec()).unwrap_or_default()
            };
            let (from_a, from_b) = (sector(image, a, *at_a), sector(image, b, *at_b));
            for (name, at, bytes) in [(a, at_a, from_b), (b, at_b, from_a)] {
                if let Some(file) = image.file_mut(name) {
                    file[at * PIECE..(at + 1) * PIECE].copy_from_slice(&bytes);
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
