//! Effects side by side: declared, granted, inferred, observed.

use std::collections::BTreeMap;

use skillgate_model::{Effect, Report};

use crate::markup::Markup;

/// The columns, with the index that [`Cells`] has for them.
const COLUMNS: [&str; 4] = ["Declared", "Granted", "Inferred", "Observed"];

/// One row: the resources of one kind of effect by column, and what is wrong with them.
#[derive(Default)]
struct Cells<'a> {
    columns: [Vec<Resource<'a>>; COLUMNS.len()],
    marks: Vec<(&'static str, &'static str, Resource<'a>)>,
}

/// What stands in the brackets of a scope; a scope without brackets means every resource.
type Resource<'a> = std::borrow::Cow<'a, str>;

pub(super) fn write(report: &Report, page: &mut Markup) {
    let rows = rows(report);
    page.raw("<section>\n<h3>Effects</h3>\n");
    if !report.effects.declares {
        page.raw("<p class=\"faint\">The skill declares no effects.</p>\n");
    }
    if rows.is_empty() {
        page.raw("<p class=\"faint\">None was needed, declared or granted.</p>\n</section>\n");
        return;
    }
    page.raw("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Effects\">\n");
    page.raw("<table class=\"effects\">\n<thead><tr><th scope=\"col\">Effect</th>");
    for column in COLUMNS {
        page.raw("<th scope=\"col\">").raw(column).raw("</th>");
    }
    page.raw("<th scope=\"col\">Result</th></tr></thead>\n<tbody>\n");
    for (kind, cells) in &rows {
        page.raw("<tr><th scope=\"row\"><code>")
            .text(kind)
            .raw("</code></th>");
        for column in &cells.columns {
            page.raw("<td>");
            list(column, page);
            page.raw("</td>");
        }
        page.raw("<td>");
        marks(cells, page);
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table>\n</div>\n</section>\n");
}

fn rows(report: &Report) -> BTreeMap<&str, Cells<'_>> {
    let effects = &report.effects;
    let mut rows: BTreeMap<&str, Cells<'_>> = BTreeMap::new();
    let scopes = [&effects.declared, &effects.granted];
    let scopes = scopes.map(|scopes| scopes.iter().map(|scope| split(scope)).collect::<Vec<_>>());
    let seen = [&effects.inferred, &effects.observed];
    let seen = seen.map(|effects| effects.iter().map(parts).collect::<Vec<_>>());
    for (index, column) in scopes.into_iter().chain(seen).enumerate() {
        for (kind, resource) in column {
            let cells = rows.entry(kind).or_default();
            if let Some(cell) = cells.columns.get_mut(index) {
                cell.push(resource);
            }
        }
    }
    let needed = [
        ("undeclared", &effects.undeclared),
        ("not granted", &effects.not_granted),
    ];
    for (mark, effects) in needed {
        for (kind, resource) in effects.iter().map(parts) {
            rows.entry(kind)
                .or_default()
                .marks
                .push(("bad", mark, resource));
        }
    }
    for (kind, resource) in effects.unused.iter().map(|scope| split(scope)) {
        rows.entry(kind)
            .or_default()
            .marks
            .push(("warn", "never needed", resource));
    }
    rows
}

fn parts(effect: &Effect) -> (&str, Resource<'_>) {
    let resource = effect.resource.as_deref().unwrap_or("*");
    (effect.kind.as_str(), resource.into())
}

fn split(scope: &str) -> (&str, Resource<'_>) {
    match scope.split_once('(') {
        Some((kind, rest)) => (kind, rest.strip_suffix(')').unwrap_or(rest).into()),
        None => (scope, "*".into()),
    }
}

fn list(resources: &[Resource<'_>], page: &mut Markup) {
    if resources.is_empty() {
        page.raw("<span class=\"faint\">none</span>");
        return;
    }
    for resource in resources {
        page.raw("<code>").text(resource).raw("</code> ");
    }
}

fn marks(cells: &Cells<'_>, page: &mut Markup) {
    if cells.marks.is_empty() {
        page.raw("<span class=\"good\">within bounds</span>");
    }
    for (class, mark, resource) in &cells.marks {
        page.raw("<span class=\"mark ")
            .raw(class)
            .raw("\">")
            .raw(mark);
        page.raw(" <code>").text(resource).raw("</code></span> ");
    }
}
