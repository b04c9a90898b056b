//! Code that came from elsewhere and is about to run.

use std::ops::Range;

use super::super::run::Run;
use crate::pattern::value::{Taint, Value};

/// Code that came from elsewhere is about to run.
pub(in crate::pattern::shell) fn executed(run: &mut Run, code: &Value, span: &Range<usize>) {
    let argument = code.taint.has(Taint::ARGUMENT);
    let check = of_elsewhere(code.taint, "shell-downloaded-code")
        .or_else(|| argument.then_some("shell-argument-code"));
    if let Some(check) = check {
        let came = code.taint.describe();
        let detail = match code.known() {
            Some(_) => format!("runs {came}"),
            None => format!("runs {came} whose text is not in the script"),
        };
        run.check(span, check, detail);
    }
}

/// A file that the script itself wrote is run.
pub(in crate::pattern::shell) fn run_file(
    run: &mut Run,
    name: &str,
    file: &Value,
    span: &Range<usize>,
) {
    if let Some(check) = of_elsewhere(file.taint, "shell-downloaded-file") {
        let decoded = file.taint.has(Taint::DECODED);
        let how = if decoded { "decoded" } else { "downloaded" };
        run.check(span, check, format!("`{name}` was {how}"));
    }
}

/// The check that something from elsewhere meets when it runs.
fn of_elsewhere(taint: Taint, downloaded: &'static str) -> Option<&'static str> {
    if taint.has(Taint::DECODED) {
        Some("shell-decoded-code")
    } else if taint.has(Taint::INSTALLER) {
        Some("shell-known-installer")
    } else {
        taint.has(Taint::NETWORK).then_some(downloaded)
    }
}
