//! Constants: texts, lists and objects that calls make of what is known.

use regex::{NoExpand, RegexBuilder};

use super::super::super::strings;
use super::super::super::value::Js;
use super::super::Call;
use crate::pattern::value::{self, MAX_TEXT, Taint, UNKNOWN, Value};

pub(in crate::pattern::javascript::calls) fn joined(parts: &[Js], separator: &str) -> Js {
    let mut value = Value::default();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            value.push(&Value::text(separator));
        }
        value.push(&part.value);
    }
    Js::of(value)
}

pub(super) fn from_codes(arguments: &[Js]) -> Js {
    let elements = arguments.first().and_then(|first| first.elements.clone());
    let codes: &[Js] = elements
        .as_deref()
        .map_or(arguments, |list| list.as_slice());
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
pub(super) fn folded(call: &Call, arguments: &[Js]) -> Option<Js> {
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
            Some(Js::list_from(elements, taint))
        }
        "filter" | "sort" | "flat" | "values" if receiver.elements.is_some() => {
            Some(receiver.clone())
        }
        "get" => {
            let fields = receiver.fields.as_ref()?;
            fields.get(first?).cloned()
        }
        "padStart" | "padEnd" | "repeat" => {
            let text = receiver.value.known()?;
            let number: usize = first?.parse().ok().filter(|number| *number <= 4096)?;
            let filled = match (call.method(), arguments.get(1)) {
                ("repeat", _) => text.repeat(number.min(4096 / text.len().max(1))),
                (side, Some(with)) => {
                    let with = with.value.known().filter(|with| !with.is_empty())?;
                    let missing = number.saturating_sub(text.chars().count());
                    let filling: String = with.chars().cycle().take(missing).collect();
                    match side {
                        "padStart" => filling + text,
                        _ => text.to_owned() + &filling,
                    }
                }
                _ => return None,
            };
            Some(Js::of(Value::text(filled).tainted(taint | Taint::PIECES)))
        }
        "entries" => {
            let elements = receiver.elements.as_ref()?;
            let pair = |(at, element): (usize, &Js)| {
                Js::list(vec![Js::of(Value::text(at.to_string())), element.clone()])
            };
            let pairs: Vec<Js> = elements.iter().enumerate().map(pair).collect();
            Some(Js::list_from(pairs, taint))
        }
        "reverse" => {
            let mut elements = receiver.elements.as_ref()?.to_vec();
            elements.reverse();
            Some(Js::list_from(elements, taint | Taint::DECODED))
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
        "replace" | "replaceAll" if receiver.value.known().is_none() => {
            // What is put into a text that is not known is known by itself.
            let to = arguments
                .get(1)?
                .value
                .known()
                .filter(|to| to.contains('\n') || to.len() > 40)?;
            let text = format!("{UNKNOWN}\n{to}\n{UNKNOWN}");
            let taint = taint | arguments.get(1)?.value.taint;
            Some(Js::of(Value { text, taint }))
        }
        "replace" | "replaceAll" => {
            let (text, from) = (receiver.value.known()?, first?);
            let to = arguments.get(1)?.value.known()?;
            let times = match call.method() {
                "replace" => 1,
                _ => usize::MAX,
            };
            let replaced = value::replaced(text, from, to, times);
            Some(match replaced {
                Some(text) => Js::of(Value::text(text).tainted(taint | Taint::PIECES)),
                // Whatever it becomes was not written down.
                None => Js::unknown(taint | Taint::PIECES | Taint::DECODED),
            })
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

/// What `replace` and `split` make of a text that is known by a pattern between slashes.
pub(super) fn by_pattern(pattern: &str, call: &Call, arguments: &[Js]) -> Option<Js> {
    let (pattern, flags) = pattern.strip_prefix('/')?.rsplit_once('/')?;
    let text = call.receiver.value.known()?;
    let taint = call.receiver.value.taint | Taint::PIECES;
    let regex = RegexBuilder::new(pattern)
        .size_limit(1 << 16)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .build()
        .ok()?;
    if call.method() == "split" {
        let make = |part: &str| Js::of(Value::text(part).tainted(taint));
        let elements = regex.split(text).take(4096).map(make).collect();
        return Some(Js::list_from(elements, taint));
    }
    let to = arguments.get(1)?.value.known()?;
    let grown = regex.find_iter(text).count().saturating_mul(to.len());
    if to.contains('$') || grown > MAX_TEXT {
        return Some(Js::unknown(taint | Taint::DECODED));
    }
    let times = usize::from(!flags.contains('g'));
    let text = regex.replacen(text, times, NoExpand(to)).into_owned();
    Some(Js::of(Value { text, taint }))
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
            count.saturating_add(at).max(0)
        } else {
            at.min(count)
        }
    };
    let start = from_end(number(0)?);
    let end = match (method, arguments.len()) {
        ("slice" | "substring", 2..) => from_end(number(1)?),
        ("substr", 2..) => start.saturating_add(number(1)?).min(count),
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

/// An object as text, nested as deep as is followed.
pub(super) fn written_out(object: &Js, text: &mut Value, depth: usize, left: &mut usize) {
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
        if *left == 0 {
            return text.push(&Value::unknown(Taint::default()));
        }
        *left -= 1;
        text.push(&Value::text(format!("{name}:")));
        match (
            depth.checked_sub(1),
            value.fields.is_some() || value.elements.is_some(),
        ) {
            (Some(depth), true) => written_out(value, text, depth, left),
            _ => text.push(&value.value),
        }
        text.push(&Value::text(","));
    }
    text.push(&Value::text("}"));
}
