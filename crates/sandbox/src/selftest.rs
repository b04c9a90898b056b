//! Proves on this machine what a backend promises: a program for each promise must fail in the promised way.

use std::sync::Arc;

use skillgate_model::{Content, ExitReason, Limits, Manifest, Skill, SkillFile, SkillKind};

use crate::{Backend, Job, Unavailable};

const HELD: &str = include_str!("../../../sandbox/selftest.py");

/// Fails with the first promise that does not hold.
pub(crate) fn prove(backend: &dyn Backend) -> Result<(), Unavailable> {
    let limits = Limits::default();
    let memory = Limits {
        memory_bytes: 64 << 20,
        ..limits.clone()
    };
    let wall = Limits {
        wall_ms: 500,
        ..limits.clone()
    };
    let cpu = Limits {
        cpu_ms: 300,
        ..limits.clone()
    };
    let output = Limits {
        output_bytes: 10_000,
        ..limits.clone()
    };
    let promises = [
        ("what it must hold", HELD, &limits, ExitReason::Exit),
        (
            "memory",
            "hoard = []\nwhile True: hoard.append(b'x' * (1 << 20))",
            &memory,
            ExitReason::Oom,
        ),
        (
            "wall clock",
            "import time\ntime.sleep(1000)",
            &wall,
            ExitReason::Timeout,
        ),
        ("CPU time", "while True: pass", &cpu, ExitReason::CpuLimit),
        (
            "output",
            "while True: print('x' * 1000)",
            &output,
            ExitReason::OutputLimit,
        ),
    ];
    for (promise, text, limits, reason) in promises {
        let broken = |reason: String| Unavailable {
            backend: backend.name().to_owned(),
            reason: format!("the self-test of {promise} failed: {reason}"),
            remedy: "do not rely on this backend here; please report this machine".to_owned(),
        };
        let skill = skill(text);
        let trace = backend.run(
            limits,
            &Job {
                skill: &skill,
                granted: &[],
            },
        );
        let trace = trace.map_err(|error| broken(error.to_string()))?;
        let run = trace
            .phases
            .first()
            .ok_or_else(|| broken("nothing ran".to_owned()))?;
        let held = reason != ExitReason::Exit || run.stdout == "ended\n";
        if run.exit.reason != reason || !held {
            return Err(broken(format!(
                "{:?}, {}{}",
                run.exit.reason, run.stdout, run.stderr
            )));
        }
    }
    Ok(())
}

fn skill(text: &str) -> Skill {
    let file = SkillFile {
        path: "selftest.py".to_owned(),
        raw: "selftest.py".into(),
        mode: 0o644,
        size: text.len() as u64,
        sha256: String::new(),
        content: Content::Bytes(Arc::from(text.as_bytes())),
    };
    Skill {
        name: "selftest".to_owned(),
        kind: SkillKind::File,
        root: "selftest.py".into(),
        manifest: Manifest::default(),
        manifest_path: None,
        files: vec![file],
        digest: String::new(),
    }
}
