//! The modules of a skill, in the order in which they are imported.

use crate::{Job, Proposal};

/// A module to import.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// Where its import starts.
    pub(crate) directory: String,
    /// Its file.
    #[serde(skip)]
    pub(crate) path: String,
    /// Whether it does something of its own when it is run as a program.
    #[serde(skip)]
    pub(crate) script: bool,
    /// Calls that somebody proposes for its functions, or for others.
    #[serde(skip)]
    pub(crate) proposals: Vec<Proposal>,
}

/// The modules of a skill, in the order in which they are imported.
pub(crate) fn modules(job: &Job<'_>, top: &str) -> Vec<Module> {
    let skill = job.skill;
    let mut found = Vec::new();
    for file in &skill.files {
        let Some(bytes) = file.bytes() else { continue };
        let Some(stem) = file.path.strip_suffix(".py") else {
            continue;
        };
        if stem.chars().any(char::is_control) || is_test(stem) {
            continue;
        }
        let mut parts: Vec<&str> = stem.split('/').collect();
        // A package starts at the highest folder that has an `__init__.py` all the way down.
        let package = |parts: &[&str]| {
            let init = format!("{}/__init__.py", parts.join("/"));
            skill.files.iter().any(|file| file.path == init)
        };
        let mut start = parts.len() - 1;
        while start > 0 && parts.get(..start).is_some_and(package) {
            start -= 1;
        }
        if parts.last() == Some(&"__init__") && start < parts.len() - 1 {
            parts.pop();
        }
        let (above, name) = parts.split_at(start.min(parts.len() - 1));
        let mut directory = top.to_owned();
        for part in above {
            directory.push('/');
            directory.push_str(part);
        }
        found.push(Module {
            name: name.join("."),
            directory,
            path: format!("{top}/{}", file.path),
            script: contains(bytes, b"__main__"),
            proposals: job.proposals.to_vec(),
        });
    }
    found
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// Tests and set-up files are not what an agent calls.
fn is_test(stem: &str) -> bool {
    let mut parts: Vec<&str> = stem.split('/').collect();
    let name = parts.pop().unwrap_or("");
    parts
        .iter()
        .any(|part| matches!(*part, "test" | "tests" | "__pycache__"))
        || matches!(name, "conftest" | "setup")
        || name.starts_with("test_")
        || name.ends_with("_test")
}
