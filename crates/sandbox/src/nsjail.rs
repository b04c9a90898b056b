//! The backend that drives an installed nsjail, for machines where that is what operators trust.

mod config;
mod jail;
mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use skillgate_model::{Control, Effect, ExitReason, Limits, Phase, Tier, Trace, chain};

use self::jail::Cell;
use crate::backend::{NAMESPACES, NO_LANDLOCK};
use crate::interpreter::{self, Interpreter};
use crate::native::learned::Place;
use crate::native::spec::SKILL;
use crate::native::supervise::Jail;
use crate::native::{Order, cgroup};
use crate::observe::places::PATH;
use crate::{Backend, Choice, Job, Probe, SandboxError, Unavailable, harness, phases};

/// nsjail around every run.
#[derive(Debug, Clone)]
pub struct NsJail {
    program: Option<PathBuf>,
    python: Option<PathBuf>,
}

/// What was found out about one nsjail.
struct Learned {
    program: PathBuf,
    probe: Probe,
    observed: bool,
    noise: BTreeSet<Effect>,
}

impl NsJail {
    pub(crate) fn new(choice: &Choice) -> Self {
        Self {
            program: choice.nsjail.clone(),
            python: choice.python.clone(),
        }
    }

    fn unavailable(&self, reason: String) -> Unavailable {
        Unavailable {
            backend: self.name().to_owned(),
            reason,
            remedy:
                "build nsjail from its source, and set `sandbox.nsjail` if it is not on the PATH"
                    .to_owned(),
        }
    }

    /// As configured, or the installed one.
    fn program(&self) -> Option<PathBuf> {
        let installed = || {
            let places = PATH
                .iter()
                .map(|folder| PathBuf::from(folder).join("nsjail"));
            places.into_iter().find(|path| path.is_file())
        };
        self.program.clone().or_else(installed)
    }

    fn python(&self) -> Result<Arc<Interpreter>, Unavailable> {
        interpreter::python(self.python.as_deref()).map_err(|reason| self.unavailable(reason))
    }

    /// Once per process for each program and interpreter.
    fn learned(&self) -> Result<Arc<Learned>, Unavailable> {
        type Known = BTreeMap<(PathBuf, Option<PathBuf>), Result<Arc<Learned>, Unavailable>>;
        static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
        let program = self.program();
        let program =
            program.ok_or_else(|| self.unavailable("nsjail is not installed".to_owned()))?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.entry((program.clone(), self.python.clone()));
        entry
            .or_insert_with(|| self.learn(program).map(Arc::new))
            .clone()
    }

    /// Runs an empty skill: proves that everything works, and shows what the interpreter does by itself.
    fn learn(&self, program: PathBuf) -> Result<Learned, Unavailable> {
        let python = &*self.python()?;
        let limits = Limits::default();
        let mut refused = String::new();
        for observed in [true, false] {
            let order = order(python, &limits, None, observed);
            match run(&program, &order, Phase::Import, None) {
                Err(error) => refused = chain(&error),
                Ok((run, landlock))
                    if run.exit.reason == ExitReason::Exit && run.exit.code == Some(0) =>
                {
                    let noise = run
                        .observations
                        .into_iter()
                        .map(|seen| seen.effect)
                        .collect();
                    return Ok(Learned {
                        program,
                        probe: probe(landlock, observed),
                        observed,
                        noise,
                    });
                }
                Ok((run, _)) => {
                    let said = format!("{:?}: {}", run.exit.reason, run.stderr.trim());
                    refused = run.exit.detail.unwrap_or(said);
                }
            }
        }
        Err(self.unavailable(refused))
    }
}

impl Backend for NsJail {
    fn name(&self) -> &'static str {
        "nsjail"
    }

    fn configured(&self) -> String {
        let program = self.program();
        let metadata = program.as_ref().and_then(|path| path.metadata().ok());
        let changed = metadata.and_then(|metadata| metadata.modified().ok());
        format!("{program:?} {changed:?} {:?}", self.python)
    }

    fn probe(&self) -> Result<Probe, Unavailable> {
        Ok(self.learned()?.probe.clone())
    }

    fn notes(&self) -> Vec<String> {
        vec![cgroup::note()]
    }

    fn run(&self, limits: &Limits, job: &Job<'_>) -> Result<Trace, SandboxError> {
        let learned = self.learned()?;
        let python = &*self.python()?;
        let modules = harness::modules(job, SKILL);
        let one = |phase, limits: &Limits| {
            let order = Order {
                modules: &modules,
                ..order(python, limits, Some(job), learned.observed)
            };
            Ok(run(&learned.program, &order, phase, Some(&learned.noise))?.0)
        };
        phases::simulate(
            self.name(),
            &learned.probe,
            &python.version,
            &modules,
            limits,
            &one,
        )
    }
}

fn order<'a>(
    python: &'a Interpreter,
    limits: &'a Limits,
    job: Option<&Job<'a>>,
    observed: bool,
) -> Order<'a> {
    Order {
        python,
        limits,
        skill: job.map(|job| job.skill),
        granted: job.map_or(&[], |job| job.granted),
        modules: &[],
        place: Place {
            tier: Tier::Full,
            top: String::new(),
            observed,
        },
    }
}

fn run(
    program: &std::path::Path,
    order: &Order<'_>,
    phase: Phase,
    noise: Option<&BTreeSet<Effect>>,
) -> Result<(skillgate_model::PhaseTrace, bool), SandboxError> {
    let contents = phases::contents(order.skill);
    let spec = order.spec(&contents);
    let start = |fds: &[i32]| -> Result<Box<dyn Jail>, SandboxError> {
        Ok(Box::new(Cell::start(
            program,
            &order.python.program,
            &spec,
            fds,
        )?))
    };
    phases::converse(phase, order.modules, &spec, &contents, noise, &start)
}

fn probe(landlock: bool, observed: bool) -> Probe {
    use Control as C;
    Probe::of(
        Tier::Full,
        &[
            (true, &NAMESPACES, ""),
            (true, &[C::UserNamespace, C::WorkLimit], ""),
            (landlock, &[C::Landlock], NO_LANDLOCK),
            (
                observed,
                &[C::Observation],
                "the supervisor may not read the memory of nsjail's processes",
            ),
        ],
    )
}
