//! One skill's section of the page.

use skillgate_model::{Finding, LayerStatus, Reason, Severity};

use super::{ROWS, coverage, effects, more, trace};
use crate::excerpt::Lines;
use crate::markup::Markup;
use crate::view::Links;
use crate::{View, place, words};

/// Reasons up to this severity are open when the page is; the others are a click away.
const OPEN: usize = 5;

/// Further places of a reason that are named.
const PLACES: usize = 20;

pub(super) fn write(view: &View<'_>, number: u64, page: &mut Markup) {
    let report = view.report();
    page.raw("<article id=\"skill-")
        .number(number)
        .raw("\">\n<h2>");
    badge(view, page);
    page.raw(" ").text(&report.skill.name);
    qualifiers(view, page);
    page.raw("</h2>\n");
    facts(view, page);
    if let Some(description) = &report.skill.description {
        page.raw("<p class=\"claim\">says: ")
            .text(description)
            .raw("</p>\n");
    }
    let links = view.links();
    reasons(view, &links, page);
    if view.shows_layers() {
        layers(view, page);
        effects::write(report, page);
        notes(view, &links, page);
        if let Some(trace) = &report.trace {
            trace::write(trace, page);
        }
    }
    coverage::write(view.report(), page);
    page.raw("</article>\n");
}

/// The verdict as a word with a sign, so that colour is never alone.
pub(super) fn badge(view: &View<'_>, page: &mut Markup) {
    page.raw(match view.promoted() {
        true => "<span class=\"badge promoted\">✓ promoted</span>",
        false => "<span class=\"badge quarantined\">✕ quarantined</span>",
    });
}

pub(super) fn qualifiers(view: &View<'_>, page: &mut Markup) {
    let qualifiers = words::qualifiers(&view.report().verdict);
    if !qualifiers.is_empty() {
        page.raw(" <span class=\"qualifier\">")
            .text(&qualifiers)
            .raw("</span>");
    }
}

fn facts(view: &View<'_>, page: &mut Markup) {
    let report = view.report();
    let skill = &report.skill;
    page.raw("<p class=\"facts\"><code>")
        .text(&skill.path)
        .raw("</code> · ");
    page.text(&words::count(u64::from(skill.files), "file"))
        .raw(", ")
        .text(&words::size(skill.size));
    if view.shows_layers() {
        page.raw(" · profile ").raw(report.profile.as_str());
        page.raw(" · ")
            .text(&words::duration(report.duration_ms.saturating_mul(1_000)));
    }
    page.raw(" · <span class=\"digest\">sha256 ")
        .text(&skill.digest)
        .raw("</span>");
    page.raw(" · report ")
        .text(&report.id)
        .raw(" of ")
        .text(&report.started_at)
        .raw("</p>\n");
}

fn reasons(view: &View<'_>, links: &Links<'_>, page: &mut Markup) {
    let reasons = &view.report().verdict.reasons;
    if reasons.is_empty() {
        return;
    }
    page.raw("<section class=\"reasons\">\n<h3>Reasons</h3>\n");
    for (index, reason) in reasons.iter().take(ROWS).enumerate() {
        page.raw(if index < OPEN {
            "<details open class=\""
        } else {
            "<details class=\""
        });
        page.raw(if view.shows_layers() {
            reason.severity.as_str()
        } else {
            "high"
        });
        page.raw("\"><summary>");
        if view.shows_layers() {
            severity(reason.severity, page);
        }
        page.prose(&reason.message).raw("</summary>\n");
        reason_body(view, reason, links, page);
        page.raw("</details>\n");
    }
    more(reasons.len(), page);
    page.raw("</section>\n");
}

fn severity(severity: Severity, page: &mut Markup) {
    page.raw("<span class=\"severity\">")
        .raw(severity.as_str())
        .raw("</span> ");
}

fn reason_body(view: &View<'_>, reason: &Reason, links: &Links<'_>, page: &mut Markup) {
    let finding = links.finding(reason);
    page.raw("<dl>\n");
    if let Some(location) = &reason.location {
        row("where", &place::full(&view.report().skill, location), page);
    }
    let skill = &view.report().skill;
    let others = links.others(reason).map(|other| place::full(skill, other));
    let others: Vec<_> = others.take(PLACES).collect();
    if !others.is_empty() {
        row("also in", &others.join(", "), page);
    }
    if let Some(effect) = &reason.effect {
        row("effect", &effect.to_string(), page);
    }
    if view.shows_layers() {
        let kind = words::reason_kind(reason.kind);
        row("layer", &format!("{}, {kind}", reason.layer.as_str()), page);
    }
    if let Some(rule) = &reason.rule {
        row("rule", rule, page);
    }
    if let Some(finding) = finding {
        seen(finding, &reason.message, page);
    }
    page.raw("<dt>next</dt><dd class=\"next\">")
        .prose(&reason.remedy)
        .raw("</dd>\n</dl>\n");
    if let Some(finding) = finding {
        excerpt(finding, page);
    }
}

fn row(name: &'static str, text: &str, page: &mut Markup) {
    page.raw("<dt>")
        .raw(name)
        .raw("</dt><dd><code>")
        .text(text)
        .raw("</code></dd>\n");
}

fn seen(finding: &Finding, message: &str, page: &mut Markup) {
    if let Some(detail) = words::new_detail(finding, message) {
        page.raw("<dt>seen</dt><dd>").prose(detail).raw("</dd>\n");
    }
    if !finding.decoded.is_empty() {
        row("decoded", &finding.decoded.join(", then "), page);
    }
    let taxonomy = &finding.rule.taxonomy;
    let lists = [
        &taxonomy.cwe,
        &taxonomy.owasp_asi,
        &taxonomy.owasp_llm,
        &taxonomy.owasp_ast,
    ];
    let names: Vec<_> = lists
        .into_iter()
        .chain([&taxonomy.atlas])
        .flatten()
        .cloned()
        .collect();
    if !names.is_empty() {
        row("known as", &names.join(", "), page);
    }
}

fn excerpt(finding: &Finding, page: &mut Markup) {
    let Some(excerpt) = &finding.excerpt else {
        return;
    };
    let lines = Lines::new(excerpt);
    let width = lines.last_line().to_string().len();
    page.raw("<pre tabindex=\"0\"><code>");
    for (number, [before, place, after]) in lines.rows() {
        let gutter = format!("{number:>width$} | ");
        page.raw("<span class=\"faint\">")
            .text(&gutter)
            .raw("</span>")
            .text(before);
        if !place.is_empty() {
            page.raw("<mark>").text(place).raw("</mark>");
        }
        page.text(after).raw("\n");
    }
    page.raw("</code></pre>\n");
}

fn layers(view: &View<'_>, page: &mut Markup) {
    page.raw(
        "<section>\n<h3>Layers</h3>\n<table class=\"layers\">\n<thead><tr><th scope=\"col\">Layer",
    );
    page.raw("</th><th scope=\"col\">Result</th><th scope=\"col\">Time</th>");
    page.raw("<th scope=\"col\">What it did</th></tr></thead>\n<tbody>\n");
    for (name, layer) in words::layers(view.report()) {
        page.raw("<tr><th scope=\"row\">")
            .raw(name)
            .raw("</th><td class=\"")
            .raw(class(layer.status));
        page.raw("\">")
            .raw(words::status(layer.status))
            .raw("</td><td class=\"number\">");
        page.text(&words::duration(layer.duration_us))
            .raw("</td><td>")
            .prose(&layer.summary);
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table>\n</section>\n");
}

fn class(status: LayerStatus) -> &'static str {
    match status {
        LayerStatus::Passed => "good",
        LayerStatus::Failed => "bad",
        LayerStatus::Incomplete | LayerStatus::NotRun => "warn",
        LayerStatus::NotApplicable => "faint",
    }
}

fn notes(view: &View<'_>, links: &Links<'_>, page: &mut Markup) {
    let notes = links.notes();
    if notes.is_empty() {
        return;
    }
    page.raw("<details class=\"ledger\"><summary>");
    page.text(&words::count(notes.len() as u64, "finding"))
        .raw(" without weight in the verdict</summary>\n");
    for note in notes.iter().take(ROWS) {
        page.raw("<details class=\"")
            .raw(note.rule.severity.as_str())
            .raw("\"><summary>");
        severity(note.rule.severity, page);
        page.prose(&note.rule.message).raw("</summary>\n<dl>\n");
        row(
            "where",
            &place::full(&view.report().skill, &note.location),
            page,
        );
        row("rule", &note.rule.id, page);
        seen(note, &note.rule.message, page);
        page.raw("<dt>next</dt><dd class=\"next\">")
            .prose(&note.rule.remedy)
            .raw("</dd>\n</dl>\n");
        excerpt(note, page);
        page.raw("</details>\n");
    }
    more(notes.len(), page);
    page.raw("</details>\n");
}
