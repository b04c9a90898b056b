//! Settings by which other programs run something, written into files or given to commands.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;
use crate::pattern::value::Value;

/// Settings of git that name a folder of programs it runs.
const HOOK_FOLDERS: [&str; 2] = ["core.hookspath", "init.templatedir"];

/// Lines in the settings of an editor, a terminal or a connection that run a command.
static RUNS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?im)^\s*(?:ProxyCommand|LocalCommand|KnownHostsCommand|Match\s+exec)\b|^[^\x22#]*(?:\bsystem\(|:?silent\s*!|^:?!|\bautocmd\b.*!)|\b(?:run-shell|if-shell)\b|^\s*shell\s|script-shell\s*=|^\s*(?:https?_?proxy|proxy|use_askpass)\s*=|(?:hookspath|templatedir|sshcommand|fsmonitor)\s*=",
    )
});

/// Whether this text, written to this file, makes another program run a command.
pub(super) fn kept(path: &str, content: &Value) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.ends_with(".pth") {
        return content.text.contains("import ");
    }
    let obeyed = matches!(
        name,
        ".vimrc"
            | "init.vim"
            | ".tmux.conf"
            | ".inputrc"
            | ".gdbinit"
            | ".gitconfig"
            | ".npmrc"
            | ".wgetrc"
            | ".curlrc"
    ) || path.ends_with(".ssh/config")
        || path.ends_with("git/config");
    obeyed && RUNS.is_match(&content.text)
}

/// Whether a command changes a setting so that another program runs something.
pub(super) fn changes(name: &str, words: &[&str]) -> bool {
    let has = |word: &str| words.contains(&word);
    match name {
        "chsh" => has("-s") && words.iter().any(|word| is_odd_shell(word)),
        "launchctl" => has("setenv"),
        "profiles" => has("install"),
        "redis-cli" => has("config") && has("set") && has("dir"),
        "loginctl" => has("enable-linger"),
        "npm" | "pnpm" | "yarn" => has("script-shell"),
        "git" => {
            let lasting = has("config") && (has("--global") || has("--system"));
            hands_passwords(words) || lasting && names_hook_folder(words)
        }
        _ => false,
    }
}

fn names_hook_folder(words: &[&str]) -> bool {
    words.windows(2).any(|pair| match pair {
        [key, _] => HOOK_FOLDERS.contains(&key.to_ascii_lowercase().as_str()),
        _ => false,
    })
}

/// A helper of git that is a command of its own and none of a known service.
fn hands_passwords(words: &[&str]) -> bool {
    let known = [
        "!gh ",
        "!glab ",
        "!aws ",
        "!gcloud ",
        "!/usr/bin/gh ",
        "!az ",
    ];
    words.windows(2).any(|pair| match pair {
        [key, helper] => {
            key.to_ascii_lowercase().ends_with("credential.helper")
                && helper.starts_with('!')
                && !known.iter().any(|known| helper.starts_with(known))
        }
        _ => false,
    })
}

/// A login shell that lies where no system keeps its shells.
fn is_odd_shell(word: &str) -> bool {
    word.starts_with("/tmp/") || word.starts_with("/var/tmp/") || word.starts_with('~')
}
