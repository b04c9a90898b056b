//! The data engine: archives, pickles, byte code, media, links, by their content.

use skillgate_model::{Skill, SkillFile};

use crate::{Artifact, Sink};

pub(crate) fn examine_entry(skill: &Skill, file: &SkillFile, sink: &mut Sink<'_>) {
    let _ = (skill, file, sink);
}

pub(crate) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let _ = (artifact, sink);
}
