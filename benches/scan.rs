//! The static scan: one file of 3 KB, a tree of files, and the parser alone as the reference.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use ruff_python_parser::parse_module;
use skillgate_model::{Content, Manifest, Skill, SkillFile, SkillKind};
use skillgate_scanner::{Rules, Scanner};

/// Source in the style of an honest tool, repeated to the size asked for.
fn source(bytes: usize) -> String {
    const TOOL: &str = r#"
import json
import os
import subprocess
from pathlib import Path

import requests


def changelog(repository: str, since: str = "v1.0") -> list[dict]:
    """Lists the commits since a tag."""
    log = subprocess.run(
        ["git", "-C", repository, "log", f"{since}..HEAD", "--format=%H%x09%s"],
        check=True, capture_output=True, text=True,
    )
    rows = [line.split("\t", 1) for line in log.stdout.splitlines() if line]
    return [{"commit": commit, "subject": subject} for commit, subject in rows]


def publish(entries: list[dict], url: str) -> int:
    token = os.environ.get("CHANGELOG_TOKEN", "")
    response = requests.post(url, json=entries, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    response.raise_for_status()
    return response.status_code


def save(entries: list[dict], folder: Path) -> Path:
    target = folder / "changelog.json"
    target.write_text(json.dumps(entries, indent=2))
    return target
"#;
    TOOL.chars()
        .cycle()
        .take(bytes)
        .collect::<String>()
        .rsplit_once("\n\n\n")
        .map_or_else(String::new, |(whole, _)| whole.to_owned())
}

fn skill(files: usize, text: &str) -> Skill {
    let bytes: Arc<[u8]> = Arc::from(text.as_bytes());
    let file = |at: usize| SkillFile {
        path: format!("tool{at}.py"),
        raw: Path::new("tool.py").to_owned(),
        mode: 0o644,
        size: bytes.len() as u64,
        sha256: String::new(),
        content: Content::Bytes(bytes.clone()),
    };
    Skill {
        name: "bench".into(),
        kind: SkillKind::Folder,
        root: "bench".into(),
        manifest: Manifest::default(),
        manifest_path: None,
        files: (0..files).map(file).collect(),
        digest: String::new(),
    }
}

fn scan(criterion: &mut Criterion) {
    let scanner =
        Scanner::new(Rules::built_in().expect("a test proves that the built-in rules parse"));
    let text = source(3 << 10);
    let (one, tree) = (skill(1, &text), skill(200, &text));
    criterion.bench_function("parse one file of 3 KB", |bench| {
        bench.iter(|| parse_module(black_box(&text)))
    });
    criterion.bench_function("scan one file of 3 KB", |bench| {
        bench.iter(|| scanner.scan(black_box(&one)))
    });
    criterion.bench_function("scan 200 files of 3 KB", |bench| {
        bench.iter(|| scanner.scan(black_box(&tree)))
    });
}

criterion_group!(benches, scan);
criterion_main!(benches);
