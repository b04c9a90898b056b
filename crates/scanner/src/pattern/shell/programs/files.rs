//! Programs that read, copy, pack, find and remove files.

use std::sync::LazyLock;

use regex::Regex;

use super::super::run::{Call, Run};
use super::super::{What, judge};
use super::builtins::spoken;
use super::edits::{inserted, repointed};
use super::has_word;
use super::settings::{consults, stays_beside};
use crate::expression::constant;
use crate::pattern::value::{Taint, UNKNOWN, Value, of_path};

/// Folders of downloads that are remembered.
const MAX_FOLDERS: usize = 64;

/// Readers whose first argument is a pattern or a program.
const SEARCHERS: &[&str] = &[
    "grep", "egrep", "fgrep", "rg", "sed", "awk", "gawk", "jq", "yq", "tr",
];

/// How keys begin that have a form of their own.
static KEY_SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"AKIA|gh[opsu]_|xox[baprs\[]|PRIVATE KEY|sk[-_](?:live|ant|proj)|AIza|glpat|npm_\w?\[",
    )
});

pub(super) fn pattern_of<'c>(call: &Call<'c>) -> Option<&'c str> {
    let searches = SEARCHERS.contains(&call.name.as_str());
    let mut words = call.arguments.iter().map(|argument| argument.text.as_str());
    words.find(|word| searches && !word.starts_with('-'))
}

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
            let search = SEARCHERS.contains(&call.name.as_str())
                && ["/proc/", "/sys/"]
                    .iter()
                    .any(|start| argument.text.starts_with(start))
                && !argument.text.ends_with("environ");
            if search {
                // One line of what the machine says of itself is not the whole of it.
                run.fact(&call.span, What::Search(argument.text.clone()));
                taint |= Taint::MACHINE;
                continue;
            }
            if consults(call, &argument.text) {
                run.fact(&call.span, What::Consult(argument.text.clone()));
                taint |= Taint::FILE;
                continue;
            }
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
    let keeps = matches!(
        call.name.as_str(),
        "cat" | "tac" | "sponge" | "pv" | "head" | "tail"
    );
    if call.name == "cat" && !call.input.text.is_empty() {
        spoken(run, call, call.input);
    }
    if call.name == "sed" {
        repointed(run, call);
        inserted(run, call);
    }
    if matches!(
        call.name.as_str(),
        "exiftool" | "identify" | "strings" | "pdftotext" | "zbarimg"
    ) {
        taint |= Taint::FILE | Taint::DATA;
    }
    match text.or(input).filter(|_| keeps) {
        Some(text) => Value { text, taint },
        None => Value::unknown(taint),
    }
}

/// Whether the input of the script itself is read, which its caller writes.
fn asks_caller(call: &Call<'_>) -> bool {
    let reads = match call.name.as_str() {
        "cat" => call.arguments.iter().all(|word| word.text == "-"),
        "jq" => {
            let mut words = call.arguments.iter().map(|word| word.text.as_str());
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
            if crate::pattern::places::is_credential(&source.text)
                && stays_beside(&source.text, &target.text)
            {
                run.fact(&call.span, What::Consult(source.text.clone()));
                content.push(&Value::unknown(of_path(&source.text)));
                continue;
            }
            content.push(&run.read(&source.text, &call.span));
        }
        run.write(target, &content, &call.span);
    }
    Value::default()
}

pub(super) fn remove(run: &mut Run, call: &Call<'_>) -> Value {
    let recursive = call
        .arguments
        .iter()
        .any(|flags| flags.text.starts_with('-') && flags.text.contains(['r', 'R']));
    let everything = call.arguments.iter().any(|path| {
        matches!(
            path.text.as_str(),
            "*" | "./*" | "." | "./" | ".*" | ".[!.]*"
        )
    });
    let listed = call
        .arguments
        .iter()
        .find(|path| path.taint.has(Taint::TREE) && path.text.trim_matches(UNKNOWN).is_empty());
    if listed.is_some() {
        // Whatever a search over a whole home gave out, one after the other.
        run.check(
            &call.span,
            "shell-tree-deleted",
            "everything that was found",
        );
    }
    if recursive && everything && judge::is_system_tree(&run.folder.text) {
        let folder = run.folder.text.clone();
        run.check(&call.span, "shell-tree-deleted", folder);
    }
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
        if matches!(
            path.text.as_str(),
            "." | "./" | ".." | "*" | "./*" | "~" | "~/"
        ) {
            taint |= Taint::TREE;
        }
    }
    if unpacks {
        unpacked(run, taint, target_folder(call));
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

/// `unzip archive [-d folder]` and its like.
pub(super) fn unpack(run: &mut Run, call: &Call<'_>) -> Value {
    let mut taint = call.input.taint;
    for argument in call
        .arguments
        .iter()
        .filter(|one| !one.text.starts_with('-'))
    {
        taint |= run
            .written(&argument.text)
            .map_or(argument.taint, |file| file.taint);
    }
    unpacked(run, taint, target_folder(call));
    Value::unknown(taint)
}

/// A package that the script fetched is installed, with whatever it runs then.
pub(super) fn install(run: &mut Run, call: &Call<'_>) -> Value {
    let fetched = call.arguments.iter().find(|argument| {
        run.written(&argument.text)
            .is_some_and(|file| file.taint.has(Taint::NETWORK))
    });
    if let Some(package) = fetched {
        run.check(&call.span, "shell-downloaded-tree", package.text.clone());
    }
    Value::unknown(Taint::default())
}

/// Where an unpacker puts things: `-C folder`, `-d folder`, the current one.
fn target_folder(call: &Call<'_>) -> String {
    let mut pairs = call.arguments.windows(2);
    pairs
        .find_map(|pair| match pair {
            [option, folder] if matches!(option.text.as_str(), "-C" | "-d" | "--directory") => {
                Some(folder.text.trim_end_matches('/').to_owned())
            }
            _ => None,
        })
        .unwrap_or_else(|| ".".to_owned())
}

pub(super) fn unpacked(run: &mut Run, taint: Taint, folder: String) {
    let fits = run.downloaded.len() < MAX_FOLDERS && !run.downloaded.contains(&folder);
    if fits && taint.has(Taint::NETWORK) && !taint.has(Taint::INSTALLER) {
        run.downloaded.push(folder);
    }
}

/// The names of disks, as a listing gives them out.
pub(super) fn disks(call: &Call<'_>) -> Option<Value> {
    let lists = match call.name.as_str() {
        "lsblk" | "blkid" | "fdisk" | "diskutil" => true,
        "ls" => call.arguments.iter().any(|word| {
            word.text.starts_with("/dev/") && (judge::is_disk(&word.text) || word.text == "/dev/")
        }),
        _ => false,
    };
    lists.then(|| Value::unknown(Taint::LISTED))
}

pub(super) fn find(run: &mut Run, call: &Call<'_>) -> Value {
    let mut taint = Taint::default();
    for argument in call.arguments {
        taint |= argument.taint;
        if crate::pattern::places::is_credential(&argument.text)
            || argument.text.contains("id_rsa")
            || argument.text.contains(".pem")
            || argument.text.starts_with(".env")
        {
            taint |= Taint::SECRET;
        }
        taint |= of_path(&argument.text).common(Taint::PERSONAL);
    }
    let words: Vec<&str> = call
        .arguments
        .iter()
        .map(|argument| argument.text.as_str())
        .collect();
    if call.name == "find" && judge::finds_everything(&words) {
        taint |= Taint::TREE;
    }
    if has_word(call, &["-perm"]) {
        // Which programs have rights that their user lacks says how the machine can be taken.
        taint |= Taint::MACHINE;
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
        return run.given(&words, call.input, &call.span).tainted(taint);
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
