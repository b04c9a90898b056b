//! Releases that somebody asks for and somebody else approves.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args as Arguments;
use skillgate_immune::Settings;
use skillgate_model::Approval;

use super::release::{Wanted, release};
use crate::commands::rows::{Listing, Rows, act, moment, plain};

/// Begins every request.
const RELEASE: &str = "release ";

#[derive(Debug, Arguments)]
pub(crate) struct Request {
    /// Name of the tool or skill
    name: String,
    /// Why it should be released
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who asks [default: who is logged in]
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    #[command(flatten)]
    rows: Rows,
}

#[derive(Debug, Arguments)]
pub(crate) struct Answer {
    /// Id of the request
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who answers, and is not who asked [default: who is logged in]
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// Examine a skill without the simulation; the new verdict says so
    #[arg(long)]
    static_only: bool,
    #[command(flatten)]
    rows: Rows,
}

/// Refuses a release by one person where the settings ask for two.
pub(crate) fn need_none() -> anyhow::Result<()> {
    match Settings::from_env(std::env::vars())?.release_approval {
        true => bail!(
            "a release needs an approval here: `skillgate quarantine request`, then `approve` by somebody else"
        ),
        false => Ok(()),
    }
}

pub(crate) fn request(args: &Request) -> anyhow::Result<ExitCode> {
    let act = act(args.actor.as_deref(), &args.reason)?;
    let approval = Approval {
        id: format!("a-{:x}-{:x}", act.at_ms, std::process::id()),
        request: format!("{RELEASE}{}", args.name),
        requested_by: act.actor.clone(),
        reason: args.reason.clone(),
        approved: None,
        decided_by: String::new(),
        requested_at_ms: act.at_ms,
    };
    let store = args.rows.open()?;
    let tenant = store.tenant(args.rows.tenant());
    if tenant.quarantine_of(&args.name)?.is_empty() {
        bail!("nothing named `{}` was ever quarantined", plain(&args.name));
    }
    tenant.request_approval(&approval, &act)?;
    let text = format!("requested {}\n", approval.id);
    args.rows.print(&approval, &text)?;
    Ok(ExitCode::SUCCESS)
}

/// Records the answer; an approval carries the release out.
pub(crate) fn answer(args: &Answer, approved: bool) -> anyhow::Result<ExitCode> {
    let act = act(args.actor.as_deref(), &args.reason)?;
    let store = args.rows.open()?;
    let decided = store
        .tenant(args.rows.tenant())
        .decide_approval(&args.id, approved, &act)?;
    if !approved {
        args.rows
            .print(&decided, &format!("rejected {}\n", plain(&decided.id)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let name = decided.request.strip_prefix(RELEASE);
    let wanted = Wanted {
        name: name.context("the request is no release")?,
        part: None,
        static_only: args.static_only,
    };
    release(&args.rows, &store, &wanted, &act)
}

pub(crate) fn list(args: &Listing) -> anyhow::Result<ExitCode> {
    let approvals = args.rows.open()?;
    let approvals = approvals.tenant(args.rows.tenant()).approvals(args.all)?;
    let mut text = String::new();
    for approval in &approvals {
        let state = match approval.approved {
            None => "pending",
            Some(true) => "approved",
            Some(false) => "rejected",
        };
        let _ = writeln!(
            text,
            "{}  {state:<8}  {}  {} by {}: {}",
            plain(&approval.id),
            moment(approval.requested_at_ms),
            plain(&approval.request),
            plain(&approval.requested_by),
            plain(&approval.reason),
        );
    }
    args.rows.print(&approvals, &text)?;
    Ok(ExitCode::SUCCESS)
}
