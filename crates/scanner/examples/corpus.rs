//! Scans every entry of folders and prints one JSON line each: `corpus [--all] DIR…` reads `DIR/<label>/<item>`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example prints its result"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skillgate_model::{Content, Examination, Manifest, Severity, Skill, SkillFile, SkillKind};
use skillgate_scanner::{Rules, Scanner};

fn main() {
    let rules = match Rules::built_in() {
        Ok(rules) => rules,
        Err(error) => return eprintln!("{error}"),
    };
    let scanner = Scanner::new(rules);
    let everything = std::env::args().any(|argument| argument == "--all");
    let least = if everything {
        Severity::Info
    } else {
        Severity::Medium
    };
    for set in std::env::args()
        .skip(1)
        .filter(|argument| argument != "--all")
        .map(PathBuf::from)
    {
        for label in children(&set) {
            for item in children(&label) {
                println!("{}", line(&scanner, &item, least));
            }
        }
    }
}

/// `{"path": …, "flagged": …, "rules": […]}`: flagged is a finding of medium or higher.
fn line(scanner: &Scanner, item: &Path, least: Severity) -> String {
    let mut files = Vec::new();
    collect(item, item, &mut files);
    let skill = Skill {
        name: name(item),
        kind: if item.is_dir() {
            SkillKind::Folder
        } else {
            SkillKind::File
        },
        root: item.to_owned(),
        manifest: Manifest::default(),
        manifest_path: None,
        files,
        digest: String::new(),
    };
    let scan = scanner.scan(&skill);
    let mut rules: Vec<String> = scan
        .findings
        .iter()
        .filter(|finding| finding.rule.severity >= least)
        .map(|finding| {
            format!(
                "{}@{}:{}",
                finding.rule.id, finding.location.path, finding.location.line
            )
        })
        .collect();
    rules.dedup();
    for file in &scan.coverage {
        if let (Examination::Unexamined { reason }, Severity::Info) = (&file.examination, least) {
            rules.push(format!("incomplete: {reason}"));
        }
    }
    let tail: Vec<String> = item
        .components()
        .rev()
        .take(3)
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let path = tail.into_iter().rev().collect::<Vec<_>>().join("/");
    format!(
        "{{\"path\": {}, \"flagged\": {}, \"rules\": [{}]}}",
        quote(&path),
        scan.findings
            .iter()
            .any(|finding| finding.rule.severity >= Severity::Medium),
        rules
            .iter()
            .map(|rule| quote(rule))
            .collect::<Vec<_>>()
            .join(", ")
    )
}

fn collect(root: &Path, path: &Path, files: &mut Vec<SkillFile>) {
    if path.is_dir() && (path == root || !path.is_symlink()) {
        for child in children(path) {
            collect(root, &child, files);
        }
        return;
    }
    let Ok(bytes) = fs::read(path) else { return };
    let relative = path
        .strip_prefix(root)
        .ok()
        .filter(|path| !path.as_os_str().is_empty());
    files.push(SkillFile {
        path: relative.map_or_else(|| name(path), |path| path.to_string_lossy().into_owned()),
        raw: path.to_owned(),
        mode: 0o644,
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: String::new(),
        content: Content::Bytes(Arc::from(bytes)),
    });
}

fn children(path: &Path) -> Vec<PathBuf> {
    let mut children: Vec<PathBuf> = fs::read_dir(path)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    children.sort();
    children
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn quote(text: &str) -> String {
    format!(
        "\"{}\"",
        text.escape_default()
            .to_string()
            .replace("\\'", "'")
            .replace("\\u{", "u{")
    )
}
