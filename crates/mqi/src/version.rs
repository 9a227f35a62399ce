//! What this queue manager says about its version. The one place.
//!
//! Every face that shows or sends a version takes it from here: MQINQ, DISPLAY QMGR, `dspmqver`, the first flows
//! of a channel, PCF and REST replies. Clients choose features by these values, so they name the level of the
//! product whose behaviour is matched; the version of this program itself is [`PROGRAM`].

/// Command level (MQIA_COMMAND_LEVEL, CMDLEVEL).
pub const COMMAND_LEVEL: i32 = 940;

/// Version, release, modification and fix level as commands print it.
pub const VRMF: &str = "9.4.0.0";

/// The same, two digits each (MQCA_VERSION, VERSION).
pub const VERSION: &str = "09040000";

/// Product identifier of the channel protocol: a queue manager of level [`VERSION`].
pub const PRODUCT_ID: &str = "MQMM09040000";

/// Highest level of the channel protocol that is offered.
pub const FAP_LEVEL: u8 = 13;

/// Platform (MQIA_PLATFORM): MQPL_UNIX.
pub const PLATFORM: i32 = 3;

/// Name of this program, used in messages where the product would put its own.
pub const PRODUCT_NAME: &str = "Packhorse";

/// Version of this program.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_agree() {
        let numbers: Vec<u32> = VRMF.split('.').map(|n| n.parse().expect("a number")).collect();
        let two_digits: String = numbers.iter().map(|n| format!("{n:02}")).collect();
        assert_eq!(two_digits, VERSION);
        assert_eq!(PRODUCT_ID, format!("MQMM{VERSION}"));
        assert_eq!(COMMAND_LEVEL as u32, numbers[0] * 100 + numbers[1] * 10 + numbers[2]);
    }
}
