//! What names mean: modules, globals, members.

mod network;

use std::ops::Range;

use super::follow::Follower;
use super::value::Js;
use crate::pattern::value::{Taint, UNKNOWN, Value};

pub(super) use network::{is_network, is_sending, is_server};

/// Longest dotted name.
const MAX_NAME: usize = 200;

/// The name of a module, however it is asked for.
pub(super) fn module(path: &str) -> String {
    match path.strip_prefix("node:").unwrap_or(path) {
        "fs/promises" | "fs-extra" | "graceful-fs" => "fs".to_owned(),
        "dns/promises" => "dns".to_owned(),
        "timers/promises" => "timers".to_owned(),
        "node-fetch" | "undici" | "cross-fetch" | "isomorphic-fetch" | "unfetch"
        | "whatwg-fetch" | "make-fetch-happen" | "ofetch" | "ohmyfetch" | "node-fetch-native"
        | "fetch-retry" => "fetch".to_owned(),
        "redaxios" | "gaxios" | "axios-retry" | "wretch" | "urllib" | "simple-get" | "popsicle"
        | "httpie" | "hyperquest" | "nanofetch" | "teeny-request" => "axios".to_owned(),
        "cross-spawn" | "execa" => "child_process.spawn".to_owned(),
        "shelljs" => "shelljs".to_owned(),
        "posix" => "process".to_owned(),
        other => other.to_owned(),
    }
}

/// What a name means that nothing in the program declares.
pub(super) fn global(name: &str) -> Js {
    match name {
        "__dirname" | "__filename" => Js::of(Value::text(".")),
        "undefined" | "null" | "NaN" => Js::default(),
        "global" | "window" | "self" | "top" | "parent" | "frames" => Js::named("globalThis"),
        // Snippets call these without their import, and nothing else bears their names.
        "exec" | "execSync" | "execFile" | "spawn" | "spawnSync" => {
            Js::named(format!("child_process.{name}"))
        }
        _ => Js::named(name),
    }
}

/// Whether nothing but a declaration gives this name a meaning.
pub(super) fn is_free(name: &str) -> bool {
    let known = [
        "process",
        "document",
        "window",
        "globalThis",
        "module",
        "exports",
        "console",
    ];
    !is_network(name) && !is_dangerous(name) && !known.contains(&name)
}

/// Modules that run code or programs, or talk to others.
pub(super) fn is_powerful(module: &str) -> bool {
    matches!(
        module,
        "child_process"
            | "vm"
            | "module"
            | "worker_threads"
            | "net"
            | "tls"
            | "dns"
            | "dgram"
            | "http"
            | "https"
            | "fs"
    )
}

/// A name within bounds.
fn dotted(base: &str, name: &str) -> Option<String> {
    (base.len() + name.len() < MAX_NAME && !name.contains(UNKNOWN))
        .then(|| format!("{base}.{name}"))
}

/// Paths of names that lead from any value to code, given to something that walks them.
pub(super) fn reaching(follower: &mut Follower<'_>, arguments: &[Js], span: Range<usize>) {
    let ways = [
        "constructor.constructor",
        "mainModule.require",
        "constructor.prototype.constructor",
    ];
    let texts = arguments
        .iter()
        .filter_map(|argument| argument.value.known());
    let mut found =
        texts.filter(|text| text.len() < 200 && ways.iter().any(|way| text.contains(way)));
    if let Some(way) = found.next().map(str::to_owned) {
        follower.check(span, "javascript-computed-member", way);
    }
}

/// A member of a named value.
pub(super) fn member(base: &Js, name: &str) -> Js {
    let taint = base.value.taint;
    let Some(owner) = base.name.as_deref() else {
        if name == "constructor" {
            return Js::named(if base.function.is_some() {
                "Function"
            } else {
                "constructor"
            });
        }
        return Js {
            name: Some(format!("?.{name}")),
            ..Js::unknown(taint)
        };
    };
    if is_key_material(owner, name) {
        return Js {
            name: dotted(owner, name),
            ..Js::unknown(taint | Taint::SECRET)
        };
    }
    if matches!(name, "apiKey" | "accessToken")
        && owner.starts_with("new ")
        && owner.ends_with("()")
    {
        // What opens a client goes to its service, and to nobody else.
        return Js {
            name: dotted(owner, name),
            ..Js::unknown(taint | Taint::TOKEN | Taint::of_service(owner))
        };
    }
    let resolved = match (owner, name) {
        ("globalThis", _) => return global(name),
        ("process" | "Bun" | "import.meta", "env") => {
            return Js {
                name: Some("process.env".into()),
                ..Js::unknown(Taint::ENVIRONMENT)
            };
        }
        ("document", "cookie") | ("localStorage" | "sessionStorage", _) => {
            return Js {
                name: Some(format!("{owner}.{name}")),
                ..Js::unknown(Taint::SECRET)
            };
        }
        ("process", "argv") => {
            return Js {
                name: Some("process.argv".into()),
                ..Js::unknown(Taint::ARGUMENT)
            };
        }
        ("process.mainModule" | "module" | "require.main", "require")
        | ("module.constructor" | "module", "_load")
        | ("process", "getBuiltinModule") => Some("require".to_owned()),
        ("module", "constructor") => Some("module.constructor".to_owned()),
        ("Deno", "env") => Some("Deno.env".to_owned()),
        ("fs" | "dns" | "timers" | "readline", "promises") => Some(owner.to_owned()),
        (_, "default") => Some(owner.to_owned()),
        ("constructor", "constructor") => Some("Function".to_owned()),
        (_, "constructor")
            if matches!(owner, "Function" | "eval" | "Object" | "Array" | "fetch")
                || owner.ends_with(".constructor") =>
        {
            Some("Function".to_owned())
        }
        _ => dotted(owner, name),
    };
    Js {
        name: resolved,
        ..Js::unknown(taint)
    }
}

/// Words from which a wallet is made again.
pub(super) fn is_phrase(name: &str) -> bool {
    matches!(
        name,
        "mnemonic" | "seedPhrase" | "seed_phrase" | "recoveryPhrase" | "secretRecoveryPhrase"
    )
}

/// Members of a wallet that spend what is in it.
fn is_key_material(owner: &str, name: &str) -> bool {
    is_phrase(name)
        || matches!(name, "privateKey" | "secretKey")
            && ["Wallet", "Keypair", "ethers", "web3", "HDNode", "bip39"]
                .iter()
                .any(|word| owner.contains(word))
}

/// Names worth hiding behind a computed key.
pub(super) fn is_dangerous(name: &str) -> bool {
    matches!(
        name,
        "eval"
            | "Function"
            | "require"
            | "process.binding"
            | "process.dlopen"
            | "process.mainModule"
            | "globalThis.eval"
    ) || name.starts_with("child_process.")
        || name.starts_with("vm.")
}
