//! Programs whose meaning counts: those that start the file they are given, and those that print what lies elsewhere.

use super::args::{Args, any_text};
use super::origin::Origins;
use super::value::{GAP, Shape, Value};

/// Where the output of a program comes from, beside the program.
pub(crate) fn origins_of_output(args: &Args<'_>) -> Origins {
    if runs_one_of(args, &["curl", "wget", "fetch", "http", "aria2c"]) {
        Origins::NETWORK
    } else if runs_one_of(
        args,
        &["pbpaste", "xclip", "xsel", "wl-paste", "Get-Clipboard"],
    ) {
        Origins::CLIPBOARD
    } else {
        Origins::NONE
    }
}

/// Whether a program of developers prints what lies in the work folder, and nothing of the machine.
pub(crate) fn prints_own_work(args: &Args<'_>) -> bool {
    const TOOLS: &[&str] = &[
        "bandit",
        "black",
        "cargo",
        "eslint",
        "ffmpeg",
        "ffprobe",
        "go",
        "jq",
        "make",
        "mypy",
        "npm",
        "pandoc",
        "pdftotext",
        "pytest",
        "ruff",
        "tesseract",
        "tsc",
        "wc",
    ];
    let git = |command: &str| {
        let mut words = command.split_whitespace();
        words.next() == Some("git")
            && words
                .next()
                .is_some_and(|word| !["config", "credential", "remote"].contains(&word))
    };
    let command = args.at(0).or_else(|| args.keyword("args"));
    runs_one_of(args, TOOLS) || command.is_some_and(|command| any_text(command, &git))
}

/// Whether arguments start a shell on the command line that follows: `["sh", "-c", line]`, or one by one.
pub(crate) fn is_shell_line(args: &Args<'_>) -> bool {
    let is_shell = |value: &Value<'_>| {
        let name = value
            .as_text()
            .map(|path| path.rsplit('/').next().unwrap_or(path));
        name.is_some_and(|name| SHELLS.contains(&name))
    };
    let runs = |value: &Value<'_>| {
        let option = value.as_text();
        option.is_some_and(|option| ["-c", "-lc", "-ic", "/c", "/C", "-Command"].contains(&option))
    };
    let is_line = |items: &[Value<'_>]| {
        items.windows(2).take(4).any(|pair| match pair {
            [program, option] => {
                program.choices().iter().any(is_shell) && option.choices().iter().any(runs)
            }
            _ => false,
        })
    };
    let listed = [args.at(0), args.at(1), args.keyword("args")];
    let mut choices = listed.into_iter().flatten().flat_map(Value::choices);
    is_line(&args.positional)
        || choices.any(|choice| matches!(&choice.shape, Shape::List(items) if is_line(items)))
}

/// Programs that take a command line after an option.
const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "cmd",
    "cmd.exe",
    "powershell",
    "powershell.exe",
    "pwsh",
];

/// The file into which `curl -o` or `wget -O` writes what it fetches.
pub(crate) fn fetched_to(args: &Args<'_>) -> Option<String> {
    if !runs_one_of(args, &["curl", "wget"]) {
        return None;
    }
    let command = args.at(0).or_else(|| args.keyword("args"))?;
    let line = match &command.shape {
        Shape::List(items) => {
            let words: Vec<String> = items.iter().take(32).filter_map(Value::printed).collect();
            words.join(" ")
        }
        _ => command.as_gapped()?.to_owned(),
    };
    let mut words = line.split_whitespace();
    words.find(|word| {
        let letters = word.strip_prefix('-').unwrap_or("");
        word.starts_with("--output") || letters.ends_with(['o', 'O']) && !letters.starts_with('-')
    })?;
    words
        .next()
        .filter(|path| path.len() > 3)
        .map(str::to_owned)
}

/// Whether the program puts something into the clipboard.
pub(crate) fn change_clipboard(args: &Args<'_>) -> bool {
    args.keyword("input").is_some()
        && runs_one_of(
            args,
            &["pbcopy", "xclip", "xsel", "wl-copy", "clip", "clip.exe"],
        )
}

fn runs_one_of(args: &Args<'_>, programs: &[&str]) -> bool {
    let names_one = |command: &str| {
        let program = command.split_whitespace().next().unwrap_or("");
        programs.contains(&program.rsplit('/').next().unwrap_or(program))
    };
    let command = args.at(0).or_else(|| args.keyword("args"));
    let choices = command.into_iter().flat_map(Value::choices);
    choices
        .into_iter()
        .any(|command| any_text(command, &names_one))
}

/// Whether a command line starts a file among its arguments, as far as its programs tell.
pub(crate) fn starts(command: &str) -> bool {
    command.split(['|', ';', '&', '(', '`']).any(|part| {
        let program = part.split_whitespace().next().unwrap_or("");
        let program = program.rsplit(['/', '\\']).next().unwrap_or(program);
        let program = program.strip_suffix(".exe").unwrap_or(program);
        let version = |c: char| c.is_ascii_digit() || c == '.';
        // A part that is not known may be any program.
        program.contains(GAP) || LAUNCHERS.contains(&program.trim_end_matches(version))
    })
}

const LAUNCHERS: &[&str] = &[
    "",
    "ansible-playbook",
    "apt",
    "apt-get",
    "ash",
    "at",
    "bash",
    "brew",
    "bun",
    "busybox",
    "chmod",
    "chown",
    "cmd",
    "conda",
    "cron",
    "crontab",
    "cscript",
    "dash",
    "deno",
    "dnf",
    "doas",
    "docker",
    "dotnet",
    "dpkg",
    "env",
    "exec",
    "explorer",
    "fish",
    "insmod",
    "installer",
    "java",
    "julia",
    "kubectl",
    "ksh",
    "launchctl",
    "ld.so",
    "lua",
    "make",
    "mono",
    "mshta",
    "msiexec",
    "nice",
    "node",
    "nohup",
    "npm",
    "npx",
    "open",
    "osascript",
    "perl",
    "php",
    "pip",
    "pipx",
    "powershell",
    "pwsh",
    "py",
    "pypy",
    "python",
    "reg",
    "regsvr",
    "rpm",
    "Rscript",
    "ruby",
    "rundll",
    "schtasks",
    "setsid",
    "sh",
    "source",
    "start",
    "stdbuf",
    "sudo",
    "systemctl",
    "systemd-run",
    "timeout",
    "uv",
    "wine",
    "wscript",
    "xargs",
    "xdg-open",
    "yum",
    "zsh",
];
