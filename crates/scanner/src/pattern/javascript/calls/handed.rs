//! What callbacks are handed.

use std::collections::HashMap;

use super::super::value::Js;
use super::Call;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN};

/// Headers by which a caller proves who it is.
const PROVING: [&str; 7] = [
    "authorization",
    "Authorization",
    "cookie",
    "Cookie",
    "x-api-key",
    "X-API-Key",
    "proxy-authorization",
];

/// A request on its way: its address is anyone's, its headers prove who sends it.
pub(in crate::pattern::javascript) fn outgoing() -> Js {
    let config = [
        ("headers", headers(Taint::default())),
        ("auth", Js::unknown(Taint::SESSION)),
        ("*", Js::unknown(Taint::default())),
    ];
    let config = Js::with(config, Taint::default());
    let request = [
        ("headers", headers(Taint::default())),
        ("auth", Js::unknown(Taint::SESSION)),
        ("config", config.clone()),
        ("request", config),
        ("*", Js::unknown(Taint::default())),
    ];
    Js::with(request, Taint::default())
}

fn headers(taint: Taint) -> Js {
    let mut fields: HashMap<String, Js> = PROVING
        .iter()
        .map(|name| ((*name).to_owned(), Js::unknown(taint | Taint::SESSION)))
        .collect();
    fields.insert("*".to_owned(), Js::unknown(taint));
    Js::object(fields, taint | Taint::SESSION)
}

/// What a server hands its handlers: who asks, and what for.
pub(in crate::pattern::javascript) fn incoming(taint: Taint) -> Js {
    let whole = [("headers", headers(taint)), ("*", Js::unknown(taint))];
    let whole = Js::with(whole, taint);
    let fields = [
        ("headers", headers(taint)),
        ("cookies", Js::unknown(taint | Taint::SESSION)),
        ("request", whole.clone()),
        ("req", whole),
        ("*", Js::unknown(taint)),
    ];
    Js::with(fields, taint)
}

/// What a browser tells an extension of every request of every page.
fn watched() -> Js {
    let fields = [
        ("requestHeaders", Js::unknown(Taint::SESSION)),
        ("responseHeaders", Js::unknown(Taint::SESSION)),
        ("requestBody", Js::unknown(Taint::PERSONAL)),
        ("url", Js::unknown(Taint::PERSONAL)),
        ("*", Js::unknown(Taint::default())),
    ];
    Js::with(fields, Taint::default())
}

/// The values that a callback of this call is handed.
pub(in crate::pattern::javascript) fn handed(
    call: &Call,
    arguments: &[Js],
    result: &Js,
) -> Vec<Js> {
    if let Some(first) = timed(call.name()) {
        return arguments.get(first..).unwrap_or_default().to_vec();
    }
    if call.name().contains("interceptors.re") {
        return vec![outgoing()];
    }
    let first = arguments
        .first()
        .map_or("", |first| first.value.text.as_str());
    if first == "request"
        && ["hook.before", "hook.after", "hook.wrap"]
            .iter()
            .any(|hook| call.name().ends_with(hook))
    {
        return vec![outgoing(), outgoing()];
    }
    if call.method() == "$use" {
        // Every query of the program, and what it answers.
        return vec![Js::unknown(Taint::PERSONAL)];
    }
    if call.name().contains("webRequest.on") {
        return vec![watched()];
    }
    if result.value.taint.has(Taint::REQUEST) && call.method() != "then" {
        let taint = result.value.taint;
        return vec![
            incoming(taint),
            Js::unknown(Taint::default()),
            Js::unknown(Taint::default()),
        ];
    }
    vec![result.clone(), result.clone(), result.clone()]
}

/// Where the values stand that a timer hands its callback.
fn timed(name: &str) -> Option<usize> {
    match name.strip_prefix("globalThis.").unwrap_or(name) {
        "setTimeout" | "setInterval" => Some(2),
        "setImmediate" | "queueMicrotask" | "process.nextTick" => Some(1),
        _ => None,
    }
}

/// Whether a step compares a path with the folder that it must lie in, or keeps strangers from asking.
pub(in crate::pattern::javascript) fn guards_paths(what: &What) -> bool {
    let What::Call { name, arguments } = what else {
        return false;
    };
    let method = name.rsplit('.').next().unwrap_or("");
    let first = arguments.first().map_or("", |first| first.text.as_str());
    match method {
        // On a port that nobody knows, or for this machine alone, no stranger asks.
        "listen" => {
            let mut texts = arguments.iter().map(|argument| argument.text.as_str());
            first == "0" || texts.any(|text| matches!(text, "127.0.0.1" | "localhost" | "::1"))
        }
        "startsWith" => first.contains(UNKNOWN) || !first.starts_with('/') && !first.is_empty(),
        "relative" | "realpath" | "realpathSync" => true,
        "includes" | "indexOf" => first == ".." || first == "../",
        _ => false,
    }
}
