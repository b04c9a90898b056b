//! Decoders: what attackers wrap code in, undone within bounds.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Most bytes one decoder may produce.
pub(crate) const MAX_DECODED: usize = 4 << 20;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Base64 as Python reads it: what is outside the alphabet is skipped, both alphabets are taken.
pub(crate) fn base64(data: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = data
        .iter()
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => Some(*byte),
            _ => None,
        })
        .collect();
    let whole = digits.len() - usize::from(digits.len() % 4 == 1);
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT)
        .decode(digits.get(..whole)?)
        .ok()
}

/// Base32, upper or lower case.
pub(crate) fn base32(data: &[u8]) -> Option<Vec<u8>> {
    let mut bits: u64 = 0;
    let mut count = 0;
    let mut decoded = Vec::with_capacity(data.len() * 5 / 8);
    for byte in data
        .iter()
        .filter(|byte| **byte != b'=' && !byte.is_ascii_whitespace())
    {
        let digit = match byte.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5 | u64::from(digit)) & 0xFFFF;
        count += 5;
        if count >= 8 {
            count -= 8;
            decoded.push(u8::try_from(bits >> count & 0xFF).unwrap_or(0));
        }
    }
    Some(decoded)
}

/// Base85: RFC 1924 as `b85decode` reads it, or Adobe's as `a85decode` does.
pub(crate) fn base85(data: &[u8], adobe: bool) -> Option<Vec<u8>> {
    const DIGITS: &[u8] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut digits = Vec::with_capacity(data.len());
    for byte in data.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        if adobe && *byte == b'z' {
            digits.extend([0u32; 5]);
        } else if adobe {
            digits.push(u32::from(
                byte.checked_sub(b'!').filter(|digit| *digit < 85)?,
            ));
        } else {
            digits.push(u32::try_from(DIGITS.iter().position(|digit| digit == byte)?).ok()?);
        }
    }
    let missing = (5 - digits.len() % 5) % 5;
    digits.extend(std::iter::repeat_n(84, missing));
    let mut decoded = Vec::with_capacity(digits.len() / 5 * 4);
    for group in digits.chunks(5) {
        let word = group.iter().try_fold(0u32, |word, digit| {
            word.checked_mul(85)?.checked_add(*digit)
        })?;
        decoded.extend(word.to_be_bytes());
    }
    decoded.truncate(decoded.len() - missing.min(decoded.len()));
    Some(decoded)
}

/// Pairs of hexadecimal digits, white space skipped.
pub(crate) fn hexadecimal(data: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = data
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| {
            char::from(*byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect(),
    )
}

/// ROT13.
pub(crate) fn rot13(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'a'..='m' | 'A'..='M' => char::from_u32(c as u32 + 13).unwrap_or(c),
            'n'..='z' | 'N'..='Z' => char::from_u32(c as u32 - 13).unwrap_or(c),
            _ => c,
        })
        .collect()
}

/// `%41` and `+` of URLs.
pub(crate) fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        match escape.and_then(hexadecimal) {
            Some(pair) => {
                decoded.extend(pair);
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The lines of uuencode.
pub(crate) fn uu(data: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some((length, digits)) = line.split_first() else {
            continue;
        };
        if line.starts_with(b"begin ") || line.starts_with(b"end") {
            continue;
        }
        let length = usize::from(length.wrapping_sub(b' ') & 0x3F);
        let start = decoded.len();
        for group in digits.chunks(4) {
            let word = (0..4).fold(0u32, |word, at| {
                let digit = group
                    .get(at)
                    .map_or(0, |byte| byte.wrapping_sub(b' ') & 0x3F);
                word << 6 | u32::from(digit)
            });
            decoded.extend(word.to_be_bytes().get(1..)?);
        }
        decoded.truncate(start + length);
    }
    Some(decoded)
}

/// `=72=6D`.
pub(crate) fn quoted_printable(data: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(data.len());
    let mut rest = data;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let pair = (*byte == b'=').then(|| after.get(..2)).flatten();
        match (byte, after, pair.and_then(hexadecimal)) {
            (_, _, Some(one)) if one.len() == 1 => {
                decoded.extend(one);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'=', [b'\n', tail @ ..], _) => rest = tail,
            _ => decoded.push(*byte),
        }
    }
    decoded
}

/// `&#114;`, `&#x72;`, and the names that hide an operator.
pub(crate) fn html(text: &str) -> String {
    const NAMES: [(&str, char); 18] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("sol", '/'),
        ("bsol", '\\'),
        ("lpar", '('),
        ("rpar", ')'),
        ("lbrack", '['),
        ("lsqb", '['),
        ("rsqb", ']'),
        ("period", '.'),
        ("comma", ','),
        ("semi", ';'),
        ("colon", ':'),
        ("lowbar", '_'),
        ("nbsp", '\u{a0}'),
    ];
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let name = after.split_once(';');
        let read = name.and_then(|(name, tail)| {
            let c = match name.strip_prefix('#') {
                Some(digits) => match digits.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16).ok(),
                    None => digits.parse().ok(),
                }
                .and_then(char::from_u32),
                None => NAMES
                    .iter()
                    .find_map(|(known, c)| (*known == name).then_some(*c)),
            };
            Some((c?, tail))
        });
        rest = match read {
            Some((c, tail)) => {
                decoded.push(c);
                tail
            }
            None => {
                decoded.push('&');
                after
            }
        };
    }
    decoded.push_str(rest);
    decoded
}

/// Bytes as text in one of the codecs that matter.
pub(crate) fn decode_text(data: &[u8], codec: &str) -> Option<String> {
    match codec.to_ascii_lowercase().replace('-', "_").as_str() {
        "utf_8" | "utf8" | "ascii" | "us_ascii" | "" | "utf_8_sig" => {
            String::from_utf8(data.to_vec()).ok()
        }
        "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" | "cp1252" | "charmap" => {
            Some(data.iter().map(|byte| char::from(*byte)).collect())
        }
        "utf_16" | "utf16" | "utf_16_le" => {
            let data = data.strip_prefix(&[0xFF, 0xFE]).unwrap_or(data);
            let units: Vec<u16> = data
                .chunks_exact(2)
                .map(|pair| {
                    u16::from_le_bytes([
                        pair.first().copied().unwrap_or(0),
                        pair.get(1).copied().unwrap_or(0),
                    ])
                })
                .collect();
            String::from_utf16(&units).ok()
        }
        "utf_16_be" => {
            let units: Vec<u16> = data
                .chunks_exact(2)
                .map(|pair| {
                    u16::from_be_bytes([
                        pair.first().copied().unwrap_or(0),
                        pair.get(1).copied().unwrap_or(0),
                    ])
                })
                .collect();
            String::from_utf16(&units).ok()
        }
        "utf_32" | "utf32" | "utf_32_le" => {
            let data = data.strip_prefix(&[0xFF, 0xFE, 0, 0]).unwrap_or(data);
            let code = |word: &[u8]| {
                word.iter()
                    .rev()
                    .fold(0u32, |code, byte| code << 8 | u32::from(*byte))
            };
            data.chunks_exact(4)
                .map(|word| char::from_u32(code(word)))
                .collect()
        }
        "utf_32_be" => {
            let code = |word: &[u8]| {
                word.iter()
                    .fold(0u32, |code, byte| code << 8 | u32::from(*byte))
            };
            data.chunks_exact(4)
                .map(|word| char::from_u32(code(word)))
                .collect()
        }
        "utf_7" | "utf7" => super::encoding::utf7(data),
        "unicode_escape" | "raw_unicode_escape" | "unicodeescape" => Some(unescape(data)),
        _ => None,
    }
}

/// The escapes of a Python literal.
fn unescape(data: &[u8]) -> String {
    let text: String = data.iter().map(|byte| char::from(*byte)).collect();
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let digits = match chars.next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some('n') => {
                out.push('\n');
                continue;
            }
            Some('t') => {
                out.push('\t');
                continue;
            }
            Some(digit @ '0'..='7') => {
                let mut number = digit.to_digit(8).unwrap_or(0);
                let mut ahead = chars.clone();
                for _ in 0..2 {
                    let Some(digit) = ahead.next().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    number = number * 8 + digit;
                    chars = ahead.clone();
                }
                out.extend(char::from_u32(number));
                continue;
            }
            Some(other) => {
                out.push(other);
                continue;
            }
            None => break,
        };
        let code: String = chars.by_ref().take(digits).collect();
        out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_decoder_gives_back_the_same_word() {
        assert_eq!(
            base64(b"aW1wb3J0\nIG9z").as_deref(),
            Some(&b"import os"[..])
        );
        assert_eq!(
            base32(b"NFWXA33SOQQG64Y=").as_deref(),
            Some(&b"import os"[..])
        );
        assert_eq!(
            base85(b"X>D+Ca&=>Lba(", false).map(|decoded| decoded.starts_with(b"impo")),
            Some(true)
        );
        assert_eq!(hexadecimal(b"6f 73").as_deref(), Some(&b"os"[..]));
        assert_eq!(rot13("vzcbeg bf"), "import os");
        assert_eq!(percent("%6fs"), "os");
        assert_eq!(
            decode_text(br"\x6f\163", "unicode_escape").as_deref(),
            Some("os")
        );
    }
}
