//! Commands that open a way into the machine, to its secrets, or for what comes later.

use std::sync::LazyLock;

use regex::Regex;

use super::{repositories, settings, traffic, tunnels};
use crate::expression::constant;
use crate::pattern::places;

/// Options by which an agent acts without asking.
const UNGUARDED: [&str; 4] = [
    "--dangerously-skip-permissions",
    "--dangerously-bypass-approvals-and-sandbox",
    "--allow-dangerously-skip-permissions",
    "--yolo",
];

/// An archive whose content a scanner on the way cannot see.
static LOCKED: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^(?:-P.+|-p.+|-P|--password(?:=.*)?|-p)$"));

/// The check that a command meets by opening or changing something.
pub(super) fn command(name: &str, words: &[&str]) -> Option<&'static str> {
    let has = |word: &str| words.contains(&word);
    Some(match name {
        _ if tunnels::opens(name, words) => "shell-tunnel",
        _ if UNGUARDED.iter().any(|flag| has(flag)) => "shell-agent-unguarded",
        "git" if repositories::redirects(words) => "shell-foreign-index",
        _ if settings::changes(name, words) => "shell-setting-runs",
        _ if traffic::redirects(name, words) => "shell-traffic-redirected",
        _ if traffic::trusts_anyone(name, words) => "shell-certificate-unchecked",
        "hash" if has("-p") => "shell-shadowed-command",
        "chmod" | "setfacl" if opens_secret(words) => "shell-secret-opened",
        "ld-linux-x86-64.so.2" | "ld.so" if has("--preload") => "shell-loaded-builtin",
        "enable" if has("-f") => "shell-loaded-builtin",
        "unzip" | "7z" | "7za" | "unrar" if words.iter().any(|word| LOCKED.is_match(word)) => {
            "shell-locked-archive"
        }
        "rclone" if words.iter().any(|word| carries_key(word)) => "shell-files-sent",
        "setcap" => "shell-capability",
        _ => return None,
    })
}

/// A remote of rclone that is described in one word, with the key to it.
fn carries_key(word: &str) -> bool {
    word.starts_with(':') && word.contains(',') && word.contains("key")
}

/// A file of credentials that others may read afterwards.
fn opens_secret(words: &[&str]) -> bool {
    let opens = words.iter().any(|word| {
        matches!(
            *word,
            "644" | "0644" | "755" | "666" | "777" | "664" | "775"
        ) || word.contains("o+")
            || word.contains("a+")
            || word.contains("go+")
            || word.contains(":r")
    });
    let secret = |word: &&str| places::is_credential(word) && !word.ends_with(".pub");
    opens && words.iter().any(secret)
}

/// Whether a program is started from where nobody looks: a hidden name in a folder that everyone may write.
pub(in crate::pattern::shell) fn is_hidden_program(path: &str) -> bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/"]
        .iter()
        .filter_map(|folder| path.strip_prefix(folder))
        .any(|rest| {
            rest.split('/')
                .any(|part| part.starts_with('.') && part.len() > 1)
        })
}
