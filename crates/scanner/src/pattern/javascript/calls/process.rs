//! Code and programs that a call starts.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::follow::Follower;
use super::super::names::{is_powerful, module};
use super::super::strings;
use super::super::value::Js;
use super::Call;
use super::result::folding::joined;
use crate::Kind;
use crate::expression::constant;
use crate::pattern::resolved::What;
use crate::pattern::shell;
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// Handlers and scripts inside markup.
static HANDLER: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"(?is)\bon[a-z]{3,16}\s*=\s*(?:"(?P<code>[^"]{4,}?)"|'(?P<other>[^']{4,}?)')|<script[^>]*>(?P<body>.{4,}?)</script"#,
    )
});
static REMOTE_SCRIPT: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"(?i)<script[^>]{0,200}\bsrc\s*=\s*["']?(?:https?:)?//[^"'\s>]+"#));

/// Words of a command line that are looked up among the files that were fetched.
const MAX_WORDS: usize = 64;

pub(super) fn executed(follower: &mut Follower<'_>, span: &Range<usize>, code: &Value, kind: Kind) {
    let detail = format!("runs {}", code.taint.describe());
    if code.taint.has(Taint::DECODED) {
        follower.check(span.clone(), "javascript-decoded-code", detail);
    } else if code.taint.has(Taint::NETWORK) {
        follower.check(span.clone(), "javascript-downloaded-code", detail);
    } else if code.known().is_none() && !code.text.is_empty() {
        follower.check(
            span.clone(),
            "javascript-computed-code",
            code.taint.describe(),
        );
    } else if kind == Kind::JavaScript {
        follower.check(span.clone(), "javascript-constant-code", "");
    }
    if code.known().is_some_and(|text| text.len() > 3) {
        follower.fact(
            span.clone(),
            What::Code {
                kind,
                how: "evaluated text",
                text: code.text.clone(),
            },
        );
    }
}

/// A file that the program itself fetched is started, or loaded.
pub(super) fn started_file(follower: &mut Follower<'_>, span: &Range<usize>, path: &Value) {
    let plain = path.text.strip_prefix("./").unwrap_or(&path.text);
    let known = plain.trim_matches(UNKNOWN).len() > 2;
    let fetched = follower
        .files
        .get(plain)
        .is_some_and(|taint| taint.has(Taint::NETWORK));
    if known && fetched {
        follower.check(
            span.clone(),
            "javascript-downloaded-file",
            format!("`{plain}` was downloaded"),
        );
    }
}

pub(super) fn required(follower: &mut Follower<'_>, span: &Range<usize>, path: &Value) {
    started_file(follower, span, path);
    let pieced = path.taint.has(Taint::PIECES | Taint::DECODED);
    let built_in = path.known().is_some_and(|path| is_powerful(&module(path)));
    if pieced && built_in || follower.proxies > 0 && path.known().is_none() {
        follower.check(
            span.clone(),
            "javascript-computed-member",
            path.text.replace(UNKNOWN, "…"),
        );
    }
    if let Some(code) = strings::data_url(&path.text) {
        let code = Value::text(code).tainted(path.taint);
        executed(follower, span, &code, Kind::JavaScript);
    }
    if path.text.starts_with("http://")
        || path.text.starts_with("https://")
        || path.text.starts_with("data:")
        || path.taint.has(Taint::NETWORK)
    {
        follower.check(
            span.clone(),
            "javascript-downloaded-code",
            path.text.clone(),
        );
    } else if path.taint.has(Taint::DECODED) {
        follower.check(span.clone(), "javascript-decoded-code", path.text.clone());
    } else if path.text.ends_with(".node") {
        follower.check(span.clone(), "javascript-native", path.text.clone());
    } else if path.known().is_none() {
        follower.check(span.clone(), "javascript-computed-import", "");
    }
}

/// Starts a program, or a shell with a command line that the shell's own rules judge.
pub(super) fn spawned(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let first = arguments.first().cloned().unwrap_or_default();
    let span = call.span.clone();
    if let Some((program, rest)) = first.elements.as_deref().and_then(|all| all.split_first()) {
        // `Bun.spawn(["sh", "-c", …])`
        let rest = Js::list_from(rest.to_vec(), first.value.taint);
        return spawned(follower, call, &[program.clone(), rest]);
    }
    let listed = arguments.get(1).and_then(|list| {
        let inside = list.fields.as_ref().and_then(|fields| fields.get("args"));
        inside.unwrap_or(list).elements.clone()
    });
    started_file(follower, &span, &first.value);
    given_code(
        follower,
        &span,
        listed.as_deref().map_or(&[], |list| list.as_slice()),
    );
    let options = arguments
        .iter()
        .rev()
        .find_map(|argument| argument.fields.clone());
    let shell = options
        .as_ref()
        .and_then(|options| options.get("shell"))
        .is_some_and(|shell| shell.value.text != "false");
    let line = match (call.method(), &listed) {
        ("exec" | "execSync", _) => Some(first.value.clone()),
        (_, Some(list))
            if matches!(
                first.value.program(),
                "sh" | "bash" | "zsh" | "cmd" | "cmd.exe" | "powershell" | "powershell.exe"
            ) =>
        {
            list.last().map(|last| last.value.clone())
        }
        (_, Some(list)) if shell => {
            let mut all = vec![first.clone()];
            all.extend(list.iter().cloned());
            Some(joined(&all, " ").value)
        }
        (_, None) if shell || first.value.text.contains(' ') => Some(first.value.clone()),
        _ => None,
    };
    if let Some(options) = options.as_ref().and_then(|options| options.get("stdio"))
        && options.value.taint.has(Taint::NETWORK)
    {
        follower.check(
            span.clone(),
            "javascript-reverse-shell",
            first.value.text.clone(),
        );
    }
    match line {
        Some(line) => command_line(follower, &span, &line),
        None => {
            let rest = listed
                .map(|list| list.iter().map(|one| one.value.clone()).collect())
                .unwrap_or_default();
            let rest: Vec<Value> = rest;
            let mut words = vec![first.value.clone()];
            words.extend(rest.iter().cloned());
            if first.value.known().is_some() && words.len() <= MAX_WORDS {
                // What the program does with its words is the same as on a command line.
                let quoted = words
                    .iter()
                    .map(|word| shell::quote(&word.text.replace(UNKNOWN, "_")));
                follower.fact(
                    span.clone(),
                    What::Code {
                        kind: Kind::Shell,
                        how: "command line",
                        text: quoted.collect::<Vec<_>>().join(" "),
                    },
                );
            }
            follower.fact(
                span.clone(),
                What::Command {
                    name: first.value.program().to_owned(),
                    arguments: rest,
                },
            );
            if first.value.taint.has(Taint::NETWORK | Taint::DECODED) {
                follower.check(
                    span,
                    "javascript-downloaded-command",
                    first.value.taint.describe(),
                );
            }
        }
    }
}

/// Code that an interpreter is handed on its command line.
fn given_code(follower: &mut Follower<'_>, span: &Range<usize>, words: &[Js]) {
    let takes = |word: &Js| matches!(word.value.known(), Some("-e" | "--eval" | "-p" | "-c"));
    let code = words.iter().skip_while(|word| !takes(word)).nth(1);
    if let Some(code) = code.filter(|code| code.value.taint.has(Taint::NETWORK | Taint::DECODED)) {
        executed(
            follower,
            span,
            &Value::unknown(code.value.taint),
            Kind::Empty,
        );
    }
}

/// Markup that a program writes into a page: its scripts and handlers are code.
pub(super) fn markup(follower: &mut Follower<'_>, span: &Range<usize>, text: &Value) {
    if text.taint.has(Taint::NETWORK) && text.text.contains("<script") {
        executed(follower, span, &Value::unknown(text.taint), Kind::Empty);
    }
    for found in HANDLER.captures_iter(&text.text).take(MAX_WORDS) {
        let code = ["code", "other", "body"]
            .into_iter()
            .find_map(|name| found.name(name));
        let code = code.map_or("", |code| code.as_str());
        follower.fact(
            span.clone(),
            What::Code {
                kind: Kind::JavaScript,
                how: "handler",
                text: code.replace(UNKNOWN, "_"),
            },
        );
    }
    if let Some(found) = REMOTE_SCRIPT.find(&text.text) {
        follower.check(span.clone(), "javascript-remote-script", found.as_str());
    }
}

/// What is put into a page by setting a member of an element.
pub(in crate::pattern::javascript) fn scripted(
    follower: &mut Follower<'_>,
    element: &Js,
    property: &str,
    value: &Js,
    span: Range<usize>,
) {
    let script = element.name.as_deref() == Some("document.createElement()")
        && element.value.text == "script";
    match property {
        "src" if script && value.value.text.contains("://") => {
            follower.check(span, "javascript-remote-script", value.value.text.clone());
        }
        "text" | "textContent" | "innerText" | "innerHTML" if script => {
            executed(follower, &span, &value.value, Kind::JavaScript);
        }
        "innerHTML" | "outerHTML" => markup(follower, &span, &value.value),
        _ => {}
    }
}

pub(super) fn command_line(follower: &mut Follower<'_>, span: &Range<usize>, line: &Value) {
    if line.taint.has(Taint::DECODED) {
        follower.check(
            span.clone(),
            "javascript-decoded-code",
            "a command line that was decoded",
        );
    } else if line.taint.has(Taint::NETWORK) {
        follower.check(
            span.clone(),
            "javascript-downloaded-command",
            line.taint.describe(),
        );
    } else if line.known().is_none() && line.taint.has(Taint::ARGUMENT) {
        follower.check(span.clone(), "javascript-command-injection", "");
    }
    if line.taint.has(Taint::LISTED)
        && line.text.contains(&format!("/dev/{UNKNOWN}"))
        && ["dd ", "shred", "mkfs", "wipefs", "blkdiscard"]
            .iter()
            .any(|program| line.text.contains(program))
    {
        let detail = line.text.replace(UNKNOWN, "…");
        follower.check(span.clone(), "shell-disk-overwritten", detail);
    }
    for word in line.text.split_whitespace().take(MAX_WORDS) {
        started_file(follower, span, &Value::text(word));
    }
    if line.text.trim_matches(UNKNOWN).trim().is_empty() {
        follower.check(
            span.clone(),
            "javascript-computed-command",
            line.taint.describe(),
        );
        return;
    }
    follower.fact(
        span.clone(),
        What::Code {
            kind: Kind::Shell,
            how: "command line",
            text: line.text.replace(UNKNOWN, "_"),
        },
    );
}
