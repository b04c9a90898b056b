//! `skillgate quarantine list | show | release | request | approve | reject | add`: one list for skills and tools.

pub(crate) mod approval;
pub(crate) mod release;

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args as Arguments, Subcommand, ValueEnum};
use serde_json::{Value, json};
use skillgate_immune::Counter;
use skillgate_model::{
    Promotion, PromotionState, Quarantine as Entry, QuarantineState, SubjectKind,
};

use self::release::Wanted;
pub(crate) use self::release::release;
use super::rows::{Listing, Rows, act, moment, plain};

#[derive(Debug, Arguments)]
pub(crate) struct Quarantine {
    #[command(subcommand)]
    pub(crate) command: QuarantineCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Print what is quarantined
    List(Listing),
    /// Print everything about one skill or tool
    Show {
        /// Its name
        name: String,
        #[command(flatten)]
        rows: Rows,
    },
    /// Release a tool, or a skill that is examined again first and promoted
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
        /// Examine a skill without the simulation; the new verdict says so
        #[arg(long)]
        static_only: bool,
        #[command(flatten)]
        rows: Rows,
    },
    /// Ask for a release that somebody else approves
    Request(approval::Request),
    /// Approve a request and carry the release out
    Approve(approval::Answer),
    /// Reject a request
    Reject(approval::Answer),
    /// Print the requests that nobody has answered
    Approvals(Listing),
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
        QuarantineCommand::List(args) => list(&args.rows, args.all),
        QuarantineCommand::Show { name, rows } => show(rows, name),
        QuarantineCommand::Release {
            name,
            reason,
            part,
            actor,
            static_only,
            rows,
        } => {
            approval::need_none()?;
            let act = act(actor.as_deref(), reason)?;
            let wanted = Wanted {
                name,
                part: part.as_deref(),
                static_only: *static_only,
            };
            release(rows, &rows.open()?, &wanted, &act)
        }
        QuarantineCommand::Request(args) => approval::request(args),
        QuarantineCommand::Approve(args) => approval::answer(args, true),
        QuarantineCommand::Reject(args) => approval::answer(args, false),
        QuarantineCommand::Approvals(args) => approval::list(args),
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
            let entry = Entry::blocked(kind, name, part, reason, act.at_ms);
            rows.open()?
                .tenant(rows.tenant())
                .quarantine(&entry, &act)?;
            super::telemetry::count(rows.tenant(), [Counter::QuarantineEntered]);
            rows.print(
                &entry,
                &format!("blocked {} {}\n", kind.as_str(), plain(name)),
            )?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What is quarantined, and the promoted skills that may not be used because of it.
pub(crate) fn list(rows: &Rows, all: bool) -> anyhow::Result<ExitCode> {
    let store = rows.open()?;
    let tenant = store.tenant(rows.tenant());
    let entries = tenant.quarantines(all)?;
    let mut promotions = tenant.promotions()?;
    promotions.retain(|promotion| promotion.state != PromotionState::Active);
    let mut text = String::new();
    let mut records = Vec::new();
    for entry in &entries {
        records.push(serde_json::to_value(entry)?);
    }
    let withdrawn = promotions.iter();
    records.extend(withdrawn.map(|promotion| withdrawal(promotion, &entries)));
    for record in &records {
        let word = |key: &str| plain(record.get(key).and_then(Value::as_str).unwrap_or(""));
        let since = record.get("since_ms").and_then(Value::as_i64);
        let part: String = word("part").chars().take(12).collect();
        let _ = writeln!(
            text,
            "{:<5}  {:<10} {}  {} {part}  {}",
            word("kind"),
            word("state"),
            moment(since.unwrap_or_default()),
            word("subject"),
            word("reason"),
        );
    }
    rows.print(&records, &text)?;
    Ok(ExitCode::SUCCESS)
}

/// A promoted skill that may not be used, as a line of the list.
fn withdrawal(promotion: &Promotion, entries: &[Entry]) -> Value {
    json!({
        "kind": "skill", "subject": promotion.skill, "part": promotion.digest,
        "state": promotion.state, "reason": why_withdrawn(promotion, entries),
        "since_ms": promotion.at_ms, "report": promotion.report,
        "source": promotion.destination,
    })
}

fn why_withdrawn(promotion: &Promotion, entries: &[Entry]) -> String {
    let holds = entries.iter().find(|entry| {
        entry.kind == SubjectKind::Tool
            && entry.state != QuarantineState::Released
            && promotion.tools.contains(&entry.subject)
    });
    match holds {
        Some(entry) => format!("its tool `{}` is quarantined", entry.subject),
        None => format!(
            "its tool was released: `skillgate quarantine release {}` examines it again",
            promotion.skill
        ),
    }
}

fn show(rows: &Rows, name: &str) -> anyhow::Result<ExitCode> {
    let store = rows.open()?;
    let tenant = store.tenant(rows.tenant());
    let entries = tenant.quarantine_of(name)?;
    let mut promotions = tenant.promotions()?;
    promotions
        .retain(|promotion| promotion.skill == name && promotion.state != PromotionState::Active);
    if entries.is_empty() && promotions.is_empty() {
        bail!("nothing named `{}` was ever quarantined", plain(name));
    }
    let mut text = String::new();
    let mut records = Vec::new();
    for entry in &entries {
        let until = entry
            .until_ms
            .map_or_else(|| "released by hand".to_owned(), moment);
        records.push(serde_json::to_value(entry)?);
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
    let in_force = tenant.quarantines(false)?;
    for promotion in &promotions {
        let _ = writeln!(
            text,
            "skill {}\n  state      {}\n  part       {}\n  reason     {}\n  promoted   {}\n  report     {}",
            plain(&promotion.skill),
            promotion.state.as_str(),
            promotion.digest,
            plain(&why_withdrawn(promotion, &in_force)),
            plain(&promotion.destination),
            plain(&promotion.report),
        );
        records.push(withdrawal(promotion, &in_force));
    }
    rows.print(&records, &text)?;
    Ok(ExitCode::SUCCESS)
}
