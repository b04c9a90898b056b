//! A tolerant reader of shell: POSIX and what bash and zsh add, as far as flows need it.
//!
//! It never fails: what cannot be read is skipped to the end of its line and noted in [`Parsed::broken`].

use std::ops::Range;

/// How deep commands may nest; what is deeper is not read, and noted.
const MAX_NESTING: usize = 96;

/// Longest `(( … ))`, in bytes; looking further would make many open ones quadratic.
const MAX_ARITHMETIC: usize = 4096;

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

    /// The body of a here-document that this line opens; it is skipped when the line ends.
    fn here_document(&mut self, delimiter: &str, raw: bool) -> Word {
        let line_end = self.line_end();
        let start = match self.here {
            Some((end, after)) if end == line_end => after,
            _ => (line_end + 1).min(self.bytes.len()),
        };
        let (mut at, mut end) = (start, start);
        while at < self.bytes.len() {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = self.slice(at..at + length);
            at = (at + length + 1).min(self.bytes.len());
            if line.trim_start_matches('\t').trim_end_matches('\r') == delimiter {
                break;
            }
            end = at;
        }
        self.here = Some((line_end, at));
        let text = self.slice(start..end);
        let parts = if raw {
            vec![Part::Text {
                text: text.to_owned(),
                plain: false,
            }]
        } else {
            let mut inner = Parser::new(text, self.depth + 1, self.offset + start);
            let parts = inner.double_quoted(false);
            self.too_deep |= inner.too_deep;
            parts
        };
        Word {
            parts,
            span: self.span(start..end),
        }
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

    fn compound(&mut self) -> Option<Body> {
        if self.keyword("if") {
            return Some(Body::Group(self.until("if", "fi")));
        }
        for word in ["while", "until"] {
            if self.keyword(word) {
                return Some(Body::Loop(self.until(word, "done")));
            }
        }
        for word in ["for", "select"] {
            if self.keyword(word) {
                return Some(self.for_loop(word));
            }
        }
        if self.keyword("case") {
            return Some(Body::Group(self.case()));
        }
        if self.peek(0) == b'{' && (self.peek(1) == 0 || META.contains(&self.peek(1))) {
            return Some(Body::Group(self.until("{", "}")));
        }
        if self.peek(0) == b'(' {
            if self.peek(1) == b'('
                && let Some(list) = self.arithmetic(2)
            {
                return Some(Body::Group(list));
            }
            self.at += 1;
            let list = self.list(&[")"]);
            self.close(b')');
            return Some(Body::Group(list));
        }
        self.function()
    }

    fn until(&mut self, begin: &str, end: &str) -> List {
        self.at += begin.len();
        let list = self.list(&[end]);
        if self.keyword(end) {
            self.at += end.len();
        }
        list
    }

    /// `(( … ))`: only the commands inside matter; `None` when it is two parentheses of commands.
    fn arithmetic(&mut self, open: usize) -> Option<List> {
        if self.depth >= MAX_NESTING {
            self.too_deep = true;
            return None;
        }
        let mut depth = open;
        for (index, byte) in self
            .rest()
            .iter()
            .enumerate()
            .take(MAX_ARITHMETIC)
            .skip(open)
        {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\n' | b';' if open == 2 && depth == 0 => return None,
                _ => {}
            }
            if depth == 0 {
                if self.rest().get(index.checked_sub(1)?) != Some(&b')') {
                    return None;
                }
                let inner = self.at + open..self.at + index - 1;
                let mut parser = Parser::new(
                    self.slice(inner.clone()),
                    self.depth + 1,
                    self.offset + inner.start,
                );
                let parts = parser.double_quoted(false);
                self.too_deep |= parser.too_deep;
                self.at += index + 1;
                let lists = parts.into_iter().filter_map(|part| match part {
                    Part::Output(list) => std::rc::Rc::try_unwrap(list).ok(),
                    Part::Text { .. } | Part::Variable { .. } | Part::Process(_) => None,
                });
                return Some(lists.flatten().collect());
            }
        }
        None
    }

    fn for_loop(&mut self, word: &str) -> Body {
        self.at += word.len();
        self.blanks();
        if self.peek(0) == b'(' && self.peek(1) == b'(' {
            let _ = self.arithmetic(2);
            return Body::Group(self.until("", "done"));
        }
        let start = self.at;
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
            self.at += 1;
        }
        let name = self.slice(start..self.at).to_owned();
        self.blanks();
        let mut words = Vec::new();
        if self.keyword("in") {
            self.at += 2;
            self.blanks();
            while !self.done() && !matches!(self.peek(0), b'\n' | b';') {
                let before = self.at;
                words.extend(self.word());
                self.blanks();
                if self.at == before {
                    break;
                }
            }
        }
        let body = self.until("", "done");
        Body::For { name, words, body }
    }

    fn case(&mut self) -> List {
        self.at += "case".len();
        self.blanks();
        let subject = self.word();
        let mut list: List = subject.into_iter().map(|word| noop(vec![word])).collect();
        self.skip_lines();
        if self.keyword("in") {
            self.at += 2;
        }
        loop {
            self.skip_lines();
            if self.done() {
                return list;
            }
            if self.keyword("esac") {
                self.at += 4;
                return list;
            }
            let before = self.at;
            let pattern_end = self
                .rest()
                .iter()
                .skip(1)
                .position(|byte| matches!(byte, b')' | b'\n'));
            self.at += pattern_end.map_or(self.rest().len(), |end| end + 2);
            list.append(&mut self.list(&[";;", "esac"]));
            if self.peek(0) == b';' {
                self.at += 2;
            }
            if self.at <= before {
                self.at = before + 1;
            }
        }
    }

    fn skip_lines(&mut self) {
        loop {
            self.blanks();
            match self.peek(0) {
                b'\n' => self.newline(),
                b';' | b'&' => self.at += 1,
                _ => return,
            }
        }
    }

    fn function(&mut self) -> Option<Body> {
        let start = self.at;
        let keyword = self.keyword("function");
        if keyword {
            self.at += "function".len();
            self.blanks();
        }
        let from = self.at;
        while !self.done() && !META.contains(&self.peek(0)) && !b"$'\"`\\=#".contains(&self.peek(0))
        {
            self.at += 1;
        }
        let name = self.slice(from..self.at).to_owned();
        self.blanks();
        let parentheses = self.peek(0) == b'(' && {
            let blanks = self
                .rest()
                .iter()
                .skip(1)
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count();
            let empty = self.peek(1 + blanks) == b')';
            self.at += if empty { blanks + 2 } else { 0 };
            empty
        };
        self.too_deep |= self.depth >= MAX_NESTING;
        if name.is_empty() || !(keyword || parentheses) || self.depth >= MAX_NESTING {
            self.at = start;
            return None;
        }
        self.skip_lines();
        self.depth += 1;
        let body = match self.command() {
            Some(command) => vec![Pipeline {
                commands: vec![command],
            }],
            None => Vec::new(),
        };
        self.depth -= 1;
        Some(Body::Function {
            name,
            body: body.into(),
        })
    }

    fn simple(&mut self, redirects: &mut Vec<Redirect>) -> Option<Body> {
        let (mut assignments, mut words) = (Vec::new(), Vec::new());
        loop {
            self.blanks();
            if self.operator_of_test(&words) {
                continue;
            }
            if self.redirect(redirects) {
                continue;
            }
            if words.is_empty()
                && let Some(assignment) = self.assignment()
            {
                assignments.push(assignment);
                continue;
            }
            match self.word() {
                Some(word) => words.push(word),
                None => break,
            }
        }
        let nothing = assignments.is_empty() && words.is_empty() && redirects.is_empty();
        (!nothing).then_some(Body::Simple { assignments, words })
    }

    /// Inside `[[ … ]]`, what joins and compares is no connection of commands.
    fn operator_of_test(&mut self, words: &[Word]) -> bool {
        let is = |word: Option<&Word>, text: &str| {
            word.is_some_and(|word| {
                matches!(word.parts.as_slice(), [Part::Text { text: one, .. }] if one == text)
            })
        };
        if !is(words.first(), "[[") || is(words.last(), "]]") {
            return false;
        }
        let length = match (self.peek(0), self.peek(1)) {
            (b'&', b'&') | (b'|', b'|') => 2,
            (b'(' | b')' | b'<' | b'>', _) if !self.done() => 1,
            _ => return false,
        };
        self.at += length;
        true
    }

    /// `name=value`, `name+=value`, `name[index]=value`, `name=(a b)`.
    fn assignment(&mut self) -> Option<(String, Word)> {
        let rest = self.rest();
        let name = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        if name == 0 || rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let mut end = name;
        if rest.get(end) == Some(&b'[') {
            end += memchr::memchr3(b']', b'\n', b' ', rest.get(end..)?)? + 1;
        }
        end += usize::from(rest.get(end) == Some(&b'+'));
        if rest.get(end) != Some(&b'=') {
            return None;
        }
        let text = self.slice(self.at..self.at + name).to_owned();
        let append = rest.get(end - 1) == Some(&b'+');
        self.at += end + 1;
        let start = self.at;
        let mut parts = if append {
            vec![Part::Variable {
                name: text.clone(),
                operation: String::new(),
            }]
        } else {
            Vec::new()
        };
        if self.peek(0) == b'(' {
            self.at += 1;
            parts.extend(self.array());
        } else if let Some(word) = self.word() {
            parts.extend(word.parts);
        }
        Some((
            text,
            Word {
                parts,
                span: self.span(start..self.at),
            },
        ))
    }

    /// The elements of `( … )`, blanks between them.
    fn array(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        self.depth += 1;
        loop {
            self.skip_lines();
            self.too_deep |= self.depth >= MAX_NESTING;
            if self.done() || self.peek(0) == b')' || self.depth >= MAX_NESTING {
                self.close(b')');
                self.depth -= 1;
                return parts;
            }
            let before = self.at;
            if let Some(word) = self.word() {
                if !parts.is_empty() {
                    parts.push(Part::Text {
                        text: " ".to_owned(),
                        plain: true,
                    });
                }
                parts.extend(word.parts);
            }
            if self.at == before {
                self.at += 1;
            }
        }
    }

    fn close(&mut self, byte: u8) {
        if self.peek(0) == byte && !self.done() {
            self.at += 1;
        }
    }

    /// The length of a placeholder such as `<name>` that documentation writes for what the reader fills in.
    fn placeholder(&self) -> Option<usize> {
        let rest = self.rest();
        let starts =
            rest.first() == Some(&b'<') && rest.get(1).is_some_and(u8::is_ascii_alphabetic);
        let end = rest.iter().take(48).position(|byte| *byte == b'>')?;
        let inside = rest.get(1..end)?;
        let word = inside
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_ .:|/".contains(byte))
            && inside.last() != Some(&b' ');
        let ends = rest.get(end + 1).is_none_or(|byte| {
            !byte.is_ascii_alphanumeric() && !matches!(byte, b'>' | b'&' | b'.')
        });
        (starts && word && ends).then_some(end + 1)
    }

    fn redirect(&mut self, redirects: &mut Vec<Redirect>) -> bool {
        if self.placeholder().is_some() {
            return false;
        }
        let digits = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let ahead = match (self.peek(digits), self.peek(digits + 1)) {
            (b'&', b'>') if digits == 0 => 1,
            (b'<' | b'>', b'(') if digits == 0 => return false,
            (b'<' | b'>', _) => digits,
            _ => return false,
        };
        self.at += ahead;
        let rest = self.rest();
        let operator = ["<<<", "<<-", "<<", "<>", "<&", "<", ">>", ">&", ">|", ">"]
            .into_iter()
            .find(|operator| rest.starts_with(operator.as_bytes()))
            .unwrap_or(">");
        self.at += operator.len();
        self.blanks();
        let Some(target) = self.word() else {
            return true;
        };
        let (kind, target) = match operator {
            "<<" | "<<-" => (RedirectKind::Text, self.heredoc_of(&target)),
            "<<<" => (RedirectKind::Text, target),
            "<" | "<&" | "<>" => (RedirectKind::Input, target),
            _ => (RedirectKind::Output, target),
        };
        redirects.push(Redirect { kind, target });
        true
    }

    fn heredoc_of(&mut self, delimiter: &Word) -> Word {
        let mut raw = false;
        let mut name = String::new();
        for part in &delimiter.parts {
            if let Part::Text { text, plain } = part {
                raw |= !plain;
                name.push_str(text);
            }
        }
        self.here_document(&name, raw)
    }

    fn word(&mut self) -> Option<Word> {
        let start = self.at;
        let mut parts = Vec::new();
        while !self.done() {
            match self.peek(0) {
                b'<' | b'>' if self.peek(1) == b'(' => {
                    self.at += 2;
                    let list = self.list(&[")"]);
                    self.close(b')');
                    parts.push(Part::Process(list.into()));
                }
                b'(' if self.at > start
                    && matches!(self.before(), b'=' | b'@' | b'?' | b'*' | b'+' | b'!') =>
                {
                    // An extended glob, or an array behind `declare -a name=`.
                    self.at += 1;
                    parts.extend(self.array());
                }
                b'<' if self.placeholder().is_some() => {
                    self.at += self.placeholder().unwrap_or(1);
                    parts.push(Part::Variable {
                        name: "placeholder".to_owned(),
                        operation: String::new(),
                    });
                }
                byte if META.contains(&byte) => break,
                b'\'' => self.single_quoted(&mut parts),
                b'"' => {
                    self.at += 1;
                    parts.extend(self.double_quoted(true));
                    parts.push(Part::Text {
                        text: String::new(),
                        plain: false,
                    });
                }
                b'`' | b'$' => self.expansion(&mut parts, false),
                b'\\' => self.escape(&mut parts),
                _ => {
                    let from = self.at;
                    while !self.done()
                        && !META.contains(&self.peek(0))
                        && !b"'\"`$\\".contains(&self.peek(0))
                    {
                        self.at += 1;
                    }
                    let text = self.slice(from..self.at).to_owned();
                    parts.push(Part::Text { text, plain: true });
                }
            }
        }
        (self.at > start).then(|| Word {
            parts,
            span: self.span(start..self.at),
        })
    }

    fn escape(&mut self, parts: &mut Vec<Part>) {
        let rest = self.slice(self.at + 1..self.bytes.len());
        let Some(escaped) = rest.chars().next() else {
            self.at += 1;
            return;
        };
        self.at += 1 + escaped.len_utf8();
        if escaped != '\n' {
            parts.push(Part::Text {
                text: escaped.to_string(),
                plain: false,
            });
        }
    }

    fn single_quoted(&mut self, parts: &mut Vec<Part>) {
        let start = self.at + 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = memchr::memchr(b'\'', rest);
        let end = match length {
            Some(length) => start + length,
            None => {
                // An apostrophe that nothing closes swallows its line and no more.
                self.note_broken(self.at);
                self.line_end()
            }
        };
        let text = self.slice(start..end).to_owned();
        parts.push(Part::Text { text, plain: false });
        self.at = end + usize::from(length.is_some());
    }

    /// `$'…'`, with its escapes.
    fn ansi_quoted(&mut self, parts: &mut Vec<Part>) {
        let start = self.at + 2;
        self.at = start;
        while !self.done() && self.peek(0) != b'\'' {
            self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
        }
        let raw = self.slice(start..self.at.min(self.bytes.len()));
        let text = unescape(raw);
        if raw.contains("\\x") || raw.contains("\\1") {
            // Letters spelled as numbers count as a piece of their own.
            parts.push(Part::Text {
                text: String::new(),
                plain: true,
            });
        }
        parts.push(Part::Text { text, plain: false });
        self.close(b'\'');
    }

    /// The inside of double quotes, or of a here-document when `closed` is false.
    fn double_quoted(&mut self, closed: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let start = self.at;
        while !self.done() {
            match self.peek(0) {
                b'"' if closed => {
                    self.at += 1;
                    flush(&mut text, &mut parts);
                    return parts;
                }
                b'\\' if matches!(self.peek(1), b'$' | b'`' | b'"' | b'\\') => {
                    text.push(char::from(self.peek(1)));
                    self.at += 2;
                }
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'$' | b'`' => {
                    flush(&mut text, &mut parts);
                    self.expansion(&mut parts, true);
                }
                _ => {
                    let from = self.at;
                    self.at += 1;
                    while !self.done() && !b"\"\\$`".contains(&self.peek(0)) {
                        self.at += 1;
                    }
                    text.push_str(self.slice(from..self.at));
                }
            }
        }
        if closed {
            self.note_broken(start);
        }
        flush(&mut text, &mut parts);
        parts
    }

    /// Whatever `$` or a backtick begins.
    fn expansion(&mut self, parts: &mut Vec<Part>, quoted: bool) {
        match (self.peek(0), self.peek(1)) {
            (b'`', _) => self.backticks(parts),
            (b'$', b'(') if self.peek(2) == b'(' => {
                self.at += 1;
                match self.arithmetic(2) {
                    Some(list) => {
                        parts.push(Part::Variable {
                            name: "((".to_owned(),
                            operation: String::new(),
                        });
                        if !list.is_empty() {
                            parts.push(Part::Output(list.into()));
                        }
                    }
                    None => self.substitution(parts),
                }
            }
            (b'$', b'(') => {
                self.at += 1;
                self.substitution(parts);
            }
            (b'$', b'{') => self.braces(parts),
            (b'$', b'\'') if !quoted => self.ansi_quoted(parts),
            (b'$', b'"') if !quoted => self.at += 1,
            _ => self.variable(parts),
        }
    }

    fn substitution(&mut self, parts: &mut Vec<Part>) {
        self.at += 1;
        let list = self.list(&[")"]);
        self.close(b')');
        parts.push(Part::Output(list.into()));
    }

    fn backticks(&mut self, parts: &mut Vec<Part>) {
        let start = self.at + 1;
        self.at = start;
        while !self.done() && self.peek(0) != b'`' {
            self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
        }
        let end = self.at.min(self.bytes.len());
        let text = self
            .slice(start..end)
            .replace("\\`", "`")
            .replace("\\$", "$");
        let mut inner = Parser::new(&text, self.depth + 1, self.offset + start);
        let list = inner.list(&[]);
        self.too_deep |= inner.too_deep;
        self.close(b'`');
        parts.push(Part::Output(list.into()));
    }

    fn braces(&mut self, parts: &mut Vec<Part>) {
        self.at += 2;
        let start = self.at;
        if matches!(self.peek(0), b'#' | b'!') && self.peek(1) != b'}' {
            self.at += 1;
        }
        while self.peek(0).is_ascii_alphanumeric()
            || b"_@*?#-!$".contains(&self.peek(0)) && !self.done()
        {
            let special = !(self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_');
            if special
                && self.at > start + usize::from(matches!(self.bytes.get(start), Some(b'!' | b'#')))
            {
                break;
            }
            self.at += 1;
            if special {
                break;
            }
        }
        let name = self.slice(start..self.at).to_owned();
        let from = self.at;
        let mut depth = 1;
        while !self.done() {
            match self.peek(0) {
                b'\\' => self.at += 1,
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'\n' if depth == 1 && self.at - from > 4096 => break,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            self.at += 1;
        }
        let operation = self.slice(from..self.at.min(self.bytes.len())).to_owned();
        self.close(b'}');
        parts.push(Part::Variable { name, operation });
    }

    fn variable(&mut self, parts: &mut Vec<Part>) {
        self.at += 1;
        let start = self.at;
        if b"@*#?-$!0123456789".contains(&self.peek(0)) && !self.done() {
            self.at += 1;
        } else {
            while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
                self.at += 1;
            }
        }
        let name = self.slice(start..self.at).to_owned();
        parts.push(if name.is_empty() {
            Part::Text {
                text: "$".to_owned(),
                plain: true,
            }
        } else {
            Part::Variable {
                name,
                operation: String::new(),
            }
        });
    }
}

/// Words that join commands and change nothing of what they do.
const CONNECTIVES: [&str; 7] = ["then", "elif", "else", "do", "!", "time", "coproc"];

/// A command that does nothing but expand these words.
fn noop(words: Vec<Word>) -> Pipeline {
    let span = words.first().map_or(0..0, |word| word.span.clone());
    let mut all = vec![Word {
        parts: vec![Part::Text {
            text: ":".to_owned(),
            plain: true,
        }],
        span: span.clone(),
    }];
    all.extend(words);
    let body = Body::Simple {
        assignments: Vec::new(),
        words: all,
    };
    Pipeline {
        commands: vec![Command {
            body,
            redirects: Vec::new(),
            span,
        }],
    }
}

fn flush(text: &mut String, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Text {
            text: std::mem::take(text),
            plain: false,
        });
    }
}

/// The escapes of `$'…'`, `printf` and `echo -e`.
pub(super) fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let (b'\\', Some((kind, tail))) = (*byte, after.split_first()) else {
            bytes.push(*byte);
            continue;
        };
        rest = tail;
        match kind {
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'r' => bytes.push(b'\r'),
            b'a' | b'b' | b'v' | b'f' | b'e' | b'E' => bytes.push(0x1b),
            b'x' => bytes.push(number(&mut rest, 16, 2) as u8),
            b'u' => push_char(&mut bytes, number(&mut rest, 16, 4)),
            b'U' => push_char(&mut bytes, number(&mut rest, 16, 8)),
            b'0'..=b'7' => {
                rest = after;
                let digits = if *kind == b'0' { 4 } else { 3 };
                bytes.push(number(&mut rest, 8, digits) as u8);
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn push_char(bytes: &mut Vec<u8>, code: u32) {
    let mut buffer = [0; 4];
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
}

/// Up to `most` digits; the low byte is what a shell keeps of a larger number.
fn number(rest: &mut &[u8], radix: u32, most: usize) -> u32 {
    let mut value = 0_u32;
    for _ in 0..most {
        let Some((digit, tail)) = rest
            .split_first()
            .and_then(|(byte, tail)| Some((char::from(*byte).to_digit(radix)?, tail)))
        else {
            break;
        };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        *rest = tail;
    }
    value
}
