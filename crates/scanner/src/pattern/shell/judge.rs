//! What a single step of a script gives away by itself, without any flow.

mod access;
mod destroyed;
mod hooks;
mod services;

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::What;
use super::programs::join;
use crate::Kind;
use crate::expression::constant;
use crate::pattern::places;
use crate::pattern::resolved::Fact;
use crate::pattern::value::{Taint, UNKNOWN, Value};

pub(super) use access::{foreign_repository, is_hidden_program};
pub(super) use destroyed::{
    encrypted_files, erased_history, finds_everything, is_disk, is_system_tree,
};
pub(super) use hooks::is_hook;
pub(super) use services::{enabled, is_harmless_unit, is_start_up};

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
static GUARDS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)\b(?:firewalld|ufw|apparmor|selinux|auditd|rsyslog|syslog|fail2ban|clamav|clamd|falcon-sensor|crowdstrike|osquery|wazuh|ossec|sentinelone|defender|mdatp|XProtect|sysmon|carbonblack|snort|suricata)",
    )
});
static MINER: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)stratum\+(?:tcp|ssl)://|mining\.(?:subscribe|authorize|submit)|\b(?:moneroocean|supportxmr|nanopool|2miners|f2pool|hashvault|minexmr|nicehash|herominers|c3pool|unmineable|gulf\.monero\w+)\b|\balgo\W{1,5}rx/|\x22?method\x22?\s*:\s*\x22?login\b.*\b(?:agent|algo)\x22?\s*:|\b(?:xmrig|minerd|cpuminer|cgminer|ethminer|nbminer|t-rex|phoenixminer)\b|--coin[ =]|--donate-level",
    )
});
static INDEX_OPTION: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?:--extra-index-url|--index-url|(?:^| )-i|--registry|--index|--source)[ =](?:https?://)?(?P<host>[\w.-]+)",
    )
});
static KEPT_INDEX: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?:index[-_]url|registry|npmRegistryServer)[ =]+[\x22']?https?://(?P<host>[\w.-]+)")
});
static ADDED_SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"scripts\W{1,4}(?:pre|post)?install\W{0,4}=[^=]|[\x22\\](?:pre|post)?install[\x22\\]+\s*:",
    )
});
/// What a visitor of a page sends is run by it.
static WEB_SHELL: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)(?:Runtime\.getRuntime\(\)\.exec|ProcessBuilder|Process\.Start|\beval|\bassert|\bsystem|\bpassthru|shell_exec|\bpopen|proc_open|\bexec|create_function|`)\s*[(`]?.{0,80}(?:\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)|request\.getParameter|Request(?:\.|\[|\()|\bparam\(|QUERY_STRING|php://input)",
    )
});
static CRON_LINE: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^\s*(?:@\w+|(?:[\d*/,-]+\s+){5})\s*(?:root\s+)?"));

const OFFICIAL_INDEXES: &[&str] = &[
    "pypi.org",
    "test.pypi.org",
    "pypi.python.org",
    "files.pythonhosted.org",
    "registry.npmjs.org",
    "rubygems.org",
    "download.pytorch.org",
    "registry.yarnpkg.com",
    "npm.pkg.github.com",
    "pypi.nvidia.com",
    "jsr.io",
    "npm.jsr.io",
];
/// Commands that people type without looking, so that another meaning is a trap.
const COMMON: &[&str] = &[
    "sudo", "su", "ssh", "scp", "git", "ls", "cd", "cat", "rm", "cp", "mv", "curl", "wget",
    "python", "python3", "pip", "pip3", "npm", "npx", "node", "docker", "kubectl", "passwd", "gpg",
    "code", "make", "go", "cargo", "gh", "aws", "brew", "bash", "env",
];

/// Programs that people type their passwords into.
const TRUSTED: [&str; 6] = ["sudo", "su", "ssh", "passwd", "gpg", "doas"];

/// Whether a function of this name stands in the place of a program that is trusted with passwords.
pub(super) fn is_trusted(name: &str) -> bool {
    TRUSTED.contains(&name)
}

/// Whether a shell runs the file at its start.
pub(super) fn is_read_at_start(path: &str) -> bool {
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

/// The checks that this step meets, each with a word about it.
pub(super) fn checks(what: &What) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    match what {
        What::Command { name, arguments } => command(name, arguments, &mut found),
        What::Write { path, content } | What::Agreed { path, content } => {
            written(path, content, &mut found);
        }
        What::Delete(path) if HISTORY.is_match(path) => {
            found.push(("shell-traces-wiped", path.clone()))
        }
        What::Delete(path) if is_leftover(path) => {}
        What::Delete(path)
            if SYSTEM_FILE.is_match(path) && !destroyed::SYSTEM_TREE.is_match(path) =>
        {
            found.push(("shell-system-file-deleted", path.clone()));
        }
        What::Assign { name, value } if is_index(name) && is_foreign_index(value) => {
            found.push(("shell-foreign-index", format!("{name}={value}")));
        }
        What::Assign { name, value } if is_hook(name, value) => {
            found.push(("shell-hooking-variable", format!("{name}={value}")));
        }
        What::Assign { name, value }
            if matches!(name.as_str(), "HISTFILE" | "HISTSIZE" | "HISTFILESIZE") =>
        {
            if matches!(value.as_str(), "" | "0" | "/dev/null") {
                found.push(("shell-traces-wiped", format!("{name}={value}")));
            }
        }
        What::Connect(host) if places::is_metadata(host) => {
            found.push(("shell-metadata-service", host.clone()))
        }
        _ => {}
    }
    found
}

fn command(name: &str, arguments: &[Value], found: &mut Vec<(&'static str, String)>) {
    let joined = join(arguments).text;
    let line = format!("{name} {joined}");
    let words: Vec<&str> = arguments
        .iter()
        .map(|argument| argument.text.as_str())
        .collect();
    let mut add = |check: &'static str| found.push((check, line.chars().take(120).collect()));
    match name {
        "rm" | "find" | "shred" | "rsync" | "chmod" if destroyed::deletes_tree(name, &words) => {
            add("shell-tree-deleted")
        }
        "mv" if words.last() == Some(&"/dev/null") && words.len() > 1 => add("shell-tree-deleted"),
        _ if destroyed::overwrites_disk(name, arguments) => add("shell-disk-overwritten"),
        "git" if destroyed::destroys_history(&words) => add("shell-history-destroyed"),
        "history"
            if words.iter().any(|word| {
                word.starts_with('-') && (word.contains('c') || word.contains('w'))
            }) =>
        {
            add("shell-traces-wiped")
        }
        "unset" if words.contains(&"HISTFILE") => add("shell-traces-wiped"),
        "truncate" | "shred" if words.iter().any(|word| HISTORY.is_match(word)) => {
            add("shell-traces-wiped")
        }
        "find"
            if words.iter().any(|word| HISTORY.is_match(word))
                && words
                    .iter()
                    .any(|word| matches!(*word, "-exec" | "-delete"))
                && words
                    .iter()
                    .any(|word| matches!(*word, "truncate" | "shred" | "rm" | "-delete")) =>
        {
            add("shell-traces-wiped")
        }
        "journalctl" if joined.contains("--vacuum") => add("shell-traces-wiped"),
        "wevtutil" if words.contains(&"cl") => add("shell-traces-wiped"),
        "setenforce" if words.contains(&"0") || words.contains(&"Permissive") => {
            add("shell-protection-off")
        }
        "ufw" if words.contains(&"disable") => add("shell-protection-off"),
        "iptables" | "ip6tables" | "nft"
            if words
                .iter()
                .any(|word| matches!(*word, "-F" | "--flush" | "flush" | "-X")) =>
        {
            add("shell-protection-off")
        }
        "systemctl" | "service" if stops(&words) && GUARDS.is_match(&joined) => {
            add("shell-protection-off")
        }
        "pkill" | "killall" if GUARDS.is_match(&joined) => add("shell-protection-off"),
        "spctl" | "csrutil" if words.iter().any(|word| word.contains("disable")) => {
            add("shell-protection-off")
        }
        "npm" | "pnpm" | "yarn" | "bun" if sets_install_script(&words) => {
            add("shell-install-script")
        }
        "jq" | "yq" | "sed" | "gsed" | "perl" if adds_install_script(&words) => {
            add("shell-install-script")
        }
        "touch" if words.iter().any(|word| word.starts_with("--checkpoint")) => {
            add("shell-setting-runs")
        }
        "xattr" if joined.contains("com.apple.quarantine") => add("shell-protection-off"),
        "auditctl" if joined.contains("-e 0") || joined.contains("-D") => {
            add("shell-protection-off")
        }
        "crontab"
            if !words.is_empty()
                && !words.iter().all(|word| {
                    matches!(*word, "-l" | "-u" | "-e")
                        || !word.starts_with('-') && words.contains(&"-l")
                }) =>
        {
            add("shell-cron");
        }
        "at" | "batch"
            if words.iter().any(|word| {
                word.starts_with("now") || word.contains(':') || matches!(*word, "-f" | "-t")
            }) =>
        {
            add("shell-cron")
        }
        "alias" => {
            let trap = words.iter().filter_map(|word| word.split_once('='));
            let mut trap = trap.filter(|(name, _)| COMMON.contains(name));
            if trap.any(|(name, text)| !text.split_whitespace().any(|word| word == name)) {
                add("shell-shadowed-command");
            }
        }
        "kill"
            if arguments
                .iter()
                .any(|argument| argument.taint.has(Taint::PROCESS)) =>
        {
            add("shell-processes-ended")
        }
        "pkill" | "killall" | "kill" if kills_others(&words) => add("shell-processes-ended"),
        "pip" | "pip3" | "uv" | "npm" | "pnpm" | "yarn" | "gem" | "bun" | "cargo" | "brew"
        | "uvx" | "npx" | "pipx" | "deno" | "helm" | "ansible-pull" | "conda" | "mamba" | "rpm"
        | "nix" | "kubectl"
            if foreign_index(&joined)
                || joined.contains("config")
                    && KEPT_INDEX.captures(&joined).is_some_and(is_foreign) =>
        {
            add("shell-foreign-index")
        }
        _ => {}
    }
    if MINER.is_match(&line)
        && !matches!(name, "echo" | "printf" | "grep" | "rg" | ":" | "[[" | "[")
    {
        found.push(("shell-miner", line.chars().take(120).collect()));
    }
    if let Some(hook) = hooks::set_by(name, &words) {
        found.push(("shell-hooking-variable", hook));
    }
    if let Some(check) = access::command(name, &words) {
        found.push((check, line.chars().take(120).collect()));
    }
}

/// Whether packages are published on this host.
pub(super) fn is_official_index(host: &str) -> bool {
    OFFICIAL_INDEXES.contains(&host)
}

/// `npm pkg set scripts.postinstall=…`.
fn sets_install_script(words: &[&str]) -> bool {
    words.starts_with(&["pkg", "set"])
        && words.iter().any(|word| {
            let script = word.strip_prefix("scripts.");
            script.is_some_and(|script| {
                let (name, command) = script.split_once('=').unwrap_or((script, ""));
                places::is_run_at_install(name, command)
            })
        })
}

/// A filter that puts a script into a manifest which an installer runs.
fn adds_install_script(words: &[&str]) -> bool {
    words.iter().any(|word| ADDED_SCRIPT.is_match(word))
        && words.iter().any(|word| word.ends_with("package.json"))
}

fn stops(words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| matches!(*word, "stop" | "disable" | "mask" | "kill"))
}

/// A name or a list of processes, where a script may end its own by number.
fn kills_others(words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| *word == "-1" || *word == "-u" || *word == "--user")
        && words
            .iter()
            .any(|word| matches!(*word, "-9" | "-KILL" | "-1" | "-u" | "--user"))
}

fn is_foreign(found: Captures<'_>) -> bool {
    found.name("host").is_some_and(|host| {
        let host = host.as_str();
        let local = host.starts_with("localhost") || host.starts_with("127.");
        !OFFICIAL_INDEXES.contains(&host) && !local && host.contains('.')
    })
}

/// Variables that say where a package manager looks.
fn is_index(name: &str) -> bool {
    matches!(
        name.to_ascii_uppercase().as_str(),
        "PIP_INDEX_URL"
            | "PIP_EXTRA_INDEX_URL"
            | "UV_INDEX_URL"
            | "UV_EXTRA_INDEX_URL"
            | "UV_DEFAULT_INDEX"
            | "NPM_CONFIG_REGISTRY"
            | "YARN_REGISTRY"
            | "YARN_NPM_REGISTRY_SERVER"
            | "GEM_SOURCE"
            | "POETRY_REPOSITORIES_DEFAULT_URL"
    )
}

fn is_foreign_index(url: &str) -> bool {
    let host = places::host_of(url).filter(|_| url.contains("://"));
    host.is_some_and(|host| {
        let own = host.starts_with("localhost") || host.starts_with("127.");
        !own && !OFFICIAL_INDEXES.contains(&host.as_str()) && host.contains('.')
    })
}

fn foreign_index(joined: &str) -> bool {
    let foreign = INDEX_OPTION.captures(joined).is_some_and(is_foreign);
    let installs = [
        "install", "add", "tap", "-i ", "--from", "-y", "run", "apply", "-U", "-c ",
    ]
    .iter()
    .any(|word| joined.contains(word));
    let address = installs
        && joined.split_whitespace().any(|word| {
            let url = word.strip_prefix("git+").unwrap_or(word);
            url.starts_with("http://")
                || url.starts_with("https://")
                    && access::foreign_repository(url)
                        .is_some_and(|host| !OFFICIAL_INDEXES.contains(&host.as_str()))
        });
    foreign || address || joined.contains("--trusted-host")
}

/// A page that a web server runs.
fn is_page(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let pages = [
        "php", "phtml", "php5", "phar", "jsp", "jspx", "asp", "aspx", "ashx", "cfm", "cgi", "pl",
    ];
    pages.contains(&ending)
}

/// Whether a text speaks to a pool of miners, or starts a miner.
pub(super) fn mines(text: &str) -> bool {
    MINER.is_match(text)
}

/// The checks that a file meets by its path and content.
pub(super) fn written(path: &str, content: &Value, found: &mut Vec<(&'static str, String)>) {
    if is_disk(path) {
        found.push(("shell-disk-overwritten", path.to_owned()));
    }
    if HISTORY.is_match(path)
        && content.text.trim_matches(UNKNOWN).trim().is_empty()
        && content.taint == Taint::default()
    {
        found.push(("shell-traces-wiped", path.to_owned()));
    }
    let settings = [
        ".npmrc",
        "pip.conf",
        "pip.ini",
        ".yarnrc",
        ".yarnrc.yml",
        "uv.toml",
    ];
    if settings.iter().any(|name| path.ends_with(name))
        && KEPT_INDEX.captures(&content.text).is_some_and(is_foreign)
    {
        found.push(("shell-foreign-index", path.to_owned()));
    }
    if content.text.trim().is_empty()
        && content.taint == Taint::default()
        && !HISTORY.is_match(path)
        && (places::is_credential(path) || path.starts_with("~/.ssh/"))
    {
        found.push(("shell-system-file-deleted", path.to_owned()));
    }
    if path.contains(".github/workflows/") && content.text.contains("toJSON(secrets)") {
        found.push(("shell-credentials-sent", path.to_owned()));
    }
    if let Some(hook) = hooks::kept(path, &content.text) {
        found.push(("shell-hooking-variable", hook));
    }
    if WEB_SHELL.is_match(&content.text) && is_page(path) {
        found.push(("shell-web-shell", path.to_owned()));
    }
    if places::is_install_script(path, &content.text) {
        found.push(("shell-install-script", path.to_owned()));
    }
    if path.trim_start_matches("./").starts_with("--checkpoint") {
        // A file whose name a careless `*` turns into an option.
        found.push(("shell-setting-runs", path.to_owned()));
    }
    if access::setting_runs(path, content) {
        found.push(("shell-setting-runs", path.to_owned()));
    }
    if access::shadows(path, COMMON) {
        found.push(("shell-shadowed-command", path.to_owned()));
    }
    let code = path
        .rsplit_once('.')
        .is_some_and(|(_, extension)| matches!(extension, "py" | "sh" | "js" | "pyw" | "ps1"));
    if code && content.taint.has(Taint::ENCODED) {
        found.push(("shell-encoded-script", path.to_owned()));
    }
}

/// A program that the script writes and keeps out of version control, where nobody sees it.
pub(super) fn hidden_script(facts: &[Fact]) -> Option<Fact> {
    let writes = || {
        facts.iter().filter_map(|fact| match &fact.what {
            What::Write { path, content } => Some((fact, path.as_str(), content)),
            _ => None,
        })
    };
    let name_of = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let programs: HashSet<String> = writes()
        .filter(|(_, path, content)| {
            Kind::identify(path, content.text.as_bytes()).is_program() || path.ends_with(".sh")
        })
        .map(|(_, path, _)| name_of(path))
        .collect();
    writes().find_map(|(fact, path, content)| {
        let ignores = path.ends_with(".gitignore") || path.ends_with("info/exclude");
        let mut names = content.text.lines().map(|line| name_of(line.trim()));
        let hidden = names.find(|name| !name.is_empty() && programs.contains(name));
        hidden.filter(|_| ignores).map(|name| Fact {
            span: fact.span.clone(),
            what: What::Check {
                name: "shell-script-hidden",
                detail: name,
            },
        })
    })
}

/// The commands of a crontab, without their times.
pub(super) fn cron_commands(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(|line| CRON_LINE.replace(line, ""))
        .collect();
    lines.join("\n")
}
