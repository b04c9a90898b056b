//! What a command's words start: functions, aliases, files the script wrote, programs, scripts inside strings.

use std::ops::Range;
use std::rc::Rc;

use super::Run;
use crate::pattern::shell::call::Call;
use crate::pattern::shell::programs;
use crate::pattern::shell::syntax::{self, List};
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// How deep functions and nested scripts are followed.
pub(super) const MAX_CALLS: usize = 8;

/// How often a function is followed inside itself; the commands in it stay the same.
const MAX_RECURSION: usize = 2;

impl Run {
    /// A script inside a string: its facts are put at the string.
    pub(in crate::pattern::shell) fn nested(
        &mut self,
        text: &str,
        span: &Range<usize>,
        input: &Value,
    ) -> Value {
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

    /// Runs the command that another command was given.
    pub(in crate::pattern::shell) fn given(
        &mut self,
        values: &[Value],
        input: &Value,
        span: &Range<usize>,
    ) -> Value {
        self.deeper(|run| run.values(values, input, span))
    }

    /// Runs expanded words as a command.
    pub(super) fn values(&mut self, values: &[Value], input: &Value, span: &Range<usize>) -> Value {
        let Some((first, arguments)) = values.split_first() else {
            return Value::default();
        };
        if let Some(alias) = self.variables.remove(&format!("alias {}", first.text)) {
            return self.call_alias(&first.text, alias, arguments, input, span);
        }
        if let Some(body) = self.functions.get(&first.text).cloned() {
            if self.defining == 0 {
                self.called.insert(first.text.clone());
            }
            return self.call_function(&body, arguments, input);
        }
        self.check_program(first, span);
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
        programs::run(self, &call)
    }

    /// What is wrong with a program before it does anything: where it lies, and where its name or content came from.
    fn check_program(&mut self, program: &Value, span: &Range<usize>) {
        let file = self.written(&program.text);
        if let Some(file) = file.or_else(|| self.found_on_path(&program.text)) {
            programs::run_file(self, &program.text, &file, span);
        }
        self.check_place(&program.text, span);
        if program.taint.has(Taint::NETWORK | Taint::DECODED) {
            programs::executed(self, program, span);
        } else if program.taint.has(Taint::ARGUMENT) && program.text.starts_with(UNKNOWN) {
            self.check(span, "shell-argument-command", program.taint.describe());
        }
    }

    /// An alias is text before the words; it is not itself again inside that text.
    fn call_alias(
        &mut self,
        name: &str,
        alias: Value,
        arguments: &[Value],
        input: &Value,
        span: &Range<usize>,
    ) -> Value {
        let mut text = alias.text.clone();
        for argument in arguments {
            text.push(' ');
            text.push_str(&quote(&argument.text));
        }
        let output = self.nested(&text, span, input);
        self.variables.insert(format!("alias {name}"), alias);
        output
    }

    pub(super) fn call_function(
        &mut self,
        body: &Rc<List>,
        arguments: &[Value],
        input: &Value,
    ) -> Value {
        let again = self.calling.iter().filter(|one| Rc::ptr_eq(one, body));
        if again.count() >= MAX_RECURSION {
            return Value::unknown(Taint::default());
        }
        self.deeper(|run| {
            run.calling.push(Rc::clone(body));
            let output = run.with_positional(arguments, |run| run.list(body, input));
            run.calling.pop();
            output
        })
    }

    /// Follows something with these words as `$1`, `$2` and `$@`.
    pub(in crate::pattern::shell) fn with_positional(
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
            let joined = programs::join(arguments);
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

/// A word of a command line that stands for itself.
pub(in crate::pattern::shell) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
