//! Follows a script from top to bottom: what each word may be and where it came from.

mod assign;
mod calls;
mod commands;
mod consent;
mod disguise;
mod expand;
mod files;
mod loops;
mod prompt;
mod redirects;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::syntax::{self, List};
use super::{What, judge};
use crate::Kind;
use crate::pattern::resolved::Fact;
use crate::pattern::value::Value;
use consent::Question;

pub(super) use calls::quote;
pub(super) use loops::{MANY, is_long_sequence};

/// What is known while a script is followed.
#[derive(Default)]
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

impl Run {
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
                self.call_function(&body, &[], &Value::default());
            }
        }
    }

    /// Adds what single steps give away, and what several do together.
    pub(super) fn judge(&mut self) {
        let mut judged = Vec::new();
        for fact in &self.facts {
            for (name, detail) in judge::checks(&fact.what) {
                judged.push(Fact::check(fact.span.clone(), name, detail));
            }
        }
        judged.extend(judge::hidden_script(&self.facts));
        judged.extend(judge::erased_history(&self.facts));
        judged.extend(judge::encrypted_files(&self.facts));
        self.facts.append(&mut judged);
        judge::keeps_encrypted(&mut self.facts);
    }

    /// Whether a function is followed where it stands, and nobody has called it.
    pub(super) fn is_defining(&self) -> bool {
        self.defining > 0
    }

    /// Looking through many things is work too, and counts like commands do.
    pub(super) fn work(&mut self, steps: usize) {
        self.steps += steps;
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
        let span = self.anchor.clone().unwrap_or_else(|| span.clone());
        self.facts.push(Fact::check(span, name, detail));
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
}
