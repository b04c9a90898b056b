//! Where engines report to: turns a rule and a range into a finding.

use std::ops::Range;

use skillgate_model::{Effect, Examination, Excerpt, Finding, Layer, Location};

use crate::source::Source;
use crate::{Artifact, Kind, Rule, Rules};

/// Findings one file may have; what is over it is counted and makes the scan incomplete.
const MAX_FINDINGS: usize = 2_000;

/// Collects what the engines see in one file and what it uncovers.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    rules: &'a Rules,
    findings: Vec<Finding>,
    uncovered: Vec<Artifact<'static>>,
    engines: Vec<&'static str>,
    incomplete: Option<String>,
    dropped: usize,
    current_read: bool,
    unread: Option<String>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(rules: &'a Rules) -> Self {
        Self {
            rules,
            findings: Vec::new(),
            uncovered: Vec::new(),
            engines: Vec::new(),
            incomplete: None,
            dropped: 0,
            current_read: true,
            unread: None,
        }
    }

    pub(crate) fn rules(&self) -> &'a Rules {
        self.rules
    }

    /// Called before the engines look at an artifact; each that understands it calls [`Self::examined`].
    pub(crate) fn begin(&mut self, artifact: &Artifact<'_>) {
        self.note_unread();
        self.current_read = false;
        self.unread = Some(format!(
            "no engine understands this {} (`{}`)",
            artifact.kind.name(),
            artifact.path
        ));
    }

    /// An engine has read every byte of the current artifact.
    pub(crate) fn examined(&mut self, engine: &'static str) {
        self.current_read = true;
        if !self.engines.contains(&engine) {
            self.engines.push(engine);
        }
    }

    /// The file, or a part of it, could not be examined wholly.
    pub(crate) fn incomplete(&mut self, reason: impl Into<String>) {
        self.incomplete.get_or_insert_with(|| reason.into());
    }

    /// Something found inside, to be examined in turn.
    pub(crate) fn uncover(&mut self, artifact: Artifact<'static>) {
        self.uncovered.push(artifact);
    }

    pub(crate) fn take_uncovered(&mut self) -> Vec<Artifact<'static>> {
        std::mem::take(&mut self.uncovered)
    }

    /// A finding at a range of the artifact's text.
    pub(crate) fn report(
        &mut self,
        rule: &Rule,
        artifact: &Artifact<'_>,
        source: &Source<'_>,
        range: Range<usize>,
        effect: Option<Effect>,
        detail: Option<String>,
    ) {
        let (location, excerpt) = match &artifact.anchor {
            Some((location, excerpt)) => (location.clone(), self.redacted(excerpt)),
            None => (
                source.location(&artifact.path, artifact.first_line, range.clone()),
                source.excerpt_with(artifact.first_line, range.clone(), &|text| {
                    self.rules.text().redact(text)
                }),
            ),
        };
        let text = source.text().get(range).unwrap_or("");
        self.push(rule, artifact, location, excerpt, effect, detail, text);
    }

    /// A finding about the artifact as a whole.
    pub(crate) fn report_file(
        &mut self,
        rule: &Rule,
        artifact: &Artifact<'_>,
        effect: Option<Effect>,
        detail: Option<String>,
    ) {
        let (location, excerpt) = match &artifact.anchor {
            Some((location, excerpt)) => (location.clone(), self.redacted(excerpt)),
            None => (Location::file(&artifact.path), None),
        };
        self.push(rule, artifact, location, excerpt, effect, detail, "");
    }

    fn redacted(&self, excerpt: &Option<Excerpt>) -> Option<Excerpt> {
        excerpt.as_ref().map(|excerpt| Excerpt {
            text: self.rules.text().redact(&excerpt.text).into_owned(),
            ..*excerpt
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the fields of a finding, gathered in one place"
    )]
    fn push(
        &mut self,
        rule: &Rule,
        artifact: &Artifact<'_>,
        location: Location,
        excerpt: Option<Excerpt>,
        effect: Option<Effect>,
        detail: Option<String>,
        text: &str,
    ) {
        if self.findings.len() >= MAX_FINDINGS {
            self.dropped += 1;
            self.incomplete(format!("more than {MAX_FINDINGS} findings in one file"));
            return;
        }
        let fingerprint = fingerprint(&rule.info.id, &location.path, text, detail.as_deref());
        let detail = detail.map(|detail| self.rules.text().redact(&detail).into_owned());
        self.findings.push(Finding {
            rule: rule.info.clone(),
            layer: Layer::Scan,
            location,
            effect: effect.or_else(|| rule.effect.map(Effect::any)),
            infers: rule.infer && !artifact.quoted,
            detail,
            decoded: artifact.decoded.clone(),
            excerpt,
            fingerprint,
        });
    }

    fn note_unread(&mut self) {
        if !self.current_read
            && let Some(reason) = self.unread.take()
        {
            self.incomplete(reason);
        }
    }

    pub(crate) fn examination(&self, kind: Kind) -> Examination {
        let unread = if self.current_read {
            None
        } else {
            self.unread.clone()
        };
        match self.incomplete.clone().or(unread) {
            Some(reason) => Examination::Unexamined { reason },
            None if kind == Kind::Empty => Examination::Examined {
                engines: vec!["empty".into()],
            },
            None => Examination::Examined {
                engines: self.engines.iter().map(|name| (*name).into()).collect(),
            },
        }
    }

    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// White space is folded, so that a moved or re-indented place keeps its fingerprint.
fn fingerprint(rule: &str, path: &str, text: &str, detail: Option<&str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [rule, path, detail.unwrap_or("")] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    for word in text.split_whitespace() {
        hasher.update(word.as_bytes()).update(b" ");
    }
    let hex = hasher.finalize().to_hex();
    hex.get(..32).unwrap_or_default().to_owned()
}
