//! Dependency manifests: where packages come from, and what runs when they are installed.

use std::ops::Range;

use super::Page;
use super::document::lines;
use crate::{Kind, Sink};

/// npm runs these without being asked.
const LIFECYCLE: [&str; 7] = [
    "preinstall",
    "install",
    "postinstall",
    "prepare",
    "prepublish",
    "preprepare",
    "postprepare",
];

/// Packages whose names are imitated: the most downloaded of PyPI, npm, and of agents' tool boxes.
const POPULAR: &[&str] = &[
    "requests",
    "urllib3",
    "setuptools",
    "certifi",
    "idna",
    "charset-normalizer",
    "typing-extensions",
    "packaging",
    "python-dateutil",
    "pyyaml",
    "cryptography",
    "numpy",
    "pandas",
    "botocore",
    "boto3",
    "jinja2",
    "markupsafe",
    "click",
    "attrs",
    "protobuf",
    "pydantic",
    "colorama",
    "aiohttp",
    "fastapi",
    "flask",
    "django",
    "sqlalchemy",
    "pillow",
    "scipy",
    "matplotlib",
    "scikit-learn",
    "tensorflow",
    "torch",
    "transformers",
    "openai",
    "anthropic",
    "langchain",
    "beautifulsoup4",
    "selenium",
    "playwright",
    "pytest",
    "openpyxl",
    "python-docx",
    "python-pptx",
    "pypdf",
    "reportlab",
    "psycopg2",
    "redis",
    "celery",
    "httpx",
    "paramiko",
    "pycryptodome",
    "tqdm",
    "lxml",
    "express",
    "react",
    "lodash",
    "axios",
    "chalk",
    "commander",
    "webpack",
    "typescript",
    "eslint",
    "prettier",
    "dotenv",
    "mongoose",
    "puppeteer",
    "discord.js",
    "cross-env",
    "electron",
    "nodemailer",
];

/// Reads the manifest that the file's name says it is.
pub(crate) fn examine(page: &Page<'_>, sink: &mut Sink<'_>) {
    let path = page.artifact.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let lists =
        (name.contains("requirements") || name.contains("constraints")) && name.ends_with(".txt");
    if lists {
        requirements(page, sink);
    } else if name == "package.json" && page.artifact.kind == Kind::Json {
        package_json(page, sink);
    } else if name == "dockerfile" || name.ends_with(".dockerfile") || name == "containerfile" {
        dockerfile(page, sink);
    } else if SCANNER_SETTINGS.contains(&name) {
        let end = page.text().find(['\n', '\r']).unwrap_or(page.text().len());
        page.check(sink, "scanner-settings", 0..end, Some(format!("`{name}`")));
    }
}

/// Files by which a candidate tells scanners what not to look at.
const SCANNER_SETTINGS: [&str; 14] = [
    ".semgrepignore",
    ".bandit",
    ".snyk",
    ".gitleaksignore",
    ".trivyignore",
    ".skillgateignore",
    "skillgate.toml",
    ".skillgate.toml",
    ".guarddogignore",
    ".checkov.yml",
    ".checkov.yaml",
    ".gitleaks.toml",
    ".grype.yaml",
    ".skillscanignore",
];

fn requirements(page: &Page<'_>, sink: &mut Sink<'_>) {
    for range in lines(page.text()) {
        let line = page.text().get(range.clone()).unwrap_or("");
        let body = line.split(" #").next().unwrap_or("").trim();
        if body.is_empty() || body.starts_with(['#', '-']) {
            continue;
        }
        let name: String = body
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        let rest = body.get(name.len()..).unwrap_or("");
        if !rest.contains("==") && !rest.contains('@') && !body.contains("://") {
            page.check(sink, "dependency-unpinned", range.clone(), None);
        }
        if !rest.starts_with(':') {
            imitation(page, &name, range, sink);
        }
    }
}

/// A name one edit away from a popular one is that name's imitation.
fn imitation(page: &Page<'_>, name: &str, range: Range<usize>, sink: &mut Sink<'_>) {
    let name = name.to_ascii_lowercase().replace('_', "-");
    if name.len() < 5
        || POPULAR.contains(&name.as_str())
        || REAL_NEIGHBOURS.contains(&name.as_str())
    {
        return;
    }
    if let Some(real) = POPULAR.iter().find(|real| one_edit(&name, real)) {
        let detail = format!("`{name}` is one letter away from `{real}`");
        page.check(sink, "dependency-imitation", range, Some(detail));
    }
}

/// Honest packages that are one letter away from a popular one.
const REAL_NEIGHBOURS: &[&str] = &[
    "request",
    "psycopg",
    "preact",
    "boto",
    "jinja",
    "attr",
    "pypdf2",
    "pypdf4",
    "psycopg3",
    "django2",
    "pydantic2",
    "click2",
    "flask2",
    "redist",
    "asyncpg",
    "lxml5",
    "torchx",
    "ioredis",
    "pytest7",
    "pandas2",
    "httpx2",
    "httpxx",
    "nltk",
    "reacts",
    "tslint",
    "reactor",
    "expresso",
];

/// One letter put in, left out, exchanged, or two neighbours swapped.
fn one_edit(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let back = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    match long - short {
        1 => front + back >= short,
        0 if a == b => false,
        0 => {
            let swapped = front + 2 + back == short
                && matches!((a.get(front..front + 2), b.get(front..front + 2)), (Some([p, q]), Some([r, s])) if p == s && q == r);
            front + 1 + back >= short || swapped
        }
        _ => false,
    }
}

fn package_json(page: &Page<'_>, sink: &mut Sink<'_>) {
    let text = page.text();
    for script in LIFECYCLE {
        let key = format!("\"{script}\"");
        for found in memchr::memmem::find_iter(text.as_bytes(), key.as_bytes()) {
            let Some((command, range)) = string_value(text, found + key.len()) else {
                continue;
            };
            let judged = matches!(script, "preinstall" | "install" | "postinstall" | "prepare");
            if !judged || crate::pattern::is_run_at_install(script, &command) {
                page.check(
                    sink,
                    "lifecycle-script",
                    range.clone(),
                    Some(format!("{script}: {command}")),
                );
            }
            let (line, _) = page.source.line_column(range.start);
            let bytes = command.into_bytes();
            sink.uncover(page.artifact.part(Kind::Shell, bytes, line - 1));
        }
    }
}

/// The string behind a key's colon, unescaped.
fn string_value(text: &str, at: usize) -> Option<(String, Range<usize>)> {
    let rest = text.get(at..)?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let body = value.strip_prefix('"')?;
    let start = text.len() - body.len();
    let mut plain = String::new();
    let mut escaped = false;
    for (offset, c) in body.char_indices() {
        match c {
            _ if escaped => {
                plain.push(if c == 'n' { '\n' } else { c });
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((plain, start..start + offset)),
            '\n' => return None,
            _ => plain.push(c),
        }
    }
    None
}

/// `RUN` lines are shell, with their continuations.
fn dockerfile(page: &Page<'_>, sink: &mut Sink<'_>) {
    let mut command: Option<(usize, String)> = None;
    for range in lines(page.text()) {
        let line = page.text().get(range.clone()).unwrap_or("");
        let more = match &mut command {
            Some((_, text)) => {
                text.push('\n');
                text.push_str(line);
                line.trim_end().ends_with('\\')
            }
            None => {
                let body = line.trim_start();
                let Some(run) = body
                    .get(..4)
                    .filter(|word| word.eq_ignore_ascii_case("run "))
                else {
                    continue;
                };
                command = Some((range.start, body.get(run.len()..).unwrap_or("").to_owned()));
                line.trim_end().ends_with('\\')
            }
        };
        if !more && let Some((start, text)) = command.take() {
            let (line, _) = page.source.line_column(start);
            sink.uncover(page.artifact.part(Kind::Shell, text.into_bytes(), line - 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_is_one_letter() {
        for (a, b, expected) in [
            ("reqests", "requests", true),
            ("requestss", "requests", true),
            ("requezts", "requests", true),
            ("reqeusts", "requests", true),
            ("requests", "requests", false),
            ("rqests", "requests", false),
            ("numpy", "scipy", false),
        ] {
            assert_eq!(one_edit(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn a_value_is_read_through_its_escapes() {
        let (value, _) = string_value(r#""a": "node -e \"x\"" "#, 3).unwrap();
        assert_eq!(value, "node -e \"x\"");
    }
}
