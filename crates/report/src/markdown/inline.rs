//! Hostile text inside Markdown: as code where it could mean anything, else as plain words.

use crate::escape::{spans, visible_up_to};
use crate::excerpt::Lines;
use crate::markup::Markup;

/// Characters of one name or sentence that fit into a comment of limited length.
const LONGEST: usize = 300;

/// Lines of source that do.
const LINES: usize = 12;

/// A code span, also inside a table: nothing in it is markup, a mention or a link.
pub(super) fn code(text: &str) -> String {
    let text = visible_up_to(text, LONGEST).replace('|', r"\u{7c}");
    let fence = "`".repeat(longest_run(&text) + 1);
    let edge = |character: char| character == '`' || character == ' ';
    match text.is_empty() || text.starts_with(edge) || text.ends_with(edge) {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// The same as HTML, for places in which GitHub reads no Markdown.
pub(super) fn html_code(text: &str) -> String {
    let mut markup = Markup::default();
    let text = visible_up_to(text, LONGEST);
    markup.raw("<code>").text(&text).raw("</code>");
    markup.into_string()
}

/// A block of code in a list item, with a fence longer than any in the text.
///
/// The numbers also keep a line from being a command to the build log that the comment is printed to.
pub(super) fn fenced(lines: &Lines) -> String {
    let fence = "`".repeat(longest_run(&lines.text).max(2) + 1);
    let width = lines.last_line().to_string().len();
    let rows = lines.rows();
    let rows: String = rows
        .take(LINES)
        .map(|(number, parts)| format!("  {number:>width$} | {}\n", parts.concat()))
        .collect();
    format!("\n  {fence}\n{rows}  {fence}\n\n")
}

/// A sentence: what stands between backticks is code, and so is any word that Markdown could read as more.
pub(super) fn prose(text: &str) -> String {
    let text = visible_up_to(text, LONGEST);
    let spans = spans(&text).map(|(is_code, part)| match is_code {
        true => code(part),
        false => words(part),
    });
    spans.collect()
}

fn words(text: &str) -> String {
    let words = text.split(' ').map(|word| match is_plain(word) {
        true => word.to_owned(),
        false => code(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Letters, digits and punctuation that means nothing here; `www.` would become a link, `x:y:` an emoji.
fn is_plain(word: &str) -> bool {
    let word = word.trim_end_matches([',', ';', ':', '.', '?', '!', ')']);
    let word = word.strip_prefix('(').unwrap_or(word);
    let links_itself = word.to_lowercase().contains("www.");
    !links_itself
        && word.chars().all(|character| {
            character.is_alphanumeric()
                || matches!(
                    character,
                    '-' | '\'' | '"' | '/' | ',' | ';' | '.' | '%' | '+' | '='
                )
                || matches!(character, '’' | '–' | '—' | '…' | '·' | '→' | '×')
        })
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_sentences_stay_readable() {
        for text in [
            "call `subprocess.run` with a list, and no shell",
            "opened a decoy (while it was imported): don't",
            "größer als 3.11; 5 % of \"it\" — nothing else",
        ] {
            assert_eq!(prose(text), text);
        }
    }

    #[test]
    fn what_markdown_could_read_becomes_code() {
        for (text, shown) in [
            ("ask @octocat now", "ask `@octocat` now"),
            (
                "see #12 and www.x.example.",
                "see `#12` and `www.x.example.`",
            ),
            (
                "[a](http://x) <b> *c* _d_",
                "`[a](http://x)` `<b>` `*c*` `_d_`",
            ),
            ("a | b", r"a `\u{7c}` b"),
            ("![x](y) :bug: http://x", "`![x](y)` `:bug:` `http://x`"),
            ("one ` tick", "one `` ` `` tick"),
            ("``", ""),
            ("\n# heading", "`\\n#` heading"),
        ] {
            assert_eq!(prose(text), shown);
        }
    }

    #[test]
    fn code_cannot_be_left() {
        for (text, shown) in [
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("", "`  `"),
            ("a|b\\|c", r"`a\u{7c}b\\u{7c}c`"),
            ("a``` b", "````a``` b````"),
        ] {
            assert_eq!(code(text), shown);
        }
        let lines = Lines::new(&skillgate_model::Excerpt {
            first_line: 9,
            text: "```\n::error::x".to_owned(),
            start: 0,
            end: 3,
        });
        let block = "\n  ````\n   9 | ```\n  10 | ::error::x\n  ````\n\n";
        assert_eq!(fenced(&lines), block);
    }

    #[test]
    fn html_code_is_escaped() {
        assert_eq!(html_code("<b>@x"), "<code>&lt;b&gt;@x</code>");
    }
}
