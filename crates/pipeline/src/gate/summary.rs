//! What a report says of the skill and of each layer in one line.

use skillgate_model::{
    Layer, LayerReport, LayerStatus, Reason, ReasonKind, Severity, Skill, SkillSummary, Verdict,
};
use skillgate_scanner::Scan;

/// A layer passes when no reason is its own.
pub(super) fn status(verdict: &Verdict, layers: &[Layer]) -> LayerStatus {
    let own: Vec<&Reason> = verdict
        .reasons
        .iter()
        .filter(|reason| layers.contains(&reason.layer))
        .collect();
    if own.is_empty() {
        LayerStatus::Passed
    } else if own
        .iter()
        .all(|reason| reason.kind == ReasonKind::Incomplete)
    {
        LayerStatus::Incomplete
    } else {
        LayerStatus::Failed
    }
}

pub(super) const fn layer(status: LayerStatus, summary: String, duration_us: u64) -> LayerReport {
    LayerReport {
        status,
        summary,
        duration_us,
    }
}

pub(super) fn scan_summary(scan: &Scan) -> String {
    let files = scan.coverage.len();
    let worth = scan
        .findings
        .iter()
        .filter(|finding| finding.rule.severity >= Severity::Medium)
        .count();
    format!(
        "{files} files, {} findings, {worth} of them medium or worse",
        scan.findings.len()
    )
}

pub(super) fn summary(skill: &Skill) -> SkillSummary {
    /// The specification's own limit for descriptions.
    const DESCRIPTION_CHARS: usize = 1024;
    let description = skill.manifest.description.as_ref();
    SkillSummary {
        name: skill.name.clone(),
        path: skill.root.display().to_string(),
        kind: skill.kind,
        digest: skill.digest.clone(),
        description: description.map(|text| text.chars().take(DESCRIPTION_CHARS).collect()),
        files: u32::try_from(skill.files.len()).unwrap_or(u32::MAX),
        size: skill.files.iter().map(|file| file.size).sum(),
    }
}

pub(super) fn report_id(digest: &str, started_at: &str) -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let seed = format!("{digest} {started_at} {} {number}", std::process::id());
    let hex = skillgate_model::hex(&<sha2::Sha256 as sha2::Digest>::digest(seed.as_bytes()));
    format!("r-{}", hex.get(..16).unwrap_or_default())
}
