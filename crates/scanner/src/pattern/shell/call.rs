//! A simple command whose words are expanded, as programs read them.

use std::ops::Range;

use crate::pattern::value::Value;

/// A simple command, expanded.
pub(super) struct Call<'a> {
    pub(super) name: String,
    pub(super) arguments: &'a [Value],
    pub(super) input: &'a Value,
    pub(super) span: Range<usize>,
}

impl<'a> Call<'a> {
    /// The texts of its arguments.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        self.arguments.iter().map(|argument| argument.text.as_str())
    }

    /// Its arguments that are no options.
    pub(super) fn operands(&self) -> impl Iterator<Item = &'a Value> + Clone + use<'a> {
        let arguments = self.arguments.iter();
        arguments.filter(|argument| !argument.text.starts_with('-'))
    }

    /// Whether one of these words is among its arguments.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.words().any(|word| words.contains(&word))
    }

    /// The arguments after the first of these options.
    pub(super) fn after(&self, options: &[&str]) -> Option<&'a [Value]> {
        let at = self.words().position(|word| options.contains(&word))?;
        self.arguments.get(at + 1..)
    }
}
