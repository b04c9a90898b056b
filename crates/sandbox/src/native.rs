//! The embedded backend: namespaces, Landlock, seccomp and limits, set up in a re-executed child.

mod cgroup;
pub(crate) mod init;
mod landlock;
mod launcher;
mod learned;
mod leftovers;
mod meter;
mod nested;
pub(crate) mod notify;
mod resolver;
mod root;
pub(crate) mod spec;
pub(crate) mod supervise;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use skillgate_model::{
    Content, Effect, EffectKind, ExitReason, FileChange, Limits, Phase, PhaseTrace, Skill, Tier,
    Trace,
};

use self::learned::{Place, learned, no_python};
use self::spec::{HOME, Planted, SKILL, Spec};
use self::supervise::Ended;
use crate::cases::SAMPLES;
use crate::harness::{self, Harness, Module};
use crate::interpreter::{self, Interpreter};
use crate::observe::{DECOYS, Observer, PATH};
use crate::{Backend, Job, Probe, SandboxError, Unavailable};

/// Linux itself.
#[derive(Debug, Clone, Copy)]
pub struct Native;

impl Backend for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn probe(&self) -> Result<Probe, Unavailable> {
        learned()
            .as_ref()
            .map(|learned| learned.probe.clone())
            .map_err(Clone::clone)
    }

    fn run(&self, limits: &Limits, job: &Job<'_>) -> Result<Trace, SandboxError> {
        let learned = learned().as_ref().map_err(Clone::clone)?;
        let python = interpreter::python().map_err(no_python)?;
        let mut trace = Trace {
            backend: self.name().to_owned(),
            tier: learned.probe.tier,
            enforced: learned.probe.enforced.clone(),
            not_enforced: learned.probe.not_enforced.clone(),
            interpreter: None,
            phases: Vec::new(),
        };
        let place = learned.place();
        let modules = harness::modules(job.skill, &format!("{}{SKILL}", place.top));
        if modules.is_empty() {
            return Ok(trace);
        }
        trace.interpreter = Some(python.version.clone());
        for phase in [Phase::Import, Phase::Call] {
            let order = Order {
                python,
                limits: &limits_of(phase, limits),
                skill: Some(job.skill),
                granted: job.granted,
                modules: &modules,
                place: place.clone(),
            };
            let run = order.run(phase, Some(&learned.noise))?.0;
            let ended = run.exit.reason == ExitReason::Exit;
            trace.phases.push(run);
            // What ends the import ends every later run in the same way.
            if !ended {
                break;
            }
        }
        Ok(trace)
    }
}

fn limits_of(phase: Phase, limits: &Limits) -> Limits {
    match phase {
        Phase::Import => Limits {
            wall_ms: limits.wall_ms.min(limits.import_ms),
            ..limits.clone()
        },
        Phase::Call => limits.clone(),
    }
}

/// Everything one run is made from.
struct Order<'a> {
    python: &'a Interpreter,
    limits: &'a Limits,
    skill: Option<&'a Skill>,
    granted: &'a [Effect],
    modules: &'a [Module],
    place: Place,
}

impl Order<'_> {
    fn run(
        &self,
        phase: Phase,
        noise: Option<&BTreeSet<Effect>>,
    ) -> Result<(PhaseTrace, bool), SandboxError> {
        let mut contents: Vec<(String, &[u8])> =
            vec![(harness::PATH.to_owned(), harness::PROGRAM.as_bytes())];
        contents.extend(
            DECOYS
                .iter()
                .chain(&SAMPLES)
                .map(|(path, text)| ((*path).to_owned(), text.as_bytes())),
        );
        for file in self.skill.iter().flat_map(|skill| &skill.files) {
            if let Some(bytes) = file.bytes() {
                contents.push((format!("{SKILL}/{}", file.path), bytes));
            }
        }
        let spec = self.spec(&contents);
        let bytes: Vec<&[u8]> = contents.iter().map(|(_, bytes)| *bytes).collect();
        let programs = if spec.executable {
            spec.programs.as_slice()
        } else {
            &[]
        };
        let observer = Observer::new(&spec.top, &spec.visible, programs, noise);
        let mut harness = Harness::new(
            phase,
            &spec.top,
            self.modules,
            observer,
            nonce().map_err(SandboxError::Start)?,
        );
        let ended = supervise::run(&spec, &bytes, &mut harness)?;
        if ended.exit.reason != ExitReason::NotRun {
            harness.close();
        }
        let landlock = ended.landlock;
        Ok((traced(phase, ended, harness), landlock))
    }

    fn spec(&self, contents: &[(String, &[u8])]) -> Spec {
        let python = self.python;
        let mut wanted: BTreeSet<PathBuf> = python.visible.iter().map(PathBuf::from).collect();
        let granted: Vec<PathBuf> = self.granted.iter().filter_map(program).collect();
        wanted.extend(granted.iter().cloned());
        let (mut visible, mut links) = (Vec::new(), python.links.clone());
        interpreter::show(&wanted, &mut visible, &mut links);
        for file in self.skill.iter().flat_map(|skill| &skill.files) {
            if let Content::Link {
                target,
                escapes: false,
            } = &file.content
            {
                links.push((
                    format!("{SKILL}/{}", file.path),
                    target.to_string_lossy().into_owned(),
                ));
            }
        }
        links.sort();
        links.dedup();
        let mut programs = vec![python.program.clone()];
        let real = granted.iter().filter_map(|path| path.canonicalize().ok());
        programs.extend(real.map(|path| path.to_string_lossy().into_owned()));
        let executable = programs.len() > 1;
        programs.extend(python.loader.clone());
        Spec {
            tier: self.place.tier,
            top: self.place.top.clone(),
            privileged: nix::unistd::geteuid().is_root(),
            visible,
            links,
            programs,
            planted: contents
                .iter()
                .map(|(path, bytes)| Planted {
                    path: path.clone(),
                    length: bytes.len(),
                })
                .collect(),
            argv: [
                &python.name,
                "-I",
                "-B",
                "-X",
                "utf8",
                &format!("{}{}", self.place.top, harness::PATH),
            ]
            .map(str::to_owned)
            .to_vec(),
            env: environment(&self.place.top),
            limits: self.limits.clone(),
            observed: self.place.observed,
            executable,
        }
    }
}

/// Runs the interpreter with nothing planted, for measuring.
pub(crate) fn bare(
    limits: &Limits,
    arguments: &[&str],
    observed: bool,
    driver: &mut dyn supervise::Driver,
) -> Result<Ended, SandboxError> {
    let python = interpreter::python().map_err(no_python)?;
    let order = Order {
        python,
        limits,
        skill: None,
        granted: &[],
        modules: &[],
        place: Place {
            tier: Tier::Full,
            top: String::new(),
            observed,
        },
    };
    let mut spec = order.spec(&[]);
    spec.argv.truncate(1);
    spec.argv
        .extend(arguments.iter().map(|argument| (*argument).to_owned()));
    supervise::run(&spec, &[], driver)
}

fn environment(top: &str) -> Vec<String> {
    [
        &format!("PATH={}", PATH.join(":")),
        &format!("HOME={top}{HOME}"),
        "USER=agent",
        "LANG=C.UTF-8",
        &format!("TMPDIR={top}/tmp"),
        "TZ=UTC",
        // Numeric libraries start a thread per core otherwise, each with a stack that counts.
        "OPENBLAS_NUM_THREADS=1",
        "OMP_NUM_THREADS=1",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The file of a program whose execution was granted.
fn program(effect: &Effect) -> Option<PathBuf> {
    let name = effect
        .resource
        .as_ref()
        .filter(|_| effect.kind == EffectKind::ProcessSpawn)?;
    if name.contains('/') {
        return Some(PathBuf::from(name));
    }
    PATH.iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
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
    }
}
