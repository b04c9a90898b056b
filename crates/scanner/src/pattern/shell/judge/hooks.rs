//! Variables that make other programs load code, wherever they are set.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;
use crate::pattern::value::UNKNOWN;

/// Modules that node is told to load first, by a place and not by the name of a package.
static LOADED_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?:--require|--import|--loader|--experimental-loader|(?:^|\s)-r)[ =][\x22']?(?:/|~|\.\.?/\.|file:|data:|https?:)",
    )
});
/// Libraries that are put before others to count, to fake the time or to manage memory.
static KNOWN_LIBRARY: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?:jemalloc|tcmalloc|mimalloc|[almtu]{1,2}san|faketime|eatmydata|fakeroot|libSegFault|libnss_wrapper|stderred|libvirtgl|nvidia|libGL)",
    )
});
static SEARCH_PATH: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^(?:\.?:|\.:|/tmp|/var/tmp|/dev/shm)"));
static ODD_PLACE: LazyLock<Regex> = LazyLock::new(|| constant(r"^(?:/tmp|/var/tmp|/dev/shm|~|\.)"));
/// Where a line `NAME=value` becomes a variable of every later program.
static KEPT: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?:^|/)environment\.d/|/etc/(?:environment|security/pam_env\.conf|default/)|\.pam_environment$|\.ssh/environment$|\.envrc$|/systemd/(?:system|user)\.conf|^\$GITHUB_ENV$",
    )
});

/// Whether a variable of this name and value makes a program load what it was not asked to.
pub(in crate::pattern::shell) fn is_hook(name: &str, value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let known = value.trim_matches(UNKNOWN);
    if known.is_empty() {
        return false;
    }
    match name {
        "LD_PRELOAD" | "LD_AUDIT" | "DYLD_INSERT_LIBRARIES" => value
            .split([':', ' '])
            .filter(|library| !library.trim_matches(UNKNOWN).is_empty())
            .any(|library| !is_system_library(library)),
        "BASH_ENV" | "PYTHONSTARTUP" | "RUBYOPT" | "ENV" => is_start_file(name, known),
        "PERL5OPT" => known.contains("-M") && !known.contains("Devel::Cover"),
        "NODE_OPTIONS" => LOADED_FIRST.is_match(value),
        // A folder that the script just made for itself hides nothing of anyone.
        "PATH" => SEARCH_PATH.is_match(value) && !value.starts_with("/tmp/tmp."),
        "GIT_SSH_COMMAND" => ["curl", "wget", "sh -c"]
            .iter()
            .any(|word| value.contains(word)),
        "SUDO_ASKPASS" | "SSH_ASKPASS" | "GIT_ASKPASS" => ODD_PLACE.is_match(value),
        _ => false,
    }
}

/// A library that lies where the system keeps its own, or one that is known by its name.
fn is_system_library(library: &str) -> bool {
    let own = ["/usr/lib", "/lib", "/opt/homebrew/", "$LIB"];
    KNOWN_LIBRARY.is_match(library)
        || own.iter().any(|folder| library.starts_with(folder)) && !library.contains("/.")
}

/// A file that a shell or an interpreter runs before anything else; `ENV` has other meanings too.
fn is_start_file(name: &str, value: &str) -> bool {
    let path = value.contains('/') && value != "/dev/null";
    match name {
        "ENV" => {
            path && (value.contains("/.") || value.starts_with("/tmp") || value.ends_with("rc"))
        }
        "RUBYOPT" => path && value.contains("-r"),
        _ => path,
    }
}

/// The first hooking variable that a text keeps for every later program, when it is written to this file.
pub(in crate::pattern::shell) fn kept(path: &str, text: &str) -> Option<String> {
    if !KEPT.is_match(path) {
        return None;
    }
    let pairs = text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let line = line.strip_prefix("DefaultEnvironment=").unwrap_or(line);
        line.split_once('=')
    });
    let mut hooks = pairs.filter(|(name, value)| is_hook(name.trim(), value));
    hooks.next().map(|(name, value)| format!("{name}={value}"))
}

/// The first hooking variable among the words of a command that sets variables for others.
pub(in crate::pattern::shell) fn set_by(name: &str, words: &[&str]) -> Option<String> {
    let has = |word: &str| words.contains(&word);
    let sets = match name {
        "systemctl" => has("set-environment") || has("import-environment"),
        "tmux" => has("set-environment") || has("setenv"),
        "launchctl" | "setx" | "dbus-update-activation-environment" => true,
        "npm" | "pnpm" | "yarn" => has("config") && has("set"),
        _ => false,
    };
    if !sets {
        return None;
    }
    let joined = words.iter().filter_map(|word| word.split_once('='));
    let apart = words.windows(2).filter_map(|pair| match pair {
        ["node-options", value] => Some(("NODE_OPTIONS", *value)),
        [key, value] => Some((*key, *value)),
        _ => None,
    });
    let mut hooks = joined.chain(apart).filter(|(name, value)| {
        let name = if *name == "node-options" {
            "NODE_OPTIONS"
        } else {
            name
        };
        is_hook(name, value)
    });
    hooks.next().map(|(name, value)| format!("{name}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_hooks_when_it_loads_what_is_no_part_of_the_system() {
        for (name, value) in [
            ("LD_PRELOAD", "/tmp/x.so"),
            ("DYLD_INSERT_LIBRARIES", "~/.cache/a.dylib"),
            ("BASH_ENV", "\u{fffd}/.x"),
            ("ENV", "~/.x/rc"),
            ("NODE_OPTIONS", "--max-old-space-size=1 --require /tmp/a.js"),
            ("PERL5OPT", "-Mmine"),
            ("PATH", "/tmp/bin:\u{fffd}"),
        ] {
            assert!(is_hook(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("LD_PRELOAD", ""),
            ("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"),
            ("ENV", "production"),
            ("NODE_OPTIONS", "--require ts-node/register"),
            ("PATH", "~/.local/bin:/usr/bin"),
            ("BASH_ENV", "\u{fffd}"),
        ] {
            assert!(!is_hook(name, value), "{name}={value}");
        }
    }
}
