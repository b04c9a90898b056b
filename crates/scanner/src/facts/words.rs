//! Lists of words that names are asked for, letters of either case.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A list of words, compiled when a name is first asked for them.
pub(crate) struct Words(LazyLock<AhoCorasick, Build>);

type Build = fn() -> AhoCorasick;

impl Words {
    pub(crate) const fn new(build: Build) -> Self {
        Self(LazyLock::new(build))
    }

    /// Whether one of the words stands in the name.
    pub(crate) fn are_in(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// Names are short: a table without anything that would have to be prepared for each search.
pub(crate) fn compile(words: &[&str]) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .prefilter(false)
        .build(words)
        .expect("the words are few and short")
}
