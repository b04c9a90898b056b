//! Programs that run a command which stands inside their arguments: editors, archivers, version control, filters.

use std::sync::LazyLock;

use regex::Regex;

use super::super::call::Call;
use super::super::run::Run;
use super::super::syntax;
use crate::expression::constant;
use crate::pattern::value::{Taint, Value};

/// Settings of git whose value git runs.
const GIT_RUNS: [&str; 12] = [
    "core.sshcommand",
    "core.pager",
    "core.editor",
    "core.fsmonitor",
    "core.askpass",
    "core.gitproxy",
    "sequence.editor",
    "diff.external",
    "gpg.program",
    "uploadpack.packobjectshook",
    "init.templatedir.command",
    "web.browser.cmd",
];

/// `system("…")`, `"…" | getline` and `print | "…"` of awk.
static AWK: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"system\(\s*"((?:[^"\\]|\\.)*)"|"((?:[^"\\]|\\.)*)"\s*\|&?\s*getline|\|&?\s*"((?:[^"\\]|\\.)*)""#,
    )
});
/// The command `e` of sed, after an address or by itself.
static SED: LazyLock<Regex> = LazyLock::new(|| constant(r"(?m)(?:^|[;{}\d$/])\s*e\s+(\S[^\n]*)"));

/// What the commands inside the arguments write, `None` when there are none.
pub(super) fn run(run: &mut Run, call: &Call<'_>) -> Option<Value> {
    let commands = match call.name.as_str() {
        "awk" | "gawk" | "mawk" | "nawk" => awk(run, call),
        "sed" | "gsed" => sed(call),
        "vim" | "vi" | "nvim" | "ex" | "view" => editor(call),
        "tar" | "bsdtar" | "gtar" => tar(call),
        "git" => git(call),
        "docker" | "podman" | "kubectl" | "nerdctl" | "lxc" | "screen" | "vagrant" => {
            shell_of(call)
        }
        "ssh" | "scp" | "sftp" => connection(call),
        _ => return None,
    };
    let downloads = |run: &mut Run, output: &Value| {
        // `system(line)` runs what the program read before.
        let runs = call.words().any(|text| {
            text.contains("system(") || text.contains("| \"sh\"") || text.contains("| \"bash\"")
        });
        if call.name.ends_with("awk") && runs && output.taint.has(Taint::NETWORK) {
            super::executed(run, output, &call.span);
        }
    };
    let mut output = None;
    for command in commands {
        let piece = run.nested(&command, &call.span, call.input);
        output.get_or_insert_with(Value::default).push(&piece);
    }
    if let Some(output) = &output {
        downloads(run, output);
    }
    output
}

/// `sh -c command` among the words of a program that runs it elsewhere.
fn shell_of(call: &Call<'_>) -> Vec<String> {
    let words: Vec<&str> = call.words().collect();
    let at = words
        .windows(2)
        .position(|pair| matches!(pair, [shell, "-c"] if super::is_shell(shell)));
    let command = at.and_then(|at| words.get(at + 2));
    command
        .map(|command| (*command).to_owned())
        .into_iter()
        .collect()
}

fn awk(run: &mut Run, call: &Call<'_>) -> Vec<String> {
    if let Some(program) = call.words().find(|text| text.contains("/inet/")) {
        let check = if program.contains("getline") {
            "shell-reverse-shell"
        } else {
            "shell-raw-socket"
        };
        run.check(&call.span, check, call.name.clone());
    }

    let captures = call.words().flat_map(|text| AWK.captures_iter(text));
    captures
        .filter_map(|found| found.get(1).or(found.get(2)).or(found.get(3)))
        .map(|command| syntax::unescape(&command.as_str().replace("\\\"", "\"")))
        .collect()
}

fn sed(call: &Call<'_>) -> Vec<String> {
    let scripts = call.words().filter(|text| !text.starts_with('-'));
    scripts
        .take(1)
        .flat_map(|text| SED.captures_iter(text))
        .filter_map(|found| found.get(1))
        .map(|command| command.as_str().to_owned())
        .collect()
}

/// `:!command`, given with `-c` or `+`.
fn editor(call: &Call<'_>) -> Vec<String> {
    call.words()
        .filter_map(|text| {
            let command = text.trim_start_matches('+').trim_start_matches(':');
            let command = command.strip_prefix("silent").unwrap_or(command);
            command.trim_start().strip_prefix('!').map(str::to_owned)
        })
        .collect()
}

fn tar(call: &Call<'_>) -> Vec<String> {
    let options = [
        "--checkpoint-action=exec=",
        "--to-command=",
        "--use-compress-program=",
        "--rsh-command=",
        "--info-script=",
    ];
    call.words()
        .filter_map(|text| options.iter().find_map(|option| text.strip_prefix(option)))
        .map(|command| command.trim_matches(['"', '\'']).to_owned())
        .collect()
}

/// `git -c key=command` and `git config key command`.
fn git(call: &Call<'_>) -> Vec<String> {
    let words: Vec<&str> = call.words().collect();
    let given = words.windows(2).filter_map(|pair| match pair {
        ["-c", setting] => setting.split_once('='),
        _ => None,
    });
    let configures = words.first() == Some(&"config");
    let kept = words.windows(2).filter_map(|pair| match pair {
        [key, value] if configures && key.contains('.') => Some((*key, *value)),
        _ => None,
    });
    let outside = words.iter().filter_map(|word| word.strip_prefix("ext::"));
    let outside: Vec<String> = outside.map(str::to_owned).collect();
    given
        .chain(kept)
        .filter_map(|(key, value)| {
            let key = key.to_ascii_lowercase();
            let shell = value.strip_prefix('!');
            let filters = [
                ".command",
                ".clean",
                ".smudge",
                ".process",
                ".textconv",
                ".driver",
            ];
            let runs = GIT_RUNS.contains(&key.as_str())
                || filters.iter().any(|filter| key.ends_with(filter));
            shell.or(runs.then_some(value)).map(str::to_owned)
        })
        .chain(outside)
        .collect()
}

fn connection(call: &Call<'_>) -> Vec<String> {
    let options = ["ProxyCommand=", "LocalCommand=", "KnownHostsCommand="];
    call.words()
        .filter_map(|text| {
            let text = text.strip_prefix("-o").unwrap_or(text);
            options.iter().find_map(|option| text.strip_prefix(option))
        })
        .filter(|command| *command != "none")
        .map(str::to_owned)
        .collect()
}
