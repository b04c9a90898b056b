//! Makes hostile text inert and visible; every format builds on [`pieces`].

use std::borrow::Cow;
use std::io;

/// Combining marks in a row that a letter of a living language needs at most; more of them overprint other lines.
const MARKS: usize = 3;

/// Letters between `##` and `[` in the longest command that a build log obeys, `##teamcity[`.
const LOG_COMMAND: usize = 16;

/// Characters of one name or sentence that are shown; nobody reads on, and a report must stay short.
const LONGEST: usize = 2_000;

/// A character with its byte offset, and whether it must not be printed as it is.
struct Piece {
    at: usize,
    character: char,
    unsafe_to_print: bool,
}

/// Cuts text into characters and judges each: control, bidi, zero-width, tag and private-use characters, piled
/// combining marks, and the `##vso[` form that build logs take for a command are not to be printed.
fn pieces(text: &str) -> impl Iterator<Item = Piece> + '_ {
    let mut previous = None;
    let mut marks = 0;
    text.char_indices().map(move |(at, character)| {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        let unsafe_to_print = match character {
            // An emoji's presentation selector is honest behind a symbol, and nowhere else.
            '\u{fe0f}' => {
                previous.is_none_or(|before: char| before.is_ascii() || is_hidden(before))
            }
            '#' => previous == Some('#') && starts_log_command(text, at),
            character => is_hidden(character) || marks > MARKS,
        };
        previous = Some(character);
        Piece {
            at,
            character,
            unsafe_to_print,
        }
    })
}

/// The quick answer for most text: printable ASCII without the sign that log commands begin with.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b'#')
}

/// Whether a character shows nothing, moves the cursor, reorders its neighbours or looks different everywhere.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        // The last two code points of each plane are no characters, and XML forbids two of them.
        || u32::from(character) & 0xfffe == 0xfffe
}

fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{e31}' | '\u{e34}'..='\u{e3a}'
        | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn starts_log_command(text: &str, at: usize) -> bool {
    let rest = text.get(at + 1..).unwrap_or_default();
    rest.chars()
        .take(LOG_COMMAND)
        .find(|character| !character.is_ascii_alphabetic())
        == Some('[')
}

fn spell_with(text: &str, spell: fn(char) -> String) -> Cow<'_, str> {
    if text.len() <= LONGEST && is_plain(text) {
        return Cow::Borrowed(text);
    }
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        let start = spell_with(text.get(..end).unwrap_or_default(), spell);
        return format!("{start}…").into();
    }
    if !pieces(text).any(|piece| piece.unsafe_to_print) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for piece in pieces(text) {
        if piece.unsafe_to_print {
            shown.push_str(&spell(piece.character));
        } else {
            shown.push(piece.character);
        }
    }
    Cow::Owned(shown)
}

fn spell(character: char) -> String {
    match character {
        '\n' | '\r' | '\t' => character.escape_default().to_string(),
        character => character.escape_unicode().to_string(),
    }
}

/// One line that is safe on a terminal: `\n`, `\u{202e}` stand for what must not be printed.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    spell_with(text, spell)
}

/// The same with `<U+202E>`, for readers to whom braces and backslashes mean something.
pub(crate) fn visible_in_angles(text: &str) -> Cow<'_, str> {
    spell_with(text, |character| {
        format!("<U+{:04X}>", u32::from(character))
    })
}

/// One visible line, cut behind `limit` characters.
pub(crate) fn visible_up_to(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", visible(text.get(..end).unwrap_or_default())).into(),
        None => visible(text),
    }
}

/// Cuts a sentence into what stands outside and (`true`) between its backticks; one odd backtick means none.
pub(crate) fn spans(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let paired = text.matches('`').count().is_multiple_of(2);
    let parts = text.split(move |character| paired && character == '`');
    parts
        .enumerate()
        .map(|(index, part)| (index % 2 == 1, part))
        .filter(|(_, part)| !part.is_empty())
}

/// Several lines: like [`visible`], but line ends stay, tabs become four spaces, and `marks`, byte offsets in
/// `text`, are moved along with the text.
pub(crate) fn visible_lines(text: &str, marks: &mut [usize]) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    let mut moved: Vec<Option<usize>> = vec![None; marks.len()];
    for piece in pieces(text) {
        for (mark, moved) in marks.iter().zip(&mut moved) {
            if moved.is_none() && *mark < piece.at + piece.character.len_utf8() {
                *moved = Some(shown.len());
            }
        }
        match piece.character {
            '\n' => shown.push('\n'),
            '\t' => shown.push_str("    "),
            '\r' if text
                .get(piece.at + 1..)
                .is_some_and(|rest| rest.starts_with('\n')) => {}
            character if piece.unsafe_to_print => shown.push_str(&spell(character)),
            character => shown.push(character),
        }
    }
    for (mark, moved) in marks.iter_mut().zip(moved) {
        *mark = moved.unwrap_or(shown.len());
    }
    shown
}

/// Writes JSON in which everything that must not be printed is a `\u` escape: lossless, and inert on a terminal.
pub(crate) struct InertJson;

impl serde_json::ser::Formatter for InertJson {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        if is_plain(fragment) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut written = 0;
        for piece in pieces(fragment).filter(|piece| piece.unsafe_to_print) {
            writer.write_all(
                fragment
                    .get(written..piece.at)
                    .unwrap_or_default()
                    .as_bytes(),
            )?;
            let mut units = [0; 2];
            for unit in piece.character.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            written = piece.at + piece.character.len_utf8();
        }
        writer.write_all(fragment.get(written..).unwrap_or_default().as_bytes())
    }
}

/// Serialises a value as one line of inert JSON.
pub fn write_json(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, InertJson);
    value.serialize(&mut serializer)?;
    out.write_all(&line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn honest_text_stays_as_it_is() {
        for text in [
            "",
            "def f(x): return x",
            "Größe, naïve, Việt Nam",
            "日本語 ภาษาไทย",
            "⚠️ careful ✅",
            "## Heading [link](x)",
            "a # b ## c",
        ] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        for (text, shown) in [
            ("a\nb\tc\r", r"a\nb\tc\r"),
            ("\x1b[2Jcleared", r"\u{1b}[2Jcleared"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("\x07\x08\x7f\0", r"\u{7}\u{8}\u{7f}\u{0}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn what_a_reader_cannot_see_is_spelled_out() {
        for (text, shown) in [
            ("a\u{202e}b\u{2066}", r"a\u{202e}b\u{2066}"),
            ("p\u{200b}ass\u{feff}", r"p\u{200b}ass\u{feff}"),
            ("\u{e0041}\u{e007f}", r"\u{e0041}\u{e007f}"),
            ("a\u{fe0f}b\u{fe01}", r"a\u{fe0f}b\u{fe01}"),
            ("⚠\u{fe0f}\u{fe0f}", "⚠\u{fe0f}\\u{fe0f}"),
            ("\u{e0100}x\u{3164}\u{2800}", r"\u{e0100}x\u{3164}\u{2800}"),
            ("\u{ffff}\u{1fffe}", r"\u{ffff}\u{1fffe}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn piled_marks_are_cut_off() {
        let pile = "a".to_owned() + &"\u{301}".repeat(5);
        assert_eq!(visible(&pile), "a\u{301}\u{301}\u{301}\\u{301}\\u{301}");
    }

    #[test]
    fn commands_to_build_logs_are_broken() {
        for command in ["##[error]x", "##vso[task.setvariable]x", "a ##teamcity[x]"] {
            assert!(!visible(command).contains("##"), "{command}");
        }
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(visible_up_to("日本語", 2), "日本…");
        assert_eq!(visible_up_to("日本語", 3), "日本語");
        assert_eq!(visible_up_to("\n\n\n", 1), r"\n…");
        assert_eq!(visible(&"a".repeat(1 << 20)).len(), LONGEST + "…".len());
    }

    #[test]
    fn marks_move_with_the_text() {
        let mut marks = [2, 5];
        let shown = visible_lines("\t\u{202e}b\r\nc", &mut marks);
        assert_eq!(shown, "    \\u{202e}b\nc");
        assert_eq!(marks, [4, 13]);
    }

    #[test]
    fn json_keeps_the_text_and_hides_nothing() {
        let text = "\u{e0041}\u{202e}\"\\\x1b ##vso[x] é";
        let mut out = Vec::new();
        write_json(&text, &mut out).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert_eq!(json, r#""\udb40\udc41\u202e\"\\\u001b #\u0023vso[x] é""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    proptest! {
        #[test]
        fn escaped_text_is_safe_whatever_it_was(text in any::<String>(), mark in 0_usize..40) {
            prop_assert!(!pieces(&visible(&text)).any(|piece| piece.unsafe_to_print));
            let mut marks = [mark];
            let shown = visible_lines(&text, &mut marks);
            prop_assert!(shown.is_char_boundary(marks[0]));
            let forbidden = ['\t', '\r', '\x1b', '\u{202e}'];
            prop_assert!(!shown.contains(forbidden));
        }
    }
}
