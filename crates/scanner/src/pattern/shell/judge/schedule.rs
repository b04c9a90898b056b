//! Commands that are run later: at times, at each login.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;

static CRON_LINE: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^\s*(?:@\w+|(?:[\d*/,-]+\s+){5})\s*(?:root\s+)?"));

/// Whether a command has something run at times or at each login.
pub(super) fn schedules(name: &str, words: &[&str]) -> bool {
    match name {
        "crontab" => {
            let lists = words.contains(&"-l");
            !words
                .iter()
                .all(|word| matches!(*word, "-l" | "-u" | "-e") || !word.starts_with('-') && lists)
        }
        "at" | "batch" => words.iter().any(|word| {
            word.starts_with("now") || word.contains(':') || matches!(*word, "-f" | "-t")
        }),
        "systemd-run" => words.iter().any(|word| word.starts_with("--on-")),
        "defaults" => words.contains(&"LoginHook") || words.contains(&"LogoutHook"),
        "reg" => {
            let key = |word: &&str| word.replace('\\', "").contains("CurrentVersionRun");
            words.contains(&"add") && words.iter().any(key)
        }
        "schtasks" => words
            .iter()
            .any(|word| word.eq_ignore_ascii_case("/create")),
        _ => false,
    }
}

/// The commands of a crontab, without their times.
pub(in crate::pattern::shell) fn cron_commands(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(|line| CRON_LINE.replace(line, ""))
        .collect();
    lines.join("\n")
}
