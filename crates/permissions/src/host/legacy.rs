//! IPv4 addresses in every spelling that resolvers read.

use std::net::Ipv4Addr;

/// A name whose last label is a number is read as an IPv4 address, as resolvers do.
pub(crate) fn is_number(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit())
        || hex_digits(label).is_some()
}

fn hex_digits(label: &str) -> Option<&str> {
    let digits = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"))?;
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then_some(digits)
}

/// Reads what `inet_aton` reads: one to four parts, decimal, octal or hexadecimal.
pub(crate) fn legacy_ipv4(text: &str) -> Option<Ipv4Addr> {
    let count = text.split('.').count();
    if count > 4 {
        return None;
    }
    let mut address = 0_u64;
    for (index, part) in text.split('.').enumerate() {
        let number = legacy_number(part)?;
        let is_last = index + 1 == count;
        // The last part fills all the bytes that are left.
        let bytes = if is_last { 5 - count } else { 1 };
        if number >= 1 << (8 * bytes) {
            return None;
        }
        address = (address << (8 * bytes)) | number;
    }
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

fn legacy_number(text: &str) -> Option<u64> {
    if !is_number(text) {
        return None;
    }
    if let Some(digits) = hex_digits(text) {
        return match digits {
            "" => Some(0),
            digits => u64::from_str_radix(digits, 16).ok(),
        };
    }
    let octal = text.len() > 1 && text.starts_with('0');
    u64::from_str_radix(text, if octal { 8 } else { 10 }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_fills_what_is_left_and_no_more() {
        for (text, expected) in [
            ("1.2.3.4", Some([1, 2, 3, 4])),
            ("1.2.3.255", Some([1, 2, 3, 255])),
            ("1.2.3.256", None),
            ("1.2.65535", Some([1, 2, 255, 255])),
            ("1.2.65536", None),
            ("1.16777215", Some([1, 255, 255, 255])),
            ("1.16777216", None),
            ("4294967295", Some([255, 255, 255, 255])),
            ("4294967296", None),
            ("255.1", Some([255, 0, 0, 1])),
            ("256.1", None),
            ("1.2.3.4.5", None),
            ("0", Some([0, 0, 0, 0])),
            ("00", Some([0, 0, 0, 0])),
            ("010.1", Some([8, 0, 0, 1])),
            ("08.1", None),
            ("0x", Some([0, 0, 0, 0])),
            ("0XfF.0x1", Some([255, 0, 0, 1])),
            ("0xg", None),
            ("1..2", None),
            ("", None),
        ] {
            assert_eq!(legacy_ipv4(text), expected.map(Ipv4Addr::from), "{text}");
        }
    }

    #[test]
    fn only_digits_and_hexadecimal_digits_are_numbers() {
        for (label, expected) in [
            ("7", true),
            ("0x7f", true),
            ("0x", true),
            ("", false),
            ("7f", false),
            ("0xyz", false),
            ("x7", false),
        ] {
            assert_eq!(is_number(label), expected, "{label}");
        }
    }
}
