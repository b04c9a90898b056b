//! `skillgate anomaly list | show | record`: failures of tools, by signature.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args as Arguments, Subcommand};
use serde_json::json;
use skillgate_immune::{Change, Settings};
use skillgate_model::Anomaly as Row;
use skillgate_pipeline::{Ended, Immunity};

use super::rows::{Listing, Rows, act, moment, plain};

/// As many as a person reads.
const LINES: i64 = 1_000;

/// How long a record waits for the store.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug, Arguments)]
pub(crate) struct Anomaly {
    #[command(subcommand)]
    pub(crate) command: AnomalyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AnomalyCommand {
    /// Print the anomalies that nobody has resolved, the most frequent first
    List(Listing),
    /// Print everything about one anomaly, and its remedy
    Show {
        /// Its signature's hash, or its beginning
        signature: String,
        #[command(flatten)]
        rows: Rows,
    },
    /// Record one failed call; settings come from SKILLGATE_IMMUNE_ variables
    Record(Record),
}

#[derive(Debug, Arguments)]
pub(crate) struct Record {
    /// The tool that failed
    #[arg(long, value_name = "NAME")]
    tool: String,
    /// The error's text, with or without its stack trace
    #[arg(long, value_name = "TEXT")]
    message: String,
    /// Class of the error [default: taken from the text]
    #[arg(long, value_name = "NAME", default_value = "")]
    class: String,
    /// Code of the error
    #[arg(long, value_name = "CODE", default_value = "")]
    code: String,
    /// The call's arguments as JSON; only their keys and types are kept
    #[arg(long, value_name = "JSON", default_value = "null")]
    arguments: String,
    #[command(flatten)]
    rows: Rows,
}

pub(crate) fn run(args: &Anomaly) -> anyhow::Result<ExitCode> {
    match &args.command {
        AnomalyCommand::List(args) => list(&args.rows, args.all),
        AnomalyCommand::Show { signature, rows } => show(rows, signature),
        AnomalyCommand::Record(record) => self::record(record),
    }
}

pub(crate) fn list(rows: &Rows, all: bool) -> anyhow::Result<ExitCode> {
    let anomalies = rows.open()?.tenant(rows.tenant()).anomalies(all, LINES)?;
    let mut text = String::new();
    for anomaly in &anomalies {
        let signature = &anomaly.signature;
        let _ = writeln!(
            text,
            "{}  {:<8} {:>6}  {}  {}  {}",
            signature.hash.get(..12).unwrap_or(&signature.hash),
            anomaly.state.as_str(),
            anomaly.hits,
            moment(anomaly.last_seen_ms),
            plain(&signature.tool),
            plain(&headline(anomaly)),
        );
    }
    rows.print(&anomalies, &text)?;
    Ok(ExitCode::SUCCESS)
}

fn headline(anomaly: &Row) -> String {
    let signature = &anomaly.signature;
    let words = [&signature.class, &signature.code, &signature.message];
    let words: Vec<_> = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .map(String::as_str)
        .collect();
    words.join(": ")
}

fn show(rows: &Rows, signature: &str) -> anyhow::Result<ExitCode> {
    let store = rows.open()?;
    let tenant = store.tenant(rows.tenant());
    let anomaly = tenant.anomaly(signature)?;
    let remedy = tenant.vaccination(&anomaly.signature.hash)?;
    let mut text = format!("signature {}\n", anomaly.signature.hash);
    let lines = [
        ("tool", plain(&anomaly.signature.tool)),
        ("state", anomaly.state.as_str().to_owned()),
        ("hits", anomaly.hits.to_string()),
        ("first seen", moment(anomaly.first_seen_ms)),
        ("last seen", moment(anomaly.last_seen_ms)),
        ("class", plain(&anomaly.signature.class)),
        ("code", plain(&anomaly.signature.code)),
        ("message", plain(&anomaly.signature.message)),
        ("arguments", plain(&anomaly.signature.shape)),
    ];
    for (key, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "  {key:<10} {value}");
    }
    if let Some(remedy) = &remedy {
        let _ = writeln!(
            text,
            "remedy by {}, {}",
            plain(&remedy.resolved_by),
            moment(remedy.at_ms)
        );
        for line in remedy.procedure.lines() {
            let _ = writeln!(text, "  | {}", plain(line));
        }
    }
    rows.print(&json!({ "anomaly": anomaly, "remedy": remedy }), &text)?;
    Ok(ExitCode::SUCCESS)
}

fn record(args: &Record) -> anyhow::Result<ExitCode> {
    let settings = Settings::from_env(std::env::vars())?;
    let arguments = serde_json::from_str(&args.arguments).context("`--arguments` is no JSON")?;
    let now_ms = act(Some("skillgate anomaly record"), "recorded")?.at_ms;
    let store = Arc::new(args.rows.open()?);
    let immunity = Immunity::open(store, args.rows.tenant().clone(), settings, now_ms)?;
    let ended = Ended::Failed {
        class: &args.class,
        code: &args.code,
        message: &args.message,
    };
    let recorded = immunity.record(&args.tool, &arguments, ended, now_ms);
    immunity
        .flush(PATIENCE)
        .map_err(|complaint| anyhow!(complaint))?;
    super::telemetry::send(&immunity.metrics());
    let remedy = recorded
        .signature
        .as_ref()
        .and_then(|failure| immunity.remedy_for(failure));
    let hash = recorded
        .signature
        .as_ref()
        .map_or("ignored", |signature| &signature.hash);
    let mut text = format!("recorded {hash}\n");
    let mut blocked = Vec::new();
    for change in &recorded.changes {
        let entry = change.entry();
        let word = match change {
            Change::Entered(_) => "blocked",
            Change::Probing(_) => "on trial",
            Change::Released(_) => "released",
            Change::Capped(_) => "not blocked, too many are",
        };
        let _ = writeln!(
            text,
            "{word}: {}: {}",
            plain(&entry.subject),
            plain(&entry.reason)
        );
        if matches!(change, Change::Entered(_)) {
            blocked.push(entry);
        }
    }
    if let Some(remedy) = &remedy {
        let _ = writeln!(
            text,
            "remedy by {} ({:.0} % alike):",
            plain(&remedy.resolved_by),
            remedy.likeness * 100.0
        );
        for line in remedy.text.lines() {
            let _ = writeln!(text, "  {}", plain(line));
        }
    }
    let remedy = remedy.map(|remedy| {
        json!({ "signature": remedy.signature, "resolved_by": remedy.resolved_by,
                "likeness": remedy.likeness, "untrusted_text": remedy.text })
    });
    let record = json!({ "signature": recorded.signature, "blocked": blocked, "remedy": remedy });
    args.rows.print(&record, &text)?;
    Ok(ExitCode::SUCCESS)
}
