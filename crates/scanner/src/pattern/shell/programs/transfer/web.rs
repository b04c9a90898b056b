//! Programs that ask the web: their options, what they send, where the answer goes.

use super::super::super::What;
use super::super::super::call::Call;
use super::super::super::run::Run;
use super::sent;
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{hosts, installers};

/// Options of curl and wget whose value is sent, is a file to send, or names the output.
const DATA: &[&str] = &[
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-urlencode",
    "--data-ascii",
    "--json",
    "-F",
    "--form",
    "--form-string",
    "--post-data",
    "--body-data",
    "--get-data",
];

const FILES: &[&str] = &["-T", "--upload-file", "--post-file", "--body-file"];

const OUTPUT: &[&str] = &["-o", "--output", "-O", "--output-document", "--out"];

const VALUES: &[&str] = &[
    "-H",
    "--header",
    "-u",
    "--user",
    "-A",
    "--user-agent",
    "-X",
    "--request",
    "-m",
    "--max-time",
    "-e",
    "--referer",
    "-b",
    "--cookie",
    "-c",
    "-x",
    "--proxy",
    "--connect-timeout",
    "--retry",
    "--retry-delay",
    "-w",
    "--write-out",
    "--cacert",
    "--cert",
    "--key",
    "-P",
    "--timeout",
    "-t",
    "--tries",
    "--resolve",
    "--proto",
    "--proto-redir",
    "--interface",
    "--max-filesize",
    "--limit-rate",
    "--capath",
    "--unix-socket",
    "-K",
    "--config",
];

#[derive(Default)]
struct Request {
    addresses: Vec<Value>,
    body: Taint,
    output: Option<Value>,
    named_output: bool,
}

pub(super) fn web(run: &mut Run, call: &Call<'_>) -> Value {
    let request = request(run, call);
    let mut downloads = Taint::default();
    let mut target = String::from("the network");
    for address in &request.addresses {
        let known = installers::is_known_installer(&address.text);
        downloads |= if known {
            Taint::NETWORK | Taint::INSTALLER
        } else {
            Taint::NETWORK
        };
        if let Some(host) = hosts::contacted(&address.text) {
            run.fact(&call.span, What::Connect(host.clone()));
            target = host;
        }
        // A credential in an address is how many services want their key; a file or an identity is not.
        let carried = address.taint.without(Taint::ISSUED | Taint::FILE);
        let carried = if carried.of_several() {
            carried
        } else {
            carried.without(Taint::TOKEN)
        };
        sent(run, carried, &target, &call.span);
    }
    if request
        .addresses
        .iter()
        .any(|address| !installers::is_known_installer(&address.text))
    {
        downloads = downloads.without(Taint::INSTALLER);
    }
    sent(run, request.body, &target, &call.span);
    let download = Value::unknown(if request.addresses.is_empty() {
        Taint::NETWORK
    } else {
        downloads
    });
    let file = request.output.or_else(|| {
        request
            .named_output
            .then(|| base_name(request.addresses.first()))
            .flatten()
    });
    match file {
        Some(file) if file.text != "-" && file.text != "/dev/stdout" => {
            run.write(&file, &download, &call.span);
            Value::default()
        }
        _ => download,
    }
}

fn request(run: &mut Run, call: &Call<'_>) -> Request {
    let wget = call.name == "wget";
    let mut request = Request {
        named_output: wget || matches!(call.name.as_str(), "aria2c" | "axel" | "fetch"),
        ..Request::default()
    };
    let mut arguments = call.arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.text.as_str();
        let (option, joined) = option_of(text, wget);
        let mut value = || {
            joined
                .map(|text| Value {
                    text: text.to_owned(),
                    taint: argument.taint,
                })
                .or_else(|| arguments.next().cloned())
        };
        if option == "-O" && !wget || option == "--remote-name" {
            request.named_output = true;
        } else if OUTPUT.contains(&option) {
            request.output = value();
        } else if DATA.contains(&option) {
            request.body |= body(run, value(), call);
        } else if FILES.contains(&option) {
            let file = value().unwrap_or_default();
            request.body |= file.taint
                | if file.text == "-" {
                    call.input.taint
                } else {
                    run.read(&file.text, &call.span).taint
                };
        } else if VALUES.contains(&option) {
            request.body |= value().map_or(Taint::default(), |value| in_header(&value));
        } else if !text.starts_with('-') {
            if matches!(call.name.as_str(), "http" | "https" | "xh" | "httpie")
                && (text.contains('=') || text.contains('@'))
            {
                request.body |= argument.taint;
            } else if !is_method(text) {
                request.addresses.push(argument.clone());
            }
        }
    }
    if matches!(
        call.name.as_str(),
        "http" | "https" | "xh" | "httpie" | "POST"
    ) {
        request.body |= call.input.taint;
    }
    request
}

/// A header carries the caller's own key by design; anything else in it is smuggled.
fn in_header(value: &Value) -> Taint {
    let plain = value
        .taint
        .without(Taint::TOKEN | Taint::FILE | Taint::MACHINE);
    let name = value
        .text
        .split(':')
        .next()
        .unwrap_or("")
        .to_ascii_lowercase();
    if ["auth", "token", "key"]
        .iter()
        .any(|word| name.contains(word))
    {
        plain.without(Taint::ISSUED | Taint::SESSION)
    } else {
        plain
    }
}

fn is_method(text: &str) -> bool {
    matches!(text, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD")
}

/// `@file`, `@-`, `name=@file`, or the data itself.
fn body(run: &mut Run, value: Option<Value>, call: &Call<'_>) -> Taint {
    let value = value.unwrap_or_default();
    let mut taint = value.taint;
    if !value.text.contains(UNKNOWN) || value.text.contains('=') {
        // A field by its name is how a service is asked with the secret that it issued.
        taint = taint.without(Taint::ISSUED);
    }
    let file = value
        .text
        .split_once("=<")
        .filter(|(field, _)| !field.contains(['&', ' ']));
    if let Some((_, path)) = file {
        // A field of a form that is the text of a file.
        let path = path.split(';').next().unwrap_or(path);
        taint |= run.read(path, &call.span).taint;
    }
    if let Some((_, path)) = value
        .text
        .split_once('@')
        .filter(|(before, _)| before.is_empty() || before.ends_with('='))
    {
        let path = path.split(';').next().unwrap_or(path);
        taint |= if path == "-" || path == "/dev/stdin" {
            call.input.taint
        } else {
            run.read(path, &call.span).taint
        };
    }
    taint
}

/// The option and a value that stands in the same word: `--data=x`, `-dx`, `-sSLo`.
fn option_of(text: &str, wget: bool) -> (&str, Option<&str>) {
    if text.starts_with("--") {
        return match text.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (text, None),
        };
    }
    let flags = text.strip_prefix('-').unwrap_or("");
    for (index, flag) in flags.char_indices() {
        let takes = if wget { "OoPtTUe" } else { "dFToHuAXmebcxwK" };
        if takes.contains(flag) {
            let option = match (wget, flag) {
                (true, 'O') => "-O",
                (true, _) => "-P",
                (false, 'd') => "-d",
                (false, 'F') => "-F",
                (false, 'T') => "-T",
                (false, 'o') => "-o",
                (false, _) => "-H",
            };
            let rest = flags
                .get(index + flag.len_utf8()..)
                .filter(|rest| !rest.is_empty());
            return (option, rest);
        }
        if flag == 'O' {
            return ("-O", None);
        }
    }
    (text, None)
}

fn base_name(address: Option<&Value>) -> Option<Value> {
    let path = address?.text.split(['?', '#']).next()?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some(Value::text(name))
}
