//! A campaign of kills: rounds of so many, each with a ledger of its own that is judged at its end.
//!
//! ```text
//! round:  { open the gate, let them work, kill, perhaps kill again while it restarts, start, perhaps a census,
//!           perhaps another restart and a census that must equal the first } …
//!         close the gate, census, kill, start, quiet census, drain, kill, start, census (all must be empty), judge
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::application::Subject;
use crate::census;
use crate::check::{self, Violation};
use crate::gate::Gate;
use crate::history::History;
use crate::ledger::{Clock, Event, Fault, Writer, read_directory};
use crate::rng::Rng;
use crate::workload::{self, APPLICATIONS, Load, Shared};

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Kills while applications work; those during restarts come on top.
    pub kills: u32,
    /// Kills in a round.
    pub round: u32,
    /// Where choices begin.
    pub seed: u64,
    /// Longest time that applications work before a kill.
    pub work_max: Duration,
    /// How hard they work.
    pub load: Load,
    /// Where the ledgers go: storage that is not under fault.
    pub directory: PathBuf,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Kills while applications worked.
    pub kills: u32,
    /// Kills during restarts, and of an idle queue manager.
    pub more_kills: u32,
    /// Messages whose put was acknowledged.
    pub messages: u64,
    /// Messages seen by censuses.
    pub counted: u64,
    /// Messages left for the final drains.
    pub drained: u64,
    /// Puts and commits refused, by reason code.
    pub refused: BTreeMap<i32, u64>,
    /// Longest time from start to ready.
    pub restart_max: Duration,
    /// Broken promises, and where the ledger is that shows them.
    pub violations: Vec<Violation>,
    /// Ledgers kept for them.
    pub kept: Vec<PathBuf>,
}

impl Report {
    /// The line that a campaign ends with.
    pub fn line(&self) -> String {
        let refused: Vec<String> =
            self.refused.iter().map(|(reason, times)| format!("{times} x {reason}")).collect();
        let refused = if refused.is_empty() { "none".to_owned() } else { refused.join(" ") };
        format!(
            "{} kills ({} more of restarts and idle), {} messages, {} counted, {} drained, refused: {refused}, \
             slowest restart {} ms, {} violations",
            self.kills,
            self.more_kills,
            self.messages,
            self.counted,
            self.drained,
            self.restart_max.as_millis(),
            self.violations.len()
        )
    }

    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.more_kills += other.more_kills;
        self.messages += other.messages;
        self.counted += other.counted;
        self.drained += other.drained;
        for (reason, times) in other.refused {
            *self.refused.entry(reason).or_default() += times;
        }
        self.restart_max = self.restart_max.max(other.restart_max);
        self.violations.extend(other.violations);
        self.kept.extend(other.kept);
    }
}

/// Longest time that applications may take to come to a standstill.
const STANDSTILL: Duration = Duration::from_secs(60);

/// Runs a campaign against a started queue manager with empty queues. Err: it could not go on.
pub fn run<S: Subject>(subject: &S, plan: &Plan, say: &mut dyn FnMut(&str)) -> Result<Report, String> {
    let mut report = Report::default();
    let mut rng = Rng::new(plan.seed);
    while report.kills < plan.kills {
        let kills = plan.round.min(plan.kills - report.kills);
        let directory = plan.directory.join(format!("round-{}", report.kills));
        let rng = Rng::new(rng.bits());
        let part = with_applications(subject, plan.load, rng, &directory, |campaign, rng| {
            (0..kills).try_for_each(|_| campaign.kill_once(plan, rng))
        })?;
        report.add(part);
        say(&format!("{} of {} kills, {} messages", report.kills, plan.kills, report.messages));
    }
    Ok(report)
}

/// A round: runs a body while applications work, then brings all to an end, drains, and judges.
///
/// The body finds the gate closed and the queue manager ready, and leaves the queue manager ready.
pub fn with_applications<S: Subject>(
    subject: &S,
    load: Load,
    mut rng: Rng,
    directory: &Path,
    body: impl FnOnce(&mut Campaign<'_, S>, &mut Rng) -> Result<(), String>,
) -> Result<Report, String> {
    let trouble = |error: std::io::Error| format!("{}: {error}", directory.display());
    std::fs::create_dir_all(directory).map_err(trouble)?;
    let shared = Shared::new(rng.bits(), load, directory.to_owned(), Clock::new());
    let mut ledger = Writer::create(directory, "campaign").map_err(trouble)?;
    shared.introduce(&mut ledger).map_err(trouble)?;
    let mut report = std::thread::scope(|scope| {
        let _stop = StopOnDrop(&shared.gate);
        workload::start(scope, subject, &shared, &rng);
        let mut campaign =
            Campaign { subject, shared: &shared, ledger, censuses: 0, report: Report::default() };
        body(&mut campaign, &mut rng)?;
        campaign.finish()?;
        Ok::<_, String>(campaign.report)
    })?;
    if let Some(trouble) = shared.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
        return Err(trouble);
    }
    report.messages = shared.put.load(Ordering::Relaxed);
    report.refused = shared.refusals.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    report.violations = check::all(&History::new(read_directory(directory).map_err(trouble)?));
    if report.violations.is_empty() {
        std::fs::remove_dir_all(directory).map_err(trouble)?;
    } else {
        report.kept.push(directory.to_owned());
    }
    Ok(report)
}

/// Threads at the gate must not wait for ever when the campaign gives up.
struct StopOnDrop<'a>(&'a Gate);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A campaign in progress.
#[derive(Debug)]
pub struct Campaign<'a, S> {
    /// The queue manager.
    pub subject: &'a S,
    /// What the applications share.
    pub shared: &'a Shared,
    ledger: Writer,
    censuses: u32,
    /// What has been counted so far.
    pub report: Report,
}

impl<S: Subject> Campaign<'_, S> {
    /// Work, a kill, a restart, and perhaps a look at what is there.
    fn kill_once(&mut self, plan: &Plan, rng: &mut Rng) -> Result<(), String> {
        self.shared.consumers_rest.store(rng.percent(25), Ordering::Relaxed);
        self.shared.producers_rest.store(rng.percent(10), Ordering::Relaxed);
        self.shared.gate.open();
        std::thread::sleep(Duration::from_micros(rng.between(2_000, micros(plan.work_max))));
        let is_counted = rng.percent(40);
        if is_counted {
            self.shared.gate.close();
        }
        self.kill()?;
        self.report.kills += 1;
        while rng.percent(25) {
            let after = Duration::from_micros(rng.below(60_000));
            self.subject.start_and_kill(after)?;
            self.fault("kill")?;
            self.report.more_kills += 1;
        }
        self.start()?;
        if is_counted {
            self.stand_still()?;
            self.census(false)?;
            if rng.percent(50) {
                self.kill()?;
                self.report.more_kills += 1;
                self.start()?;
                self.census(true)?;
            }
        }
        Ok(())
    }

    /// Notes a fault in the ledger. The end of the process is noted after it and before the next start: what
    /// was acknowledged until then is held to have gone with it, and nothing that came later.
    pub fn fault(&mut self, what: &str) -> Result<(), String> {
        let fault = Fault { what: what.to_owned(), t0: self.shared.clock.now() };
        self.ledger.note(&Event::Fault(fault)).map_err(|error| format!("ledger of the campaign: {error}"))
    }

    /// Kills the queue manager.
    pub fn kill(&mut self) -> Result<(), String> {
        self.subject.kill()?;
        self.fault("kill")
    }

    /// Starts it again.
    pub fn start(&mut self) -> Result<(), String> {
        let took = self.subject.start()?;
        self.report.restart_max = self.report.restart_max.max(took);
        Ok(())
    }

    /// Waits until every application stands at the closed gate.
    pub fn stand_still(&mut self) -> Result<(), String> {
        self.shared.gate.close();
        if self.shared.gate.all_wait(APPLICATIONS, STANDSTILL) {
            Ok(())
        } else {
            Err(format!("an application has waited for an answer for more than {STANDSTILL:?}"))
        }
    }

    /// Counts all messages; the applications stand still.
    pub fn census(&mut self, is_quiet: bool) -> Result<(), String> {
        self.censuses += 1;
        let seen = census::take(self.subject, self.shared, &mut self.ledger, self.censuses, is_quiet)?;
        self.report.counted += seen;
        self.shared.backlog.store(i64::try_from(seen).unwrap_or(i64::MAX), Ordering::Relaxed);
        Ok(())
    }

    /// The end of a round: everything is counted, restarted, counted, drained, restarted, counted.
    fn finish(&mut self) -> Result<(), String> {
        self.stand_still()?;
        self.census(false)?;
        self.kill()?;
        self.start()?;
        self.census(true)?;
        self.report.drained += census::drain(self.subject, self.shared, &mut self.ledger)?;
        self.kill()?;
        self.start()?;
        self.census(false)?;
        self.report.more_kills += 2;
        self.shared.gate.stop();
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::fake::{FakeQueueManager, Lie};

    fn campaign(name: &str, lie: Lie) -> Report {
        let directory = std::env::temp_dir().join(format!("harness-{name}-{}", std::process::id()));
        let plan = Plan {
            kills: 6,
            round: 3,
            seed: 1,
            work_max: Duration::from_millis(60),
            load: Load { length_max: 3000, backlog_max: 200, non_persistent: 10 },
            directory: directory.clone(),
        };
        let report = run(&FakeQueueManager::new(lie), &plan, &mut |_| {}).unwrap();
        std::fs::remove_dir_all(directory).unwrap();
        report
    }

    #[test]
    fn an_honest_queue_manager_passes() {
        let report = campaign("honest", Lie::None);
        assert_eq!(report.violations, []);
        assert_eq!(report.kills, 6);
        assert!(report.messages > 100 && report.counted > 0, "{}", report.line());
    }

    #[test]
    fn a_liar_is_found_out_by_the_invariant_that_he_breaks() {
        for (name, lie, invariant) in [
            ("loses", Lie::LosesAtCrash, "I1"),
            ("repeats", Lie::RepeatsAtCrash, "I2"),
            ("keeps", Lie::KeepsBackedOut, "I3"),
            ("tears", Lie::TearsBodies, "I3"),
            ("shows", Lie::ShowsUncommitted, "I5"),
            ("turns", Lie::TurnsOrder, "I6"),
            ("miscounts", Lie::Miscounts, "I10"),
            ("shuffles", Lie::ShufflesAtCrash, "I11"),
        ] {
            let report = campaign(name, lie);
            let found: BTreeSet<&str> = report.violations.iter().map(|v| v.invariant).collect();
            assert!(found.contains(invariant), "{name}: {found:?}, {}", report.line());
            assert!(!report.kept.is_empty());
        }
    }
}
