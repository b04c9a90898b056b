//! `skillgate scan`: the way from candidates to verdicts, reports and actions.

mod output;
mod session;

use std::mem::ManuallyDrop;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

use anyhow::{Context, bail};
use skillgate_pipeline::{
    Accepted, Baseline, Cache, Chosen, Discovery, Gate, Loaded, Simulation, discover, shared_names,
    well_known,
};
use time::OffsetDateTime;

use self::session::{Counts, Session};
use crate::args::Scan;
use crate::commands::ledger::Ledger;
use crate::interrupt;

/// Something was quarantined.
const QUARANTINED: u8 = 1;
/// There was nothing to scan.
const NOTHING: u8 = 3;
/// An examination could not be completed, and nothing worse.
const INCOMPLETE: u8 = 4;

pub(crate) fn run(args: &Scan) -> anyhow::Result<ExitCode> {
    let found = candidates(args)?;
    if found.candidates.is_empty() {
        super::say(format_args!(
            "nothing to scan: no `.py` file, no folder with a `SKILL.md` and nothing else was found"
        ));
        return Ok(ExitCode::from(NOTHING));
    }
    let loaded = settings(args, &found)?;
    // Nothing is scanned after it: the system takes the memory of a thousand rules back faster than they are dropped.
    let scanner = ManuallyDrop::new(Arc::new(loaded.scanner()?));
    if args.no_cache {
        // Rules that are certain to be needed are compiled while the store is opened.
        let scanner = Arc::clone(&scanner);
        std::thread::spawn(move || {
            LazyLock::force(&scanner);
        });
    }
    // The backend proves itself on programs of its own, which an interrupt must end as well.
    interrupt::listen()?;
    let chosen = Chosen::from(&loaded.config.sandbox);
    let ledger = Ledger::new(args.place.open(&loaded)?, args.place.tenant.clone());
    let accepted = accepted(args, &loaded)?;
    let gate = Gate {
        scanner: &scanner,
        simulation: Simulation::unless(args.static_only, &chosen),
        policy: loaded.policy()?,
        config: &loaded.config,
        cache: cache(args, &loaded, &accepted)?,
        accepted,
        shared_names: shared_names(&found.candidates),
    };
    let counts = Session::new(args, &gate, &ledger).run(&found.candidates)?;
    if interrupt::is_set() {
        super::say(format_args!(
            "interrupted: what was not reported was not examined"
        ));
        return Ok(ExitCode::from(interrupt::EXIT));
    }
    gate.accepted.baseline.write()?;
    Ok(exit_code(args, &found, counts))
}

/// What makes earlier results worthless: another program, other rules, other limits.
fn cache(args: &Scan, loaded: &Loaded, accepted: &Accepted) -> anyhow::Result<Option<Cache>> {
    if args.no_cache {
        return Ok(None);
    }
    let program = std::env::current_exe().and_then(std::fs::metadata);
    let Ok(program) = program else {
        return Ok(None);
    };
    let config = &loaded.config;
    let own = loaded.own_rules()?;
    let salt = format!(
        "{} {:?} {} {:?} {:?} {own:?}",
        env!("CARGO_PKG_VERSION"),
        program.modified().ok(),
        program.len(),
        config.limits,
        config.rules.disable,
    );
    let settings = format!("{config:?} {accepted:?}");
    let folder = loaded.store().join("cache");
    Ok(Cache::open(&folder, salt.as_bytes(), settings.as_bytes()))
}

fn accepted(args: &Scan, loaded: &Loaded) -> anyhow::Result<Accepted> {
    let baseline = Baseline::read(args.baseline.as_deref())?;
    let today = OffsetDateTime::now_utc().date();
    Ok(Accepted::new(baseline, &loaded.config.suppress, today)?)
}

fn candidates(args: &Scan) -> anyhow::Result<Discovery> {
    let mut paths = args.paths.clone();
    if paths.is_empty() {
        let folder = std::env::current_dir().context("the working directory cannot be found")?;
        paths = well_known(&folder, std::env::home_dir().as_deref());
    }
    let found = discover(&paths)?;
    for (path, reason) in &found.unreadable {
        super::say(format_args!(
            "warning: `{}` was not searched: {reason}",
            path.display().to_string().escape_debug()
        ));
    }
    for path in found.unmarked.iter().filter(|_| !args.quiet) {
        super::say(format_args!(
            "note: `{}` holds no `.py` file and no `SKILL.md`; it is examined as one skill",
            path.display().to_string().escape_debug()
        ));
    }
    if !found.strays.is_empty() && !args.quiet {
        let first = found
            .strays
            .first()
            .map(|path| path.display().to_string())
            .unwrap_or_default();
        let count = found.strays.len();
        super::say(format_args!(
            "note: {count} files belong to no skill and are not examined, the first is `{}`",
            first.escape_debug()
        ));
    }
    Ok(found)
}

fn settings(args: &Scan, found: &Discovery) -> anyhow::Result<Loaded> {
    let roots: Vec<PathBuf> = found
        .candidates
        .iter()
        .map(|candidate| candidate.path.clone())
        .collect();
    for target in [&args.promote_to, &args.quarantine_to]
        .into_iter()
        .flatten()
    {
        let inside = |root: &&PathBuf| real(target).starts_with(real(root));
        if let Some(root) = roots.iter().find(inside) {
            bail!(
                "`{}` lies inside the candidate `{}`",
                target.display(),
                root.display()
            );
        }
    }
    let mut loaded = super::configuration(args.config.as_deref(), &roots)?;
    if let Some(profile) = args.profile {
        loaded.config.profile = profile.into();
    }
    if let Some(severity) = args.fail_on {
        loaded.config.fail_on = Some(severity.into());
    }
    if let Some(name) = &args.limits {
        loaded.config.use_limits(name).map_err(anyhow::Error::msg)?;
    }
    if args.backend.is_some() {
        loaded.config.sandbox.backend.clone_from(&args.backend);
    }
    Ok(loaded)
}

/// The path without links and `..`, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute
        .components()
        .fold(PathBuf::new(), |mut real, component| {
            if component == Component::ParentDir {
                real.pop();
                return real;
            }
            real.push(component);
            std::fs::canonicalize(&real).unwrap_or(real)
        })
}

fn exit_code(args: &Scan, found: &Discovery, counts: Counts) -> ExitCode {
    if counts.quarantined > 0 && !args.exit_zero {
        ExitCode::from(QUARANTINED)
    } else if counts.incomplete > 0 || !found.unreadable.is_empty() || counts.failed_actions > 0 {
        ExitCode::from(INCOMPLETE)
    } else {
        ExitCode::SUCCESS
    }
}
