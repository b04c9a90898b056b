//! A tolerant reader of shell: POSIX and what bash and zsh add, as far as flows need it.
//!
//! It never fails: what cannot be read is skipped to the end of its line and noted in [`Parsed::broken`].

mod compound;
mod escapes;
mod simple;
mod word;

use std::ops::Range;

pub(super) use escapes::unescape;

/// How deep commands may nest; what is deeper is not read, and noted.
const MAX_NESTING: usize = 96;

/// Commands in their order.
pub(super) type List = Vec<Pipeline>;

/// Commands joined by `|`.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) commands: Vec<Command>,
}

/// One command with its redirections.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) body: Body,
    pub(super) redirects: Vec<Redirect>,
    pub(super) span: Range<usize>,
}

/// What a command is.
#[derive(Debug)]
pub(super) enum Body {
    /// Assignments and words.
    Simple {
        assignments: Vec<(String, Word)>,
        words: Vec<Word>,
    },
    /// `if`, `while`, `case`, braces, parentheses: everything inside, in its order.
    Group(List),
    /// `while` and `until`: the condition first, then the body.
    Loop(List),
    /// `for name in words`.
    For {
        name: String,
        words: Vec<Word>,
        body: List,
    },
    /// `for (( … ))`, with the largest number that stands in its head.
    Count { times: u64, body: List },
    /// `coproc name command`.
    Coprocess { name: String, body: List },
    /// A function's definition.
    Function {
        name: String,
        body: std::rc::Rc<List>,
    },
}

/// One word, before expansion.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    pub(super) span: Range<usize>,
}

/// A stretch of a word.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// Text, quotes and escapes taken off; `plain` when it was neither quoted nor escaped.
    Text { text: String, plain: bool },
    /// `$name`, `${name…}` with what follows the name.
    Variable { name: String, operation: String },
    /// `$( … )`, backticks.
    Output(std::rc::Rc<List>),
    /// `<( … )` and `>( … )`.
    Process(std::rc::Rc<List>),
}

/// A redirection.
#[derive(Debug)]
pub(super) struct Redirect {
    pub(super) kind: RedirectKind,
    pub(super) target: Word,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RedirectKind {
    /// `<`
    Input,
    /// `<&`
    Descriptor,
    /// `>`, `>>`, `&>`, `>|`
    Output,
    /// `<<` and `<<<`; the target is the text.
    Text,
}

/// What was read, and where reading failed.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) list: List,
    pub(super) broken: Option<usize>,
    /// Commands lie deeper in each other than is read.
    pub(super) too_deep: bool,
}

/// Reads a script.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parser = Parser::new(text, 0, 0);
    let mut list = Vec::new();
    while parser.at < parser.bytes.len() {
        let before = parser.at;
        list.append(&mut parser.list(&[]));
        if parser.at <= before {
            parser.at += 1;
        }
    }
    Parsed {
        list,
        broken: parser.broken,
        too_deep: parser.too_deep,
    }
}

/// Reads what stands behind a variable's name in `${ … }`: text with expansions in it.
///
/// The second value is whether commands in it lie deeper than is read.
pub(super) fn parse_text(text: &str) -> (Word, bool) {
    let mut parser = Parser::new(text, MAX_NESTING / 2, 0);
    let parts = parser.double_quoted(false);
    (Word { parts, span: 0..0 }, parser.too_deep)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    broken: Option<usize>,
    too_deep: bool,
    /// The line end after which here-documents stand, and where they end.
    here: Option<(usize, usize)>,
    /// Where this text stands in the script.
    offset: usize,
}

const META: &[u8] = b" \t\r\n;&|<>()";

impl<'a> Parser<'a> {
    fn new(text: &'a str, depth: usize, offset: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth,
            broken: None,
            too_deep: false,
            here: None,
            offset,
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn line_end(&self) -> usize {
        let rest = self.rest();
        self.at + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }

    fn span(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.bytes.len());
        range.start.min(end) + self.offset..end + self.offset
    }

    fn note_broken(&mut self, at: usize) {
        let at = at + self.offset;
        self.broken.get_or_insert(at);
    }

    /// Blanks, line continuations and comments.
    fn blanks(&mut self) {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'\\' if self.peek(1) == b'\r' && self.peek(2) == b'\n' => self.at += 3,
                b'#' if self.at == 0 || META.contains(&self.before()) => self.at = self.line_end(),
                _ => return,
            }
        }
    }

    fn before(&self) -> u8 {
        let at = self.at.checked_sub(1);
        at.and_then(|at| self.bytes.get(at))
            .copied()
            .unwrap_or(b' ')
    }

    fn newline(&mut self) {
        self.at = match self.here {
            Some((line_end, after)) if line_end == self.at => after,
            _ => self.at + 1,
        };
    }

    /// Commands until one of `ends` stands where a command would; the end itself is left unread.
    fn list(&mut self, ends: &[&str]) -> List {
        let mut list = Vec::new();
        if self.depth >= MAX_NESTING {
            self.too_deep = true;
            self.at = self.bytes.len();
            return list;
        }
        self.depth += 1;
        while !self.done() {
            self.blanks();
            match self.peek(0) {
                b'\n' => self.newline(),
                b';' if ends.contains(&";;") && matches!(self.peek(1), b';' | b'&') => break,
                b')' if ends.contains(&")") => break,
                b';' | b'&' | b'|' | b')' => self.at += 1,
                _ if ends.iter().any(|end| self.keyword(end)) => break,
                _ => match CONNECTIVES.iter().find(|word| self.keyword(word)) {
                    Some(word) => self.at += word.len(),
                    None => self.push_pipeline(&mut list),
                },
            }
        }
        self.depth -= 1;
        list
    }

    fn push_pipeline(&mut self, list: &mut List) {
        let before = self.at;
        let pipeline = self.pipeline();
        if !pipeline.commands.is_empty() {
            list.push(pipeline);
        }
        // Whatever cannot begin a command is stepped over, so that reading always ends.
        if self.at == before {
            self.at += 1;
        }
    }

    /// Whether this very word stands here.
    fn keyword(&self, word: &str) -> bool {
        let after = self.peek(word.len());
        self.rest().starts_with(word.as_bytes()) && (after == 0 || META.contains(&after))
    }

    fn pipeline(&mut self) -> Pipeline {
        let mut commands = Vec::new();
        loop {
            self.blanks();
            commands.extend(self.command());
            self.blanks();
            if self.peek(0) != b'|' || self.peek(1) == b'|' {
                return Pipeline { commands };
            }
            self.at += if self.peek(1) == b'&' { 2 } else { 1 };
            self.blanks();
            while self.peek(0) == b'\n' {
                self.newline();
                self.blanks();
            }
        }
    }

    fn command(&mut self) -> Option<Command> {
        let start = self.at;
        let mut redirects = Vec::new();
        let body = match self.compound() {
            Some(body) => {
                self.blanks();
                while self.redirect(&mut redirects) {
                    self.blanks();
                }
                body
            }
            None => self.simple(&mut redirects)?,
        };
        Some(Command {
            body,
            redirects,
            span: self.span(start..self.at),
        })
    }

    fn close(&mut self, byte: u8) {
        if self.peek(0) == byte && !self.done() {
            self.at += 1;
        }
    }
}

/// Words that join commands and change nothing of what they do.
const CONNECTIVES: [&str; 6] = ["then", "elif", "else", "do", "!", "time"];
