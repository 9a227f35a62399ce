//! Every input that was ever worth keeping, and every seed, through its driver.

use fuzz::{TARGETS, corpus, leave};

/// What the drivers wrote goes, whatever came of them.
struct Leaves;

impl Drop for Leaves {
    fn drop(&mut self) {
        leave();
    }
}

#[test]
fn all_corpora_pass() {
    let _leaves = Leaves;
    for target in TARGETS {
        let kept = corpus::inputs(target.name).expect("whole");
        assert!(!kept.is_empty(), "{} has no corpus", target.name);
        for input in kept.iter().chain(&(target.seeds)()) {
            let passed = std::panic::catch_unwind(|| (target.run)(input));
            assert!(passed.is_ok(), "{}: {}", target.name, input.escape_ascii());
        }
    }
}
