//! What wipes the traces of a person or a machine: histories, logs, files of the system.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;

static SYSTEM_FILE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"^/(?:bin|boot|etc|lib|lib64|sbin|sys|usr|root|proc|var/(?:log|lib|spool))/|^~/(?:Documents|Desktop|Pictures|\.\w+rc$|\.profile$)",
    )
});
static HISTORY: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)(?:\.(?:bash|zsh|sh|python|mysql)_history|/var/log(?:/|$)|/var/run/utmp|wtmp|btmp|lastlog)",
    )
});

/// Whether a path leads to a history or a log.
pub(super) fn is_history(path: &str) -> bool {
    HISTORY.is_match(path)
}

/// Whether a path leads to a file of the system or of a person, which installing and cleaning leave alone.
pub(super) fn is_system_file(path: &str) -> bool {
    SYSTEM_FILE.is_match(path) && !is_leftover(path)
}

/// What package managers leave behind, which images are freed of.
fn is_leftover(path: &str) -> bool {
    let places = [
        "/var/lib/apt/lists/",
        "/usr/share/doc/",
        "/usr/share/man/",
        "/usr/share/locale/",
        "/root/.cache",
        "/root/.npm",
    ];
    places.iter().any(|place| path.starts_with(place))
}

/// Whether a command empties a history or a log, or keeps one from being written.
pub(super) fn wipes(name: &str, words: &[&str], joined: &str) -> bool {
    let any = |those: &[&str]| words.iter().any(|word| those.contains(word));
    let of_history = || words.iter().any(|word| is_history(word));
    match name {
        "history" => words
            .iter()
            .any(|word| word.starts_with('-') && word.contains(['c', 'w'])),
        "unset" => any(&["HISTFILE"]),
        "truncate" | "shred" => of_history(),
        "find" => {
            any(&["-exec", "-delete"])
                && any(&["truncate", "shred", "rm", "-delete"])
                && of_history()
        }
        "journalctl" => joined.contains("--vacuum"),
        "wevtutil" => any(&["cl"]),
        _ => false,
    }
}

/// Whether a variable is set so that a shell keeps no history.
pub(super) fn keeps_none(name: &str, value: &str) -> bool {
    matches!(name, "HISTFILE" | "HISTSIZE" | "HISTFILESIZE")
        && matches!(value, "" | "0" | "/dev/null")
}
