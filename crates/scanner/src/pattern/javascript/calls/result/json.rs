//! Values that are read from a JSON text or written as one.

use super::super::super::value::Js;
use super::folding::written_out;
use crate::pattern::value::{Taint, Value};

/// How deep an object is written out.
const MAX_WRITTEN: usize = 4;

/// How much of an object is written out, in values.
const MAX_ITEMS: usize = 4096;

/// Bytes of a JSON text that is read.
const MAX_PARSED: usize = 64 << 10;

/// `JSON.parse(text)`.
pub(super) fn parsed(text: &Value) -> Option<Js> {
    let json = text.known().filter(|json| json.len() <= MAX_PARSED)?;
    Some(of_json(&serde_json::from_str(json).ok()?, text.taint))
}

/// `JSON.stringify(value)`.
pub(super) fn stringified(object: &Js) -> Js {
    let mut value = Value::default();
    let mut left = MAX_ITEMS;
    written_out(object, &mut value, MAX_WRITTEN, &mut left);
    value.taint |= object.value.taint;
    Js::of(value)
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
            Js::list_from(items, taint)
        }
        Json::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(key, field)| (key.clone(), of_json(field, taint)));
            Js::object(fields.collect(), taint)
        }
    }
}
