//! Loops: followed twice at most, and judged by what they do in every round.

use std::ops::Range;

use super::Run;
use super::commands::first_word;
use crate::pattern::shell::What;
use crate::pattern::shell::syntax::{List, Word};
use crate::pattern::value::{Taint, UNKNOWN, Value, of_path};

/// How deep loops are followed twice, so that what a later command sets reaches an earlier one.
const MAX_LOOPS: usize = 2;

/// Rounds that make a loop a flood.
pub(in crate::pattern::shell) const MANY: u64 = 1000;

/// Words of a list for each of which the body is followed by itself.
const MAX_ROUNDS: usize = 32;

/// The words that a loop goes through, where all of them are known and few.
fn rounds(value: &Value) -> Vec<Value> {
    let text = value.text.trim_start_matches(UNKNOWN);
    let plain = !text.contains([UNKNOWN, '*', '?', '[', '{']);
    let words: Vec<Value> = text
        .split_whitespace()
        .take(MAX_ROUNDS + 1)
        .map(|word| Value::text(word).tainted(value.taint))
        .collect();
    if plain && (2..=MAX_ROUNDS).contains(&words.len()) {
        words
    } else {
        Vec::new()
    }
}

impl Run {
    /// `for name in words`: the body once with all words, and once for each of a few.
    pub(super) fn each_word(
        &mut self,
        name: &str,
        words: &[Word],
        body: &List,
        input: &Value,
        span: &Range<usize>,
    ) -> Value {
        let value = self.any_of(words);
        let many = value.taint.has(Taint::REPEATED) || is_long_sequence(&value.text);
        let rounds = rounds(&value);
        self.variables.insert(name.to_owned(), value);
        let output = self.counted(body, input, many, span);
        self.each(name, &rounds, body, input);
        output
    }

    /// What the variable of a loop over these words may be.
    fn any_of(&mut self, words: &[Word]) -> Value {
        let mut value = Value::default();
        for word in words {
            let element = self.expand(word);
            value.taint |= of_path(&element.text).common(Taint::PERSONAL);
            value.push(&element);
            value.push(&Value::text(" "));
        }
        let text = value.text.trim_end();
        value.text = if words.len() != 1 || text.contains(' ') {
            // The loop runs once a word, so that its variable is any of them.
            format!("{UNKNOWN}{text}")
        } else {
            // Any file of that ending, and none of them by its name.
            text.replace("*.", &format!("{UNKNOWN}."))
        };
        value
    }

    /// The body once more for each word, so that what is made of it is known.
    fn each(&mut self, name: &str, rounds: &[Value], body: &List, input: &Value) {
        if self.loops > 0 {
            return;
        }
        self.loops += 1;
        for word in rounds {
            self.variables.insert(name.to_owned(), word.clone());
            self.list(body, input);
        }
        self.loops -= 1;
    }

    fn twice(&mut self, list: &List, input: &Value) -> Value {
        self.loops += 1;
        let output = self.list(list, input);
        if self.loops <= MAX_LOOPS {
            self.list(list, input);
        }
        self.loops -= 1;
        output
    }

    /// A loop over many rounds repeats what it writes and what it adds to variables.
    pub(super) fn counted(
        &mut self,
        list: &List,
        input: &Value,
        many: bool,
        span: &Range<usize>,
    ) -> Value {
        let from = self.facts.len();
        let output = self.twice(list, input);
        if !many {
            return output;
        }
        let inside = self.facts.get(from..).unwrap_or_default();
        let asks = inside
            .iter()
            .any(|fact| matches!(fact.what, What::Connect(_)));
        let set: Vec<String> = inside
            .iter()
            .filter_map(|fact| match &fact.what {
                What::Assign { name, .. } => Some(name.clone()),
                _ => None,
            })
            .collect();
        for name in set {
            if let Some(value) = self.variables.get_mut(&name) {
                value.taint |= Taint::REPEATED;
            }
        }
        if asks {
            self.check(span, "shell-endless-requests", "");
        }
        output.tainted(Taint::REPEATED)
    }

    /// A loop is followed twice at most; one that never ends, and only asks the network or fills files, is an attack on someone.
    pub(super) fn endless(&mut self, list: &List, input: &Value, span: &Range<usize>) -> Value {
        let from = self.facts.len();
        let condition = list
            .first()
            .and_then(|pipeline| pipeline.commands.first())
            .and_then(first_word);
        let output = self.twice(list, input);
        let inside = self.facts.get(from..).unwrap_or_default();
        let asks = inside
            .iter()
            .any(|fact| matches!(fact.what, What::Connect(_) | What::Write { .. }));
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
}

/// Whether a word such as `{1..5000}` stands for many.
pub(in crate::pattern::shell) fn is_long_sequence(text: &str) -> bool {
    text.contains("..")
        && text
            .split(|c: char| !c.is_ascii_digit())
            .any(|digits| digits.parse().is_ok_and(|number: u64| number >= MANY))
}
