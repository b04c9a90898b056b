//! The backend for machines with a container engine: Docker, or Podman through its Docker socket.

mod container;
mod door;
mod engine;
mod label;
mod profile;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use skillgate_model::{Control, Effect, ExitReason, Limits, Phase, PhaseTrace, Tier, Trace, chain};

use self::container::Container;
use self::engine::Engine;
use crate::backend::{NAMESPACES, NO_LANDLOCK};
use crate::guest::{Interpreter, Visit};
use crate::native::spec::{SKILL, Spec};
use crate::native::supervise::{self, Driver, Ended, Jail};
use crate::{Backend, Choice, Job, Probe, SandboxError, Unavailable, harness, interpreter, phases};

/// Where Docker listens when nobody says otherwise.
const SOCKET: &str = "/var/run/docker.sock";

/// A container for each run.
#[derive(Debug, Clone)]
pub struct Docker {
    socket: Option<PathBuf>,
    image: Option<String>,
    pull: bool,
    python: Option<PathBuf>,
}

/// The image that runs, and the interpreter inside that also is process 1.
#[derive(Debug, Clone)]
struct Image {
    name: String,
    python: String,
}

/// What was found out about one engine and one image.
struct Learned {
    engine: Engine,
    image: Image,
    python: Interpreter,
    probe: Probe,
    observed: bool,
    noise: BTreeSet<Effect>,
}

impl Docker {
    pub(crate) fn new(choice: &Choice) -> Self {
        Self {
            socket: choice.socket.clone(),
            image: choice.image.clone(),
            pull: choice.pull,
            python: choice.python.clone(),
        }
    }

    /// Once per process for each engine and image.
    fn learned(&self) -> Result<Arc<Learned>, Unavailable> {
        type Key = (PathBuf, Option<String>, Option<PathBuf>);
        type Known = BTreeMap<Key, Result<Arc<Learned>, Unavailable>>;
        static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
        let socket = self.socket()?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (socket.clone(), self.image.clone(), self.python.clone());
        known
            .entry(key)
            .or_insert_with(|| self.learn(&socket).map(Arc::new))
            .clone()
    }

    /// As configured, or as Docker's own client would choose.
    fn socket(&self) -> Result<PathBuf, Unavailable> {
        if let Some(socket) = &self.socket {
            return Ok(socket.clone());
        }
        match std::env::var("DOCKER_HOST") {
            Err(_) => Ok(PathBuf::from(SOCKET)),
            Ok(host) => host.strip_prefix("unix://").map(PathBuf::from).ok_or_else(|| {
                self.unavailable(
                    format!("DOCKER_HOST is `{host}`, and only an engine on this machine can be watched"),
                    "set `sandbox.socket` to a Unix socket",
                )
            }),
        }
    }

    /// Runs the interpreter of the image with nothing planted, for measuring.
    pub(crate) fn bare(
        &self,
        arguments: &[&str],
        driver: &mut dyn Driver,
    ) -> Result<Ended, SandboxError> {
        let learned = self.learned()?;
        let limits = Limits::default();
        let mut spec = Spec::question(&limits, &learned.image.python, "");
        spec.argv.truncate(1);
        spec.argv
            .extend(arguments.iter().map(|word| (*word).to_owned()));
        let start = |fds: &[i32]| -> Result<Box<dyn Jail>, SandboxError> {
            let container = Container::start(&learned.engine, &learned.image, &spec, fds)?;
            Ok(Box::new(container))
        };
        supervise::run(&spec, &[], driver, &start)
    }

    fn unavailable(&self, reason: String, remedy: &str) -> Unavailable {
        Unavailable {
            backend: self.name().to_owned(),
            reason,
            remedy: remedy.to_owned(),
        }
    }

    fn learn(&self, socket: &Path) -> Result<Learned, Unavailable> {
        let (engine, name) = self.pinned(socket)?;
        let python = interpreter::program_in_image(self.python.as_deref());
        let image = Image { name, python };
        door::sweep();
        let failed = |reason: String| {
            self.unavailable(
                reason,
                "build the image with `sandbox/image.sh`, and give the engine leave to run it",
            )
        };
        let swept = engine.sweep().map_err(|error| error.to_string());
        swept.map_err(failed)?;
        let python = ask(&engine, &image).map_err(failed)?;
        let mut refused = String::new();
        for observed in [true, false] {
            let limits = Limits::default();
            let visit = Visit {
                python: &python,
                limits: &limits,
                skill: None,
                granted: &[],
                observed,
            };
            match try_out(&engine, &image, &visit) {
                Ok((probe, noise)) => {
                    return Ok(Learned {
                        engine,
                        image,
                        python,
                        probe,
                        observed,
                        noise,
                    });
                }
                Err(reason) => refused = reason,
            }
        }
        Err(failed(refused))
    }

    /// An engine that answers, and the image that was pinned.
    fn pinned(&self, socket: &Path) -> Result<(Engine, String), Unavailable> {
        let build = "build one with `sandbox/image.sh` and set `sandbox.image` to what it prints";
        let Some(image) = &self.image else {
            return Err(self.unavailable("no image is configured".to_owned(), build));
        };
        if !is_pinned(image) {
            let reason = format!("`{image}` names an image that can change");
            return Err(self.unavailable(reason, "pin it by digest: `sha256:…` or `name@sha256:…`"));
        }
        let answers = |error: bollard::errors::Error| {
            let reason = format!("no engine answers at `{}`: {error}", socket.display());
            self.unavailable(reason, "start Docker or Podman, or set `sandbox.socket`")
        };
        let engine = Engine::at(socket).map_err(answers)?;
        let found = engine.image(image, self.pull).map_err(answers)?;
        let missing = || self.unavailable(format!("the engine has no image `{image}`"), build);
        Ok((engine, found.ok_or_else(missing)?))
    }
}

impl Backend for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn configured(&self) -> String {
        format!(
            "{:?} {:?} {:?}",
            self.socket().ok(),
            self.image,
            self.python
        )
    }

    fn probe(&self) -> Result<Probe, Unavailable> {
        Ok(self.learned()?.probe.clone())
    }

    fn run(&self, limits: &Limits, job: &Job<'_>) -> Result<Trace, SandboxError> {
        let learned = self.learned()?;
        let modules = harness::modules(job, SKILL);
        let contents = phases::contents(Some(job.skill));
        let run = |phase, limits: &Limits| {
            let visit = Visit {
                python: &learned.python,
                limits,
                skill: Some(job.skill),
                granted: job.granted,
                observed: learned.observed,
            };
            let spec = visit.spec(&contents);
            let start = |fds: &[i32]| -> Result<Box<dyn Jail>, SandboxError> {
                Ok(Box::new(Container::start(
                    &learned.engine,
                    &learned.image,
                    &spec,
                    fds,
                )?))
            };
            let noise = Some(&learned.noise);
            Ok(phases::converse(phase, &modules, &spec, &contents, noise, &start)?.0)
        };
        phases::simulate(
            self.name(),
            &learned.probe,
            &learned.python.version,
            &modules,
            limits,
            &run,
        )
    }
}

/// By content: a digest alone, or behind a name.
fn is_pinned(image: &str) -> bool {
    let digest = image.rsplit_once('@').map_or(image, |(_, digest)| digest);
    digest
        .strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What the interpreter of the image says of itself.
fn ask(engine: &Engine, image: &Image) -> Result<Interpreter, String> {
    let limits = Limits::default();
    let spec = Spec::question(&limits, &image.python, interpreter::QUESTION);
    let start = |fds: &[i32]| -> Result<Box<dyn Jail>, SandboxError> {
        Ok(Box::new(Container::start(engine, image, &spec, fds)?))
    };
    let run = phases::converse(Phase::Import, &[], &spec, &[], None, &start);
    let (run, _) = run.map_err(|error| chain(&error))?;
    serde_json::from_str(&run.stdout).map_err(|_| said(&run))
}

fn said(run: &PhaseTrace) -> String {
    let said = format!("{:?}: {}", run.exit.reason, run.stderr.trim());
    run.exit.detail.clone().unwrap_or(said)
}

/// Runs an empty skill: proves that everything works, and shows what the interpreter does by itself.
fn try_out(
    engine: &Engine,
    image: &Image,
    visit: &Visit<'_>,
) -> Result<(Probe, BTreeSet<Effect>), String> {
    let contents = phases::contents(None);
    let spec = visit.spec(&contents);
    let users = std::cell::Cell::new(false);
    let start = |fds: &[i32]| -> Result<Box<dyn Jail>, SandboxError> {
        let container = Container::start(engine, image, &spec, fds)?;
        users.set(container.maps_users());
        Ok(Box::new(container))
    };
    let run = phases::converse(Phase::Import, &[], &spec, &contents, None, &start);
    let (run, landlock) = run.map_err(|error| chain(&error))?;
    if run.exit.reason != ExitReason::Exit || run.exit.code != Some(0) {
        return Err(said(&run));
    }
    let noise = run
        .observations
        .into_iter()
        .map(|seen| seen.effect)
        .collect();
    let counts_files = !engine.is_podman;
    Ok((
        probe(users.get(), landlock, visit.observed, counts_files),
        noise,
    ))
}

fn probe(users: bool, landlock: bool, observed: bool, counts_files: bool) -> Probe {
    use Control as C;
    Probe::of(
        Tier::Full,
        &[
            (true, &NAMESPACES, ""),
            (
                users,
                &[C::UserNamespace],
                "the engine runs containers with the host's users; start the daemon with `userns-remap`, or use Podman \
                 without root",
            ),
            (landlock, &[C::Landlock], NO_LANDLOCK),
            (
                counts_files,
                &[C::WorkLimit],
                "Podman bounds the bytes of the work directory, not the number of files; use Docker",
            ),
            (
                observed,
                &[C::Observation],
                "the supervisor may not read the memory of a container's processes; run it as root, or use Podman \
                 without root",
            ),
        ],
    )
}
