//! Where in a skill a function stands that a simulation called.

use skillgate_model::{Location, Skill, SkillFile};

/// The places of one skill.
pub(crate) struct Places<'a> {
    skill: &'a Skill,
}

impl<'a> Places<'a> {
    pub(crate) const fn of(skill: &'a Skill) -> Self {
        Self { skill }
    }

    /// The line of `module.function` or `module.Class.method`, the file of a module, or else the main file.
    pub(crate) fn named(&self, target: Option<&str>) -> Location {
        let main = || Location::file(self.skill.manifest_path.as_deref().unwrap_or_default());
        let Some(target) = target else { return main() };
        let files = self.skill.files.iter();
        let found = files.filter_map(|file| Some((file, rest_behind(&module(file)?, target)?)));
        // The longest name of a module leaves the shortest rest.
        let Some((file, rest)) = found.min_by_key(|(_, rest)| rest.len()) else {
            return main();
        };
        let line = line(file, rest).unwrap_or(1);
        Location {
            line,
            column: 1,
            end_line: line,
            end_column: 1,
            ..Location::file(&file.path)
        }
    }
}

fn module(file: &SkillFile) -> Option<String> {
    let stem = file.path.strip_suffix(".py")?;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    Some(stem.replace('/', "."))
}

/// `f` of `tools.text.f` for the file `scripts/tools/text.py`, whose folders may stand in front or not.
fn rest_behind<'t>(module: &str, target: &'t str) -> Option<&'t str> {
    let mut name = module;
    loop {
        if let Some(rest) = target.strip_prefix(name) {
            if rest.is_empty() {
                return Some(rest);
            }
            if let Some(rest) = rest.strip_prefix('.') {
                return Some(rest);
            }
        }
        name = name.split_once('.')?.1;
    }
}

/// The line where a function starts, from 1; a method is looked for below its class.
fn line(file: &SkillFile, name: &str) -> Option<u32> {
    let text = String::from_utf8_lossy(file.bytes()?);
    let mut lines = (1_u32..).zip(text.lines());
    let mut found = None;
    for part in name.split('.').filter(|part| !part.is_empty()) {
        let starts = |line: &str, word: &str| {
            line.strip_prefix(word)
                .and_then(|rest| rest.strip_prefix(part))
                .is_some_and(|rest| rest.starts_with(['(', ':', ' ', '[']))
        };
        let defines = |line: &str| {
            let line = line.trim_start();
            ["def ", "async def ", "class "]
                .iter()
                .any(|word| starts(line, word))
        };
        found = Some(lines.find(|(_, line)| defines(line))?.0);
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use skillgate_model::{Content, Manifest, SkillKind};

    use super::*;

    fn skill() -> Skill {
        let file = |path: &str, text: &str| SkillFile {
            path: path.to_owned(),
            raw: path.into(),
            mode: 0o644,
            size: text.len() as u64,
            sha256: String::new(),
            content: Content::Bytes(Arc::from(text.as_bytes())),
        };
        let tool = "import os\n\ndef first():\n    pass\n\nclass A:\n    def first(self): pass\n\n    async def second(self): pass\n";
        Skill {
            name: "tool".to_owned(),
            kind: SkillKind::Folder,
            root: "/nonexistent".into(),
            manifest: Manifest::default(),
            manifest_path: Some("SKILL.md".to_owned()),
            files: vec![
                file("SKILL.md", "# def first()"),
                file("scripts/tool.py", tool),
                file("scripts/pack/__init__.py", "def third(): pass\n"),
            ],
            digest: String::new(),
        }
    }

    #[test]
    fn a_function_stands_at_its_line() {
        let skill = skill();
        let at = |target| {
            let found = Places::of(&skill).named(target);
            format!("{}:{}", found.path, found.line)
        };
        assert_eq!(at(Some("tool.first")), "scripts/tool.py:3");
        assert_eq!(at(Some("tool.A.first")), "scripts/tool.py:7");
        assert_eq!(at(Some("tool.A.second")), "scripts/tool.py:9");
        assert_eq!(at(Some("pack.third")), "scripts/pack/__init__.py:1");
        assert_eq!(at(Some("tool")), "scripts/tool.py:1");
        assert_eq!(at(Some("tool.absent")), "scripts/tool.py:1");
    }

    #[test]
    fn what_is_not_known_stands_in_the_main_file() {
        let skill = skill();
        for target in [None, Some("other.first"), Some("")] {
            assert_eq!(Places::of(&skill).named(target).path, "SKILL.md");
        }
    }
}
