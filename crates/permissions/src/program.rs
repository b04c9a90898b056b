//! Programs as resources: a name, or the path of one; command lines are never read.

use crate::glob;
use crate::path::{Path, PathPattern};
use crate::resource::ResourceError;

/// Where a program of a plain name is looked for; a grant of `git` covers `/usr/bin/git` too.
const SYSTEM_FOLDERS: [&str; 5] = [
    "/bin/",
    "/usr/bin/",
    "/usr/local/bin/",
    "/sbin/",
    "/usr/sbin/",
];

/// What is to be started.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack of one decision, which may not allocate"
)]
pub(crate) enum Program<'a> {
    Name(&'a str),
    Path {
        path: Path<'a>,
        /// The last component as it was written.
        file: &'a str,
        /// The last component, where the program lies in one of [`SYSTEM_FOLDERS`].
        system: Option<&'a str>,
    },
}

impl<'a> Program<'a> {
    /// The program as a pattern for itself.
    pub(crate) fn canonical(&self) -> String {
        match self {
            Self::Name(name)
            | Self::Path {
                system: Some(name), ..
            } => (*name).to_owned(),
            Self::Path {
                path, system: None, ..
            } => path.canonical(),
        }
    }

    /// The last component as it was written.
    pub(crate) fn file(&self) -> &'a str {
        match self {
            Self::Name(file) | Self::Path { file, .. } => file,
        }
    }

    /// `None` for a command line and for a path that cannot be resolved.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        if !text.contains('/') {
            return is_plain(text).then_some(Self::Name(text));
        }
        if !text.chars().all(is_path_character) {
            return None;
        }
        let path = Path::resolve(text)?;
        let file = text.rsplit('/').next().unwrap_or_default();
        if matches!(file, "" | "." | "..") {
            return None;
        }
        let system = SYSTEM_FOLDERS
            .iter()
            .filter_map(|folder| text.strip_prefix(folder))
            .find(|name| is_plain(name));
        Some(Self::Path { path, file, system })
    }
}

/// A name without spaces or anything a shell would read.
fn is_plain(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-*".contains(&byte);
    !text.is_empty() && text != "." && text != ".." && text.bytes().all(legal)
}

/// Paths of programs hold nothing that a shell would read either; a command line is no path.
fn is_path_character(character: char) -> bool {
    character.is_alphanumeric() || "/._+-*~@,:".contains(character)
}

/// A pattern over programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProgramPattern {
    Name(Box<str>),
    Path(PathPattern),
}

impl ProgramPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, ResourceError> {
        if text.contains('/') {
            return PathPattern::parse(text).map(Self::Path);
        }
        if is_plain(text) {
            return Ok(Self::Name(text.into()));
        }
        Err(ResourceError::CommandLine)
    }

    pub(crate) fn includes(&self, program: &Program<'_>) -> bool {
        match (self, program) {
            (
                Self::Name(own),
                Program::Name(name)
                | Program::Path {
                    system: Some(name), ..
                },
            ) => glob::includes(own.as_bytes(), name.as_bytes()),
            (Self::Path(own), Program::Path { path, .. }) => own.includes(path),
            (Self::Name(_), Program::Path { system: None, .. })
            | (Self::Path(_), Program::Name(_)) => false,
        }
    }

    /// A plain name meets a program of that name wherever it lies, and a path meets its own name.
    pub(crate) fn may_meet(&self, program: &Program<'_>) -> bool {
        match (self, program) {
            (Self::Name(own), Program::Name(name) | Program::Path { file: name, .. }) => {
                glob::may_meet(own.as_bytes(), name.as_bytes())
            }
            (Self::Path(own), Program::Path { path, .. }) => own.may_meet(path),
            (Self::Path(own), Program::Name(name)) => own.may_end_with(name),
        }
    }

    pub(crate) fn includes_pattern(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(own), Self::Name(name)) => glob::includes(own.as_bytes(), name.as_bytes()),
            (Self::Path(own), Self::Path(path)) => own.includes_pattern(path),
            (Self::Name(_), Self::Path(_)) | (Self::Path(_), Self::Name(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, program: &str) -> bool {
        let pattern = ProgramPattern::parse(pattern).unwrap();
        Program::parse(program).is_some_and(|program| pattern.includes(&program))
    }

    fn meets(pattern: &str, program: &str) -> bool {
        let pattern = ProgramPattern::parse(pattern).unwrap();
        Program::parse(program).is_none_or(|program| pattern.may_meet(&program))
    }

    #[test]
    fn a_name_covers_the_systems_program_and_no_stray_one() {
        for (pattern, program, expected) in [
            ("git", "git", true),
            ("git", "/usr/bin/git", true),
            ("git", "/tmp/git", false),
            ("git", "./git", false),
            ("git", "/usr/bin/../../tmp/git", false),
            ("git", "/usr/bin/x/git", false),
            ("git", "github", false),
            ("git", "Git", false),
            ("git", "git status", false),
            ("git", "git;rm", false),
            ("git", "", false),
            ("python3*", "python3.11", true),
            ("./bin/*", "bin/tool", true),
            ("./bin/*", "tool", false),
            ("/opt/x/tool", "/opt/x/tool", true),
            ("/opt/x/*", "/opt/x/tool --flag", false),
            ("/opt/x/*", "/opt/x/tool;id", false),
            ("*", "git", true),
            ("*", "/tmp/git", false),
        ] {
            assert_eq!(covers(pattern, program), expected, "{pattern} {program}");
        }
    }

    #[test]
    fn a_denied_name_is_denied_wherever_it_lies() {
        for (pattern, program, expected) in [
            ("bash", "/tmp/x/bash", true),
            ("bash", "./bash", true),
            ("bash", "bash -c id", true),
            ("bash", "/bin/", true),
            ("/bin/bash", "bash", true),
            ("/bin/bash", "dash", false),
            ("/bin/bash", "/usr/bin/bash", false),
            ("bash", "git", false),
        ] {
            assert_eq!(meets(pattern, program), expected, "{pattern} {program}");
        }
    }

    #[test]
    fn a_command_line_is_no_program() {
        for text in ["git status", "git;id", "$(git)", "a|b"] {
            assert_eq!(
                ProgramPattern::parse(text),
                Err(ResourceError::CommandLine),
                "{text}"
            );
        }
    }
}
