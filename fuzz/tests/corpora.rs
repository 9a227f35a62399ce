//! Every input that was ever worth keeping, and every seed, through its driver.

use fuzz::{TARGETS, corpus};

#[test]
fn all_corpora_pass() {
    for target in TARGETS {
        let kept = corpus::inputs(target.name).expect("whole");
        assert!(!kept.is_empty(), "{} has no corpus", target.name);
        for input in kept.iter().chain(&(target.seeds)()) {
            let passed = std::panic::catch_unwind(|| (target.run)(input));
            assert!(passed.is_ok(), "{}: {}", target.name, input.escape_ascii());
        }
    }
}
