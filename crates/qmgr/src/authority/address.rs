//! Address patterns of channel authentication records.
//!
//! A pattern is an address, an address with wildcards (`10.1.*`) or with ranges (`10.1.1-5.*`), or `*` for all. Names
//! of hosts match nobody, for they are never looked up. The more specific of two patterns: an exact address beats any
//! other, further literal parts on the left beat fewer, a range beats a wildcard, `*` comes last.

use mqi::object::address::{is_address, is_pattern, parts};

/// Whether the pattern stands for the address.
pub(crate) fn matches(pattern: &str, address: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    if !is_address(address) || !is_pattern(pattern) || pattern.contains(':') != address.contains(':') {
        return false;
    }
    let (pattern_parts, address_parts) = (parts(pattern), parts(address));
    let mut rest = address_parts.iter();
    for (at, part) in pattern_parts.iter().enumerate() {
        // A star at the end stands for all parts that follow.
        if *part == "*" && at + 1 == pattern_parts.len() {
            return rest.next().is_some();
        }
        let Some(value) = rest.next() else { return false };
        if !part_matches(part, value) {
            return false;
        }
    }
    rest.next().is_none()
}

/// How specific a pattern is, most specific first: a key to sort by.
pub(crate) fn specificity(pattern: &str) -> Vec<u8> {
    if pattern.is_empty() || pattern == "*" {
        return vec![u8::MAX];
    }
    let parts = parts(pattern);
    let rank = |part: &&str| match *part {
        "*" => 2,
        part if part.contains('-') => 1,
        _ => 0,
    };
    let mut key: Vec<u8> = parts.iter().map(rank).collect();
    // Parts that a star at the end stands for are as unspecific as the star.
    if key.last() == Some(&2) {
        key.push(3);
    }
    key
}

fn part_matches(pattern: &str, value: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let number = |text: &str| u32::from_str_radix(text, 16).ok();
    match pattern.split_once('-') {
        // Read in base 16, figures of base 10 keep their order.
        Some((low, high)) => match (number(low), number(high), number(value)) {
            (Some(low), Some(high), Some(value)) => (low..=high).contains(&value),
            _ => false,
        },
        None => match (number(pattern), number(value)) {
            (Some(pattern), Some(value)) => pattern == value,
            (None, None) => pattern == value,
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, address: &str, want: bool) {
        assert_eq!(matches(pattern, address), want, "{pattern} {address}");
    }

    #[test]
    fn patterns_stand_for_addresses() {
        check("*", "10.1.2.3", true);
        check("*", "", true);
        check("10.1.2.3", "10.1.2.3", true);
        check("10.1.2.3", "10.1.2.30", false);
        check("10.1.*", "10.1.2.3", true);
        check("10.1.*", "10.11.2.3", false);
        check("10.*.2.3", "10.9.2.3", true);
        check("10.1.1-5.*", "10.1.5.9", true);
        check("10.1.1-5.*", "10.1.6.9", false);
        check("10.1.9-12.1", "10.1.10.1", true);
        check("10.1.2", "10.1.2.3", false);
        check("10.1.2.3.4", "10.1.2.3", false);
        check("host.example", "10.1.2.3", false);
        check("fe80:*", "fe80:0:0:0:0:0:0:1", true);
        check("fe80:*", "fe80::1", true);
        check("fe80::1-f", "fe80::a", true);
        check("::1", "::1", true);
        check("2001:DB8:0:0:0:0:0:1", "2001:db8::1", true);
        check("2001:db8::1", "2001:db8:0:0:1::1", false);
        check("127.0.0.1", "localhost", false);
        check("10.*", "10::1", false);
    }

    #[test]
    fn specific_patterns_come_first() {
        let order = ["10.1.2.3", "10.1.2-3.4", "10.1.2-3.*", "10.1.*", "10.*", "*.1.2.3", "*"];
        for pair in order.windows(2) {
            assert!(specificity(pair[0]) < specificity(pair[1]), "{pair:?}");
        }
    }
}
