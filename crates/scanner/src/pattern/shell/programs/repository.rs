//! Version control: repositories that come from elsewhere, and what leaves in one.

use super::super::call::Call;
use super::super::judge;
use super::super::run::Run;
use super::archives::unpacked;
use crate::pattern::value::{Taint, Value};

/// A repository from a host that is no public forge is a download, and one sent there a leak.
pub(super) fn git(run: &mut Run, call: &Call<'_>) -> Value {
    let words: Vec<&str> = call.words().filter(|word| !word.starts_with('-')).collect();
    match words.as_slice() {
        ["clone", url, rest @ ..] if judge::foreign_repository(url).is_some() => {
            let name = url
                .trim_end_matches(".git")
                .rsplit('/')
                .next()
                .unwrap_or("");
            let folder = rest.first().copied().unwrap_or(name).to_owned();
            unpacked(run, Taint::NETWORK, folder);
        }
        ["submodule", "add", url, rest @ ..] if judge::foreign_repository(url).is_some() => {
            let folder = rest.first().copied().unwrap_or(".").to_owned();
            unpacked(run, Taint::NETWORK, folder);
        }
        ["bundle", "create", file, ..] => {
            let content = Value::unknown(Taint::FILE | Taint::TREE | Taint::ENCODED);
            run.files.insert((*file).to_owned(), content);
        }
        ["remote", "add" | "set-url", name, url] => {
            let value = Value::text(*url);
            run.variables.insert(format!("remote {name}"), value);
        }
        ["push", target, ..] => {
            let named = run.variables.get(&format!("remote {target}"));
            let url = named
                .map_or(*target, |value| value.text.as_str())
                .to_owned();
            if let Some(host) = judge::foreign_repository(&url) {
                run.check(&call.span, "shell-code-pushed", host);
            }
        }
        _ => {}
    }
    Value::unknown(Taint::default())
}
