//! What calls do: each is judged by its resolved name and its arguments.

mod addresses;
mod carried;
mod code;
mod files;
mod handed;
mod indirect;
mod process;
mod queries;
mod replaced;
mod result;
mod spoken;
mod transfer;
mod wallets;

use std::ops::Range;

use super::super::resolved::What;
use super::super::value::Value;
use super::follow::Follower;
use super::names::{is_network, is_sending};
use super::value::Js;
use addresses::{hidden_address, looked_up};
use files::{filed, streamed};
use process::{command_line, markup, spawned, started_file};
use spoken::heard;
use transfer::{piped, printed, sent};

pub(super) use addresses::addressed;
pub(super) use handed::{guards_paths, handed, incoming, outgoing};
pub(super) use process::scripted;
pub(super) use replaced::replaced;
pub(super) use result::{cookies_asked, result};
pub(super) use spoken::{described, spoken};
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

    /// A call of another function at the same place.
    fn of(&self, callee: Js) -> Self {
        Self {
            callee,
            receiver: Js::default(),
            constructs: false,
            span: self.span.clone(),
        }
    }
}

/// What a call does.
pub(super) fn judge(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    indirect::handed_on(follower, call, arguments);
    if indirect::redirected(follower, call, arguments) {
        return;
    }
    let name = if call.constructs {
        format!("new {}", call.name())
    } else {
        call.name().to_owned()
    };
    let values = arguments.iter().map(|argument| argument.value.clone());
    let arguments_known: Vec<Value> = values.collect();
    follower.fact(
        call.span.clone(),
        What::Call {
            name,
            arguments: arguments_known,
        },
    );
    if let Some((inner, given)) = indirect::reflected(call, arguments) {
        judge(follower, &inner, &given);
    } else if !code::judge(follower, call, arguments) {
        started(follower, call, arguments);
    }
    exchanged(follower, call, arguments);
}

/// Programs that are started, files that are touched, pages that are written.
fn started(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let (name, span) = (call.name(), &call.span);
    let first = arguments.first().cloned().unwrap_or_default();
    match name {
        _ if (name.starts_with("dns.") || name.starts_with("new dns.Resolver()."))
            && (call.method().starts_with("resolve") || call.method() == "lookup") =>
        {
            looked_up(follower, span, &first.value);
        }
        "document.write" | "document.writeln" => {
            markup(follower, span, &first.value);
        }
        _ if call.method() == "insertAdjacentHTML" => {
            let text = arguments.get(1).cloned().unwrap_or_default();
            markup(follower, span, &text.value);
        }
        "electron.shell.openPath" | "electron.shell.openExternal" | "open" | "opn" => {
            started_file(follower, span, &first.value);
        }
        "pipeline" | "stream.pipeline" | "stream/promises.pipeline" => {
            if let Some(target) = arguments.last() {
                streamed(follower, target, Js::marks(arguments));
            }
        }
        _ if is_command_template(name) => command_line(follower, span, &first.value),
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
}

/// What goes to others or comes from them, and what is put together piece by piece.
fn exchanged(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let name = call.name();
    let first = arguments.first().map(|first| first.value.clone());
    let first = first.unwrap_or_default();
    if is_network(name) || is_sending(name) {
        sent(follower, call, arguments);
    }
    if is_network(name) || matches!(name, "axios.create" | "got.extend" | "ky.create") {
        hidden_address(follower, call, arguments);
    }
    heard(follower, call, arguments);
    queries::judge(follower, call, &first);
    if matches!(name, "Object.defineProperty" | "Reflect.defineProperty") {
        replaced::defined(follower, call, arguments);
    }
    if call.method() == "splice" {
        // Lines that are put into a program are code.
        code::inserted(follower, call, arguments.get(2..).unwrap_or_default());
    }
    if matches!(call.method(), "pipe" | "pipeTo") {
        piped(follower, call, arguments);
    }
    if matches!(
        name,
        "console.log" | "console.info" | "console.warn" | "process.stdout.write"
    ) || call.method() == "text" && name.starts_with("?.")
    {
        printed(follower, &call.span, &first);
    }
    if matches!(call.method(), "write" | "end") {
        streamed(follower, &call.receiver, first.taint);
    }
}

/// Tags of templates that a shell runs.
fn is_command_template(name: &str) -> bool {
    matches!(
        name,
        "bun.$" | "Bun.$" | "zx.$" | "execa.$" | "execa.execaCommand" | "execa.execaCommandSync"
    )
}
