//! What a call sends, writes, deletes and ties to a socket.

use std::ops::Range;

use super::super::follow::Follower;
use super::super::value::Js;
use super::Call;
use crate::pattern::places;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, Value};

pub(super) fn looked_up(follower: &mut Follower<'_>, span: &Range<usize>, name: &Value) {
    if name.taint.has(
        Taint::SECRET
            | Taint::ENVIRONMENT
            | Taint::FILE
            | Taint::MACHINE
            | Taint::TOKEN
            | Taint::ENCODED,
    ) {
        follower.check(
            span.clone(),
            "javascript-dns-data",
            format!("{} → {}", name.taint.describe(), name.text),
        );
    }
}

pub(super) fn filed(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let path = arguments
        .first()
        .map(|path| path.value.text.clone())
        .unwrap_or_default();
    let span = call.span.clone();
    match call.method() {
        "writeFile" | "writeFileSync" | "appendFile" | "appendFileSync" | "createWriteStream"
        | "outputFile" | "outputFileSync" | "writeTextFile" | "writeTextFileSync" | "write"
        | "symlink" | "symlinkSync" => {
            let content = arguments
                .get(1)
                .map(|content| content.value.clone())
                .unwrap_or_default();
            follower.fact(span, What::Write { path, content });
        }
        "copyFile" | "copyFileSync" | "cp" | "cpSync" | "rename" | "renameSync" | "copy"
        | "copySync" | "move" | "moveSync" => {
            if let Some(target) = arguments.get(1) {
                follower.fact(span.clone(), What::Read(path));
                follower.fact(
                    span,
                    What::Write {
                        path: target.value.text.clone(),
                        content: Value::unknown(Taint::FILE),
                    },
                );
            }
        }
        "unlink" | "unlinkSync" | "rm" | "rmSync" | "rmdir" | "rmdirSync" | "remove"
        | "removeSync" | "emptyDirSync" | "rimraf" | "sync" => {
            let home = matches!(
                path.as_str(),
                "/" | "~" | "~/" | "/*" | "~/*" | ".." | "../"
            ) || path.starts_with("/etc")
                || path.starts_with("/usr");
            if home {
                follower.check(span.clone(), "javascript-tree-deleted", path.clone());
            }
            follower.fact(span, What::Delete(path));
        }
        _ => {}
    }
}

/// Everything that an outgoing call takes with it.
pub(super) fn sent(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let span = call.span.clone();
    let mut taint = Taint::default();
    let mut target = None;
    for argument in arguments {
        target = target.or_else(|| address(argument));
        taint |= carried(argument);
    }
    if let Some(host) = &target {
        follower.fact(span.clone(), What::Connect(host.clone()));
    }
    let target = target.unwrap_or_else(|| call.name().to_owned());
    let detail = format!("{} → {target}", taint.describe());
    let check = if taint.has(Taint::SECRET) {
        "javascript-credentials-sent"
    } else if taint.has(Taint::ENVIRONMENT) {
        "javascript-environment-sent"
    } else if taint.has(Taint::SYSTEM) {
        "javascript-system-file-sent"
    } else if taint.has(Taint::MACHINE) {
        "javascript-identity-sent"
    } else if taint.has(Taint::TOKEN) {
        "javascript-token-sent"
    } else {
        return;
    };
    follower.check(span, check, detail);
}

fn address(argument: &Js) -> Option<String> {
    let field = |name: &str| {
        argument
            .fields
            .as_ref()?
            .get(name)
            .map(|field| field.value.text.clone())
    };
    if let Some(host) = field("hostname")
        .or_else(|| field("host"))
        .or_else(|| field("url"))
        .or_else(|| field("baseURL"))
    {
        return places::host_of(&host);
    }
    let text = &argument.value.text;
    text.contains("://")
        .then(|| places::host_of(text))
        .flatten()
}

/// Headers carry the caller's own key by design; everything else is data.
fn carried(argument: &Js) -> Taint {
    let Some(fields) = &argument.fields else {
        return argument.value.taint;
    };
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort();
    names.into_iter().fold(Taint::default(), |taint, name| {
        let value = fields
            .get(name)
            .map(|field| field.value.taint)
            .unwrap_or_default();
        let own = matches!(
            name.as_str(),
            "headers" | "auth" | "agent" | "token" | "apiKey"
        );
        taint
            | if own {
                value.without(Taint::TOKEN | Taint::FILE | Taint::MACHINE | Taint::ENVIRONMENT)
            } else {
                value
            }
    })
}

/// A shell whose ends are tied to a socket.
pub(super) fn piped(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let owner = call.name().to_owned();
    let other = arguments
        .first()
        .and_then(|argument| argument.name.clone())
        .unwrap_or_default();
    let socket = |name: &str| {
        name.starts_with("net.")
            || name.starts_with("tls.")
            || name.starts_with("new net.")
            || name.starts_with("new WebSocket")
    };
    let program = |name: &str| name.starts_with("child_process.");
    if call.method() == "pipe"
        && (socket(&owner) && program(&other) || program(&owner) && socket(&other))
    {
        follower.check(
            call.span.clone(),
            "javascript-reverse-shell",
            format!("{owner} and {other}"),
        );
    }
}
