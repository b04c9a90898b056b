//! The format `html`: one self-contained page without script, skill by skill.

mod coverage;
mod effects;
mod skill;
mod trace;

use std::io;

use crate::markup::Markup;
use crate::{Document, Format, Style, Tally, View, words};

const STYLE: &str = include_str!("html/style.css");

/// Rows of one list; a hostile skill can repeat itself, and the format `json` holds everything.
const ROWS: usize = 500;

pub(crate) struct Html;

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn document(&self, _: Style) -> Box<dyn Document> {
        Box::new(HtmlPage::default())
    }
}

/// The page under way; counts and index come first, so everything is kept until the end.
#[derive(Default)]
struct HtmlPage {
    skills: u64,
    quarantined: Markup,
    promoted: Markup,
    index_quarantined: Markup,
    index_promoted: Markup,
}

impl Document for HtmlPage {
    fn report(&mut self, view: &View<'_>, _: &mut dyn io::Write) -> io::Result<()> {
        self.skills += 1;
        let (index, body) = match view.promoted() {
            true => (&mut self.index_promoted, &mut self.promoted),
            false => (&mut self.index_quarantined, &mut self.quarantined),
        };
        entry(view, self.skills, index);
        skill::write(view, self.skills, body);
        Ok(())
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Markup::default();
        page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.raw("<meta http-equiv=\"Content-Security-Policy\" ");
        page.raw("content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
        page.raw("<title>skillgate: ")
            .number(tally.quarantined)
            .raw(" quarantined, ");
        page.number(tally.promoted)
            .raw(" promoted</title>\n<style>\n")
            .raw(STYLE);
        page.raw("</style>\n</head>\n<body>\n");
        header(tally, &mut page);
        page.raw("<nav aria-label=\"Skills\">\n<ul>\n");
        page.append(&self.index_quarantined)
            .append(&self.index_promoted);
        page.raw("</ul>\n</nav>\n<main>\n");
        page.append(&self.quarantined).append(&self.promoted);
        page.raw("</main>\n</body>\n</html>\n");
        out.write_all(page.as_bytes())
    }
}

fn header(tally: &Tally, page: &mut Markup) {
    page.raw("<header>\n<h1>skillgate</h1>\n<dl class=\"counts\">\n");
    let counts = [
        ("skills", "Skills", tally.skills),
        ("promoted", "Promoted", tally.promoted),
        ("quarantined", "Quarantined", tally.quarantined),
        ("incomplete", "Not examined completely", tally.incomplete),
    ];
    for (class, name, count) in counts {
        page.raw("<div class=\"")
            .raw(class)
            .raw("\"><dt>")
            .raw(name)
            .raw("</dt><dd>");
        page.number(count).raw("</dd></div>\n");
    }
    page.raw("</dl>\n</header>\n");
}

fn entry(view: &View<'_>, number: u64, index: &mut Markup) {
    let report = view.report();
    index.raw("<li><a href=\"#skill-").number(number).raw("\">");
    skill::badge(view, index);
    index
        .raw(" <span class=\"name\">")
        .text(&report.skill.name)
        .raw("</span>");
    skill::qualifiers(view, index);
    let reasons = report.verdict.reasons.len() as u64;
    if reasons > 0 {
        index
            .raw(" <span class=\"faint\">")
            .text(&words::count(reasons, "reason"))
            .raw("</span>");
    }
    index.raw("</a></li>\n");
}

/// Says how many rows were left out after [`ROWS`].
fn more(all: usize, page: &mut Markup) {
    if all > ROWS {
        page.raw("<p class=\"faint\">and ")
            .number((all - ROWS) as u64)
            .raw(" more</p>\n");
    }
}
