//! Programs that run code: shells, languages, `eval`.

use super::super::call::Call;
use super::super::run::Run;
use super::one_liners::inline_code;
use super::{executed, join, run_file};
use crate::Kind;
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
pub(in crate::pattern::shell) fn interpreter(name: &str) -> Option<Kind> {
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

pub(super) fn interpret(run: &mut Run, call: &Call<'_>, kind: Kind) -> Value {
    let arguments = call.arguments.iter().enumerate();
    for (index, argument) in arguments {
        let text = argument.text.as_str();
        let inline = match kind {
            Kind::Shell | Kind::Python => {
                text.starts_with('-') && !text.starts_with("--") && text.ends_with('c')
            }
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
