//! The files of a skill, found by what an import or an opened path names.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use skillgate_model::{Skill, SkillFile};

/// Components of a path by which a file is found; whatever names more finds none.
const MOST_COMPONENTS: usize = 8;

/// Every ending of every path, with the first two files that have it: one may be the importer itself.
#[derive(Debug)]
pub(crate) struct Modules<'s> {
    by_ending: HashMap<&'s str, [Option<&'s SkillFile>; 2], RandomState>,
}

impl<'s> Modules<'s> {
    pub(crate) fn of(skill: &'s Skill) -> Self {
        let mut by_ending: HashMap<_, [Option<&SkillFile>; 2], _> = HashMap::default();
        // A file that is alone has nothing to import or to read.
        let files = Some(&skill.files).filter(|files| files.len() > 1);
        for file in files.into_iter().flatten() {
            let inner = file.path.rmatch_indices('/').map(|(at, _)| at + 1);
            for start in inner.chain([0]).take(MOST_COMPONENTS) {
                let ending = file.path.get(start..).unwrap_or(&file.path);
                let [first, second] = by_ending.entry(ending).or_default();
                if first.is_none() {
                    *first = Some(file);
                } else if second.is_none() {
                    *second = Some(file);
                }
            }
        }
        Self { by_ending }
    }

    /// Whether there is nothing to find.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_ending.is_empty()
    }

    /// The module that `import dotted` in the file `importer` finds.
    pub(crate) fn find(&self, dotted: &str, importer: &str) -> Option<&'s SkillFile> {
        let path = dotted.replace('.', "/");
        [format!("{path}.py"), format!("{path}/__init__.py")]
            .iter()
            .flat_map(|path| self.ending_in(path))
            .find(|file| file.path != importer)
    }

    /// The first two files whose paths end in this one.
    pub(crate) fn ending_in(&self, path: &str) -> impl Iterator<Item = &'s SkillFile> {
        let files = self.by_ending.get(path).copied().unwrap_or_default();
        files.into_iter().flatten()
    }
}
