//! Sources: calls whose result comes from the network, a file, the environment or a person.

use super::super::super::follow::Follower;
use super::super::super::names::{is_network, is_server};
use super::super::super::value::Js;
use super::super::Call;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{places, shell, value};

/// Longest command line whose output is asked for, in bytes.
const MAX_LINE: usize = 4096;

/// What a source of data puts into its result.
pub(super) fn own_taint(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Taint {
    let name = call.name();
    let first = arguments.first();
    if is_server(name) || serves_path(call, arguments) {
        return Taint::NETWORK | Taint::REQUEST;
    }
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
                Taint::SECRET | Taint::LISTED
            } else {
                value::of_path(path).common(Taint::PERSONAL) | Taint::LISTED
            }
        }
        "Deno.env.toObject" => Taint::ENVIRONMENT,
        "chrome.tabs.captureVisibleTab" | "chrome.history.search" | "chrome.bookmarks.getTree" => {
            Taint::PERSONAL
        }
        "os.hostname" | "os.userInfo" | "os.networkInterfaces" | "os.cpus" => Taint::MACHINE,
        "navigator.clipboard.readText"
        | "clipboardy.readSync"
        | "clipboardy.read"
        | "keytar.getPassword"
        | "keytar.findCredentials"
        | "chrome.cookies.getAll" => Taint::SECRET,
        "document.getSelection" | "window.getSelection" | "globalThis.getSelection" => {
            Taint::PERSONAL
        }
        _ if call.method() == "getData" && name.contains("clipboardData") => Taint::PERSONAL,
        _ if matches!(call.method(), "addEventListener" | "on" | "addListener")
            && first.is_some_and(|event| {
                matches!(event.value.text.as_str(), "keydown" | "keypress" | "keyup")
            }) =>
        {
            // The handler is told every key.
            Taint::PERSONAL
        }
        _ if call.method() == "addEventListener"
            && matches!(
                call.receiver.name.as_deref(),
                Some("document" | "globalThis" | "document.body" | "document.documentElement")
            )
            && first.is_some_and(|event| {
                matches!(
                    event.value.text.as_str(),
                    "submit" | "input" | "change" | "paste" | "copy" | "cut"
                )
            }) =>
        {
            // Whatever is typed into any form of the page.
            Taint::PERSONAL
        }
        "document.querySelector" | "document.getElementById" | "document.querySelectorAll"
            if first.is_some_and(|one| is_private_field(&one.value.text)) =>
        {
            Taint::PERSONAL
        }
        _ if name.starts_with("dns.") => Taint::NETWORK,
        _ if matches!(
            call.method(),
            "tool"
                | "registerTool"
                | "addTool"
                | "setRequestHandler"
                | "registerPrompt"
                | "registerResource"
                | "addResource"
                | "addPrompt"
        ) =>
        {
            Taint::ARGUMENT
        }
        "glob" | "glob.glob" | "glob.globSync" | "glob.sync" | "fast-glob" | "fast-glob.sync"
        | "globby" | "globby.globby" | "globby.globbySync" | "tinyglobby.glob" | "fs.glob"
        | "fs.globSync" => {
            let pattern = first.map_or("", |one| one.value.text.as_str());
            value::of_path(pattern).common(Taint::PERSONAL) | Taint::LISTED
        }
        "prompt" | "readline.question" => Taint::ARGUMENT,
        _ if name.starts_with("child_process.") && !name.contains('(')
            || name.starts_with("Bun.spawn") =>
        {
            command_taint(arguments)
        }
        _ => Taint::default(),
    }
}

/// `app.post('/path', handler)`, whatever made `app`.
fn serves_path(call: &Call, arguments: &[Js]) -> bool {
    let verb = matches!(
        call.method(),
        "get" | "post" | "put" | "patch" | "delete" | "all" | "use" | "route"
    );
    let path = arguments
        .first()
        .is_some_and(|path| path.value.text.starts_with('/'));
    // A function among the arguments is not evaluated yet, and bears neither name nor text.
    let handler = arguments.len() > 1
        && arguments.last().is_some_and(|last| {
            last.function.is_some()
                || last.name.is_none() && last.value.text.is_empty() && last.fields.is_none()
        });
    verb && path && handler
}

/// Fields of a page into which a person types what nobody else may know.
fn is_private_field(selector: &str) -> bool {
    let lower = selector.to_ascii_lowercase();
    [
        "password",
        "passwd",
        "seed",
        "mnemonic",
        "cvv",
        "cvc",
        "card-number",
        "cardnumber",
        "ssn",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// What the output of a command line holds, as a shell would write it.
fn command_taint(arguments: &[Js]) -> Taint {
    let Some(first) = arguments.first() else {
        return Taint::default();
    };
    let listed = arguments.get(1).and_then(|list| list.elements.clone());
    let mut line = first.value.clone();
    for word in listed.as_deref().into_iter().flatten() {
        line.push(&Value::text(" "));
        line.push(&word.value);
    }
    if line.text.len() > MAX_LINE {
        return Taint::default();
    }
    shell::output_of(&line.text)
}
