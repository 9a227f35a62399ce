//! Address patterns of channel authentication records.
//!
//! A pattern is an address, an address with wildcards (`10.1.*`) or with ranges (`10.1.1-5.*`), or `*` for all. Names
//! of hosts match nobody, for they are never looked up. The more specific of two patterns: an exact address beats any
//! other, further literal parts on the left beat fewer, a range beats a wildcard, `*` comes last.

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

/// Whether it is an address, without wildcards.
pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

/// Whether it is an address pattern that some address may match.
pub(crate) fn is_pattern(text: &str) -> bool {
    let parts = parts(text);
    let is_ip6 = text.contains(':');
    let (count, radix, max) = if is_ip6 { (8, 16, 0xFFFF) } else { (4, 10, 255) };
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|b| char::from(b).is_digit(radix));
        is_number.then(|| u32::from_str_radix(text, radix).ok()).flatten().filter(|n| *n <= max)
    };
    let is_part = |part: &&str| match part.split_once('-') {
        Some((low, high)) => matches!((number(low), number(high)), (Some(low), Some(high)) if low <= high),
        None => *part == "*" || number(part).is_some(),
    };
    let is_whole = parts.len() == count || parts.len() < count && parts.last() == Some(&"*");
    is_whole && parts.iter().all(is_part)
}

/// Whether it is the name of a host, or a pattern of such names.
pub(crate) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*'))
    };
    text.split('.').all(is_label) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The parts of an address; those that `::` leaves out are there.
fn parts(address: &str) -> Vec<&str> {
    if !address.contains(':') {
        return address.split('.').collect();
    }
    let Some((left, right)) = address.split_once("::") else { return address.split(':').collect() };
    let side =
        |text| -> Vec<&str> { if str::is_empty(text) { Vec::new() } else { text.split(':').collect() } };
    let (mut parts, right) = (side(left), side(right));
    let missing = 8_usize.saturating_sub(parts.len() + right.len());
    parts.extend(std::iter::repeat_n("0", missing));
    parts.extend(right);
    parts
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

    #[test]
    fn what_no_address_can_match_is_no_pattern() {
        for (text, want) in [
            ("*", true),
            ("10.1.2.3", true),
            ("10.*", true),
            ("10.*.1.2", true),
            ("10.1.1-5.*", true),
            ("::1", true),
            ("::", true),
            ("fe80:*", true),
            ("1:2:3:4:5:6:7:8", true),
            ("", false),
            (" ", false),
            ("10", false),
            ("10.1.2", false),
            ("10.1.2.3.4", false),
            ("10.1.300.1", false),
            ("1-300.*", false),
            ("5-1.2.3.4", false),
            ("a.b.c.d", false),
            ("zzzz::1", false),
            ("1:2:3", false),
            ("1:2:3:4:5:6:7:8:9", false),
            ("1::2::3", false),
            ("a b", false),
        ] {
            assert_eq!(is_pattern(text), want, "{text}");
        }
        assert!(is_host_name("host.example") && is_host_name("*.example") && is_host_name("localhost"));
        assert!(!is_host_name("10.1.300.1") && !is_host_name("a b") && !is_host_name("a..b"));
    }
}
