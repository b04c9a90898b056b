//! Built-ins that something else is put in the place of.

use std::ops::Range;

use super::super::follow::Follower;

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
