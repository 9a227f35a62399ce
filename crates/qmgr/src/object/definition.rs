//! One object as it is defined.

use mqi::constants::*;
use mqi::object::{AttributeSet, ObjectClass, ObjectType};
use store::Lsn;

use crate::time::WallMs;

/// What makes a definition the only one: class and name, and for rules also what they match.
///
/// Ordered by class, then name: the order of displays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Class: all queues share one name space.
    pub(crate) class: ObjectClass,
    /// Name, or profile of a rule.
    pub(crate) name: String,
    /// Empty for objects; for channel authentication and authority records the rest of what identifies them.
    pub(crate) qualifier: String,
}

impl Key {
    /// The key of an object, which its name identifies.
    pub(crate) fn object(class: ObjectClass, name: &str) -> Self {
        Self { class, name: name.to_owned(), qualifier: String::new() }
    }
}

/// An object as it is defined.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Definition {
    /// What it is.
    pub(crate) object: ObjectType,
    /// Its name.
    pub(crate) name: String,
    /// Its attributes, without the name.
    pub(crate) attributes: AttributeSet,
    /// Position and length of its record in the log; none for what is not logged, like temporary queues.
    pub(crate) place: Option<(Lsn, u32)>,
}

impl Definition {
    /// A definition that is in no log yet.
    pub(crate) fn new(object: ObjectType, name: &str, attributes: AttributeSet) -> Self {
        Self { object, name: name.to_owned(), attributes, place: None }
    }

    /// What identifies it.
    pub(crate) fn key(&self) -> Key {
        let a = &self.attributes;
        let qualifier = match self.object.class() {
            ObjectClass::ChannelAuth => {
                let what = match self.object {
                    ObjectType::ChlauthSslPeerMap => a.text(MQCACH_SSL_PEER_NAME),
                    ObjectType::ChlauthUserMap => a.text(MQCACH_CLIENT_USER_ID),
                    ObjectType::ChlauthQmgrMap => a.text(MQCA_REMOTE_Q_MGR_NAME),
                    _ => "",
                };
                let issuer = a.text(MQCA_SSL_CERT_ISSUER_NAME);
                format!("{}\n{what}\n{issuer}\n{}", self.object.keyword(), a.text(MQCACH_CONNECTION_NAME))
            }
            ObjectClass::AuthRecord => {
                let int = |id| a.int(id).unwrap_or_default();
                let entity = a.text(MQCACF_ENTITY_NAME);
                format!("{}\n{}\n{entity}", int(MQIACF_OBJECT_TYPE), int(MQIACF_ENTITY_TYPE))
            }
            _ => String::new(),
        };
        Key { class: self.object.class(), name: self.name.clone(), qualifier }
    }

    /// Notes when it was altered.
    pub(crate) fn altered_at(&mut self, now: WallMs) {
        let (date, time) = date_and_time(now);
        self.attributes.set(MQCA_ALTERATION_DATE, date);
        self.attributes.set(MQCA_ALTERATION_TIME, time);
    }

    /// Notes when it was created.
    pub(crate) fn created_at(&mut self, now: WallMs) {
        let (date, time) = date_and_time(now);
        self.attributes.set(MQCA_CREATION_DATE, date);
        self.attributes.set(MQCA_CREATION_TIME, time);
    }
}

/// Date and time as attributes have them: `yyyy-mm-dd` and `hh.mm.ss`.
///
/// In Coordinated Universal Time: the kernel does not know where it is, and replicas need not agree on it.
pub(crate) fn date_and_time(at: WallMs) -> (String, String) {
    let seconds = at.0.div_euclid(1000);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!("{:02}.{:02}.{:02}", second / 3600, second / 60 % 60, second % 60),
    )
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
///
/// Counted from March, so that the leap day ends the year, in eras of 400 years of 146 097 days.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ms: i64, date: &str, time: &str) {
        assert_eq!(date_and_time(WallMs(ms)), (date.to_owned(), time.to_owned()));
    }

    #[test]
    fn dates_follow_the_calendar() {
        check(0, "1970-01-01", "00.00.00");
        check(951_827_696_000, "2000-02-29", "12.34.56");
        check(1_735_689_599_999, "2024-12-31", "23.59.59");
        check(1_735_689_600_000, "2025-01-01", "00.00.00");
        check(4_107_542_400_000, "2100-03-01", "00.00.00");
        check(-1, "1969-12-31", "23.59.59");
    }

    #[test]
    fn rules_are_known_by_what_they_match() {
        let rule = |object, id, text: &str| {
            let attributes: AttributeSet = [(id, text)].into_iter().collect();
            Definition::new(object, "A.*", attributes).key()
        };
        let user = rule(ObjectType::ChlauthUserMap, MQCACH_CLIENT_USER_ID, "joe");
        assert_ne!(user, rule(ObjectType::ChlauthUserMap, MQCACH_CLIENT_USER_ID, "ann"));
        assert_ne!(user, rule(ObjectType::ChlauthAddressMap, MQCACH_CONNECTION_NAME, "joe"));
        assert_eq!(
            rule(ObjectType::ChlauthUserMap, MQCACH_MCA_USER_ID, "a"),
            rule(ObjectType::ChlauthUserMap, MQCACH_MCA_USER_ID, "b")
        );
        assert_eq!(rule(ObjectType::QLocal, MQCA_Q_DESC, "a"), Key::object(ObjectClass::Queue, "A.*"));
    }
}
