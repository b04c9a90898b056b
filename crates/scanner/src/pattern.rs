//! The pattern engine: shapes of syntax trees in any language, and what shell and JavaScript do.

mod decode;
mod grammar;
mod hosts;
mod install_scripts;
mod installers;
mod javascript;
mod places;
mod report;
mod resolved;
mod shell;
mod tree;
mod value;

use serde::Deserialize;
use skillgate_model::Skill;

pub(crate) use install_scripts::is_run_at_install;
pub(crate) use resolved::Resolved;
pub(crate) use tree::{TreeRule, TreeRules};

use crate::{Artifact, Kind, Sink};

/// What a rule says to the pattern engine: a shape in ast-grep's syntax, or names resolved by the follower of its language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PatternMatch {
    /// What stands for a stretch of source, with `$A` and `$$$A` for what may vary.
    pattern: Option<String>,
    /// The kind of syntax node.
    kind: Option<String>,
    /// A regular expression over the node's text.
    regex: Option<String>,
    any: Vec<PatternMatch>,
    all: Vec<PatternMatch>,
    not: Option<Box<PatternMatch>>,
    inside: Option<Box<PatternMatch>>,
    has: Option<Box<PatternMatch>>,
    follows: Option<Box<PatternMatch>>,
    precedes: Option<Box<PatternMatch>>,
    /// How far `inside` and `has` look: `neighbor` (default) or `end`.
    #[serde(rename = "stopBy")]
    stop_by: Option<String>,
    /// Rules that what `$A` stands for must match.
    constraints: std::collections::BTreeMap<String, PatternMatch>,
    /// Programs that a script starts, by name.
    command: Vec<String>,
    /// Functions that are called, by resolved name: `child_process.exec`.
    call: Vec<String>,
    /// Names that are mentioned, called or not.
    reference: Vec<String>,
    /// A regular expression over the arguments as far as they are known, a blank between them.
    arguments: Option<String>,
    /// A regular expression over the path of a file that is written.
    writes: Option<String>,
    /// A regular expression over what is written, where it is known.
    content: Option<String>,
    /// A regular expression over the path of a file that is read.
    reads: Option<String>,
    /// A regular expression over `name=value` of a variable that is set.
    assigns: Option<String>,
    /// An effect of the follower, whatever its resource: `connect`, `listen`, `read`, `write`, `delete`, `spawn`, `variable`.
    fact: Option<String>,
}

/// What a rule's file becomes when it is loaded.
#[derive(Debug, Clone)]
pub(crate) enum PatternRule {
    Tree(Box<tree::TreeRule>),
    Resolved(Box<Resolved>),
}

impl PatternRule {
    /// Fails with one sentence when the rule makes no sense in this language.
    pub(crate) fn compile(source: &PatternMatch, language: &str) -> Result<Self, String> {
        if source.speaks_of_names() {
            return Resolved::compile(source).map(|rule| Self::Resolved(Box::new(rule)));
        }
        let grammars = grammar::of_language(language).ok_or_else(|| {
            format!("there is no grammar for `{language}`: expected python, shell, javascript")
        })?;
        tree::TreeRule::compile(source, grammars).map(|rule| Self::Tree(Box::new(rule)))
    }
}

impl PatternMatch {
    fn speaks_of_names(&self) -> bool {
        !self.command.is_empty()
            || !self.call.is_empty()
            || !self.reference.is_empty()
            || self.writes.is_some()
            || self.reads.is_some()
            || self.assigns.is_some()
            || self.fact.is_some()
    }
}

/// Follows shell and JavaScript, and looks for the shapes that rules of the artifact's language ask for.
pub(crate) fn examine(artifact: &Artifact<'_>, skill: &Skill, sink: &mut Sink<'_>) {
    let grammar = match artifact.kind {
        Kind::Python => grammar::Grammar::Python,
        Kind::Shell => grammar::Grammar::Bash,
        Kind::JavaScript => grammar::Grammar::JavaScript,
        Kind::TypeScript if artifact.path.ends_with("sx") => grammar::Grammar::Tsx,
        Kind::TypeScript => grammar::Grammar::TypeScript,
        _ => return,
    };
    let text = artifact.text();
    match artifact.kind {
        Kind::Shell => shell::examine(artifact, &text, skill, sink),
        Kind::JavaScript | Kind::TypeScript => javascript::examine(artifact, &text, grammar, sink),
        _ => {}
    }
    tree::examine(artifact, &text, grammar, sink);
}
