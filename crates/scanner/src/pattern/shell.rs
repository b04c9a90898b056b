//! Shell scripts: read, followed from top to bottom, judged by the rules of their language.

mod call;
mod expansion;
mod judge;
mod own;
mod programs;
mod run;
mod syntax;

use skillgate_model::Skill;

use super::report::{report, report_check};
use super::resolved::What;
use super::value::{Taint, Value};
use crate::source::Source;
use crate::{Artifact, Sink};

pub(super) fn examine(artifact: &Artifact<'_>, text: &str, skill: &Skill, sink: &mut Sink<'_>) {
    let mut run = run::Run::default();
    run.script(text);
    run.judge();
    let source = Source::new(text);
    report(
        artifact,
        &source,
        "shell",
        &run.facts,
        &|command| own::runs_own_file(command, skill),
        sink,
    );
    own::uncover_run(artifact, &run.facts, skill, sink);
    if run.exhausted {
        sink.incomplete("the script does more than the scanner follows");
    }
    if let Some(at) = run.broken {
        report_check(artifact, &source, "shell-unreadable", at..at, None, sink);
    }
    sink.examined("pattern");
}

/// Whether a text speaks to an agent.
pub(super) fn tells(text: &str) -> bool {
    programs::builtins::TELLS.is_match(text)
}

/// What writing this text to this file gives away by itself.
pub(super) fn written(path: &str, content: &Value) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    judge::written(path, content, &mut found);
    found
}

/// Whether a text speaks to a pool of miners, or starts a miner.
pub(super) fn mines(text: &str) -> bool {
    judge::mines(text)
}

/// A word of a command line that stands for itself.
pub(super) fn quote(text: &str) -> String {
    run::quote(text)
}

/// Where the output of a command line comes from.
pub(super) fn output_of(line: &str) -> Taint {
    let mut run = run::Run::default();
    run.nested(line, &(0..0), &Value::default()).taint
}
