//! Source lines of a finding, made safe to show.

use std::ops::Range;

use skillgate_model::Excerpt;

use crate::escape;

/// Lines that are shown at most; the scanner sends fewer.
const LINES: usize = 20;
/// Characters of a line that is shown whole.
const WHOLE: usize = 200;
/// Characters that a longer line shows on each side of the place.
const EDGE: usize = 60;
/// Characters of the place that a longer line shows.
const PLACE: usize = 100;

/// The lines with the place to underline, in bytes of `text`.
pub(crate) struct Lines {
    pub(crate) first_line: usize,
    pub(crate) text: String,
    pub(crate) place: Range<usize>,
}

impl Lines {
    /// Escapes the lines and cuts long ones around the place; a place outside the text becomes its end.
    pub(crate) fn new(excerpt: &Excerpt) -> Self {
        let mut marks = [excerpt.start as usize, excerpt.end as usize];
        let text = escape::visible_lines(excerpt.text.trim_end_matches(['\r', '\n']), &mut marks);
        let [start, end] = marks;
        let whole = Self {
            first_line: excerpt.first_line.max(1) as usize,
            text,
            place: start..end.max(start),
        };
        whole.cut()
    }

    fn cut(&self) -> Self {
        let mut cut = Self {
            first_line: self.first_line,
            text: String::new(),
            place: 0..0,
        };
        let mut offset = 0;
        for (_, parts) in self.rows().take(LINES) {
            let here = offset..=offset + parts.concat().len();
            offset = here.end() + 1;
            if !cut.text.is_empty() || *here.start() > 0 {
                cut.text.push('\n');
            }
            let [before, place, after] = shortened(parts);
            cut.text += &before;
            if here.contains(&self.place.start) {
                cut.place.start = cut.text.len();
            }
            cut.text += &place;
            if here.contains(&self.place.end) {
                cut.place.end = cut.text.len();
            }
            cut.text += &after;
        }
        if self.place.end >= offset {
            cut.place.end = cut.text.len();
        }
        cut.place.start = cut.place.start.min(cut.place.end);
        cut
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

fn shortened(parts: [&str; 3]) -> [String; 3] {
    if parts.concat().chars().count() <= WHOLE {
        return parts.map(str::to_owned);
    }
    let [before, place, after] = parts;
    let skipped = before.chars().count().saturating_sub(EDGE);
    let mut start: String = before.chars().skip(skipped).collect();
    if skipped > 0 {
        start.insert(0, '…');
    }
    [start, head(place, PLACE), head(after, EDGE)]
}

fn head(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
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

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("ok\n{}exec(x){}\nok", "a".repeat(9_000), "b".repeat(9_000));
        let rows = rows(&text, 9_003, 9_010);
        let line = format!("…{}|exec(x)|{}…", "a".repeat(EDGE), "b".repeat(EDGE));
        assert_eq!(rows[1], (10, line));
        assert_eq!(rows[2], (11, "||ok".to_owned()));
    }

    #[test]
    fn lines_and_places_without_end_are_cut() {
        let rows = rows(&"a".repeat(1_000).repeat(1_000), 0, u32::MAX);
        assert_eq!(rows, [(9, format!("|{}…|", "a".repeat(PLACE)))]);
        assert_eq!(
            super::tests::rows(&"\n\na".repeat(1_000), 2, u32::MAX).len(),
            LINES
        );
    }
}
