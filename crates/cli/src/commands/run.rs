//! `skillgate run SKILL`: one skill in the sandbox, and what it did there.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use skillgate_model::{ExitReason, Observation, Phase, PhaseTrace, Trace};
use skillgate_pipeline::{LoadLimits, load};
use skillgate_sandbox::Choice;

use crate::args::{Run, TraceArg};
use crate::interrupt;

/// The skill did not run, or not to its end.
const UNFINISHED: u8 = 1;

pub(crate) fn run(args: &Run) -> anyhow::Result<ExitCode> {
    let (candidate, mut loaded) = super::only_one(&args.path, args.config.as_deref())?;
    if let Some(name) = &args.limits {
        loaded.config.use_limits(name).map_err(anyhow::Error::msg)?;
    }
    let config = &loaded.config;
    let mut choice = Choice::from(&config.sandbox);
    choice.backend = args.backend.clone().or(choice.backend);
    interrupt::listen()?;
    let backend = skillgate_sandbox::select(&choice)?;
    let skill = load(&candidate, LoadLimits::from(&config.scan));
    let trace = skillgate_sandbox::simulate(&*backend, &config.limits, &skill, &[])?;
    match args.trace {
        TraceArg::Text => super::print(&show(&trace))?,
        TraceArg::Json => {
            let mut out = std::io::stdout().lock();
            let written = skillgate_report::write_json(&trace, &mut out);
            super::unless_broken_pipe(written.and_then(|()| out.write_all(b"\n")))?;
        }
    }
    let ended =
        |phase: &PhaseTrace| phase.exit.reason == ExitReason::Exit && phase.exit.code == Some(0);
    let finished = !trace.phases.is_empty() && trace.phases.iter().all(ended);
    Ok(if finished {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(UNFINISHED)
    })
}

fn show(trace: &Trace) -> String {
    let interpreter = trace.interpreter.as_deref().unwrap_or("no interpreter");
    let mut text = format!("{} ({interpreter})\n", trace.backend);
    for missing in &trace.not_enforced {
        let _ = writeln!(text, "  not enforced: {}", missing.reason.escape_debug());
    }
    if trace.phases.is_empty() {
        text.push_str("  there was nothing to run\n");
    }
    trace
        .phases
        .iter()
        .fold(text, |text, phase| text + &show_phase(phase))
}

fn show_phase(phase: &PhaseTrace) -> String {
    let name = match phase.phase {
        Phase::Import => "import",
        Phase::Call => "import and call",
        Phase::Again => "under another date, host name and environment",
    };
    let mut text = format!(
        "\n{name}: {} after {} ms, {} ms of CPU\n",
        ending(phase),
        phase.wall_ms,
        phase.cpu_ms
    );
    for (module, error) in &phase.import_errors {
        let _ = writeln!(
            text,
            "  could not import {}: {}",
            module.escape_debug(),
            error.escape_debug()
        );
    }
    for module in &phase.missing_modules {
        let _ = writeln!(text, "  not installed: {}", module.escape_debug());
    }
    for observation in &phase.observations {
        let _ = writeln!(text, "  {}", seen(observation));
    }
    for case in &phase.cases {
        let outcome = format!("{:?}", case.outcome).to_lowercase();
        let (arguments, detail) = (case.arguments.escape_debug(), case.detail.escape_debug());
        let _ = writeln!(
            text,
            "  {}({arguments}): {outcome} {detail}",
            case.target.escape_debug()
        );
    }
    for file in &phase.files {
        let _ = writeln!(
            text,
            "  left behind {} ({}, {} bytes)",
            file.path.escape_debug(),
            file.kind,
            file.size
        );
    }
    for (stream, output) in [("stdout", &phase.stdout), ("stderr", &phase.stderr)] {
        for line in output.lines() {
            let _ = writeln!(text, "  {stream} | {}", line.escape_debug());
        }
    }
    text
}

fn ending(phase: &PhaseTrace) -> String {
    let exit = &phase.exit;
    let detail = exit
        .detail
        .as_ref()
        .map(|detail| format!(" ({})", detail.escape_debug()))
        .unwrap_or_default();
    match exit.reason {
        ExitReason::Exit => format!("ended with {}{detail}", exit.code.unwrap_or_default()),
        ExitReason::Signal => format!("died by signal {}{detail}", exit.signal.unwrap_or_default()),
        ExitReason::Timeout => format!("stopped at the wall clock's limit{detail}"),
        ExitReason::CpuLimit => format!("stopped at the CPU limit{detail}"),
        ExitReason::Oom => format!("stopped at the memory limit{detail}"),
        ExitReason::OutputLimit => format!("stopped at the output limit{detail}"),
        ExitReason::Denied => format!("killed for a forbidden system call{detail}"),
        ExitReason::NotRun => format!("was not run{detail}"),
    }
}

fn seen(observation: &Observation) -> String {
    let verdict = if observation.allowed {
        "allowed"
    } else {
        "refused"
    };
    let decoy = if observation.decoy { ", a decoy" } else { "" };
    let effect = observation.effect.to_string();
    format!(
        "{verdict} {} × {}{decoy} [{}]",
        observation.count,
        effect.escape_debug(),
        observation.witness
    )
}
