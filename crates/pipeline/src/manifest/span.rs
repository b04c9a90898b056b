//! Where a manifest stands in its file: front matter, or a `skillgate:` block in a docstring.

use std::ops::Range;

/// Where the YAML of closed front matter stands.
pub(crate) fn front_matter_range(text: &str) -> Option<Range<usize>> {
    let (start, body) = after_first_line(text)?;
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some(start..start + at);
        }
        at += line.len();
    }
    None
}

/// Where the first statement of a Python module begins; comments and blank lines may stand before it.
pub(crate) fn first_statement(text: &str) -> usize {
    let mut at = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
        let bare = line.trim_start();
        if !bare.trim_end().is_empty() && !bare.starts_with('#') {
            break;
        }
        at += line.len();
    }
    at
}

/// Where the text of a docstring stands: the first statement, when it is a triple-quoted string.
pub(crate) fn docstring_range(text: &str) -> Option<Range<usize>> {
    let rest = text.get(first_statement(text)..)?;
    let rest = rest.strip_prefix(['r', 'R', 'u', 'U']).unwrap_or(rest);
    let quote = ["\"\"\"", "'''"]
        .into_iter()
        .find(|quote| rest.starts_with(quote))?;
    let body = rest.get(quote.len()..)?;
    let start = text.len() - body.len();
    Some(start..start + body.find(quote)?)
}

/// The depth of the line `skillgate:`, and where the lines stand that are indented deeper after it.
pub(crate) fn block_range(docstring: &str) -> Option<(usize, Range<usize>)> {
    let mut lines = docstring.split_inclusive('\n');
    let mut start = 0;
    let indent = lines.find_map(|line| {
        start += line.len();
        (line.trim() == "skillgate:").then(|| line.len() - line.trim_start().len())
    })?;
    let deeper =
        |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() > indent;
    let body: usize = lines.take_while(deeper).map(str::len).sum();
    Some((indent, start..start + body))
}

/// The YAML of front matter, and whether it is closed.
pub(super) fn front_matter(text: &str) -> Option<(&str, bool)> {
    let (start, body) = after_first_line(text)?;
    match front_matter_range(text) {
        Some(range) => Some((text.get(range)?, true)),
        None => Some((text.get(start..start + body.len())?, false)),
    }
}

/// What follows a first line `---`, and where.
fn after_first_line(text: &str) -> Option<(usize, &str)> {
    let first = text.lines().next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let body = text.get(first.len()..)?;
    let body = body.trim_start_matches('\r').strip_prefix('\n')?;
    Some((text.len() - body.len(), body))
}

/// The docstring, and how many lines stand before it.
pub(super) fn docstring(text: &str) -> Option<(&str, u32)> {
    let range = docstring_range(text)?;
    let before = text.get(..range.start)?.matches('\n').count();
    Some((text.get(range)?, u32::try_from(before).unwrap_or(u32::MAX)))
}

/// The lines that are indented deeper than the line `skillgate:` before them, as YAML of their own.
pub(super) fn block(docstring: &str) -> Option<(&str, u32)> {
    let (_, range) = block_range(docstring)?;
    let before = docstring.get(..range.start)?.matches('\n').count();
    Some((
        docstring.get(range)?,
        u32::try_from(before).unwrap_or(u32::MAX),
    ))
}
