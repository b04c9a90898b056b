//! Steps that open a way into the machine, or change what other programs run.

use std::sync::LazyLock;

use regex::Regex;

use crate::authority::without_port;
use crate::expression::constant;
use crate::pattern::value::{UNKNOWN, Value};
use crate::pattern::{hosts, places};

/// Settings of git that name a folder of programs it runs.
const HOOK_FOLDERS: [&str; 2] = ["core.hookspath", "init.templatedir"];

/// Options by which an agent acts without asking.
const UNGUARDED: [&str; 4] = [
    "--dangerously-skip-permissions",
    "--dangerously-bypass-approvals-and-sandbox",
    "--allow-dangerously-skip-permissions",
    "--yolo",
];

/// Lines in the settings of an editor, a terminal or a connection that run a command.
static RUNS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?im)^\s*(?:ProxyCommand|LocalCommand|KnownHostsCommand|Match\s+exec)\b|^[^\x22#]*(?:\bsystem\(|:?silent\s*!|^:?!|\bautocmd\b.*!)|\b(?:run-shell|if-shell)\b|^\s*shell\s|script-shell\s*=|^\s*(?:https?_?proxy|proxy|use_askpass)\s*=|(?:hookspath|templatedir|sshcommand|fsmonitor)\s*=",
    )
});

/// An archive whose content a scanner on the way cannot see.
static LOCKED: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^(?:-P.+|-p.+|-P|--password(?:=.*)?|-p)$"));

/// The check that a command meets by opening or changing something.
pub(super) fn command(name: &str, words: &[&str]) -> Option<&'static str> {
    let has = |word: &str| words.contains(&word);
    let tunnel = match name {
        "ssh" | "autossh" => words.iter().any(|word| {
            word.strip_prefix('-')
                .is_some_and(|flags| !flags.starts_with('-') && is_remote_forward(flags))
        }),
        "ngrok" => has("tcp") || has("http") || has("start"),
        "cloudflared" => has("tunnel"),
        "chisel" | "frpc" | "rathole" | "localtunnel" | "lt" | "bore" => !words.is_empty(),
        "tailscale" => has("up") && words.iter().any(|word| word.starts_with("--auth")),
        _ => false,
    };
    if tunnel {
        return Some("shell-tunnel");
    }
    if UNGUARDED.iter().any(|flag| has(flag)) {
        return Some("shell-agent-unguarded");
    }
    match name {
        "hash" if has("-p") => Some("shell-shadowed-command"),
        "ttyd" | "gotty" | "shell2http" if !words.is_empty() => Some("shell-tunnel"),
        "dockerd" | "docker" if words.iter().any(|word| word.starts_with("tcp://0.0.0.0")) => {
            Some("shell-tunnel")
        }
        "x11vnc" if has("-nopw") => Some("shell-tunnel"),
        "vncserver" if has("None") => Some("shell-tunnel"),
        "code-server" if has("none") || has("--auth=none") => Some("shell-tunnel"),
        "jupyter" | "jupyter-lab" | "jupyter-notebook"
            if words
                .iter()
                .any(|word| word.ends_with(".token=") || word.ends_with("token=''")) =>
        {
            Some("shell-tunnel")
        }
        "chsh" if has("-s") && words.iter().any(|word| is_odd_shell(word)) => {
            Some("shell-setting-runs")
        }
        "sysctl"
            if words
                .iter()
                .any(|word| WEAKENED.iter().any(|key| word.starts_with(key))) =>
        {
            Some("shell-protection-off")
        }
        "chmod" | "setfacl" if opens_secret(words) => Some("shell-secret-opened"),
        "networksetup"
            if words
                .iter()
                .any(|word| word.contains("proxy") && word.contains("set")) =>
        {
            Some("shell-traffic-redirected")
        }
        "security" if has("add-trusted-cert") => Some("shell-traffic-redirected"),
        "iptables" | "nft" if has("REDIRECT") || has("DNAT") => Some("shell-traffic-redirected"),
        "launchctl" if has("setenv") => Some("shell-setting-runs"),
        "profiles" if has("install") => Some("shell-setting-runs"),
        "redis-cli" if has("config") && has("set") && has("dir") => Some("shell-setting-runs"),
        "defaults" if has("LoginHook") || has("LogoutHook") => Some("shell-cron"),
        "loginctl" if has("enable-linger") => Some("shell-setting-runs"),
        "ld-linux-x86-64.so.2" | "ld.so" if has("--preload") => Some("shell-loaded-builtin"),
        "arpspoof" | "ettercap" | "bettercap" | "mitmproxy" | "mitmdump" | "responder" => {
            Some("shell-traffic-redirected")
        }
        "reg"
            if has("add")
                && words
                    .iter()
                    .any(|word| word.replace('\\', "").contains("CurrentVersionRun")) =>
        {
            Some("shell-cron")
        }
        "schtasks"
            if words
                .iter()
                .any(|word| word.eq_ignore_ascii_case("/create")) =>
        {
            Some("shell-cron")
        }
        "git" if redirects(words) => Some("shell-foreign-index"),
        "git" if hands_passwords(words) => Some("shell-setting-runs"),
        "enable" if has("-f") => Some("shell-loaded-builtin"),
        "npm" | "pnpm" | "yarn" if has("script-shell") => Some("shell-setting-runs"),
        "git" if has("config") && (has("--global") || has("--system")) => words
            .windows(2)
            .any(|pair| match pair {
                [key, _] => HOOK_FOLDERS.contains(&key.to_ascii_lowercase().as_str()),
                _ => false,
            })
            .then_some("shell-setting-runs"),
        "unzip" | "7z" | "7za" | "unrar" if words.iter().any(|word| LOCKED.is_match(word)) => {
            Some("shell-locked-archive")
        }
        "systemd-run" if words.iter().any(|word| word.starts_with("--on-")) => Some("shell-cron"),
        "rclone"
            if words.iter().any(|word| {
                word.starts_with(':') && word.contains(',') && word.contains("key")
            }) =>
        {
            Some("shell-files-sent")
        }
        "setcap" => Some("shell-capability"),
        "curl" | "wget" | "git" | "npm" | "http" if trusts_anyone(words) => {
            Some("shell-certificate-unchecked")
        }
        _ => None,
    }
}

static UNCHECKED: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"^(?:--insecure|-[a-zA-Z]*k[a-zA-Z]*|--no-check-certificate|--verify=no|http\.sslVerify=false|strict-ssl=false)$",
    )
});

/// Certificates are not checked, and something of the answer is used or something is sent.
fn trusts_anyone(words: &[&str]) -> bool {
    let has = |flags: &[&str]| words.iter().any(|word| flags.contains(word));
    let switched = words.iter().any(|word| UNCHECKED.is_match(word))
        || words
            .windows(2)
            .any(|pair| matches!(pair, ["http.sslVerify" | "strict-ssl", "false"]));
    let thrown_away = words
        .windows(2)
        .any(|pair| matches!(pair, ["-o" | "--output" | "-O", "/dev/null"]))
        && !has(&["-d", "--data", "-F", "--form", "-T", "-u", "-H"]);
    let own = words.iter().any(|word| {
        let rest = word.split_once("://").map_or("", |(_, rest)| rest);
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|host| rest.starts_with(host))
    });
    switched && !thrown_away && !own
}

/// Settings of the kernel that keep programs from each other.
const WEAKENED: [&str; 4] = [
    "kernel.yama.ptrace_scope=0",
    "kernel.randomize_va_space=0",
    "kernel.core_pattern=|",
    "kernel.modprobe=",
];

/// A login shell that lies where no system keeps its shells.
fn is_odd_shell(word: &str) -> bool {
    word.starts_with("/tmp/") || word.starts_with("/var/tmp/") || word.starts_with('~')
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

/// `url.<other>.insteadOf`: what is fetched from one host comes from another.
fn redirects(words: &[&str]) -> bool {
    let keys = words.iter().filter_map(|word| word.strip_prefix("url."));
    let mut others = keys.filter_map(|key| {
        let end = key.to_ascii_lowercase().rfind(".insteadof")?;
        key.get(..end)
    });
    others.any(|url| foreign_repository(url).is_some())
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

/// `-R` among flags none of which before it takes the rest of the word.
fn is_remote_forward(flags: &str) -> bool {
    flags
        .find('R')
        .and_then(|at| flags.get(..at))
        .is_some_and(|before| before.chars().all(|flag| "fNnTqCgvt46AxX".contains(flag)))
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

/// Whether this text, written to this file, makes another program run a command.
pub(super) fn setting_runs(path: &str, content: &Value) -> bool {
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

/// The hosts that a script fetches a whole repository from, or sends one to, when it is no public forge.
pub(in crate::pattern::shell) fn foreign_repository(url: &str) -> Option<String> {
    let host = match url.split_once("://") {
        Some(_) => hosts::host_of(url)?,
        None => {
            let (user, rest) = url.split_once('@')?;
            let host = rest.split([':', '/']).next()?;
            (!user.contains('/') && host.contains('.')).then(|| host.to_owned())?
        }
    };
    let plain = without_port(&host);
    let known = [
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "codeberg.org",
        "sr.ht",
        "huggingface.co",
        "dev.azure.com",
        "googlesource.com",
        "gnu.org",
        "kernel.org",
        "apache.org",
        "githubusercontent.com",
        "github.io",
        "storage.googleapis.com",
        "localhost",
    ];
    let is_known = known.iter().any(|known| {
        plain
            .strip_suffix(known)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    (!is_known && !host.contains(UNKNOWN)).then_some(host)
}
