//! Skills from text, and what a run showed of them.

use std::sync::Arc;

use skillgate_model::{
    Content, Limits, Manifest, Phase, PhaseTrace, Skill, SkillFile, SkillKind, Trace,
};
use skillgate_sandbox::Choice;

/// A skill of these files; one file is a file skill.
pub(crate) fn skill(files: &[(&str, &str)]) -> Skill {
    let file = |(path, text): &(&str, &str)| SkillFile {
        path: (*path).to_owned(),
        raw: path.into(),
        mode: 0o644,
        size: text.len() as u64,
        sha256: String::new(),
        content: Content::Bytes(Arc::from(text.as_bytes())),
    };
    Skill {
        name: "tool".to_owned(),
        kind: if files.len() == 1 {
            SkillKind::File
        } else {
            SkillKind::Folder
        },
        root: "/nonexistent".into(),
        manifest: Manifest::default(),
        manifest_path: None,
        files: files.iter().map(file).collect(),
        digest: String::new(),
    }
}

/// Whether this is the part of the suite that runs where namespaces are refused.
pub(crate) fn nested() -> bool {
    std::env::var_os("SKILLGATE_TEST_NESTED").is_some()
}

/// The backend that this process tests; the native one has to enforce everything unless namespaces are refused.
pub(crate) fn choice() -> Choice {
    let backend = backend();
    Choice {
        require_full: backend == "native" && !nested(),
        backend: Some(backend),
        image: std::env::var("SKILLGATE_TEST_IMAGE").ok(),
        nsjail: std::env::var_os("SKILLGATE_TEST_NSJAIL").map(Into::into),
        ..Choice::default()
    }
}

/// Says that a backend is not tested here, which is a failure where it is required.
pub(crate) fn skip(backend: &str, reason: &str) {
    let required = std::env::var("SKILLGATE_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|name| name == backend), "{reason}");
    println!("skipped: {backend}: {}", reason.trim());
}

/// Its name.
pub(crate) fn backend() -> String {
    std::env::var("SKILLGATE_TEST_BACKEND").unwrap_or_else(|_| "native".to_owned())
}

/// Whether containers are Podman's, which bounds the bytes of a file system in memory and not its files.
pub(crate) fn is_podman() -> bool {
    let engine = std::env::var("DOCKER_HOST").unwrap_or_default();
    backend() == "docker" && engine.contains("podman")
}

/// Runs files with limits and grants.
pub(crate) fn run_with(files: &[(&str, &str)], limits: &Limits, granted: &[&str]) -> Trace {
    let backend = skillgate_sandbox::select(&choice()).unwrap();
    let granted: Vec<_> = granted
        .iter()
        .map(|effect| effect.parse().unwrap())
        .collect();
    skillgate_sandbox::simulate(&*backend, limits, &skill(files), &granted).unwrap()
}

/// Runs one file under the default limits.
pub(crate) fn run(text: &str) -> Trace {
    run_with(&[("tool.py", text)], &Limits::default(), &[])
}

/// The run of a phase.
pub(crate) fn phase(trace: &Trace, wanted: Phase) -> &PhaseTrace {
    trace
        .phases
        .iter()
        .find(|phase| phase.phase == wanted)
        .unwrap()
}

/// `effect allowed|blocked [decoy]`, one a line, without witnesses.
pub(crate) fn effects(phase: &PhaseTrace) -> Vec<String> {
    let line = |seen: &skillgate_model::Observation| {
        let end = if seen.allowed { "allowed" } else { "blocked" };
        format!(
            "{} {end}{}",
            seen.effect,
            if seen.decoy { " decoy" } else { "" }
        )
    };
    let mut lines: Vec<String> = phase.observations.iter().map(line).collect();
    lines.dedup();
    lines
}

/// `target(arguments) outcome`, one a line.
pub(crate) fn cases(phase: &PhaseTrace) -> Vec<String> {
    let line = |case: &skillgate_model::CaseResult| {
        format!("{}({}) {:?}", case.target, case.arguments, case.outcome)
    };
    phase.cases.iter().map(line).collect()
}
