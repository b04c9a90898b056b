//! Words before they are run: variables, substitutions, braces, splitting.

use std::ops::Range;

use super::Run;
use super::calls::MAX_CALLS;
use crate::pattern::shell::What;
use crate::pattern::shell::expansion;
use crate::pattern::shell::syntax::{self, Part, Word};
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{places, value};

/// Words that one brace expansion may make.
const MAX_BRACES: usize = 256;

/// Bytes that one brace expansion may make.
const MAX_BRACE_BYTES: usize = 64 << 10;

impl Run {
    /// Words after splitting: an unquoted variable may be several, and so may braces.
    pub(super) fn expand_words(&mut self, word: &Word, values: &mut Vec<Value>) {
        if let [Part::Text { text, plain: true }] = word.parts.as_slice()
            && text.contains('{')
        {
            let (words, too_many) = braces(text);
            self.exhausted |= too_many;
            values.extend(words.into_iter().map(Value::text));
            return;
        }
        let value = self.expand(word);
        let braced = word.parts.iter().any(
            |part| matches!(part, Part::Text { text, plain: true } if text.contains('{') && text.contains(',')),
        );
        if braced && value.known().is_some() {
            let (words, too_many) = braces(&value.text);
            self.exhausted |= too_many;
            let taint = value.taint;
            values.extend(
                words
                    .into_iter()
                    .map(|word| Value::text(word).tainted(taint)),
            );
            return;
        }
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
            let separators = self.variables.get("IFS").map(|value| value.text.clone());
            let splits = |letter: char| match &separators {
                Some(separators) if !list => separators.contains(letter),
                _ => letter.is_whitespace(),
            };
            values.extend(
                value
                    .text
                    .split(splits)
                    .filter(|text| !text.is_empty())
                    .map(|text| Value::text(text).tainted(taint)),
            );
        } else {
            values.push(value);
        }
    }

    pub(in crate::pattern::shell) fn expand(&mut self, word: &Word) -> Value {
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
                        let captured = usize::from(matches!(part, Part::Output(_)));
                        self.capturing += captured;
                        let mut output = self.list(list, &Value::default());
                        self.capturing -= captured;
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

    pub(super) fn variable(&mut self, name: &str, operation: &str, span: &Range<usize>) -> Value {
        let length = name.starts_with('#') && name.len() > 1;
        let indirect = name.strip_prefix('!').filter(|rest| !rest.is_empty());
        let base = match indirect {
            Some(rest) => {
                let target = self.lookup(rest).text;
                if target.contains(UNKNOWN) && rest != "@" {
                    // Any variable is all of them.
                    Value::unknown(Taint::ENVIRONMENT)
                } else {
                    self.lookup(&target)
                }
            }
            None => self.lookup(name.trim_start_matches(if length { "#" } else { "" })),
        };
        let base = if places::is_password_name(name) {
            base.tainted(Taint::PASSWORD)
        } else {
            base
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
        if operation.starts_with('[') && operation.contains('$') && base.known().is_some() {
            // Any element of the list: what one of them names is what may be meant.
            let words = base.text.split_whitespace();
            let paths = words.map(|word| word.split_once("]=").map_or(word, |(_, path)| path));
            let secret = paths.fold(Taint::default(), |taint, path| {
                taint | value::of_path(path).common(Taint::SECRET)
            });
            return Value::unknown(base.taint | secret);
        }
        if !operation.contains(['$', '`']) {
            self.exhausted |= expansion::outgrows(&base, operation);
            return expansion::apply(&base, operation);
        }
        if self.depth >= MAX_CALLS {
            self.exhausted = true;
            return expansion::apply(&base, operation);
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
        self.exhausted |= expansion::outgrows(&base, &inner.text);
        expansion::apply(&base, &inner.text).tainted(inner.taint)
    }

    fn lookup(&self, name: &str) -> Value {
        let reference = self.variables.get(&format!("reference {name}"));
        let name = reference.map_or(name, |target| target.text.as_str());
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        match name {
            "HOME" => Value::text("~"),
            "IFS" => Value::text(" "),
            "QUERY_STRING" | "REQUEST_URI" | "PATH_INFO" => Value::unknown(Taint::ARGUMENT),
            "GITHUB_ENV" => Value::text("$GITHUB_ENV"),
            "PWD" | "OLDPWD" => Value::text("."),
            "SHELL" | "BASH" => Value::text("/bin/bash"),
            // The commands that the user types.
            "BASH_COMMAND" | "READLINE_LINE" => Value::unknown(Taint::SECRET),
            "HOSTNAME" | "HOST" | "USER" | "LOGNAME" | "USERNAME" | "UID" => {
                Value::unknown(Taint::MACHINE)
            }
            "@" | "*" if self.defining > 0 => Value::unknown(Taint::PARAMETER),
            "@" | "*" | "REPLY" => Value::unknown(Taint::ARGUMENT),
            _ if name.bytes().all(|byte| byte.is_ascii_digit()) && name != "0" => {
                if self.defining > 0 {
                    return Value::unknown(Taint::PARAMETER);
                }
                Value::unknown(Taint::ARGUMENT)
            }
            _ if crate::pattern::places::is_secret_name(name) => {
                Value::unknown(Taint::TOKEN | Taint::of_service(name))
            }
            _ => Value::unknown(Taint::default()),
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
