//! Addresses as listeners and channel authentication records name them: of IP version 4 or 6, in records with wildcards
//! (`10.1.*`) and ranges (`10.1.1-5.*`). Names of hosts would have to be looked up.

/// Whether it is an address, without wildcards.
pub fn is_address(text: &str) -> bool {
    let is_number = |part: &str| text.contains(':') || part.len() == 1 || !part.starts_with('0');
    is_pattern(text) && !text.contains(['*', '-']) && parts(text).into_iter().all(is_number)
}

/// Whether a listener can be at this address: `*` or blank is every one of the machine.
pub(super) fn is_for_listeners(text: &str) -> bool {
    let text = text.trim();
    matches!(text, "" | "*" | "localhost") || is_address(text)
}

/// Whether it is an address pattern that some address may match.
pub fn is_pattern(text: &str) -> bool {
    let parts = parts(text);
    let is_ip6 = text.contains(':');
    let (count, radix, max, digits) = if is_ip6 { (8, 16, 0xFFFF, 4) } else { (4, 10, 255, 3) };
    let number = |text: &str| {
        let is_number =
            (1..=digits).contains(&text.len()) && text.bytes().all(|b| char::from(b).is_digit(radix));
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
pub fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*'))
    };
    text.split('.').all(is_label) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The parts of an address; those that `::` leaves out are there.
pub fn parts(address: &str) -> Vec<&str> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        for (text, want) in
            [("10.1.2.3", true), ("::1", true), ("10.*", false), ("10.1.2.3-4", false), ("010.1.2.3", false)]
        {
            assert_eq!(is_address(text), want, "{text}");
        }
        assert!(is_host_name("host.example") && is_host_name("*.example") && is_host_name("localhost"));
        assert!(!is_host_name("10.1.300.1") && !is_host_name("a b") && !is_host_name("a..b"));
    }
}
