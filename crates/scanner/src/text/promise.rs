//! What a skill promises not to do, beside the effects that its code has.

use std::sync::LazyLock;

use regex::Regex;
use skillgate_model::{EffectKind, Skill};

use crate::expression::constant;
use crate::source::Source;
use crate::{Artifact, FileScan, Sink};

/// A promise, and the effects that break it.
struct Promise {
    words: LazyLock<Regex>,
    check: &'static str,
    breaks: &'static [EffectKind],
}

static PROMISES: [Promise; 2] = [
    Promise {
        words: LazyLock::new(|| {
            constant(
                r"(?i)\b(?:without (?:any )?(?:network|internet)(?: access)?|no (?:network|internet|external) (?:access|calls?|requests?|connections?)|never (?:connects|contacts|sends|leaves)|no data (?:ever )?leaves|does not (?:use|access|need|require) the (?:network|internet)|(?:fully|completely|entirely|100%) (?:offline|local(?:ly)?)|nothing (?:is sent|leaves))\b",
            )
        }),
        check: "promise-network",
        breaks: &[EffectKind::NetworkConnect, EffectKind::NetworkResolve],
    },
    Promise {
        words: LazyLock::new(|| {
            constant(
                r"(?i)\b(?:does not (?:modify|change|write|delete|alter) (?:any )?(?:files?|data|anything)|(?:strictly|purely|completely) read-only|no (?:files? (?:is|are) (?:modified|changed|written)|side effects))\b",
            )
        }),
        check: "promise-write",
        breaks: &[EffectKind::FilesystemWrite, EffectKind::FilesystemDelete],
    },
];

/// Reports each promise of `SKILL.md` that the code of the skill breaks.
pub(crate) fn compare(skill: &Skill, files: &[FileScan], sink: &mut Sink<'_>) {
    let Some(page) = skill
        .files
        .iter()
        .find(|file| file.path.eq_ignore_ascii_case("SKILL.md"))
    else {
        return;
    };
    let Some(text) = page
        .bytes()
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
    else {
        return;
    };
    let artifact = Artifact::of_file(page, text.as_bytes());
    let source = Source::new(text);
    for promise in &PROMISES {
        let Some(place) = promise.words.find(text) else {
            continue;
        };
        let Some(broken) = first_break(files, promise) else {
            continue;
        };
        if let Some(rule) = sink.rules().check(promise.check) {
            let rule = std::sync::Arc::clone(rule);
            sink.report(&rule, &artifact, &source, place.range(), None, Some(broken));
        }
    }
}

/// Where a program of the skill does what was promised not to happen.
fn first_break(files: &[FileScan], promise: &Promise) -> Option<String> {
    files
        .iter()
        .filter(|file| file.coverage.path.rsplit('.').next() != Some("md"))
        .flat_map(|file| &file.findings)
        .filter(|finding| finding.infers)
        .find_map(|finding| {
            let effect = finding.effect.as_ref()?;
            let place = &finding.location;
            promise
                .breaks
                .contains(&effect.kind)
                .then(|| format!("`{}` line {} has `{effect}`", place.path, place.line))
        })
}
