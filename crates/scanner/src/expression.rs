//! The regular expressions of rules: their syntax is checked when a rule is read, the rest is done when a text first asks.

use std::sync::OnceLock;

use regex::{Regex, bytes};
use serde::Deserialize;

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
            Regex::new(&self.pattern)
                .or_else(|_| Regex::new(""))
                .expect("the empty expression compiles")
        })
    }
}

impl TryFrom<String> for Expression {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        regex_syntax::parse(&pattern).map_err(|error| error.to_string())?;
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
        let regex = self.compiled.get_or_init(|| {
            bytes::RegexBuilder::new(&self.pattern)
                .unicode(false)
                .build()
                .or_else(|_| bytes::Regex::new(&self.pattern))
                .or_else(|_| bytes::Regex::new(""))
                .expect("the empty expression compiles")
        });
        regex.is_match(text.as_bytes())
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
