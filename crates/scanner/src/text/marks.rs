//! The marks of Markdown: fences, headings, items, leading lines.

/// An odd number of back-ticks before a place leaves it in code.
pub(crate) fn in_code(before: &str) -> bool {
    before.matches('`').count() % 2 == 1
}

pub(crate) fn leads_on(text: &str) -> bool {
    text.trim_end_matches(['*', '_', ' ', '`', '\n', '\r'])
        .ends_with([':', '：'])
}

pub(crate) fn fence_of(body: &str) -> Option<(char, usize, &str)> {
    let body = strip_marker(body);
    let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = body.chars().take_while(|c| *c == mark).count();
    let info = body.get(length..)?;
    (length >= 3 && (mark == '~' || !info.contains('`'))).then_some((mark, length, info))
}

/// A list marker before the body, as in "1. ```bash".
fn strip_marker(body: &str) -> &str {
    match item_marker(body) {
        Some(length) => body.get(length..).unwrap_or("").trim_start(),
        None => body,
    }
}

pub(crate) fn language_of(info: &str) -> String {
    info.trim()
        .trim_start_matches(['{', '.'])
        .split([' ', ',', '}', '\t', ':'])
        .next()
        .unwrap_or("")
        .to_ascii_lowercase()
}

pub(crate) fn heading_level(body: &str) -> Option<u8> {
    let level = body.bytes().take_while(|byte| *byte == b'#').count();
    let rest = body.get(level..)?;
    (1..=6)
        .contains(&level)
        .then_some(rest)
        .filter(|rest| rest.starts_with([' ', '\t']))?;
    u8::try_from(level).ok()
}

pub(crate) fn is_underline(body: &str) -> bool {
    let body = body.trim_end();
    body.len() >= 2 && (body.bytes().all(|b| b == b'=') || body.bytes().all(|b| b == b'-'))
}

pub(crate) fn is_item(body: &str) -> bool {
    item_marker(body).is_some()
}

/// Length of `- `, `* `, `+ `, `1. `, `1)` before an item.
fn item_marker(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    match bytes {
        [b'-' | b'*' | b'+', b' ' | b'\t', ..] => Some(2),
        _ => {
            let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
            let after = bytes.get(digits).copied();
            ((1..=3).contains(&digits) && matches!(after, Some(b'.' | b')'))).then_some(digits + 1)
        }
    }
}
