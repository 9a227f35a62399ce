//! The gate that all applications pass before they connect, so that the campaign can have them stand still.
//!
//! ```text
//! open      connect and work
//! closed    finish the unit of work in hand, disconnect, wait at the gate
//! stopped   finish the unit of work in hand, disconnect, end
//! ```

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Closed,
    Stopped,
}

/// Shared by the campaign and its applications.
#[derive(Debug)]
pub struct Gate {
    inside: Mutex<Inside>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inside {
    state: State,
    waiting: usize,
}

impl Gate {
    /// Closed, with nobody waiting.
    #[expect(clippy::new_without_default, reason = "a closed gate is a choice, not a default")]
    pub fn new() -> Self {
        Self { inside: Mutex::new(Inside { state: State::Closed, waiting: 0 }), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        // Nothing in here can panic half way, so a poisoned lock guards a good value.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        self.lock().state = state;
        self.changed.notify_all();
    }

    /// Lets the applications work.
    pub fn open(&self) {
        self.set(State::Open);
    }

    /// Asks them to stand still.
    pub fn close(&self) {
        self.set(State::Closed);
    }

    /// Asks them to end.
    pub fn stop(&self) {
        self.set(State::Stopped);
    }

    /// True while applications may go on working.
    pub fn is_open(&self) -> bool {
        self.lock().state == State::Open
    }

    /// Waits until the gate is open; false: it is time to end.
    pub fn pass(&self) -> bool {
        let mut inside = self.lock();
        inside.waiting += 1;
        self.changed.notify_all();
        while inside.state == State::Closed {
            inside = self.changed.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        inside.waiting -= 1;
        inside.state == State::Open
    }

    /// Waits until so many applications stand at the closed gate; false if that takes longer than `limit`.
    pub fn all_wait(&self, applications: usize, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut inside = self.lock();
        while inside.waiting < applications {
            let Some(left) = until.checked_duration_since(Instant::now()) else { return false };
            inside = self.changed.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_wait_are_counted_and_let_through() {
        let gate = Gate::new();
        std::thread::scope(|scope| {
            let passes: Vec<_> = (0..3).map(|_| scope.spawn(|| gate.pass())).collect();
            assert!(gate.all_wait(3, Duration::from_secs(10)));
            gate.open();
            for pass in passes {
                assert!(pass.join().unwrap());
            }
            gate.close();
            let pass = scope.spawn(|| gate.pass());
            assert!(gate.all_wait(1, Duration::from_secs(10)));
            gate.stop();
            assert!(!pass.join().unwrap());
        });
        assert!(!gate.all_wait(1, Duration::from_millis(1)));
    }
}
