//! Files that are changed where they lie: what `sed -i` puts into them.

use super::super::call::Call;
use super::super::judge;
use super::super::run::Run;
use crate::pattern::value::Value;

/// `sed -i` that makes a lock file or a manifest fetch from elsewhere.
pub(super) fn repointed(run: &mut Run, call: &Call<'_>) {
    let mut words = call.words();
    let pinned = words.clone().any(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        name.contains("lock")
            || name.contains("requirements")
            || name.starts_with("Dockerfile")
            || matches!(
                name,
                "package.json" | "pyproject.toml" | "go.mod" | "go.sum" | ".npmrc"
            )
    });
    let script = words.find(|word| word.starts_with(['s', 'a', 'i', 'c']) && word.contains("://"));
    let mut words = script
        .unwrap_or_default()
        .split(['#', '|', ',', ' ', '@'])
        .rev();
    let foreign = words.find(|word| word.contains("://"));
    let foreign = foreign.and_then(judge::foreign_repository);
    if let Some(host) = foreign.filter(|host| pinned && !judge::is_official_index(host)) {
        run.check(&call.span, "shell-foreign-index", host);
    }
}

/// `sed -i '1a text' file` writes the text into the file.
pub(super) fn inserted(run: &mut Run, call: &Call<'_>) {
    let in_place = call
        .arguments
        .iter()
        .any(|word| word.text.starts_with("-i"));
    let script = call.arguments.iter().find_map(|word| {
        let rest = word
            .text
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '$');
        let text = rest
            .strip_prefix(['a', 'i', 'c'])
            .filter(|_| rest.len() < word.text.len())?;
        Some(Value::text(text.trim_start_matches(['\\', ' ', '\n'])).tainted(word.taint))
    });
    if let (true, Some(text), Some(file)) = (in_place, script, call.arguments.last()) {
        run.write(file, &text, &call.span);
    }
}
