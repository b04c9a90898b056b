//! Commands of pipelines, hooks and containers that are described in YAML.

use super::Page;
use super::document::lines;
use crate::{Kind, Sink};

/// Commands that one file is read for.
const MAX_STEPS: usize = 1_000;

/// The keys whose value a host of this file runs in a shell.
fn keys_of(path: &str) -> Option<&'static [&'static str]> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name
        .strip_suffix(".yml")
        .or_else(|| name.strip_suffix(".yaml"))?;
    Some(match stem {
        _ if path.contains(".github/workflows/") => &["run"],
        "action" | "lefthook" | ".lefthook" => &["run"],
        ".gitlab-ci" => &["script", "before_script", "after_script"],
        "config" if path.contains(".circleci/") => &["run", "command"],
        ".travis" => &[
            "script",
            "install",
            "before_install",
            "before_script",
            "after_success",
        ],
        "azure-pipelines" => &["script", "bash"],
        "bitbucket-pipelines" => &["script"],
        ".drone" | ".woodpecker" | "buildspec" => &["commands"],
        "Taskfile" | "taskfile" => &["cmds", "cmd"],
        ".pre-commit-config" => &["entry"],
        _ if stem.starts_with("docker-compose") || stem.starts_with("compose") => {
            &["command", "entrypoint"]
        }
        _ => return None,
    })
}

/// Hands every command of such a file to the engine of the shell.
pub(crate) fn uncover(page: &Page<'_>, sink: &mut Sink<'_>) {
    if page.artifact.kind != Kind::Yaml {
        return;
    }
    let Some(keys) = keys_of(&page.artifact.path) else {
        return;
    };
    for (line, command) in steps(page.text(), keys) {
        let bytes = command.into_bytes();
        let before = u32::try_from(line).unwrap_or(u32::MAX);
        sink.uncover(page.artifact.part(Kind::Shell, bytes, before));
    }
}

/// Each command with the number of lines before it.
fn steps(text: &str, keys: &[&str]) -> Vec<(usize, String)> {
    let all: Vec<&str> = lines(text)
        .map(|range| text.get(range).unwrap_or(""))
        .collect();
    let mut found = Vec::new();
    for (at, line) in all.iter().enumerate() {
        let body = line.trim_start().trim_start_matches("- ").trim_start();
        let Some((key, value)) = body.split_once(':') else {
            continue;
        };
        if !keys.contains(&key.trim()) || found.len() >= MAX_STEPS {
            continue;
        }
        let indent = line.len() - body.len();
        let value = value.trim();
        let rest = all.get(at + 1..).unwrap_or_default();
        let command = match value.chars().next() {
            Some('|') => block(rest, indent, "\n"),
            Some('>') => block(rest, indent, " "),
            Some('#') | None => listed(rest, indent),
            Some('[') => serde_json::from_str::<Vec<String>>(value).map_or_else(
                |_| value.to_owned(),
                |words| super::launched::quoted(&words),
            ),
            Some(_) => scalar(value),
        };
        let behind = matches!(value.chars().next(), Some('|' | '>' | '#') | None);
        if !command.trim().is_empty() {
            found.push((at + usize::from(behind), without_expressions(&command)));
        }
    }
    found
}

/// The lines of a block that are indented deeper than its key.
fn block(rest: &[&str], indent: usize, joint: &str) -> String {
    let inside = rest
        .iter()
        .take_while(|line| line.trim().is_empty() || depth(line) > indent);
    let inside: Vec<&str> = inside.map(|line| line.trim()).collect();
    inside.join(joint)
}

/// The items of a list under a key, one command each.
fn listed(rest: &[&str], indent: usize) -> String {
    let items = rest.iter().take_while(|line| {
        line.trim().is_empty()
            || depth(line) > indent
            || depth(line) == indent && line.trim_start().starts_with("- ")
    });
    let items: Vec<String> = items
        .map(|line| scalar(line.trim().trim_start_matches("- ").trim()))
        .filter(|item| !matches!(item.as_str(), "|" | ">" | "|-" | ">-"))
        .collect();
    items.join("\n")
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A value without its quotes.
fn scalar(value: &str) -> String {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    match (inside('"'), inside('\'')) {
        (Some(text), _) => text.replace("\\\"", "\"").replace("\\n", "\n"),
        (None, Some(text)) => text.replace("''", "'"),
        (None, None) => value.to_owned(),
    }
}

/// `${{ … }}` is filled in before the shell sees the line.
fn without_expressions(command: &str) -> String {
    let mut plain = String::with_capacity(command.len());
    let mut rest = command;
    while let Some((before, after)) = rest.split_once("${{") {
        plain.push_str(before);
        plain.push('_');
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_every_form_of_yaml() {
        let text = "jobs:\n  a:\n    steps:\n      - run: npm ci\n      - name: x\n        run: |\n          echo ${{ a.b }}\n          make\n      - uses: y\n";
        let found = steps(text, &["run"]);
        assert_eq!(
            found,
            [(3, "npm ci".to_owned()), (6, "echo _\nmake".to_owned())]
        );
        let text = "build:\n  script:\n    - a | b\n    - 'c d'\nnext: 1\n";
        assert_eq!(steps(text, &["script"]), [(2, "a | b\nc d".to_owned())]);
        let text = "s:\n  command: [\"sh\", \"-c\", \"id | sh\"]\n";
        assert_eq!(
            steps(text, &["command"]),
            [(1, "sh -c 'id | sh'".to_owned())]
        );
    }
}
