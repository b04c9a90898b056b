//! What a reader does not see: characters without a glyph, and text behind an encoding.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Page;
use super::document::Document;
use crate::{Kind, Sink};

/// Zero-width characters in a row that spell something; joiners in scripts and emoji stand alone.
const MESSAGE_RUN: usize = 4;
/// Letters of base64 or hexadecimal below which nothing worth saying fits.
const MIN_ENCODED: usize = 24;
/// Longest piece of base64 in prose that is decoded.
const MAX_ENCODED: usize = 256 << 10;
/// Pieces of base64 in one text that are decoded.
const MAX_PIECES: usize = 256;
/// White space before text that pushes it out of an editor's window.
const FAR_RIGHT: usize = 160;

/// Characters that are not shown: tags, selectors, zero-width messages, direction overrides.
pub(crate) fn characters(page: &Page<'_>, sink: &mut Sink<'_>) {
    let text = page.text();
    if text.is_ascii() {
        return;
    }
    let mut from = 0;
    while let Some(start) = Class::next_begin(text, from) {
        let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
        let mut chars = rest.chars();
        let Some(first) = chars.next() else {
            break;
        };
        from = start + first.len_utf8();
        let Some(class) = Class::of(first) else {
            continue;
        };
        let run: Vec<char> = rest
            .chars()
            .take_while(|c| Class::of(*c) == Some(class))
            .collect();
        let end = start + run.iter().map(|c| c.len_utf8()).sum::<usize>();
        let after = text.get(end..).and_then(|rest| rest.chars().next());
        let around = (
            before.chars().next_back().unwrap_or('\0'),
            after.unwrap_or('\0'),
        );
        class.judge(page, sink, start..end, &run, around);
        from = end;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Tag,
    Selector,
    ZeroWidth,
    Override,
}

impl Class {
    /// Where the next character begins whose first byte may be that of one of these.
    fn next_begin(text: &str, from: usize) -> Option<usize> {
        let rest = text.as_bytes().get(from..)?;
        let may_begin_one = |byte: &u8| matches!(byte, 0xe1 | 0xe2 | 0xef | 0xf3);
        rest.iter().position(may_begin_one).map(|at| from + at)
    }

    const fn of(c: char) -> Option<Self> {
        match c {
            '\u{e0000}'..='\u{e007f}' => Some(Self::Tag),
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => Some(Self::Selector),
            '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}' => {
                Some(Self::ZeroWidth)
            }
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' | '\u{2066}'..='\u{2068}' => {
                Some(Self::Override)
            }
            _ => None,
        }
    }

    fn judge(
        self,
        page: &Page<'_>,
        sink: &mut Sink<'_>,
        range: Range<usize>,
        run: &[char],
        (before, after): (char, char),
    ) {
        match self {
            // The flags of England, Scotland and Wales are a black flag and up to six tags.
            Self::Tag if before == '\u{1f3f4}' && run.len() <= 7 => {}
            Self::Tag => {
                let message: String = run.iter().filter_map(|c| untag(*c)).collect();
                message_found(page, sink, "hidden-tags", range, "unicode tags", message);
            }
            Self::Selector if run.len() >= 2 => {
                let bytes: Vec<u8> = run.iter().filter_map(|c| selected(*c)).collect();
                let message = String::from_utf8_lossy(&bytes).into_owned();
                message_found(
                    page,
                    sink,
                    "hidden-selectors",
                    range,
                    "variation selectors",
                    message,
                );
            }
            Self::Selector => {}
            Self::ZeroWidth if range.start == 0 && run == ['\u{feff}'] => {}
            Self::ZeroWidth if run.len() >= MESSAGE_RUN => {
                let message = spelled(run);
                message_found(
                    page,
                    sink,
                    "hidden-zero-width",
                    range,
                    "zero-width characters",
                    message,
                );
            }
            Self::ZeroWidth => {
                if before.is_ascii_alphabetic() && after.is_ascii_alphabetic() {
                    page.check(sink, "hidden-in-word", range, None);
                }
            }
            Self::Override => direction(page, sink, range, run),
        }
    }
}

/// Overrides show text in another order than it is read; embeddings and isolates do in code, and in prose
/// when nothing ends them on their line.
fn direction(page: &Page<'_>, sink: &mut Sink<'_>, range: Range<usize>, run: &[char]) {
    let overrides = run.iter().any(|c| matches!(c, '\u{202d}' | '\u{202e}'));
    let rest = page.text().get(range.end..).unwrap_or("");
    let line = rest.lines().next().unwrap_or("");
    let ended = line.contains(['\u{202c}', '\u{2069}']);
    if overrides || page.artifact.kind.is_program() || !ended {
        page.check(sink, "hidden-direction", range, None);
    }
}

fn untag(c: char) -> Option<char> {
    let plain = char::from_u32((c as u32).checked_sub(0xe0000)?)?;
    matches!(plain, ' '..='~').then_some(plain)
}

fn selected(c: char) -> Option<u8> {
    let number = match c {
        '\u{fe00}'..='\u{fe0f}' => c as u32 - 0xfe00,
        '\u{e0100}'..='\u{e01ef}' => c as u32 - 0xe0100 + 16,
        _ => return None,
    };
    u8::try_from(number).ok()
}

/// Two zero-width characters, read as the bits of ASCII, either way round.
fn spelled(run: &[char]) -> String {
    let Some(zero) = run.first() else {
        return String::new();
    };
    [false, true]
        .into_iter()
        .map(|flip| {
            run.chunks_exact(8)
                .map(|bits| {
                    bits.iter()
                        .fold(0_u8, |byte, c| byte << 1 | u8::from((c == zero) == flip))
                })
                .map(char::from)
                .collect::<String>()
        })
        .find(|text| !text.is_empty() && text.chars().all(|c| matches!(c, ' '..='~' | '\n')))
        .unwrap_or_default()
}

fn message_found(
    page: &Page<'_>,
    sink: &mut Sink<'_>,
    check: &str,
    range: Range<usize>,
    decoder: &str,
    message: String,
) {
    let detail = (!message.is_empty()).then(|| shown(&message));
    page.check(sink, check, range.clone(), detail);
    if message.len() >= 4 {
        let layer = [decoder.to_owned()];
        let bytes = message.into_bytes();
        sink.uncover(page.artifact.layer(&page.source, range, &layer, bytes));
    }
}

fn shown(message: &str) -> String {
    let head: String = message
        .chars()
        .filter(|c| !c.is_control())
        .take(120)
        .collect();
    format!("it reads: {head}")
}

/// Base64 and hexadecimal in prose whose plain text is text, and text far to the right.
pub(crate) fn encoded(page: &Page<'_>, document: &Document, sink: &mut Sink<'_>) {
    let mut pieces = 0;
    for range in runs(page.text()) {
        let Some(piece) = page.text().get(range.clone()) else {
            continue;
        };
        // Pictures are long and no text; of a text that goes on, it is said.
        let head = piece.get(..piece.len().min(MAX_ENCODED)).unwrap_or(piece);
        let Some((decoder, plain)) = decode(head) else {
            continue;
        };
        pieces += 1;
        if pieces > MAX_PIECES {
            sink.incomplete("the text holds more pieces of base64 than are decoded");
            break;
        }
        if head.len() < piece.len() {
            sink.incomplete("the text holds more base64 in one piece than is decoded");
        }
        let check = if is_command(&plain) && !document.describes(range.start) {
            "hidden-command"
        } else {
            "hidden-base64"
        };
        page.check(sink, check, range.clone(), Some(shown(&plain)));
        let layer = [decoder.to_owned()];
        let mut part = page
            .artifact
            .layer(&page.source, range, &layer, plain.into_bytes());
        if check == "hidden-command" && part.kind == Kind::Text {
            part.kind = Kind::Shell;
        }
        sink.uncover(part);
    }
    far_right(page, sink);
}

/// Stretches of the letters that base64 and hexadecimal use.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            while bytes
                .get(at)
                .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
            {
                at += 1;
            }
            let end = at;
            at += 1;
            if end - start >= MIN_ENCODED {
                return Some(start..end);
            }
        }
        None
    })
}

fn decode(piece: &str) -> Option<(&'static str, String)> {
    if piece.len().is_multiple_of(2) && piece.bytes().all(|b| b.is_ascii_hexdigit()) {
        let bytes: Option<Vec<u8>> = piece
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        return bytes.and_then(readable).map(|text| ("hex", text));
    }
    let mixed = piece.bytes().any(|b| b.is_ascii_uppercase())
        && piece.bytes().any(|b| b.is_ascii_lowercase());
    if !mixed {
        return None;
    }
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let bytes = GeneralPurpose::new(&STANDARD, config).decode(piece).ok()?;
    readable(bytes).map(|text| ("base64", text))
}

/// Text with a space or a slash in it, and nothing that is not text.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let plain = text
        .chars()
        .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    (plain && text.len() >= 12 && text.contains([' ', '/'])).then_some(text)
}

fn is_command(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let tool = [
        "curl ",
        "wget ",
        "bash",
        "/bin/",
        "/dev/tcp",
        "powershell",
        "eval(",
        "exec(",
        "import os",
        "nc ",
        "python",
        "chmod ",
        "rm -",
        "| sh",
        "iex",
        "osascript",
        "subprocess",
        "child_process",
    ];
    tool.iter().any(|word| lower.contains(word))
}

fn far_right(page: &Page<'_>, sink: &mut Sink<'_>) {
    let text = page.text();
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let (start, body) = (at, line.trim_end());
        at += line.len();
        if body.len() < FAR_RIGHT {
            continue;
        }
        let mut blank = 0;
        for (offset, byte) in body.bytes().enumerate() {
            if matches!(byte, b' ' | b'\t') {
                blank += 1;
                continue;
            }
            // Table cells are padded too, and end in a bar.
            if blank >= FAR_RIGHT && byte != b'|' {
                let tail = start + offset..start + body.len();
                page.check(sink, "hidden-far-right", tail, None);
                break;
            }
            blank = 0;
        }
    }
}
