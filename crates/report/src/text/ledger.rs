//! What lies beneath the reasons: layers, effects, and files that were not examined.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use skillgate_model::{Effect, Examination, LayerStatus, ReasonKind};

use super::{BAD, FAINT, GOOD, HEADING, Page, SHOWN, paint};
use crate::escape::visible;
use crate::words;

impl Page<'_> {
    pub(super) fn ledgers(&self, text: &mut String) {
        if self.view.shows_layers() {
            self.layers(text);
            self.effects(text);
        }
        self.unexamined(text);
    }

    fn layers(&self, text: &mut String) {
        for (name, layer) in words::layers(self.report()) {
            let color = match layer.status {
                LayerStatus::Passed => GOOD,
                LayerStatus::Failed | LayerStatus::Incomplete | LayerStatus::NotRun => BAD,
                LayerStatus::NotApplicable => FAINT,
            };
            let status = format!("{:<14}", words::status(layer.status));
            let _ = writeln!(
                text,
                "  {name:<14}  {}  {:>8}  {}",
                paint(self.style, color, &status),
                words::duration(layer.duration_us),
                visible(&layer.summary)
            );
        }
    }

    fn effects(&self, text: &mut String) {
        let effects = &self.report().effects;
        let declared = if effects.declares {
            "nothing"
        } else {
            "not at all"
        };
        self.scopes(text, "declared", &effects.declared, Some(declared));
        self.scopes(text, "granted", &effects.granted, Some("nothing"));
        self.scopes(text, "inferred", &written(&effects.inferred), Some("none"));
        let observed = match self.report().simulation.status {
            LayerStatus::NotRun | LayerStatus::NotApplicable => None,
            LayerStatus::Passed | LayerStatus::Failed | LayerStatus::Incomplete => Some("none"),
        };
        self.scopes(text, "observed", &written(&effects.observed), observed);
        self.scopes(text, "undeclared", &written(&effects.undeclared), None);
        self.scopes(text, "not granted", &written(&effects.not_granted), None);
        self.scopes(text, "never needed", &effects.unused, None);
    }

    fn scopes(&self, text: &mut String, name: &str, scopes: &[String], empty: Option<&str>) {
        let shown = scopes.iter().take(self.limit());
        let mut items: Vec<_> = shown.map(|scope| visible(scope).into_owned()).collect();
        match (items.is_empty(), empty) {
            (true, None) => return,
            (true, Some(empty)) => items.push(empty.to_owned()),
            (false, _) => {}
        }
        if scopes.len() > items.len() {
            items.push(format!("{} more", scopes.len() - items.len()));
        }
        let name = paint(self.style, HEADING, &format!("{name:<14}"));
        let _ = writeln!(text, "  {name}  {}", self.wrapped(&items));
    }

    /// Joins with commas, and breaks lines between items under the column where the first one stands.
    fn wrapped(&self, items: &[String]) -> String {
        const INDENT: usize = 18;
        let width = self.style.width.max(2 * INDENT) - INDENT;
        let mut text = String::new();
        let mut column = 0;
        for (index, item) in items.iter().enumerate() {
            let length = item.chars().count() + 2;
            if index > 0 && column + length > width {
                let _ = write!(text, ",\n{:INDENT$}", "");
                column = 0;
            } else if index > 0 {
                text.push_str(", ");
            }
            text.push_str(item);
            column += length;
        }
        text
    }

    /// Files that no reason tells of already.
    fn unexamined(&self, text: &mut String) {
        let reasons = self.report().verdict.reasons.iter().take(self.limit());
        let told: BTreeSet<_> = reasons
            .filter(|reason| reason.kind == ReasonKind::Incomplete)
            .filter_map(|reason| Some(reason.location.as_ref()?.path.as_str()))
            .collect();
        let files: Vec<_> = self
            .report()
            .coverage
            .iter()
            .filter_map(|entry| match &entry.examination {
                Examination::Unexamined { reason } => Some((entry, reason)),
                Examination::Examined { .. } => None,
            })
            .filter(|(entry, _)| !told.contains(entry.path.as_str()))
            .collect();
        for (entry, reason) in files.iter().take(self.limit()) {
            let _ = writeln!(
                text,
                "  {}  {} ({}, {}): {}",
                paint(self.style, HEADING, "unexamined    "),
                visible(&entry.path),
                visible(&entry.kind),
                words::size(entry.size),
                visible(reason)
            );
        }
        if files.len() > self.limit() {
            let more = words::count((files.len() - SHOWN) as u64, "more file");
            let _ = writeln!(text, "  {:<14}  {more}", "");
        }
    }
}

fn written(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(Effect::to_string).collect()
}
