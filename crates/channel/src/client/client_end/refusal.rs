//! Status codes as reasons, the way that clients show them (`docs/protocol.md`, 1.3).

use mqi::Reason;

use crate::segment::status_data::StatusCode;

/// Reason of the call that meets this code: the MQCONN while both ends still negotiate, any call later.
pub(super) fn reason(code: StatusCode, is_early: bool) -> Reason {
    match code.0 {
        0x01 => Reason::UNKNOWN_CHANNEL_NAME,
        0x02 | 0x0A..=0x0E | 0x10 | 0x12 => Reason::CHANNEL_CONFIG_ERROR,
        0x16 | 0x17 => Reason::CHANNEL_NOT_AVAILABLE,
        0x18 | 0x19 | 0x1C => Reason::JSSE_ERROR,
        0x20 => Reason::STANDBY_Q_MGR,
        _ if is_early => Reason::Q_MGR_NOT_AVAILABLE,
        _ => Reason::CONNECTION_BROKEN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_clients_show() {
        for (code, early, later) in
            [(0x01, 2540, 2540), (0x0D, 2539, 2539), (0x05, 2059, 2009), (0x16, 2537, 2537)]
        {
            assert_eq!(reason(StatusCode(code), true).0, early, "{code:#x}");
            assert_eq!(reason(StatusCode(code), false).0, later, "{code:#x}");
        }
    }
}
