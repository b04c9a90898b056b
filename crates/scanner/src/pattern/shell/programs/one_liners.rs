//! Code that a command line itself holds, and what one-liners of Perl, PHP and Ruby do.

use super::super::call::Call;
use super::super::run::Run;
use super::{executed, join};
use crate::Kind;
use crate::pattern::places;
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// Code and the words after it, of which a shell calls the second `$1`.
pub(super) fn inline_code(
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
