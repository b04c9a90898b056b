//! Follows a script from top to bottom: what each word may be and where it came from.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::syntax::{self, Body, Command, List, Part, Pipeline, Redirect, RedirectKind, Word};
use super::{Fact, What};
use crate::Kind;
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// Commands followed in one script, bodies of functions counted at each call.
const MAX_STEPS: usize = 50_000;
/// How deep functions and nested scripts are followed.
const MAX_CALLS: usize = 8;
/// How often a function is followed inside itself; the commands in it stay the same.
const MAX_RECURSION: usize = 2;
/// Shortest constant that is tried as base64, in bytes.
const MIN_ENCODED: usize = 24;
/// Words that one brace expansion may make.
const MAX_BRACES: usize = 256;
/// Bytes that one brace expansion may make.
const MAX_BRACE_BYTES: usize = 64 << 10;

/// Variables whose value a shell or another program runs as a command.
const RUN_LATER: [&str; 10] = [
    "PROMPT_COMMAND",
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
    /// Where facts of a nested script are put.
    anchor: Option<Range<usize>>,
    /// The last address that a descriptor was opened to.
    socket: Option<String>,
    /// Inside a function that bears the name of a program which is trusted with passwords.
    pub(super) shadows: bool,
    depth: usize,
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
            anchor: None,
            socket: None,
            shadows: false,
            depth: 0,
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
    }

    /// Adds what single steps give away.
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
        self.facts.append(&mut judged);
    }

    /// A script inside a string: its facts are put at the string.
    pub(super) fn nested(&mut self, text: &str, span: &Range<usize>, input: &Value) -> Value {
        if text.contains(UNKNOWN) && text.trim_matches(UNKNOWN).is_empty() {
            return Value::unknown(Taint::default());
        }
        if self.depth >= MAX_CALLS {
            self.exhausted = true;
            return Value::unknown(Taint::default());
        }
        let outer = self.anchor.clone();
        self.anchor.get_or_insert_with(|| span.clone());
        self.depth += 1;
        let parsed = syntax::parse(text);
        self.exhausted |= parsed.too_deep;
        let output = self.list(&parsed.list, input);
        self.depth -= 1;
        self.anchor = outer;
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
                    value.push(&self.expand(word));
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
                }
                self.variables.insert(name.clone(), value);
                self.list(body, input)
            }
            Body::Function { name, body } => {
                self.functions.insert(name.clone(), body.clone());
                self.fork_bomb(name, body, &command.span);
                let outside = self.shadows;
                if super::judge::is_trusted(name) {
                    self.shadows = true;
                    self.check(&command.span, "shell-shadowed-command", name);
                }
                self.call_function(body.clone(), &[], input);
                self.shadows = outside;
                Value::default()
            }
            Body::Simple { assignments, words } => {
                self.simple(assignments, words, input, &command.span)
            }
        };
        self.redirect_output(command, &output);
        output
    }

    /// A loop runs its body once here; one that never ends and only asks the network is an attack on someone.
    fn endless(&mut self, list: &List, input: &Value, span: &Range<usize>) -> Value {
        let from = self.facts.len();
        let condition = list
            .first()
            .and_then(|pipeline| pipeline.commands.first())
            .and_then(first_word);
        let output = self.list(list, input);
        let inside = self.facts.get(from..).unwrap_or_default();
        let asks = inside
            .iter()
            .any(|fact| matches!(fact.what, What::Connect(_)));
        let waits = inside.iter().any(|fact| match &fact.what {
            What::Command { name, .. } => matches!(
                name.as_str(),
                "sleep" | "break" | "exit" | "return" | "read" | "wait"
            ),
            _ => false,
        });
        if asks && !waits && matches!(condition.as_deref(), Some("true" | ":" | "1")) {
            self.check(span, "shell-endless-requests", "");
        }
        output
    }

    /// What redirections give a command to read, `None` when its input is the pipe's.
    fn input_of(&mut self, redirects: &[Redirect]) -> Option<Value> {
        let mut input = None;
        for redirect in redirects {
            match redirect.kind {
                RedirectKind::Text => input = Some(self.expand(&redirect.target)),
                RedirectKind::Input => {
                    let from_process =
                        matches!(redirect.target.parts.as_slice(), [Part::Process(_)]);
                    let target = self.expand(&redirect.target);
                    input = Some(if from_process {
                        target
                    } else {
                        self.read(&target.text, &redirect.target.span)
                    });
                }
                RedirectKind::Output => {}
            }
        }
        input
    }

    fn redirect_output(&mut self, command: &Command, output: &Value) {
        for redirect in &command.redirects {
            if redirect.kind != RedirectKind::Text {
                let target = self.expand(&redirect.target);
                let program = first_word(command);
                self.socket(
                    &target.text,
                    program.as_deref(),
                    output,
                    &redirect.target.span,
                );
                let descriptor = !target.text.is_empty()
                    && target.text.bytes().all(|byte| byte.is_ascii_digit());
                if descriptor
                    && !matches!(target.text.as_str(), "0" | "1" | "2")
                    && let Some(address) = self.socket.clone()
                {
                    super::programs::sent(self, output.taint, &address, &redirect.target.span);
                }
                if redirect.kind == RedirectKind::Output {
                    self.write(&target, output, &redirect.target.span);
                }
            }
        }
    }

    /// `/dev/tcp/host/port` is bash's own network.
    fn socket(&mut self, path: &str, program: Option<&str>, output: &Value, span: &Range<usize>) {
        let Some(rest) = path
            .strip_prefix("/dev/tcp/")
            .or_else(|| path.strip_prefix("/dev/udp/"))
        else {
            return;
        };
        let address = rest.replacen('/', ":", 1);
        self.socket = Some(address.clone());
        self.fact(span, What::Connect(address.clone()));
        if program.is_some_and(super::programs::is_shell) {
            self.check(
                span,
                "shell-reverse-shell",
                format!("a shell on a socket to {address}"),
            );
        } else {
            self.check(span, "shell-raw-socket", address.clone());
            super::programs::sent(self, output.taint, &address, span);
        }
    }

    pub(super) fn read(&mut self, path: &str, span: &Range<usize>) -> Value {
        if path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/") {
            return Value::unknown(Taint::NETWORK);
        }
        if path.is_empty() || path.starts_with("/dev/") || path == "-" {
            return Value::default();
        }
        if let Some(written) = self.files.get(path) {
            return written.clone();
        }
        let plain = without_brackets(path);
        if plain != path
            && (crate::pattern::places::is_credential(&plain) || plain.starts_with("/etc/"))
        {
            self.check(span, "shell-obfuscated-word", path);
        }
        self.fact(span, What::Read(plain.clone()));
        Value::unknown(crate::pattern::value::of_path(&plain))
    }

    pub(super) fn write(&mut self, path: &Value, content: &Value, span: &Range<usize>) {
        let text = &path.text;
        if text.is_empty()
            || text == "/dev/null"
            || text.starts_with("/dev/std")
            || text.bytes().all(|byte| byte.is_ascii_digit())
        {
            return;
        }
        self.fact(
            span,
            What::Write {
                path: text.clone(),
                content: content.clone(),
            },
        );
        let kind = if super::judge::is_read_at_start(text) {
            Kind::Shell
        } else {
            Kind::identify(text, content.text.as_bytes())
        };
        if kind.is_program() && content.text.trim_matches(UNKNOWN).len() > 16 {
            self.uncover(
                span,
                kind,
                "written file",
                &content.text.replace(UNKNOWN, "_"),
            );
        }
        if text.trim_matches(UNKNOWN).is_empty() {
            // Two names that are not known are not one file.
            return;
        }
        let entry = self.files.entry(text.clone()).or_default();
        entry.push(content);
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
        let decoded =
            super::programs::decode_base64(text).and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(decoded) =
            decoded.filter(|decoded| decoded.contains(' ') && !decoded.contains('\0'))
        {
            self.uncover(span, Kind::Shell, "base64", &decoded);
        }
    }

    pub(super) fn assign(&mut self, name: &str, value: Value, span: &Range<usize>) {
        self.encoded_text(&value, span);
        self.fact(
            span,
            What::Assign {
                name: name.to_owned(),
                value: value.text.clone(),
            },
        );
        if RUN_LATER.contains(&name) && value.text.contains(' ') {
            self.nested(&value.text, span, &Value::default());
        }
        self.variables.insert(name.to_owned(), value);
    }

    /// Runs expanded words as a command.
    pub(super) fn values(&mut self, values: &[Value], input: &Value, span: &Range<usize>) -> Value {
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
            return self.call_function(body, arguments, input);
        }
        if let Some(file) = self.written(&first.text) {
            super::programs::run_file(self, &first.text, &file, span);
        }
        if first.taint.has(Taint::NETWORK | Taint::DECODED) {
            super::programs::executed(self, first, span);
        } else if first.taint.has(Taint::ARGUMENT) && first.text.starts_with(UNKNOWN) {
            self.check(span, "shell-argument-command", first.taint.describe());
        }
        let call = Call {
            name: first.program().to_owned(),
            arguments,
            input,
            span: span.clone(),
        };
        super::programs::run(self, &call)
    }

    /// What the script wrote into a file; a name that is not wholly known is any downloaded file of its folder.
    pub(super) fn written(&self, path: &str) -> Option<Value> {
        let plain = path.strip_prefix("./").unwrap_or(path);
        if let Some(file) = self.files.get(path).or_else(|| self.files.get(plain)) {
            return Some(file.clone());
        }
        let vague = |path: &str| path.contains([UNKNOWN, '*']);
        let folder = |path: &str| {
            path.rsplit_once('/')
                .map(|(folder, _)| folder.to_owned())
                .filter(|folder| folder.trim_matches(UNKNOWN).len() > 2)
        };
        let wanted = folder(path).filter(|_| vague(path))?;
        let mut names: Vec<&String> = self
            .files
            .keys()
            .filter(|name| folder(name).as_ref() == Some(&wanted))
            .collect();
        names.sort();
        let mut files = names.into_iter().filter_map(|name| self.files.get(name));
        files.find(|file| file.taint.has(Taint::NETWORK)).cloned()
    }

    /// A name of its own for each temporary file.
    pub(super) fn temporary(&mut self) -> Value {
        self.steps += 1;
        Value::text(format!("/tmp/tmp.{}", self.steps))
    }

    fn call_function(&mut self, body: Rc<List>, arguments: &[Value], input: &Value) -> Value {
        let again = self.calling.iter().filter(|one| Rc::ptr_eq(one, &body));
        if again.count() >= MAX_RECURSION {
            return Value::unknown(Taint::default());
        }
        if self.depth >= MAX_CALLS {
            self.exhausted = true;
            return Value::unknown(Taint::default());
        }
        self.depth += 1;
        self.calling.push(Rc::clone(&body));
        let before: Vec<(String, Option<Value>)> = (1..=arguments.len().min(9))
            .map(|index| (index.to_string(), self.variables.remove(&index.to_string())))
            .collect();
        for ((name, _), value) in before.iter().zip(arguments) {
            self.variables.insert(name.clone(), value.clone());
        }
        let output = self.list(&body, input);
        for (name, value) in before {
            match value {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
        self.calling.pop();
        self.depth -= 1;
        output
    }

    /// A function that pipes itself into itself in the background.
    fn fork_bomb(&mut self, name: &str, body: &List, span: &Range<usize>) {
        let calls = |list: &List| {
            list.iter().any(|pipeline| {
                pipeline.commands.len() > 1
                    && pipeline
                        .commands
                        .iter()
                        .all(|command| first_word(command).as_deref() == Some(name))
            })
        };
        let inner = body.iter().flat_map(|pipeline| &pipeline.commands);
        let nested = inner.filter_map(|command| match &command.body {
            Body::Group(list) => Some(list),
            Body::Simple { .. } | Body::Loop(_) | Body::For { .. } | Body::Function { .. } => None,
        });
        if calls(body) || nested.into_iter().any(calls) {
            self.check(span, "shell-fork-bomb", name);
        }
    }

    /// Words after splitting: an unquoted variable may be several, and so may braces.
    fn expand_words(&mut self, word: &Word, values: &mut Vec<Value>) {
        if let [Part::Text { text, plain: true }] = word.parts.as_slice()
            && text.contains('{')
        {
            let (words, too_many) = braces(text);
            self.exhausted |= too_many;
            values.extend(words.into_iter().map(Value::text));
            return;
        }
        let value = self.expand(word);
        // `"${list[@]}"` and `"$@"` stay several words inside quotes.
        let list = word.parts.iter().any(|part| {
            matches!(part, Part::Variable { name, operation } if operation == "[@]" || name == "@" && operation.is_empty())
        });
        let unquoted = list
            || word.parts.iter().all(|part| match part {
                Part::Text { plain, .. } => *plain,
                Part::Variable { .. } | Part::Output(_) => true,
                Part::Process(_) => false,
            });
        let dynamic = word
            .parts
            .iter()
            .any(|part| !matches!(part, Part::Text { .. }));
        if unquoted && dynamic {
            let taint = value.taint;
            values.extend(
                value
                    .text
                    .split_whitespace()
                    .map(|text| Value::text(text).tainted(taint)),
            );
        } else {
            values.push(value);
        }
    }

    pub(super) fn expand(&mut self, word: &Word) -> Value {
        let mut value = Value::default();
        for (index, part) in word.parts.iter().enumerate() {
            let piece = match part {
                Part::Text { text, plain } if *plain && index == 0 && text.starts_with('~') => {
                    Value::text(text.clone())
                }
                Part::Text { text, .. } => Value::text(text.clone()),
                Part::Variable { name, operation } => self.variable(name, operation, &word.span),
                Part::Output(list) | Part::Process(list) => {
                    if self.depth >= MAX_CALLS * 4 {
                        self.exhausted = true;
                        Value::unknown(Taint::default())
                    } else {
                        self.depth += 1;
                        let mut output = self.list(list, &Value::default());
                        self.depth -= 1;
                        output
                            .text
                            .truncate(output.text.trim_end_matches('\n').len());
                        output
                    }
                }
            };
            if word.parts.len() == 1 {
                value = piece;
            } else {
                self.exhausted |= !value.fits(&piece);
                value.push(&piece);
            }
        }
        // Copying long texts is work too, and counts like commands do.
        self.steps += value.text.len() >> 10;
        value
    }

    fn variable(&mut self, name: &str, operation: &str, span: &Range<usize>) -> Value {
        let length = name.starts_with('#') && name.len() > 1;
        let indirect = name.strip_prefix('!').filter(|rest| !rest.is_empty());
        let base = match indirect {
            Some(rest) => {
                let target = self.lookup(rest).text;
                self.lookup(&target)
            }
            None => self.lookup(name.trim_start_matches(if length { "#" } else { "" })),
        };
        if length {
            return Value::unknown(Taint::default());
        }
        self.fact(
            span,
            What::Variable(name.trim_start_matches('!').to_owned()),
        );
        if operation.is_empty() {
            return base;
        }
        if operation == "@P" {
            // The value is expanded once more, and that runs the commands in it.
            self.check(
                span,
                "shell-obfuscated-word",
                "an expansion that runs its value",
            );
        }
        if !operation.contains(['$', '`']) {
            return super::expansion::apply(&base, operation);
        }
        if self.depth >= MAX_CALLS {
            self.exhausted = true;
            return super::expansion::apply(&base, operation);
        }
        // What stands in the operation is expanded too, commands and all.
        let outer = self.anchor.clone();
        self.anchor.get_or_insert_with(|| span.clone());
        self.depth += 1;
        let (text, too_deep) = syntax::parse_text(operation);
        self.exhausted |= too_deep;
        let inner = self.expand(&Word {
            span: span.clone(),
            ..text
        });
        self.depth -= 1;
        self.anchor = outer;
        super::expansion::apply(&base, &inner.text).tainted(inner.taint)
    }

    fn lookup(&self, name: &str) -> Value {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        match name {
            "HOME" => Value::text("~"),
            "IFS" => Value::text(" "),
            "PWD" | "OLDPWD" => Value::text("."),
            "SHELL" | "BASH" => Value::text("/bin/bash"),
            // The commands that the user types.
            "BASH_COMMAND" | "READLINE_LINE" => Value::unknown(Taint::SECRET),
            "HOSTNAME" | "HOST" | "USER" | "LOGNAME" | "USERNAME" | "UID" => {
                Value::unknown(Taint::MACHINE)
            }
            "@" | "*" | "REPLY" => Value::unknown(Taint::ARGUMENT),
            _ if name.bytes().all(|byte| byte.is_ascii_digit()) && name != "0" => {
                Value::unknown(Taint::ARGUMENT)
            }
            _ if crate::pattern::places::is_secret_name(name) => Value::unknown(Taint::TOKEN),
            _ => Value::unknown(Taint::default()),
        }
    }
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

/// `/etc/shad[o]w` is `/etc/shadow`, written so that a search does not find it.
fn without_brackets(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('[') {
        plain.push_str(rest.get(..at).unwrap_or(""));
        let inside = rest.get(at + 1..).unwrap_or("");
        let mut letters = inside.chars();
        rest = match (letters.next(), letters.next()) {
            (Some(letter), Some(']')) => {
                plain.push(letter);
                letters.as_str()
            }
            _ => {
                plain.push('[');
                inside
            }
        };
    }
    plain.push_str(rest);
    plain
}

/// A command's name that is put together from pieces which no honest writer would part.
fn is_disguised(word: &Word, value: &Value) -> bool {
    let name = value.program();
    let plain_name = name.len() > 1
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !plain_name || word.parts.len() < 2 {
        return false;
    }
    let mut parts = word.parts.as_slice();
    if let [
        rest @ ..,
        Part::Text { plain: false, .. },
        Part::Text { text, plain: false },
    ] = parts
        && text.is_empty()
    {
        parts = parts.get(..=rest.len()).unwrap_or(parts);
    }
    let variables = parts
        .iter()
        .filter(|part| matches!(part, Part::Variable { .. }))
        .count();
    if variables > 0 {
        let sliced = parts.iter().any(|part| matches!(part, Part::Variable { operation, .. } if operation.starts_with([':', '/']) && !operation.starts_with(":-")));
        return super::programs::is_suspicious(name)
            && (sliced || variables == parts.len() && variables > 1);
    }
    let texts: Option<Vec<(&str, bool)>> = parts
        .iter()
        .map(|part| match part {
            Part::Text { text, plain } => Some((text.as_str(), *plain)),
            Part::Variable { .. } | Part::Output(_) | Part::Process(_) => None,
        })
        .collect();
    match texts.as_deref() {
        // `\ls` runs the program behind an alias, which scripts do.
        None | Some([] | [_] | [(_, false), (_, true)]) => false,
        Some(texts) => {
            texts.iter().all(|(text, _)| !text.contains('/'))
                && texts.iter().any(|(_, plain)| !plain)
        }
    }
}

/// `{a,b}` and what stands around it, and whether it makes more words than are followed.
fn braces(text: &str) -> (Vec<String>, bool) {
    let expanded = (|| {
        let (before, rest) = text.split_once('{')?;
        let (inside, after) = rest.split_once('}')?;
        let count = inside.matches(',').count() + 1;
        let fits = count <= MAX_BRACES && count * text.len() <= MAX_BRACE_BYTES;
        let words = inside.split(',').take_while(|_| fits);
        (count > 1).then(|| {
            (
                words.map(|word| format!("{before}{word}{after}")).collect(),
                !fits,
            )
        })
    })();
    expanded.unwrap_or_else(|| (vec![text.to_owned()], false))
}

pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
