//! Words: quotes, escapes and expansions.

use super::escapes::unescape;
use super::{META, Parser, Part, Word};

impl<'a> Parser<'a> {
    pub(super) fn word(&mut self) -> Option<Word> {
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
    pub(super) fn double_quoted(&mut self, closed: bool) -> Vec<Part> {
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
    pub(super) fn expansion(&mut self, parts: &mut Vec<Part>, quoted: bool) {
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

    pub(super) fn backticks(&mut self, parts: &mut Vec<Part>) {
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

    pub(super) fn braces(&mut self, parts: &mut Vec<Part>) {
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

    pub(super) fn variable(&mut self, parts: &mut Vec<Part>) {
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

fn flush(text: &mut String, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Text {
            text: std::mem::take(text),
            plain: false,
        });
    }
}
