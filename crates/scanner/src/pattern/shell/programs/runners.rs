//! Options by which a program runs another: filters, pagers, helpers, hooks.

use std::sync::LazyLock;

use regex::Regex;

use super::super::call::Call;
use super::super::run::Run;
use crate::expression::constant;
use crate::pattern::value::{UNKNOWN, Value};

/// Programs with the options whose value is a command line.
const OPTIONS: [(&str, &[&str]); 35] = [
    ("split", &["--filter"]),
    ("sort", &["--compress-program"]),
    ("rsync", &["-e", "--rsh", "--rsync-path"]),
    ("rdiff-backup", &["--remote-schema"]),
    ("tcpdump", &["-z"]),
    ("man", &["-P", "--pager", "-H", "--html"]),
    ("make", &["--eval"]),
    ("gmake", &["--eval"]),
    ("zip", &["-TT", "--unzip-command"]),
    ("tar", &["-I", "-F", "--new-volume-script", "--rmt-command"]),
    ("gtar", &["-I", "-F"]),
    ("bsdtar", &["--use-compress-program"]),
    ("fzf", &["--preview", "--bind"]),
    ("xterm", &["-e"]),
    ("gnome-terminal", &["-e", "--command"]),
    ("konsole", &["-e"]),
    ("scrot", &["-e"]),
    ("nodemon", &["-x", "--exec"]),
    ("watchexec", &["--"]),
    ("fswatch", &["--exec"]),
    ("npx", &["-c", "--call"]),
    ("npm", &["-c", "--call"]),
    ("nix-shell", &["--run", "--command"]),
    ("nix", &["--command"]),
    ("wget", &["--use-askpass"]),
    ("ssh", &["-oProxyCommand", "-oLocalCommand"]),
    ("mutt", &["-e"]),
    ("cargo", &["--config"]),
    ("go", &["-exec", "-toolexec"]),
    ("ffmpeg", &["-report_cmd"]),
    ("cpan", &["-j"]),
    ("pg_dump", &["--compress-program"]),
    ("pre-commit", &["--entry"]),
    ("hyperfine", &["--prepare", "--setup", "--cleanup"]),
    ("sg", &["-c"]),
];

/// `!command`, `\! command`, `.shell command` and `shell command`, in the language of a debugger or a database.
static ESCAPE: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?m)(?:^|[;\s])(?:\\!|!|\.shell\s|\.system\s|system\s|shell\s)\s*(?P<line>[^\n]+)")
});

/// A download whose output a shell runs.
static PIPED: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"(?:curl|wget)\s[^'"|]*\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b"#));

/// Programs whose arguments are texts, whatever these say.
const WRITERS: [&str; 16] = [
    "echo",
    "printf",
    "print",
    "grep",
    "rg",
    "egrep",
    "git",
    "gh",
    "logger",
    "test",
    "[",
    "[[",
    "sed",
    "jq",
    "cowsay",
    "notify-send",
];

/// Follows the commands that stand in the options of a program which runs them.
pub(super) fn run(run: &mut Run, call: &Call<'_>) {
    for line in commands(call) {
        run.nested(&line, &call.span, call.input);
    }
}

fn commands(call: &Call<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((_, options)) = OPTIONS.iter().find(|(name, _)| *name == call.name) {
        lines.extend(valued(call.arguments, options));
    }
    match call.name.as_str() {
        "gdb" | "lldb" | "mysql" | "psql" | "sqlite3" | "ftp" | "lftp" | "ghci" | "gnuplot"
        | "mariadb" | "less" | "more" | "ed" | "bc" => {
            let texts = call.arguments.iter().chain([call.input]);
            for text in texts.filter(|text| text.text.len() > 3) {
                let found = ESCAPE.captures_iter(&text.text);
                lines.extend(
                    found.filter_map(|found| Some(found.name("line")?.as_str().to_owned())),
                );
            }
        }
        name if !WRITERS.contains(&name) && lines.is_empty() => {
            let texts = call
                .arguments
                .iter()
                .filter(|text| text.text.contains("sh"));
            lines
                .extend(texts.filter_map(|text| Some(PIPED.find(&text.text)?.as_str().to_owned())));
        }
        _ => {}
    }
    lines
}

/// `--option value`, `--option=value` and `-Ovalue`, where the value holds more than a name.
fn valued(arguments: &[Value], options: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, argument) in arguments.iter().enumerate() {
        let text = argument.text.as_str();
        for option in options {
            let value = if text == *option {
                arguments.get(index + 1).map(|next| next.text.as_str())
            } else {
                text.strip_prefix(option)
                    .map(|rest| rest.trim_start_matches('='))
            };
            let command = value.filter(|value| value.trim_matches(UNKNOWN).len() > 1);
            lines.extend(command.map(|command| {
                // A rule of a makefile runs what stands behind its tabs or semicolons.
                command
                    .replace("\t", "\n")
                    .replace("; @", "; ")
                    .replace(":; ", ":\n")
            }));
        }
    }
    lines
}
