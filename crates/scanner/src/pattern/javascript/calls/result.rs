//! What calls yield: constants folded, sources of data marked.

pub(super) mod folding;
mod sources;

use std::rc::Rc;

use super::super::follow::Follower;
use super::super::names::{global, is_dangerous, is_powerful, member, module};
use super::super::strings;
use super::super::value::Js;
use super::Call;
use crate::pattern::value::{Taint, Value};
use folding::{folded, from_codes, joined, written_out};
use sources::own_taint;

/// How deep an object is written out.
const MAX_WRITTEN: usize = 4;

/// Bytes of a JSON text that is read.
const MAX_PARSED: usize = 64 << 10;

/// `new Map([[key, value]])`, read like an object.
fn table(pairs: &Js) -> Js {
    let pairs = pairs.elements.as_deref().map_or(&[][..], Vec::as_slice);
    let fields = pairs.iter().filter_map(|pair| {
        let pair = pair.elements.as_ref()?;
        let key = pair.first()?.value.known()?.to_owned();
        Some((key, pair.get(1)?.clone()))
    });
    Js {
        fields: Some(Rc::new(fields.collect())),
        ..Js::unknown(Taint::default())
    }
}

fn of_json(value: &serde_json::Value, taint: Taint) -> Js {
    use serde_json::Value as Json;
    match value {
        Json::Null => Js::default(),
        Json::Bool(flag) => Js::of(Value::text(flag.to_string()).tainted(taint)),
        Json::Number(number) => Js::of(Value::text(number.to_string()).tainted(taint)),
        Json::String(text) => Js::of(Value::text(text.as_str()).tainted(taint)),
        Json::Array(items) => {
            let items: Vec<Js> = items.iter().map(|item| of_json(item, taint)).collect();
            Js {
                elements: Some(Rc::new(items)),
                ..Js::unknown(taint)
            }
        }
        Json::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(key, field)| (key.clone(), of_json(field, taint)));
            Js {
                fields: Some(Rc::new(fields.collect())),
                ..Js::unknown(taint)
            }
        }
    }
}

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
    match name.as_str() {
        "require" | "import" => {
            if let Some(path) = first.value.known().filter(|path| !path.is_empty()) {
                return Js::named(module(path));
            }
        }
        "module.createRequire" | "createRequire" => return Js::named("require"),
        "util.promisify" | "promisify" | "util.callbackify" | "Promise.resolve"
        | "structuredClone" | "Object.freeze" | "Object.seal" | "Object.entries"
        | "Object.fromEntries"
            if first.name.is_some() || first.value.known().is_some() =>
        {
            return first;
        }
        "util.promisify" | "promisify" | "util.callbackify" => return first,
        "Object.assign" => {
            let mut named = arguments.iter();
            let powerful = |one: &&Js| one.name.as_deref().is_some_and(is_powerful);
            if let Some(module) = named.find(powerful) {
                return module.clone();
            }
        }
        "new Set" | "new Array" | "Array.from" if first.elements.is_some() => return first,
        "new Map" if first.elements.is_some() => return table(&first),
        "JSON.parse" => {
            let parsed = first.value.known().filter(|text| text.len() <= MAX_PARSED);
            let parsed = parsed.and_then(|text| serde_json::from_str(text).ok());
            if let Some(parsed) = parsed {
                return of_json(&parsed, first.value.taint);
            }
        }
        // Whatever it is called, what gives the module for its name loads it.
        _ if matches!(
            first.value.known(),
            Some("child_process" | "node:child_process")
        ) && call.callee.function.is_none()
            && call.receiver.name.is_none()
            && call.callee.value.taint.has(Taint::ARGUMENT) =>
        {
            return Js::named("child_process");
        }
        "Reflect.get" => {
            if let (Some(object), Some(key)) = (arguments.first(), arguments.get(1))
                && let Some(text) = key.value.known()
            {
                let found = member(object, text);
                let hidden = key.value.taint.has(Taint::PIECES | Taint::DECODED);
                if let Some(name) = found
                    .name
                    .clone()
                    .filter(|name| hidden && is_dangerous(name))
                {
                    follower.check(call.span.clone(), "javascript-computed-member", name);
                }
                return found;
            }
        }
        "Reflect.apply" | "Reflect.construct" => {
            let at = if call.method() == "apply" { 2 } else { 1 };
            let listed = arguments.get(at).and_then(|list| list.elements.clone());
            let inner = Call {
                callee: first.clone(),
                receiver: Js::default(),
                constructs: false,
                span: call.span.clone(),
            };
            if !inner.name().starts_with("Reflect.") {
                return result(
                    follower,
                    &inner,
                    listed.as_deref().map_or(&[], Vec::as_slice),
                );
            }
        }
        "Function" | "new Function" => {
            if let Some(name) = first
                .value
                .known()
                .and_then(|text| text.strip_prefix("return "))
            {
                // Called, it gives back what bears that name.
                return Js::named(format!("() => {}", name.trim_end_matches(';').trim()));
            }
        }
        "fs.createWriteStream" => {
            return Js {
                name: Some("fs.createWriteStream()".to_owned()),
                ..Js::of(first.value)
            };
        }
        _ if name.starts_with("() => ") => {
            let name = name.trim_start_matches("() => ");
            return global(if name == "this" { "globalThis" } else { name });
        }
        "parseInt" | "Number" | "Number.parseInt" => {
            let radix = arguments.get(1).and_then(|radix| radix.value.known());
            let radix = radix.and_then(|text| text.parse().ok()).unwrap_or(10);
            if let Some(number) = first
                .value
                .known()
                .filter(|_| (2..=36).contains(&radix))
                .and_then(|text| i64::from_str_radix(text, radix).ok())
            {
                return Js::of(Value::text(number.to_string()).tainted(first.value.taint));
            }
            return Js::unknown(first.value.taint.without(Taint::ARGUMENT | Taint::REQUEST));
        }
        "JSON.stringify" if first.fields.is_some() || first.elements.is_some() => {
            let mut value = Value::default();
            written_out(&first, &mut value, MAX_WRITTEN);
            value.taint |= first.value.taint;
            return Js::of(value);
        }
        _ if matches!(call.method(), "apply" | "call")
            && call
                .receiver
                .name
                .as_deref()
                .is_some_and(|name| name.starts_with("String.from")) =>
        {
            let rest = arguments.get(1..).unwrap_or_default();
            return from_codes(rest);
        }
        "Buffer.from" | "new Buffer" | "Uint8Array.from" | "new Uint8Array" | "Uint8Array.of"
            if first.elements.as_ref().is_some_and(|all| all.len() > 3) =>
        {
            return from_codes(arguments);
        }
        _ if call.method() == "decode" && call.name().contains("TextDecoder") => return first,
        "document.createElement" => {
            return Js {
                name: Some("document.createElement()".to_owned()),
                ..Js::of(first.value)
            };
        }
        "new URL" if arguments.len() == 1 && first.value.known().is_some() => {
            return Js::of(first.value);
        }
        "path.dirname" => {
            if let Some(path) = first.value.known() {
                let parent = match path.trim_end_matches('/').rsplit_once('/') {
                    Some((parent, last)) if !matches!(last, "." | "..") => parent.to_owned(),
                    _ if matches!(path, "." | "") => "..".to_owned(),
                    _ if path.ends_with("..") => format!("{path}/.."),
                    _ => ".".to_owned(),
                };
                return Js::of(Value::text(parent).tainted(first.value.taint));
            }
        }
        "process.cwd" => return Js::of(Value::text(".")),
        "os.homedir" => return Js::of(Value::text("~")),
        "os.tmpdir" => return Js::of(Value::text("/tmp")),
        "path.join" | "path.resolve" | "path.normalize" => return joined(arguments, "/"),
        "String.fromCharCode" | "String.fromCodePoint" => return from_codes(arguments),
        "btoa" => return Js::of(Value::unknown(first.value.taint | Taint::ENCODED)),
        "String" | "toString" => return first,
        "path.basename" | "parseFloat" => {
            let taint = first.value.taint.without(Taint::REQUEST);
            return Js::unknown(taint);
        }
        _ if matches!(
            call.method(),
            "escape" | "escapeId" | "escapeIdentifier" | "quoteIdent" | "escapeLiteral"
        ) =>
        {
            return Js::unknown(first.value.taint.without(Taint::ARGUMENT | Taint::REQUEST));
        }
        _ => {}
    }
    let encoding = arguments
        .get(1)
        .and_then(|argument| argument.value.known())
        .map(str::to_owned);
    if let Some(decoded) = strings::decoded(&name, &first.value, encoding.as_deref()) {
        return Js::of(decoded);
    }
    if let Some(folded) = folded(call, arguments) {
        return folded;
    }
    let mut taint = call.receiver.value.taint | own_taint(follower, call, arguments);
    for argument in arguments {
        taint |= argument.value.taint;
        if matches!(
            argument.name.as_deref(),
            Some("localStorage" | "sessionStorage")
        ) {
            // The store as a whole, not one entry of it.
            taint |= Taint::SECRET;
        }
    }
    let encodes = call.method() == "toString"
        && first
            .value
            .known()
            .is_some_and(|encoding| matches!(encoding, "base64" | "hex"));
    if encodes {
        taint |= Taint::ENCODED;
    }
    let name = (name.len() < 120 && !call.name().is_empty()).then(|| format!("{name}()"));
    Js {
        name,
        ..Js::unknown(taint)
    }
}
