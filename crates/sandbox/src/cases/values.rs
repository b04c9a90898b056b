//! Values for parameters: by type hint, else by name; and the files that they may name.

use crate::harness::Parameter;

/// Files that generated calls may name, planted before the skill starts.
pub(crate) const SAMPLES: [(&str, &str); 6] = [
    (
        "/tmp/sample/sample.txt",
        "Sample text, first line.\nSecond line, 42 apples.\n",
    ),
    ("/tmp/sample/sample.csv", "name,count\nsample,3\nother,5\n"),
    (
        "/tmp/sample/sample.json",
        "{\"name\": \"sample\", \"items\": [1, 2, 3]}\n",
    ),
    (
        "/tmp/sample/sample.md",
        "# Sample\n\nText with a [link](https://sample.invalid/).\n",
    ),
    (
        "/tmp/sample/sample.log",
        "2024-01-31 12:00:00 ERROR sample failed\n2024-01-31 12:00:01 INFO ok\n",
    ),
    ("/tmp/sample/sample.py", "def sample():\n    return 1\n"),
];

/// Every made-up name contains this, so that an effect that only repeats an argument is told apart.
pub(crate) const MARK: &str = "sample";

/// The required arguments as Python writes them.
pub(super) fn arguments(parameters: &[Parameter], variant: usize) -> String {
    let required = parameters.iter().filter(|parameter| !parameter.2);
    let written = required.map(|Parameter(name, hint, _, kind)| {
        let value = value(name, hint, variant);
        if kind == "keyword" {
            format!("{name}={value}")
        } else {
            value
        }
    });
    written.collect::<Vec<_>>().join(", ")
}

/// A value for a parameter: by its type hint, else by its name; the second variant is an edge of the same type.
pub(super) fn value(name: &str, hint: &str, variant: usize) -> String {
    let hint = hint
        .to_ascii_lowercase()
        .replace("typing.", "")
        .replace("collections.abc.", "");
    let hint = hint
        .strip_prefix("optional[")
        .map_or(hint.as_str(), |inner| inner.trim_end_matches(']'));
    let first = hint.split('|').next().unwrap_or(hint).trim();
    let base = first.split('[').next().unwrap_or(first);
    let inner = first
        .split_once('[')
        .map_or("", |(_, inner)| inner.strip_suffix(']').unwrap_or(inner));
    let pick = |plain: &str, edge: &str| {
        if variant == 0 {
            plain.to_owned()
        } else {
            edge.to_owned()
        }
    };
    match base {
        "int" => pick(if name.contains("port") { "443" } else { "3" }, "0"),
        "float" | "decimal" | "number" => pick("1.5", "0.0"),
        "bool" => pick("True", "False"),
        "bytes" | "bytearray" => pick("b'Sample bytes'", "b''"),
        "str" | "anystr" => {
            let named = by_name(name, variant);
            if named.starts_with('\'') {
                named
            } else {
                pick("'sample text'", "''")
            }
        }
        "path" | "pathlib.path" | "purepath" => {
            format!("__import__('pathlib').Path({})", path(name))
        }
        "list" | "sequence" | "iterable" | "collection" | "iterator" => {
            let element = if inner.is_empty() {
                pick("3", "0")
            } else {
                value(name, inner, 0)
            };
            pick(&format!("[{element}, {element}]"), "[]")
        }
        "set" | "frozenset" => pick("{3, 5}", "set()"),
        "tuple" => {
            let parts: Vec<_> = inner
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty() && *part != "...")
                .collect();
            let values: Vec<_> = parts
                .iter()
                .map(|part| value(name, part, variant))
                .collect();
            if values.is_empty() {
                "(3, 5)".to_owned()
            } else {
                format!("({},)", values.join(", "))
            }
        }
        "dict" | "mapping" | "mutablemapping" | "defaultdict" => {
            let element = inner.split_once(',').map_or_else(
                || "'value'".to_owned(),
                |(_, item)| value("value", item.trim(), 0),
            );
            pick(&format!("{{'sample': {element}}}"), "{}")
        }
        "callable" => "(lambda *a, **k: None)".to_owned(),
        "datetime" | "datetime.datetime" => {
            "__import__('datetime').datetime(2024, 1, 31)".to_owned()
        }
        "date" | "datetime.date" => "__import__('datetime').date(2024, 1, 31)".to_owned(),
        "literal" => first
            .split_once('[')
            .map_or_else(|| "None".to_owned(), |_| literal(inner)),
        _ => by_name(name, variant),
    }
}

/// The first value of a `Literal[…]`; only plain words and numbers are taken over from the skill's text.
fn literal(inner: &str) -> String {
    let first = inner.split(',').next().unwrap_or("").trim();
    let plain = first.trim_matches(['\'', '"']);
    let word = plain
        .chars()
        .all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'));
    match (word, plain.parse::<i64>()) {
        (true, Ok(number)) => number.to_string(),
        (true, Err(_)) => format!("'{plain}'"),
        (false, _) => "None".to_owned(),
    }
}

fn by_name(name: &str, variant: usize) -> String {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let (plain, edge) = match () {
        () if has(&["url", "uri", "link", "endpoint", "webhook"]) => {
            ("'https://sample.invalid/'", "''")
        }
        () if has(&["host", "server", "domain"]) => ("'sample.invalid'", "''"),
        () if has(&["email"]) => ("'sample@sample.invalid'", "''"),
        () if has(&[
            "path", "file", "dir", "folder", "src", "dest", "output", "input",
        ]) =>
        {
            return if variant == 0 {
                path(&name)
            } else {
                "'/tmp/sample/absent'".to_owned()
            };
        }
        () if has(&["port"]) => ("443", "0"),
        () if has(&["date", "day"]) => ("'2024-01-31'", "''"),
        () if has(&[
            "count", "limit", "size", "num", "index", "width", "height", "max", "min", "length",
            "seconds",
        ]) || matches!(name.as_str(), "n" | "i" | "k" | "x" | "y" | "a" | "b" | "c") =>
        {
            ("3", "0")
        }
        () if has(&["items", "values", "numbers", "list", "seq", "array"]) => ("[3, 1, 2]", "[]"),
        () if has(&["rows", "records"]) => ("[{'name': 'sample', 'count': 3}]", "[]"),
        () if has(&[
            "config", "options", "params", "settings", "mapping", "dict", "headers", "kwargs",
        ]) =>
        {
            ("{'sample': 'value'}", "{}")
        }
        () if has(&["json"]) => ("'{\"sample\": 1}'", "'{}'"),
        () if has(&["csv"]) => ("'name,count\\nsample,3\\n'", "''"),
        () if has(&["pattern", "regex"]) => ("'[a-z]+'", "''"),
        () if has(&["func", "callback", "fn", "handler"]) => ("(lambda *a, **k: None)", "None"),
        () if has(&["flag", "verbose", "dry", "force"]) => ("False", "True"),
        () if has(&["expr", "formula"]) => ("'1 + 1'", "''"),
        () => ("'sample text'", "''"),
    };
    if variant == 0 {
        plain.to_owned()
    } else {
        edge.to_owned()
    }
}

/// A planted file that fits the name.
fn path(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let path = match () {
        () if has(&["out", "dest", "target"]) => "/tmp/sample/out.txt",
        () if has(&["dir", "folder", "root"]) => "/tmp/sample",
        () if has(&["csv"]) => "/tmp/sample/sample.csv",
        () if has(&["json", "config"]) => "/tmp/sample/sample.json",
        () if has(&["md", "markdown"]) => "/tmp/sample/sample.md",
        () if has(&["log"]) => "/tmp/sample/sample.log",
        () if has(&["db", "database", "sqlite"]) => "/tmp/sample/sample.db",
        () => "/tmp/sample/sample.txt",
    };
    format!("'{path}'")
}
