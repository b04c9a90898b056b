//! Bounds on what is said in the harness's place: a payload that speaks for it knows none.

use super::Function;

/// Longer texts of the harness are cut there.
const LONGEST_TEXT: usize = 500;

/// A docstring of 8,000 characters that are none of ASCII.
const LONGEST_DOC: usize = 4 * 8000 + 3;

const LONGEST_NAME: usize = 1024;

const MOST_PARAMETERS: usize = 256;

/// Text of the payload, no longer than the harness would have made it.
pub(super) fn cut(text: String) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// What the harness would have described; a payload that speaks in its place knows no bounds.
pub(super) fn is_sane(function: &Function) -> bool {
    let parameters = || function.init.iter().flatten().chain(&function.parameters);
    function.name.len() <= LONGEST_NAME
        && function.doc.len() <= LONGEST_DOC
        && parameters().count() <= MOST_PARAMETERS
        && parameters().all(|one| one.0.len().max(one.1.len()).max(one.3.len()) <= LONGEST_NAME)
}
