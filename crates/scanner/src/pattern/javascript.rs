//! JavaScript and TypeScript.

use crate::{Artifact, Sink};

pub(super) fn examine(
    artifact: &Artifact<'_>,
    text: &str,
    grammar: super::grammar::Grammar,
    sink: &mut Sink<'_>,
) {
    let _ = (artifact, text, grammar, sink);
}
