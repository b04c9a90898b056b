//! Where a finding lies, as one path from where the skill was found.

use skillgate_model::{Location, SkillKind, SkillSummary};

/// Where a reason is shown that has no place of its own, in formats that want one.
pub(crate) const MANIFEST: &str = "SKILL.md";

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

/// The file on disk that a location is in, and whether the location is in that file's own text.
pub(crate) fn on_disk(skill: &SkillSummary, location: &Location) -> (String, bool) {
    let inside = location.path.split_once("!/").map(|(file, _)| file);
    let file = path(skill, inside.unwrap_or(&location.path));
    (file, inside.is_none() && location.line > 0)
}

/// `path:line:column`, or the path alone where the finding is about the whole file.
pub(crate) fn full(skill: &SkillSummary, location: &Location) -> String {
    let path = path(skill, &location.path);
    match location.line {
        0 => path,
        line => format!("{path}:{line}:{}", location.column),
    }
}
