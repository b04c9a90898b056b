//! Examples of docstrings: what they call, and whether it printed what they say.

use super::{Case, case};
use crate::harness::{Function, Module};

/// One case for each docstring example that says what it prints.
pub(super) fn examples(module: &Module, function: &Function) -> Vec<Case> {
    let mut found = Vec::new();
    let mut before: Vec<String> = Vec::new();
    let mut lines = function.doc.lines().peekable();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let Some(source) = line.trim_start().strip_prefix(">>> ") else {
            continue;
        };
        let mut source = source.to_owned();
        while let Some(more) = lines
            .peek()
            .and_then(|next| next.trim_start().strip_prefix("..."))
        {
            source.push('\n');
            source.push_str(more.strip_prefix(' ').unwrap_or(more));
            lines.next();
        }
        source.push('\n');
        let mut expected = String::new();
        while let Some(next) = lines
            .peek()
            .filter(|next| !next.trim().is_empty() && !next.trim_start().starts_with(">>>"))
        {
            expected.push_str(next.get(indent..).unwrap_or(next.trim_start()));
            expected.push('\n');
            lines.next();
        }
        before.push(source.clone());
        if expected.is_empty() || source.contains("doctest: +SKIP") || found.len() >= 8 {
            continue;
        }
        found.push(Case {
            examples: before.clone(),
            expected: Some(expected),
            ..case(
                module,
                &function.name,
                source.trim_end().to_owned(),
                "docstring",
            )
        });
    }
    found
}

/// Whether an example printed what its docstring says, with `...` standing for anything.
pub(super) fn agrees(expected: &str, printed: &str) -> bool {
    let tidy = |text: &str| {
        let text = text.replace("<BLANKLINE>", "");
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
            .trim_end()
            .to_owned()
    };
    let (expected, printed) = (tidy(expected), tidy(printed));
    if expected.starts_with("Traceback") {
        return expected.lines().last().map(str::trim) == printed.lines().last().map(str::trim);
    }
    // The harness cuts long output.
    if printed.ends_with("...") && printed.len() >= 2000 {
        return expected.starts_with(printed.trim_end_matches('.'));
    }
    let mut rest = printed.as_str();
    let mut parts = expected.split("...").peekable();
    let Some(Some(after)) = parts.next().map(|first| rest.strip_prefix(first)) else {
        return false;
    };
    rest = after;
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or("");
    }
    rest.is_empty()
}
