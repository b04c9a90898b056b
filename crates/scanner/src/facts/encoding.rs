//! Source bytes to text as CPython decodes them: byte-order marks and PEP 263.

use std::borrow::Cow;

use super::decoders;

/// What became of the bytes.
#[derive(Debug)]
pub(crate) struct Decoded<'b> {
    pub(crate) text: Cow<'b, str>,
    /// A coding line that no reader expects, and that hides code from them.
    pub(crate) odd: Option<String>,
}

/// Why CPython, or this scanner, cannot read the bytes.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

/// Decodes a source file.
///
/// # Errors
/// When CPython would refuse it, or when its codec is not known here.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Refused> {
    if memchr::memchr(0, bytes).is_some() {
        return Err(Refused("it has NUL bytes".to_owned()));
    }
    let (body, marked) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(body) => (body, true),
        None => (bytes, false),
    };
    let coding = coding_line(body);
    let name = coding.unwrap_or_else(|| "utf-8".to_owned());
    let codec = name.to_ascii_lowercase().replace(['-', '.', ' '], "_");
    if marked && !is_utf8(&codec) {
        return Err(Refused(format!(
            "its byte-order mark says utf-8 and its coding line `{name}`"
        )));
    }
    if is_utf8(&codec) {
        return match std::str::from_utf8(body) {
            Ok(text) => Ok(Decoded {
                text: Cow::Borrowed(text),
                odd: None,
            }),
            Err(error) => Err(Refused(format!(
                "it is not utf-8 at byte {}",
                error.valid_up_to()
            ))),
        };
    }
    let plain = matches!(
        codec.as_str(),
        "latin_1"
            | "latin1"
            | "iso_8859_1"
            | "iso8859_1"
            | "cp1252"
            | "ascii"
            | "us_ascii"
            | "iso_8859_15"
            | "iso8859_15"
            | "iso_latin_1"
    );
    if plain {
        let text: String = body.iter().map(|byte| char::from(*byte)).collect();
        return Ok(Decoded {
            text: Cow::Owned(text),
            odd: None,
        });
    }
    let text = match codec.as_str() {
        "utf_7" | "utf7" | "u7" | "unicode_1_1_utf_7" => utf7(body),
        "rot13" | "rot_13" => std::str::from_utf8(body).ok().map(decoders::rot13),
        "raw_unicode_escape" | "unicode_escape" => decoders::decode_text(body, &codec),
        codec
            if !STATEFUL.contains(&codec)
                && encoding_rs::Encoding::for_label(label(codec).as_bytes()).is_some() =>
        {
            encoding_rs::Encoding::for_label(label(codec).as_bytes())
                .and_then(|encoding| {
                    encoding.decode_without_bom_handling_and_without_replacement(body)
                })
                .map(std::borrow::Cow::into_owned)
        }
        // These codecs keep ASCII as it is, so what a file of ASCII says is known.
        codec if body.is_ascii() && extends_ascii(codec) => {
            std::str::from_utf8(body).ok().map(str::to_owned)
        }
        _ => None,
    };
    match text {
        Some(text) => {
            let odd = STATEFUL.contains(&codec.as_str()).then_some(name);
            Ok(Decoded {
                text: Cow::Owned(text),
                odd,
            })
        }
        None => Err(Refused(format!("its coding line asks for `{name}`"))),
    }
}

/// Codecs of CPython that the web's list lacks, and whose first half is ASCII.
///
/// A name that CPython does not know either may be registered by another file, to mean anything.
fn extends_ascii(codec: &str) -> bool {
    const NAMES: [&str; 8] = [
        "big5hkscs",
        "euc_jis_2004",
        "hp_roman8",
        "johab",
        "koi8_t",
        "kz1048",
        "ptcp154",
        "tis_620",
    ];
    let is_page =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    !STATEFUL.contains(&codec)
        && (NAMES.contains(&codec)
            || codec.strip_prefix("cp").is_some_and(is_page)
            || codec.strip_prefix("iso8859_").is_some_and(is_page)
            || codec.starts_with("mac_"))
}

/// Python's name of a codec in the spelling of the web's list.
fn label(codec: &str) -> String {
    match codec.strip_prefix("cp125") {
        Some(page) => format!("windows-125{page}"),
        None => match codec {
            "mac_cyrillic" => "x-mac-cyrillic".to_owned(),
            "gb2312" | "gb18030" | "gbk" | "big5" => codec.to_owned(),
            _ => codec.replace('_', "-"),
        },
    }
}

/// Codecs in which ASCII bytes do not stand for themselves.
const STATEFUL: &[&str] = &[
    "utf_7",
    "utf7",
    "u7",
    "unicode_1_1_utf_7",
    "rot13",
    "rot_13",
    "raw_unicode_escape",
    "unicode_escape",
    "hz",
    "hz_gb_2312",
    "iso2022_jp",
    "iso_2022_jp",
    "iso2022_kr",
    "iso_2022_kr",
    "utf_16",
    "utf_32",
    "punycode",
    "idna",
    "cp037",
    "cp273",
    "cp424",
    "cp864",
    "cp875",
    "cp1026",
    "cp500",
    "cp1140",
    "base64",
    "hex",
    "zlib",
    "bz2",
    "uu",
    "quopri",
];

fn is_utf8(codec: &str) -> bool {
    matches!(
        codec,
        "utf_8" | "utf8" | "u8" | "utf" | "utf8_ucs2" | "utf8_ucs4" | "cp65001" | "utf_8_sig"
    ) || codec.starts_with("utf_8_")
}

/// The codec of the coding line: a comment on the first or second line, as PEP 263 has it.
fn coding_line(bytes: &[u8]) -> Option<String> {
    let mut lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    for at in 0..2 {
        let line = lines.next()?;
        let trimmed = line.trim_ascii_start();
        let trimmed = trimmed
            .strip_prefix(b"\x0C")
            .unwrap_or(trimmed)
            .trim_ascii_start();
        if let Some(comment) = trimmed.strip_prefix(b"#") {
            if let Some(codec) = codec_of(comment) {
                return Some(codec);
            }
        } else if at == 0 && !trimmed.is_empty() {
            return None;
        }
    }
    None
}

/// `coding[:=]\s*([-\w.]+)`.
fn codec_of(comment: &[u8]) -> Option<String> {
    memchr::memmem::find_iter(comment, b"coding").find_map(|at| {
        let after = comment.get(at + 6..)?;
        let after = after
            .strip_prefix(b":")
            .or_else(|| after.strip_prefix(b"="))?;
        let after = after.trim_ascii_start();
        let end = after
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')));
        let name = after.get(..end.unwrap_or(after.len()))?;
        (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
    })
}

/// UTF-7 (RFC 2152).
pub(crate) fn utf7(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'+' {
            text.push(char::from(*byte).is_ascii().then_some(char::from(*byte))?);
            continue;
        }
        let end = rest
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')))
            .unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(end);
        rest = tail.strip_prefix(b"-").unwrap_or(tail);
        if digits.is_empty() {
            text.push('+');
            continue;
        }
        let units: Vec<u16> = decoders::base64(digits)?
            .chunks_exact(2)
            .map(|pair| {
                pair.iter()
                    .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
            })
            .collect();
        text.push_str(&String::from_utf16_lossy(&units));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        match decode(bytes) {
            Ok(decoded) => decoded.text.into_owned(),
            Err(Refused(reason)) => format!("refused: {reason}"),
        }
    }

    #[test]
    fn utf_7_is_read_as_python_reads_it() {
        assert_eq!(
            text(b"#coding: utf_7\n+AAo-import os"),
            "#coding: utf_7\n\nimport os"
        );
    }

    #[test]
    fn a_coding_line_counts_on_the_first_two_lines_only() {
        assert_eq!(
            text(b"\n#coding=latin-1\n\xE9"),
            "\n#coding=latin-1\n\u{e9}"
        );
        assert!(text(b"\n\n#coding=latin-1\n\xE9").starts_with("refused"));
        assert!(text(b"x = 1\n#coding=latin-1\n\xE9").starts_with("refused"));
    }

    #[test]
    fn a_mark_and_another_coding_contradict_each_other() {
        assert!(text(b"\xEF\xBB\xBF#coding: latin-1\n").starts_with("refused"));
        assert_eq!(text(b"\xEF\xBB\xBFx"), "x");
    }

    #[test]
    fn a_codec_nobody_knows_is_refused_even_over_ascii() {
        assert!(text(b"#coding: no-such-codec\nx").starts_with("refused"));
        assert_eq!(text(b"#coding: cp850\nx"), "#coding: cp850\nx");
    }

    #[test]
    fn nul_bytes_are_refused() {
        assert!(text(b"a\0b").starts_with("refused"));
    }
}
