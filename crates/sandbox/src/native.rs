//! The embedded backend: namespaces, Landlock, seccomp and limits, set up in a re-executed child.

pub(crate) mod cgroup;
pub(crate) mod clock;
pub(crate) mod init;
pub(crate) mod landlock;
mod launcher;
pub(crate) mod learned;
mod leftovers;
mod meter;
mod nested;
pub(crate) mod notify;
mod quota;
mod resolver;
pub(crate) mod root;
pub(crate) mod spec;
pub(crate) mod supervise;

use std::collections::BTreeSet;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

use skillgate_model::{Content, Effect, EffectKind, Limits, Phase, PhaseTrace, Skill, Tier, Trace};

use self::launcher::Launcher;
use self::learned::{Place, learned, learned_of, no_python};
use self::spec::{HOME, HOSTNAME, SKILL, Spec};
use self::supervise::Ended;
use crate::harness::{self, Module};
use crate::interpreter::{self, Interpreter};
use crate::observe::places::{PATH, PROXY_VARIABLES};
use crate::proxy::{self, Destination};
use crate::{Backend, Choice, Job, Probe, SandboxError, Unavailable, phases};

/// The word for it in configuration and reports.
const NAME: &str = "native";

/// Linux itself.
#[derive(Debug, Clone)]
pub struct Native {
    python: Option<PathBuf>,
}

impl Native {
    pub(crate) fn new(choice: &Choice) -> Self {
        Self {
            python: choice.python.clone(),
        }
    }
}

impl Backend for Native {
    fn name(&self) -> &'static str {
        NAME
    }

    fn configured(&self) -> String {
        format!("{:?}", self.python)
    }

    fn probe(&self) -> Result<Probe, Unavailable> {
        let configured = self.python.as_deref();
        if configured.is_some() {
            // What was learned of it earlier says nothing of whether it is still there.
            interpreter::python(configured).map_err(no_python)?;
        }
        Ok(learned(configured)?.probe.clone())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec![cgroup::note()];
        if let Ok(python) = interpreter::python(self.python.as_deref()) {
            notes.push(format!(
                "skills run under {}, `{}`",
                python.version, python.name
            ));
        }
        notes
    }

    fn run(&self, limits: &Limits, job: &Job<'_>) -> Result<Trace, SandboxError> {
        let configured = self.python.as_deref();
        let python = &*interpreter::python(configured).map_err(no_python)?;
        let learned = learned_of(configured, python)?;
        let place = learned.place();
        let modules = harness::modules(job, &format!("{}{SKILL}", place.top));
        let run = |phase, limits: &Limits| {
            let order = Order {
                python,
                limits,
                skill: Some(job.skill),
                granted: job.granted,
                modules: &modules,
                place: place.clone(),
            };
            Ok(order.run(phase, Some(&learned.noise))?.0)
        };
        let (probe, version) = (&learned.probe, &python.version);
        phases::simulate(self.name(), probe, version, &modules, limits, &run)
    }
}

/// Everything one run is made from.
pub(crate) struct Order<'a> {
    pub(crate) python: &'a Interpreter,
    pub(crate) limits: &'a Limits,
    pub(crate) skill: Option<&'a Skill>,
    pub(crate) granted: &'a [Effect],
    pub(crate) modules: &'a [Module],
    pub(crate) place: Place,
}

impl Order<'_> {
    fn run(
        &self,
        phase: Phase,
        noise: Option<&BTreeSet<Effect>>,
    ) -> Result<(PhaseTrace, bool), SandboxError> {
        let contents = phases::contents(self.skill);
        let spec = self.spec(&contents);
        let start = |fds: &[RawFd]| Launcher::start(&spec.limits, fds);
        phases::converse(phase, self.modules, &spec, &contents, noise, &start)
    }

    /// The specification for these files.
    pub(crate) fn spec(&self, contents: &[(String, &[u8])]) -> Spec {
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
        // Without a network namespace of its own there is no way that leads to the proxy alone.
        let network = if self.place.tier == Tier::Full {
            self.granted.iter().filter_map(Destination::of).collect()
        } else {
            Vec::new()
        };
        let executable = programs.len() > 1;
        programs.extend(python.loader.clone());
        Spec {
            tier: self.place.tier,
            top: self.place.top.clone(),
            privileged: nix::unistd::geteuid().is_root(),
            visible,
            links,
            programs,
            planted: phases::planted(contents),
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
            env: environment(&self.place.top)
                .into_iter()
                .chain(through_proxy(&network))
                .collect(),
            limits: self.limits.clone(),
            observed: self.place.observed,
            executable,
            hostname: (self.place.tier == Tier::Full).then(|| HOSTNAME.to_owned()),
            elsewhere: false,
            network,
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
    let python = &*interpreter::python(None).map_err(no_python)?;
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
    let start = |fds: &[RawFd]| Launcher::start(&spec.limits, fds);
    supervise::run(&spec, &[], driver, &start)
}

/// What programs read to find the proxy, where there is one.
fn through_proxy(network: &[Destination]) -> Vec<String> {
    if network.is_empty() {
        return Vec::new();
    }
    PROXY_VARIABLES
        .iter()
        .map(|name| format!("{name}=http://127.0.0.1:{}", proxy::PORT))
        .collect()
}

pub(crate) fn environment(top: &str) -> Vec<String> {
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
