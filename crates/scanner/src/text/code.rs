//! Code inside prose: blocks, `` !`command` `` lines and commands in back-ticks, handed to the other engines.

use std::ops::Range;

use super::Page;
use super::address::addresses;
use super::document::{BlockKind, Code, Document};
use super::host::is_villain;
use super::setup::{forbids, takes_back};
use crate::{Kind, Sink};

/// Hands every block whose language an engine reads to that engine, with its line numbers.
///
/// Where a page beside `SKILL.md` teaches security, blocks that name an attacker are examples.
pub(crate) fn uncover(page: &Page<'_>, document: &Document, teaches: bool, sink: &mut Sink<'_>) {
    for code in &document.codes {
        let Some(text) = page.text().get(code.range.clone()) else {
            continue;
        };
        // What other pages describe as an attack is no step of the skill.
        let example = code.context.described || teaches && names_attacker(text);
        if example && !page.is_acted_on() {
            continue;
        }
        if let Some(kind) = kind_of(code, text) {
            let (line, _) = page.source.line_column(code.range.start);
            let bytes = plain(kind, text).into_bytes();
            sink.uncover(page.artifact.part(kind, bytes, line - 1));
        }
    }
    commands(page, document, teaches, sink);
    bare_commands(page, document, sink);
}

/// Whether an address in a block bears the name of what it is an example of.
fn names_attacker(text: &str) -> bool {
    addresses(text).any(|found| is_villain(found.host))
        || text.split_whitespace().any(|word| {
            let host = word.split('/').next().unwrap_or("");
            host.contains('.') && is_villain(host)
        })
}

/// Whether the words before a command forbid it, or the sentence after it does: "… is often advised. Don't."
fn is_forbidden(text: &str, place: &Range<usize>) -> bool {
    let start = line_start(text, place.start);
    let after = text.get(place.end..).unwrap_or("");
    let after = after.lines().next().unwrap_or("");
    forbids(text.get(start..place.start).unwrap_or("")) || takes_back(after)
}

/// Lines of a paragraph that are commands without a fence around them.
fn bare_commands(page: &Page<'_>, document: &Document, sink: &mut Sink<'_>) {
    for block in &document.blocks {
        if block.kind != BlockKind::Paragraph || block.context.described {
            continue;
        }
        let body = page.text().get(block.range.clone()).unwrap_or("");
        let is_bare = |line: &str| {
            is_command(line)
                && [" -", "|", "://", " /", "~/"]
                    .iter()
                    .any(|mark| line.contains(mark))
        };
        if body.lines().any(|line| is_bare(line.trim()))
            && body.lines().all(|line| is_command(line.trim()))
        {
            let (line, _) = page.source.line_column(block.range.start);
            let bytes = body.as_bytes().to_vec();
            sink.uncover(page.artifact.part(Kind::Shell, bytes, line - 1));
        }
    }
}

fn kind_of(code: &Code, text: &str) -> Option<Kind> {
    match code.language.as_str() {
        "python" | "py" | "python3" | "pycon" => Some(Kind::Python),
        "bash" | "sh" | "shell" | "zsh" | "console" | "terminal" | "shell-session" | "fish" => {
            Some(Kind::Shell)
        }
        "javascript" | "js" | "node" | "mjs" | "cjs" | "jsx" => Some(Kind::JavaScript),
        "typescript" | "ts" | "tsx" => Some(Kind::TypeScript),
        "" | "text" | "txt" | "plaintext" => sniff(text),
        _ => None,
    }
}

/// What a block without a language is: shell when its first line begins with a command, Python when lines
/// begin with its keywords.
fn sniff(text: &str) -> Option<Kind> {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next()?;
    if text.trim_start().starts_with("#!") {
        let python = text
            .lines()
            .next()
            .is_some_and(|line| line.contains("python"));
        return Some(if python { Kind::Python } else { Kind::Shell });
    }
    let python = |line: &str| {
        line.starts_with("import ")
            || line.starts_with("from ") && line.contains(" import ")
            || line.starts_with("def ") && line.ends_with(':')
    };
    if python(first) {
        return Some(Kind::Python);
    }
    is_command(first.trim_start_matches("$ ")).then_some(Kind::Shell)
}

/// Programs whose name at the start of a line makes it a command.
const PROGRAMS: [&str; 44] = [
    "curl",
    "wget",
    "bash",
    "sh",
    "zsh",
    "sudo",
    "python",
    "python3",
    "pip",
    "pip3",
    "pipx",
    "uv",
    "uvx",
    "npm",
    "npx",
    "pnpm",
    "yarn",
    "bun",
    "node",
    "deno",
    "git",
    "docker",
    "kubectl",
    "chmod",
    "chown",
    "rm",
    "mv",
    "cp",
    "cat",
    "echo",
    "eval",
    "exec",
    "source",
    "export",
    "nc",
    "ncat",
    "ssh",
    "scp",
    "openssl",
    "base64",
    "brew",
    "apt-get",
    "osascript",
    "crontab",
];

fn is_command(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(first) = words.next() else {
        return false;
    };
    PROGRAMS.contains(&first) && words.next().is_some()
}

/// A transcript without its prompts and without its output.
fn plain(kind: Kind, text: &str) -> String {
    let prompts = match kind {
        Kind::Shell => ["$ ", "% ", "> "].as_slice(),
        Kind::Python => [">>> ", "... "].as_slice(),
        _ => [].as_slice(),
    };
    let prompted = prompts.first().is_some_and(|prompt| {
        text.lines()
            .any(|line| line.trim_start().starts_with(prompt))
    });
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        let command = prompts.iter().find_map(|prompt| body.strip_prefix(prompt));
        match (prompted, command) {
            (true, Some(command)) => out.push_str(command),
            _ => out.push_str(line),
        }
    }
    out
}

fn line_start(text: &str, at: usize) -> usize {
    let low = at.saturating_sub(1_024);
    let before = text.as_bytes().get(low..at).unwrap_or_default();
    let start = memchr::memrchr2(b'\n', b'\r', before).map_or(low, |found| low + found + 1);
    (start..=at)
        .find(|start| text.is_char_boundary(*start))
        .unwrap_or(at)
}

/// Commands in back-ticks; those behind `!` run before any model sees the text.
fn commands(page: &Page<'_>, document: &Document, teaches: bool, sink: &mut Sink<'_>) {
    let text = page.text();
    for block in &document.blocks {
        let Some(body) = text.get(block.range.clone()) else {
            continue;
        };
        let mut at = 0;
        while let Some(open) = body.get(at..).and_then(|rest| rest.find('`')) {
            let start = at + open + 1;
            let Some(length) = body.get(start..).and_then(|rest| rest.find('`')) else {
                break;
            };
            let command = body.get(start..start + length).unwrap_or("");
            let runs = body
                .get(..start - 1)
                .is_some_and(|before| before.ends_with('!'));
            let place = block.range.start + start..block.range.start + start + length;
            at = start + length + 1;
            if command.is_empty() || command.contains('\n') {
                continue;
            }
            if runs {
                page.check(
                    sink,
                    "command-line",
                    place.clone(),
                    Some(command.to_owned()),
                );
            }
            let shell = is_command(command) && command.contains(['|', ';', '$', '<', '/']);
            let excused = block.context.described
                || teaches && !page.is_acted_on() && names_attacker(command)
                || shell && is_forbidden(text, &place);
            if runs || shell && !excused {
                let (line, _) = page.source.line_column(place.start);
                let bytes = command.as_bytes().to_vec();
                let mut part = page.artifact.part(Kind::Shell, bytes, line - 1);
                part.quoted &= !runs;
                sink.uncover(part);
            }
        }
    }
}
