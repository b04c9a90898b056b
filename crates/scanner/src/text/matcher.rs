//! What a rule says to the text engine, checked when the rule is read.

use serde::Deserialize;

use super::phrase::Phrase;
use super::validate::Validator;
use crate::expression::Expression;

/// Where a rule looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// What an agent reads: Markdown, plain text, front matter, comments; sentences that are meant.
    #[default]
    Prose,
    /// The same, on the page that the agent acts on and where no reader sees it.
    Acted,
    /// Also sentences that the context describes as bad.
    Described,
    /// Every kind of text.
    Any,
    /// Markdown and plain text, with their code.
    Document,
}

/// Which verbs a phrase may begin with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mood {
    /// Any word.
    #[default]
    Any,
    /// A verb in its plain form where a command begins.
    Imperative,
}

/// How a rule matches text: sentences (`says`), or lines with one of `atoms` (`regex`).
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Raw")]
pub(crate) struct TextMatch {
    pub(crate) says: Vec<Phrase>,
    pub(crate) regex: Vec<Expression>,
    pub(crate) atoms: Vec<String>,
    pub(crate) with: Vec<Expression>,
    pub(crate) without: Vec<Expression>,
    pub(crate) foreign: bool,
    pub(crate) mood: Mood,
    pub(crate) scope: Scope,
    pub(crate) files: Vec<String>,
    pub(crate) validate: Option<Validator>,
    pub(crate) redact: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    /// Phrases of the little language; one must hold in a sentence.
    #[serde(default)]
    says: Vec<String>,
    /// Expressions, of which one must match within a line; the first group, where there is one, is the place.
    #[serde(default)]
    regex: Vec<Expression>,
    /// Words of which a matching line holds at least one, in any case.
    #[serde(default)]
    atoms: Vec<String>,
    /// Expressions that must all match somewhere in the file.
    #[serde(default)]
    with: Vec<Expression>,
    /// Expressions that must not match in the line.
    #[serde(default)]
    without: Vec<Expression>,
    #[serde(default)]
    scope: Scope,
    /// The sentence must hold an address that is neither a known publisher's nor the skill's own.
    #[serde(default)]
    foreign: bool,
    #[serde(default)]
    mood: Mood,
    /// Globs over the path in lower case.
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    validate: Option<Validator>,
    /// The match is a secret, which no excerpt may show.
    #[serde(default)]
    redact: bool,
}

impl TryFrom<Raw> for TextMatch {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        if raw.says.is_empty() == raw.regex.is_empty() {
            return Err("one of `says` and `regex` is needed, not both".to_owned());
        }
        if raw.regex.is_empty() != raw.atoms.is_empty() {
            return Err("`regex` and `atoms` stand together".to_owned());
        }
        if raw.atoms.iter().any(|atom| atom.len() < 2) {
            return Err("an atom has at least two bytes".to_owned());
        }
        for file in &raw.files {
            globset::Glob::new(file).map_err(|error| error.to_string())?;
        }
        let says = raw.says.iter().map(|text| Phrase::parse(text));
        Ok(Self {
            says: says
                .collect::<Result<_, _>>()
                .map_err(|error| error.to_string())?,
            regex: raw.regex,
            atoms: raw.atoms,
            with: raw.with,
            without: raw.without,
            foreign: raw.foreign,
            mood: raw.mood,
            scope: raw.scope,
            files: raw.files,
            validate: raw.validate,
            redact: raw.redact,
        })
    }
}
