//! Pickles, disassembled and never loaded: which callables they name, and which they call.

mod names;
mod opcodes;

use skillgate_model::{Effect, EffectKind};

use super::{say, say_effect, tail};
use crate::{Artifact, Sink};
use opcodes::{Event, Walk};

/// Names reported for one pickle.
const MAX_REPORTED: usize = 16;

pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    examine_bytes(artifact, &artifact.bytes, sink);
    tail::examine(artifact, sink);
}

/// Arrays of objects are pickles behind a header.
pub(super) fn examine_npy(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let header = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
    let objects = memchr::memmem::find(bytes.get(..header).unwrap_or_default(), b"'O'").is_some()
        || memchr::memmem::find(bytes.get(..header).unwrap_or_default(), b"|O").is_some();
    if objects {
        examine_bytes(artifact, bytes.get(header..).unwrap_or_default(), sink);
    } else {
        tail::examine(artifact, sink);
        sink.examined("data");
    }
}

/// Pickle after pickle, as torch and joblib write them, until the bytes end or are no pickle.
fn examine_bytes(artifact: &Artifact<'_>, bytes: &[u8], sink: &mut Sink<'_>) {
    say(sink, artifact, "pickle", String::new());
    let mut seen = std::collections::BTreeSet::new();
    let mut at = 0;
    while at < bytes.len() {
        let walk = Walk::over(bytes.get(at..).unwrap_or_default());
        for event in &walk.events {
            if seen.len() < MAX_REPORTED && seen.insert(event.clone()) {
                judge(artifact, event, sink);
            }
        }
        match walk.end {
            Ok(length) if length > 0 => at += length,
            Ok(_) => break,
            Err(reason) if at == 0 => {
                say(sink, artifact, "pickle-malformed", reason.to_owned());
                sink.incomplete(format!("the pickle cannot be read: {reason}"));
                return;
            }
            // joblib and numpy put raw arrays between pickles; what is no pickle there is data.
            Err(_) => break,
        }
        if !matches!(bytes.get(at..), Some([0x80, 2..=5, ..])) {
            break;
        }
    }
    sink.examined("data");
}

fn judge(artifact: &Artifact<'_>, event: &Event, sink: &mut Sink<'_>) {
    match event {
        Event::Global(module, name) => match names::judge(module, name) {
            names::Judgement::Harmless => {}
            names::Judgement::Unknown => {
                say(sink, artifact, "pickle-unknown", format!("{module}.{name}"))
            }
            names::Judgement::Dangerous => {
                let effect = Effect::on(EffectKind::CodeEval, format!("{module}.{name}"));
                say_effect(
                    sink,
                    artifact,
                    "pickle-dangerous",
                    Some(effect),
                    format!("{module}.{name}"),
                );
            }
        },
        Event::Computed => say(sink, artifact, "pickle-computed", String::new()),
        Event::Extension(code) => say(
            sink,
            artifact,
            "pickle-computed",
            format!("extension {code}"),
        ),
    }
}
