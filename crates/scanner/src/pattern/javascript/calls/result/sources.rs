//! Sources: calls whose result comes from the network, a file, the environment or a person.

use std::sync::LazyLock;

use regex::Regex;

use super::super::super::follow::Follower;
use super::super::super::names::{is_network, is_server};
use super::super::super::value::Js;
use super::super::Call;
use super::pages;
use crate::expression::constant;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{places, shell, value};

/// Longest command line whose output is asked for, in bytes.
const MAX_LINE: usize = 4096;

/// What a source of data puts into its result.
pub(super) fn own_taint(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Taint {
    let name = call.name();
    let cookies = cookies_asked(arguments);
    if cookies != Taint::default() {
        return cookies;
    }
    let first = arguments.first();
    if is_server(name) || serves_path(call, arguments) {
        return Taint::NETWORK | Taint::REQUEST;
    }
    if is_network(name) {
        return Taint::NETWORK;
    }
    let typed = pages::typed(call, first);
    if typed != Taint::default() {
        return typed;
    }
    let text = first.map_or("", |first| first.value.text.as_str());
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
            if text.trim_matches(UNKNOWN).is_empty() {
                return Taint::FILE;
            }
            follower.fact(call.span.clone(), What::Read(text.to_owned()));
            value::of_path(text)
        }
        "fs.readdirSync" | "fs.readdir" => {
            if places::is_credential(text) {
                Taint::SECRET | Taint::LISTED
            } else {
                value::of_path(text).common(Taint::PERSONAL) | Taint::LISTED
            }
        }
        "Deno.env.toObject" => Taint::ENVIRONMENT,
        "os.hostname" | "os.userInfo" | "os.networkInterfaces" | "os.cpus" => Taint::MACHINE,
        "navigator.clipboard.readText"
        | "clipboardy.readSync"
        | "clipboardy.read"
        | "keytar.getPassword"
        | "keytar.findCredentials"
        | "chrome.cookies.getAll" => Taint::SECRET,
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
        "glob"
        | "glob.glob"
        | "glob.globSync"
        | "glob.sync"
        | "fast-glob"
        | "fast-glob.sync"
        | "globby"
        | "globby.globby"
        | "globby.globbySync"
        | "tinyglobby.glob"
        | "fs.glob"
        | "fs.globSync"
        | "vscode.workspace.findFiles" => listed_by(text),
        "@actions/core.getInput" | "vscode.authentication.getSession" => issued(text),
        "prompt" | "readline.question" => Taint::ARGUMENT,
        _ if is_cookie_jar(call) => Taint::SESSION,
        _ if is_whole_table(call, arguments) => Taint::PERSONAL,
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

/// Files whose names fit a pattern; those that hold secrets are listed to be read.
fn listed_by(pattern: &str) -> Taint {
    let secret = places::is_project_secret(pattern.trim_end_matches('*'));
    let kept = Taint::PERSONAL
        | if secret {
            Taint::SECRET
        } else {
            Taint::default()
        };
    value::of_path(pattern.trim_end_matches('*')).common(kept) | Taint::LISTED
}

/// The credential that a host of programs gives out for a service, or under a name.
fn issued(name: &str) -> Taint {
    let own = matches!(name, "token" | "github-token" | "gh-token" | "repo-token");
    let service = Taint::of_service(if own { "GITHUB" } else { name });
    if own || service != Taint::default() {
        Taint::TOKEN | service
    } else {
        Taint::default()
    }
}

/// Libraries that drive a browser.
const DRIVERS: [&str; 7] = [
    "electron.session",
    "puppeteer",
    "playwright",
    "newPage()",
    "newContext()",
    "chrome-remote-interface",
    "selenium-webdriver",
];

/// Whether a driven browser is asked for all its cookies.
fn is_cookie_jar(call: &Call) -> bool {
    let driven = || DRIVERS.iter().any(|driver| call.name().contains(driver));
    matches!(
        call.method(),
        "cookies" | "storageState" | "getCookies" | "getAllCookies"
    ) && driven()
        || call.method() == "get" && call.name().contains("electron.session")
}

/// What a browser's debugger answers to these.
pub(in crate::pattern::javascript) fn cookies_asked(arguments: &[Js]) -> Taint {
    let method = arguments.first().and_then(|first| first.value.known());
    match method {
        Some("Network.getAllCookies" | "Network.getCookies" | "Storage.getCookies") => {
            Taint::SESSION
        }
        _ => Taint::default(),
    }
}

/// Tables of persons and of what proves who they are.
static PERSONS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)^(?:\w+_)?(?:user|customer|account|member|patient|employee|session|credential|token|secret|password|payment|card|profile|contact)s?$",
    )
});
/// A query for all of such a table, or for the columns of secrets.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)^\s*select\s(?:.*\b(?:password|passwd|hash|secret|token|ssn|card)\w*\b.*\sfrom\s.*|\s*\*\s+from\s+\W?(?:\w+\W{1,3})?(?:\w+_)?(?:user|customer|account|member|patient|employee|session|credential|token|secret|payment|card|profile|contact)s?\W*(?:(?:order|limit)\b.*)?)$",
    )
});

/// Whether all records of persons are asked for.
fn is_whole_table(call: &Call, arguments: &[Js]) -> bool {
    let first = arguments.first();
    match call.method() {
        "findMany" | "findAll" => {
            let owner = call.name().rsplit('.').nth(1).unwrap_or("");
            let narrowed = first
                .and_then(|one| one.fields.as_ref())
                .is_some_and(|asked| {
                    ["where", "select", "take", "limit", "..."]
                        .iter()
                        .any(|name| asked.contains_key(*name))
                });
            PERSONS.is_match(owner) && !narrowed
        }
        "query" | "execute" | "all" | "raw" | "prepare" | "$queryRaw" | "$queryRawUnsafe" => {
            first.is_some_and(|text| WHOLE.is_match(&text.value.text))
        }
        "select" => arguments.iter().any(|column| {
            matches!(
                column.value.known(),
                Some("password" | "password_hash" | "passwordHash" | "hash" | "secret" | "token")
            )
        }),
        _ => false,
    }
}

/// What the output of a command line holds, as a shell would write it.
fn command_taint(arguments: &[Js]) -> Taint {
    let Some(first) = arguments.first() else {
        return Taint::default();
    };
    let listed = arguments.get(1).and_then(|list| list.elements.clone());
    let mut line = first.value.clone();
    for word in listed.iter().flat_map(|list| list.iter()) {
        line.push(&Value::text(" "));
        line.push(&word.value);
    }
    if line.text.len() > MAX_LINE {
        return Taint::default();
    }
    shell::output_of(&line.text)
}
