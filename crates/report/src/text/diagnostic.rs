//! A reason or a note with its source lines, which annotate-snippets draws.

use annotate_snippets::renderer::{
    DEFAULT_ERROR_STYLE, DEFAULT_INFO_STYLE, DEFAULT_LINE_NUM_STYLE, DEFAULT_WARNING_STYLE, Style,
};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use skillgate_model::{Finding, Location, Reason, Severity};

use super::{HEADING, Page, paint};
use crate::escape::{visible, visible_up_to};
use crate::excerpt::Lines;
use crate::view::Links;
use crate::{place, words};

/// Characters of a detail that fit under a source line.
const LABEL: usize = 100;
/// Further places of a reason that are named.
const PLACES: usize = 3;
/// Further places of a reason that are named with `verbose`.
const ALL_PLACES: usize = 100;
/// Columns when the terminal's width is unknown.
const WIDTH: usize = 100;
/// Columns below which source lines cannot be shown.
const NARROWEST: usize = 40;

/// What a diagnostic consists of, escaped.
struct Diagnostic {
    severity: Severity,
    name: String,
    message: String,
    origin: Option<String>,
    lines: Option<Lines>,
    label: Option<String>,
    facts: Vec<(&'static str, String)>,
}

impl Page<'_> {
    pub(super) fn reason(&self, reason: &Reason, links: &Links<'_>) -> String {
        let finding = links.finding(reason);
        let severity = reason.severity.as_str();
        let rule = visible(words::reason_name(reason));
        self.draw(&Diagnostic {
            severity: reason.severity,
            name: match self.view.shows_layers() {
                true => format!("{severity}[{rule}]"),
                false => "error".to_owned(),
            },
            message: visible(&reason.message).into_owned(),
            origin: reason.location.as_ref().map(|place| self.origin(place)),
            lines: finding.and_then(lines),
            label: finding.and_then(|finding| detail(finding, &reason.message)),
            facts: self.facts(reason, links),
        })
    }

    fn facts(&self, reason: &Reason, links: &Links<'_>) -> Vec<(&'static str, String)> {
        let finding = links.finding(reason);
        let mut facts = Vec::new();
        if let Some(effect) = &reason.effect {
            facts.push(("effect", visible(&effect.to_string()).into_owned()));
        }
        if self.view.shows_layers() {
            let kind = words::reason_kind(reason.kind);
            facts.push(("layer", format!("{}, {kind}", reason.layer.as_str())));
        }
        facts.extend(finding.and_then(uncovered));
        facts.extend(self.others(reason, links));
        facts.push(("next", visible(&reason.remedy).into_owned()));
        facts
    }

    fn others(&self, reason: &Reason, links: &Links<'_>) -> Option<(&'static str, String)> {
        let all: Vec<_> = links.others(reason).collect();
        let number = (all.len() as u64).max(u64::from(reason.count.saturating_sub(1)));
        let shown = all.iter().take(if self.style.verbose {
            ALL_PLACES
        } else {
            PLACES
        });
        let shown: Vec<_> = shown.map(|place| self.origin(place)).collect();
        let places = words::count(number, "more place");
        match (number, shown.is_empty()) {
            (0, _) => None,
            (_, true) => Some(("also", format!("in {places}"))),
            (_, false) => Some(("also", format!("in {places}: {}", shown.join(", ")))),
        }
    }

    pub(super) fn note(&self, finding: &Finding) -> String {
        let severity = finding.rule.severity;
        let layer = format!("{}, without weight in the verdict", finding.layer.as_str());
        let effect = finding.effect.as_ref();
        let effect = effect.map(|effect| ("effect", visible(&effect.to_string()).into_owned()));
        let facts = effect.into_iter().chain([("layer", layer)]);
        self.draw(&Diagnostic {
            severity,
            name: format!("{}[{}]", severity.as_str(), visible(&finding.rule.id)),
            message: visible(&finding.rule.message).into_owned(),
            origin: Some(self.origin(&finding.location)),
            lines: lines(finding),
            label: detail(finding, &finding.rule.message),
            facts: facts
                .chain(uncovered(finding))
                .chain([("next", visible(&finding.rule.remedy).into_owned())])
                .collect(),
        })
    }

    fn origin(&self, location: &Location) -> String {
        visible(&place::full(&self.report().skill, location)).into_owned()
    }

    /// Draws title and origin by hand: annotate-snippets would count columns in the escaped, cut excerpt.
    fn draw(&self, diagnostic: &Diagnostic) -> String {
        let (_, color) = look(diagnostic.severity);
        let message = format!(": {}", diagnostic.message);
        let mut text = paint(self.style, color, &diagnostic.name)
            + &paint(self.style, HEADING, &message)
            + "\n";
        let last_line = diagnostic.lines.as_ref().map_or(0, Lines::last_line);
        let gutter = " ".repeat(last_line.to_string().len());
        if let Some(origin) = &diagnostic.origin {
            let arrow = paint(self.style, DEFAULT_LINE_NUM_STYLE, "-->");
            text += &format!("{gutter}{arrow} {origin}\n");
        }
        if let Some(lines) = &diagnostic.lines {
            text += &self.source(diagnostic, lines);
        }
        let seen = match diagnostic.lines {
            Some(_) => None,
            None => diagnostic.label.as_ref().map(|label| ("seen", label)),
        };
        let facts = diagnostic.facts.iter().map(|(name, fact)| (*name, fact));
        for (name, fact) in seen.into_iter().chain(facts) {
            let sign = paint(self.style, DEFAULT_LINE_NUM_STYLE, "=");
            let name = paint(self.style, HEADING, name);
            text += &format!("{gutter} {sign} {name}: {fact}\n");
        }
        text
    }

    fn source(&self, diagnostic: &Diagnostic, lines: &Lines) -> String {
        let place = AnnotationKind::Primary.span(lines.place.clone());
        let snippet = Snippet::source(&lines.text)
            .line_start(lines.first_line)
            .fold(false)
            .annotation(place.label(diagnostic.label.as_deref()));
        let (level, _) = look(diagnostic.severity);
        let group = Group::with_level(level).element(snippet);
        self.renderer().render(&[group]) + "\n"
    }

    fn renderer(&self) -> Renderer {
        let renderer = match self.style.color {
            true => Renderer::styled(),
            false => Renderer::plain(),
        };
        renderer.term_width(match self.style.width {
            0 => WIDTH,
            width => width.max(NARROWEST),
        })
    }
}

fn look(severity: Severity) -> (Level<'static>, Style) {
    match severity {
        Severity::Critical | Severity::High => (Level::ERROR, DEFAULT_ERROR_STYLE),
        Severity::Medium => (Level::WARNING, DEFAULT_WARNING_STYLE),
        Severity::Low | Severity::Info => (Level::INFO, DEFAULT_INFO_STYLE),
    }
}

fn lines(finding: &Finding) -> Option<Lines> {
    finding.excerpt.as_ref().map(Lines::new)
}

fn detail(finding: &Finding, message: &str) -> Option<String> {
    let detail = words::new_detail(finding, message)?;
    Some(visible_up_to(detail, LABEL).into_owned())
}

fn uncovered(finding: &Finding) -> Option<(&'static str, String)> {
    let path = finding.decoded.join(", then ");
    (!path.is_empty()).then(|| ("decoded", visible(&path).into_owned()))
}
