//! What names mean: modules, members, and what their calls yield and do.

use std::ops::Range;

use super::super::places;
use super::super::resolved::What;
use super::super::value::{self, Taint, UNKNOWN, Value};
use super::follow::{Follower, Js};
use super::strings;
use crate::Kind;

/// A call whose callee and receiver are known.
pub(super) struct Call {
    pub(super) callee: Js,
    pub(super) receiver: Js,
    pub(super) constructs: bool,
    pub(super) span: Range<usize>,
}

impl Call {
    fn name(&self) -> &str {
        self.callee.name.as_deref().unwrap_or("")
    }

    /// The name after the last dot.
    fn method(&self) -> &str {
        self.name().rsplit('.').next().unwrap_or("")
    }
}

/// The name of a module, however it is asked for.
pub(super) fn module(path: &str) -> String {
    match path.strip_prefix("node:").unwrap_or(path) {
        "fs/promises" | "fs-extra" | "graceful-fs" => "fs".to_owned(),
        "dns/promises" => "dns".to_owned(),
        "timers/promises" => "timers".to_owned(),
        "node-fetch" | "undici" | "cross-fetch" | "isomorphic-fetch" => "fetch".to_owned(),
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
    let resolved = match (owner, name) {
        ("globalThis", _) => return global(name),
        ("process", "env") => {
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
        ("fs", "promises") => Some("fs".to_owned()),
        (_, "default") => Some(owner.to_owned()),
        ("constructor", "constructor") => Some("Function".to_owned()),
        (_, "constructor")
            if matches!(owner, "Function" | "eval" | "Object" | "Array" | "fetch")
                || owner.ends_with(".constructor") =>
        {
            Some("Function".to_owned())
        }
        _ => Follower::dotted(owner, name),
    };
    Js {
        name: resolved,
        ..Js::unknown(taint)
    }
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

/// What a call yields.
pub(super) fn result(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Js {
    let first = arguments.first().cloned().unwrap_or_default();
    let name = if call.constructs {
        format!("new {}", call.name())
    } else {
        call.name().to_owned()
    };
    match name.as_str() {
        "require" | "import" => {
            if let Some(path) = first.value.known().filter(|path| !path.is_empty()) {
                return Js::named(module(path));
            }
        }
        "module.createRequire" | "createRequire" => return Js::named("require"),
        "util.promisify" | "promisify" | "util.callbackify" => return first,
        "Reflect.get" => {
            if let (Some(object), Some(key)) = (
                arguments.first(),
                arguments.get(1).and_then(|key| key.value.known()),
            ) {
                return member(object, key);
            }
        }
        "process.cwd" => return Js::of(Value::text(".")),
        "os.homedir" => return Js::of(Value::text("~")),
        "os.tmpdir" => return Js::of(Value::text("/tmp")),
        "path.join" | "path.resolve" | "path.normalize" => return joined(arguments, "/"),
        "String.fromCharCode" | "String.fromCodePoint" => return from_codes(arguments),
        "btoa" => return Js::of(Value::unknown(first.value.taint | Taint::ENCODED)),
        "String" | "toString" => return first,
        "Object.assign" => {}
        _ => {}
    }
    let encoding = arguments
        .get(1)
        .and_then(|argument| argument.value.known())
        .map(str::to_owned);
    if let Some(decoded) = strings::decoded(&name, &first.value, encoding.as_deref()) {
        return Js::of(decoded);
    }
    if let Some(folded) = folded(call, arguments) {
        return folded;
    }
    let mut taint = call.receiver.value.taint | own_taint(follower, call, arguments);
    for argument in arguments {
        taint |= argument.value.taint;
    }
    let encodes = call.method() == "toString"
        && first
            .value
            .known()
            .is_some_and(|encoding| matches!(encoding, "base64" | "hex"));
    if encodes {
        taint |= Taint::ENCODED;
    }
    let name = (name.len() < 120 && !call.name().is_empty()).then(|| format!("{name}()"));
    Js {
        name,
        ..Js::unknown(taint)
    }
}

fn joined(parts: &[Js], separator: &str) -> Js {
    let mut value = Value::default();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            value.push(&Value::text(separator));
        }
        value.push(&part.value);
    }
    Js::of(value)
}

fn from_codes(arguments: &[Js]) -> Js {
    let elements = arguments.first().and_then(|first| first.elements.clone());
    let codes: &[Js] = elements.as_deref().map_or(arguments, Vec::as_slice);
    let mut taint = if codes.len() > 3 {
        Taint::DECODED
    } else {
        Taint::default()
    };
    let mut text = String::new();
    for code in codes {
        taint |= code.value.taint;
        let number = code
            .value
            .known()
            .and_then(|text| match text.strip_prefix("0x") {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => text.parse().ok(),
            });
        text.push(number.and_then(char::from_u32).unwrap_or(UNKNOWN));
    }
    if codes.iter().any(|code| code.value.known().is_none()) {
        // Codes that are computed are decoded from something.
        taint |= Taint::DECODED;
    }
    Js::of(Value { text, taint })
}

/// Methods of strings and arrays on values that are known.
fn folded(call: &Call, arguments: &[Js]) -> Option<Js> {
    let receiver = &call.receiver;
    let first = arguments
        .first()
        .and_then(|argument| argument.value.known());
    let taint = receiver.value.taint;
    match call.method() {
        "join" => {
            let elements = receiver.elements.as_ref()?;
            let joined = joined(elements, first.unwrap_or(","));
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
        "split" => {
            let text = receiver.value.known()?;
            let separator = first?;
            let make = |part: &str| Js::of(Value::text(part).tainted(taint));
            let elements: Vec<Js> = if separator.is_empty() {
                text.chars()
                    .take(4096)
                    .map(|letter| make(&letter.to_string()))
                    .collect()
            } else {
                text.split(separator).take(4096).map(make).collect()
            };
            Some(Js {
                elements: Some(elements.into()),
                ..Js::unknown(taint)
            })
        }
        "reverse" => {
            let mut elements = receiver.elements.as_ref()?.as_ref().clone();
            elements.reverse();
            Some(Js {
                elements: Some(elements.into()),
                ..Js::unknown(taint | Taint::DECODED)
            })
        }
        "concat" if receiver.elements.is_none() && receiver.value.known().is_some() => {
            let mut all = vec![receiver.clone()];
            all.extend_from_slice(arguments);
            Some(joined(&all, ""))
        }
        "replace" | "replaceAll" => {
            let (text, from) = (receiver.value.known()?, first?);
            let to = arguments.get(1)?.value.known()?;
            Some(Js::of(Value {
                text: text.replace(from, to),
                taint,
            }))
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

/// What a source of data puts into its result.
fn own_taint(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Taint {
    let name = call.name();
    let first = arguments.first();
    if is_network(name) {
        return Taint::NETWORK;
    }
    match name {
        "fs.readFileSync"
        | "fs.readFile"
        | "fs.createReadStream"
        | "fs.readJson"
        | "fs.readJsonSync"
        | "fs.read"
        | "fs.open"
        | "Deno.readTextFile"
        | "Deno.readTextFileSync"
        | "Bun.file" => {
            let path = first
                .map(|path| path.value.text.clone())
                .unwrap_or_default();
            if path.trim_matches(UNKNOWN).is_empty() {
                return Taint::FILE;
            }
            follower.fact(call.span.clone(), What::Read(path.clone()));
            value::of_path(&path)
        }
        "fs.readdirSync" | "fs.readdir" => {
            let path = first
                .map(|path| path.value.text.as_str())
                .unwrap_or_default();
            if places::is_credential(path) {
                Taint::SECRET
            } else {
                Taint::default()
            }
        }
        "os.hostname"
        | "os.userInfo"
        | "os.networkInterfaces"
        | "os.release"
        | "os.arch"
        | "os.version"
        | "os.cpus" => Taint::MACHINE,
        "navigator.clipboard.readText"
        | "clipboardy.readSync"
        | "clipboardy.read"
        | "keytar.getPassword"
        | "keytar.findCredentials"
        | "chrome.cookies.getAll" => Taint::SECRET,
        "prompt" | "readline.question" => Taint::ARGUMENT,
        _ if name.starts_with("child_process.exec") => command_taint(first),
        _ => Taint::default(),
    }
}

/// What the output of a command line holds, as far as its words say.
fn command_taint(line: Option<&Js>) -> Taint {
    let text = line
        .map(|line| line.value.text.as_str())
        .unwrap_or_default();
    let word = text.split_whitespace().next().unwrap_or("");
    match word {
        "env" | "printenv" | "set" => Taint::ENVIRONMENT,
        "whoami" | "hostname" | "uname" | "id" | "ifconfig" | "ipconfig" | "systeminfo" => {
            Taint::MACHINE
        }
        "curl" | "wget" => Taint::NETWORK,
        _ if text.split_whitespace().any(places::is_credential) => Taint::SECRET,
        _ => Taint::default(),
    }
}

fn is_network(name: &str) -> bool {
    let name = name.strip_prefix("new ").unwrap_or(name);
    let module = name.split(['.', '(']).next().unwrap_or(name);
    match module {
        "fetch" => matches!(
            name,
            "fetch" | "fetch.fetch" | "fetch.request" | "fetch.stream"
        ),
        "axios" | "got" | "superagent" | "needle" | "ky" | "bent" | "phin" | "centra" => {
            !name.contains("()") && !name.ends_with(".create")
        }
        "request" => {
            name == "request"
                || name == "request.get"
                || name == "request.post"
                || name == "request.put"
        }
        "http" | "https" | "http2" => matches!(
            name.split_once('.').map(|(_, rest)| rest),
            Some("get" | "request" | "connect")
        ),
        "net" | "tls" => matches!(
            name,
            "net.connect" | "net.createConnection" | "tls.connect" | "net.Socket"
        ),
        "WebSocket" | "EventSource" | "XMLHttpRequest" => !name.contains('.'),
        "ws" => name == "ws" || name == "ws.WebSocket",
        "navigator" => name == "navigator.sendBeacon",
        "dgram" => name == "dgram.createSocket",
        "nodemailer" => name == "nodemailer.createTransport",
        "jQuery" | "$" => matches!(
            name,
            "$.get" | "$.post" | "$.ajax" | "$.getScript" | "jQuery.ajax" | "jQuery.getScript"
        ),
        "importScripts" => name == "importScripts",
        _ => false,
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
    let bound = matches!(call.method(), "call" | "apply") && name != "Reflect.apply";
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
    match name.as_str() {
        "eval"
        | "Function"
        | "vm.runInThisContext"
        | "vm.runInNewContext"
        | "vm.runInContext"
        | "vm.Script"
        | "vm.compileFunction"
        | "vm.SourceTextModule"
        | "?._compile"
        | "module._compile"
        | "AsyncFunction"
        | "GeneratorFunction" => {
            let code = if name.ends_with("Function") && name != "vm.compileFunction" {
                arguments.last().cloned().unwrap_or_default()
            } else {
                first
            };
            executed(follower, &span, &code.value, Kind::JavaScript);
        }
        "Reflect.apply" => {
            let listed = arguments.get(2).and_then(|list| list.elements.clone());
            let inner = Call {
                callee: first,
                receiver: Js::default(),
                constructs: false,
                span: call.span.clone(),
            };
            if inner.name() != "Reflect.apply" {
                judge(
                    follower,
                    &inner,
                    listed.as_deref().map_or(&[], Vec::as_slice),
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
        "require" | "import" => required(follower, &span, &first.value),
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
        "dns.lookup" | "dns.resolve" | "dns.resolve4" | "dns.resolve6" | "dns.resolveTxt"
        | "dns.resolveAny" => looked_up(follower, &span, &first.value),
        _ if name.starts_with("child_process.")
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
    if call.method() == "pipe" || call.method() == "on" {
        piped(follower, call, arguments);
    }
}

/// `f.call(this, …)` and `f.apply(this, […])` are calls of `f`.
fn judge_bound(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let rest = arguments.get(1..).unwrap_or_default();
    let spread = rest
        .first()
        .and_then(|list| list.elements.clone())
        .filter(|_| call.method() == "apply");
    let inner = Call {
        callee: call.receiver.clone(),
        receiver: Js::default(),
        constructs: false,
        span: call.span.clone(),
    };
    if !matches!(inner.method(), "call" | "apply") {
        judge(
            follower,
            &inner,
            spread.as_deref().map_or(rest, Vec::as_slice),
        );
    }
}

/// Methods of connections that were opened before.
fn is_sending(name: &str) -> bool {
    let (owner, method) = name.rsplit_once('.').unwrap_or(("", name));
    let connected = owner.ends_with("()") && is_network(owner.trim_end_matches("()"));
    connected
        && matches!(
            method,
            "write" | "end" | "send" | "emit" | "post" | "sendMail"
        )
}

fn executed(follower: &mut Follower<'_>, span: &Range<usize>, code: &Value, kind: Kind) {
    let detail = format!("runs {}", code.taint.describe());
    if code.taint.has(Taint::DECODED) {
        follower.check(span.clone(), "javascript-decoded-code", detail);
    } else if code.taint.has(Taint::NETWORK) {
        follower.check(span.clone(), "javascript-downloaded-code", detail);
    } else if code.known().is_none() && !code.text.is_empty() {
        follower.check(
            span.clone(),
            "javascript-computed-code",
            code.taint.describe(),
        );
    } else if kind == Kind::JavaScript {
        follower.check(span.clone(), "javascript-constant-code", "");
    }
    if code.known().is_some_and(|text| text.len() > 3) {
        follower.fact(
            span.clone(),
            What::Code {
                kind,
                how: "evaluated text",
                text: code.text.clone(),
            },
        );
    }
}

fn required(follower: &mut Follower<'_>, span: &Range<usize>, path: &Value) {
    if path.text.starts_with("http://")
        || path.text.starts_with("https://")
        || path.text.starts_with("data:")
        || path.taint.has(Taint::NETWORK)
    {
        follower.check(
            span.clone(),
            "javascript-downloaded-code",
            path.text.clone(),
        );
    } else if path.taint.has(Taint::DECODED) {
        follower.check(span.clone(), "javascript-decoded-code", path.text.clone());
    } else if path.text.ends_with(".node") {
        follower.check(span.clone(), "javascript-native", path.text.clone());
    } else if path.known().is_none() {
        follower.check(span.clone(), "javascript-computed-import", "");
    }
}

fn looked_up(follower: &mut Follower<'_>, span: &Range<usize>, name: &Value) {
    if name.taint.has(
        Taint::SECRET
            | Taint::ENVIRONMENT
            | Taint::FILE
            | Taint::MACHINE
            | Taint::TOKEN
            | Taint::ENCODED,
    ) {
        follower.check(
            span.clone(),
            "javascript-dns-data",
            format!("{} → {}", name.taint.describe(), name.text),
        );
    }
}

/// Starts a program, or a shell with a command line that the shell's own rules judge.
fn spawned(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let first = arguments.first().cloned().unwrap_or_default();
    let span = call.span.clone();
    let listed = arguments.get(1).and_then(|list| list.elements.clone());
    let options = arguments
        .iter()
        .rev()
        .find_map(|argument| argument.fields.clone());
    let shell = options
        .as_ref()
        .and_then(|options| options.get("shell"))
        .is_some_and(|shell| shell.value.text != "false");
    let line = match (call.method(), &listed) {
        ("exec" | "execSync", _) => Some(first.value.clone()),
        (_, Some(list))
            if matches!(
                first.value.program(),
                "sh" | "bash" | "zsh" | "cmd" | "cmd.exe" | "powershell" | "powershell.exe"
            ) =>
        {
            list.last().map(|last| last.value.clone())
        }
        (_, Some(list)) if shell => {
            let mut all = vec![first.clone()];
            all.extend(list.iter().cloned());
            Some(joined(&all, " ").value)
        }
        (_, None) if shell || first.value.text.contains(' ') => Some(first.value.clone()),
        _ => None,
    };
    if let Some(options) = options.as_ref().and_then(|options| options.get("stdio"))
        && options.value.taint.has(Taint::NETWORK)
    {
        follower.check(
            span.clone(),
            "javascript-reverse-shell",
            first.value.text.clone(),
        );
    }
    match line {
        Some(line) => command_line(follower, &span, &line),
        None => {
            let rest = listed
                .map(|list| list.iter().map(|one| one.value.clone()).collect())
                .unwrap_or_default();
            follower.fact(
                span.clone(),
                What::Command {
                    name: first.value.program().to_owned(),
                    arguments: rest,
                },
            );
            if first.value.taint.has(Taint::NETWORK | Taint::DECODED) {
                follower.check(
                    span,
                    "javascript-downloaded-command",
                    first.value.taint.describe(),
                );
            }
        }
    }
}

fn command_line(follower: &mut Follower<'_>, span: &Range<usize>, line: &Value) {
    if line.taint.has(Taint::DECODED) {
        follower.check(
            span.clone(),
            "javascript-decoded-code",
            "a command line that was decoded",
        );
    } else if line.taint.has(Taint::NETWORK) {
        follower.check(
            span.clone(),
            "javascript-downloaded-command",
            line.taint.describe(),
        );
    } else if line.known().is_none() && line.taint.has(Taint::ARGUMENT) {
        follower.check(span.clone(), "javascript-command-injection", "");
    }
    if line.text.trim_matches(UNKNOWN).trim().is_empty() {
        follower.check(
            span.clone(),
            "javascript-computed-command",
            line.taint.describe(),
        );
        return;
    }
    follower.fact(
        span.clone(),
        What::Code {
            kind: Kind::Shell,
            how: "command line",
            text: line.text.replace(UNKNOWN, "_"),
        },
    );
}

fn filed(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let path = arguments
        .first()
        .map(|path| path.value.text.clone())
        .unwrap_or_default();
    let span = call.span.clone();
    match call.method() {
        "writeFile" | "writeFileSync" | "appendFile" | "appendFileSync" | "createWriteStream"
        | "outputFile" | "outputFileSync" | "writeTextFile" | "writeTextFileSync" | "write"
        | "symlink" | "symlinkSync" => {
            let content = arguments
                .get(1)
                .map(|content| content.value.clone())
                .unwrap_or_default();
            follower.fact(span, What::Write { path, content });
        }
        "copyFile" | "copyFileSync" | "cp" | "cpSync" | "rename" | "renameSync" | "copy"
        | "copySync" | "move" | "moveSync" => {
            if let Some(target) = arguments.get(1) {
                follower.fact(span.clone(), What::Read(path));
                follower.fact(
                    span,
                    What::Write {
                        path: target.value.text.clone(),
                        content: Value::unknown(Taint::FILE),
                    },
                );
            }
        }
        "unlink" | "unlinkSync" | "rm" | "rmSync" | "rmdir" | "rmdirSync" | "remove"
        | "removeSync" | "emptyDirSync" | "rimraf" | "sync" => {
            let home = matches!(
                path.as_str(),
                "/" | "~" | "~/" | "/*" | "~/*" | ".." | "../"
            ) || path.starts_with("/etc")
                || path.starts_with("/usr");
            if home {
                follower.check(span.clone(), "javascript-tree-deleted", path.clone());
            }
            follower.fact(span, What::Delete(path));
        }
        _ => {}
    }
}

/// Everything that an outgoing call takes with it.
fn sent(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let span = call.span.clone();
    let mut taint = Taint::default();
    let mut target = None;
    for argument in arguments {
        target = target.or_else(|| address(argument));
        taint |= carried(argument);
    }
    if let Some(host) = &target {
        follower.fact(span.clone(), What::Connect(host.clone()));
    }
    let target = target.unwrap_or_else(|| call.name().to_owned());
    let detail = format!("{} → {target}", taint.describe());
    let check = if taint.has(Taint::SECRET) {
        "javascript-credentials-sent"
    } else if taint.has(Taint::ENVIRONMENT) {
        "javascript-environment-sent"
    } else if taint.has(Taint::SYSTEM) {
        "javascript-system-file-sent"
    } else if taint.has(Taint::MACHINE) {
        "javascript-identity-sent"
    } else if taint.has(Taint::TOKEN) {
        "javascript-token-sent"
    } else {
        return;
    };
    follower.check(span, check, detail);
}

fn address(argument: &Js) -> Option<String> {
    let field = |name: &str| {
        argument
            .fields
            .as_ref()?
            .get(name)
            .map(|field| field.value.text.clone())
    };
    if let Some(host) = field("hostname")
        .or_else(|| field("host"))
        .or_else(|| field("url"))
        .or_else(|| field("baseURL"))
    {
        return places::host_of(&host);
    }
    let text = &argument.value.text;
    text.contains("://")
        .then(|| places::host_of(text))
        .flatten()
}

/// Headers carry the caller's own key by design; everything else is data.
fn carried(argument: &Js) -> Taint {
    let Some(fields) = &argument.fields else {
        return argument.value.taint;
    };
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort();
    names.into_iter().fold(Taint::default(), |taint, name| {
        let value = fields
            .get(name)
            .map(|field| field.value.taint)
            .unwrap_or_default();
        let own = matches!(
            name.as_str(),
            "headers" | "auth" | "agent" | "token" | "apiKey"
        );
        taint
            | if own {
                value.without(Taint::TOKEN | Taint::FILE | Taint::MACHINE | Taint::ENVIRONMENT)
            } else {
                value
            }
    })
}

/// A shell whose ends are tied to a socket.
fn piped(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let owner = call.name().to_owned();
    let other = arguments
        .first()
        .and_then(|argument| argument.name.clone())
        .unwrap_or_default();
    let socket = |name: &str| {
        name.starts_with("net.")
            || name.starts_with("tls.")
            || name.starts_with("new net.")
            || name.starts_with("new WebSocket")
    };
    let program = |name: &str| name.starts_with("child_process.");
    if call.method() == "pipe"
        && (socket(&owner) && program(&other) || program(&owner) && socket(&other))
    {
        follower.check(
            call.span.clone(),
            "javascript-reverse-shell",
            format!("{owner} and {other}"),
        );
    }
}

/// Assignments that put something else in the place of what every other module uses.
pub(super) fn replaced(follower: &mut Follower<'_>, name: &str, span: Range<usize>) {
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
        "XMLHttpRequest.prototype.send",
        "XMLHttpRequest.prototype.open",
    ];
    let module = name.starts_with("require.cache")
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
        || hooked.iter().any(|start| name.starts_with(start))
    {
        follower.check(span, "javascript-builtin-replaced", name);
    }
}
