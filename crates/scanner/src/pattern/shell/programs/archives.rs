//! Programs that pack, unpack and install.

use super::super::call::Call;
use super::super::run::Run;
use crate::pattern::places;
use crate::pattern::value::{Taint, Value};

/// Folders of downloads that are remembered.
const MAX_FOLDERS: usize = 64;

/// Packs the files named into the first of them, or into its output.
pub(super) fn archive(run: &mut Run, call: &Call<'_>) -> Value {
    let unpacks = call.arguments.first().is_some_and(|first| {
        let flags = first.text.trim_start_matches('-');
        call.name == "tar" && flags.starts_with('x') || flags.contains('x') && call.name == "7z"
    });
    let mut taint = call.input.taint;
    let paths: Vec<&Value> = call.operands().collect();
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
        .find(|path| path.text.contains('.') && !places::is_credential(&path.text));
    if let Some(target) = target {
        run.files.insert(target.text.clone(), content.clone());
    }
    content
}

/// `unzip archive [-d folder]` and its like.
pub(super) fn unpack(run: &mut Run, call: &Call<'_>) -> Value {
    let mut taint = call.input.taint;
    for argument in call.operands() {
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
