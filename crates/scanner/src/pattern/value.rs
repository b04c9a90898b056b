//! What a word may be: its text as far as it is known, and where it came from.

use std::ops::{BitOr, BitOrAssign};

use super::places;
use crate::services;

/// Where a value came from; several at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taint(u64);

impl Taint {
    /// The network.
    pub(crate) const NETWORK: Self = Self(1);
    /// A decoder: base64, hex, reversal, decompression.
    pub(crate) const DECODED: Self = Self(2);
    /// A file of credentials, a key ring, the clipboard.
    pub(crate) const SECRET: Self = Self(4);
    /// The whole environment.
    pub(crate) const ENVIRONMENT: Self = Self(8);
    /// One variable with the name of a credential.
    pub(crate) const TOKEN: Self = Self(16);
    /// The caller's arguments or input.
    pub(crate) const ARGUMENT: Self = Self(32);
    /// What the machine says of itself.
    pub(crate) const MACHINE: Self = Self(64);
    /// Some local file.
    pub(crate) const FILE: Self = Self(128);
    /// The network, at an address whose maker publishes an installer there.
    pub(crate) const INSTALLER: Self = Self(256);
    /// An encoder: base64, hex, encryption, an archive.
    pub(crate) const ENCODED: Self = Self(512);

    /// A file that belongs to the system.
    pub(crate) const SYSTEM: Self = Self(1024);

    /// What a shell answers.
    pub(crate) const SHELL: Self = Self(2048);

    /// The numbers of processes that were looked up.
    pub(crate) const PROCESS: Self = Self(4096);

    /// A credential that a program gave out, which belongs into a header and nowhere else.
    pub(crate) const ISSUED: Self = Self(1 << 13);

    /// The credential of a session, or one field out of a file of them: it may name itself to its service.
    pub(crate) const SESSION: Self = Self(1 << 19);

    /// What a person typed as a password.
    pub(crate) const PASSWORD: Self = Self(1 << 14);

    /// Data made long by repetition.
    pub(crate) const REPEATED: Self = Self(1 << 15);

    /// A text put together from pieces.
    pub(crate) const PIECES: Self = Self(1 << 18);

    /// A stretch of a file that is no script: prose, a picture, a table, the history of a repository.
    pub(crate) const DATA: Self = Self(1 << 21);

    /// Names that were listed from a folder.
    pub(crate) const LISTED: Self = Self(1 << 20);

    /// A person's own documents, or what a person types and copies.
    pub(crate) const PERSONAL: Self = Self(1 << 16);

    /// A whole folder, packed.
    pub(crate) const TREE: Self = Self(1 << 17);

    /// What a stranger asks a server for.
    pub(crate) const REQUEST: Self = Self(1 << 31);

    /// What a function is given, while nobody has called it yet.
    pub(crate) const PARAMETER: Self = Self(1 << 30);

    /// A credential that no service on the web asks for: the address of a database, a key that signs or encrypts.
    pub(crate) const KEPT: Self = Self(1 << 32);

    /// The tokens of known services, each with a mark of its own.
    const SERVICES: u64 = u64::MAX << Self::FIRST_SERVICE;

    /// The first bit that stands for a service.
    const FIRST_SERVICE: usize = 34;

    /// What says whose a credential is; only texts made of the credential keep it.
    pub(crate) const OWNED: Self = Self(Self::SERVICES | Self::KEPT.0);

    /// The mark of the service that a variable's token belongs to.
    pub(crate) fn of_service(variable: &str) -> Self {
        services::of_variable(variable).map_or(Self::default(), Self::service)
    }

    /// Whether tokens are among them, and the host belongs to none of their services.
    pub(crate) fn is_foreign_to(self, host: &str) -> bool {
        let mut held = (0..64 - Self::FIRST_SERVICE).filter(|at| self.has(Self::service(*at)));
        self.of_any_service() && !held.any(|at| services::answers(at, host))
    }

    const fn service(at: usize) -> Self {
        Self(1 << (Self::FIRST_SERVICE + at))
    }

    /// Whether the token of a known service is among them.
    pub(crate) const fn of_any_service(self) -> bool {
        self.0 & Self::SERVICES != 0
    }

    /// Whether tokens of several services came together.
    pub(crate) const fn of_several(self) -> bool {
        (self.0 & Self::SERVICES).count_ones() > 1
    }

    /// Those of its marks that `other` has too.
    pub(crate) const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Both together, where an operator cannot be used.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Words for a report, in a fixed order.
    pub(crate) fn describe(self) -> String {
        let names = [
            (Self::SECRET, "credentials"),
            (Self::ENVIRONMENT, "the environment"),
            (Self::ISSUED, "credentials that a program gave out"),
            (Self::TOKEN, "a credential variable"),
            (Self::PERSONAL, "personal files"),
            (Self::SYSTEM, "a system file"),
            (Self::MACHINE, "the machine's identity"),
            (Self::FILE, "a local file"),
            (Self::DECODED, "decoded data"),
            (Self::NETWORK, "downloaded data"),
            (Self::INSTALLER, "a published installer"),
            (Self::ARGUMENT, "the caller's input"),
        ];
        let present: Vec<&str> = names
            .iter()
            .filter(|(taint, _)| self.has(*taint))
            .map(|(_, name)| *name)
            .collect();
        present.join(", ")
    }
}

impl BitOr for Taint {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Taint {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Longest text that is followed, in bytes.
pub(crate) const MAX_TEXT: usize = 64 << 10;
/// Stands in a text for what is not known.
pub(crate) const UNKNOWN: char = '\u{fffd}';

/// A value while a program is followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) taint: Taint,
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            taint: Taint::default(),
        }
    }

    pub(crate) fn unknown(taint: Taint) -> Self {
        Self {
            text: UNKNOWN.to_string(),
            taint,
        }
    }

    pub(crate) fn tainted(mut self, taint: Taint) -> Self {
        self.taint |= taint;
        self
    }

    /// The text, where all of it is known.
    pub(crate) fn known(&self) -> Option<&str> {
        (!self.text.contains(UNKNOWN)).then_some(&self.text)
    }

    /// Whether both together are short enough to be followed.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        self.text.len() + other.text.len() <= MAX_TEXT
    }

    pub(crate) fn push(&mut self, other: &Self) {
        self.taint |= other.taint;
        if self.fits(other) {
            self.text.push_str(&other.text);
        } else if !self.text.ends_with(UNKNOWN) {
            self.text.push(UNKNOWN);
        }
    }

    /// The program's name: the last component of a path.
    pub(crate) fn program(&self) -> &str {
        self.text.rsplit(['/', '\\']).next().unwrap_or(&self.text)
    }
}

/// The text with one word put in the place of another, unless it grows beyond what is followed.
pub(crate) fn replaced(text: &str, from: &str, to: &str, times: usize) -> Option<String> {
    let places = text.matches(from).take(times).count();
    let grows = to.len() > from.len() && places.saturating_mul(to.len()) > MAX_TEXT;
    (!from.is_empty() && !grows).then(|| text.replacen(from, to, times))
}

/// What reading a file of this name yields.
pub(crate) fn of_path(path: &str) -> Taint {
    if places::is_credential(path) || places::is_project_secret(path) {
        Taint::SECRET
    } else if path.starts_with("/proc/") || path.starts_with("/sys/") || path == "/etc/os-release" {
        Taint::MACHINE
    } else if path.starts_with("/etc/")
        || path.starts_with("/root/")
        || path.starts_with("/usr/")
        || path.starts_with("/var/lib/")
        || path.starts_with("/var/log/")
    {
        Taint::SYSTEM
    } else if is_personal(path)
        || places::is_home(path) && (places::is_agent_setting(path) || is_conversation(path))
    {
        Taint::FILE | Taint::PERSONAL
    } else if is_data(path) {
        Taint::FILE | Taint::DATA
    } else {
        Taint::FILE
    }
}

/// Whether nobody looks for a script in a file of this name.
fn is_data(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(
        ending.to_ascii_lowercase().as_str(),
        "md" | "txt"
            | "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "svg"
            | "ico"
            | "pdf"
            | "csv"
            | "json"
            | "log"
            | "dat"
            | "bin"
            | "db"
            | "sqlite"
            | "wav"
            | "mp3"
            | "ttf"
            | "woff"
            | "html"
    ) || matches!(name, "LICENSE" | "README" | "CHANGELOG" | "NOTICE")
}

/// Where agents keep what was said to them.
fn is_conversation(path: &str) -> bool {
    let kept = [
        ".claude/projects",
        ".claude/history",
        ".claude/transcripts",
        ".codex/sessions",
        ".codex/history",
        ".cursor/chats",
        ".gemini/tmp",
        ".continue/sessions",
        ".aider.chat.history",
    ];
    kept.iter().any(|folder| path.contains(folder))
}

/// A person's own folders, as their system names them, or the whole home.
pub(crate) fn is_personal(path: &str) -> bool {
    let owned = |start: &str| {
        let rest = path.strip_prefix(start)?;
        rest.split_once('/').map(|(_, inside)| inside)
    };
    let inside = path
        .strip_prefix('~')
        .or_else(|| path.strip_prefix("/root/"))
        .or_else(|| owned("/home/"))
        .or_else(|| owned("/Users/"))
        .map(|rest| rest.trim_start_matches('/'));
    inside.is_some_and(|rest| {
        let folder = rest.split('/').next().unwrap_or(rest);
        matches!(
            folder,
            "" | "*"
                | "**"
                | "Documents"
                | "Desktop"
                | "Downloads"
                | "Pictures"
                | "Photos"
                | "Movies"
                | "Videos"
                | "OneDrive"
                | "Dropbox"
                | "Notes"
                | "Obsidian"
                | "Maildir"
                | ".thunderbird"
        )
    })
}
