//! Built-ins that something else is put in the place of.

use std::ops::Range;

use super::super::follow::Follower;
use super::super::names::member;
use super::super::value::Js;
use super::Call;

/// Modules whose classes every other module uses.
const PATCHED: [&str; 7] = [
    "http.", "https.", "net.", "tls.", "fs.", "stream.", "events.",
];

/// Assignments that put something else in the place of what every other module uses.
pub(in crate::pattern::javascript) fn replaced(
    follower: &mut Follower<'_>,
    name: &str,
    span: Range<usize>,
) {
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

/// `Object.defineProperty(JSON, 'parse', { value: … })` is an assignment.
pub(super) fn defined(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let [owner, key, how, ..] = arguments else {
        return;
    };
    let Some(key) = key.value.known() else {
        return;
    };
    let fields = how.fields.as_ref();
    let sets = fields.is_some_and(|fields| {
        let set = fields.get("value").or_else(|| fields.get("get"));
        set.is_some_and(|one| one.function.is_some())
    });
    let name = member(owner, key).name;
    // Whoever defines a member of a prototype mostly adds one.
    if let Some(name) = name.filter(|name| sets && !name.contains(".prototype.")) {
        replaced(follower, &name, call.span.clone());
    }
}
