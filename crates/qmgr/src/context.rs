//! Message context: who put a message and with what program (queue-manager reference, 10.4).

use mqi::constants::*;
use mqi::{Chars, Chars8, Chars12, Chars28, Chars32, Md, Reason};

use crate::time::WallMs;

/// Identity and origin of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) user_identifier: Chars12,
    pub(crate) accounting_token: [u8; 32],
    pub(crate) appl_identity_data: Chars32,
    pub(crate) put_appl_type: i32,
    pub(crate) put_appl_name: Chars28,
    pub(crate) put_date: Chars8,
    pub(crate) put_time: Chars8,
    pub(crate) appl_origin_data: Chars<4>,
}

impl Context {
    /// That of a message.
    pub(crate) fn of(md: &Md) -> Self {
        Self {
            user_identifier: md.user_identifier,
            accounting_token: md.accounting_token,
            appl_identity_data: md.appl_identity_data,
            put_appl_type: md.put_appl_type,
            put_appl_name: md.put_appl_name,
            put_date: md.put_date,
            put_time: md.put_time,
            appl_origin_data: md.appl_origin_data,
        }
    }

    /// Writes the identity part.
    pub(crate) fn put_identity(&self, md: &mut Md) {
        md.user_identifier = self.user_identifier;
        md.accounting_token = self.accounting_token;
        md.appl_identity_data = self.appl_identity_data;
    }

    /// Writes the origin part.
    pub(crate) fn put_origin(&self, md: &mut Md) {
        md.put_appl_type = self.put_appl_type;
        md.put_appl_name = self.put_appl_name;
        md.put_date = self.put_date;
        md.put_time = self.put_time;
        md.appl_origin_data = self.appl_origin_data;
    }
}

/// Options of a put that choose its context.
const CONTEXT_OPTIONS: i32 = MQPMO_NO_CONTEXT
    | MQPMO_DEFAULT_CONTEXT
    | MQPMO_PASS_IDENTITY_CONTEXT
    | MQPMO_PASS_ALL_CONTEXT
    | MQPMO_SET_IDENTITY_CONTEXT
    | MQPMO_SET_ALL_CONTEXT;

/// Where the context of a put comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The application that puts.
    Default,
    /// Nowhere.
    None,
    /// Identity from the handle in MQPMO.Context, origin from the application.
    PassIdentity,
    /// All from the handle in MQPMO.Context.
    PassAll,
    /// Identity from the MQMD, origin from the application.
    SetIdentity,
    /// All from the MQMD.
    SetAll,
}

impl Source {
    /// By the options of a put, given those that its handle was opened with.
    pub(crate) fn of(pmo_options: i32, open_options: i32) -> Result<Self, Reason> {
        let chosen = pmo_options & CONTEXT_OPTIONS;
        let allowed = |option: i32, reason: Reason| {
            if open_options & option != 0 { Ok(()) } else { Err(reason) }
        };
        match chosen {
            0 | MQPMO_DEFAULT_CONTEXT => Ok(Self::Default),
            MQPMO_NO_CONTEXT => Ok(Self::None),
            MQPMO_PASS_IDENTITY_CONTEXT => {
                allowed(MQOO_PASS_IDENTITY_CONTEXT | MQOO_PASS_ALL_CONTEXT, Reason::NOT_OPEN_FOR_PASS_IDENT)?;
                Ok(Self::PassIdentity)
            }
            MQPMO_PASS_ALL_CONTEXT => {
                allowed(MQOO_PASS_ALL_CONTEXT, Reason::NOT_OPEN_FOR_PASS_ALL)?;
                Ok(Self::PassAll)
            }
            MQPMO_SET_IDENTITY_CONTEXT => {
                allowed(MQOO_SET_IDENTITY_CONTEXT | MQOO_SET_ALL_CONTEXT, Reason::NOT_OPEN_FOR_SET_IDENT)?;
                Ok(Self::SetIdentity)
            }
            MQPMO_SET_ALL_CONTEXT => {
                allowed(MQOO_SET_ALL_CONTEXT, Reason::NOT_OPEN_FOR_SET_ALL)?;
                Ok(Self::SetAll)
            }
            _ => Err(Reason::OPTIONS_ERROR),
        }
    }
}

/// Date and time of a put, in GMT: `YYYYMMDD` and `HHMMSSTH`.
pub(crate) fn put_date_time(at: WallMs) -> (Chars8, Chars8) {
    let (year, month, day) = crate::time::civil(at.0.div_euclid(86_400_000));
    let hundredths = at.0.rem_euclid(86_400_000) / 10;
    let (second, rest) = (hundredths / 100, hundredths % 100);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let date = year.clamp(0, 9999) * 10_000 + month * 100 + day;
    let time = ((hour * 100 + minute) * 100 + second % 60) * 100 + rest;
    (eight_digits(date), eight_digits(time))
}

/// 32 bits are enough for them, and divided in a third of the time.
fn eight_digits(number: i64) -> Chars8 {
    let mut number = u32::try_from(number).unwrap_or(0);
    let mut text = [b'0'; 8];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    Chars::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_gmt() {
        let check = |ms, date: &str, time: &str| {
            let (d, t) = put_date_time(WallMs(ms));
            assert_eq!((d.as_str(), t.as_str()), (date, time));
        };
        check(0, "19700101", "00000000");
        check(951_782_400_000 - 10, "20000228", "23595999");
        check(951_782_400_000, "20000229", "00000000");
        check(1_763_781_296_789, "20251122", "03145678");
    }

    #[test]
    fn an_option_needs_its_open_option() {
        let of = Source::of;
        assert_eq!(of(0, 0), Ok(Source::Default));
        assert_eq!(of(MQPMO_NO_CONTEXT, 0), Ok(Source::None));
        assert_eq!(of(MQPMO_NO_CONTEXT | MQPMO_DEFAULT_CONTEXT, 0), Err(Reason::OPTIONS_ERROR));
        assert_eq!(of(MQPMO_SET_ALL_CONTEXT, 0), Err(Reason::NOT_OPEN_FOR_SET_ALL));
        assert_eq!(of(MQPMO_SET_ALL_CONTEXT, MQOO_SET_ALL_CONTEXT), Ok(Source::SetAll));
        assert_eq!(of(MQPMO_SET_IDENTITY_CONTEXT, MQOO_SET_ALL_CONTEXT), Ok(Source::SetIdentity));
        assert_eq!(
            of(MQPMO_PASS_ALL_CONTEXT, MQOO_PASS_IDENTITY_CONTEXT),
            Err(Reason::NOT_OPEN_FOR_PASS_ALL)
        );
    }
}
