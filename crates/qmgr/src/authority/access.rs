//! Authorities: what one may do with an object.

use mqi::constants::*;

/// A set of authorities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access(u32);

/// Word, number and bit of every single authority, in the order in which displays list them.
const AUTHORITIES: &[(&str, i32, Access)] = &[
    ("ALTUSR", MQAUTH_ALT_USER_AUTHORITY, Access::ALTERNATE_USER),
    ("BROWSE", MQAUTH_BROWSE, Access::BROWSE),
    ("CHG", MQAUTH_CHANGE, Access::CHANGE),
    ("CLR", MQAUTH_CLEAR, Access::CLEAR),
    ("CONNECT", MQAUTH_CONNECT, Access::CONNECT),
    ("CRT", MQAUTH_CREATE, Access::CREATE),
    ("DLT", MQAUTH_DELETE, Access::DELETE),
    ("DSP", MQAUTH_DISPLAY, Access::DISPLAY),
    ("GET", MQAUTH_INPUT, Access::GET),
    ("INQ", MQAUTH_INQUIRE, Access::INQUIRE),
    ("PUT", MQAUTH_OUTPUT, Access::PUT),
    ("PASSALL", MQAUTH_PASS_ALL_CONTEXT, Access::PASS_ALL),
    ("PASSID", MQAUTH_PASS_IDENTITY_CONTEXT, Access::PASS_IDENTITY),
    ("SET", MQAUTH_SET, Access::SET),
    ("SETALL", MQAUTH_SET_ALL_CONTEXT, Access::SET_ALL),
    ("SETID", MQAUTH_SET_IDENTITY_CONTEXT, Access::SET_IDENTITY),
    ("CTRL", MQAUTH_CONTROL, Access::CONTROL),
    ("CTRLX", MQAUTH_CONTROL_EXTENDED, Access::CONTROL_EXTENDED),
    ("PUB", MQAUTH_PUBLISH, Access::PUBLISH),
    ("SUB", MQAUTH_SUBSCRIBE, Access::SUBSCRIBE),
    ("RESUME", MQAUTH_RESUME, Access::RESUME),
    ("SYSTEM", MQAUTH_SYSTEM, Access::SYSTEM),
];

impl Access {
    /// No authority.
    pub(crate) const NONE: Self = Self(0);
    /// To act for another user.
    pub(crate) const ALTERNATE_USER: Self = Self(1);
    /// MQOO_BROWSE.
    pub(crate) const BROWSE: Self = Self(1 << 1);
    /// ALTER.
    pub(crate) const CHANGE: Self = Self(1 << 2);
    /// CLEAR.
    pub(crate) const CLEAR: Self = Self(1 << 3);
    /// MQCONN.
    pub(crate) const CONNECT: Self = Self(1 << 4);
    /// DEFINE.
    pub(crate) const CREATE: Self = Self(1 << 5);
    /// DELETE.
    pub(crate) const DELETE: Self = Self(1 << 6);
    /// DISPLAY.
    pub(crate) const DISPLAY: Self = Self(1 << 7);
    /// MQOO_INPUT_.
    pub(crate) const GET: Self = Self(1 << 8);
    /// MQOO_INQUIRE.
    pub(crate) const INQUIRE: Self = Self(1 << 9);
    /// MQOO_OUTPUT.
    pub(crate) const PUT: Self = Self(1 << 10);
    /// MQOO_PASS_ALL_CONTEXT.
    pub(crate) const PASS_ALL: Self = Self(1 << 11);
    /// MQOO_PASS_IDENTITY_CONTEXT.
    pub(crate) const PASS_IDENTITY: Self = Self(1 << 12);
    /// MQOO_SET.
    pub(crate) const SET: Self = Self(1 << 13);
    /// MQOO_SET_ALL_CONTEXT.
    pub(crate) const SET_ALL: Self = Self(1 << 14);
    /// MQOO_SET_IDENTITY_CONTEXT.
    pub(crate) const SET_IDENTITY: Self = Self(1 << 15);
    /// START, STOP, PING.
    pub(crate) const CONTROL: Self = Self(1 << 16);
    /// RESET, RESOLVE.
    pub(crate) const CONTROL_EXTENDED: Self = Self(1 << 17);
    /// Publish.
    pub(crate) const PUBLISH: Self = Self(1 << 18);
    /// Subscribe.
    pub(crate) const SUBSCRIBE: Self = Self(1 << 19);
    /// Resume a subscription.
    pub(crate) const RESUME: Self = Self(1 << 20);
    /// Internal operations of the queue manager.
    pub(crate) const SYSTEM: Self = Self(1 << 21);

    const ADMINISTRATION: Self = Self(
        Self::CHANGE.0
            | Self::CLEAR.0
            | Self::DELETE.0
            | Self::DISPLAY.0
            | Self::CONTROL.0
            | Self::CONTROL_EXTENDED.0,
    );
    const CALLS: Self = Self(
        Self::ALTERNATE_USER.0
            | Self::BROWSE.0
            | Self::CONNECT.0
            | Self::GET.0
            | Self::INQUIRE.0
            | Self::PUT.0
            | Self::PASS_ALL.0
            | Self::PASS_IDENTITY.0
            | Self::SET.0
            | Self::SET_ALL.0
            | Self::SET_IDENTITY.0
            | Self::PUBLISH.0
            | Self::SUBSCRIBE.0
            | Self::RESUME.0,
    );

    /// What reaches the messages of a queue.
    pub(crate) const MESSAGES: Self = Self(
        Self::BROWSE.0
            | Self::GET.0
            | Self::PUT.0
            | Self::PASS_ALL.0
            | Self::PASS_IDENTITY.0
            | Self::SET_ALL.0
            | Self::SET_IDENTITY.0,
    );

    /// Those of either set.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that `other` does not have.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those of both sets.
    pub(crate) const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Those that MQOPEN needs on a queue for these options.
    pub(crate) fn of_open_options(options: i32) -> Self {
        const INPUT: i32 = MQOO_INPUT_AS_Q_DEF | MQOO_INPUT_SHARED | MQOO_INPUT_EXCLUSIVE;
        let table = [
            (INPUT, Self::GET),
            (MQOO_BROWSE, Self::BROWSE),
            (MQOO_OUTPUT, Self::PUT),
            (MQOO_INQUIRE, Self::INQUIRE),
            (MQOO_SET, Self::SET),
            (MQOO_PASS_IDENTITY_CONTEXT, Self::PASS_IDENTITY),
            (MQOO_PASS_ALL_CONTEXT, Self::PASS_ALL),
            (MQOO_SET_IDENTITY_CONTEXT, Self::SET_IDENTITY),
            (MQOO_SET_ALL_CONTEXT, Self::SET_ALL),
        ];
        let asked = table.iter().filter(|(bits, _)| options & bits != 0);
        asked.fold(Self::NONE, |all, (_, access)| all.and(*access))
    }

    /// Those that MQPUT1 needs on a queue for these MQPMO options.
    pub(crate) fn of_put_options(options: i32) -> Self {
        let table = [
            (MQPMO_PASS_IDENTITY_CONTEXT, Self::PASS_IDENTITY),
            (MQPMO_PASS_ALL_CONTEXT, Self::PASS_ALL),
            (MQPMO_SET_IDENTITY_CONTEXT, Self::SET_IDENTITY),
            (MQPMO_SET_ALL_CONTEXT, Self::SET_ALL),
        ];
        let asked = table.iter().filter(|(bits, _)| options & bits != 0);
        asked.fold(Self::PUT, |all, (_, access)| all.and(*access))
    }

    /// From a list of MQAUTH numbers, of which some stand for many; numbers that stand for none are left out.
    pub(crate) fn of_numbers(numbers: &[i64]) -> Self {
        numbers.iter().fold(Self::NONE, |all, number| all.and(Self::of_number(*number)))
    }

    fn of_number(number: i64) -> Self {
        let is = |wanted: i32| number == i64::from(wanted);
        if is(MQAUTH_ALL) {
            return Self::ADMINISTRATION.and(Self::CALLS);
        }
        if is(MQAUTH_ALL_ADMIN) {
            return Self::ADMINISTRATION;
        }
        if is(MQAUTH_ALL_MQI) {
            return Self::CALLS;
        }
        AUTHORITIES.iter().find(|(_, n, _)| is(*n)).map_or(Self::NONE, |(_, _, access)| *access)
    }

    /// The MQAUTH numbers of the set, each a single authority.
    pub(crate) fn numbers(self) -> Vec<i64> {
        self.rows().map(|(_, number, _)| i64::from(*number)).collect()
    }

    /// The words of the set, for the error log.
    pub(crate) fn words(self) -> String {
        self.rows().map(|(word, ..)| *word).collect::<Vec<_>>().join(",")
    }

    fn rows(self) -> impl Iterator<Item = &'static (&'static str, i32, Self)> {
        AUTHORITIES.iter().filter(move |(_, _, access)| !self.common(*access).is_none())
    }

    /// Those that records for this type of object (MQOT) can hold (queue-manager reference, 17.1).
    pub(crate) fn valid_for(object: i32) -> Self {
        let admin = Self::CHANGE.and(Self::CREATE).and(Self::DELETE).and(Self::DISPLAY);
        match object {
            MQOT_Q => admin
                .and(Self::CLEAR)
                .and(Self::GET)
                .and(Self::BROWSE)
                .and(Self::PUT)
                .and(Self::INQUIRE)
                .and(Self::SET)
                .and(Self::PASS_ALL)
                .and(Self::PASS_IDENTITY)
                .and(Self::SET_ALL)
                .and(Self::SET_IDENTITY),
            MQOT_Q_MGR => admin
                .and(Self::CONNECT)
                .and(Self::ALTERNATE_USER)
                .and(Self::INQUIRE)
                .and(Self::SET)
                .and(Self::SET_ALL)
                .and(Self::SET_IDENTITY)
                .and(Self::SYSTEM)
                .and(Self::CONTROL),
            MQOT_TOPIC => admin
                .and(Self::CLEAR)
                .and(Self::CONTROL)
                .and(Self::PUBLISH)
                .and(Self::SUBSCRIBE)
                .and(Self::RESUME),
            MQOT_PROCESS | MQOT_NAMELIST | MQOT_AUTH_INFO => admin.and(Self::INQUIRE),
            MQOT_CHANNEL => admin.and(Self::CONTROL).and(Self::CONTROL_EXTENDED),
            MQOT_LISTENER | MQOT_SERVICE => admin.and(Self::CONTROL),
            MQOT_REMOTE_Q_MGR_NAME => Self::PUT,
            _ => admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_authority_has_its_own_bit_and_number() {
        for (at, (word, number, access)) in AUTHORITIES.iter().enumerate() {
            assert_eq!(access.0.count_ones(), 1, "{word}");
            assert_eq!(Access::of_number(i64::from(*number)), *access);
            assert_eq!((access.words(), access.numbers()), ((*word).to_owned(), vec![i64::from(*number)]));
            assert!(AUTHORITIES[..at].iter().all(|(_, _, other)| other != access), "{word}");
        }
        assert_eq!(Access::of_number(999), Access::NONE);
    }

    #[test]
    fn options_ask_for_authorities() {
        let open = |options| Access::of_open_options(options).words();
        assert_eq!(open(MQOO_OUTPUT | MQOO_FAIL_IF_QUIESCING), "PUT");
        assert_eq!(open(MQOO_INPUT_AS_Q_DEF | MQOO_INQUIRE), "GET,INQ");
        assert_eq!(open(MQOO_INPUT_SHARED | MQOO_BROWSE), "BROWSE,GET");
        assert_eq!(open(MQOO_INPUT_EXCLUSIVE | MQOO_SAVE_ALL_CONTEXT), "GET");
        assert_eq!(
            open(MQOO_OUTPUT | MQOO_SET_ALL_CONTEXT | MQOO_PASS_IDENTITY_CONTEXT),
            "PUT,PASSID,SETALL"
        );
        assert_eq!(open(MQOO_SET), "SET");
        assert_eq!(Access::of_put_options(MQPMO_SET_IDENTITY_CONTEXT).words(), "PUT,SETID");
        assert_eq!(Access::of_put_options(0).words(), "PUT");
    }
}
