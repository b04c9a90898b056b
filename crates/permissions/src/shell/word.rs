//! One word of a command line, and what of it is certain.

/// One word after quotes were taken off.
#[derive(Default)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether the shell will put something else in its place.
    pub(super) expands: bool,
    /// How many bytes at its beginning stood there without quotes.
    bare_bytes: usize,
    pub(super) quoted: bool,
}

impl Word {
    pub(super) fn push(&mut self, character: char) {
        self.text.push(character);
    }

    pub(super) fn push_bare(&mut self, character: char) {
        let unbroken = !self.quoted && self.bare_bytes == self.text.len();
        self.text.push(character);
        if unbroken {
            self.bare_bytes = self.text.len();
        }
    }

    /// The text, where it is what the program will get.
    pub(super) fn known(self) -> Option<String> {
        // A quoted tilde is no home, but reads like one.
        let tilde = self.text.starts_with('~') && self.bare_bytes == 0;
        // The test command is the only word that a bare bracket leaves alone.
        let fixed = !self.expands || self.text == "[";
        (fixed && !tilde).then_some(self.text)
    }

    /// `NAME` of `NAME=value`, which sets a variable where no program stands before it.
    pub(super) fn assigned(&self) -> Option<&str> {
        let bare = self.text.get(..self.bare_bytes)?;
        let (name, _) = bare.split_once('=')?;
        let name = name.strip_suffix('+').unwrap_or(name);
        let first = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        (first && name.chars().all(is_name)).then_some(name)
    }

    pub(super) fn is_reserved(&self) -> bool {
        const RESERVED: [&str; 22] = [
            "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
            "function", "if", "in", "select", "then", "time", "until", "while", "{", "}",
        ];
        !self.quoted && RESERVED.contains(&self.text.as_str())
    }
}

pub(super) fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
