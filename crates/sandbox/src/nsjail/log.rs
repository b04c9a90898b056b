//! What nsjail writes about a run, and what it says about the end of it.

use skillgate_model::ExitReason;

/// Why nsjail ended the jail, where process 1 could not say it: nsjail's own status is 137 for a timeout and for a
/// kill by the kernel alike.
pub(crate) fn ended(log: &str) -> Option<ExitReason> {
    if log.contains("run time >= time limit") {
        return Some(ExitReason::Timeout);
    }
    // Nobody else kills process 1: from inside it cannot be signalled.
    log.contains("terminated with signal: SIGKILL (9)")
        .then_some(ExitReason::Oom)
}

/// The errors and warnings of a start that failed, in nsjail's words.
pub(crate) fn complaint(log: &str) -> String {
    let words = |line: &str| {
        let is_bad = ["[E]", "[F]", "[W]"].iter().any(|mark| line.contains(mark));
        is_bad.then(|| line.chars().take(300).collect::<String>())
    };
    // What comes later follows from the first.
    let lines: Vec<String> = log.lines().filter_map(words).take(3).collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: &str = "[I][2026-11-21T05:58:00+0000] pid=7 run time >= time limit (3 >= 3) ([STANDALONE MODE]). Killing it\n\
        [I][2026-11-21T05:58:00+0000] pid=7 ([STANDALONE MODE]) terminated with signal: SIGKILL (9), (PIDs left: 0)\n";
    const KILLED: &str = "[I][2026-11-21T05:58:00+0000] pid=7 ([STANDALONE MODE]) terminated with signal: SIGKILL (9), (PIDs left: 0)\n";
    const WELL: &str = "[I][2026-11-21T05:58:00+0000] pid=7 ([STANDALONE MODE]) exited with status: 0, (PIDs left: 0)\n";

    #[test]
    fn a_timeout_is_told_from_a_kill_by_the_kernel() {
        assert_eq!(ended(TIMEOUT), Some(ExitReason::Timeout));
        assert_eq!(ended(KILLED), Some(ExitReason::Oom));
        assert_eq!(ended(WELL), None);
    }

    #[test]
    fn a_start_that_failed_is_explained_by_its_errors() {
        let log = "[I] fine\n[E][x] mount('/a'): denied\n[F][x] Launching child process failed\n";
        assert_eq!(
            complaint(log),
            "[E][x] mount('/a'): denied; [F][x] Launching child process failed"
        );
    }
}
