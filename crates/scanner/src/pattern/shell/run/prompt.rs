//! What a shell is told to run before each prompt.

use std::ops::Range;

use super::Run;
use crate::pattern::shell::{What, programs};
use crate::pattern::value::Value;

impl Run {
    /// What a shell runs before each prompt: a title or a history is set there, anything else watches the user.
    pub(super) fn at_each_prompt(&mut self, value: &Value, span: &Range<usize>) {
        let from = self.facts.len();
        self.nested(&value.text, span, &Value::default());
        let inside = self.facts.get(from..).unwrap_or_default();
        let watches = inside.iter().any(|fact| match &fact.what {
            What::Command { name, .. } => {
                name == "eval" || programs::is_suspicious(name) && name != "cat"
            }
            What::Connect(_) | What::Check { .. } => true,
            _ => false,
        });
        // A program by its path, where functions and installed programs go by their names.
        let odd = value
            .text
            .split([';', '&', '|'])
            .filter_map(|command| command.split_whitespace().next())
            .any(|program| program.contains('/') && !program.starts_with("/usr/"));
        if watches || odd {
            let detail: String = value.text.chars().take(120).collect();
            self.check(span, "shell-hooking-variable", detail);
        }
    }
}
