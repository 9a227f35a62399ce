//! Power cuts at every step of random runs, and at every step of the restarts after them.
//!
//! For each moment of a run: nothing that was not forced survives; everything; a part; all but one piece;
//! random subsets; one with a torn piece. From each such disk the log is started, and compared with what
//! had been acknowledged. The run then goes on from one of these disks, twice.

use std::sync::Arc;

use store::{Config, Error, Lsn};

use crate::disk::{Cut, Image, Replay, SimDisk};
use crate::rng::Rng;
use crate::shell::{self, History, Planted, Reached, Shell};

/// What was tried, and what was wrong.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Disks left by a power cut while the log ran.
    pub states: u64,
    /// Disks left by a power cut during a restart.
    pub restarts: u64,
    /// Steps of traces at which power was cut.
    pub moments: u64,
    /// Runs, each with its own seed.
    pub runs: u64,
    /// What was wrong; the first few are kept in words.
    pub violations: u64,
    /// See `violations`.
    pub first: Vec<String>,
    /// What the runs have reached, in total.
    pub reached: Reached,
}

impl Tally {
    /// Counts a violation.
    pub fn violation(&mut self, what: String) {
        self.violations += 1;
        if self.first.len() < 5 {
            self.first.push(what);
        }
    }
}

/// How thoroughly to look.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Turns between two power cuts that the run goes on from.
    pub turns: u64,
    /// Random subsets at each moment.
    pub subsets: u64,
    /// Of how many states one has its restart cut too.
    pub restart_every: u64,
    /// Stop after so many violations.
    pub stop_at: u64,
    /// Faults to be found.
    pub planted: Planted,
}

impl Default for Plan {
    fn default() -> Self {
        Self { turns: 150, subsets: 4, restart_every: 10, stop_at: 20, planted: Planted::default() }
    }
}

/// Runs seeds from `seed` on until so many states have been tried, or too many violations found.
#[must_use]
pub fn run(states: u64, seed: u64, plan: &Plan) -> Tally {
    let mut tally = Tally::default();
    let mut seed = seed;
    while tally.states < states && tally.violations < plan.stop_at {
        run_seed(seed, plan, states, &mut tally);
        seed += 1;
        tally.runs += 1;
    }
    tally
}

struct Run<'a> {
    seed: u64,
    plan: &'a Plan,
    config: Config,
    capacity: u64,
    /// States after which to stop.
    states: u64,
}

fn run_seed(seed: u64, plan: &Plan, states: u64, tally: &mut Tally) {
    let mut rng = Rng::new(seed);
    let config = shell::config(&mut rng);
    // One run in three has a disk that fills up.
    let extents = 4 + if rng.one_in(3) { 3 + rng.below(4) } else { 1000 };
    let capacity = extents * config.extent_bytes() + (256 << 10);
    let run = Run { seed, plan, config, capacity, states };
    let mut disk = Arc::new(SimDisk::new(Image::default(), capacity));
    let mut history = History::default();
    if let Err(error) = store::create(&*disk, &run.config, shell::ID) {
        return tally.violation(format!("seed {seed}: not created: {error}"));
    }
    for generation in 0..3 {
        let is_new = generation == 0;
        let mut shell = match Shell::start(disk, &run.config, history, plan.planted) {
            Ok(shell) => shell,
            Err(error) => return tally.violation(format!("seed {seed}: not started: {error}")),
        };
        if rng.one_in(4) {
            shell.disk.fail_writes_after(rng.below(2 * plan.turns));
        }
        let result = (0..plan.turns).try_for_each(|_| shell.turn(&mut rng));
        if result.is_ok() && rng.one_in(3) {
            // It may fail too if the disk is to fail; what matters is what is acknowledged.
            let _ = if rng.one_in(2) { shell.end(&mut rng) } else { shell.idle(&mut rng) };
        }
        add(&mut tally.reached, &shell.reached);
        let Some(next) = run.cut_everywhere(&shell, is_new, &mut rng, tally) else { return };
        disk = Arc::new(SimDisk::new(next, run.capacity));
        history = shell.history;
        // Where the log ends on that disk, the next start finds out; until then keep everything.
        let Some(end) = run.end_of(&disk, &history) else { return };
        history.cut(end);
    }
}

fn add(total: &mut Reached, run: &Reached) {
    total.moved += run.moved;
    total.checkpoints += run.checkpoints;
    total.reused += run.reused;
    total.removed += run.removed;
    total.refused += run.refused;
    total.in_flight = total.in_flight.max(run.in_flight);
}

impl Run<'_> {
    /// Cuts power at every step of the trace. Gives one of the disks, for the run to go on from.
    fn cut_everywhere(&self, shell: &Shell, is_new: bool, rng: &mut Rng, tally: &mut Tally) -> Option<Image> {
        let mut replay = shell.disk.replay();
        let steps = shell.disk.steps();
        let go_on_at = steps - rng.index(steps / 2 + 1);
        let mut next = None;
        loop {
            let loose = replay.loose();
            let mut cuts = vec![Cut::Nothing];
            if loose > 0 {
                let (end, one) = (rng.index(loose), rng.index(loose));
                cuts.extend([Cut::Everything, Cut::Prefix(end), Cut::AllBut(one), Cut::Torn]);
                cuts.extend((0..self.plan.subsets).map(|_| Cut::Random));
            }
            tally.moments += 1;
            for cut in &cuts {
                let image = replay.cut(*cut, rng);
                self.check(&image, &replay, *cut, shell, is_new, rng, tally);
                if tally.violations >= self.plan.stop_at {
                    return None;
                }
            }
            if replay.steps() == go_on_at {
                next = Some(replay.cut(cuts[rng.index(cuts.len())], rng));
            }
            if tally.states >= self.states || !replay.step() {
                break;
            }
        }
        next
    }

    #[allow(clippy::too_many_arguments, reason = "the moment of a cut and all that is known of it")]
    fn check(
        &self,
        image: &Image,
        replay: &Replay,
        cut: Cut,
        ran: &Shell,
        is_new: bool,
        rng: &mut Rng,
        tally: &mut Tally,
    ) {
        tally.states += 1;
        let (acknowledged, submitted) = (Lsn(replay.acknowledged()), Lsn(replay.submitted()));
        let at = format!("seed {} step {} {cut:?}", self.seed, replay.steps());
        let disk = Arc::new(SimDisk::new(image.clone(), self.capacity));
        let started = Shell::start(Arc::clone(&disk), &self.config, ran.history.clone(), Planted::default());
        let mut shell = match started {
            // While the log is being made, and its first start has not ended, there may be none yet.
            Err(Error::Control(_)) if is_new && submitted == Lsn::NONE => return,
            Err(error) => return tally.violation(format!("{at}: not started: {error}")),
            Ok(shell) => shell,
        };
        // Before the start of this run is noted in its trace, what the last one left still counts.
        let (acknowledged, submitted) = match submitted {
            Lsn::NONE => (Lsn::NONE, shell.log.lsn_next()),
            _ => (acknowledged, submitted),
        };
        let result = shell.check(acknowledged, submitted).and_then(|()| match shell.read_all() {
            Ok(0) => Ok(()),
            Ok(damaged) => Err(format!("{damaged} records damaged")),
            Err(what) => Err(what),
        });
        if let Err(what) = result {
            return tally.violation(format!("{at}: {what}"));
        }
        if rng.one_in(self.plan.restart_every) {
            self.cut_restart(&at, &shell, rng, tally);
        }
        if rng.one_in(7)
            && let Err(what) = self.go_on(&mut shell, rng)
        {
            tally.violation(format!("{at}: going on: {what}"));
        }
    }

    /// Cuts power at every step of the restart that `first` has made.
    fn cut_restart(&self, at: &str, first: &Shell, rng: &mut Rng, tally: &mut Tally) {
        let mut replay = first.disk.replay();
        loop {
            let cuts = if replay.loose() > 0 {
                &[Cut::Nothing, Cut::Everything, Cut::Torn][..]
            } else {
                &[Cut::Nothing]
            };
            for cut in cuts {
                tally.restarts += 1;
                let disk = Arc::new(SimDisk::new(replay.cut(*cut, rng), self.capacity));
                if rng.one_in(8) {
                    disk.fail_reads_after(rng.below(40));
                }
                let history = first.history.clone();
                let second =
                    Shell::start(Arc::clone(&disk), &self.config, history.clone(), Planted::default());
                // A disk that cannot read stops the start, and does no other harm.
                let second = match second {
                    Err(Error::Io(_)) => {
                        let disk = Arc::new(SimDisk::new(disk.image(), self.capacity));
                        Shell::start(disk, &self.config, history, Planted::default())
                    }
                    other => other,
                };
                let what = match second {
                    Err(error) => format!("not started: {error}"),
                    Ok(s) if s.log.lsn_next() != first.log.lsn_next() => "ends elsewhere".to_owned(),
                    Ok(s) => match s.check_against(&first.toy) {
                        Ok(()) => continue,
                        Err(what) => what,
                    },
                };
                tally.violation(format!("{at}, restart cut at step {} {cut:?}: {what}", replay.steps()));
            }
            if !replay.step() {
                return;
            }
        }
    }

    /// The log that has been started works, and starts again as it was left.
    fn go_on(&self, shell: &mut Shell, rng: &mut Rng) -> Result<(), String> {
        let end = shell.log.lsn_next();
        shell.history.cut(end);
        for _ in 0..10 {
            shell.turn(rng).map_err(|e| e.to_string())?;
        }
        shell.settle(rng).map_err(|e| e.to_string())?;
        let disk = Arc::new(SimDisk::new(shell.disk.image(), self.capacity));
        let again = Shell::start(disk, &self.config, shell.history.clone(), Planted::default());
        let again = again.map_err(|e| e.to_string())?;
        if again.log.epoch() <= shell.log.epoch() {
            return Err("the epoch was not raised".to_owned());
        }
        again.check(shell.log.lsn_next(), shell.log.lsn_next())
    }

    /// Where the log on a disk ends.
    fn end_of(&self, disk: &SimDisk, history: &History) -> Option<Lsn> {
        let copy = Arc::new(SimDisk::new(disk.image(), self.capacity));
        let shell = Shell::start(copy, &self.config, history.clone(), Planted::default());
        shell.ok().map(|shell| shell.log.lsn_next())
    }
}
