//! Literals of JavaScript, and functions that turn texts into texts.

use super::super::decode;
use super::super::value::{Taint, UNKNOWN, Value};

/// The inside of a string literal, escapes resolved.
pub(super) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match rest.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('x') => push_code(&mut text, &rest.by_ref().take(2).collect::<String>()),
            Some('u') => {
                let braced = rest.as_str().starts_with('{');
                let digits: String = if braced {
                    rest.by_ref().skip(1).take_while(|c| *c != '}').collect()
                } else {
                    rest.by_ref().take(4).collect()
                };
                push_code(&mut text, &digits);
            }
            Some('\n') | None => {}
            Some(other) => text.push(other),
        }
    }
    text
}

fn push_code(text: &mut String, digits: &str) {
    let code = u32::from_str_radix(digits, 16)
        .ok()
        .and_then(char::from_u32);
    text.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
}

/// A whole number as JavaScript writes it.
pub(super) fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A number in the digits of a radix up to 36.
pub(super) fn in_radix(number: i64, radix: u32) -> String {
    let mut digits = Vec::new();
    let mut rest = number.unsigned_abs();
    while rest > 0 || digits.is_empty() {
        let digit = u32::try_from(rest % u64::from(radix)).unwrap_or(0);
        digits.extend(char::from_digit(digit, radix));
        rest /= u64::from(radix);
    }
    digits.into_iter().rev().collect()
}

/// What a `data:` address holds.
pub(super) fn data_url(address: &str) -> Option<String> {
    let (head, data) = address.strip_prefix("data:")?.split_once(',')?;
    if head.ends_with(";base64") {
        return String::from_utf8(decode::base64(data)?).ok();
    }
    Some(percent(data))
}

/// `%41` and `%u0041`.
fn percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(rest.get(..at).unwrap_or_default().as_bytes());
        rest = rest.get(at + 1..).unwrap_or_default();
        let code = rest
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                bytes.push(code);
                rest = rest.get(2..).unwrap_or_default();
            }
            None => bytes.push(b'%'),
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a decoder of this name makes of a value; `None` when it is no decoder.
pub(super) fn decoded(name: &str, value: &Value, encoding: Option<&str>) -> Option<Value> {
    let taint = value.taint | Taint::DECODED;
    let text = match (name, encoding) {
        ("atob", _) | ("Buffer.from" | "new Buffer" | "Buffer", Some("base64" | "base64url")) => {
            value
                .known()
                .and_then(|text| decode::base64(&text.split_whitespace().collect::<String>()))
        }
        ("Buffer.from" | "new Buffer" | "Buffer", Some("hex")) => {
            value.known().and_then(decode::hex)
        }
        ("unescape" | "decodeURIComponent" | "decodeURI", _) => {
            let text = value.known()?;
            let hidden = text.matches('%').count() * 3 > text.len() / 2 && text.len() > 12;
            let taint = if hidden { taint } else { value.taint };
            return Some(Value {
                text: percent(text),
                taint,
            });
        }
        _ if name.starts_with("zlib.")
            && (name.contains("nflate")
                || name.contains("unzip")
                || name.contains("gunzip")
                || name.contains("Decompress")) =>
        {
            None
        }
        _ if name.starts_with("crypto.createDecipher") => None,
        _ => return None,
    };
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    Some(Value {
        text: text.unwrap_or_else(|| UNKNOWN.to_string()),
        taint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_encodings_are_resolved() {
        assert_eq!(unescape(r"\x65v\u0061l\u{28}"), "eval(");
        assert_eq!(percent("%65%76al%"), "eval%");
        assert_eq!(
            data_url("data:text/javascript,a%28%29").as_deref(),
            Some("a()")
        );
        assert_eq!(data_url("data:;base64,YSgp").as_deref(), Some("a()"));
        let decoded = decoded("atob", &Value::text("ZXZhbA"), None).unwrap();
        assert_eq!(
            (decoded.text.as_str(), decoded.taint.has(Taint::DECODED)),
            ("eval", true)
        );
    }
}
