//! The campaigns of `sim power` and `sim flips`, a small number of each, and planted faults.

use sim::flips::{self, Ending, Subject};
use sim::power::{self, Plan};
use sim::{Planted, Rng};

#[test]
fn power_cuts_lose_nothing_acknowledged() {
    let tally = power::run(1_500, 42, &Plan::default());
    assert_eq!(tally.violations, 0, "{:#?}", tally.first);
    assert!(tally.states >= 1_500 && tally.restarts >= 2_000, "{tally:?}");
    // The runs must get somewhere, or the cuts prove nothing.
    let r = tally.reached;
    assert!(r.checkpoints > 0 && r.in_flight > 1, "{r:?}");
}

#[test]
fn damage_is_seen_or_harmless() {
    for ending in [Ending::Clean, Ending::Idle, Ending::Killed] {
        let subject = Subject::new(2, ending).expect("the disk is large");
        let tally = flips::sample(&subject, 400, &mut Rng::new(1));
        assert_eq!(tally.violations, 0, "{ending:?}: {:#?}", tally.first);
        assert!(tally.refused > 0 && tally.reported > 0, "{tally:?}");
        // Only a run killed before its marker leaves a group that nothing vouches for.
        assert!(ending == Ending::Killed || tally.window == 0, "{tally:?}");
    }
}

/// A fault that the checks must find.
fn check_found(planted: Planted) {
    let plan = Plan { planted, stop_at: 1, ..Plan::default() };
    let tally = power::run(10_000, 42, &plan);
    assert!(tally.violations > 0, "{planted:?} was not found in {} states", tally.states);
}

#[test]
fn acknowledging_before_the_force_is_found() {
    check_found(Planted { acknowledge_early: true, ..Planted::default() });
}

#[test]
fn believing_an_unforced_write_is_found() {
    check_found(Planted { forget_force: true, ..Planted::default() });
}

#[test]
fn freeing_before_the_control_file_is_durable_is_found() {
    check_found(Planted { control_early: true, ..Planted::default() });
}

#[test]
fn a_log_without_checksums_is_found() {
    store::planted::skip_checksums(true);
    let power = std::panic::catch_unwind(|| power::run(5_000, 42, &Plan { stop_at: 1, ..Plan::default() }));
    let flips = std::panic::catch_unwind(|| {
        let subject = Subject::new(2, Ending::Clean).expect("the disk is large");
        flips::sample(&subject, 400, &mut Rng::new(1))
    });
    store::planted::skip_checksums(false);
    assert!(power.is_err() || power.is_ok_and(|tally| tally.violations > 0));
    assert!(flips.is_err() || flips.is_ok_and(|tally| tally.violations > 0));
}

/// What a checksum lets through may be anything at all: none of it may bring the process down.
#[test]
fn nothing_on_a_disk_makes_a_start_panic() {
    store::planted::skip_checksums(true);
    for ending in [Ending::Clean, Ending::Killed] {
        store::planted::skip_checksums(false);
        let subject = Subject::new(2, ending).expect("the disk is large");
        store::planted::skip_checksums(true);
        let tally = flips::sample(&subject, 1_000, &mut Rng::new(9));
        assert_eq!(tally.faults, 1_000);
    }
    store::planted::skip_checksums(false);
}
