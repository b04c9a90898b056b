//! The subcommands, one file each, and what they share.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use skillgate_permissions::{PolicyFile, PolicyTables};
use skillgate_pipeline::Loaded;
use skillgate_report::{FORMATS, Format};
use skillgate_scanner::{Rule, Rules};

pub(crate) mod anomaly;
pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod quarantine;
pub(crate) mod report;
mod rows;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod scan;
pub(crate) mod store;
pub(crate) mod suggest;
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

/// The operator's policy, checked with its examples.
pub(crate) fn policy(loaded: &Loaded) -> anyhow::Result<PolicyFile> {
    let tables = PolicyTables {
        grant: loaded.config.grant.clone(),
        quarantined: Vec::new(),
    };
    PolicyFile::from_tables(&tables).context("the policy of the configuration does not load")
}

/// The built-in rules and the operator's, without those that are switched off.
pub(crate) fn rules_in_force(loaded: &Loaded) -> anyhow::Result<Rules> {
    let rules = Rules::built_in_and(own_rules(loaded)?)?;
    let mut disabled = globset::GlobSetBuilder::new();
    for id in &loaded.config.rules.disable {
        disabled.add(
            globset::Glob::new(id)
                .with_context(|| format!("`{id}` in `rules.disable` is no glob"))?,
        );
        known(id, &rules)?;
    }
    let disabled = disabled.build()?;
    Ok(rules.filtered(|rule: &Rule| !disabled.is_match(&rule.info.id)))
}

/// A misspelt id would silently switch off nothing.
fn known(glob: &str, rules: &Rules) -> anyhow::Result<()> {
    let matcher = globset::Glob::new(glob)?.compile_matcher();
    if !rules.iter().any(|rule| matcher.is_match(&rule.info.id)) {
        bail!("`{glob}` in `rules.disable` names no rule; see `skillgate rules list`");
    }
    Ok(())
}

/// The operator's own rules as they are written.
fn own_rules(loaded: &Loaded) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut own = Vec::new();
    for folder in &loaded.config.rules.extra {
        own.extend(rule_files(&loaded.folder.join(folder))?);
    }
    Ok(own)
}

fn rule_files(folder: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        let cannot = || format!("the rules in `{}` cannot be read", path.display());
        for entry in std::fs::read_dir(&path).with_context(cannot)? {
            let entry = entry.with_context(cannot)?.path();
            if entry.is_dir() {
                pending.push(entry);
            } else if entry
                .extension()
                .is_some_and(|extension| extension == "yml")
            {
                let text = std::fs::read_to_string(&entry).with_context(cannot)?;
                files.push((entry, text));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Colours for people, and none where they are unwanted (no-color.org) or cannot be seen.
pub(crate) fn wants_color(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    set("FORCE_COLOR") || set("CLICOLOR_FORCE") || stream.is_terminal()
}
