//! What calls yield: constants folded, sources of data marked.

pub(super) mod folding;
mod json;
mod lists;
mod loading;
mod pages;
mod paths;
mod reflection;
mod sources;
mod texts;

use super::super::follow::Follower;
use super::super::names::is_powerful;
use super::super::strings;
use super::super::value::Js;
use super::Call;
use crate::pattern::value::{Taint, Value};
use folding::from_codes;
pub(in crate::pattern::javascript) use sources::cookies_asked;
use sources::own_taint;

/// Longest name of what a call yields, in bytes.
const MAX_NAME: usize = 120;

/// What a regular expression costs, in nodes followed.
const COMPILING: usize = 500;

/// What a call yields.
pub(in crate::pattern::javascript) fn result(
    follower: &mut Follower<'_>,
    call: &Call,
    arguments: &[Js],
) -> Js {
    let first = arguments.first().cloned().unwrap_or_default();
    let name = if call.constructs {
        format!("new {}", call.name())
    } else {
        call.name().to_owned()
    };
    let known = loading::loaded(call, &name, &first)
        .or_else(|| reflection::reflected(follower, call, &name, arguments))
        .or_else(|| paths::path(&name, arguments))
        .or_else(|| passed_on(call, &name, arguments))
        .or_else(|| made(call, &name, arguments))
        .or_else(|| decoded(&name, arguments))
        .or_else(|| changed_by_pattern(follower, call, arguments))
        .or_else(|| lists::method(call, arguments))
        .or_else(|| texts::method(call, arguments));
    known.unwrap_or_else(|| {
        let name = (name.len() < MAX_NAME && !call.name().is_empty()).then(|| format!("{name}()"));
        Js {
            name,
            ..Js::unknown(marks(follower, call, arguments))
        }
    })
}

/// A list or an object as the text that `JSON.stringify` makes of it.
pub(super) fn written_out(object: &Js) -> Value {
    json::stringified(object).value
}

/// What a regular expression makes of a text.
fn changed_by_pattern(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Option<Js> {
    let named = arguments.first()?.name.as_deref();
    let pattern = named.filter(|name| name.starts_with('/'))?;
    if !matches!(call.method(), "replace" | "replaceAll" | "split") {
        return None;
    }
    follower.work(COMPILING);
    texts::by_pattern(pattern, call, arguments)
}

/// An argument that the call gives back as it is.
fn passed_on(call: &Call, name: &str, arguments: &[Js]) -> Option<Js> {
    let first = arguments.first().cloned().unwrap_or_default();
    let passes = match name {
        "util.promisify" | "promisify" | "util.callbackify" | "String" | "toString" => true,
        "Promise.resolve" | "structuredClone" | "Object.freeze" | "Object.seal"
        | "Object.entries" | "Object.fromEntries" => {
            first.name.is_some() || first.value.known().is_some()
        }
        "new Set" | "new Array" | "Array.from" => first.elements.is_some(),
        "Object.assign" => {
            let powerful = |one: &&Js| one.name.as_deref().is_some_and(is_powerful);
            return arguments.iter().find(powerful).cloned();
        }
        _ => call.method() == "decode" && call.name().contains("TextDecoder"),
    };
    passes.then_some(first)
}

/// What is made of the arguments: tables, texts, numbers, streams.
fn made(call: &Call, name: &str, arguments: &[Js]) -> Option<Js> {
    let first = arguments.first().cloned().unwrap_or_default();
    Some(match name {
        "new Map" if first.elements.is_some() => table(&first),
        "JSON.parse" => json::parsed(&first.value)?,
        "JSON.stringify" if first.fields.is_some() || first.elements.is_some() => {
            json::stringified(&first)
        }
        "fs.createWriteStream" | "document.createElement" => Js {
            name: Some(format!("{name}()")),
            ..Js::of(first.value)
        },
        "parseInt" | "Number" | "Number.parseInt" => number(&first.value, arguments.get(1)),
        "parseFloat" => Js::unknown(first.value.taint.without(Taint::REQUEST)),
        "String.fromCharCode" | "String.fromCodePoint" => from_codes(arguments),
        "Buffer.from" | "new Buffer" | "Uint8Array.from" | "new Uint8Array" | "Uint8Array.of"
            if first.elements.as_ref().is_some_and(|all| all.len() > 3) =>
        {
            from_codes(arguments)
        }
        "new URL" if arguments.len() == 1 && first.value.known().is_some() => Js::of(first.value),
        "btoa" => Js::of(Value::unknown(first.value.taint | Taint::ENCODED)),
        _ => match call.method() {
            "apply" | "call" if is_from_codes(call.receiver.name.as_deref()) => {
                from_codes(arguments.get(1..).unwrap_or_default())
            }
            "escape" | "escapeId" | "escapeIdentifier" | "quoteIdent" | "escapeLiteral" => {
                Js::unknown(first.value.taint.without(Taint::ARGUMENT | Taint::REQUEST))
            }
            _ => return None,
        },
    })
}

/// `String.fromCharCode` and its like.
fn is_from_codes(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with("String.from"))
}

/// A whole number is no text that an attacker chose, even where it is not known.
fn number(text: &Value, radix: Option<&Js>) -> Js {
    let radix = radix.and_then(|radix| radix.value.known());
    let radix = radix.and_then(|text| text.parse().ok()).unwrap_or(10);
    let number = text
        .known()
        .filter(|_| (2..=36).contains(&radix))
        .and_then(|text| i64::from_str_radix(text, radix).ok());
    match number {
        Some(number) => Js::of(Value::text(number.to_string()).tainted(text.taint)),
        None => Js::unknown(text.taint.without(Taint::ARGUMENT | Taint::REQUEST)),
    }
}

/// `new Map([[key, value]])`, read like an object.
fn table(pairs: &Js) -> Js {
    let pairs = pairs
        .elements
        .as_deref()
        .map_or(&[][..], |list| list.as_slice());
    let fields = pairs.iter().filter_map(|pair| {
        let pair = pair.elements.as_ref()?;
        let key = pair.first()?.value.known()?.to_owned();
        Some((key, pair.get(1)?.clone()))
    });
    Js::object(fields.collect(), Taint::default())
}

fn decoded(name: &str, arguments: &[Js]) -> Option<Js> {
    let text = arguments.first().cloned().unwrap_or_default().value;
    let encoding = arguments.get(1).and_then(|argument| argument.value.known());
    strings::decoded(name, &text, encoding).map(Js::of)
}

/// Where what a call yields comes from, when it is not known itself.
fn marks(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Taint {
    let mut taint = call.receiver.value.taint | Js::marks(arguments);
    let stores = |argument: &Js| {
        let name = argument.name.as_deref();
        matches!(name, Some("localStorage" | "sessionStorage"))
    };
    if arguments.iter().any(stores) {
        // The store as a whole, not one entry of it.
        taint |= Taint::SECRET;
    }
    let encoding = arguments.first().and_then(|first| first.value.known());
    if call.method() == "toString" && matches!(encoding, Some("base64" | "hex")) {
        taint |= Taint::ENCODED;
    }
    if !makes_text(call) {
        // A client that a credential opens answers with what is not the credential.
        taint = taint.without(Taint::OWNED);
    }
    taint | own_taint(follower, call, arguments)
}

/// Whether a call makes a text of what it is given, or a collection.
fn makes_text(call: &Call) -> bool {
    matches!(
        call.name(),
        "String"
            | "encodeURIComponent"
            | "encodeURI"
            | "escape"
            | "btoa"
            | "JSON.stringify"
            | "Buffer.from"
            | "Buffer"
            | "URLSearchParams"
            | "URL"
            | "Blob"
            | "FormData"
            | "Array.from"
            | "querystring.stringify"
            | "qs.stringify"
            | "util.inspect"
            | "util.format"
    ) || call.name().starts_with("Object.")
        || matches!(
            call.method(),
            "toString"
                | "trim"
                | "join"
                | "concat"
                | "slice"
                | "substring"
                | "substr"
                | "replace"
                | "replaceAll"
                | "split"
                | "reverse"
                | "map"
                | "flatMap"
                | "filter"
                | "reduce"
                | "entries"
                | "values"
                | "flat"
                | "at"
                | "toUpperCase"
                | "toLowerCase"
                | "padStart"
                | "padEnd"
                | "repeat"
                | "encode"
        )
}
