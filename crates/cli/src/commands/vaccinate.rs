//! `skillgate vaccinate`: notes a remedy, lists what is open, releases a tool.

use std::process::ExitCode;

use anyhow::bail;
use clap::{ArgGroup, Args as Arguments};
use skillgate_immune::{Counter, screen};
use skillgate_model::Vaccination;

use super::quarantine::release::Wanted;
use super::rows::{Rows, act};
use super::{anomaly, quarantine};

#[derive(Debug, Arguments)]
#[command(group(ArgGroup::new("mode").required(true).args(["signature_hash", "list", "quarantine", "release"])))]
pub(crate) struct Vaccinate {
    /// Note a remedy against this anomaly; the beginning of its hash is enough
    #[arg(
        long,
        value_name = "HASH",
        requires = "procedure",
        requires = "resolved_by"
    )]
    pub(crate) signature_hash: Option<String>,
    /// What helps
    #[arg(long, value_name = "TEXT", requires = "signature_hash")]
    pub(crate) procedure: Option<String>,
    /// Who says so
    #[arg(long, value_name = "ACTOR", conflicts_with_all = ["list", "quarantine"])]
    pub(crate) resolved_by: Option<String>,
    /// List the anomalies that nobody has resolved
    #[arg(long)]
    pub(crate) list: bool,
    /// List what is quarantined
    #[arg(long)]
    pub(crate) quarantine: bool,
    /// Release this tool or skill
    #[arg(long, value_name = "TOOL", requires = "reason")]
    pub(crate) release: Option<String>,
    /// Why it is released
    #[arg(long, value_name = "TEXT", requires = "release")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) rows: Rows,
}

pub(crate) fn run(args: &Vaccinate) -> anyhow::Result<ExitCode> {
    if args.list {
        return anomaly::list(&args.rows, false);
    }
    if args.quarantine {
        return quarantine::list(&args.rows, false);
    }
    if let Some(name) = &args.release {
        let reason = args.reason.as_deref().unwrap_or_default();
        quarantine::approval::need_none()?;
        let act = act(args.resolved_by.as_deref(), reason)?;
        let wanted = Wanted {
            name,
            part: None,
            static_only: false,
        };
        return quarantine::release(&args.rows, &args.rows.open()?, &wanted, &act);
    }
    vaccinate(args)
}

fn vaccinate(args: &Vaccinate) -> anyhow::Result<ExitCode> {
    let (Some(hash), Some(procedure)) = (&args.signature_hash, &args.procedure) else {
        bail!("`--signature-hash` and `--procedure` belong together");
    };
    let concerns = screen(procedure);
    if !concerns.is_empty() {
        bail!(
            "the procedure is not stored, because it {}",
            concerns.join(" and ")
        );
    }
    let act = act(args.resolved_by.as_deref(), "vaccination")?;
    let store = args.rows.open()?;
    let rows = store.tenant(args.rows.tenant());
    let vaccination = Vaccination {
        signature: hash.clone(),
        tool: String::new(),
        procedure: procedure.clone(),
        resolved_by: act.actor.clone(),
        at_ms: act.at_ms,
    };
    rows.vaccinate(&vaccination, &act)?;
    super::telemetry::count(args.rows.tenant(), [Counter::Vaccinated]);
    let anomaly = rows.anomaly(hash)?;
    let stored = rows.vaccination(&anomaly.signature.hash)?;
    let text = format!("vaccinated {}\n", anomaly.signature.hash);
    args.rows.print(&stored, &text)?;
    Ok(ExitCode::SUCCESS)
}
