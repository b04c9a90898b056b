//! Calls that load modules, or make functions of texts.

use super::super::super::names::{global, module};
use super::super::super::value::Js;
use super::super::Call;
use crate::pattern::value::Taint;

/// How a function begins whose body is one name.
const GIVES: &str = "() => ";

/// What is loaded, `None` when the call loads nothing.
pub(super) fn loaded(call: &Call, name: &str, first: &Js) -> Option<Js> {
    let text = first.value.known();
    match name {
        "require" | "import" => {
            let path = text.filter(|path| !path.is_empty())?;
            Some(Js::named(module(path)))
        }
        "module.createRequire" | "createRequire" => Some(Js::named("require")),
        "Function" | "new Function" => {
            // Called, it gives back what bears that name.
            let body = text?.strip_prefix("return ")?;
            let body = body.trim_end_matches(';').trim();
            Some(Js::named(format!("{GIVES}{body}")))
        }
        // Whatever it is called, what gives the module for its name loads it.
        _ if matches!(text, Some("child_process" | "node:child_process")) && is_handed(call) => {
            Some(Js::named("child_process"))
        }
        _ => {
            let name = name.strip_prefix(GIVES)?;
            Some(global(if name == "this" { "globalThis" } else { name }))
        }
    }
}

/// Whether a function is called that nobody knows, because a caller handed it in.
fn is_handed(call: &Call) -> bool {
    call.callee.function.is_none()
        && call.receiver.name.is_none()
        && call.callee.value.taint.has(Taint::ARGUMENT)
}
