//! Error messages with everything that varies replaced by a word for its kind.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// More of a message is not looked at.
const INPUT_BYTES: usize = 16 << 10;

/// More of the result is not kept.
const OUTPUT_CHARS: usize = 300;

/// Digits of codes are hidden here while numbers are replaced.
const HIDDEN_ZERO: u32 = 0xE000;

/// In order: what is matched earlier is not seen by the later ones.
const STEPS: &[(&str, &str)] = &[
    // Terminal colours and titles.
    (
        r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)",
        "",
    ),
    // Secrets that say so, by their name or their form.
    (
        r"(?i)\b(authorization|bearer|basic|passwd|password|pwd|secret|token|api[_-]?key|access[_-]?key)\b(['\x22]?\s*[:=]\s*['\x22]?|\s+)(?:bearer\s+|basic\s+)?[^\s'\x22,;&)]{6,}",
        "$1 <secret>",
    ),
    (
        r"\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[baprs]|AKIA|ASIA|AIza|eyJ)[-_A-Za-z0-9.]{12,}",
        "<secret>",
    ),
    // Words that tell one error of an API from another, inside a JSON body.
    (
        r#""(code|type|error|status|reason|kind|name)"\s*:\s*"([A-Za-z][A-Za-z0-9_.-]{0,63})""#,
        "$1=$2",
    ),
    (r#""([A-Za-z_][A-Za-z0-9_]{0,39})"\s*:"#, "$1:"),
    (r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s'\x22<>)\]},]+", "<url>"),
    (r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b", "<email>"),
    (
        r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b",
        "<id>",
    ),
    (
        r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:\s?(?:Z\b|UTC\b|[+-]\d\d:?\d\d\b))?",
        "<time>",
    ),
    (
        r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d(?: \w+)?",
        "<time>",
    ),
    (r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
    (r"\b\d{1,3}(?:\.\d{1,3}){3}(?:[:#]\d+)?\b", "<ip>"),
    (
        r"\[?(?:\b[0-9a-fA-F]{1,4}|:):(?:[0-9a-fA-F]{0,4}:){1,6}[0-9a-fA-F]{0,4}\b\]?(?::\d+)?",
        "<ip>",
    ),
    (r"\b0[xX][0-9a-fA-F]+\b", "<hex>"),
];

/// After quoted text is gone; paths need a beginning that is none of a word.
const LATER: &[(&str, &str)] = &[
    (
        r"(^|[\s(\[{=:,<>|@])(?:[A-Za-z]:\\|\\\\)[^\s:;,)]+(?::\d+)*",
        "$1<path>",
    ),
    (
        r"(^|[\s(\[{=:,<>|@])(?:~|\.{1,2})?/[\w.@+%*#/-]+(?:\?[^\s)\]},]*|(?::\d+)+)?",
        "$1<path>",
    ),
    (
        r"(^|[\s(\[{=:,<>|@])[\w.-]+(?:/[\w.@-]+)+\.[A-Za-z]{1,5}(?::\d+)*",
        "$1<path>",
    ),
    (r"\b(localhost)(?::\d+)?\b", "<host>"),
];

/// Numbers that say what happened, not how much.
const CODES: &str = r"(?i)\b(http(?:/[\d.]+)?|status|errno|err|code|error|exit|exited|fatal|sqlstate|signal|ora|returned|response|pgcode)((?: (?:error|code|status|with|from server))*[\s:=#\[({_-]{0,3})(-?\d{1,6}[A-Z]?\d{0,2})\b";

/// A type's name in quotes tells one fault from another; any other quoted text is data.
const TYPES: &[&str] = &[
    "NoneType",
    "bool",
    "bytes",
    "dict",
    "float",
    "function",
    "int",
    "list",
    "module",
    "null",
    "number",
    "object",
    "set",
    "str",
    "string",
    "tuple",
    "undefined",
];

/// Last parts of a dotted name that make it a host.
const DOMAINS: &[&str] = &[
    "ai", "app", "arpa", "cloud", "co", "com", "de", "dev", "edu", "eu", "example", "gov",
    "internal", "invalid", "io", "lan", "local", "net", "org", "svc", "test", "uk", "us",
];

/// Last parts of a dotted name that make it a file.
const EXTENSIONS: &[&str] = &[
    "bak", "bin", "cfg", "conf", "css", "csv", "db", "doc", "docx", "gz", "html", "ini", "ipynb",
    "java", "jpeg", "jpg", "js", "json", "jsonl", "lock", "log", "md", "mjs", "parquet", "pdf",
    "pem", "png", "py", "rb", "rs", "sh", "sock", "sql", "sqlite", "tar", "tmp", "toml", "ts",
    "tsv", "tsx", "txt", "xls", "xlsx", "xml", "yaml", "yml", "zip",
];

/// The line of a report that says what went wrong, without its stack trace.
pub(crate) fn message_of(text: &str) -> String {
    let text = bounded(text);
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line
            .trim_start()
            .starts_with("Traceback (most recent call last)")
        {
            lines.clear();
        } else if !is_frame(line) {
            lines.push(line);
        }
    }
    let of_python = text.contains("Traceback (most recent call last)");
    lines.retain(|line| !(line.trim().is_empty() || of_python && line.starts_with([' ', '\t'])));
    lines.join("\n").trim().to_owned()
}

/// The message with everything that varies replaced.
pub(crate) fn normalise(message: &str) -> String {
    static FIRST: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| compile(STEPS));
    static SECOND: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| compile(LATER));
    let text = replace_all(bounded(message), &FIRST);
    let text = CODE.replace_all(&text, hide_code);
    let text = QUOTED.replace_all(&text, unquote);
    let text = replace_all(&text, &SECOND);
    let text = DOTTED.replace_all(&text, dotted);
    let text = OPAQUE.replace_all(&text, opaque);
    let text = NUMBER.replace_all(&text, "$1<n>");
    let text = REPEATED.replace_all(&text, collapse);
    tidy(&text)
}

static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(CODES));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#""(?:[^"\\\n]|\\.)*"|`[^`\n]*`|‘[^’\n]*’|“[^”\n]*”|(^|[\s(\[{=:,@])b?'(?:[^'\\\n]|\\.)*'"#,
    )
});
static DOTTED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+(?::\d+)*\b"));
static OPAQUE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[A-Za-z0-9_-]{8,}\b"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(^|[^\w\x{E000}-\x{E009}])[-+]?\d[\d_]*(?:[.,]\d+)*(?:[eE][-+]?\d+)?(?:\s?(?:%|[kKMGT]?i?[bB](?:ytes?)?\b|[mμun]?s\b|sec(?:onds?)?\b))?",
    )
});
static REPEATED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(<[a-z]+>)(?:(?:\s*[,;/|x×]\s*|\s+)<[a-z]+>)+"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant")
}

fn compile(steps: &'static [(&'static str, &'static str)]) -> Vec<(Regex, &'static str)> {
    steps
        .iter()
        .map(|&(from, to)| (pattern(from), to))
        .collect()
}

fn replace_all(text: &str, steps: &[(Regex, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in steps {
        if let Cow::Owned(changed) = from.replace_all(&text, *to) {
            text = changed;
        }
    }
    text
}

fn part<'t>(found: &Captures<'t>, group: usize) -> &'t str {
    found.get(group).map_or("", |text| text.as_str())
}

fn hide_code(found: &Captures<'_>) -> String {
    let hide = |letter: char| match letter.to_digit(10) {
        Some(digit) => char::from_u32(HIDDEN_ZERO + digit).unwrap_or(letter),
        None => letter,
    };
    let code: String = part(found, 3).chars().map(hide).collect();
    format!("{}{}{code}", part(found, 1), part(found, 2))
}

fn unquote(found: &Captures<'_>) -> String {
    let before = part(found, 1);
    let inside = part(found, 0)
        .strip_prefix(before)
        .unwrap_or("")
        .trim_matches(['"', '\'', '`', '‘', '’', '“', '”']);
    // Python nests the cause of a network error, with its number, in the quotes of another.
    match TYPES.contains(&inside) || inside.contains("[Errno") {
        true => format!("{before}{inside}"),
        false => format!("{before}<text>"),
    }
}

fn dotted(found: &Captures<'_>) -> String {
    let whole = part(found, 0);
    let name = whole.split(':').next().unwrap_or(whole);
    let last = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    let all_digits = name
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    match () {
        () if all_digits => "<n>".to_owned(),
        () if EXTENSIONS.contains(&last.as_str()) => "<path>".to_owned(),
        () if DOMAINS.contains(&last.as_str()) => "<host>".to_owned(),
        () => whole.to_owned(),
    }
}

/// Hashes, keys and generated names: letters and digits mixed, as no word mixes them.
fn opaque(found: &Captures<'_>) -> String {
    let word = part(found, 0);
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let changes = word
        .as_bytes()
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()))
        .count();
    let hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let generated = (hex && digits > 0 && digits < word.len())
        || (digits >= 2 && changes >= 3)
        || (word.len() >= 24 && digits >= 2);
    match generated {
        true => "<id>".to_owned(),
        false => word.to_owned(),
    }
}

/// A list of two and a list of three are one kind of list.
fn collapse(found: &Captures<'_>) -> String {
    let whole = part(found, 0);
    let first = part(found, 1);
    match whole.matches(first).count() == whole.matches('<').count() {
        true => first.to_owned(),
        false => whole.to_owned(),
    }
}

fn tidy(text: &str) -> String {
    let show = |letter: char| match u32::from(letter).checked_sub(HIDDEN_ZERO) {
        Some(digit) if digit < 10 => char::from_digit(digit, 10).unwrap_or(letter),
        _ => letter,
    };
    let visible = text
        .chars()
        .filter(|letter| !letter.is_control() || letter.is_whitespace());
    let lower: String = visible.map(show).flat_map(char::to_lowercase).collect();
    let words: Vec<&str> = lower.split_whitespace().collect();
    words.join(" ").chars().take(OUTPUT_CHARS).collect()
}

/// A line of a stack trace: Python, Node, Java, Go, Rust.
fn is_frame(line: &str) -> bool {
    let text = line.trim_start();
    let indented = text.len() < line.len();
    text.starts_with("File \"")
        || (indented && (text.starts_with("at ") || text.starts_with("... ")))
        || text.starts_with("goroutine ")
        || text.starts_with("stack backtrace:")
        || text.starts_with("note: run with `RUST_BACKTRACE")
        || (indented && !text.is_empty() && text.bytes().all(|byte| b"^~ |".contains(&byte)))
}

fn bounded(text: &str) -> &str {
    let end = text.floor_char_boundary(INPUT_BYTES);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(message: &str, expected: Expect) {
        expected.assert_eq(&normalise(message));
    }

    #[test]
    fn no_secret_survives() {
        for secret in [
            "sk-proj-4f8Qb2LmN7xYt0aZ",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "AKIAIOSFODNN7EXAMPLE",
            "xoxb-2048-4096-abcdefABCDEF",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP",
            "8f14e45fceea167a5a36dedd4bea2543",
        ] {
            for message in [
                format!("denied for {secret}"),
                format!("password={secret}"),
                format!("Authorization: Bearer {secret}"),
                format!("{{\"token\":\"{secret}\"}}"),
                format!("https://user:{secret}@example.com/x"),
            ] {
                let normal = normalise(&message);
                assert!(!normal.contains(&secret.to_lowercase()), "{normal}");
            }
        }
        check(
            "password: hunter22 is wrong",
            expect!["password <secret> is wrong"],
        );
    }

    #[test]
    fn codes_stay_and_amounts_go() {
        check(
            "status code 404 after 3 attempts",
            expect!["status code 404 after <n> attempts"],
        );
        check(
            "exit code 137 in 20.5s, 14 MB",
            expect!["exit code 137 in <n>"],
        );
        check(
            "utf8 and sha256 are words",
            expect!["utf8 and sha256 are words"],
        );
    }

    #[test]
    fn lists_of_any_length_are_one() {
        check("bad ids: 1, 2, 3", expect!["bad ids: <n>"]);
        check("bad ids: 17", expect!["bad ids: <n>"]);
    }

    #[test]
    fn module_names_are_no_hosts_and_apostrophes_no_quotes() {
        check(
            "os.path can't be java.util.Map",
            expect!["os.path can't be java.util.map"],
        );
        check("api.example.com and x.csv", expect!["<host> and <path>"]);
    }

    #[test]
    fn hostile_text_is_bounded_and_plain() {
        let long = normalise(&"\u{1b}]0;evil\u{7}a\u{0}b 'x ".repeat(100_000));
        assert!(long.chars().count() <= OUTPUT_CHARS);
        assert!(!long.chars().any(char::is_control), "{long}");
    }
}
