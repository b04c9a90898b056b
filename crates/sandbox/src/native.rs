//! The embedded backend: namespaces, Landlock, seccomp and limits, set up in a re-executed child.

mod cgroup;
pub(crate) mod init;
mod landlock;
mod launcher;
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
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use skillgate_model::{
    Content, Control, Effect, EffectKind, ExitReason, FileChange, Limits, NotEnforced, Phase,
    PhaseTrace, Skill, Tier, Trace,
};

use self::spec::{HOME, Planted, SKILL, Spec};
use self::supervise::Ended;
use crate::cases::SAMPLES;
use crate::harness::{self, Harness, Module};
use crate::interpreter::{self, Interpreter};
use crate::observe::{DECOYS, Observer, PATH};
use crate::{Backend, Job, Probe, SandboxError, Unavailable, sys};

/// Linux itself.
#[derive(Debug, Clone, Copy)]
pub struct Native;

/// What the empty skill taught.
struct Learned {
    probe: Probe,
    place: Place,
    noise: BTreeSet<Effect>,
}

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
        let order = Order {
            python,
            limits,
            skill: Some(job.skill),
            granted: job.granted,
            modules: &modules,
            place,
        };
        for phase in [Phase::Import, Phase::Call] {
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

/// Everything one run is made from.
struct Order<'a> {
    python: &'a Interpreter,
    limits: &'a Limits,
    skill: Option<&'a Skill>,
    granted: &'a [Effect],
    modules: &'a [Module],
    place: Place,
}

/// How strongly, where, and whether watched.
#[derive(Debug, Clone)]
struct Place {
    tier: Tier,
    top: String,
    observed: bool,
}

impl Place {
    /// The strongest, and what is tried when it is refused.
    fn all() -> Vec<Self> {
        let nested = |observed| Self {
            tier: Tier::Nested,
            top: folder(),
            observed,
        };
        let full = Self {
            tier: Tier::Full,
            top: String::new(),
            observed: true,
        };
        vec![full, nested(true), nested(false)]
    }
}

/// A name for a folder that no other run uses.
fn folder() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "skillgate-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    std::env::temp_dir()
        .join(name)
        .to_string_lossy()
        .into_owned()
}

impl Learned {
    /// The place for one more run.
    fn place(&self) -> Place {
        let top = if self.place.tier == Tier::Full {
            String::new()
        } else {
            folder()
        };
        Place {
            top,
            ..self.place.clone()
        }
    }
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

fn no_python(reason: String) -> Unavailable {
    Unavailable {
        backend: Native.name().to_owned(),
        reason,
        remedy: "install python3".to_owned(),
    }
}

/// Runs an empty skill once per process: proves that everything works, and shows what the interpreter does by itself.
fn learned() -> &'static Result<Learned, Unavailable> {
    static LEARNED: OnceLock<Result<Learned, Unavailable>> = OnceLock::new();
    LEARNED.get_or_init(learn)
}

fn learn() -> Result<Learned, Unavailable> {
    let unavailable = |reason: String| Unavailable {
        backend: Native.name().to_owned(),
        remedy: remedy(&reason).to_owned(),
        reason,
    };
    if !sys::can_notify() {
        return Err(unavailable(
            "the kernel cannot announce system calls (Linux 5.5 or newer)".to_owned(),
        ));
    }
    let python = interpreter::python().map_err(no_python)?;
    let limits = Limits::default();
    let mut first: Option<String> = None;
    for place in Place::all() {
        if place.tier != Tier::Full && sys::landlock_version() < nested::LANDLOCK {
            break;
        }
        let order = Order {
            python,
            limits: &limits,
            skill: None,
            granted: &[],
            modules: &[],
            place,
        };
        let refused = match order.run(Phase::Import, None) {
            Err(error) => full(&error),
            Ok((trace, landlock))
                if trace.exit.reason == ExitReason::Exit && trace.exit.code == Some(0) =>
            {
                let noise = trace
                    .observations
                    .into_iter()
                    .map(|observation| observation.effect)
                    .collect();
                let why = first.unwrap_or_default();
                return Ok(Learned {
                    probe: probe(&order.place, landlock, &why),
                    place: order.place,
                    noise,
                });
            }
            Ok((trace, _)) => {
                let said = format!("{:?}: {}", trace.exit.reason, trace.stderr.trim());
                trace.exit.detail.unwrap_or(said)
            }
        };
        // What keeps the strongest from working is the reason worth reading.
        first.get_or_insert(refused);
    }
    Err(unavailable(first.unwrap_or_default()))
}

/// An error with its causes.
fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn remedy(reason: &str) -> &'static str {
    if reason.contains("create the namespaces") || reason.contains("map the users") {
        return "allow user namespaces: `sysctl user.max_user_namespaces=10000`, on Ubuntu also \
                `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, in a container `--security-opt seccomp=unconfined`";
    }
    "run `skillgate doctor` on a Linux 5.13 or newer"
}

fn probe(place: &Place, landlock: bool, why: &str) -> Probe {
    use Control as C;
    let mut enforced = vec![
        C::Seccomp,
        C::NoPrivileges,
        C::WallLimit,
        C::CpuLimit,
        C::MemoryLimit,
        C::PidLimit,
        C::FileLimit,
        C::OutputLimit,
    ];
    let mut not_enforced = Vec::new();
    let mut sort = |holds: bool, controls: &[Control], reason: &str| {
        if holds {
            enforced.extend(controls);
        } else {
            let missing = |control: &Control| NotEnforced {
                control: *control,
                reason: reason.to_owned(),
            };
            not_enforced.extend(controls.iter().map(missing));
        }
    };
    let namespaces = [
        C::UserNamespace,
        C::MountNamespace,
        C::PidNamespace,
        C::NetworkNamespace,
        C::IpcNamespace,
        C::UtsNamespace,
        C::CgroupNamespace,
    ];
    let full = place.tier == Tier::Full;
    sort(full, &namespaces, &format!("{why}; {}", remedy(why)));
    sort(
        full,
        &[C::WorkLimit],
        "without a file system of its own only each file is limited, not all together",
    );
    sort(
        landlock,
        &[C::Landlock],
        "the kernel has no Landlock; boot Linux 5.13 or newer with `lsm=landlock,…`",
    );
    sort(
        place.observed,
        &[C::Observation],
        "the supervisor may not read the skill's memory; give it CAP_SYS_PTRACE, or run it as an ordinary user",
    );
    enforced.sort();
    Probe {
        tier: place.tier,
        enforced,
        not_enforced,
    }
}
