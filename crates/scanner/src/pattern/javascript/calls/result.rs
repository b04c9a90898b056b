//! What calls yield: constants folded, sources of data marked.

use super::super::follow::Follower;
use super::super::names::{global, is_dangerous, is_network, is_server, member, module};
use super::super::strings;
use super::super::value::Js;
use super::Call;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{places, shell, value};

/// Longest command line whose output is asked for, in bytes.
const MAX_LINE: usize = 4096;

/// How deep an object is written out.
const MAX_WRITTEN: usize = 4;

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
        "util.promisify" | "promisify" | "util.callbackify" => return first,
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
        "Object.assign" => {}
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

pub(super) fn joined(parts: &[Js], separator: &str) -> Js {
    let mut value = Value::default();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            value.push(&Value::text(separator));
        }
        value.push(&part.value);
    }
    Js::of(value)
}

fn from_codes(arguments: &[Js]) -> Js {
    let elements = arguments.first().and_then(|first| first.elements.clone());
    let codes: &[Js] = elements.as_deref().map_or(arguments, Vec::as_slice);
    let mut taint = if codes.len() > 3 {
        Taint::DECODED
    } else {
        Taint::default()
    };
    let mut text = String::new();
    for code in codes {
        taint |= code.value.taint;
        let number = code.value.known().and_then(strings::number);
        let number = number.and_then(|number| u32::try_from(number).ok());
        text.push(number.and_then(char::from_u32).unwrap_or(UNKNOWN));
    }
    if codes.iter().any(|code| code.value.known().is_none()) {
        // Codes that are computed are decoded from something.
        taint |= Taint::DECODED;
    }
    Js::of(Value { text, taint })
}

/// Methods of strings and arrays on values that are known.
fn folded(call: &Call, arguments: &[Js]) -> Option<Js> {
    let receiver = &call.receiver;
    let first = arguments
        .first()
        .and_then(|argument| argument.value.known());
    let taint = receiver.value.taint;
    match call.method() {
        "join" => {
            let elements = receiver.elements.as_ref()?;
            let mut joined = joined(elements, first.unwrap_or(","));
            joined.value.taint |= taint | Taint::PIECES;
            let pieces = elements.len() > 3
                && elements
                    .iter()
                    .all(|one| one.value.text.chars().count() <= 2);
            Some(if pieces {
                Js::of(joined.value.tainted(Taint::DECODED))
            } else {
                joined
            })
        }
        "split" => {
            let text = receiver.value.known()?;
            let separator = first?;
            let make = |part: &str| Js::of(Value::text(part).tainted(taint));
            let elements: Vec<Js> = if separator.is_empty() {
                text.chars()
                    .take(4096)
                    .map(|letter| make(&letter.to_string()))
                    .collect()
            } else {
                text.split(separator).take(4096).map(make).collect()
            };
            Some(Js {
                elements: Some(elements.into()),
                ..Js::unknown(taint)
            })
        }
        "filter" | "sort" | "flat" if receiver.elements.is_some() => Some(receiver.clone()),
        "reverse" => {
            let mut elements = receiver.elements.as_ref()?.as_ref().clone();
            elements.reverse();
            Some(Js {
                elements: Some(elements.into()),
                ..Js::unknown(taint | Taint::DECODED)
            })
        }
        "charCodeAt" | "codePointAt" | "charAt" | "at" | "slice" | "substring" | "substr" => {
            part(call.method(), receiver.value.known()?, arguments)
                .map(|text| Js::of(Value::text(text).tainted(taint | Taint::PIECES)))
        }
        "concat" if receiver.elements.is_none() && receiver.value.known().is_some() => {
            let mut all = vec![receiver.clone()];
            all.extend_from_slice(arguments);
            Some(joined(&all, ""))
        }
        "replace" | "replaceAll" => {
            let (text, from) = (receiver.value.known()?, first?);
            let to = arguments.get(1)?.value.known()?;
            Some(Js::of(Value {
                text: text.replace(from, to),
                taint: taint | Taint::PIECES,
            }))
        }
        "toString"
            if arguments.len() == 1
                && let Some(number) = receiver.value.known().and_then(strings::number)
                && let Some(radix) = first.and_then(|radix| radix.parse().ok())
                && (2..=36).contains(&radix) =>
        {
            let digits = strings::in_radix(number, radix);
            Some(Js::of(Value::text(digits).tainted(taint | Taint::PIECES)))
        }
        "trim" | "toString" | "toLowerCase" | "normalize" | "valueOf"
            if receiver.value.known().is_some() && arguments.len() < 2 =>
        {
            let encodes = first.is_some_and(|encoding| matches!(encoding, "base64" | "hex"));
            (!encodes).then(|| Js::of(receiver.value.clone()))
        }
        _ => None,
    }
}

/// A letter, its number, or a stretch of a text.
fn part(method: &str, text: &str, arguments: &[Js]) -> Option<String> {
    let number = |index: usize| match arguments.get(index) {
        Some(argument) => argument.value.known()?.parse::<i64>().ok(),
        None => Some(0),
    };
    let count = i64::try_from(text.chars().count()).ok()?;
    let from_end = |at: i64| {
        if at < 0 {
            (count + at).max(0)
        } else {
            at.min(count)
        }
    };
    let start = from_end(number(0)?);
    let end = match (method, arguments.len()) {
        ("slice" | "substring", 2..) => from_end(number(1)?),
        ("substr", 2..) => (start + number(1)?).min(count),
        ("slice" | "substring" | "substr", _) => count,
        _ => start + 1,
    };
    let letters = text
        .chars()
        .skip(usize::try_from(start).ok()?)
        .take(usize::try_from(end - start).ok()?);
    if method.ends_with("At") && method.starts_with("c") && method != "charAt" {
        return letters.map(|letter| u32::from(letter).to_string()).next();
    }
    Some(letters.collect())
}

/// What a source of data puts into its result.
fn own_taint(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Taint {
    let name = call.name();
    let first = arguments.first();
    if is_network(name) || is_server(name) {
        return Taint::NETWORK;
    }
    match name {
        "fs.readFileSync"
        | "fs.readFile"
        | "fs.createReadStream"
        | "fs.readJson"
        | "fs.readJsonSync"
        | "fs.read"
        | "fs.open"
        | "Deno.readTextFile"
        | "Deno.readTextFileSync"
        | "Bun.file" => {
            let path = first
                .map(|path| path.value.text.clone())
                .unwrap_or_default();
            if path.trim_matches(UNKNOWN).is_empty() {
                return Taint::FILE;
            }
            follower.fact(call.span.clone(), What::Read(path.clone()));
            value::of_path(&path)
        }
        "fs.readdirSync" | "fs.readdir" => {
            let path = first
                .map(|path| path.value.text.as_str())
                .unwrap_or_default();
            if places::is_credential(path) {
                Taint::SECRET | Taint::LISTED
            } else {
                value::of_path(path).common(Taint::PERSONAL) | Taint::LISTED
            }
        }
        "Deno.env.toObject" => Taint::ENVIRONMENT,
        "chrome.tabs.captureVisibleTab" | "chrome.history.search" | "chrome.bookmarks.getTree" => {
            Taint::PERSONAL
        }
        "os.hostname"
        | "os.userInfo"
        | "os.networkInterfaces"
        | "os.release"
        | "os.arch"
        | "os.version"
        | "os.cpus" => Taint::MACHINE,
        "navigator.clipboard.readText"
        | "clipboardy.readSync"
        | "clipboardy.read"
        | "keytar.getPassword"
        | "keytar.findCredentials"
        | "chrome.cookies.getAll" => Taint::SECRET,
        "document.getSelection" | "window.getSelection" | "globalThis.getSelection" => {
            Taint::PERSONAL
        }
        _ if call.method() == "getData" && name.contains("clipboardData") => Taint::PERSONAL,
        _ if matches!(call.method(), "addEventListener" | "on" | "addListener")
            && first.is_some_and(|event| {
                matches!(event.value.text.as_str(), "keydown" | "keypress" | "keyup")
            }) =>
        {
            // The handler is told every key.
            Taint::PERSONAL
        }
        "document.querySelector" | "document.getElementById" | "document.querySelectorAll"
            if first.is_some_and(|one| is_private_field(&one.value.text)) =>
        {
            Taint::PERSONAL
        }
        _ if name.starts_with("dns.") => Taint::NETWORK,
        _ if matches!(call.method(), "tool" | "registerTool" | "addTool") => Taint::ARGUMENT,
        "prompt" | "readline.question" => Taint::ARGUMENT,
        _ if name.starts_with("child_process.exec")
            || name.starts_with("child_process.spawnSync") =>
        {
            command_taint(arguments)
        }
        _ => Taint::default(),
    }
}

/// Fields of a page into which a person types what nobody else may know.
fn is_private_field(selector: &str) -> bool {
    let lower = selector.to_ascii_lowercase();
    [
        "password",
        "passwd",
        "seed",
        "mnemonic",
        "cvv",
        "cvc",
        "card-number",
        "cardnumber",
        "ssn",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// An object as text, nested as deep as is followed.
fn written_out(object: &Js, text: &mut Value, depth: usize) {
    text.push(&Value::text(if object.fields.is_some() {
        "{"
    } else {
        "["
    }));
    let mut fields: Vec<(&String, &Js)> = object.fields.iter().flat_map(|all| all.iter()).collect();
    fields.sort_by_key(|(name, _)| *name);
    let elements = object.elements.iter().flat_map(|all| all.iter());
    let named = fields
        .into_iter()
        .map(|(name, value)| (name.as_str(), value));
    for (name, value) in named.chain(elements.map(|value| ("", value))) {
        text.push(&Value::text(format!("{name}:")));
        match (
            depth.checked_sub(1),
            value.fields.is_some() || value.elements.is_some(),
        ) {
            (Some(depth), true) => written_out(value, text, depth),
            _ => text.push(&value.value),
        }
        text.push(&Value::text(","));
    }
    text.push(&Value::text("}"));
}

/// What the output of a command line holds, as a shell would write it.
fn command_taint(arguments: &[Js]) -> Taint {
    let Some(first) = arguments.first() else {
        return Taint::default();
    };
    let listed = arguments.get(1).and_then(|list| list.elements.clone());
    let mut line = first.value.clone();
    for word in listed.as_deref().into_iter().flatten() {
        line.push(&Value::text(" "));
        line.push(&word.value);
    }
    if line.text.len() > MAX_LINE {
        return Taint::default();
    }
    shell::output_of(&line.text)
}
