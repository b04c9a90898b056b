//! The subcommands, one file each, and what they share.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use skillgate_pipeline::{Candidate, Loaded, discover};
use skillgate_report::{FORMATS, Format};

mod again;
pub(crate) mod anomaly;
pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod hook;
pub(crate) mod init;
mod ledger;
pub(crate) mod policy;
pub(crate) mod quarantine;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod scan;
pub(crate) mod store;
pub(crate) mod suggest;
mod telemetry;
pub(crate) mod vaccinate;

/// One line to standard error; that nobody reads it is no reason to fail.
pub(crate) fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Text to standard output; a reader that has gone away is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    unless_broken_pipe(std::io::stdout().lock().write_all(text.as_bytes()))
}

/// `head` closes the pipe when it has enough.
pub(crate) fn unless_broken_pipe(result: std::io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write the result"),
    }
}

pub(crate) fn format_names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name()).collect()
}

pub(crate) fn format(name: &str) -> anyhow::Result<&'static dyn Format> {
    let found = FORMATS.iter().find(|format| format.name() == name);
    found
        .copied()
        .with_context(|| format!("there is no format `{name}`"))
}

/// The one skill at a path, and the configuration that holds for it.
pub(crate) fn only_one(path: &Path, config: Option<&Path>) -> anyhow::Result<(Candidate, Loaded)> {
    let mut found = discover(&[path.to_owned()])?.candidates;
    match (found.pop(), found.len()) {
        (Some(candidate), 0) => {
            let loaded = configuration(config, std::slice::from_ref(&candidate.path))?;
            Ok((candidate, loaded))
        }
        (None, _) => bail!("`{}` holds no skill", path.display()),
        (Some(_), others) => bail!("`{}` holds {} skills; name one", path.display(), others + 1),
    }
}

/// The file that was named, or the nearest one outside of the candidates.
pub(crate) fn configuration(file: Option<&Path>, candidates: &[PathBuf]) -> anyhow::Result<Loaded> {
    match file {
        Some(file) => Ok(Loaded::from_file(file)?),
        None => {
            let folder =
                std::env::current_dir().context("the working directory cannot be found")?;
            Ok(Loaded::find(&folder, candidates)?)
        }
    }
}

/// Colours for people, and none where they are unwanted (no-color.org) or cannot be seen.
pub(crate) fn wants_color(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    set("FORCE_COLOR") || set("CLICOLOR_FORCE") || stream.is_terminal()
}
