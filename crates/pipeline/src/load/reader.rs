//! Walks a candidate: every entry becomes a file, a link, or a reason why it was not read.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use skillgate_model::{Content, SkillFile, hex};

use super::whole::read;
use super::{LoadLimits, show};
use crate::discover::{NOT_SKILLS, is_manifest};

pub(super) struct Reader<'a> {
    root: &'a Path,
    limits: LoadLimits,
    spent: u64,
    pub(super) files: Vec<SkillFile>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a Path, limits: LoadLimits) -> Self {
        Self {
            root,
            limits,
            spent: 0,
            files: Vec::new(),
        }
    }

    pub(super) fn single(&mut self) {
        let name = self.root.file_name().unwrap_or_default();
        let file = self.entry(self.root, Path::new(name));
        self.files.push(file);
    }

    /// Only the manifest at the root.
    pub(super) fn manifest(&mut self) {
        let entries = fs::read_dir(self.root).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| is_manifest(&entry.path())) {
            let file = self.entry(&entry.path(), Path::new(&entry.file_name()));
            self.files.push(file);
        }
    }

    /// Breadth does not matter and depth is unbounded, so the walk keeps its own stack.
    pub(super) fn folder(&mut self) {
        let mut pending = vec![PathBuf::new()];
        while let Some(relative) = pending.pop() {
            let folder = self.root.join(&relative);
            let entries =
                match fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
                    Ok(entries) => entries,
                    Err(error) => {
                        self.unreadable(relative, &format!("the folder cannot be read: {error}"));
                        continue;
                    }
                };
            for entry in entries {
                let path = relative.join(entry.file_name());
                if relative.as_os_str().is_empty() && version_control(&entry) {
                    continue;
                }
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    pending.push(path);
                } else if self.files.len() >= self.limits.files {
                    let limit = self.limits.files;
                    self.unreadable(path, &format!("the skill has more than {limit} files"));
                    return;
                } else {
                    let file = self.entry(&entry.path(), &path);
                    self.files.push(file);
                }
            }
        }
    }

    fn unreadable(&mut self, path: PathBuf, reason: &str) {
        self.files.push(SkillFile {
            path: show(&path),
            raw: path,
            mode: 0,
            size: 0,
            sha256: String::new(),
            content: Content::Unreadable(reason.to_owned()),
        });
    }

    fn entry(&mut self, path: &Path, relative: &Path) -> SkillFile {
        let mut file = SkillFile {
            path: show(relative),
            raw: relative.to_owned(),
            mode: 0,
            size: 0,
            sha256: String::new(),
            content: Content::Unreadable(String::new()),
        };
        match fs::symlink_metadata(path) {
            Err(error) => {
                file.content = Content::Unreadable(format!("it cannot be looked at: {error}"))
            }
            Ok(metadata) => {
                file.mode = metadata.mode() & 0o7777;
                file.size = metadata.len();
                let (sha256, content) = self.content(path, relative, &metadata);
                file.sha256 = sha256;
                file.content = content;
            }
        }
        file
    }

    fn content(
        &mut self,
        path: &Path,
        relative: &Path,
        metadata: &fs::Metadata,
    ) -> (String, Content) {
        let kind = metadata.file_type();
        if kind.is_symlink() {
            return self.link(path, relative);
        }
        if !kind.is_file() {
            let name = if kind.is_fifo() {
                "FIFO"
            } else if kind.is_socket() {
                "socket"
            } else {
                "device"
            };
            return (String::new(), Content::Special(name));
        }
        self.spent = self.spent.saturating_add(metadata.len());
        let keep =
            metadata.len() <= self.limits.file_bytes && self.spent <= self.limits.skill_bytes;
        // A file of holes is as long as it likes, and reading it would never end.
        if metadata.len() > self.limits.skill_bytes || self.spent / 2 > self.limits.skill_bytes {
            return (String::new(), Content::TooLarge);
        }
        match read(path, keep.then_some(metadata.len())) {
            Ok((sha256, Some(bytes))) => (sha256, Content::Bytes(bytes)),
            Ok((sha256, None)) => (sha256, Content::TooLarge),
            Err(reason) => (String::new(), Content::Unreadable(reason)),
        }
    }

    fn link(&self, path: &Path, relative: &Path) -> (String, Content) {
        match fs::read_link(path) {
            Err(error) => (
                String::new(),
                Content::Unreadable(format!("the link cannot be read: {error}")),
            ),
            Ok(target) => {
                let sha256 = hex(&Sha256::digest(target.as_os_str().as_bytes()));
                let escapes = leads_out(relative, &target) || !resolves_within(self.root, path);
                (sha256, Content::Link { target, escapes })
            }
        }
    }
}

/// Version-control data at a skill's root is no part of it.
fn version_control(entry: &fs::DirEntry) -> bool {
    NOT_SKILLS.iter().any(|name| entry.file_name() == *name)
        && entry.file_type().is_ok_and(|kind| kind.is_dir())
}

/// By the text of the link alone, since the tree may be copied elsewhere.
fn leads_out(relative: &Path, target: &Path) -> bool {
    let mut depth = relative.components().count().saturating_sub(1);
    for component in target.components() {
        match component {
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

fn resolves_within(root: &Path, link: &Path) -> bool {
    match (fs::canonicalize(root), fs::canonicalize(link)) {
        // What lies in a folder that is left out is not examined, so a link to it leads out, too.
        (Ok(root), Ok(target)) => target
            .strip_prefix(root)
            .is_ok_and(|inside| !NOT_SKILLS.iter().any(|name| inside.starts_with(name))),
        (Err(_), _) | (_, Err(_)) => false,
    }
}
