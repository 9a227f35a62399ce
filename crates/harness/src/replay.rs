//! Recordings of a queue manager under load and under fire, replayed in other processes.
//!
//! The queue manager writes down its kernel's inputs and digests of its outputs (`PACKHORSE_RECORD`), one file a
//! start. A replay must find the same outputs, up to the end or the kill. Of what came out last before a kill
//! nothing may have been written: there two replays in two processes must agree.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::application::Subject as _;
use crate::campaign::{Report, with_applications};
use crate::process::{NAME, QueueManager, Settings};
use crate::rng::Rng;
use crate::workload::Load;

/// What was replayed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Starts that had ended in order, with the digest that they left.
    pub ended: u32,
    /// Starts that had been killed.
    pub killed: u32,
    /// Bytes of all recordings.
    pub bytes: u64,
}

/// Runs `kills` kills and as many orderly ends under load, then replays every start.
pub fn run_scenario(
    program: &Path,
    directory: &Path,
    seed: u64,
    kills: u32,
) -> Result<(Report, Counts), String> {
    let tape = directory.join("tape");
    let settings = Settings { record: Some(tape), ..Settings::small_extents() };
    let subject = QueueManager::create(program, &settings)?;
    let load = Load { length_max: 1 << 16, ..Load::FULL };
    let report =
        with_applications(&subject, load, Rng::new(seed), &directory.join("replay"), |campaign, rng| {
            for _ in 0..kills {
                for is_killed in [true, false] {
                    campaign.shared.gate.open();
                    std::thread::sleep(Duration::from_millis(rng.between(50, 400)));
                    if is_killed {
                        campaign.kill()?;
                        campaign.report.kills += 1;
                    } else {
                        campaign.subject.command(&["endmqm", "-i", NAME], "")?;
                        if !campaign.subject.wait_for_end(Duration::from_secs(10))? {
                            return Err("the queue manager has not ended after endmqm -i".to_owned());
                        }
                        campaign.fault("kill")?;
                    }
                    campaign.start()?;
                }
            }
            Ok(())
        })?;
    subject.kill()?;
    let counts = replay_all(&subject, directory)?;
    if counts.ended < kills || counts.killed < kills {
        return Err(format!("not every start has left a recording: {counts:?}"));
    }
    Ok((report, counts))
}

/// Replays what is recorded in a directory.
pub(crate) fn replay_all(subject: &QueueManager, directory: &Path) -> Result<Counts, String> {
    let mut counts = Counts::default();
    let trouble = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut tapes: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let is_tape = name.strip_prefix("tape.").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        if is_tape {
            tapes.push(path);
        }
    }
    tapes.sort();
    for tape in tapes {
        counts.bytes += std::fs::metadata(&tape).map_err(trouble)?.len();
        let digest = subject.command(&["replay", &tape.display().to_string()], "")?;
        // With a digest beside it the command compares by itself, and fails if they differ.
        if tape.with_extension(format!("{}.digest", extension(&tape))).exists() {
            counts.ended += 1;
            continue;
        }
        let again = subject.command(&["replay", &tape.display().to_string()], "")?;
        if digest != again || digest.trim().is_empty() {
            return Err(format!("{}: replayed to {digest} and to {again}", tape.display()));
        }
        counts.killed += 1;
    }
    Ok(counts)
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|e| e.to_str()).unwrap_or_default()
}
