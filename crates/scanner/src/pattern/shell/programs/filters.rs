//! Programs that read files or their input, and write some of it.

use std::sync::LazyLock;

use regex::Regex;

use super::super::What;
use super::super::call::Call;
use super::super::run::Run;
use super::builtins::spoken;
use super::edits::{inserted, repointed};
use super::settings::consults;
use crate::expression::constant;
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

/// How keys begin that have a form of their own.
static KEY_SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"AKIA|gh[opsu]_|xox[baprs\[]|PRIVATE KEY|sk[-_](?:live|ant|proj)|AIza|glpat|npm_\w?\[",
    )
});

/// Reads files named by arguments, or its input, and writes some of it.
pub(super) fn filter(run: &mut Run, call: &Call<'_>) -> Value {
    let (taint, text) = operands_read(run, call);
    let taint = of_program(call, taint | call.input.taint);
    let reads_input = call.operands().next().is_none();
    let input = reads_input.then(|| call.input.text.clone());
    if call.name == "cat" && !call.input.text.is_empty() {
        spoken(run, call, call.input);
    }
    if call.name == "sed" {
        repointed(run, call);
        inserted(run, call);
    }
    let keeps = matches!(
        call.name.as_str(),
        "cat" | "tac" | "sponge" | "pv" | "head" | "tail"
    );
    match text.or(input).filter(|_| keeps) {
        Some(text) => Value { text, taint },
        None => Value::unknown(taint),
    }
}

/// Where the arguments and the files that they name came from, and the text of an only file.
fn operands_read(run: &mut Run, call: &Call<'_>) -> (Taint, Option<String>) {
    let searches = SEARCHERS.contains(&call.name.as_str());
    let reads_files = READERS.contains(&call.name.as_str());
    // The first word of a search is what it searches for, unless an option says so.
    let mut pattern = searches && !call.has(&["-e", "-f", "--regexp", "--file"]);
    let mut taint = Taint::default();
    let mut text = None;
    for argument in call.arguments {
        let is_option = argument.text.starts_with('-');
        if pattern && !is_option {
            pattern = false;
            continue;
        }
        taint |= argument
            .taint
            .without(Taint::NETWORK | Taint::INSTALLER | Taint::DECODED);
        if !reads_files || is_option || argument.text.is_empty() {
            continue;
        }
        if searches && says_machine(&argument.text) {
            // One line of what the machine says of itself is not the whole of it.
            run.fact(&call.span, What::Search(argument.text.clone()));
            taint |= Taint::MACHINE;
        } else if consults(call, &argument.text) {
            run.fact(&call.span, What::Consult(argument.text.clone()));
            taint |= Taint::FILE;
        } else {
            let content = run.read(&argument.text, &call.span);
            taint |= content.taint;
            text = content
                .known()
                .map(str::to_owned)
                .filter(|_| text.is_none());
        }
    }
    (taint, text)
}

/// A file in which the machine describes itself, and no program's environment.
fn says_machine(path: &str) -> bool {
    (path.starts_with("/proc/") || path.starts_with("/sys/")) && !path.ends_with("environ")
}

/// What becomes of the marks by what the program does.
fn of_program(call: &Call<'_>, mut taint: Taint) -> Taint {
    if pattern_of(call).is_some_and(|pattern| KEY_SHAPE.is_match(pattern)) {
        // What a search for the shapes of keys finds is keys.
        taint |= Taint::SECRET;
    }
    if matches!(call.name.as_str(), "jq" | "yq") && taint.has(Taint::SECRET) {
        // One field of a file of credentials is what its service is asked with.
        taint = taint.without(Taint::SECRET) | Taint::SESSION;
    }
    if asks_caller(call) {
        taint |= Taint::ARGUMENT;
    }
    if call.name == "jq" && pattern_of(call).is_some_and(|query| query.contains("@sh")) {
        // What `jq` writes as words of a shell is quoted.
        taint = taint.without(Taint::ARGUMENT);
    }
    if matches!(
        call.name.as_str(),
        "exiftool" | "identify" | "strings" | "pdftotext" | "zbarimg"
    ) {
        taint |= Taint::FILE | Taint::DATA;
    }
    taint
}

/// Whether the input of the script itself is read, which its caller writes.
fn asks_caller(call: &Call<'_>) -> bool {
    let reads = match call.name.as_str() {
        "cat" => call.arguments.iter().all(|word| word.text == "-"),
        "jq" => {
            let mut words = call.words();
            let null = words.clone().any(|word| {
                word == "--null-input"
                    || word
                        .strip_prefix('-')
                        .is_some_and(|flags| !flags.starts_with('-') && flags.contains('n'))
            });
            !null && words.by_ref().filter(|word| !word.starts_with('-')).count() == 1
        }
        _ => false,
    };
    let own = call.arguments.iter().any(|word| word.text == "/dev/stdin");
    (reads || own) && *call.input == Value::default()
}

/// What a search looks for, where that is its first operand.
pub(super) fn pattern_of<'c>(call: &Call<'c>) -> Option<&'c str> {
    let searches = SEARCHERS.contains(&call.name.as_str());
    let mut words = call.words();
    words.find(|word| searches && !word.starts_with('-'))
}
