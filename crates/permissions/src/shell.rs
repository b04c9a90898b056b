//! Command lines of a shell, read as far as their meaning is certain; what is not certain is an error.

#[cfg(test)]
mod tests;
mod word;

use std::iter::Peekable;
use std::str::Chars;

use word::{Word, is_name};

/// Longer command lines are not read.
const MAX_LINE_BYTES: usize = 64 << 10;
/// Substitutions and subshells within each other beyond this are not read.
const MAX_DEPTH: usize = 16;

/// One thing that a command line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Starts a program or a builtin; an argument is `None` where only the shell will know it.
    Run {
        /// The program's name or path.
        program: String,
        /// What follows it.
        arguments: Vec<Option<String>>,
    },
    /// Reads a file, by a redirection.
    Read(String),
    /// Writes a file, by a redirection.
    Write(String),
    /// Sets a variable.
    Set(String),
}

/// Why a command line is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// It is longer than anybody would read.
    #[error("it is longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// Substitutions or subshells are too deep within each other.
    #[error("its substitutions are more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A quote, a parenthesis or a brace is not closed.
    #[error("a quote or a bracket is not closed")]
    Unclosed,
    /// A word of the shell's own grammar.
    #[error("`{}` is not read here", .0.escape_debug())]
    Grammar(String),
    /// The program is known to the shell alone.
    #[error("which program it starts is known only when it runs")]
    Program,
    /// The file of a redirection is known to the shell alone, or is no file.
    #[error("which file it redirects to or from is known only when it runs")]
    Redirection,
}

/// The parts of a command line in the order of its text, those in substitutions and subshells included.
pub fn parts(line: &str) -> Result<Vec<Part>, Unclear> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Unclear::TooLong);
    }
    let mut reader = Reader {
        rest: line.chars().peekable(),
        parts: Vec::new(),
        depth: 0,
    };
    reader.list(false)?;
    Ok(reader.parts)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    parts: Vec<Part>,
    depth: usize,
}

fn ends_word(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')'
    )
}

impl Reader<'_> {
    /// Commands up to the end, or up to the parenthesis that closes them.
    fn list(&mut self, closes: bool) -> Result<(), Unclear> {
        loop {
            self.skip_blanks();
            match self.rest.peek().copied() {
                None if closes => return Err(Unclear::Unclosed),
                None => return Ok(()),
                Some(')') if closes => {
                    self.rest.next();
                    return Ok(());
                }
                Some(')') => return Err(Unclear::Unclosed),
                Some('(') => {
                    self.rest.next();
                    self.nested()?;
                }
                Some('&') if self.is_next("&>") => self.command()?,
                Some('\n' | ';' | '|' | '&') => {
                    self.rest.next();
                }
                Some(_) => self.command()?,
            }
        }
    }

    /// What stands between parentheses of which the first was taken.
    fn nested(&mut self) -> Result<(), Unclear> {
        if self.rest.peek() == Some(&'(') {
            return Err(Unclear::Grammar("((".to_owned()));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unclear::TooDeep);
        }
        self.list(true)?;
        self.depth -= 1;
        Ok(())
    }

    /// One simple command with its assignments and redirections.
    fn command(&mut self) -> Result<(), Unclear> {
        let mut program = None;
        let mut arguments = Vec::new();
        loop {
            self.skip_blanks();
            match self.rest.peek().copied() {
                None | Some('\n' | ';' | '|' | ')') => break,
                Some('&') if !self.is_next("&>") => break,
                Some('&' | '<' | '>') => self.redirection()?,
                Some('(') => return Err(Unclear::Grammar("(".to_owned())),
                Some('#') => while self.rest.next_if(|next| *next != '\n').is_some() {},
                Some(_) => {
                    let word = self.word()?;
                    if self.is_descriptor(&word) {
                        continue;
                    }
                    match (&program, word.assigned()) {
                        (Some(_), _) => arguments.push(word.known()),
                        (None, Some(name)) => self.parts.push(Part::Set(name.to_owned())),
                        (None, None) if word.is_reserved() => {
                            return Err(Unclear::Grammar(word.text));
                        }
                        (None, None) => program = Some(word.known().ok_or(Unclear::Program)?),
                    }
                }
            }
        }
        if let Some(program) = program {
            self.parts.push(Part::Run { program, arguments });
        }
        Ok(())
    }

    /// `2` of `2>file`.
    fn is_descriptor(&mut self, word: &Word) -> bool {
        let digits = !word.text.is_empty() && word.text.bytes().all(|byte| byte.is_ascii_digit());
        digits && !word.quoted && matches!(self.rest.peek(), Some('<' | '>'))
    }

    fn redirection(&mut self) -> Result<(), Unclear> {
        let mut operator = String::new();
        while let Some(next) = self.rest.next_if(|next| "<>&|".contains(*next)) {
            operator.push(next);
        }
        self.skip_blanks();
        if matches!(self.rest.peek(), Some('(') | None) {
            return Err(Unclear::Redirection);
        }
        let target = self.word()?;
        let copies = target.text == "-"
            || target
                .text
                .trim_end_matches('-')
                .bytes()
                .all(|byte| byte.is_ascii_digit());
        match operator.as_str() {
            // A here-string: text that goes to the program, and no file.
            "<<<" => return Ok(()),
            "<&" | ">&" if copies && !target.text.is_empty() => return Ok(()),
            _ => {}
        }
        let file = target.known().filter(|file| !file.is_empty());
        let file = file.ok_or(Unclear::Redirection)?;
        // To the shell these are connections.
        if file.starts_with("/dev/tcp/") || file.starts_with("/dev/udp/") {
            return Err(Unclear::Redirection);
        }
        if file == "/dev/null" {
            return Ok(());
        }
        match operator.as_str() {
            "<" => self.parts.push(Part::Read(file)),
            ">" | ">>" | ">|" | ">&" | "&>" | "&>>" => self.parts.push(Part::Write(file)),
            "<>" => self
                .parts
                .extend([Part::Read(file.clone()), Part::Write(file)]),
            _ => return Err(Unclear::Grammar(operator)),
        }
        Ok(())
    }

    fn word(&mut self) -> Result<Word, Unclear> {
        let mut word = Word::default();
        while let Some(character) = self.rest.next_if(|next| !ends_word(*next)) {
            match character {
                '\'' => {
                    word.quoted = true;
                    self.single_quoted(&mut word)?;
                }
                '"' => {
                    word.quoted = true;
                    self.double_quoted(&mut word)?;
                }
                '\\' => match self.rest.next().ok_or(Unclear::Unclosed)? {
                    '\n' => {}
                    escaped => {
                        word.quoted = true;
                        word.push(escaped);
                    }
                },
                '$' => self.dollar(&mut word, false)?,
                '`' => return Err(Unclear::Grammar("`".to_owned())),
                '*' | '?' | '[' | '{' | '}' => {
                    word.expands = true;
                    word.push_bare(character);
                }
                bare => word.push_bare(bare),
            }
        }
        if self.rest.peek() == Some(&'(') {
            return Err(Unclear::Grammar("(".to_owned()));
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), Unclear> {
        loop {
            match self.rest.next().ok_or(Unclear::Unclosed)? {
                '\'' => return Ok(()),
                character => word.push(character),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), Unclear> {
        loop {
            match self.rest.next().ok_or(Unclear::Unclosed)? {
                '"' => return Ok(()),
                '`' => return Err(Unclear::Grammar("`".to_owned())),
                '$' => self.dollar(word, true)?,
                '\\' => match self.rest.next().ok_or(Unclear::Unclosed)? {
                    '\n' => {}
                    escaped if "$`\"\\".contains(escaped) => word.push(escaped),
                    other => word.text.extend(['\\', other]),
                },
                character => word.push(character),
            }
        }
    }

    /// An expansion after its `$`; commands in it are read, and its value is known to the shell alone.
    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), Unclear> {
        match self.rest.peek().copied() {
            Some('(') => {
                self.rest.next();
                self.nested()?;
            }
            Some('{') => {
                self.rest.next();
                while self.rest.next_if(|next| is_name(*next)).is_some() {}
                if self.rest.next() != Some('}') {
                    return Err(Unclear::Grammar("${".to_owned()));
                }
            }
            Some('[') => return Err(Unclear::Grammar("$[".to_owned())),
            Some('\'' | '"') if !quoted => return Err(Unclear::Grammar("$'".to_owned())),
            Some(first) if is_name(first) => {
                while self.rest.next_if(|next| is_name(*next)).is_some() {}
            }
            Some(special) if "?#$!-@*".contains(special) => {
                self.rest.next();
            }
            Some(_) | None => {
                word.push('$');
                return Ok(());
            }
        }
        word.expands = true;
        Ok(())
    }

    fn skip_blanks(&mut self) {
        loop {
            if self.is_next("\\\n") {
                self.rest.nth(1);
            } else if self
                .rest
                .next_if(|next| matches!(next, ' ' | '\t'))
                .is_none()
            {
                return;
            }
        }
    }

    fn is_next(&self, text: &str) -> bool {
        let mut ahead = self.rest.clone();
        text.chars().all(|wanted| ahead.next() == Some(wanted))
    }
}
