//! Reads a skill once, into memory: what is examined is what was read here, and what is promoted too.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use skillgate_model::{Content, Manifest, Skill, SkillFile, SkillKind, hex};

use crate::discover::{NOT_SKILLS, is_manifest};
use crate::{Candidate, CandidateKind, manifest};

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
    let mut reader = Reader {
        root: &candidate.path,
        limits,
        spent: 0,
        files: Vec::new(),
    };
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
    let mut reader = Reader {
        root: &candidate.path,
        limits,
        spent: 0,
        files: Vec::new(),
    };
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

struct Reader<'a> {
    root: &'a Path,
    limits: LoadLimits,
    spent: u64,
    files: Vec<SkillFile>,
}

impl Reader<'_> {
    fn single(&mut self) {
        let name = self.root.file_name().unwrap_or_default();
        let file = self.entry(self.root, Path::new(name));
        self.files.push(file);
    }

    fn manifest(&mut self) {
        let entries = fs::read_dir(self.root).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| is_manifest(&entry.path())) {
            let file = self.entry(&entry.path(), Path::new(&entry.file_name()));
            self.files.push(file);
        }
    }

    /// Breadth does not matter and depth is unbounded, so the walk keeps its own stack.
    fn folder(&mut self) {
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

/// SHA-256 in hex, and the bytes where they were kept.
type Kept = (String, Option<Arc<[u8]>>);

/// Reads a regular file without following a link and without waiting on anything; `keep` is the size expected.
fn read(path: &Path, keep: Option<u64>) -> Result<Kept, String> {
    let say = |error: std::io::Error| format!("it cannot be read: {error}");
    let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
        .map_err(say)?;
    let before = file.metadata().map_err(say)?;
    if !before.is_file() {
        return Err("it is no longer a regular file".to_owned());
    }
    let read = match keep {
        Some(size) => read_whole(&mut file, size).map_err(say)?,
        None => (hash_only(&mut file).map_err(say)?, None),
    };
    let after = file.metadata().map_err(say)?;
    let stamp = |data: &fs::Metadata| {
        (
            data.len(),
            data.mtime(),
            data.mtime_nsec(),
            data.ctime(),
            data.ctime_nsec(),
        )
    };
    let whole = read
        .1
        .as_ref()
        .is_none_or(|bytes| bytes.len() as u64 == before.len());
    if stamp(&before) != stamp(&after) || !whole {
        return Err("it changed while it was read".to_owned());
    }
    Ok(read)
}

/// Straight into where the bytes stay: a copy would touch as much memory again.
fn read_whole(file: &mut File, size: u64) -> std::io::Result<Kept> {
    let size = usize::try_from(size).map_err(std::io::Error::other)?;
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
    if let Some(buffer) = Arc::get_mut(&mut bytes) {
        file.read_exact(buffer)?;
    }
    // One byte more than expected tells that the file grew.
    if file.read(&mut [0])? != 0 {
        return Err(std::io::Error::other("it grew while it was read"));
    }
    Ok((hex(&Sha256::digest(&bytes)), Some(bytes)))
}

fn hash_only(file: &mut File) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
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
