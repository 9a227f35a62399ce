//! Profiles: names of authority records, exact or generic, and which of two is the more specific.
//!
//! `?` is one character, `*` any number of them within a qualifier (never a dot), `**` any number of whole
//! qualifiers, none included. Of two profiles that match a name, the more specific is found from left to right:
//! a character beats `?`, which beats the end, which beats `*`, which beats `**`.

use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Char,
    One,
    End,
    Many,
    Qualifiers,
}

/// Whether a name has a wildcard.
pub(crate) fn is_generic(profile: &str) -> bool {
    profile.contains(['*', '?'])
}

/// Whether the profile stands for the name.
pub(crate) fn matches(profile: &str, name: &str) -> bool {
    let profile: Vec<&[u8]> = profile.as_bytes().split(|b| *b == b'.').collect();
    let name: Vec<&[u8]> = name.as_bytes().split(|b| *b == b'.').collect();
    qualifiers_match(&profile, &name)
}

fn qualifiers_match(profile: &[&[u8]], name: &[&[u8]]) -> bool {
    match profile.split_first() {
        None => name.is_empty(),
        Some((&b"**", rest)) => (0..=name.len()).any(|skip| qualifiers_match(rest, &name[skip..])),
        Some((first, rest)) => name.split_first().is_some_and(|(qualifier, names)| {
            characters_match(first, qualifier) && qualifiers_match(rest, names)
        }),
    }
}

fn characters_match(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skip| characters_match(rest, &text[skip..])),
        Some((b'?', rest)) => text.split_first().is_some_and(|(_, texts)| characters_match(rest, texts)),
        Some((c, rest)) => {
            text.split_first().is_some_and(|(first, texts)| c == first && characters_match(rest, texts))
        }
    }
}

/// Orders two profiles that match the same name: the more specific is less.
pub(crate) fn by_specificity(a: &str, b: &str) -> Ordering {
    tokens(a).cmp(tokens(b))
}

fn tokens(profile: &str) -> impl Iterator<Item = Token> {
    let bytes = profile.as_bytes();
    let mut at = 0;
    let mut is_ended = false;
    std::iter::from_fn(move || {
        let token = match bytes.get(at) {
            Some(b'*') if bytes.get(at + 1) == Some(&b'*') => {
                at += 1;
                Token::Qualifiers
            }
            Some(b'*') => Token::Many,
            Some(b'?') => Token::One,
            Some(_) => Token::Char,
            None if is_ended => return None,
            None => {
                is_ended = true;
                Token::End
            }
        };
        at += 1;
        Some(token)
    })
}

/// Whether `profile` may name records: name characters and wildcards, `**` only as a whole qualifier and once; or
/// `@class`, for the right to create objects. So bounded, matching takes few steps.
pub(crate) fn is_valid(profile: &str) -> bool {
    if profile == "@class" {
        return true;
    }
    let stars = profile.bytes().filter(|b| *b == b'*').count();
    let doubled = profile.split('.').filter(|q| *q == "**").count();
    let is_character =
        |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'/' | b'_' | b'%' | b'*' | b'?');
    !profile.is_empty()
        && profile.len() <= 48
        && profile.bytes().all(is_character)
        && doubled <= 1
        && stars <= 8
        && profile.split('.').all(|q| q == "**" || !q.contains("**"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(profile: &str, name: &str, want: bool) {
        assert_eq!(matches(profile, name), want, "{profile} {name}");
    }

    #[test]
    fn wildcards_keep_to_their_qualifier() {
        check("DEV.**", "DEV.QUEUE.1", true);
        check("DEV.**", "DEV", true);
        check("DEV.**", "DEVIL.QUEUE", false);
        check("DEV.*", "DEV.QUEUE", true);
        check("DEV.*", "DEV.QUEUE.1", false);
        check("DEV.*.1", "DEV.QUEUE.1", true);
        check("D*", "DEV", true);
        check("D*", "D", true);
        check("D*", "DEV.Q", false);
        check("**", "ANY.NAME.AT.ALL", true);
        check("*", "ANY.NAME", false);
        check("**.LAST", "A.B.LAST", true);
        check("**.LAST", "LAST", true);
        check("A.**.Z", "A.Z", true);
        check("A.**.Z", "A.B.C.Z", true);
        check("A?C", "ABC", true);
        check("A?C", "A.C", false);
        check("EXACT", "EXACT", true);
        check("EXACT", "exact", false);
        check("A*B*C", "AxxBxC", true);
        check("A*B*C", "AxxCxB", false);
    }

    #[test]
    fn the_more_specific_comes_first() {
        for [a, b] in [
            ["DEV.QUEUE.1", "DEV.**"],
            ["DEV.QUEUE.*", "DEV.**"],
            ["DEV.*.1", "DEV.**"],
            ["DEV.QUEUE.?", "DEV.QUEUE.*"],
            ["A", "A*"],
            ["A*B", "A*"],
            ["A*", "**"],
            ["*", "**"],
        ] {
            assert_eq!(by_specificity(a, b), Ordering::Less, "{a} {b}");
            assert_eq!(by_specificity(b, a), Ordering::Greater, "{a} {b}");
        }
        assert_eq!(by_specificity("DEV.**", "DEV.**"), Ordering::Equal);
    }

    #[test]
    fn profiles_are_checked() {
        for good in ["A", "DEV.**", "**", "*.A?", "A%_/", "@class"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", "A B", "A**", "**.**", "A-B", "*********", &"A".repeat(49)] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
