//! A skill as it was read: bytes in memory, so that what is examined is what is promoted.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A tool file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SkillKind {
    /// One Python file.
    File,
    /// A folder with a `SKILL.md`; it owns everything below it.
    Folder,
}

/// What a skill says of itself, from front matter or the module's docstring.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Manifest {
    /// The name given, where there is one.
    pub name: Option<String>,
    /// What the skill says it does.
    pub description: Option<String>,
    /// Scopes declared under `permissions:` (the seeds' key) or `effects:`.
    pub declared: Vec<String>,
    /// The host's `allowed-tools`: a request for rights, never a limit.
    pub allowed_tools: Vec<String>,
    /// Whether an `effects:` list stood there, even an empty one.
    pub declares: bool,
    /// Other keys and their text, in the order of the file.
    pub other: Vec<(String, String)>,
    /// What is wrong with the manifest.
    pub errors: Vec<ManifestError>,
}

/// A fault of a manifest, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ManifestError {
    /// Line in the manifest's file, from 1.
    pub line: u32,
    /// One sentence.
    pub message: String,
    /// Whether the manifest could not be read at all.
    pub fatal: bool,
}

/// What was found at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A regular file, read once.
    Bytes(Arc<[u8]>),
    /// A regular file over the size limit; it was hashed, not kept.
    TooLarge,
    /// A symbolic link, which is never followed out of the skill.
    Link {
        /// The text of the link.
        target: PathBuf,
        /// Whether it leads out of the skill's root, or nowhere.
        escapes: bool,
    },
    /// A FIFO, socket or device, which is never opened.
    Special(&'static str),
    /// It could not be read; one sentence.
    Unreadable(String),
}

/// One entry below a skill's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillFile {
    /// Relative to the root, `/` between components; bytes that are not UTF-8 are shown as `\xNN`.
    pub path: String,
    /// The same, as the system spells it.
    pub raw: PathBuf,
    /// Permission bits.
    pub mode: u32,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content in hex; of the target for a link; empty where nothing was read.
    pub sha256: String,
    /// The content.
    pub content: Content,
}

impl SkillFile {
    /// The bytes of a regular file that was read.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes),
            Content::TooLarge
            | Content::Link { .. }
            | Content::Special(_)
            | Content::Unreadable(_) => None,
        }
    }
}

/// A candidate, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// The manifest's name, or the file's stem or folder's name.
    pub name: String,
    /// File or folder.
    pub kind: SkillKind,
    /// The file, or the folder.
    pub root: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Relative path of the file that the manifest was read from.
    pub manifest_path: Option<String>,
    /// Everything below the root, sorted by path.
    pub files: Vec<SkillFile>,
    /// SHA-256 over paths, modes and bytes of the whole tree, in hex.
    pub digest: String,
}
