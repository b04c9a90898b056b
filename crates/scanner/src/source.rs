//! Text with a line index: byte offsets to lines and columns, and excerpts.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::ops::Range;

use skillgate_model::{Excerpt, Location};

/// Longest excerpt, in characters on each side of the place.
const EXCERPT_CHARS: usize = 120;
/// Bytes on each side of an excerpt in which a secret may begin or end.
const REDACTED_AROUND: usize = 768;

/// Text and where its lines begin; LF, CR LF and a bare CR end a line, as in CPython.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    text: &'a str,
    /// Found when the first place is asked for: most files have nothing to report.
    starts: OnceCell<Vec<u32>>,
    /// The offset asked for last and its column: on a very long line the next one is counted from there.
    last: Cell<(usize, usize)>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            starts: OnceCell::new(),
            last: Cell::new((0, 0)),
        }
    }

    fn starts(&self) -> &[u32] {
        self.starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut starts = vec![0];
            for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
                let crlf = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
                if !crlf {
                    starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
                }
            }
            starts
        })
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Line and column, both from 1, the column in characters.
    pub(crate) fn line_column(&self, offset: usize) -> (u32, u32) {
        let offset = self.floor(offset);
        let line = self.line(offset);
        let start = self
            .starts()
            .get(line - 1)
            .map_or(0, |start| *start as usize);
        let (known, column) = self.last.get();
        let chars = |range: Range<usize>| {
            let between = self.text.get(range).unwrap_or("");
            between.chars().count()
        };
        let before = if known < start || known > offset && known - offset > offset - start {
            chars(start..offset)
        } else if known > offset {
            column.saturating_sub(chars(offset..known))
        } else {
            column + chars(known..offset)
        };
        self.last.set((offset, before));
        let column = before + 1;
        (clamp(line), clamp(column))
    }

    fn line(&self, offset: usize) -> usize {
        self.starts()
            .partition_point(|start| *start as usize <= offset)
            .max(1)
    }

    pub(crate) fn location(&self, path: &str, first_line: u32, range: Range<usize>) -> Location {
        let (line, column) = self.line_column(range.start);
        let (end_line, end_column) = self.line_column(range.end);
        Location {
            path: path.to_owned(),
            line: line + first_line,
            column,
            end_line: end_line + first_line,
            end_column,
        }
    }

    /// The line the place begins on, cut to a readable length around it.
    pub(crate) fn excerpt(&self, first_line: u32, range: Range<usize>) -> Option<Excerpt> {
        self.excerpt_with(first_line, range, &|text| Cow::Borrowed(text))
    }

    /// The same, after `redact`, which keeps the length, has seen more of the line than is shown: a secret
    /// that the cut goes through is not known by its rest.
    pub(crate) fn excerpt_with(
        &self,
        first_line: u32,
        range: Range<usize>,
        redact: &dyn Fn(&str) -> Cow<'_, str>,
    ) -> Option<Excerpt> {
        let from = self.floor(range.start);
        let line = self.line(from);
        let line_start = *self.starts().get(line - 1)? as usize;
        let line_end = self
            .starts()
            .get(line)
            .map_or(self.text.len(), |next| *next as usize);
        let whole = self
            .text
            .get(line_start..line_end)?
            .trim_end_matches(['\n', '\r']);
        let to = self
            .floor(range.end)
            .clamp(from, line_start + whole.len().max(from - line_start));
        let begin = back(self.text, line_start, from);
        let end = forward(self.text, to, line_start + whole.len());
        let low = self.floor(begin.saturating_sub(REDACTED_AROUND).max(line_start));
        let high = self.floor((end + REDACTED_AROUND).min(line_start + whole.len()));
        let around = redact(self.text.get(low..high.max(low))?);
        Some(Excerpt {
            first_line: clamp(line) + first_line,
            text: around.get(begin - low..end.max(begin) - low)?.to_owned(),
            start: clamp(from - begin),
            end: clamp(to.min(end.max(begin)) - begin),
        })
    }

    fn floor(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        (0..=offset)
            .rev()
            .find(|at| self.text.is_char_boundary(*at))
            .unwrap_or(0)
    }
}

fn back(text: &str, floor: usize, from: usize) -> usize {
    let before = text.get(floor..from).unwrap_or("");
    before
        .char_indices()
        .rev()
        .take(EXCERPT_CHARS)
        .last()
        .map_or(from, |(at, _)| floor + at)
}

fn forward(text: &str, to: usize, ceiling: usize) -> usize {
    let after = text.get(to..ceiling).unwrap_or("");
    after
        .char_indices()
        .nth(EXCERPT_CHARS)
        .map_or(ceiling.max(to), |(at, _)| to + at)
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_carriage_return_ends_a_line() {
        let source = Source::new("a\rb\r\nc\nd");
        let lines: Vec<_> = [0, 2, 5, 7].map(|at| source.line_column(at)).into();
        assert_eq!(lines, [(1, 1), (2, 1), (3, 1), (4, 1)]);
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(Source::new("é = eval").line_column(5), (1, 5));
    }

    #[test]
    fn an_excerpt_of_a_very_long_line_is_cut_around_the_place() {
        let text = format!("{}X{}\nnext", "a".repeat(1000), "b".repeat(1000));
        let excerpt = Source::new(&text).excerpt(0, 1000..1001).unwrap();
        assert_eq!(excerpt.text.len(), 241);
        assert_eq!(
            &excerpt.text[excerpt.start as usize..excerpt.end as usize],
            "X"
        );
    }
}
