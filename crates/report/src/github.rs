//! The format `github`: workflow commands that GitHub shows as annotations on the changed files.

use std::io;

use skillgate_model::{Location, Reason, Severity, SkillSummary};

use crate::escape::visible;
use crate::place::MANIFEST;
use crate::{Document, Format, Style, Tally, View, place, words};

pub(crate) struct GitHub;

impl Format for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn document(&self, style: Style) -> Box<dyn Document> {
        Box::new(Annotations { style })
    }
}

struct Annotations {
    style: Style,
}

impl Document for Annotations {
    fn report(&mut self, view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let skill = &view.report().skill;
        for reason in &view.report().verdict.reasons {
            let title = match view.shows_layers() {
                true => format!("{} ({})", words::reason_name(reason), skill.name),
                false => skill.name.clone(),
            };
            let command = if view.promoted() { "warning" } else { "error" };
            let place = match &reason.location {
                Some(location) => parameters(skill, location),
                None => vec![("file", place::path(skill, MANIFEST))],
            };
            write_command(out, command, &place, &title, &message(reason))?;
        }
        let links = view.links();
        for finding in &view.report().findings {
            let enforced = links.gates(finding) && !view.promoted();
            if links.is_first_place(finding) || (self.style.quiet && !enforced) {
                continue;
            }
            let command = if enforced {
                "error"
            } else {
                level(finding.rule.severity)
            };
            let title = format!("{} ({})", finding.rule.id, skill.name);
            let place = parameters(skill, &finding.location);
            let message = format!("{}; next: {}", finding.rule.message, finding.rule.remedy);
            write_command(out, command, &place, &title, &message)?;
        }
        Ok(())
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn io::Write) -> io::Result<()> {
        if self.style.quiet {
            return Ok(());
        }
        let skills = words::count(tally.skills, "skill");
        let (promoted, quarantined) = (tally.promoted, tally.quarantined);
        writeln!(
            out,
            "::notice title=skillgate::{skills}: {promoted} promoted, {quarantined} quarantined"
        )
    }
}

fn message(reason: &Reason) -> String {
    let effect = reason.effect.as_ref();
    let effect = effect.map_or_else(String::new, |effect| format!(" ({effect})"));
    format!("{}{effect}; next: {}", reason.message, reason.remedy)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High | Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

fn parameters(skill: &SkillSummary, location: &Location) -> Vec<(&'static str, String)> {
    let (file, exact) = place::on_disk(skill, location);
    let mut parameters = vec![("file", file)];
    if exact {
        parameters.push(("line", location.line.to_string()));
        parameters.push(("col", location.column.to_string()));
        if location.end_line == location.line {
            parameters.push(("endColumn", location.end_column.to_string()));
        } else {
            parameters.push(("endLine", location.end_line.to_string()));
        }
    }
    parameters
}

fn write_command(
    out: &mut dyn io::Write,
    command: &str,
    place: &[(&str, String)],
    title: &str,
    message: &str,
) -> io::Result<()> {
    write!(out, "::{command} ")?;
    for (name, value) in place {
        write!(out, "{name}={},", parameter(value))?;
    }
    writeln!(out, "title={}::{}", parameter(title), data(message))
}

/// The message of a command; a percent sign is the only character left that the runner reads.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// The value of a parameter, in which `:` and `,` end it.
fn parameter(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_its_parameter() {
        assert_eq!(parameter("a,b::c%0A\n"), r"a%2Cb%3A%3Ac%250A\n");
        assert_eq!(data("::error::x%0d\r\n"), r"::error::x%250d\r\n");
    }
}
