//! `skillgate policy diff OLD NEW --log FILE`: which calls of a decision log would be decided otherwise.

use std::fmt::Write;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args as Arguments;
use skillgate_permissions::log::{Change, compare};

use crate::commands::rows::{RowFormat, plain};

#[derive(Debug, Arguments)]
pub(crate) struct Diff {
    /// The policy file or configuration to start from
    old: PathBuf,
    /// The one to go to
    new: PathBuf,
    /// A decision log, written as JSON lines
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// How the result is written
    #[arg(long, value_enum, default_value = "text")]
    format: RowFormat,
}

impl Diff {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (old, _) = super::source::read(Some(&self.old))?;
        let (new, _) = super::source::read(Some(&self.new))?;
        let unreadable = || format!("the log `{}` cannot be used", self.log.display());
        let log = File::open(&self.log).with_context(unreadable)?;
        let diff = compare(&old, &new, BufReader::new(log)).with_context(unreadable)?;
        let mut text: String = diff.changes.iter().map(line).collect();
        let changed: u64 = diff.changes.iter().map(|change| change.calls).sum();
        let _ = writeln!(text, "{changed} of {} calls change", diff.calls);
        if diff.lost > 0 {
            let _ = writeln!(text, "{} calls are missing from the log", diff.lost);
        }
        super::print(self.format, &diff, &text)?;
        Ok(super::exit(diff.changes.is_empty()))
    }
}

fn line(change: &Change) -> String {
    let word = if change.allow {
        "now allowed"
    } else {
        "now denied "
    };
    let subject = plain(&change.subject);
    format!("{word}  {} × {subject}: {}\n", change.calls, change.why)
}
