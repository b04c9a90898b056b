//! Files of settings that hold a credential among much else.

use std::sync::LazyLock;

use regex::Regex;

use super::super::call::Call;
use super::filters::pattern_of;
use crate::expression::constant;

/// Settings among which a credential may stand, and which are looked at for everything else in them.
const MIXED: [&str; 9] = [
    ".claude.json",
    ".docker/config.json",
    ".kube/config",
    ".ssh/config",
    ".aws/config",
    ".npmrc",
    ".pypirc",
    ".config/gh/config",
    ".my.cnf",
];

/// What a search is for when it is for credentials, or for everything.
static SECRET_QUERY: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)token|secret|passw|auths?\b|credential|(?:api|access)[-_]?key|private|-data\b|identit|oauth|account|^\.?$|^\.\*|^['\x22]?p?$",
    )
});

/// Whether a search asks a file of settings for something else than the credentials in it.
pub(super) fn consults(call: &Call<'_>, path: &str) -> bool {
    let quiet = call.arguments.iter().any(|word| {
        matches!(word.text.as_str(), "--quiet" | "--count")
            || word
                .text
                .strip_prefix('-')
                .is_some_and(|flags| !flags.starts_with('-') && flags.contains(['q', 'c']))
    });
    if quiet && call.name.ends_with("grep") {
        return true;
    }
    let mixed = MIXED.iter().any(|name| path.contains(name));
    mixed
        && pattern_of(call).is_some_and(|query| {
            let values = query.contains(".env") && !query.contains("keys");
            query.len() > 3 && !SECRET_QUERY.is_match(query) && !values
        })
}

/// Whether a file is copied to a place beside it, which opens it to nobody.
pub(super) fn stays_beside(source: &str, target: &str) -> bool {
    let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    target.starts_with(source) || folder(source).is_some_and(|own| folder(target) == Some(own))
}
