//! Texts that calls put together from pieces, codes and objects.

use super::super::super::strings;
use super::super::super::value::Js;
use crate::pattern::value::{Taint, UNKNOWN, Value};

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
