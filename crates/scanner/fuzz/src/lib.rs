//! What every fuzz target shares: bytes under a name, scanned as a skill of one file.
//!
//! Each target runs on the pinned stable compiler, fifteen minutes long, from this folder (`source`, `front`,
//! `markdown`, `pickle`, `archive` or `rules` as NAME), with seeds made by `./seeds.sh`:
//! `RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
//! -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
//! -Ccodegen-units=1" cargo run --release --target x86_64-unknown-linux-gnu --bin NAME --
//! -max_total_time=900 -max_len=16384 -timeout=20 corpus/NAME`

use std::sync::LazyLock;

use skillgate_model::{Content, Manifest, Skill, SkillFile, SkillKind};
use skillgate_scanner::{Rules, Scanner};

static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::new(Rules::built_in().expect("the built-in rules are tested")));

/// Scans a skill of one file; every byte of it has an entry in the coverage.
pub fn scan(name: &str, bytes: &[u8]) {
    let file = SkillFile {
        path: name.to_owned(),
        raw: name.into(),
        mode: 0o644,
        size: bytes.len() as u64,
        sha256: String::new(),
        content: Content::Bytes(bytes.into()),
    };
    let skill = Skill {
        name: "skill".to_owned(),
        kind: SkillKind::Folder,
        root: "skill".into(),
        manifest: Manifest::default(),
        manifest_path: None,
        files: vec![file],
        digest: String::new(),
    };
    let scan = SCANNER.scan(&skill);
    assert_eq!(scan.coverage.len(), 1);
}
