//! What a file is: by its content first, by its name second.

/// Kinds that the engines tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No bytes at all.
    Empty,
    /// Python source.
    Python,
    /// Shell script.
    Shell,
    /// JavaScript.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// Markdown, also `SKILL.md`.
    Markdown,
    /// Text of no particular kind.
    Text,
    /// Bytes that no engine understands.
    Unknown,
}

impl Kind {
    /// The name used in the coverage ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty file",
            Self::Python => "python",
            Self::Shell => "shell",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Unknown => "unknown binary",
        }
    }

    pub(crate) fn identify(path: &str, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension.to_ascii_lowercase().as_str() {
            "py" | "pyi" | "pyw" => Self::Python,
            "sh" | "bash" => Self::Shell,
            "js" | "mjs" | "cjs" => Self::JavaScript,
            "ts" | "tsx" => Self::TypeScript,
            "md" => Self::Markdown,
            _ if std::str::from_utf8(bytes).is_ok() => Self::Text,
            _ => Self::Unknown,
        }
    }
}
