//! What a call sends, prints and ties to a socket.

use std::ops::Range;

use super::super::follow::Follower;
use super::super::names::is_sending;
use super::super::value::Js;
use super::Call;
use super::addresses::address;
use super::carried::carried;
use super::files::streamed;
use crate::Kind;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN, Value, of_path};
use crate::pattern::{hosts, places, shell};

/// Shortest printed text that can tell an agent to do something, in bytes.
const MIN_SPOKEN: usize = 40;

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

/// Connections over which requests and answers of the web go, opened before.
fn is_web(name: &str) -> bool {
    ["http", "net.", "tls.", "WebSocket", "ws", "XMLHttpRequest"]
        .iter()
        .any(|owner| name.trim_start_matches("new ").starts_with(owner))
}
