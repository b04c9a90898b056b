//! What programs do with their arguments and input, as far as flows need it.

mod carriers;
mod transfer;

use std::ops::Range;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::run::{Call, Run};
use super::{What, syntax};
use crate::Kind;
use crate::pattern::value::{Taint, UNKNOWN, Value};

pub(super) use transfer::sent;

const SHELLS: &[&str] = &[
    "sh", "bash", "zsh", "dash", "ksh", "ash", "mksh", "fish", "csh", "tcsh", "rbash",
];

/// Options of wrappers that take a value of their own.
const WRAPPERS: &[(&str, &[&str])] = &[
    (
        "sudo",
        &[
            "-u", "-g", "-p", "-C", "-h", "-r", "-t", "--user", "--group",
        ],
    ),
    ("doas", &["-u", "-C"]),
    ("nohup", &[]),
    ("setsid", &[]),
    ("command", &[]),
    ("builtin", &[]),
    ("exec", &["-a"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n", "-p"]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("timeout", &["-s", "-k", "--signal", "--kill-after"]),
    ("busybox", &[]),
    ("toybox", &[]),
    ("unbuffer", &[]),
    ("caffeinate", &["-t", "-w"]),
    ("time", &["-f", "-o"]),
    ("env", &["-u", "-C", "-S"]),
    ("xargs", &["-I", "-n", "-P", "-L", "-d", "-s", "-a", "-E"]),
    ("parallel", &["-j"]),
    ("watch", &["-n"]),
    ("chroot", &[]),
    ("unshare", &[]),
    ("proot", &["-r", "-b", "-w"]),
    ("script", &[]),
    ("flock", &["-w"]),
    ("torsocks", &[]),
    ("proxychains", &["-f"]),
    ("proxychains4", &["-f"]),
    ("wine", &[]),
];

/// Whether a program of this name reads shell.
pub(super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

/// Whether a program of this name is worth hiding.
pub(super) fn is_suspicious(name: &str) -> bool {
    let tools = [
        "curl", "wget", "nc", "ncat", "eval", "base64", "exec", "rm", "dd", "chmod", "ssh", "scp",
        "env", "cat", "source", "sudo",
    ];
    interpreter(name).is_some() || tools.contains(&name)
}

/// Whether a program of this name runs the file it is given.
pub(super) fn is_interpreter(name: &str) -> bool {
    interpreter(name).is_some()
}

/// The kind of code an interpreter of this name reads.
fn interpreter(name: &str) -> Option<Kind> {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some(match stem {
        _ if is_shell(name) => Kind::Shell,
        "python" | "pypy" | "ipython" => Kind::Python,
        "node" | "nodejs" | "bun" => Kind::JavaScript,
        "deno" | "tsx" | "ts-node" => Kind::TypeScript,
        "perl" | "ruby" | "php" | "lua" | "osascript" | "pwsh" | "powershell" | "Rscript"
        | "tclsh" | "gawk" => Kind::Script,
        _ => return None,
    })
}

/// What the command writes to its output.
pub(super) fn run(run: &mut Run, call: &Call<'_>) -> Value {
    run.fact(
        &call.span,
        What::Command {
            name: call.name.clone(),
            arguments: call.arguments.to_vec(),
        },
    );
    if call.name == "env" || call.name == "printenv" {
        return environment(run, call);
    }
    if let Some((_, options)) = WRAPPERS.iter().find(|(name, _)| *name == call.name) {
        return wrapped(run, call, options);
    }
    if let Some(kind) = interpreter(&call.name) {
        return interpret(run, call, kind);
    }
    if let Some(output) = carriers::run(run, call) {
        return output;
    }
    if let Some(output) = transfer::run(run, call) {
        return output;
    }
    match call.name.as_str() {
        "eval" => evaluate(run, call),
        "source" | "." => source(run, call),
        "echo" | "print" => echo(call),
        "printf" => match call.arguments {
            [flag, name, ..] if flag.text == "-v" => {
                let value = printf(call);
                run.assign(&name.text, value, &call.span);
                Value::default()
            }
            _ => printf(call),
        },
        "export" | "declare" | "local" | "typeset" | "readonly" => declare(run, call),
        "set" | "compgen" if call.arguments.is_empty() => Value::unknown(Taint::ENVIRONMENT),
        "alias" => alias(run, call),
        "trap" => nested_argument(run, call),
        "read" | "mapfile" | "readarray" => read(run, call),
        "su" => after_option(run, call, "-c"),
        "base64" | "base32" | "basenc" => coded(run, call, &["-d", "-D", "--decode", "-di", "-id"]),
        "openssl" => openssl(run, call),
        "xxd" | "uudecode" | "hexdump" | "od" => coded(
            run,
            call,
            &["-r", "-p -r", "-r -p", "-rp", "-ps -r", "-r -ps"],
        ),
        "gunzip" | "zcat" | "bzcat" | "xzcat" | "unxz" | "bunzip2" | "zstdcat" | "unzstd" => {
            filter(run, call).tainted(Taint::DECODED)
        }
        "gzip" | "bzip2" | "xz" | "zstd" => coded(run, call, &["-d", "-dc", "-cd", "--decompress"]),
        "rev" => reversed(run, call),
        "tr" => translate(run, call),
        "tee" => tee(run, call),
        "rm" | "unlink" | "rmdir" | "shred" => remove(run, call),
        "crontab" | "at" | "batch" => scheduled(run, call),
        "cp" | "mv" | "install" | "ln" => copy(run, call),
        "gpg" | "gpg2" if has_word(call, &["-d", "--decrypt"]) => {
            filter(run, call).tainted(Taint::DECODED)
        }
        "tar" | "zip" | "7z" | "rar" | "gpg" => archive(run, call),
        "whoami" | "hostname" | "uname" | "id" | "ifconfig" | "ip" | "arch" | "lscpu"
        | "sw_vers" | "system_profiler" | "dmidecode" | "ipconfig" => {
            Value::unknown(Taint::MACHINE)
        }
        "ps" | "pgrep" | "pidof" => Value::unknown(Taint::PROCESS),
        "mktemp" => run.temporary(),
        "pbpaste" | "xclip" | "xsel" | "wl-paste" => Value::unknown(Taint::SECRET),
        "security"
            if has_word(
                call,
                &[
                    "find-generic-password",
                    "find-internet-password",
                    "dump-keychain",
                    "export",
                ],
            ) =>
        {
            Value::unknown(Taint::SECRET)
        }
        "history" | "secret-tool" | "pass" | "lastpass" | "bw" => Value::unknown(Taint::SECRET),
        "chmod" => {
            mark_executable(run, call);
            Value::default()
        }
        "find" | "fd" => find(run, call),
        "which" | "type" | "realpath" | "readlink" | "basename" | "dirname" => join(call.arguments),
        "true" | "false" | ":" | "cd" | "mkdir" | "sleep" | "exit" | "return" | "shift"
        | "unset" | "test" | "[" | "[[" => Value::default(),
        _ => filter(run, call),
    }
}

/// Reads files named by arguments, or its input, and writes some of it.
fn filter(run: &mut Run, call: &Call<'_>) -> Value {
    let mut taint = call.input.taint;
    let reads_files = READERS.contains(&call.name.as_str());
    // The first word of a search is what it searches for, unless an option says so.
    let given = call
        .arguments
        .iter()
        .any(|argument| matches!(argument.text.as_str(), "-e" | "-f" | "--regexp" | "--file"));
    let mut pattern = SEARCHERS.contains(&call.name.as_str()) && !given;
    let mut text = None;
    for argument in call.arguments {
        if pattern && !argument.text.starts_with('-') {
            pattern = false;
            continue;
        }
        taint |= argument
            .taint
            .without(Taint::NETWORK | Taint::INSTALLER | Taint::DECODED);
        if reads_files && !argument.text.starts_with('-') && !argument.text.is_empty() {
            let content = run.read(&argument.text, &call.span);
            taint |= content.taint;
            text = content
                .known()
                .map(str::to_owned)
                .filter(|_| text.is_none());
        }
    }
    let input = (call
        .arguments
        .iter()
        .all(|argument| argument.text.starts_with('-')))
    .then(|| call.input.text.clone());
    let keeps = matches!(
        call.name.as_str(),
        "cat" | "tac" | "sponge" | "pv" | "head" | "tail"
    );
    match text.or(input).filter(|_| keeps) {
        Some(text) => Value { text, taint },
        None => Value::unknown(taint),
    }
}

/// Readers whose first argument is a pattern or a program.
const SEARCHERS: &[&str] = &[
    "grep", "egrep", "fgrep", "rg", "sed", "awk", "gawk", "jq", "yq", "tr",
];

/// Programs whose arguments are files that they read.
const READERS: &[&str] = &[
    "cat", "tac", "head", "tail", "less", "more", "bat", "grep", "egrep", "fgrep", "rg", "sed",
    "awk", "gawk", "cut", "sort", "uniq", "jq", "yq", "nl", "paste", "strings", "xxd", "od",
    "hexdump", "base64", "base32", "gzip", "gunzip", "zcat", "bzip2", "xz", "dd", "split", "rev",
    "tr", "fold", "pv", "openssl", "sqlite3", "uudecode", "bzcat", "xzcat",
];

fn environment(run: &mut Run, call: &Call<'_>) -> Value {
    let mut rest = call.arguments;
    while let Some((first, tail)) = rest.split_first() {
        let takes_value = matches!(first.text.as_str(), "-u" | "-C" | "--unset" | "--chdir");
        if first.text == "-S" {
            let joined = join(tail);
            return run.nested(&joined.text, &call.span, call.input);
        }
        if !(first.text.starts_with('-') || first.text.contains('=')) {
            break;
        }
        rest = tail.get(usize::from(takes_value)..).unwrap_or_default();
    }
    if rest.is_empty() {
        return Value::unknown(Taint::ENVIRONMENT);
    }
    if call.name == "printenv" {
        let secret = rest
            .iter()
            .any(|name| crate::pattern::places::is_secret_name(&name.text));
        return Value::unknown(if secret {
            Taint::TOKEN
        } else {
            Taint::default()
        });
    }
    run.values(rest, call.input, &call.span)
}

/// `sudo`, `xargs` and their like run what follows their options.
fn wrapped(run: &mut Run, call: &Call<'_>, options: &[&str]) -> Value {
    let mut rest = call.arguments;
    if call.name == "command"
        && rest
            .first()
            .is_some_and(|first| matches!(first.text.as_str(), "-v" | "-V"))
    {
        return join(rest.get(1..).unwrap_or_default());
    }
    while let Some((first, tail)) = rest.split_first() {
        let positional = match call.name.as_str() {
            "timeout" => first.text.starts_with(|c: char| c.is_ascii_digit()),
            "chroot" | "flock" => first.text.starts_with('/'),
            _ => first.text.contains('=') && call.name == "sudo",
        };
        if first.text == "-c" && matches!(call.name.as_str(), "script" | "flock") {
            return run.nested(&join(tail).text, &call.span, call.input);
        }
        if !first.text.starts_with('-') && !positional {
            break;
        }
        let takes_value = options.contains(&first.text.as_str());
        rest = tail.get(usize::from(takes_value)..).unwrap_or_default();
    }
    let mut words = rest.to_vec();
    if matches!(call.name.as_str(), "xargs" | "parallel") {
        let mut piped = call.input.clone();
        piped.text.truncate(piped.text.trim_end().len());
        let placeholder = words.iter_mut().find(|word| word.text.contains("{}"));
        match placeholder {
            Some(word) => {
                *word = Value {
                    text: word.text.replace("{}", &piped.text),
                    taint: word.taint | piped.taint,
                }
            }
            None => words.push(piped),
        }
    }
    run.values(&words, call.input, &call.span)
}

/// Code that came from elsewhere is about to run.
pub(super) fn executed(run: &mut Run, code: &Value, span: &Range<usize>) {
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
pub(super) fn run_file(run: &mut Run, name: &str, file: &Value, span: &Range<usize>) {
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

fn interpret(run: &mut Run, call: &Call<'_>, kind: Kind) -> Value {
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
            return inline_code(run, call, kind, code);
        }
        if kind == Kind::Python && text == "-m" {
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

fn inline_code(run: &mut Run, call: &Call<'_>, kind: Kind, code: &Value) -> Value {
    if code.taint.has(Taint::NETWORK | Taint::DECODED) {
        executed(run, code, &call.span);
    }
    let taint = call.input.taint;
    if kind == Kind::Script {
        decoding_script(run, call, &code.text);
    }
    if kind == Kind::Shell {
        return run
            .nested(&code.text, &call.span, call.input)
            .tainted(taint);
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

/// One-liners of Perl, PHP and Ruby that run what they decode or fetch.
fn decoding_script(run: &mut Run, call: &Call<'_>, code: &str) {
    let any = |words: &[&str]| words.iter().any(|word| code.contains(word));
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

fn evaluate(run: &mut Run, call: &Call<'_>) -> Value {
    let code = join(call.arguments);
    if code
        .taint
        .has(Taint::NETWORK | Taint::DECODED | Taint::ARGUMENT)
    {
        executed(run, &code, &call.span);
    }
    run.nested(&code.text, &call.span, call.input)
}

fn source(run: &mut Run, call: &Call<'_>) -> Value {
    match call.arguments.first() {
        Some(file) if file.text == "/dev/stdin" || file.text == "-" => {
            standard_input(run, call, Kind::Shell)
        }
        Some(file) => script_file(run, call, Kind::Shell, file),
        None => Value::default(),
    }
}

fn nested_argument(run: &mut Run, call: &Call<'_>) -> Value {
    match call.arguments.first() {
        Some(code) => run.nested(&code.text, &call.span, call.input),
        None => Value::default(),
    }
}

fn after_option(run: &mut Run, call: &Call<'_>, option: &str) -> Value {
    let at = call
        .arguments
        .iter()
        .position(|argument| argument.text == option);
    match at.and_then(|at| call.arguments.get(at + 1)) {
        Some(code) => run.nested(&code.text, &call.span, call.input),
        None => Value::default(),
    }
}

fn echo(call: &Call<'_>) -> Value {
    let mut rest = call.arguments;
    let mut escapes = false;
    while let Some((first, tail)) = rest.split_first()
        && matches!(first.text.as_str(), "-e" | "-n" | "-ne" | "-en" | "-E")
    {
        escapes |= first.text.contains('e');
        rest = tail;
    }
    let mut value = join(rest);
    if escapes {
        let plain = syntax::unescape(&value.text);
        value = with_decoded(value, plain);
    }
    value.push(&Value::text("\n"));
    value
}

/// Text whose escapes spell letters was hidden, and counts as decoded.
fn with_decoded(value: Value, plain: String) -> Value {
    let hidden = value.text.matches("\\x").count()
        + value.text.matches("\\0").count()
        + value.text.matches("\\1").count()
        > 3;
    let taint = if hidden {
        value.taint | Taint::DECODED
    } else {
        value.taint
    };
    Value { text: plain, taint }
}

fn printf(call: &Call<'_>) -> Value {
    let rest = match call.arguments {
        [flag, _, rest @ ..] if flag.text == "-v" => rest,
        rest => rest,
    };
    let Some((format, values)) = rest.split_first() else {
        return Value::default();
    };
    let mut output = with_decoded(format.clone(), syntax::unescape(&format.text));
    let mut values = values.iter();
    while let Some(at) = output.text.find("%s").or_else(|| output.text.find("%b")) {
        let value = values.next().cloned().unwrap_or_default();
        let value = if output.text.get(at..at + 2) == Some("%b") {
            with_decoded(value.clone(), syntax::unescape(&value.text))
        } else {
            value
        };
        output
            .text
            .replace_range(at..at + 2, &value.text.replace('%', "%%"));
        output.taint |= value.taint;
        if output.text.len() > 1 << 16 {
            break;
        }
    }
    for value in values {
        output.taint |= value.taint;
    }
    output.text = output.text.replace("%%", "%");
    output
}

fn declare(run: &mut Run, call: &Call<'_>) -> Value {
    let dumps = call
        .arguments
        .iter()
        .all(|argument| matches!(argument.text.as_str(), "-p" | "-x" | "-px" | "-xp"));
    if dumps {
        return Value::unknown(Taint::ENVIRONMENT);
    }
    for argument in call.arguments {
        if let Some((name, text)) = argument.text.split_once('=') {
            let value = Value {
                text: text.to_owned(),
                taint: argument.taint,
            };
            run.assign(name, value, &call.span);
        }
    }
    Value::default()
}

fn alias(run: &mut Run, call: &Call<'_>) -> Value {
    for argument in call.arguments {
        if let Some((name, text)) = argument.text.split_once('=') {
            let value = Value {
                text: text.to_owned(),
                taint: argument.taint,
            };
            run.variables.insert(format!("alias {name}"), value);
        }
    }
    Value::default()
}

fn read(run: &mut Run, call: &Call<'_>) -> Value {
    let silent = call
        .arguments
        .iter()
        .any(|argument| argument.text.starts_with('-') && argument.text.contains('s'));
    let value = if silent && run.shadows {
        // What is typed unseen into something that bears the name of a program is a password.
        Value::unknown(Taint::SECRET)
    } else if *call.input == Value::default() {
        Value::unknown(Taint::ARGUMENT)
    } else {
        call.input.clone()
    };
    for argument in call
        .arguments
        .iter()
        .filter(|argument| !argument.text.starts_with('-'))
    {
        let mut line = value.clone();
        line.text = line.text.lines().next().unwrap_or("").to_owned();
        run.variables.insert(argument.text.clone(), line);
    }
    Value::default()
}

/// `base64`, `xxd`, `gzip`: a decoder with one of these options, an encoder without.
fn coded(run: &mut Run, call: &Call<'_>, decoding: &[&str]) -> Value {
    let options: Vec<&str> = call
        .arguments
        .iter()
        .map(|argument| argument.text.as_str())
        .filter(|text| text.starts_with('-'))
        .collect();
    let decodes = options.iter().any(|option| decoding.contains(option))
        || decoding.contains(&options.join(" ").as_str());
    let mut source = if *call.input == Value::default() {
        filter(run, call)
    } else {
        call.input.clone()
    };
    for argument in call.arguments {
        source.taint |= argument.taint;
    }
    if !decodes {
        return Value::unknown(source.taint | Taint::ENCODED);
    }
    let taint = source.taint | Taint::DECODED;
    let text = source.known().and_then(|text| decode(&call.name, text));
    match text {
        Some(text) => Value { text, taint },
        None => Value::unknown(taint),
    }
}

fn decode(program: &str, text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    let bytes = match program {
        "base64" | "openssl" => decode_base64(&compact)?,
        "xxd" => decode_hex(&compact)?,
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

/// Both alphabets, padded or not.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabet = if text.contains(['-', '_']) {
        URL_SAFE
    } else {
        STANDARD
    };
    GeneralPurpose::new(&alphabet, config).decode(text).ok()
}

pub(crate) fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| {
        pairs
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect()
    })
}

fn openssl(run: &mut Run, call: &Call<'_>) -> Value {
    if has_word(call, &["s_client"]) {
        return transfer::raw_client(run, call);
    }
    let after = |option: &str| {
        let at = call
            .arguments
            .iter()
            .position(|argument| argument.text == option)?;
        call.arguments.get(at + 1)
    };
    let input = after("-in").map(|file| run.read(&file.text, &call.span));
    let inner = Call {
        name: call.name.clone(),
        arguments: call.arguments,
        input: input.as_ref().unwrap_or(call.input),
        span: call.span.clone(),
    };
    let output = coded(
        run,
        &inner,
        &["-d", "-base64 -d", "-d -base64", "-a -d", "-d -a", "-A -d"],
    );
    match after("-out") {
        Some(file) => {
            run.write(file, &output, &call.span);
            Value::default()
        }
        None => output,
    }
}

fn reversed(run: &mut Run, call: &Call<'_>) -> Value {
    let source = if *call.input == Value::default() {
        filter(run, call)
    } else {
        call.input.clone()
    };
    let taint = source.taint | Taint::DECODED;
    match source.known() {
        Some(text) => Value {
            text: text.trim_end().chars().rev().collect(),
            taint,
        },
        None => Value::unknown(taint),
    }
}

/// Only a rotation of the alphabet hides text; other uses clean it.
fn translate(run: &mut Run, call: &Call<'_>) -> Value {
    let [from, to, ..] = call.arguments else {
        return filter(run, call);
    };
    let source = call.input.clone();
    let (from, to) = (ranges(&from.text), ranges(&to.text));
    let letters = from.iter().filter(|letter| letter.is_alphabetic()).count();
    let moved = from
        .iter()
        .zip(&to)
        .filter(|(a, b)| !a.eq_ignore_ascii_case(b) && a.is_alphabetic() && b.is_alphabetic())
        .count();
    let taint = if letters >= 10 && moved >= 10 {
        source.taint | Taint::DECODED
    } else {
        source.taint
    };
    let map = |c: char| {
        from.iter()
            .rposition(|one| *one == c)
            .map_or(c, |at| to.get(at).or(to.last()).copied().unwrap_or(c))
    };
    match source.known() {
        Some(text)
            if !call
                .arguments
                .iter()
                .any(|argument| argument.text.starts_with('-')) =>
        {
            Value {
                text: text.chars().map(map).collect(),
                taint,
            }
        }
        _ => Value::unknown(taint),
    }
}

/// `a-z` and what else `tr` writes as a set.
fn ranges(set: &str) -> Vec<char> {
    let characters: Vec<char> = set.chars().take(256).collect();
    let mut all = Vec::new();
    let mut rest = characters.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        match tail {
            ['-', last, after @ ..] => {
                all.extend((*first..=*last).take(256));
                rest = after;
            }
            _ => {
                all.push(*first);
                rest = tail;
            }
        }
    }
    all
}

fn tee(run: &mut Run, call: &Call<'_>) -> Value {
    for argument in call
        .arguments
        .iter()
        .filter(|argument| !argument.text.starts_with('-'))
    {
        if argument.taint.has(Taint::NETWORK | Taint::DECODED) {
            continue;
        }
        run.write(argument, call.input, &call.span);
    }
    call.input.clone()
}

fn copy(run: &mut Run, call: &Call<'_>) -> Value {
    let paths: Vec<&Value> = call
        .arguments
        .iter()
        .filter(|argument| !argument.text.starts_with('-'))
        .collect();
    if let [sources @ .., target] = paths.as_slice()
        && !sources.is_empty()
    {
        let mut content = Value::default();
        for source in sources {
            content.push(&run.read(&source.text, &call.span));
        }
        run.write(target, &content, &call.span);
    }
    Value::default()
}

fn remove(run: &mut Run, call: &Call<'_>) -> Value {
    for argument in call
        .arguments
        .iter()
        .filter(|argument| !argument.text.starts_with('-'))
    {
        run.fact(&call.span, What::Delete(argument.text.clone()));
    }
    Value::default()
}

/// What a schedule runs is followed like the rest of the script.
fn scheduled(run: &mut Run, call: &Call<'_>) -> Value {
    if call.arguments.iter().any(|argument| argument.text == "-l") {
        return Value::unknown(Taint::default());
    }
    let mut lines = call.input.text.clone();
    for argument in call
        .arguments
        .iter()
        .filter(|argument| !argument.text.starts_with('-'))
    {
        if let Some(file) = run.files.get(&argument.text) {
            lines.push_str(&file.text);
        }
    }
    run.nested(
        &super::judge::cron_commands(&lines),
        &call.span,
        &Value::default(),
    )
}

/// Packs the files named into the first of them, or into its output.
fn archive(run: &mut Run, call: &Call<'_>) -> Value {
    let unpacks = call.arguments.first().is_some_and(|first| {
        let flags = first.text.trim_start_matches('-');
        call.name == "tar" && flags.starts_with('x') || flags.contains('x') && call.name == "7z"
    });
    let mut taint = call.input.taint;
    let paths: Vec<&Value> = call
        .arguments
        .iter()
        .filter(|argument| !argument.text.starts_with('-'))
        .collect();
    for path in &paths {
        taint |= path.taint | run.read(&path.text, &call.span).taint;
    }
    if unpacks {
        return Value::unknown(taint);
    }
    let content = Value::unknown(taint | Taint::ENCODED);
    let target = paths
        .iter()
        .find(|path| path.text.contains('.') && !crate::pattern::places::is_credential(&path.text));
    if let Some(target) = target {
        run.files.insert(target.text.clone(), content.clone());
    }
    content
}

fn find(run: &mut Run, call: &Call<'_>) -> Value {
    let mut taint = Taint::default();
    for argument in call.arguments {
        taint |= argument.taint;
        if crate::pattern::places::is_credential(&argument.text)
            || argument.text.contains("id_rsa")
            || argument.text.contains(".pem")
        {
            taint |= Taint::SECRET;
        }
    }
    let at = call
        .arguments
        .iter()
        .position(|argument| matches!(argument.text.as_str(), "-exec" | "-execdir" | "-ok" | "-x"));
    if let Some(command) = at.and_then(|at| call.arguments.get(at + 1..)) {
        let file = Value::unknown(taint | Taint::FILE);
        let words: Vec<Value> = command
            .iter()
            .take_while(|word| !matches!(word.text.as_str(), ";" | "+"))
            .map(|word| {
                if word.text.contains("{}") {
                    Value {
                        text: word.text.replace("{}", &file.text),
                        taint: file.taint,
                    }
                } else {
                    word.clone()
                }
            })
            .collect();
        return run.values(&words, call.input, &call.span).tainted(taint);
    }
    Value::unknown(taint)
}

/// `chmod +x` keeps what is known of the file; running it is judged when it is run.
fn mark_executable(run: &mut Run, call: &Call<'_>) {
    let executable = call
        .arguments
        .iter()
        .any(|argument| argument.text.contains('x') || argument.text.starts_with('7'));
    for argument in call.arguments {
        let downloaded = run.files.get(&argument.text).is_some_and(|file| {
            file.taint.has(Taint::NETWORK) && !file.taint.has(Taint::INSTALLER)
        });
        if executable && downloaded {
            run.check(
                &call.span,
                "shell-downloaded-executable",
                argument.text.clone(),
            );
        }
    }
}

fn has_word(call: &Call<'_>, words: &[&str]) -> bool {
    call.arguments
        .iter()
        .any(|argument| words.contains(&argument.text.as_str()))
}

/// The arguments with a blank between them.
pub(super) fn join(values: &[Value]) -> Value {
    let mut joined = Value::default();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            joined.push(&Value::text(" "));
        }
        joined.push(value);
    }
    joined
}
