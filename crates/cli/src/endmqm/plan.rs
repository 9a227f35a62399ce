//! What `endmqm` asks for, and when it goes further.
//!
//! | given | quiesce | immediate | without housekeeping | process ended |
//! |---|---|---|---|---|
//! | `-c`, `-w` | 0 | | | |
//! | `-i` | | 0 | | |
//! | `-p` | | | 0 | 2 s |
//! | `-c -t T`, `-w -t T` | 0 | 0.7 T | 0.9 T | with `-tp`: T |
//! | `-i -t T` | | 0 | 0.5 T | with `-tp`: T |
//! | `-p -t T` | | | 0 | T |

use std::time::Duration;

/// How long the process may take to go by itself when nothing is waited for.
const GRACE: Duration = Duration::from_secs(2);
/// How long an end that waits for no application may take.
const END_MAX: Duration = Duration::from_secs(60);
/// How much later than its target an end may be.
const LATE_MAX: Duration = Duration::from_secs(5);

/// What is asked for; each goes further than those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// End when all applications have disconnected.
    Quiesce,
    /// End when the calls in progress are complete.
    Immediate,
    /// End without waiting for anything, and without what would make the next start quicker.
    Preemptive,
    /// The process is ended.
    Kill,
}

/// How long the end may take (`-t`, `-tp`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) within: Duration,
    /// What is left of it then is ended (`-tp`).
    pub(super) ends_process: bool,
}

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// When each step is due, counted from the first.
    pub(super) steps: Vec<(Duration, Step)>,
    /// When the command stops waiting; none: it waits for as long as it takes.
    pub(super) give_up: Option<Duration>,
}

impl Plan {
    /// The steps from `first` on.
    pub(super) fn new(first: Step, target: Option<Target>) -> Self {
        let mut steps = vec![(Duration::ZERO, first)];
        let Some(Target { within, ends_process }) = target else {
            if first == Step::Preemptive {
                steps.push((GRACE, Step::Kill));
            }
            return Self { steps, give_up: (first > Step::Quiesce).then_some(END_MAX) };
        };
        match first {
            Step::Quiesce => {
                steps.push((within * 7 / 10, Step::Immediate));
                steps.push((within * 9 / 10, Step::Preemptive));
            }
            Step::Immediate => steps.push((within / 2, Step::Preemptive)),
            Step::Preemptive | Step::Kill => {}
        }
        if ends_process || first == Step::Preemptive {
            steps.push((within, Step::Kill));
        }
        Self { steps, give_up: Some(within + LATE_MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Step::{Immediate, Kill, Preemptive, Quiesce};

    #[test]
    fn each_step_goes_further_in_its_time() {
        let check = |first, target: Option<(u64, bool)>, steps: &[(u64, Step)], give_up: Option<u64>| {
            let target =
                target.map(|(s, ends_process)| Target { within: Duration::from_secs(s), ends_process });
            let steps = steps.iter().map(|(ms, step)| (Duration::from_millis(*ms), *step)).collect();
            let want = Plan { steps, give_up: give_up.map(Duration::from_secs) };
            assert_eq!(Plan::new(first, target), want, "{first:?} {target:?}");
        };
        check(Quiesce, None, &[(0, Quiesce)], None);
        check(Immediate, None, &[(0, Immediate)], Some(60));
        check(Preemptive, None, &[(0, Preemptive), (2000, Kill)], Some(60));
        let all = [(0, Quiesce), (7000, Immediate), (9000, Preemptive), (10_000, Kill)];
        check(Quiesce, Some((10, false)), &all[..3], Some(15));
        check(Quiesce, Some((10, true)), &all, Some(15));
        check(Immediate, Some((2, false)), &[(0, Immediate), (1000, Preemptive)], Some(7));
        check(Immediate, Some((2, true)), &[(0, Immediate), (1000, Preemptive), (2000, Kill)], Some(7));
        check(Preemptive, Some((1, false)), &[(0, Preemptive), (1000, Kill)], Some(6));
        check(Quiesce, Some((0, true)), &[(0, Quiesce), (0, Immediate), (0, Preemptive), (0, Kill)], Some(5));
    }
}
