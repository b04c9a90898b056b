//! L1, the static scan: source → facts → rules → findings.
//!
//! Every file of a skill becomes an [`Artifact`]; the engines examine it, report into a [`Sink`] and
//! may uncover further artifacts (a code block, an archive member, a decoded payload), which are
//! examined in turn, to a bounded depth.

mod artifact;
mod atoms;
mod authority;
mod catalogue;
mod data;
mod expression;
mod facts;
mod fixtures;
mod kind;
mod pattern;
mod rule;
mod services;
mod sink;
mod source;
mod text;
mod unpack;

use rayon::prelude::*;
use skillgate_model::{Content, Coverage, Examination, Finding, Skill, SkillFile};

pub(crate) use artifact::Artifact;
pub use catalogue::catalogue;
pub use fixtures::{FixtureError, FixtureFailure, FixtureReport, check_fixtures};
pub use kind::Kind;
pub use rule::{Rule, RuleError, Rules};
pub(crate) use sink::Sink;

/// How deep artifacts may lie inside artifacts (archives, decoded payloads, code blocks).
pub(crate) const MAX_DEPTH: u8 = 6;
/// How many artifacts one file may turn into.
pub(crate) const MAX_ARTIFACTS: usize = 512;
/// How many bytes all artifacts uncovered from one file may have together.
pub(crate) const MAX_UNCOVERED_BYTES: usize = 64 << 20;

/// What the static scan says of a skill.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Scan {
    /// Sorted by file, line, column and rule.
    pub findings: Vec<Finding>,
    /// One entry for each file, in the order of the skill's files.
    pub coverage: Vec<Coverage>,
}

/// The static scanner; made once, used for any number of skills from any number of threads.
#[derive(Debug)]
pub struct Scanner {
    rules: Rules,
}

impl Scanner {
    /// A scanner with these rules.
    pub fn new(rules: Rules) -> Self {
        Self { rules }
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Examines every file of a skill, and then the skill as a whole.
    pub fn scan(&self, skill: &Skill) -> Scan {
        let modules = facts::Modules::of(skill);
        let files: Vec<FileScan> = skill
            .files
            .par_iter()
            .map(|file| self.scan_file(skill, &modules, file))
            .collect();
        let mut sink = Sink::new(&self.rules);
        text::across_files(skill, &files, &mut sink);
        let mut scan = Scan {
            findings: sink.into_findings(),
            coverage: Vec::new(),
        };
        for file in files {
            scan.findings.extend(file.findings);
            scan.coverage.push(file.coverage);
        }
        scan.findings
            .sort_by(|a, b| (&a.location, &a.rule.id).cmp(&(&b.location, &b.rule.id)));
        scan.findings.dedup_by(|a, b| {
            a.location == b.location && a.rule.id == b.rule.id && a.effect == b.effect
        });
        scan
    }

    fn scan_file(&self, skill: &Skill, modules: &facts::Modules<'_>, file: &SkillFile) -> FileScan {
        let mut sink = Sink::new(&self.rules);
        data::examine_entry(skill, file, &mut sink);
        let Content::Bytes(bytes) = &file.content else {
            return FileScan::unexamined(file, sink);
        };
        let mut queue = vec![Artifact::of_file(file, bytes)];
        let kind = queue.first().map_or(Kind::Empty, |artifact| artifact.kind);
        let (mut count, mut uncovered) = (0, 0);
        while let Some(artifact) = queue.pop() {
            count += 1;
            uncovered += if artifact.depth == 0 {
                0
            } else {
                artifact.bytes.len()
            };
            if count > MAX_ARTIFACTS
                || uncovered > MAX_UNCOVERED_BYTES
                || artifact.depth > MAX_DEPTH
            {
                sink.incomplete("the file unpacks to more than the scanner's bounds");
                break;
            }
            sink.begin(&artifact);
            facts::examine(&artifact, modules, &mut sink);
            pattern::examine(&artifact, skill, &mut sink);
            text::examine(&artifact, skill, &mut sink);
            data::examine(&artifact, skill, &mut sink);
            queue.append(&mut sink.take_uncovered());
        }
        FileScan::new(file, kind, sink)
    }
}

/// What the scan of one file leaves for the pass over the whole skill.
pub(crate) struct FileScan {
    pub(crate) findings: Vec<Finding>,
    pub(crate) coverage: Coverage,
}

impl FileScan {
    fn new(file: &SkillFile, kind: Kind, sink: Sink<'_>) -> Self {
        let examination = sink.examination(kind);
        let coverage = Coverage {
            path: file.path.clone(),
            kind: kind.name().to_owned(),
            size: file.size,
            examination,
        };
        Self {
            findings: sink.into_findings(),
            coverage,
        }
    }

    fn unexamined(file: &SkillFile, sink: Sink<'_>) -> Self {
        let (kind, reason) = match &file.content {
            Content::Bytes(_) => ("file", "it was not read".to_owned()),
            Content::TooLarge => (
                "large file",
                "it is larger than the limit for one file".to_owned(),
            ),
            Content::Special(kind) => (*kind, format!("a {kind} is never opened")),
            Content::Unreadable(reason) => ("unreadable", reason.clone()),
            Content::Link {
                target,
                escapes: true,
            } => (
                "link",
                format!("the link leads out of the skill, to `{}`", target.display()),
            ),
            Content::Link { escapes: false, .. } => ("link", String::new()),
        };
        let examination = match &file.content {
            // What the agent acts on is read otherwise than what it looks things up in.
            Content::Link { .. } if artifact::is_acted_on(&file.path) => Examination::Unexamined {
                reason: "the page that the agent acts on is a link".to_owned(),
            },
            // The target lies in the skill and is examined under its own name.
            Content::Link { escapes: false, .. } => Examination::Examined {
                engines: vec!["link".into()],
            },
            _ => Examination::Unexamined { reason },
        };
        let coverage = Coverage {
            path: file.path.clone(),
            kind: kind.to_owned(),
            size: file.size,
            examination,
        };
        Self {
            findings: sink.into_findings(),
            coverage,
        }
    }
}
