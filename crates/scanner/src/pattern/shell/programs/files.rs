//! Programs that read, copy, pack, find and remove files.

use super::super::run::{Call, Run};
use super::super::{What, judge};
use crate::pattern::value::{Taint, Value};

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

/// Reads files named by arguments, or its input, and writes some of it.
pub(super) fn filter(run: &mut Run, call: &Call<'_>) -> Value {
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

pub(super) fn tee(run: &mut Run, call: &Call<'_>) -> Value {
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

pub(super) fn copy(run: &mut Run, call: &Call<'_>) -> Value {
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

pub(super) fn remove(run: &mut Run, call: &Call<'_>) -> Value {
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
pub(super) fn scheduled(run: &mut Run, call: &Call<'_>) -> Value {
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
    run.nested(&judge::cron_commands(&lines), &call.span, &Value::default())
}

/// Packs the files named into the first of them, or into its output.
pub(super) fn archive(run: &mut Run, call: &Call<'_>) -> Value {
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

pub(super) fn find(run: &mut Run, call: &Call<'_>) -> Value {
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
pub(super) fn mark_executable(run: &mut Run, call: &Call<'_>) {
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
