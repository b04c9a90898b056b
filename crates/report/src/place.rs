//! Where a finding lies, as one path from where the skill was found.

use skillgate_model::{Location, SkillKind, SkillSummary};

/// The path of a file of the skill, with the way into an archive or a decoded layer.
pub(crate) fn path(skill: &SkillSummary, inside: &str) -> String {
    let root = skill.path.strip_prefix("./").unwrap_or(&skill.path);
    match skill.kind {
        SkillKind::File => match inside.split_once("!/") {
            Some((_, layer)) => format!("{root}!/{layer}"),
            None => root.to_owned(),
        },
        SkillKind::Folder => match root.trim_end_matches('/') {
            "" if root.starts_with('/') => format!("/{inside}"),
            "" | "." => inside.to_owned(),
            root => format!("{root}/{inside}"),
        },
    }
}

/// `path:line:column`, or the path alone where the finding is about the whole file.
pub(crate) fn full(skill: &SkillSummary, location: &Location) -> String {
    let path = path(skill, &location.path);
    match location.line {
        0 => path,
        line => format!("{path}:{line}:{}", location.column),
    }
}
