//! `skillgate report ID`: a report from the store, again, in any format.

use std::process::ExitCode;

use anyhow::Context;
use skillgate_report::{Style, write_all};
use skillgate_store::Tenant;

use crate::args::Report;

pub(crate) fn run(args: &Report) -> anyhow::Result<ExitCode> {
    let loaded = super::configuration(args.config.as_deref(), &[])?;
    let store = args.place.open(&loaded)?;
    let rows = store.tenant(&args.place.tenant);
    let Some(id) = &args.id else {
        return list(&rows);
    };
    let report = match rows.latest_report(id)? {
        Some(report) => report,
        None => rows
            .report(id)
            .context("`skillgate report` lists what there is")?,
    };
    let stdout = std::io::stdout();
    let style = Style {
        color: super::wants_color(&stdout),
        verbose: true,
        audience: args.audience.into(),
        ..Style::default()
    };
    let mut out = stdout.lock();
    super::unless_broken_pipe(
        write_all(super::format(&args.format)?, style, [&report], &mut out).map(|_| ()),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Newest first.
fn list(rows: &Tenant<'_>) -> anyhow::Result<ExitCode> {
    /// What a person reads.
    const LINES: i64 = 1_000;
    for report in rows.reports(LINES)? {
        let verdict = &report.verdict;
        let complete = if verdict.complete {
            ""
        } else {
            " (incomplete)"
        };
        let name = report.skill.name.escape_debug();
        let decision = verdict.decision.as_str();
        super::print(&format!(
            "{}  {}  {decision:<10}  {name}{complete}\n",
            report.id, report.started_at
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
