//! Methods of lists and tables whose entries are known.

use super::super::super::value::Js;
use super::super::Call;
use super::folding::joined;
use crate::pattern::value::{Taint, Value};

/// What a method makes of a list, `None` when nothing of it is known.
pub(super) fn method(call: &Call, arguments: &[Js]) -> Option<Js> {
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
        "filter" | "sort" | "flat" | "values" if receiver.elements.is_some() => {
            Some(receiver.clone())
        }
        "get" => {
            let fields = receiver.fields.as_ref()?;
            fields.get(first?).cloned()
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
        _ => None,
    }
}
