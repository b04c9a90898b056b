//! The format `markdown`: a comment on a pull request, quarantined skills first, within GitHub's length limit.

mod inline;

use std::io;

use skillgate_model::{Finding, Reason};

use crate::excerpt::Lines;
use crate::view::Links;
use crate::{Document, Format, Style, Tally, View, place, words};
use inline::{code, fenced, html_code, prose};

/// Characters of a GitHub comment are 65,536; the rest is left for what a caller wraps around.
const LENGTH: usize = 60_000;

/// The parts of it that the rows of quarantined and of promoted skills may take, each.
const ROWS: usize = 10_000;

/// The part that the reasons of one skill may take, so that no skill crowds out another's.
const REASONS: usize = 8_000;

pub(crate) struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn document(&self, _: Style) -> Box<dyn Document> {
        Box::new(Comment::default())
    }
}

/// Parts in the order of the comment; what does not fit is counted.
#[derive(Default)]
struct Comment {
    quarantined: String,
    promoted: String,
    details: String,
    rows_left_out: u64,
    details_left_out: u64,
}

impl Document for Comment {
    fn report(&mut self, view: &View<'_>, _: &mut dyn io::Write) -> io::Result<()> {
        let rows = match view.promoted() {
            true => &mut self.promoted,
            false => &mut self.quarantined,
        };
        let row = row(view);
        if rows.len() + row.len() > ROWS {
            self.rows_left_out += 1;
        } else {
            *rows += &row;
        }
        if !view.promoted() {
            let details = details(view);
            if self.details.len() + details.len() > LENGTH - 2 * ROWS {
                self.details_left_out += 1;
            } else {
                self.details += &details;
            }
        }
        Ok(())
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn io::Write) -> io::Result<()> {
        let (promoted, quarantined) = (tally.promoted, tally.quarantined);
        writeln!(
            out,
            "## skillgate: {promoted} promoted, {quarantined} quarantined\n"
        )?;
        if tally.incomplete > 0 {
            let skills = words::count(tally.incomplete, "skill");
            writeln!(out, "{skills} could not be examined completely.\n")?;
        }
        if tally.skills > 0 {
            writeln!(out, "| Verdict | Skill | Reasons |\n|---|---|---|")?;
            writeln!(out, "{}{}", self.quarantined, self.promoted)?;
        }
        if self.rows_left_out > 0 {
            let skills = words::count(self.rows_left_out, "more skill");
            writeln!(out, "{skills} are not in this table, which has a limit.\n")?;
        }
        out.write_all(self.details.as_bytes())?;
        if self.details_left_out > 0 {
            let skills = words::count(self.details_left_out, "more quarantined skill");
            writeln!(out, "The reasons of {skills} do not fit into a comment.")?;
        }
        Ok(())
    }
}

fn row(view: &View<'_>) -> String {
    let report = view.report();
    let qualifiers = words::qualifiers(&report.verdict);
    let qualifiers = match qualifiers.is_empty() {
        true => String::new(),
        false => format!(" ({})", prose(&qualifiers)),
    };
    let verdict = if view.promoted() {
        "✅ promoted"
    } else {
        "❌ **quarantined**"
    };
    let name = code(&report.skill.name);
    let reasons = report.verdict.reasons.len();
    format!("| {verdict}{qualifiers} | {name} | {reasons} |\n")
}

fn details(view: &View<'_>) -> String {
    let report = view.report();
    let links = view.links();
    let reasons = &report.verdict.reasons;
    let mut text = format!(
        "<details><summary>{} in {}: {}</summary>\n\n",
        html_code(&report.skill.name),
        html_code(&report.skill.path),
        words::count(reasons.len() as u64, "reason")
    );
    for (index, reason) in reasons.iter().enumerate() {
        let item = item(view, reason, &links);
        if text.len() + item.len() > REASONS {
            let more = words::count((reasons.len() - index) as u64, "more reason");
            text += &format!("- and {more}\n");
            break;
        }
        text += &item;
    }
    if view.shows_layers() {
        text += "\n| Layer | Result | Time | |\n|---|---|---:|---|\n";
        for (name, layer) in words::layers(report) {
            let (status, time) = (
                words::status(layer.status),
                words::duration(layer.duration_us),
            );
            text += &format!(
                "| {name} | {status} | {time} | {} |\n",
                prose(&layer.summary)
            );
        }
    }
    text + "\n</details>\n\n"
}

fn item(view: &View<'_>, reason: &Reason, links: &Links<'_>) -> String {
    let mut text = match view.shows_layers() {
        true => format!(
            "- **{}** {} ({}): {}",
            reason.severity.as_str(),
            code(words::reason_name(reason)),
            reason.layer.as_str(),
            prose(&reason.message)
        ),
        false => format!("- {}", prose(&reason.message)),
    };
    if let Some(location) = &reason.location {
        text += &format!(" at {}", code(&place::full(&view.report().skill, location)));
    }
    if let Some(effect) = &reason.effect {
        text += &format!(", effect {}", code(&effect.to_string()));
    }
    let others = links.others(reason).count() as u64;
    if others > 0 {
        text += &format!(", and in {}", words::count(others, "more place"));
    }
    text += "\n";
    let excerpt = links
        .finding(reason)
        .and_then(|finding: &Finding| finding.excerpt.as_ref());
    if let Some(excerpt) = excerpt {
        text += &fenced(&Lines::new(excerpt));
    }
    text + &format!("  **Next:** {}\n", prose(&reason.remedy))
}
