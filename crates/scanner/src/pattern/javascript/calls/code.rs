//! Calls that run code: evaluated texts, workers, timers, WebAssembly, native libraries.

use super::super::follow::Follower;
use super::super::strings;
use super::super::value::Js;
use super::Call;
use super::process::{executed, required};
use crate::Kind;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, Value};

/// Judges what the call runs, `false` when it runs none of its arguments.
pub(super) fn judge(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> bool {
    let (name, span) = (call.name(), &call.span);
    let first = arguments.first().cloned().unwrap_or_default();
    match name {
        "eval"
        | "Function"
        | "vm.runInThisContext"
        | "vm.runInNewContext"
        | "vm.runInContext"
        | "vm.Script"
        | "vm.compileFunction"
        | "vm.SourceTextModule"
        | "AsyncFunction"
        | "GeneratorFunction" => {
            let code = if name.ends_with("Function") && name != "vm.compileFunction" {
                arguments.last().cloned().unwrap_or_default()
            } else {
                first
            };
            executed(follower, span, &code.value, Kind::JavaScript);
        }
        "Worker" | "worker_threads.Worker" if first.value.text.starts_with("data:") => {
            let code = strings::data_url(&first.value.text).unwrap_or_default();
            let code = Value::text(code).tainted(first.value.taint | Taint::DECODED);
            executed(follower, span, &code, Kind::JavaScript);
        }
        "Worker" | "worker_threads.Worker" if is_code(arguments) => {
            executed(follower, span, &first.value, Kind::JavaScript);
        }
        "setTimeout" | "setInterval" | "setImmediate"
            if first.function.is_none()
                && !first.value.text.is_empty()
                && first.value.taint.has(Taint::NETWORK | Taint::DECODED) =>
        {
            executed(follower, span, &first.value, Kind::JavaScript);
        }
        "setTimeout" | "setInterval"
            if first.function.is_none()
                && first.value.known().is_some_and(|text| text.contains('(')) =>
        {
            let (kind, how, text) = (Kind::JavaScript, "evaluated text", first.value.text);
            follower.fact(span.clone(), What::Code { kind, how, text });
        }
        "require" | "import" | "module.register" => required(follower, span, &first.value),
        "Worker" | "worker_threads.Worker"
            if first.value.taint.has(Taint::NETWORK | Taint::DECODED) =>
        {
            executed(follower, span, &first.value, Kind::JavaScript);
        }
        "WebAssembly.instantiate" | "WebAssembly.compile" | "WebAssembly.Module"
            if first.value.taint.has(Taint::NETWORK | Taint::DECODED) =>
        {
            executed(
                follower,
                span,
                &Value::unknown(first.value.taint),
                Kind::Empty,
            );
        }
        "process.dlopen" | "process.binding" | "ffi.Library" | "ffi-napi.Library" => {
            let hides = ["spawn_sync", "process_wrap", "tcp_wrap", "fs", "natives"];
            if hides.contains(&first.value.text.as_str()) {
                // The built-in behind a public module is asked for only to do unseen what that module does.
                follower.check(span.clone(), "javascript-computed-member", name);
            }
            follower.check(span.clone(), "javascript-native", first.value.text);
        }
        _ if name.ends_with("._compile") => {
            executed(follower, span, &first.value, Kind::JavaScript);
        }
        _ => return false,
    }
    true
}

/// Lines of a program that are put between others, and start something.
pub(super) fn inserted(follower: &mut Follower<'_>, call: &Call, lines: &[Js]) {
    for line in lines.iter().filter_map(|line| line.value.known()) {
        if ["require(", "exec(", "eval(", "import("]
            .iter()
            .any(|word| line.contains(word))
        {
            let text = line.to_owned();
            let how = "inserted line";
            let kind = Kind::JavaScript;
            follower.fact(call.span.clone(), What::Code { kind, how, text });
        }
    }
}

/// `new Worker(code, { eval: true })`.
fn is_code(arguments: &[Js]) -> bool {
    let options = arguments.get(1).and_then(|options| options.fields.as_ref());
    options
        .and_then(|options| options.get("eval"))
        .is_some_and(|eval| eval.value.text != "false")
}
