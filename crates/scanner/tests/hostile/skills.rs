//! Skills made of files that a test writes.

use skillgate_model::{Content, Manifest, Skill, SkillFile, SkillKind};
use skillgate_scanner::{Rules, Scan, Scanner};

pub(crate) fn file(path: &str, bytes: impl Into<Vec<u8>>) -> SkillFile {
    let bytes: Vec<u8> = bytes.into();
    SkillFile {
        path: path.into(),
        raw: path.into(),
        mode: 0o644,
        size: bytes.len() as u64,
        sha256: String::new(),
        content: Content::Bytes(bytes.into()),
    }
}

/// Scans files as one folder.
pub(crate) fn scan_folder(files: Vec<SkillFile>) -> Scan {
    scan(SkillKind::Folder, "tool", files)
}

/// Scans a file by itself.
pub(crate) fn scan_file(file: SkillFile) -> Scan {
    scan(SkillKind::File, &file.path.clone(), vec![file])
}

fn scan(kind: SkillKind, root: &str, files: Vec<SkillFile>) -> Scan {
    let skill = Skill {
        name: "tool".into(),
        kind,
        root: root.into(),
        manifest: Manifest::default(),
        manifest_path: None,
        files,
        digest: String::new(),
    };
    Scanner::new(Rules::built_in().unwrap()).scan(&skill)
}
