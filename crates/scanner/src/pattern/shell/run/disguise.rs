//! Words and functions that are written so that nobody sees what they are.

use std::ops::Range;

use super::Run;
use super::commands::first_word;
use crate::pattern::shell::programs;
use crate::pattern::shell::syntax::{Body, List, Part, Word};
use crate::pattern::value::Value;

impl Run {
    /// A function that pipes itself into itself in the background.
    pub(super) fn fork_bomb(&mut self, name: &str, body: &List, span: &Range<usize>) {
        let calls = |list: &List| {
            list.iter().any(|pipeline| {
                pipeline.commands.len() > 1
                    && pipeline
                        .commands
                        .iter()
                        .all(|command| first_word(command).as_deref() == Some(name))
            })
        };
        let inner = body.iter().flat_map(|pipeline| &pipeline.commands);
        let nested = inner.filter_map(|command| match &command.body {
            Body::Group(list) => Some(list),
            Body::Simple { .. }
            | Body::Loop(_)
            | Body::For { .. }
            | Body::Count { .. }
            | Body::Coprocess { .. }
            | Body::Function { .. } => None,
        });
        if calls(body) || nested.into_iter().any(calls) {
            self.check(span, "shell-fork-bomb", name);
        }
    }
}

/// `/etc/shad[o]w` is `/etc/shadow`, written so that a search does not find it.
pub(super) fn without_brackets(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('[') {
        plain.push_str(rest.get(..at).unwrap_or(""));
        let inside = rest.get(at + 1..).unwrap_or("");
        let mut letters = inside.chars();
        rest = match (letters.next(), letters.next()) {
            (Some(letter), Some(']')) => {
                plain.push(letter);
                letters.as_str()
            }
            _ => {
                plain.push('[');
                inside
            }
        };
    }
    plain.push_str(rest);
    plain
}

/// A command's name that is put together from pieces which no honest writer would part.
pub(super) fn is_disguised(word: &Word, value: &Value) -> bool {
    let name = value.program();
    let folder = value.text.strip_suffix(name).unwrap_or("");
    if folder.starts_with('/') && value.text.matches('?').count() > 1 {
        // `/???/b??h` leaves it to the names on the disk what it starts.
        return true;
    }
    let plain_name = name.len() > 1
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !plain_name || word.parts.len() < 2 {
        return false;
    }
    let mut parts = word.parts.as_slice();
    if let [
        rest @ ..,
        Part::Text { plain: false, .. },
        Part::Text { text, plain: false },
    ] = parts
        && text.is_empty()
    {
        parts = parts.get(..=rest.len()).unwrap_or(parts);
    }
    let variables = parts
        .iter()
        .filter(|part| matches!(part, Part::Variable { .. }))
        .count();
    if variables > 0 {
        let sliced = parts.iter().any(|part| matches!(part, Part::Variable { operation, .. } if operation.starts_with([':', '/']) && !operation.starts_with(":-")));
        return programs::is_suspicious(name)
            && (sliced || variables == parts.len() && variables > 1);
    }
    let texts: Option<Vec<(&str, bool)>> = parts
        .iter()
        .map(|part| match part {
            Part::Text { text, plain } => Some((text.as_str(), *plain)),
            Part::Variable { .. } | Part::Output(_) | Part::Process(_) => None,
        })
        .collect();
    match texts.as_deref() {
        // `\ls` runs the program behind an alias, which scripts do.
        None | Some([] | [_] | [(_, false), (_, true)]) => false,
        Some(texts) => {
            texts.iter().all(|(text, _)| !text.contains('/'))
                && texts.iter().any(|(_, plain)| !plain)
        }
    }
}
