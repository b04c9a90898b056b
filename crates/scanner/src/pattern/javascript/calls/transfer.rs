//! What a call sends, writes, deletes and ties to a socket.

use std::collections::HashMap;
use std::ops::Range;

/// Shortest printed text that can tell an agent to do something, in bytes.
const MIN_SPOKEN: usize = 40;

/// Shortest script inside a program that is examined by itself, in bytes.
const MIN_SCRIPT: usize = 16;

/// What stands in a program and in little else.
const PROGRAM: [&str; 4] = ["require(", "fetch(", "import(", "process."];

use super::super::follow::Follower;
use super::super::names::is_sending;
use super::super::value::Js;
use super::Call;
use crate::Kind;
use crate::pattern::resolved::What;
use crate::pattern::shell;
use crate::pattern::value::{Taint, UNKNOWN, Value, of_path};
use crate::pattern::{hosts, places};

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
            keep(follower, &path, content.taint);
            if overwrites_everything(&path, arguments) {
                follower.check(span.clone(), "javascript-tree-deleted", path.clone());
            }
            if content.taint.has(Taint::ENVIRONMENT) && !path.contains(".env") {
                follower.check(span.clone(), "javascript-secrets-printed", path.clone());
            }
            let kind = Kind::identify(&path, content.text.as_bytes());
            if kind.is_program() && content.text.trim_matches(UNKNOWN).len() > MIN_SCRIPT {
                follower.fact(
                    span.clone(),
                    What::Code {
                        kind,
                        how: "written file",
                        text: content.text.replace(UNKNOWN, "_"),
                    },
                );
            }
            if !kind.is_program()
                && call.method().starts_with("append")
                && PROGRAM.iter().any(|word| content.text.contains(word))
            {
                let text = content.text.replace(UNKNOWN, "_");
                let (kind, how) = (Kind::JavaScript, "appended code");
                follower.fact(span.clone(), What::Code { kind, how, text });
            }
            follower.fact(span, What::Write { path, content });
        }
        "truncate" | "truncateSync" | "ftruncate" => {
            if overwrites_everything(&path, arguments) {
                follower.check(span.clone(), "javascript-tree-deleted", path.clone());
            }
            follower.fact(span, What::Delete(path));
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
            let all = is_everything_in(&path, arguments);
            let project = path == "." && is_recursive(call, arguments);
            if home || all || project {
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
    for (index, argument) in arguments.iter().enumerate() {
        target = target.or_else(|| address(argument));
        // `client.post(address, data, options)`: what stands second is sent as it is.
        let data = index == 1 && matches!(call.method(), "post" | "put" | "patch");
        taint |= if data {
            argument.value.taint.without(Taint::TOKEN) | carried(argument)
        } else {
            carried(argument)
        };
    }
    if let Some(host) = &target {
        follower.fact(span.clone(), What::Connect(host.clone()));
    }
    for argument in arguments {
        taint |= uploaded(follower, call, argument);
        if shell::mines(&argument.value.text) {
            let detail: String = argument.value.text.chars().take(80).collect();
            follower.check(span.clone(), "javascript-miner", detail);
        }
    }
    let known = target.is_some();
    let elsewhere = match &target {
        Some(host) => hosts::is_elsewhere(host),
        None => is_sending(call.name()) && is_web(call.name()),
    };
    let target = target.unwrap_or_else(|| call.name().to_owned());
    let detail = format!("{} → {target}", taint.describe());
    if hosts::is_metadata(&target) {
        follower.check(span.clone(), "javascript-metadata-service", target.clone());
    } else if hosts::is_bare_address(&target) && !hosts::is_resolver(&target) {
        follower.check(span.clone(), "javascript-bare-address", target.clone());
    }
    let check = if taint.has(Taint::SECRET | Taint::SESSION) {
        "javascript-credentials-sent"
    } else if taint.has(Taint::ENVIRONMENT) || taint.has(Taint::TOKEN) && taint.of_several() {
        "javascript-environment-sent"
    } else if elsewhere && taint.has(Taint::KEPT)
        || known && taint.is_foreign_to(&target) && elsewhere
    {
        "javascript-foreign-credential"
    } else if taint.has(Taint::SYSTEM) {
        "javascript-system-file-sent"
    } else if taint.has(Taint::MACHINE) {
        "javascript-identity-sent"
    } else if known && taint.has(Taint::PERSONAL)
        || taint.has(Taint::TREE)
        || taint.has(Taint::FILE) && hosts::is_bare_address(&target)
    {
        "javascript-files-sent"
    } else if taint.has(Taint::TOKEN | Taint::ISSUED) {
        "javascript-token-sent"
    } else {
        return;
    };
    follower.check(span, check, detail);
}

/// A file that a client is told to upload by its path.
fn uploaded(follower: &mut Follower<'_>, call: &Call, argument: &Js) -> Taint {
    let uploads = matches!(
        call.method(),
        "put"
            | "fastPut"
            | "putFile"
            | "uploadFrom"
            | "uploadFromDir"
            | "uploadFile"
            | "upload"
            | "fPutObject"
            | "sendDocument"
    );
    let path = argument.value.text.clone();
    if !uploads || !places::is_home(&path) {
        return Taint::default();
    }
    follower.fact(call.span.clone(), What::Read(path.clone()));
    of_path(&path)
}

/// What a program prints is read by the agent that runs it, or stays in a log that others read.
pub(super) fn printed(follower: &mut Follower<'_>, span: &Range<usize>, text: &Value) {
    let hidden = text.taint.has(Taint::ENCODED);
    if hidden && text.taint.has(Taint::ENVIRONMENT | Taint::SECRET) {
        follower.check(
            span.clone(),
            "javascript-secrets-printed",
            text.taint.describe(),
        );
    }
    if text.text.contains("\u{1b}]52;") {
        follower.check(
            span.clone(),
            "javascript-secrets-printed",
            "sets the clipboard",
        );
    }
    if text.text.len() > MIN_SPOKEN && shell::tells(&text.text) {
        follower.fact(
            span.clone(),
            What::Code {
                kind: Kind::Markdown,
                how: "printed text",
                text: text.text.replace(UNKNOWN, "_"),
            },
        );
    }
}

/// Whether folders go with all they hold.
fn is_recursive(call: &Call, arguments: &[Js]) -> bool {
    let options = arguments.get(1).and_then(|options| options.fields.as_ref());
    let recursive = options.and_then(|options| options.get("recursive"));
    recursive.is_some_and(|recursive| recursive.value.text == "true")
        || matches!(call.method(), "remove" | "removeSync" | "rimraf")
}

/// Whatever lies in the home, in the root or above the project, one after the other.
fn is_everything_in(path: &str, arguments: &[Js]) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    let unknown = !name.is_empty() && name.trim_matches(UNKNOWN).is_empty();
    let listed = arguments
        .first()
        .is_some_and(|path| path.value.taint.has(Taint::LISTED));
    let above = folder.ends_with("..") && listed;
    unknown && (folder == "~" || folder.is_empty() && listed || above)
}

/// Every file of a home is written over with what was not in it.
fn overwrites_everything(path: &str, arguments: &[Js]) -> bool {
    let listed = arguments
        .first()
        .is_some_and(|path| path.value.taint.has(Taint::LISTED));
    let kept = arguments.get(1).is_some_and(|content| {
        content
            .value
            .taint
            .has(Taint::FILE | Taint::PERSONAL | Taint::NETWORK)
    });
    let personal = arguments
        .first()
        .is_some_and(|path| path.value.taint.has(Taint::PERSONAL))
        && path.trim_matches(UNKNOWN).is_empty()
        && arguments.len() > 1;
    listed && !kept && (personal || is_everything_in(path, arguments))
}

/// Remembers where the content of a file came from.
fn keep(follower: &mut Follower<'_>, path: &str, taint: Taint) {
    let plain = path.strip_prefix("./").unwrap_or(path);
    if !plain.is_empty() {
        *follower.files.entry(plain.to_owned()).or_default() |= taint;
    }
}

/// What flows into a stream lies in its file.
pub(super) fn streamed(follower: &mut Follower<'_>, target: &Js, taint: Taint) {
    if target.name.as_deref() == Some("fs.createWriteStream()") {
        let path = target.value.text.clone();
        keep(follower, &path, taint);
    }
}

/// An address that a page, a picture or a form is sent to by being set.
pub(in crate::pattern::javascript) fn addressed(
    follower: &mut Follower<'_>,
    address: &Js,
    span: Range<usize>,
) {
    let taint = address.value.taint;
    if !address.value.text.contains("://") {
        return;
    }
    if taint.has(Taint::SECRET | Taint::ENVIRONMENT) {
        follower.check(span, "javascript-credentials-sent", taint.describe());
    } else if taint.has(Taint::PERSONAL) {
        follower.check(span, "javascript-files-sent", taint.describe());
    }
}

/// Connections over which requests and answers of the web go, opened before.
fn is_web(name: &str) -> bool {
    ["http", "net.", "tls.", "WebSocket", "ws", "XMLHttpRequest"]
        .iter()
        .any(|owner| name.trim_start_matches("new ").starts_with(owner))
}

/// The text that says where a call goes.
fn place(argument: &Js) -> Option<&Value> {
    let field = |name: &&str| argument.fields.as_ref()?.get(*name);
    let named = ["hostname", "host", "url", "baseURL"]
        .iter()
        .find_map(field);
    match named {
        Some(field) => Some(&field.value),
        None => Some(&argument.value).filter(|value| value.text.contains("://")),
    }
}

fn address(argument: &Js) -> Option<String> {
    hosts::contacted(&place(argument)?.text)
}

/// Honest programs do not hide where they connect to: an address that only decoding brings to light.
pub(super) fn hidden_address(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let socket = call.name().starts_with("net.") || call.name().starts_with("tls.");
    let host = arguments.iter().find_map(|argument| {
        let value = place(argument).or_else(|| Some(&argument.value).filter(|_| socket))?;
        let host = hosts::host_of(&value.text)?;
        // Only a constant can be decoded here; what is decoded at run time has no text.
        let hidden = value.taint.has(Taint::DECODED) && !value.taint.has(Taint::NETWORK);
        (hidden && hosts::is_elsewhere(&host)).then_some(host)
    });
    if let Some(host) = host {
        follower.check(call.span.clone(), "javascript-address-hidden", host);
    }
}

/// Headers carry the caller's own key by design; everything else is data.
fn carried(argument: &Js) -> Taint {
    let Some(fields) = &argument.fields else {
        return argument.value.taint;
    };
    fields
        .iter()
        .fold(Taint::default(), |taint, (name, field)| {
            let value = field.value.taint;
            if name == "headers"
                && let Some(headers) = &field.fields
            {
                return taint | in_headers(headers);
            }
            let own = matches!(
                name.as_str(),
                "headers" | "auth" | "agent" | "token" | "apiKey"
            );
            taint
                | if own {
                    value.without(
                        Taint::TOKEN
                            | Taint::OWNED
                            | Taint::ISSUED
                            | Taint::SESSION
                            | Taint::FILE
                            | Taint::MACHINE
                            | Taint::ENVIRONMENT,
                    )
                } else {
                    value
                }
        })
}

/// Headers by whose names nobody is asked with a key carry data.
fn in_headers(headers: &HashMap<String, Js>) -> Taint {
    headers
        .iter()
        .fold(Taint::default(), |taint, (name, header)| {
            let value = header.value.taint;
            let lower = name.to_ascii_lowercase();
            let own = ["auth", "token", "key", "cookie", "agent", "session", "..."]
                .iter()
                .any(|word| lower.contains(word));
            let plain = value.without(Taint::TOKEN | Taint::FILE | Taint::MACHINE);
            taint
                | if own {
                    plain
                        .without(Taint::ISSUED | Taint::SESSION | Taint::ENVIRONMENT | Taint::OWNED)
                } else {
                    plain
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
    if let Some(target) = arguments.first() {
        streamed(follower, target, call.receiver.value.taint);
    }
    if call.method() == "pipe"
        && program(&other)
        && !socket(&owner)
        && other.ends_with(".stdin")
        && call.receiver.value.taint.has(Taint::NETWORK)
    {
        follower.check(
            call.span.clone(),
            "javascript-downloaded-command",
            other.clone(),
        );
    }
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
