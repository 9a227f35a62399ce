//! What `packhorse dev` says while its queue manager ends: who is waited for, and how to wait no longer.

use server::core::{EndHow, EndNews};

/// Remembers what has been said.
#[derive(Debug, Default)]
pub(super) struct Farewell {
    said: Option<EndHow>,
}

impl Farewell {
    /// Lines for what is new.
    pub(super) fn lines(&mut self, news: &EndNews) -> Vec<String> {
        let said = self.said.replace(news.how);
        if said == Some(news.how) {
            return Vec::new();
        }
        match news.how {
            EndHow::Quiesce if !news.waited_for.is_empty() => {
                let limit = news.limit.map_or_else(String::new, |limit| {
                    let seconds = limit.as_millis().div_ceil(1000);
                    format!(" up to {seconds} s")
                });
                let mut lines =
                    vec![format!("Waiting{limit} for applications to disconnect; Ctrl-C ends at once:")];
                lines.extend(news.waited_for.iter().map(|who| format!("  {who}")));
                lines
            }
            EndHow::Immediate if said == Some(EndHow::Quiesce) => {
                vec!["Ending without those that have not disconnected.".to_owned()]
            }
            EndHow::Quiesce | EndHow::Immediate | EndHow::Preemptive => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_once_a_stage() {
        let mut farewell = Farewell::default();
        let mut check = |how, limit_ms: Option<u64>, waited_for: &[&str], want: &[&str]| {
            let waited_for = waited_for.iter().map(|who| (*who).to_owned()).collect();
            let limit = limit_ms.map(std::time::Duration::from_millis);
            assert_eq!(farewell.lines(&EndNews { how, limit, waited_for }), want);
        };
        let waiting = "Waiting up to 2 s for applications to disconnect; Ctrl-C ends at once:";
        check(EndHow::Quiesce, Some(1999), &["application 'a'"], &[waiting, "  application 'a'"]);
        check(EndHow::Quiesce, Some(1500), &[], &[]);
        check(EndHow::Immediate, Some(1000), &[], &["Ending without those that have not disconnected."]);
    }
}
