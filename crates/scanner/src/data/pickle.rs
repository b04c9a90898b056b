//! Pickles, disassembled and never loaded: which callables they name, and which they call.

mod names;
mod opcodes;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::bytes::Regex;
use skillgate_model::{Effect, EffectKind};

use super::reader::Reader;
use super::{say, say_effect, tail};
use crate::{Artifact, Sink};
use names::Judgement;
use opcodes::{Event, Walk};

/// Names reported for one file.
const MAX_REPORTED: usize = 16;
/// How many times its length a file is walked over in search of pickles.
const MAX_COST: usize = 4;

/// A type of Python objects: `'O'`, `"|O"`, `('a', 'O8')`.
static OBJECTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"['"][|<>=]?O\d*['"]"#).expect("the pattern is a constant that the tests compile")
});

pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    examine_bytes(artifact, &artifact.bytes, sink);
    tail::examine(artifact, sink);
}

/// Whether bytes without a signature are a pickle that calls something.
pub(crate) fn is_pickle(bytes: &[u8]) -> bool {
    let walk = Walk::over(bytes);
    walk.end.is_ok() && walk.calls && !walk.events.is_empty() && walk.events.iter().all(is_plain)
}

/// Arrays of objects are pickles behind a header.
pub(super) fn examine_npy(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let Some((header, body)) = npy_header(bytes) else {
        return sink.incomplete("the array has no header that can be read");
    };
    // A header that spells a type with escapes has something to hide.
    if OBJECTS.is_match(header) || memchr::memchr(b'\\', header).is_some() {
        examine_bytes(artifact, body, sink);
    } else {
        tail::examine(artifact, sink);
        sink.examined("data");
    }
}

/// The description of an array, and what follows: its length stands before it in two bytes, since version 2 in four.
fn npy_header(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let width = if *bytes.get(6)? == 1 { 2 } else { 4 };
    let mut reader = Reader::new(bytes.get(8..)?);
    let length = reader.number(width).ok()?;
    let header = reader.take(length).ok()?;
    Some((header, bytes.get(8 + width + length..)?))
}

/// Pickle after pickle, as torch and joblib write them; what stands between them is data.
fn examine_bytes(artifact: &Artifact<'_>, bytes: &[u8], sink: &mut Sink<'_>) {
    say(sink, artifact, "pickle", String::new());
    let mut named = BTreeSet::new();
    let (mut at, mut cost) = (0, 0);
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let walk = Walk::over(rest);
        cost += walk.cost;
        // Among numbers some look like the start of a pickle, and name what nobody would.
        let whole = at == 0 || walk.end.is_ok();
        let told = walk.events.into_iter().filter(|one| whole || is_plain(one));
        named.extend(told);
        match walk.end {
            Ok(length) => at += length.max(1),
            Err(reason) if at == 0 => {
                say(sink, artifact, "pickle-malformed", reason.to_owned());
                sink.incomplete(format!("the pickle cannot be read: {reason}"));
                break;
            }
            Err(opcodes::TOO_LARGE) => {
                sink.incomplete("a pickle is larger than the scanner's bounds");
                break;
            }
            Err(_) => {
                let next = rest.get(1..).unwrap_or_default();
                at += next_pickle(next).map_or(rest.len(), |next| next + 1);
            }
        }
        if cost > MAX_COST * bytes.len() + (1 << 20) {
            sink.incomplete("the file holds more pickles than the scanner's bounds");
            break;
        }
    }
    judge(artifact, named, sink);
    sink.examined("data");
}

/// Where a pickle of protocol 2 or later may begin.
fn next_pickle(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(0x80, bytes).find(|at| matches!(bytes.get(at + 1), Some(2..=5)))
}

/// Whether a module and a name are spelled in letters that names have.
fn is_plain(event: &Event) -> bool {
    let plain = |name: &str| {
        let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '<' | '>');
        !name.is_empty() && name.chars().all(letter)
    };
    match event {
        Event::Global(module, name) => plain(module) && plain(name),
        Event::Computed | Event::Extension(_) => true,
    }
}

/// Reports what is named, the worst first, because only so many are.
fn judge(artifact: &Artifact<'_>, named: BTreeSet<Event>, sink: &mut Sink<'_>) {
    let mut judged: Vec<(Judgement, Event)> = named
        .into_iter()
        .map(|event| {
            let judgement = match &event {
                Event::Global(module, name) => names::judge(module, name),
                Event::Computed | Event::Extension(_) => Judgement::Dangerous,
            };
            (judgement, event)
        })
        .filter(|(judgement, _)| *judgement != Judgement::Harmless)
        .collect();
    judged.sort_by_key(|(judgement, _)| std::cmp::Reverse(*judgement));
    for (judgement, event) in judged.iter().take(MAX_REPORTED) {
        report(artifact, *judgement, event, sink);
    }
}

fn report(artifact: &Artifact<'_>, judgement: Judgement, event: &Event, sink: &mut Sink<'_>) {
    match event {
        Event::Global(module, name) if judgement == Judgement::Dangerous => {
            let detail = format!("{module}.{name}");
            let effect = Effect::on(EffectKind::CodeEval, detail.clone());
            say_effect(sink, artifact, "pickle-dangerous", Some(effect), detail);
        }
        Event::Global(module, name) => {
            say(sink, artifact, "pickle-unknown", format!("{module}.{name}"));
        }
        Event::Computed => say(sink, artifact, "pickle-computed", String::new()),
        Event::Extension(code) => {
            say(
                sink,
                artifact,
                "pickle-computed",
                format!("extension {code}"),
            );
        }
    }
}
