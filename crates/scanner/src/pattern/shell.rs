//! Shell scripts: read, followed from top to bottom, judged by the rules of their language.

mod expansion;
mod judge;
mod own;
mod programs;
mod run;
mod syntax;

use std::collections::BTreeSet;
use std::ops::Range;

use skillgate_model::Skill;

use super::resolved::{Seen, What};
use crate::source::Source;
use crate::{Artifact, Sink};

pub(crate) use programs::{decode_base64, decode_hex};

/// Something that a script does, and where.
#[derive(Debug)]
struct Fact {
    span: Range<usize>,
    what: What,
}

pub(super) fn examine(artifact: &Artifact<'_>, text: &str, skill: &Skill, sink: &mut Sink<'_>) {
    let mut run = run::Run::new();
    run.script(text);
    run.judge();
    let source = Source::new(text);
    report(
        artifact,
        &source,
        "shell",
        run.facts.iter().map(|fact| (fact.span.clone(), &fact.what)),
        &|command| own::runs_own_file(command, skill),
        sink,
    );
    if run.exhausted {
        sink.incomplete("the script does more than the scanner follows");
    }
    if let Some(at) = run.broken {
        report_check(artifact, &source, "shell-unreadable", at..at, None, sink);
    }
    sink.examined("pattern");
}

/// Judges facts by the rules of a language and uncovers the code inside them.
///
/// `runs_own_file` says of a command's text that what it starts is examined for itself.
pub(super) fn report<'f>(
    artifact: &Artifact<'_>,
    source: &Source<'_>,
    language: &str,
    facts: impl Iterator<Item = (Range<usize>, &'f What)>,
    runs_own_file: &dyn Fn(&str) -> bool,
    sink: &mut Sink<'_>,
) {
    let rules = sink.rules();
    let mut seen_before = BTreeSet::new();
    let mut inline = BTreeSet::new();
    for (span, what) in facts {
        match what {
            What::Check { name, detail } => {
                if seen_before.insert((*name, span.start, String::new())) {
                    report_check(artifact, source, name, span, Some(detail.clone()), sink);
                }
                continue;
            }
            What::Code { kind, how, text } => {
                if inline.insert((span.start, text.clone())) {
                    uncover(artifact, source, span, (*kind, how, text), sink);
                }
                continue;
            }
            _ => {}
        }
        for (rule, resolved) in rules.resolved(language) {
            let Some(Seen { detail, effect }) = resolved.matches(what) else {
                continue;
            };
            let command = source.text().get(span.clone()).unwrap_or_default();
            if resolved.speaks_of_programs() && runs_own_file(command) {
                continue;
            }
            // A fact is worth saying once a resource; an attack is said wherever it is.
            let place = if rule.info.severity <= skillgate_model::Severity::Info {
                0
            } else {
                span.start
            };
            let key = (
                rule.info.id.as_str(),
                place,
                detail.clone().unwrap_or_default(),
            );
            if seen_before.insert(key) {
                sink.report(rule, artifact, source, span.clone(), effect, detail);
            }
        }
    }
}

fn report_check(
    artifact: &Artifact<'_>,
    source: &Source<'_>,
    name: &str,
    span: Range<usize>,
    detail: Option<String>,
    sink: &mut Sink<'_>,
) {
    if let Some(rule) = sink.rules().check(name) {
        let detail = detail.map(|detail| detail.chars().take(200).collect());
        sink.report(rule, artifact, source, span, None, detail);
    }
}

fn uncover(
    artifact: &Artifact<'_>,
    source: &Source<'_>,
    span: Range<usize>,
    (kind, how, text): (crate::Kind, &str, &str),
    sink: &mut Sink<'_>,
) {
    let mut layer = artifact.layer(source, span, &[how.to_owned()], text.as_bytes().to_vec());
    layer.kind = kind;
    sink.uncover(layer);
}
