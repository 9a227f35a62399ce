//! The prompt, which `MQPROMPT` gives: text with inserts such as `+QMNAME+`. Without it there is none.

use server::clock::{Clock, Date, WallClock as _};

/// The prompt that the environment asks for.
pub(super) fn of_environment(qmgr: &str) -> String {
    let Ok(text) = std::env::var("MQPROMPT") else { return String::new() };
    filled(&text, |name| match name {
        "QMNAME" => Some(qmgr.to_owned()),
        "MQ_HOST_NAME" => Some(server::users::host()),
        "MQ_DATE_TIME" => {
            let now = Date::of(Clock.now_ms());
            Some(format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
                now.year, now.month, now.day, now.hour, now.minute, now.second
            ))
        }
        variable => std::env::var(variable).ok(),
    })
}

/// The text with its inserts; what is none stays as it is.
fn filled(text: &str, insert: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        out += before;
        let found = after.split_once('+').and_then(|(name, after)| Some((insert(name)?, after)));
        match found {
            Some((value, after)) => {
                out += &value;
                rest = after;
            }
            None => {
                out.push('+');
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserts_are_filled_in() {
        let insert = |name: &str| (name == "QMNAME").then(|| "QM1".to_owned());
        for (text, want) in [
            ("", ""),
            ("mqsc> ", "mqsc> "),
            ("+QMNAME+> ", "QM1> "),
            ("a+b+QMNAME++QMNAME+c+", "a+bQM1QM1c+"),
            ("+NOTHING+", "+NOTHING+"),
        ] {
            assert_eq!(filled(text, insert), want);
        }
    }
}
