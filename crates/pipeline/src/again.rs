//! Reading a skill again that must still be what the store remembers.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use skillgate_model::{Skill, SkillKind};

use crate::load::{load, tree_digest};
use crate::{Candidate, CandidateKind, LoadLimits};

/// What the store remembers of a skill.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Where it lies now.
    pub path: &'a Path,
    /// Where it lay when it was examined first.
    pub examined_at: &'a Path,
    /// File or folder.
    pub kind: SkillKind,
    /// Its name.
    pub name: &'a str,
    /// SHA-256 over its whole tree, in hex.
    pub digest: &'a str,
    /// Permission bits that a move took away, by path.
    pub modes: &'a BTreeMap<String, u32>,
}

/// Why a skill cannot be examined again under its digest.
#[derive(Debug, thiserror::Error)]
pub enum AgainError {
    /// Nothing lies there any more.
    #[error("`{}` is gone; scan the skill where it is now", .0.display())]
    Gone(PathBuf),
    /// Something else lies there now.
    #[error("`{}` has changed since it was examined; scan it as it is now", .0.display())]
    Changed(PathBuf),
}

/// Reads it from the disk, and gives it only when its digest is the one that is remembered.
///
/// # Errors
/// When it is gone or has changed.
pub fn reload(known: &Known<'_>, limits: LoadLimits) -> Result<Skill, AgainError> {
    if known.path.symlink_metadata().is_err() {
        return Err(AgainError::Gone(known.path.to_owned()));
    }
    let kind = match known.kind {
        SkillKind::File => CandidateKind::File,
        SkillKind::Folder => CandidateKind::Folder,
    };
    let candidate = Candidate {
        path: known.path.to_owned(),
        kind,
    };
    let mut skill = load(&candidate, limits);
    if let (SkillKind::File, [file]) = (known.kind, skill.files.as_mut_slice()) {
        // A single file is hashed under its name, and a move gives it another.
        let name = known.examined_at.file_name().map(OsStr::to_owned);
        let name = PathBuf::from(name.unwrap_or_default());
        file.path = name.display().to_string();
        file.raw = name;
        skill.manifest_path = Some(file.path.clone());
    }
    for file in &mut skill.files {
        file.mode = known.modes.get(&file.path).copied().unwrap_or(file.mode);
    }
    skill.name = known.name.to_owned();
    skill.digest = tree_digest(&skill.files);
    match skill.digest == known.digest {
        true => Ok(skill),
        false => Err(AgainError::Changed(known.path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_moved_file_without_its_execute_bits_is_known_again_and_a_changed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("a.py"), folder.path().join("a.py.0"));
        fs::write(&path, "x = 1\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let candidate = Candidate {
            path: path.clone(),
            kind: CandidateKind::File,
        };
        let skill = load(&candidate, LoadLimits::default());
        let known = Known {
            path: &moved,
            examined_at: &path,
            kind: SkillKind::File,
            name: &skill.name,
            digest: &skill.digest,
            modes: &BTreeMap::from([("a.py".to_owned(), 0o755)]),
        };
        let again = |known| reload(known, LoadLimits::default());
        assert!(matches!(again(&known), Err(AgainError::Gone(_))));
        fs::rename(&path, &moved).unwrap();
        fs::set_permissions(&moved, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(again(&known).unwrap().files, skill.files);
        fs::write(&moved, "x = 2\n").unwrap();
        assert!(matches!(again(&known), Err(AgainError::Changed(_))));
    }
}
