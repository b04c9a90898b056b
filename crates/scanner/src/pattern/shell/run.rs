//! Follows a script from top to bottom: what each word may be and where it came from.

mod consent;
mod disguise;
mod expand;
mod files;
mod loops;
mod prompt;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::What;
use super::syntax::{self, Body, Command, List, Part, Pipeline, Word};
use crate::Kind;
use crate::pattern::decode;
use crate::pattern::resolved::Fact;
use crate::pattern::value::{Taint, UNKNOWN, Value, of_path};
use consent::Question;
use disguise::is_disguised;

pub(super) use loops::{MANY, is_long_sequence};

/// Commands followed in one script, bodies of functions counted at each call.
const MAX_STEPS: usize = 50_000;

/// How deep functions and nested scripts are followed.
const MAX_CALLS: usize = 8;

/// How often a function is followed inside itself; the commands in it stay the same.
const MAX_RECURSION: usize = 2;

/// Shortest constant that is tried as base64, in bytes.
const MIN_ENCODED: usize = 24;

/// Variables whose value a shell or another program runs as a command.
const RUN_LATER: [&str; 9] = [
    "GIT_SSH_COMMAND",
    "GIT_PAGER",
    "GIT_EDITOR",
    "GIT_EXTERNAL_DIFF",
    "PAGER",
    "MANPAGER",
    "LESSOPEN",
    "EDITOR",
    "VISUAL",
];

/// What is known while a script is followed.
pub(super) struct Run {
    pub(super) facts: Vec<Fact>,
    /// Variables; `$1` under `1`, aliases under `alias name`.
    pub(super) variables: HashMap<String, Value>,
    /// Files the script wrote, by their text in it.
    pub(super) files: HashMap<String, Value>,
    functions: HashMap<String, Rc<List>>,
    /// The functions being followed, innermost last.
    calling: Vec<Rc<List>>,
    /// Functions by name that something in the script called.
    called: HashSet<String>,
    /// How many definitions are being followed, whose arguments nobody has given yet.
    defining: usize,
    /// How many substitutions are being followed, whose output becomes part of a word.
    pub(super) capturing: usize,
    /// Where facts of a nested script are put.
    anchor: Option<Range<usize>>,
    /// Folders that hold what the script downloaded and unpacked.
    pub(super) downloaded: Vec<String>,
    /// Where the script last went.
    pub(super) folder: Value,
    /// What the last descriptor that the script opened for reading holds.
    pub(super) opened: Value,
    /// The last address that a descriptor was opened to.
    socket: Option<String>,
    /// What a person was last told, and was last asked.
    pub(super) said: String,
    asked: Option<Question>,
    /// Inside a function that bears the name of a program which is trusted with passwords.
    pub(super) shadows: bool,
    depth: usize,
    loops: usize,
    steps: usize,
    /// Where nothing could be read, or following stopped.
    pub(super) broken: Option<usize>,
    pub(super) exhausted: bool,
}

/// A simple command, expanded.
pub(super) struct Call<'a> {
    pub(super) name: String,
    pub(super) arguments: &'a [Value],
    pub(super) input: &'a Value,
    pub(super) span: Range<usize>,
}

impl Run {
    pub(super) fn new() -> Self {
        Self {
            facts: Vec::new(),
            variables: HashMap::new(),
            files: HashMap::new(),
            functions: HashMap::new(),
            calling: Vec::new(),
            called: HashSet::new(),
            defining: 0,
            capturing: 0,
            anchor: None,
            downloaded: Vec::new(),
            folder: Value::default(),
            opened: Value::default(),
            socket: None,
            said: String::new(),
            asked: None,
            shadows: false,
            depth: 0,
            loops: 0,
            steps: 0,
            broken: None,
            exhausted: false,
        }
    }

    pub(super) fn script(&mut self, text: &str) {
        let parsed = syntax::parse(text);
        self.broken = self.broken.or(parsed.broken);
        self.exhausted |= parsed.too_deep;
        self.list(&parsed.list, &Value::default());
        self.offered();
    }

    /// A function that the script itself never calls is called by others, with what they like.
    fn offered(&mut self) {
        let mut names: Vec<String> = self
            .functions
            .keys()
            .filter(|name| !self.called.contains(*name))
            .cloned()
            .collect();
        names.sort();
        for given in 1..=9 {
            self.variables.remove(&given.to_string());
        }
        for name in names {
            if let Some(body) = self.functions.get(&name).cloned() {
                self.call_function(body, &[], &Value::default());
            }
        }
    }

    /// Adds what single steps give away, and what several do together.
    pub(super) fn judge(&mut self) {
        let mut judged = Vec::new();
        for fact in &self.facts {
            for (name, detail) in super::judge::checks(&fact.what) {
                judged.push(Fact {
                    span: fact.span.clone(),
                    what: What::Check { name, detail },
                });
            }
        }
        judged.extend(super::judge::hidden_script(&self.facts));
        judged.extend(super::judge::erased_history(&self.facts));
        judged.extend(super::judge::encrypted_files(&self.facts));
        self.facts.append(&mut judged);
    }

    /// A script inside a string: its facts are put at the string.
    pub(super) fn nested(&mut self, text: &str, span: &Range<usize>, input: &Value) -> Value {
        if text.contains(UNKNOWN) && text.trim_matches(UNKNOWN).is_empty() {
            return Value::unknown(Taint::default());
        }
        let outer = self.anchor.clone();
        self.anchor.get_or_insert_with(|| span.clone());
        let output = self.deeper(|run| {
            let parsed = syntax::parse(text);
            run.exhausted |= parsed.too_deep;
            run.list(&parsed.list, input)
        });
        self.anchor = outer;
        output
    }

    /// Follows what a command runs; beyond a bound it stays unknown, and the script is examined in part.
    fn deeper(&mut self, follow: impl FnOnce(&mut Self) -> Value) -> Value {
        if self.depth >= MAX_CALLS {
            self.exhausted = true;
            return Value::unknown(Taint::default());
        }
        self.depth += 1;
        let output = follow(self);
        self.depth -= 1;
        output
    }

    pub(super) fn fact(&mut self, span: &Range<usize>, what: What) {
        let span = self.anchor.clone().unwrap_or_else(|| span.clone());
        self.facts.push(Fact { span, what });
    }

    pub(super) fn check(
        &mut self,
        span: &Range<usize>,
        name: &'static str,
        detail: impl Into<String>,
    ) {
        self.fact(
            span,
            What::Check {
                name,
                detail: detail.into(),
            },
        );
    }

    /// Code of another language, to be examined by its own engine.
    pub(super) fn uncover(
        &mut self,
        span: &Range<usize>,
        kind: Kind,
        how: &'static str,
        text: &str,
    ) {
        self.fact(
            span,
            What::Code {
                kind,
                how,
                text: text.to_owned(),
            },
        );
    }

    fn list(&mut self, list: &List, input: &Value) -> Value {
        let mut output = Value::default();
        for pipeline in list {
            let piece = self.pipeline(pipeline, input);
            if output.text.ends_with(UNKNOWN) && !piece.text.is_empty() {
                output.text.push('\n');
            }
            output.push(&piece);
        }
        output
    }

    fn pipeline(&mut self, pipeline: &Pipeline, input: &Value) -> Value {
        let mut flowing = input.clone();
        for command in &pipeline.commands {
            flowing = self.command(command, &flowing);
        }
        flowing
    }

    fn command(&mut self, command: &Command, piped: &Value) -> Value {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.exhausted = true;
            return Value::unknown(Taint::default());
        }
        let redirected = self.input_of(&command.redirects);
        let input = redirected.as_ref().unwrap_or(piped);
        let output = match &command.body {
            Body::Group(list) => self.list(list, input),
            Body::Loop(list) => self.endless(list, input, &command.span),
            Body::For { name, words, body } => {
                let mut value = Value::default();
                for word in words {
                    let element = self.expand(word);
                    value.taint |= of_path(&element.text).common(Taint::PERSONAL);
                    value.push(&element);
                    value.push(&Value::text(" "));
                }
                if words.len() != 1 || value.text.trim_end().contains(' ') {
                    // The loop runs once a word, so that its variable is any of them.
                    value = Value {
                        text: format!("{UNKNOWN}{}", value.text.trim_end()),
                        taint: value.taint,
                    };
                } else {
                    value.text.truncate(value.text.trim_end().len());
                    // Any file of that ending, and none of them by its name.
                    value.text = value.text.replace("*.", &format!("{UNKNOWN}."));
                }
                let many = value.taint.has(Taint::REPEATED) || is_long_sequence(&value.text);
                let rounds = loops::rounds(&value);
                self.variables.insert(name.clone(), value);
                let output = self.counted(body, input, many, &command.span);
                self.each(name, &rounds, body, input);
                output
            }
            Body::Count { times, body } => self.counted(body, input, *times >= MANY, &command.span),
            Body::Coprocess { name, body } => {
                let output = self.list(body, &Value::default());
                self.variables
                    .insert(name.clone(), Value::unknown(output.taint));
                Value::default()
            }
            Body::Function { name, body } => {
                self.functions.insert(name.clone(), body.clone());
                self.fork_bomb(name, body, &command.span);
                let outside = self.shadows;
                if super::judge::is_trusted(name) {
                    self.shadows = true;
                    self.check(&command.span, "shell-shadowed-command", name);
                }
                self.defining += 1;
                self.call_function(body.clone(), &[], input);
                self.defining -= 1;
                self.shadows = outside;
                Value::default()
            }
            Body::Simple { assignments, words } => {
                if is_exec(command) && redirected.is_some() {
                    self.opened = input.clone();
                }
                if words.is_empty()
                    && assignments.is_empty()
                    && let Some(file) = &redirected
                {
                    // `$(< file)` is the file.
                    return file.clone();
                }
                self.simple(assignments, words, input, &command.span)
            }
        };
        self.redirect_output(command, &output);
        output
    }

    fn simple(
        &mut self,
        assignments: &[(String, Word)],
        words: &[Word],
        input: &Value,
        span: &Range<usize>,
    ) -> Value {
        for (name, word) in assignments {
            let value = self.expand(word);
            self.assign(name, value, &word.span);
        }
        let mut values = Vec::new();
        for word in words {
            self.expand_words(word, &mut values);
        }
        if let (Some(word), Some(value)) = (words.first(), values.first())
            && is_disguised(word, value)
        {
            self.check(&word.span, "shell-obfuscated-word", value.text.clone());
        }
        self.values(&values, input, span)
    }

    /// A long constant that spells a script in base64 is a script, whoever decodes it.
    fn encoded_text(&mut self, value: &Value, span: &Range<usize>) {
        let Some(text) = value
            .known()
            .filter(|text| text.len() >= MIN_ENCODED && !text.contains([' ', '/', '.']))
        else {
            return;
        };
        let decoded = decode::base64(text).and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(decoded) =
            decoded.filter(|decoded| decoded.contains(' ') && !decoded.contains('\0'))
        {
            self.uncover(span, Kind::Shell, "base64", &decoded);
        }
    }

    pub(super) fn assign(&mut self, name: &str, value: Value, span: &Range<usize>) {
        self.encoded_text(&value, span);
        if let Some((_, command)) = value.text.split_once("[$(") {
            // Arithmetic that reads the variable runs what stands in its index.
            let command = command
                .rsplit_once(")]")
                .map_or(command, |(command, _)| command);
            self.nested(command, span, &Value::default());
        }
        if name == "PS4" && value.text.contains("$(") {
            self.nested(&format!(": \"{}\"", value.text), span, &Value::default());
        }
        self.fact(
            span,
            What::Assign {
                name: name.to_owned(),
                value: value.text.clone(),
            },
        );
        if RUN_LATER.contains(&name) && value.text.contains(' ') {
            self.nested(&value.text, span, &Value::default());
        } else if name == "PROMPT_COMMAND" {
            self.at_each_prompt(&value, span);
        }
        self.variables.insert(name.to_owned(), value);
    }

    /// Runs the command that another command was given.
    pub(super) fn given(&mut self, values: &[Value], input: &Value, span: &Range<usize>) -> Value {
        self.deeper(|run| run.values(values, input, span))
    }

    /// Runs expanded words as a command.
    fn values(&mut self, values: &[Value], input: &Value, span: &Range<usize>) -> Value {
        let Some((first, arguments)) = values.split_first() else {
            return Value::default();
        };
        if let Some(alias) = self.variables.remove(&format!("alias {}", first.text)) {
            let mut text = alias.text.clone();
            for argument in arguments {
                text.push(' ');
                text.push_str(&quote(&argument.text));
            }
            let output = self.nested(&text, span, input);
            self.variables
                .insert(format!("alias {}", first.text), alias);
            return output;
        }
        if let Some(body) = self.functions.get(&first.text).cloned() {
            if self.defining == 0 {
                self.called.insert(first.text.clone());
            }
            return self.call_function(body, arguments, input);
        }
        let file = self.written(&first.text);
        if let Some(file) = file.or_else(|| self.found_on_path(&first.text)) {
            super::programs::run_file(self, &first.text, &file, span);
        }
        self.check_place(&first.text, span);
        if first.taint.has(Taint::NETWORK | Taint::DECODED) {
            super::programs::executed(self, first, span);
        } else if first.taint.has(Taint::ARGUMENT) && first.text.starts_with(UNKNOWN) {
            self.check(span, "shell-argument-command", first.taint.describe());
        }
        let call = Call {
            name: first
                .program()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
            arguments,
            input,
            span: span.clone(),
        };
        super::programs::run(self, &call)
    }

    fn call_function(&mut self, body: Rc<List>, arguments: &[Value], input: &Value) -> Value {
        let again = self.calling.iter().filter(|one| Rc::ptr_eq(one, &body));
        if again.count() >= MAX_RECURSION {
            return Value::unknown(Taint::default());
        }
        self.deeper(|run| {
            run.calling.push(Rc::clone(&body));
            let output = run.with_positional(arguments, |run| run.list(&body, input));
            run.calling.pop();
            output
        })
    }

    /// Follows something with these words as `$1`, `$2` and `$@`.
    pub(super) fn with_positional(
        &mut self,
        arguments: &[Value],
        follow: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let before: Vec<(String, Option<Value>)> = (1..=arguments.len().min(9))
            .map(|index| (index.to_string(), self.variables.remove(&index.to_string())))
            .collect();
        for ((name, _), value) in before.iter().zip(arguments) {
            self.variables.insert(name.clone(), value.clone());
        }
        let all = self.variables.remove("@");
        if !arguments.is_empty() {
            let joined = super::programs::join(arguments);
            self.variables.insert("@".to_owned(), joined);
        }
        let output = follow(self);
        for (name, value) in before.into_iter().chain([("@".to_owned(), all)]) {
            match value {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
        output
    }
}

/// `exec 3< file` opens a descriptor for what follows.
fn is_exec(command: &Command) -> bool {
    let single = matches!(&command.body, Body::Simple { words, .. } if words.len() == 1);
    single && first_word(command).as_deref() == Some("exec")
}

/// The first word of a simple command, where it is plain text; the program of a group's first command otherwise.
fn first_word(command: &Command) -> Option<String> {
    let Body::Simple { words, .. } = &command.body else {
        return None;
    };
    let mut text = String::new();
    for part in &words.first()?.parts {
        match part {
            Part::Text { text: piece, .. } => text.push_str(piece),
            Part::Variable { .. } | Part::Output(_) | Part::Process(_) => return None,
        }
    }
    Some(text.rsplit('/').next().unwrap_or(&text).to_owned())
}

pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
