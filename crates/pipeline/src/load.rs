//! Reads a skill once, into memory: what is examined is what was read here, and what is promoted too.

mod reader;
mod whole;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use skillgate_model::{Content, Manifest, Skill, SkillFile, SkillKind, hex};

use crate::discover::{NOT_SKILLS, is_manifest};
use crate::{Candidate, CandidateKind, manifest};
use reader::Reader;

/// What reading a candidate may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadLimits {
    /// A larger file is hashed and not examined.
    pub file_bytes: u64,
    /// A skill that is larger in all is not examined beyond this.
    pub skill_bytes: u64,
    /// Files beyond this number are not examined.
    pub files: usize,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            skill_bytes: 256 << 20,
            files: 20_000,
        }
    }
}

/// Reads everything below a candidate.
///
/// It cannot fail: what cannot be read is an entry that says so, and is not promotable.
pub fn load(candidate: &Candidate, limits: LoadLimits) -> Skill {
    let kind = SkillKind::from(candidate.kind);
    let mut reader = Reader::new(&candidate.path, limits);
    match kind {
        SkillKind::File => reader.single(),
        SkillKind::Folder => reader.folder(),
    }
    let mut files = reader.files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let (manifest_path, manifest) = manifest_of(kind, &files);
    let name = manifest
        .name
        .clone()
        .unwrap_or_else(|| fallback_name(candidate));
    let digest = tree_digest(&files);
    Skill {
        name,
        kind,
        root: candidate.path.clone(),
        manifest,
        manifest_path,
        files,
        digest,
    }
}

/// A skill of one Python file that was never on disk.
pub(crate) fn load_source(file_name: &str, bytes: &[u8], limits: LoadLimits) -> Skill {
    let size = bytes.len() as u64;
    let content = if size <= limits.file_bytes.min(limits.skill_bytes) {
        Content::Bytes(bytes.into())
    } else {
        Content::TooLarge
    };
    let files = vec![SkillFile {
        path: file_name.to_owned(),
        raw: PathBuf::from(file_name),
        mode: 0o644,
        size,
        sha256: hex(&Sha256::digest(bytes)),
        content,
    }];
    let (manifest_path, manifest) = manifest_of(SkillKind::File, &files);
    let stem = Path::new(file_name).file_stem().unwrap_or_default();
    Skill {
        name: manifest
            .name
            .clone()
            .unwrap_or_else(|| show(Path::new(stem))),
        kind: SkillKind::File,
        root: PathBuf::from(file_name),
        manifest,
        manifest_path,
        digest: tree_digest(&files),
        files,
    }
}

/// The name a candidate will be loaded under, as far as it can be told cheaply: a file's docstring is not read.
pub(crate) fn name_of(candidate: &Candidate) -> String {
    let limits = LoadLimits {
        file_bytes: 1 << 20,
        ..LoadLimits::default()
    };
    let mut reader = Reader::new(&candidate.path, limits);
    let name = match SkillKind::from(candidate.kind) {
        SkillKind::File => None,
        SkillKind::Folder => {
            reader.manifest();
            manifest_of(SkillKind::Folder, &reader.files).1.name
        }
    };
    name.unwrap_or_else(|| fallback_name(candidate))
}

/// The file's stem or the folder's name, also for a path such as `.`.
fn fallback_name(candidate: &Candidate) -> String {
    let named = |path: &Path| match candidate.kind {
        CandidateKind::File => path.file_stem().map(|stem| show(Path::new(stem))),
        CandidateKind::Folder => path.file_name().map(|name| show(Path::new(name))),
    };
    named(&candidate.path)
        .or_else(|| named(&fs::canonicalize(&candidate.path).ok()?))
        .unwrap_or_else(|| "skill".to_owned())
}

fn manifest_of(kind: SkillKind, files: &[SkillFile]) -> (Option<String>, Manifest) {
    let file = match kind {
        SkillKind::File => files.first(),
        SkillKind::Folder => files
            .iter()
            .find(|file| !file.path.contains('/') && is_manifest(Path::new(&file.path))),
    };
    let Some(file) = file else {
        return (None, Manifest::default());
    };
    let bytes = file.bytes().unwrap_or_default();
    let manifest = match kind {
        SkillKind::File => manifest::of_docstring(bytes),
        SkillKind::Folder => manifest::of_front_matter(bytes),
    };
    (Some(file.path.clone()), manifest)
}

/// Folders at a skill's root that are no part of it: neither examined nor promoted, which the verdict says.
pub(crate) fn left_out(skill: &Skill) -> Vec<&'static str> {
    let is_folder = |name: &&str| {
        fs::symlink_metadata(skill.root.join(name)).is_ok_and(|metadata| metadata.is_dir())
    };
    match skill.kind {
        SkillKind::File => Vec::new(),
        SkillKind::Folder => NOT_SKILLS.into_iter().filter(is_folder).collect(),
    }
}

/// SHA-256 over one line for each entry: type, mode, SHA-256 of the content, path, ended by NUL.
pub(crate) fn tree_digest(files: &[SkillFile]) -> String {
    let mut hasher = Sha256::new();
    for file in files {
        let kind = match &file.content {
            Content::Bytes(_) | Content::TooLarge => "f",
            Content::Link { .. } => "l",
            Content::Special(_) => "s",
            Content::Unreadable(_) => "u",
        };
        hasher.update(format!("{kind} {:04o} {} ", file.mode, file.sha256));
        hasher.update(file.raw.as_os_str().as_bytes());
        hasher.update([0]);
    }
    hex(&hasher.finalize())
}

/// A path as UTF-8; bytes that are not are shown as `\xNN`.
fn show(path: &Path) -> String {
    path.as_os_str()
        .as_bytes()
        .utf8_chunks()
        .fold(String::new(), |mut text, chunk| {
            use std::fmt::Write;
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                let _ = write!(text, "\\x{byte:02x}");
            }
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_larger_than_a_skill_may_be_is_not_even_read() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("SKILL.md"), "").unwrap();
        let large = fs::File::create(root.path().join("large.bin")).unwrap();
        large.set_len(1 << 40).unwrap();
        let candidate = Candidate {
            path: root.path().to_owned(),
            kind: CandidateKind::Folder,
        };
        let skill = load(&candidate, LoadLimits::default());
        assert_eq!(skill.files[1].content, Content::TooLarge);
        assert_eq!(skill.files[1].size, 1 << 40);
    }

    #[test]
    fn version_control_at_the_root_is_left_out_and_a_link_into_it_leads_out() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(".git/hooks")).unwrap();
        fs::write(root.path().join("SKILL.md"), "").unwrap();
        fs::write(root.path().join(".git/hooks/x.py"), "").unwrap();
        std::os::unix::fs::symlink(".git/hooks/x.py", root.path().join("x.py")).unwrap();
        let candidate = Candidate {
            path: root.path().to_owned(),
            kind: CandidateKind::Folder,
        };
        let skill = load(&candidate, LoadLimits::default());
        let paths: Vec<&str> = skill.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["SKILL.md", "x.py"]);
        assert_eq!(left_out(&skill), [".git"]);
        assert!(matches!(
            skill.files[1].content,
            Content::Link { escapes: true, .. }
        ));
    }
}
