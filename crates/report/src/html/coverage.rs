//! The coverage ledger: every file, those that were not examined first.

use skillgate_model::{Coverage, Examination, Report};

use super::{ROWS, more};
use crate::markup::Markup;
use crate::words;

pub(super) fn write(report: &Report, page: &mut Markup) {
    let entries = &report.coverage;
    if entries.is_empty() {
        return;
    }
    let (examined, unexamined): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| is_examined(entry));
    page.raw(match unexamined.is_empty() {
        true => "<details class=\"ledger\">",
        false => "<details open class=\"ledger\">",
    });
    page.raw("<summary>Coverage: ")
        .text(&words::count(entries.len() as u64, "file"));
    page.raw(", ")
        .number(unexamined.len() as u64)
        .raw(" not examined</summary>\n<table>\n<thead><tr>");
    page.raw("<th scope=\"col\">File</th><th scope=\"col\">Kind</th><th scope=\"col\">Size</th>");
    page.raw("<th scope=\"col\">Examined</th></tr></thead>\n<tbody>\n");
    for entry in unexamined.into_iter().chain(examined).take(ROWS) {
        row(entry, page);
    }
    page.raw("</tbody>\n</table>\n");
    more(entries.len(), page);
    page.raw("</details>\n");
}

fn row(entry: &Coverage, page: &mut Markup) {
    page.raw("<tr><th scope=\"row\"><code>")
        .text(&entry.path)
        .raw("</code></th><td>");
    page.text(&entry.kind)
        .raw("</td><td class=\"number\">")
        .text(&words::size(entry.size));
    match &entry.examination {
        Examination::Examined { engines } => {
            page.raw("</td><td class=\"good\">")
                .text(&engines.join(", "));
        }
        Examination::Unexamined { reason } => {
            page.raw("</td><td class=\"warn\">no: ").prose(reason);
        }
    }
    page.raw("</td></tr>\n");
}

fn is_examined(entry: &Coverage) -> bool {
    match entry.examination {
        Examination::Examined { .. } => true,
        Examination::Unexamined { .. } => false,
    }
}
