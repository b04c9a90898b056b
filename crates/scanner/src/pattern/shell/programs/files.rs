//! Programs that write, copy, remove and mark files.

use super::super::call::Call;
use super::super::run::Run;
use super::super::{What, judge};
use super::settings::stays_beside;
use crate::pattern::places;
use crate::pattern::value::{Taint, UNKNOWN, Value, of_path};

pub(super) fn tee(run: &mut Run, call: &Call<'_>) -> Value {
    for argument in call.operands() {
        if argument.taint.has(Taint::NETWORK | Taint::DECODED) {
            continue;
        }
        run.write(argument, call.input, &call.span);
    }
    call.input.clone()
}

pub(super) fn copy(run: &mut Run, call: &Call<'_>) -> Value {
    let paths: Vec<&Value> = call.operands().collect();
    if let [source, target] = paths.as_slice()
        && call.name == "ln"
        && judge::is_start_up(&target.text)
        && is_beside_script(run, source)
    {
        // What is linked lies beside the script, and is examined there.
        run.fact(
            &call.span,
            What::Agreed {
                path: target.text.clone(),
                content: Value::unknown(Taint::FILE),
            },
        );
        return Value::default();
    }
    if let [sources @ .., target] = paths.as_slice()
        && !sources.is_empty()
    {
        let mut content = Value::default();
        for source in sources {
            if places::is_credential(&source.text) && stays_beside(&source.text, &target.text) {
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

/// Whether a file came with the script: it lies beside it or below, and the script did not write it.
fn is_beside_script(run: &Run, file: &Value) -> bool {
    let path = file.text.as_str();
    let below = path.strip_prefix("./").unwrap_or(path);
    let below = below.trim_start_matches(UNKNOWN).trim_start_matches('/');
    let beside = !path.starts_with(['/', '~']) && !below.is_empty() && !below.starts_with("..");
    let written = run.files.get(path).or_else(|| run.files.get(below));
    beside && written.is_none() && !file.taint.has(Taint::NETWORK | Taint::DECODED)
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
    for argument in call.operands() {
        run.fact(&call.span, What::Delete(argument.text.clone()));
    }
    Value::default()
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
