//! Lists, pipelines and commands, each followed in the order in which it runs.

use std::ops::Range;
use std::rc::Rc;

use super::Run;
use super::disguise::is_disguised;
use super::loops::MANY;
use crate::pattern::shell::judge;
use crate::pattern::shell::syntax::{Body, Command, List, Part, Pipeline, Word};
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// Commands followed in one script, bodies of functions counted at each call.
const MAX_STEPS: usize = 50_000;

impl Run {
    pub(super) fn list(&mut self, list: &List, input: &Value) -> Value {
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
                self.each_word(name, words, body, input, &command.span)
            }
            Body::Count { times, body } => self.counted(body, input, *times >= MANY, &command.span),
            Body::Coprocess { name, body } => self.coprocess(name, body),
            Body::Function { name, body } => self.define(name, body, input, &command.span),
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

    fn coprocess(&mut self, name: &str, body: &List) -> Value {
        let output = self.list(body, &Value::default());
        self.variables
            .insert(name.to_owned(), Value::unknown(output.taint));
        Value::default()
    }

    /// A function is followed where it stands too, with arguments that nobody has given yet.
    fn define(&mut self, name: &str, body: &Rc<List>, input: &Value, span: &Range<usize>) -> Value {
        self.functions.insert(name.to_owned(), Rc::clone(body));
        self.fork_bomb(name, body, span);
        let outside = self.shadows;
        if judge::is_trusted(name) {
            self.shadows = true;
            self.check(span, "shell-shadowed-command", name);
        }
        self.defining += 1;
        self.call_function(body, &[], input);
        self.defining -= 1;
        self.shadows = outside;
        Value::default()
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
}

/// `exec 3< file` opens a descriptor for what follows.
fn is_exec(command: &Command) -> bool {
    let single = matches!(&command.body, Body::Simple { words, .. } if words.len() == 1);
    single && first_word(command).as_deref() == Some("exec")
}

/// The program of a simple command, where its first word is plain text.
pub(super) fn first_word(command: &Command) -> Option<String> {
    let Body::Simple { words, .. } = &command.body else {
        return None;
    };
    let pieces = words.first()?.parts.iter().map(|part| match part {
        Part::Text { text, .. } => Some(text.as_str()),
        Part::Variable { .. } | Part::Output(_) | Part::Process(_) => None,
    });
    let text: String = pieces.collect::<Option<_>>()?;
    Some(text.rsplit('/').next().unwrap_or(&text).to_owned())
}
