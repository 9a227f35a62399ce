//! A log disk that fills up and gets room again.
//!
//! The log lies on a small ext4 file system of its own, in a file behind a loop device, which takes root; or
//! `StoreMax` bounds it. Producers go on until they are refused. From then on: the queue manager lives, gets and
//! commits go on, and once the consumers have made room puts are taken again; also when it was killed while full,
//! and when it was somebody else's file that filled the disk.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::campaign::{Campaign, Report, with_applications};
use crate::process::{QueueManager, Settings, temporary_directory};
use crate::rng::Rng;
use crate::workload::Load;

/// Size of the file system, and of `StoreMax`.
const BYTES: u64 = 24 << 20;
/// Longest time for each step.
const STEP: Duration = Duration::from_secs(120);
/// Puts that must be taken after room has been made, to show that it goes on.
const ENOUGH: u64 = 200;

/// A file system in a file, gone when dropped.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    directory: PathBuf,
}

impl SmallDisk {
    /// None where no file system can be mounted, with the reason.
    pub(crate) fn mount(bytes: u64) -> Result<Self, String> {
        let directory = temporary_directory("disk").map_err(|error| error.to_string())?;
        let disk = Self { directory };
        let image = disk.directory.join("image");
        File::create(&image).and_then(|file| file.set_len(bytes)).map_err(|error| error.to_string())?;
        std::fs::create_dir(disk.path()).map_err(|error| error.to_string())?;
        run("mkfs.ext4", &["-q", "-m", "0", &image.display().to_string()])?;
        run("mount", &["-o", "loop", &image.display().to_string(), &disk.path().display().to_string()])?;
        Ok(disk)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.join("mounted")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = run("umount", &[&self.path().display().to_string()]);
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn run(program: &str, words: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(words).output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {} {said}", output.status)) }
}

/// What bounds the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A file system of its own; where none can be mounted, as [`Bound::StoreMax`].
    Disk,
    /// The setting.
    StoreMax,
}

/// Runs the scenario.
pub fn run_scenario(
    bound: Bound,
    program: &Path,
    directory: &Path,
    seed: u64,
    say: &mut dyn FnMut(&str),
) -> Result<Report, String> {
    // Declared before the queue manager, so that it is unmounted after that has gone.
    let disk = match bound {
        Bound::StoreMax => None,
        Bound::Disk => SmallDisk::mount(BYTES)
            .inspect_err(|why| {
                say(&format!("no file system of its own ({why}); StoreMax bounds the log instead"))
            })
            .ok(),
    };
    let mut settings = Settings::small_extents();
    match &disk {
        Some(disk) => settings.log = Some(disk.path()),
        None => settings.ini = format!("Log:\n   StoreMax={BYTES}\n"),
    }
    let subject = QueueManager::create(program, &settings)?;
    let load =
        Load { length_max: 1 << 18, backlog_max: i64::MAX, non_persistent: 0, delayed: 0, ..Load::FULL };
    with_applications(&subject, load, Rng::new(seed), &directory.join("full"), |campaign, _| {
        campaign.shared.gate.open();
        fill(campaign)?;
        campaign.fault("full")?;
        say(&format!("full after {} messages; {} refusals", put(campaign), refused(campaign)));
        // It is asked on and on while it is full.
        std::thread::sleep(Duration::from_secs(1));
        make_room(campaign)?;
        say(&format!("room again: {} messages", put(campaign)));

        fill(campaign)?;
        campaign.kill()?;
        campaign.report.kills += 1;
        campaign.start()?;
        campaign.stand_still()?;
        campaign.census(false)?;
        campaign.shared.gate.open();
        make_room(campaign)?;
        say(&format!("killed while full, and room again: {} messages", put(campaign)));

        if let Some(disk) = &disk {
            campaign.shared.consumers_rest.store(false, Ordering::Relaxed);
            let ballast = Ballast::fill(&disk.path().join("ballast"))?;
            campaign.fault("full of another's file")?;
            // The empty extents at hand are used up first.
            fill(campaign)?;
            drop(ballast);
            make_room(campaign)?;
            say(&format!("another's file came and went: {} messages", put(campaign)));
        }
        is_alive(campaign)
    })
}

fn put(campaign: &Campaign<'_, QueueManager>) -> u64 {
    campaign.shared.put.load(Ordering::Relaxed)
}

fn refused(campaign: &Campaign<'_, QueueManager>) -> u64 {
    campaign.shared.refused.load(Ordering::Relaxed)
}

fn is_alive(campaign: &Campaign<'_, QueueManager>) -> Result<(), String> {
    if campaign.subject.has_ended()? {
        Err(format!("the queue manager ended: {}", campaign.subject.last_words()))
    } else {
        Ok(())
    }
}

/// Waits for a condition while the queue manager lives.
fn wait_for(
    campaign: &Campaign<'_, QueueManager>,
    what: &str,
    is_so: impl Fn() -> bool,
) -> Result<(), String> {
    let until = Instant::now() + STEP;
    while !is_so() {
        is_alive(campaign)?;
        if Instant::now() > until {
            return Err(format!("{what}: not within {STEP:?}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Producers alone, until they are refused.
fn fill(campaign: &Campaign<'_, QueueManager>) -> Result<(), String> {
    let before = refused(campaign);
    campaign.shared.consumers_rest.store(true, Ordering::Relaxed);
    campaign.shared.producers_rest.store(false, Ordering::Relaxed);
    wait_for(campaign, "a full disk", || refused(campaign) > before + 20)
}

/// Consumers alone, until the queues are empty; then all, until enough puts have been taken.
fn make_room(campaign: &Campaign<'_, QueueManager>) -> Result<(), String> {
    campaign.shared.producers_rest.store(true, Ordering::Relaxed);
    campaign.shared.consumers_rest.store(false, Ordering::Relaxed);
    wait_for(campaign, "gets while the disk is full", || {
        campaign.shared.backlog.load(Ordering::Relaxed) <= 0
    })?;
    let before = put(campaign);
    campaign.shared.producers_rest.store(false, Ordering::Relaxed);
    wait_for(campaign, "puts after room has been made", || put(campaign) >= before + ENOUGH)
}

/// A file that takes all the room there is, gone when dropped.
struct Ballast(PathBuf);

impl Ballast {
    fn fill(path: &Path) -> Result<Self, String> {
        let mut file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let ballast = Self(path.to_owned());
        let block = vec![0x55; 1 << 16];
        loop {
            match file.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => break,
                Err(error) => return Err(format!("{}: {error}", path.display())),
            }
        }
        // Delayed allocation: only what has been forced has found no room.
        let _ = file.sync_all();
        Ok(ballast)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
