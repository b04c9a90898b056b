//! Programs that run code: shells, languages, `eval`, and the one-liners given to them.

use std::ops::Range;

use super::super::run::{Call, Run};
use super::join;
use crate::Kind;
use crate::pattern::places;
use crate::pattern::value::{Taint, UNKNOWN, Value};

const SHELLS: &[&str] = &[
    "sh", "bash", "zsh", "dash", "ksh", "ash", "mksh", "fish", "csh", "tcsh", "rbash",
];

/// Whether a program of this name reads shell.
pub(in crate::pattern::shell) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

/// Whether a program of this name is worth hiding.
pub(in crate::pattern::shell) fn is_suspicious(name: &str) -> bool {
    let tools = [
        "curl", "wget", "nc", "ncat", "eval", "base64", "exec", "rm", "dd", "chmod", "ssh", "scp",
        "env", "cat", "source", "sudo",
    ];
    interpreter(name).is_some() || tools.contains(&name)
}

/// Whether a program of this name runs the file it is given.
pub(in crate::pattern::shell) fn is_interpreter(name: &str) -> bool {
    interpreter(name).is_some()
}

/// The kind of code an interpreter of this name reads.
pub(super) fn interpreter(name: &str) -> Option<Kind> {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some(match stem {
        _ if is_shell(name) => Kind::Shell,
        "python" | "pypy" | "ipython" => Kind::Python,
        "node" | "nodejs" | "bun" => Kind::JavaScript,
        "deno" | "tsx" | "ts-node" => Kind::TypeScript,
        "perl" | "ruby" | "php" | "lua" | "osascript" | "pwsh" | "powershell" | "Rscript"
        | "tclsh" => Kind::Script,
        _ => return None,
    })
}

/// Code that came from elsewhere is about to run.
pub(in crate::pattern::shell) fn executed(run: &mut Run, code: &Value, span: &Range<usize>) {
    let detail = match code.known() {
        Some(_) => format!("runs {}", code.taint.describe()),
        None => format!(
            "runs {} whose text is not in the script",
            code.taint.describe()
        ),
    };
    if code.taint.has(Taint::DECODED) {
        run.check(span, "shell-decoded-code", detail);
    } else if code.taint.has(Taint::INSTALLER) {
        run.check(span, "shell-known-installer", detail);
    } else if code.taint.has(Taint::NETWORK) {
        run.check(span, "shell-downloaded-code", detail);
    } else if code.taint.has(Taint::ARGUMENT) {
        run.check(span, "shell-argument-code", detail);
    }
}

/// A file that the script itself wrote is run.
pub(in crate::pattern::shell) fn run_file(
    run: &mut Run,
    name: &str,
    file: &Value,
    span: &Range<usize>,
) {
    if file.taint.has(Taint::DECODED) {
        run.check(span, "shell-decoded-code", format!("`{name}` was decoded"));
    } else if file.taint.has(Taint::INSTALLER) {
        run.check(
            span,
            "shell-known-installer",
            format!("`{name}` was downloaded"),
        );
    } else if file.taint.has(Taint::NETWORK) {
        run.check(
            span,
            "shell-downloaded-file",
            format!("`{name}` was downloaded"),
        );
    }
}

pub(super) fn interpret(run: &mut Run, call: &Call<'_>, kind: Kind) -> Value {
    let arguments = call.arguments.iter().enumerate();
    for (index, argument) in arguments {
        let text = argument.text.as_str();
        let inline = match kind {
            Kind::Shell => text.starts_with('-') && !text.starts_with("--") && text.ends_with('c'),
            Kind::Python => text.starts_with('-') && !text.starts_with("--") && text.ends_with('c'),
            _ => matches!(
                text,
                "-e" | "--eval"
                    | "-r"
                    | "-p"
                    | "-ne"
                    | "-pe"
                    | "-E"
                    | "--print"
                    | "-c"
                    | "-Command"
                    | "-command"
                    | "-EncodedCommand"
                    | "-enc"
            ),
        };
        if inline && let Some(code) = call.arguments.get(index + 1) {
            let rest = call.arguments.get(index + 2..).unwrap_or_default();
            return inline_code(run, call, kind, (code, rest));
        }
        if kind == Kind::Python && text == "-m" {
            let rest = call.arguments.get(index + 1..).unwrap_or_default();
            serves_home(run, call, rest);
            return Value::unknown(call.input.taint);
        }
        if text.starts_with('-') && text != "-" {
            if text == "-s" && kind == Kind::Shell {
                break;
            }
            continue;
        }
        if text == "-" || text == "/dev/stdin" {
            break;
        }
        return script_file(run, call, kind, argument);
    }
    standard_input(run, call, kind)
}

/// `python -m http.server` for a home or the whole machine.
fn serves_home(run: &mut Run, call: &Call<'_>, words: &[Value]) {
    let at = words
        .iter()
        .position(|word| matches!(word.text.as_str(), "-d" | "--directory"));
    let folder = at.and_then(|at| words.get(at + 1)).unwrap_or(&run.folder);
    let module = words.first().map(|word| word.text.as_str());
    if matches!(
        module,
        Some("http.server" | "SimpleHTTPServer" | "pyftpdlib")
    ) && matches!(folder.text.as_str(), "~" | "~/" | "/")
    {
        let folder = folder.text.clone();
        run.check(&call.span, "shell-home-served", folder);
    }
}

/// Code and the words after it, of which a shell calls the second `$1`.
fn inline_code(
    run: &mut Run,
    call: &Call<'_>,
    kind: Kind,
    (code, rest): (&Value, &[Value]),
) -> Value {
    if code.taint.has(Taint::NETWORK | Taint::DECODED) {
        executed(run, code, &call.span);
    }
    let given = rest
        .iter()
        .fold(Taint::default(), |taint, word| taint | word.taint);
    let taint = call.input.taint | given.common(Taint::ARGUMENT | Taint::SECRET | Taint::TOKEN);
    if kind == Kind::Script {
        let all = join(call.arguments).text;
        decoding_script(run, call, &all);
        sending_script(run, call, &all);
        if all.contains("hidden answer") {
            // A dialog that hides what is typed asks for a password.
            return Value::unknown(Taint::SECRET);
        }
    }
    if kind == Kind::Shell {
        let pieced = code.text.contains(UNKNOWN) && !code.text.trim_matches(UNKNOWN).is_empty();
        if code.taint.has(Taint::ARGUMENT) && pieced {
            executed(run, code, &call.span);
        }
        return run
            .with_positional(rest.get(1..).unwrap_or_default(), |run| {
                run.nested(&code.text, &call.span, call.input)
            })
            .tainted(call.input.taint);
    }
    if code.known().is_some() || code.text.len() > 8 {
        run.uncover(
            &call.span,
            kind,
            "inline code",
            &code.text.replace(UNKNOWN, "_"),
        );
    }
    Value::unknown(taint)
}

/// The commands that `ed` and `m4` start from what they read.
pub(super) fn commands_inside(run: &mut Run, call: &Call<'_>) -> Value {
    let lines: Vec<String> = call
        .input
        .text
        .lines()
        .filter_map(|line| match line.split_once("syscmd(") {
            Some((_, rest)) => Some(rest.trim_matches(['`', '\'', ')']).to_owned()),
            None => line.strip_prefix('!').map(str::to_owned),
        })
        .collect();
    run.nested(&lines.join("\n"), &call.span, &Value::default())
}

/// Programs of Windows that run what an address or an encoded word holds.
pub(super) fn foreign(run: &mut Run, call: &Call<'_>) -> Value {
    let line = join(call.arguments).text;
    let lower = line.to_ascii_lowercase();
    let encoded = lower.split_whitespace().any(|word| {
        word.len() > 2 && "-encodedcommand".starts_with(word) && word.starts_with("-e")
    });
    if encoded && !matches!(call.name.as_str(), "certutil" | "bitsadmin") {
        run.check(&call.span, "shell-decoded-code", line);
    } else if line
        .split(['\'', '"', ' ', '(', ')'])
        .any(|word| word.contains("://") && !places::is_known_installer(word))
    {
        let fetches = ["iex", "invoke-expression", "downloadstring", "| iex"];
        let runs = !matches!(
            call.name.as_str(),
            "powershell" | "pwsh" | "certutil" | "bitsadmin"
        ) || fetches.iter().any(|word| lower.contains(word));
        if runs {
            run.check(&call.span, "shell-downloaded-code", line);
        }
    }
    Value::unknown(Taint::default())
}

/// One-liners that send what nobody else may know.
fn sending_script(run: &mut Run, call: &Call<'_>, code: &str) {
    let any = |words: &[&str]| words.iter().any(|word| code.contains(word));
    let sends = any(&[
        "LWP::",
        "HTTP::",
        "Net::HTTP",
        "open-uri",
        "curl_init",
        "contents(\"http",
        "contents('http",
        "TCPSocket",
        "fsockopen",
        "IO::Socket",
    ]);
    let taken = any(&["%ENV", "ENV.to_", "$_ENV", "getenv()"]);
    let secret = code
        .split(['\'', '"', ' ', '(', ')'])
        .any(places::is_credential);
    if sends && (taken || secret) {
        let line: String = code.chars().take(120).collect();
        run.check(&call.span, "shell-credentials-sent", line);
    }
}

/// One-liners of Perl, PHP and Ruby that run what they decode or fetch.
fn decoding_script(run: &mut Run, call: &Call<'_>, code: &str) {
    let any = |words: &[&str]| words.iter().any(|word| code.contains(word));
    let connects = any(&[
        "TCPSocket",
        "fsockopen",
        "socket(",
        "IO::Socket",
        "require('socket')",
        "/inet/",
    ]);
    if connects && any(&["popen", "exec", "system", "/bin/sh", "getline", "spawn"]) {
        run.check(&call.span, "shell-reverse-shell", call.name.clone());
    }
    if !any(&[
        "eval",
        "system",
        "exec",
        "`",
        "passthru",
        "assert",
        "instance_eval",
    ]) {
        return;
    }
    let line: String = code.chars().take(120).collect();
    if any(&[
        "base64_decode",
        "decode_base64",
        "decode64",
        "unpack1",
        "pack(\"H",
        "pack('H",
        "gzinflate",
        "str_rot13",
        "hex2bin",
        "pack(q",
    ]) {
        run.check(&call.span, "shell-decoded-code", line);
    } else if any(&[
        "file_get_contents('http",
        "file_get_contents(\"http",
        "URI.open",
        "LWP::Simple",
        "HTTP::Tiny",
        "Net::HTTP.get",
    ]) {
        run.check(&call.span, "shell-downloaded-code", line);
    }
}

fn script_file(run: &mut Run, call: &Call<'_>, kind: Kind, argument: &Value) -> Value {
    run.check_place(&argument.text, &call.span);
    if argument.text.starts_with("/dev/fd/") {
        let opened = run.opened.clone();
        executed(run, &opened, &call.span);
    }
    // The output of `<( … )` stands where a path would.
    if argument.taint.has(Taint::NETWORK | Taint::DECODED) {
        executed(run, argument, &call.span);
    } else {
        if let Some(file) = run.written(&argument.text) {
            run_file(run, &argument.text, &file, &call.span);
            if kind == Kind::Shell && file.known().is_some() {
                return run.nested(&file.text, &call.span, call.input);
            }
        }
        if kind == Kind::Shell && argument.text.contains(['\n', ';']) {
            return run.nested(&argument.text, &call.span, call.input);
        }
    }
    Value::unknown(call.input.taint)
}

fn standard_input(run: &mut Run, call: &Call<'_>, kind: Kind) -> Value {
    let input = call.input;
    if input.taint.has(Taint::NETWORK | Taint::DECODED) {
        executed(run, input, &call.span);
    } else if input.taint.has(Taint::DATA) && input.known().is_none() {
        run.check(&call.span, "shell-hidden-payload", input.taint.describe());
    }
    if input.text.trim_matches(UNKNOWN).trim().is_empty() {
        let answers = if kind == Kind::Shell {
            Taint::SHELL
        } else {
            Taint::default()
        };
        return Value::unknown(input.taint | answers);
    }
    if kind == Kind::Shell {
        return run.nested(&input.text, &call.span, &Value::default());
    }
    run.uncover(
        &call.span,
        kind,
        "standard input",
        &input.text.replace(UNKNOWN, "_"),
    );
    Value::unknown(Taint::default())
}

pub(super) fn evaluate(run: &mut Run, call: &Call<'_>) -> Value {
    let mut code = join(call.arguments);
    if code.taint.has(Taint::PARAMETER) && run.capturing > 0 {
        // A calculator: what its callers write is run, and they are told what came out.
        code.taint |= Taint::ARGUMENT;
    }
    // `eval "$name=()"` sets a variable that the caller names.
    let rest = code.text.trim_start_matches(UNKNOWN);
    let assigns = (rest.starts_with("=(") || rest.starts_with("+=(")) && !rest.contains(UNKNOWN);
    if code.taint.has(Taint::NETWORK | Taint::DECODED)
        || code.taint.has(Taint::ARGUMENT) && !assigns
    {
        executed(run, &code, &call.span);
    }
    run.nested(&code.text, &call.span, call.input)
}

pub(super) fn source(run: &mut Run, call: &Call<'_>) -> Value {
    match call.arguments.first() {
        Some(file) if file.text == "/dev/stdin" || file.text == "-" => {
            standard_input(run, call, Kind::Shell)
        }
        Some(file) => script_file(run, call, Kind::Shell, file),
        None => Value::default(),
    }
}

pub(super) fn nested_argument(run: &mut Run, call: &Call<'_>) -> Value {
    match call.arguments.first() {
        Some(code) => run.nested(&code.text, &call.span, call.input),
        None => Value::default(),
    }
}

pub(super) fn after_option(run: &mut Run, call: &Call<'_>, option: &str) -> Value {
    let at = call
        .arguments
        .iter()
        .position(|argument| argument.text == option);
    match at.and_then(|at| call.arguments.get(at + 1)) {
        Some(code) => run.nested(&code.text, &call.span, call.input),
        None => Value::default(),
    }
}
