//! Methods of texts that are known.

use regex::{NoExpand, RegexBuilder};

use super::super::super::strings;
use super::super::super::value::Js;
use super::super::Call;
use super::folding::joined;
use crate::pattern::value::{self, MAX_TEXT, Taint, UNKNOWN, Value};

/// Letters and pieces that are made of one text.
const MAX_PIECES: usize = 4096;

/// Shortest line that is looked at by itself when it is put into an unknown text, in bytes.
const MIN_PUT: usize = 40;

/// What a method makes of a text, `None` when nothing of it is known.
pub(super) fn method(call: &Call, arguments: &[Js]) -> Option<Js> {
    let receiver = &call.receiver;
    let first = arguments
        .first()
        .and_then(|argument| argument.value.known());
    let taint = receiver.value.taint;
    match call.method() {
        "split" => {
            let text = receiver.value.known()?;
            let separator = first?;
            let make = |part: &str| Js::of(Value::text(part).tainted(taint));
            let elements: Vec<Js> = if separator.is_empty() {
                text.chars()
                    .take(MAX_PIECES)
                    .map(|letter| make(&letter.to_string()))
                    .collect()
            } else {
                text.split(separator).take(MAX_PIECES).map(make).collect()
            };
            Some(Js::list_from(elements, taint))
        }
        "padStart" | "padEnd" | "repeat" => {
            let text = filled(call, arguments)?;
            Some(Js::of(Value::text(text).tainted(taint | Taint::PIECES)))
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
        "replace" | "replaceAll" => replaced(call, arguments),
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

/// A text repeated, or made longer on one side.
fn filled(call: &Call, arguments: &[Js]) -> Option<String> {
    let text = call.receiver.value.known()?;
    let number: usize = arguments.first()?.value.known()?.parse().ok()?;
    if number > MAX_PIECES {
        return None;
    }
    if call.method() == "repeat" {
        return Some(text.repeat(number.min(MAX_PIECES / text.len().max(1))));
    }
    let with = arguments.get(1)?.value.known();
    let with = with.filter(|with| !with.is_empty())?;
    let missing = number.saturating_sub(text.chars().count());
    let filling: String = with.chars().cycle().take(missing).collect();
    Some(match call.method() {
        "padStart" => filling + text,
        _ => text.to_owned() + &filling,
    })
}

/// A text in which something else is put in the place of a part.
fn replaced(call: &Call, arguments: &[Js]) -> Option<Js> {
    let taint = call.receiver.value.taint;
    let to = &arguments.get(1)?.value;
    let Some(text) = call.receiver.value.known() else {
        // What is put into a text that is not known is known by itself.
        let to_known = to
            .known()
            .filter(|to| to.contains('\n') || to.len() > MIN_PUT)?;
        let text = format!("{UNKNOWN}\n{to_known}\n{UNKNOWN}");
        let taint = taint | to.taint;
        return Some(Js::of(Value { text, taint }));
    };
    let times = match call.method() {
        "replace" => 1,
        _ => usize::MAX,
    };
    let from = arguments.first()?.value.known()?;
    Some(match value::replaced(text, from, to.known()?, times) {
        Some(text) => Js::of(Value::text(text).tainted(taint | Taint::PIECES)),
        // Whatever it becomes was not written down.
        None => Js::unknown(taint | Taint::PIECES | Taint::DECODED),
    })
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
        let elements = regex.split(text).take(MAX_PIECES).map(make).collect();
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
