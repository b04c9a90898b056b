//! What follows a verdict: promotion copies the very bytes that were examined, quarantine moves them away.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use skillgate_model::{Content, Skill, SkillKind};

use crate::{Known, LoadLimits, reload};

/// Why a skill could not be promoted or quarantined; it is then where it was.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// Reading or writing failed.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// `create`, `write`, `move`, …
        doing: &'static str,
        /// The path at issue.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder's own name cannot name a folder beside others.
    #[error("`{}` has no name that a promoted skill could bear", .0.display())]
    NoName(PathBuf),
    /// What was written is not what was examined.
    #[error("`{}` does not hold what was examined: the digests differ", .0.display())]
    Digest(PathBuf),
    /// Something in the skill cannot be copied.
    #[error("`{0}` cannot be copied: it was not read")]
    NotCopied(String),
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ActionError {
    move |source| ActionError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}

/// Writes the examined bytes below `folder`, checks their digest, and puts them in place in one step.
///
/// # Errors
/// When anything differs or fails; nothing has changed in `folder` then.
pub fn promote(skill: &Skill, folder: &Path) -> Result<PathBuf, ActionError> {
    fs::create_dir_all(folder).map_err(io_error("create", folder))?;
    let name = base_name(skill)?;
    let destination = folder.join(&name);
    let stage = tempfile::Builder::new()
        .prefix(".skillgate-")
        .tempdir_in(folder)
        .map_err(io_error("create a folder in", folder))?;
    let staged = stage.path().join(&name);
    write_skill(skill, &staged)?;
    verify(skill, &staged)?;
    if destination.symlink_metadata().is_err() {
        rename(&staged, &destination, RenameFlags::RENAME_NOREPLACE)?;
    } else if verify(skill, &destination).is_err() {
        // The old version ends up in the stage and goes away with it.
        rename(&staged, &destination, RenameFlags::RENAME_EXCHANGE)?;
    }
    Ok(destination)
}

fn rename(from: &Path, to: &Path, flags: RenameFlags) -> Result<(), ActionError> {
    renameat2(AT_FDCWD, from, AT_FDCWD, to, flags)
        .map_err(io::Error::from)
        .map_err(io_error("move into place", to))
}

fn base_name(skill: &Skill) -> Result<OsString, ActionError> {
    let canonical = fs::canonicalize(&skill.root).map_err(io_error("find", &skill.root))?;
    let name = canonical.file_name().map(OsStr::to_owned);
    name.ok_or_else(|| ActionError::NoName(skill.root.clone()))
}

fn write_skill(skill: &Skill, target: &Path) -> Result<(), ActionError> {
    if skill.kind == SkillKind::Folder {
        fs::create_dir(target).map_err(io_error("create", target))?;
    }
    for file in &skill.files {
        let path = match skill.kind {
            SkillKind::File => target.to_owned(),
            SkillKind::Folder => target.join(&file.raw),
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(io_error("create", parent))?;
        }
        match &file.content {
            Content::Bytes(bytes) => write_file(&path, bytes, file.mode)?,
            Content::Link {
                target,
                escapes: false,
            } => {
                symlink(target, &path).map_err(io_error("create", &path))?;
            }
            Content::Link { escapes: true, .. }
            | Content::TooLarge
            | Content::Special(_)
            | Content::Unreadable(_) => return Err(ActionError::NotCopied(file.path.clone())),
        }
    }
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), ActionError> {
    let mut file = fs::File::create_new(path).map_err(io_error("create", path))?;
    file.write_all(bytes).map_err(io_error("write", path))?;
    // The bits for set-user-id and its like never survive a promotion; the digest then says so.
    file.set_permissions(Permissions::from_mode(mode & 0o777))
        .map_err(io_error("write", path))?;
    file.sync_all().map_err(io_error("write", path))
}

/// Reads what was written back from the disk.
fn verify(skill: &Skill, path: &Path) -> Result<(), ActionError> {
    let largest = LoadLimits {
        file_bytes: u64::MAX,
        skill_bytes: u64::MAX,
        files: usize::MAX,
    };
    let examined = Known {
        path,
        examined_at: &skill.root,
        kind: skill.kind,
        name: &skill.name,
        digest: &skill.digest,
        modes: &BTreeMap::new(),
    };
    match reload(&examined, largest) {
        Ok(_) => Ok(()),
        Err(_) => Err(ActionError::Digest(path.to_owned())),
    }
}

/// Moves a candidate below `folder`, its report beside it, with nothing left that could be executed.
///
/// # Errors
/// When it cannot be moved whole; it is then still where it was.
pub fn quarantine(skill: &Skill, report: &[u8], folder: &Path) -> Result<PathBuf, ActionError> {
    fs::create_dir_all(folder).map_err(io_error("create", folder))?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))
        .map_err(io_error("protect", folder))?;
    let destination = free_name(skill, folder)?;
    let report_path = beside(&destination);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io_error("write in", folder))?;
    file.write_all(report)
        .map_err(io_error("write", &report_path))?;
    file.persist(&report_path)
        .map_err(|error| error.error)
        .map_err(io_error("write", &report_path))?;
    let moved = move_away(skill, &destination).and_then(|()| disarm(&destination));
    if moved.is_err() && destination.symlink_metadata().is_err() {
        let _ = fs::remove_file(&report_path);
    }
    moved.map(|()| destination)
}

/// Where the report on a quarantined candidate lies.
pub fn beside(destination: &Path) -> PathBuf {
    let mut name = destination.file_name().unwrap_or_default().to_owned();
    name.push(".report.json");
    destination.with_file_name(name)
}

fn free_name(skill: &Skill, folder: &Path) -> Result<PathBuf, ActionError> {
    let base = base_name(skill)?;
    let short = skill.digest.get(..12).unwrap_or("unread");
    for number in 0..1000_u32 {
        let mut name = base.clone();
        name.push(format!(".{short}"));
        if number > 0 {
            name.push(format!(".{number}"));
        }
        let path = folder.join(name);
        if path.symlink_metadata().is_err() && beside(&path).symlink_metadata().is_err() {
            return Ok(path);
        }
    }
    Err(ActionError::NoName(skill.root.clone()))
}

fn move_away(skill: &Skill, destination: &Path) -> Result<(), ActionError> {
    let source = fs::canonicalize(&skill.root).map_err(io_error("find", &skill.root))?;
    match rename(&source, destination, RenameFlags::RENAME_NOREPLACE) {
        Err(ActionError::Io { source: error, .. })
            if error.kind() == io::ErrorKind::CrossesDevices =>
        {
            copy_and_remove(skill, &source, destination)
        }
        other => other,
    }
}

/// Another file system: the examined bytes are copied and checked before the original goes.
fn copy_and_remove(skill: &Skill, source: &Path, destination: &Path) -> Result<(), ActionError> {
    let copied = write_skill(skill, destination).and_then(|()| verify(skill, destination));
    if let Err(error) = copied {
        let _ = remove(skill.kind, destination);
        return Err(error);
    }
    remove(skill.kind, source).map_err(io_error("remove", source))
}

fn remove(kind: SkillKind, path: &Path) -> io::Result<()> {
    match kind {
        SkillKind::File => fs::remove_file(path),
        SkillKind::Folder => fs::remove_dir_all(path),
    }
}

/// Takes the execute bits off every regular file; folders keep theirs, so that they can be read.
fn disarm(path: &Path) -> Result<(), ActionError> {
    let mut pending = vec![path.to_owned()];
    while let Some(path) = pending.pop() {
        let metadata = path
            .symlink_metadata()
            .map_err(io_error("protect", &path))?;
        if metadata.is_symlink() {
            continue;
        }
        let mode = metadata.permissions().mode() & if metadata.is_dir() { 0o777 } else { 0o666 };
        fs::set_permissions(&path, Permissions::from_mode(mode))
            .map_err(io_error("protect", &path))?;
        if metadata.is_dir() {
            for entry in fs::read_dir(&path).map_err(io_error("protect", &path))? {
                pending.push(entry.map_err(io_error("protect", &path))?.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, CandidateKind, load};

    fn candidate(root: &Path) -> Skill {
        let folder = root.join("candidates/tool");
        fs::create_dir_all(folder.join("scripts")).unwrap();
        fs::write(folder.join("SKILL.md"), "---\nname: tool\n---\n").unwrap();
        fs::write(folder.join("scripts/run.py"), "print(1)\n").unwrap();
        fs::set_permissions(folder.join("scripts/run.py"), Permissions::from_mode(0o755)).unwrap();
        let _ = symlink("scripts/run.py", folder.join("run"));
        load(
            &Candidate {
                path: folder,
                kind: CandidateKind::Folder,
            },
            LoadLimits::default(),
        )
    }

    #[test]
    fn promotion_copies_what_was_examined_and_not_what_lies_there_now() {
        let root = tempfile::tempdir().unwrap();
        let skill = candidate(root.path());
        fs::write(
            root.path().join("candidates/tool/scripts/run.py"),
            "import os\n",
        )
        .unwrap();
        let to = root.path().join("promoted");
        let path = promote(&skill, &to).unwrap();
        assert_eq!(
            fs::read_to_string(path.join("scripts/run.py")).unwrap(),
            "print(1)\n"
        );
        verify(&skill, &path).unwrap();
        assert_eq!(
            promote(&skill, &to).unwrap(),
            path,
            "promoting again changes nothing"
        );
        assert_eq!(
            fs::read_dir(&to).unwrap().count(),
            1,
            "no stage is left behind"
        );
    }

    #[test]
    fn a_newer_version_replaces_the_older_one() {
        let root = tempfile::tempdir().unwrap();
        let to = root.path().join("promoted");
        promote(&candidate(root.path()), &to).unwrap();
        fs::write(root.path().join("candidates/tool/new.txt"), "new").unwrap();
        let newer = candidate(root.path());
        let path = promote(&newer, &to).unwrap();
        verify(&newer, &path).unwrap();
        assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
    }

    #[test]
    fn a_set_user_id_bit_is_never_promoted() {
        let root = tempfile::tempdir().unwrap();
        candidate(root.path());
        let run = root.path().join("candidates/tool/scripts/run.py");
        fs::set_permissions(run, Permissions::from_mode(0o4755)).unwrap();
        let folder = root.path().join("candidates/tool");
        let skill = load(
            &Candidate {
                path: folder,
                kind: CandidateKind::Folder,
            },
            LoadLimits::default(),
        );
        let to = root.path().join("promoted");
        assert!(matches!(promote(&skill, &to), Err(ActionError::Digest(_))));
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0);
    }

    #[test]
    fn quarantine_moves_the_candidate_and_disarms_it() {
        let root = tempfile::tempdir().unwrap();
        let skill = candidate(root.path());
        let path = quarantine(&skill, b"{}", &root.path().join("away")).unwrap();
        assert!(!root.path().join("candidates/tool").exists());
        assert_eq!(fs::read(beside(&path)).unwrap(), b"{}");
        let mode = fs::metadata(path.join("scripts/run.py"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0);
        assert!(path.join("SKILL.md").exists());
    }
}
