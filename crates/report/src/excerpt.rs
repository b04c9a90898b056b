//! Source lines of a finding, made safe to show.

use std::ops::Range;

use skillgate_model::Excerpt;

use crate::escape;

/// The lines with the place to underline, in bytes of `text`.
pub(crate) struct Lines {
    pub(crate) first_line: usize,
    pub(crate) text: String,
    pub(crate) place: Range<usize>,
}

impl Lines {
    /// Escapes the lines; a place outside the text becomes its end.
    pub(crate) fn new(excerpt: &Excerpt) -> Self {
        let mut marks = [excerpt.start as usize, excerpt.end as usize];
        let text = escape::visible_lines(excerpt.text.trim_end_matches(['\r', '\n']), &mut marks);
        let [start, end] = marks;
        Self {
            first_line: excerpt.first_line.max(1) as usize,
            text,
            place: start..end.max(start),
        }
    }

    /// Number of the last line shown.
    pub(crate) fn last_line(&self) -> usize {
        let breaks = self.text.bytes().filter(|byte| *byte == b'\n').count();
        self.first_line + breaks
    }
}
