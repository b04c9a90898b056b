//! A piece of a skill to examine: a file, or what was uncovered inside one.

use std::borrow::Cow;

use skillgate_model::{Excerpt, Location, SkillFile};

use crate::Kind;
use crate::source::Source;

/// Bytes with a name, a kind and the way they were reached.
#[derive(Debug)]
pub(crate) struct Artifact<'a> {
    /// Relative to the skill's root; `!/` leads into an archive, `#` into a cell or block.
    pub(crate) path: String,
    /// What it is, by its content first and its name second.
    pub(crate) kind: Kind,
    /// The content.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// How it was uncovered, outermost first: `["base64", "zlib"]`; empty for a file.
    pub(crate) decoded: Vec<String>,
    /// How many artifacts it lies inside.
    pub(crate) depth: u8,
    /// Lines before it in the file that it is a part of (a code block, a cell).
    pub(crate) first_line: u32,
    /// Where findings are put when the content has no lines of the file: a decoded literal.
    pub(crate) anchor: Option<(Location, Option<Excerpt>)>,
    /// Permission bits of the file.
    pub(crate) mode: u32,
    /// Code that a text shows and nothing runs by itself: it may be an attack, it is no effect of the skill.
    pub(crate) quoted: bool,
}

/// Whether a file of this name is the page that the agent acts on.
pub(crate) fn is_acted_on(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or("");
    name.eq_ignore_ascii_case("skill.md")
}

impl<'a> Artifact<'a> {
    pub(crate) fn of_file(file: &'a SkillFile, bytes: &'a [u8]) -> Self {
        Self {
            path: file.path.clone(),
            kind: Kind::identify(&file.path, bytes),
            bytes: Cow::Borrowed(bytes),
            decoded: Vec::new(),
            depth: 0,
            first_line: 0,
            anchor: None,
            mode: file.mode,
            quoted: false,
        }
    }

    /// The content as text; what is no UTF-8 becomes replacement characters.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        // Checking whole words at once is several times faster than looking for what to replace.
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(&self.bytes),
        }
    }

    /// Whether this is the page that the agent acts on, not one that it looks things up in.
    pub(crate) fn is_acted_on(&self) -> bool {
        is_acted_on(&self.path)
    }

    /// A part of this artifact with lines of its own file: a code block from line `first_line + 1` on.
    pub(crate) fn part(&self, kind: Kind, bytes: Vec<u8>, first_line: u32) -> Artifact<'static> {
        Artifact {
            path: self.path.clone(),
            kind,
            bytes: Cow::Owned(bytes),
            decoded: self.decoded.clone(),
            depth: self.depth + 1,
            first_line: self.first_line + first_line,
            anchor: self.anchor.clone(),
            mode: self.mode,
            quoted: self.quoted || self.kind == Kind::Markdown,
        }
    }

    /// A member of this archive.
    pub(crate) fn member(&self, name: &str, bytes: Vec<u8>) -> Artifact<'static> {
        let path = format!("{}!/{name}", self.path);
        Artifact {
            kind: Kind::identify(&path, &bytes),
            path,
            bytes: Cow::Owned(bytes),
            decoded: self.decoded.clone(),
            depth: self.depth + 1,
            first_line: 0,
            anchor: self.anchor.clone(),
            mode: 0o644,
            quoted: self.quoted,
        }
    }

    /// What the literal at `range` decodes to; findings in it are shown at the literal.
    pub(crate) fn layer(
        &self,
        source: &Source<'_>,
        range: std::ops::Range<usize>,
        decoders: &[String],
        bytes: Vec<u8>,
    ) -> Artifact<'static> {
        let anchor = self.anchor.clone().unwrap_or_else(|| {
            (
                source.location(&self.path, self.first_line, range.clone()),
                source.excerpt(self.first_line, range),
            )
        });
        let mut decoded = self.decoded.clone();
        decoded.extend_from_slice(decoders);
        Artifact {
            path: self.path.clone(),
            kind: Kind::identify("", &bytes),
            bytes: Cow::Owned(bytes),
            decoded,
            depth: self.depth + 1,
            first_line: 0,
            anchor: Some(anchor),
            mode: 0o644,
            quoted: self.quoted,
        }
    }
}
