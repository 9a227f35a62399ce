//! MONQ and MONCHL: whether figures are collected that cost something.

use mqi::constants::*;

/// A value of MONQ or MONCHL: MQMON_.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Monitoring(pub(crate) i32);

impl Monitoring {
    /// What counts for an object with this value when its queue manager has that one, which may forbid all: OFF or a
    /// level.
    pub(crate) fn under(self, qmgr: Self) -> Self {
        match self.0 {
            _ if qmgr.0 == MQMON_NONE => Self(MQMON_OFF),
            MQMON_Q_MGR => qmgr,
            _ => self,
        }
    }

    /// Whether anything is collected; how much is the same at every level.
    pub(crate) fn is_on(self) -> bool {
        !matches!(self.0, MQMON_OFF | MQMON_NONE | MQMON_Q_MGR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_manager_is_asked_and_may_forbid() {
        for (own, qmgr, want, is_on) in [
            (MQMON_Q_MGR, MQMON_OFF, MQMON_OFF, false),
            (MQMON_Q_MGR, MQMON_HIGH, MQMON_HIGH, true),
            (MQMON_LOW, MQMON_OFF, MQMON_LOW, true),
            (MQMON_OFF, MQMON_HIGH, MQMON_OFF, false),
            (MQMON_LOW, MQMON_NONE, MQMON_OFF, false),
            (MQMON_Q_MGR, MQMON_NONE, MQMON_OFF, false),
        ] {
            let level = Monitoring(own).under(Monitoring(qmgr));
            assert_eq!((level.0, level.is_on()), (want, is_on), "{own} under {qmgr}");
        }
    }
}
