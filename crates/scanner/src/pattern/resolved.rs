//! Rules over what a script does, its names resolved and its words followed.

use std::ops::Range;

use skillgate_model::{Effect, EffectKind};

use super::value::Value;
use super::{PatternMatch, hosts, places};
use crate::expression::AsciiExpression;

/// One thing that a follower saw.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// A check written in Rust, by its name.
    Check {
        name: &'static str,
        detail: String,
    },
    /// A program is started.
    Command {
        name: String,
        arguments: Vec<Value>,
    },
    /// A function is called, by its resolved name.
    Call {
        name: String,
        arguments: Vec<Value>,
    },
    /// A name is mentioned.
    Reference(String),
    /// A variable is set.
    Assign {
        name: String,
        value: String,
    },
    /// An environment variable is read.
    Variable(String),
    Read(String),
    /// A line is looked for in a file.
    Search(String),
    Write {
        path: String,
        content: Value,
    },
    /// A start-up file is written after a person was asked about it and agreed, or one that starts nothing new.
    Agreed {
        path: String,
        content: Value,
    },
    /// Fields of a file are read that hold none of its credentials.
    Consult(String),
    Delete(String),
    /// `host` or `host:port`.
    Connect(String),
    Listen,
    /// Code in another language.
    Code {
        kind: crate::Kind,
        how: &'static str,
        text: String,
    },
}

/// Something that a program does, and where.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) span: Range<usize>,
    pub(super) what: What,
}

impl Fact {
    /// A check written in Rust was met.
    pub(super) fn check(span: Range<usize>, name: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            span,
            what: What::Check { name, detail },
        }
    }
}

/// A rule's conditions; all that are given must hold.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    commands: Vec<String>,
    calls: Vec<String>,
    references: Vec<String>,
    arguments: Option<AsciiExpression>,
    writes: Option<AsciiExpression>,
    content: Option<AsciiExpression>,
    reads: Option<AsciiExpression>,
    assigns: Option<AsciiExpression>,
    fact: Option<String>,
}

impl Resolved {
    pub(super) fn compile(source: &PatternMatch) -> Result<Self, String> {
        if source.pattern.is_some()
            || source.kind.is_some()
            || !source.all.is_empty()
            || !source.any.is_empty()
        {
            return Err("a rule speaks either of shapes or of resolved names".to_owned());
        }
        let regex = |text: &Option<String>| text.clone().map(AsciiExpression::try_from).transpose();
        let facts = [
            "connect",
            "listen",
            "read",
            "write",
            "delete",
            "spawn",
            "variable",
            "credential",
            "agent-setting",
            "agent-setting-home",
            "drop",
            "agent-extension",
        ];
        if let Some(fact) = source.fact.as_deref().filter(|fact| !facts.contains(fact)) {
            return Err(format!(
                "fact `{fact}`: expected one of {}",
                facts.join(", ")
            ));
        }
        Ok(Self {
            commands: source.command.clone(),
            calls: source.call.clone(),
            references: source.reference.clone(),
            arguments: regex(&source.arguments)?,
            writes: regex(&source.writes)?,
            content: regex(&source.content)?,
            reads: regex(&source.reads)?,
            assigns: regex(&source.assigns)?,
            fact: source.fact.clone(),
        })
    }

    /// What the match says of this place, `None` when the rule does not match.
    pub(super) fn matches(&self, what: &What) -> Option<Seen> {
        if let Some(fact) = &self.fact {
            return self.effect(fact, what);
        }
        match what {
            What::Command { name, arguments } if self.commands.contains(name) => {
                self.with_arguments(name, arguments)
            }
            What::Call { name, arguments } if named(&self.calls, name) => {
                self.with_arguments(name, arguments)
            }
            What::Reference(name) if named(&self.references, name) => Some(Seen::of(name)),
            What::Write { path, content } if is_match(&self.writes, path) => {
                let content_fits = self
                    .content
                    .as_ref()
                    .is_none_or(|regex| regex.is_match(&content.text));
                content_fits.then(|| Seen::on(EffectKind::FilesystemWrite, path))
            }
            What::Read(path) if is_match(&self.reads, path) => {
                Some(Seen::on(EffectKind::FilesystemRead, path))
            }
            What::Assign { name, value } if is_match(&self.assigns, &format!("{name}={value}")) => {
                Some(Seen::of(name))
            }
            _ => None,
        }
    }

    /// Whether the rule says no more than that a program is started.
    pub(super) fn speaks_of_programs(&self) -> bool {
        self.fact.as_deref() == Some("spawn")
    }

    fn with_arguments(&self, name: &str, arguments: &[Value]) -> Option<Seen> {
        let joined = arguments
            .iter()
            .map(|value| value.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let fits = self
            .arguments
            .as_ref()
            .is_none_or(|regex| regex.is_match(&joined));
        fits.then(|| Seen::of(&format!("{name} {joined}")))
    }

    fn effect(&self, fact: &str, what: &What) -> Option<Seen> {
        Some(match (fact, what) {
            ("connect", What::Connect(host)) => Seen::on(EffectKind::NetworkConnect, host),
            ("listen", What::Listen) => Seen {
                detail: None,
                effect: Some(Effect::any(EffectKind::NetworkListen)),
            },
            ("credential", What::Read(path) | What::Search(path))
                if places::is_credential(path) =>
            {
                Seen::on(EffectKind::FilesystemRead, path)
            }
            ("agent-setting-home", What::Write { path, .. })
                if places::is_agent_setting(path) && places::is_home(path) =>
            {
                Seen::on(EffectKind::FilesystemWrite, path)
            }
            ("agent-setting", What::Write { path, .. })
                if places::is_agent_setting(path) && !places::is_home(path) =>
            {
                Seen::on(EffectKind::FilesystemWrite, path)
            }
            ("agent-extension", What::Write { path, .. }) if places::is_agent_extension(path) => {
                Seen::on(EffectKind::FilesystemWrite, path)
            }
            ("drop", What::Connect(host)) if hosts::is_drop(host) => {
                Seen::on(EffectKind::NetworkConnect, host)
            }
            ("read", What::Read(path) | What::Search(path) | What::Consult(path)) => {
                Seen::on(EffectKind::FilesystemRead, path)
            }
            ("write", What::Write { path, .. } | What::Agreed { path, .. }) => {
                Seen::on(EffectKind::FilesystemWrite, path)
            }
            ("delete", What::Delete(path)) => Seen::on(EffectKind::FilesystemDelete, path),
            ("spawn", What::Command { name, .. }) if !is_own_tool(name) => {
                Seen::on(EffectKind::ProcessSpawn, name)
            }
            ("variable", What::Variable(name)) => Seen::on(EffectKind::EnvRead, name),
            _ => return None,
        })
    }
}

/// What a finding adds to its rule.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) detail: Option<String>,
    pub(super) effect: Option<Effect>,
}

impl Seen {
    fn of(text: &str) -> Self {
        let bounded: String = text.chars().take(160).collect();
        Self {
            detail: Some(bounded.trim_end().to_owned()),
            effect: None,
        }
    }

    /// A resource that is not known stands for every resource.
    fn on(kind: EffectKind, resource: &str) -> Self {
        let known = !resource.contains(super::value::UNKNOWN) && !resource.is_empty();
        let effect = if known {
            Effect::on(kind, resource)
        } else {
            Effect::any(kind)
        };
        Self {
            detail: known.then(|| resource.chars().take(160).collect()),
            effect: Some(effect),
        }
    }
}

fn is_match(regex: &Option<AsciiExpression>, text: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// `fs.*` stands for every member of `fs`.
fn named(list: &[String], name: &str) -> bool {
    list.iter().any(|one| match one.strip_suffix(".*") {
        Some(module) => name
            .strip_prefix(module)
            .is_some_and(|rest| rest.starts_with('.')),
        None => one == name,
    })
}

/// Shell builtins and the text tools that every script is made of: no program of their own to declare.
fn is_own_tool(name: &str) -> bool {
    const OWN: &[&str] = &[
        ":",
        ".",
        "[",
        "[[",
        "alias",
        "awk",
        "basename",
        "bg",
        "break",
        "builtin",
        "cat",
        "cd",
        "command",
        "continue",
        "cut",
        "date",
        "declare",
        "dirname",
        "echo",
        "eval",
        "exec",
        "exit",
        "export",
        "expr",
        "false",
        "fg",
        "getopts",
        "grep",
        "hash",
        "head",
        "jobs",
        "let",
        "local",
        "ls",
        "mkdir",
        "mktemp",
        "popd",
        "print",
        "printf",
        "pushd",
        "pwd",
        "read",
        "readarray",
        "mapfile",
        "readonly",
        "return",
        "sed",
        "set",
        "shift",
        "shopt",
        "sleep",
        "sort",
        "source",
        "tail",
        "tee",
        "test",
        "touch",
        "tr",
        "trap",
        "true",
        "type",
        "typeset",
        "ulimit",
        "umask",
        "unalias",
        "uniq",
        "unset",
        "wait",
        "wc",
        "which",
        "xargs",
        "compgen",
        "complete",
        "setopt",
        "egrep",
        "fgrep",
        "env",
        "seq",
        "realpath",
        "readlink",
    ];
    OWN.contains(&name)
        || name.is_empty()
        || name.starts_with('-')
        || name.contains(super::value::UNKNOWN)
}
