//! Where the skills are: a `.py` file, a folder with a `SKILL.md`, a tree of both, or whatever was named.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use skillgate_model::SkillKind;

use crate::{GateError, load};

/// Folders of version control and of our own store; discovery does not descend into them.
pub(crate) const NOT_SKILLS: [&str; 4] = [".git", ".hg", ".svn", ".skillgate"];

/// Folders below a project or a home folder where agents look for skills
/// (agentskills.io conventions of Codex, Gemini CLI, Copilot, OpenCode, Amp, Claude Code, Cursor, OpenClaw).
pub const WELL_KNOWN: [&str; 5] = [
    ".agents/skills",
    ".claude/skills",
    ".cursor/skills",
    ".codex/skills",
    "skills",
];

/// A skill that was found and not yet read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The file or the folder, as reached from the path that was given.
    pub path: PathBuf,
    /// Which of the two.
    pub kind: CandidateKind,
}

/// File or folder; ordered so that sorting is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CandidateKind {
    /// One file, mostly Python.
    File,
    /// A folder with a `SKILL.md`, or one that was named and holds no skill.
    Folder,
}

impl From<CandidateKind> for SkillKind {
    fn from(kind: CandidateKind) -> Self {
        match kind {
            CandidateKind::File => Self::File,
            CandidateKind::Folder => Self::Folder,
        }
    }
}

/// What a walk found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Sorted by path.
    pub candidates: Vec<Candidate>,
    /// Files in the tree that belong to no skill, and so were not examined.
    pub strays: Vec<PathBuf>,
    /// Folders that were named and hold no skill; each is a candidate as it is.
    pub unmarked: Vec<PathBuf>,
    /// Paths that could not be looked at, with the reason; an examination with any is incomplete.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// Looks for skills at and below the paths.
///
/// # Errors
/// When a path does not exist.
pub fn discover(paths: &[PathBuf]) -> Result<Discovery, GateError> {
    let mut found = Discovery::default();
    for path in paths {
        let metadata = fs::metadata(path).map_err(|source| GateError::NoSuchPath {
            path: path.clone(),
            source,
        })?;
        if metadata.is_dir() {
            named(path, &mut found);
        } else {
            found.candidates.push(single(path));
        }
    }
    found.candidates.sort();
    found.candidates.dedup();
    found.strays.sort();
    Ok(found)
}

/// The well-known skill folders that exist below the project and the home folder.
pub fn well_known(project: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    let in_project = WELL_KNOWN.iter().map(|folder| project.join(folder));
    // A bare `skills` folder in a home folder is somebody's own affair.
    let hidden = WELL_KNOWN.iter().filter(|folder| folder.starts_with('.'));
    let in_home = home
        .into_iter()
        .flat_map(|home| hidden.clone().map(move |folder| home.join(folder)));
    let mut folders: Vec<_> = in_project
        .chain(in_home)
        .filter(|folder| folder.is_dir())
        .collect();
    folders.dedup();
    folders
}

/// Names that more than one candidate bears, by a folder's manifest or a file's stem.
pub fn shared_names(candidates: &[Candidate]) -> BTreeMap<String, Vec<PathBuf>> {
    let mut names: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for candidate in candidates {
        names
            .entry(load::name_of(candidate))
            .or_default()
            .push(candidate.path.clone());
    }
    names.retain(|_, paths| paths.len() > 1);
    names
}

/// A file that is named is examined whatever it is; in a tree only Python files are tools of their own.
fn single(path: &Path) -> Candidate {
    if !is_manifest(path) {
        return Candidate {
            path: path.to_owned(),
            kind: CandidateKind::File,
        };
    }
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    Candidate {
        path: folder.unwrap_or_else(|| Path::new(".")).to_owned(),
        kind: CandidateKind::Folder,
    }
}

/// A folder that is named is examined too: as one skill, where it holds files and none of them is one.
fn named(root: &Path, found: &mut Discovery) {
    let mut inside = Discovery::default();
    tree(root, &mut inside);
    if inside.candidates.is_empty() && !inside.strays.is_empty() {
        inside.strays.clear();
        inside.candidates.push(Candidate {
            path: root.to_owned(),
            kind: CandidateKind::Folder,
        });
        found.unmarked.push(root.to_owned());
    }
    found.candidates.append(&mut inside.candidates);
    found.strays.append(&mut inside.strays);
    found.unreadable.append(&mut inside.unreadable);
}

fn tree(root: &Path, found: &mut Discovery) {
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        let entries = match list(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                found.unreadable.push((folder, error.to_string()));
                continue;
            }
        };
        if entries.iter().any(|entry| is_manifest(&entry.path())) {
            found.candidates.push(Candidate {
                path: folder,
                kind: CandidateKind::Folder,
            });
            continue;
        }
        for entry in entries {
            sort_out(&entry, &mut pending, found);
        }
    }
}

/// Links are not followed while searching: a link to a skill is a stray, and so is a special file.
fn sort_out(entry: &fs::DirEntry, pending: &mut Vec<PathBuf>, found: &mut Discovery) {
    let path = entry.path();
    match entry.file_type() {
        Err(error) => found.unreadable.push((path, error.to_string())),
        Ok(kind) if kind.is_dir() => {
            if !NOT_SKILLS.iter().any(|name| entry.file_name() == *name) {
                pending.push(path);
            }
        }
        Ok(kind) if kind.is_file() && is_python(&path) => {
            found.candidates.push(Candidate {
                path,
                kind: CandidateKind::File,
            });
        }
        Ok(_) => found.strays.push(path),
    }
}

fn list(folder: &Path) -> std::io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

/// `SKILL.md` in any letter case, as a regular file or as anything else that bears the name.
pub(crate) fn is_manifest(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.eq_ignore_ascii_case("skill.md"))
}

fn is_python(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("py"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Path, path: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    fn names(found: &Discovery, root: &Path) -> Vec<String> {
        let relative = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
        found
            .candidates
            .iter()
            .map(|candidate| relative(&candidate.path))
            .collect()
    }

    #[test]
    fn a_tree_holds_files_and_folders_and_a_folder_owns_what_is_below() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "a.py",
            "_b.py",
            "deep/test_c.py",
            "one/skill.md",
            "one/scripts/x.py",
            "one/sub/SKILL.md",
            "notes.txt",
            ".git/hook.py",
        ] {
            touch(root.path(), path);
        }
        let found = discover(&[root.path().to_owned()]).unwrap();
        assert_eq!(
            names(&found, root.path()),
            ["_b.py", "a.py", "deep/test_c.py", "one"]
        );
        assert_eq!(found.strays, [root.path().join("notes.txt")]);
    }

    #[test]
    fn a_manifest_stands_for_its_folder_and_a_file_that_is_named_for_itself() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), "one/Skill.MD");
        touch(root.path(), "one/run.sh");
        let found = discover(&[root.path().join("one/Skill.MD")]).unwrap();
        assert_eq!(names(&found, root.path()), ["one"]);
        let found = discover(&[root.path().join("one/run.sh")]).unwrap();
        assert_eq!(names(&found, root.path()), ["one/run.sh"]);
        assert!(discover(&[root.path().join("absent")]).is_err());
    }

    #[test]
    fn a_link_loop_ends() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("loop")).unwrap();
        touch(root.path(), "a.py");
        assert_eq!(
            names(&discover(&[root.path().to_owned()]).unwrap(), root.path()),
            ["a.py"]
        );
    }
}
