//! What calls do: each is judged by its resolved name and its arguments.

mod handed;
mod process;
mod queries;
mod result;
mod spoken;
mod transfer;
mod wallets;

use std::ops::Range;

use super::super::resolved::What;
use super::super::value::{Taint, Value};
use super::follow::Follower;
use super::names::{is_network, is_sending};
use super::strings;
use super::value::Js;
use crate::Kind;
use process::{command_line, executed, markup, required, spawned, started_file};
use spoken::heard;
use transfer::{filed, hidden_address, looked_up, piped, printed, sent, streamed};

pub(super) use handed::{guards_paths, handed, incoming, is_poisoned, outgoing};
pub(super) use process::scripted;
pub(super) use result::{cookies_asked, result};
pub(super) use spoken::spoken;
pub(super) use transfer::addressed;
pub(super) use wallets::{asks_ransom, swapped_address};

/// A call whose callee and receiver are known.
pub(super) struct Call {
    pub(super) callee: Js,
    pub(super) receiver: Js,
    pub(super) constructs: bool,
    pub(super) span: Range<usize>,
}

impl Call {
    pub(super) fn name(&self) -> &str {
        self.callee.name.as_deref().unwrap_or("")
    }

    /// The name after the last dot.
    pub(super) fn method(&self) -> &str {
        self.name().rsplit('.').next().unwrap_or("")
    }
}

/// What a call does.
pub(super) fn judge(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let name = call.name().to_owned();
    let span = call.span.clone();
    let values: Vec<Value> = arguments
        .iter()
        .map(|argument| argument.value.clone())
        .collect();
    let full = if call.constructs {
        format!("new {name}")
    } else {
        name.clone()
    };
    handed_on(follower, call, arguments);
    let binds = call.method() == "bind" && arguments.len() > 1;
    let bound = binds || matches!(call.method(), "call" | "apply") && name != "Reflect.apply";
    if bound && !call.constructs {
        return judge_bound(follower, call, arguments);
    }
    follower.fact(
        span.clone(),
        What::Call {
            name: full,
            arguments: values,
        },
    );
    let first = arguments.first().cloned().unwrap_or_default();
    let first_taint = first.value.taint;
    let first_value = first.value.clone();
    match name.as_str() {
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
            executed(follower, &span, &code.value, Kind::JavaScript);
        }
        "Worker" | "worker_threads.Worker" if first.value.text.starts_with("data:") => {
            let code = strings::data_url(&first.value.text).unwrap_or_default();
            let code = Value::text(code).tainted(first.value.taint | Taint::DECODED);
            executed(follower, &span, &code, Kind::JavaScript);
        }
        "Worker" | "worker_threads.Worker" if is_code(arguments) => {
            executed(follower, &span, &first.value, Kind::JavaScript);
        }
        "Reflect.apply" | "Reflect.construct" => {
            let at = if name == "Reflect.apply" { 2 } else { 1 };
            let listed = arguments.get(at).and_then(|list| list.elements.clone());
            let inner = Call {
                callee: first,
                receiver: Js::default(),
                constructs: false,
                span: call.span.clone(),
            };
            if !inner.name().starts_with("Reflect.") {
                judge(
                    follower,
                    &inner,
                    listed.as_deref().map_or(&[], |list| list.as_slice()),
                );
            }
        }
        "setTimeout" | "setInterval" | "setImmediate"
            if first.function.is_none()
                && !first.value.text.is_empty()
                && first.value.taint.has(Taint::NETWORK | Taint::DECODED) =>
        {
            executed(follower, &span, &first.value, Kind::JavaScript);
        }
        "setTimeout" | "setInterval"
            if first.function.is_none()
                && first_value.known().is_some_and(|text| text.contains('(')) =>
        {
            let (kind, how, text) = (Kind::JavaScript, "evaluated text", first.value.text);
            follower.fact(span, What::Code { kind, how, text });
        }
        "require" | "import" | "module.register" => required(follower, &span, &first.value),
        "Worker" | "worker_threads.Worker"
            if first.value.taint.has(Taint::NETWORK | Taint::DECODED) =>
        {
            executed(follower, &span, &first.value, Kind::JavaScript);
        }
        "WebAssembly.instantiate" | "WebAssembly.compile" | "WebAssembly.Module"
            if first.value.taint.has(Taint::NETWORK | Taint::DECODED) =>
        {
            executed(
                follower,
                &span,
                &Value::unknown(first.value.taint),
                Kind::Empty,
            );
        }
        "process.dlopen" | "process.binding" | "ffi.Library" | "ffi-napi.Library" => {
            let hides = ["spawn_sync", "process_wrap", "tcp_wrap", "fs", "natives"];
            if hides.contains(&first.value.text.as_str()) {
                // The built-in behind a public module is asked for only to do unseen what that module does.
                follower.check(span.clone(), "javascript-computed-member", name.clone());
            }
            follower.check(span, "javascript-native", first.value.text);
        }
        _ if (name.starts_with("dns.") || name.starts_with("new dns.Resolver()."))
            && (call.method().starts_with("resolve") || call.method() == "lookup") =>
        {
            looked_up(follower, &span, &first.value);
        }
        "document.write" | "document.writeln" => {
            markup(follower, &span, &first.value);
        }
        _ if call.method() == "insertAdjacentHTML" => {
            let text = arguments.get(1).cloned().unwrap_or_default();
            markup(follower, &span, &text.value);
        }
        "electron.shell.openPath" | "electron.shell.openExternal" | "open" | "opn" => {
            started_file(follower, &span, &first.value);
        }
        "pipeline" | "stream.pipeline" | "stream/promises.pipeline" => {
            if let Some(target) = arguments.last() {
                streamed(follower, target, Js::marks(arguments));
            }
        }
        _ if name.ends_with("._compile") => {
            executed(follower, &span, &first.value, Kind::JavaScript);
        }
        _ if is_command_template(&name) => command_line(follower, &span, &first.value),
        _ if matches!(call.method(), "execSync" | "execFileSync" | "spawnSync")
            || name.starts_with("child_process.")
            || name.starts_with("shelljs.exec")
            || name.starts_with("Bun.spawn")
            || name == "Deno.Command" =>
        {
            spawned(follower, call, arguments);
        }
        _ if name.starts_with("fs.")
            || name.starts_with("Deno.")
            || name == "Bun.write"
            || name.starts_with("rimraf") =>
        {
            filed(follower, call, arguments)
        }
        _ => {}
    }
    if is_network(&name) || is_sending(&name) {
        sent(follower, call, arguments);
    }
    if is_network(&name) || matches!(name.as_str(), "axios.create" | "got.extend" | "ky.create") {
        hidden_address(follower, call, arguments);
    }
    heard(follower, call, arguments);
    queries::judge(follower, call, &first_value);
    if call.method() == "splice" {
        // Lines that are put into a program are code.
        inserted(follower, call, arguments.get(2..).unwrap_or_default());
    }
    if matches!(call.method(), "pipe" | "pipeTo") {
        piped(follower, call, arguments);
    }
    if matches!(
        name.as_str(),
        "console.log" | "console.info" | "console.warn" | "process.stdout.write"
    ) || call.method() == "text" && name.starts_with("?.")
    {
        printed(follower, &call.span, &first_value);
    }
    if matches!(call.method(), "write" | "end") {
        streamed(follower, &call.receiver, first_taint);
    }
}

/// Lines of a program that are put between others, and start something.
fn inserted(follower: &mut Follower<'_>, call: &Call, lines: &[Js]) {
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

/// Elements of a list that are handed on one by one.
const MAX_HANDED: usize = 16;

/// Modules whose classes every other module uses.
const PATCHED: [&str; 7] = [
    "http.", "https.", "net.", "tls.", "fs.", "stream.", "events.",
];

/// `new Worker(code, { eval: true })`.
fn is_code(arguments: &[Js]) -> bool {
    let options = arguments.get(1).and_then(|options| options.fields.as_ref());
    options
        .and_then(|options| options.get("eval"))
        .is_some_and(|eval| eval.value.text != "false")
}

/// Tags of templates that a shell runs.
fn is_command_template(name: &str) -> bool {
    matches!(
        name,
        "bun.$" | "Bun.$" | "zx.$" | "execa.$" | "execa.execaCommand" | "execa.execaCommandSync"
    )
}

/// A function that runs code or programs, given to something that will call it: `texts.map(eval)`.
fn handed_on(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let runs = |argument: &Js| {
        argument.function.is_none()
            && argument.name.as_deref().is_some_and(|name| {
                matches!(name, "eval" | "Function") || name.starts_with("child_process.exec")
            })
    };
    let Some(at) = arguments.iter().position(runs) else {
        return;
    };
    let unknown = vec![Js::of(Value::unknown(call.receiver.value.taint))];
    let rounds: Vec<Vec<Js>> = match (call.method(), &call.receiver.elements) {
        (
            "map" | "forEach" | "filter" | "find" | "some" | "every" | "reduce" | "flatMap"
            | "sort" | "findIndex",
            Some(elements),
        ) => elements
            .iter()
            .take(MAX_HANDED)
            .map(|element| vec![element.clone()])
            .collect(),
        ("then", _) if call.receiver.value.known().is_some() => vec![vec![call.receiver.clone()]],
        (
            "then" | "map" | "forEach" | "filter" | "find" | "some" | "every" | "reduce"
            | "replace" | "replaceAll" | "on" | "once",
            _,
        ) => vec![unknown],
        ("setTimeout" | "setImmediate" | "queueMicrotask" | "nextTick", _) => {
            let skipped = if call.method() == "setTimeout" { 2 } else { 1 };
            vec![arguments.get(at + skipped..).unwrap_or_default().to_vec()]
        }
        _ => return,
    };
    let inner = Call {
        callee: arguments.get(at).cloned().unwrap_or_default(),
        receiver: Js::default(),
        constructs: false,
        span: call.span.clone(),
    };
    for given in rounds {
        judge(follower, &inner, &given);
    }
}

/// `f.call(this, …)` and `f.apply(this, […])` are calls of `f`.
fn judge_bound(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    // `Function.prototype.call.call(f, this, …)` calls `f` the long way round.
    let detour = call.name().starts_with("Function.prototype.");
    let rest = arguments.get(1 + usize::from(detour)..).unwrap_or_default();
    let spread = rest
        .first()
        .and_then(|list| list.elements.clone())
        .filter(|_| call.method() == "apply");
    let inner = Call {
        callee: match arguments.first() {
            Some(function) if detour => function.clone(),
            _ => call.receiver.clone(),
        },
        receiver: Js::default(),
        constructs: false,
        span: call.span.clone(),
    };
    if !matches!(inner.method(), "call" | "apply" | "bind") {
        judge(
            follower,
            &inner,
            spread.as_deref().map_or(rest, |list| list.as_slice()),
        );
    }
}

/// Assignments that put something else in the place of what every other module uses.
pub(super) fn replaced(follower: &mut Follower<'_>, name: &str, span: Range<usize>) {
    if name.contains('(') {
        // A member of what a call gave is the program's own.
        return;
    }
    let prototype = [
        "Object.prototype.",
        "Array.prototype.",
        "Function.prototype.",
        "String.prototype.",
        "Promise.prototype.",
    ];
    let builtin = [
        "JSON.parse",
        "JSON.stringify",
        "fetch",
        "globalThis.fetch",
        "process.binding",
        "ethereum.request",
        "ethereum.send",
        "ethereum.sendAsync",
        "solana.signTransaction",
        "solana.signAndSendTransaction",
        "navigator.clipboard.writeText",
        "navigator.credentials.get",
        "XMLHttpRequest.prototype.send",
        "XMLHttpRequest.prototype.open",
    ];
    let module = name.starts_with("require.cache")
        || name.starts_with("require.extensions")
        || name.starts_with("module._")
        || name.starts_with("module.prototype.")
        || name.ends_with("Module._load");
    let hooked = [
        "child_process.",
        "http.request",
        "https.request",
        "fs.readFile",
        "fs.writeFile",
        "crypto.",
    ];
    if prototype.iter().any(|start| name.starts_with(start))
        || builtin.contains(&name)
        || module
        || PATCHED.iter().any(|owner| {
            name.strip_prefix(owner)
                .is_some_and(|rest| rest.contains(".prototype."))
        })
        || hooked.iter().any(|start| name.starts_with(start))
    {
        follower.check(span, "javascript-builtin-replaced", name);
    }
}
