//! The regular expressions of rules: their syntax is checked when a rule is read, the rest is done when a text first asks.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::OnceLock;

use regex::{Regex, bytes};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternSet, meta};
use serde::Deserialize;

thread_local! {
    static IS_CHECKED: Cell<bool> = const { Cell::new(false) };
}

/// Reads rules whose expressions were checked when the program was built; a test compiles each of them.
pub(crate) fn checked_before<T>(read: impl FnOnce() -> T) -> T {
    IS_CHECKED.set(true);
    let read = read();
    IS_CHECKED.set(false);
    read
}

/// Compiles an expression that stands in this program; each is built once, in a `LazyLock`.
pub(crate) fn constant(pattern: &str) -> Regex {
    Regex::new(&with_ascii_boundaries(pattern))
        .expect("the pattern is a constant that the tests compile")
}

/// The pattern with word boundaries of ASCII, which it searches ten times faster in a text with other letters.
///
/// A pattern that itself has other letters keeps its own.
fn with_ascii_boundaries(pattern: &str) -> Cow<'_, str> {
    if !pattern.is_ascii() || !pattern.contains(r"\b") {
        return Cow::Borrowed(pattern);
    }
    let mut whole = String::with_capacity(pattern.len() + 32);
    let mut escaped = false;
    for c in pattern.chars() {
        if escaped && c == 'b' {
            whole.pop();
            whole.push_str(r"(?-u:\b)");
        } else {
            whole.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    Cow::Owned(whole)
}

/// An expression over prose, in which letters are Unicode's.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Expression {
    pattern: String,
    compiled: OnceLock<Regex>,
}

impl Expression {
    /// What does not compile for its size finds everything, so that nothing passes for its sake.
    pub(crate) fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            Regex::new(&with_ascii_boundaries(&self.pattern))
                .or_else(|_| Regex::new(""))
                .expect("the empty expression compiles")
        })
    }
}

impl TryFrom<String> for Expression {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        if !IS_CHECKED.get() {
            regex_syntax::parse(&pattern).map_err(|error| error.to_string())?;
        }
        Ok(Self {
            pattern,
            compiled: OnceLock::new(),
        })
    }
}

/// An expression over names, paths and commands, in which `\w`, `\d`, `\s`, `\b` and the case of letters are ASCII's:
/// that is all they need, and compiles several times faster.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct AsciiExpression {
    pattern: String,
    compiled: OnceLock<bytes::Regex>,
}

impl AsciiExpression {
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// What does not compile for its size finds everything, so that nothing passes for its sake.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex().is_match(text.as_bytes())
    }

    /// Each part of the text that matches; all of it where a part begins inside a letter.
    pub(crate) fn finds<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let found = self.regex().find_iter(text.as_bytes());
        found.map(|found| text.get(found.range()).unwrap_or(text))
    }

    fn regex(&self) -> &bytes::Regex {
        self.compiled.get_or_init(|| {
            bytes::RegexBuilder::new(&self.pattern)
                .unicode(false)
                .build()
                .or_else(|_| bytes::Regex::new(&self.pattern))
                .or_else(|_| bytes::Regex::new(""))
                .expect("the empty expression compiles")
        })
    }
}

impl TryFrom<String> for AsciiExpression {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        let Expression { pattern, .. } = Expression::try_from(pattern)?;
        Ok(Self {
            pattern,
            compiled: OnceLock::new(),
        })
    }
}

/// Many such expressions that are asked together.
#[derive(Debug)]
pub(crate) struct AsciiExpressions(meta::Regex);

impl AsciiExpressions {
    /// `None` when they are too large together.
    pub(crate) fn new<'p>(patterns: impl Iterator<Item = &'p str>) -> Option<Self> {
        let patterns: Vec<&str> = patterns.collect();
        // What they begin with is so varied that looking for it first costs more than it saves.
        let config = meta::Config::new()
            .match_kind(MatchKind::All)
            .which_captures(WhichCaptures::None)
            .auto_prefilter(false);
        let syntax = syntax::Config::new().unicode(false).utf8(false);
        let mut builder = meta::Builder::new();
        let expressions = builder
            .configure(config)
            .syntax(syntax)
            .build_many(&patterns);
        expressions.ok().map(Self)
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }

    /// The numbers of those that match.
    pub(crate) fn matches(&self, text: &str) -> Vec<usize> {
        let mut set = PatternSet::new(self.0.pattern_len());
        self.0
            .which_overlapping_matches(&Input::new(text.as_bytes()), &mut set);
        set.iter().map(|pattern| pattern.as_usize()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_ascii_s_where_the_pattern_is() {
        assert_eq!(with_ascii_boundaries(r"a\b"), r"a(?-u:\b)");
        assert_eq!(with_ascii_boundaries(r"a\\b\b"), r"a\\b(?-u:\b)");
        assert_eq!(with_ascii_boundaries(r"\bé"), r"\bé");
    }
}
