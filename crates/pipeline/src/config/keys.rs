//! The keys that a configuration file sets: on which lines they stand, and whether anybody reads them.

use std::collections::BTreeMap;
use std::path::Path;

use super::file::ConfigError;

/// Every key, dotted, with the tables that are lists as `name[]`.
const KEYS: [&str; 50] = [
    "decisions",
    "decisions.audit",
    "decisions.format",
    "decisions.log",
    "fail-on",
    "grant",
    "grant[].allow",
    "grant[].allow-examples",
    "grant[].allow_examples",
    "grant[].deny",
    "grant[].deny-examples",
    "grant[].deny_examples",
    "grant[].digest",
    "grant[].skill",
    "limits",
    "limits.cpu-ms",
    "limits.file-bytes",
    "limits.import-ms",
    "limits.memory-bytes",
    "limits.output-bytes",
    "limits.pids",
    "limits.wall-ms",
    "limits.work-bytes",
    "limits.work-inodes",
    "profile",
    "rules",
    "rules.disable",
    "rules.extra",
    "sandbox",
    "sandbox.backend",
    "sandbox.image",
    "sandbox.limits",
    "sandbox.nsjail",
    "sandbox.pull",
    "sandbox.python",
    "sandbox.require",
    "sandbox.socket",
    "scan",
    "scan.file-bytes",
    "scan.files",
    "scan.second-opinion",
    "scan.skill-bytes",
    "store",
    "suppress",
    "suppress[].expires",
    "suppress[].path",
    "suppress[].reason",
    "suppress[].rule",
    "suppress[].skill",
    "tool.skillgate",
];

/// The line of each key of a document, by its name below the table `prefix`.
pub(super) fn lines(
    document: &toml::de::DeTable<'_>,
    prefix: &str,
    text: &str,
) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    collect(document, "", text, &mut lines);
    relative_to(prefix, lines)
}

fn collect(
    table: &toml::de::DeTable<'_>,
    prefix: &str,
    text: &str,
    lines: &mut BTreeMap<String, usize>,
) {
    for (key, value) in table {
        let name = join(prefix, key.get_ref());
        let line = text
            .get(..key.span().start)
            .map_or(0, |before| before.matches('\n').count() + 1);
        lines.entry(name.clone()).or_insert(line);
        match value.get_ref() {
            toml::de::DeValue::Table(inner) => collect(inner, &name, text, lines),
            toml::de::DeValue::Array(array) => {
                for item in array {
                    if let toml::de::DeValue::Table(inner) = item.get_ref() {
                        collect(inner, &format!("{name}[]"), text, lines);
                    }
                }
            }
            _ => {}
        }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        key.to_owned()
    } else {
        format!("{prefix}.{key}")
    }
}

fn relative_to(prefix: &str, lines: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    if prefix.is_empty() {
        return lines;
    }
    let below = |name: &str| {
        let rest = name.strip_prefix(prefix)?;
        if rest.is_empty() {
            Some("tool.skillgate".to_owned())
        } else {
            rest.strip_prefix('.').map(str::to_owned)
        }
    };
    lines
        .into_iter()
        .filter_map(|(name, line)| Some((below(&name)?, line)))
        .collect()
}

/// Fails at the first key that nobody reads.
pub(super) fn check(path: &Path, lines: &BTreeMap<String, usize>) -> Result<(), ConfigError> {
    let Some((key, line)) = lines.iter().find(|(key, _)| !KEYS.contains(&key.as_str())) else {
        return Ok(());
    };
    Err(ConfigError::UnknownKey {
        path: path.to_owned(),
        line: *line,
        key: key.clone(),
        suggestion: nearest(key),
    })
}

/// The known key that is likeliest meant; below 0.7 a suggestion misleads more than it helps.
fn nearest(key: &str) -> Option<String> {
    let likeness = |known: &str| strsim::jaro_winkler(key, known);
    let best = KEYS
        .into_iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.7).then(|| best.replace("[]", ""))
}
