//! Proves on this machine what a backend promises: a program for each promise must fail in the promised way.

use std::sync::Arc;

use skillgate_model::{
    Content, Control, ExitReason, Limits, Manifest, NotEnforced, Skill, SkillFile, SkillKind, Tier,
};

use crate::{Backend, Job, Probe, Unavailable, once};

const HELD: &str = include_str!("../../../sandbox/selftest.py");
const WORK: &str = r#"
import errno, time

def fill(count, size):
    """Whether that many files of that size can be written."""
    try:
        for number in range(count):
            with open("%d-%d" % (size, number), "wb") as file:
                file.write(b"x" * size)
    except OSError as error:
        return error.errno != errno.ENOSPC
    # Where files are counted from time to time, this is time enough.
    time.sleep(2)
    return True

for count, size in ((40, 1 << 20), (400, 0)):
    if fill(count, size):
        print("through:", count, "files of", size)
print("ended")
"#;

/// A promise, the program that tries to break it, under which limits, and how it must end.
struct Promise {
    name: &'static str,
    program: &'static str,
    limits: Limits,
    reason: ExitReason,
}

/// Proves what was not proven since the machine started.
pub(crate) fn prove_once(backend: &dyn Backend, probe: &Probe) -> Result<(), Unavailable> {
    match once::recall(backend.name(), &key(backend, probe)) {
        Some(true) => Ok(()),
        Some(false) | None => prove(backend, probe),
    }
}

/// Fails with the first promise that does not hold; all are tried at the same time.
pub(crate) fn prove(backend: &dyn Backend, probe: &Probe) -> Result<(), Unavailable> {
    let promises = promises(probe);
    let results: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = promises
            .iter()
            .map(|promise| scope.spawn(|| promise.check(backend, probe.tier)))
            .collect();
        tries.into_iter().map(|each| each.join()).collect()
    });
    for (promise, result) in promises.iter().zip(results) {
        let result = result.unwrap_or_else(|_| Err("it broke down".to_owned()));
        result.map_err(|reason| Unavailable {
            backend: backend.name().to_owned(),
            reason: format!("the self-test of {} failed: {reason}", promise.name),
            remedy: "do not rely on this backend here; please report this machine".to_owned(),
        })?;
    }
    once::remember(backend.name(), &key(backend, probe), &true);
    Ok(())
}

/// What was proven of one image, program or interpreter says nothing of another.
fn key(backend: &dyn Backend, probe: &Probe) -> String {
    format!("proven {} {probe:?}", backend.configured())
}

/// Everything but what the backend says it does not promise.
fn promises(probe: &Probe) -> Vec<Promise> {
    let mut promises = all();
    let unbounded = |missing: &NotEnforced| missing.control == Control::WorkLimit;
    if probe.tier == Tier::Full && probe.not_enforced.iter().any(unbounded) {
        promises.retain(|promise| promise.program != WORK);
    }
    promises
}

fn all() -> Vec<Promise> {
    let promise = |name, program, reason, limits| Promise {
        name,
        program,
        limits,
        reason,
    };
    let limits = Limits::default;
    vec![
        promise("what it must hold", HELD, ExitReason::Exit, limits()),
        promise(
            "memory",
            "hoard = []\nwhile True: hoard.append(b'x' * (1 << 20))",
            ExitReason::Oom,
            Limits {
                memory_bytes: 64 << 20,
                ..limits()
            },
        ),
        promise(
            "the wall clock",
            "import time\ntime.sleep(1000)",
            ExitReason::Timeout,
            Limits {
                wall_ms: 500,
                ..limits()
            },
        ),
        promise(
            "CPU time",
            "while True: pass",
            ExitReason::CpuLimit,
            Limits {
                cpu_ms: 300,
                ..limits()
            },
        ),
        promise(
            "output",
            "while True: print('x' * 1000)",
            ExitReason::OutputLimit,
            Limits {
                output_bytes: 10_000,
                ..limits()
            },
        ),
        promise(
            "the size of the work directory",
            WORK,
            ExitReason::Exit,
            Limits {
                work_bytes: 4 << 20,
                work_inodes: 200,
                ..limits()
            },
        ),
    ]
}

impl Promise {
    fn check(&self, backend: &dyn Backend, tier: Tier) -> Result<(), String> {
        let skill = skill(self.program);
        let job = Job {
            skill: &skill,
            granted: &[],
            proposals: &[],
        };
        let trace = backend
            .run(&self.limits, &job)
            .map_err(|error| error.to_string())?;
        let run = trace.phases.first().ok_or("nothing ran")?;
        // Without a file system of its own a run is ended that writes too much.
        let stopped = run.exit.reason == ExitReason::OutputLimit
            && self.program == WORK
            && tier == Tier::Nested;
        let ended = self.reason != ExitReason::Exit || run.stdout == "ended\n";
        if stopped || run.exit.reason == self.reason && ended {
            return Ok(());
        }
        Err(format!(
            "{:?}, {}{}",
            run.exit.reason, run.stdout, run.stderr
        ))
    }
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
