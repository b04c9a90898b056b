//! The format `junit`: one test suite for each skill, a failure for each reason, an error for what is incomplete.

use std::io;

use skillgate_model::{LayerStatus, Reason, ReasonKind, Report};

use crate::markup::Markup;
use crate::{Document, Format, Style, Tally, View, place, words};

pub(crate) struct JUnit;

impl Format for JUnit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn document(&self, _: Style) -> Box<dyn Document> {
        Box::new(Suites { begun: false })
    }
}

struct Suites {
    begun: bool,
}

impl Suites {
    fn begin(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        out.write_all(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"skillgate\">\n",
        )
    }
}

impl Document for Suites {
    fn report(&mut self, view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        self.begin(out)?;
        out.write_all(suite(view).as_bytes())
    }

    fn end(&mut self, _: &Tally, out: &mut dyn io::Write) -> io::Result<()> {
        self.begin(out)?;
        out.write_all(b"</testsuites>\n")
    }
}

fn suite(view: &View<'_>) -> Markup {
    let report = view.report();
    let reasons = &report.verdict.reasons;
    let enforced = reasons.iter().filter(|_| !view.promoted());
    let (errors, failures): (Vec<_>, Vec<_>) = enforced.partition(|reason| is_error(reason));
    let mut cases = Markup::default();
    let mut counts = Counts {
        tests: reasons.len() as u64,
        failures: failures.len() as u64,
        errors: errors.len() as u64,
        skipped: 0,
    };
    if view.shows_layers() {
        layers(report, &mut cases, &mut counts);
    } else if reasons.is_empty() {
        counts.tests += 1;
        case(report, words::decided(view.promoted()), &mut cases);
        cases.raw("/>\n");
    }
    for reason in reasons {
        failure(view, reason, &mut cases);
    }
    let mut suite = Markup::default();
    suite.raw("  <testsuite name=\"").text(&report.skill.name);
    suite.raw("\" tests=\"").number(counts.tests);
    suite.raw("\" failures=\"").number(counts.failures);
    suite.raw("\" errors=\"").number(counts.errors);
    suite.raw("\" skipped=\"").number(counts.skipped);
    suite
        .raw("\" time=\"")
        .text(&seconds(report.duration_ms.saturating_mul(1_000)));
    suite
        .raw("\" timestamp=\"")
        .text(&report.started_at)
        .raw("\">\n");
    suite.append(&cases).raw("  </testsuite>\n");
    suite
}

struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

/// A layer with reasons is told by them; any other is a case that passed or was skipped.
fn layers(report: &Report, cases: &mut Markup, counts: &mut Counts) {
    for (name, layer) in words::layers(report) {
        let skipped = match layer.status {
            LayerStatus::Passed => false,
            LayerStatus::NotRun | LayerStatus::NotApplicable => true,
            LayerStatus::Failed | LayerStatus::Incomplete => continue,
        };
        counts.tests += 1;
        case(report, name, cases);
        cases
            .raw(" time=\"")
            .text(&seconds(layer.duration_us))
            .raw("\"");
        if skipped {
            counts.skipped += 1;
            let status = words::status(layer.status);
            cases
                .raw("><skipped message=\"")
                .text(status)
                .raw(": ")
                .text(&layer.summary);
            cases.raw("\"/></testcase>\n");
        } else {
            cases.raw("/>\n");
        }
    }
}

fn case(report: &Report, name: &str, cases: &mut Markup) {
    cases
        .raw("    <testcase classname=\"")
        .text(&report.skill.name);
    cases.raw("\" name=\"").text(name).raw("\"");
}

fn failure(view: &View<'_>, reason: &Reason, cases: &mut Markup) {
    let report = view.report();
    let place = reason.location.as_ref();
    let place = place.map(|location| place::full(&report.skill, location));
    let place = place.as_deref().unwrap_or(&report.skill.path);
    let name = match view.shows_layers() {
        true => format!("{} at {place}", words::reason_name(reason)),
        false => place.to_owned(),
    };
    case(report, &name, cases);
    let (open, close) = match (view.promoted(), is_error(reason)) {
        (true, _) => ("><system-out", "</system-out></testcase>\n"),
        (false, true) => ("><error", "</error></testcase>\n"),
        (false, false) => ("><failure", "</failure></testcase>\n"),
    };
    cases.raw(open);
    if !view.promoted() {
        cases.raw(" type=\"").text(words::reason_kind(reason.kind));
        cases.raw("\" message=\"").text(&reason.message).raw("\"");
    }
    cases.raw(">").text(&reason.message).raw("\n");
    if let Some(effect) = &reason.effect {
        cases.raw("effect: ").text(&effect.to_string()).raw("\n");
    }
    if view.shows_layers() {
        cases.raw("layer: ").text(reason.layer.as_str());
        cases
            .raw("\nseverity: ")
            .text(reason.severity.as_str())
            .raw("\n");
    }
    cases.raw("next: ").text(&reason.remedy).raw(close);
}

fn is_error(reason: &Reason) -> bool {
    reason.kind == ReasonKind::Incomplete
}

fn seconds(microseconds: u64) -> String {
    format!(
        "{}.{:06}",
        microseconds / 1_000_000,
        microseconds % 1_000_000
    )
}
