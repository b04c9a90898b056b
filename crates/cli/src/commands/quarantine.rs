//! `skillgate quarantine list | show | release | add`: one list for skills and tools.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args as Arguments, Subcommand, ValueEnum};
use skillgate_model::{Quarantine as Entry, QuarantineState, SubjectKind};

use super::rows::{Rows, act, moment, plain};

#[derive(Debug, Arguments)]
pub(crate) struct Quarantine {
    #[command(subcommand)]
    pub(crate) command: QuarantineCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Print what is quarantined
    List {
        /// Also what was released
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        rows: Rows,
    },
    /// Print everything about one skill or tool
    Show {
        /// Its name
        name: String,
        #[command(flatten)]
        rows: Rows,
    },
    /// Release a tool, or a skill that a new examination promotes
    Release {
        /// Its name
        name: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Only this digest of the skill, or this shape of the tool's arguments
        #[arg(long, value_name = "HASH")]
        part: Option<String>,
        /// Who [default: who is logged in]
        #[arg(long, value_name = "ACTOR")]
        actor: Option<String>,
        #[command(flatten)]
        rows: Rows,
    },
    /// Block a tool or a skill by hand, until it is released
    Add {
        /// Its name
        name: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// A tool or a skill
        #[arg(long, value_enum, default_value = "tool")]
        kind: Kind,
        /// Only this digest of the skill, or this shape of the tool's arguments
        #[arg(long, value_name = "HASH", default_value = "")]
        part: String,
        /// Who [default: who is logged in]
        #[arg(long, value_name = "ACTOR")]
        actor: Option<String>,
        #[command(flatten)]
        rows: Rows,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    Skill,
    Tool,
}

pub(crate) fn run(args: &Quarantine) -> anyhow::Result<ExitCode> {
    match &args.command {
        QuarantineCommand::List { all, rows } => list(rows, *all),
        QuarantineCommand::Show { name, rows } => show(rows, name),
        QuarantineCommand::Release {
            name,
            reason,
            part,
            actor,
            rows,
        } => release(rows, name, part.as_deref(), reason, actor.as_deref()),
        QuarantineCommand::Add {
            name,
            reason,
            kind,
            part,
            actor,
            rows,
        } => {
            let kind = match kind {
                Kind::Skill => SubjectKind::Skill,
                Kind::Tool => SubjectKind::Tool,
            };
            if kind == SubjectKind::Skill && part.is_empty() {
                bail!("a skill is quarantined by its digest: give it with `--part`");
            }
            let act = act(actor.as_deref(), reason)?;
            let entry = Entry {
                kind,
                subject: name.clone(),
                part: part.clone(),
                state: QuarantineState::Blocked,
                reason: reason.clone(),
                since_ms: act.at_ms,
                until_ms: None,
                strikes: 1,
                signature: None,
                report: None,
                moved_to: None,
            };
            rows.open()?.tenant(&rows.tenant).quarantine(&entry, &act)?;
            rows.print(
                &entry,
                &format!("blocked {} {}\n", kind.as_str(), plain(name)),
            )?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub(crate) fn list(rows: &Rows, all: bool) -> anyhow::Result<ExitCode> {
    let entries = rows.open()?.tenant(&rows.tenant).quarantines(all)?;
    let mut text = String::new();
    for entry in &entries {
        let _ = writeln!(
            text,
            "{:<5}  {:<9} {}  {} {}  {}",
            entry.kind.as_str(),
            entry.state.as_str(),
            moment(entry.since_ms),
            plain(&entry.subject),
            entry
                .part
                .chars()
                .take(12)
                .collect::<String>()
                .escape_debug(),
            plain(&entry.reason),
        );
    }
    rows.print(&entries, &text)?;
    Ok(ExitCode::SUCCESS)
}

fn show(rows: &Rows, name: &str) -> anyhow::Result<ExitCode> {
    let entries = rows.open()?.tenant(&rows.tenant).quarantine_of(name)?;
    if entries.is_empty() {
        bail!("nothing named `{}` was ever quarantined", plain(name));
    }
    let mut text = String::new();
    for entry in &entries {
        let until = entry
            .until_ms
            .map_or_else(|| "released by hand".to_owned(), moment);
        let _ = writeln!(text, "{} {}", entry.kind.as_str(), plain(&entry.subject));
        let lines = [
            ("state", entry.state.as_str().to_owned()),
            ("part", plain(&entry.part)),
            ("reason", plain(&entry.reason)),
            ("since", moment(entry.since_ms)),
            ("until", until),
            ("strikes", entry.strikes.to_string()),
            ("signature", plain(entry.signature.as_deref().unwrap_or(""))),
            ("report", plain(entry.report.as_deref().unwrap_or(""))),
            ("moved to", plain(entry.moved_to.as_deref().unwrap_or(""))),
        ];
        for (key, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
            let _ = writeln!(text, "  {key:<10} {value}");
        }
    }
    rows.print(&entries, &text)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn release(
    rows: &Rows,
    name: &str,
    part: Option<&str>,
    reason: &str,
    actor: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let act = act(actor, reason)?;
    let released = rows
        .open()?
        .tenant(&rows.tenant)
        .release(name, part, &act)?;
    let mut text = String::new();
    for entry in &released {
        let _ = writeln!(
            text,
            "released {} {}",
            entry.kind.as_str(),
            plain(&entry.subject)
        );
    }
    rows.print(&released, &text)?;
    Ok(ExitCode::SUCCESS)
}
