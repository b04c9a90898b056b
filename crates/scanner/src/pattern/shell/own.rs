//! Commands that start a file of the skill itself, which is examined for itself.

use std::collections::BTreeSet;

use skillgate_model::{Skill, SkillFile};

use super::What;
use super::programs;
use crate::pattern::resolved::Fact;
use crate::{Artifact, Kind, Sink};

/// Whether a command as written starts a file of the skill, directly or by its interpreter.
///
/// Only paths from the skill's root count, as manifests write them; whatever else it starts is an effect.
pub(super) fn runs_own_file(command: &str, skill: &Skill) -> bool {
    let mut words = command
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']));
    let Some(program) = words.next() else {
        return false;
    };
    if program.contains('/') && is_own(program, skill) {
        return true;
    }
    programs::is_interpreter(program)
        && words
            .find(|word| !word.starts_with('-'))
            .is_some_and(|word| is_own(word, skill))
}

/// Files of the skill that an interpreter is given and whose names promise no program are examined as what it makes of them.
pub(super) fn uncover_run(
    artifact: &Artifact<'_>,
    facts: &[Fact],
    skill: &Skill,
    sink: &mut Sink<'_>,
) {
    let mut seen = BTreeSet::new();
    for fact in facts {
        let What::Command { name, arguments } = &fact.what else {
            continue;
        };
        let kind = match name.as_str() {
            "." | "source" => Some(Kind::Shell),
            name => programs::interpreter(name),
        };
        let mut words = arguments.iter().map(|argument| argument.text.as_str());
        let script = words.find(|word| !word.starts_with('-'));
        let Some((kind, file)) = kind.zip(script.and_then(|script| named(script, skill))) else {
            continue;
        };
        let Some(bytes) = file.bytes().filter(|_| file.path != artifact.path) else {
            continue;
        };
        let is_text = std::str::from_utf8(bytes).is_ok();
        if is_text && !Kind::identify(&file.path, bytes).is_program() && seen.insert(&file.path) {
            let mut script = Artifact::of_file(file, bytes).part(kind, bytes.to_vec(), 0);
            script.depth = artifact.depth + 1;
            script.quoted = false;
            sink.uncover(script);
        }
    }
}

/// The file of the skill that a path leads to, from the root or from a folder that is not known.
fn named<'s>(path: &str, skill: &'s Skill) -> Option<&'s SkillFile> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let inside = |file: &&SkillFile| {
        let folder = path.strip_suffix(file.path.as_str());
        folder.is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
    };
    skill.files.iter().find(inside)
}

fn is_own(path: &str, skill: &Skill) -> bool {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut files = skill.files.iter();
    files.any(|file| file.path == path && file.bytes().is_some())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use skillgate_model::{Content, Manifest, SkillFile, SkillKind};

    use super::*;

    fn skill() -> Skill {
        let file = SkillFile {
            path: "scripts/run.py".to_owned(),
            raw: PathBuf::from("scripts/run.py"),
            mode: 0o755,
            size: 0,
            sha256: String::new(),
            content: Content::Bytes([].into()),
        };
        Skill {
            name: "tool".to_owned(),
            kind: SkillKind::Folder,
            root: PathBuf::from("tool"),
            manifest: Manifest::default(),
            manifest_path: None,
            files: vec![file],
            digest: String::new(),
        }
    }

    #[test]
    fn only_files_of_the_skill_are_its_own() {
        let skill = skill();
        for command in [
            "python scripts/run.py in.csv",
            "python3 -u './scripts/run.py'",
            "./scripts/run.py --fast",
            "scripts/run.py",
        ] {
            assert!(runs_own_file(command, &skill), "{command}");
        }
        for command in [
            "",
            "python",
            "python run.py",
            "python /tmp/scripts/run.py",
            "python ../scripts/run.py",
            "python -c 'import os' scripts/run.py",
            "python -m http.server scripts/run.py",
            "make scripts/run.py",
            "sudo python scripts/run.py",
        ] {
            assert!(!runs_own_file(command, &skill), "{command}");
        }
    }
}
