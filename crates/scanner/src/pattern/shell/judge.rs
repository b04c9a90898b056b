//! What a single step of a script gives away by itself, without any flow.

mod access;
mod destroyed;
mod hooks;
mod kept;
mod packages;
mod protection;
mod repositories;
mod schedule;
mod services;
mod settings;
mod shadowed;
mod traces;
mod traffic;
mod tunnels;
mod written;

use std::sync::LazyLock;

use regex::Regex;

use super::What;
use super::programs::join;
use crate::expression::constant;
use crate::pattern::hosts;
use crate::pattern::value::Value;

pub(super) use access::is_hidden_program;
pub(super) use destroyed::{
    encrypted_files, erased_history, finds_everything, is_disk, is_system_tree,
};
pub(super) use kept::keeps_encrypted;
pub(super) use packages::is_official_index;
pub(super) use repositories::foreign_repository;
pub(super) use schedule::cron_commands;
pub(super) use services::{
    enabled, is_harmless_unit, is_installed_file, is_read_at_start, is_start_up,
};
pub(super) use shadowed::is_trusted;
pub(super) use written::{hidden_script, written};

static MINER: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)stratum\+(?:tcp|ssl)://|mining\.(?:subscribe|authorize|submit)|\b(?:moneroocean|supportxmr|nanopool|2miners|f2pool|hashvault|minexmr|nicehash|herominers|c3pool|unmineable|gulf\.monero\w+)\b|\balgo\W{1,5}rx/|\x22?method\x22?\s*:\s*\x22?login\b.*\b(?:agent|algo)\x22?\s*:|\b(?:xmrig|minerd|cpuminer|cgminer|ethminer|nbminer|t-rex|phoenixminer)\b|--coin[ =]|--donate-level",
    )
});

/// Longest detail about a command, in letters.
const MAX_DETAIL: usize = 120;

/// The checks that this step meets, each with a word about it.
pub(super) fn checks(what: &What) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    match what {
        What::Command { name, arguments } => command(name, arguments, &mut found),
        What::Write { path, content } | What::Agreed { path, content } => {
            written(path, content, &mut found);
        }
        What::Delete(path) if traces::is_history(path) => {
            found.push(("shell-traces-wiped", path.clone()));
        }
        What::Delete(path)
            if traces::is_system_file(path) && !destroyed::SYSTEM_TREE.is_match(path) =>
        {
            found.push(("shell-system-file-deleted", path.clone()));
        }
        What::Assign { name, value } => {
            if let Some(check) = assigned(name, value) {
                found.push((check, format!("{name}={value}")));
            }
        }
        What::Connect(host) if hosts::is_metadata(host) => {
            found.push(("shell-metadata-service", host.clone()))
        }
        _ => {}
    }
    found
}

/// The check that setting this variable meets.
fn assigned(name: &str, value: &str) -> Option<&'static str> {
    if packages::is_index(name) && packages::is_foreign_index(value) {
        Some("shell-foreign-index")
    } else if hooks::is_hook(name, value) {
        Some("shell-hooking-variable")
    } else {
        traces::keeps_none(name, value).then_some("shell-traces-wiped")
    }
}

fn command(name: &str, arguments: &[Value], found: &mut Vec<(&'static str, String)>) {
    let joined = join(arguments).text;
    let line = format!("{name} {joined}");
    let words: Vec<&str> = arguments
        .iter()
        .map(|argument| argument.text.as_str())
        .collect();
    let mut add =
        |check: &'static str| found.push((check, line.chars().take(MAX_DETAIL).collect()));
    if let Some(check) = first_check(name, arguments, &words, &joined) {
        add(check);
    }
    let only_names = matches!(name, "echo" | "printf" | "grep" | "rg" | ":" | "[[" | "[");
    if !only_names && mines(&line) {
        add("shell-miner");
    }
    if let Some(check) = access::command(name, &words) {
        add(check);
    }
    if let Some(hook) = hooks::set_by(name, &words) {
        found.push(("shell-hooking-variable", hook));
    }
}

/// The worst that a command does to the machine it runs on.
fn first_check(
    name: &str,
    arguments: &[Value],
    words: &[&str],
    joined: &str,
) -> Option<&'static str> {
    Some(match name {
        "rm" | "find" | "shred" | "rsync" | "chmod" if destroyed::deletes_tree(name, words) => {
            "shell-tree-deleted"
        }
        "mv" if words.last() == Some(&"/dev/null") && words.len() > 1 => "shell-tree-deleted",
        _ if destroyed::overwrites_disk(name, arguments) => "shell-disk-overwritten",
        "git" if destroyed::destroys_history(words) => "shell-history-destroyed",
        _ if traces::wipes(name, words, joined) => "shell-traces-wiped",
        _ if protection::switches_off(name, words, joined) => "shell-protection-off",
        _ if packages::adds_install_script(name, words) => "shell-install-script",
        "touch" if words.iter().any(|word| word.starts_with("--checkpoint")) => {
            "shell-setting-runs"
        }
        _ if schedule::schedules(name, words) => "shell-cron",
        "alias" if shadowed::redefines(words) => "shell-shadowed-command",
        _ if protection::ends_others(name, arguments, words) => "shell-processes-ended",
        _ if packages::looks_elsewhere(name, joined) => "shell-foreign-index",
        _ => return None,
    })
}

/// Whether a text speaks to a pool of miners, or starts a miner.
pub(super) fn mines(text: &str) -> bool {
    MINER.is_match(text)
}
