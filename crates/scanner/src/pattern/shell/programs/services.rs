//! Programs that have something run later: schedules and services.

use super::super::call::Call;
use super::super::judge;
use super::super::run::Run;
use crate::pattern::value::{Taint, Value};

/// What a schedule runs is followed like the rest of the script.
pub(super) fn scheduled(run: &mut Run, call: &Call<'_>) -> Value {
    if call.arguments.iter().any(|argument| argument.text == "-l") {
        return Value::unknown(Taint::default());
    }
    let mut lines = call.input.text.clone();
    for argument in call.operands() {
        if let Some(file) = run.files.get(&argument.text) {
            lines.push_str(&file.text);
        }
    }
    run.nested(&judge::cron_commands(&lines), &call.span, &Value::default())
}

/// A service that starts by itself from now on, unless it came with a package or starts nothing new.
pub(super) fn enabled(run: &mut Run, call: &Call<'_>) {
    let words: Vec<&str> = call.words().collect();
    if words.contains(&"edit") && !call.input.text.is_empty() {
        // What is typed into the editor becomes a unit.
        let unit = words.iter().rev().find(|word| !word.starts_with('-'));
        let path = format!("~/.config/systemd/user/{}", unit.unwrap_or(&"unit"));
        run.write(&Value::text(path), call.input, &call.span);
    }
    let Some(units) = judge::enabled(&call.name, &words) else {
        return;
    };
    run.work((run.files.len() >> 6) * units.len());
    let own = units.iter().find(|unit| {
        let written = run.files.iter().any(|(path, content)| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            (path == *unit || name == **unit || stem == **unit)
                && !judge::is_harmless_unit(path, &content.text)
        });
        // What lies among the units of the machine was put there before, and judged where that was done.
        let kept = [
            "~/Library/",
            "/Library/",
            "/System/",
            "/etc/systemd/",
            "/lib/systemd/",
        ];
        let placed = kept.iter().any(|folder| unit.starts_with(folder));
        written
            || unit.contains('/') && !placed && call.name == "systemctl"
            || unit.ends_with(".plist") && !placed
    });
    if let Some(unit) = own {
        run.check(&call.span, "shell-service-enabled", *unit);
    }
}
