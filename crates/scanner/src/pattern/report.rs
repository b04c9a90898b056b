//! Turns what a follower saw into findings, by the rules of its language.

use std::collections::BTreeSet;
use std::ops::Range;

use skillgate_model::Severity;

use super::resolved::{Fact, Seen, What};
use crate::source::Source;
use crate::{Artifact, Kind, Sink};

/// Judges facts by the rules of a language and uncovers the code inside them.
///
/// `runs_own_file` says of a command's text that what it starts is examined for itself.
pub(super) fn report(
    artifact: &Artifact<'_>,
    source: &Source<'_>,
    language: &str,
    facts: &[Fact],
    runs_own_file: &dyn Fn(&str) -> bool,
    sink: &mut Sink<'_>,
) {
    let rules = sink.rules();
    let mut seen_before = BTreeSet::new();
    let mut inline = BTreeSet::new();
    for Fact { span, what } in facts {
        match what {
            What::Check { name, detail } => {
                if seen_before.insert((*name, span.start, String::new())) {
                    report_check(
                        artifact,
                        source,
                        name,
                        span.clone(),
                        Some(detail.clone()),
                        sink,
                    );
                }
                continue;
            }
            What::Code { kind, how, text } => {
                if inline.insert((span.start, text.clone())) {
                    uncover(artifact, source, span.clone(), (*kind, how, text), sink);
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
            let place = if rule.info.severity <= Severity::Info {
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

pub(super) fn report_check(
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
    (kind, how, text): (Kind, &str, &str),
    sink: &mut Sink<'_>,
) {
    let mut layer = artifact.layer(source, span, &[how.to_owned()], text.as_bytes().to_vec());
    layer.kind = kind;
    sink.uncover(layer);
}
