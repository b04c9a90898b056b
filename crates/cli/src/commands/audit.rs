//! `skillgate audit verify | head | list`: who did what, and whether the record was touched.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args as Arguments, Subcommand};
use serde_json::json;

use super::rows::{Rows, moment, plain};

/// The chain does not hold.
const BROKEN: u8 = 1;

#[derive(Debug, Arguments)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Recompute the chain and name its first broken link; exits with 1 when there is one
    Verify {
        /// Also find a cut tail: the chain must still hold this head, exported earlier
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
        #[command(flatten)]
        rows: Rows,
    },
    /// Print the newest link as JSON, to be kept elsewhere
    Head {
        #[command(flatten)]
        rows: Rows,
    },
    /// Print entries, oldest first
    List {
        /// Only entries after this number
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: i64,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: i64,
        #[command(flatten)]
        rows: Rows,
    },
}

pub(crate) fn run(args: &Audit) -> anyhow::Result<ExitCode> {
    match &args.command {
        AuditCommand::Verify { head, rows } => verify(rows, head.as_ref()),
        AuditCommand::Head { rows } => {
            let head = rows.open()?.tenant(rows.tenant()).audit_head()?;
            super::print(&(serde_json::to_string_pretty(&head)? + "\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::List { after, limit, rows } => list(rows, *after, *limit),
    }
}

fn verify(rows: &Rows, head: Option<&PathBuf>) -> anyhow::Result<ExitCode> {
    let store = rows.open()?;
    let tenant = store.tenant(rows.tenant());
    let outcome = match head {
        None => tenant.verify_audit()?,
        Some(file) => {
            let cannot = || format!("the head in `{}` cannot be read", file.display());
            let text = std::fs::read_to_string(file).with_context(cannot)?;
            tenant.verify_audit_against(&serde_json::from_str(&text).with_context(cannot)?)?
        }
    };
    match outcome {
        Ok(head) => {
            let text = format!(
                "the chain of {} entries holds, head {}\n",
                head.seq, head.hash
            );
            rows.print(&json!({ "holds": true, "head": head }), &text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            let record = json!({ "holds": false, "seq": fault.seq, "reason": fault.reason });
            rows.print(&record, &format!("the chain is broken at {fault}\n"))?;
            Ok(ExitCode::from(BROKEN))
        }
    }
}

fn list(rows: &Rows, after: i64, limit: i64) -> anyhow::Result<ExitCode> {
    let entries = rows.open()?.tenant(rows.tenant()).audit(after, limit)?;
    let mut text = String::new();
    for entry in &entries {
        let _ = writeln!(
            text,
            "{:>6}  {}  {}  {}  {}  {}",
            entry.seq,
            moment(entry.at_ms),
            plain(&entry.actor),
            entry.action,
            plain(&entry.object),
            plain(&entry.reason),
        );
    }
    rows.print(&entries, &text)?;
    Ok(ExitCode::SUCCESS)
}
