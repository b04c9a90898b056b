//! The facts engine: Python, names resolved.

use serde::Deserialize;
use skillgate_model::Skill;

use crate::{Artifact, Sink};

/// What a rule says to the facts engine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactsMatch {}

/// What one module leaves for the pass across files.
pub(crate) struct Module {}

pub(crate) fn examine(
    artifact: &Artifact<'_>,
    skill: &Skill,
    sink: &mut Sink<'_>,
) -> Option<Module> {
    let _ = (artifact, skill, sink);
    None
}

pub(crate) fn across_files<'m>(
    skill: &Skill,
    modules: impl Iterator<Item = &'m Module>,
    sink: &mut Sink<'_>,
) {
    let _ = (skill, modules.count(), sink);
}
