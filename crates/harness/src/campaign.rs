//! A campaign of kills: rounds of so many, each with a ledger of its own that is judged at its end.
//!
//! ```text
//! round:  { open the gate, let them work, harm, perhaps kill again while it restarts, start, perhaps a census,
//!           perhaps another restart and a census that must equal the first } …
//! harm:   three of five   kill
//!         one of five     endmqm -c, -w or -i, and a kill while it ends
//!         one of five     kill, and a kill while it replays its log, perhaps several
//! down:   one time of five for as long as applications may work, before it is started again
//! end:    close the gate, census, kill, start, quiet census, wait for what is to be delivered later, drain, kill, start,
//!         census (all must be empty), judge
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::application::{Ask, Subject};
use crate::census;
use crate::check::{self, Violation};
use crate::delayed::Delayed;
use crate::gate::Gate;
use crate::history::History;
use crate::ledger::{Clock, Event, Fault, Waiting, Writer, read_directory};
use crate::rng::Rng;
use crate::workload::{self, APPLICATIONS, Load, Shared};

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Kills: while applications work, while it ends and while it replays; what else is killed comes on top.
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
    /// Kills that were planned: under load, while ending, during replay.
    pub kills: u32,
    /// Those of them while it ended, by what it was asked.
    pub ending: BTreeMap<Ask, u32>,
    /// Those of them while it replayed its log.
    pub replaying: u32,
    /// Kills at any moment of a restart, of an idle queue manager, and before a replay.
    pub more_kills: u32,
    /// Ends that came before the kill did.
    pub ended: u32,
    /// Messages whose put was acknowledged.
    pub messages: u64,
    /// Those of them that were to be delivered later.
    pub delayed: Delayed,
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
        let ending: u32 = self.ending.values().sum();
        let asked: Vec<String> =
            self.ending.iter().map(|(ask, times)| format!("{times} {}", ask.option())).collect();
        let kinds = match ending + self.replaying {
            0 => String::new(),
            others => format!(
                ": {} under load, {ending} while ending ({}; {} more ended in time), {} during replay",
                self.kills - others,
                asked.join(", "),
                self.ended,
                self.replaying
            ),
        };
        let delayed = match self.delayed {
            Delayed { messages: 0, .. } => String::new(),
            Delayed { messages, held, down, moved } => format!(
                " ({messages} of them delayed: {held} killed while they waited, {down} due while it was down, {moved} \
                 killed when due and not yet got)"
            ),
        };
        format!(
            "{} kills{kinds} ({} more of restarts and idle), {} messages{delayed}, {} counted, {} drained, refused: {refused}, \
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
        for (ask, times) in other.ending {
            *self.ending.entry(ask).or_default() += times;
        }
        self.replaying += other.replaying;
        self.ended += other.ended;
        self.more_kills += other.more_kills;
        self.messages += other.messages;
        self.delayed.add(other.delayed);
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

/// What is done to the queue manager while applications work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    Kill,
    KillWhileEnding,
    KillDuringReplay,
}

impl Harm {
    /// Of each five, three are kills under load, and one each of the others.
    fn of(at: u32) -> Self {
        match at % 5 {
            2 => Self::KillWhileEnding,
            4 => Self::KillDuringReplay,
            _ => Self::Kill,
        }
    }
}

/// How long something takes that is to be killed in the middle: learnt from whether kills came in time.
#[derive(Clone, Copy, Debug)]
struct Guess(Duration);

/// What has been learnt so far: it outlives the rounds.
#[derive(Clone, Copy, Debug)]
struct Guesses {
    /// An end, by what it is asked.
    end: [Guess; Ask::ALL.len()],
    replay: Guess,
}

impl Default for Guesses {
    fn default() -> Self {
        let first = Guess(Duration::from_millis(20));
        Self { end: [first; Ask::ALL.len()], replay: first }
    }
}

impl Guess {
    const LEAST: Duration = Duration::from_micros(200);
    const MOST: Duration = Duration::from_secs(1);

    /// A moment within it.
    fn moment(self, rng: &mut Rng) -> Duration {
        Duration::from_micros(rng.below(micros(self.0)))
    }

    /// Kills come at any moment when now and then one comes too late.
    fn learn(&mut self, was_in_time: bool) {
        let next = if was_in_time { self.0.mul_f64(1.3) } else { self.0.mul_f64(0.6) };
        self.0 = next.clamp(Self::LEAST, Self::MOST);
    }
}

/// Longest series of kills that come too late.
const TRIES: u32 = 100;

/// Longest time that applications may take to come to a standstill.
const STANDSTILL: Duration = Duration::from_secs(60);

/// Runs a campaign against a started queue manager with empty queues. Err: it could not go on.
pub fn run<S: Subject>(subject: &S, plan: &Plan, say: &mut dyn FnMut(&str)) -> Result<Report, String> {
    let mut report = Report::default();
    let mut rng = Rng::new(plan.seed);
    let mut guesses = Guesses::default();
    while report.kills < plan.kills {
        let kills = plan.round.min(plan.kills - report.kills);
        let directory = plan.directory.join(format!("round-{}", report.kills));
        let rng = Rng::new(rng.bits());
        let part = with_applications(subject, plan.load, rng, &directory, |campaign, rng| {
            campaign.guesses = guesses;
            (0..kills).try_for_each(|at| campaign.harm(Harm::of(at), plan, rng))?;
            guesses = campaign.guesses;
            Ok(())
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
        let mut campaign = Campaign {
            subject,
            shared: &shared,
            ledger,
            censuses: 0,
            guesses: Guesses::default(),
            report: Report::default(),
        };
        body(&mut campaign, &mut rng)?;
        campaign.finish()?;
        Ok::<_, String>(campaign.report)
    })?;
    if let Some(trouble) = shared.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
        return Err(trouble);
    }
    report.messages = shared.put.load(Ordering::Relaxed);
    report.refused = shared.refusals.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    let history = History::new(read_directory(directory).map_err(trouble)?);
    report.delayed = Delayed::of(&history);
    report.violations = check::all(&history);
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
    guesses: Guesses,
    /// What has been counted so far.
    pub report: Report,
}

impl<S: Subject> Campaign<'_, S> {
    /// Work, a kill, a restart, and perhaps a look at what is there.
    fn harm(&mut self, harm: Harm, plan: &Plan, rng: &mut Rng) -> Result<(), String> {
        self.work(plan, rng);
        let is_counted = rng.percent(40);
        match harm {
            Harm::Kill => {
                if is_counted {
                    self.shared.gate.close();
                }
                self.kill()?;
            }
            Harm::KillWhileEnding => self.kill_while_ending(plan, rng)?,
            Harm::KillDuringReplay => {
                self.kill()?;
                self.report.more_kills += 1;
                self.kill_during_replay(plan, rng)?;
            }
        }
        self.report.kills += 1;
        while rng.percent(25) {
            let after = Duration::from_micros(rng.below(60_000));
            self.subject.start_and_kill(after)?;
            self.fault("kill")?;
            self.report.more_kills += 1;
        }
        if rng.percent(20) {
            // Some of what is to be delivered later is due meanwhile.
            std::thread::sleep(Duration::from_micros(rng.below(micros(plan.work_max))));
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

    /// Lets the applications work for some time; they go on afterwards.
    fn work(&self, plan: &Plan, rng: &mut Rng) {
        self.shared.consumers_rest.store(rng.percent(25), Ordering::Relaxed);
        self.shared.producers_rest.store(rng.percent(10), Ordering::Relaxed);
        self.shared.gate.open();
        std::thread::sleep(Duration::from_micros(rng.between(2_000, micros(plan.work_max))));
    }

    /// Asks it to end, and kills it before it has. What ends in time is started, used and asked again.
    fn kill_while_ending(&mut self, plan: &Plan, rng: &mut Rng) -> Result<(), String> {
        let ask = *rng.pick(&Ask::ALL);
        let mut takes = self.guesses.end[ask as usize];
        for _ in 0..TRIES {
            let after = takes.moment(rng);
            let is_in_time = self.subject.end_and_kill(ask, after)?;
            self.fault("kill")?;
            takes.learn(is_in_time);
            self.guesses.end[ask as usize] = takes;
            if is_in_time {
                *self.report.ending.entry(ask).or_default() += 1;
                return Ok(());
            }
            self.report.ended += 1;
            self.start()?;
            self.work(plan, rng);
        }
        Err(format!("{TRIES} ends were all over before a kill"))
    }

    /// Starts what was killed, and kills it while it replays its log; now and then again and again.
    fn kill_during_replay(&mut self, plan: &Plan, rng: &mut Rng) -> Result<(), String> {
        let mut wanted = 1;
        while rng.percent(40) {
            wanted += 1;
        }
        for _ in 0..TRIES {
            let after = self.guesses.replay.moment(rng);
            let is_in_time = self.subject.replay_and_kill(after)?;
            self.fault("kill")?;
            self.guesses.replay.learn(is_in_time);
            if !is_in_time {
                // It may have written a checkpoint: a replay takes its time only after more work.
                self.report.more_kills += 2;
                self.start()?;
                self.work(plan, rng);
                self.kill()?;
                continue;
            }
            wanted -= 1;
            if wanted == 0 {
                self.report.replaying += 1;
                return Ok(());
            }
            self.report.more_kills += 1;
        }
        Err(format!("{TRIES} replays were all over before a kill"))
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
        self.fault("ready")
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

    /// Waits until nothing waits for its delivery, and notes what does after a long time.
    fn await_deliveries(&mut self) -> Result<(), String> {
        let until = Instant::now() + self.shared.load.delivery_max;
        let messages = loop {
            let messages = self.subject.waiting()?;
            if messages == 0 || Instant::now() > until {
                break messages;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let waiting = Waiting { messages, t0: self.shared.clock.now() };
        self.ledger.note(&Event::Waiting(waiting)).map_err(|error| format!("ledger of the campaign: {error}"))
    }

    /// The end of a round: everything is counted, restarted, counted, drained, restarted, counted.
    fn finish(&mut self) -> Result<(), String> {
        self.stand_still()?;
        self.census(false)?;
        self.kill()?;
        self.start()?;
        self.census(true)?;
        self.await_deliveries()?;
        self.report.drained += census::drain(self.subject, self.shared, &mut self.ledger)?;
        self.kill()?;
        self.start()?;
        self.census(false)?;
        self.await_deliveries()?;
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
            kills: 10,
            round: 5,
            seed: 1,
            work_max: Duration::from_millis(60),
            load: Load {
                length_max: 3000,
                backlog_max: 200,
                non_persistent: 10,
                delayed: 20,
                delivery_max: Duration::from_secs(3),
            },
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
        assert_eq!(report.kills, 10);
        assert_eq!((report.ending.values().sum::<u32>(), report.replaying), (2, 2), "{}", report.line());
        assert!(report.messages > 100 && report.counted > 0, "{}", report.line());
        assert!(report.delayed.held > 0 && report.delayed.moved > 0, "{}", report.line());
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
            ("hurries", Lie::DeliversAtCrash, "DUE"),
            ("keeps for good", Lie::KeepsWaiting, "DUE"),
            ("forgets", Lie::ForgetsWaiting, "I1"),
        ] {
            let report = campaign(name, lie);
            let found: BTreeSet<&str> = report.violations.iter().map(|v| v.invariant).collect();
            assert!(found.contains(invariant), "{name}: {found:?}, {}", report.line());
            assert!(!report.kept.is_empty());
        }
    }
}
