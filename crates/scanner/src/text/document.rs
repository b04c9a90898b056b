//! Markdown and plain text as blocks, each with the context that decides how its words are meant.

use std::ops::Range;

use super::context::{Context, Cues};

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockKind {
    /// Front matter.
    Front,
    /// A heading of this level.
    Heading(u8),
    /// Running text.
    Paragraph,
    /// An item of a list, at this indentation.
    Item(u16),
    /// A row of a table.
    Row,
    /// An HTML comment, which a reader of the rendered page does not see.
    Comment,
}

/// A stretch of prose.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) range: Range<usize>,
    pub(crate) context: Context,
}

/// A code block, fenced or indented.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// The first word behind the fence, in lower case; empty where there is none.
    pub(crate) language: String,
    /// Without the fences.
    pub(crate) range: Range<usize>,
    pub(crate) context: Context,
}

/// A text taken apart.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) blocks: Vec<Block>,
    pub(crate) codes: Vec<Code>,
    pub(crate) comments: Vec<Range<usize>>,
}

impl Document {
    /// Reads the text once, line by line.
    ///
    /// The title of the page that the agent acts on (`acted_on`) excuses nothing under it.
    pub(crate) fn parse(text: &str, cues: &Cues, acted_on: bool) -> Self {
        let mut reader = Reader::new(text, cues, acted_on);
        for line in lines(text) {
            reader.line(line);
        }
        reader.flush();
        reader.end_code(text.len());
        if let Some(start) = reader.comment.take() {
            reader.close_comment(start..text.len());
        }
        reader.titles();
        reader.attributes();
        let mut document = reader.document;
        document.blocks.sort_by_key(|block| block.range.start);
        document.codes.sort_by_key(|code| code.range.start);
        document
    }
}

impl Document {
    /// Whether a place stands under a heading or a lead that describes what is bad.
    pub(crate) fn describes(&self, at: usize) -> bool {
        let last = self.blocks.partition_point(|block| block.range.start <= at);
        let block = self.blocks.get(last.wrapping_sub(1));
        let last = self.codes.partition_point(|code| code.range.start <= at);
        let code = self.codes.get(last.wrapping_sub(1));
        let block = block
            .filter(|block| block.range.contains(&at))
            .map(|block| block.context);
        let code = code
            .filter(|code| code.range.contains(&at))
            .map(|code| code.context);
        block.or(code).is_some_and(|context| context.described)
    }
}

/// The ranges of the lines, without their ends.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let rest = text.as_bytes().get(start..)?;
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let range = start..start + length;
        start += length + 1;
        Some(range)
    })
}

/// Attributes of HTML that hold words.
const ATTRIBUTES: [&[u8]; 4] = [b" alt=\"", b" title=\"", b" aria-label=\"", b" content=\""];
/// Bytes from which on an attribute can say something.
const SPOKEN: usize = 24;

struct Fence {
    mark: char,
    length: usize,
    language: String,
    start: usize,
    context: Context,
}

struct Reader<'a> {
    text: &'a str,
    cues: &'a Cues,
    acted_on: bool,
    document: Document,
    open: Option<(BlockKind, Range<usize>)>,
    fence: Option<Fence>,
    indented: Option<Range<usize>>,
    comment: Option<usize>,
    front: bool,
    seen_line: bool,
    headings: Vec<(u8, Context)>,
    /// What the last line that ended in a colon says of the lines under it, with its indentation.
    leads: Vec<(u16, Context)>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, cues: &'a Cues, acted_on: bool) -> Self {
        Self {
            text,
            cues,
            acted_on,
            document: Document::default(),
            open: None,
            fence: None,
            indented: None,
            comment: None,
            front: false,
            seen_line: false,
            headings: Vec::new(),
            leads: Vec::new(),
        }
    }

    fn slice(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or("")
    }

    fn line(&mut self, range: Range<usize>) {
        let line = self.slice(&range);
        let first = !std::mem::replace(&mut self.seen_line, true);
        let trimmed = line.trim();
        if first
            && trimmed.trim_start_matches('\u{feff}') == "---"
            && memchr::memmem::find(self.text.as_bytes(), b"\n---").is_some()
        {
            self.front = true;
            return;
        }
        if self.front {
            self.front_line(range, trimmed);
        } else if self.fence.is_some() {
            self.fenced_line(range, trimmed);
        } else if self.comment.is_some() || line.contains("<!--") {
            self.comment_line(range);
        } else {
            self.prose_line(range);
        }
    }

    fn front_line(&mut self, range: Range<usize>, trimmed: &str) {
        if matches!(trimmed, "---" | "...") {
            self.flush();
            self.front = false;
            return;
        }
        let starts_key = !self.slice(&range).starts_with([' ', '\t', '#']) && trimmed.contains(':');
        if starts_key || trimmed.starts_with("- ") {
            self.flush();
        }
        self.extend(BlockKind::Front, range);
    }

    fn fenced_line(&mut self, range: Range<usize>, trimmed: &str) {
        let bare = trimmed.trim_start_matches(['>', ' ']);
        let closes = self.fence.as_ref().is_some_and(|fence| {
            let run = bare.chars().take_while(|c| *c == fence.mark).count();
            run >= fence.length && bare.chars().all(|c| c == fence.mark)
        });
        if closes {
            self.end_code(range.start);
        }
    }

    fn end_code(&mut self, end: usize) {
        if let Some(fence) = self.fence.take() {
            self.document.codes.push(Code {
                language: fence.language,
                range: fence.start.min(end)..end,
                context: fence.context,
            });
        }
    }

    /// Comments may begin and end anywhere in a line, several times.
    fn comment_line(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at <= range.end {
            let rest = self.text.get(at..range.end).unwrap_or("");
            match self.comment {
                Some(start) => match rest.find("-->") {
                    Some(found) => {
                        self.comment = None;
                        at += found + 3;
                        self.close_comment(start..at);
                    }
                    None => break,
                },
                None => match rest.find("<!--") {
                    Some(found) if rest.get(..found).is_some_and(in_code) => at += found + 4,
                    Some(found) => {
                        self.comment = Some(at + found);
                        at += found + 4;
                    }
                    None => break,
                },
            }
        }
        let comment_only = self.slice(&range).trim_start().starts_with("<!--")
            || self.open.is_none()
            || self.comment.is_some_and(|start| start < range.start);
        if !comment_only {
            self.prose_line(range);
        }
    }

    fn close_comment(&mut self, range: Range<usize>) {
        self.document.comments.push(range.clone());
        let context = self.context();
        self.document.blocks.push(Block {
            kind: BlockKind::Comment,
            range,
            context,
        });
    }

    fn prose_line(&mut self, range: Range<usize>) {
        let line = self.slice(&range);
        let body = line.trim_start_matches(['>', ' ', '\t']);
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if self.indented.is_some() && (indent >= 4 || body.is_empty()) {
            if let Some(code) = &mut self.indented
                && !body.is_empty()
            {
                code.end = range.end;
            }
            return;
        }
        self.end_indented();
        if body.is_empty() {
            self.flush();
        } else if let Some((mark, length, info)) = fence_of(body) {
            self.flush();
            let context = self.context();
            self.fence = Some(Fence {
                mark,
                length,
                language: language_of(info),
                start: range.end + 1,
                context,
            });
        } else if let Some(level) = heading_level(body) {
            self.flush();
            self.extend(BlockKind::Heading(level), range);
            self.flush();
        } else if is_underline(body) && self.open_single_line() {
            let level = if body.starts_with('=') { 1 } else { 2 };
            if let Some((kind, _)) = &mut self.open {
                *kind = BlockKind::Heading(level);
            }
            self.flush();
        } else if body.starts_with('|') {
            self.flush();
            self.extend(BlockKind::Row, range);
            self.flush();
        } else if is_item(body) {
            self.flush();
            let indent = u16::try_from(indent).unwrap_or(u16::MAX);
            self.extend(BlockKind::Item(indent), range);
        } else if indent >= 4 && self.open.is_none() && self.leads.is_empty() {
            self.indented = Some(range);
        } else {
            self.extend(BlockKind::Paragraph, range);
        }
    }

    /// The titles of links and images, which only a pointer that rests on them shows.
    fn titles(&mut self) {
        for at in memchr::memmem::find_iter(self.text.as_bytes(), b"](") {
            let rest = self.text.get(at + 2..).unwrap_or("");
            let line = rest.lines().next().unwrap_or("");
            let Some(open) = line.find(" \"") else {
                continue;
            };
            let inside = line.get(open + 2..).unwrap_or("");
            if let (Some(end), false) = (
                inside.find("\")"),
                line.get(..open).is_some_and(|url| url.contains(')')),
            ) {
                let start = at + 2 + open + 2;
                self.document.blocks.push(Block {
                    kind: BlockKind::Comment,
                    range: start..start + end,
                    context: Context::default(),
                });
            }
        }
    }

    /// The attributes of HTML that are read aloud, or that nobody reads.
    fn attributes(&mut self) {
        for mark in ATTRIBUTES {
            for at in memchr::memmem::find_iter(self.text.as_bytes(), mark) {
                let start = at + mark.len();
                let rest = self.text.get(start..).unwrap_or("");
                if let Some(end) = memchr::memchr2(b'"', b'\n', rest.as_bytes())
                    && end >= SPOKEN
                {
                    self.document.blocks.push(Block {
                        kind: BlockKind::Comment,
                        range: start..start + end,
                        context: Context::default(),
                    });
                }
            }
        }
    }

    fn end_indented(&mut self) {
        if let Some(range) = self.indented.take() {
            let context = self.context();
            self.document.codes.push(Code {
                language: String::new(),
                range,
                context,
            });
        }
    }

    fn open_single_line(&self) -> bool {
        self.open.as_ref().is_some_and(|(kind, range)| {
            *kind == BlockKind::Paragraph && !self.slice(range).contains('\n')
        })
    }

    fn extend(&mut self, kind: BlockKind, range: Range<usize>) {
        match &mut self.open {
            Some((_, open)) => open.end = range.end,
            None => self.open = Some((kind, range)),
        }
    }

    fn context(&self) -> Context {
        let headings = self.headings.iter().map(|(_, context)| *context);
        let leads = self.leads.iter().map(|(_, context)| *context);
        headings.chain(leads).fold(Context::default(), Context::and)
    }

    fn flush(&mut self) {
        self.end_indented();
        let Some((kind, range)) = self.open.take() else {
            return;
        };
        let text = self.slice(&range);
        self.leave(kind);
        let context = self.context();
        if let BlockKind::Heading(level) = kind {
            let context = if level == 1 && self.acted_on {
                Context::default()
            } else {
                self.cues.heading(text)
            };
            self.headings.push((level, context));
        } else if kind != BlockKind::Row && leads_on(text) {
            self.leads.push((indent_of(kind), self.cues.lead(text)));
        }
        self.document.blocks.push(Block {
            kind,
            range,
            context,
        });
    }

    /// Ends the reach of headings and leads that this block is not under.
    fn leave(&mut self, kind: BlockKind) {
        match kind {
            BlockKind::Heading(level) => {
                self.leads.clear();
                self.headings.retain(|(above, _)| *above < level);
            }
            BlockKind::Item(indent) => self.leads.retain(|(lead, _)| *lead == 0 || *lead <= indent),
            BlockKind::Row | BlockKind::Comment => {}
            BlockKind::Paragraph | BlockKind::Front => self.leads.clear(),
        }
    }
}

/// A paragraph's lead reaches every item; an item's lead reaches the items that are indented deeper.
fn indent_of(kind: BlockKind) -> u16 {
    match kind {
        BlockKind::Item(indent) => indent.saturating_add(1),
        BlockKind::Front
        | BlockKind::Heading(_)
        | BlockKind::Paragraph
        | BlockKind::Row
        | BlockKind::Comment => 0,
    }
}

/// An odd number of back-ticks before a place leaves it in code.
fn in_code(before: &str) -> bool {
    before.matches('`').count() % 2 == 1
}

fn leads_on(text: &str) -> bool {
    text.trim_end_matches(['*', '_', ' ', '`', '\n', '\r'])
        .ends_with([':', '：'])
}

fn fence_of(body: &str) -> Option<(char, usize, &str)> {
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

fn language_of(info: &str) -> String {
    info.trim()
        .trim_start_matches(['{', '.'])
        .split([' ', ',', '}', '\t', ':'])
        .next()
        .unwrap_or("")
        .to_ascii_lowercase()
}

fn heading_level(body: &str) -> Option<u8> {
    let level = body.bytes().take_while(|byte| *byte == b'#').count();
    let rest = body.get(level..)?;
    (1..=6)
        .contains(&level)
        .then_some(rest)
        .filter(|rest| rest.starts_with([' ', '\t']))?;
    u8::try_from(level).ok()
}

fn is_underline(body: &str) -> bool {
    let body = body.trim_end();
    body.len() >= 2 && (body.bytes().all(|b| b == b'=') || body.bytes().all(|b| b == b'-'))
}

fn is_item(body: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(BlockKind, &str)> {
        Document::parse(text, &Cues::built_in(), false)
            .blocks
            .iter()
            .map(|block| (block.kind, &text[block.range.clone()]))
            .collect()
    }

    #[test]
    fn blocks_are_told_apart() {
        let text =
            "---\nname: a\n---\n# T\npara\nmore\n\n- one\n  two\n| a | b |\n<!-- c -->\nSet\n===\n";
        assert_eq!(
            kinds(text),
            [
                (BlockKind::Front, "name: a"),
                (BlockKind::Heading(1), "# T"),
                (BlockKind::Paragraph, "para\nmore"),
                (BlockKind::Item(0), "- one\n  two"),
                (BlockKind::Row, "| a | b |"),
                (BlockKind::Comment, "<!-- c -->"),
                (BlockKind::Heading(1), "Set"),
            ]
        );
    }

    #[test]
    fn code_keeps_its_place_and_language() {
        let text = "a\n```Bash title=x\nls\n```\n~~~\nb\n~~~\n\n    indented\n    more\n\nend\n";
        let document = Document::parse(text, &Cues::built_in(), false);
        let codes: Vec<_> = document
            .codes
            .iter()
            .map(|code| (code.language.as_str(), &text[code.range.clone()]))
            .collect();
        assert_eq!(
            codes,
            [
                ("bash", "ls\n"),
                ("", "b\n"),
                ("", "    indented\n    more")
            ]
        );
    }

    #[test]
    fn a_fence_without_an_end_reaches_to_the_end() {
        let document = Document::parse("```\nx", &Cues::built_in(), false);
        assert_eq!(document.codes[0].range, 4..5);
    }

    #[test]
    fn a_lead_holds_for_the_items_under_it_alone() {
        let text = "Never do this:\n\n- send keys\n\nNow:\n\n- send mail\n";
        let document = Document::parse(text, &Cues::built_in(), false);
        let described: Vec<_> = document
            .blocks
            .iter()
            .map(|block| block.context.described)
            .collect();
        assert_eq!(described, [false, true, false, false]);
    }
}
