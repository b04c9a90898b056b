//! What stands behind a variable's name in `${ … }`: slices, replacements, defaults, cases.

use crate::pattern::value::{self, Taint, UNKNOWN, Value};

/// The value after the operation; unknown text stays unknown, and taint always stays.
pub(super) fn apply(base: &Value, operation: &str) -> Value {
    if let Some(default) = [":-", ":=", "-", "="]
        .iter()
        .find_map(|sign| operation.strip_prefix(sign))
    {
        return with_default(base, default);
    }
    if operation.starts_with(":?") || operation.starts_with('?') {
        return base.clone();
    }
    let Some(text) = base.known() else {
        return Value::unknown(base.taint);
    };
    let changed = if let Some(range) = operation.strip_prefix(':') {
        slice(text, range)
    } else if let Some(rest) = operation.strip_prefix("//") {
        replace(text, rest, usize::MAX)
    } else if let Some(rest) = operation.strip_prefix('/') {
        replace(text, rest, 1)
    } else {
        match operation {
            "^^" => Some(text.to_uppercase()),
            ",," => Some(text.to_lowercase()),
            "[@]" | "[*]" => Some(text.to_owned()),
            _ => element(text, operation).or_else(|| strip(text, operation)),
        }
    };
    match changed {
        // Text put together from slices and replacements hides what it says, unless it says nothing new.
        Some(changed) => Value {
            text: changed,
            taint: base.taint,
        },
        None => Value::unknown(base.taint),
    }
}

fn with_default(base: &Value, default: &str) -> Value {
    if base.known().is_some_and(|text| !text.is_empty()) {
        return base.clone();
    }
    if default.is_empty() && base.known().is_none() {
        // An empty default only keeps a strict shell from stopping.
        return base.clone();
    }
    let plain = !default.contains(['$', '`']);
    let text = if plain {
        default.trim_matches(['"', '\'']).to_owned()
    } else {
        UNKNOWN.to_string()
    };
    // A default does not make an argument harmless, but it says what the author had in mind.
    Value {
        text,
        taint: base.taint.without(Taint::TOKEN),
    }
}

fn slice(text: &str, range: &str) -> Option<String> {
    let (offset, length) = range.split_once(':').unwrap_or((range, ""));
    let offset: i64 = offset.trim().parse().ok()?;
    let count = i64::try_from(text.chars().count()).ok()?;
    let start = if offset < 0 {
        count.saturating_add(offset).max(0)
    } else {
        offset.min(count)
    };
    let length = match length.trim() {
        "" => count - start,
        length => length.parse().ok()?,
    };
    let end = if length < 0 {
        count + length
    } else {
        start.saturating_add(length)
    };
    let take = usize::try_from(end - start).ok()?;
    Some(
        text.chars()
            .skip(usize::try_from(start).ok()?)
            .take(take)
            .collect(),
    )
}

/// Whether a replacement makes more of the value than is followed.
pub(super) fn outgrows(base: &Value, operation: &str) -> bool {
    let words = operation.strip_prefix("//").and_then(plain_words);
    let known = base.known().zip(words);
    known.is_some_and(|(text, (from, to))| value::replaced(text, from, to, usize::MAX).is_none())
}

fn replace(text: &str, rest: &str, times: usize) -> Option<String> {
    let (from, to) = plain_words(rest)?;
    value::replaced(text, from, to, times)
}

/// What is replaced and by what, where both mean themselves.
fn plain_words(rest: &str) -> Option<(&str, &str)> {
    let (from, to) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = !from.is_empty() && !from.contains(['*', '?', '[', '$', '\\']) && !to.contains('$');
    plain.then_some((from, to))
}

/// `[2]`: one element of an array whose elements have no blanks inside.
fn element(text: &str, operation: &str) -> Option<String> {
    let index = operation
        .strip_prefix('[')?
        .strip_suffix(']')?
        .parse()
        .ok()?;
    text.split_whitespace().nth(index).map(str::to_owned)
}

fn strip(text: &str, operation: &str) -> Option<String> {
    let plain = |pattern: &str| !pattern.contains(['*', '?', '[', '$']);
    if let Some(mark) = operation.strip_prefix("##*").filter(|mark| plain(mark)) {
        return Some(text.rsplit(mark).next().unwrap_or(text).to_owned());
    }
    if let Some(mark) = operation.strip_prefix("#*").filter(|mark| plain(mark)) {
        return Some(
            text.split_once(mark)
                .map_or(text, |(_, rest)| rest)
                .to_owned(),
        );
    }
    if let Some(mark) = operation
        .strip_prefix("%%")
        .and_then(|rest| rest.strip_suffix('*'))
        && plain(mark)
    {
        return Some(text.split(mark).next().unwrap_or(text).to_owned());
    }
    if let Some(mark) = operation
        .strip_prefix('%')
        .and_then(|rest| rest.strip_suffix('*'))
        && plain(mark)
    {
        return Some(
            text.rsplit_once(mark)
                .map_or(text, |(rest, _)| rest)
                .to_owned(),
        );
    }
    if let Some(suffix) = operation
        .strip_prefix('%')
        .map(|rest| rest.trim_start_matches('%'))
    {
        return plain(suffix).then(|| text.strip_suffix(suffix).unwrap_or(text).to_owned());
    }
    let prefix = operation
        .strip_prefix('#')
        .map(|rest| rest.trim_start_matches('#'))?;
    plain(prefix).then(|| text.strip_prefix(prefix).unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_on_known_text_are_folded() {
        let cases = [
            ("/usr/bin", ":0:1", "/"),
            ("cXurl", "/X/", "curl"),
            ("aXbX", "//X/", "ab"),
            ("CURL", ",,", "curl"),
            ("a.sh", "%.sh", "a"),
            ("c u r l", "[2]", "r"),
            ("", ":-bash", "bash"),
            ("~", ":?no home", "~"),
            ("abcdef", ": -2", "ef"),
            ("/bin/bash", "##*/", "bash"),
            ("/bin/bash", "%/*", "/bin"),
            ("a.b.c", "%%.*", "a"),
            ("a.b.c", "#*.", "b.c"),
        ];
        for (text, operation, expected) in cases {
            assert_eq!(
                apply(&Value::text(text), operation).text,
                expected,
                "{operation}"
            );
        }
    }
}
