//! Reads Markdown line by line into blocks, code and comments.

use std::ops::Range;

use super::context::{Context, Cues};
use super::document::{Block, BlockKind, Code, Document, lines};
use super::marks::{
    fence_of, heading_level, in_code, is_item, is_underline, language_of, leads_on,
};

/// Attributes of HTML that hold words.
const ATTRIBUTES: [&[u8]; 4] = [b" alt=\"", b" title=\"", b" aria-label=\"", b" content=\""];
/// Bytes from which on an attribute can say something.
const SPOKEN: usize = 24;
/// Bytes of the address of a link within which its title is looked for, so that long lines cost no more.
const ADDRESS: usize = 2048;

struct Fence {
    mark: char,
    length: usize,
    language: String,
    start: usize,
    context: Context,
}

/// What has been read so far, and what is open.
pub(crate) struct Reader<'a> {
    text: &'a str,
    cues: &'a Cues,
    acted_on: bool,
    pub(crate) document: Document,
    open: Option<(BlockKind, Range<usize>)>,
    fence: Option<Fence>,
    indented: Option<Range<usize>>,
    pub(crate) comment: Option<usize>,
    front: bool,
    seen_line: bool,
    headings: Vec<(u8, Context)>,
    /// What the last line that ended in a colon says of the lines under it, with its indentation.
    leads: Vec<(u16, Context)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, cues: &'a Cues, acted_on: bool) -> Self {
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

    pub(crate) fn line(&mut self, range: Range<usize>) {
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

    pub(crate) fn end_code(&mut self, end: usize) {
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

    pub(crate) fn close_comment(&mut self, range: Range<usize>) {
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
    pub(crate) fn titles(&mut self) {
        for range in lines(self.text) {
            let line = self.text.as_bytes().get(range.clone()).unwrap_or(&[]);
            let mut ends = memchr::memmem::find_iter(line, b"\")").peekable();
            let mut after = 0;
            for link in memchr::memmem::find_iter(line, b"](") {
                let rest = line.get(link + 2..).unwrap_or(&[]);
                let address = rest.get(..ADDRESS).unwrap_or(rest);
                let Some(open) = memchr::memmem::find(address, b" \"") else {
                    continue;
                };
                let start = link + 2 + open + 2;
                if link < after || address.get(..open).is_some_and(|url| url.contains(&b')')) {
                    continue;
                }
                while ends.next_if(|end| *end < start).is_some() {}
                if let Some(&end) = ends.peek() {
                    after = end;
                    self.document.blocks.push(Block {
                        kind: BlockKind::Comment,
                        range: range.start + start..range.start + end,
                        context: Context::default(),
                    });
                }
            }
        }
    }

    /// The attributes of HTML that are read aloud, or that nobody reads.
    pub(crate) fn attributes(&mut self) {
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

    pub(crate) fn flush(&mut self) {
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
