//! What starts by itself: the files of services, and who enables them.

use super::hooks::is_hook;
use crate::pattern::value::UNKNOWN;

/// Programs that run or fetch what they are told.
const OPEN: [&str; 14] = [
    "sh", "bash", "dash", "zsh", "env", "python", "python3", "node", "perl", "ruby", "curl",
    "wget", "nc", "socat",
];

/// Whether a shell runs the file at its start.
pub(in crate::pattern::shell) fn is_read_at_start(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name,
        ".bashrc"
            | ".zshrc"
            | ".profile"
            | ".bash_profile"
            | ".zprofile"
            | ".zshenv"
            | ".bash_login"
            | ".bash_aliases"
            | ".bash_functions"
            | ".zsh_aliases"
            | ".xprofile"
            | ".xinitrc"
            | ".xsessionrc"
    )
}

/// Whether a file of a person's own session starts something: a shell, a service, a program at login.
pub(in crate::pattern::shell) fn is_start_up(path: &str) -> bool {
    is_read_at_start(path)
        || path.contains("/.bashrc.d/")
        || path.contains("/fish/conf.d/")
        || path.contains("/.config/systemd/user/")
        || path.contains("/.config/autostart/")
        || path.contains("Library/LaunchAgents/")
        || path.ends_with("/fish/config.fish")
}

/// Whether a file is one that an installer puts where all users find it, and that starts nothing by itself.
pub(in crate::pattern::shell) fn is_installed_file(path: &str, fetched: bool) -> bool {
    let sources = [
        "/etc/apt/keyrings/",
        "/etc/apt/sources.list.d/",
        "/usr/share/keyrings/",
    ];
    let own = ["/usr/local/share/", "/usr/local/bin/", "/usr/share/"];
    let path = format!("{path}/");
    sources.iter().any(|folder| path.starts_with(folder))
        || !fetched && own.iter().any(|folder| path.starts_with(folder))
}

/// Whether a unit only starts installed programs that run nothing they are told, at times or by itself.
pub(in crate::pattern::shell) fn is_harmless_unit(path: &str, text: &str) -> bool {
    if !path.contains("/.config/systemd/user/") {
        return false;
    }
    let is_unit = text.contains("[Unit]") || text.contains("[Service]") || text.contains("[Timer]");
    let mut hooks = text.lines().filter_map(|line| line.split_once('='));
    let mut starts = text
        .lines()
        .filter(|line| line.trim_start().starts_with("Exec"))
        .filter_map(|line| line.split_once('='));
    is_unit
        && !hooks.any(|(_, value)| {
            let value = value.trim().trim_matches('"');
            value
                .split_once('=')
                .is_some_and(|(name, value)| is_hook(name, value))
        })
        && starts
            .all(|(_, command)| is_installed(command.trim_start_matches(['-', '@', '+', '!', ' '])))
}

/// A program of the system by its whole path, with no address among its words.
fn is_installed(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or(program);
    let folders = [
        "/usr/bin/",
        "/usr/local/bin/",
        "/bin/",
        "/opt/homebrew/bin/",
        "/usr/sbin/",
    ];
    folders.iter().any(|folder| program.starts_with(folder))
        && !OPEN.contains(&name)
        && !command.contains("://")
        && !program.contains(UNKNOWN)
}

/// The units that a command enables, `None` when it enables nothing.
pub(in crate::pattern::shell) fn enabled<'w>(
    name: &str,
    words: &[&'w str],
) -> Option<Vec<&'w str>> {
    let verbs: &[&str] = match name {
        "systemctl" => &["enable", "link", "preset", "reenable"],
        "launchctl" => &["load", "bootstrap"],
        "update-rc.d" => &["defaults", "enable"],
        "chkconfig" => &["on", "--add"],
        "rc-update" => &["add"],
        _ => return None,
    };
    let lower = |word: &&&str| verbs.contains(&word.to_ascii_lowercase().as_str());
    words.iter().find(lower)?;
    let units = words
        .iter()
        .filter(|word| !word.starts_with('-') && !verbs.contains(word));
    Some(units.copied().collect())
}
