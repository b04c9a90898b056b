//! The format `text`: for a person at a terminal; a promoted skill takes a line or two.

mod diagnostic;
mod ledger;

use std::fmt::Write as _;
use std::io;

use annotate_snippets::renderer::{AnsiColor, Effects, Style as Paint};
use skillgate_model::{Finding, Reason, Report};

use crate::escape::visible;
use crate::{Document, Format, Style, Tally, View, place, words};

/// Reasons, notes and ledger lines of one skill that are shown without `verbose`.
const SHOWN: usize = 20;
const GOOD: Paint = AnsiColor::Green.on_default().effects(Effects::BOLD);
const BAD: Paint = AnsiColor::Red.on_default().effects(Effects::BOLD);
const HEADING: Paint = Paint::new().effects(Effects::BOLD);
const FAINT: Paint = Paint::new().effects(Effects::DIMMED);

pub(crate) struct Text;

impl Format for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn document(&self, style: Style) -> Box<dyn Document> {
        Box::new(TextDocument { style })
    }
}

struct TextDocument {
    style: Style,
}

impl Document for TextDocument {
    fn report(&mut self, view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let page = Page {
            style: self.style,
            view,
        };
        let text = match (view.promoted(), self.style.quiet, self.style.verbose) {
            (true, true, _) => String::new(),
            (true, false, false) => page.promoted(),
            (false, true, _) => page.quiet(),
            (true, false, true) | (false, false, _) => page.full(),
        };
        out.write_all(text.as_bytes())
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn io::Write) -> io::Result<()> {
        if self.style.quiet {
            return Ok(());
        }
        writeln!(out, "{}", summary(tally, self.style))
    }
}

fn summary(tally: &Tally, style: Style) -> String {
    let promoted = format!("{} promoted", tally.promoted);
    let quarantined = format!("{} quarantined", tally.quarantined);
    let good = if tally.promoted > 0 { GOOD } else { FAINT };
    let bad = if tally.quarantined > 0 { BAD } else { FAINT };
    let mut line = format!(
        "{}: {}, {}",
        words::count(tally.skills, "skill"),
        paint(style, good, &promoted),
        paint(style, bad, &quarantined)
    );
    if tally.incomplete > 0 {
        let _ = write!(line, " ({} not examined completely)", tally.incomplete);
    }
    line
}

fn paint(style: Style, paint: Paint, text: &str) -> String {
    match style.color {
        true => format!("{paint}{text}{paint:#}"),
        false => text.to_owned(),
    }
}

/// One skill's part of the output.
struct Page<'a> {
    style: Style,
    view: &'a View<'a>,
}

impl Page<'_> {
    fn report(&self) -> &Report {
        self.view.report()
    }

    fn limit(&self) -> usize {
        if self.style.verbose {
            usize::MAX
        } else {
            SHOWN
        }
    }

    fn headline(&self) -> String {
        let skill = &self.report().skill;
        let color = if self.view.promoted() { GOOD } else { BAD };
        let word = format!("{:<11}", words::decided(self.view.promoted()));
        let name = visible(&skill.name);
        let mut line = format!(
            "{} {}",
            paint(self.style, color, &word),
            paint(self.style, HEADING, &name)
        );
        let qualifiers = words::qualifiers(&self.report().verdict);
        if !qualifiers.is_empty() {
            let _ = write!(line, " ({})", visible(&qualifiers));
        }
        if skill.path != skill.name {
            let path = format!("  {}", visible(&skill.path));
            line += &paint(self.style, FAINT, &path);
        }
        line + "\n"
    }

    fn promoted(&self) -> String {
        let mut text = self.headline();
        let links = self.view.links();
        let notes = links.notes();
        let mut remarks = Vec::new();
        let reasons = self.report().verdict.reasons.len() as u64;
        if reasons > 0 {
            let profile = self.report().profile.as_str();
            let reasons = words::count(reasons, "reason");
            remarks.push(format!(
                "{reasons} that profile `{profile}` does not enforce"
            ));
        }
        if let Some(worst) = notes.first() {
            remarks.push(self.worst_note(worst, notes.len()));
        }
        let unused = &self.report().effects.unused;
        if !unused.is_empty() {
            remarks.push(format!("never needs {}", visible(&unused.join(", "))));
        }
        if !remarks.is_empty() {
            let _ = writeln!(text, "            {}", remarks.join("; "));
        }
        text
    }

    fn worst_note(&self, worst: &Finding, notes: usize) -> String {
        let place = place::full(&self.report().skill, &worst.location);
        format!(
            "{} ({} {} at {})",
            words::count(notes as u64, "note"),
            worst.rule.severity.as_str(),
            visible(&worst.rule.id),
            visible(&place)
        )
    }

    fn quiet(&self) -> String {
        let mut text = self.headline();
        for reason in &self.report().verdict.reasons {
            let _ = writeln!(text, "  {}", self.one_line(reason));
        }
        text
    }

    fn one_line(&self, reason: &Reason) -> String {
        let place = reason
            .location
            .as_ref()
            .map(|location| place::full(&self.report().skill, location) + ": ");
        let rule = match self.view.shows_layers() {
            true => format!("[{}] ", words::reason_name(reason)),
            false => String::new(),
        };
        let line = format!("{}{rule}{}", place.unwrap_or_default(), reason.message);
        visible(&line).into_owned()
    }

    fn full(&self) -> String {
        let mut text = self.headline() + "\n";
        let links = self.view.links();
        let reasons = &self.report().verdict.reasons;
        for reason in reasons.iter().take(self.limit()) {
            text += &self.reason(reason, &links);
            text.push('\n');
        }
        self.more(&mut text, reasons.len(), "reason");
        if self.style.verbose {
            for note in links.notes() {
                text += &self.note(note);
                text.push('\n');
            }
        } else {
            self.further(&mut text, links.notes().len());
        }
        let above = text.len();
        self.ledgers(&mut text);
        if text.len() > above {
            text.push('\n');
        }
        text
    }

    fn more(&self, text: &mut String, all: usize, noun: &str) {
        let hidden = all.saturating_sub(self.limit());
        if hidden > 0 {
            let _ = writeln!(text, "  and {} more\n", words::count(hidden as u64, noun));
        }
    }

    fn further(&self, text: &mut String, notes: usize) {
        if notes > 0 {
            let notes = words::count(notes as u64, "further finding");
            let _ = writeln!(
                text,
                "  {notes} without weight in the verdict; --verbose shows all\n"
            );
        }
    }
}
