//! Where the skills are: a `.py` file, a folder with a `SKILL.md`, a tree of both, or whatever was named.

use std::collections::BTreeMap;
use std::ffi::OsStr;
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
    /// A folder with a `SKILL.md`, or one that is taken for a skill without it.
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
    /// Folders that hold no skill, and were named or lie beside skills; each is a candidate as it is.
    pub unmarked: Vec<PathBuf>,
    /// Paths that could not be looked at, with the reason; an examination with any is incomplete.
    pub unreadable: Vec<(PathBuf, String)>,
}

impl Candidate {
    fn folder(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            kind: CandidateKind::Folder,
        }
    }
}

impl Discovery {
    /// Takes a folder in which there are files and no skills for one.
    fn is_one_skill(&mut self, folder: &Path) {
        if self.candidates.is_empty() && !self.strays.is_empty() {
            self.strays.clear();
            self.candidates.push(Candidate::folder(folder));
            self.unmarked.push(folder.to_owned());
        }
    }

    fn append(&mut self, other: Self) {
        join(&mut self.candidates, other.candidates);
        join(&mut self.strays, other.strays);
        join(&mut self.unmarked, other.unmarked);
        join(&mut self.unreadable, other.unreadable);
    }
}

/// What lies deep is handed up through every folder, so that it should not be copied each time.
fn join<T>(all: &mut Vec<T>, mut more: Vec<T>) {
    if all.len() < more.len() {
        std::mem::swap(all, &mut more);
    }
    all.append(&mut more);
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
            found.append(named(path));
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
    Candidate::folder(folder.unwrap_or_else(|| Path::new(".")))
}

/// A folder that is named is examined, whatever it holds.
fn named(root: &Path) -> Discovery {
    let mut inside = tree(root);
    inside.is_one_skill(root);
    inside
}

fn tree(folder: &Path) -> Discovery {
    let mut found = Discovery::default();
    let entries = match list(folder) {
        Ok(entries) => entries,
        Err(error) => {
            found
                .unreadable
                .push((folder.to_owned(), error.to_string()));
            return found;
        }
    };
    if entries.iter().any(|entry| is_manifest(&entry.path())) {
        found.candidates.push(Candidate::folder(folder));
        return found;
    }
    let mut below = Vec::new();
    for entry in entries {
        sort_out(&entry, &mut below, &mut found);
    }
    // Skills refer to what lies beside them, and what was meant to be one may lack its manifest.
    let holds_skills = below
        .iter()
        .any(|(path, inside)| inside.candidates == [Candidate::folder(path)]);
    for (path, mut inside) in below {
        if holds_skills && !is_hidden(&path) {
            inside.is_one_skill(&path);
        }
        found.append(inside);
    }
    found
}

/// Links are not followed while searching: a link to a skill is a stray, and so is a special file.
fn sort_out(entry: &fs::DirEntry, below: &mut Vec<(PathBuf, Discovery)>, found: &mut Discovery) {
    let path = entry.path();
    match entry.file_type() {
        Err(error) => found.unreadable.push((path, error.to_string())),
        Ok(kind) if kind.is_dir() => {
            if !NOT_SKILLS.iter().any(|name| entry.file_name() == *name) {
                let inside = tree(&path);
                below.push((path, inside));
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

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::as_encoded_bytes);
    name.is_some_and(|name| name.starts_with(b"."))
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
    fn a_folder_without_a_skill_is_one_where_it_is_named_or_lies_beside_skills() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "skills/one/SKILL.md",
            "skills/shared/setup.sh",
            "skills/.cache/x.json",
            "skills/notes.txt",
            "docs/guide/a.md",
        ] {
            touch(root.path(), path);
        }
        let found = discover(&[root.path().to_owned()]).unwrap();
        assert_eq!(names(&found, root.path()), ["skills/one", "skills/shared"]);
        assert_eq!(found.unmarked, [root.path().join("skills/shared")]);
        assert_eq!(found.strays.len(), 3);
        let found = discover(&[root.path().join("docs")]).unwrap();
        assert_eq!(names(&found, root.path()), ["docs"]);
        std::fs::create_dir(root.path().join("empty")).unwrap();
        let found = discover(&[root.path().join("empty")]).unwrap();
        assert_eq!(found, Discovery::default());
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
