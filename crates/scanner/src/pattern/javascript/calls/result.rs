//! What calls yield: constants folded, sources of data marked.

use super::super::follow::Follower;
use super::super::names::{is_network, member, module};
use super::super::strings;
use super::super::value::Js;
use super::Call;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{places, shell, value};

/// Longest command line whose output is asked for, in bytes.
const MAX_LINE: usize = 4096;

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
            if let (Some(object), Some(key)) = (
                arguments.first(),
                arguments.get(1).and_then(|key| key.value.known()),
            ) {
                return member(object, key);
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
        let number = code
            .value
            .known()
            .and_then(|text| match text.strip_prefix("0x") {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => text.parse().ok(),
            });
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
            let joined = joined(elements, first.unwrap_or(","));
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
        "reverse" => {
            let mut elements = receiver.elements.as_ref()?.as_ref().clone();
            elements.reverse();
            Some(Js {
                elements: Some(elements.into()),
                ..Js::unknown(taint | Taint::DECODED)
            })
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
                taint,
            }))
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

/// What a source of data puts into its result.
fn own_taint(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Taint {
    let name = call.name();
    let first = arguments.first();
    if is_network(name) {
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
                Taint::SECRET
            } else {
                Taint::default()
            }
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
        "prompt" | "readline.question" => Taint::ARGUMENT,
        _ if name.starts_with("child_process.exec")
            || name.starts_with("child_process.spawnSync") =>
        {
            command_taint(arguments)
        }
        _ => Taint::default(),
    }
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
