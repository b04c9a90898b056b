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

    /// Each line with its number, and with its text before, in and after the place.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (usize, [&str; 3])> {
        let Range { start, end } = self.place;
        let mut offset = 0;
        self.text.split('\n').enumerate().map(move |(index, line)| {
            let [start, end] =
                [start, end].map(|mark| mark.clamp(offset, offset + line.len()) - offset);
            offset += line.len() + 1;
            let parts = [0..start, start..end, end..line.len()];
            let parts = parts.map(|range| line.get(range).unwrap_or_default());
            (self.first_line + index, parts)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, start: u32, end: u32) -> Vec<(usize, String)> {
        let excerpt = Excerpt {
            first_line: 9,
            text: text.to_owned(),
            start,
            end,
        };
        let lines = Lines::new(&excerpt);
        let rows = lines
            .rows()
            .map(|(number, parts)| (number, parts.join("|")));
        rows.collect()
    }

    #[test]
    fn the_place_is_marked_on_each_of_its_lines() {
        for (start, end, expected) in [
            (1, 2, ["a|b|", "||c\\u{1b}"]),
            (1, 4, ["a|b|", "|c|\\u{1b}"]),
            (4, 5, ["ab||", "c|\\u{1b}|"]),
            (9, 4, ["ab||", "c\\u{1b}||"]),
        ] {
            let expected = [(9, expected[0].to_owned()), (10, expected[1].to_owned())];
            assert_eq!(rows("ab\nc\x1b\n", start, end), expected);
        }
    }
}
