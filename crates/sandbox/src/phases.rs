//! What every backend does with a skill: import it, import and call it, and do that again elsewhere; each time in a
//! new jail.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;

use skillgate_model::{Effect, ExitReason, FileChange, Limits, Phase, PhaseTrace, Skill, Trace};

use crate::cases::values::SAMPLES;
use crate::dates::Dates;
use crate::harness::{self, Harness, Module};
use crate::native::spec::{Planted, SKILL, Spec};
use crate::native::supervise::{self, Ended, Start};
use crate::observe::Observer;
use crate::observe::places::DECOYS;
use crate::{Probe, SandboxError};

/// One run of these modules under these limits.
pub(crate) type Run<'a> = dyn Fn(Phase, &Limits) -> Result<PhaseTrace, SandboxError> + 'a;

/// All runs, as the trace of a backend that enforces what `probe` says.
pub(crate) fn simulate(
    backend: &str,
    probe: &Probe,
    interpreter: &str,
    modules: &[Module],
    limits: &Limits,
    run: &Run<'_>,
) -> Result<Trace, SandboxError> {
    let mut trace = Trace {
        backend: backend.to_owned(),
        tier: probe.tier,
        enforced: probe.enforced.clone(),
        not_enforced: probe.not_enforced.clone(),
        interpreter: None,
        phases: Vec::new(),
    };
    if modules.is_empty() {
        return Ok(trace);
    }
    trace.interpreter = Some(interpreter.to_owned());
    for phase in [Phase::Import, Phase::Call, Phase::Again] {
        let run = run(phase, &limits_of(phase, limits))?;
        let ended = run.exit.reason == ExitReason::Exit;
        trace.phases.push(run);
        // What ends a run ends every later one in the same way.
        if !ended {
            break;
        }
    }
    Ok(trace)
}

fn limits_of(phase: Phase, limits: &Limits) -> Limits {
    match phase {
        Phase::Import => Limits {
            wall_ms: limits.wall_ms.min(limits.import_ms),
            ..limits.clone()
        },
        Phase::Call | Phase::Again => limits.clone(),
    }
}

/// The specification of the run that takes place at another date, on another machine, for another user.
fn elsewhere(spec: &Spec) -> Spec {
    let other = |variable: &String| match variable.split_once('=') {
        Some(("USER", _)) => "USER=deploy".to_owned(),
        Some(("TZ", _)) => "TZ=Asia/Tokyo".to_owned(),
        Some(_) | None => variable.clone(),
    };
    Spec {
        hostname: spec.hostname.as_ref().map(|_| "build-7".to_owned()),
        env: spec.env.iter().map(other).collect(),
        elsewhere: true,
        ..spec.clone()
    }
}

/// What was different in that run.
fn shifted(spec: &Spec, date: bool) -> Vec<String> {
    let changes = [
        (date, "date"),
        (spec.elsewhere && spec.hostname.is_some(), "host name"),
        (spec.elsewhere, "environment"),
    ];
    let changed = changes.into_iter().filter(|(changed, _)| *changed);
    changed.map(|(_, what)| what.to_owned()).collect()
}

/// The files that lie in the jail when the interpreter starts: harness, decoys, samples, the skill.
pub(crate) fn contents(skill: Option<&Skill>) -> Vec<(String, &[u8])> {
    let mut contents: Vec<(String, &[u8])> =
        vec![(harness::PATH.to_owned(), harness::PROGRAM.as_bytes())];
    contents.extend(
        DECOYS
            .iter()
            .chain(&SAMPLES)
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes())),
    );
    for file in skill.iter().flat_map(|skill| &skill.files) {
        if let Some(bytes) = file.bytes() {
            contents.push((format!("{SKILL}/{}", file.path), bytes));
        }
    }
    contents
}

/// What the specification says of them.
pub(crate) fn planted(contents: &[(String, &[u8])]) -> Vec<Planted> {
    contents
        .iter()
        .map(|(path, bytes)| Planted {
            path: path.clone(),
            length: bytes.len(),
        })
        .collect()
}

/// One conversation with the harness in a jail, and whether Landlock held there.
pub(crate) fn converse(
    phase: Phase,
    modules: &[Module],
    spec: &Spec,
    contents: &[(String, &[u8])],
    noise: Option<&BTreeSet<Effect>>,
    start: Start<'_>,
) -> Result<(PhaseTrace, bool), SandboxError> {
    let moved;
    let spec = if phase == Phase::Again {
        moved = elsewhere(spec);
        &moved
    } else {
        spec
    };
    let bytes: Vec<&[u8]> = contents.iter().map(|(_, bytes)| *bytes).collect();
    let programs = if spec.executable {
        spec.programs.as_slice()
    } else {
        &[]
    };
    let observer = Observer::new(&spec.top, &spec.visible, programs, noise)
        .with_proxy(!spec.network.is_empty());
    let nonce = nonce().map_err(SandboxError::Start)?;
    let mut harness = Harness::new(phase, &spec.top, modules, observer, nonce);
    if phase == Phase::Again {
        let code = contents
            .iter()
            .filter(|(path, _)| path.starts_with(SKILL) && path.ends_with(".py"));
        harness = harness.under(Dates::of(code.map(|(_, bytes)| *bytes)));
    }
    let ended = supervise::run(spec, &bytes, &mut harness, start)?;
    if ended.exit.reason != ExitReason::NotRun {
        harness.close();
    }
    for (effect, granted, count) in &ended.proxied {
        harness.observer.proxied(effect.clone(), *granted, *count);
    }
    let (landlock, shifted) = (ended.landlock, shifted(spec, ended.date));
    let trace = PhaseTrace {
        shifted,
        ..traced(phase, ended, harness)
    };
    Ok((trace, landlock))
}

fn nonce() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn traced(phase: Phase, ended: Ended, harness: Harness<'_>) -> PhaseTrace {
    let [stdout, stderr] = ended
        .output
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let (observations, dropped) = harness.observer.finish();
    let planted = |file: &&FileChange| {
        !DECOYS.iter().any(|(path, text)| {
            *path == format!("/work/{}", file.path) && text.len() as u64 == file.size
        })
    };
    PhaseTrace {
        phase,
        exit: ended.exit,
        wall_ms: ended.wall_ms,
        cpu_ms: ended.cpu_ms,
        peak_memory_bytes: ended.peak_memory_bytes,
        stdout,
        stderr,
        output_bytes: ended.output_bytes,
        observations,
        dropped,
        imported: harness.imported,
        import_errors: harness.import_errors,
        missing_modules: harness.missing_modules,
        cases: harness.results,
        files: ended.files.iter().filter(planted).cloned().collect(),
        shifted: Vec::new(),
    }
}
