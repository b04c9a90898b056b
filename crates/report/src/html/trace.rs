//! What the sandbox saw: how it isolated, the runs, what was tried, the calls.

use skillgate_model::{CaseOutcome, ExitReason, Observation, Phase, PhaseTrace, Tier, Trace};

use super::{ROWS, more};
use crate::escape::visible_lines;
use crate::markup::Markup;
use crate::words;

pub(super) fn write(trace: &Trace, page: &mut Markup) {
    page.raw("<details class=\"ledger\"><summary>Simulation: ")
        .text(&trace.backend)
        .raw(", ");
    page.raw(tier(trace.tier)).raw("</summary>\n");
    if let Some(interpreter) = &trace.interpreter {
        page.raw("<p>").text(interpreter).raw("; ");
        page.text(&words::count(trace.enforced.len() as u64, "control"))
            .raw(" enforced</p>\n");
    }
    if !trace.not_enforced.is_empty() {
        page.raw("<p class=\"warn\">Not enforced:</p>\n<ul>\n");
        for missing in &trace.not_enforced {
            let control = serde_json::to_value(missing.control).unwrap_or_default();
            page.raw("<li><code>")
                .text(control.as_str().unwrap_or_default())
                .raw("</code>: ");
            page.prose(&missing.reason).raw("</li>\n");
        }
        page.raw("</ul>\n");
    }
    for phase in &trace.phases {
        write_phase(phase, page);
    }
    page.raw("</details>\n");
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::None => "nothing ran",
        Tier::Nested => "isolated without namespaces",
        Tier::Full => "fully isolated",
    }
}

fn write_phase(phase: &PhaseTrace, page: &mut Markup) {
    page.raw(match phase.phase {
        Phase::Import => "<h4>Import</h4>\n",
        Phase::Call => "<h4>Import and call</h4>\n",
        Phase::Again => "<h4>Under another date, host name and environment</h4>\n",
    });
    page.raw("<p>").raw(ended(phase.exit.reason));
    if let Some(code) = phase.exit.code {
        page.raw(" with status ").text(&code.to_string());
    }
    if let Some(signal) = phase.exit.signal {
        page.raw(" by signal ").text(&signal.to_string());
    }
    if let Some(detail) = &phase.exit.detail {
        page.raw(" (").text(detail).raw(")");
    }
    page.raw(" after ")
        .text(&milliseconds(phase.wall_ms))
        .raw(", ");
    page.text(&milliseconds(phase.cpu_ms)).raw(" of CPU");
    if let Some(memory) = phase.peak_memory_bytes {
        page.raw(", at most ").text(&words::size(memory));
    }
    page.raw("</p>\n");
    names("Missing modules", &phase.missing_modules, page);
    let errors = phase.import_errors.iter();
    let errors: Vec<_> = errors
        .map(|(module, error)| format!("{module}: {error}"))
        .collect();
    names("Import errors", &errors, page);
    observations(phase, page);
    cases(phase, page);
    let files = phase.files.iter();
    let files: Vec<_> = files
        .map(|file| format!("{} ({})", file.path, words::size(file.size)))
        .collect();
    names("Left behind", &files, page);
    output("Standard output", &phase.stdout, page);
    output("Standard error", &phase.stderr, page);
}

fn ended(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::Exit => "Ended",
        ExitReason::Signal => "Ended",
        ExitReason::Timeout => "Stopped by the wall clock",
        ExitReason::CpuLimit => "Stopped by the CPU limit",
        ExitReason::Oom => "Stopped by the memory limit",
        ExitReason::OutputLimit => "Stopped by the output limit",
        ExitReason::Denied => "Stopped for a forbidden system call",
        ExitReason::NotRun => "Did not run",
    }
}

fn milliseconds(time: u64) -> String {
    words::duration(time.saturating_mul(1_000))
}

fn names(title: &'static str, names: &[String], page: &mut Markup) {
    if names.is_empty() {
        return;
    }
    page.raw("<p>").raw(title).raw(": ");
    for name in names.iter().take(ROWS) {
        page.raw("<code>").text(name).raw("</code> ");
    }
    more(names.len(), page);
    page.raw("</p>\n");
}

fn observations(phase: &PhaseTrace, page: &mut Markup) {
    if phase.observations.is_empty() {
        return;
    }
    page.raw("<table>\n<caption>What it tried</caption>\n<thead><tr><th scope=\"col\">Effect</th>");
    page.raw(
        "<th scope=\"col\">Result</th><th scope=\"col\">Times</th><th scope=\"col\">Witness</th>",
    );
    page.raw("<th scope=\"col\">During</th></tr></thead>\n<tbody>\n");
    for observation in phase.observations.iter().take(ROWS) {
        page.raw("<tr><th scope=\"row\"><code>")
            .text(&observation.effect.to_string());
        page.raw("</code></th>")
            .raw(outcome(observation))
            .raw("<td class=\"number\">");
        page.number(observation.count)
            .raw("</td><td>")
            .text(&observation.witness);
        page.raw("</td><td>")
            .text(observation.during.as_deref().unwrap_or_default())
            .raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table>\n");
    let dropped = usize::try_from(phase.dropped).unwrap_or(usize::MAX);
    // What the backend dropped comes on top of the rows, also when all the rows fit.
    more(
        phase.observations.len().max(ROWS).saturating_add(dropped),
        page,
    );
}

fn outcome(observation: &Observation) -> &'static str {
    match (observation.decoy, observation.allowed) {
        (true, _) => "<td class=\"bad\">opened a decoy</td>",
        (false, true) => "<td>allowed</td>",
        (false, false) => "<td class=\"warn\">refused</td>",
    }
}

fn cases(phase: &PhaseTrace, page: &mut Markup) {
    if phase.cases.is_empty() {
        return;
    }
    page.raw("<table>\n<caption>Calls</caption>\n<thead><tr><th scope=\"col\">Call</th>");
    page.raw(
        "<th scope=\"col\">From</th><th scope=\"col\">Ended</th><th scope=\"col\">With</th></tr>",
    );
    page.raw("</thead>\n<tbody>\n");
    for case in phase.cases.iter().take(ROWS) {
        page.raw("<tr><th scope=\"row\"><code>")
            .text(&case.target)
            .text(&case.arguments);
        page.raw("</code></th><td>")
            .text(&case.source)
            .raw("</td><td>");
        page.raw(match case.outcome {
            CaseOutcome::Returned => "returned",
            CaseOutcome::Raised => "raised",
            CaseOutcome::Mismatched => "not as documented",
            CaseOutcome::Missing => "no result",
        });
        page.raw("</td><td><code>")
            .text(&case.detail)
            .raw("</code></td></tr>\n");
    }
    page.raw("</tbody>\n</table>\n");
    more(phase.cases.len(), page);
}

fn output(title: &'static str, text: &str, page: &mut Markup) {
    if text.is_empty() {
        return;
    }
    page.raw("<details><summary>")
        .raw(title)
        .raw("</summary><pre tabindex=\"0\">");
    for line in visible_lines(text.trim_end(), &mut [])
        .split('\n')
        .take(ROWS)
    {
        page.raw("<span class=\"faint\">| </span>")
            .text(line)
            .raw("\n");
    }
    page.raw("</pre>");
    more(text.lines().count(), page);
    page.raw("</details>\n");
}
