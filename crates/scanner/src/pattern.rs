//! The pattern engine: shapes of syntax trees, in any language.

use serde::Deserialize;

use crate::{Artifact, Sink};

/// What a rule says to the pattern engine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatternMatch {}

pub(crate) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let _ = (artifact, sink);
}
