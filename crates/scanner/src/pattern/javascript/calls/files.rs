//! Files that calls write, copy and delete, and where their content came from.

use super::super::follow::Follower;
use super::super::value::Js;
use super::Call;
use crate::Kind;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// Shortest script inside a program that is examined by itself, in bytes.
const MIN_SCRIPT: usize = 16;

/// What stands in a program and in little else.
const PROGRAM: [&str; 4] = ["require(", "fetch(", "import(", "process."];

/// Judges what a call of the file system reads, writes and deletes.
pub(super) fn filed(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let path = arguments
        .first()
        .map(|path| path.value.text.clone())
        .unwrap_or_default();
    let span = call.span.clone();
    match call.method() {
        "writeFile" | "writeFileSync" | "appendFile" | "appendFileSync" | "createWriteStream"
        | "outputFile" | "outputFileSync" | "writeTextFile" | "writeTextFileSync" | "write"
        | "symlink" | "symlinkSync" => {
            let content = arguments
                .get(1)
                .map(|content| content.value.clone())
                .unwrap_or_default();
            keep(follower, &path, content.taint);
            if overwrites_everything(&path, arguments) {
                follower.check(span.clone(), "javascript-tree-deleted", path.clone());
            }
            if content.taint.has(Taint::ENVIRONMENT) && !path.contains(".env") {
                follower.check(span.clone(), "javascript-secrets-printed", path.clone());
            }
            let kind = Kind::identify(&path, content.text.as_bytes());
            if kind.is_program() && content.text.trim_matches(UNKNOWN).len() > MIN_SCRIPT {
                follower.fact(
                    span.clone(),
                    What::Code {
                        kind,
                        how: "written file",
                        text: content.text.replace(UNKNOWN, "_"),
                    },
                );
            }
            if !kind.is_program()
                && call.method().starts_with("append")
                && PROGRAM.iter().any(|word| content.text.contains(word))
            {
                let text = content.text.replace(UNKNOWN, "_");
                let (kind, how) = (Kind::JavaScript, "appended code");
                follower.fact(span.clone(), What::Code { kind, how, text });
            }
            follower.fact(span, What::Write { path, content });
        }
        "truncate" | "truncateSync" | "ftruncate" => {
            if overwrites_everything(&path, arguments) {
                follower.check(span.clone(), "javascript-tree-deleted", path.clone());
            }
            follower.fact(span, What::Delete(path));
        }
        "copyFile" | "copyFileSync" | "cp" | "cpSync" | "rename" | "renameSync" | "copy"
        | "copySync" | "move" | "moveSync" => {
            if let Some(target) = arguments.get(1) {
                follower.fact(span.clone(), What::Read(path));
                follower.fact(
                    span,
                    What::Write {
                        path: target.value.text.clone(),
                        content: Value::unknown(Taint::FILE),
                    },
                );
            }
        }
        "unlink" | "unlinkSync" | "rm" | "rmSync" | "rmdir" | "rmdirSync" | "remove"
        | "removeSync" | "emptyDirSync" | "rimraf" | "sync" => {
            let home = matches!(
                path.as_str(),
                "/" | "~" | "~/" | "/*" | "~/*" | ".." | "../"
            ) || path.starts_with("/etc")
                || path.starts_with("/usr");
            let all = is_everything_in(&path, arguments);
            let project = path == "." && is_recursive(call, arguments);
            if home || all || project {
                follower.check(span.clone(), "javascript-tree-deleted", path.clone());
            }
            follower.fact(span, What::Delete(path));
        }
        _ => {}
    }
}

/// Whether folders go with all they hold.
fn is_recursive(call: &Call, arguments: &[Js]) -> bool {
    let options = arguments.get(1).and_then(|options| options.fields.as_ref());
    let recursive = options.and_then(|options| options.get("recursive"));
    recursive.is_some_and(|recursive| recursive.value.text == "true")
        || matches!(call.method(), "remove" | "removeSync" | "rimraf")
}

/// Whatever lies in the home, in the root or above the project, one after the other.
fn is_everything_in(path: &str, arguments: &[Js]) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    let unknown = !name.is_empty() && name.trim_matches(UNKNOWN).is_empty();
    let listed = arguments
        .first()
        .is_some_and(|path| path.value.taint.has(Taint::LISTED));
    let above = folder.ends_with("..") && listed;
    unknown && (folder == "~" || folder.is_empty() && listed || above)
}

/// Every file of a home is written over with what was not in it.
fn overwrites_everything(path: &str, arguments: &[Js]) -> bool {
    let listed = arguments
        .first()
        .is_some_and(|path| path.value.taint.has(Taint::LISTED));
    let kept = arguments.get(1).is_some_and(|content| {
        content
            .value
            .taint
            .has(Taint::FILE | Taint::PERSONAL | Taint::NETWORK)
    });
    let personal = arguments
        .first()
        .is_some_and(|path| path.value.taint.has(Taint::PERSONAL))
        && path.trim_matches(UNKNOWN).is_empty()
        && arguments.len() > 1;
    listed && !kept && (personal || is_everything_in(path, arguments))
}

/// Remembers where the content of a file came from.
fn keep(follower: &mut Follower<'_>, path: &str, taint: Taint) {
    let plain = path.strip_prefix("./").unwrap_or(path);
    if !plain.is_empty() {
        *follower.files.entry(plain.to_owned()).or_default() |= taint;
    }
}

/// What flows into a stream lies in its file.
pub(super) fn streamed(follower: &mut Follower<'_>, target: &Js, taint: Taint) {
    if target.name.as_deref() == Some("fs.createWriteStream()") {
        let path = target.value.text.clone();
        keep(follower, &path, taint);
    }
}
