//! The text engine: prose that an agent reads, manifests, secrets.

use serde::Deserialize;
use skillgate_model::Skill;

use crate::{Artifact, FileScan, Sink};

/// What a rule says to the text engine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextMatch {}

pub(crate) fn examine(artifact: &Artifact<'_>, skill: &Skill, sink: &mut Sink<'_>) {
    let _ = (artifact, skill, sink);
}

pub(crate) fn across_files(skill: &Skill, files: &[FileScan], sink: &mut Sink<'_>) {
    let _ = (skill, files, sink);
}
