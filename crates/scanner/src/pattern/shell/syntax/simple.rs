//! Simple commands: assignments, words, redirections, here-documents.

use super::{Body, MAX_NESTING, Parser, Part, Redirect, RedirectKind, Word};

impl<'a> Parser<'a> {
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

    pub(super) fn simple(&mut self, redirects: &mut Vec<Redirect>) -> Option<Body> {
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
    pub(super) fn array(&mut self) -> Vec<Part> {
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

    /// The length of a placeholder such as `<name>` that documentation writes for what the reader fills in.
    pub(super) fn placeholder(&self) -> Option<usize> {
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

    pub(super) fn redirect(&mut self, redirects: &mut Vec<Redirect>) -> bool {
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
            "<&" => (RedirectKind::Descriptor, target),
            "<" | "<>" => (RedirectKind::Input, target),
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
}
