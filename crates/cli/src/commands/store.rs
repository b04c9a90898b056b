//! `skillgate store check | backup | restore | export | import`.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args as Arguments, Subcommand};
use serde_json::json;
use skillgate_store::{Act, Store as Database};

use super::rows::{Rows, plain};

/// Something is wrong with the store.
const DAMAGED: u8 = 1;

#[derive(Debug, Arguments)]
pub(crate) struct Store {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Check pages, indexes and audit chains; exits with 1 when something is wrong
    Check {
        #[command(flatten)]
        rows: Rows,
    },
    /// Copy the store to a new file while others write to it
    Backup {
        /// It must not exist yet
        file: PathBuf,
        #[command(flatten)]
        rows: Rows,
    },
    /// Put a backup in the store's place; the old file is kept beside it
    Restore {
        /// The backup
        file: PathBuf,
        #[command(flatten)]
        rows: Rows,
    },
    /// Write every row of every tenant as lines of JSON
    Export {
        /// It must not exist yet
        file: PathBuf,
        #[command(flatten)]
        rows: Rows,
    },
    /// Read an export into an empty store, verified by count and digest
    Import {
        /// The export
        file: PathBuf,
        #[command(flatten)]
        rows: Rows,
    },
}

pub(crate) fn run(args: &Store) -> anyhow::Result<ExitCode> {
    match &args.command {
        StoreCommand::Check { rows } => check(rows),
        StoreCommand::Backup { file, rows } => {
            rows.open()?.backup(file)?;
            done(rows, "backed up to", file)
        }
        StoreCommand::Restore { file, rows } => {
            let now_ms = Act::now("", "").at_ms;
            let kept = Database::restore(file, &rows.folder()?, now_ms)?;
            if let Some(kept) = kept {
                super::say(format_args!(
                    "note: the old store is kept as `{}`",
                    kept.display()
                ));
            }
            done(rows, "restored from", file)
        }
        StoreCommand::Export { file, rows } => {
            let to = File::create_new(file)
                .with_context(|| format!("`{}` cannot be written", file.display()))?;
            let transfer = rows.open()?.export(&mut BufWriter::new(&to))?;
            to.sync_all().context("the export is not on the disk")?;
            let text = format!("{} rows, sha256 {}\n", transfer.rows, transfer.sha256);
            rows.print(&transfer, &text)?;
            Ok(ExitCode::SUCCESS)
        }
        StoreCommand::Import { file, rows } => {
            let from =
                File::open(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
            let transfer = rows.open()?.import(&mut BufReader::new(from))?;
            let text = format!("{} rows, sha256 {}\n", transfer.rows, transfer.sha256);
            rows.print(&transfer, &text)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(rows: &Rows) -> anyhow::Result<ExitCode> {
    let faults = rows.open()?.check()?;
    let text: String = match faults.as_slice() {
        [] => "the store is whole\n".to_owned(),
        faults => faults
            .iter()
            .map(|fault| format!("{}\n", plain(fault)))
            .collect(),
    };
    rows.print(
        &json!({ "whole": faults.is_empty(), "faults": faults }),
        &text,
    )?;
    Ok(match faults.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DAMAGED),
    })
}

fn done(rows: &Rows, word: &str, file: &std::path::Path) -> anyhow::Result<ExitCode> {
    let file = file.display().to_string();
    rows.print(
        &json!({ "file": file }),
        &format!("{word} `{}`\n", plain(&file)),
    )?;
    Ok(ExitCode::SUCCESS)
}
