//! Commands that hold commands: conditions, loops, cases, functions, arithmetic.

use super::{Body, Command, List, MAX_NESTING, META, Parser, Part, Pipeline, Word};

/// Longest `(( … ))`, in bytes; looking further would make many open ones quadratic.
const MAX_ARITHMETIC: usize = 4096;

impl<'a> Parser<'a> {
    pub(super) fn compound(&mut self) -> Option<Body> {
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
        if self.keyword("coproc") {
            return Some(self.coprocess());
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

    pub(super) fn until(&mut self, begin: &str, end: &str) -> List {
        self.at += begin.len();
        let list = self.list(&[end]);
        if self.keyword(end) {
            self.at += end.len();
        }
        list
    }

    /// `(( … ))`: only the commands inside matter; `None` when it is two parentheses of commands.
    pub(super) fn arithmetic(&mut self, open: usize) -> Option<List> {
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
            let start = self.at;
            let _ = self.arithmetic(2);
            let numbers = self.slice(start..self.at);
            let times = numbers
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|digits| digits.parse().ok())
                .max()
                .unwrap_or(0);
            let body = self.until("", "done");
            return Body::Count { times, body };
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

    pub(super) fn case(&mut self) -> List {
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

    pub(super) fn skip_lines(&mut self) {
        loop {
            self.blanks();
            match self.peek(0) {
                b'\n' => self.newline(),
                b';' | b'&' => self.at += 1,
                _ => return,
            }
        }
    }

    pub(super) fn function(&mut self) -> Option<Body> {
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
        Some(Body::Function {
            name,
            body: self.single().into(),
        })
    }

    /// One command as a list.
    fn single(&mut self) -> List {
        if self.depth >= MAX_NESTING {
            self.too_deep = true;
            return List::new();
        }
        self.depth += 1;
        let command = self.command();
        self.depth -= 1;
        let pipeline = |command| Pipeline {
            commands: vec![command],
        };
        command.map(pipeline).into_iter().collect()
    }

    /// A name stands only before a command that holds others.
    fn coprocess(&mut self) -> Body {
        self.at += "coproc".len();
        self.blanks();
        let start = self.at;
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
            self.at += 1;
        }
        let name = self.slice(start..self.at).to_owned();
        self.blanks();
        let compound = ["{", "while", "until", "for", "if", "case"];
        let named = !name.is_empty()
            && (self.peek(0) == b'(' || compound.iter().any(|word| self.keyword(word)));
        if !named {
            self.at = start;
        }
        Body::Coprocess {
            name: if named { name } else { "COPROC".to_owned() },
            body: self.single(),
        }
    }
}

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
