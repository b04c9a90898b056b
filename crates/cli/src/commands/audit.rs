//! `skillgate audit verify | key | head | list`: who did what, and whether the record was touched.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args as Arguments, Subcommand};
use serde_json::json;
use skillgate_store::{Act, AuditHead, AuditKey, SignedHead};

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
        /// The head must be signed with this key: 64 hex digits, as `audit key` printed them
        #[arg(long, value_name = "KEY", requires = "head")]
        public_key: Option<String>,
        #[command(flatten)]
        rows: Rows,
    },
    /// Make a key that signs heads, in a file for its owner alone, and print its public half
    Key {
        /// It must not exist yet
        file: PathBuf,
    },
    /// Print the newest link as JSON, to be kept elsewhere
    Head {
        /// Sign it with the key in this file
        #[arg(long, value_name = "FILE")]
        sign: Option<PathBuf>,
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
        AuditCommand::Verify {
            head,
            public_key,
            rows,
        } => verify(rows, head.as_deref(), public_key.as_deref()),
        AuditCommand::Key { file } => {
            super::print(&format!("{}\n", AuditKey::create(file)?.public()))?;
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::Head { sign, rows } => {
            let head = rows.open()?.tenant(rows.tenant()).audit_head()?;
            let text = match sign {
                None => serde_json::to_string_pretty(&head)?,
                Some(file) => {
                    let signed = AuditKey::read(file)?.sign(head, Act::now("", "").at_ms);
                    serde_json::to_string_pretty(&signed)?
                }
            };
            super::print(&(text + "\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::List { after, limit, rows } => list(rows, *after, *limit),
    }
}

/// A head that was exported; where a key is given, only one that it signed.
fn exported(file: &Path, public_key: Option<&str>) -> anyhow::Result<AuditHead> {
    let cannot = || format!("the head in `{}` cannot be read", file.display());
    let text = std::fs::read_to_string(file).with_context(cannot)?;
    let Some(key) = public_key else {
        return serde_json::from_str(&text).with_context(cannot);
    };
    let signed: SignedHead = serde_json::from_str(&text)
        .with_context(|| format!("the head in `{}` is not signed", file.display()))?;
    Ok(signed.verified(key)?.clone())
}

fn verify(rows: &Rows, head: Option<&Path>, public_key: Option<&str>) -> anyhow::Result<ExitCode> {
    let store = rows.open()?;
    let tenant = store.tenant(rows.tenant());
    let outcome = match head {
        None => tenant.verify_audit()?,
        Some(file) => tenant.verify_audit_against(&exported(file, public_key)?)?,
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
